//! A list as a file.

use std::sync::Arc;

use serde_json::Map;

use super::csv::{self, Format, Quoting};
use crate::doctype::field::FieldType;
use crate::doctype::meta::Meta;
use crate::html;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// What an export is asked for beside the list.
pub(super) struct Options {
    title: Option<String>,
    format: Format,
    /// Names to keep.
    pub(super) selected: Option<Vec<Value>>,
}

impl Options {
    /// Takes them out of the arguments.
    pub(super) fn take(args: &mut Args) -> Result<Options> {
        let mut text = |name: &str| match args.take(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let kind = text("file_format_type").unwrap_or_else(|| "CSV".to_owned());
        if !kind.eq_ignore_ascii_case("csv") {
            return Err(invalid(format!("Lists are exported as CSV, not as {kind}")));
        }
        let title = text("title");
        let quoting = text("csv_quoting").map_or(Ok(2), |number| number.trim().parse());
        let quoting = quoting.map_err(|_| invalid("The CSV quoting is a number from 0 to 3"))?;
        let delimiter = one_char(text("csv_delimiter"), ',', "delimiter")?;
        let decimal = one_char(text("csv_decimal_sep"), '.', "decimal separator")?;
        let selected = match query::json_argument("selected_items", args.take("selected_items").as_ref())? {
            Value::Null => None,
            Value::Array(names) => Some(names),
            other => {
                return Err(invalid(format!(
                    "Selected items are a list of names, not {other}"
                )));
            }
        };
        Ok(Options {
            title,
            format: Format {
                quoting: Quoting::of(quoting)?,
                delimiter,
                decimal,
            },
            selected,
        })
    }
}

fn one_char(text: Option<String>, usual: char, what: &str) -> Result<char> {
    let Some(text) = text else { return Ok(usual) };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(only), None) if !only.is_alphanumeric() && !matches!(only, '"' | '\r' | '\n') => Ok(only),
        _ => Err(invalid(format!("The CSV {what} is one character"))),
    }
}

/// Reads the list, writes the file and keeps that it was exported.
pub(super) fn run(
    cx: &mut Cx,
    meta: &Arc<Meta>,
    mut request: ListRequest,
    options: &Options,
) -> Result<Response> {
    if request.fields.is_empty() {
        request.fields.push("name".into());
    }
    if request.group_by.is_empty() {
        request.fields.push("owner".into());
    }
    let rows = query::list_values(cx, &request)?;
    super::log_access(cx, &request, "CSV")?;
    let columns = columns(cx, meta, &request, rows.first());
    let mut out = String::new();
    let mut header = vec![Value::from("Sr")];
    header.extend(columns.iter().map(|column| Value::from(column.label.as_str())));
    csv::write(&mut out, &header, options.format);
    for (at, row) in rows.iter().enumerate() {
        let mut cells = vec![Value::from(at + 1)];
        let values = columns.iter().map(|column| cell(column, row.get(&column.key)));
        cells.extend(values);
        csv::write(&mut out, &cells, options.format);
    }
    let title = options.title.as_deref().unwrap_or(&meta.name);
    Ok(Response {
        status: 200,
        headers: vec![
            ("content-type", "application/octet-stream".to_owned()),
            ("content-disposition", disposition(title)),
        ],
        body: out.into_bytes(),
    })
}

/// One column of the file.
struct Column {
    key: String,
    label: String,
    fieldtype: Option<FieldType>,
}

/// The columns that rows have; without rows, those that were asked for.
fn columns(
    cx: &Cx,
    meta: &Arc<Meta>,
    request: &ListRequest,
    first: Option<&Map<String, Value>>,
) -> Vec<Column> {
    let mut asked: Vec<Column> = Vec::new();
    for field in &request.fields {
        for column in asked_for(cx, meta, field) {
            if !asked.iter().any(|known| known.key == column.key) {
                asked.push(column);
            }
        }
    }
    let Some(first) = first else { return asked };
    first
        .keys()
        .map(|key| {
            let known = asked.iter().position(|column| column.key == *key);
            known.map(|at| asked.swap_remove(at)).unwrap_or_else(|| Column {
                label: key.clone(),
                key: key.clone(),
                fieldtype: None,
            })
        })
        .collect()
}

fn asked_for(cx: &Cx, meta: &Arc<Meta>, field: &Value) -> Vec<Column> {
    let text = match field {
        Value::String(text) => text.as_str(),
        other => {
            let alias = other.get("as").and_then(Value::as_str).unwrap_or("");
            return vec![Column {
                key: alias.to_owned(),
                label: alias.to_owned(),
                fieldtype: None,
            }];
        }
    };
    let (expression, alias) = match text.to_ascii_lowercase().find(" as ") {
        Some(at) => (
            &text[..at],
            Some(text[at + 4..].trim().trim_matches(['`', '"', '\''])),
        ),
        None => (text, None),
    };
    let plain = expression.trim().replace('`', "");
    if plain == "*" || plain.ends_with(".*") {
        let columns = meta.columns.iter().filter(|column| column.in_document);
        return columns
            .map(|column| named(meta, meta, &column.name, None))
            .collect();
    }
    let (through, name) = plain.rsplit_once('.').unwrap_or(("", &plain));
    let own = through.is_empty() || through == meta.table;
    let other = if own {
        None
    } else {
        let linked = meta.field(through).map(|field| field.options.as_str());
        let doctype = linked.or_else(|| through.strip_prefix("tab"));
        doctype.and_then(|doctype| cx.site().meta(doctype))
    };
    vec![named(meta, other.as_ref().unwrap_or(meta), name, alias)]
}

/// A column by the label of its field; one of another DocType says so.
fn named(meta: &Meta, of: &Meta, name: &str, alias: Option<&str>) -> Column {
    let mut label = alias.unwrap_or_else(|| of.label(name)).to_owned();
    if alias.is_none() && of.name != meta.name {
        label = format!("{label} ({})", of.name);
    }
    Column {
        key: alias.unwrap_or(name).to_owned(),
        label,
        fieldtype: of.field(name).map(|field| field.fieldtype),
    }
}

/// A value as people read it: HTML as text, durations in days, hours, minutes and seconds.
fn cell(column: &Column, value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::Number(number)) if column.fieldtype == Some(FieldType::Duration) => {
            Value::from(duration(number.as_f64().unwrap_or(0.0)))
        }
        Some(Value::String(text)) => Value::from(html::text_of(text)),
        Some(value) => value.clone(),
    }
}

fn duration(seconds: f64) -> String {
    let total = seconds.max(0.0) as u64;
    let parts = [
        (total / 86_400, "d"),
        (total % 86_400 / 3_600, "h"),
        (total % 3_600 / 60, "m"),
        (total % 60, "s"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    parts.join(" ")
}

/// The header that names the file; names beyond ASCII stand in the form made for them.
fn disposition(title: &str) -> String {
    let plain: String = title
        .chars()
        .map(|c| match c {
            '"' | '\\' | '/' => '_',
            c if c.is_ascii() && !c.is_ascii_control() => c,
            _ => '_',
        })
        .collect();
    if title.is_ascii() {
        return format!("attachment; filename=\"{plain}.csv\"");
    }
    let encoded = crate::frappe::desk::search::encoded(title);
    format!("attachment; filename=\"{plain}.csv\"; filename*=UTF-8''{encoded}.csv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_spelled_out() {
        assert_eq!(duration(93_784.0), "1d 2h 3m 4s");
        assert_eq!(duration(60.0), "1m");
        assert_eq!(duration(0.0), "");
    }

    #[test]
    fn a_title_can_t_break_its_header() {
        assert_eq!(disposition("HD Team"), "attachment; filename=\"HD Team.csv\"");
        assert_eq!(
            disposition("a\"b\r\nX: y"),
            "attachment; filename=\"a_b__X: y.csv\""
        );
        assert!(disposition("Grün").ends_with("filename*=UTF-8''Gr%C3%BCn.csv"));
    }
}
