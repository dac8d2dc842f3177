//! HD Service Holiday List: the days an SLA does not count.

mod events;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod hd_service_holiday_list;

use helpdesk_core::doctype::typed::{Layout, doctype};

use super::hd_holiday::HdHoliday;

/// The days an SLA does not count.
#[doctype(
    name = "HD Service Holiday List", app = "helpdesk", module = "Helpdesk",
    autoname = "field:holiday_list_name", naming_rule = "By fieldname", sort_field = "modified",
    document_type = "Setup", allow_rename, allow_import,
    permission(role = "Support Team", rights = [read, write, create, delete, report, share, print, email]),
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdServiceHolidayList {
    #[field(standard)]
    pub name: String,
    #[field(reqd, unique)]
    pub holiday_list_name: String,
    #[field(date, reqd, in_list_view)]
    pub from_date: String,
    #[field(date, reqd, in_list_view)]
    pub to_date: String,
    #[field(column_break)]
    pub column_break_4: Layout,
    #[field(read_only, in_list_view)]
    pub total_holidays: i64,
    pub description: Option<String>,

    #[field(section_break, label = "Add Weekly Holidays")]
    pub add_weekly_holidays: Layout,
    #[field(
        select = ["", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        in_standard_filter,
        no_copy,
    )]
    pub weekly_off: Option<String>,
    #[field(button = "get_weekly_off_dates", label = "Add to Holidays")]
    pub get_weekly_off_dates: Layout,

    #[field(section_break, label = "Holidays")]
    pub holidays_section: Layout,
    #[field(table = "HD Holiday")]
    pub holidays: Vec<HdHoliday>,
    #[field(button = "clear_table")]
    pub clear_table: Layout,

    #[field(section_break)]
    pub section_break_9: Layout,
    #[field(color)]
    pub color: Option<String>,
    /// Rules that yield holidays each year, as JSON.
    #[field(json, label = "Recurring holidays")]
    pub recurring_holidays: Option<String>,
}
