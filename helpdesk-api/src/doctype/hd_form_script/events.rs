//! What a dependency of fields, kept as a script, says of its child field takes effect while the script is enabled.
//!
//! Source: spec/helpdesk-b.md §9.3 and §9.4.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::settings::field_dependency::criteria::{self, Criteria, Expressions};
use crate::settings::field_dependency::{fields_of, script};

/// What a stored script asks for; nothing where it is off, or no dependency.
fn wanted(doc: &Document, parent: &str) -> Expressions {
    if !doc.is_on("is_standard") || !doc.is_on("enabled") {
        return Expressions::default();
    }
    script::kept(doc.text("script"))
        .criteria
        .and_then(|json| Criteria::parse(&json).ok())
        .map(|criteria| criteria.expressions(parent))
        .unwrap_or_default()
}

#[doc_event(doctype = "HD Form Script", on = "on_update")]
fn on_update(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let Some((parent, child)) = fields_of(doc.name()) else {
        return Ok(());
    };
    let before = doc
        .before
        .as_ref()
        .map(|before| wanted(before, parent))
        .unwrap_or_default();
    criteria::apply(cx, child, &before, &wanted(doc, parent))
}

#[doc_event(doctype = "HD Form Script", on = "on_trash")]
fn on_trash(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let Some((parent, child)) = fields_of(doc.name()) else {
        return Ok(());
    };
    criteria::apply(cx, child, &wanted(doc, parent), &Expressions::default())
}
