//! Filters of a list.
//!
//! Source: spec/framework-data.md §5.3.3 to §5.3.5.

use std::borrow::Cow;

use jiff::civil::Weekday;
use serde_json::Value;

use super::scope::{Name, Reference, Scope, fallback, no_field, unknown_field};
use super::timespan;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::field::FieldType;
use crate::doctype::permissions;
use crate::doctype::predicate::{escape_like, trimmed};
use crate::doctype::tree;
use crate::doctype::value::{parse_datetime, scalar_of_kind};
use crate::error::{Error, ErrorKind, Result, invalid};

/// The conditions of a filter argument, each a SQL expression.
pub(super) fn parse(cx: &mut Cx, scope: &mut Scope, filters: &Value) -> Result<Vec<Query<'static>>> {
    let mut conditions = Vec::new();
    match filters {
        Value::Null => {}
        Value::Object(object) => object_form(cx, scope, object, &mut conditions)?,
        Value::Array(list) => {
            for item in list {
                match item {
                    Value::Array(parts) => list_form(cx, scope, parts, &mut conditions)?,
                    Value::Object(object) => object_form(cx, scope, object, &mut conditions)?,
                    Value::String(text) => {
                        // The contract reads a bare word as a list of letters: of three the first is no field, of any
                        // other number it is no DocType.
                        let first: String = text.chars().take(1).collect();
                        if text.chars().count() != 3 && !first.is_empty() {
                            permissions::meta_of(cx, &first)?;
                        }
                        return Err(unknown_field(&first));
                    }
                    other => return Err(invalid(format!("Filters must be lists or objects, not {other}"))),
                }
            }
        }
        // One value alone is a name.
        Value::String(_) | Value::Number(_) => {
            let reference = resolve(cx, scope, "name")?;
            conditions.push(condition(cx, &reference, "=", filters, scope.compat)?);
        }
        other => {
            return Err(invalid(format!(
                "Filters must be a list or an object, not {other}"
            )));
        }
    }
    Ok(conditions)
}

pub(super) fn object_form(
    cx: &mut Cx,
    scope: &mut Scope,
    object: &serde_json::Map<String, Value>,
    out: &mut Vec<Query<'static>>,
) -> Result<()> {
    for (field, value) in object {
        let reference = resolve(cx, scope, field)?;
        let (operator, value) = match value {
            Value::Array(pair) => match pair.as_slice() {
                [operator, value] => (operator_text(operator)?, value),
                _ => {
                    return Err(invalid(format!(
                        "A filter on {field} given as a list needs an operator and a value"
                    )));
                }
            },
            value => (Cow::Borrowed("="), value),
        };
        out.push(condition(cx, &reference, &operator, value, scope.compat)?);
    }
    Ok(())
}

pub(super) fn list_form(
    cx: &mut Cx,
    scope: &mut Scope,
    parts: &[Value],
    out: &mut Vec<Query<'static>>,
) -> Result<()> {
    match parts {
        [field, operator, value] => {
            let field = field
                .as_str()
                .ok_or_else(|| invalid("The first part of a filter is the name of a field"))?;
            let reference = resolve(cx, scope, field)?;
            out.push(condition(
                cx,
                &reference,
                &operator_text(operator)?,
                value,
                scope.compat,
            )?);
        }
        [doctype, field, operator, value, ..] => {
            let doctype = doctype
                .as_str()
                .ok_or_else(|| invalid("The first part of a filter is the name of a DocType"))?;
            let field = field
                .as_str()
                .ok_or_else(|| invalid("The second part of a filter is the name of a field"))?;
            let reference = in_doctype(cx, scope, doctype, field)?;
            out.push(condition(
                cx,
                &reference,
                &operator_text(operator)?,
                value,
                scope.compat,
            )?);
        }
        [Value::String(doctype), ..] => {
            // With fewer than three parts the first one names a DocType.
            permissions::meta_of(cx, doctype)?;
            return Err(invalid("A filter needs a field, an operator and a value"));
        }
        _ => return Err(invalid("A filter needs a field, an operator and a value")),
    }
    Ok(())
}

fn operator_text(value: &Value) -> Result<Cow<'static, str>> {
    match value {
        Value::String(text) => Ok(Cow::Owned(text.to_ascii_lowercase())),
        other => Err(invalid(format!(
            "The operator of a filter is a text, not {other}"
        ))),
    }
}

pub(super) fn resolve(cx: &mut Cx, scope: &mut Scope, field: &str) -> Result<Reference> {
    let name = Name::parse(field).ok_or_else(|| unknown_field(field))?;
    let Some(reference) = scope.resolve_for_filter(cx, &name)? else {
        // Without compatibility an unknown field is one that may not be read.
        return Err(if scope.compat || cx.session().is_administrator() {
            unknown_field(field)
        } else {
            no_field(&scope.meta.name, &name.field)
        });
    };
    scope.check_level(cx, &reference)?;
    Ok(reference)
}

fn in_doctype(cx: &mut Cx, scope: &mut Scope, doctype: &str, field: &str) -> Result<Reference> {
    if doctype.eq_ignore_ascii_case(&scope.meta.name) {
        return resolve(cx, scope, field);
    }
    let meta = permissions::meta_of(cx, doctype)?;
    if meta.column_index(field).is_none() {
        return Err(unknown_field(field));
    }
    match scope.child_by_doctype(cx, doctype, field)? {
        Some(reference) => {
            scope.check_level(cx, &reference)?;
            Ok(reference)
        }
        None => Err(invalid(format!(
            "{doctype} is not a child table of {}",
            scope.meta.name
        ))),
    }
}

/// Texts of a list value; a text is split at commas.
fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::String(text) => text.split(',').map(Value::from).collect(),
        Value::Null => vec![Value::from("")],
        other => vec![other.clone()],
    }
}

/// A value as the column's kind takes it.
fn fitted(reference: &Reference, value: &Value) -> Result<Scalar<'static>> {
    let column = reference.column();
    let misfit = || {
        Error::new(
            ErrorKind::ValidationError,
            format!(
                "The value of the filter on {} does not fit the field",
                column.name
            ),
        )
    };
    if value.as_str().is_some_and(|text| text.contains('\0')) {
        return Err(misfit());
    }
    match column.kind {
        Kind::Text => Ok(match scalar_of_kind(Kind::Text, value).ok_or_else(misfit)? {
            Scalar::Text(text) => Scalar::Text(trimmed(&text).to_owned().into()),
            other => other,
        }),
        Kind::Int | Kind::Check | Kind::Float => match value {
            Value::Null => Ok(Scalar::Null),
            Value::Bool(on) => Ok(Scalar::Int(i64::from(*on))),
            Value::Number(number) => Ok(number
                .as_i64()
                .map_or_else(|| Scalar::Float(number.as_f64().unwrap_or(0.0)), Scalar::Int)),
            Value::String(text) if text.trim().is_empty() => Ok(Scalar::Int(0)),
            Value::String(text) => {
                let text = text.trim();
                if let Ok(int) = text.parse::<i64>() {
                    return Ok(Scalar::Int(int));
                }
                text.parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite())
                    .map(Scalar::Float)
                    .ok_or_else(misfit)
            }
            Value::Array(_) | Value::Object(_) => Err(misfit()),
        },
        kind => scalar_of_kind(kind, value).ok_or_else(misfit),
    }
}

/// Whether the column is never folded.
fn never_folds(reference: &Reference) -> bool {
    let column = reference.column();
    if matches!(column.name.as_str(), "name" | "creation" | "modified") && column.field.is_none() {
        return true;
    }
    if reference
        .meta
        .field_of(column)
        .is_some_and(|field| field.not_nullable)
    {
        return true;
    }
    matches!(
        reference.fieldtype(),
        Some(
            FieldType::Check
                | FieldType::Int
                | FieldType::LongInt
                | FieldType::Float
                | FieldType::Currency
                | FieldType::Percent
        )
    ) || matches!(column.kind, Kind::Int) && column.field.is_none()
}

/// The column, with its fallback where it is null if it folds.
fn folded(reference: &Reference, fold: bool, out: &mut Query<'static>) {
    if fold && !never_folds(reference) {
        out.sql("coalesce(");
        reference.write(out);
        out.sql(", ").sql(fallback(reference.column().kind)).sql(")");
    } else {
        reference.write(out);
    }
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::String(text) if text.trim_end_matches(' ').is_empty())
}

/// One condition. `compat`: null counts as the type's empty value where the contract's older entry points say so.
pub(super) fn condition(
    cx: &mut Cx,
    reference: &Reference,
    operator: &str,
    value: &Value,
    compat: bool,
) -> Result<Query<'static>> {
    let mut out = Query::new();
    let column = reference.column();
    let kind = column.kind;
    let side_list = matches!(column.name.as_str(), "_assign" | "_liked_by") && column.field.is_none();
    match operator {
        "=" | "!=" if side_list && !value.is_null() && !is_blank(value) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            like(
                reference,
                &format!("%{}%", escape_like(&text)),
                operator == "!=",
                compat,
                &mut out,
            );
        }
        "=" | "!=" | "<" | ">" | "<=" | ">=" | "=<" | "=>" => {
            compare(reference, operator, value, compat, &mut out)?;
        }
        "in" | "not in" => {
            if matches!(value, Value::Array(items) if items.is_empty()) {
                out.sql(if operator == "in" { "1 = 0" } else { "1 = 1" });
                return Ok(out);
            }
            let texts = listed(value);
            let has_blank = value.is_array() && texts.iter().any(|item| item.is_null() || is_blank(item))
                || value.is_null();
            folded(reference, compat && (operator == "not in" || has_blank), &mut out);
            out.sql(if operator == "in" { " IN (" } else { " NOT IN (" });
            let padded = texts.len().next_power_of_two();
            for i in 0..padded {
                if i > 0 {
                    out.sql(", ");
                }
                let item = &texts[i.min(texts.len() - 1)];
                let blank = Value::from("");
                let item = if item.is_null() && kind == Kind::Text {
                    &blank
                } else {
                    item
                };
                out.bind(kind, fitted(reference, item)?);
            }
            out.sql(")");
        }
        "like" | "not like" | "ilike" if value.is_null() => {
            // Nothing is like null: as with all comparisons but !=, the field has to be (§5.3.5).
            reference.write(&mut out);
            out.sql(" IS NULL");
        }
        "like" | "not like" | "ilike" => {
            let pattern = match value {
                Value::String(text) if text.contains('\0') => {
                    return Err(invalid("A pattern holds a character no text has"));
                }
                Value::String(text) => text.clone(),
                Value::Bool(on) => u8::from(*on).to_string(),
                other => other.to_string(),
            };
            like(reference, &pattern, operator == "not like", compat, &mut out);
        }
        "is" => {
            let set = match value.as_str().map(str::to_ascii_lowercase).as_deref() {
                Some("set") => true,
                Some("not set") => false,
                _ => return Err(invalid("The operator 'is' takes 'set' or 'not set'")),
            };
            is_set(reference, set, &mut out);
        }
        "between" => between(cx, reference, value, &mut out)?,
        "timespan" => {
            let name = value.as_str().unwrap_or("");
            span(cx, reference, name, &mut out);
        }
        "previous" | "next" => match timespan::relative(operator, value.as_str().unwrap_or("")) {
            Some(name) => span(cx, reference, &name, &mut out),
            None => {
                out.sql("1 = 0");
            }
        },
        "ancestors of"
        | "descendants of"
        | "descendants of (inclusive)"
        | "not ancestors of"
        | "not descendants of" => {
            in_branch(cx, reference, operator, value, compat, &mut out)?;
        }
        other => {
            let shown: String = other.chars().take(40).collect();
            return Err(invalid(format!("Invalid filter operator: '{shown}'")));
        }
    }
    Ok(out)
}

/// Whether a document, or what a field links to, is above or under a node of a tree.
fn in_branch(
    cx: &mut Cx,
    reference: &Reference,
    operator: &str,
    value: &Value,
    compat: bool,
    out: &mut Query<'static>,
) -> Result<()> {
    let column = reference.column();
    let nodes = match reference.meta.field_of(column) {
        Some(field) if field.fieldtype == FieldType::Link => cx.site().meta(&field.options),
        None if column.name == "name" => cx.site().meta(&reference.meta.name),
        _ => None,
    };
    let Some(nodes) = nodes.filter(|meta| meta.is_tree) else {
        return Err(invalid(format!(
            "{} is no tree; '{operator}' cannot be asked of {}",
            reference.meta.name, column.name
        )));
    };
    let negated = operator.starts_with("not ");
    let above = operator.ends_with("ancestors of");
    let inclusive = operator.ends_with("(inclusive)");
    let node = scalar_of_kind(nodes.columns[0].kind, value).unwrap_or(Scalar::Null);
    folded(reference, negated && compat, out);
    out.sql(if negated { " NOT IN (" } else { " IN (" });
    out.append(tree::branch(&nodes, node, above, inclusive)).sql(")");
    Ok(())
}

fn compare(
    reference: &Reference,
    operator: &str,
    value: &Value,
    compat: bool,
    out: &mut Query<'static>,
) -> Result<()> {
    let kind = reference.column().kind;
    let (sql, operator) = match operator {
        "=" => (" = ", "="),
        "!=" => (" <> ", "!="),
        "<" => (" < ", "<"),
        ">" => (" > ", ">"),
        "<=" | "=<" => (" <= ", "<="),
        _ => (" >= ", ">="),
    };
    if value.is_null() {
        reference.write(out);
        if operator == "!=" {
            out.sql(" <> ").sql(fallback(kind));
        } else {
            out.sql(" IS NULL");
        }
        return Ok(());
    }
    if matches!(value, Value::Object(_) | Value::Array(_)) {
        // Nothing equals an object; the contract answers an empty list.
        out.sql(if operator == "!=" { "1 = 1" } else { "1 = 0" });
        return Ok(());
    }
    if reference.fieldtype() == Some(FieldType::Duration) && value.is_string() {
        // A duration against text compares as text (recorded).
        out.sql("coalesce(CAST(");
        reference.write(out);
        out.sql(" AS TEXT), '')").sql(sql).bind(
            Kind::Text,
            scalar_of_kind(Kind::Text, value).unwrap_or(Scalar::Null),
        );
        return Ok(());
    }
    if is_blank(value)
        && matches!(operator, "=" | "!=")
        && matches!(kind, Kind::Text | Kind::Date | Kind::DateTime | Kind::Time)
        && (compat || kind != Kind::Text)
    {
        is_set(reference, operator == "!=", out);
        return Ok(());
    }
    let is_time = matches!(kind, Kind::Date | Kind::DateTime);
    let fold = match operator {
        "=" => false,
        ">" | ">=" => !is_time,
        _ => true,
    };
    let scalar = fitted(reference, value)?;
    // What is unset is not more than nothing: then the column is asked as it is, which an index answers.
    let number = match scalar {
        Scalar::Int(number) => Some(number as f64),
        Scalar::Float(number) => Some(number),
        _ => None,
    };
    let excludes_unset = match operator {
        ">" => number.is_some_and(|number| number >= 0.0),
        ">=" => number.is_some_and(|number| number > 0.0),
        _ => false,
    };
    folded(reference, compat && fold && !excludes_unset, out);
    out.sql(sql).bind(kind, scalar);
    Ok(())
}

fn like(reference: &Reference, pattern: &str, negated: bool, compat: bool, out: &mut Query<'static>) {
    let is_text = reference.column().kind == Kind::Text;
    let fold = negated && compat;
    if fold {
        out.sql("coalesce(");
    }
    if is_text {
        reference.write(out);
    } else {
        out.sql("CAST(");
        reference.write(out);
        out.sql(" AS TEXT)");
    }
    if fold {
        out.sql(", '')");
    }
    // PostgreSQL's LIKE wants a collation that tells letters apart, and its ILIKE does the folding.
    if negated {
        out.either(" NOT LIKE ", " COLLATE \"und-x-icu\" NOT ILIKE ");
    } else {
        out.either(" LIKE ", " COLLATE \"und-x-icu\" ILIKE ");
    }
    out.text(whole_pattern(pattern)).sql(" ESCAPE '\\'");
}

/// A pattern must not end with half an escape.
fn whole_pattern(pattern: &str) -> String {
    let backslashes = pattern.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if backslashes % 2 == 1 {
        format!("{pattern}\\")
    } else {
        pattern.to_owned()
    }
}

fn is_set(reference: &Reference, set: bool, out: &mut Query<'static>) {
    // Moments are never blank text.
    let empty = match reference.column().kind {
        Kind::Int | Kind::Check | Kind::Float => Some("0"),
        Kind::Text => Some("''"),
        Kind::Date | Kind::Time | Kind::DateTime => None,
    };
    let (null, joined, compared) = if set {
        (" IS NOT NULL", " AND ", " <> ")
    } else {
        (" IS NULL", " OR ", " = ")
    };
    out.sql("(");
    reference.write(out);
    out.sql(null);
    if let Some(empty) = empty {
        out.sql(joined);
        reference.write(out);
        out.sql(compared).sql(empty);
    }
    out.sql(")");
}

fn between(cx: &mut Cx, reference: &Reference, value: &Value, out: &mut Query<'static>) -> Result<()> {
    let today = Value::from(cx.now().date().to_string());
    let (from, to) = match value {
        Value::Array(pair) => match pair.as_slice() {
            [from, to] => (from.clone(), to.clone()),
            _ => {
                out.sql("1 = 0");
                return Ok(());
            }
        },
        Value::String(text) => match text.split_once(',') {
            Some((from, to)) => (Value::from(from.trim()), Value::from(to.trim())),
            None => (today.clone(), today),
        },
        _ => (today.clone(), today),
    };
    let kind = reference.column().kind;
    let (from, to) = if kind == Kind::DateTime {
        (day_bound(&from, false), day_bound(&to, true))
    } else {
        (from, to)
    };
    let (from, to) = (fitted(reference, &from)?, fitted(reference, &to)?);
    reference.write(out);
    out.sql(" BETWEEN ").bind(kind, from).sql(" AND ").bind(kind, to);
    Ok(())
}

/// A bound on a Datetime: the whole day is meant.
fn day_bound(value: &Value, end: bool) -> Value {
    let Some(at) = value.as_str().and_then(parse_datetime) else {
        return value.clone();
    };
    let date = at.date();
    Value::from(if end {
        format!("{date} 23:59:59.999999")
    } else {
        format!("{date} 00:00:00.000000")
    })
}

fn span(cx: &mut Cx, reference: &Reference, name: &str, out: &mut Query<'static>) {
    let today = cx.now().date();
    let Some((from, to)) = timespan::span(name, today, week_start(cx)) else {
        out.sql("1 = 0");
        return;
    };
    let kind = reference.column().kind;
    let (from, to) = match kind {
        Kind::DateTime => (format!("{from} 00:00:00.000000"), format!("{to} 23:59:59.999999")),
        _ => (from.to_string(), to.to_string()),
    };
    reference.write(out);
    out.sql(" BETWEEN ")
        .bind(kind, Scalar::Text(from.into()))
        .sql(" AND ")
        .bind(kind, Scalar::Text(to.into()));
}

/// The first day of the week by the System Settings; Sunday where they say nothing.
fn week_start(cx: &mut Cx) -> Weekday {
    match &*cx.site().settings().first_day_of_the_week {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        "Saturday" => Weekday::Saturday,
        _ => Weekday::Sunday,
    }
}
