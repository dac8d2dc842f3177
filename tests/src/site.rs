//! A site with a server in front, for one test.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use helpdesk_core::clock::Clock;
use helpdesk_core::config::Config;
use helpdesk_core::cx::Cx;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::error::Result;
use helpdesk_core::install::{put, put_single};
use helpdesk_core::method::Verb;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::secret::password;
use helpdesk_core::session::Session;
use helpdesk_core::sign_in;
use helpdesk_core::site::Site;
use helpdesk_core::users;
use serde_json::{Value, json};
use ureq::Agent;

use crate::records::{ArticleBuilder, OrganisationBuilder, TeamBuilder, TicketBuilder};
use crate::reply::Reply;
use crate::server::Running;
use crate::template::{self, Place};
use crate::user::{self, TestUser};

/// How a site is started; see [`TestSite::builder`].
#[derive(Debug)]
#[must_use = "a site is started by `start`"]
pub struct Builder {
    config: Config,
    now: String,
    runs: bool,
}

impl Builder {
    /// Changes settings.
    pub fn config(mut self, change: impl FnOnce(&mut Config)) -> Builder {
        change(&mut self.config);
        self
    }

    /// Where the site's clock stands, as in `2026-11-22T07:13:00Z`. It does not move, unless it is [`running`](Builder::running).
    pub fn now(mut self, now: &str) -> Builder {
        now.clone_into(&mut self.now);
        self
    }

    /// Has the clock run on from where it stands.
    pub fn running(mut self) -> Builder {
        self.runs = true;
        self
    }

    /// Links an app: name its `link` function, `app(acme_shop::link)`. All apps of one test binary are in all its
    /// sites.
    pub fn app(self, link: fn()) -> Builder {
        link();
        self
    }

    /// Starts the server.
    ///
    /// # Panics
    /// When the site can't be opened.
    pub fn start(self) -> TestSite {
        helpdesk_api::link();
        let place = Place::copy();
        let clock = template::clock(&self.now, self.runs);
        let config = Config {
            database: place.database(),
            ..self.config
        };
        serve(place, config, clock)
    }
}

fn serve(place: Place, config: Config, clock: Clock) -> TestSite {
    let site = helpdesk_server::open_site(place.folder(), config, clock)
        .unwrap_or_else(|error| panic!("the site can't be opened: {error} {:?}", error.cause()));
    let server = Running::start(Arc::clone(&site));
    TestSite {
        base: format!("http://{}", server.address()),
        agent: user::agent(),
        tokens: Mutex::default(),
        server: Some(server),
        site,
        _place: place,
    }
}

/// A site and its server; both go away when it is dropped.
#[derive(Debug)]
pub struct TestSite {
    base: String,
    agent: Agent,
    /// `key:secret` by user.
    tokens: Mutex<HashMap<String, String>>,
    server: Option<Running>,
    site: Arc<Site>,
    _place: Place,
}

impl Drop for TestSite {
    fn drop(&mut self) {
        // Kept connections would have the server wait for their clients.
        self.agent = user::agent();
        drop(self.server.take());
    }
}

impl TestSite {
    /// A site with the usual settings.
    ///
    /// # Panics
    /// When the site can't be opened.
    pub fn start() -> TestSite {
        TestSite::builder().start()
    }

    /// A second server on the same database, with a folder, caches and threads of its own. It goes away first.
    ///
    /// # Panics
    /// Where the tests run on SQLite, which one server has to itself (`tests/with-postgres.sh`).
    pub fn beside(&self) -> TestSite {
        assert!(self.site.database().is_postgres(), "two servers need PostgreSQL");
        let (config, clock) = (self.site.config.clone(), self.site.clock.clone());
        serve(Place::beside(), config, clock)
    }

    /// A site with settings or a time of the test's own.
    pub fn builder() -> Builder {
        Builder {
            config: template::config(),
            now: template::NOW.to_owned(),
            runs: false,
        }
    }

    /// Another site with what this one holds now: for tests that would change it for the next. Nobody may write to this
    /// one meanwhile. `change` sets settings of the other.
    ///
    /// # Panics
    /// On PostgreSQL, where a database in use can't be copied; when the files can't be.
    pub fn twin(&self, change: impl FnOnce(&mut Config)) -> TestSite {
        let mut config = self.site.config.clone();
        assert_eq!(config.database, "", "sites are copied on SQLite only");
        change(&mut config);
        let mut twin = serve(Place::copy_of(self.folder()), config, self.site.clock.clone());
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        twin.tokens = Mutex::new(tokens.clone());
        drop(tokens);
        twin
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.base
    }

    /// The site behind the server, which is in this process.
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    /// The site's folder.
    pub fn folder(&self) -> &Path {
        &self.site.folder
    }

    // Users.

    /// A caller who is not signed in.
    pub fn guest(&self) -> TestUser {
        TestUser::new(&self.agent, &self.base, "Guest", None)
    }

    /// The Administrator.
    pub fn admin(&self) -> TestUser {
        self.known("Administrator")
    }

    /// A user; where there is none of this id, a System User without roles is made.
    pub fn user(&self, id: &str) -> TestUser {
        self.user_with(id, "System User", &[])
    }

    /// A user; where there is none of this id, one of a type (`System User`, `Website User`) with roles is made.
    pub fn user_with(&self, id: &str, user_type: &str, roles: &[&str]) -> TestUser {
        let first_name = id.split(['@', '.']).next().unwrap_or(id);
        let roles: Vec<Value> = roles.iter().map(|role| json!({ "role": role })).collect();
        self.insert(
            "User",
            json!({
                "name": id,
                "email": id,
                "first_name": first_name,
                "enabled": 1,
                "user_type": user_type,
                "send_welcome_email": 0,
                "roles": roles,
            }),
        );
        self.known(id)
    }

    /// An agent; made where there is none of this id.
    pub fn agent(&self, id: &str) -> TestUser {
        self.agent_with(id, &["Agent"])
    }

    /// An agent who is a manager too; made where there is none of this id.
    pub fn agent_manager(&self, id: &str) -> TestUser {
        self.agent_with(id, &["Agent", "Agent Manager"])
    }

    fn agent_with(&self, id: &str, roles: &[&str]) -> TestUser {
        let user = self.user_with(id, "System User", roles);
        self.insert(
            "HD Agent",
            json!({ "name": id, "user": id, "agent_name": id, "is_active": 1 }),
        );
        user
    }

    /// A customer's employee with a contact of the same name as the id; made where there is none.
    pub fn customer(&self, id: &str) -> TestUser {
        let user = self.user_with(id, "Website User", &["HD Customer"]);
        self.insert(
            "Contact",
            json!({
                "name": id,
                "first_name": id,
                "user": id,
                "email_id": id,
                "email_ids": [{ "email_id": id, "is_primary": 1 }],
            }),
        );
        user
    }

    /// Gives a user a password.
    ///
    /// # Panics
    /// When there is no such user.
    #[track_caller]
    pub fn set_password(&self, user: &str, password: &str) {
        let hash = password::hash(password).expect("memory for a hash");
        self.transaction(|cx| sign_in::set_hash(cx, user, hash));
    }

    /// A browser in which nobody has signed in.
    pub fn browser(&self) -> TestUser {
        TestUser::browser(&self.agent, &self.base)
    }

    /// A browser in which a user signs in with a password: what it calls carries the session's cookies, and the CSRF
    /// token once a page was [opened](TestUser::open). [`set_password`](TestSite::set_password) gives the password.
    ///
    /// # Panics
    /// When the login is refused.
    #[track_caller]
    pub fn login(&self, user: &str, password: &str) -> TestUser {
        let browser = self.browser();
        browser
            .call("login", json!({ "usr": user, "pwd": password }))
            .ok();
        // `user` may be another of the user's names.
        let id = browser.cookie("user_id").unwrap_or_default().replace("%40", "@");
        browser.signed_in_as(&id)
    }

    /// A user who is there, with a key; enabled or not.
    ///
    /// # Panics
    /// Where there is none of this id.
    pub fn known(&self, id: &str) -> TestUser {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens.entry(id.to_owned()).or_insert_with(|| {
            let (key, secret) = self.transaction(|cx| users::new_api_key(cx, id));
            format!("{key}:{secret}")
        });
        TestUser::new(&self.agent, &self.base, id, Some(token.clone()))
    }

    // Records.

    /// A ticket to be made.
    pub fn ticket(&self) -> TicketBuilder<'_> {
        TicketBuilder::new(self)
    }

    /// An article to be made.
    pub fn article(&self) -> ArticleBuilder<'_> {
        ArticleBuilder::new(self)
    }

    /// A team to be made.
    pub fn team(&self, name: &str) -> TeamBuilder<'_> {
        TeamBuilder::new(self, name)
    }

    /// A customer (HD Customer) to be made, whose employees are [`customer`](TestSite::customer)s.
    pub fn organisation(&self, name: &str) -> OrganisationBuilder<'_> {
        OrganisationBuilder::new(self, name)
    }

    /// Inserts a document as the Administrator, without asking for permission; one of the same name stays as it is.
    /// Returns the name.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn insert(&self, doctype: &str, values: Value) -> String {
        self.transaction(|cx| put(cx, doctype, values))
    }

    /// Changes fields of a document as the Administrator.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn change(&self, doctype: &str, name: &str, values: Value) {
        self.transaction(|cx| {
            let meta = meta_of(cx, doctype)?;
            save::update(cx, &meta, name, &object(values)).map(|_| ())
        });
    }

    /// Sets fields of a single DocType, such as HD Settings.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn set(&self, single: &str, values: Value) {
        self.transaction(|cx| put_single(cx, single, &object(values)));
    }

    /// A stored value; null where there is no such document.
    ///
    /// # Panics
    /// When there is no such field.
    #[track_caller]
    pub fn value(&self, doctype: &str, name: &str, field: &str) -> Value {
        self.transaction(|cx| storage::values(cx, doctype, name, &[field]))
            .and_then(|row| row.into_iter().next())
            .unwrap_or_default()
    }

    /// How many documents there are, whoever may see them.
    ///
    /// # Panics
    /// When there is no such DocType.
    #[track_caller]
    pub fn count(&self, doctype: &str) -> i64 {
        let all = ListRequest {
            ignore_permissions: true,
            ..ListRequest::of(doctype)
        };
        self.transaction(|cx| query::count(cx, &all))
    }

    /// Runs `body` in this process as the Administrator, in one transaction that is committed.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn transaction<T>(&self, body: impl FnOnce(&mut Cx) -> Result<T>) -> T {
        let administrator = Session {
            user: Arc::from("Administrator"),
            system_user: true,
            ..Session::guest()
        };
        let mut cx = self
            .site
            .context(Arc::new(administrator), Verb::Post)
            .expect("a connection");
        match body(&mut cx) {
            Ok(value) => {
                self.site.finish(cx).expect("a commit");
                value
            }
            Err(error) => panic!("{error} {:?} {:?}", error.text(), error.cause()),
        }
    }

    /// Sends bytes as they are over a connection of their own and reads until the server hangs up; `None` if it does so
    /// without an answer. The request should say `Connection: close`.
    ///
    /// # Panics
    /// When the server can't be reached, or neither answers nor hangs up within half a minute.
    pub fn raw(&self, request: &[u8]) -> Option<Reply> {
        self.raw_parts(|stream| stream.write_all(request))
    }

    /// As [`raw`](TestSite::raw), the request being written by `send`. An error in writing is none of the server's: it
    /// may answer and hang up before it has read everything.
    ///
    /// # Panics
    /// As [`raw`](TestSite::raw).
    pub fn raw_parts(&self, send: impl FnOnce(&mut TcpStream) -> std::io::Result<()>) -> Option<Reply> {
        let mut stream = TcpStream::connect(self.address()).expect("the server is there");
        let patience = Some(Duration::from_secs(30));
        stream.set_read_timeout(patience).expect("a time-out");
        stream.set_write_timeout(patience).expect("a time-out");
        // No half-close: hyper takes it for a client that hung up. Requests ask for `Connection: close` instead.
        let _ = send(&mut stream);
        let mut answer = Vec::new();
        if let Err(error) = stream.read_to_end(&mut answer) {
            let hung = matches!(
                error.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            );
            assert!(!hung, "the server neither answered nor hung up");
        }
        parse(&answer)
    }

    fn address(&self) -> SocketAddr {
        self.server.as_ref().expect("runs until dropped").address()
    }
}

fn object(values: Value) -> serde_json::Map<String, Value> {
    match values {
        Value::Object(object) => object,
        other => panic!("values are an object, not {other}"),
    }
}

/// Reads an answer whose length is announced.
fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (
        String::from_utf8_lossy(&answer[..end]).into_owned(),
        &answer[end + 4..],
    );
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Some(Reply::new(status, headers, body))
}
