//! Which texts of an index a caller may not see: those of fields of a level the caller does not read, and masked ones.
//!
//! Nothing is found by them, ranked by them or shown of them. Which documents a caller may see at all is the
//! [`Scope`](super::Scope)'s condition.
//!
//! Source: spec/framework-data.md §5.3.2 and §5.4.1.

use super::doctypes_of;
use super::find::{Part, Wanted};
use super::tables::texts as text_table;
use crate::cx::Cx;
use crate::db::Query;
use crate::doctype::masks;
use crate::doctype::permissions::Access;

/// Whether the caller sees what a field holds. What is no field of the DocType (`owner`) is seen by whoever sees the
/// document.
pub fn sees(cx: &Cx, doctype: &str, field: &str) -> bool {
    let Some(meta) = cx.site().meta(doctype) else {
        return false;
    };
    let access = Access::of(&meta, cx.session());
    meta.field(field).is_none_or(|field| {
        access.reads_level(field.permlevel) && !(field.mask && masks::apply(&meta, access))
    })
}

/// Of a DocType, what is closed to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shut {
    doctype: &'static str,
    title: bool,
    content: bool,
}

/// The texts of an index that are closed to a caller. By default none are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed(Vec<Shut>);

impl Closed {
    /// What of an index is closed to the caller.
    pub fn to_caller(cx: &Cx, index: &str) -> Closed {
        let mut closed = Vec::new();
        for entry in doctypes_of(index) {
            let title = entry.title.is_some_and(|title| !sees(cx, entry.doctype, title));
            let content = !sees(cx, entry.doctype, entry.content);
            if title || content {
                closed.push(Shut {
                    doctype: entry.doctype,
                    // Where there is no title, nothing can stand in it.
                    title: title || entry.title.is_none(),
                    content,
                });
            }
        }
        Closed(closed)
    }

    /// Whether nothing of a DocType can be found.
    pub fn is_whole(&self, doctype: &str) -> bool {
        self.0
            .iter()
            .any(|shut| shut.doctype == doctype && shut.title && shut.content)
    }

    /// Takes what is closed out of a document's title and content.
    pub fn hide(&self, doctype: &str, (title, content): &mut (String, String)) {
        for shut in self.0.iter().filter(|shut| shut.doctype == doctype) {
            if shut.title {
                title.clear();
            }
            if shut.content {
                content.clear();
            }
        }
    }

    /// Goes on behind a condition: what is wanted stands in what is open.
    pub(super) fn condition(&self, index: &str, wanted: &Wanted, postgres: bool, out: &mut Query<'_>) {
        for shut in &self.0 {
            let part = match (shut.title, shut.content || wanted.title_only) {
                (true, true) => None,
                (true, false) => Some(Part::Content),
                (false, _) => Some(Part::Title),
            };
            out.sql(" AND (s.doctype <> ").text(shut.doctype);
            if let Some(part) = part {
                out.sql(" OR ");
                if postgres {
                    out.sql("s.words @@ CAST(").text(wanted.tsquery(part));
                    out.sql(" AS tsquery)");
                } else {
                    let table = text_table(index);
                    out.sql("f.rowid IN (SELECT rowid FROM ").ident(table.clone());
                    out.sql(" WHERE ")
                        .ident(table)
                        .sql(" MATCH ")
                        .text(wanted.fts5(part));
                    out.sql(")");
                }
            }
            out.sql(")");
        }
    }

    /// FTS5's rank, to which closed texts add nothing; `None` where none are closed.
    pub(super) fn rank<'q>(&self, index: &str) -> Option<Query<'q>> {
        if self.0.is_empty() {
            return None;
        }
        let mut rank = Query::new();
        rank.sql("CASE s.doctype");
        for shut in &self.0 {
            rank.sql(" WHEN ").text(shut.doctype).sql(" THEN bm25(f.");
            rank.ident(text_table(index));
            rank.sql(if shut.title { ", 0.0" } else { ", 1.0" });
            rank.sql(if shut.content { ", 0.0)" } else { ", 1.0)" });
        }
        rank.sql(" ELSE f.rank END");
        Some(rank)
    }
}
