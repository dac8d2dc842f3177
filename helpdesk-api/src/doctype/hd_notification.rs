//! HD Notification: what users of the desk are told; its fields are data.

pub mod utils;
