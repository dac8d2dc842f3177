//! The forms that people without a login fill in.
//!
//! Source: spec/helpdesk-a.md §7.

use helpdesk_core::install::put;
use helpdesk_core::prelude::*;

/// The page that mails asking for feedback lead to, and a form for tickets that is there to be published.
pub(super) fn install(cx: &mut Cx) -> Result<()> {
    let feedback = json!({
        "name": "email-feedback",
        "title": "How did we do?",
        "route": "ticket-feedback",
        "doc_type": "HD Email Feedback",
        "published": 1,
        "is_standard": 1,
        "button_label": "Send feedback",
        "success_title": "Thank you",
        "success_message": "Your feedback has arrived.",
        "web_form_fields": [
            { "fieldname": "key", "fieldtype": "Data", "label": "Key", "hidden": 1 },
            { "fieldname": "feedback_rating", "fieldtype": "Rating", "label": "Rating", "reqd": 1 },
            { "fieldname": "feedback_extra", "fieldtype": "Small Text", "label": "What else you would like to say" },
        ],
    });
    let tickets = json!({
        "name": "tickets",
        "title": "Tickets",
        "route": "tickets",
        "doc_type": "HD Ticket",
        "published": 0,
        "is_standard": 1,
        "login_required": 1,
        "allow_edit": 1,
        "allow_delete": 1,
        "allow_multiple": 1,
        "allow_comments": 1,
        "show_list": 1,
        "success_url": "/tickets",
        "web_form_fields": [
            { "fieldname": "subject", "fieldtype": "Data", "label": "Subject", "reqd": 1 },
            { "fieldname": "status", "fieldtype": "Select", "label": "Status", "read_only": 1 },
            { "fieldname": "description", "fieldtype": "Text Editor", "label": "Description" },
            { "fieldname": "attachment", "fieldtype": "Attach", "label": "Attachment" },
            { "fieldname": "priority", "fieldtype": "Link", "label": "Priority", "options": "HD Ticket Priority",
                "reqd": 1, "default": "Medium" },
            { "fieldname": "via_customer_portal", "fieldtype": "Check", "label": "Via customer portal",
                "hidden": 1, "default": "1" },
        ],
    });
    put(cx, "Web Form", feedback)?;
    put(cx, "Web Form", tickets).map(|_| ())
}
