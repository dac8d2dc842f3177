//! What a Web Form must be.

use super::{FIELDS, WEB_FORM, field_of};
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::typed::doc_event;
use crate::prelude::*;

#[doc_event(doctype = "Web Form", on = "validate")]
fn validate(form: &mut Document, cx: &mut Cx) -> Result<()> {
    let doctype = form.text("doc_type").to_owned();
    let meta = permissions::meta_of(cx, &doctype)?;
    if meta.issingle || meta.istable {
        return Err(invalid(format!(
            "{doctype} has no documents a {WEB_FORM} can make"
        )));
    }
    for row in form.rows(FIELDS) {
        let name = row.text("fieldname");
        // Breaks stand between fields.
        if !name.is_empty() && field_of(row, &meta).is_none() {
            return Err(invalid(format!(
                "A {WEB_FORM} can't ask for the field {name} of {doctype}"
            )));
        }
    }
    if !form.flags.ignore_permissions && !Access::of(&meta, cx.session()).somewhere(Right::Create) {
        return Err(forbidden(format!(
            "Only who may create documents of {doctype} can let others create them."
        )));
    }
    let route = form.text("route").trim_matches('/').to_owned();
    let is_path = route.split('/').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    });
    if !route.is_empty() && !is_path {
        return Err(invalid("Route is a path of letters, digits, - and _"));
    }
    form.set("route", route);
    Ok(())
}
