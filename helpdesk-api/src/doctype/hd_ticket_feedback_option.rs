//! HD Ticket Feedback Option: an answer customers can choose, worth some stars.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::rows;

/// An option is worth one to five stars, and of each number of stars one option stays enabled.
#[doc_event(doctype = "HD Ticket Feedback Option", on = "validate")]
fn validate(option: &mut Document, cx: &mut Cx) -> Result<()> {
    let stars = option.get("rating").as_f64().unwrap_or(0.0) * 5.0;
    let is_whole = (stars - stars.round()).abs() < 1e-6 && (1.0..=5.0).contains(&stars.round());
    if !is_whole {
        return Err(invalid("Rating is one to five stars: 0.2, 0.4, 0.6, 0.8 or 1."));
    }
    if option.before.is_none() || option.is_on("disabled") && !option.has_value_changed("disabled") {
        return Ok(());
    }
    let others = rows::all(
        cx,
        "HD Ticket Feedback Option",
        &["rating"],
        json!([["disabled", "=", 0], ["name", "!=", option.name()]]),
        "name asc",
    )?;
    let has_another = others.iter().any(|other| {
        let rating = other.get("rating").and_then(Value::as_f64).unwrap_or(0.0);
        (rating * 5.0 - stars).abs() < 1e-6
    });
    if has_another {
        return Ok(());
    }
    Err(invalid("There must be another enabled option of as many stars."))
}
