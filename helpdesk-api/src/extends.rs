//! What the app adds to others.

pub mod data_import;
