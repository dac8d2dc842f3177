//! Data Import: a file of documents, and what became of its rows.

#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod data_import;
mod log;
pub mod run;

/// The DocType.
pub const DATA_IMPORT: &str = "Data Import";
