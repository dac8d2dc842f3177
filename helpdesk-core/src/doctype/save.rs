//! Inserting, saving and deleting documents, in the contract's order of steps.
//!
//! Source: spec/framework-data.md §5.5, §5.9.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::document::Document;
use super::events::{self, Event};
use super::meta::Meta;
use super::permissions::{self, Access, Right};
use super::steps::Step;
use super::{
    child, defaults, linked, links, masks, naming, passwords, seen, storage, system, traces, tree,
    user_permissions, validate, version,
};
use crate::clock::stored;
use crate::cx::Cx;
use crate::error::{Error, ErrorKind, Result, invalid, no_route, not_found};
use crate::realtime;

/// A new document of an object's values; `doctype` and side columns in it are ignored.
///
/// # Errors
/// 417 for table values that are no lists of rows.
pub fn new_document(cx: &mut Cx, meta: &Arc<Meta>, object: &Map<String, Value>) -> Result<Document> {
    let mut doc = Document::new(Arc::clone(meta));
    storage::merge(cx, &mut doc, object)?;
    // How forms send the name that somebody typed.
    if meta.autoname.eq_ignore_ascii_case("prompt")
        && let Some(Value::String(name)) = object.get("__newname")
        && !name.is_empty()
    {
        doc.set("name", name.clone());
    }
    Ok(doc)
}

/// Inserts a new document.
///
/// # Errors
/// 403, 409 and 417 as the contract's checks say.
pub fn insert(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if meta.issingle && doc.get("name").is_null() {
        doc.set("name", meta.name.clone());
    }
    let confined = user_permissions::of_caller(cx)?;
    defaults::fill(doc, cx, confined.as_deref());
    for (_, rows) in doc.all_rows_mut() {
        for row in rows {
            defaults::fill(row, cx, confined.as_deref());
        }
    }
    stamp_new(cx, doc);
    if !doc.flags.ignore_permissions {
        create_permission(cx, &meta, doc)?;
    }
    let step = Step::of(doc, 0)?;
    if !doc.flags.ignore_permissions {
        step.permission(cx, &meta, doc)?;
    }
    // From here on rows are read that the insert depends on: writers wait for each other.
    cx.db().begin()?;
    links::check(cx, doc, None)?;
    events::run(doc, cx, Event::BeforeInsert)?;
    events::run(doc, cx, Event::BeforeNaming)?;
    naming::name_document(doc, cx)?;
    number_rows(cx, doc, None)?;
    if !doc.flags.ignore_permissions {
        reset_levels(cx, doc, None)?;
    }
    step.before(cx, doc)?;
    validate::mandatory(cx, doc)?;
    validate::fields(doc, None)?;
    prepare_types(doc);
    let secrets = passwords::take(cx, doc, None)?;
    tree::prepare(cx, doc, None)?;
    if meta.track_seen {
        doc.set("_seen", seen::by_writer(cx));
    }
    storage::insert_row(cx, doc)?;
    tree::put(cx, doc, None)?;
    storage::write_children(cx, doc, None)?;
    passwords::store(cx, secrets)?;
    doc.is_new = false;
    events::run(doc, cx, Event::AfterInsert)?;
    step.after(cx, doc)?;
    events::compute(doc);
    realtime::changed(cx, doc);
    after_change(cx, &meta);
    Ok(())
}

/// Creating asks for the role's right first, then for the apps' rules on the document as it would be.
fn create_permission(cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<()> {
    permissions::require(cx, meta, doc, Right::Create)
}

pub(super) fn stamp_new(cx: &Cx, doc: &mut Document) {
    let now = stored(cx.now());
    let user = cx.user().to_owned();
    let set = |doc: &mut Document| {
        doc.set("creation", now.clone());
        doc.set("modified", now.clone());
        doc.set("owner", user.clone());
        doc.set("modified_by", user.clone());
        if doc.get("docstatus").is_null() {
            doc.set("docstatus", 0);
        }
        if doc.get("idx").is_null() {
            doc.set("idx", 0);
        }
    };
    set(doc);
    for (_, rows) in doc.all_rows_mut() {
        rows.iter_mut().for_each(set);
    }
}

/// Names and places of child rows; the parent's times and status. Stored rows keep their owner.
fn number_rows(cx: &mut Cx, doc: &mut Document, old: Option<&Document>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    let (creation, modified, by) = (
        doc.get("creation").clone(),
        doc.get("modified").clone(),
        doc.get("modified_by").clone(),
    );
    let user = cx.user().to_owned();
    let parent = doc.name_text();
    let docstatus = match doc.get("docstatus") {
        Value::Null => Value::from(0),
        docstatus => docstatus.clone(),
    };
    for (field_index, rows) in doc.all_rows_mut() {
        let field = &meta.fields[field_index];
        for (i, row) in rows.iter_mut().enumerate() {
            row.set("idx", i + 1);
            row.set("parent", parent.clone());
            row.set("parenttype", meta.name.clone());
            row.set("parentfield", field.fieldname.clone());
            row.set("creation", creation.clone());
            row.set("modified", modified.clone());
            row.set("modified_by", by.clone());
            row.set("docstatus", docstatus.clone());
            let stored = old.filter(|_| !row.is_new).and_then(|old| {
                let mut rows = old.rows(&field.fieldname).iter();
                rows.find(|stored| super::document::equal(stored.get("name"), row.get("name")))
            });
            if let Some(stored) = stored {
                row.set("owner", stored.get("owner").clone());
            } else {
                row.set("owner", user.clone());
                if row.get("name").is_null() {
                    let name = if row.meta().integer_names {
                        let doctype = row.doctype().to_owned();
                        Value::from(naming::next_integer(cx, &doctype)?)
                    } else {
                        Value::from(naming::hash(cx))
                    };
                    row.set("name", name);
                }
            }
        }
    }
    Ok(())
}

fn prepare_types(doc: &mut Document) {
    storage::fix_types(doc);
    for (_, rows) in doc.all_rows_mut() {
        rows.iter_mut().for_each(storage::fix_types);
    }
}

/// Fields above the caller's level go back to what is stored, or to their default (§5.4.4).
fn reset_levels(cx: &mut Cx, doc: &mut Document, before: Option<&Document>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if meta.highest_level() == 0 || cx.session().is_administrator() {
        return Ok(());
    }
    let access = Access::of(&meta, cx.session());
    let fresh = match before {
        Some(_) => None,
        None => {
            let mut fresh = Document::new(Arc::clone(&meta));
            let confined = user_permissions::of_caller(cx)?;
            defaults::fill(&mut fresh, cx, confined.as_deref());
            Some(fresh)
        }
    };
    let Some(source) = before.or(fresh.as_ref()) else {
        return Ok(());
    };
    for field in &meta.fields {
        if field.permlevel == 0 || access.writes_level(field.permlevel) {
            continue;
        }
        if field.fieldtype.is_table() {
            let rows = source.rows(&field.fieldname).to_vec();
            if let Some(table) = doc.rows_mut(&field.fieldname) {
                *table = rows;
            }
        } else if field.fieldtype.is_column() {
            let value = source.get(&field.fieldname).clone();
            doc.set(&field.fieldname, value);
        }
    }
    Ok(())
}

/// Saves a changed document that was loaded in this request; its `modified` must still be the stored one, where it
/// carries one.
///
/// # Errors
/// 403, 404 and 417 as the contract's checks say.
pub fn save(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    let name = doc.name_text();
    storage::lock(cx, &meta, &name)?;
    let before = storage::load(cx, &meta, &name)?.ok_or_else(|| not_found(&meta.name, &name))?;
    if !doc.flags.ignore_permissions {
        permissions::require(cx, &meta, &before, Right::Write)?;
    }
    let sent = doc.get("modified").clone();
    let now = stored(cx.now());
    latest(&meta, &before, sent.is_string().then_some(&sent), &now)?;
    replace(cx, doc, before, now)
}

/// Saves a document that a client sent whole (§5.5.2): what it leaves out becomes empty, tables excepted, which stay.
/// `modified`, `owner` and `creation` must be sent as they are stored. Without a name, or marked `__islocal`, it is
/// inserted.
///
/// # Errors
/// 403 before 404, judged by what was sent and by what is stored; 417 for a `modified` that is absent or not the
/// latest, and as [`save`].
pub fn save_whole(cx: &mut Cx, meta: &Arc<Meta>, values: &Map<String, Value>) -> Result<Document> {
    let mut doc = new_document(cx, meta, values)?;
    let name = if meta.issingle {
        meta.name.clone()
    } else {
        doc.name_text()
    };
    if name.is_empty() || super::meta::is_true(values.get("__islocal")) {
        insert(cx, &mut doc)?;
        return Ok(doc);
    }
    doc.is_new = false;
    storage::lock(cx, meta, &name)?;
    permissions::require(cx, meta, &doc, Right::Write)?;
    let before = storage::load(cx, meta, &name)?.ok_or_else(|| not_found(&meta.name, &name))?;
    permissions::require(cx, meta, &before, Right::Write)?;
    let now = stored(cx.now());
    latest(meta, &before, Some(doc.get("modified")), &now)?;
    if doc.get("creation").is_null() && !before.get("creation").is_null() {
        return Err(Error::new(
            ErrorKind::CannotChangeConstantError,
            format!(
                "Value cannot be changed for <strong>{}</strong>",
                meta.label("creation")
            ),
        ));
    }
    keep_unsent(&mut doc, &before, values);
    replace(cx, &mut doc, before, now)?;
    Ok(doc)
}

/// What a whole document does not say is as it was: its name's spelling, side columns, tables it leaves out, and
/// which of its rows are stored ones.
fn keep_unsent(doc: &mut Document, before: &Document, values: &Map<String, Value>) {
    let meta = Arc::clone(doc.meta());
    for (index, column) in meta.columns.iter().enumerate() {
        let kept =
            column.name == "name" || !column.in_document || column.name == "idx" && doc.at(index).is_null();
        if kept {
            doc.set_at(index, before.at(index).clone());
        }
    }
    if doc.get("docstatus").is_null() {
        doc.set("docstatus", 0);
    }
    for (field_index, rows) in doc.all_rows_mut() {
        let table = &meta.fields[field_index].fieldname;
        let stored_rows = before.rows(table);
        let Some(Value::Array(sent)) = values.get(table) else {
            *rows = stored_rows.to_vec();
            continue;
        };
        for (row, sent) in rows.iter_mut().zip(sent) {
            let name = sent.get("name").unwrap_or(&Value::Null);
            let known = stored_rows
                .iter()
                .find(|stored| super::document::equal(stored.get("name"), name) && !name.is_null());
            if let Some(known) = known {
                row.is_new = false;
                row.set("name", known.get("name").clone());
                row.set("owner", known.get("owner").clone());
            }
        }
    }
}

/// The steps of a save from the stored state on, whose `modified` the caller has compared.
fn replace(cx: &mut Cx, doc: &mut Document, before: Document, now: String) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    let name = doc.name_text();
    doc.set("modified", now);
    doc.set("modified_by", cx.user().to_owned());
    let confined = user_permissions::of_caller(cx)?;
    for (_, rows) in doc.all_rows_mut() {
        for row in rows.iter_mut().filter(|row| row.is_new) {
            defaults::fill(row, cx, confined.as_deref());
        }
    }
    let old_status = super::value::lenient_int(before.get("docstatus"));
    let step = Step::of(doc, old_status)?;
    if !doc.flags.ignore_permissions {
        step.permission(cx, &meta, &before)?;
    }
    number_rows(cx, doc, Some(&before))?;
    if !doc.flags.ignore_permissions {
        masks::restore(doc, &before, Access::of(&meta, cx.session()));
        reset_levels(cx, doc, Some(&before))?;
    }
    if step != Step::Cancel {
        links::check(cx, doc, Some(&before))?;
    }
    doc.before = Some(Box::new(before));
    step.before(cx, doc)?;
    let before = doc
        .before
        .take()
        .ok_or_else(|| Error::internal("a hook took the previous version away"))?;
    if !doc.flags.ignore_permissions {
        // What the document became must still be the caller's to write.
        permissions::require(cx, &meta, doc, Right::Write)?;
    }
    step.values(cx, doc, &before)?;
    if let Some(field) = meta.autoname.strip_prefix("field:") {
        // The field a document is named by follows the name, not the other way round.
        doc.set(field, name);
    }
    prepare_types(doc);
    let secrets = passwords::take(cx, doc, Some(&before))?;
    tree::prepare(cx, doc, Some(&before))?;
    storage::update_row(cx, doc)?;
    tree::put(cx, doc, Some(&before))?;
    storage::write_children(cx, doc, Some(&before))?;
    passwords::store(cx, secrets)?;
    doc.before = Some(before);
    step.after(cx, doc)?;
    events::compute(doc);
    seen::reset(cx, doc)?;
    realtime::changed(cx, doc);
    version::record(cx, doc)?;
    after_change(cx, &meta);
    Ok(())
}

/// The optimistic lock: `modified` as sent against as stored. Without `sent` nothing is checked; null is never the latest.
///
/// # Errors
/// 417 where the stored document is another.
pub(crate) fn latest(meta: &Meta, before: &Document, sent: Option<&Value>, now: &str) -> Result<()> {
    let Some(sent) = sent else { return Ok(()) };
    let sent = sent.as_str().unwrap_or("");
    let stored_at = before.text("modified");
    let same = sent == stored_at
        || super::value::parse_datetime(sent)
            .is_some_and(|sent| Some(sent) == super::value::parse_datetime(stored_at));
    if same || meta.issingle && stored_at.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::TimestampMismatchError,
        format!(
            "Error: {} ({}) has been modified after you have opened it ({stored_at}, {now}). Please refresh to get the latest document.",
            before.name_text(),
            meta.name
        ),
    ))
}

/// Inserts or saves: what a document needs.
///
/// # Errors
/// As [`insert`] and [`save`].
pub fn put(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    if doc.is_new {
        insert(cx, doc)
    } else {
        save(cx, doc)
    }
}

/// Merges values into a stored document and saves it (§5.5.4). `name` and `doctype` in the values are ignored.
///
/// # Errors
/// As [`save`].
pub fn update(cx: &mut Cx, meta: &Arc<Meta>, name: &str, changes: &Map<String, Value>) -> Result<Document> {
    storage::lock(cx, meta, name)?;
    let mut doc = storage::get(cx, meta, name)?;
    permissions::require(cx, meta, &doc, Right::Write)?;
    let kept = doc.get("name").clone();
    storage::merge(cx, &mut doc, changes)?;
    doc.set("name", kept);
    save(cx, &mut doc)?;
    Ok(doc)
}

/// Deletes a document.
///
/// # Errors
/// Bare 404 where there is none, 403, 417 where others link to it.
pub fn delete(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<()> {
    delete_with(cx, meta, name, false)
}

/// As [`delete`]; `force` skips permission and link checks.
///
/// # Errors
/// As [`delete`].
pub fn delete_with(cx: &mut Cx, meta: &Arc<Meta>, name: &str, force: bool) -> Result<()> {
    remove(cx, meta, name, force, true)
}

/// Deletes a document as a part of another: no permission, no link and no `on_trash` hook says otherwise.
///
/// # Errors
/// As [`delete`].
pub fn delete_part(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<()> {
    remove(cx, meta, name, true, false)
}

fn remove(cx: &mut Cx, meta: &Arc<Meta>, name: &str, force: bool, hooks: bool) -> Result<()> {
    storage::lock(cx, meta, name)?;
    if meta.issingle {
        return Err(invalid(format!(
            "{} is a single document and cannot be deleted",
            meta.name
        )));
    }
    if meta.istable {
        return child::remove(cx, meta, name);
    }
    let Some(mut doc) = storage::load(cx, meta, name)? else {
        let access = Access::of(meta, cx.session());
        if !access.somewhere(Right::Read) {
            return Err(permissions::by_role(cx, meta));
        }
        return Err(no_route());
    };
    if !force {
        permissions::require(cx, meta, &doc, Right::Delete)?;
    }
    if super::value::lenient_int(doc.get("docstatus")) == 1 {
        let text = format!(
            "{} {}: Submitted Record cannot be deleted. You must Cancel it first.",
            meta.name,
            doc.name_text()
        );
        return Err(invalid(text));
    }
    if hooks {
        events::run(&mut doc, cx, Event::OnTrash)?;
    }
    tree::check_deletion(cx, &doc)?;
    if !force {
        linked::check(cx, meta, &doc)?;
    }
    naming::revert_series(cx, &doc)?;
    keep_deleted(cx, &doc)?;
    passwords::forget(cx, &doc)?;
    storage::delete_children(cx, &doc)?;
    storage::delete_row(cx, meta, &doc.name_text())?;
    tree::removed(cx, &doc)?;
    events::run(&mut doc, cx, Event::AfterDelete)?;
    traces::remove(cx, &doc)?;
    realtime::changed(cx, &doc);
    after_change(cx, meta);
    Ok(())
}

/// Keeps the whole document as a row of Deleted Document.
fn keep_deleted(cx: &mut Cx, doc: &Document) -> Result<()> {
    let Some(meta) = cx.site().meta(system::DELETED_DOCUMENT) else {
        return Ok(());
    };
    if doc.doctype() == system::DELETED_DOCUMENT {
        return Ok(());
    }
    let mut kept = Document::new(meta);
    stamp_new(cx, &mut kept);
    kept.set("name", naming::hash(cx));
    kept.set("deleted_doctype", doc.doctype().to_owned());
    kept.set("deleted_name", doc.name_text());
    kept.set("data", serde_json::to_string(&doc.as_dict())?);
    prepare_types(&mut kept);
    storage::insert_row(cx, &kept)
}

/// Caches that a change of this DocType's rows makes stale are dropped once it is committed.
pub(super) fn after_change(cx: &mut Cx, meta: &Meta) {
    let name = meta.name.clone();
    if system::META_SOURCES.contains(&name.as_str()) {
        cx.after_commit(|shared| {
            shared.site.catch_up();
            shared.site.signal_change();
        });
    }
    if system::SESSION_SOURCES.contains(&name.as_str()) {
        cx.after_commit(|shared| {
            shared.site.sessions_changed();
            shared.site.tell_other_processes();
        });
    }
}
