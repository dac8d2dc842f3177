//! What is read and written of tickets beside the documents themselves.

use helpdesk_core::db::Query;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::search;

use crate::rows;

/// Whether anything was sent on a ticket.
pub(super) fn is_answered(cx: &mut Cx, ticket: &str) -> Result<bool> {
    let sent = ListRequest {
        filters: json!({
            "reference_doctype": "HD Ticket",
            "reference_name": ticket,
            "sent_or_received": "Sent",
        }),
        ignore_permissions: true,
        ..ListRequest::of("Communication")
    };
    Ok(query::count(cx, &sent)? > 0)
}

/// Deletes comments and activities of a ticket, rows only: no hook runs.
pub(super) fn delete_belongings(cx: &mut Cx, ticket: &str) -> Result<()> {
    let indexed = rows::names(cx, "HD Ticket Comment", json!({ "reference_ticket": ticket }))?;
    for comment in indexed {
        search::remove(cx.db(), "HD Ticket Comment", &comment)?;
    }
    let mut reactions = Query::fixed();
    reactions
        .sql("DELETE FROM \"tabHD Comment Reaction\" WHERE parenttype = 'HD Ticket Comment' AND parent IN ")
        .sql("(SELECT name FROM \"tabHD Ticket Comment\" WHERE reference_ticket = ")
        .text(ticket.to_owned())
        .sql(")");
    let mut comments = Query::fixed();
    comments
        .sql("DELETE FROM \"tabHD Ticket Comment\" WHERE reference_ticket = ")
        .text(ticket.to_owned());
    let mut activities = Query::fixed();
    activities
        .sql("DELETE FROM \"tabHD Ticket Activity\" WHERE ticket = ")
        .text(ticket.to_owned());
    for query in [reactions, comments, activities] {
        cx.db().execute(query)?;
    }
    Ok(())
}
