//! What a developer reads when a `#[doc_method]` is wrong: one mistake a file in `ui_doc_method/`.
//!
//! After a change of wording: `TRYBUILD=overwrite cargo test -p helpdesk-tests --test ui_doc_method`, and read the diff.

#[test]
fn mistakes_in_document_methods() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui_doc_method/*.rs");
    cases.pass("tests/ui_doc_method/pass/*.rs");
}
