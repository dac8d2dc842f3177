//! The helpdesk app: its DocTypes, their rules, and `helpdesk.api.*`.

#![warn(missing_docs)]

pub mod agents;
pub mod demo;
pub mod doctype;
pub mod install;
pub mod knowledge_base;
mod permission_rules;
pub mod sla;
pub mod ticket;

helpdesk_core::app! { "helpdesk.api", doctype => "helpdesk.helpdesk.doctype" }

// A ticket goes although somebody was told of it or remarked on it.
helpdesk_core::ignore_links_on_delete! { "HD Notification", "HD Ticket Comment" }

helpdesk_core::app_page! {
    name: "helpdesk",
    title: "Helpdesk",
    logo: "/assets/helpdesk/desk/favicon.svg",
    route: "/helpdesk",
    permitted: |session| !session.is_guest(),
}
