//! The connection to Redis: one for all requests, given up at the first sign of trouble, made anew by itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisResult};
use tokio::runtime::Handle;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};

/// How long a new connection may take; no request waits for it.
const CONNECT: Duration = Duration::from_secs(2);
/// Between two attempts to reach a Redis that is away.
const PAUSE: Duration = Duration::from_millis(250);

/// A connection that many requests use at once.
///
/// A command that fails or takes longer than the patience ends the connection. From then on all commands are refused
/// at once, so that no request waits for a Redis that is away, until an attempt beside the requests succeeds. Both turns
/// are logged once.
pub(crate) struct Link {
    client: Client,
    prefix: String,
    patience: Duration,
    runtime: Handle,
    connection: ArcSwapOption<MultiplexedConnection>,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client's address holds a password.
        f.debug_struct("Link")
            .field("prefix", &self.prefix)
            .field("is_up", &self.connection.load().is_some())
            .finish_non_exhaustive()
    }
}

impl Link {
    /// A link that begins to connect on `runtime`. All its keys begin with `prefix`.
    pub(crate) fn start(client: Client, prefix: String, patience: Duration, runtime: Handle) -> Arc<Link> {
        let link = Arc::new(Link {
            client,
            prefix,
            patience,
            runtime,
            connection: ArcSwapOption::empty(),
        });
        link.reconnect(false);
        link
    }

    /// The runtime it lives on.
    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// A client for connections of another kind.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// The name of a key or channel of this site.
    pub(crate) fn name(&self, of: &str) -> String {
        format!("{}{of}", self.prefix)
    }

    /// The answer to a command; `None` while Redis is away.
    pub(crate) async fn ask<T: FromRedisValue>(self: &Arc<Link>, command: &Cmd) -> Option<T> {
        let used = self.connection.load_full()?;
        let mut connection = MultiplexedConnection::clone(&used);
        let answer = timeout(self.patience, command.query_async(&mut connection)).await;
        self.answered(&used, answer)
    }

    /// Runs several commands in one round trip; `None` while Redis is away.
    pub(crate) async fn ask_all(self: &Arc<Link>, commands: &Pipeline) -> Option<()> {
        let used = self.connection.load_full()?;
        let mut connection = MultiplexedConnection::clone(&used);
        let answer = timeout(self.patience, commands.query_async(&mut connection)).await;
        self.answered(&used, answer)
    }

    /// Gives up the connection that failed.
    fn answered<T>(
        self: &Arc<Link>,
        used: &Arc<MultiplexedConnection>,
        answer: Result<RedisResult<T>, Elapsed>,
    ) -> Option<T> {
        let why = match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} ms", self.patience.as_millis()),
        };
        let found = self.connection.compare_and_swap(used, None);
        // Of those whose commands fail together, one gives up the connection they shared.
        if found.as_ref().is_some_and(|found| Arc::ptr_eq(found, used)) {
            tracing::warn!(%why, "Redis is away: this server counts rate limits by itself until it is back");
            self.reconnect(true);
        }
        None
    }

    /// As [`ask`](Link::ask) for a thread that may block.
    pub(crate) fn ask_blocking<T>(self: &Arc<Link>, command: Cmd) -> Option<T>
    where
        T: FromRedisValue + Send + 'static,
    {
        if self.connection.load().is_none() {
            return None;
        }
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let link = Arc::clone(self);
        self.runtime.spawn(async move {
            let _ = tell.send(link.ask(&command).await);
        });
        // The task keeps to its time; twice as much is for a reactor that has much to do, or is gone.
        told.recv_timeout(self.patience * 2).ok().flatten()
    }

    /// Connects beside the requests, as often as it takes.
    fn reconnect(self: &Arc<Link>, was_lost: bool) {
        let link = Arc::downgrade(self);
        self.runtime.spawn(async move {
            let mut is_told = was_lost;
            loop {
                let Some(link) = link.upgrade() else {
                    return;
                };
                match link.connect().await {
                    Ok(connection) => {
                        link.connection.store(Some(Arc::new(connection)));
                        if is_told {
                            tracing::info!("Redis is back");
                        }
                        return;
                    }
                    Err(error) if !is_told => {
                        tracing::warn!(
                            %error,
                            "Redis can't be reached: this server counts rate limits by itself until it can"
                        );
                        is_told = true;
                    }
                    Err(error) => tracing::debug!(%error, "Redis is still away"),
                }
                drop(link);
                sleep(PAUSE).await;
            }
        });
    }

    /// A new connection over which a key could be written.
    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(CONNECT));
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        // A Redis that is full, or a replica, answers pings and refuses to count.
        let key = self.name("probe");
        let mut probe = redis::cmd("SET");
        probe.arg(key).arg(1).arg("EX").arg(1);
        probe.query_async::<()>(&mut connection).await?;
        Ok(connection)
    }
}
