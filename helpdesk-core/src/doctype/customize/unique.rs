//! Whether the documents there are let a field become unique.

use super::super::field::Field;
use super::super::meta::Meta;
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::error::{Error, ErrorKind, Result};

/// Refuses where two documents share a value of a column that exists.
///
/// # Errors
/// 417 `NonUniqueError` naming the field.
pub(super) fn check(cx: &mut Cx, meta: &Meta, field: &Field) -> Result<()> {
    let mut query = Query::new();
    query
        .sql("SELECT count(*) FROM (SELECT ")
        .ident(field.fieldname.clone())
        .sql(" FROM ")
        .ident(meta.table.clone())
        .sql(" WHERE ")
        .ident(field.fieldname.clone())
        .sql(" IS NOT NULL GROUP BY ")
        .ident(field.fieldname.clone())
        .sql(" HAVING count(*) > 1 LIMIT 1) AS repeated")
        .forget();
    if cx.db().count(query)? == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NonUniqueError,
        format!(
            "Field '{}' cannot be set as Unique as it has non-unique values",
            meta.label(&field.fieldname)
        ),
    ))
}

/// Blank texts of a column become null, so that documents without a value don't count as equal.
///
/// # Errors
/// A database failure.
pub(super) fn clear_blanks(cx: &mut Cx, meta: &Meta, field: &Field) -> Result<()> {
    if field.fieldtype.kind() != Kind::Text {
        return Ok(());
    }
    let mut query = Query::new();
    query
        .sql("UPDATE ")
        .ident(meta.table.clone())
        .sql(" SET ")
        .ident(field.fieldname.clone())
        .sql(" = NULL WHERE ")
        .ident(field.fieldname.clone())
        .sql(" = ''")
        .forget();
    cx.db().execute(query)?;
    Ok(())
}
