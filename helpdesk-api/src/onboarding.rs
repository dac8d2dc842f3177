//! `helpdesk.api.onboarding`: the first steps on a new site.
//!
//! Source: spec/helpdesk-a.md §4.14.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, Verdict, check, meta_of};
use helpdesk_core::doctype::{naming, save, storage};
use helpdesk_core::prelude::*;

use crate::permitted::require_manager;
use crate::rows::{self, text};

/// Subject of the ticket a new site has.
const WELCOME: &str = "Welcome to Helpdesk";

/// Notes that the questions after the installation were answered, and takes over the name of the brand.
///
/// # Errors
/// 403 if the caller manages no agents.
#[whitelist(methods = [POST])]
pub fn mark_persona_captured(
    cx: &mut Cx,
    /// Name of the brand; blank: as it is.
    brand_name: Option<String>,
) -> Result<()> {
    require_manager(cx)?;
    let brand = brand_name.map(|name| name.trim().to_owned()).unwrap_or_default();
    let mut settings = storage::get(cx, &meta_of(cx, "HD Settings")?, "HD Settings")?;
    settings.set("persona_captured", 1);
    if !brand.is_empty() {
        settings.set("brand_name", brand.clone());
    }
    settings.flags.ignore_permissions = true;
    settings.flags.ignore_mandatory = true;
    save::save(cx, &mut settings)?;
    if brand.is_empty() {
        return Ok(());
    }
    let mut website = storage::get(cx, &meta_of(cx, "Website Settings")?, "Website Settings")?;
    website.set("app_name", brand.clone());
    website.flags.ignore_permissions = true;
    website.flags.ignore_mandatory = true;
    save::save(cx, &mut website)?;
    set_default(cx, "site_name", &brand)
}

/// Sets a default of the site.
fn set_default(cx: &mut Cx, key: &str, value: &str) -> Result<()> {
    let known = rows::names(
        cx,
        "DefaultValue",
        json!({ "parent": "__default", "defkey": key }),
    )?;
    if let Some(known) = known.first() {
        storage::set_columns(cx, "DefaultValue", known, &[("defvalue", value.into())])?;
        return Ok(());
    }
    let mut row = Document::new(meta_of(cx, "DefaultValue")?);
    let now = helpdesk_core::clock::stored(cx.now());
    row.set("name", naming::hash(cx));
    for (field, value) in [
        ("parent", "__default"),
        ("parenttype", "__default"),
        ("parentfield", "system_defaults"),
        ("defkey", key),
        ("defvalue", value),
        ("creation", &now),
        ("modified", &now),
    ] {
        row.set(field, value);
    }
    for field in ["owner", "modified_by"] {
        row.set(field, cx.user().to_owned());
    }
    row.set("idx", 0);
    row.set("docstatus", 0);
    storage::insert_row(cx, &row)
}

/// The ticket a new site has.
///
/// # Errors
/// 403 if the caller manages no agents.
#[whitelist]
pub fn get_welcome_ticket(cx: &mut Cx) -> Result<Option<String>> {
    require_manager(cx)?;
    Ok(rows::names(cx, "HD Ticket", json!({ "subject": WELCOME }))?
        .into_iter()
        .next())
}

/// A ticket to show first steps on: the one given if the caller may read it, else the oldest one of the caller's own.
#[whitelist]
pub fn get_first_ticket(
    cx: &mut Cx,
    /// Name of a ticket.
    ticket: Option<String>,
) -> Result<Option<String>> {
    let meta = meta_of(cx, "HD Ticket")?;
    if let Some(name) = ticket.filter(|name| !name.is_empty())
        && let Some(ticket) = storage::load(cx, &meta, &name)?
        && check(cx, &meta, &ticket, Right::Read)? == Verdict::Granted
    {
        return Ok(Some(ticket.name_text()));
    }
    let user = cx.user().to_owned();
    let filters = json!([["owner", "=", user], ["subject", "!=", WELCOME]]);
    let own = rows::all(cx, "HD Ticket", &["name"], filters, "creation asc, name asc")?;
    Ok(own.first().map(|row| text(row, "name").to_owned()))
}

/// The category of articles that belong to no other.
#[whitelist]
pub fn get_general_category_id(cx: &mut Cx) -> Result<Option<String>> {
    let filters = json!({ "category_name": "General" });
    Ok(rows::names(cx, "HD Article Category", filters)?
        .into_iter()
        .next())
}
