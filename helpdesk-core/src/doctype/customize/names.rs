//! Names that a field added at run time may have.

use super::super::meta::Meta;
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a name; PostgreSQL cuts identifiers there.
const LONGEST: usize = 63;

/// Names that mean something on every document.
const RESERVED: &[&str] = &[
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
    "parent",
    "parentfield",
    "parenttype",
    "doctype",
    "file_list",
    "flags",
    "meta",
    // What the original's documents have as methods; clients of it rely on none of these being a field.
    "append",
    "apply_fieldlevel_read_permissions",
    "as_dict",
    "as_json",
    "cancel",
    "check_permission",
    "db_get",
    "db_insert",
    "db_set",
    "db_update",
    "delete",
    "discard",
    "extend",
    "get",
    "get_title",
    "has_permission",
    "insert",
    "is_new",
    "load_from_db",
    "lock",
    "notify_update",
    "permitted_fieldnames",
    "reload",
    "remove",
    "run_method",
    "save",
    "set",
    "submit",
    "unlock",
    "update",
    "validate",
];

/// A name made of a label: blanks become underscores, what is neither letter nor digit goes, all in lower case, with
/// `custom_` in front.
pub(super) fn of_label(label: &str) -> String {
    let kept: String = label
        .replace(' ', "_")
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    format!("custom_{}", kept.to_lowercase())
}

/// Refuses a name that could not be a column, or that means something already.
///
/// # Errors
/// 417 `InvalidFieldNameError` naming it.
pub(super) fn check(name: &str, meta: &Meta) -> Result<()> {
    let refuse = |text: String| Err(Error::new(ErrorKind::InvalidFieldNameError, text));
    if let Some(odd) = name.chars().find(|c| !c.is_alphanumeric() && *c != '_') {
        return refuse(format!(
            "Fieldname {name} cannot have special characters like {odd}"
        ));
    }
    if name.starts_with(|c: char| c.is_numeric()) {
        return refuse(format!("Fieldname {name} cannot begin with a digit"));
    }
    if name.len() > LONGEST {
        return refuse(format!("Fieldname {name} is limited to {LONGEST} characters"));
    }
    let is_side = name.starts_with('_');
    if is_side || RESERVED.contains(&name) || super::super::meta::is_standard_column(name) {
        return refuse(format!(
            "Fieldname {name} is reserved, {} can't have it",
            meta.name
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_makes_a_name() {
        assert_eq!(of_label("Serial No."), "custom_serial_no");
        assert_eq!(of_label("Größe (cm)"), "custom_größe_cm");
        assert_eq!(of_label("x\"; DROP TABLE y; --"), "custom_x_drop_table_y_");
    }

    #[test]
    fn names_that_are_no_columns_or_taken_are_refused() {
        let meta = Meta::default();
        for bad in [
            "a b", "a\"", "a'", "a;b", "a--", "a/*", "a.b", "a`", "a\0", "a\n", "1a", "_assign", "__x",
            "owner", "parent", "save", "idx",
        ] {
            let error = check(bad, &meta).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidFieldNameError, "{bad}");
        }
        assert!(check(&"a".repeat(64), &meta).is_err());
        for good in ["a", "order", "select", "größe", "a_1", &"a".repeat(63)] {
            assert!(check(good, &meta).is_ok(), "{good}");
        }
    }
}
