//! Property Setters: what a site changes of declared DocTypes and fields.

use serde_json::Value;

use super::super::document::{Document, equal};
use super::super::field::FieldType;
use super::super::meta::Meta;
use super::super::record;
use super::super::system::PROPERTY_SETTER;
use super::super::typed::doc_event;
use super::custom_field::may_become;
use super::{bring_schema, checks, current, forget_rows};
use crate::cx::Cx;
use crate::error::{Error, ErrorKind, Result, invalid};

/// Properties of fields that are decided where the field is declared.
const FIXED_OF_FIELDS: &[&str] = &[
    "fieldname",
    "is_virtual",
    "idx",
    "parent",
    "oldfieldname",
    "oldfieldtype",
];

/// Properties of DocTypes that decide how they are kept.
const FIXED_OF_DOCTYPES: &[&str] = &[
    "name",
    "module",
    "custom",
    "engine",
    "istable",
    "issingle",
    "is_tree",
    "is_virtual",
    "is_submittable",
    "migration_hash",
    "row_format",
];

/// Properties that clients set and that the records of DocTypes and fields have no column for.
const ALSO_OF_FIELDS: &[&str] = &[
    "mask",
    "in_import_template",
    "show_description_on_click",
    "show_preview_popup",
];
const ALSO_OF_DOCTYPES: &[(&str, FieldType)] = &[
    ("field_order", FieldType::LongText),
    ("link_filters", FieldType::Json),
    ("recipient_account_field", FieldType::Data),
    ("grid_page_length", FieldType::Int),
    ("rows_threshold_for_grid_search", FieldType::Int),
    ("protect_attached_files", FieldType::Check),
    ("allow_bulk_edit", FieldType::Check),
];

/// Each property of a DocType or field is set once: a row is named after what it sets, and replaces an older one.
#[doc_event(doctype = "Property Setter", on = "before_naming")]
fn name(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let place = ["field_name", "row_name"]
        .iter()
        .map(|key| doc.text(key).trim().to_owned())
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| "main".to_owned());
    let name = format!("{}-{place}-{}", doc.text("doc_type"), doc.text("property"));
    forget_rows(cx, PROPERTY_SETTER, &[("name", &name)])?;
    doc.set("name", name);
    doc.flags.keep_name = true;
    Ok(())
}

#[doc_event(doctype = "Property Setter", on = "validate")]
fn validate(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    if ["doc_type", "doctype_or_field", "property"]
        .iter()
        .any(|key| doc.text(key).is_empty())
    {
        // The check of mandatory fields names them.
        return Ok(());
    }
    if let Some(before) = &doc.before {
        for key in [
            "doctype_or_field",
            "doc_type",
            "field_name",
            "row_name",
            "property",
        ] {
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
    }
    let meta = current(cx, doc.text("doc_type"))?;
    let property = doc.text("property").to_owned();
    let value = match doc.text("doctype_or_field") {
        "DocField" => of_field(doc, cx, &meta, &property)?,
        "DocType" => of_doctype(doc, cx, &meta, &property)?,
        of => of_row(doc, cx, &meta, of, &property)?,
    };
    doc.set("value", value);
    Ok(())
}

fn of_field(doc: &Document, cx: &Cx, meta: &Meta, property: &str) -> Result<Value> {
    let name = doc.text("field_name");
    let Some(field) = meta.field(name) else {
        return Err(invalid(format!("{} has no field {name}", meta.name)));
    };
    let kind = if ALSO_OF_FIELDS.contains(&property) {
        Some(FieldType::Check)
    } else {
        declared(cx, "DocField", property)
    };
    let Some(kind) = kind.filter(|_| !FIXED_OF_FIELDS.contains(&property)) else {
        return Err(invalid(format!(
            "The property {property} of a field cannot be set"
        )));
    };
    if property == "fieldtype" {
        let new = FieldType::parse(doc.text("value"));
        if name == "naming_series" || !new.is_some_and(|new| may_become(field.fieldtype, new)) {
            return Err(invalid(format!(
                "Fieldtype cannot be changed from {} to {}",
                field.fieldtype.name(),
                doc.text("value")
            )));
        }
        return Ok(doc.get("value").clone());
    }
    let value = fitting(doc, property, kind)?;
    if matches!(property, "permlevel" | "length" | "columns")
        && value.as_str().is_some_and(|text| text.starts_with('-'))
    {
        return Err(invalid(format!("The property {property} cannot be negative")));
    }
    if property == "permlevel" && value.as_str().is_none_or(|level| level.len() != 1) {
        return Err(invalid(format!(
            "Permission Level of {} must be between 0 and 9",
            meta.label(name)
        )));
    }
    Ok(value)
}

fn of_doctype(doc: &Document, cx: &Cx, meta: &Meta, property: &str) -> Result<Value> {
    if !doc.text("field_name").is_empty() {
        return Err(invalid("A property of a DocType names no field"));
    }
    let also = ALSO_OF_DOCTYPES.iter().find(|(known, _)| *known == property);
    let kind = also
        .map(|(_, kind)| *kind)
        .or_else(|| declared(cx, "DocType", property));
    let Some(kind) = kind.filter(|_| !FIXED_OF_DOCTYPES.contains(&property)) else {
        return Err(invalid(format!(
            "The property {property} of a DocType cannot be set"
        )));
    };
    let value = fitting(doc, property, kind)?;
    let text = value.as_str().unwrap_or("");
    match property {
        "autoname" if (text == "autoincrement") != (meta.autoname == "autoincrement") => {
            Err(invalid(format!(
                "Cannot change to or from autoincrement: the names of {} are kept as they are",
                meta.name
            )))
        }
        "autoname" if text.matches('{').count() != text.matches('}').count() => Err(Error::new(
            ErrorKind::InvalidNamingSeriesError,
            format!("The naming rule {text} has an open brace"),
        )),
        "sort_order" if !matches!(text, "ASC" | "DESC") => Err(invalid("Default Sort Order is ASC or DESC")),
        "sort_field" if !text.split(',').all(|part| is_order(meta, part)) => {
            Err(invalid(format!("Sort field {text} must be a valid fieldname")))
        }
        "field_order" => {
            let is_list = serde_json::from_str::<Vec<String>>(text).is_ok();
            if is_list {
                Ok(value)
            } else {
                Err(invalid("field_order is a JSON list of fieldnames"))
            }
        }
        // Columns are checked on what the DocType becomes; these lists are left alone when they don't fit.
        "search_fields" | "title_field" => {
            let mut names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            match names.find(|name| meta.column(name).is_none()) {
                Some(_) if property == "title_field" => Err(invalid("Title field must be a valid fieldname")),
                Some(name) => Err(invalid(format!("Search field {name} is not valid"))),
                None => Ok(value),
            }
        }
        _ => Ok(value),
    }
}

/// A property of one of a DocType's links, actions or states.
fn of_row(doc: &Document, cx: &Cx, meta: &Meta, of: &str, property: &str) -> Result<Value> {
    let name = doc.text("row_name");
    if record::row_named(meta, of, name).is_none() {
        return Err(invalid(format!("{} has no {of} {name}", meta.name)));
    }
    let field = cx
        .site()
        .registered()
        .get(of)
        .and_then(|record| record.field(property))
        .filter(|field| field.fieldtype.is_column());
    let Some(field) = field else {
        return Err(invalid(format!(
            "The property {property} of a {of} cannot be set"
        )));
    };
    let value = fitting(doc, property, field.fieldtype)?;
    let text = value.as_str().unwrap_or("");
    if field.reqd && text.is_empty() {
        return Err(invalid(format!(
            "The property {property} of a {of} cannot be empty"
        )));
    }
    if field.fieldtype == FieldType::Link && !text.is_empty() && cx.site().meta(text).is_none() {
        return Err(invalid(format!("There is no DocType {text}")));
    }
    if field.fieldtype == FieldType::Select && !field.choices().any(|choice| choice == text) {
        return Err(invalid(format!("{text} is no choice of the property {property}")));
    }
    Ok(value)
}

/// Whether a text is a column, with a direction or without.
fn is_order(meta: &Meta, text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (column, direction) = (words.next(), words.next());
    column.is_some_and(|column| meta.column(column).is_some())
        && direction.is_none_or(|word| word.eq_ignore_ascii_case("asc") || word.eq_ignore_ascii_case("desc"))
        && words.next().is_none()
}

/// The type of a property, as the record of a DocType or field declares it.
fn declared(cx: &Cx, of: &str, property: &str) -> Option<FieldType> {
    let record = cx.site().registered().get(of)?;
    let field = record.field(property)?;
    field.fieldtype.is_column().then_some(field.fieldtype)
}

/// The value as text, if it is one of the property's type.
fn fitting(doc: &Document, property: &str, kind: FieldType) -> Result<Value> {
    let text = match doc.get("value") {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(on) => u8::from(*on).to_string(),
        Value::Number(number) => number.to_string(),
        Value::Array(_) | Value::Object(_) => {
            return Err(invalid(format!(
                "The value of {property} cannot be a list or object"
            )));
        }
    };
    let trimmed = text.trim();
    match kind {
        FieldType::Check => match trimmed {
            "" | "0" => Ok("0".into()),
            "1" => Ok("1".into()),
            _ => Err(invalid(format!(
                "The value of {property} is 0 or 1, not {trimmed}"
            ))),
        },
        FieldType::Int => match trimmed {
            "" => Ok("0".into()),
            _ => trimmed
                .parse::<i32>()
                .map(|number| number.to_string().into())
                .map_err(|_| {
                    invalid(format!(
                        "The value of {property} is a whole number, not {trimmed}"
                    ))
                }),
        },
        _ => Ok(text.into()),
    }
}

#[doc_event(doctype = "Property Setter", on = "on_update")]
fn apply(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    changed(doc, cx, true)
}

/// What was declared holds again.
#[doc_event(doctype = "Property Setter", on = "after_delete")]
fn deleted(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    changed(doc, cx, false)
}

fn changed(doc: &Document, cx: &mut Cx, is_there: bool) -> Result<()> {
    let doctype = doc.text("doc_type").to_owned();
    if cx.site().meta(&doctype).is_none() {
        return Ok(());
    }
    let meta = current(cx, &doctype)?;
    let field = doc.text("field_name").to_owned();
    if is_there && let Some(field) = meta.field(&field) {
        checks::field(cx, &meta, field)?;
    }
    checks::leaning(cx, &meta, &field)?;
    checks::doctype(&meta)?;
    bring_schema(
        cx,
        &meta,
        Some(&field).filter(|field| !field.is_empty()).map(String::as_str),
    )
}
