//! The app `telephony`, as far as the client asks it: its settings, and calls that were made.

pub mod api;
