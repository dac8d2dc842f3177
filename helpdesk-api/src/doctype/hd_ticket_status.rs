//! HD Ticket Status: a state a ticket can be in; its category says what that means for the SLA.

pub mod events;

use helpdesk_core::doctype::typed::{Layout, doctype};

/// A state a ticket can be in; its category says what that means for the SLA.
#[doctype(
    name = "HD Ticket Status", app = "helpdesk", module = "Helpdesk",
    autoname = "field:label_agent", naming_rule = "By fieldname", allow_rename,
    index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [select, read]),
    permission(role = "Agent", rights = [select, read, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketStatus {
    #[field(standard)]
    pub name: String,
    #[field(default = true, read_only_depends_on = r#"eval:doc.label_agent=="Closed";"#)]
    pub enabled: bool,
    /// What agents see; also the status's name.
    #[field(
        label = "Label",
        reqd,
        unique,
        read_only_depends_on = r#"eval:doc.name=="Closed";"#
    )]
    pub label_agent: String,
    pub order: i64,
    #[field(column_break)]
    pub column_break_neks: Layout,
    #[field(
        label = "Show end users a different view",
        read_only_depends_on = r#"eval:doc.label_agent=="Closed";"#
    )]
    pub different_view: bool,
    /// What customers see, if something else.
    #[field(
        label = "Label (customer view)",
        depends_on = "eval:doc.different_view",
        mandatory_depends_on = "eval:doc.different_view"
    )]
    pub label_customer: Option<String>,

    #[field(section_break, label = "SLA Mapping")]
    pub sla_mapping_section: Layout,
    /// What the status means for the SLA: the clock runs, is paused, or is done.
    #[field(
        select = ["Open", "Paused", "Resolved"],
        reqd,
        in_list_view,
        read_only_depends_on = r#"eval:doc.label_agent=="Closed";"#,
    )]
    pub category: String,
    #[field(column_break)]
    pub column_break_xcba: Layout,
    #[field(
        select = [
            "Black", "Gray", "Blue", "Green", "Red", "Pink", "Orange", "Amber", "Yellow", "Cyan", "Teal",
            "Violet", "purple",
        ],
    )]
    pub color: Option<String>,
}
