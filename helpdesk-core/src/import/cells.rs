//! What a cell means as the value of a field. Unlike a request's values, which are read leniently, a cell that doesn't fit
//! is an error: nobody looks at each row.

use jiff::civil::{Date, DateTime};
use serde_json::Value;

use super::Column;
use crate::doctype::field::FieldType;
use crate::doctype::value::{parse_datetime, parse_time};
use crate::error::{Error, Result, invalid};
use crate::frappe::desk::reportview::csv::is_formula;

/// The value of a cell; null where it is empty. `date_format` is the site's.
pub(super) fn value(column: &Column, cell: &str, date_format: &str) -> Result<Value> {
    let trimmed = cell.trim();
    if trimmed.is_empty() {
        return Ok(Value::Null);
    }
    let misfit = |what: &str| -> Error { invalid(format!("{}: {trimmed:?} is no {what}", column.label)) };
    let Some(fieldtype) = column.fieldtype else {
        return Ok(unguarded(trimmed).into());
    };
    Ok(match fieldtype {
        FieldType::Check => match trimmed.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" | "y" => 1.into(),
            "0" | "false" | "no" | "off" | "n" => 0.into(),
            _ => return Err(misfit("Yes or No (1 or 0)")),
        },
        FieldType::Int | FieldType::LongInt => {
            let whole = trimmed.parse::<i64>().ok().or_else(|| whole(trimmed));
            whole.ok_or_else(|| misfit("whole number"))?.into()
        }
        FieldType::Float | FieldType::Currency | FieldType::Percent | FieldType::Rating => {
            number(trimmed).ok_or_else(|| misfit("number"))?.into()
        }
        FieldType::Duration => number(trimmed)
            .or_else(|| duration(trimmed))
            .ok_or_else(|| misfit("duration (seconds, or 1d 2h 3m 4s)"))?
            .into(),
        FieldType::Date => date(trimmed, date_format)
            .ok_or_else(|| misfit("date (YYYY-MM-DD)"))?
            .to_string()
            .into(),
        FieldType::Datetime => match moment(trimmed) {
            Some(_) => trimmed.into(),
            None => date(trimmed, date_format)
                .ok_or_else(|| misfit("date and time (YYYY-MM-DD HH:MM:SS)"))?
                .to_string()
                .into(),
        },
        FieldType::Time => match parse_time(trimmed) {
            Some(_) => trimmed.into(),
            None => return Err(misfit("time (HH:MM:SS)")),
        },
        FieldType::Select if !column.choices.is_empty() => {
            let text = unguarded(trimmed);
            if !column.choices.iter().any(|choice| choice == text) {
                return Err(invalid(format!(
                    "{} cannot be {text:?}. It should be one of \"{}\"",
                    column.label,
                    column.choices.join("\", \"")
                )));
            }
            text.into()
        }
        FieldType::Link | FieldType::DynamicLink | FieldType::Data | FieldType::Select => {
            unguarded(trimmed).into()
        }
        _ => unguarded(cell).into(),
    })
}

/// A text without the apostrophe that exports put in front of what looks like a formula.
fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => text,
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A whole number that a spreadsheet wrote with decimals.
#[expect(clippy::cast_possible_truncation, reason = "in range and without a fraction")]
fn whole(text: &str) -> Option<i64> {
    let number = number(text)?;
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

/// `1d 2h 3m 4s`, as exports write it.
fn duration(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    for part in text.split_whitespace() {
        let unit = part.chars().next_back()?;
        let amount = number(part.strip_suffix(unit)?)?;
        seconds += amount
            * match unit {
                'd' => 86_400.0,
                'h' => 3_600.0,
                'm' => 60.0,
                's' => 1.0,
                _ => return None,
            };
    }
    Some(seconds)
}

/// A date and time, year first; a year of two digits is none.
fn moment(text: &str) -> Option<DateTime> {
    parse_datetime(text).filter(|at| at.year() > 999)
}

/// A date: year first, or as the site writes dates.
fn date(text: &str, format: &str) -> Option<Date> {
    if let Some(at) = moment(text) {
        return Some(at.date());
    }
    let separator = ['-', '/', '.'].into_iter().find(|sign| format.contains(*sign))?;
    let (mut year, mut month, mut day) = (None, None, None);
    let mut parts = text.split(separator);
    for place in format.split(separator) {
        let part: i16 = parts.next()?.trim().parse().ok()?;
        match place {
            "yyyy" => year = Some(part),
            "mm" => month = Some(i8::try_from(part).ok()?),
            "dd" => day = Some(i8::try_from(part).ok()?),
            _ => return None,
        }
    }
    if parts.next().is_some() {
        return None;
    }
    Date::new(year?, month?, day?)
        .ok()
        .filter(|date| date.year() > 999)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn column(fieldtype: FieldType) -> Column {
        Column {
            fieldname: "x".into(),
            label: "X".into(),
            fieldtype: Some(fieldtype),
            choices: vec!["Low".into(), "High".into()],
        }
    }

    fn read(fieldtype: FieldType, cell: &str) -> Result<Value> {
        value(&column(fieldtype), cell, "dd-mm-yyyy")
    }

    #[test]
    fn cells_are_read_by_type() {
        for (fieldtype, cell, expected) in [
            (FieldType::Check, " yes ", json!(1)),
            (FieldType::Check, "False", json!(0)),
            (FieldType::Int, "-7", json!(-7)),
            (FieldType::Int, "7.0", json!(7)),
            (FieldType::Float, "1.5", json!(1.5)),
            (FieldType::Duration, "1d 2h 3m 4s", json!(93_784.0)),
            (FieldType::Duration, "90", json!(90.0)),
            (FieldType::Date, "2026-01-05", json!("2026-01-05")),
            (FieldType::Date, "05-01-2026", json!("2026-01-05")),
            (FieldType::Datetime, "2026-01-05 07:00", json!("2026-01-05 07:00")),
            (FieldType::Time, "7:30", json!("7:30")),
            (FieldType::Select, "High", json!("High")),
            (FieldType::Data, " a ", json!("a")),
            (FieldType::Text, " a ", json!(" a ")),
            (FieldType::Data, "'=1+1", json!("=1+1")),
            (FieldType::Data, "'tis", json!("'tis")),
            (FieldType::Int, "  ", Value::Null),
        ] {
            assert_eq!(read(fieldtype, cell).unwrap(), expected, "{fieldtype:?} {cell:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for (fieldtype, cell) in [
            (FieldType::Check, "maybe"),
            (FieldType::Int, "seven"),
            (FieldType::Int, "1.5"),
            (FieldType::Int, "99999999999999999999"),
            (FieldType::Float, "NaN"),
            (FieldType::Float, "1,5"),
            (FieldType::Duration, "1w"),
            (FieldType::Date, "31-02-2026"),
            (FieldType::Date, "01-05-26"),
            (FieldType::Datetime, "soon"),
            (FieldType::Time, "25:00"),
            (FieldType::Select, "high"),
        ] {
            let error = read(fieldtype, cell).unwrap_err();
            assert!(error.text().starts_with("X"), "{error}");
        }
    }
}
