//! What the engine itself tells of documents.
//!
//! Source: spec/framework-data.md §5.12, spec/framework-api.md §10.2.

use serde_json::{Value, json};

use super::room;
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::meta::is_true;

/// A document was made, changed or deleted: who follows it and who follows its DocType hear of it.
pub(crate) fn changed(cx: &mut Cx, doc: &Document) {
    let meta = doc.meta();
    if meta.istable {
        return;
    }
    let user = cx.user().to_owned();
    let name = doc.name_text();
    cx.publish_with(
        "doc_update",
        &room::doc(&meta.name, &name),
        || json!({ "modified": moment(doc), "doctype": meta.name, "name": doc.get("name") }),
    );
    if meta.issingle || is_true(meta.other.get("read_only")) {
        return;
    }
    cx.publish_with(
        "list_update",
        &room::doctype(&meta.name),
        || json!({ "doctype": meta.name, "name": doc.get("name"), "user": user }),
    );
}

/// A document has another name now: those hear of it who follow it under the old one.
pub(crate) fn renamed(cx: &mut Cx, doctype: &str, old: &str, new: &str) {
    cx.publish_with(
        "doc_rename",
        &room::doc(doctype, old),
        || json!({ "doctype": doctype, "old": old, "new": new }),
    );
}

/// When a document was changed, as reading it shows the time.
fn moment(doc: &Document) -> Value {
    let modified = doc.get("modified");
    match modified.as_str().and_then(|text| text.strip_suffix(".000000")) {
        Some(whole) => Value::from(whole),
        None => modified.clone(),
    }
}
