//! `helpdesk.api.doc`: lists of any DocType as the client shows them.
//!
//! Source: spec/helpdesk-a.md §4.8.

mod fields;
mod filters;
mod groups;
mod presets;

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{field::FieldType, record};
use helpdesk_core::frappe::desk::form::assign_to;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::site::single;
use schemars::JsonSchema;

use self::fields::{Portal, STANDARD, Shown, or_null};
use self::presets::Preset;
use crate::agents::is_agent;
use crate::permitted;
use crate::rows::{self, Row, text};

/// A list with all that its page needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ListData {
    data: Vec<Row>,
    columns: Vec<Value>,
    /// Fields that were fetched.
    rows: Vec<String>,
    /// Fields that can be columns; of tickets only.
    fields: Vec<Value>,
    /// Documents that the filters let through, of those the caller may list.
    total_count: i64,
    row_count: usize,
    /// In a grouped list the field with its groups, else its name.
    group_by_field: Value,
    view_type: Value,
}

/// A list of documents that the caller may list, with its columns.
///
/// # Errors
/// - 403 if the caller may list none
/// - 417 for fields, filters or an order that can't be read
#[whitelist]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
pub fn get_list_data(
    cx: &mut Cx,
    doctype: String,
    /// An object, or a list of conditions; `@me` is the caller.
    #[arg(default = DictOrList::List(Vec::new()))]
    filters: DictOrList,
    /// What counts where no filters are given and the caller has a default view.
    #[arg(default = Dict::default())]
    default_filters: Dict,
    #[arg(default = "modified desc".to_owned())] order_by: String,
    #[arg(default = 20)] page_length: u64,
    /// Columns, each with `label`, `key`, `type` and `width`.
    #[arg(default = ListOrBlank::default())]
    columns: ListOrBlank<Dict>,
    /// Fields to fetch.
    #[arg(default = ListOrBlank::default())]
    rows: ListOrBlank<String>,
    #[arg(default = false)] show_customer_portal_fields: bool,
    /// `view_type`, `name`, `group_by_field`, `label_doc`, `label_field`.
    view: Option<Dict>,
    /// Whether the caller's default view, or the DocType's own list, says what is shown.
    #[arg(default = false)]
    is_default: bool,
) -> Result<ListData> {
    let meta = meta_of(cx, &doctype)?;
    let doctype = meta.name.clone();
    let columns: Vec<Value> = columns.0.into_iter().map(|Dict(column)| column.into()).collect();
    let ListOrBlank(rows) = rows;
    let mut filters = filters;
    let is_default = is_default && columns.is_empty() && rows.is_empty();
    let mut shown = Preset { columns, rows };
    if is_default {
        let (preset, is_view) = default_list(cx, &doctype, show_customer_portal_fields)?;
        shown = preset;
        if is_view && is_empty(&filters) {
            filters = DictOrList::Dict(default_filters.0);
        }
    }
    if shown.columns.is_empty() {
        shown.columns = presets::columns_of_others();
    }
    if shown.rows.is_empty() {
        shown.rows.push("name".to_owned());
    }
    let Dict(view) = view.unwrap_or_default();
    let group_by = text(&view, "group_by_field").to_owned();
    let mut rows = shown.rows;
    let keys: Vec<String> = shown
        .columns
        .iter()
        .filter_map(|column| column.get("key")?.as_str().map(str::to_owned))
        .chain([group_by.clone(), "name".to_owned()])
        .chain((doctype == "HD Ticket").then(|| "_seen".to_owned()))
        .collect();
    for key in keys {
        if !key.is_empty() && !rows.contains(&key) {
            rows.push(key);
        }
    }
    let conditions = filters::read(cx, &doctype, filters)?;
    let request = ListRequest {
        fields: rows.iter().map(|row| Value::from(row.as_str())).collect(),
        filters: conditions,
        order_by,
        length: (page_length > 0).then_some(page_length),
        ..ListRequest::of(doctype.as_str())
    };
    let mut data = query::list_values(cx, &request)?;
    if doctype == "TP Call Log" {
        let calls = std::mem::take(&mut data);
        for call in calls {
            data.push(crate::calls::shown(cx, call)?);
        }
    }
    let total_count = query::count(
        cx,
        &ListRequest {
            fields: Vec::new(),
            order_by: String::new(),
            length: None,
            ..request.clone()
        },
    )?;
    let offered = if doctype == "HD Ticket" {
        let fields = fields::shown(cx, &doctype, show_customer_portal_fields, true)?;
        fields
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<_, _>>()?
    } else {
        Vec::new()
    };
    for key in STANDARD {
        if !rows.iter().any(|row| row == key) {
            rows.push(key.to_owned());
        }
    }
    let group_by_field = if text(&view, "view_type") == "group_by" && !group_by.is_empty() {
        groups::of(cx, &meta, &group_by, &view, &data, &request.order_by)?
    } else {
        or_null(&group_by)
    };
    Ok(ListData {
        row_count: data.len(),
        data,
        columns: shown.columns,
        rows,
        fields: offered,
        total_count,
        group_by_field,
        view_type: view.get("view_type").cloned().unwrap_or_default(),
    })
}

fn is_empty(filters: &DictOrList) -> bool {
    match filters {
        DictOrList::List(list) => list.is_empty(),
        DictOrList::Dict(object) => object.is_empty(),
    }
}

/// What the caller's default view shows, else the DocType's own list; and whether it is a view.
fn default_list(cx: &mut Cx, doctype: &str, portal: bool) -> Result<(Preset, bool)> {
    let own = presets::of(doctype, portal).unwrap_or_default();
    let user = cx.user().to_owned();
    let views = rows::all(
        cx,
        "HD View",
        &["columns", "rows"],
        json!({ "dt": doctype, "user": user, "is_default": 1 }),
        "creation asc",
    )?;
    let Some(view) = views.first() else {
        return Ok((own, false));
    };
    let columns: Vec<Value> = serde_json::from_str(text(view, "columns")).unwrap_or_default();
    let rows: Vec<String> = serde_json::from_str(text(view, "rows")).unwrap_or_default();
    let preset = Preset {
        columns: if columns.is_empty() { own.columns } else { columns },
        rows: if rows.is_empty() { own.rows } else { rows },
    };
    Ok((preset, true))
}

/// The fields lists of a DocType can be filtered by.
///
/// # Errors
/// 403 if the caller may neither read nor select documents of the DocType.
#[whitelist]
pub fn get_filterable_fields(
    cx: &mut Cx,
    doctype: String,
    #[arg(default = false)] show_customer_portal_fields: bool,
    /// Whether the team is offered although agents see the tickets of their own teams only.
    #[arg(default = false)]
    ignore_team_restrictions: bool,
) -> Result<Vec<Value>> {
    permitted::require_listing(cx, &doctype)?;
    let meta = meta_of(cx, &doctype)?;
    let portal = match show_customer_portal_fields {
        true => Some(Portal::of(cx, &meta.name, &["customer"])?),
        false => None,
    };
    let is_ticket = meta.name == "HD Ticket";
    let is_restricted = is_ticket
        && !ignore_team_restrictions
        && is_true(Some(&single(
            cx,
            "HD Settings",
            "restrict_tickets_by_agent_group",
        )?));
    let mut offered: Vec<Value> = Vec::new();
    for field in meta.fields.iter().filter(|field| fields::can_filter(field)) {
        let name = field.fieldname.as_str();
        let is_shown = portal.as_ref().is_none_or(|portal| portal.shows(name));
        if !is_shown || is_restricted && name == "agent_group" {
            continue;
        }
        let id = record::field(&meta, name).map(|row| row["name"].clone());
        offered.push(json!({
            "fieldname": name,
            "fieldtype": field.fieldtype.name(),
            "label": field.label,
            "name": id,
            "options": or_null(&field.options),
        }));
    }
    offered.sort_by(|a, b| a["name"].as_str().cmp(&b["name"].as_str()));
    if is_ticket && portal.is_none() {
        offered.push(json!({
            "fieldname": "_assign", "fieldtype": "Link", "label": "Assigned to", "name": "_assign",
            "options": "HD Agent",
        }));
    }
    for field in [
        json!({ "fieldname": "name", "fieldtype": "Link", "label": "ID", "options": meta.name }),
        json!({ "fieldname": "owner", "fieldtype": "Link", "label": "Created By", "options": "User" }),
        json!({ "fieldname": "modified_by", "fieldtype": "Link", "label": "Last Updated By", "options": "User" }),
        json!({ "fieldname": "creation", "fieldtype": "Datetime", "label": "Created On" }),
        json!({ "fieldname": "modified", "fieldtype": "Datetime", "label": "Last Updated On" }),
        json!({
            "fieldname": "__assigned_on", "fieldtype": "Date", "label": "Assigned on", "name": "__assigned_on",
        }),
    ] {
        if !offered
            .iter()
            .any(|known| known["fieldname"] == field["fieldname"])
        {
            offered.push(field);
        }
    }
    Ok(offered)
}

/// Lets in agents, and who may list documents of the DocType.
fn require_agent_or_listing(cx: &mut Cx, doctype: &str) -> Result<()> {
    if is_agent(cx)? {
        return Ok(());
    }
    permitted::require_listing(cx, doctype)
}

/// A field lists can be sorted by.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SortOption {
    label: String,
    value: String,
}

/// The fields lists of a DocType can be sorted by; agents learn them also of what they may list none of (recorded).
///
/// # Errors
/// 403 for others who may neither read nor select documents of the DocType.
#[whitelist]
pub fn sort_options(
    cx: &mut Cx,
    doctype: String,
    #[arg(default = false)] show_customer_portal_fields: bool,
) -> Result<Vec<SortOption>> {
    require_agent_or_listing(cx, &doctype)?;
    let fields = fields::shown(cx, &doctype, show_customer_portal_fields, false)?;
    Ok(fields
        .into_iter()
        .map(|Shown { label, value, .. }| SortOption { label, value })
        .collect())
}

/// The filters that stand above a list; agents learn them also of what they may list none of (recorded).
///
/// # Errors
/// 403 for others who may neither read nor select documents of the DocType.
#[whitelist]
pub fn get_quick_filters(
    cx: &mut Cx,
    doctype: String,
    #[arg(default = false)] show_customer_portal_fields: bool,
) -> Result<Vec<Value>> {
    require_agent_or_listing(cx, &doctype)?;
    let meta = meta_of(cx, &doctype)?;
    let id = json!({ "label": "ID", "name": "name", "type": "Data" });
    let mut offered = match meta.name.as_str() {
        "Contact" | "TP Call Log" => return Ok(vec![id]),
        "HD Agent" | "HD Customer" | "HD Ticket" => vec![id],
        _ => Vec::new(),
    };
    for field in meta.fields.iter().filter(|field| field.in_standard_filter) {
        if show_customer_portal_fields && meta.name == "HD Ticket" && field.fieldname == "customer" {
            continue;
        }
        let options: Value = match field.fieldtype {
            FieldType::Select => std::iter::once("")
                .chain(field.choices().filter(|choice| !choice.is_empty()))
                .map(|choice| json!({ "label": choice, "value": choice }))
                .collect(),
            FieldType::Link => field.options.as_str().into(),
            _ => json!([]),
        };
        offered.push(json!({
            "label": field.label,
            "name": field.fieldname,
            "type": field.fieldtype.name(),
            "options": options,
        }));
    }
    Ok(offered)
}

/// Ends assignments of a document.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn remove_assignments(
    cx: &mut Cx,
    doctype: String,
    /// Name of the document.
    name: String,
    /// Users who shall have it no more.
    assignees: List<String>,
) -> Result<()> {
    let List(assignees) = assignees;
    if assignees.is_empty() {
        return Ok(());
    }
    permitted::document(cx, &doctype, &name, Right::Read)?;
    for user in assignees {
        assign_to::end(cx, &doctype, &name, &user, "Cancelled")?;
    }
    Ok(())
}
