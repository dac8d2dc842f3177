//! The reports on tickets. The tickets that count are those the caller may list, for System Managers all.
//!
//! Source: spec/helpdesk-b.md §15.

mod analytics;
mod entity;
mod first_response;
mod hours;
mod periods;
mod search_analysis;
mod selection;
mod summary;

/// What a name is as a field: in lower case, words joined by `_`.
fn scrub(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

/// Role that all reports have.
const SUPPORT_TEAM: &str = "Support Team";
const TICKET: &str = "HD Ticket";
