//! Custom Fields: fields that a site adds.

use serde_json::Value;

use super::super::document::{Document, equal};
use super::super::field::{Field, FieldType};
use super::super::meta::Meta;
use super::super::schema::{self, Leftover};
use super::super::system::{CUSTOM_FIELD, PROPERTY_SETTER};
use super::super::typed::doc_event;
use super::super::value::to_scalar;
use super::{bring_schema, checks, current, forget_rows, is_stored, names};
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::error::{Error, ErrorKind, Result, forbidden, invalid};

/// Types that one field may change between: they are kept alike, and values of the one are values of the other.
const CHANGES: &[&[FieldType]] = &[
    &[FieldType::Currency, FieldType::Float, FieldType::Percent],
    &[
        FieldType::Data,
        FieldType::SmallText,
        FieldType::Text,
        FieldType::Select,
        FieldType::Autocomplete,
        FieldType::Barcode,
    ],
    &[
        FieldType::Text,
        FieldType::TextEditor,
        FieldType::Code,
        FieldType::Signature,
        FieldType::HtmlEditor,
    ],
    &[FieldType::Code, FieldType::Geolocation],
    &[FieldType::Table, FieldType::TableMultiSelect],
];

/// Whether a field of one type may become one of the other.
pub(super) fn may_become(old: FieldType, new: FieldType) -> bool {
    old == new
        || old.same_column(new)
            && CHANGES
                .iter()
                .any(|group| group.contains(&old) && group.contains(&new))
}

/// A field is named after its label; the document after the DocType and the field.
#[doc_event(doctype = "Custom Field", on = "before_naming")]
fn name(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let mut fieldname = doc.text("fieldname").trim().to_lowercase();
    if fieldname.is_empty() {
        let label = doc.text("label").trim().to_owned();
        let is_break = matches!(
            doc.text("fieldtype"),
            "Section Break" | "Column Break" | "Tab Break"
        );
        if label.is_empty() && !is_break {
            return Err(invalid("Label is mandatory"));
        }
        fieldname = if label.is_empty() {
            let kind = doc.text("fieldtype").to_owned();
            free_name(doc, cx, &names::of_label(&kind))?
        } else {
            names::of_label(&label)
        };
    }
    doc.set("name", format!("{}-{fieldname}", doc.text("dt")));
    doc.set("fieldname", fieldname);
    doc.flags.keep_name = true;
    Ok(())
}

/// Breaks have no labels; they are numbered.
fn free_name(doc: &Document, cx: &mut Cx, stem: &str) -> Result<String> {
    let dt = doc.text("dt").to_owned();
    for number in 1..=1000 {
        let name = format!("{stem}_{number}");
        if !is_stored(cx, CUSTOM_FIELD, &format!("{dt}-{name}"))? {
            return Ok(name);
        }
    }
    Err(invalid("Label is mandatory"))
}

#[doc_event(doctype = "Custom Field", on = "validate")]
fn validate(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    if doc.text("dt").is_empty() {
        // The check of mandatory fields names it.
        return Ok(());
    }
    let meta = current(cx, doc.text("dt"))?;
    let fieldname = doc.text("fieldname").to_owned();
    match doc.before.clone() {
        None => {
            names::check(&fieldname, &meta)?;
            if let Some(known) = taken(&meta, &fieldname) {
                return Err(invalid(format!(
                    "A field with the name {known} already exists in {}",
                    meta.name
                )));
            }
        }
        Some(before) => constant(doc, &before)?,
    }
    let permlevel = super::super::value::lenient_int(doc.get("permlevel"));
    if !(0..=9).contains(&permlevel) {
        return Err(invalid(format!(
            "Permission Level of {} must be between 0 and 9",
            doc.text("label")
        )));
    }
    if super::super::value::lenient_int(doc.get("length")) < 0 {
        return Err(invalid(format!(
            "Length of {} should be between 1 and 1000",
            doc.text("label")
        )));
    }
    place(doc, &meta, &fieldname)
}

/// A field or column of this name, whatever the case.
fn taken<'a>(meta: &'a Meta, fieldname: &str) -> Option<&'a str> {
    let fields = meta.fields.iter().map(|field| field.fieldname.as_str());
    let columns = meta.columns.iter().map(|column| column.name.as_str());
    fields
        .chain(columns)
        .find(|known| known.eq_ignore_ascii_case(fieldname))
}

/// Where a field is and what it is called is decided once; its type may change within limits.
fn constant(doc: &Document, before: &Document) -> Result<()> {
    for key in ["dt", "fieldname"] {
        if !equal(before.get(key), doc.get(key)) {
            return Err(Error::new(
                ErrorKind::CannotChangeConstantError,
                format!(
                    "Value cannot be changed for <strong>{}</strong>",
                    doc.meta().label(key)
                ),
            ));
        }
    }
    let (old, new) = (before.text("fieldtype"), doc.text("fieldtype"));
    // An unknown type is refused as a choice that is none.
    let fits = match (FieldType::parse(old), FieldType::parse(new)) {
        (Some(old), Some(new)) => may_become(old, new),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    Err(invalid(format!(
        "Fieldtype cannot be changed from {old} to {new}"
    )))
}

/// `insert_after` must be a field; `append` is the last one. The place in the form goes into `idx`.
fn place(doc: &mut Document, meta: &Meta, fieldname: &str) -> Result<()> {
    let after = doc.text("insert_after").trim().to_owned();
    let others = || meta.fields.iter().filter(|field| field.fieldname != fieldname);
    if after == "append" {
        let last = others().next_back().map(|field| field.fieldname.clone());
        doc.set("insert_after", last.map_or(Value::Null, Value::from));
        doc.set("idx", others().count());
        return Ok(());
    }
    if after.is_empty() {
        return Ok(());
    }
    if after == fieldname {
        return Err(invalid(format!(
            "Insert After cannot be set as {}",
            meta.label(&after)
        )));
    }
    let Some(at) = meta.fields.iter().position(|field| field.fieldname == after) else {
        return Err(invalid(format!(
            "Insert After field '{after}' mentioned in Custom Field '{}', with label '{}', does not exist",
            doc.name_text(),
            doc.text("label")
        )));
    };
    if doc.before.is_none() || doc.has_value_changed("insert_after") {
        doc.set("idx", at + 1);
    }
    doc.set("insert_after", after);
    Ok(())
}

/// The column comes, or its index changes, with the row.
#[doc_event(doctype = "Custom Field", on = "on_update")]
fn apply(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let meta = current(cx, doc.text("dt"))?;
    let fieldname = doc.text("fieldname").to_owned();
    let field = meta
        .field(&fieldname)
        .cloned()
        .ok_or_else(|| Error::internal(format!("{} has no field {fieldname} yet", meta.name)))?;
    checks::field(cx, &meta, &field)?;
    checks::leaning(cx, &meta, &fieldname)?;
    checks::doctype(&meta)?;
    let is_new = doc.before.is_none();
    let has_column = !meta.issingle && !meta.is_virtual && field.fieldtype.is_column();
    let fresh = is_new && has_column && make_room(cx, &meta, &field)?;
    bring_schema(cx, &meta, Some(&fieldname))?;
    if fresh {
        fill(cx, &meta, &field)?;
    }
    Ok(())
}

/// A column may be left of a field that was deleted: its values come back if the new field keeps values alike, and
/// nothing is lost otherwise. Returns whether there is none.
fn make_room(cx: &mut Cx, meta: &Meta, field: &Field) -> Result<bool> {
    match schema::leftover(cx.db(), meta, field)? {
        Leftover::None => Ok(true),
        Leftover::Alike if !is_time_as_text(cx, field) => Ok(false),
        Leftover::Alike | Leftover::Other => {
            if holds_values(cx, meta, field)? {
                return Err(invalid(format!(
                    "{} still has values of a deleted field {} of another type; choose another name",
                    meta.name, field.fieldname
                )));
            }
            schema::drop_indexes(cx.db(), &without(meta, &field.fieldname), &field.fieldname)?;
            schema::drop_column(cx.db(), meta, &field.fieldname)?;
            Ok(true)
        }
    }
}

/// SQLite keeps dates as text, so that a text column looks like one of dates.
fn is_time_as_text(cx: &mut Cx, field: &Field) -> bool {
    !cx.db().is_postgres() && matches!(field.fieldtype.kind(), Kind::Date | Kind::Time | Kind::DateTime)
}

fn holds_values(cx: &mut Cx, meta: &Meta, field: &Field) -> Result<bool> {
    let mut query = Query::new();
    let column = field.fieldname.clone();
    query
        .sql("SELECT count(*) FROM (SELECT 1 FROM ")
        .ident(meta.table.clone())
        .sql(" WHERE ")
        .ident(column.clone())
        .sql(" IS NOT NULL AND CAST(")
        .ident(column)
        .sql(" AS TEXT) NOT IN ('', '0', '0.0') LIMIT 1) AS held")
        .forget();
    Ok(cx.db().count(query)? > 0)
}

/// Documents that are there already get the default, where it is the same for all of them.
fn fill(cx: &mut Cx, meta: &Meta, field: &Field) -> Result<()> {
    let text = field.default.trim();
    let is_told_later = text.is_empty()
        || text.starts_with(':')
        || ["__user", "user", "today", "now"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word));
    if is_told_later || field.unique {
        return Ok(());
    }
    let value = to_scalar(field, meta.label(&field.fieldname), &Value::from(text))?;
    let mut query = Query::new();
    query
        .sql("UPDATE ")
        .ident(meta.table.clone())
        .sql(" SET ")
        .ident(field.fieldname.clone())
        .sql(" = ")
        .bind(field.fieldtype.kind(), value)
        .forget();
    cx.db().execute(query)?;
    Ok(())
}

/// What the Administrator added only the Administrator takes away.
#[doc_event(doctype = "Custom Field", on = "on_trash")]
fn trash(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    if doc.text("owner") == "Administrator"
        && !cx.session().is_administrator()
        && !doc.flags.ignore_permissions
    {
        return Err(forbidden(format!(
            "Custom Field {} is created by the Administrator and can only be deleted through the Administrator account.",
            doc.name_text()
        )));
    }
    Ok(())
}

/// The field goes with its Property Setters and indexes; its column stays, with what documents hold in it.
#[doc_event(doctype = "Custom Field", on = "after_delete")]
fn deleted(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let (dt, fieldname) = (doc.text("dt").to_owned(), doc.text("fieldname").to_owned());
    if cx.site().registered().get(&dt).is_none() {
        return Ok(());
    }
    forget_rows(
        cx,
        PROPERTY_SETTER,
        &[("doc_type", &dt), ("field_name", &fieldname)],
    )?;
    let meta = current(cx, &dt)?;
    checks::leaning(cx, &meta, &fieldname)?;
    checks::doctype(&meta)?;
    bring_schema(cx, &meta, Some(&fieldname))
}

/// A DocType as it is without one of its fields.
fn without(meta: &Meta, fieldname: &str) -> Meta {
    let mut rest = meta.clone();
    rest.fields.retain(|field| field.fieldname != fieldname);
    rest.finish();
    rest
}
