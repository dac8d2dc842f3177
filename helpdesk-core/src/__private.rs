//! What generated code names. No part of the public interface: it changes with the macros.

pub use inventory;
pub use schemars::SchemaGenerator;
pub use serde_json;

pub use crate::args::Args;
pub use crate::args::arg::{Rest, missing, sent, take};
pub use crate::cx::{AsyncCx, Cx, Shared};
pub use crate::doctype::document::Document;
pub use crate::doctype::typed::EventDocument;
pub use crate::error::Error;
pub use crate::inject::{FromAsyncCx, FromCx, FromDocument, FromShared, FromTx};
pub use crate::jobs::{DEFAULT_ATTEMPTS, Every, Job, JobName, Queue};
pub use crate::method::{
    BoxFuture, DocMethod, Handler, Limit, Location, Method, MethodSchema, NotWhitelisted, Param, RateLimit,
    Verb, Verbs,
};
pub use crate::path::{Dotted, dotted, dotted_companion};
pub use crate::rate_limit::{KeyFallback, Keyed, check, check_async, check_cx, sent_text};
pub use crate::reply::{Plain, Reply, Returned, finish};
pub use crate::schema::{NoSchema, NotShown, Of, PlainReturn, Return, Shown, anything};
