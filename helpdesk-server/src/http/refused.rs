//! One line in the log for each request that was refused (4xx): what an administrator, or a program that shuts attackers
//! out, looks for. The target is `helpdesk_server::refused`.
//!
//! A line holds no secrets: neither query nor headers nor anything of the body. What clients choose stands in quotes, with
//! line breaks and control signs escaped, so that nobody writes lines of their own.

use std::net::IpAddr;
use std::sync::Arc;

use helpdesk_core::error::ErrorKind;
use hyper::{Method, StatusCode};

use super::respond::{Answer, Caller};

/// Characters of a path that a line shows.
const LONGEST: usize = 300;

/// Who was refused, and for what; goes along with an answer until it is logged.
#[derive(Clone, Debug)]
struct Why {
    user: Arc<str>,
    reason: &'static str,
}

/// Notes with an answer who is refused by it, and for what; other answers are left as they are.
pub(super) fn note(answer: &mut Answer, caller: &Caller, kind: Option<ErrorKind>) {
    if !answer.status().is_client_error() {
        return;
    }
    let reason = kind.map_or_else(|| words(answer.status()), ErrorKind::exc_type);
    let user = Arc::clone(&caller.session.user);
    answer.extensions_mut().insert(Why { user, reason });
}

fn words(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("refused")
}

/// Writes the line of an answer, if it refuses.
pub(super) fn log(method: &Method, path: &str, address: IpAddr, answer: &Answer) {
    let status = answer.status();
    if !status.is_client_error() {
        return;
    }
    let why = answer.extensions().get::<Why>();
    let shown: String = path.chars().take(LONGEST).collect();
    tracing::info!(
        target: "helpdesk_server::refused",
        method = ?method.as_str(),
        path = ?shown,
        status = status.as_u16(),
        user = ?why.map_or("-", |why| &why.user),
        %address,
        reason = why.map_or_else(|| words(status), |why| why.reason),
        "refused"
    );
}
