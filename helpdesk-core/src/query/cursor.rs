//! Pages that go on behind the last row seen, whatever was inserted before it meanwhile (design/data-layer.md §5).
//!
//! A cursor is an encrypted, signed text: the last row's name and its value in the column sorted by, with a digest of
//! what was asked. It says nothing to who holds it, can't be made up, and fits no other request.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::fields::{Item, Selection};
use super::scope::{Name, Reference, Scope, no_field};
use super::{ListRequest, compile, order, rows_of};
use crate::args::Args;
use crate::cx::Cx;
use crate::db::{Query, Scalar};
use crate::doctype::meta::Meta;
use crate::doctype::permissions;
use crate::error::{Error, Result, invalid};
use crate::secret;

/// Most rows of a page.
const MOST: u64 = 1_000;
/// Keys under which a row has its place until it is cut off; no field has such a name.
const PLACE: [&str; 2] = ["\u{0}value", "\u{0}name"];

/// Rows of one page, and the cursor of the next; `None` behind the last.
#[derive(Debug)]
pub struct Page {
    /// The rows, as objects.
    pub rows: Vec<Map<String, Value>>,
    /// Ask for the next page with it.
    pub next: Option<String>,
}

/// How a list goes on behind a row.
#[derive(Clone, Debug, Default)]
pub struct Keyset {
    /// Value in the column sorted by, and name, of the last row seen; `None`: from the beginning.
    last: Option<(Value, Value)>,
}

/// The argument `cursor` of a request; `None` where the caller asks for no pages by cursor.
///
/// # Errors
/// 417 for anything but a text.
pub fn argument(args: &Args) -> Result<Option<String>> {
    match args.get("cursor") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor.trim().to_owned())),
        Some(other) => Err(invalid(format!("Argument 'cursor' must be a text, not {other}"))),
    }
}

/// The page behind a cursor; an empty cursor is the beginning.
///
/// The list is sorted by one of the DocType's own columns (`order_by`; the name where there is none) and then by name,
/// both the same way. `length` is the number of rows at most, `start` has no meaning.
///
/// # Errors
/// 417 for a cursor that is forged or of another request, for lists that have no such order (several columns, columns
/// of other DocTypes, groups), and for more than 1000 rows; and as [`super::list`].
pub fn page(cx: &mut Cx, request: &ListRequest, cursor: &str) -> Result<Page> {
    let length = match request.length {
        Some(length) if (1..=MOST).contains(&length) => length,
        _ => return Err(invalid(format!("A page by cursor has 1 to {MOST} rows"))),
    };
    if request.start > 0 || !request.group_by.trim().is_empty() {
        return Err(invalid("A cursor goes neither with a start nor with groups"));
    }
    let asked = asked(request);
    let last = if cursor.is_empty() {
        None
    } else {
        Some(opened(cx, cursor, &asked)?)
    };
    let request = ListRequest {
        length: Some(length.saturating_add(1)),
        keyset: Some(Keyset { last }),
        ..request.clone()
    };
    let meta = permissions::meta_of(cx, &request.doctype)?;
    let (query, selection) = compile(cx, &meta, &request)?;
    if request.debug {
        super::debug(cx, &query);
    }
    let mut rows = rows_of(cx, query, &meta, &selection, &request)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let is_last = rows.len() <= length;
    rows.truncate(length);
    let mut place = None;
    for row in &mut rows {
        let [value, name] = PLACE.map(|key| row.shift_remove(key).unwrap_or_default());
        place = Some((value, name));
    }
    let next = match place.filter(|_| !is_last) {
        Some((value, name)) => Some(sealed(cx, &asked, &value, &name)?),
        None => None,
    };
    Ok(Page { rows, next })
}

/// A digest of what decides which rows come in which order.
fn asked(request: &ListRequest) -> String {
    secret::digest(
        &json!([
            request.doctype.to_lowercase(),
            request.filters,
            request.or_filters,
            request.order_by.trim().to_lowercase(),
            request.parent,
            request.compat,
        ])
        .to_string(),
    )
}

fn sealed(cx: &Cx, asked: &str, value: &Value, name: &Value) -> Result<String> {
    // As bits: a float's digits may be read as its neighbour.
    let value = match value.as_f64().filter(|_| value.is_f64()) {
        Some(float) => json!({ "bits": float.to_bits() }),
        None => value.clone(),
    };
    let seconds = u64::try_from(cx.site().clock.timestamp().as_second()).unwrap_or(0);
    cx.site()
        .cursor_key
        .encrypt(&json!([asked, value, name]).to_string(), seconds)
        .ok_or_else(|| Error::internal("the operating system gives no random bytes"))
}

fn opened(cx: &Cx, cursor: &str, asked: &str) -> Result<(Value, Value)> {
    let refuse = || invalid("The cursor is none of this list: begin anew with an empty one");
    let text = cx.site().cursor_key.decrypt(cursor).ok_or_else(refuse)?;
    let Ok([of, value, name]) = serde_json::from_str::<[Value; 3]>(&text) else {
        return Err(refuse());
    };
    if of != asked {
        return Err(refuse());
    }
    let value = match value.get("bits").and_then(Value::as_u64) {
        Some(bits) => Value::from(f64::from_bits(bits)),
        None => value,
    };
    Ok((value, name))
}

impl Keyset {
    /// Adds the row's place to the selection and the condition of the page; returns the order.
    pub(super) fn apply(
        &self,
        cx: &mut Cx,
        scope: &mut Scope,
        selection: &mut Selection,
        conditions: &mut Vec<Query<'static>>,
        order_by: &str,
    ) -> Result<Query<'static>> {
        if selection.items.iter().any(|item| item.aggregate) {
            return Err(invalid("A cursor goes with rows, not with sums over them"));
        }
        let (column, descending) = sorted_by(cx, scope, order_by)?;
        if scope.has_child_join() {
            return Err(invalid("A cursor does not go with fields of child rows"));
        }
        let name = scope.main_column(0);
        for (key, column) in PLACE.into_iter().zip([&column, &name]) {
            let mut expression = Query::new();
            column.write(&mut expression);
            selection.items.push(Item::hidden(key, expression));
        }
        if let Some((value, last)) = &self.last {
            let mut condition = Query::new();
            behind(cx, &mut condition, (&column, value), (&name, last), descending);
            conditions.push(condition);
        }
        let direction = if descending { " DESC" } else { " ASC" };
        let mut out = Query::new();
        if column.index != name.index {
            column.write(&mut out);
            out.sql(direction).sql(", ");
        }
        name.write(&mut out);
        out.sql(direction);
        Ok(out)
    }
}

/// The column of an `order_by`, and whether it goes down.
fn sorted_by(cx: &mut Cx, scope: &mut Scope, text: &str) -> Result<(Reference, bool)> {
    let text = text.trim();
    if text.is_empty() {
        return Ok((scope.main_column(0), false));
    }
    let mut items = text.split(',').map(str::trim);
    let (field, descending) = order::direction(items.next().unwrap_or(""));
    let descending = descending.unwrap_or(!scope.compat);
    let is_name = |item: &str| {
        let (field, way) = order::direction(item);
        field == "name" && way.unwrap_or(!scope.compat) == descending
    };
    let one =
        || invalid("A list by cursor is sorted by one field of its DocType, with the name behind it at most");
    // Who names the order that there is anyway is right.
    if items.next().is_some_and(|item| !is_name(item)) || items.next().is_some() {
        return Err(one());
    }
    let name = Name::parse(field).ok_or_else(one)?;
    let reference = scope
        .resolve(cx, &name)?
        .ok_or_else(|| no_field(&scope.meta.name, &name.field))?;
    scope.check_shown(cx, &reference)?;
    if reference.alias != "t" {
        return Err(one());
    }
    Ok((reference, descending))
}

/// Rows behind one: those whose value comes later, and of the same value those whose name does. Where nulls stand is each
/// database's own way: first of all on SQLite, last on PostgreSQL.
fn behind(
    cx: &mut Cx,
    out: &mut Query<'static>,
    (column, value): (&Reference, &Value),
    (name, last): (&Reference, &Value),
    descending: bool,
) {
    let (further, at_least) = if descending {
        (" < ", " <= ")
    } else {
        (" > ", " >= ")
    };
    let compare = |out: &mut Query<'static>, column: &Reference, sign: &'static str, value: &Value| {
        column.write(out);
        out.sql(sign).bind(column.column().kind, scalar(value));
    };
    if column.index == name.index {
        compare(out, name, further, last);
        return;
    }
    let nulls_are_least = !cx.db().is_postgres();
    let nulls_come_later = nulls_are_least == descending && can_be_null(&column.meta, column.index);
    if value.is_null() {
        out.sql("(");
        if !nulls_come_later {
            column.write(out);
            out.sql(" IS NOT NULL OR ");
        }
        out.sql("(");
        column.write(out);
        out.sql(" IS NULL AND ");
        compare(out, name, further, last);
        out.sql("))");
        return;
    }
    // The first half is what an index is entered by.
    out.sql("((");
    compare(out, column, at_least, value);
    out.sql(" AND (");
    compare(out, column, further, value);
    out.sql(" OR ");
    compare(out, name, further, last);
    out.sql("))");
    if nulls_come_later {
        out.sql(" OR ");
        column.write(out);
        out.sql(" IS NULL");
    }
    out.sql(")");
}

/// Whether documents may have nothing in a column.
fn can_be_null(meta: &Arc<Meta>, index: usize) -> bool {
    let column = &meta.columns[index];
    !matches!(column.name.as_str(), "name" | "creation" | "modified")
}

fn scalar(value: &Value) -> Scalar<'static> {
    match value {
        Value::String(text) => Scalar::Text(text.clone().into()),
        Value::Number(number) => match number.as_i64() {
            Some(int) => Scalar::Int(int),
            None => number.as_f64().map_or(Scalar::Null, Scalar::Float),
        },
        Value::Bool(yes) => Scalar::Int(i64::from(*yes)),
        Value::Null | Value::Array(_) | Value::Object(_) => Scalar::Null,
    }
}
