//! Dotted paths: modules, trees, names given outright.

use helpdesk_core::prelude::*;

use crate::harness::find;

pub(crate) mod doctype {
    pub(crate) mod hd_ticket {
        use helpdesk_core::prelude::*;

        #[whitelist(alias = "desk.old.new", alias = "newest")]
        pub(crate) fn new() {}
    }
}

mod r#type {
    use helpdesk_core::prelude::*;

    #[whitelist(methods = [GET, "POST"])]
    fn private() {}
}

#[whitelist(path = "tests_login", allow_guest = true, xss_safe)]
pub(crate) fn sign_in() {}

/// Says hello.
///
/// Twice.
#[whitelist]
pub(crate) fn documented(
    /// Whom.
    who: String,
) -> String {
    who
}

#[test]
fn a_path_follows_from_the_module() {
    assert_eq!(doctype::hd_ticket::new::PATH, "desk.desk.doctype.hd_ticket.new");
    assert_eq!(
        find("desk.desk.doctype.hd_ticket.new").path,
        doctype::hd_ticket::new::PATH
    );
    assert_eq!(find("desk.api.paths.type.private").package, "helpdesk-core");
    assert_eq!(find("desk.api.arguments.match").path, "desk.api.arguments.match");
}

#[test]
fn a_function_in_a_function_registers() {
    #[whitelist]
    fn inner() {}

    inner();
    assert_eq!(find(inner::PATH).path, "desk.api.paths.inner");
}

#[test]
fn a_path_can_be_given_and_have_aliases() {
    let method = find("tests_login");

    assert_eq!(
        (sign_in::PATH, method.allow_guest, method.xss_safe),
        ("tests_login", true, true)
    );
    assert_eq!(find("desk.old.new").path, find("newest").path);
}

#[test]
fn an_entry_says_where_it_stands_and_what_it_takes() {
    let method = find("desk.api.paths.documented");

    assert_eq!(method.doc, "Says hello.\n\nTwice.");
    assert!(method.location.file.ends_with("paths.rs"));
    assert_eq!(
        (
            method.params[0].name,
            method.params[0].doc,
            method.params[0].rust_type
        ),
        ("who", "Whom.", "String")
    );
    assert_eq!(find("desk.api.paths.type.private").verbs.names(), ["GET", "POST"]);
    assert_eq!(method.verbs.names(), ["GET", "POST", "PUT", "DELETE"]);
}
