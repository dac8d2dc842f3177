//! HD Service Level Priority: the times an SLA allows for one priority.

use helpdesk_core::doctype::typed::{Layout, doctype};

/// The times an SLA allows for one priority.
#[doctype(
    name = "HD Service Level Priority",
    app = "helpdesk",
    module = "Helpdesk",
    sort_field = "modified",
    istable,
    track_changes,
    quick_entry
)]
#[derive(Clone, Debug, Default)]
pub struct HdServiceLevelPriority {
    #[field(standard)]
    pub name: String,
    /// Taken for tickets without a priority; one row has it.
    #[field(in_list_view)]
    pub default_priority: bool,
    #[field(column_break)]
    pub cb_01: Layout,
    #[field(link = "HD Ticket Priority", reqd, in_list_view)]
    pub priority: String,

    #[field(section_break)]
    pub sb_00: Layout,
    /// Working seconds to the first response.
    #[field(
        duration,
        label = "First Response Time",
        reqd,
        in_list_view,
        hide_days,
        hide_seconds
    )]
    pub response_time: Option<f64>,
    #[field(column_break)]
    pub cb_00: Layout,
    /// Working seconds to the resolution.
    #[field(duration, hide_days, hide_seconds)]
    pub resolution_time: Option<f64>,
}
