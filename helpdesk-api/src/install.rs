//! What installing the helpdesk app changes on a site.

/// Custom fields, property setters and permission rules the app adds to DocTypes of other apps.
///
/// JSON: a list of `{doctype, custom_fields, property_setters, custom_perms}`, each list of them optional.
/// `custom_perms` replace the DocType's own rules as a whole.
///
/// Source: spec/doctypes.json.
pub const CUSTOMIZATIONS: &str = include_str!("install/customizations.json");
