//! Filters as API v2 takes them: what v1 takes, and names alone, two-part conditions, and groups tied by and, or.
//!
//! Source: spec/framework-data.md §5.3.3, the column of v2.

use serde_json::Value;

use super::filters::{condition, list_form, object_form, resolve};
use super::scope::Scope;
use crate::cx::Cx;
use crate::db::Query;
use crate::error::{Result, invalid};

/// The conditions of a filter argument, each a SQL expression.
pub(super) fn parse(cx: &mut Cx, scope: &mut Scope, filters: &Value) -> Result<Vec<Query<'static>>> {
    match filters {
        Value::Null => Ok(Vec::new()),
        Value::Object(_) => item(cx, scope, filters),
        Value::Array(list) if list.is_empty() => Ok(Vec::new()),
        // Scalars alone are names.
        Value::Array(list) if list.iter().all(is_scalar) => Ok(vec![named(cx, scope, "in", filters)?]),
        Value::Array(list) => match tied(list) {
            Some(list) => Ok(vec![group(cx, scope, list)?]),
            None => {
                let mut all = Vec::new();
                for one in list {
                    all.append(&mut item(cx, scope, one)?);
                }
                Ok(all)
            }
        },
        scalar => Ok(vec![named(cx, scope, "=", scalar)?]),
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}

/// A condition on the name.
fn named(cx: &mut Cx, scope: &mut Scope, operator: &str, value: &Value) -> Result<Query<'static>> {
    let reference = resolve(cx, scope, "name")?;
    condition(cx, &reference, operator, value, scope.compat)
}

/// One item of a list of filters.
fn item(cx: &mut Cx, scope: &mut Scope, item: &Value) -> Result<Vec<Query<'static>>> {
    let mut out = Vec::new();
    match item {
        Value::Object(object) => object_form(cx, scope, object, &mut out)?,
        Value::Array(parts) => match (tied(parts), parts.as_slice()) {
            (Some(inner), _) => out.push(group(cx, scope, inner)?),
            (None, [Value::String(field), value]) => {
                let reference = resolve(cx, scope, field)?;
                out.push(condition(cx, &reference, "=", value, scope.compat)?);
            }
            // A list around one condition is a group of one.
            (None, [one @ Value::Array(_)]) => out.push(member(cx, scope, one)?),
            (None, [Value::Array(_), ..]) => {
                return Err(invalid(
                    "Between the conditions of a group of filters stands 'and' or 'or'",
                ));
            }
            (None, parts) => list_form(cx, scope, parts, &mut out)?,
        },
        Value::Null => return Err(invalid("Filters must be lists or objects, not null")),
        word if tie(word).is_some() => {
            return Err(invalid("'and' and 'or' stand between two conditions"));
        }
        scalar => out.push(named(cx, scope, "=", scalar)?),
    }
    Ok(out)
}

/// The parts of a group, `[condition, "and" or "or", condition ..]`, also where a list of its own is put around it;
/// `None` for anything else.
fn tied(list: &[Value]) -> Option<&[Value]> {
    if let [Value::Array(inner)] = list {
        return tied(inner);
    }
    let ties = list.iter().skip(1).step_by(2);
    let odd = list.len() >= 3 && list.len() % 2 == 1;
    (odd && list[0].as_str().is_none() && ties.clone().all(|word| tie(word).is_some())).then_some(list)
}

fn tie(word: &Value) -> Option<&'static str> {
    let word = word.as_str()?;
    if word.eq_ignore_ascii_case("and") {
        Some(" AND ")
    } else if word.eq_ignore_ascii_case("or") {
        Some(" OR ")
    } else {
        None
    }
}

/// A group, read strictly from left to right: neither word binds closer.
fn group(cx: &mut Cx, scope: &mut Scope, list: &[Value]) -> Result<Query<'static>> {
    let mut whole: Option<Query<'static>> = None;
    let mut word = " AND ";
    for (i, part) in list.iter().enumerate() {
        if i % 2 == 1 {
            word = tie(part).unwrap_or(" AND ");
            continue;
        }
        let one = member(cx, scope, part)?;
        whole = Some(match whole {
            None => one,
            Some(before) => {
                let mut both = Query::new();
                both.sql("(").append(before).sql(word).append(one).sql(")");
                both
            }
        });
    }
    whole.ok_or_else(|| invalid("A group of filters is empty"))
}

/// A member of a group as one expression.
fn member(cx: &mut Cx, scope: &mut Scope, part: &Value) -> Result<Query<'static>> {
    let conditions = item(cx, scope, part)?;
    if conditions.is_empty() {
        return Err(invalid("A group of filters is empty"));
    }
    let mut out = Query::new();
    out.sql("(");
    for (i, condition) in conditions.into_iter().enumerate() {
        if i > 0 {
            out.sql(" AND ");
        }
        out.append(condition);
    }
    out.sql(")");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parts(value: &Value) -> Option<usize> {
        tied(value.as_array().unwrap()).map(<[Value]>::len)
    }

    #[test]
    fn groups_are_told_from_lists() {
        let (a, b) = (json!(["a", "=", 1]), json!(["b", "=", 2]));

        assert_eq!(parts(&json!([a, "or", b])), Some(3));
        assert_eq!(parts(&json!([[a, "AND", b]])), Some(3));
        assert_eq!(parts(&json!([[a, "or", b], "and", a])), Some(3));
        assert_eq!(parts(&json!([a, b])), None);
        assert_eq!(parts(&json!([a])), None);
        assert_eq!(parts(&json!(["status", "or", "Open"])), None);
        assert_eq!(parts(&json!([a, "xor", b])), None);
    }
}
