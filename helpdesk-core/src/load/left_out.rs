//! What a data set leaves out of its documents although a save of them would have written it.
//!
//! Source: the README of the conformance data, and what its recorded answers show.

use serde_json::{Value, json};

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::system::USER;
use crate::error::Result;
use crate::query::{self, ListRequest};

/// Values by DocType that are blank where they are left out, never null.
const BLANK: [(&str, &[&str]); 2] = [
    ("Contact", &["phone", "mobile_no", "image"]),
    ("HD Ticket", &["ticket_type"]),
];

/// Durations of tickets that are 0 where they are left out, and the moments that end them: until then they are null.
const DURATIONS: [(&str, &str); 2] = [
    ("first_response_time", "first_responded_on"),
    ("resolution_time", "resolution_date"),
];

/// Puts it back.
///
/// # Errors
/// A database failure.
pub(super) fn put_back(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    let doctype = doc.doctype().to_owned();
    for (_, fields) in BLANK.iter().filter(|(blank, _)| *blank == doctype) {
        for field in *fields {
            if doc.get(field).is_null() {
                doc.set(field, "");
            }
        }
    }
    if doc.meta().track_seen && doc.get("_seen").is_null() {
        // A save leaves the writer alone in it.
        let writer = doc.text("modified_by");
        let list = Value::from(vec![Value::from(writer)]).to_string();
        doc.set("_seen", list);
    }
    match doctype.as_str() {
        "Communication" => message(cx, doc),
        "HD Ticket" => {
            for (duration, reached) in DURATIONS {
                if doc.get(duration).is_null() && !doc.is_empty(reached) {
                    doc.set(duration, 0.0);
                }
            }
            Ok(())
        }
        "Assignment Rule" => {
            // Whose turn it is is noted without a save: the rows are as old as the rule, whatever its `modified` says.
            let (creation, owner) = (doc.get("creation").clone(), doc.get("owner").clone());
            for (_, rows) in doc.all_rows_mut() {
                for row in rows {
                    row.set("modified", creation.clone());
                    row.set("modified_by", owner.clone());
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A message's date is its creation's, its sender's name that of the user who wrote it.
fn message(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    if doc.is_empty("communication_date") {
        let creation = doc.get("creation").clone();
        doc.set("communication_date", creation);
    }
    if !doc.is_empty("sender_full_name") {
        return Ok(());
    }
    let sender = doc.text("sender").to_owned();
    let user = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["full_name".into()],
            filters: json!({ "email": sender }),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of(USER)
        },
    )?;
    if let Some(name) = user.first().and_then(|user| user.get("full_name")) {
        doc.set("sender_full_name", name.clone());
    }
    Ok(())
}
