//! Columns of lists that nobody changed.
//!
//! Source: spec/helpdesk-a.md §1, §2.11 and §3; spec/helpdesk-b.md §2.1.

use helpdesk_core::prelude::*;

use crate::views::TICKET_ROWS;

/// What a list shows: its columns, and the fields it fetches.
#[derive(Clone, Debug, Default)]
pub(super) struct Preset {
    pub(super) columns: Vec<Value>,
    pub(super) rows: Vec<String>,
}

/// Label, key, type, options (empty: none) and width of a column.
type Column = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const TICKETS: [Column; 13] = [
    ("ID", "name", "Int", "", "auto"),
    ("Subject", "subject", "Data", "", "25rem"),
    ("Status", "status", "Select", "", "8rem"),
    ("First Response", "response_by", "Datetime", "", "8rem"),
    ("Resolution", "resolution_by", "Datetime", "", "8rem"),
    ("Assigned To", "_assign", "MultipleAvatar", "", "8rem"),
    ("Customer", "customer", "Link", "HD Customer", "8rem"),
    ("Priority", "priority", "Link", "HD Ticket Priority", "10rem"),
    ("Type", "ticket_type", "Link", "HD Ticket Type", "11rem"),
    ("Team", "agent_group", "Link", "HD Team", "10rem"),
    ("Contact", "contact", "Link", "Contact", "8rem"),
    ("Rating", "feedback_rating", "Rating", "", "10rem"),
    ("Created", "creation", "Datetime", "Contact", "8rem"),
];

const PORTAL_TICKETS: [Column; 8] = [
    ("ID", "name", "Int", "", "5rem"),
    ("Subject", "subject", "Data", "", "22rem"),
    ("Status", "status", "Select", "", "11rem"),
    ("Priority", "priority", "Link", "HD Ticket Priority", "10rem"),
    ("First response", "response_by", "Datetime", "", "8rem"),
    ("Resolution", "resolution_by", "Datetime", "", "8rem"),
    ("Team", "agent_group", "Link", "HD Team", "10rem"),
    ("Created", "creation", "Datetime", "Contact", "8rem"),
];

const CUSTOMERS: [Column; 5] = [
    ("Name", "name", "Data", "", "17rem"),
    ("Customer Type", "customer_type", "Select", "", "10rem"),
    ("Email ID", "email_id", "Data", "", "17rem"),
    ("Mobile No", "mobile_no", "Data", "", "12rem"),
    ("Created On", "creation", "Datetime", "", "8rem"),
];

const CONTACTS: [Column; 4] = [
    ("Name", "full_name", "Data", "", "17rem"),
    ("Email", "email_id", "Data", "", "17rem"),
    ("Mobile", "mobile_no", "Data", "", "12rem"),
    ("Created On", "creation", "Datetime", "", "8rem"),
];

const ARTICLES: [Column; 4] = [
    ("Title", "title", "Data", "", "20rem"),
    ("Status", "status", "status", "", "10rem"),
    ("Author", "author", "Link", "", "17rem"),
    ("Last Modified", "modified", "Datetime", "", "8rem"),
];

const CALLS: [Column; 10] = [
    ("Name", "name", "Data", "", "9rem"),
    ("Caller", "caller", "Link", "User", "12rem"),
    ("Receiver", "receiver", "Link", "User", "12rem"),
    ("Type", "type", "Select", "", "9rem"),
    ("Medium", "telephony_medium", "Select", "", "9rem"),
    ("Status", "status", "Select", "", "9rem"),
    ("Duration", "duration", "Duration", "", "9rem"),
    ("From (number)", "from", "Data", "", "9rem"),
    ("To (number)", "to", "Data", "", "9rem"),
    ("Created On", "creation", "Datetime", "", "8rem"),
];

const OTHERS: [Column; 2] = [
    ("Name", "name", "Data", "", "16rem"),
    ("Last Modified", "modified", "Datetime", "", "8rem"),
];

fn column((label, key, kind, options, width): &Column) -> Value {
    let mut column = json!({ "label": label, "key": key, "type": kind, "width": width });
    if !options.is_empty() {
        column["options"] = (*options).into();
    }
    column
}

fn preset(columns: &[Column], rows: &[&str]) -> Preset {
    Preset {
        columns: columns.iter().map(column).collect(),
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
    }
}

/// The list of a DocType as the app has it; `None` for DocTypes it has no list of its own for.
pub(super) fn of(doctype: &str, portal: bool) -> Option<Preset> {
    Some(match doctype {
        "HD Ticket" if portal => preset(&PORTAL_TICKETS, &TICKET_ROWS),
        "HD Ticket" => preset(&TICKETS, &TICKET_ROWS),
        "HD Customer" => preset(
            &CUSTOMERS,
            &[
                "customer_name",
                "customer_type",
                "email_id",
                "mobile_no",
                "creation",
                "image",
            ],
        ),
        "Contact" => preset(&CONTACTS, &["name", "email_id", "mobile_no", "image", "creation"]),
        "HD Article" => preset(&ARTICLES, &["title", "status", "author", "modified"]),
        "TP Call Log" => preset(&CALLS, &[]),
        _ => return None,
    })
}

/// The columns of a list that has none.
pub(super) fn columns_of_others() -> Vec<Value> {
    OTHERS.iter().map(column).collect()
}
