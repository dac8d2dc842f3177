//! A whole site for one test: its own folder, database, clock and server.
//!
//! An app's own tests depend on this crate too. A test is a plain `#[test]`; users are values with verbs:
//!
//! ```
//! use helpdesk_tests::TestSite;
//! use serde_json::json;
//!
//! let site = TestSite::start();
//! let agent = site.agent("ada@desk.example");
//! let ticket = site.ticket().subject("Printer").create();
//!
//! let reply = agent.call(
//!     "helpdesk.api.ticket.assign_ticket_to_agent",
//!     json!({ "ticket_id": ticket.name }),
//! );
//!
//! assert_eq!(reply.status, 200);
//! assert_eq!(reply.message()["_assign"], json!(r#"["ada@desk.example"]"#));
//! assert_eq!(site.guest().get("/api/resource/HD Ticket").exc_type(), "PermissionError");
//! ```
//!
//! Users carry an API key. A browser's session, with its cookies and the CSRF token of the page it shows, is
//! `site.login`:
//!
//! ```
//! use helpdesk_tests::TestSite;
//! use serde_json::json;
//!
//! let site = TestSite::start();
//! site.agent("ada@desk.example");
//! site.set_password("ada@desk.example", "Correct-Horse-1");
//! let browser = site.login("ada@desk.example", "Correct-Horse-1");
//!
//! browser.open("/docs").ok();
//! browser.call("frappe.client.get_count", json!({ "doctype": "HD Ticket" })).ok();
//! browser.call("logout", json!({})).ok();
//! assert_eq!(browser.get("/api/resource/HD Ticket").status, 403);
//! ```
//!
//! The site is what `helpdesk serve` makes of an empty folder. It is made once for each test binary and copied for
//! each test. Folders lie in memory (`/dev/shm`) where that exists; `HELPDESK_TEST_DIR` names another place. With
//! `HELPDESK_TEST_DATABASE=postgres://…` each test has a database of its own there instead of SQLite
//! (`tests/with-postgres.sh` starts a server for a command).
//!
//! The harness links the helpdesk app. An app of one's own is linked by naming its `link` function:
//! `TestSite::builder().app(acme_shop::link).start()`.

#![warn(missing_docs)]

mod log;
mod records;
mod reply;
mod server;
mod site;
mod template;
mod traces;
mod user;

pub use log::Log;
pub use records::{ArticleBuilder, OrganisationBuilder, TeamBuilder, Ticket, TicketBuilder};
pub use reply::{Reply, mail_text};
pub use site::{Builder, TestSite};
pub use traces::Heard;
pub use user::{Call, TestUser};
