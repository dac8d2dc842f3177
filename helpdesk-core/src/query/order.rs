//! `order_by` and `group_by`.
//!
//! Source: spec/framework-data.md §5.3.6.

use super::fields::Selection;
use super::scope::{Name, Scope, no_field};
use crate::cx::Cx;
use crate::db::Query;
use crate::error::{Error, Result, invalid};

fn format_error(place: &str, item: &str) -> Error {
    invalid(format!(
        "Invalid field format in {place}: {item}. Use 'field', 'link_field.field', or 'child_table.field'."
    ))
}

/// How the rows of a list are folded into groups.
///
/// What is neither grouped by nor an aggregate is answered for one row of the group, the least: the original's
/// database takes any row, PostgreSQL none.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    /// The GROUP BY; empty where there is none.
    pub(super) query: Query<'static>,
    keys: Vec<String>,
    folds: bool,
}

impl Grouping {
    /// An expression as it stands in a list folded this way.
    pub(super) fn folded(&self, expression: Query<'static>, aggregate: bool) -> Query<'static> {
        if !self.folds || aggregate || self.keys.contains(&expression.shown()) {
            return expression;
        }
        let mut least = Query::new();
        least.sql("min(").append(expression).sql(")");
        least
    }
}

/// The ORDER BY of a list; `None` where the caller asks for none and rows are folded.
pub(super) fn order_by(
    cx: &mut Cx,
    scope: &mut Scope,
    selection: &Selection,
    text: &str,
    grouping: &Grouping,
) -> Result<Option<Query<'static>>> {
    let mut out = Query::new();
    let text = if text.trim() == "KEEP_DEFAULT_ORDERING" {
        format!("{} {}", scope.meta.sort_field, scope.meta.sort_order)
    } else {
        text.to_owned()
    };
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (field, descending) = direction(item);
        let descending = descending.unwrap_or(!scope.compat);
        if !out.is_empty() {
            out.sql(", ");
        }
        match expression(cx, scope, selection, "Order By", item, field)? {
            // A name of the selection: what it stands for is folded already.
            Sorted::Chosen(chosen) if selection.items[chosen].aliased => {
                out.ident(selection.items[chosen].key.clone());
            }
            Sorted::Chosen(chosen) => {
                let item = &selection.items[chosen];
                out.append(grouping.folded(item.expression.clone(), item.aggregate));
            }
            Sorted::Column(column) => {
                out.append(grouping.folded(*column, false));
            }
        }
        out.sql(if descending { " DESC" } else { " ASC" });
    }
    if grouping.folds {
        return Ok((!out.is_empty()).then_some(out));
    }
    if out.is_empty() {
        // Without an order rows come by name, as from the original's clustered key: pages hold still.
        scope.main_column(0).write(&mut out);
        out.sql(" ASC");
        return Ok(Some(out));
    }
    if let Some(alias) = scope.child_alias() {
        // Child rows of one parent keep their order.
        out.sql(", ").ident(alias.to_owned()).sql(".idx ASC");
    }
    Ok(Some(out))
}

/// The GROUP BY of a list.
pub(super) fn group_by(
    cx: &mut Cx,
    scope: &mut Scope,
    selection: &Selection,
    text: &str,
) -> Result<Grouping> {
    let mut grouping = Grouping {
        folds: selection.items.iter().any(|item| item.aggregate),
        ..Grouping::default()
    };
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        if !grouping.query.is_empty() {
            grouping.query.sql(", ");
        }
        let expression = match expression(cx, scope, selection, "Group By", item, item)? {
            Sorted::Chosen(chosen) if selection.items[chosen].aggregate => {
                return Err(format_error("Group By", item));
            }
            Sorted::Chosen(chosen) => selection.items[chosen].expression.clone(),
            Sorted::Column(column) => *column,
        };
        grouping.keys.push(expression.shown());
        grouping.query.append(expression);
        grouping.folds = true;
    }
    Ok(grouping)
}

/// An item's field, and whether it says to sort downwards.
pub(super) fn direction(item: &str) -> (&str, Option<bool>) {
    match item.rsplit_once(char::is_whitespace) {
        Some((field, word)) if word.eq_ignore_ascii_case("asc") => (field.trim(), Some(false)),
        Some((field, word)) if word.eq_ignore_ascii_case("desc") => (field.trim(), Some(true)),
        _ => (item, None),
    }
}

/// What an item of an order or grouping means.
enum Sorted {
    /// A selected expression, by its place.
    Chosen(usize),
    /// A column.
    Column(Box<Query<'static>>),
}

fn expression(
    cx: &mut Cx,
    scope: &mut Scope,
    selection: &Selection,
    place: &str,
    item: &str,
    field: &str,
) -> Result<Sorted> {
    if !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit()) {
        // A position in the selection.
        let position = field
            .parse::<usize>()
            .ok()
            .and_then(|position| position.checked_sub(1));
        return match position.filter(|position| *position < selection.items.len()) {
            Some(position) => Ok(Sorted::Chosen(position)),
            None => Err(format_error(place, item)),
        };
    }
    let bare = field
        .strip_prefix('`')
        .and_then(|inner| inner.strip_suffix('`'))
        .unwrap_or(field);
    if let Some(chosen) = selection
        .items
        .iter()
        .position(|chosen| chosen.aliased && chosen.key == bare)
    {
        return Ok(Sorted::Chosen(chosen));
    }
    let name = Name::parse(field).ok_or_else(|| format_error(place, item))?;
    let Some(reference) = scope.resolve(cx, &name)? else {
        return Err(no_field(&scope.meta.name, &name.field));
    };
    scope.check_level(cx, &reference)?;
    let mut column = Query::new();
    reference.write(&mut column);
    Ok(Sorted::Column(Box::new(column)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions() {
        assert_eq!(direction("creation DESC"), ("creation", Some(true)));
        assert_eq!(direction("creation asc"), ("creation", Some(false)));
        assert_eq!(direction("creation"), ("creation", None));
        assert_eq!(direction("name -- x"), ("name -- x", None));
    }
}
