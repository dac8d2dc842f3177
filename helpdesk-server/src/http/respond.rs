//! From an outcome to the response: status, headers, cookies, and JSON or a page around it.
//!
//! Source: spec/framework.md §3.4, §3.6.

use std::io;
use std::sync::Arc;

use helpdesk_core::cx::Outbox;
use helpdesk_core::error::{Error, ErrorKind};
use helpdesk_core::files::Served;
use helpdesk_core::rate_limit::Exceeded;
use helpdesk_core::reply::{Reply, Response as Raw, Stream};
use helpdesk_core::session::Session;
use helpdesk_core::sign_in::Locked;
use helpdesk_core::site::Site;
use helpdesk_core::translate::{self, Words};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_LANGUAGE, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    HeaderValue, RETRY_AFTER, SET_COOKIE, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde_json::Value;

use super::ask::Ask;
use super::body::Refused;
use super::cookies::{self, Cookies, Writer};
use super::disk_file::DiskFile;
use super::envelope::{self, Key};
use super::pages;
use super::pieces::Pieces;
use super::refused;

/// What goes back to a client.
pub(crate) type Answer = Response<Either<Full<Bytes>, UnsyncBoxBody<Bytes, io::Error>>>;

static JSON: HeaderValue = HeaderValue::from_static("application/json");
static HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
static TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
static NO_STORE: HeaderValue = HeaderValue::from_static("no-store,no-cache,must-revalidate,max-age=0");
/// For pages that don't exist: caches may keep asking for five minutes.
static NO_PAGE: HeaderValue = HeaderValue::from_static("private,max-age=300,stale-while-revalidate=10800");
/// Our pages load nothing; only their own style element is allowed.
static NOTHING_ELSE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

/// As whom a request is answered.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The session.
    pub(crate) session: Arc<Session>,
    /// Whether a `sid` was presented that is unknown or over.
    pub(crate) expired: bool,
    /// The cookies to set.
    pub(crate) cookies: Cookies,
    /// The language that was asked for (`_lang`).
    pub(crate) language: Option<Arc<str>>,
}

/// Makes answers; one a server.
#[derive(Debug)]
pub(crate) struct Responder {
    site: Arc<Site>,
    cookies: Writer,
    nobody: Arc<Session>,
}

impl Responder {
    /// A responder for `site`.
    pub(crate) fn new(site: Arc<Site>) -> Responder {
        Responder {
            site,
            cookies: Writer::new(),
            nobody: Arc::new(Session::guest()),
        }
    }

    /// The caller before there is a session: a guest who gets no cookies.
    pub(crate) fn nobody(&self) -> Caller {
        Caller {
            session: Arc::clone(&self.nobody),
            expired: false,
            cookies: Cookies::None,
            language: None,
        }
    }

    /// Answers with what came of a call.
    pub(crate) fn outcome(
        &self,
        ask: &Ask<'_>,
        caller: &Caller,
        key: Key,
        outcome: Result<Reply, Error>,
        mut out: Outbox,
    ) -> Answer {
        let reply = match outcome {
            Ok(reply) => reply,
            Err(error) => return self.error(ask, caller, &error, out),
        };
        let (status, body) = match reply {
            Reply::Raw(raw) => return self.raw(ask, caller, raw, out),
            Reply::File(file) => return self.file(ask, caller, file, out),
            Reply::Stream(stream) => return self.stream(ask, caller, stream, out),
            Reply::Json(text) => (StatusCode::OK, Some(text)),
            Reply::Empty => (StatusCode::OK, None),
        };
        self.mark_expired(caller, &mut out);
        if let Some(words) = self.words(ask, caller) {
            out.messages.iter_mut().for_each(|message| words.message(message));
        }
        let body = envelope::success(ask.api, key, body, &out);
        self.finish(
            ask,
            caller,
            overridden(&out, status),
            JSON.clone(),
            body,
            out.headers,
        )
    }

    /// Answers with an error: JSON or a page, as the client likes.
    pub(crate) fn error(&self, ask: &Ask<'_>, caller: &Caller, error: &Error, mut out: Outbox) -> Answer {
        let status = StatusCode::from_u16(error.kind().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let status = overridden(&out, status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            // Maintenance and overload come in floods, and say nothing new each time.
            tracing::debug!(method = %ask.head.method, path = ask.path, %error, "a request was turned away");
        } else if status.is_server_error() {
            tracing::error!(method = %ask.head.method, path = ask.path, %error, "a request failed");
        }
        self.mark_expired(caller, &mut out);
        let words = self.words(ask, caller);
        if let Some(words) = words {
            out.messages.iter_mut().for_each(|message| words.message(message));
            out.error_message = out.error_message.map(|text| words.say(&text).unwrap_or(text));
        }
        let told = words.map(|words| words.error(error));
        let told = told.as_ref().unwrap_or(error);
        // A missing document method is answered as a missing page, whatever the client likes (recorded).
        let (kind, body) = if ask.wants_json() && error.kind() != ErrorKind::PageDoesNotExistError {
            let settings = self.site.settings();
            let allowed = caller.session.system_user && settings.allow_error_traceback
                || self.site.config.developer_mode;
            let traceback = allowed && error.shows_traceback();
            (JSON.clone(), envelope::failure(ask.api, told, &out, traceback))
        } else if error.kind() == ErrorKind::TooManyRequestsError {
            (TEXT.clone(), Bytes::from_static(b"Too Many Requests"))
        } else {
            let text = told.message().map(|message| pages::plain(&message.message));
            let page = pages::error(
                status.as_u16(),
                title(error.kind(), status),
                &text.unwrap_or_default(),
            );
            (HTML.clone(), Bytes::from(page))
        };
        let mut answer = self.finish(ask, caller, status, kind, body, out.headers);
        refused::note(&mut answer, caller, Some(error.kind()));
        if let Some(exceeded) = Exceeded::of(error) {
            for (name, value) in exceeded.headers() {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    answer.headers_mut().insert(HeaderName::from_static(name), value);
                }
            }
        }
        if let Some(locked) = Locked::of(error) {
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(locked.seconds));
        }
        if error.kind() == ErrorKind::QueueOverloaded {
            answer
                .headers_mut()
                .entry(RETRY_AFTER)
                .or_insert(HeaderValue::from_static("1"));
        }
        answer
    }

    /// Answers with a response that a method or page made itself.
    pub(crate) fn raw(&self, ask: &Ask<'_>, caller: &Caller, raw: Raw, out: Outbox) -> Answer {
        let status = StatusCode::from_u16(raw.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = raw.headers;
        headers.extend(out.headers);
        let kind = HeaderValue::from_static("application/octet-stream");
        self.finish(ask, caller, status, kind, Bytes::from(raw.body), headers)
    }

    /// Answers with a small HTML page of our own.
    pub(crate) fn page(&self, ask: &Ask<'_>, caller: &Caller, status: StatusCode, text: &str) -> Answer {
        let page = pages::error(
            status.as_u16(),
            status.canonical_reason().unwrap_or("Error"),
            text,
        );
        self.finish(ask, caller, status, HTML.clone(), Bytes::from(page), Vec::new())
    }

    /// 404 for a page that doesn't exist.
    pub(crate) fn no_page(&self, ask: &Ask<'_>, caller: &Caller) -> Answer {
        let mut answer = self.page(
            ask,
            caller,
            StatusCode::NOT_FOUND,
            "There is no page at this address.",
        );
        answer.headers_mut().insert(CACHE_CONTROL, NO_PAGE.clone());
        answer
    }

    /// 405, always as a page.
    pub(crate) fn wrong_verb(&self, ask: &Ask<'_>, caller: &Caller, allow: &'static str) -> Answer {
        let text = "This address does not take requests of that kind.";
        let mut answer = self.page(ask, caller, StatusCode::METHOD_NOT_ALLOWED, text);
        answer
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static(allow));
        answer
    }

    /// Answers to a body that was not taken. Where it was not read to its end the connection can't go on.
    pub(crate) fn refused(&self, ask: &Ask<'_>, refused: &Refused) -> Answer {
        let (status, text) = match refused {
            Refused::Unreadable(error) => return self.error(ask, &self.nobody(), error, Outbox::default()),
            Refused::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "The request is larger than this site allows.",
            ),
            Refused::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The request did not arrive in time."),
            Refused::Unstored(error) => {
                tracing::error!(%error, "an upload can't be received");
                let error = Error::internal("an upload can't be received");
                return self.error(ask, &self.nobody(), &error, Outbox::default());
            }
            Refused::Broken => (StatusCode::BAD_REQUEST, "The request broke off."),
        };
        let mut answer = self.page(ask, &self.nobody(), status, text);
        answer
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
        answer
    }

    /// The empty answer to OPTIONS.
    pub(crate) fn options(&self, ask: &Ask<'_>) -> Answer {
        self.finish(
            ask,
            &self.nobody(),
            StatusCode::OK,
            TEXT.clone(),
            Bytes::new(),
            Vec::new(),
        )
    }

    /// The words of the caller's language, if it is one that messages have to be put into.
    fn words(&self, ask: &Ask<'_>, caller: &Caller) -> Option<&'static Words> {
        let words = |language: &str| {
            let general = language.split(['-', '_']).next().unwrap_or_default();
            if general == translate::SOURCE {
                return None;
            }
            translate::words(language)
        };
        if let Some(language) = &caller.language {
            return words(language);
        }
        if !caller.session.is_guest() {
            return words(&caller.session.language);
        }
        if let Some(language) = cookies::read(&ask.head.headers, "preferred_language") {
            return words(language);
        }
        let header = ask.header(&ACCEPT_LANGUAGE);
        match header.and_then(translate::accepted) {
            Some(language) => words(language),
            None => words(&self.site.settings().language),
        }
    }

    fn mark_expired(&self, caller: &Caller, out: &mut Outbox) {
        if caller.expired {
            out.side.insert("session_expired".to_owned(), Value::from(1));
        }
    }

    fn finish(
        &self,
        ask: &Ask<'_>,
        caller: &Caller,
        status: StatusCode,
        kind: HeaderValue,
        body: Bytes,
        extra: Vec<(&'static str, String)>,
    ) -> Answer {
        let mut answer = Response::new(Either::Left(Full::new(body)));
        *answer.status_mut() = status;
        let headers = answer.headers_mut();
        headers.reserve(8);
        headers.insert(CONTENT_TYPE, kind);
        self.complete(ask, caller, status, headers, extra);
        refused::note(&mut answer, caller, None);
        answer
    }

    /// The headers all answers have.
    fn complete(
        &self,
        ask: &Ask<'_>,
        caller: &Caller,
        status: StatusCode,
        headers: &mut HeaderMap,
        extra: Vec<(&'static str, String)>,
    ) {
        headers.insert(CACHE_CONTROL, NO_STORE.clone());
        for (name, value) in extra {
            add(headers, name, value);
        }
        if headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
        {
            headers
                .entry(X_CONTENT_TYPE_OPTIONS)
                .or_insert(HeaderValue::from_static("nosniff"));
            headers
                .entry(CONTENT_SECURITY_POLICY)
                .or_insert_with(|| NOTHING_ELSE.clone());
        }
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let url = ask.site_url(&self.site.config);
            let value = format!("Bearer resource_metadata=\"{url}/.well-known/oauth-protected-resource\"");
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(WWW_AUTHENTICATE, value);
            }
        }
        // An answer that caches may share carries nobody's cookies.
        if !headers.get(CACHE_CONTROL).is_some_and(is_public) {
            let expiry = self.site.settings().sign_in.session_expiry;
            self.cookies
                .write(&caller.cookies, ask.secure, expiry, &self.site.clock, headers);
        }
    }

    /// Answers with what is sent as it is made.
    fn stream(&self, ask: &Ask<'_>, caller: &Caller, stream: Stream, out: Outbox) -> Answer {
        let mut extra = stream.headers;
        extra.extend(out.headers);
        let body = Pieces::new(stream.first, stream.rest).boxed_unsync();
        let mut answer = Response::new(Either::Right(body));
        self.complete(ask, caller, StatusCode::OK, answer.headers_mut(), extra);
        answer
    }

    /// Answers with a file: whole, in parts, or with "you have it", as the client asks.
    fn file(&self, ask: &Ask<'_>, caller: &Caller, file: Served, out: Outbox) -> Answer {
        let disk = match DiskFile::open(&file.path) {
            Ok(disk) => disk,
            Err(error) => {
                tracing::error!(%error, path = %file.path.display(), "a file can't be read");
                let error = Error::internal("a file can't be read");
                return self.error(ask, caller, &error, Outbox::default());
            }
        };
        let mut request = Request::new(());
        *request.method_mut() = ask.head.method.clone();
        *request.headers_mut() = ask.head.headers.clone();
        let (mut head, body) = http_serve::serve(disk, &request).into_parts();
        // Of a file that the client has already only what caching needs is told.
        let told = head.status.is_success();
        let mut extra = file.headers;
        extra.retain(|(name, _)| told || *name == "cache-control");
        extra.extend(out.headers);
        self.complete(ask, caller, head.status, &mut head.headers, extra);
        let mut answer =
            Response::from_parts(head, Either::Right(body.map_err(io::Error::other).boxed_unsync()));
        refused::note(&mut answer, caller, None);
        answer
    }
}

fn overridden(out: &Outbox, usual: StatusCode) -> StatusCode {
    out.status
        .and_then(|status| StatusCode::from_u16(status).ok())
        .unwrap_or(usual)
}

fn is_public(cache_control: &HeaderValue) -> bool {
    cache_control
        .to_str()
        .is_ok_and(|value| value.split(',').any(|part| part.trim() == "public"))
}

/// Adds a header a method set. One that HTTP can't carry is left out, and told in the log.
fn add(headers: &mut HeaderMap, name: &'static str, value: String) {
    let (Ok(name), Ok(value)) = (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::try_from(value),
    ) else {
        tracing::warn!(name, "a method set a header that can't be sent");
        return;
    };
    if name == SET_COOKIE || name == VARY {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
}

/// The heading of an error page.
fn title(kind: ErrorKind, status: StatusCode) -> &'static str {
    match (kind, status.as_u16()) {
        (ErrorKind::SessionExpired, _) => "Session expired",
        (ErrorKind::SessionStopped, _) => "Back soon",
        (_, 401) => "Not signed in",
        (_, 403) => "Not permitted",
        (_, 404) => "Not found",
        (_, 400..=499) => "Request refused",
        _ => "Server error",
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use helpdesk_core::clock::Clock;
    use helpdesk_core::config::Config;
    use helpdesk_core::error::{forbidden, invalid};
    use http_body_util::BodyExt;
    use hyper::Request;
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::super::client_ip::Proxies;
    use super::*;

    struct Setup {
        responder: Responder,
        config: Config,
        _dir: tempfile::TempDir,
    }

    fn setup() -> Setup {
        let config = Config::default();
        let dir = tempfile::tempdir().unwrap();
        let site = crate::open_site(dir.path(), config.clone(), Clock::system(TimeZone::UTC)).unwrap();
        Setup {
            responder: Responder::new(site),
            config,
            _dir: dir,
        }
    }

    impl Setup {
        fn answer(&self, accept: &str, make: impl FnOnce(&Responder, &Ask<'_>) -> Answer) -> Answer {
            let request = Request::get("/")
                .header("accept", accept)
                .header("host", "ref.localhost")
                .body(())
                .unwrap();
            let head = request.into_parts().0;
            let path = "/api/method/x";
            let ask = Ask::new(
                &head,
                path,
                IpAddr::from([127, 0, 0, 1]),
                &Proxies::default(),
                &self.config,
            );
            make(&self.responder, &ask)
        }

        fn caller(&self, system_user: bool) -> Caller {
            let session = Arc::new(Session {
                system_user,
                ..Session::guest()
            });
            Caller {
                session,
                expired: false,
                cookies: Cookies::Guest,
                language: None,
            }
        }
    }

    async fn body(answer: Answer) -> String {
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_result_is_json_that_nobody_keeps() {
        let setup = setup();
        let reply = Reply::json("pong");
        let answer = setup.answer("*/*", |responder, ask| {
            let caller = setup.caller(false);
            responder.outcome(ask, &caller, Key::Message, Ok(reply.unwrap()), Outbox::default())
        });

        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(
            answer.headers()["cache-control"],
            "no-store,no-cache,must-revalidate,max-age=0"
        );
        assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 5);
        assert_eq!(body(answer).await, r#"{"message":"pong"}"#);
    }

    #[tokio::test]
    async fn status_headers_and_expiry_come_from_the_call() {
        let setup = setup();
        let answer = setup.answer("*/*", |responder, ask| {
            let caller = Caller {
                expired: true,
                ..setup.caller(false)
            };
            let mut out = Outbox {
                status: Some(202),
                ..Outbox::default()
            };
            out.headers
                .push(("Cache-Control", "public,max-age=60".to_owned()));
            out.headers.push(("X-Bad", "a\nb".to_owned()));
            responder.outcome(
                ask,
                &caller,
                Key::Data,
                Reply::json("ok").map_err(Error::from),
                out,
            )
        });

        assert_eq!(answer.status(), 202);
        assert_eq!(answer.headers()["cache-control"], "public,max-age=60");
        assert!(
            !answer.headers().contains_key("set-cookie"),
            "a shared answer has no cookies"
        );
        assert!(!answer.headers().contains_key("x-bad"));
        assert_eq!(body(answer).await, r#"{"data":"ok","session_expired":1}"#);
    }

    #[tokio::test]
    async fn only_system_users_see_tracebacks() {
        let setup = setup();
        let answer = |system_user| {
            setup.answer("*/*", |responder, ask| {
                responder.error(ask, &setup.caller(system_user), &invalid("No"), Outbox::default())
            })
        };

        let seen: Value = serde_json::from_str(&body(answer(true)).await).unwrap();
        assert_eq!(seen["exception"], json!("frappe.exceptions.ValidationError: No"));
        let hidden: Value = serde_json::from_str(&body(answer(false)).await).unwrap();
        assert_eq!(
            hidden.as_object().unwrap().keys().collect::<Vec<_>>(),
            ["exc_type", "_server_messages"]
        );
    }

    #[tokio::test]
    async fn browsers_get_a_page_with_the_same_status() {
        let setup = setup();
        let answer = setup.answer("text/html", |responder, ask| {
            responder.error(
                ask,
                &setup.caller(false),
                &forbidden("Not <strong>you</strong>"),
                Outbox::default(),
            )
        });

        assert_eq!(answer.status(), 403);
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert!(answer.headers().contains_key("content-security-policy"));
        assert_eq!(
            answer.headers()["www-authenticate"],
            "Bearer resource_metadata=\"http://ref.localhost/.well-known/oauth-protected-resource\""
        );
        assert!(body(answer).await.contains("<p>Not you</p>"));
    }

    #[tokio::test]
    async fn a_raw_response_keeps_its_type() {
        let setup = setup();
        let raw = Raw {
            status: 200,
            headers: vec![("content-type", "text/csv".to_owned())],
            body: b"a,b".to_vec(),
        };
        let answer = setup.answer("*/*", |responder, ask| {
            responder.raw(ask, &setup.caller(false), raw, Outbox::default())
        });

        assert_eq!(answer.headers()["content-type"], "text/csv");
        assert_eq!(body(answer).await, "a,b");
    }
}
