//! Lists and counts of documents as clients ask for them: fields, filters, order, pages.
//!
//! Source: spec/framework-data.md §5.3. The rules are those of the v1 entry points ("compatibility mode"), unless a
//! request turns that off.

pub mod cursor;
mod dates;
mod fields;
mod filters;
mod functions;
mod groups;
mod order;
pub mod prepared;
mod scope;
mod timespan;

use std::sync::Arc;

use serde_json::{Map, Value};

use self::cursor::Keyset;
use self::fields::{Item, Selection};
use self::scope::Scope;
use crate::cx::Cx;
use crate::db::{JsonColumn, Kind, Query, RowForm, Scalar};
use crate::doctype::masks;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::{self, Access};
use crate::doctype::predicate::Predicate;
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::reply::{HEADROOM, Reply};

/// What a list is asked for.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// DocType listed.
    pub doctype: String,
    /// Field expressions; empty: names.
    pub fields: Vec<Value>,
    /// All must hold: an object, or a list of conditions.
    pub filters: Value,
    /// One must hold.
    pub or_filters: Value,
    /// Fields to group by, separated by commas.
    pub group_by: String,
    /// Fields to sort by, each with an optional direction.
    pub order_by: String,
    /// Rows to skip.
    pub start: u64,
    /// Rows at most; `None`: all.
    pub length: Option<u64>,
    /// DocType the child rows belong to.
    pub parent: Option<String>,
    /// Rows as objects, else as arrays.
    pub as_dict: bool,
    /// Link fields whose documents are put in place of their names.
    pub expand: Vec<String>,
    /// Conditions of code: they may be about fields the caller can't filter by.
    pub also: Vec<Predicate>,
    /// Put names that hold this text early first, before the order asked for: for searches.
    pub near: String,
    /// Put the statement's text into the debug messages.
    pub debug: bool,
    /// No permission is checked: for code, never for a request.
    pub ignore_permissions: bool,
    /// Go on behind a row: what [`cursor::page`] sets.
    pub keyset: Option<Keyset>,
    /// v1's rules: null counts as empty, only its filter forms, ascending unless said. Off for API v2.
    pub compat: bool,
}

impl Default for ListRequest {
    fn default() -> ListRequest {
        ListRequest {
            doctype: String::new(),
            fields: Vec::new(),
            filters: Value::Null,
            or_filters: Value::Null,
            group_by: String::new(),
            order_by: String::new(),
            start: 0,
            length: None,
            parent: None,
            as_dict: false,
            expand: Vec::new(),
            also: Vec::new(),
            near: String::new(),
            debug: false,
            ignore_permissions: false,
            keyset: None,
            compat: true,
        }
    }
}

impl ListRequest {
    /// A list of a DocType's names, as objects, without a limit.
    pub fn of(doctype: impl Into<String>) -> ListRequest {
        ListRequest {
            doctype: doctype.into(),
            as_dict: true,
            ..ListRequest::default()
        }
    }
}

/// The list as a JSON array, ready for an envelope.
///
/// # Errors
/// 403 and 417 as the contract's tables say.
pub fn list(cx: &mut Cx, request: &ListRequest) -> Result<Reply> {
    let meta = permissions::meta_of(cx, &request.doctype)?;
    let (query, selection) = compile(cx, &meta, request)?;
    if request.debug {
        debug(cx, &query);
    }
    let expands = selection
        .items
        .iter()
        .any(|item| request.expand.contains(&item.key) && item.link.is_some());
    if !selection.children.is_empty() || expands {
        let rows = rows_of(cx, query, &meta, &selection, request)?;
        return Ok(Reply::json(&shaped(rows, &selection, request.as_dict))?);
    }
    let columns: Vec<JsonColumn<'_>> = selection
        .items
        .iter()
        .map(|item| JsonColumn {
            key: &item.json_key,
            kind: item.kind,
        })
        .collect();
    let mut out = Vec::with_capacity(4096);
    out.resize(HEADROOM, b' ');
    out.push(b'[');
    cx.db().json_rows(
        query,
        &columns,
        if request.as_dict {
            RowForm::Object
        } else {
            RowForm::Array
        },
        &mut out,
    )?;
    out.push(b']');
    Ok(Reply::Json(out))
}

/// The list as values, for code.
///
/// # Errors
/// As [`list`].
pub fn list_values(cx: &mut Cx, request: &ListRequest) -> Result<Vec<Map<String, Value>>> {
    let meta = permissions::meta_of(cx, &request.doctype)?;
    let (query, selection) = compile(cx, &meta, request)?;
    rows_of(cx, query, &meta, &selection, request)
}

/// How many documents the filters let through, of those the caller may list; counting stops at the request's length.
///
/// # Errors
/// As [`list`].
pub fn count(cx: &mut Cx, request: &ListRequest) -> Result<i64> {
    let meta = permissions::meta_of(cx, &request.doctype)?;
    let mut scope = Scope::new(cx, &meta, request)?;
    let conditions = conditions(cx, &mut scope, request)?;
    let mut query = Query::new();
    query.sql(match (request.length, scope.has_child_join()) {
        (None, true) => "SELECT count(DISTINCT \"t\".\"name\")",
        (None, false) => "SELECT count(*)",
        (Some(_), true) => "SELECT count(*) FROM (SELECT DISTINCT \"t\".\"name\"",
        (Some(_), false) => "SELECT count(*) FROM (SELECT 1 AS one",
    });
    scope.write_from(&mut query);
    write_where(&mut query, conditions);
    if let Some(length) = request.length {
        query.sql(" LIMIT ").number(length).sql(") AS capped").forget();
    }
    if request.debug {
        debug(cx, &query);
    }
    cx.db().count(query)
}

fn debug(cx: &mut Cx, query: &Query<'_>) {
    let messages = cx
        .db()
        .out
        .side
        .entry("_debug_messages")
        .or_insert_with(|| Value::from("[]"));
    let mut texts: Vec<String> = messages
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    texts.push(query.shown());
    *messages = Value::from(Value::from(texts).to_string());
}

fn compile(cx: &mut Cx, meta: &Arc<Meta>, request: &ListRequest) -> Result<(Query<'static>, Selection)> {
    let mut scope = Scope::new(cx, meta, request)?;
    let mut selection = fields::parse(cx, &mut scope, &request.fields)?;
    if !selection.children.is_empty() && !selection.items.iter().any(|item| item.key == "name") {
        let name = scope.main_column(0);
        selection.items.push(Item::column(cx, &scope, &name, None));
        selection.added_name = true;
    }
    let mut conditions = conditions(cx, &mut scope, request)?;
    let grouping = order::group_by(cx, &mut scope, &selection, &request.group_by)?;
    let order = match &request.keyset {
        Some(keyset) => {
            Some(keyset.apply(cx, &mut scope, &mut selection, &mut conditions, &request.order_by)?)
        }
        None => order::order_by(cx, &mut scope, &selection, &request.order_by, &grouping)?,
    };

    let mut query = Query::new();
    query.sql("SELECT ");
    for (i, item) in selection.items.iter().enumerate() {
        if i > 0 {
            query.sql(", ");
        }
        query.append(grouping.folded(item.expression.clone(), item.aggregate));
        if item.aliased {
            query.sql(" AS ").ident(item.key.clone());
        }
    }
    scope.write_from(&mut query);
    write_where(&mut query, conditions);
    if !grouping.query.is_empty() {
        query.sql(" GROUP BY ").append(grouping.query);
    }
    if !request.near.is_empty() {
        query.sql(" ORDER BY ").append(nearness(&scope, &request.near));
    }
    if let Some(order) = order {
        query
            .sql(if request.near.is_empty() {
                " ORDER BY "
            } else {
                ", "
            })
            .append(order);
    }
    write_page(&mut query, request);
    Ok((query, selection))
}

/// Where `text` begins in the name, regardless of case; names without it come last.
fn nearness(scope: &Scope, text: &str) -> Query<'static> {
    let mut query = Query::new();
    // The collation of names folds case, and PostgreSQL finds no parts of texts by such ones.
    query
        .sql("coalesce(nullif(")
        .either("instr", "strpos")
        .sql("(lower(CAST(");
    scope.main_column(0).write(&mut query);
    query
        .sql(" AS TEXT)")
        .either("", " COLLATE \"und-x-icu\"")
        .sql("), lower(CAST(")
        .text(text.to_owned())
        .sql(" AS TEXT))), 0), 99999)");
    query
}

/// LIMIT and OFFSET as literals; only common lengths keep their prepared form.
fn write_page(query: &mut Query<'static>, request: &ListRequest) {
    let Some(length) = request.length else {
        if request.start > 0 {
            query
                .sql(" LIMIT ")
                .number(i64::MAX.unsigned_abs())
                .sql(" OFFSET ")
                .number(request.start)
                .forget();
        }
        return;
    };
    query.sql(" LIMIT ").number(length);
    if !matches!(length, 1 | 5 | 10 | 20 | 21 | 50 | 100 | 500) {
        query.forget();
    }
    if request.start > 0 {
        query.sql(" OFFSET ").number(request.start).forget();
    }
}

/// All conditions of a list: the caller's filters, and what the caller may see.
fn conditions(cx: &mut Cx, scope: &mut Scope, request: &ListRequest) -> Result<Vec<Query<'static>>> {
    let read = if request.compat {
        filters::parse
    } else {
        groups::parse
    };
    let mut all = read(cx, scope, &request.filters)?;
    let any = read(cx, scope, &request.or_filters)?;
    if !any.is_empty() {
        let mut either = Query::new();
        either.sql("(");
        for (i, condition) in any.into_iter().enumerate() {
            if i > 0 {
                either.sql(" OR ");
            }
            either.append(condition);
        }
        either.sql(")");
        all.push(either);
    }
    all.extend(request.also.iter().map(|condition| condition.to_sql("t")));
    if !request.ignore_permissions {
        if let Some(rule) = scope.child_rule.take() {
            all.push(rule);
        }
        if scope.rule != Predicate::All {
            all.push(scope.rule.to_sql("t"));
        }
        all.append(&mut scope.join_rules);
    }
    Ok(all)
}

fn write_where(query: &mut Query<'static>, conditions: Vec<Query<'static>>) {
    for (i, condition) in conditions.into_iter().enumerate() {
        query
            .sql(if i == 0 { " WHERE " } else { " AND " })
            .append(condition);
    }
}

/// Rows as objects, child rows and expanded links included.
fn rows_of(
    cx: &mut Cx,
    query: Query<'static>,
    meta: &Arc<Meta>,
    selection: &Selection,
    request: &ListRequest,
) -> Result<Vec<Map<String, Value>>> {
    let kinds: Vec<Kind> = selection.items.iter().map(|item| item.kind).collect();
    let mut rows = as_objects(cx.db().rows(query, &kinds)?.into_iter(), selection);
    complete(cx, &mut rows, meta, selection, request)?;
    Ok(rows)
}

fn as_objects(
    rows: impl Iterator<Item = Vec<Scalar<'static>>>,
    selection: &Selection,
) -> Vec<Map<String, Value>> {
    rows.map(|cells| {
        selection
            .items
            .iter()
            .zip(cells)
            .map(|(item, cell)| (item.key.clone(), cell.to_json(item.kind)))
            .collect()
    })
    .collect()
}

/// Puts child rows and linked documents into rows.
fn complete(
    cx: &mut Cx,
    rows: &mut [Map<String, Value>],
    meta: &Arc<Meta>,
    selection: &Selection,
    request: &ListRequest,
) -> Result<()> {
    for child in &selection.children {
        attach_children(cx, meta, child, rows)?;
    }
    for item in &selection.items {
        if let Some(target) = item.link.as_ref().filter(|_| request.expand.contains(&item.key)) {
            expand(cx, target, &item.key, rows)?;
        }
    }
    if selection.added_name {
        for row in rows {
            row.shift_remove("name");
        }
    }
    Ok(())
}

fn attach_children(
    cx: &mut Cx,
    meta: &Arc<Meta>,
    child: &fields::Children,
    rows: &mut [Map<String, Value>],
) -> Result<()> {
    for row in rows.iter_mut() {
        row.insert(child.key.clone(), Value::Array(Vec::new()));
    }
    let names: Vec<Value> = rows.iter().filter_map(|row| row.get("name").cloned()).collect();
    if names.is_empty() {
        return Ok(());
    }
    let mut query = Query::new();
    let mut kinds = vec![Kind::Text];
    query.sql("SELECT parent");
    for index in &child.columns {
        let column = &child.meta.columns[*index];
        query.sql(", ").ident(column.name.clone());
        kinds.push(column.kind);
    }
    query
        .sql(" FROM ")
        .ident(child.meta.table.clone())
        .sql(" WHERE parenttype = ")
        .text(meta.name.clone());
    query
        .sql(" AND parentfield = ")
        .text(child.field.clone())
        .sql(" AND parent IN (");
    let padded = names.len().next_power_of_two();
    for i in 0..padded {
        if i > 0 {
            query.sql(", ");
        }
        let name = names.get(i).unwrap_or(&names[names.len() - 1]);
        query.text(name.as_str().map_or_else(|| name.to_string(), str::to_owned));
    }
    query.sql(") ORDER BY idx");
    for cells in cx.db().rows(query, &kinds)? {
        let mut cells = cells.into_iter();
        let Some(Scalar::Text(parent)) = cells.next() else {
            continue;
        };
        let object: Map<String, Value> = child
            .columns
            .iter()
            .zip(cells)
            .map(|(index, cell)| {
                let column = &child.meta.columns[*index];
                let value = cell.to_json(column.kind);
                let shown = match child.meta.field_of(column) {
                    Some(field) if field.mask && child.masks => masks::masked(field, &value),
                    _ => value,
                };
                (column.name.clone(), shown)
            })
            .collect();
        for row in rows.iter_mut() {
            let is_parent = match row.get("name") {
                Some(Value::String(name)) => name.eq_ignore_ascii_case(&parent),
                Some(Value::Number(name)) => name.as_i64().is_some_and(|name| parent.parse() == Ok(name)),
                _ => false,
            };
            if is_parent && let Some(Value::Array(list)) = row.get_mut(&child.key) {
                list.push(Value::Object(object.clone()));
            }
        }
    }
    Ok(())
}

/// Puts the bare rows of linked documents in place of their names (nulls kept, no `doctype`, no child tables).
fn expand(cx: &mut Cx, target: &Arc<Meta>, key: &str, rows: &mut [Map<String, Value>]) -> Result<()> {
    let access = Access::of(target, cx.session());
    for row in rows {
        let Some(Value::String(name)) = row.get(key) else {
            continue;
        };
        let Some(mut doc) = crate::doctype::storage::load(cx, target, &name.clone())? else {
            continue;
        };
        permissions::require(cx, target, &doc, permissions::Right::Read)?;
        permissions::hide_fields(target, access, &mut doc);
        row.insert(key.to_owned(), Value::Object(bare_row(&doc)));
    }
    Ok(())
}

/// The columns of a document's own row.
pub fn bare_row(doc: &crate::doctype::document::Document) -> Map<String, Value> {
    let meta = doc.meta();
    meta.columns
        .iter()
        .filter(|column| column.in_document)
        .map(|column| (column.name.clone(), doc.get(&column.name).clone()))
        .collect()
}

fn shaped(rows: Vec<Map<String, Value>>, selection: &Selection, as_dict: bool) -> Value {
    if as_dict {
        return Value::from(rows.into_iter().map(Value::Object).collect::<Vec<_>>());
    }
    let keys: Vec<&String> = selection.order.iter().collect();
    Value::from(
        rows.into_iter()
            .map(|row| {
                Value::from(
                    keys.iter()
                        .map(|key| row.get(*key).cloned().unwrap_or_default())
                        .collect::<Vec<_>>(),
                )
            })
            .collect::<Vec<_>>(),
    )
}

/// A page length as clients send it: a number or text; text that is none counts as 0, and 0 means all.
///
/// # Errors
/// 417 for a negative one.
pub fn page_length(value: Option<&Value>, default: u64) -> Result<Option<u64>> {
    let number = match value {
        None | Some(Value::Null) => return Ok(Some(default)),
        Some(value) => crate::doctype::value::lenient_int(value),
    };
    match u64::try_from(number) {
        Ok(0) => Ok(None),
        Ok(length) => Ok(Some(length)),
        Err(_) => Err(Error::new(
            ErrorKind::ValidationError,
            "Limit must be a non-negative integer",
        )),
    }
}

/// Rows to skip, as clients send it.
///
/// # Errors
/// 417 for a negative number.
pub fn page_start(value: Option<&Value>) -> Result<u64> {
    let number = value.map_or(0, crate::doctype::value::lenient_int);
    u64::try_from(number).map_err(|_| {
        Error::new(
            ErrorKind::ValidationError,
            "Offset must be a non-negative integer",
        )
    })
}

/// JSON text a client sent for an argument that may be text or the value itself.
///
/// # Errors
/// 417 naming the argument.
pub fn json_argument(name: &str, value: Option<&Value>) -> Result<Value> {
    match value {
        None => Ok(Value::Null),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Value::Null),
        Some(Value::String(text)) => serde_json::from_str(text)
            .map_err(|error| invalid(format!("Argument '{name}' is not valid JSON: {error}"))),
        Some(value) => Ok(value.clone()),
    }
}
