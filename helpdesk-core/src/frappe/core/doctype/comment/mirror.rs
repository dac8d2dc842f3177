//! The newest comments of a document stand in its `_comments`, so that lists can show how many there are.

use crate::doc_event;
use crate::doctype::document::Document;
use crate::doctype::storage;
use crate::html;
use crate::prelude::*;
use crate::query::{self, ListRequest};

doc_event!("Comment", OnUpdate, mirror);
doc_event!("Comment", AfterDelete, mirror);

/// Comments kept, and characters of each.
const MOST: u64 = 100;
const LONGEST: usize = 140;

fn mirror(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    let (doctype, name) = (comment.text("reference_doctype"), comment.text("reference_name"));
    let keeps = cx
        .site()
        .meta(doctype)
        .is_some_and(|meta| meta.column_index("_comments").is_some());
    if comment.text("comment_type") != "Comment" || name.is_empty() || !keeps {
        return Ok(());
    }
    let newest = query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "comment_email", "owner", "content"]
                .map(Value::from)
                .to_vec(),
            filters: json!({ "reference_doctype": doctype, "reference_name": name, "comment_type": "Comment" }),
            order_by: "creation desc, name desc".into(),
            length: Some(MOST),
            ignore_permissions: true,
            ..ListRequest::of("Comment")
        },
    )?;
    let shown = newest.iter().rev().map(|row| {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("");
        let words: String = html::text_of(text("content")).chars().take(LONGEST).collect();
        let by = [text("comment_email"), text("owner")]
            .into_iter()
            .find(|by| !by.is_empty());
        json!({ "comment": words, "by": by, "name": text("name") })
    });
    let list = Value::Array(shown.collect()).to_string();
    storage::set_columns(cx, doctype, name, &[("_comments", list.into())])?;
    Ok(())
}
