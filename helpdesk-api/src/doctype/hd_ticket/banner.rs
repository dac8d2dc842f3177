//! The notice that a ticket came outside working hours.
//!
//! Source: spec/helpdesk-a.md §2.7.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use minijinja::context;
use minijinja::value::Serde;
use schemars::JsonSchema;

use super::events::{setting, setting_is_on};
use super::queries;
use crate::templates;

const MESSAGE: &str = "We received your ticket outside our working hours. \
                       We will answer by {{ expected_response }}.";

/// Whether to show the notice, and what it says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Banner {
    show: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<String>,
}

/// The notice for a ticket the caller may read.
///
/// # Errors
/// 417 for a message of the settings that can't be filled in.
pub(super) fn of(cx: &mut Cx, ticket: &Document) -> Result<Banner> {
    const HIDDEN: Banner = Banner {
        show: false,
        msg: None,
    };
    if !setting_is_on(cx, "enable_outside_hours_banner")?
        || !ticket.is_on("raised_outside_working_hours")
        || ticket.is_empty("sla")
    {
        return Ok(HIDDEN);
    }
    let agreement = crate::sla::load(cx, ticket.text("sla"))?;
    let now = cx.now();
    let waits = match parse_datetime(ticket.text("creation")).and_then(|at| at.checked_add(1.day()).ok()) {
        Some(next) => agreement
            .calendar
            .hours(next.date())
            .is_none_or(|hours| now < next.date().to_datetime(hours.start)),
        None => false,
    };
    if !waits || agreement.calendar.is_open(now) || queries::is_answered(cx, ticket.name())? {
        return Ok(HIDDEN);
    }
    let own = setting(cx, "outside_working_hours_message")?;
    let template = if own.trim().is_empty() { MESSAGE } else { &own };
    let due = parse_datetime(ticket.text("response_by"));
    let shown = |format: &str| due.map(|due: DateTime| due.strftime(format).to_string());
    let text = templates::filled(
        template,
        context! {
            ticket => minijinja::Value::from(Serde(ticket.as_dict())),
            next_working_daytime => shown("%A %H:%M"),
            next_working_day => shown("%A, %d %b"),
            next_working_date => shown("%d %b"),
            expected_response => shown("%H:%M, %A, %d %b"),
        },
    )?;
    Ok(Banner {
        show: true,
        msg: Some(text),
    })
}
