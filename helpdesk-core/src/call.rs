//! From an admitted request to its outcome: one context, one transaction.

use crate::args::Args;
use crate::cx::{Outbox, Shared};
use crate::error::Result;
use crate::method::Method;
use crate::reply::Reply;

/// What a request is for.
#[derive(Clone, Debug)]
pub enum Target {
    /// A whitelisted method; its result is `message` in v1 and `data` in v2.
    Method(&'static Method),
    /// `GET /resource/<doctype>`. All document targets answer under `data`.
    List(String),
    /// `POST /resource/<doctype>`.
    Insert(String),
    /// `GET /resource/<doctype>/<name>`.
    Read(String, String),
    /// `PUT /resource/<doctype>/<name>`.
    Update(String, String),
    /// `DELETE /resource/<doctype>/<name>`; sets status 202.
    Delete(String, String),
}

/// What came of a request; the server puts it into an envelope.
pub struct Outcome {
    /// The result, or why there is none.
    pub result: Result<Reply>,
    /// Messages, side keys, headers, status.
    pub out: Outbox,
}

/// Runs a request: the checks of spec/framework-quirks.md C.2 from "guest" on for methods, then the body in one
/// transaction, committed for writing verbs; returns once the commit is durable and the after-commit work is done.
pub async fn call(shared: Shared, target: Target, args: Args) -> Outcome {
    let _ = (shared, target, args);
    Outcome { result: Err(crate::error::no_route()), out: Outbox::default() }
}
