//! Clients that pipeline, chunk, break off or talk nonsense.

use std::time::Duration;

use helpdesk_core::config::Config;

use crate::running::Running;

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Running::start(Config::default()).await;
    let mut raw = server.connect().await;

    raw.write(
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n\
         POST /api/method/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{\
         OPTIONS /api HTTP/1.1\r\nHost: a\r\n\r\n\
         GET /api/nothing HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    .await;

    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(raw.answer().await.status);
    }
    assert_eq!(statuses, [200, 417, 200, 404]);
}

#[tokio::test]
async fn a_chunked_body_in_pieces_is_put_together() {
    let server = Running::start(Config::default()).await;
    let mut raw = server.connect().await;

    raw.write("POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await;
    for piece in [
        "3\r\n{\"s",
        "\r\n",
        "5\r\nid\":\"\r\n",
        "4\r\nabc\"\r\n1\r\n}\r\n",
        "0\r\nX-Trailer: 1\r\n\r\n",
    ] {
        raw.write(piece).await;
        tokio::task::yield_now().await;
    }

    // The session id in the body was read: it came as an argument, which is answered without cookies.
    let answer = raw.answer().await;
    assert_eq!((answer.status, answer.cookies().len()), (404, 0));
}

#[tokio::test]
async fn a_get_may_have_a_body() {
    let server = Running::start(Config::default()).await;

    let body = r#"{"sid":"abc"}"#;
    let length = body.len();
    let answer = server
        .send(&format!(
            "GET /api/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;

    assert_eq!(
        answer.body,
        r#"{"session_expired":1,"exc_type":"DoesNotExistError"}"#
    );
}

#[tokio::test]
async fn deep_json_is_refused_and_the_server_lives() {
    let server = Running::start(Config::default()).await;

    let answer = server
        .post("/api/x", "application/json", &"[".repeat(10_000))
        .await;
    assert_eq!(answer.status, 417);
    let answer = server
        .post("/api/x", "application/json", &"{\"a\":".repeat(10_000))
        .await;
    assert_eq!(answer.status, 417);
    assert_eq!(server.get("/", "").await.status, 200);
}

#[tokio::test]
async fn clients_that_break_off_harm_nobody() {
    let server = Running::start(Config {
        max_connections: 4,
        ..Config::default()
    })
    .await;

    let half = [
        "",
        "GE",
        "GET / HTTP/1.1\r\nHo",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ];
    for text in half.iter().cycle().take(60) {
        let mut raw = server.connect().await;
        raw.write(text).await;
        drop(raw);
    }

    let answer = tokio::time::timeout(Duration::from_secs(5), server.get("/", ""))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn nonsense_is_400_and_closed() {
    let server = Running::start(Config::default()).await;

    for text in [
        "\u{16}\u{3}\u{1}hello tls\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        let mut raw = server.connect().await;
        raw.write(text).await;
        if let Some(answer) = raw.maybe_answer(true).await {
            assert_eq!(answer.status, 400, "{text:?}");
        }
        raw.closed().await;
    }
}

#[tokio::test]
async fn two_lengths_are_not_smuggled() {
    let server = Running::start(Config::default()).await;
    let mut raw = server.connect().await;

    raw.write("POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabcGET / HTTP/1.1\r\n\r\n").await;

    assert_eq!(raw.answer().await.status, 400);
    raw.closed().await;
}
