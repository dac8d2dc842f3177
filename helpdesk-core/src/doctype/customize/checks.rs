//! What makes a field, or a DocType's own properties, impossible.
//!
//! Checked is the DocType as a change would leave it, and of it only what the change touches.

use serde_json::Value;

use super::super::field::{Field, FieldType};
use super::super::meta::{Meta, is_standard_column, is_true};
use super::super::value::scalar_of_kind;
use crate::cx::Cx;
use crate::error::{Error, ErrorKind, Result, invalid};

/// The highest field level rules can name.
const HIGHEST_LEVEL: u8 = 9;

/// The longest text of a short field.
const LONGEST: u32 = 1000;

/// Types whose values no list shows.
fn has_no_list_value(fieldtype: FieldType) -> bool {
    fieldtype.is_layout() && fieldtype != FieldType::Button || fieldtype.is_table()
}

fn is_long_text(fieldtype: FieldType) -> bool {
    matches!(
        fieldtype,
        FieldType::Text
            | FieldType::LongText
            | FieldType::SmallText
            | FieldType::Code
            | FieldType::TextEditor
            | FieldType::HtmlEditor
            | FieldType::MarkdownEditor
            | FieldType::Json
            | FieldType::Signature
            | FieldType::Geolocation
    )
}

/// A field for texts of refusals: its label and its row in the form.
struct Shown<'a> {
    meta: &'a Meta,
    label: &'a str,
    row: usize,
}

/// Checks one field of a DocType.
///
/// # Errors
/// 417 of the class that fits, naming the field.
pub(super) fn field(cx: &Cx, meta: &Meta, field: &Field) -> Result<()> {
    let shown = Shown {
        meta,
        label: meta.label(&field.fieldname),
        row: meta
            .fields
            .iter()
            .position(|known| known.fieldname == field.fieldname)
            .map_or(0, |at| at + 1),
    };
    flags(field, &shown)?;
    target(cx, field, &shown)?;
    default(field, &shown)?;
    numbers(field, &shown)?;
    fetch(cx, field, &shown)?;
    conditions(field, &shown)
}

fn flags(field: &Field, shown: &Shown<'_>) -> Result<()> {
    let Shown { meta, label, row } = shown;
    let kind = field.fieldtype;
    let fails = |kind, text: String| Err(Error::new(kind, format!("{}: {text}", meta.name)));
    let other = |key: &str| is_true(field.other.get(key));
    if field.reqd && kind.is_layout() {
        return fails(
            ErrorKind::IllegalMandatoryError,
            format!("Field {label} of type {} cannot be mandatory", kind.name()),
        );
    }
    if field.reqd && other("hidden") && field.default.is_empty() && kind != FieldType::Check {
        return fails(
            ErrorKind::HiddenAndMandatoryWithoutDefaultError,
            format!("Field {label} in row {row} cannot be hidden and mandatory without default"),
        );
    }
    let may_be_unique = matches!(
        kind,
        FieldType::Data | FieldType::Link | FieldType::ReadOnly | FieldType::Int | FieldType::LongInt
    );
    if field.unique && !may_be_unique {
        return fails(
            ErrorKind::NonUniqueError,
            format!("Fieldtype {} for {label} cannot be unique", kind.name()),
        );
    }
    if field.search_index && (is_long_text(kind) || !kind.is_column()) {
        return fails(
            ErrorKind::CannotIndexedError,
            format!("Fieldtype {} for {label} cannot be indexed", kind.name()),
        );
    }
    for (key, name) in [
        ("in_list_view", "In List View"),
        ("in_global_search", "In Global Search"),
    ] {
        if other(key) && has_no_list_value(kind) {
            return Err(invalid(format!(
                "'{name}' not allowed for type {} in row {row}",
                kind.name()
            )));
        }
    }
    if field.is_virtual {
        return Err(invalid(format!(
            "Field {label} cannot be virtual: what computes it would be Python"
        )));
    }
    Ok(())
}

/// What Link, Dynamic Link and table fields lead to.
fn target(cx: &Cx, field: &Field, shown: &Shown<'_>) -> Result<()> {
    let Shown { meta, label, row } = shown;
    let kind = field.fieldtype;
    if kind == FieldType::DynamicLink {
        let names_type = meta.field(&field.options).is_some_and(|other| {
            other.fieldtype == FieldType::Select
                || other.fieldtype == FieldType::Link && other.options == "DocType"
        });
        if !names_type {
            return Err(invalid(format!(
                "Options of Dynamic Link {label} must be another field of {}: a Link to DocType, or a Select",
                meta.name
            )));
        }
    }
    if kind != FieldType::Link && !kind.is_table() {
        return Ok(());
    }
    let options = field.options.trim();
    if options.is_empty() {
        return Err(Error::new(
            ErrorKind::DoctypeLinkError,
            format!(
                "{}: Options required for Link or Table type field {label} in row {row}",
                meta.name
            ),
        ));
    }
    let wrong = |text: String| {
        Err(Error::new(
            ErrorKind::WrongOptionsDoctypeLinkError,
            format!("{}: {text}", meta.name),
        ))
    };
    let Some(target) = cx.site().meta(options).filter(|target| target.name == options) else {
        return wrong(format!(
            "Options {options} must be a valid DocType for field {label} in row {row}"
        ));
    };
    if kind == FieldType::Link && target.istable {
        return wrong(format!("Field {label} cannot link to rows of {options}"));
    }
    if kind.is_table() {
        if !target.istable {
            return wrong(format!("Option {options} for field {label} is not a child table"));
        }
        if meta.istable {
            return wrong(format!("Field {label} cannot be a table in a child table"));
        }
        let has_link = target
            .fields
            .iter()
            .any(|inner| inner.fieldtype == FieldType::Link);
        if kind == FieldType::TableMultiSelect && !has_link {
            return wrong(format!(
                "Table MultiSelect {label} needs a Link field in {options}"
            ));
        }
    }
    Ok(())
}

fn default(field: &Field, shown: &Shown<'_>) -> Result<()> {
    let label = shown.label;
    let text = field.default.trim();
    if text.is_empty() || text.starts_with(':') || matches!(text, "__user" | "user") {
        return Ok(());
    }
    let is_now = text.eq_ignore_ascii_case("today") || text.eq_ignore_ascii_case("now");
    match field.fieldtype {
        FieldType::Check if !matches!(text, "0" | "1") => Err(invalid(format!(
            "Default for 'Check' type of field {label} must be either '0' or '1'"
        ))),
        FieldType::Select
            if !field.options.trim().is_empty() && !field.choices().any(|choice| choice == text) =>
        {
            Err(invalid(format!(
                "Default value for {label} must be in the list of options."
            )))
        }
        FieldType::Int | FieldType::LongInt if text.parse::<i64>().is_err() => Err(invalid(format!(
            "Default value for {label} must be a whole number"
        ))),
        FieldType::Float
        | FieldType::Currency
        | FieldType::Percent
        | FieldType::Duration
        | FieldType::Rating
            if !text.parse::<f64>().is_ok_and(f64::is_finite) =>
        {
            Err(invalid(format!("Default value for {label} must be a number")))
        }
        FieldType::Date | FieldType::Datetime | FieldType::Time
            if !is_now && scalar_of_kind(field.fieldtype.kind(), &Value::from(text)).is_none() =>
        {
            Err(invalid(format!(
                "Default value for {label} must be a date or time"
            )))
        }
        kind if kind.is_table() => Err(invalid(format!("Table {label} cannot have a default"))),
        _ => match field.max_length() {
            Some(longest) if text.chars().count() > longest => Err(invalid(format!(
                "Default value for {label} must not be longer than {longest} characters"
            ))),
            _ => Ok(()),
        },
    }
}

fn numbers(field: &Field, shown: &Shown<'_>) -> Result<()> {
    let label = shown.label;
    if field.permlevel > HIGHEST_LEVEL {
        return Err(invalid(format!(
            "Permission Level of {label} must be between 0 and {HIGHEST_LEVEL}"
        )));
    }
    if field.fieldtype.has_length() && field.length > LONGEST {
        return Err(invalid(format!(
            "Length of {label} should be between 1 and {LONGEST}"
        )));
    }
    let precision = match field.other.get("precision") {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let has_decimals = matches!(
        field.fieldtype,
        FieldType::Float | FieldType::Currency | FieldType::Percent
    );
    if has_decimals && !precision.is_empty() && !precision.parse::<u8>().is_ok_and(|digits| digits <= 9) {
        return Err(invalid(format!("Precision of {label} should be between 0 and 9")));
    }
    Ok(())
}

fn fetch(cx: &Cx, field: &Field, shown: &Shown<'_>) -> Result<()> {
    let Shown { meta, label, .. } = shown;
    let path = field.fetch_from.trim();
    if path.is_empty() {
        return Ok(());
    }
    let Some((link, source)) = path.split_once('.') else {
        return Err(invalid(format!(
            "Fetch From syntax for field {label} is invalid: {path} is no link_field.source_field"
        )));
    };
    let Some(link_field) = meta.field(link).filter(|link| link.fieldtype == FieldType::Link) else {
        return Err(invalid(format!(
            "Fetch From for field {label} is invalid: {} has no Link field {link}",
            meta.name
        )));
    };
    let known = cx
        .site()
        .meta(&link_field.options)
        .is_some_and(|target| target.column(source.trim()).is_some());
    if !known {
        return Err(invalid(format!(
            "Fetch From for field {label} is invalid: {} has no field {source}",
            link_field.options
        )));
    }
    Ok(())
}

/// A single `=` in a condition assigns instead of comparing.
fn conditions(field: &Field, shown: &Shown<'_>) -> Result<()> {
    for key in [
        "depends_on",
        "mandatory_depends_on",
        "read_only_depends_on",
        "collapsible_depends_on",
    ] {
        let Some(text) = field.other.get(key).and_then(Value::as_str) else {
            continue;
        };
        if text.starts_with("eval:") && assigns(text) {
            return Err(invalid(format!(
                "Invalid {key} expression set for field {}",
                shown.label
            )));
        }
    }
    Ok(())
}

fn assigns(text: &str) -> bool {
    let mut quote = None;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => {
                let before = at.checked_sub(1).and_then(|at| bytes.get(at));
                let after = bytes.get(at + 1);
                if !matches!(before, Some(b'=' | b'!' | b'<' | b'>')) && !matches!(after, Some(b'=' | b'>')) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// Checks what a DocType says about its fields by name.
///
/// # Errors
/// 417 naming what does not fit.
pub(super) fn doctype(meta: &Meta) -> Result<()> {
    let is_column = |name: &str| is_standard_column(name) || meta.column(name).is_some();
    if !meta.title_field.is_empty() && !is_column(&meta.title_field) {
        return Err(invalid("Title field must be a valid fieldname"));
    }
    for name in meta
        .search_fields
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if !is_column(name) {
            return Err(invalid(format!("Search field {name} is not valid")));
        }
    }
    for part in meta.sort_field.split(',').map(str::trim) {
        if !part.split_whitespace().next().is_some_and(is_column) {
            return Err(invalid(format!(
                "Sort field {} must be a valid fieldname",
                meta.sort_field
            )));
        }
    }
    let other = |key: &str| meta.other.get(key).and_then(Value::as_str).unwrap_or("").trim();
    match other("image_field") {
        "" => {}
        name => match meta.field(name) {
            Some(field) if field.fieldtype == FieldType::AttachImage => {}
            Some(_) => return Err(invalid("Image field must be of type Attach Image")),
            None => return Err(invalid("Image field must be a valid fieldname")),
        },
    }
    for key in [
        "sender_field",
        "subject_field",
        "timeline_field",
        "nsm_parent_field",
    ] {
        let name = other(key);
        if !name.is_empty() && meta.field(name).is_none() {
            return Err(invalid(format!("{key} must be a valid fieldname, not {name}")));
        }
    }
    if let Some(name) = meta.autoname.strip_prefix("field:")
        && meta.column(name).is_none()
    {
        return Err(invalid(format!("Invalid fieldname '{name}' in autoname")));
    }
    if meta.autoname.starts_with("naming_series:") && meta.column("naming_series").is_none() {
        return Err(invalid("Naming by series needs a field naming_series"));
    }
    Ok(())
}

/// Checks fields that lean on another one, which changed or went away: dynamic links and fetched values.
///
/// # Errors
/// 417 naming the field that can't do without.
pub(super) fn leaning(cx: &Cx, meta: &Meta, on: &str) -> Result<()> {
    for field in &meta.fields {
        let by_type = field.fieldtype == FieldType::DynamicLink && field.options == on;
        let by_value = field
            .fetch_from
            .split_once('.')
            .is_some_and(|(link, _)| link == on);
        if by_type || by_value {
            self::field(cx, meta, field)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_declared_doctypes_name_fields_of_theirs() {
        for meta in crate::doctype::registry::global().unwrap().values() {
            doctype(meta).unwrap_or_else(|error| panic!("{}: {error}", meta.name));
        }
    }

    #[test]
    fn a_single_equals_sign_outside_of_text_assigns() {
        for good in [
            "eval:doc.a == 1",
            "eval:doc.a === 'x=y'",
            "eval:doc.a != 1 && doc.b <= 2 && doc.c >= 3",
            "eval:doc.rows.some(row => row.on)",
        ] {
            assert!(!assigns(good), "{good}");
        }
        assert!(assigns("eval:doc.a = 1"));
        assert!(assigns("eval:doc.a='x'"));
    }
}
