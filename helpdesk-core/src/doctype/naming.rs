//! Names of new documents.
//!
//! Source: spec/framework-data.md §5.7.

mod rules;

use serde_json::Value;

use super::document::Document;
use super::meta::Meta;
use super::system::SERIES_TABLE;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::error::{Error, ErrorKind, Result, invalid};

const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

/// Gives a new document its name; one that a client sent counts only where the DocType is named by prompt, or where
/// code allows it.
///
/// # Errors
/// 417 for an empty source of the name, 409 for a name that is not allowed, 417 for a malformed rule.
pub fn name_document(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let meta = doc.meta().clone();
    if doc.flags.keep_name && !doc.get("name").is_null() {
        if meta.integer_names {
            return keep_integer(doc, cx);
        }
        return check_name(doc);
    }
    let rule = meta.autoname.as_str();
    let sent = doc.name_text();
    doc.set("name", Value::Null);
    if meta.issingle {
        doc.set("name", meta.name.clone());
        return Ok(());
    }
    let name = if rule == "autoincrement" {
        let next = next_integer(cx, &meta.name)?;
        doc.set("name", Value::from(next));
        return Ok(());
    } else if rule.eq_ignore_ascii_case("uuid") {
        uuid(cx, &sent)?
    } else if let Some(name) = rules::name(doc, cx)? {
        name
    } else if rule.eq_ignore_ascii_case("prompt") {
        if sent.trim().is_empty() {
            return Err(invalid("Please set the document name"));
        }
        sent
    } else if let Some(field) = rule.strip_prefix("field:") {
        let text = match doc.get(field) {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        if text.is_empty() {
            return Err(invalid(format!("{} is required", meta.label(field))));
        }
        text
    } else if rule.starts_with("naming_series:") {
        let mut series = doc.text("naming_series").to_owned();
        if series.is_empty() {
            series = meta
                .field("naming_series")
                .and_then(|field| field.choices().find(|choice| !choice.is_empty()))
                .unwrap_or("")
                .to_owned();
        }
        if series.is_empty() {
            return Err(invalid("Naming Series mandatory"));
        }
        if !series.contains('#') {
            series.push_str(".#####");
        }
        expression(&series, doc, cx)?
    } else if let Some(format) = rule.strip_prefix("format:") {
        braced(format, doc, cx)?
    } else if rule.is_empty() || rule.eq_ignore_ascii_case("hash") || rule.eq_ignore_ascii_case("random") {
        hash(cx)
    } else if rule.contains('#') || rule.contains('.') {
        expression(rule, doc, cx)?
    } else if meta.column(rule).is_some() && !doc.is_empty(rule) {
        // Named by a field without saying so, as Role Profile is.
        doc.text(rule).to_owned()
    } else {
        hash(cx)
    };
    doc.set("name", name);
    check_name(doc)
}

/// An integer name that is given moves the numbers along, so that none is given twice.
fn keep_integer(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let text = doc.name_text();
    let number: i64 = text
        .trim()
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| invalid(format!("The name of {} is a number, not {text}", doc.doctype())))?;
    let series = format!("#{}", doc.doctype());
    at_least(cx, series, number)?;
    doc.set("name", number);
    Ok(())
}

/// A UUID of version 7, which sorts by time; one that a client sent is kept.
fn uuid(cx: &Cx, sent: &str) -> Result<String> {
    if !sent.trim().is_empty() {
        return uuid::Uuid::try_parse(sent.trim())
            .map(|uuid| uuid.to_string())
            .map_err(|_| invalid(format!("Invalid UUID: {sent}")));
    }
    // The bytes of a random UUID that hold neither its version nor its variant.
    let random = *uuid::Uuid::new_v4().as_bytes();
    let mut tail = [0; 10];
    for (to, from) in tail.iter_mut().zip(random[9..].iter().chain(&random[..6])) {
        *to = *from;
    }
    let millis = u64::try_from(cx.site().clock.timestamp().as_millisecond()).unwrap_or(0);
    let made = uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid();
    Ok(made.to_string())
}

fn check_name(doc: &mut Document) -> Result<()> {
    let meta = doc.meta().clone();
    let allowed = allowed_name(&meta, &doc.name_text())?;
    if doc.get("name").is_string() {
        doc.set("name", allowed);
    }
    Ok(())
}

/// A name without the blanks around it, if documents of a DocType may have it.
///
/// # Errors
/// 417 for an empty one, 409 for one that is not allowed.
pub fn allowed_name(meta: &Meta, name: &str) -> Result<String> {
    let stripped = name.trim();
    let refuse = |text: String| Err(Error::new(ErrorKind::NameError, text));
    if stripped.is_empty() {
        return Err(invalid(format!("No Name Specified for {}", meta.name)));
    }
    if stripped.starts_with(&format!("New {}", meta.name)) {
        return refuse(
            "There were some errors setting the name, please contact the administrator".to_owned(),
        );
    }
    if stripped.contains(['<', '>']) {
        return refuse("Name cannot contain special characters like '<', '>'".to_owned());
    }
    if stripped.eq_ignore_ascii_case(&meta.name) && !meta.issingle && meta.name != "DocType" {
        return refuse(format!("Name of {} cannot be {stripped}", meta.name));
    }
    Ok(stripped.to_owned())
}

/// Ten characters of lowercase base32hex: three of the time in tenths of seconds, seven random.
pub fn hash(cx: &Cx) -> String {
    let tenths = u64::try_from(cx.site().clock.timestamp().as_millisecond() / 100).unwrap_or(0);
    let mut name = String::with_capacity(10);
    for shift in [10, 5, 0] {
        name.push(char::from(
            ALPHABET[usize::try_from(tenths >> shift & 31).unwrap_or(0)],
        ));
    }
    let random = crate::secret::hex(7);
    for pair in random.as_bytes().chunks(2) {
        let byte = pair.iter().fold(0_usize, |sum, digit| {
            sum * 16 + usize::from(char::from(*digit).to_digit(16).unwrap_or(0) as u8)
        });
        name.push(char::from(ALPHABET[byte & 31]));
    }
    name
}

/// The next number of a counter, which is part of the transaction: a failed insert gives it back.
///
/// # Errors
/// A database failure.
pub fn next_in_series(cx: &mut Cx, prefix: &str) -> Result<i64> {
    reserve(cx, prefix, 1)
}

/// The last of the next `count` numbers of a counter, all of them taken.
///
/// # Errors
/// A database failure.
pub fn reserve(cx: &mut Cx, prefix: &str, count: i64) -> Result<i64> {
    cx.db().begin()?;
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(SERIES_TABLE)
        .sql(" (name, current) VALUES (");
    query
        .text(prefix.to_owned())
        .sql(", ")
        .bind(Kind::Int, Scalar::Int(count));
    query
        .sql(") ON CONFLICT (name) DO UPDATE SET current = ")
        .ident(SERIES_TABLE);
    query.sql(".current + excluded.current RETURNING current");
    cx.db()
        .row(query, &[Kind::Int])?
        .and_then(|row| row.first().and_then(Scalar::as_int))
        .ok_or_else(|| Error::internal("the series gave no number"))
}

/// The next of a DocType's integer names. Unlike the numbers of a series these are used up by inserts that fail
/// (recorded), as long as the site is open.
///
/// # Errors
/// A database failure.
pub fn next_integer(cx: &mut Cx, doctype: &str) -> Result<i64> {
    cx.db().begin()?;
    let series = format!("#{doctype}");
    let last = cx.site().integer_names.lock().get(&series).copied().unwrap_or(0);
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(SERIES_TABLE)
        .sql(" (name, current) VALUES (")
        .text(series.clone());
    query.sql(", ").bind(Kind::Int, Scalar::Int(last + 1));
    query
        .sql(") ON CONFLICT (name) DO UPDATE SET current = CASE WHEN ")
        .ident(SERIES_TABLE)
        .sql(".current < ")
        .bind(Kind::Int, Scalar::Int(last));
    query.sql(" THEN ").bind(Kind::Int, Scalar::Int(last + 1));
    query
        .sql(" ELSE ")
        .ident(SERIES_TABLE)
        .sql(".current + 1 END RETURNING current");
    let next = cx
        .db()
        .row(query, &[Kind::Int])?
        .and_then(|row| row.first().and_then(Scalar::as_int))
        .ok_or_else(|| Error::internal("the series gave no number"))?;
    cx.site().integer_names.lock().insert(series, next);
    Ok(next)
}

/// `ABC-.YY.-.####`: parts between dots.
fn expression(rule: &str, doc: &Document, cx: &mut Cx) -> Result<String> {
    let mut name = String::new();
    for part in rule.split('.') {
        if part.is_empty() {
            continue;
        }
        if part.bytes().all(|byte| byte == b'#') {
            let number = next_in_series(cx, &name)?;
            name.push_str(&format!("{number:0width$}", width = part.len()));
        } else {
            name.push_str(&token(part, doc, cx));
        }
    }
    Ok(name)
}

/// `TXT-{field}-{MM}-{#####}`: braced parts, the counter's prefix being empty.
fn braced(format: &str, doc: &Document, cx: &mut Cx) -> Result<String> {
    let mut name = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('{') {
        name.push_str(before);
        let (part, tail) = after.split_once('}').ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidNamingSeriesError,
                format!("The naming rule {format} has an open brace"),
            )
        })?;
        if !part.is_empty() && part.bytes().all(|byte| byte == b'#') {
            let number = next_in_series(cx, "")?;
            name.push_str(&format!("{number:0width$}", width = part.len()));
        } else {
            name.push_str(&token(part, doc, cx));
        }
        rest = tail;
    }
    name.push_str(rest);
    Ok(name)
}

fn token(part: &str, doc: &Document, cx: &Cx) -> String {
    let today = cx.now();
    match part {
        "YY" => format!("{:02}", today.year() % 100),
        "YYYY" => format!("{:04}", today.year()),
        "MM" => format!("{:02}", today.month()),
        "DD" => format!("{:02}", today.day()),
        "JJJ" => format!("{:03}", today.day_of_year()),
        "WW" => format!("{:02}", today.date().iso_week_date().week()),
        "timestamp" => crate::clock::stored(today),
        _ => {
            let field = part.trim_matches(['{', '}']);
            match (doc.meta().column_index(field), doc.get(field)) {
                (Some(_), Value::String(text)) => text.trim().to_owned(),
                (Some(_), Value::Number(number)) => number.to_string(),
                (Some(_), _) => String::new(),
                (None, _) => part.to_owned(),
            }
        }
    }
}

/// Moves the counter of a document's series along to a name that was given, so that it is not given again.
///
/// # Errors
/// 417 for a number that leaves no room behind it.
pub fn raise_series(cx: &mut Cx, doc: &Document) -> Result<()> {
    let rule = doc.meta().autoname.clone();
    let digits = rule.bytes().rev().take_while(|byte| *byte == b'#').count();
    if digits == 0 || rule.starts_with("format:") || rule.starts_with("naming_series:") {
        return Ok(());
    }
    let name = doc.name_text();
    let length = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (prefix, number) = name.split_at(name.len() - length);
    if length < digits {
        return Ok(());
    }
    let number = number.parse::<i64>().ok().filter(|number| *number < HIGHEST);
    let number = number.ok_or_else(|| invalid(format!("The number of {name} is too high")))?;
    let series = prefix.to_owned();
    at_least(cx, series, number)
}

/// Moves a counter along to a number, unless it is further already.
fn at_least(cx: &mut Cx, series: String, number: i64) -> Result<()> {
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(SERIES_TABLE)
        .sql(" (name, current) VALUES (")
        .text(series)
        .sql(", ")
        .bind(Kind::Int, Scalar::Int(number))
        .sql(") ON CONFLICT (name) DO UPDATE SET current = CASE WHEN ")
        .ident(SERIES_TABLE)
        .sql(".current < excluded.current THEN excluded.current ELSE ")
        .ident(SERIES_TABLE)
        .sql(".current END");
    cx.db().execute(query)?;
    Ok(())
}

/// Names that are given may have numbers up to this one: there is room for more behind it.
const HIGHEST: i64 = 1_000_000_000_000_000;

/// Gives a number back when the newest document of a series is deleted.
///
/// # Errors
/// A database failure.
pub fn revert_series(cx: &mut Cx, doc: &Document) -> Result<()> {
    let rule = doc.meta().autoname.clone();
    let digits = rule.bytes().rev().take_while(|byte| *byte == b'#').count();
    if digits == 0 || rule.starts_with("format:") {
        return Ok(());
    }
    let name = doc.name_text();
    let number_length = name.bytes().rev().take_while(u8::is_ascii_digit).count();
    if number_length < digits {
        return Ok(());
    }
    let (prefix, number) = name.split_at(name.len() - number_length);
    let Ok(number) = number.parse::<i64>() else {
        return Ok(());
    };
    let mut query = Query::fixed();
    query
        .sql("UPDATE ")
        .ident(SERIES_TABLE)
        .sql(" SET current = current - 1 WHERE name = ")
        .text(prefix.to_owned());
    query.sql(" AND current = ").bind(Kind::Int, Scalar::Int(number));
    cx.db().execute(query)?;
    Ok(())
}
