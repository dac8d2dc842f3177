//! The load: keep-alive connections that send one request after the other.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Connections at once.
pub(crate) const CONNECTIONS: usize = 16;

/// A server process; ended when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts this binary in a server role.
    pub(crate) fn start(args: &[&str]) -> Process {
        let own = std::env::current_exe().expect("our own path");
        let mut child = Command::new(own)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("its address");
        Process {
            address: line.trim().parse().expect("an address"),
            child,
        }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request as bytes.
pub(crate) fn request(verb: &str, target: &str, key: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let auth = key.map_or_else(String::new, |key| format!("Authorization: token {key}\r\n"));
    let body = body.unwrap_or("");
    let length = if verb == "GET" {
        String::new()
    } else {
        format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        )
    };
    format!("{verb} {target} HTTP/1.1\r\nHost: bench.localhost\r\nAccept: application/json\r\n{auth}{length}\r\n{body}").into_bytes()
}

/// Sends `count` requests over all connections; returns the status of the last answer of each connection.
pub(crate) fn send(
    runtime: &tokio::runtime::Runtime,
    address: SocketAddr,
    request: &[u8],
    count: usize,
) -> Vec<u16> {
    let left = Arc::new(AtomicUsize::new(count));
    let request: Arc<[u8]> = Arc::from(request);
    runtime.block_on(async {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (left, request) = (Arc::clone(&left), Arc::clone(&request));
                tokio::spawn(async move {
                    let mut stream = tokio::net::TcpStream::connect(address)
                        .await
                        .expect("a connection");
                    stream.set_nodelay(true).expect("a socket");
                    let mut buffer = Vec::with_capacity(64 * 1024);
                    let mut status = 0;
                    while left
                        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1))
                        .is_ok()
                    {
                        stream.write_all(&request).await.expect("a request goes out");
                        status = answer(&mut stream, &mut buffer).await;
                    }
                    status
                })
            })
            .collect();
        let mut all = Vec::new();
        for client in clients {
            all.push(client.await.expect("a client ends"));
        }
        all
    })
}

/// Reads one answer whole; its status.
pub(crate) async fn answer(stream: &mut tokio::net::TcpStream, buffer: &mut Vec<u8>) -> u16 {
    buffer.clear();
    loop {
        stream.read_buf(buffer).await.expect("an answer");
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..end]).expect("a head is text");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|text| text.parse().ok())
            .expect("a status");
        let length: usize = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .map(str::trim)
                    .and_then(|text| text.parse().ok())
            })
            .expect("a length");
        let whole = end + 4 + length;
        while buffer.len() < whole {
            stream.read_buf(buffer).await.expect("the rest of an answer");
        }
        return status;
    }
}
