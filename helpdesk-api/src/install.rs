//! What installing the helpdesk app puts into a new site.
//!
//! Source: spec/helpdesk-a.md §6. Steps that are not documents of the app's own DocTypes change those of the base
//! app: roles, permission rules, settings.

mod views;
mod web_forms;
pub(crate) mod welcome;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::install;
use helpdesk_core::install::{customize, put, put_single};
use helpdesk_core::prelude::*;

helpdesk_core::customizations!(CUSTOMIZATIONS);
install!("helpdesk", order = 100, Lists, folders);
install!("helpdesk", order = 100, Lists, web_forms::install);
install!("helpdesk", order = 100, Records, install);

/// Custom fields, property setters and permission rules the app adds to DocTypes of other apps.
///
/// JSON: a list of `{doctype, custom_fields, property_setters, custom_perms}`, each list of them optional.
/// `custom_perms` come on top of a copy of the DocType's own rules ([`customize`]).
///
/// Source: spec/doctypes.json.
pub const CUSTOMIZATIONS: &str = include_str!("install/customizations.json");

/// Names that other code relies on.
const OPEN: &str = "Open";
const DEFAULT: &str = "Default";
/// The teams of a new site.
pub(crate) const TEAMS: [&str; 2] = ["Billing", "Product Experts"];
const ROTATION: &str = "Support Rotation";

pub(crate) const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

fn folders(cx: &mut Cx) -> Result<()> {
    put(
        cx,
        "File",
        json!({ "name": "Home/Helpdesk", "file_name": "Helpdesk", "is_folder": 1, "folder": "Home" }),
    )?;
    Ok(())
}

fn install(cx: &mut Cx) -> Result<()> {
    roles(cx)?;
    customize(cx, CUSTOMIZATIONS)?;
    statuses(cx)?;
    single(
        cx,
        "HD Settings",
        json!({
            "default_ticket_status": OPEN,
            "ticket_reopen_status": OPEN,
        }),
    )?;
    agent_statuses(cx)?;
    knowledge_base(cx)?;
    service_levels(cx)?;
    for team in TEAMS {
        put_team(cx, team)?;
    }
    rotation(cx)?;
    ticket_kinds(cx)?;
    feedback_options(cx)?;
    views::install(cx)?;
    welcome::install(cx)
}

/// A team without members, although it needs some: they come when there are agents.
fn put_team(cx: &mut Cx, team: &str) -> Result<()> {
    if storage::exists(cx, "HD Team", team)?.is_some() {
        return Ok(());
    }
    let mut doc = Document::new(meta_of(cx, "HD Team")?);
    doc.set("team_name", team);
    doc.flags.ignore_permissions = true;
    doc.flags.ignore_mandatory = true;
    save::insert(cx, &mut doc)
}

fn single(cx: &mut Cx, doctype: &str, values: Value) -> Result<()> {
    match values {
        Value::Object(values) => put_single(cx, doctype, &values),
        _ => Err(invalid(format!("{doctype}: values are an object"))),
    }
}

/// Agents work at the desk, customers in the portal.
fn roles(cx: &mut Cx) -> Result<()> {
    for role in ["Agent", "Agent Manager"] {
        put(cx, "Role", json!({ "role_name": role, "desk_access": 1 }))?;
    }
    let meta = meta_of(cx, "Role")?;
    for role in ["HD Customer", "HD Customer Manager"] {
        // The base app may have made the role already, for the permission rules that name it.
        let name = put(cx, "Role", json!({ "role_name": role }))?;
        let portal = json!({ "home_page": "/helpdesk", "desk_access": 0 });
        if let Value::Object(portal) = portal {
            save::update(cx, &meta, &name, &portal)?;
        }
    }
    single(
        cx,
        "Portal Settings",
        json!({ "default_role": "HD Customer", "default_portal_home": "/helpdesk" }),
    )
}

fn statuses(cx: &mut Cx) -> Result<()> {
    for (order, label, color, category, shown) in [
        (1, OPEN, "Red", "Open", None),
        (2, "Replied", "Blue", "Paused", Some("Awaiting Response")),
        (3, "Resolved", "Green", "Resolved", None),
        (4, "Closed", "Gray", "Resolved", None),
    ] {
        let status = json!({
            "label_agent": label,
            "enabled": 1,
            "order": order,
            "color": color,
            "category": category,
            "different_view": i32::from(shown.is_some()),
            "label_customer": shown,
        });
        put(cx, "HD Ticket Status", status)?;
    }
    Ok(())
}

fn agent_statuses(cx: &mut Cx) -> Result<()> {
    for (order, name, color) in [
        (10, "Active", "Green"),
        (20, "Away", "Amber"),
        (30, "Unavailable", "Red"),
    ] {
        let status = json!({
            "name": name,
            "agent_status": name,
            "category": name,
            "enable": 1,
            "color": color,
            "status_order": order,
        });
        put(cx, "HD Agent Status", status)?;
    }
    Ok(())
}

fn knowledge_base(cx: &mut Cx) -> Result<()> {
    let category = put(
        cx,
        "HD Article Category",
        json!({ "category_name": "General", "description": "What fits nowhere else" }),
    )?;
    let article = json!({
        "title": "Introduction",
        "category": category,
        "status": "Draft",
        "author": "Administrator",
        "content": "<p>Tell your customers here how you can help them, then publish this article.</p>",
    });
    put(cx, "HD Article", article).map(|_| ())
}

/// Priorities, holidays and the service level agreement that tickets have unless another applies.
fn service_levels(cx: &mut Cx) -> Result<()> {
    for level in ["Urgent", "High", "Medium", "Low"] {
        // Named by the level in either way: by field, or by hand.
        put(cx, "HD Ticket Priority", json!({ "name": level, "level": level }))?;
    }
    let year = cx.now().year();
    let holidays = json!({
        "holiday_list_name": DEFAULT,
        "from_date": format!("{year:04}-01-01"),
        "to_date": format!("{:04}-01-01", year + 1),
        "description": "No holidays yet",
    });
    put(cx, "HD Service Holiday List", holidays)?;
    let minutes = |minutes: i64| minutes * 60;
    let hours = |hours: i64| hours * 60 * 60;
    let priority = |priority: &str, response: i64, resolution: i64| {
        json!({
            "priority": priority,
            "default_priority": i32::from(priority == "Medium"),
            "response_time": response,
            "resolution_time": resolution,
        })
    };
    let days = DAYS
        .iter()
        .take(5)
        .map(|day| json!({ "workday": day, "start_time": "10:00:00", "end_time": "18:00:00" }));
    let agreement = json!({
        "service_level": DEFAULT,
        "description": "For every ticket without an agreement of its own",
        "default_sla": 1,
        "enabled": 1,
        "apply_sla_for_resolution": 1,
        "default_priority": "Medium",
        "holiday_list": DEFAULT,
        "priorities": [
            priority("Low", hours(24), hours(72)),
            priority("Medium", hours(8), hours(24)),
            priority("High", hours(1), hours(4)),
            priority("Urgent", minutes(30), hours(2)),
        ],
        "support_and_resolution": days.collect::<Vec<_>>(),
    });
    put(cx, "HD Service Level Agreement", agreement).map(|_| ())
}

/// The rule that hands open tickets out in turn; off until somebody turns it on.
fn rotation(cx: &mut Cx) -> Result<()> {
    let days = DAYS.iter().map(|day| json!({ "day": day }));
    let rule = json!({
        "name": ROTATION,
        "document_type": "HD Ticket",
        "description": "Automatic Assignment",
        "assign_condition": "status == 'Open'",
        "assign_condition_json": "[[\"status\", \"==\", \"Open\"]]",
        "priority": 0,
        "disabled": 1,
        "rule": "Round Robin",
        "assignment_days": days.collect::<Vec<_>>(),
    });
    let rule = put(cx, "Assignment Rule", rule)?;
    single(cx, "HD Settings", json!({ "base_support_rotation": rule }))
}

fn ticket_kinds(cx: &mut Cx) -> Result<()> {
    put(cx, "HD Ticket Template", json!({ "template_name": DEFAULT }))?;
    for (name, is_system) in [("Unspecified", 1), ("Question", 0), ("Bug", 0), ("Incident", 0)] {
        put(
            cx,
            "HD Ticket Type",
            json!({ "name": name, "is_system": is_system }),
        )?;
    }
    Ok(())
}

/// Two labels a rating; ratings are fifths.
fn feedback_options(cx: &mut Cx) -> Result<()> {
    for (rating, labels) in [
        (0.2, ["I was left alone with it", "The answer was wrong"]),
        (0.4, ["It took far too long", "I had to ask again and again"]),
        (0.6, ["It works, more or less", "Slow but helpful"]),
        (0.8, ["Friendly and helpful", "Solved with little fuss"]),
        (1.0, ["Could not be better", "Quick and to the point"]),
    ] {
        for label in labels {
            put(
                cx,
                "HD Ticket Feedback Option",
                json!({ "label": label, "rating": rating }),
            )?;
        }
    }
    Ok(())
}
