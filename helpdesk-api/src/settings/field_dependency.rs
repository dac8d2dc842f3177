//! `helpdesk.api.settings.field_dependency`: choices of one field of tickets that follow from another one.
//!
//! A dependency is kept as a standard HD Form Script named `Field Dependency-<parent>-<child>`; what it was made of
//! stands in two comments of the script. Source: spec/helpdesk-b.md §9.3.

pub(crate) mod criteria;
pub(crate) mod script;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use schemars::JsonSchema;
use serde_json::Map;

use self::criteria::Criteria;
use crate::permitted::require_right;

const SCRIPT: &str = "HD Form Script";
const NAMED: &str = "Field Dependency";

/// Parent and child field of a dependency's name.
pub(crate) fn fields_of(name: &str) -> Option<(&str, &str)> {
    let (parent, child) = name.strip_prefix(NAMED)?.strip_prefix('-')?.split_once('-')?;
    (!parent.is_empty() && !child.is_empty()).then_some((parent, child))
}

/// A dependency as it was stored.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldDependency {
    name: String,
    parent_field: String,
    child_field: String,
    /// 0 or 1.
    enabled: i64,
    /// JSON: the choices of the child by the value of the parent.
    parent_child_mapping: String,
    /// JSON: when the child is shown, and when it must be filled in; null where that was never said.
    fields_criteria: Option<String>,
}

/// A dependency as it was stored; null for no name.
///
/// # Errors
/// - 404 for a name there is not
/// - 417 for another script
#[whitelist]
pub fn get_field_dependency(
    cx: &mut Cx,
    /// `Field Dependency-<parent>-<child>`.
    name: String,
) -> Result<Option<FieldDependency>> {
    if name.is_empty() {
        return Ok(None);
    }
    let doc = storage::get(cx, &meta_of(cx, SCRIPT)?, &name)?;
    let kept = script::kept(doc.text("script"));
    let (Some((parent, child)), Some(mapping), true) =
        (fields_of(doc.name()), kept.mapping, doc.is_on("is_standard"))
    else {
        return Err(invalid(format!("{name} is no dependency of fields")));
    };
    Ok(Some(FieldDependency {
        name: doc.name_text(),
        parent_field: parent.to_owned(),
        child_field: child.to_owned(),
        enabled: i64::from(doc.is_on("enabled")),
        parent_child_mapping: mapping,
        fields_criteria: kept.criteria,
    }))
}

/// Stores a dependency, in place of an older one of the same fields.
///
/// # Errors
/// - 403 without the right to make form scripts
/// - 417 for a field tickets have not, or JSON that can't be read
#[whitelist]
pub fn create_update_field_dependency(
    cx: &mut Cx,
    /// Field of HD Ticket whose value is chosen first.
    parent_field: String,
    /// Field of HD Ticket whose choices follow.
    child_field: String,
    /// JSON: `{"<value of the parent>": ["<choice>", …], …}`.
    parent_child_mapping: String,
    enabled: bool,
    /// JSON: `{"display": {"enabled": …, "value": [{"label": …, "value": …}, …]}, "mandatory": {…}}`.
    fields_criteria: String,
) -> Result<()> {
    require_right(cx, SCRIPT, Right::Create)?;
    let ticket = meta_of(cx, "HD Ticket")?;
    for (argument, field) in [("parent_field", &parent_field), ("child_field", &child_field)] {
        if ticket.field(field).is_none() {
            return Err(invalid(format!("{argument}: tickets have no field {field}")));
        }
    }
    let is_mapping = serde_json::from_str::<Map<String, Value>>(&parent_child_mapping)
        .is_ok_and(|mapping| mapping.values().all(Value::is_array));
    if !is_mapping {
        return Err(invalid("parent_child_mapping is a JSON object of lists"));
    }
    Criteria::parse(&fields_criteria)?;

    let name = format!("{NAMED}-{parent_field}-{child_field}");
    let meta = meta_of(cx, SCRIPT)?;
    let known = storage::load(cx, &meta, &name)?;
    let is_new = known.is_none();
    let mut doc = known.unwrap_or_else(|| Document::new(meta));
    doc.set("dt", "HD Ticket");
    doc.set("apply_to", "Form");
    doc.set("apply_on_new_page", 1);
    doc.set("is_standard", 1);
    doc.set("enabled", i64::from(enabled));
    doc.set(
        "script",
        script::text(
            &parent_field,
            &child_field,
            &parent_child_mapping,
            &fields_criteria,
        )?,
    );
    if is_new {
        doc.set("name", name);
        save::insert(cx, &mut doc)
    } else {
        save::save(cx, &mut doc)
    }
}
