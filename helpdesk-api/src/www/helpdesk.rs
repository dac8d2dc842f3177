//! The page the app starts from.

pub mod index;
