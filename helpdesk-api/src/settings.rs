//! `helpdesk.api.settings`: pages of the settings that are more than a form.

pub mod email;
pub mod email_notifications;
pub mod field_dependency;
