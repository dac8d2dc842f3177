//! Documents on a database: permissions, side tables, fields at run time.
//!
//! On SQLite, and where `HELPDESK_TEST_DATABASE` names one, in a schema of its own on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

mod agreement;
mod custom_fields;
mod events;
mod harness;
mod masks;
mod naming;
mod passwords;
mod property_setters;
mod side;
mod trees;

helpdesk_core::doctype_data! { "tests/documents/doctypes": "account", "by_bare_field", "by_counter", "by_field", "by_format", "by_hash",
"by_nothing", "by_number", "by_series", "by_series_field", "by_uuid", "deal", "deal_row", "region",
"shop" }
