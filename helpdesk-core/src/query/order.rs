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

/// The ORDER BY of a list; `None` where the caller asks for none.
pub(super) fn order_by(
    cx: &mut Cx,
    scope: &mut Scope,
    selection: &Selection,
    text: &str,
    group_by: &str,
) -> Result<Option<Query<'static>>> {
    let mut out = Query::new();
    let text = if text.trim() == "KEEP_DEFAULT_ORDERING" {
        format!("{} {}", scope.meta.sort_field, scope.meta.sort_order)
    } else {
        text.to_owned()
    };
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (field, descending) = direction(item);
        if !out.is_empty() {
            out.sql(", ");
        }
        expression(cx, scope, selection, "Order By", item, field, &mut out)?;
        out.sql(if descending { " DESC" } else { " ASC" });
    }
    if out.is_empty() {
        // Without an order rows come by name, as from the original's clustered key: pages hold still.
        let plain = group_by.trim().is_empty() && !selection.items.iter().any(|item| item.aggregate);
        if plain {
            scope.main_column(0).write(&mut out);
            out.sql(" ASC");
        }
        return Ok(plain.then_some(out));
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
) -> Result<Option<Query<'static>>> {
    let mut out = Query::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        if !out.is_empty() {
            out.sql(", ");
        }
        expression(cx, scope, selection, "Group By", item, item, &mut out)?;
    }
    Ok((!out.is_empty()).then_some(out))
}

fn direction(item: &str) -> (&str, bool) {
    match item.rsplit_once(char::is_whitespace) {
        Some((field, word)) if word.eq_ignore_ascii_case("asc") => (field.trim(), false),
        Some((field, word)) if word.eq_ignore_ascii_case("desc") => (field.trim(), true),
        _ => (item, false),
    }
}

fn expression(
    cx: &mut Cx,
    scope: &mut Scope,
    selection: &Selection,
    place: &str,
    item: &str,
    field: &str,
    out: &mut Query<'static>,
) -> Result<()> {
    if !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_digit()) {
        // A position in the selection: the expression itself, since a bound number would be a constant.
        let position: usize = field.parse().unwrap_or(0);
        let chosen = position
            .checked_sub(1)
            .and_then(|i| selection.items.get(i))
            .ok_or_else(|| format_error(place, item))?;
        out.append(chosen.expression.clone());
        return Ok(());
    }
    let bare = field
        .strip_prefix('`')
        .and_then(|inner| inner.strip_suffix('`'))
        .unwrap_or(field);
    if let Some(chosen) = selection
        .items
        .iter()
        .find(|chosen| chosen.aliased && chosen.key == bare)
    {
        out.ident(chosen.key.clone());
        return Ok(());
    }
    let name = Name::parse(field).ok_or_else(|| format_error(place, item))?;
    let Some(reference) = scope.resolve(cx, &name)? else {
        return Err(no_field(&scope.meta.name, &name.field));
    };
    scope.check_level(cx, &reference)?;
    reference.write(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions() {
        assert_eq!(direction("creation DESC"), ("creation", true));
        assert_eq!(direction("creation asc"), ("creation", false));
        assert_eq!(direction("creation"), ("creation", false));
        assert_eq!(direction("name -- x"), ("name -- x", false));
    }
}
