//! The DocType engine: metadata, documents and their life, permissions.
//!
//! It imports nothing from `frappe/`, the base app; the few tables it is made of are named in [`system`].

pub mod child;
pub mod comments;
mod customize;
pub mod def;
pub mod defaults;
pub mod document;
pub mod events;
pub mod field;
pub mod ignored_links;
pub mod json_text;
pub mod likes;
mod linked;
pub mod links;
pub(crate) mod masks;
pub mod meta;
pub mod naming;
pub mod passwords;
pub mod permissions;
pub mod predicate;
pub mod record;
pub mod registry;
pub mod rename;
pub mod save;
pub mod schema;
pub mod seen;
pub mod shares;
mod steps;
pub mod storage;
pub mod system;
pub mod tags;
mod traces;
pub(crate) mod tree;
pub mod typed;
pub mod user_permissions;
mod validate;
pub mod value;
mod version;

pub use self::document::Document;
pub use self::validate::is_email;
