//! What a method runs in: who calls, the database, and what leaves beside the result.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::civil::DateTime;
use parking_lot::Mutex;
use serde_json::Value;

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::files::Upload;
use crate::message::Message;
use crate::method::Verb;
use crate::realtime;
use crate::session::Session;
use crate::sign_in::prepared::Prepared;
use crate::site::Site;

/// Which envelope a request is answered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// `/api` and `/api/v1`.
    V1,
    /// `/api/v2`.
    V2,
}

/// The request as far as methods may know it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb.
    pub verb: Verb,
    /// The path, percent-decoded.
    pub path: Arc<str>,
    /// Which envelope the answer goes into.
    pub api: Api,
    /// The client's address; from headers only behind a configured proxy.
    pub client_ip: IpAddr,
    /// Passwords to be set that came with the request, hashed already.
    pub new_passwords: Option<Arc<Prepared>>,
    /// What the client calls itself, cut to 255 characters; empty where it doesn't say.
    pub user_agent: Arc<str>,
    /// Path of the method being called (its own, not an alias); empty for documents and pages.
    pub method: &'static str,
    /// The files that came with it.
    pub uploads: Arc<[Upload]>,
}

impl Request {
    /// A call from inside the process, as the command line makes it.
    pub fn internal(verb: Verb) -> Request {
        Request {
            verb,
            path: Arc::from(""),
            api: Api::V1,
            client_ip: IpAddr::from([127, 0, 0, 1]),
            new_passwords: None,
            user_agent: Arc::from(""),
            method: "",
            uploads: Arc::default(),
        }
    }
}

/// The half of a context that is read only: site, caller, request.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The site.
    pub site: Arc<Site>,
    /// The caller.
    pub session: Arc<Session>,
    /// The request.
    pub request: Request,
}

/// What leaves a request beside its result.
#[derive(Default)]
pub struct Outbox {
    /// The message log.
    pub messages: Vec<Message>,
    /// Top-level keys beside `message` or `data`, in order.
    pub side: serde_json::Map<String, Value>,
    /// Text for `_error_message`.
    pub error_message: Option<String>,
    /// Status that replaces the usual one.
    pub status: Option<u16>,
    /// Headers of the answer.
    pub headers: Vec<(&'static str, String)>,
    /// Whether the browser's session begins or ends with the answer.
    pub session: Option<SessionChange>,
    /// Whether the request commits although its verb does not.
    pub commit: bool,
    /// Run in order once the commit is durable; dropped on roll-back.
    pub after_commit: Vec<AfterCommit>,
    /// Whether `after_commit` drops kept values; see [`crate::site::kept`].
    pub drops_kept: bool,
    /// Events for connected clients, sent in order after `after_commit` has run; dropped on roll-back.
    pub events: Vec<realtime::Message>,
}

impl Outbox {
    /// Adds what another part of the same request leaves; where both set the same thing, the later one holds.
    pub fn append(&mut self, later: Outbox) {
        self.messages.extend(later.messages);
        self.side.extend(later.side);
        self.error_message = later.error_message.or(self.error_message.take());
        self.status = later.status.or(self.status);
        self.headers.extend(later.headers);
        self.session = later.session.or(self.session.take());
        self.commit |= later.commit;
        self.after_commit.extend(later.after_commit);
        self.events.extend(later.events);
    }

    /// Drops what was to happen after a commit, since there is none.
    pub(crate) fn roll_back(&mut self) {
        self.after_commit.clear();
        self.drops_kept = false;
        self.events.clear();
    }

    /// Does what was to happen after the commit, now that it is durable.
    pub(crate) fn committed(&mut self, shared: &Shared) {
        self.drops_kept = false;
        for work in std::mem::take(&mut self.after_commit) {
            work(shared);
        }
        shared.site.realtime.publish(std::mem::take(&mut self.events));
    }
}

/// What becomes of the browser's session; the server turns it into cookies.
#[derive(Clone, Debug)]
pub enum SessionChange {
    /// Somebody signed in.
    Begun {
        /// The id of the new session, for the cookie alone.
        sid: String,
        /// The session.
        session: Arc<Session>,
        /// Address of the user's picture; may be empty.
        user_image: String,
    },
    /// Somebody signed out.
    Ended,
}

/// Work for after the commit.
pub type AfterCommit = Box<dyn FnOnce(&Shared) + Send>;

/// The context of one call: `cx: &mut Cx` is what a method takes.
pub struct Cx {
    shared: Shared,
    tx: Tx,
    at: Option<DateTime>,
    /// The job this context runs.
    pub(crate) job: Option<crate::jobs::Running>,
    sends_no_mails: bool,
}

impl Cx {
    /// A context over a connection.
    pub fn new(shared: Shared, tx: Tx) -> Cx {
        Cx {
            shared,
            tx,
            at: None,
            job: None,
            sends_no_mails: false,
        }
    }

    /// Both halves at once.
    pub fn split(&mut self) -> (&Shared, &mut Tx) {
        (&self.shared, &mut self.tx)
    }

    /// Gives the connection back, with what leaves beside the result.
    pub fn into_parts(self) -> (Shared, Tx) {
        (self.shared, self.tx)
    }

    /// Site, caller and request.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The site.
    pub fn site(&self) -> &Arc<Site> {
        &self.shared.site
    }

    /// The caller.
    pub fn session(&self) -> &Session {
        &self.shared.session
    }

    /// The caller's user id.
    pub fn user(&self) -> &str {
        &self.shared.session.user
    }

    /// The request.
    pub fn request(&self) -> &Request {
        &self.shared.request
    }

    /// Now, naive, in the site's time zone.
    pub fn now(&self) -> DateTime {
        self.at.unwrap_or_else(|| self.shared.site.clock.now())
    }

    /// Runs `body` as if it were `at`, naive in the site's time zone: for invented and imported histories.
    pub fn at<T>(&mut self, at: DateTime, body: impl FnOnce(&mut Cx) -> T) -> T {
        let before = self.at.replace(at);
        let result = body(self);
        self.at = before;
        result
    }

    /// Runs `body` with mails going nowhere: for documents that were there elsewhere before.
    pub fn without_mails<T>(&mut self, body: impl FnOnce(&mut Cx) -> T) -> T {
        let before = std::mem::replace(&mut self.sends_no_mails, true);
        let result = body(self);
        self.sends_no_mails = before;
        result
    }

    /// Whether mails go nowhere for now.
    pub fn sends_no_mails(&self) -> bool {
        self.sends_no_mails
    }

    /// The database.
    pub fn db(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Adds a notice to the message log.
    pub fn msgprint(&mut self, message: Message) {
        self.tx.out.messages.push(message);
    }

    /// Sets a top-level key of the answer, beside `message`.
    pub fn side(&mut self, key: &str, value: Value) {
        self.tx.out.side.insert(key.to_owned(), value);
    }

    /// Runs `work` once this request's commit is durable; never if it rolls back.
    pub fn after_commit(&mut self, work: impl FnOnce(&Shared) + Send + 'static) {
        self.tx.out.after_commit.push(Box::new(work));
    }

    /// Runs `body` in a savepoint: what it wrote is undone when it fails, the rest of the transaction stays.
    ///
    /// # Errors
    /// What `body` returns, or a database failure.
    pub fn savepoint<T>(&mut self, body: impl FnOnce(&mut Cx) -> Result<T>) -> Result<T> {
        self.tx.savepoint_begin()?;
        let queued = (self.tx.out.after_commit.len(), self.tx.out.events.len());
        let drops_kept = self.tx.out.drops_kept;
        let result = body(self);
        if result.is_err() {
            self.tx.out.after_commit.truncate(queued.0);
            self.tx.out.events.truncate(queued.1);
            self.tx.out.drops_kept = drops_kept;
        }
        self.tx.savepoint_end(result.is_ok())?;
        result
    }

    /// Runs `body` as another user, then is the caller again.
    pub fn as_user<T>(&mut self, session: Arc<Session>, body: impl FnOnce(&mut Cx) -> T) -> T {
        let caller = std::mem::replace(&mut self.shared.session, session);
        let result = body(self);
        self.shared.session = caller;
        result
    }
}

/// The context of an `async` method: cheap to clone, without a transaction.
#[derive(Clone)]
pub struct AsyncCx {
    shared: Shared,
    out: Arc<Mutex<Outbox>>,
}

impl fmt::Debug for AsyncCx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncCx").finish_non_exhaustive()
    }
}

impl AsyncCx {
    /// A context of the given halves.
    pub fn new(shared: Shared) -> AsyncCx {
        AsyncCx {
            shared,
            out: Arc::default(),
        }
    }

    /// Site, caller and request.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The site.
    pub fn site(&self) -> &Arc<Site> {
        &self.shared.site
    }

    /// The caller.
    pub fn session(&self) -> &Session {
        &self.shared.session
    }

    /// Adds a notice to the message log.
    pub fn msgprint(&self, message: Message) {
        self.out.lock().messages.push(message);
    }

    /// Sets a top-level key of the answer, beside `message`.
    pub fn side(&self, key: &str, value: Value) {
        self.out.lock().side.insert(key.to_owned(), value);
    }

    /// Sets the status of the answer.
    pub fn status(&self, status: u16) {
        self.out.lock().status = Some(status);
    }

    /// Adds headers to the answer.
    pub fn headers(&self, headers: impl IntoIterator<Item = (&'static str, String)>) {
        self.out.lock().headers.extend(headers);
    }

    /// Begins or ends the browser's session with the answer.
    pub fn change_session(&self, change: SessionChange) {
        self.out.lock().session = Some(change);
    }

    /// What has been left so far beside the result.
    pub fn take_out(&self) -> Outbox {
        std::mem::take(&mut *self.out.lock())
    }

    /// Runs `body` on a database thread in one transaction: committed on `Ok` (if the verb commits, or the body asked
    /// for it), rolled back on `Err` and panic. What it leaves beside its result leaves the request.
    ///
    /// # Errors
    /// What `body` returns; `QueueOverloaded` when all threads are busy and the queue is full.
    pub async fn transaction<T, F>(&self, body: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Cx) -> Result<T> + Send + 'static,
    {
        let done = self.shared.site.pool.submit(self.shared.clone(), body)?;
        let finished = done
            .await
            .map_err(|_| Error::internal("the database thread went away"))?;
        let finished = crate::call::settle(&self.shared, finished).await;
        self.out.lock().append(finished.out);
        finished.result
    }
}
