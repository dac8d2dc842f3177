//! HD Holiday: one day of a holiday list.

use helpdesk_core::doctype::typed::{Layout, doctype};

/// One day of a holiday list.
#[doctype(
    name = "HD Holiday",
    app = "helpdesk",
    module = "Helpdesk",
    sort_field = "modified",
    sort_order = "ASC",
    document_type = "Setup",
    istable
)]
#[derive(Clone, Debug, Default)]
pub struct HdHoliday {
    #[field(standard)]
    pub name: String,
    #[field(date, label = "Date", reqd, in_list_view)]
    pub holiday_date: String,
    #[field(column_break)]
    pub column_break_2: Layout,
    pub weekly_off: bool,

    #[field(section_break)]
    pub section_break_4: Layout,
    #[field(text_editor, reqd, in_list_view)]
    pub description: String,
}
