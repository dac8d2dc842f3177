//! Files of a site: what a request brought, where contents lie on disk, and how they leave again.
//!
//! Public files lie in `public/files` of the site's folder and are fetched at `/files/…`, private ones in
//! `private/files`, at `/private/files/…`. What is being received lies in `private/incoming` until it has a place.
//!
//! Source: spec/framework-api.md §9.

pub mod content;
pub mod names;
pub mod place;
pub mod served;

pub use self::content::{Content, Upload};
pub use self::served::Served;
