//! Custom `DocPerm`s: as soon as a DocType has one, they are its rules instead of those declared.

use super::super::document::Document;
use super::super::typed::doc_event;
use super::super::value::lenient_int;
use crate::cx::Cx;
use crate::error::{Result, invalid};
use crate::site;

#[doc_event(doctype = "Custom DocPerm", on = "validate")]
fn validate(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    site::announce_metadata(cx)?;
    let parent = doc.text("parent").trim().to_owned();
    let Some(meta) = cx.site().meta(&parent) else {
        return Err(invalid(format!("There is no DocType {parent}")));
    };
    doc.set("parent", meta.name.clone());
    if !(0..=9).contains(&lenient_int(doc.get("permlevel"))) {
        return Err(invalid("Level must be between 0 and 9"));
    }
    Ok(())
}

#[doc_event(doctype = "Custom DocPerm", on = "after_delete")]
fn deleted(_: &mut Document, cx: &mut Cx) -> Result<()> {
    site::announce_metadata(cx)
}
