//! What other tables keep of a document that is deleted goes with it, so that a later one of the same name starts afresh.
//!
//! Source: spec/framework-data.md §5.9, steps 8 and 9.

use super::document::Document;
use super::{permissions, save, storage, system};
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::error::Result;

/// Rows that are removed: DocType, column of the DocType meant, column of the name.
const REMOVED: &[(&str, &str, &str)] = &[
    (system::TODO, "reference_type", "reference_name"),
    (system::DOCSHARE, "share_doctype", "share_name"),
    (system::VERSION, "ref_doctype", "docname"),
    (system::COMMENT, "reference_doctype", "reference_name"),
    (system::TAG_LINK, "document_type", "document_name"),
    ("View Log", "reference_doctype", "reference_name"),
    ("Document Follow", "ref_doctype", "ref_docname"),
    ("Notification Log", "document_type", "document_name"),
];

/// Rows that stay and point nowhere.
const BLANKED: &[(&str, &str, &str)] = &[
    (system::COMMUNICATION, "reference_doctype", "reference_name"),
    ("Activity Log", "reference_doctype", "reference_name"),
];

/// Removes or blanks what is left of a deleted document; files attached to it are deleted as documents.
///
/// # Errors
/// A database failure, or what a hook of File refuses.
pub(super) fn remove(cx: &mut Cx, doc: &Document) -> Result<()> {
    let (doctype, name) = (doc.doctype().to_owned(), doc.name_text());
    for (table, of, named) in REMOVED {
        if keeps(cx, table) && *table != doctype {
            let mut query = Query::fixed();
            query.sql("DELETE FROM ").ident(format!("tab{table}"));
            about(&mut query, of, named, &doctype, &name);
            cx.db().execute(query)?;
        }
    }
    for (table, of, named) in BLANKED {
        if keeps(cx, table) && *table != doctype {
            let mut query = Query::fixed();
            query.sql("UPDATE ").ident(format!("tab{table}")).sql(" SET ");
            query.ident((*of).to_owned()).sql(" = NULL, ");
            query.ident((*named).to_owned()).sql(" = NULL");
            about(&mut query, of, named, &doctype, &name);
            cx.db().execute(query)?;
        }
    }
    if doctype == system::FILE {
        return Ok(());
    }
    attached(cx, &doctype, &name)
}

fn keeps(cx: &Cx, table: &str) -> bool {
    cx.site().meta(table).is_some_and(|meta| !meta.is_virtual)
}

fn about(query: &mut Query<'_>, of: &str, named: &str, doctype: &str, name: &str) {
    query
        .sql(" WHERE ")
        .ident(of.to_owned())
        .sql(" = ")
        .text(doctype.to_owned());
    query
        .sql(" AND ")
        .ident(named.to_owned())
        .sql(" = ")
        .text(name.to_owned());
}

fn attached(cx: &mut Cx, doctype: &str, name: &str) -> Result<()> {
    if !keeps(cx, system::FILE) {
        return Ok(());
    }
    let mut query = Query::fixed();
    query
        .sql("SELECT name FROM ")
        .ident(format!("tab{}", system::FILE));
    about(
        &mut query,
        "attached_to_doctype",
        "attached_to_name",
        doctype,
        name,
    );
    let rows = cx.db().rows(query, &[Kind::Text])?;
    let meta = permissions::meta_of(cx, system::FILE)?;
    for row in rows {
        if let Some(file) = row.first().and_then(|cell| cell.as_str())
            && storage::exists(cx, system::FILE, file)?.is_some()
        {
            save::delete_with(cx, &meta, file, true)?;
        }
    }
    Ok(())
}
