//! A server on a port of its own, and raw clients for it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use helpdesk_core::clock::Clock;
use helpdesk_core::config::Config;
use helpdesk_core::cx::Cx;
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use helpdesk_server::{Server, open_site};
use jiff::tz::TimeZone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running server. Dropped, it is cut off.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    /// `key:secret` of the Administrator, where it was asked for.
    key: String,
    _dir: tempfile::TempDir,
}

impl Running {
    /// Starts a server with these settings.
    pub(crate) async fn start(config: Config) -> Running {
        let dir = tempfile::tempdir().unwrap();
        Running::over(dir, config, String::new()).await
    }

    /// Starts a server that the Administrator has a key for; `fill` puts documents into the site before.
    pub(crate) async fn filled(fill: impl FnOnce(&mut Cx)) -> Running {
        let dir = tempfile::tempdir().unwrap();
        let site = Site::open(Opening {
            folder: dir.path().to_owned(),
            config: Config::default(),
            clock: None,
            mode: OpenMode::Exclusive,
        })
        .unwrap();
        let administrator = Session {
            user: Arc::from("Administrator"),
            system_user: true,
            ..Session::guest()
        };
        helpdesk_core::install::run(&site).unwrap();
        let mut cx = site.context(Arc::new(administrator), Verb::Post).unwrap();
        fill(&mut cx);
        let (key, secret) = helpdesk_core::users::new_api_key(&mut cx, "Administrator").unwrap();
        site.finish(cx).unwrap();
        drop(site);
        Running::over(dir, Config::default(), format!("{key}:{secret}")).await
    }

    async fn over(dir: tempfile::TempDir, config: Config, key: String) -> Running {
        let site = open(dir.path(), config);
        let server = Server::bind(site, "127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Running {
            address,
            stop,
            task,
            key,
            _dir: dir,
        }
    }

    /// Tells the server to stop; the handle ends when it has.
    pub(crate) fn stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.task
    }

    /// A connection.
    pub(crate) async fn connect(&self) -> Raw {
        Raw {
            stream: TcpStream::connect(self.address).await.unwrap(),
            rest: Vec::new(),
        }
    }

    /// Sends one request and takes the answer.
    pub(crate) async fn send(&self, request: &str) -> Answer {
        let mut raw = self.connect().await;
        raw.write(request).await;
        raw.answer().await
    }

    /// A request of the Administrator with a JSON body.
    pub(crate) async fn admin(&self, verb: &str, path: &str, body: &str) -> Answer {
        let (key, length) = (&self.key, body.len());
        self.send(&format!(
            "{verb} {path} HTTP/1.1\r\nHost: ref.localhost\r\nAccept: application/json\r\n\
             Authorization: token {key}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    /// GET with these header lines.
    pub(crate) async fn get(&self, path: &str, headers: &str) -> Answer {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: ref.localhost\r\n{headers}\r\n"
        ))
        .await
    }

    /// A request of any verb without a body.
    pub(crate) async fn ask(&self, verb: &str, path: &str) -> Answer {
        self.send(&format!("{verb} {path} HTTP/1.1\r\nHost: ref.localhost\r\n\r\n"))
            .await
    }

    /// POST of a body of some type.
    pub(crate) async fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let length = body.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nHost: ref.localhost\r\nContent-Type: {content_type}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }
}

fn open(dir: &Path, config: Config) -> Arc<Site> {
    open_site(dir, config, Clock::system(TimeZone::UTC)).unwrap()
}

/// Settings with short time limits.
pub(crate) fn hasty() -> Config {
    Config {
        header_timeout: 1,
        body_timeout: 1,
        shutdown_timeout: 1,
        ..Config::default()
    }
}

/// A connection that sends bytes as they are.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    rest: Vec<u8>,
}

impl Raw {
    pub(crate) async fn write(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer; panics when none comes.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.maybe_answer(true)
            .await
            .expect("the server closed instead of answering")
    }

    /// The next answer to a HEAD request, which has no body whatever its length says.
    pub(crate) async fn answer_to_head(&mut self) -> Answer {
        self.maybe_answer(false)
            .await
            .expect("the server closed instead of answering")
    }

    /// The next answer, or `None` when the server closes.
    pub(crate) async fn maybe_answer(&mut self, body: bool) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await?;
        };
        let head = String::from_utf8(self.rest.drain(..end).collect()).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer {
            status,
            headers,
            body: String::new(),
        };
        let length: usize = if body {
            answer.header("content-length").parse().unwrap_or(0)
        } else {
            0
        };
        while self.rest.len() < length {
            self.more().await?;
        }
        answer.body = String::from_utf8(self.rest.drain(..length).collect()).unwrap();
        Some(answer)
    }

    /// Waits until the server has closed.
    pub(crate) async fn closed(&mut self) {
        while self.more().await.is_some() {}
    }

    async fn more(&mut self) -> Option<()> {
        let mut buffer = [0; 16 * 1024];
        let read = tokio::time::timeout(Duration::from_secs(10), self.stream.read(&mut buffer)).await;
        let read = read
            .expect("the server neither answered nor closed")
            .ok()
            .filter(|read| *read > 0)?;
        self.rest.extend_from_slice(&buffer[..read]);
        Some(())
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// A header's value, empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| &**value)
            .unwrap_or_default()
    }

    /// Names of the cookies it sets; those cleared with `-` in front.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let cookies = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        cookies
            .map(|(_, value)| {
                let (name, rest) = value.split_once('=').unwrap();
                if rest.starts_with(';') {
                    format!("-{name}")
                } else {
                    name.to_owned()
                }
            })
            .collect()
    }
}

/// Names of a guest's cookies.
pub(crate) const GUEST: [&str; 5] = ["sid", "system_user", "full_name", "user_id", "user_lang"];
/// A guest's cookies, then all cleared.
pub(crate) const CLEARED: [&str; 11] = [
    "sid",
    "system_user",
    "full_name",
    "user_id",
    "user_lang",
    "-user_image",
    "-user_lang",
    "-full_name",
    "-system_user",
    "-sid",
    "-user_id",
];
