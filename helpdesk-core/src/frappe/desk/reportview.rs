//! `frappe.desk.reportview`: lists as list pages ask for them, their export, and deleting many documents.
//!
//! Source: spec/framework-api.md §7.2.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Map;

use crate::doctype::document::Document;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::{self, Access, Right, by_role};
use crate::doctype::save;
use crate::frappe::desk::form::load::docinfo::user_info;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::realtime::room;
use crate::reply::{Reply, Stream};
use crate::rest;

pub(crate) mod csv;
mod export;
mod outlet;
mod xlsx;

/// Documents deleted before the answer; more are left to a job (spec/framework-api.md §7.2).
const DELETED_AT_ONCE: usize = 10;
/// From so many documents on the caller's pages are told how far the deletion is (spec/framework-api.md §7.2, §10.2).
const TOLD_FROM: usize = 5;
/// Documents deleted in one request at most.
const MOST_DELETED: usize = 500;

/// A list as columns: the keys once, then one list of values a row.
#[derive(Debug, Serialize, schemars::JsonSchema)]
struct Columns {
    keys: Vec<String>,
    values: Vec<Vec<Value>>,
    /// Who owns the rows, or is assigned to them, where those columns are asked for.
    user_info: Map<String, Value>,
}

/// A list as columns, or an empty list where there is nothing.
///
/// Takes `fields`, `filters`, `or_filters`, `group_by`, `order_by`, `start`, `page_length`, `with_comment_count`.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for arguments that can't be read
#[whitelist]
pub fn get(cx: &mut Cx, doctype: String, #[arg(rest)] rest: Args) -> Result<Reply> {
    let counts_comments = rest.get("with_comment_count").is_some_and(rest::is_on);
    let request = request(cx, &doctype, rest)?;
    let mut rows = query::list_values(cx, &request)?;
    if rows.is_empty() {
        return Ok(Reply::json(&Value::Array(Vec::new()))?);
    }
    if counts_comments {
        rows.iter_mut().for_each(count_comments);
    }
    let user_info = user_info(cx, &people(&rows))?;
    let keys: Vec<String> = rows[0].keys().cloned().collect();
    let values = rows
        .into_iter()
        .map(|row| row.into_iter().map(|(_, value)| value).collect());
    let columns = Columns {
        keys,
        values: values.collect(),
        user_info,
    };
    Ok(Reply::json(&columns)?)
}

/// A list as objects. Takes the arguments of `get`.
///
/// # Errors
/// As `get`.
#[whitelist]
pub fn get_list(cx: &mut Cx, doctype: String, #[arg(rest)] rest: Args) -> Result<Reply> {
    let request = request(cx, &doctype, rest)?;
    query::list(cx, &request)
}

/// How many documents the filters let through; with `limit` counting stops there, and such an answer may be cached.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for filters that can't be read
#[whitelist]
pub fn get_count(cx: &mut Cx, doctype: String, #[arg(rest)] mut rest: Args) -> Result<i64> {
    let limit = query::page_length(rest.take("limit").as_ref(), 0)?.filter(|limit| *limit > 0);
    // Counting neither selects, sorts nor groups.
    for name in ["fields", "order_by", "group_by"] {
        rest.take(name);
    }
    let mut request = request(cx, &doctype, rest)?;
    request.length = limit;
    let count = query::count(cx, &request)?;
    if limit.is_some_and(|limit| i64::try_from(limit) == Ok(count)) {
        let cache = "private,max-age=600,stale-while-revalidate=10800".to_owned();
        cx.db().out.headers.push(("cache-control", cache));
    }
    Ok(count)
}

/// A list as a file: a serial number, the fields asked for, and who created the document. Rows are sent as they are read,
/// however many there are.
///
/// Takes the arguments of `get`, `file_format_type` (`CSV` or `Excel`), `title`, `selected_items` (names to keep), and for
/// CSV `csv_delimiter`, `csv_quoting` and `csv_decimal_sep`. Cells that a spreadsheet would run as formulas are made text.
///
/// # Errors
/// - 403 if the caller may not export the DocType
/// - 417 for another format, arguments that can't be read, more rows than a sheet of Excel has
/// - 503 while too many lists are exported
#[whitelist]
pub async fn export_query(cx: &AsyncCx, doctype: String, #[arg(rest)] rest: Args) -> Result<Stream> {
    let plan = cx
        .transaction(move |cx| {
            let mut rest = rest;
            let meta = permissions::meta_of(cx, &doctype)?;
            let access = Access::of(&meta, cx.session());
            if !access.rights.has(Right::Export) {
                return Err(by_role(cx, &meta));
            }
            let options = export::Options::take(&mut rest)?;
            if !rest.contains("page_length") && !rest.contains("limit_page_length") {
                rest.set("page_length", 0.into());
            }
            let mut request = request(cx, &doctype, rest)?;
            if let Some(names) = &options.selected {
                request.filters = json!([["name", "in", names]]);
            }
            export::plan(cx, &meta, request, options)
        })
        .await?;
    export::start(cx.shared(), plan).await
}

/// Deletes documents by name, more than ten of them in a job. Those that are gone already don't matter; those that can't be
/// deleted stay, and the messages say why: those of a job come as `msgprint` events. From five documents on `progress`
/// events tell of each.
///
/// # Errors
/// - 403 for an unknown DocType
/// - 417 for items that are no list of names, and too many of them
#[whitelist(methods = [POST, DELETE])]
pub fn delete_items(
    cx: &mut Cx,
    /// Names of documents, or their JSON text.
    items: Value,
    doctype: String,
) -> Result<()> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let Value::Array(items) = query::json_argument("items", Some(&items))? else {
        return Err(invalid("Items are a list of names"));
    };
    if items.len() > MOST_DELETED {
        return Err(invalid(format!(
            "At most {MOST_DELETED} documents are deleted at once"
        )));
    }
    let names: Vec<String> = items
        .iter()
        .filter_map(|name| match name {
            Value::String(name) => Some(name.clone()),
            Value::Number(name) => Some(name.to_string()),
            _ => None,
        })
        .collect();
    if names.len() > DELETED_AT_ONCE {
        cx.enqueue(delete_many::JOB.with(json!({ "doctype": meta.name, "names": names })))?;
        return Ok(());
    }
    delete_in_rounds(cx, &meta, names)
}

/// Deletes documents as the caller of `delete_items`, each with a commit of its own.
///
/// # Errors
/// A failure of ours. Documents that can't be deleted stay.
#[job(queue = "long", attempts = 3)]
pub(crate) fn delete_many(cx: &mut Cx, doctype: String, names: Vec<String>) -> Result<()> {
    let meta = permissions::meta_of(cx, &doctype)?;
    delete_in_rounds(cx, &meta, names)
}

fn delete_in_rounds(cx: &mut Cx, meta: &Arc<Meta>, mut left: Vec<String>) -> Result<()> {
    let total = left.len();
    let mut done = 0;
    // What links to another of the items goes first in one round, the other in the next.
    loop {
        let mut refused = Vec::new();
        for name in &left {
            if total >= TOLD_FROM && done < total {
                done += 1;
                tell_progress(cx, meta, name, done, total);
            }
            // A refusal may put messages into the log; those of a round that is repeated are dropped.
            let logged = cx.db().out.messages.len();
            let result = cx.savepoint(|cx| save::delete(cx, meta, name));
            match result {
                Ok(()) if cx.job.is_some() => cx.checkpoint()?,
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::DoesNotExistError => {}
                Err(error) if error.kind().status() >= 500 => return Err(error),
                Err(error) => {
                    let notes = cx.db().out.messages.split_off(logged);
                    refused.push((name.clone(), error, notes));
                }
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        if refused.len() == left.len() {
            for (_, error, notes) in refused {
                cx.db().out.messages.extend(notes);
                let message = match (error.message(), error.error_message()) {
                    (Some(message), _) if !message.message.is_empty() => message.clone(),
                    (_, Some(text)) => Message::plain(text.to_owned()),
                    _ => continue,
                };
                if cx.job.is_some() {
                    // Nobody waits for its answer.
                    let room = room::user(cx.user());
                    cx.publish_with("msgprint", &room, || json!(message));
                } else {
                    cx.msgprint(message);
                }
            }
            return Ok(());
        }
        left = refused.into_iter().map(|(name, ..)| name).collect();
    }
}

/// Tells the caller's pages that one of `total` documents is deleted now.
fn tell_progress(cx: &mut Cx, meta: &Meta, name: &str, done: usize, total: usize) {
    let room = room::user(cx.user());
    cx.publish_with("progress", &room, || {
        json!({
            "progress": [done, total],
            "title": format!("Deleting {}", meta.name),
            "description": name,
        })
    });
}

/// The list request of the arguments list pages send.
fn request(cx: &Cx, doctype: &str, mut args: Args) -> Result<ListRequest> {
    let meta = permissions::meta_of(cx, doctype)?;
    for (short, long) in [("start", "limit_start"), ("page_length", "limit_page_length")] {
        if let Some(value) = args.take(short) {
            args.add_first(long.to_owned(), value);
        }
    }
    // Whether rows are objects is each method's own matter.
    args.take("as_dict");
    let mut request = rest::list_request(&meta.name, &args, false)?;
    if request.order_by.is_empty() && request.group_by.is_empty() {
        request.order_by = "KEEP_DEFAULT_ORDERING".into();
    }
    Ok(request)
}

/// Puts the number of a row's comments beside it.
fn count_comments(row: &mut Map<String, Value>) {
    let Some(comments) = row.get("_comments") else {
        return;
    };
    let count = comments
        .as_str()
        .and_then(|text| serde_json::from_str::<Vec<Value>>(text).ok())
        .map_or(0, |comments| comments.len());
    row.insert("_comment_count".into(), count.into());
}

/// Users that rows name as owners or assignees.
fn people(rows: &[Map<String, Value>]) -> BTreeSet<String> {
    let mut people = BTreeSet::new();
    for row in rows {
        if let Some(owner) = row.get("owner").and_then(Value::as_str) {
            people.insert(owner.to_owned());
        }
        let assigned = row.get("_assign").and_then(Value::as_str);
        let assigned = assigned.and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        people.extend(assigned.unwrap_or_default());
    }
    people
}

/// Keeps that a list was exported, and how.
fn log_access(cx: &mut Cx, request: &ListRequest, file_type: &str) -> Result<()> {
    let meta = permissions::meta_of(cx, "Access Log")?;
    let mut log = Document::new(meta);
    log.set("export_from", request.doctype.clone());
    log.set("user", cx.user().to_owned());
    log.set("file_type", file_type.to_owned());
    log.set("method", cx.request().verb.name());
    log.set("timestamp", crate::clock::stored(cx.now()));
    log.set("filters", request.filters.to_string());
    log.set("columns", Value::from(request.fields.clone()).to_string());
    log.flags.ignore_permissions = true;
    log.flags.ignore_links = true;
    save::insert(cx, &mut log)?;
    cx.db().out.commit = true;
    Ok(())
}
