//! Checks of a document at save, and their exact refusals.
//!
//! Source: spec/framework-data.md §5.6.

use std::sync::Arc;

use serde_json::Value;

use super::document::{Document, equal};
use super::field::{Field, FieldType};
use crate::cx::Cx;
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::message::Message;

/// Where a row stands in its parent, for messages.
struct Place<'a> {
    child: Option<(&'a str, usize)>,
}

impl Place<'_> {
    fn prefix(&self) -> String {
        match self.child {
            Some((_, row)) => format!("Row #{row}: "),
            None => String::new(),
        }
    }
}

fn each_row(doc: &Document, mut check: impl FnMut(&Document, &Place<'_>) -> Result<()>) -> Result<()> {
    check(doc, &Place { child: None })?;
    for (_, rows) in doc.tables() {
        for (i, row) in rows.iter().enumerate() {
            check(
                row,
                &Place {
                    child: Some((row.doctype(), i + 1)),
                },
            )?;
        }
    }
    Ok(())
}

/// All missing mandatory fields of a document and its rows, reported together.
///
/// # Errors
/// 417 `MandatoryError`, one message a field.
pub(super) fn mandatory(cx: &mut Cx, doc: &Document) -> Result<()> {
    if doc.flags.ignore_mandatory {
        return Ok(());
    }
    let mut missing = Vec::new();
    let mut messages = Vec::new();
    each_row(doc, |row, place| {
        let meta = row.meta();
        for field in &meta.fields {
            if !field.reqd
                || field.fieldtype == FieldType::Check
                || field.fieldtype.is_layout()
                || field.is_virtual
            {
                continue;
            }
            let label = meta.label(&field.fieldname);
            if field.fieldtype.is_table() {
                if row.rows(&field.fieldname).is_empty() {
                    missing.push(field.fieldname.clone());
                    messages.push(format!("Error: Data missing in table {label}"));
                }
            } else if is_missing(field, row.get(&field.fieldname)) {
                missing.push(field.fieldname.clone());
                messages.push(match place.child {
                    Some((child, row)) => {
                        format!("Error: <strong>{child}</strong> Row #{row}: Value missing for: {label}")
                    }
                    None => format!("Error: Value missing for {}: {label}", meta.name),
                });
            }
        }
        Ok(())
    })?;
    if missing.is_empty() {
        return Ok(());
    }
    for text in messages {
        cx.msgprint(Message::plain(text));
    }
    let text = format!("[{}, {}]: {}", doc.doctype(), doc.name_text(), missing.join(", "));
    Err(Error::bare(ErrorKind::MandatoryError, text))
}

fn is_missing(field: &Field, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => match field.fieldtype {
            FieldType::TextEditor | FieldType::HtmlEditor | FieldType::Code if text.contains('<') => {
                !text.contains("<img") && without_tags(text).trim().is_empty()
            }
            _ => text.trim().is_empty(),
        },
        _ => false,
    }
}

fn without_tags(html: &str) -> String {
    ammonia::Builder::empty()
        .clean(html)
        .to_string()
        .replace("&nbsp;", " ")
        .replace('\u{a0}', " ")
}

/// Choices, lengths, signs, forms of text; cleans what may be HTML, unless it is as stored in `before`.
///
/// # Errors
/// 417 of the class that fits.
pub(super) fn fields(doc: &mut Document, before: Option<&Document>) -> Result<()> {
    fields_of(doc, before, &Place { child: None })?;
    for (_, rows) in doc.all_rows_mut() {
        for (i, row) in rows.iter_mut().enumerate() {
            let doctype = row.doctype().to_owned();
            fields_of(
                row,
                None,
                &Place {
                    child: Some((&doctype, i + 1)),
                },
            )?;
        }
    }
    Ok(())
}

fn fields_of(doc: &mut Document, before: Option<&Document>, place: &Place<'_>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    for (index, column) in meta.columns.iter().enumerate() {
        let Some(field) = meta.field_of(column) else {
            continue;
        };
        let label = meta.label(&field.fieldname);
        if matches!(field.fieldtype, FieldType::Select) {
            select(doc, index, field, label, place)?;
        }
        if !(is_built_in(doc.at(index)) && is_built_in(doc.get("owner"))) {
            form_of_text(doc.at(index), field)?;
        }
        if field.non_negative && super::value::lenient_float(doc.at(index)) < 0.0 {
            let text = match place.child {
                Some((child, row)) => format!(
                    "<strong>{child}</strong> Row #{row}: Value cannot be negative for <strong>{label}</strong>"
                ),
                None => format!(
                    "Value cannot be negative for {}: <strong>{label}</strong>",
                    meta.name
                ),
            };
            return Err(Error::new(ErrorKind::NonNegativeError, text).title("Negative Value"));
        }
        if let (Some(longest), Value::String(text)) = (field.max_length(), doc.at(index))
            && text.chars().count() > longest
        {
            let head = match place.child {
                Some((child, row)) => format!("{child}, Row {row}"),
                None => format!("{} {}", meta.name, doc.name_text()),
            };
            let text = format!(
                "{head}: '<strong>{label}</strong>' ({text}) will get truncated, as max characters allowed is {longest}"
            );
            return Err(Error::new(ErrorKind::CharacterLengthExceededError, text).title("Value too big"));
        }
        if before.is_none_or(|before| before.at(index) != doc.at(index)) {
            sanitise(doc, index, field);
        }
    }
    let name = doc.name_text();
    if name.chars().count() > 140 {
        let text = format!(
            "{} {name}: '<strong>ID</strong>' ({name}) will get truncated, as max characters allowed is 140",
            meta.name
        );
        return Err(Error::new(ErrorKind::CharacterLengthExceededError, text).title("Value too big"));
    }
    Ok(())
}

fn select(doc: &mut Document, index: usize, field: &Field, label: &str, place: &Place<'_>) -> Result<()> {
    if field.fieldname == "naming_series" || field.options.trim().is_empty() {
        return Ok(());
    }
    let Value::String(text) = doc.at(index) else {
        return Ok(());
    };
    let text = text.trim().to_owned();
    if text.is_empty() || field.choices().any(|choice| choice == text) {
        if !text.is_empty() {
            doc.set_at(index, Value::from(text));
        }
        return Ok(());
    }
    let choices: Vec<String> = field
        .choices()
        .filter(|choice| !choice.is_empty())
        .map(|choice| format!("\"{choice}\""))
        .collect();
    let prefix = place.prefix().trim_end().to_owned();
    Err(invalid(format!(
        "{prefix} {label} cannot be \"{text}\". It should be one of {}",
        choices.join(", ")
    )))
}

/// The users every site has, whose ids are no mail addresses; their own documents may name them as such.
fn is_built_in(value: &Value) -> bool {
    matches!(value.as_str(), Some("Administrator" | "Guest"))
}

/// The form that `options` asks of a Data field.
fn form_of_text(value: &Value, field: &Field) -> Result<()> {
    let Value::String(text) = value else { return Ok(()) };
    let text = text.trim();
    if text.is_empty() || !matches!(field.fieldtype, FieldType::Data | FieldType::Phone) {
        return Ok(());
    }
    let refuse = |kind, text: String| Err(Error::new(kind, text));
    match (field.fieldtype, field.options.as_str()) {
        (_, "Email") => {
            for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                if !is_email(part) {
                    return refuse(
                        ErrorKind::InvalidEmailAddressError,
                        format!("{part} is not a valid Email Address"),
                    );
                }
            }
        }
        (FieldType::Phone, _) | (_, "Phone") if !is_phone(text) => {
            return refuse(
                ErrorKind::InvalidPhoneNumberError,
                format!("{text} is not a valid Phone Number"),
            );
        }
        (_, "URL") if !is_url(text) => return Err(invalid(format!("'{text}' is not a valid URL"))),
        (_, "Name") if text.contains(['<', '>', '"', '\\']) => {
            return refuse(ErrorKind::InvalidNameError, format!("{text} is not a valid Name"));
        }
        _ => {}
    }
    Ok(())
}

/// Whether a text is an address, bare or as `Name <address>`.
pub fn is_email(text: &str) -> bool {
    let address = match (text.rfind('<'), text.ends_with('>')) {
        (Some(open), true) => &text[open + 1..text.len() - 1],
        _ => text,
    };
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !matches!(
                c,
                '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '[' | ']' | '\\' | '@'
            )
    };
    !local.is_empty()
        && local.len() <= 64
        && local.chars().all(plain)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

fn is_phone(text: &str) -> bool {
    text.len() <= 40
        && text.bytes().any(|b| b.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || " ()+-_./*#x".contains(c))
}

fn is_url(text: &str) -> bool {
    ["http://", "https://", "ftp://", "ftps://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        && !text.contains(char::is_whitespace)
}

fn sanitise(doc: &mut Document, index: usize, field: &Field) {
    if field.ignore_xss_filter
        || matches!(
            field.fieldtype,
            FieldType::Code
                | FieldType::Attach
                | FieldType::AttachImage
                | FieldType::Barcode
                | FieldType::Password
                | FieldType::Json
        )
        || field.options == "Email"
    {
        return;
    }
    if let Value::String(text) = doc.at(index)
        && let Some(clean) = crate::html::clean_stored(text)
    {
        doc.set_at(index, Value::from(clean));
    }
}

/// Refuses a change of owner, creation and fields that are set only once.
///
/// # Errors
/// 417 `CannotChangeConstantError` naming the first.
pub(super) fn constants(doc: &Document, before: &Document) -> Result<()> {
    let meta = doc.meta();
    for column in &meta.columns {
        let constant = match meta.field_of(column) {
            Some(field) => field.set_only_once,
            None => matches!(column.name.as_str(), "owner" | "creation"),
        };
        if !constant {
            continue;
        }
        let (old, new) = (before.get(&column.name), doc.get(&column.name));
        let is_time = column.kind == crate::db::Kind::DateTime;
        let same = if is_time {
            same_time(old, new)
        } else {
            equal(old, new)
        };
        let was_set = column.field.is_none() || !before.is_empty(&column.name);
        if was_set && !same && !(is_time && new.is_null()) {
            let text = format!(
                "Value cannot be changed for <strong>{}</strong>",
                meta.label(&column.name)
            );
            return Err(Error::new(ErrorKind::CannotChangeConstantError, text));
        }
    }
    Ok(())
}

fn same_time(a: &Value, b: &Value) -> bool {
    match (
        a.as_str().and_then(super::value::parse_datetime),
        b.as_str().and_then(super::value::parse_datetime),
    ) {
        (Some(a), Some(b)) => a == b,
        _ => equal(a, b),
    }
}

/// Refuses steps between document states that don't exist (spec §5.10).
///
/// # Errors
/// 417 `DocstatusTransitionError`.
pub(super) fn docstatus(doc: &Document, before: i64) -> Result<()> {
    let now = super::value::lenient_int(doc.get("docstatus"));
    let name = |status: i64| match status {
        0 => "0 (Draft)",
        1 => "1 (Submitted)",
        _ => "2 (Cancelled)",
    };
    if now != before && (before, now) != (0, 2) && !doc.meta().is_submittable {
        let text = format!(
            "Cannot change docstatus of non submittable doctype {}",
            doc.doctype()
        );
        return Err(Error::new(ErrorKind::DocstatusTransitionError, text));
    }
    match (before, now) {
        (0, 0 | 1) | (1, 1 | 2) => Ok(()),
        (2, _) => Err(Error::bare(
            ErrorKind::ValidationError,
            "Cannot edit cancelled document",
        )),
        _ => {
            let text = format!("Cannot change docstatus from {} to {}", name(before), name(now));
            Err(Error::bare(ErrorKind::DocstatusTransitionError, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["a@b.co", "Ada <ada@acme.example>", "x.y+z@sub.example.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "", "a", "a@b", "@b.co", "a@.co", "a b@c.de", "a@b..c", "a@b.co>", "<a@b.co",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
