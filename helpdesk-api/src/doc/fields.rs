//! The fields of a DocType as lists offer them: for columns, filters and sorting.
//!
//! Source: spec/helpdesk-a.md §4.8.

use helpdesk_core::doctype::field::{Field, FieldType};
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::doctype::hd_ticket_template::fields as template;

/// Fields of tickets that customers see.
const PORTAL: [&str; 7] = [
    "name",
    "subject",
    "status",
    "priority",
    "response_by",
    "resolution_by",
    "creation",
];

/// A field as a list names it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Shown {
    pub(super) label: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) value: String,
    /// Left out for the standard fields that lead nowhere; null for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) options: Option<Value>,
}

/// Text, or null where it is empty.
pub(super) fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// Fields of tickets that customers may be shown: the fixed ones, and fields of the site's own that the template
/// `Default` does not hide.
pub(super) struct Portal(Vec<String>);

impl Portal {
    pub(super) fn of(cx: &mut Cx, doctype: &str, more: &[&str]) -> Result<Portal> {
        let mut names: Vec<String> = PORTAL.iter().chain(more).map(|name| (*name).to_owned()).collect();
        let declared = cx.site().registered().get(doctype).cloned();
        for row in template::rows_of(cx, "Default")? {
            let name = row.text("fieldname");
            let is_own = declared
                .as_ref()
                .is_some_and(|declared| declared.field(name).is_none());
            if is_own && !row.is_on("hide_from_customer") {
                names.push(name.to_owned());
            }
        }
        Ok(Portal(names))
    }

    pub(super) fn shows(&self, name: &str) -> bool {
        self.0.iter().any(|known| known == name)
    }
}

/// Whether a field holds one value, stored or computed.
fn is_value(field: &Field) -> bool {
    field.fieldtype.is_column()
}

/// The fields that can be columns, then the standard ones; with `assigned` also who has the document.
///
/// # Errors
/// A database failure.
pub(super) fn shown(cx: &mut Cx, doctype: &str, portal: bool, assigned: bool) -> Result<Vec<Shown>> {
    let meta = meta_of(cx, doctype)?;
    let mut fields: Vec<Shown> = meta
        .fields
        .iter()
        .filter(|field| is_value(field) && !field.label.is_empty())
        .map(|field| Shown {
            label: field.label.clone(),
            kind: field.fieldtype.name(),
            value: field.fieldname.clone(),
            options: Some(or_null(&field.options)),
        })
        .collect();
    if !portal {
        fields.extend(standard(assigned));
        return Ok(fields);
    }
    let allowed = Portal::of(cx, doctype, &[])?;
    fields.retain(|field| allowed.shows(&field.value));
    // What customers sort by are all standard fields (recorded); as columns they are offered those they may see.
    let standard = standard(assigned).into_iter();
    fields.extend(standard.filter(|field| !assigned || allowed.shows(&field.value)));
    Ok(fields)
}

fn standard(assigned: bool) -> Vec<Shown> {
    let standard = [
        ("Name", "Data", "name", None),
        ("Created On", "Datetime", "creation", None),
        ("Last Modified", "Datetime", "modified", None),
        ("Modified By", "Link", "modified_by", Some("User")),
        ("Assigned To", "Text", "_assign", None),
        ("Owner", "Link", "owner", Some("User")),
    ];
    standard
        .into_iter()
        .filter(|(_, _, value, _)| assigned || *value != "_assign")
        .map(|(label, kind, value, options)| Shown {
            label: label.to_owned(),
            kind,
            value: value.to_owned(),
            options: options.map(Value::from),
        })
        .collect()
}

/// Names of the standard fields every list fetches.
pub(super) const STANDARD: [&str; 6] = ["name", "creation", "modified", "modified_by", "_assign", "owner"];

/// Whether lists can be filtered by a field.
pub(super) fn can_filter(field: &Field) -> bool {
    let is_hidden = helpdesk_core::doctype::meta::is_true(field.other.get("hidden"));
    !is_hidden
        && is_value(field)
        && matches!(
            field.fieldtype,
            FieldType::Check
                | FieldType::Data
                | FieldType::Float
                | FieldType::Int
                | FieldType::Link
                | FieldType::LongText
                | FieldType::Select
                | FieldType::SmallText
                | FieldType::TextEditor
                | FieldType::Text
                | FieldType::Rating
                | FieldType::Duration
                | FieldType::Date
                | FieldType::Datetime
        )
}
