//! What a developer reads when a `#[doctype]` is wrong: one mistake a file in `ui_doctype/`.
//!
//! After a change of wording: `TRYBUILD=overwrite cargo test -p helpdesk-tests --test ui_doctype`, and read the diff.

#[test]
fn mistakes_in_doctypes() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui_doctype/*.rs");
    cases.pass("tests/ui_doctype/pass/*.rs");
}
