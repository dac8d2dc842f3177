//! Values on their way to storage: what each field type makes of what a client sent.
//!
//! Source: spec/framework-data.md §5.1.

use jiff::civil::{Date, DateTime, Time};
use serde_json::Value;

use super::field::{Field, FieldType};
use crate::clock::stored;
use crate::db::{Kind, Scalar};
use crate::error::{Error, Result, invalid};

/// The number a text or value means, leniently; 0 for what is none.
pub fn lenient_float(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::Bool(on) => f64::from(u8::from(*on)),
        Value::String(text) => text
            .trim()
            .replace(',', "")
            .parse()
            .ok()
            .filter(|n: &f64| n.is_finite())
            .unwrap_or(0.0),
        _ => 0.0,
    }
}

/// The integer a value means, leniently; 0 for what is none.
pub fn lenient_int(value: &Value) -> i64 {
    match value {
        Value::Number(number) => number
            .as_i64()
            .unwrap_or_else(|| saturating(number.as_f64().unwrap_or(0.0))),
        Value::String(text) => text
            .trim()
            .parse()
            .unwrap_or_else(|_| saturating(lenient_float(value))),
        _ => saturating(lenient_float(value)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
fn saturating(number: f64) -> i64 {
    number as i64
}

/// A Datetime from text in any of the contract's forms: a date, `T` or a blank between date and time, a fraction,
/// a `Z` or offset (then taken as the instant in UTC).
pub fn parse_datetime(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Date>()
        && text.len() <= 10
    {
        return Some(date.to_datetime(Time::midnight()));
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    }
    text.parse::<DateTime>().ok().or_else(|| loose_datetime(text))
}

/// `2026-1-5 7:00` and `2026-01-05 07:00`: parts without leading zeros or seconds.
fn loose_datetime(text: &str) -> Option<DateTime> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, parse_time(time)?),
        None => (text, Time::midnight()),
    };
    let mut parts = date.split('-');
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let day = parts.next()?.parse().ok()?;
    if parts.next().is_some() {
        return None;
    }
    Some(Date::new(year, month, day).ok()?.to_datetime(time))
}

/// A time of day from `H:MM`, `HH:MM:SS` or `HH:MM:SS.ffffff`.
pub fn parse_time(text: &str) -> Option<Time> {
    let mut parts = text.trim().split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (seconds.parse().ok()?, 0),
            Some((whole, fraction)) => {
                if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
                (whole.parse().ok()?, digits.parse().ok()?)
            }
        },
    };
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, nanos).ok()
}

fn stored_time(time: Time) -> String {
    format!(
        "{:02}:{:02}:{:02}.{:06}",
        time.hour(),
        time.minute(),
        time.second(),
        time.subsec_nanosecond() / 1_000
    )
}

/// A value of a kind as it is stored, `None` where a text does not fit the kind.
pub fn scalar_of_kind(kind: Kind, value: &Value) -> Option<Scalar<'static>> {
    Some(match (kind, value) {
        (_, Value::Null) => Scalar::Null,
        (Kind::Check, Value::String(text)) => {
            Scalar::Int(i64::from(text.trim().parse::<f64>().is_ok_and(|n| n != 0.0)))
        }
        (Kind::Check, _) => Scalar::Int(i64::from(lenient_float(value) != 0.0)),
        (Kind::Int, _) => Scalar::Int(lenient_int(value)),
        (Kind::Float, _) => Scalar::Float(lenient_float(value)),
        (Kind::Date | Kind::Time | Kind::DateTime, Value::String(text)) if text.trim().is_empty() => {
            Scalar::Null
        }
        (Kind::Date, Value::String(text)) => {
            let date = parse_datetime(text)?.date();
            Scalar::Text(format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()).into())
        }
        (Kind::DateTime, Value::String(text)) => Scalar::Text(stored(parse_datetime(text)?).into()),
        (Kind::Time, Value::String(text)) => {
            let time = parse_time(text).or_else(|| parse_datetime(text).map(|at| at.time()))?;
            Scalar::Text(stored_time(time).into())
        }
        (Kind::Date | Kind::Time | Kind::DateTime, _) => return None,
        (Kind::Text, Value::String(text)) => Scalar::Text(text.clone().into()),
        (Kind::Text, Value::Number(number)) => Scalar::Text(number.to_string().into()),
        (Kind::Text, Value::Bool(on)) => Scalar::Text(if *on { "1" } else { "0" }.into()),
        (Kind::Text, Value::Object(_) | Value::Array(_)) => Scalar::Text(value.to_string().into()),
    })
}

/// The value of a field as it is stored.
///
/// # Errors
/// 417 for a list or object in a field that holds none, and for a text that is no date or time.
pub fn to_scalar(field: &Field, label: &str, value: &Value) -> Result<Scalar<'static>> {
    match value {
        Value::Array(_) if field.fieldtype != FieldType::Json => {
            return Err(invalid(format!("Value for {label} cannot be a list")));
        }
        Value::Object(_) if field.fieldtype != FieldType::Json => {
            return Err(invalid(format!("Value for {label} cannot be an object")));
        }
        Value::Null if field.fieldtype.is_not_null() || field.not_nullable => {
            return Ok(match field.fieldtype.kind() {
                Kind::Int | Kind::Check => Scalar::Int(0),
                Kind::Float => Scalar::Float(0.0),
                _ => Scalar::Text("".into()),
            });
        }
        Value::String(text) if text.trim().is_empty() && field.unique => return Ok(Scalar::Null),
        Value::String(text) if text.trim().is_empty() && field.fieldtype == FieldType::Duration => {
            return Ok(Scalar::Null);
        }
        Value::String(text) if text.contains('\0') => {
            return Err(invalid(format!(
                "Value for {label} holds a character no text has"
            )));
        }
        _ => {}
    }
    if field.fieldtype == FieldType::Rating {
        return Ok(Scalar::Float(lenient_float(value).clamp(0.0, 1.0)));
    }
    scalar_of_kind(field.fieldtype.kind(), value).ok_or_else(|| not_a_date(value))
}

/// The value of a standard column as it is stored.
///
/// # Errors
/// 417 for a text that is no date.
pub fn standard_scalar(kind: Kind, value: &Value) -> Result<Scalar<'static>> {
    if kind == Kind::Int && value.is_null() {
        return Ok(Scalar::Int(0));
    }
    scalar_of_kind(kind, value).ok_or_else(|| not_a_date(value))
}

fn not_a_date(value: &Value) -> Error {
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    invalid(format!(
        "<strong>{}</strong> is not a valid date or time",
        ammonia::clean_text(&shown)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field(fieldtype: FieldType) -> Field {
        Field {
            fieldtype,
            ..Field::default()
        }
    }

    fn store(fieldtype: FieldType, value: Value) -> Scalar<'static> {
        to_scalar(&field(fieldtype), "X", &value).unwrap()
    }

    #[test]
    fn numbers_are_read_leniently_and_never_null_but_for_durations() {
        assert_eq!(store(FieldType::Check, json!("yes")), Scalar::Int(0));
        assert_eq!(store(FieldType::Check, json!("1")), Scalar::Int(1));
        assert_eq!(store(FieldType::Check, json!(true)), Scalar::Int(1));
        assert_eq!(store(FieldType::Int, json!("garbage")), Scalar::Int(0));
        assert_eq!(store(FieldType::Int, Value::Null), Scalar::Int(0));
        assert_eq!(store(FieldType::Float, json!("1.5")), Scalar::Float(1.5));
        assert_eq!(store(FieldType::Duration, Value::Null), Scalar::Null);
        assert_eq!(store(FieldType::Rating, json!(3)), Scalar::Float(1.0));
    }

    #[test]
    fn times_are_stored_in_one_form() {
        for text in [
            "2026-01-05 06:14:04",
            "2026-01-05T06:14:04",
            "2026-01-05 6:14:04.000000",
        ] {
            assert_eq!(
                store(FieldType::Datetime, json!(text)),
                Scalar::Text("2026-01-05 06:14:04.000000".into())
            );
        }
        assert_eq!(
            store(FieldType::Date, json!("2026-01-05")),
            Scalar::Text("2026-01-05".into())
        );
        assert_eq!(
            store(FieldType::Time, json!("7:00:00")),
            Scalar::Text("07:00:00.000000".into())
        );
        assert_eq!(store(FieldType::Date, json!("")), Scalar::Null);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(to_scalar(&field(FieldType::Date), "Due", &json!("notadate")).is_err());
        let error = to_scalar(&field(FieldType::Data), "Due", &json!(["a"])).unwrap_err();
        assert_eq!(error.text(), "Value for Due cannot be a list");
    }

    #[test]
    fn garbage_dates_never_panic() {
        for text in [
            "",
            " ",
            "0000-00-00",
            "9999-99-99",
            "T",
            ":",
            "1-1-1",
            "2026-01-05 25:00",
            "-",
            "2026--1",
            "99999999999-1-1",
            "2026-01-05 1:1:1.",
        ] {
            let _ = parse_datetime(text);
            let _ = parse_time(text);
        }
    }
}
