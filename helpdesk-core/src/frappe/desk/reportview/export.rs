//! A list as a file, which is sent while its rows are read.

use std::io::{self, Seek as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Map;
use tokio::sync::oneshot;

use super::csv::{self, Format, Quoting};
use super::outlet::{self, Outlet};
use super::xlsx;
use crate::doctype::field::FieldType;
use crate::doctype::meta::Meta;
use crate::files::content::incoming;
use crate::html;
use crate::prelude::*;
use crate::query::prepared::Prepared;
use crate::query::{self, ListRequest};
use crate::reply::Stream;

/// What kind of file is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileType {
    Csv,
    Excel,
}

impl FileType {
    fn of(text: &str) -> Result<FileType> {
        match text.to_ascii_lowercase().as_str() {
            "csv" => Ok(FileType::Csv),
            "excel" | "xlsx" => Ok(FileType::Excel),
            _ => Err(invalid(format!(
                "Lists are exported as CSV or Excel, not as {text}"
            ))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            FileType::Csv => "CSV",
            FileType::Excel => "Excel",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            FileType::Csv => "csv",
            FileType::Excel => "xlsx",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            // Recorded.
            FileType::Csv => "application/octet-stream",
            FileType::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What an export is asked for beside the list.
#[derive(Debug)]
pub(super) struct Options {
    title: Option<String>,
    format: Format,
    file_type: FileType,
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
        let file_type = FileType::of(&kind)?;
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
            file_type,
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

/// An export that the caller may have, ready to be written.
#[derive(Debug)]
pub(super) struct Plan {
    rows: Prepared,
    columns: Vec<Column>,
    format: Format,
    file_type: FileType,
    title: String,
}

/// Checks what is asked for and keeps that it was exported.
pub(super) fn plan(
    cx: &mut Cx,
    meta: &Arc<Meta>,
    mut request: ListRequest,
    options: Options,
) -> Result<Plan> {
    if request.fields.is_empty() {
        request.fields.push("name".into());
    }
    if request.group_by.is_empty() {
        request.fields.push("owner".into());
    }
    super::log_access(cx, &request, options.file_type.name())?;
    let known = request.fields.clone();
    let rows = query::prepared::prepare(cx, request)?;
    let columns = columns(cx, meta, &known, rows.keys());
    Ok(Plan {
        rows,
        columns,
        format: options.format,
        file_type: options.file_type,
        title: options.title.unwrap_or_else(|| meta.name.clone()),
    })
}

/// Begins to write an export; the answer goes out as rows are read. What fails before there is anything to send is an
/// error as any other.
pub(super) async fn start(shared: &Shared, plan: Plan) -> Result<Stream> {
    let headers = vec![
        ("content-type", plan.file_type.content_type().to_owned()),
        (
            "content-disposition",
            disposition(&plan.title, plan.file_type.extension()),
        ),
    ];
    let (mut outlet, mut body) = Outlet::new();
    let (begun, first) = oneshot::channel();
    let own = shared.clone();
    shared.site.exports.spawn(move || {
        let mut begun = Some(begun);
        // A panic is told like an error; otherwise its reader would take a part for the whole.
        let written = catch_unwind(AssertUnwindSafe(|| write(&own, plan, &mut outlet)))
            .unwrap_or_else(|_| Err(Error::internal("an export panicked")));
        if let Err(error) = written {
            tracing::warn!(%error, cause = ?error.cause(), "an export was not finished");
            outlet.fail(io::Error::other("the export was not finished"));
            if let Some(begun) = begun.take() {
                let _ = begun.send(error);
            }
        }
    })?;
    // Most exports fail before their first piece, if they do.
    match body.recv().await {
        Some(Ok(first)) => Ok(Stream {
            headers,
            first,
            rest: body,
        }),
        Some(Err(_)) => Err(first
            .await
            .unwrap_or_else(|_| Error::internal("an export was not finished"))),
        None => Err(Error::internal("an export wrote nothing")),
    }
}

/// Writes the whole file, on two connections of its own.
fn write(shared: &Shared, plan: Plan, out: &mut Outlet) -> Result<()> {
    let context = || {
        let mut tx = shared.site.database().connect()?;
        tx.read_for(u32::try_from(outlet::PATIENCE.as_secs()).unwrap_or(u32::MAX))?;
        Ok::<_, Error>(Cx::new(shared.clone(), tx))
    };
    let (mut reading, mut beside) = (context()?, context()?);
    let Plan {
        rows,
        columns,
        format,
        file_type,
        ..
    } = plan;
    let mut header = vec![Value::from("Sr")];
    header.extend(columns.iter().map(|column| Value::from(column.label.as_str())));
    let mut number = 0_u64;
    let mut cells = |row: &Map<String, Value>| {
        number += 1;
        let values = columns.iter().map(|column| cell(column, row.get(&column.key)));
        std::iter::once(Value::from(number))
            .chain(values)
            .collect::<Vec<_>>()
    };
    match file_type {
        FileType::Csv => {
            let mut line = String::new();
            csv::write(&mut line, &header, format);
            rows.each(&mut reading, &mut beside, &mut |row| {
                csv::write(&mut line, &cells(&row), format);
                out.write_all(line.as_bytes())?;
                line.clear();
                Ok(())
            })?;
            // Without rows the header is still to go.
            out.write_all(line.as_bytes())?;
        }
        FileType::Excel => {
            let folder = incoming(&shared.site.folder)?;
            let mut rows = Some(rows);
            let mut file = xlsx::write(&folder, &header, &mut |put| {
                let rows = rows.take().ok_or_else(|| Error::internal("rows are read once"))?;
                rows.each(&mut reading, &mut beside, &mut |row| put(&cells(&row)))
            })?;
            file.rewind()?;
            io::copy(&mut file, out)?;
        }
    }
    Ok(out.flush()?)
}

/// One column of the file.
#[derive(Debug)]
struct Column {
    key: String,
    label: String,
    fieldtype: Option<FieldType>,
}

/// The columns of the rows, by what was asked for.
fn columns(cx: &Cx, meta: &Arc<Meta>, fields: &[Value], keys: Vec<String>) -> Vec<Column> {
    let mut asked: Vec<Column> = fields
        .iter()
        .flat_map(|field| asked_for(cx, meta, field))
        .collect();
    keys.into_iter()
        .map(|key| {
            let known = asked.iter().position(|column| column.key == key);
            known.map(|at| asked.swap_remove(at)).unwrap_or_else(|| Column {
                label: key.clone(),
                key,
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

/// A value as people read it: rich text without its markup, durations in days, hours, minutes and seconds. All other
/// texts stay as they are.
fn cell(column: &Column, value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Null,
        Some(Value::Number(number)) if column.fieldtype == Some(FieldType::Duration) => {
            Value::from(duration(number.as_f64().unwrap_or(0.0)))
        }
        Some(Value::String(text)) if column.fieldtype.is_some_and(is_rich) => {
            Value::from(html::text_of(text))
        }
        Some(value) => value.clone(),
    }
}

fn is_rich(fieldtype: FieldType) -> bool {
    matches!(
        fieldtype,
        FieldType::TextEditor | FieldType::HtmlEditor | FieldType::MarkdownEditor
    )
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
fn disposition(title: &str, extension: &str) -> String {
    let plain: String = title
        .chars()
        .map(|c| match c {
            '"' | '\\' | '/' => '_',
            c if c.is_ascii() && !c.is_ascii_control() => c,
            _ => '_',
        })
        .collect();
    if title.is_ascii() {
        return format!("attachment; filename=\"{plain}.{extension}\"");
    }
    let encoded = crate::frappe::desk::search::encoded(title);
    format!("attachment; filename=\"{plain}.{extension}\"; filename*=UTF-8''{encoded}.{extension}")
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
        assert_eq!(
            disposition("HD Team", "csv"),
            "attachment; filename=\"HD Team.csv\""
        );
        assert_eq!(
            disposition("a\"b\r\nX: y", "csv"),
            "attachment; filename=\"a_b__X: y.csv\""
        );
        assert!(disposition("Grün", "csv").ends_with("filename*=UTF-8''Gr%C3%BCn.csv"));
    }
}
