//! What only API v2 has: documents, DocTypes, bulk changes and the catalogue of methods.
//!
//! Source: spec/framework.md §1.2.

mod bulk;
mod discovery;
mod doctype;
mod documents;
mod parts;

use serde_json::Value;

use crate::args::Args;
use crate::cx::Cx;
use crate::doc_methods;
use crate::doctype::system;
use crate::error::{Error, ErrorKind, Result, invalid, not_found};
use crate::method::Method;
use crate::reply::Reply;
use crate::site::Site;

/// One call of API v2. All answer under `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `GET /document/<doctype>`.
    List(String),
    /// `POST /document/<doctype>`.
    Insert(String),
    /// `GET /document/<doctype>/<name>`.
    Read(String, String),
    /// `PUT` or `PATCH /document/<doctype>/<name>`.
    Update(String, String),
    /// `DELETE /document/<doctype>/<name>`; sets status 202.
    Delete(String, String),
    /// `GET /document/<doctype>/<name>/copy`.
    Copy(String, String),
    /// `POST /document/<doctype>/bulk_delete`; without a DocType `/method/bulk_delete`.
    BulkDelete(Option<String>),
    /// `POST /document/<doctype>/bulk_update`; without a DocType `/method/bulk_update`.
    BulkUpdate(Option<String>),
    /// `/method/run_doc_method`.
    RunDocMethod,
    /// `GET /doctype/<doctype>/meta`.
    Meta(String),
    /// `GET /doctype/<doctype>/count`.
    Count(String),
    /// `GET /doctype/<doctype>/search`.
    Search(String),
    /// `GET /discovery` and below.
    Discovery(Catalogue),
}

impl Call {
    /// The DocType whose documents or form it is about; `None` for those that name it in their arguments, or none.
    pub fn doctype(&self) -> Option<&str> {
        match self {
            Call::List(doctype)
            | Call::Insert(doctype)
            | Call::Read(doctype, _)
            | Call::Update(doctype, _)
            | Call::Delete(doctype, _)
            | Call::Copy(doctype, _)
            | Call::Meta(doctype)
            | Call::Count(doctype)
            | Call::Search(doctype) => Some(doctype),
            Call::BulkDelete(doctype) | Call::BulkUpdate(doctype) => doctype.as_deref(),
            Call::RunDocMethod | Call::Discovery(_) => None,
        }
    }
}

/// A part of the catalogue of methods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Catalogue {
    /// Names of all there is.
    Overview,
    /// Methods with a word of `q` in path or documentation.
    Search,
    /// All methods.
    Methods,
    /// The method of this path.
    Method(String),
    /// The methods of a DocType's documents.
    DocType(String),
    /// One of them.
    DocMethod(String, String),
}

/// Runs a call.
///
/// # Errors
/// 403, 404, 409 and 417 as the contract's tables say.
pub fn run(cx: &mut Cx, call: Call, args: Args) -> Result<Reply> {
    match call {
        Call::List(doctype) => documents::list(cx, &doctype, &args),
        Call::Insert(doctype) => documents::insert(cx, &doctype, args),
        Call::Read(doctype, name) => documents::read(cx, &doctype, &name, &args),
        Call::Update(doctype, name) => documents::update(cx, &doctype, &name, args),
        Call::Delete(doctype, name) => crate::rest::delete(cx, &doctype, &name),
        Call::Copy(doctype, name) => documents::copy(cx, &doctype, &name),
        Call::BulkDelete(doctype) => bulk::delete(cx, doctype.as_deref(), &args),
        Call::BulkUpdate(doctype) => bulk::update(cx, doctype.as_deref(), &args),
        Call::RunDocMethod => run_doc_method(cx, &args),
        Call::Meta(doctype) => doctype::meta(cx, &doctype),
        Call::Count(doctype) => doctype::count(cx, &doctype, &args),
        Call::Search(doctype) => doctype::search(cx, &doctype, &args),
        Call::Discovery(part) => discovery::answer(cx, &part, &args),
    }
}

/// Function `name` of a DocType's controller, as `/method/<doctype>/<name>` calls it.
///
/// # Errors
/// 404 for an unknown DocType, 417 where it has no such function.
pub fn function_of(site: &Site, doctype: &str, name: &str) -> Result<&'static Method> {
    let meta = site
        .meta(doctype)
        .ok_or_else(|| not_found(system::DOCTYPE, doctype))?;
    let scrubbed = |text: &str| text.replace([' ', '-'], "_").to_ascii_lowercase();
    let controller = scrubbed(&meta.name);
    let folder = format!("{}.{}.doctype.{controller}", meta.app, scrubbed(&meta.module));
    // Where a DocType is one file, its functions stand one level higher.
    let module = format!("{folder}.{controller}");
    let found = site
        .dispatch
        .get(&format!("{module}.{name}"))
        .or_else(|| site.dispatch.get(&format!("{folder}.{name}")));
    found.ok_or_else(|| {
        invalid(format!(
            "Failed to get method {module}.{name} with module '{module}' has no attribute '{name}'"
        ))
    })
}

/// A method of a document as the client holds it.
fn run_doc_method(cx: &mut Cx, args: &Args) -> Result<Reply> {
    let Some(method) = args.get("method").and_then(Value::as_str) else {
        return Err(Error::bare(
            ErrorKind::FrappeTypeError,
            "run_doc_method() missing a required argument: 'method'",
        ));
    };
    let Value::Object(document) = decoded("document", args)? else {
        return Err(wrong("'document' must be a dictionary"));
    };
    let given = match decoded("kwargs", args)? {
        Value::Object(object) => object,
        Value::Null => serde_json::Map::new(),
        _ => return Err(wrong("'kwargs' must be a dictionary")),
    };
    let right = doc_methods::right_for(cx.request().verb);
    let mut doc = doc_methods::held(cx, &document, right)?;
    let found = doc_methods::method_of(cx, &doc, method)?;
    let reply = doc_methods::run(cx, &mut doc, found, Args::from_object(given))?;
    doc_methods::answer_document(cx, doc)?;
    Ok(reply)
}

/// An argument that may be JSON or JSON text.
fn decoded(name: &str, args: &Args) -> Result<Value> {
    match args.get(name) {
        None => Ok(Value::Null),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|error| invalid(format!("Argument '{name}' is not valid JSON: {error}"))),
        Some(value) => Ok(value.clone()),
    }
}

/// 417 for an argument of the wrong form.
fn wrong(text: &'static str) -> Error {
    Error::bare(ErrorKind::FrappeValueError, text)
}
