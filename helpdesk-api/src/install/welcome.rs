//! The ticket that greets whoever opens a new site.

use helpdesk_core::frappe::desk::form::assign_to;
use helpdesk_core::install::put;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

const SENDER: &str = "john@example.com";
const CONTACT: &str = "John Doe";
/// By its subject later code knows the ticket that nobody wrote.
pub(crate) const SUBJECT: &str = "Welcome to Helpdesk";

const TEXT: &str = "\
<h2>Hello, and welcome!</h2>\
<p>This is what a ticket looks like: somebody asks, you answer below, and the status above says whose turn it is.</p>\
<ul>\
<li><strong>Reply</strong> and the customer gets a mail; <strong>comment</strong> and only your team sees it.</li>\
<li><strong>Assign</strong> the ticket to yourself or a colleague, or let a rule hand tickets out.</li>\
<li>Set a <strong>priority</strong> and watch how the times of the service level agreement follow.</li>\
<li>What is asked often belongs into an <strong>article</strong> of the knowledge base.</li>\
</ul>\
<p>When you have looked around, resolve this ticket. The next one will be real.</p>";

pub(super) fn install(cx: &mut Cx) -> Result<()> {
    if query::count(cx, &ListRequest::of("HD Ticket"))? > 0 {
        return Ok(());
    }
    let contact = json!({
        "name": CONTACT,
        "first_name": CONTACT,
        "full_name": CONTACT,
        "email_id": SENDER,
        "email_ids": [{ "email_id": SENDER, "is_primary": 1 }],
    });
    let contact = put(cx, "Contact", contact)?;
    let ticket = json!({
        "subject": SUBJECT,
        "description": TEXT,
        "raised_by": SENDER,
        "contact": contact,
        "status": super::OPEN,
        "priority": "Medium",
        "ticket_type": "Unspecified",
        "via_customer_portal": 1,
    });
    let ticket = put(cx, "HD Ticket", ticket)?;
    assign_to::assign_user(cx, "HD Ticket", &ticket, "Administrator", "")
}
