//! Sizes and times that clients have to keep to.

use std::time::{Duration, Instant};

use helpdesk_core::config::Config;

use crate::running::{Running, hasty};

fn small() -> Config {
    Config {
        max_file_size: 1_000,
        ..hasty()
    }
}

#[tokio::test]
async fn an_announced_body_beyond_the_limit_is_413() {
    let server = Running::start(small()).await;

    let answer = server
        .post("/api/method/x", "application/json", &"x".repeat(1_001))
        .await;

    assert_eq!(
        (answer.status, answer.header("content-type")),
        (413, "text/html; charset=utf-8")
    );
    assert_eq!(answer.header("connection"), "close");
    assert!(answer.cookies().is_empty());
}

#[tokio::test]
async fn a_client_that_waits_for_100_gets_413_at_once() {
    let server = Running::start(Config::default()).await;
    let mut raw = server.connect().await;

    raw.write("POST /api/method/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n").await;

    assert_eq!(raw.answer().await.status, 413);
    raw.closed().await;
}

#[tokio::test]
async fn a_chunked_body_is_counted_while_it_comes() {
    let server = Running::start(small()).await;
    let mut raw = server.connect().await;

    raw.write("POST /api/method/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    for _ in 0..3 {
        raw.write(&format!("190\r\n{}\r\n", "x".repeat(400))).await;
    }
    raw.write("0\r\n\r\n").await;

    assert_eq!(raw.answer().await.status, 413);
}

#[tokio::test]
async fn a_large_refused_body_does_not_reset_the_client() {
    let server = Running::start(Config {
        max_file_size: 4_000_000,
        ..Config::default()
    })
    .await;

    let answer = server
        .post("/api/method/x", "text/plain", &"x".repeat(7_000_000))
        .await;

    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_slow_body_is_408_however_steadily_it_drips() {
    let server = Running::start(hasty()).await;
    let mut raw = server.connect().await;
    let started = Instant::now();

    raw.write("POST /api/method/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")
        .await;
    let (mut read, mut write) = raw.stream.into_split();
    let drip = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut buffer = vec![0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut read, &mut buffer)
        .await
        .unwrap();

    assert_eq!(buffer, b"HTTP/1.1 408");
    assert!(started.elapsed() < Duration::from_secs(5));
    drip.abort();
}

#[tokio::test]
async fn a_slow_head_is_cut_off_however_steadily_it_drips() {
    let server = Running::start(hasty()).await;
    let mut raw = server.connect().await;
    let started = Instant::now();

    raw.write("GET / HTTP/1.1\r\n").await;
    let (mut read, mut write) = raw.stream.into_split();
    let drip = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while write.write_all(b"X-Drip: 1\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut read, &mut rest).await;

    assert!(started.elapsed() < Duration::from_secs(5));
    drip.abort();
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = Running::start(hasty()).await;
    let mut fresh = server.connect().await;
    let mut used = server.connect().await;

    used.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(used.answer().await.status, 200);

    fresh.closed().await;
    used.closed().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off() {
    let server = Running::start(Config {
        header_timeout: 30,
        max_connections: 1,
        ..hasty()
    })
    .await;
    let mut deaf = server.connect().await;
    // Far more answers than socket buffers hold, and the only place is taken: the next client is served
    // once the deaf one is given up.
    let requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(30_000);
    let write = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let _ = deaf.stream.write_all(requests.as_bytes()).await;
        deaf
    });

    let answer = tokio::time::timeout(Duration::from_secs(20), server.get("/", ""))
        .await
        .unwrap();

    assert_eq!(answer.status, 200);
    write.abort();
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let server = Running::start(Config {
        max_connections: 1,
        header_timeout: 30,
        ..Config::default()
    })
    .await;
    let first = server.connect().await;
    let mut second = server.connect().await;
    second.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;

    let early = tokio::time::timeout(Duration::from_millis(100), second.answer()).await;
    assert!(early.is_err(), "served beyond the limit");
    drop(first);

    assert_eq!(second.answer().await.status, 200);
}

#[tokio::test]
async fn a_huge_head_is_refused() {
    let server = Running::start(Config::default()).await;
    let mut raw = server.connect().await;

    raw.write(&format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Long: {}",
        "x".repeat(200_000)
    ))
    .await;

    assert_eq!(raw.answer().await.status, 431);
}
