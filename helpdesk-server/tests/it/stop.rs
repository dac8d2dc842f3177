//! Stopping: what has begun is finished, what takes too long is cut off.

use std::time::{Duration, Instant};

use helpdesk_core::config::Config;
use tokio::net::TcpStream;

use crate::running::{Running, hasty};

const BEGUN: &str =
    "POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n";

/// A moment for the server to read what was sent.
async fn moment() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_request_that_has_begun_is_finished() {
    let server = Running::start(Config::default()).await;
    let address = server.address;
    let (mut begun, mut idle) = (server.connect().await, server.connect().await);
    idle.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(idle.answer().await.status, 200);
    begun.write(BEGUN).await;
    moment().await;

    let stopping = server.stop();
    idle.closed().await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "nobody can connect any more"
    );
    begun.write("{}").await;

    assert_eq!(begun.answer().await.status, 404);
    tokio::time::timeout(Duration::from_secs(5), stopping)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_cut_off() {
    let server = Running::start(Config {
        body_timeout: 30,
        header_timeout: 30,
        ..hasty()
    })
    .await;
    let mut begun = server.connect().await;
    begun.write(BEGUN).await;
    moment().await;
    let started = Instant::now();

    server.stop().await.unwrap();

    assert!(started.elapsed() >= Duration::from_secs(1) && started.elapsed() < Duration::from_secs(5));
    assert!(begun.maybe_answer(true).await.is_none());
}

#[tokio::test]
async fn connections_that_never_spoke_do_not_hold_up_a_stop() {
    let server = Running::start(Config::default()).await;
    let _silent = server.connect().await;
    moment().await;

    tokio::time::timeout(Duration::from_secs(5), server.stop())
        .await
        .unwrap()
        .unwrap();
}
