//! What a site changes of its DocTypes while it runs: Custom Fields, Property Setters, Custom `DocPerm`s.
//!
//! A change is checked on the DocType as it would become, and brings the schema along in the same transaction: when the
//! request fails, neither is left. Once it is committed all threads, and all other processes on the site, read the
//! metadata anew.
//!
//! Source: spec/framework-data.md §5.2; the texts of refusals are ours where no recording shows the original's.

mod checks;
mod custom_field;
mod names;
mod permission_rule;
mod property_setter;
mod unique;

use std::sync::Arc;

use super::meta::Meta;
use super::{registry, schema, storage};
use crate::cx::Cx;
use crate::db::Query;
use crate::error::{Error, Result, invalid};
use crate::site;

/// Columns a table may have: PostgreSQL takes 1600, of which dropped ones still count.
const MOST_COLUMNS: usize = 1500;

/// The DocType a change is about, as this transaction has it. Other transactions that change metadata wait from here on.
fn current(cx: &mut Cx, doctype: &str) -> Result<Meta> {
    site::announce_metadata(cx)?;
    let site = Arc::clone(cx.site());
    let name = site
        .meta(doctype)
        .map_or_else(|| doctype.to_owned(), |meta| meta.name.clone());
    registry::of_doctype(cx.db(), site.registered(), &name)?
        .ok_or_else(|| invalid(format!("There is no DocType {doctype}")))
}

/// Brings the schema to what a checked DocType asks for. `changed`: the field whose indexes may be too many now.
fn bring_schema(cx: &mut Cx, meta: &Meta, changed: Option<&str>) -> Result<()> {
    if meta.issingle || meta.is_virtual {
        return Ok(());
    }
    if meta.columns.len() > MOST_COLUMNS {
        return Err(invalid(format!(
            "{} can't have more than {MOST_COLUMNS} columns",
            meta.name
        )));
    }
    let steps = schema::plan_of(cx.db(), meta)?;
    let (columns, indexes): (Vec<_>, Vec<_>) = steps.into_iter().partition(|step| !step.is_unique_index());
    schema::apply(cx.db(), &columns)?;
    if let Some(changed) = changed {
        if let Some(field) = meta.field(changed)
            && !indexes.is_empty()
        {
            unique::clear_blanks(cx, meta, field)?;
            unique::check(cx, meta, field)?;
        }
        schema::drop_indexes(cx.db(), meta, changed)?;
    }
    schema::apply(cx.db(), &indexes)
}

/// Deletes rows of one of the engine's own tables that say something about a field.
fn forget_rows(cx: &mut Cx, source: &str, filters: &[(&'static str, &str)]) -> Result<()> {
    let meta = cx
        .site()
        .registered()
        .get(source)
        .cloned()
        .ok_or_else(|| Error::internal(format!("the DocType {source} is not registered")))?;
    let mut query = Query::new();
    query.sql("DELETE FROM ").ident(meta.table.clone());
    for (i, (column, value)) in filters.iter().enumerate() {
        query.sql(if i == 0 { " WHERE " } else { " AND " });
        query.ident(*column).sql(" = ").text((*value).to_owned());
    }
    query.forget();
    cx.db().execute(query)?;
    Ok(())
}

/// Whether a row of one of the engine's own tables is there.
fn is_stored(cx: &mut Cx, source: &str, name: &str) -> Result<bool> {
    Ok(storage::exists(cx, source, name)?.is_some())
}
