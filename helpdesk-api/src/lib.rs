//! The helpdesk app: its DocTypes, their rules, and `helpdesk.api.*`.

#![warn(missing_docs)]

pub mod agent;
pub mod agent_home;
pub mod agents;
pub mod article;
pub mod article_index;
mod assignment;
pub mod assignment_rule;
mod attachments;
pub mod auth;
mod calls;
pub mod config;
pub mod contact;
mod content;
pub mod customer;
pub mod customer_portal_notice;
pub mod dashboard;
pub mod demo;
pub mod doc;
pub mod doctype;
pub mod extends;
pub mod general;
pub mod install;
pub mod integrations;
mod invitations;
pub mod knowledge_base;
mod live;
mod mail;
mod metrics;
mod notice_mails;
mod notifications;
pub mod onboarding;
mod permission_rules;
mod permitted;
mod reports;
mod rows;
pub mod saved_replies;
mod scripts;
pub mod search;
pub mod session;
pub mod settings;
pub mod sla;
pub mod telephony;
mod templates;
pub mod ticket;
pub mod ticket_stats;
mod views;
mod words;
pub mod www;

helpdesk_core::app! { "helpdesk.api", doctype => "helpdesk.helpdesk.doctype", integrations => "helpdesk.integrations",
article_index => "helpdesk.search", www => "helpdesk.www", extends => "helpdesk.extends", telephony => "telephony" }

// Within the program alone (spec/helpdesk-a.md §1 and §4.14).
helpdesk_core::not_whitelisted! { path = "helpdesk.api.permission"; has_app_permission }
helpdesk_core::not_whitelisted! {
    path = "helpdesk.utils";
    check_permissions, is_admin, is_agent, get_agent_name, publish_event, get_doc_room, capture_event, get_customers,
    extract_mentions, get_context, get_agents_team, alphanumeric_to_int, seconds_to_duration, format_time_difference,
    parse_phone_number, get_contact, get_contact_by_phone_number, parse_call_log, is_json_valid,
    get_country_from_timezone
}

// A ticket goes although somebody was told of it or remarked on it.
helpdesk_core::ignore_links_on_delete! { "HD Notification", "HD Ticket Comment" }

/// Roles that open the app (spec/helpdesk-a.md §4.14).
const APP_ROLES: [&str; 5] = [
    "Agent",
    "Agent Manager",
    "System Manager",
    "HD Customer",
    "HD Customer Manager",
];

helpdesk_core::app_page! {
    name: "helpdesk",
    title: "Helpdesk",
    logo: "/assets/helpdesk/desk/favicon.svg",
    route: "/helpdesk",
    permitted: |session| session.is_administrator() || session.has_any_role(&APP_ROLES),
}
