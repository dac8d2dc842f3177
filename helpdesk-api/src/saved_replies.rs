//! `helpdesk.api.saved_replies`: saved replies with the values of a ticket and of whoever answers it.
//!
//! Source: spec/helpdesk-b.md §7.1.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::field::FieldType;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use serde_json::Map;

use crate::agents::require_agent;
use crate::{permitted, templates};

/// What a reply may say of its user; they hide fields of the ticket with the same names.
const OF_USER: [&str; 24] = [
    "doctype",
    "name",
    "owner",
    "creation",
    "modified",
    "modified_by",
    "docstatus",
    "idx",
    "_assign",
    "email",
    "first_name",
    "middle_name",
    "last_name",
    "full_name",
    "username",
    "phone",
    "mobile_no",
    "language",
    "time_zone",
    "user_image",
    "gender",
    "birth_date",
    "location",
    "bio",
];
/// What opens a ticket's page of feedback.
const SECRET_OF_TICKET: &str = "key";

/// A saved reply as HTML, its places filled with values of the ticket and of the caller. Places with unknown names stay.
///
/// # Errors
/// - 403 if the caller is no agent, or may not read the ticket or the reply
/// - 404 for a ticket or reply there is not
/// - 417 without a reply, or for one that can't be filled
#[whitelist]
pub fn get_rendered_saved_reply(
    cx: &mut Cx,
    ticket_id: String,
    /// Name of the HD Saved Reply.
    saved_reply_id: Option<String>,
) -> Result<String> {
    require_agent(cx)?;
    let reply = saved_reply_id
        .filter(|name| !name.is_empty())
        .ok_or_else(|| invalid("saved_reply_id: which reply?"))?;
    let reply = permitted::document(cx, "HD Saved Reply", &reply, Right::Read)?;
    let ticket = permitted::document(cx, "HD Ticket", &ticket_id, Right::Read)?;
    let user = cx.user().to_owned();
    let user = storage::get(cx, &meta_of(cx, "User")?, &user)?;
    let template = reply.text("message");
    if template.contains(".__") {
        return Err(invalid("The reply has .__ in it, which can't be filled"));
    }
    templates::filled_where_known(template, &values(&ticket, &user))
}

/// The values by name, those of the user on top.
fn values(ticket: &Document, user: &Document) -> Map<String, Value> {
    let meta = ticket.meta();
    let mut values = Map::new();
    for column in &meta.columns {
        let is_open = meta.field_of(column).is_none_or(|field| {
            field.fieldtype != FieldType::Password && field.permlevel == 0 && !field.mask
        });
        if is_open && column.name != SECRET_OF_TICKET {
            values.insert(column.name.clone(), ticket.get(&column.name).clone());
        }
    }
    values.insert("name".to_owned(), ticket.name_text().into());
    for field in OF_USER {
        let value = match field {
            "doctype" => "User".into(),
            field => user.get(field).clone(),
        };
        values.insert(field.to_owned(), value);
    }
    values
}
