//! Socket.IO: the transport below the hub, and who is let in.
//!
//! Engine.IO and Socket.IO are `socketioxide`'s; rooms, order and limits are ours ([`hub`]). One namespace a name of the
//! site. Source: spec/framework-api.md §10.3, spec/spa-host.md §6.

mod burst;
mod client;
mod connect;
mod handshake;
mod hub;
mod load;
mod members;
mod payload;
mod requests;
mod rights;
mod ring;
mod rooms;
mod viewers;
mod wire;

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use helpdesk_core::realtime::room;
use helpdesk_core::session::Session;
use helpdesk_core::site::Site;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue, ORIGIN, RETRY_AFTER, VARY,
};
use hyper::service::Service;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use parking_lot::Mutex;
use socketioxide::service::SocketIoService;
use socketioxide::{ParserConfig, SocketIo};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use connect::Connect;
use hub::Hub;
pub(crate) use wire::Wire;

use crate::http::Answer;
use crate::nodes::Nodes;

/// Bytes of what a client sends at once.
const MOST_SENT: usize = 64 * 1024;

/// Packets the transport holds for a client; what is more waits with the client, and is counted there.
const MOST_HELD: usize = 32;

/// How long a connection may go without a namespace.
const TO_CONNECT: Duration = Duration::from_secs(10);

/// How long a request of the polling transport may take; it is answered by the next ping at the latest.
const TO_ANSWER: Duration = Duration::from_secs(90);

/// Names that clients may have made namespaces for at once, where the settings name none.
const MOST_NAMES: usize = 64;

/// Whether a path is Socket.IO's.
pub(crate) fn is_path(path: &str) -> bool {
    path.strip_prefix("/socket.io")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The rooms a client is in without asking.
fn own_rooms(session: &Session) -> Vec<String> {
    let mut rooms = vec![room::user(&session.user), room::WEBSITE.to_owned()];
    if session.system_user {
        rooms.push(room::ALL.to_owned());
    }
    rooms
}

/// What a new session brings along; it lives as long as the session does.
#[derive(Clone, Debug)]
struct Arrival {
    address: IpAddr,
    /// Its connection, where that is its own: a proxy may send other clients' polling requests by the same one.
    wire: Option<Weak<Wire>>,
    _permit: Arc<OwnedSemaphorePermit>,
}

/// The Socket.IO side of a server.
pub(crate) struct Sockets {
    site: Arc<Site>,
    hub: Arc<Hub>,
    io: SocketIo,
    service: SocketIoService<Elsewhere>,
    permits: Arc<Semaphore>,
    names: Mutex<HashSet<String>>,
}

impl std::fmt::Debug for Sockets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sockets").finish_non_exhaustive()
    }
}

/// Answers what is not Socket.IO's.
#[derive(Clone, Copy, Debug)]
struct Elsewhere;

impl Service<Request<Incoming>> for Elsewhere {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Full<Bytes>>, Infallible>>;

    fn call(&self, _: Request<Incoming>) -> Self::Future {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        std::future::ready(Ok(response))
    }
}

impl Sockets {
    /// Socket.IO for a site; its events come here from now on, and are carried once [`Sockets::run`] runs.
    /// With other servers beside this one their events come here, too, and this one's go to them.
    pub(crate) fn new(site: &Arc<Site>, nodes: Option<&Nodes>) -> Sockets {
        let (service, io) = SocketIo::builder()
            .max_buffer_size(MOST_HELD)
            .max_payload(MOST_SENT as u64)
            .ws_max_message_size(MOST_SENT)
            .ws_max_frame_size(MOST_SENT)
            // What clients send is short; a buffer of a socket is there as long as it is.
            .ws_read_buffer_size(1024)
            .connect_timeout(TO_CONNECT)
            .with_parser(
                // Nobody sends attachments.
                ParserConfig::common()
                    .max_incoming_binaries(1)
                    .max_incoming_binary_buf_size(MOST_SENT),
            )
            .build_with_inner_svc(Elsewhere);
        let hub = Hub::new(Arc::downgrade(site));
        if let Some(nodes) = nodes {
            let receiver: Arc<Hub> = Arc::clone(&hub);
            hub.share(nodes.hear(site, receiver));
        }
        let publisher: Arc<Hub> = Arc::clone(&hub);
        site.realtime.set(publisher);
        let sockets = Sockets {
            permits: Arc::new(Semaphore::new(
                site.config.max_sockets.min(Semaphore::MAX_PERMITS),
            )),
            site: Arc::clone(site),
            hub,
            io,
            service,
            names: Mutex::default(),
        };
        for name in &site.config.site_names {
            sockets.make_namespace(name);
        }
        sockets
    }

    /// Carries events, and looks after rights and viewers, until [`Sockets::stop`].
    pub(crate) async fn run(&self) {
        let hub = || Arc::clone(&self.hub);
        tokio::join!(hub().run(), rights::run(hub()), viewers::keep(hub()));
    }

    /// Closes all sockets.
    pub(crate) async fn stop(&self) {
        self.hub.stop().await;
        let _ = tokio::time::timeout(Duration::from_secs(2), self.io.close()).await;
    }

    fn make_namespace(&self, name: &str) {
        let connect = Connect {
            site: Arc::downgrade(&self.site),
            hub: Arc::clone(&self.hub),
        };
        self.io.ns(format!("/{name}"), connect);
    }

    /// Makes the namespace a client is going to ask for, where the settings name none. The number is bounded: names
    /// nobody is connected to make room.
    fn prepare_namespace(&self, headers: &HeaderMap) {
        if !self.site.config.site_names.is_empty() {
            return;
        }
        let Some(name) = handshake::site_asked_for(headers) else {
            return;
        };
        let mut names = self.names.lock();
        if names.contains(name) {
            return;
        }
        if names.len() >= MOST_NAMES {
            let used: HashSet<String> = self
                .hub
                .clients()
                .iter()
                .filter_map(|client| Some(client.socket()?.ns().trim_start_matches('/').to_owned()))
                .collect();
            names.retain(|name| {
                let is_used = used.contains(name);
                if !is_used {
                    self.io.delete_ns(format!("/{name}"));
                }
                is_used
            });
        }
        if names.len() < MOST_NAMES {
            self.make_namespace(name);
            names.insert(name.to_owned());
        }
    }

    /// Answers a request for Socket.IO's path that came from `address` by `wire`.
    pub(crate) async fn answer(
        &self,
        mut request: Request<Incoming>,
        address: IpAddr,
        wire: &Arc<Wire>,
    ) -> Answer {
        let origin = request
            .headers()
            .get(ORIGIN)
            .filter(|_| handshake::is_own_origin(request.headers()))
            .cloned();
        let mut answer = if request.method() == Method::OPTIONS {
            plain(StatusCode::NO_CONTENT)
        } else if self.site.config.maintenance_mode {
            plain(StatusCode::SERVICE_UNAVAILABLE)
        } else {
            match query(&request, "sid").map(str::to_owned) {
                // As the transport says it.
                Some(id) if self.hub.is_ended(&id) => {
                    let body = r#"{"code":"1","message":"Session ID unknown"}"#;
                    let mut refusal = plain(StatusCode::BAD_REQUEST);
                    *refusal.body_mut() = Either::Left(Full::from(body));
                    refusal
                }
                Some(id) => {
                    if query(&request, "transport") == Some("websocket") {
                        self.hub.upgraded(&id, wire);
                    }
                    self.serve(request).await
                }
                None => match Arc::clone(&self.permits).try_acquire_owned() {
                    Ok(permit) => {
                        self.prepare_namespace(request.headers());
                        let is_own = query(&request, "transport") == Some("websocket");
                        request.extensions_mut().insert(Arrival {
                            address,
                            wire: is_own.then(|| Arc::downgrade(wire)),
                            _permit: Arc::new(permit),
                        });
                        self.serve(request).await
                    }
                    Err(_) => {
                        let mut full = plain(StatusCode::SERVICE_UNAVAILABLE);
                        full.headers_mut()
                            .insert(RETRY_AFTER, HeaderValue::from_static("5"));
                        full
                    }
                },
            }
        };
        if let Some(origin) = origin {
            let headers = answer.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            headers.insert(
                ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("authorization, content-type, x-frappe-site-name"),
            );
            headers.insert(
                ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, POST"),
            );
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        answer
    }

    async fn serve(&self, request: Request<Incoming>) -> Answer {
        let answered = tokio::time::timeout(TO_ANSWER, self.service.call(request)).await;
        let Ok(Ok(response)) = answered else {
            return plain(StatusCode::REQUEST_TIMEOUT);
        };
        let (head, body) = response.into_parts();
        match body.collect().await {
            Ok(body) => Response::from_parts(head, Either::Left(Full::new(body.to_bytes()))),
            Err(error) => match error {},
        }
    }
}

fn plain(status: StatusCode) -> Answer {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

/// An argument of the query, as it is written.
fn query<'r>(request: &'r Request<Incoming>, name: &str) -> Option<&'r str> {
    let pairs = request.uri().query()?.split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
