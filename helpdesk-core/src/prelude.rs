//! What a file with methods needs: `use helpdesk_core::prelude::*;`.

pub use serde::{Deserialize, Serialize};
pub use serde_json::{Value, json};

pub use crate::args::{Args, Dict, DictOrList, JsonOr, List, ListOrBlank, Raw, StrOrInt};
pub use crate::cx::{AsyncCx, Cx, Request, Shared};
pub use crate::db::Tx;
pub use crate::error::{Error, ErrorKind, Result, forbidden, invalid, no_route, not_found};
pub use crate::inject::FromShared;
pub use crate::jobs::{job, scheduled};
pub use crate::message::Message;
pub use crate::reply::Response;
pub use crate::session::Session;
pub use crate::site::Site;
pub use crate::{doc_method, not_whitelisted, rate_limit, whitelist};
