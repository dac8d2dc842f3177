//! From an admitted request to its outcome: one context, one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::args::Args;
use crate::cx::{AsyncCx, Cx, Outbox, Shared};
use crate::db::pool::Finished;
use crate::error::{Error, ErrorKind, Result};
use crate::files::Served;
use crate::frappe::core::doctype::file::access;
use crate::method::{Handler, Method, Verb};
use crate::path::{BASE_APP, first_segment};
use crate::reply::Reply;
use crate::sign_in::prepared;
use crate::{dispatch, doc_methods, rest, v2};

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
    /// A method of a document: `run_method` in v1, `/document/<doctype>/<name>/method/<method>` in v2.
    Document {
        /// DocType of the document.
        doctype: String,
        /// Its name.
        name: String,
        /// The method.
        method: String,
    },
    /// What only API v2 has.
    V2(v2::Call),
    /// A private file.
    File {
        /// Its address, decoded.
        url: String,
        /// The File to judge by, if the client names one.
        fid: Option<String>,
    },
}

/// What came of a request; the server puts it into an envelope.
pub struct Outcome {
    /// The result, or why there is none.
    pub result: Result<Reply>,
    /// Messages, side keys, headers, status.
    pub out: Outbox,
}

impl Outcome {
    /// A request that was refused before it ran.
    pub fn refused(error: Error) -> Outcome {
        Outcome {
            result: Err(error),
            out: Outbox::default(),
        }
    }
}

/// Runs a request: the checks of spec/framework-quirks.md C.2 from "guest" on for methods, then the body in one
/// transaction, committed for writing verbs; returns once the commit is durable and the after-commit work is done.
pub async fn call(mut shared: Shared, target: Target, mut args: Args) -> Outcome {
    if let Some(scopes) = &shared.session.scopes
        && let Err(error) = scopes.admit(shared.request.verb, &target)
    {
        return Outcome::refused(error);
    }
    if let Err(error) = shared
        .site
        .gate
        .check(shared.site.dispatch, &shared.session, &target)
    {
        return Outcome::refused(error);
    }
    match prepared::prepare(&shared, &args).await {
        Ok(prepared) => shared.request.new_passwords = prepared,
        Err(error) => return Outcome::refused(error),
    }
    match target {
        Target::Method(method) => {
            shared.request.method = method.path;
            if let Err(error) = dispatch::admit(method, &shared.session, shared.request.verb, &mut args) {
                return Outcome::refused(error);
            }
            let mut outcome = match method.handler {
                Handler::Blocking(handle) => on_thread(shared, move |cx| handle(cx, args)).await,
                Handler::Inline(handle) if !method.limits.is_empty() && shared.site.counters().may_wait() => {
                    counted_elsewhere(shared, handle, args).await
                }
                Handler::Inline(handle) => inline(&shared, handle, args),
                Handler::Async(handle) => asynchronous(shared, handle, args).await,
                Handler::Document(_) => Outcome::refused(Error::internal(
                    "a document method was called without its document",
                )),
            };
            outcome.result = outcome.result.map_err(|error| told_of_app(method, error));
            outcome
        }
        Target::List(doctype) => on_thread(shared, move |cx| rest::list(cx, &doctype, args)).await,
        Target::Insert(doctype) => on_thread(shared, move |cx| rest::insert(cx, &doctype, args)).await,
        Target::Read(doctype, name) => {
            on_thread(shared, move |cx| rest::read(cx, &doctype, &name, &args)).await
        }
        Target::Update(doctype, name) => {
            on_thread(shared, move |cx| rest::update(cx, &doctype, &name, args)).await
        }
        Target::Delete(doctype, name) => on_thread(shared, move |cx| rest::delete(cx, &doctype, &name)).await,
        Target::Document {
            doctype,
            name,
            method,
        } => {
            if let Some(found) = shared.site.dispatch.document(&doctype, &method) {
                shared.request.method = found.method.path;
            }
            on_thread(shared, move |cx| {
                doc_methods::on_path(cx, &doctype, &name, &method, args)
            })
            .await
        }
        Target::File { url, fid } => {
            on_thread(shared, move |cx| {
                if !access::may_fetch(cx, &url, fid.as_deref())? {
                    return Err(Error::bare(ErrorKind::PermissionError, ""));
                }
                Ok(Reply::File(Served::of(cx.site(), &url, false)?))
            })
            .await
        }
        Target::V2(call) => on_thread(shared, move |cx| v2::run(cx, call, args)).await,
    }
}

/// Calls a method within the transaction of `cx`, as if the caller had called it with this verb; `None` for one that runs
/// in no transaction.
///
/// # Errors
/// What refuses the call, and what the method returns.
pub(crate) fn within(cx: &mut Cx, method: &Method, verb: Verb, mut args: Args) -> Result<Option<Reply>> {
    cx.site().gate.method(cx.session(), method)?;
    dispatch::admit(method, cx.session(), verb, &mut args)?;
    match method.handler {
        Handler::Blocking(handle) => handle(cx, args).map(Some),
        _ => Ok(None),
    }
}

/// Errors of a method's body name its app; those of reading its arguments and counting its calls come before it.
pub(crate) fn told_of_app(method: &Method, error: Error) -> Error {
    let app = first_segment(method.path);
    let is_body = !matches!(
        error.kind(),
        ErrorKind::FrappeTypeError | ErrorKind::RateLimitExceededError
    );
    if is_body && app != BASE_APP && method.path.contains('.') {
        return error.passed_through(app);
    }
    error
}

async fn on_thread(shared: Shared, body: impl FnOnce(&mut Cx) -> Result<Reply> + Send + 'static) -> Outcome {
    let done = match shared.site.pool.submit(shared.clone(), body) {
        Ok(done) => done,
        Err(error) => return Outcome::refused(error),
    };
    match done.await {
        Ok(finished) => {
            let finished = settle(&shared, finished).await;
            Outcome {
                result: finished.result,
                out: finished.out,
            }
        }
        Err(_) => Outcome::refused(Error::internal("the database thread went away")),
    }
}

/// Waits until a finished job's commit is on disk, then runs its after-commit work in order and sends its events.
pub(crate) async fn settle<T>(shared: &Shared, mut finished: Finished<T>) -> Finished<T> {
    if let Err(error) = shared.site.database().durable(finished.ticket).await {
        finished.result = Err(error);
        finished.out.roll_back();
    }
    finished.out.committed(shared);
    finished
}

fn inline(shared: &Shared, handle: fn(&Shared, Args) -> Result<Reply>, args: Args) -> Outcome {
    let result = catch_unwind(AssertUnwindSafe(|| handle(shared, args)))
        .unwrap_or_else(|_| Err(Error::internal("an inline method panicked")));
    Outcome {
        result,
        out: Outbox::default(),
    }
}

/// An inline method whose calls are counted on another machine: the reactor must not wait for that.
async fn counted_elsewhere(
    shared: Shared,
    handle: fn(&Shared, Args) -> Result<Reply>,
    args: Args,
) -> Outcome {
    tokio::task::spawn_blocking(move || inline(&shared, handle, args))
        .await
        .unwrap_or_else(|_| Outcome::refused(Error::internal("an inline method's thread went away")))
}

async fn asynchronous(
    shared: Shared,
    handle: fn(AsyncCx, Args) -> crate::method::BoxFuture<Result<Reply>>,
    args: Args,
) -> Outcome {
    // A task of its own turns a panic into an error instead of a closed connection.
    let cx = AsyncCx::new(shared);
    let own = cx.clone();
    let result = tokio::spawn(async move { handle(own, args).await })
        .await
        .unwrap_or_else(|_| Err(Error::internal("an async method panicked")));
    Outcome {
        result,
        out: cx.take_out(),
    }
}
