//! What a server hears of the others: events for its clients, and word of changes.
//!
//! Who changed users, rights or metadata has the other servers look into the database at once.
//!
//! A signal says nothing but "look". One that is lost costs a second: every server looks that often by itself.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_core::Stream;
use helpdesk_core::site::Site;
use redis::RedisResult;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::link::Link;
use super::{Outlet, events, live};

/// The channel of a site's signals.
const CHANGED: &str = "changed";
/// Between two attempts to listen.
const PAUSE: Duration = Duration::from_millis(250);
/// A connection that is silent for so long is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(10);
/// What a connection, and an answer to that, may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Signals the changes of a site, and listens for those of others until the task is aborted.
pub(super) fn start(site: &Arc<Site>, link: &Arc<Link>, outlet: Outlet) -> JoinHandle<()> {
    let signal = {
        let (link, is_due) = (Arc::downgrade(link), Arc::new(AtomicBool::new(false)));
        move || signal(&link, &is_due)
    };
    if !site.signal_by(Box::new(signal)) {
        tracing::debug!("a server before this one signals the changes of this site");
    }
    let (weak, link) = (Arc::downgrade(site), Arc::clone(link));
    link.runtime().clone().spawn(async move {
        while weak.strong_count() > 0 {
            if let Err(error) = listen(&weak, &link, &outlet).await {
                tracing::debug!(%error, "no signals of other servers at the moment");
            }
            outlet.events.is_deaf();
            sleep(PAUSE).await;
        }
    })
}

/// Has the other servers look; several changes at once are one signal.
fn signal(link: &Weak<Link>, is_due: &Arc<AtomicBool>) {
    let Some(link) = link.upgrade() else {
        return;
    };
    if is_due.swap(true, Ordering::AcqRel) {
        return;
    }
    let is_due = Arc::clone(is_due);
    let runtime = link.runtime().clone();
    runtime.spawn(async move {
        is_due.store(false, Ordering::Release);
        let mut command = redis::cmd("PUBLISH");
        command.arg(link.name(CHANGED)).arg("look");
        let _: Option<u64> = link.ask(&command).await;
    });
}

/// Hears signals and events until the connection breaks.
async fn listen(site: &Weak<Site>, link: &Arc<Link>, outlet: &Outlet) -> RedisResult<()> {
    let live = link.name(live::LIVE);
    let connected = timeout(PATIENCE, async {
        let mut channel = link.client().get_async_pubsub().await?;
        channel.subscribe(link.name(CHANGED)).await?;
        channel.subscribe(events::CHANNEL).await?;
        channel.subscribe(&live).await?;
        Ok(channel.split())
    });
    let (mut asks, mut messages) = in_time(connected.await)?;
    if !outlet.events.is_heard().await {
        // The link is no part of this connection: it may still be on its way.
        return Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into());
    }
    // What was signalled before is looked at, too.
    look(site);
    loop {
        match timeout(SILENCE, poll_fn(|cx| Pin::new(&mut messages).poll_next(cx))).await {
            Ok(Some(message)) if message.get_channel_name() == events::CHANNEL => {
                outlet.events.hear(message.get_payload_bytes());
            }
            Ok(Some(message)) if message.get_channel_name() == live => {
                if let Some((server, word)) = outlet.live.heard(message.get_payload_bytes()) {
                    outlet.events.pass_on(&server, word);
                }
            }
            Ok(Some(_)) => look(site),
            Ok(None) => return Ok(()),
            Err(_) => in_time(timeout(PATIENCE, asks.ping::<()>()).await)?,
        }
    }
}

fn in_time<T>(answer: Result<RedisResult<T>, tokio::time::error::Elapsed>) -> RedisResult<T> {
    answer.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

/// Looks into the database, beside what is heard meanwhile.
fn look(site: &Weak<Site>) {
    let Some(site) = site.upgrade() else {
        return;
    };
    tokio::spawn(async move {
        if let Err(error) = site.changed_elsewhere().await {
            // The look that every server takes once a second comes soon.
            tracing::debug!(%error, "another server's change was not looked at");
        }
    });
}
