//! Field expressions of a list.
//!
//! Source: spec/framework-data.md §5.3.2.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::functions;
use super::scope::{Name, Reference, Scope, unknown_field};
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::doctype::field::FieldType;
use crate::doctype::masks;
use crate::doctype::meta::Meta;
use crate::error::{Error, ErrorKind, Result, forbidden};

/// One selected expression.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Key in the row.
    pub(super) key: String,
    /// `"key":` as bytes.
    pub(super) json_key: Box<[u8]>,
    /// What it yields.
    pub(super) kind: Kind,
    /// The SQL.
    pub(super) expression: Query<'static>,
    /// Folds many rows into one.
    pub(super) aggregate: bool,
    /// Named by `AS` in the SQL.
    pub(super) aliased: bool,
    /// Target of a link column of the listed DocType.
    pub(super) link: Option<Arc<Meta>>,
}

impl Item {
    pub(super) fn column(cx: &Cx, scope: &Scope, reference: &Reference, alias: Option<&str>) -> Item {
        let (expression, kind) = reference.shown(scope.masks(cx, reference));
        let key = alias.unwrap_or(&reference.column().name).to_owned();
        Item::new(key, kind, expression, alias.is_some())
    }

    /// A column that is read as it is stored, and is none of the answer's.
    pub(super) fn hidden(key: &str, expression: Query<'static>) -> Item {
        Item::new(key.to_owned(), Kind::Text, expression, false)
    }

    fn new(key: String, kind: Kind, expression: Query<'static>, aliased: bool) -> Item {
        let mut json_key = Vec::with_capacity(key.len() + 3);
        crate::db::json::write_str(&key, &mut json_key);
        json_key.push(b':');
        Item {
            key,
            json_key: json_key.into(),
            kind,
            expression,
            aliased,
            aggregate: false,
            link: None,
        }
    }
}

/// Child rows asked for as a nested list.
#[derive(Clone, Debug)]
pub(super) struct Children {
    /// Key in the row.
    pub(super) key: String,
    /// Table field.
    pub(super) field: String,
    /// DocType of the rows.
    pub(super) meta: Arc<Meta>,
    /// Columns of the rows.
    pub(super) columns: Vec<usize>,
    /// Masked values are masked.
    pub(super) masks: bool,
}

/// All that a list selects.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub(super) items: Vec<Item>,
    pub(super) children: Vec<Children>,
    /// Keys in the order asked, for rows as arrays.
    pub(super) order: Vec<String>,
    /// `name` was added for the child rows' sake.
    pub(super) added_name: bool,
}

impl Selection {
    fn push(&mut self, item: Item) {
        if self.items.iter().any(|known| known.key == item.key) {
            return;
        }
        self.order.push(item.key.clone());
        self.items.push(item);
    }
}

/// Reads the field expressions of a request; none means the name alone.
pub(super) fn parse(cx: &mut Cx, scope: &mut Scope, fields: &[Value]) -> Result<Selection> {
    let mut selection = Selection::default();
    for field in fields {
        match field {
            Value::String(text) => text_field(cx, scope, text, &mut selection)?,
            Value::Object(object) => object_field(cx, scope, object, &mut selection)?,
            other => return Err(format_error(&other.to_string())),
        }
    }
    if selection.items.is_empty() && selection.children.is_empty() {
        let name = scope.main_column(0);
        selection.push(Item::column(cx, scope, &name, None));
    }
    Ok(selection)
}

fn format_error(text: &str) -> Error {
    forbidden(format!(
        "Invalid field format for SELECT: {text}. Field names must be simple, backticked, table-qualified, aliased, or '*'."
    ))
}

fn text_field(cx: &mut Cx, scope: &mut Scope, text: &str, selection: &mut Selection) -> Result<()> {
    let text = text.trim();
    if text == "*"
        || text
            .strip_suffix(".*")
            .is_some_and(|table| table.trim_matches('`') == scope.meta.table)
    {
        for index in 0..scope.meta.columns.len() {
            // The side columns (`_assign` …) are only selected by name (recorded).
            if scope.meta.columns[index].in_document && scope.may_select(index) {
                let reference = scope.main_column(index);
                push_column(cx, scope, &reference, None, selection);
            }
        }
        return Ok(());
    }
    if text.contains('(') {
        return Err(Error::new(
            ErrorKind::ValidationError,
            format!(
                "SQL functions are not allowed as strings in SELECT: {text}. Use dict syntax like {{'COUNT': '*'}} instead."
            ),
        ));
    }
    let (expression, alias) = split_alias(text)?;
    let Some(name) = Name::parse(expression) else {
        return Err(
            if expression.contains(' ') && !expression.contains(['`', '.', '"', '\'', ';', '-']) {
                format_error(text)
            } else {
                unknown_field(expression)
            },
        );
    };
    let Some(reference) = scope.resolve(cx, &name)? else {
        if !scope.compat && !cx.session().is_administrator() {
            // Without compatibility what may not be selected is left out, and what does not exist may not.
            return Ok(());
        }
        return Err(unknown_field(expression));
    };
    if reference.alias != "t" {
        if !reference.meta.istable {
            scope.check_shown(cx, &reference)?;
        } else if !scope.may_show(cx, &reference) {
            return Ok(());
        }
        selection.push(Item::column(cx, scope, &reference, alias));
        return Ok(());
    }
    if scope.may_select(reference.index) {
        push_column(cx, scope, &reference, alias, selection);
    }
    Ok(())
}

fn push_column(
    cx: &Cx,
    scope: &Scope,
    reference: &Reference,
    alias: Option<&str>,
    selection: &mut Selection,
) {
    let mut item = Item::column(cx, scope, reference, alias);
    if let Some(field) = scope.meta.field_of(reference.column())
        && field.fieldtype == FieldType::Link
    {
        item.link = cx.site().meta(&field.options);
    }
    selection.push(item);
}

/// `expr as alias`, the word in any case.
fn split_alias(text: &str) -> Result<(&str, Option<&str>)> {
    let lower = text.to_ascii_lowercase();
    let Some(at) = lower.find(" as ") else {
        return Ok((text, None));
    };
    let alias = text[at + 4..].trim();
    let alias = alias
        .strip_prefix('`')
        .and_then(|inner| inner.strip_suffix('`'))
        .unwrap_or(alias);
    let alias = alias
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(alias);
    check_alias(alias, text)?;
    Ok((text[..at].trim(), Some(alias)))
}

fn check_alias(alias: &str, text: &str) -> Result<()> {
    let plain = !alias.is_empty()
        && alias.len() <= 64
        && alias
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | ' '));
    if plain && !alias.starts_with(|c: char| c.is_ascii_digit()) {
        Ok(())
    } else {
        Err(format_error(text))
    }
}

fn object_field(
    cx: &mut Cx,
    scope: &mut Scope,
    object: &Map<String, Value>,
    selection: &mut Selection,
) -> Result<()> {
    let shown = || Value::Object(object.clone()).to_string();
    let alias = match object.get("as") {
        None => None,
        Some(Value::String(alias)) => {
            check_alias(alias, &shown())?;
            Some(alias.clone())
        }
        Some(_) => return Err(format_error(&shown())),
    };
    let mut calls = object.iter().filter(|(key, _)| *key != "as");
    let (Some((key, value)), None) = (calls.next(), calls.next()) else {
        return Err(format_error(&shown()));
    };
    let meta = Arc::clone(&scope.meta);
    if let Some(field) = meta.field(key).filter(|field| field.fieldtype.is_table()) {
        let child = cx.site().meta(&field.options).ok_or_else(|| unknown_field(key))?;
        let Value::Array(names) = value else {
            return Err(format_error(&shown()));
        };
        let mut columns = Vec::new();
        for name in names {
            let name = name.as_str().ok_or_else(|| format_error(&shown()))?;
            if name == "*" {
                columns.extend(0..child.columns.len());
                continue;
            }
            columns.push(child.column_index(name).ok_or_else(|| unknown_field(name))?);
        }
        if scope.access.only_select() {
            return Err(forbidden(format!(
                "Insufficient Permission for <strong>{}</strong>",
                child.name
            )));
        }
        if !scope.access.reads_level(field.permlevel) {
            return Ok(());
        }
        columns.retain(|index| scope.access.reads_level(child.columns[*index].permlevel));
        let key = alias.unwrap_or_else(|| key.clone());
        selection.order.push(key.clone());
        selection.children.push(Children {
            key,
            field: field.fieldname.clone(),
            masks: masks::apply(&child, scope.access),
            meta: child,
            columns,
        });
        return Ok(());
    }
    let (expression, kind) = functions::call(cx, scope, key, value, 0)?;
    let aggregate = functions::is_aggregate(key, value);
    let key = alias.unwrap_or_else(|| functions::written(key, value));
    let mut item = Item::new(key, kind, expression, true);
    item.aggregate = aggregate;
    selection.push(item);
    Ok(())
}
