//! HD Service Level Agreement: how soon tickets that match are to be answered and resolved.

mod events;

use helpdesk_core::doctype::typed::{Layout, doctype};

use super::hd_service_day::HdServiceDay;
use super::hd_service_level_priority::HdServiceLevelPriority;

/// How soon tickets that match are to be answered and resolved.
#[doctype(
    name = "HD Service Level Agreement", app = "helpdesk", module = "Helpdesk",
    autoname = "field:service_level", naming_rule = "By fieldname", sort_field = "modified",
    track_changes, allow_rename,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdServiceLevelAgreement {
    #[field(standard)]
    pub name: String,
    #[field(link = "HD Ticket Priority", read_only)]
    pub default_priority: Option<String>,
    #[field(
        label = "Service Level Name",
        reqd,
        unique,
        in_list_view,
        in_standard_filter,
        set_only_once
    )]
    pub service_level: String,
    #[field(column_break)]
    pub column_break_2: Layout,
    pub description: Option<String>,
    #[field(default = true)]
    pub enabled: bool,

    #[field(section_break, label = "Assignment Conditions")]
    pub filters_section: Layout,
    /// Taken for tickets no other SLA matches.
    #[field(label = "Default SLA")]
    pub default_sla: bool,
    #[field(column_break)]
    pub column_break_15: Layout,
    /// Python-like expression over `doc`; tickets it holds for get this SLA.
    #[field(
        code,
        options = "PythonExpression",
        depends_on = "eval: !doc.default_sla && !doc.condition_json"
    )]
    pub condition: Option<String>,
    /// The condition as the form's editor keeps it.
    #[field(
        code,
        label = "Condition",
        depends_on = "eval: !doc.default_sla && doc.condition_json"
    )]
    pub condition_json: Option<String>,

    #[field(section_break, label = "Valid From")]
    pub agreement_details_section: Layout,
    #[field(date)]
    pub start_date: Option<String>,
    #[field(column_break)]
    pub column_break_7: Layout,
    #[field(date)]
    pub end_date: Option<String>,

    #[field(section_break, label = "Response and Resolution")]
    pub response_and_resolution_time_section: Layout,
    #[field(label = "Apply SLA for Resolution Time", default = true)]
    pub apply_sla_for_resolution: bool,
    #[field(table = "HD Service Level Priority", reqd)]
    pub priorities: Vec<HdServiceLevelPriority>,

    #[field(section_break, label = "Status Details")]
    pub status_details: Layout,
    #[field(
        link = "HD Ticket Status",
        link_filters = r#"[["HD Ticket Status","category","=","Open"]]"#
    )]
    pub default_ticket_status: Option<String>,
    #[field(column_break)]
    pub column_break_baqo: Layout,
    #[field(
        link = "HD Ticket Status",
        label = "Ticket Reopen status",
        link_filters = r#"[["HD Ticket Status","category","=","Open"]]"#
    )]
    pub ticket_reopen_status: Option<String>,

    #[field(section_break, label = "Working Hours")]
    pub support_and_resolution_section_break: Layout,
    #[field(link = "HD Service Holiday List", reqd)]
    pub holiday_list: String,
    #[field(table = "HD Service Day", label = "Working Hours", reqd)]
    pub support_and_resolution: Vec<HdServiceDay>,
}
