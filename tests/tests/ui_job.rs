//! Misuse of `#[job]` and `#[scheduled]`, one mistake a file: each message says what to write instead.

#[test]
fn misuse_is_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui_job/*.rs");
    cases.pass("tests/ui_job/pass/*.rs");
}
