//! HD Ticket Template Field: one field a template adds to the ticket form.

use helpdesk_core::doctype::typed::doctype;

/// One field a template adds to the ticket form.
#[doctype(
    name = "HD Ticket Template Field",
    app = "helpdesk",
    module = "Helpdesk",
    sort_field = "modified",
    default_view = "List",
    istable,
    allow_rename,
    index_web_pages_for_search
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketTemplateField {
    #[field(standard)]
    pub name: String,
    /// Name of the ticket's field.
    #[field(label = "Field (fieldname)", in_list_view)]
    pub fieldname: Option<String>,
    /// Dotted path of a method that answers the field's choices.
    #[field(label = "URL/Method", in_list_view)]
    pub url_method: Option<String>,
    #[field(in_list_view)]
    pub required: bool,
    #[field(label = "Hide from customer", in_list_view)]
    pub hide_from_customer: bool,
    pub placeholder: Option<String>,
}
