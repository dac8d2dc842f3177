//! One connection: HTTP/1.1 until the client goes, breaks a time limit, or the server stops.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::service::Service;
use super::stall::Stall;
use crate::sockets::Wire;

/// Bytes a request's head may have; what is larger is answered 431.
const HEAD_LIMIT: usize = 128 * 1024;

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Serving.
    Running,
    /// Requests that have begun are answered, no further ones are taken.
    Draining,
    /// Time is up: connections are dropped.
    Cut,
}

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Everything.
    All,
    /// Socket.IO alone.
    Sockets,
}

/// Time limits of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For the head of a request, and for the wait between two requests.
    pub(crate) head: Duration,
    /// For a write that gets nowhere.
    pub(crate) write: Duration,
}

/// Serves a connection to its end.
pub(crate) async fn serve(
    service: Arc<Service>,
    stream: TcpStream,
    peer: SocketAddr,
    serves: Serves,
    limits: Limits,
    mut phase: watch::Receiver<Phase>,
) {
    let _ = stream.set_nodelay(true);
    let wire = Wire::new();
    let io = TokioIo::new(Stall::new(stream, limits.write, Arc::clone(&wire)));
    let answer = service_fn(move |request| {
        let (service, wire) = (Arc::clone(&service), Arc::clone(&wire));
        async move { Ok::<_, Infallible>(service.answer(request, peer.ip(), serves, &wire).await) }
    });
    let connection = Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(io, answer)
        .with_upgrades();
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%peer, %error, "a connection broke");
                }
                return;
            }
            // Errs only when the server itself is gone.
            changed = phase.changed() => match *phase.borrow_and_update() {
                Phase::Draining if changed.is_ok() => connection.as_mut().graceful_shutdown(),
                _ => return,
            }
        }
    }
}
