//! Masked fields: callers without the `mask` right see that there is a value, not which.
//!
//! Source: spec/framework-data.md §5.3.2.

use serde_json::Value;

use super::document::{Document, equal};
use super::field::{Field, FieldType};
use super::meta::Meta;
use super::permissions::{Access, Right};
use crate::db::Query;
use crate::site::Site;

/// What is left of a phone number: this many characters.
const PHONE_HEAD: usize = 3;

/// How a field's values are masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Phone,
    Email,
    Date,
    Time,
    Other,
}

fn form_of(field: &Field) -> Form {
    match (field.fieldtype, field.options.as_str()) {
        (FieldType::Phone, _) | (FieldType::Data, "Phone") => Form::Phone,
        (FieldType::Data, "Email") => Form::Email,
        (FieldType::Date, _) => Form::Date,
        (FieldType::Time, _) => Form::Time,
        _ => Form::Other,
    }
}

/// Whether fields of the DocType that are to be masked are masked for a caller.
pub(crate) fn apply(meta: &Meta, access: Access) -> bool {
    meta.has_masks && !access.rights.has(Right::Mask)
}

/// As [`apply`], the child rows of its documents included.
pub(crate) fn apply_within(site: &Site, meta: &Meta, access: Access) -> bool {
    !access.rights.has(Right::Mask)
        && (meta.has_masks
            || meta
                .table_fields()
                .any(|field| site.meta(&field.options).is_some_and(|child| child.has_masks)))
}

/// A value as callers without the right see it; empty ones stay.
pub(crate) fn masked(field: &Field, value: &Value) -> Value {
    if value.is_null() || value.as_str() == Some("") {
        return value.clone();
    }
    let text = value.as_str().unwrap_or("");
    Value::from(match form_of(field) {
        Form::Phone if text.chars().count() > PHONE_HEAD => {
            format!("{}XXXXXX", text.chars().take(PHONE_HEAD).collect::<String>())
        }
        Form::Phone => "XXX".to_owned(),
        Form::Email => match text.split_once('@') {
            Some((_, domain)) => format!("XXXXXX@{domain}"),
            None => "XXXXXX".to_owned(),
        },
        Form::Date => "XX-XX-XXXX".to_owned(),
        Form::Time => "XX:XX".to_owned(),
        Form::Other => "XXXXXXXX".to_owned(),
    })
}

/// [`masked`] as SQL on an expression; the result is text.
pub(crate) fn masked_sql(field: &Field, expression: Query<'static>) -> Query<'static> {
    let mut text = Query::new();
    text.sql("CAST(").append(expression).sql(" AS TEXT)");
    let mut out = Query::new();
    out.sql("CASE WHEN coalesce(")
        .append(text.clone())
        .sql(", '') = '' THEN ");
    out.append(text.clone()).sql(" ");
    match form_of(field) {
        Form::Phone => {
            out.sql("WHEN length(")
                .append(text.clone())
                .sql(") > 3 THEN substr(");
            out.append(text).sql(", 1, 3) || 'XXXXXX' ELSE 'XXX'");
        }
        Form::Email => {
            let place = |out: &mut Query<'static>| {
                out.either("instr(", "strpos(").append(text.clone());
                out.either(", '@')", " COLLATE \"und-x-icu\", '@')");
            };
            out.sql("WHEN ");
            place(&mut out);
            out.sql(" > 0 THEN 'XXXXXX@' || substr(")
                .append(text.clone())
                .sql(", ");
            place(&mut out);
            out.sql(" + 1) ELSE 'XXXXXX'");
        }
        Form::Date => {
            out.sql("ELSE 'XX-XX-XXXX'");
        }
        Form::Time => {
            out.sql("ELSE 'XX:XX'");
        }
        Form::Other => {
            out.sql("ELSE 'XXXXXXXX'");
        }
    }
    out.sql(" END");
    out
}

/// Masks the values of a document and of its child rows.
pub(crate) fn mask(doc: &mut Document, access: Access) {
    if access.rights.has(Right::Mask) {
        return;
    }
    mask_row(doc);
    for (_, rows) in doc.all_rows_mut() {
        rows.iter_mut().for_each(mask_row);
    }
}

fn mask_row(doc: &mut Document) {
    let meta = doc.meta().clone();
    for field in meta.fields.iter().filter(|field| field.mask) {
        let value = masked(field, doc.get(&field.fieldname));
        doc.set(&field.fieldname, value);
    }
}

/// Values that a caller sends back as they were shown, masked, are the stored ones again.
pub(crate) fn restore(doc: &mut Document, before: &Document, access: Access) {
    if access.rights.has(Right::Mask) {
        return;
    }
    restore_row(doc, before);
    let meta = doc.meta().clone();
    for (index, rows) in doc.all_rows_mut() {
        let old = before.rows(&meta.fields[index].fieldname);
        for row in rows.iter_mut().filter(|row| !row.is_new && row.meta().has_masks) {
            if let Some(old) = old.iter().find(|old| equal(old.get("name"), row.get("name"))) {
                restore_row(row, old);
            }
        }
    }
}

fn restore_row(doc: &mut Document, before: &Document) {
    let meta = doc.meta().clone();
    for field in meta.fields.iter().filter(|field| field.mask) {
        let stored = before.get(&field.fieldname);
        if !stored.is_null() && *doc.get(&field.fieldname) == masked(field, stored) {
            doc.set(&field.fieldname, stored.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(fieldtype: FieldType, options: &str) -> Field {
        Field {
            fieldtype,
            options: options.to_owned(),
            ..Field::default()
        }
    }

    #[test]
    fn each_form_keeps_what_the_contract_lets_through() {
        let phone = field(FieldType::Data, "Phone");
        let email = field(FieldType::Data, "Email");

        assert_eq!(masked(&phone, &json!("5551234")), "555XXXXXX");
        assert_eq!(masked(&phone, &json!("112")), "XXX");
        assert_eq!(masked(&email, &json!("ada@desk.example")), "XXXXXX@desk.example");
        assert_eq!(
            masked(&field(FieldType::Date, ""), &json!("2026-01-05")),
            "XX-XX-XXXX"
        );
        assert_eq!(masked(&field(FieldType::Time, ""), &json!("07:00:00")), "XX:XX");
        assert_eq!(masked(&field(FieldType::Float, ""), &json!(12.5)), "XXXXXXXX");
        assert_eq!(masked(&phone, &json!("")), "");
        assert_eq!(masked(&phone, &Value::Null), Value::Null);
    }
}
