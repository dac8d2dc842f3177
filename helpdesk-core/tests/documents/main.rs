//! Documents on a database: permissions, side tables, fields at run time.
//!
//! On SQLite, and where `HELPDESK_TEST_DATABASE` names one, in a schema of its own on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

mod agreement;
mod custom_fields;
mod harness;
mod masks;
mod passwords;
mod property_setters;
mod side;

helpdesk_core::doctype_data! { "tests/documents/doctypes": "account", "deal", "deal_row" }
