//! Function calls and sums among the fields of a list: objects such as `{"COUNT": "*", "as": "n"}`.
//!
//! Source: spec/framework-data.md §5.3.2.

use serde_json::Value;

use super::dates;
use super::scope::{Name, Scope, unknown_field};
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::error::{Result, invalid};

/// How deep function expressions may nest.
const DEEPEST: usize = 8;

/// Functions of many rows together.
const AGGREGATES: [&str; 5] = ["COUNT", "SUM", "AVG", "MAX", "MIN"];

/// A function call as its key in the answer, where it has no alias.
pub(super) fn written(name: &str, value: &Value) -> String {
    let argument = |value: &Value| match value {
        Value::String(text) if text == "*" || text.starts_with(['\'', '"']) => text.clone(),
        Value::String(text) => format!("`{}`", text.trim_matches('`')),
        Value::Object(object) => object
            .iter()
            .next()
            .map_or_else(String::new, |(name, args)| written(name, args)),
        other => other.to_string(),
    };
    let args: Vec<String> = match value {
        Value::Array(list) => list.iter().map(argument).collect(),
        Value::Null => Vec::new(),
        one => vec![argument(one)],
    };
    let between = match name {
        "ADD" => "+",
        "SUB" => "-",
        "MUL" => "*",
        "DIV" => "/",
        "COUNT" if args.is_empty() => return "COUNT(*)".to_owned(),
        _ => return format!("{name}({})", args.join(",")),
    };
    args.join(between)
}

/// Whether a call, or one within it, is of many rows together.
pub(super) fn is_aggregate(name: &str, value: &Value) -> bool {
    AGGREGATES.contains(&name)
        || match value {
            Value::Array(args) => args.iter().any(has_aggregate),
            one => has_aggregate(one),
        }
}

fn has_aggregate(argument: &Value) -> bool {
    match argument {
        Value::Object(object) => object.iter().any(|(name, args)| is_aggregate(name, args)),
        _ => false,
    }
}

/// A function call: the name is one of a closed list, its arguments are columns, numbers or quoted texts.
pub(super) fn call(
    cx: &mut Cx,
    scope: &mut Scope,
    name: &str,
    value: &Value,
    depth: usize,
) -> Result<(Query<'static>, Kind)> {
    if depth > DEEPEST {
        return Err(invalid("Function calls are nested too deeply"));
    }
    let args: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    };
    if AGGREGATES.contains(&name) && args.iter().any(|arg| has_aggregate(arg)) {
        return Err(invalid(format!("{name} takes no figure of many rows")));
    }
    let count = |least: usize, most: usize| {
        if (least..=most).contains(&args.len()) {
            Ok(())
        } else {
            Err(invalid(format!("{name} takes {least} to {most} arguments")))
        }
    };
    let mut out = Query::new();
    let kind = match name {
        "COUNT" => {
            count(0, 1)?;
            match args.first() {
                None => {
                    out.sql("count(*)");
                }
                Some(Value::String(star)) if star == "*" => {
                    out.sql("count(*)");
                }
                Some(arg) => {
                    out.sql("count(")
                        .append(argument(cx, scope, arg, depth)?.0)
                        .sql(")");
                }
            }
            Kind::Int
        }
        "SUM" | "AVG" | "MAX" | "MIN" | "ABS" => {
            count(1, 1)?;
            let (arg, kind) = argument(cx, scope, args[0], depth)?;
            if matches!(name, "SUM" | "AVG" | "ABS") {
                number(name, kind)?;
            }
            let (open, close) = match name {
                "SUM" => ("CAST(sum(", ") AS DOUBLE PRECISION)"),
                "AVG" => ("CAST(avg(", ") AS DOUBLE PRECISION)"),
                "MAX" => ("max(", ")"),
                "MIN" => ("min(", ")"),
                _ => ("abs(", ")"),
            };
            out.sql(open).append(arg).sql(close);
            if matches!(name, "SUM" | "AVG") {
                Kind::Float
            } else {
                kind
            }
        }
        "IFNULL" | "NULLIF" => {
            count(2, 2)?;
            let (first, kind) = argument(cx, scope, args[0], depth)?;
            let (second, other) = argument(cx, scope, args[1], depth)?;
            let alike = kind == other || (is_number(kind) && is_number(other));
            out.sql(if name == "IFNULL" { "coalesce(" } else { "nullif(" });
            if alike {
                out.append(first).sql(", ").append(second).sql(")");
                kind
            } else {
                out.sql("CAST(")
                    .append(first)
                    .sql(" AS TEXT), CAST(")
                    .append(second)
                    .sql(" AS TEXT))");
                Kind::Text
            }
        }
        "CONCAT" => {
            count(1, 16)?;
            out.sql("(");
            for (i, arg) in args.iter().enumerate() {
                if i > 0 {
                    out.sql(" || ");
                }
                out.sql("CAST(")
                    .append(argument(cx, scope, arg, depth)?.0)
                    .sql(" AS TEXT)");
            }
            out.sql(")");
            Kind::Text
        }
        "LOCATE" => {
            count(2, 2)?;
            let what = argument(cx, scope, args[0], depth)?.0;
            let text = argument(cx, scope, args[1], depth)?.0;
            out.either("instr(lower(CAST(", "strpos(lower(CAST(").append(text);
            out.either(
                " AS TEXT)), lower(CAST(",
                " AS TEXT) COLLATE \"und-x-icu\"), lower(CAST(",
            )
            .append(what);
            out.either(" AS TEXT)))", " AS TEXT) COLLATE \"und-x-icu\"))");
            Kind::Int
        }
        "NOW" => {
            count(0, 0)?;
            let now = crate::clock::stored(cx.now());
            out.bind(Kind::DateTime, Scalar::Text(now.into()));
            Kind::DateTime
        }
        "MONTH" | "YEAR" | "QUARTER" | "MONTHNAME" => {
            count(1, 1)?;
            let (arg, kind) = argument(cx, scope, args[0], depth)?;
            dates::part(name, arg, kind, &mut out)?
        }
        "EXTRACT" => {
            count(2, 2)?;
            let part = args[0]
                .as_str()
                .unwrap_or("")
                .trim_matches(['\'', '"'])
                .to_ascii_uppercase();
            let (arg, kind) = argument(cx, scope, args[1], depth)?;
            if part == "MONTHNAME" {
                return Err(invalid("EXTRACT takes no MONTHNAME"));
            }
            dates::part(&part, arg, kind, &mut out)?
        }
        "ADD" | "SUB" | "MUL" | "DIV" => {
            count(2, 2)?;
            let (first, kind) = argument(cx, scope, args[0], depth)?;
            let (second, other) = argument(cx, scope, args[1], depth)?;
            number(name, kind)?;
            number(name, other)?;
            // As doubles nothing overflows, and nothing is divided by zero.
            out.sql("(CAST(").append(first).sql(" AS DOUBLE PRECISION)");
            out.sql(match name {
                "ADD" => " + CAST(",
                "SUB" => " - CAST(",
                "MUL" => " * CAST(",
                _ => " / nullif(CAST(",
            });
            out.append(second).sql(if name == "DIV" {
                " AS DOUBLE PRECISION), 0))"
            } else {
                " AS DOUBLE PRECISION))"
            });
            Kind::Float
        }
        _ => return Err(invalid(format!("Unsupported function or operator: {name}"))),
    };
    Ok((out, kind))
}

/// Whether a kind is one of numbers.
fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Check | Kind::Float)
}

fn number(function: &str, kind: Kind) -> Result<()> {
    if is_number(kind) {
        Ok(())
    } else {
        Err(invalid(format!("{function} takes a number")))
    }
}

fn argument(cx: &mut Cx, scope: &mut Scope, value: &Value, depth: usize) -> Result<(Query<'static>, Kind)> {
    let mut out = Query::new();
    Ok(match value {
        Value::Number(number) => {
            match number.as_i64() {
                Some(int) => out.bind(Kind::Int, Scalar::Int(int)),
                None => out.bind(Kind::Float, Scalar::Float(number.as_f64().unwrap_or(0.0))),
            };
            (out, Kind::Float)
        }
        Value::String(text) => {
            let quoted = text.strip_prefix('\'').and_then(|inner| inner.strip_suffix('\''));
            if let Some(literal) =
                quoted.or_else(|| text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')))
            {
                out.text(literal.to_owned());
                return Ok((out, Kind::Text));
            }
            let name = Name::parse(text)
                .ok_or_else(|| invalid(format!("Invalid argument of a function: {text}")))?;
            let reference = scope.resolve(cx, &name)?.ok_or_else(|| unknown_field(text))?;
            scope.check_shown(cx, &reference)?;
            reference.shown(scope.masks(cx, &reference))
        }
        Value::Object(object) => {
            let mut calls = object.iter();
            let (Some((name, args)), None) = (calls.next(), calls.next()) else {
                return Err(invalid("A nested function has one name and its arguments"));
            };
            call(cx, scope, name, args, depth + 1)?
        }
        _ => {
            return Err(invalid(
                "Arguments of functions are fields, numbers, quoted texts or functions",
            ));
        }
    })
}
