//! `frappe.handler`: methods of documents by method call.
//!
//! Source: spec/framework-api.md §7.1.

pub mod upload;

use crate::doc_methods::{answer_document, by_parameter, held, method_of, refuse_surplus, run};
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::storage;
use crate::prelude::*;
use crate::reply::Reply;
use crate::rest;
use crate::sign_in;

/// Calls a method of a document: one of the database (`dt`, `dn`), or one as the client holds it (`docs`).
///
/// Reading the document is enough; methods that change something check for themselves. The document after the call
/// is in `docs`; changes of it are stored only if the method does that.
///
/// # Errors
/// - 403 if the caller may not read the document, or not call the method
/// - 404 if there is no such document or method
/// - 417 if `docs` is not based on the stored state, or `args` don't fit
#[whitelist(
    allow_guest,
    xss_safe,
    methods = [GET, POST, PUT, DELETE, PATCH],
    alias = "run_doc_method",
    alias = "runserverobj"
)]
pub fn run_doc_method(
    cx: &mut Cx,
    method: String,
    /// The whole document, an object or its JSON text.
    docs: Option<Value>,
    /// DocType of a stored document.
    dt: Option<String>,
    /// Name of a stored document; a single document needs none.
    dn: Option<StrOrInt>,
    /// Older name of `args`.
    arg: Option<Value>,
    /// Arguments by name, an object or its JSON text; anything else is the first argument.
    args: Option<Value>,
) -> Result<Reply> {
    let mut doc = match dt.filter(|dt| !dt.is_empty()) {
        Some(dt) => stored(cx, &dt, dn)?,
        None => held(cx, &document(docs)?, Right::Read)?,
    };
    let filled = |value: &Value| !value.is_null() && value.as_str() != Some("");
    let args = args.filter(filled).or(arg).map_or(Value::Null, decoded);
    let found = method_of(cx, &doc, &method)?;
    let given = by_parameter(found, args);
    refuse_surplus(found, &given)?;
    let reply = run(cx, &mut doc, found, given)?;
    answer_document(cx, doc)?;
    Ok(reply)
}

fn stored(cx: &mut Cx, doctype: &str, name: Option<StrOrInt>) -> Result<Document> {
    let meta = permissions::meta_of(cx, doctype)?;
    let name = name.map_or_else(|| meta.name.clone(), |name| name.to_string());
    let Some(doc) = storage::load(cx, &meta, &name)? else {
        return Err(rest::missing(cx, &meta, &name));
    };
    rest::require(cx, &meta, &doc, Right::Read)?;
    Ok(doc)
}

/// JSON text as what it says, other text as it is.
fn decoded(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

fn document(docs: Option<Value>) -> Result<serde_json::Map<String, Value>> {
    match docs.map_or(Value::Null, decoded) {
        Value::Object(object) => Ok(object),
        _ => Err(invalid("Name a document by `dt` and `dn`, or send one as `docs`")),
    }
}

/// Signs out: ends the browser's session and has its cookies cleared. Guests and callers with a key get the same
/// answer, and their keys go on being valid.
///
/// Source: spec/framework.md §4.3.
#[whitelist(allow_guest, methods = [POST], alias = "logout")]
pub fn logout(cx: &mut Cx) -> Result<Reply> {
    sign_in::sign_out(cx)?;
    for (key, value) in [
        ("message", "No App"),
        ("home_page", "/login"),
        ("full_name", "Guest"),
    ] {
        cx.side(key, value.into());
    }
    Ok(Reply::Empty)
}

/// Signs out as [`logout`] does and answers with a page.
#[whitelist(allow_guest, methods = [POST], alias = "web_logout")]
pub fn web_logout(cx: &mut Cx) -> Result<Response> {
    sign_in::sign_out(cx)?;
    Ok(Response {
        status: 200,
        headers: vec![("content-type", "text/html; charset=utf-8".to_owned())],
        body: b"<!doctype html>\n<html lang=\"en\">\n<title>Signed out</title>\n<p>You are signed out. \
                <a href=\"/login\">Sign in</a></p>\n</html>\n"
            .to_vec(),
    })
}
