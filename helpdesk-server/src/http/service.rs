//! One request from head to answer, in the order of spec/framework.md §1.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helpdesk_core::args::Args;
use helpdesk_core::call::{Outcome, Target, call};
use helpdesk_core::cx::{Api, Outbox, Request, SessionChange, Shared};
use helpdesk_core::dispatch::NotFound;
use helpdesk_core::error::{Error, ErrorKind, Result, no_route};
use helpdesk_core::files::{Served, place};
use helpdesk_core::method::Verb;
use helpdesk_core::reply::Reply;
use helpdesk_core::session::Session;
use helpdesk_core::sign_in::sessions;
use helpdesk_core::site::Site;
use helpdesk_core::v2;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::HeaderName;
use serde_json::Value;

use super::ask::Ask;
use super::auth::Presented;
use super::body::Brought;
use super::client_ip::Proxies;
use super::connection::Serves;
use super::cookies::{Begun, Cookies};
use super::envelope::Key;
use super::limiter::{Budget, Limiter};
use super::pages::{self, Page};
use super::respond::{Answer, Caller, Responder};
use super::route::{self, Action};
use super::{auth, body, cors, csrf, refused, web_forms};
use crate::engine;
use crate::nodes::Nodes;
use crate::sockets::{self, Sockets, Wire};

/// Bytes of a form around a file.
const FORM_AROUND: u64 = 1024 * 1024;

const SITE_NAME: HeaderName = HeaderName::from_static("x-frappe-site-name");

/// Answers the requests of a server.
#[derive(Debug)]
pub(crate) struct Service {
    site: Arc<Site>,
    responder: Responder,
    proxies: Proxies,
    limiter: Option<Limiter>,
    /// Signals of other servers are heard as long as this is there.
    _nodes: Option<Nodes>,
    sockets: Arc<Sockets>,
    guest: Arc<Session>,
    /// A guest who presented a session that is over.
    expired_guest: Arc<Session>,
}

impl Service {
    /// A service for `site`.
    ///
    /// # Errors
    /// When a setting can't be used; the text names it.
    pub(crate) fn new(site: Arc<Site>) -> Result<Service, String> {
        let proxies = Proxies::parse(&site.config.trusted_proxies)
            .map_err(|text| format!("trusted_proxies: {text}"))?;
        let nodes = Nodes::of(&site)?;
        let shared = nodes.as_ref().map(|nodes| Arc::clone(nodes.link()));
        Ok(Service {
            responder: Responder::new(Arc::clone(&site)),
            proxies,
            limiter: site.config.rate_limit.map(|limit| Limiter::new(limit, shared)),
            sockets: Arc::new(Sockets::new(&site, nodes.as_ref())),
            _nodes: nodes,
            guest: Arc::new(Session::guest()),
            expired_guest: Arc::new(Session {
                expired: true,
                ..Session::guest()
            }),
            site,
        })
    }

    /// The Socket.IO side.
    pub(crate) fn sockets(&self) -> &Arc<Sockets> {
        &self.sockets
    }

    /// Answers a request that came from `peer` by `wire`.
    pub(crate) async fn answer(
        &self,
        request: hyper::Request<Incoming>,
        peer: IpAddr,
        serves: Serves,
        wire: &Arc<Wire>,
    ) -> Answer {
        if serves == Serves::Sockets || sockets::is_path(request.uri().path()) {
            let address = self.proxies.client_ip(peer.to_canonical(), request.headers());
            // Boxed, like all that few requests need, so that the state of every other request stays small.
            let (method, path) = (request.method().clone(), request.uri().path().to_owned());
            let answer = Box::pin(self.sockets.answer(request, address, wire)).await;
            refused::log(&method, &path, address, &answer);
            return answer;
        }
        let started = Instant::now();
        let (head, incoming) = request.into_parts();
        let path = route::decode(head.uri.path());
        let ask = Ask::new(&head, &path, peer, &self.proxies, &self.site.config);
        let mut answer = self.checked(&ask, incoming).await;
        cors::apply(&self.site.config, &head, answer.headers_mut());
        if let Some(limiter) = &self.limiter {
            limiter.spend(started.elapsed()).await;
        }
        refused::log(&head.method, ask.path, ask.client_ip, &answer);
        tracing::debug!(method = %head.method, path = ask.path, status = answer.status().as_u16(), "answered");
        answer
    }

    /// What is refused before there is a session; none of these answers sets cookies.
    async fn checked(&self, ask: &Ask<'_>, incoming: Incoming) -> Answer {
        if let Some(name) = self.unknown_site(ask) {
            let text = format!("{name} does not exist here.");
            return self
                .responder
                .page(ask, &self.responder.nobody(), StatusCode::NOT_FOUND, &text);
        }
        if self.site.config.maintenance_mode {
            let error = Error::bare(ErrorKind::SessionStopped, "");
            return self
                .responder
                .error(ask, &self.responder.nobody(), &error, Outbox::default());
        }
        if ask.head.method == hyper::Method::OPTIONS {
            return self.responder.options(ask);
        }
        let patience = Duration::from_secs(self.site.config.body_timeout);
        let most = self.site.config.max_file_size;
        let limits = body::Limits {
            body: if is_upload(ask.path) {
                most.max(self.site.max_upload().saturating_add(FORM_AROUND))
            } else {
                most
            },
            memory: most,
            patience,
            site_folder: &self.site.folder,
        };
        let brought = match body::read(ask.head, incoming, limits).await {
            Ok(brought) => brought,
            Err(refused) => return self.responder.refused(ask, &refused),
        };
        let budget = match &self.limiter {
            Some(limiter) => Some(limiter.budget().await),
            None => None,
        };
        let mut answer = self.admitted(ask, brought, budget).await;
        if let Some(budget) = budget {
            budget.write(answer.headers_mut());
        }
        answer
    }

    /// The site the client asked for, if it is none of ours.
    fn unknown_site<'r>(&self, ask: &Ask<'r>) -> Option<&'r str> {
        let ours = &self.site.config.site_names;
        if ours.is_empty() {
            return None;
        }
        ask.header(&SITE_NAME)
            .filter(|name| !ours.iter().any(|one| one == name))
    }

    /// Session, site-wide limit, `Authorization`, then what the request is for.
    async fn admitted(&self, ask: &Ask<'_>, mut brought: Brought, budget: Option<Budget>) -> Answer {
        let presented = auth::take_sid(&ask.head.headers, &mut brought.args);
        let mut caller = match self.by_sid(ask, presented).await {
            Ok(caller) => caller,
            Err(error) => {
                let nobody = self.responder.nobody();
                return self.responder.error(ask, &nobody, &error, Outbox::default());
            }
        };
        if budget.is_some_and(|budget| budget.is_spent()) {
            let error = Error::bare(ErrorKind::TooManyRequestsError, "").without_traceback();
            return self.responder.error(ask, &caller, &error, Outbox::default());
        }
        match auth::by_header(&self.site, &ask.head.headers).await {
            Ok(None) => {}
            // A browser's session stays, whatever key comes with it (spec/framework.md §4.6).
            Ok(Some(_)) if caller.session.cookie.is_some() => {}
            Ok(Some(session)) => caller.session = session,
            Err(error) => {
                if error.kind() == ErrorKind::AuthenticationError {
                    caller.cookies = Cookies::GuestThenCleared;
                }
                return self.responder.error(ask, &caller, &error, Outbox::default());
            }
        }
        self.dispatch(ask, caller, brought).await
    }

    /// The caller with this session id.
    async fn by_sid(&self, ask: &Ask<'_>, presented: Option<Presented>) -> Result<Caller> {
        let Some(Presented { sid, as_cookie }) = presented else {
            return Ok(Caller {
                session: Arc::clone(&self.guest),
                expired: false,
                cookies: Cookies::Guest,
                language: None,
            });
        };
        let (session, expired, cookies) = match sessions::resume(&self.site, &sid, ask.client_ip).await? {
            Some(session) => (session, false, Cookies::Running(Arc::from(sid))),
            None => (Arc::clone(&self.expired_guest), true, Cookies::GuestThenCleared),
        };
        Ok(Caller {
            session,
            expired,
            cookies: if as_cookie { cookies } else { Cookies::None },
            language: None,
        })
    }

    async fn dispatch(&self, ask: &Ask<'_>, mut caller: Caller, brought: Brought) -> Answer {
        let Brought { mut args, uploads } = brought;
        caller.language = args.get("_lang").and_then(Value::as_str).map(Arc::from);
        let verb = Verb::parse(ask.head.method.as_str());
        // An argument `cmd` makes a method call of any request.
        let cmd = match args.get("cmd") {
            Some(Value::String(cmd)) if !cmd.is_empty() => Some(cmd.clone()),
            _ => None,
        };
        let action = match (&cmd, verb) {
            (Some(cmd), Some(_)) => Action::Call(cmd),
            _ => route::action(route::route(ask.path), verb),
        };
        let signs_in = matches!(action, Action::Call(name) if csrf::SIGNS_IN.contains(&name));
        if let Err(error) = csrf::check(ask, &caller.session, &self.site.config, signs_in, &mut args) {
            return self.responder.error(ask, &caller, &error, Outbox::default());
        }
        if matches!(action, Action::Page | Action::NotFound)
            && let Some(page) = pages::at(ask.path)
        {
            return self.page(ask, caller, page, verb, args).await;
        }
        let target = match action {
            Action::Page
                if matches!(verb, Some(Verb::Get | Verb::Head)) && place::is_private(ask.path).is_some() =>
            {
                if place::is_private(ask.path) == Some(false) {
                    return self.public_file(ask, &caller);
                }
                let fid = args.get("fid").and_then(Value::as_str).map(str::to_owned);
                Ok(Target::File {
                    url: ask.path.to_owned(),
                    fid,
                })
            }
            Action::Page if matches!(verb, Some(Verb::Get | Verb::Head | Verb::Post)) => {
                return self.web_form(ask, caller, verb, args).await;
            }
            Action::WrongVerb(allow) => return self.responder.wrong_verb(ask, &caller, allow),
            Action::Page | Action::NotFound => Err(no_route()),
            Action::Call(name) => match self.method(name, ask.api, verb, &mut args) {
                Ok(target) => Ok(target),
                Err(not_found) => {
                    if let Err(error) = self.site.gate.unknown(&caller.session, name) {
                        return self.responder.error(ask, &caller, &error, Outbox::default());
                    }
                    let out = Outbox {
                        messages: not_found.prelude.into_iter().collect(),
                        ..Outbox::default()
                    };
                    return self.responder.error(ask, &caller, &not_found.error, out);
                }
            },
            Action::CallFunction(doctype, function) => {
                v2::function_of(&self.site, doctype, function).map(Target::Method)
            }
            Action::Read(doctype, name) if args.contains("run_method") => {
                document_method(doctype, name, &mut args)
            }
            Action::CallDocument(doctype, name) => document_method(doctype, name, &mut args),
            Action::CallOnDocument(doctype, name, method) => Ok(Target::Document {
                doctype: doctype.to_owned(),
                name: name.to_owned(),
                method: method.to_owned(),
            }),
            Action::V2(call) => Ok(Target::V2(call)),
            Action::List(doctype) => Ok(Target::List(doctype.to_owned())),
            Action::Insert(doctype) => Ok(Target::Insert(doctype.to_owned())),
            Action::Read(doctype, name) => Ok(Target::Read(doctype.to_owned(), name.to_owned())),
            Action::Update(doctype, name) => Ok(Target::Update(doctype.to_owned(), name.to_owned())),
            Action::Delete(doctype, name) => Ok(Target::Delete(doctype.to_owned(), name.to_owned())),
        };
        let target = match target {
            Ok(target) => target,
            Err(error) => return self.responder.error(ask, &caller, &error, Outbox::default()),
        };
        // Without a verb we know there was no target.
        let method = match &target {
            Target::Method(method) => method.path,
            _ => "",
        };
        let mut shared = self.shared(ask, &caller, verb.unwrap_or(Verb::Get), method);
        shared.request.uploads = uploads.into();
        let key = match (ask.api, &target) {
            (Api::V1, Target::Method(_)) => Key::Message,
            _ => Key::Data,
        };
        let is_file = matches!(target, Target::File { .. });
        let Outcome { result, mut out } = call(shared, target, args).await;
        if is_file
            && let Err(error) = &result
            && error.kind() == ErrorKind::PermissionError
        {
            // A page, whatever the client likes (recorded).
            let text = "You don't have the right to see this file.";
            return self.responder.page(ask, &caller, StatusCode::FORBIDDEN, text);
        }
        match out.session.take().filter(|_| result.is_ok()) {
            Some(change) => change_session(ask, &mut caller, change),
            // A login that failed leaves the browser as it is (recorded).
            None if signs_in => caller.cookies = Cookies::None,
            None => {}
        }
        self.responder.outcome(ask, &caller, key, result, out)
    }

    /// A file that anybody may fetch; no database is asked.
    fn public_file(&self, ask: &Ask<'_>, caller: &Caller) -> Answer {
        match Served::of(&self.site, ask.path, false) {
            Ok(file) => {
                let reply = Ok(Reply::File(file));
                self.responder
                    .outcome(ask, caller, Key::Data, reply, Outbox::default())
            }
            Err(_) => self.responder.no_page(ask, caller),
        }
    }

    /// The target of a call. In v1 a method that takes all other arguments sees `cmd` among them.
    fn method(
        &self,
        name: &str,
        api: Api,
        verb: Option<Verb>,
        args: &mut Args,
    ) -> Result<Target, Box<NotFound>> {
        let method = engine::lookup(&self.site, name, api, verb)?;
        if api == Api::V1 && method.params.iter().any(|param| param.rest) {
            args.set("cmd", Value::from(name));
        }
        Ok(Target::Method(method))
    }

    async fn page(
        &self,
        ask: &Ask<'_>,
        caller: Caller,
        page: &Page,
        verb: Option<Verb>,
        args: Args,
    ) -> Answer {
        let Some(verb @ (Verb::Get | Verb::Head)) = verb else {
            return self.responder.wrong_verb(ask, &caller, "GET, HEAD");
        };
        let shared = self.shared(ask, &caller, verb, "");
        match (page.answer)(shared, args).await {
            Ok(raw) => self.responder.raw(ask, &caller, raw, Outbox::default()),
            Err(error) => self.responder.error(ask, &caller, &error, Outbox::default()),
        }
    }

    /// The page of a Web Form, where one has the path.
    async fn web_form(&self, ask: &Ask<'_>, caller: Caller, verb: Option<Verb>, args: Args) -> Answer {
        let Some(verb @ (Verb::Get | Verb::Head)) = verb else {
            return self.responder.no_page(ask, &caller);
        };
        let shared = self.shared(ask, &caller, verb, "");
        match web_forms::at(shared, ask.path, args).await {
            Ok(Some(page)) => self.responder.raw(ask, &caller, page, Outbox::default()),
            Ok(None) => self.responder.no_page(ask, &caller),
            Err(error) => self.responder.error(ask, &caller, &error, Outbox::default()),
        }
    }

    fn shared(&self, ask: &Ask<'_>, caller: &Caller, verb: Verb, method: &'static str) -> Shared {
        Shared {
            site: Arc::clone(&self.site),
            session: Arc::clone(&caller.session),
            request: self.request(ask, verb, method),
        }
    }

    fn request(&self, ask: &Ask<'_>, verb: Verb, method: &'static str) -> Request {
        Request {
            verb,
            path: Arc::from(ask.path),
            api: ask.api,
            client_ip: ask.client_ip,
            new_passwords: None,
            user_agent: ask.user_agent(),
            method,
            uploads: Arc::default(),
        }
    }
}

/// Whether a path takes files up to the site's limit for them.
fn is_upload(path: &str) -> bool {
    let path = path.strip_prefix("/api/").unwrap_or_default();
    let path = path
        .strip_prefix("v1/")
        .or_else(|| path.strip_prefix("v2/"))
        .unwrap_or(path);
    [
        "method/upload_file",
        "method/frappe.handler.upload_file",
        "method/helpdesk.extends.data_import.bulk_insert",
    ]
    .iter()
    .any(|upload| path.starts_with(upload))
}

/// The caller and the cookies after a session began or ended.
fn change_session(ask: &Ask<'_>, caller: &mut Caller, change: SessionChange) {
    match change {
        SessionChange::Begun {
            sid,
            session,
            user_image,
        } => {
            caller.cookies = Cookies::Begun(Arc::new(Begun {
                sid,
                system_user: session.system_user,
                full_name: session.full_name.to_string(),
                user_id: session.user.to_string(),
                user_image,
                user_lang: session.language.to_string(),
            }));
            caller.session = session;
            caller.expired = false;
        }
        SessionChange::Ended => {
            caller.cookies = match (ask.api, &caller.session.cookie) {
                (Api::V2, _) => Cookies::EndedShortly,
                (Api::V1, Some(_)) => Cookies::EndedThenCleared,
                (Api::V1, None) => Cookies::GuestThenCleared,
            };
        }
    }
}

/// The target of a call with `run_method` on a document's address.
fn document_method(doctype: &str, name: &str, args: &mut Args) -> Result<Target> {
    match args.take("run_method") {
        Some(Value::String(method)) if !method.is_empty() => Ok(Target::Document {
            doctype: doctype.to_owned(),
            name: name.to_owned(),
            method,
        }),
        _ => Err(Error::bare(
            ErrorKind::FrappeTypeError,
            "Missing argument 'run_method'",
        )),
    }
}
