//! HD View: a list somebody saved.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::rows;

/// Standard views are made by the app itself, or by its developers.
fn makes_standard(cx: &Cx) -> bool {
    cx.request().path.is_empty() || cx.site().config.developer_mode
}

/// One default view a user and DocType.
#[doc_event(doctype = "HD View", on = "validate")]
fn validate(view: &mut Document, cx: &mut Cx) -> Result<()> {
    if !view.is_on("is_default") {
        return Ok(());
    }
    let filters = json!([
        ["is_default", "=", 1],
        ["user", "=", view.text("user")],
        ["dt", "=", view.text("dt")],
        ["name", "!=", view.name()]
    ]);
    if rows::names(cx, "HD View", filters)?.is_empty() {
        return Ok(());
    }
    Err(invalid("There is a default view already."))
}

/// A view is pinned or public: what was switched on last counts.
#[doc_event(doctype = "HD View", on = "before_save")]
fn before_save(view: &mut Document, cx: &mut Cx) -> Result<()> {
    if view.is_on("pinned") && view.is_on("public") {
        let (pinned, public) = (view.has_value_changed("pinned"), view.has_value_changed("public"));
        if pinned {
            view.set("public", 0);
        }
        if public {
            view.set("pinned", 0);
        }
    }
    if view.is_new && view.is_on("is_standard") && !makes_standard(cx) {
        view.set("is_standard", 0);
    }
    Ok(())
}

#[doc_event(doctype = "HD View", on = "on_trash")]
fn on_trash(view: &mut Document, cx: &mut Cx) -> Result<()> {
    if view.is_on("is_standard") && !makes_standard(cx) {
        return Err(invalid("Standard views stay."));
    }
    Ok(())
}
