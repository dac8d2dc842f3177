//! Users as values with verbs.

use std::fmt;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

use crate::reply::Reply;

/// Longer than any request of a test takes; a server that hangs fails the test instead of stopping it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody who calls the server.
#[derive(Clone)]
pub struct TestUser {
    id: String,
    base: String,
    token: Option<String>,
    browser: Option<Browser>,
    agent: Agent,
}

/// What a browser keeps: cookies, and the CSRF token of the page it shows.
#[derive(Clone, Debug, Default)]
struct Browser {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    cookies: Vec<(String, String)>,
    csrf_token: Option<String>,
}

impl Browser {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the cookies of an answer; one that is cleared or already over goes.
    fn take(&self, reply: &Reply) {
        let mut kept = self.lock();
        for (name, value) in reply.cookies() {
            kept.cookies.retain(|(known, _)| *known != name);
            if !value.is_empty() {
                kept.cookies.push((name, value));
            }
        }
    }
}

impl fmt::Debug for TestUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestUser").field(&self.id).finish()
    }
}

impl TestUser {
    pub(crate) fn new(agent: &Agent, base: &str, id: &str, token: Option<String>) -> TestUser {
        TestUser {
            id: id.to_owned(),
            base: base.to_owned(),
            token,
            browser: None,
            agent: agent.clone(),
        }
    }

    /// A browser nobody is signed in with.
    pub(crate) fn browser(agent: &Agent, base: &str) -> TestUser {
        TestUser {
            browser: Some(Browser::default()),
            ..TestUser::new(agent, base, "Guest", None)
        }
    }

    /// The same browser, of a user who signed in with it.
    pub(crate) fn signed_in_as(self, id: &str) -> TestUser {
        TestUser {
            id: id.to_owned(),
            ..self
        }
    }

    /// The same user, with the same key or browser, who calls another server of the site.
    pub fn at(&self, site: &crate::TestSite) -> TestUser {
        TestUser {
            base: site.url().to_owned(),
            ..self.clone()
        }
    }

    /// A cookie of the user's browser; `None` where there is none of this name.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let kept = self.browser.as_ref()?.lock();
        let found = kept.cookies.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }

    /// Sets a cookie of the user's browser, as somebody who can write there would.
    ///
    /// # Panics
    /// Where the user has no browser; those of [`TestSite::login`](crate::TestSite::login) have.
    pub fn set_cookie(&self, name: &str, value: &str) {
        let browser = self.browser.as_ref().expect("a browser");
        let mut kept = browser.lock();
        kept.cookies.retain(|(known, _)| known != name);
        kept.cookies.push((name.to_owned(), value.to_owned()));
    }

    /// Opens a page in the user's browser. A page that carries the session's CSRF token has it sent with every write
    /// from then on.
    ///
    /// # Panics
    /// Where the user has no browser.
    #[track_caller]
    pub fn open(&self, path: &str) -> Reply {
        let page = self.request("GET", path).header("accept", "text/html").send();
        let token = page.text.split_once("csrf_token").and_then(|(_, rest)| {
            let rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
            rest.split(|c: char| !c.is_ascii_alphanumeric()).next()
        });
        if let Some(token) = token.filter(|token| token.len() >= 32) {
            self.browser.as_ref().expect("a browser").lock().csrf_token = Some(token.to_owned());
        }
        page
    }

    /// The user's id: a mail address, `Administrator` or `Guest`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `key:secret` of the user; `None` for guests.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Calls a method with POST and a JSON body.
    pub fn call(&self, method: &str, args: Value) -> Reply {
        self.post(&format!("/api/method/{method}"), args)
    }

    /// Calls a method with GET, its arguments in the query: texts as they are, everything else as JSON.
    pub fn call_get(&self, method: &str, args: Value) -> Reply {
        self.request("GET", &format!("/api/method/{method}"))
            .query(&args)
            .send()
    }

    /// Lists documents; `args` are those of `GET /api/resource/<doctype>`.
    pub fn list(&self, doctype: &str, args: Value) -> Reply {
        self.request("GET", &document_path(doctype, None))
            .query(&args)
            .send()
    }

    /// Reads a document.
    pub fn read(&self, doctype: &str, name: &str) -> Reply {
        self.get(&document_path(doctype, Some(name)))
    }

    /// Creates a document.
    pub fn insert(&self, doctype: &str, values: Value) -> Reply {
        self.post(&document_path(doctype, None), values)
    }

    /// Changes fields of a document.
    pub fn update(&self, doctype: &str, name: &str, values: Value) -> Reply {
        self.put(&document_path(doctype, Some(name)), values)
    }

    /// Deletes a document.
    pub fn remove(&self, doctype: &str, name: &str) -> Reply {
        self.delete(&document_path(doctype, Some(name)))
    }

    /// GET; blanks and the like in `path` are encoded, `%`, `?` and `&` are left as they are.
    pub fn get(&self, path: &str) -> Reply {
        self.request("GET", path).send()
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: Value) -> Reply {
        self.request("POST", path).json(&body).send()
    }

    /// PUT of JSON.
    pub fn put(&self, path: &str, body: Value) -> Reply {
        self.request("PUT", path).json(&body).send()
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path).send()
    }

    /// Uploads a file with `upload_file`; `fields` are its other arguments.
    pub fn upload(&self, file_name: &str, content: &[u8], fields: &Value) -> Reply {
        self.request("POST", "/api/method/upload_file")
            .multipart(fields, Some((file_name, content)))
            .send()
    }

    /// Any other request.
    pub fn request(&self, verb: &str, path: &str) -> Call<'_> {
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        if let Some(token) = &self.token {
            headers.push(("authorization".to_owned(), format!("token {token}")));
        }
        if let Some(browser) = &self.browser {
            let kept = browser.lock();
            let cookies = kept.cookies.iter().map(|(name, value)| format!("{name}={value}"));
            let cookies = cookies.collect::<Vec<_>>().join("; ");
            if !cookies.is_empty() {
                headers.push(("cookie".to_owned(), cookies));
            }
            if let Some(token) = &kept.csrf_token {
                headers.push(("x-frappe-csrf-token".to_owned(), token.clone()));
            }
        }
        Call {
            user: self,
            verb: verb.to_owned(),
            path: readable_path(path),
            headers,
            body: None,
        }
    }
}

/// A request that is being put together.
#[derive(Debug)]
#[must_use = "a request is sent by `send`"]
pub struct Call<'u> {
    user: &'u TestUser,
    verb: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call<'_> {
    /// Sets a header in place of the one that is there.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends no header of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Adds an object's members to the query: texts as they are, everything else as JSON.
    pub fn query(mut self, args: &Value) -> Self {
        for (name, value) in args.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let sign = if self.path.contains('?') { '&' } else { '?' };
            self.path.push(sign);
            self.path.push_str(&encoded(name));
            self.path.push('=');
            self.path.push_str(&encoded(&value));
        }
        self
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// A form body; what `query` does with an object.
    pub fn form(self, fields: &Value) -> Self {
        let pairs: Vec<String> = fields
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("{}={}", encoded(name), encoded(&value))
            })
            .collect();
        self.body("application/x-www-form-urlencoded", pairs.join("&"))
    }

    /// A multipart body: an object's members as fields, and a file in the field `file`.
    pub fn multipart(self, fields: &Value, file: Option<(&str, &[u8])>) -> Self {
        const BOUNDARY: &str = "----helpdesk-tests-7d1c";
        let mut body = Vec::new();
        for (name, value) in fields.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let part =
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        if let Some((file_name, content)) = file {
            let file_name = file_name.replace('"', "%22");
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// Any body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// When the server can't be reached or breaks off.
    #[track_caller]
    pub fn send(self) -> Reply {
        let mut request = Request::builder()
            .method(self.verb.as_str())
            .uri(format!("{}{}", self.user.base, self.path));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let agent = &self.user.agent;
        let answer = match self.body {
            Some(body) => agent.run(request.body(body).expect("a request that can be sent")),
            None => agent.run(request.body(()).expect("a request that can be sent")),
        };
        let mut answer = answer.unwrap_or_else(|error| panic!("{} {}: {error}", self.verb, self.path));
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let status = answer.status().as_u16();
        let body = answer
            .body_mut()
            .with_config()
            .limit(256 * 1024 * 1024)
            .read_to_vec()
            .unwrap_or_else(|error| panic!("{} {}: {error}", self.verb, self.path));
        let reply = Reply::new(status, headers, &body);
        if let Some(browser) = &self.user.browser {
            browser.take(&reply);
        }
        reply
    }
}

/// What sends requests: keeps connections, follows nothing, takes every status for an answer.
pub(crate) fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(PATIENCE))
        .build()
        .into()
}

fn document_path(doctype: &str, name: Option<&str>) -> String {
    let mut path = format!("/api/resource/{}", encoded(doctype));
    if let Some(name) = name {
        path.push('/');
        path.push_str(&encoded(name));
    }
    path
}

/// Encodes what a path or query can't hold, and leaves what it can.
fn readable_path(path: &str) -> String {
    encode(path, |byte| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
            )
    })
}

/// Encodes everything but letters, digits and `-._~`.
pub(crate) fn encoded(text: &str) -> String {
    encode(text, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
    })
}

fn encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
