//! DocTypes of the module `Core`, a struct each.

pub mod block_module;
pub mod comment;
pub mod communication;
pub mod communication_link;
pub mod data_import;
pub mod defaultvalue;
pub mod dynamic_link;
pub mod file;
pub mod has_role;
pub mod role;
mod system_settings;
pub mod user;
pub mod user_email;
pub mod user_invitation;
pub mod user_role_profile;
pub mod user_social_login;
