//! Compile errors of the macros, one mistake a file, and shapes they must accept.
//!
//! Refresh with `TRYBUILD=overwrite cargo test -p helpdesk-tests --test ui` and read the difference.

#[test]
fn mistakes_are_explained_where_they_stand() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
