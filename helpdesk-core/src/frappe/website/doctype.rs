//! DocTypes of the module `Website`.

pub mod web_form;
