//! Calling methods of documents: by their route, and by `run_doc_method`.
//!
//! Source: spec/framework.md §1.1 and §1.2, spec/framework-api.md §7.1.

use serde_json::{Map, Value};

use crate::args::Args;
use crate::call::told_of_app;
use crate::cx::{Api, Cx};
use crate::dispatch;
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::{save, storage};
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::method::{DocMethod, Handler, Verb};
use crate::reply::Reply;
use crate::rest;

/// Arguments of any request that no document method means.
const NOT_MEANT: [&str; 3] = ["cmd", "_lang", "csrf_token"];

/// The right a call on a document's own address needs: reading for GET, writing for all else.
pub(crate) fn right_for(verb: Verb) -> Right {
    match verb {
        Verb::Get | Verb::Head | Verb::Query => Right::Read,
        _ => Right::Write,
    }
}

/// A call on a document's own address: `run_method` in v1, `.../method/<method>` in v2.
///
/// # Errors
/// 404 for a document or method there is not, 403 without the right on the document and for a method that nobody may
/// call.
pub fn on_path(cx: &mut Cx, doctype: &str, name: &str, method: &str, mut args: Args) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    let Some(mut doc) = storage::load(cx, &meta, name)? else {
        return Err(rest::missing(cx, &meta, name));
    };
    let verb = cx.request().verb;
    let found = cx
        .site()
        .dispatch
        .callable(&meta.name, method)?
        .ok_or_else(|| no_such_method(method))?;
    dispatch::admit(&found.method, cx.session(), verb, &mut args)?;
    rest::require(cx, &meta, &doc, right_for(verb))?;
    for name in NOT_MEANT {
        args.take(name);
    }
    refuse_surplus(found, &args)?;
    let reply = call(cx, &mut doc, found, args)?;
    if cx.request().api == Api::V2 {
        answer_document(cx, doc)?;
    }
    Ok(reply)
}

/// 404 for a method a document has not, always as a page.
fn no_such_method(method: &str) -> Error {
    Error::new(
        ErrorKind::PageDoesNotExistError,
        format!("Method {method} not found"),
    )
}

/// The method of a document for `run_doc_method`.
///
/// # Errors
/// 404 where there is none, 403 where nobody may call it.
pub(crate) fn method_of(cx: &Cx, doc: &Document, method: &str) -> Result<&'static DocMethod> {
    let found = cx.site().dispatch.callable(doc.doctype(), method)?;
    found.ok_or_else(|| {
        Error::bare(
            ErrorKind::DoesNotExistError,
            format!("{} has no method {method}", doc.doctype()),
        )
    })
}

/// Admits the caller and the verb, then runs the method.
///
/// # Errors
/// 403, and what the method returns.
pub(crate) fn run(cx: &mut Cx, doc: &mut Document, found: &DocMethod, mut args: Args) -> Result<Reply> {
    dispatch::admit(&found.method, cx.session(), cx.request().verb, &mut args)?;
    call(cx, doc, found, args)
}

fn call(cx: &mut Cx, doc: &mut Document, found: &DocMethod, args: Args) -> Result<Reply> {
    match found.method.handler {
        Handler::Document(handle) => handle(doc, cx, args).map_err(|error| told_of_app(&found.method, error)),
        _ => Err(Error::internal("a document method has another kind of handler")),
    }
}

/// Refuses arguments the method does not take.
///
/// # Errors
/// 417 naming the argument.
pub(crate) fn refuse_surplus(found: &DocMethod, args: &Args) -> Result<()> {
    let params = found.method.params;
    if params.iter().any(|param| param.rest) {
        return Ok(());
    }
    match args
        .iter()
        .find(|(name, _)| !params.iter().any(|param| param.name == *name))
    {
        None => Ok(()),
        Some((name, _)) => Err(Error::bare(
            ErrorKind::FrappeTypeError,
            format!("{}() got an unexpected keyword argument '{name}'", found.name()),
        )),
    }
}

/// What `args` of `run_doc_method` give each parameter: an object is the parameters by name, anything else is the first
/// one, and nothing is null.
pub(crate) fn by_parameter(found: &DocMethod, args: Value) -> Args {
    let params = found.method.params;
    let Some(first) = params.iter().find(|param| !param.rest) else {
        // A method without parameters is called without arguments, unless it takes all there are.
        return match (params.is_empty(), args) {
            (false, Value::Object(object)) => Args::from_object(object),
            _ => Args::new(),
        };
    };
    match args {
        Value::Object(object) if !params.iter().any(|param| param.name == "args") => {
            Args::from_object(object)
        }
        value => {
            let mut args = Args::new();
            args.set(first.name, value);
            args
        }
    }
}

/// A document as a client holds it: the stored one with the client's values, which must be based on its latest state;
/// or a new one. The caller has `right` on it.
///
/// # Errors
/// 403, 404; 417 where the stored document is newer.
pub(crate) fn held(cx: &mut Cx, object: &Map<String, Value>, right: Right) -> Result<Document> {
    let doctype = object
        .get("doctype")
        .and_then(Value::as_str)
        .ok_or_else(|| invalid("A document names its DocType"))?;
    let meta = permissions::meta_of(cx, doctype)?;
    let name = match object.get("name") {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ if meta.issingle => meta.name.clone(),
        _ => String::new(),
    };
    let local = name.is_empty() || object.get("__islocal").is_some_and(rest::is_on);
    if local {
        let mut doc = save::new_document(cx, &meta, object)?;
        doc.set("owner", cx.user().to_owned());
        rest::require(cx, &meta, &doc, right)?;
        return Ok(doc);
    }
    let Some(mut doc) = storage::load(cx, &meta, &name)? else {
        return Err(rest::missing(cx, &meta, &name));
    };
    rest::require(cx, &meta, &doc, right)?;
    let sent = object.get("modified").cloned().unwrap_or_default();
    save::latest(&meta, &doc, Some(&sent), "None")?;
    let kept = doc.get("name").clone();
    storage::merge(cx, &mut doc, object)?;
    doc.set("name", kept);
    Ok(doc)
}

/// Puts the document, as it is now, into the answer's `docs`: with its nulls in v2.
///
/// # Errors
/// A failure to write it as JSON.
pub(crate) fn answer_document(cx: &mut Cx, mut doc: Document) -> Result<()> {
    let meta = std::sync::Arc::clone(doc.meta());
    permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut doc);
    let shown = match cx.request().api {
        Api::V1 => serde_json::to_value(&doc)?,
        Api::V2 => serde_json::to_value(doc.as_dict())?,
    };
    cx.side("docs", Value::from(vec![shown]));
    Ok(())
}
