//! DocTypes of the module `Contacts`, a struct each.

pub mod contact;
pub mod contact_email;
pub mod contact_phone;
