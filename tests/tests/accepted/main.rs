//! Shapes that the macros accept, under the lints an app may set; what they refuse stands in `ui/`.

#![allow(
    dead_code,
    unreachable_pub,
    unused_qualifications,
    reason = "the shapes are those of an app with lints of its own"
)]

helpdesk_core::app! { "case", parameters::inner => "case.elsewhere" }

mod doc_event;
mod doc_method;
mod doctype;
mod job;
mod not_whitelisted;
mod parameters;
mod returns;
