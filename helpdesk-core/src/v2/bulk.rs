//! Deleting and updating many documents: each in a savepoint of its own, so that one refusal leaves the others.
//!
//! More of them than the setting `bulk_operation_async_threshold` says are left to a job, whose id is the answer: 202.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::documents::{shown, updated};
use super::{decoded, wrong};
use crate::args::Args;
use crate::cx::Cx;
use crate::doctype::permissions;
use crate::doctype::save;
use crate::error::{Error, ErrorKind, Result};
use crate::jobs::{JobName, job};
use crate::reply::Reply;

/// How a bulk request went.
#[derive(Default)]
struct Report {
    done: Vec<Value>,
    failed: Vec<Value>,
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<&'a [Value]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<&'a [Value]>,
    failed: &'a [Value],
    total: usize,
    success_count: usize,
    failure_count: usize,
}

impl Report {
    fn answer(&self, deleted: bool) -> Answer<'_> {
        Answer {
            deleted: deleted.then_some(&self.done),
            updated: (!deleted).then_some(&self.done),
            failed: &self.failed,
            total: self.done.len() + self.failed.len(),
            success_count: self.done.len(),
            failure_count: self.failed.len(),
        }
    }
}

/// What an item is about, as the answer names it: the name alone where the address names the DocType.
struct Item<'a> {
    /// The DocType of the address.
    given: Option<&'a str>,
    doctype: Option<&'a str>,
    name: Option<String>,
    /// The name as it was sent.
    sent: Value,
}

impl<'a> Item<'a> {
    fn of(given: Option<&'a str>, object: Option<&'a Map<String, Value>>, sent: Value) -> Item<'a> {
        let name = match &sent {
            Value::String(name) if !name.is_empty() => Some(name.clone()),
            Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
            _ => None,
        };
        let own = object
            .and_then(|object| object.get("doctype"))
            .and_then(Value::as_str);
        Item {
            given,
            doctype: given.or(own),
            name,
            sent,
        }
    }

    fn done(&self) -> Value {
        match self.given {
            Some(_) => self.sent.clone(),
            None => json!({"doctype": self.doctype, "name": self.sent}),
        }
    }

    fn failed(&self, error: &str) -> Value {
        match self.given {
            Some(_) => json!({"name": self.sent, "error": error}),
            None => json!({"doctype": self.doctype, "name": self.sent, "error": error}),
        }
    }
}

/// Runs one item; a refusal goes into the report and the message log, a failure of ours ends the request.
fn one<T>(
    cx: &mut Cx,
    report: &mut Report,
    item: &Item<'_>,
    body: impl FnOnce(&mut Cx) -> Result<T>,
) -> Result<Option<T>> {
    match cx.savepoint(body) {
        Ok(value) => {
            report.done.push(item.done());
            Ok(Some(value))
        }
        Err(error) if is_ours(&error) => Err(error),
        Err(error) => {
            if let Some(message) = error.message() {
                cx.msgprint(message.clone());
            }
            report.failed.push(item.failed(error.text()));
            Ok(None)
        }
    }
}

fn is_ours(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ServerError | ErrorKind::QueueOverloaded | ErrorKind::InReadOnlyMode
    )
}

/// Items that a job does before it commits, so that others get at the database in between.
const AT_ONCE: usize = 20;

/// Leaves the work to a job where it is too much for a request; the answer then is the job's id.
fn left(cx: &mut Cx, job: JobName, doctype: Option<&str>, items: &[Value]) -> Result<Option<Reply>> {
    if items.len() <= cx.site().config.bulk_operation_async_threshold.of(doctype) {
        return Ok(None);
    }
    let left = cx.enqueue(job.with(json!({ "doctype": doctype, "items": items })))?;
    cx.db().out.status = Some(202);
    Ok(Some(Reply::json(&json!({ "job_id": left.id() }))?))
}

/// Keeps what a job has done so far, now and then. A request keeps all or nothing.
fn keep(cx: &mut Cx, at: usize) -> Result<()> {
    if cx.job.is_some() && (at + 1).is_multiple_of(AT_ONCE) {
        cx.checkpoint()?;
    }
    Ok(())
}

/// `bulk_delete`: `names` of one DocType, or `docs` of any.
pub(super) fn delete(cx: &mut Cx, doctype: Option<&str>, args: &Args) -> Result<Reply> {
    let items = match doctype {
        Some(_) => list("names", args)?,
        None => list("docs", args)?,
    };
    if let Some(doctype) = doctype {
        permissions::meta_of(cx, doctype)?;
    }
    if let Some(left) = left(cx, delete_documents::JOB, doctype, &items)? {
        return Ok(left);
    }
    deleted(cx, doctype, &items)
}

/// Deletes documents as the caller of `bulk_delete`; answers what that would.
///
/// # Errors
/// A failure of ours. Documents that can't be deleted are in the report.
#[job(queue = "long", attempts = 3)]
pub(crate) fn delete_documents(cx: &mut Cx, doctype: Option<String>, items: Vec<Value>) -> Result<Reply> {
    deleted(cx, doctype.as_deref(), &items)
}

fn deleted(cx: &mut Cx, doctype: Option<&str>, items: &[Value]) -> Result<Reply> {
    let mut report = Report::default();
    for (at, sent) in items.iter().enumerate() {
        keep(cx, at)?;
        let object = sent.as_object();
        if doctype.is_none() && object.is_none() {
            let item = Item::of(doctype, None, Value::Null);
            let text = "Each item must be a dictionary with 'doctype' and 'name'";
            report.failed.push(item.failed(text));
            continue;
        }
        let name = match object {
            Some(object) if doctype.is_none() => object.get("name").cloned().unwrap_or_default(),
            _ => sent.clone(),
        };
        let item = Item::of(doctype, object, name);
        let (Some(of), Some(name)) = (item.doctype, &item.name) else {
            let text = match item.doctype {
                None => "'doctype' must be a string",
                Some(_) => "'name' must be a string or integer",
            };
            report.failed.push(item.failed(text));
            continue;
        };
        one(cx, &mut report, &item, |cx| {
            let meta = permissions::meta_of(cx, of)?;
            save::delete(cx, &meta, name)
        })?;
    }
    Ok(Reply::json(&report.answer(true))?)
}

/// `bulk_update`: `docs` with a name and the values to change, and their DocType where the address has none.
pub(super) fn update(cx: &mut Cx, doctype: Option<&str>, args: &Args) -> Result<Reply> {
    let items = list("docs", args)?;
    if let Some(doctype) = doctype {
        permissions::meta_of(cx, doctype)?;
    }
    if let Some(left) = left(cx, update_documents::JOB, doctype, &items)? {
        return Ok(left);
    }
    changed(cx, doctype, &items)
}

/// Changes documents as the caller of `bulk_update`; answers what that would.
///
/// # Errors
/// A failure of ours. Documents that can't be changed are in the report.
#[job(queue = "long", attempts = 3)]
pub(crate) fn update_documents(cx: &mut Cx, doctype: Option<String>, items: Vec<Value>) -> Result<Reply> {
    changed(cx, doctype.as_deref(), &items)
}

fn changed(cx: &mut Cx, doctype: Option<&str>, items: &[Value]) -> Result<Reply> {
    let mut report = Report::default();
    let mut docs = Vec::new();
    for (at, sent) in items.iter().enumerate() {
        keep(cx, at)?;
        let object = sent.as_object();
        let name = object.and_then(|object| object.get("name")).cloned();
        let item = Item::of(doctype, object, name.unwrap_or_default());
        let (Some(object), Some(of), Some(name)) = (object, item.doctype, &item.name) else {
            let text = match doctype {
                Some(_) => "Each update must be a dictionary with 'name' and field values",
                None => "Each update must be a dictionary with 'doctype', 'name' and field values",
            };
            report.failed.push(item.failed(text));
            continue;
        };
        let mut values = object.clone();
        for ignored in ["doctype", "flags", "name", "ignore_permissions"] {
            values.shift_remove(ignored);
        }
        let changed = one(cx, &mut report, &item, |cx| {
            let doc = updated(cx, of, name, &values)?;
            shown(cx, doc)
        })?;
        docs.extend(changed);
    }
    if !docs.is_empty() {
        cx.side("docs", Value::from(docs));
    }
    Ok(Reply::json(&report.answer(false))?)
}

fn list(name: &'static str, args: &Args) -> Result<Vec<Value>> {
    match decoded(name, args) {
        Ok(Value::Array(items)) => Ok(items),
        _ if name == "names" => Err(wrong("'names' must be a list")),
        _ => Err(wrong("'docs' must be a list")),
    }
}
