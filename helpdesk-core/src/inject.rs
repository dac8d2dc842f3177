//! What a method may take by reference: the context, its parts, and guards.

use crate::cx::{AsyncCx, Cx, Request, Shared};
use crate::db::Tx;
use crate::doctype::document::Document;
use crate::error::Result;
use crate::session::Session;
use crate::site::Site;

/// What a method may take as its only injected parameter, by `&mut`.
#[diagnostic::on_unimplemented(
    message = "`&mut {Self}` can't be taken by a whitelisted method",
    label = "not a part of the context",
    note = "take `cx: &mut Cx`; or parts of it: `&Session`, `&Request`, `&Site`, a guard, and one `&mut Tx`"
)]
pub trait FromCx {
    /// The part of `cx`.
    fn from_cx(cx: &mut Cx) -> &mut Self;
}

impl FromCx for Cx {
    fn from_cx(cx: &mut Cx) -> &mut Cx {
        cx
    }
}

impl FromCx for Tx {
    fn from_cx(cx: &mut Cx) -> &mut Tx {
        cx.db()
    }
}

/// What a method may take by `&mut` beside shared parts: the transaction.
#[diagnostic::on_unimplemented(
    message = "`&mut {Self}` can't stand beside other injected parameters",
    label = "not the transaction",
    note = "take `cx: &mut Cx` alone, or its parts: `&Session`, `&Request`, a guard, and one `&mut Tx`"
)]
pub trait FromTx {
    /// The part of `tx`.
    fn from_tx(tx: &mut Tx) -> &mut Self;
}

impl FromTx for Tx {
    fn from_tx(tx: &mut Tx) -> &mut Tx {
        tx
    }
}

/// What a method may take by `&`, and how it is found; it may refuse the call, which makes it a guard.
///
/// A guard is a parameter that can't be forgotten: with `_: &Agent` a caller who is no agent gets the guard's
/// error, before the method's body runs and after rate limits.
///
/// ```
/// use helpdesk_core::prelude::*;
///
/// /// The caller is an agent.
/// pub struct Agent;
///
/// impl FromShared for Agent {
///     fn from_shared(shared: &Shared) -> Result<&Agent> {
///         if shared.session.has_role("Agent") { Ok(&Agent) } else { Err(forbidden("Only for agents")) }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't be taken by a whitelisted method",
    label = "not a part of the context",
    note = "by reference comes what the framework gives: `&mut Cx` alone, or `&Session`, `&Request`, `&Site`, `&Shared`, guards",
    note = "a request argument is taken by value; a guard of your own implements `helpdesk_core::inject::FromShared`"
)]
pub trait FromShared {
    /// The part of `shared`.
    ///
    /// # Errors
    /// When the call is not allowed; the caller gets the error.
    fn from_shared(shared: &Shared) -> Result<&Self>;
}

impl FromShared for Shared {
    fn from_shared(shared: &Shared) -> Result<&Shared> {
        Ok(shared)
    }
}

impl FromShared for Session {
    fn from_shared(shared: &Shared) -> Result<&Session> {
        Ok(&shared.session)
    }
}

impl FromShared for Request {
    fn from_shared(shared: &Shared) -> Result<&Request> {
        Ok(&shared.request)
    }
}

impl FromShared for Site {
    fn from_shared(shared: &Shared) -> Result<&Site> {
        Ok(&shared.site)
    }
}

/// What the first parameter of a document method may be, by reference: the document.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no document",
    label = "not the document the method is called on",
    note = "take `doc: &mut Document`, or `doc: &Document`"
)]
pub trait FromDocument {
    /// The document itself.
    fn from_document(doc: &mut Document) -> &mut Self;
}

impl FromDocument for Document {
    fn from_document(doc: &mut Document) -> &mut Document {
        doc
    }
}

/// What an `async` method may take by `&`: its context, or any part of the shared half.
#[diagnostic::on_unimplemented(
    message = "`&{Self}` can't be taken by a whitelisted method",
    label = "not a part of the context",
    note = "an `async fn` takes `&AsyncCx`, or `&Session`, `&Request`, `&Site`, `&Shared`, guards",
    note = "a request argument is taken by value; a guard of your own implements `helpdesk_core::inject::FromShared`"
)]
pub trait FromAsyncCx {
    /// The part of `cx`.
    ///
    /// # Errors
    /// When the call is not allowed; the caller gets the error.
    fn from_async(cx: &AsyncCx) -> Result<&Self>;
}

impl FromAsyncCx for AsyncCx {
    fn from_async(cx: &AsyncCx) -> Result<&AsyncCx> {
        Ok(cx)
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromShared> FromAsyncCx for T {
    fn from_async(cx: &AsyncCx) -> Result<&T> {
        T::from_shared(cx.shared())
    }
}
