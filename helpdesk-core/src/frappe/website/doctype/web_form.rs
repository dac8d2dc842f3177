//! Web Form: a page on which people fill in a document, with or without a login. The DocType is kept as data.
//!
//! A form lets people in where their roles don't, so only what it asks for gets in: the values of its fields, which are
//! plain ones. Whoever makes a form may create what it makes.
//!
//! Source: spec/helpdesk-a.md §7 and §10.

mod checks;
pub mod page;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod web_form;

use crate::doctype::document::Document;
use crate::doctype::field::{Field, FieldType};
use crate::doctype::meta::Meta;

pub(crate) const WEB_FORM: &str = "Web Form";
const FIELDS: &str = "web_form_fields";

/// What a row of a form asks for, if forms take such values.
fn field_of<'m>(row: &Document, meta: &'m Meta) -> Option<&'m Field> {
    let field = meta.field(row.text("fieldname"))?;
    let is_plain = field.fieldtype.is_column()
        && !field.is_virtual
        && field.permlevel == 0
        && field.fieldtype != FieldType::Password;
    is_plain.then_some(field)
}
