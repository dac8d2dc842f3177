//! Scripts that sites add to forms: HD Form Script.

use helpdesk_core::prelude::*;

use crate::rows;

/// The enabled scripts of a DocType's form, for the portal or the desk, for new documents or stored ones; null without.
///
/// # Errors
/// A database failure.
pub(crate) fn of_forms(cx: &mut Cx, doctype: &str, portal: bool, new: bool) -> Result<Value> {
    let scripts = rows::all(
        cx,
        "HD Form Script",
        &["script"],
        json!({
            "dt": doctype,
            "enabled": 1,
            "apply_to": "Form",
            "apply_to_customer_portal": i64::from(portal),
            "apply_on_new_page": i64::from(new),
        }),
        "creation asc, name asc",
    )?;
    if scripts.is_empty() {
        return Ok(Value::Null);
    }
    Ok(scripts
        .into_iter()
        .map(|row| row.get("script").cloned().unwrap_or_default())
        .collect())
}
