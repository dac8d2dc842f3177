//! The page an agent begins the day with.

mod activity;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod agent_home;
mod feedback;
mod pending;
mod relative;
