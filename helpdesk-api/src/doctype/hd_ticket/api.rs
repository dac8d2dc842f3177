//! `helpdesk.helpdesk.doctype.hd_ticket.api`: the pages of tickets.
//!
//! Source: spec/helpdesk-a.md §4.10.

use helpdesk_core::db::Kind;
use helpdesk_core::doctype::comments;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{record, save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::query;
use schemars::JsonSchema;

use super::banner::{self, Banner};
use super::timeline::{self, Activities};
use super::{merge, split};
use crate::agents::{is_agent, memberships, require_agent};
use crate::doctype::hd_ticket_template::fields as template;
use crate::rows::{self, Row, text};
use crate::{attachments, permitted, scripts, views};

/// Tickets next to one in a list, at most.
const NEIGHBOURS: u64 = 40;
/// Other tickets of a customer or requester that are shown, at most.
const SIMILAR: u64 = 4;

/// Opens a ticket from the portal, raised by the caller.
///
/// Answers the ticket as it was first stored; its first message may have moved it on since.
///
/// # Errors
/// - 403 without the right to create tickets, for another's contact, or for a file that is not the caller's
/// - 417 without a subject, or for values that don't fit
#[whitelist]
pub fn new(
    cx: &mut Cx,
    /// Fields of the ticket.
    doc: Dict,
    /// Files, each with its `name`.
    #[arg(default = List::default())]
    attachments: List,
) -> Result<Document> {
    let files = attachments::named(cx, &attachments.0)?;
    let meta = meta_of(cx, "HD Ticket")?;
    let mut ticket = save::new_document(cx, &meta, &doc.0)?;
    ticket.set("via_customer_portal", 1);
    ticket.set("raised_by", cx.user().to_owned());
    save::insert(cx, &mut ticket)?;
    if !files.is_empty() {
        let name = ticket.name_text();
        let message = rows::all(
            cx,
            "Communication",
            &["name"],
            json!({ "reference_doctype": "HD Ticket", "reference_name": name }),
            "creation asc, name asc",
        )?;
        let of = match message.first() {
            Some(message) => ("Communication", text(message, "name")),
            None => ("HD Ticket", name.as_str()),
        };
        attachments::give(cx, &files, of, &name)?;
    }
    Ok(ticket)
}

/// A ticket that the caller may read; for customers it must be theirs.
fn readable(cx: &mut Cx, name: &str) -> Result<Document> {
    permitted::document(cx, "HD Ticket", name, Right::Read)
}

/// All that the page of a ticket shows: its columns, its timeline, its contact, its template.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 404 if there is none, or for customers none of theirs
#[whitelist]
pub fn get_one(
    cx: &mut Cx,
    /// The ticket's name, `"0042"`.
    name: String,
    /// Whether the customer portal asks.
    #[arg(default = false)]
    is_customer_portal: bool,
) -> Result<Row> {
    let ticket = readable(cx, &name)?;
    if !is_agent(cx)? && !is_own(cx, &ticket)? {
        return Err(not_found("HD Ticket", &name));
    }
    let name = ticket.name_text();
    let mut page = query::bare_row(&ticket);
    for column in ["_user_tags", "_assign", "_liked_by", "_seen"] {
        page.insert(column.to_owned(), ticket.get(column).clone());
    }
    page.insert(
        "_comments".to_owned(),
        comments::shown(cx, ticket.get("_comments"))?,
    );
    if let Value::Object(activities) = serde_json::to_value(timeline::of(cx, &name)?)? {
        page.extend(activities);
    }
    page.insert("contact".into(), contact_of_page(cx, &ticket)?.into());
    page.insert("tags".into(), timeline::tags(cx, &name)?.into());
    let template_name = match ticket.text("template") {
        "" => "Default",
        template => template,
    }
    .to_owned();
    page.insert("template".into(), template::payload(cx, &template_name)?);
    let scripts = scripts::of_forms(cx, "HD Ticket", is_customer_portal, false)?;
    page.insert("_form_script".into(), scripts);
    page.insert("fields".into(), fields_of_page(cx, &template_name)?);
    Ok(page)
}

fn is_own(cx: &mut Cx, ticket: &Document) -> Result<bool> {
    let user = cx.user().to_owned();
    if ["contact", "raised_by", "owner"]
        .iter()
        .any(|field| ticket.text(field).eq_ignore_ascii_case(&user))
    {
        return Ok(true);
    }
    Ok(memberships(cx)?
        .iter()
        .any(|member| member.customer == ticket.text("customer")))
}

fn contact_of_page(cx: &mut Cx, ticket: &Document) -> Result<Row> {
    let fields = ["company_name", "email_id", "image", "mobile_no", "name", "phone"];
    if let Some(values) = storage::values(cx, "Contact", ticket.text("contact"), &fields)? {
        return Ok(fields
            .iter()
            .map(|field| (*field).to_owned())
            .zip(values)
            .collect());
    }
    let address = ticket.text("raised_by");
    let name = address.split('@').next().unwrap_or("");
    Ok(Row::from_iter([
        ("email_id".to_owned(), address.into()),
        ("name".to_owned(), name.into()),
    ]))
}

/// The definitions of the fields the page offers to change, by name.
fn fields_of_page(cx: &mut Cx, template: &str) -> Result<Value> {
    let mut wanted: Vec<String> = ["agent_group", "customer", "priority", "ticket_type"]
        .map(str::to_owned)
        .into();
    for field in template::rows_of(cx, template)? {
        let name = field.text("fieldname").to_owned();
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let columns = meta_of(cx, "DocField")?;
    let meta = meta_of(cx, "HD Ticket")?;
    let mut found = Vec::new();
    for name in wanted {
        let Some(field) = record::field(&meta, &name) else {
            continue;
        };
        let whole: Row = columns
            .columns
            .iter()
            .filter(|column| column.in_document)
            .map(|column| {
                let absent = match column.kind {
                    Kind::Check | Kind::Int => Value::from(0),
                    _ => Value::Null,
                };
                let value = field.get(&column.name).cloned().unwrap_or(absent);
                (column.name.clone(), value)
            })
            .collect();
        found.push(Value::Object(whole));
    }
    Ok(found.into())
}

/// What happened on a ticket.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 404 if there is none
#[whitelist]
pub fn get_ticket_activities(
    cx: &mut Cx,
    /// The ticket's name.
    ticket: String,
) -> Result<Activities> {
    let name = readable(cx, &ticket)?.name_text();
    timeline::of(cx, &name)
}

/// The contact of a ticket as a card shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ContactCard {
    name: Option<String>,
    email_id: Option<String>,
    phone: Option<String>,
    mobile_no: Option<String>,
    image: Option<String>,
}

/// The contact of a ticket; without one what its address says.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 404 if there is none
#[whitelist]
pub fn get_ticket_contact(
    cx: &mut Cx,
    /// The ticket's name.
    ticket: String,
) -> Result<Option<ContactCard>> {
    let ticket = readable(cx, &ticket)?;
    let fields = ["name", "email_id", "phone", "mobile_no", "image"];
    if let Some(values) = storage::values(cx, "Contact", ticket.text("contact"), &fields)? {
        let mut values = values.into_iter().map(|value| match value {
            Value::String(text) => Some(text),
            _ => None,
        });
        let mut next = || values.next().flatten();
        return Ok(Some(ContactCard {
            name: next(),
            email_id: next(),
            phone: next(),
            mobile_no: next(),
            image: next(),
        }));
    }
    let address = ticket.text("raised_by");
    if address.is_empty() {
        return Ok(None);
    }
    Ok(Some(ContactCard {
        name: Some(address.split('@').next().unwrap_or("").to_owned()),
        email_id: Some(address.to_owned()),
        phone: Some(String::new()),
        mobile_no: Some(String::new()),
        image: Some(String::new()),
    }))
}

/// Who has a ticket: for agents with names and presence, for customers the user ids alone.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 404 if there is none
#[whitelist]
pub fn get_ticket_assignees(
    cx: &mut Cx,
    /// The ticket's name.
    ticket: String,
) -> Result<Vec<Row>> {
    let ticket = readable(cx, &ticket)?;
    let users: Vec<String> = serde_json::from_str(ticket.text("_assign")).unwrap_or_default();
    let shows_presence = is_agent(cx)?;
    let mut assignees = Vec::new();
    for user in users {
        let fields = [
            "name",
            "agent_name",
            "user_image",
            "availability",
            "availability_changed_on",
        ];
        let agent = if shows_presence {
            storage::values(cx, "HD Agent", &user, &fields)?
        } else {
            None
        };
        assignees.push(match agent {
            Some(values) => fields
                .iter()
                .map(|field| (*field).to_owned())
                .zip(values)
                .collect(),
            None => Row::from_iter([("name".to_owned(), user.into())]),
        });
    }
    Ok(assignees)
}

/// What the template `Default` adds to tickets, for the desk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Customizations {
    custom_fields: Vec<Row>,
    _form_script: Value,
}

/// The rows of the template `Default`, and the scripts of the ticket form.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_ticket_customizations(cx: &mut Cx) -> Result<Customizations> {
    require_agent(cx)?;
    let fields = ["fieldname", "required", "placeholder", "url_method"];
    let custom_fields = template::rows_of(cx, "Default")?
        .iter()
        .map(|row| {
            fields
                .iter()
                .map(|field| ((*field).to_owned(), row.get(field).clone()))
                .collect()
        })
        .collect();
    Ok(Customizations {
        custom_fields,
        _form_script: scripts::of_forms(cx, "HD Ticket", false, false)?,
    })
}

/// A ticket and those a list shows around it, of the tickets the caller may list; nothing where the list can't be made.
#[whitelist]
pub fn get_navigation_tickets(
    cx: &mut Cx,
    /// The ticket's name.
    ticket: String,
    /// Name of the HD View the caller looks at; without one the caller's default view counts.
    current_view: Option<String>,
) -> Result<Vec<String>> {
    let view = views::current(cx, "HD Ticket", current_view.as_deref())?;
    let mut filters = view.filters;
    filters.push(json!(["name", "!=", ticket]));
    let order = if view.order_by.is_empty() {
        "modified desc"
    } else {
        &view.order_by
    };
    let listed =
        cx.savepoint(|cx| rows::listed(cx, "HD Ticket", &["name"], filters.into(), order, NEIGHBOURS));
    match listed {
        Ok(rows) => {
            let others = rows.iter().map(|row| text(row, "name").to_owned());
            Ok(std::iter::once(ticket).chain(others).collect())
        }
        // A view may hold filters that are none (any more): the page works without its neighbours.
        Err(error) if error.kind().status() < 500 => {
            tracing::info!(%error, "the neighbours of a ticket can't be listed");
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Other tickets beside one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Others {
    /// The newest of the same customer and of the same requester.
    recent_tickets: Vec<Row>,
    /// Always empty.
    similar_tickets: Vec<Row>,
}

/// The newest other tickets of the same customer, two at most, then of the same requester, four in all.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 404 if there is none
#[whitelist]
pub fn get_recent_similar_tickets(
    cx: &mut Cx,
    /// The ticket's name.
    ticket: String,
) -> Result<Others> {
    let ticket = readable(cx, &ticket)?;
    let mut recent: Vec<Row> = Vec::new();
    for (field, most) in [("customer", 2), ("raised_by", SIMILAR)] {
        let value = ticket.text(field);
        let wanted = most.saturating_sub(recent.len() as u64);
        if value.is_empty() || wanted == 0 {
            continue;
        }
        let mut known: Vec<&str> = recent.iter().map(|row| text(row, "name")).collect();
        known.push(ticket.name());
        let filters = json!([[field, "=", value], ["name", "not in", known]]);
        let fields = ["subject", "creation", "name", "status"];
        let found = rows::listed(cx, "HD Ticket", &fields, filters, "creation desc", wanted)?;
        recent.extend(found);
    }
    Ok(Others {
        recent_tickets: recent,
        similar_tickets: Vec::new(),
    })
}

/// Folds a ticket into another: all that was said on `source` is copied to `target`, and `source` is closed.
///
/// # Errors
/// - 403 if the caller is no agent or may not change both tickets
/// - 417 if one is missing, or both are the same
#[whitelist]
pub fn merge_ticket(
    cx: &mut Cx,
    /// The ticket that goes.
    source: String,
    /// The ticket that stays.
    target: String,
) -> Result<()> {
    require_agent(cx)?;
    merge::merge(cx, &source, &target)
}

/// Moves a message and all that came after it to a new ticket; answers its name.
///
/// # Errors
/// - 403 if the caller is no agent or may not change the ticket
/// - 404 if there is no such message on a ticket
#[whitelist]
pub fn split_ticket(
    cx: &mut Cx,
    /// Subject of the new ticket.
    subject: String,
    /// The first Communication that moves.
    communication_id: String,
) -> Result<String> {
    require_agent(cx)?;
    split::split(cx, &subject, &communication_id)
}

/// Whether a ticket's page says that it came outside working hours, and how.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 404 if there is none
#[whitelist]
pub fn show_outside_hours_banner(
    cx: &mut Cx,
    /// The ticket's name.
    ticket_name: String,
) -> Result<Banner> {
    let ticket = readable(cx, &ticket_name)?;
    banner::of(cx, &ticket)
}
