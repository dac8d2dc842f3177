//! Forms: documents and what is done with them.

pub mod assign_to;
pub mod load;
pub mod save;
pub mod utils;
