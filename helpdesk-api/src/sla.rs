//! Service level agreements: which one a ticket is under, and what follows for its times.
//!
//! Everything here but `store` is plain data and arithmetic, without a database.
//!
//! Source: spec/helpdesk-b.md §10, spec/helpdesk-a.md §2.3 and §2.5.

mod agreement;
mod calendar;
mod condition;
mod store;

pub use self::agreement::{Agreement, AgreementStatus, Category, Refusal, StatusChange, Target, Timing};
pub use self::calendar::{Calendar, Hours};
pub use self::condition::{check, holds, holds_of_fields};
pub use self::store::{load, select};
