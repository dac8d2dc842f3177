//! HD Ticket: one customer's request, from opening to resolution.

mod activity;
mod agreement;
pub mod api;
mod banner;
mod contact;
mod doc_methods;
pub mod events;
mod merge;
mod messages;
mod notices;
mod queries;
pub(crate) mod replies;
pub mod scheduled;
mod split;
mod status;
mod timeline;

use helpdesk_core::doctype::typed::{Layout, doctype};

/// One customer's request, from opening to resolution.
#[doctype(
    name = "HD Ticket", app = "helpdesk", module = "Helpdesk", autoname = ".####",
    naming_rule = "Expression", title_field = "subject",
    search_fields = "status,subject,raised_by", sort_field = "modified", document_type = "Setup",
    sender_field = "raised_by", subject_field = "subject",
    recipient_account_field = "email_account", timeline_field = "contact",
    show_title_field_in_link, track_changes, track_seen, allow_import, quick_entry,
    email_append_to, index("resolution_date"),
    // Lists of who has a ticket, and their counts: who has it stands beside what they are ordered by.
    index("modified", "_assign"),
    index("status_category", "modified", "_assign", "sla", "agreement_status", "last_customer_response"),
    // An agent's stars, of all time.
    index("feedback_rating", "modified", "_assign", "creation", "name"),
    // Dashboards add up the tickets of some days: all they need stands in one index.
    index("creation", "status", "agreement_status", "agent_group", "ticket_type", "priority", "via_customer_portal",
        "first_responded_on", "first_response_time", "resolution_time", "_assign"),
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [read, write, create, report, export, share, print, email]),
    permission(role = "HD Customer Manager",
        rights = [read, write, create, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicket {
    #[field(standard)]
    pub name: String,

    #[field(section_break)]
    pub subject_section: Layout,
    /// What the customer wrote in one line.
    #[field(reqd, in_standard_filter, in_global_search)]
    pub subject: String,
    /// Mail address of whoever opened the ticket.
    #[field(
        options = "Email",
        label = "Raised By (Email)",
        in_list_view,
        in_global_search
    )]
    pub raised_by: Option<String>,
    #[field(link = "HD Ticket Status", in_list_view, search_index, no_copy)]
    pub status: Option<String>,
    #[field(
        link = "HD Ticket Priority",
        in_list_view,
        link_filters = r#"[["HD Ticket Priority","disabled","=",0]]"#
    )]
    pub priority: Option<String>,
    /// `Open`, `Paused` or `Resolved`: the status's category, kept here for queries.
    #[field(read_only, fetch_from = "status.category")]
    pub status_category: Option<String>,
    #[field(column_break)]
    pub cb00: Layout,
    #[field(
        link = "HD Ticket Type",
        link_filters = r#"[["HD Ticket Type","disabled","=",0]]"#
    )]
    pub ticket_type: Option<String>,
    /// The team the ticket is with.
    #[field(
        link = "HD Team",
        label = "Team",
        link_filters = r#"[["HD Team","disabled","=",0]]"#
    )]
    pub agent_group: Option<String>,
    #[field(text_editor)]
    pub summary: Option<String>,

    #[field(section_break, label = "Details")]
    pub sb_details: Layout,
    /// The first message, as HTML.
    #[field(text_editor, in_global_search)]
    pub description: Option<String>,
    #[field(link = "HD Ticket Template")]
    pub template: Option<String>,
    #[field(read_only, set_only_once)]
    pub key: Option<String>,

    #[field(tab_break, label = "SLA")]
    pub sla_tab: Layout,
    #[field(section_break)]
    pub service_level_section: Layout,
    #[field(link = "HD Service Level Agreement", label = "SLA")]
    pub sla: Option<String>,
    /// When the first response is due by the SLA.
    #[field(
        datetime,
        read_only,
        depends_on = "eval: doc.status_category != 'Paused' && doc.sla;"
    )]
    pub response_by: Option<String>,
    #[field(label = "Ticket raised outside working hours", read_only, set_only_once)]
    pub raised_outside_working_hours: bool,
    #[field(column_break)]
    pub cb: Layout,
    #[field(
        select = ["", "First Response Due", "Resolution Due", "Failed", "Fulfilled", "Paused"],
        label = "SLA Status",
        read_only,
        depends_on = "eval: doc.sla",
    )]
    pub agreement_status: Option<String>,
    /// When the resolution is due by the SLA; moves out by the time on hold.
    #[field(
        datetime,
        read_only,
        depends_on = "eval: doc.status_category != 'Paused' && doc.sla;"
    )]
    pub resolution_by: Option<String>,
    /// From when the SLA counts.
    #[field(datetime, label = "SLA Creation", read_only, hidden)]
    pub service_level_agreement_creation: Option<String>,
    /// When the ticket was paused; empty while it is not.
    #[field(datetime, read_only)]
    pub on_hold_since: Option<String>,
    /// Working seconds the ticket was on hold: paused, or resolved and then reopened.
    #[field(duration, read_only)]
    pub total_hold_time: Option<f64>,

    #[field(tab_break, label = "Response")]
    pub response_tab: Layout,
    #[field(section_break)]
    pub response: Layout,
    /// Working seconds from opening to the first response; empty until there is one.
    #[field(duration, read_only)]
    pub first_response_time: Option<f64>,
    #[field(datetime, read_only)]
    pub first_responded_on: Option<String>,
    /// Working seconds the first response came too late.
    #[field(duration, read_only, depends_on = "eval:doc.first_response_failed_by")]
    pub first_response_failed_by: Option<f64>,
    #[field(column_break)]
    pub column_break_26: Layout,
    #[field(duration, label = "Average Response Time", read_only)]
    pub avg_response_time: Option<f64>,
    #[field(datetime, read_only)]
    pub last_agent_response: Option<String>,
    #[field(datetime, read_only)]
    pub last_customer_response: Option<String>,

    #[field(tab_break, label = "Resolution")]
    pub resolution_tab: Layout,
    #[field(section_break)]
    pub section_break_19: Layout,
    #[field(text_editor, no_copy, depends_on = "eval:!doc.__islocal")]
    pub resolution_details: Option<String>,
    #[field(column_break, depends_on = "eval:!doc.__islocal")]
    pub column_break1: Layout,
    /// Day the ticket was opened.
    #[field(date, default = "Today", read_only, no_copy)]
    pub opening_date: Option<String>,
    #[field(time, read_only, no_copy)]
    pub opening_time: Option<String>,
    #[field(datetime, read_only, no_copy, depends_on = "eval:!doc.__islocal")]
    pub resolution_date: Option<String>,
    /// Working seconds from opening to resolution, less those on hold.
    #[field(duration, read_only)]
    pub resolution_time: Option<f64>,
    #[field(duration, read_only)]
    pub user_resolution_time: Option<f64>,
    /// Working seconds the resolution came too late.
    #[field(duration, read_only, depends_on = r#"eval:doc.status_category == "Resolved""#)]
    pub resolution_failed_by: Option<f64>,

    #[field(tab_break, label = "Reference")]
    pub reference_tab: Layout,
    #[field(section_break)]
    pub additional_info: Layout,
    #[field(link = "Contact")]
    pub contact: Option<String>,
    #[field(link = "HD Customer", in_standard_filter)]
    pub customer: Option<String>,
    #[field(link = "Email Account")]
    pub email_account: Option<String>,
    #[field(column_break)]
    pub column_break_16: Layout,
    pub via_customer_portal: bool,
    #[field(attach, hidden)]
    pub attachment: Option<String>,
    #[field(hidden)]
    pub content_type: Option<String>,

    #[field(section_break, label = "Split and Merge")]
    pub split_and_merge_section: Layout,
    #[field(label = "Ticket Merged", read_only)]
    pub is_merged: bool,
    /// The ticket this one was merged into.
    #[field(link = "HD Ticket", read_only, depends_on = "eval:doc.is_merged")]
    pub merged_with: Option<String>,
    /// The ticket this one was split off.
    #[field(link = "HD Ticket", read_only)]
    pub ticket_split_from: Option<String>,

    #[field(tab_break, label = "Feedback")]
    pub feedback_tab: Layout,
    #[field(section_break)]
    pub customer_feedback_section: Layout,
    /// The customer's rating, 0 to 1.
    #[field(rating, label = "Rating", read_only)]
    pub feedback_rating: f64,
    #[field(link = "HD Ticket Feedback Option", label = "Feedback (Option)", read_only)]
    pub feedback: Option<String>,
    #[field(long_text, label = "Feedback (Extra)", read_only)]
    pub feedback_extra: Option<String>,
}
