//! HD Service Day: the working hours of one day of the week in an SLA.

use helpdesk_core::doctype::typed::{Layout, doctype};

/// The working hours of one day of the week in an SLA.
#[doctype(
    name = "HD Service Day",
    app = "helpdesk",
    module = "Helpdesk",
    sort_field = "modified",
    istable,
    track_changes,
    quick_entry
)]
#[derive(Clone, Debug, Default)]
pub struct HdServiceDay {
    #[field(standard)]
    pub name: String,
    #[field(
        select = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        reqd,
        in_list_view,
    )]
    pub workday: String,

    #[field(section_break)]
    pub section_break_2: Layout,
    #[field(time, reqd, in_list_view)]
    pub start_time: String,
    #[field(column_break)]
    pub column_break_3: Layout,
    #[field(time, reqd, in_list_view)]
    pub end_time: String,
}
