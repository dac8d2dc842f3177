//! What a developer reads when a macro is misused: one mistake a file in `ui/<macro>/`, each message at the right span
//! and with what to write instead. Shapes that the macros accept are compiled in `accepted/` and `accepted_bare.rs`.
//!
//! After a change of wording: `TRYBUILD=overwrite cargo test -p helpdesk-tests --test ui`, and read the difference.

// One set for all: they are checked by one run of cargo, whose dependencies are built once.
#[test]
fn mistakes_are_explained_where_they_stand() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
}
