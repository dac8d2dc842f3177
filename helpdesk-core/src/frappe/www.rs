//! Methods of the pages that everybody reaches.

pub mod login;
pub mod qrcode;
