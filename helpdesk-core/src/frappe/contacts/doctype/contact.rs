//! Contact: a person, with mail addresses and phone numbers; may have a user.

pub mod events;

use super::contact_email::ContactEmail;
use super::contact_phone::ContactPhone;
use crate::doctype::typed::{Layout, doctype};
use crate::frappe::core::doctype::dynamic_link::DynamicLink;

/// A person, with mail addresses and phone numbers; may have a user.
#[doctype(
    name = "Contact", app = "frappe", module = "Contacts", naming_rule = "By script",
    title_field = "full_name", image_field = "image", document_type = "Setup",
    show_title_field_in_link, allow_rename, allow_import, index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, import, share, print, email]),
    permission(role = "Sales Master Manager",
        rights = [read, write, create, delete, report, share, print, email]),
    permission(role = "Purchase Master Manager",
        rights = [read, write, create, delete, report, share, print, email]),
    permission(role = "Sales Manager", rights = [read, write, create, report, share, print, email]),
    permission(role = "Purchase Manager", rights = [read, write, create, report, share, print, email]),
    permission(role = "Maintenance Manager", rights = [read, write, create, report, share, print, email]),
    permission(role = "Accounts Manager", rights = [read, write, create, report, share, print, email]),
    permission(role = "Sales User", rights = [read, write, create, report, share, print, email]),
    permission(role = "Purchase User", rights = [read, write, create, report, share, print, email]),
    permission(role = "Maintenance User", rights = [read, write, create, report, share, print, email]),
    permission(role = "Accounts User", rights = [read, write, create, report, share, print, email]),
    permission(role = "All", if_owner, rights = [read, write, create, delete, report]),
)]
#[derive(Clone, Debug, Default)]
pub struct Contact {
    #[field(standard)]
    pub name: String,

    #[field(section_break)]
    pub contact_section: Layout,
    #[field(in_global_search)]
    pub first_name: Option<String>,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    #[field(read_only, hidden)]
    pub full_name: Option<String>,
    #[field(
        options = "Email",
        label = "Email Address",
        read_only,
        in_list_view,
        in_global_search,
        search_index
    )]
    pub email_id: Option<String>,
    #[field(link = "User", label = "User Id", in_global_search)]
    pub user: Option<String>,
    #[field(link = "Address")]
    pub address: Option<String>,
    #[field(label = "Sync with Google Contacts")]
    pub sync_with_google_contacts: bool,
    #[field(column_break)]
    pub cb00: Layout,
    #[field(
        select = ["Passive", "Open", "Replied"],
        default = "Passive",
        in_list_view,
        in_standard_filter,
    )]
    pub status: Option<String>,
    #[field(link = "Salutation")]
    pub salutation: Option<String>,
    pub designation: Option<String>,
    #[field(link = "Gender")]
    pub gender: Option<String>,
    #[field(options = "Phone", read_only, in_list_view)]
    pub phone: Option<String>,
    #[field(options = "Phone", read_only)]
    pub mobile_no: Option<String>,
    pub company_name: Option<String>,
    #[field(attach_image, hidden)]
    pub image: Option<String>,

    #[field(
        section_break,
        label = "Google Contacts",
        depends_on = "eval:doc.sync_with_google_contacts || doc.pulled_from_google_contacts"
    )]
    pub sb_00: Layout,
    #[field(link = "Google Contacts")]
    pub google_contacts: Option<String>,
    #[field(read_only)]
    pub google_contacts_id: Option<String>,
    #[field(column_break)]
    pub cb_00: Layout,
    #[field(label = "Pulled from Google Contacts", read_only)]
    pub pulled_from_google_contacts: bool,

    #[field(section_break, label = "Contact Details")]
    pub sb_01: Layout,
    #[field(table = "Contact Email", label = "Email IDs")]
    pub email_ids: Vec<ContactEmail>,
    #[field(table = "Contact Phone", label = "Contact Numbers")]
    pub phone_nos: Vec<ContactPhone>,

    #[field(section_break, label = "Reference")]
    pub contact_details: Layout,
    #[field(table = "Dynamic Link")]
    pub links: Vec<DynamicLink>,
    pub is_primary_contact: bool,

    #[field(section_break, label = "More Information")]
    pub more_info: Layout,
    pub department: Option<String>,
    pub unsubscribed: bool,
}
