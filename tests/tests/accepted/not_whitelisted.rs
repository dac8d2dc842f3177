//! Names that exist and are not for callers.

use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::error::ErrorKind;
use helpdesk_core::prelude::*;

#[whitelist]
fn ping() {}

not_whitelisted! { get, r#match, }
not_whitelisted! { path = "case.config"; read as "case.read" }
not_whitelisted! { doctype = "*", path = "case.documents"; close }

#[test]
fn names_that_are_not_callable_are_refused_by_name() {
    // A method of documents above is one of HD Ticket.
    helpdesk_api::link();
    let table = Dispatch::collect().unwrap();
    for (called, named) in [
        ("case.not_whitelisted.get", "case.not_whitelisted.get"),
        ("case.not_whitelisted.match", "case.not_whitelisted.match"),
        ("case.read", "case.config.read"),
    ] {
        let error = table.find(called, helpdesk_core::cx::Api::V1).unwrap_err().error;
        assert_eq!(error.kind(), ErrorKind::PermissionError);
        assert!(
            error.text().contains(&format!("<strong>{named}</strong>")),
            "{}",
            error.text()
        );
    }
    assert!(
        table
            .find("case.config.read", helpdesk_core::cx::Api::V1)
            .is_err()
    );
    assert_eq!(
        table.callable("Any", "close").unwrap_err().kind(),
        ErrorKind::PermissionError
    );
    assert!(table.callable("Any", "open").unwrap().is_none());
}
