//! HTTP: accepting connections, and what becomes of a request.

mod ask;
pub(crate) mod auth;
mod body;
mod client_ip;
mod connection;
pub(crate) mod cookies;
mod cors;
mod csrf;
mod disk_file;
mod docs;
mod envelope;
mod health;
mod limiter;
mod pages;
mod pieces;
mod refused;
mod respond;
mod route;
mod service;
mod sign_in;
mod stall;
mod web_forms;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use helpdesk_core::site::Site;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::{Semaphore, watch};

use connection::{Limits, Phase, Serves};
use service::Service;

use crate::sockets::Sockets;

pub use pages::Page;
pub(crate) use respond::Answer;

/// Whether the texts are addresses and networks of proxies.
pub(crate) fn check_proxies(texts: &[String]) -> Result<(), String> {
    client_ip::Proxies::parse(texts).map(|_| ())
}

/// A server bound to an address; [`run`](Server::run) serves until it is told to stop.
///
/// ```no_run
/// # async fn example(site: std::sync::Arc<helpdesk_core::site::Site>) -> std::io::Result<()> {
/// let server = helpdesk_server::Server::bind(site, "127.0.0.1:0").await?;
/// println!("http://{}", server.local_addr()?);
/// server.run(async { _ = tokio::signal::ctrl_c().await }).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    /// The port for Socket.IO alone.
    second: Option<TcpListener>,
    service: Arc<Service>,
    connections: Arc<Semaphore>,
    permits: u32,
    limits: Limits,
    shutdown_timeout: Duration,
}

impl Server {
    /// Listens on `address` for `site`; port 0 takes any free port.
    ///
    /// # Errors
    /// When the address can't be had or a setting can't be used.
    pub async fn bind(site: Arc<Site>, address: impl ToSocketAddrs) -> io::Result<Server> {
        Server::from_listener(site, TcpListener::bind(address).await?)
    }

    /// Serves `site` on a listener that is there already.
    ///
    /// # Errors
    /// When a setting can't be used.
    pub fn from_listener(site: Arc<Site>, listener: TcpListener) -> io::Result<Server> {
        let config = &site.config;
        let permits = config
            .max_connections
            .clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        let limits = Limits {
            head: Duration::from_secs(config.header_timeout.max(1)),
            write: Duration::from_secs(config.body_timeout.max(1)),
        };
        let shutdown_timeout = Duration::from_secs(config.shutdown_timeout);
        let invalid = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
        let second = match config.socketio_port {
            0 => None,
            port => Some(beside(&listener, port)?),
        };
        Ok(Server {
            listener,
            second,
            service: Arc::new(Service::new(site).map_err(invalid)?),
            connections: Arc::new(Semaphore::new(permits)),
            permits: u32::try_from(permits).unwrap_or(u32::MAX),
            limits,
            shutdown_timeout,
        })
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// When the system doesn't tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown` is ready, then answers the requests that have begun for up to `shutdown_timeout`
    /// seconds, and drops what is left.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let (phase, watching) = watch::channel(Phase::Running);
        let mut shutdown = pin!(shutdown);
        let sockets: Arc<Sockets> = Arc::clone(self.service.sockets());
        let carrying = {
            let sockets = Arc::clone(&sockets);
            tokio::spawn(async move { sockets.run().await })
        };
        loop {
            let accepted = tokio::select! {
                biased;
                () = shutdown.as_mut() => break,
                accepted = self.accept() => accepted,
            };
            let Some((stream, peer, permit, serves)) = accepted else {
                continue;
            };
            let (service, watching) = (Arc::clone(&self.service), watching.clone());
            let limits = self.limits;
            tokio::spawn(async move {
                connection::serve(service, stream, peer, serves, limits, watching).await;
                drop(permit);
            });
        }
        // From here on nobody can connect.
        drop((self.listener, self.second));
        drop(watching);
        phase.send_replace(Phase::Draining);
        sockets.stop().await;
        carrying.abort();
        // All permits back: all connections have ended.
        let all = self.connections.acquire_many(self.permits);
        if tokio::time::timeout(self.shutdown_timeout, all).await.is_err() {
            let left = self.permits as usize - self.connections.available_permits();
            tracing::warn!(left, "connections were cut off, their requests took too long");
            phase.send_replace(Phase::Cut);
            let _ = self.connections.acquire_many(self.permits).await;
        }
    }

    /// The next connection, once there is room for one more. Those beyond the limit wait in the system's queue.
    async fn accept(
        &self,
    ) -> Option<(
        tokio::net::TcpStream,
        SocketAddr,
        tokio::sync::OwnedSemaphorePermit,
        Serves,
    )> {
        let permit = Arc::clone(&self.connections).acquire_owned().await.ok()?;
        let second = async {
            match &self.second {
                Some(second) => second.accept().await,
                None => std::future::pending().await,
            }
        };
        let (accepted, serves) = tokio::select! {
            accepted = self.listener.accept() => (accepted, Serves::All),
            accepted = second => (accepted, Serves::Sockets),
        };
        match accepted {
            Ok((stream, peer)) => Some((stream, peer, permit, serves)),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file descriptors, as a rule; it takes a moment until there are some again.
                if !matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                None
            }
        }
    }
}

/// A listener on another port of the same address.
fn beside(listener: &TcpListener, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(listener.local_addr()?.ip(), port);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("socketio_port, {address}: {error}"));
    let second = std::net::TcpListener::bind(address).map_err(named)?;
    second.set_nonblocking(true)?;
    TcpListener::from_std(second)
}
