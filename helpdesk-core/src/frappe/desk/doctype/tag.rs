//! Tag: a word that documents are marked with.

#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod tag;
