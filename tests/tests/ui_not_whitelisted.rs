//! Misuse of `not_whitelisted!`, one mistake a file: each message says what to write instead.

#[test]
fn misuse_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui_not_whitelisted/*.rs");
    cases.pass("tests/ui_not_whitelisted/pass/*.rs");
}
