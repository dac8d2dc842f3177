//! The API over HTTP, an area a file.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

mod agreements;
mod archives;
mod assignment;
mod auth;
mod boot;
mod categories;
mod comments;
mod cursor;
mod customers;
mod customize;
mod dashboard;
mod desk_start;
mod envelope;
mod exports;
mod feedback_by_mail;
mod field_dependency;
mod figures;
mod files;
mod gate;
mod holidays;
mod hostile_files;
mod imports;
mod inert;
mod invitations;
mod jobs;
mod json_arguments;
mod kept;
mod knowledge_base;
mod languages;
mod life_cycle;
mod links;
mod list;
mod lists;
mod loading;
mod login_links;
mod mail_settings;
mod many_at_once;
mod methods;
mod new_site;
mod not_callable;
mod notices;
mod odd_ids;
mod passwords;
mod people;
mod permissions;
mod pictures;
mod rate_limit;
mod refusals;
mod reports;
mod resource;
mod rules_of_records;
mod saved_replies;
mod saved_reply_scopes;
mod search;
mod search_articles;
mod search_index;
mod search_rights;
mod second_factor;
mod session_attacks;
mod sessions;
mod submitting;
mod telephony;
mod ticket;
mod ticket_messages;
mod ticket_pages;
mod tokens;
mod tools;
mod transaction;
mod web_forms;

// Methods that only these tests have: `probe.transaction.write` and the like.
helpdesk_core::app! { "probe" }
