//! Shapes that the macros accept, under the lints an app may set; what they refuse stands in `ui/`.

helpdesk_core::app! { "case", parameters::inner => "case.elsewhere" }

mod doc_event;
mod doc_method;
mod doctype;
mod job;
mod parameters;
mod returns;
