//! Misuse of `#[doc_event]`, one mistake a file: each message says what to write instead.

#[test]
fn misuse_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui_doc_event/*.rs");
    cases.pass("tests/ui_doc_event/pass/*.rs");
}
