//! The servers that are measured, each a process of its own: bare hyper, and ours.

use std::convert::Infallible;
use std::io::Write;
use std::time::Duration;

use helpdesk_core::prelude::*;
use helpdesk_core::site::OpenMode;
use helpdesk_server::Server;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use hyper::service::service_fn;
use hyper::{Request as HttpRequest, Response as HttpResponse};
use hyper_util::rt::{TokioIo, TokioTimer};

const BODY: &[u8] = br#"{"message":{"status":"ok","value":42,"text":"a fixed JSON body of about one hundred and twenty bytes, for the limit"}}"#;

/// The answer of [`echo`].
#[derive(Debug, Serialize)]
pub(crate) struct Echo {
    status: &'static str,
    value: i64,
    text: String,
}

/// An answer of the bare server's size, typed, from the reactor.
#[whitelist(allow_guest, inline, path = "bench.echo")]
pub(crate) fn echo(value: i64, text: String) -> Echo {
    Echo {
        status: "ok",
        value,
        text,
    }
}

/// The same from a database thread.
#[whitelist(allow_guest, path = "bench.hop")]
pub(crate) fn hop(cx: &mut Cx, value: i64, text: String) -> Echo {
    let _ = cx.user();
    Echo {
        status: "ok",
        value,
        text,
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

fn announce(address: std::net::SocketAddr) {
    let mut out = std::io::stdout();
    writeln!(out, "{address}")
        .and_then(|()| out.flush())
        .expect("the parent reads");
}

/// A fixed answer of 120 bytes from bare hyper, with the header timer that our server has.
pub(crate) fn bare() {
    runtime().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        announce(listener.local_addr().expect("an address"));
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(30));
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                continue;
            };
            stream.set_nodelay(true).expect("a socket");
            let connection = builder.serve_connection(TokioIo::new(stream), service_fn(fixed));
            tokio::spawn(connection);
        }
    });
}

/// What the contract puts on every guest's answer: headers of the answer's shape, sent by the bare server on `/shape`.
const SHAPE: [(HeaderName, HeaderValue); 6] = [
    (
        CACHE_CONTROL,
        HeaderValue::from_static("no-store,no-cache,must-revalidate,max-age=0"),
    ),
    (
        SET_COOKIE,
        HeaderValue::from_static(
            "sid=Guest; Expires=Thu, 31 Dec 2026 23:59:59 GMT; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax",
        ),
    ),
    (
        SET_COOKIE,
        HeaderValue::from_static("system_user=no; Path=/; SameSite=Lax"),
    ),
    (
        SET_COOKIE,
        HeaderValue::from_static("full_name=Guest; Path=/; SameSite=Lax"),
    ),
    (
        SET_COOKIE,
        HeaderValue::from_static("user_id=Guest; Path=/; SameSite=Lax"),
    ),
    (
        SET_COOKIE,
        HeaderValue::from_static("user_lang=en; Path=/; SameSite=Lax"),
    ),
];

async fn fixed(request: HttpRequest<Incoming>) -> Result<HttpResponse<Full<Bytes>>, Infallible> {
    let mut answer = HttpResponse::new(Full::new(Bytes::from_static(BODY)));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if request.uri().path() == "/shape" {
        for (name, value) in &SHAPE {
            answer.headers_mut().append(name, value.clone());
        }
    }
    Ok(answer)
}

/// Our server on the site in a folder.
pub(crate) fn helpdesk(folder: &str) {
    let site = super::site::open(std::path::Path::new(folder), OpenMode::Serve);
    runtime().block_on(async {
        let server = Server::bind(site, "127.0.0.1:0").await.expect("a port");
        announce(server.local_addr().expect("an address"));
        server.run(std::future::pending()).await;
    });
}
