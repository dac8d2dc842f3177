//! DocTypes whose links never stop the deletion of what they lead to: the framework's own, and those apps name.
//!
//! Source: spec/framework-data.md §5.9, step 7.

use super::system::IGNORE_LINKS_ON_DELETE;
use crate::method::Location;

/// DocTypes of an app whose links never stop a deletion.
pub struct IgnoredLinks {
    /// Their names.
    pub doctypes: &'static [&'static str],
    /// Where that stands in the source.
    pub location: Location,
}

inventory::collect!(IgnoredLinks);

/// Registers [`IgnoredLinks`]: `ignore_links_on_delete!("HD Notification")`, one name or several.
#[macro_export]
macro_rules! ignore_links_on_delete {
    ($($doctype:literal),+ $(,)?) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::doctype::ignored_links::IgnoredLinks {
                    doctypes: &[$($doctype),+],
                    location: $crate::method::Location { file: file!(), line: line!() },
                }
            }
        };
    };
}

/// Whether links of a DocType never stop a deletion.
pub(super) fn is_ignored(doctype: &str) -> bool {
    IGNORE_LINKS_ON_DELETE.contains(&doctype)
        || inventory::iter::<IgnoredLinks>
            .into_iter()
            .any(|ignored| ignored.doctypes.contains(&doctype))
}
