//! `frappe.website.doctype.web_form.web_form`: sending what a page of a form was filled in with.

use std::sync::Arc;

use serde_json::Map;

use super::{FIELDS, WEB_FORM, field_of};
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::meta::{Meta, is_true};
use crate::doctype::permissions::{self, Right, meta_of};
use crate::doctype::{save, storage};
use crate::prelude::*;

/// Stores what a form was filled in with, as a new document or, where the form lets people change what they sent, in
/// the document `data` names. Answers the document.
///
/// The form's own fields alone are taken, whatever roles the caller has.
///
/// # Errors
/// - 403 without a login, where the form asks for one; for another's document
/// - 404 if there is no such form, or it is not published
/// - 417 for missing or unfit values, and for files
/// - 429 after ten calls a minute from one address
#[whitelist(allow_guest)]
#[rate_limit(key = "web_form", limit = 10, seconds = 60)]
pub fn accept(
    cx: &mut Cx,
    /// Name of the form.
    web_form: String,
    /// The values by field, or their JSON text; `name` for a document that is to be changed.
    data: JsonOr<Map<String, Value>>,
) -> Result<Document> {
    let JsonOr::Json(data) = data else {
        return Err(invalid("Argument 'data' is an object of values"));
    };
    let form = storage::load(cx, &meta_of(cx, WEB_FORM)?, &web_form)?
        .filter(|form| form.is_on("published"))
        .ok_or_else(|| not_found(WEB_FORM, &web_form))?;
    let is_guest = cx.session().is_guest();
    if form.is_on("login_required") && is_guest {
        return Err(forbidden("You have to sign in to send this form."));
    }
    if form.is_on("anonymous") && !is_guest {
        return cx.as_user(Arc::new(Session::guest()), |cx| store(cx, &form, &data));
    }
    store(cx, &form, &data)
}

fn store(cx: &mut Cx, form: &Document, data: &Map<String, Value>) -> Result<Document> {
    let meta = meta_of(cx, form.text("doc_type"))?;
    let values = asked(form, &meta, data)?;
    let mut doc = match data.get("name").and_then(Value::as_str).unwrap_or("") {
        "" => save::new_document(cx, &meta, &values)?,
        name => own(cx, form, &meta, name)?,
    };
    let is_new = doc.is_new;
    doc.flags.ignore_permissions = true;
    if is_new {
        save::insert(cx, &mut doc)?;
    } else {
        storage::merge(cx, &mut doc, &values)?;
        save::save(cx, &mut doc)?;
    }
    Ok(doc)
}

/// The document to be changed: the caller's own, or one that the caller may change anyway.
fn own(cx: &mut Cx, form: &Document, meta: &Arc<Meta>, name: &str) -> Result<Document> {
    if !form.is_on("allow_edit") {
        return Err(invalid("What was sent by this form can't be changed."));
    }
    let doc = storage::load_to_change(cx, meta, name)?;
    // Guests are one user: what one of them sent is not for the next one to change.
    match doc {
        Some(doc) if !cx.session().is_guest() && doc.text("owner").eq_ignore_ascii_case(cx.user()) => Ok(doc),
        Some(doc) => permissions::require(cx, meta, &doc, Right::Write).map(|()| doc),
        None => {
            permissions::require_doctype(cx, meta, Right::Read)?;
            Err(not_found(&meta.name, name))
        }
    }
}

/// The values of the form's fields.
fn asked(form: &Document, meta: &Meta, data: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    for row in form.rows(FIELDS) {
        let Some(field) = field_of(row, meta).filter(|_| !row.is_on("read_only")) else {
            continue;
        };
        let name = &field.fieldname;
        let value = data.get(name).unwrap_or(&Value::Null);
        let is_blank = match value {
            Value::Null => true,
            Value::String(text) => text.trim().is_empty(),
            value => field.fieldtype == FieldType::Rating && !is_true(Some(value)),
        };
        if is_blank {
            if row.is_on("reqd") {
                let label = meta.label(name);
                return Err(Error::new(
                    ErrorKind::MandatoryError,
                    format!("{label} is missing"),
                ));
            }
            continue;
        }
        if matches!(field.fieldtype, FieldType::Attach | FieldType::AttachImage) {
            return Err(invalid(format!("{}: forms take no files", meta.label(name))));
        }
        let longest = row.get("max_length").as_u64().filter(|&most| most > 0);
        let length = value.as_str().map_or(0, |text| text.chars().count() as u64);
        if longest.is_some_and(|longest| length > longest) {
            return Err(invalid(format!("{} is too long", meta.label(name))));
        }
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}
