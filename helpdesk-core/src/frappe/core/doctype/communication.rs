//! Communication: a message sent or received, by mail or another medium, on a document.

mod sender;

use super::communication_link::CommunicationLink;
use crate::doctype::typed::{Layout, doctype};

/// A message sent or received, by mail or another medium, on a document.
#[doctype(
    name = "Communication", app = "frappe", module = "Core", title_field = "subject",
    search_fields = "subject", document_type = "Setup", default_view = "List",
    sender_field = "sender", subject_field = "subject", track_changes, track_seen, allow_import,
    email_append_to, make_attachments_public, index("reference_doctype", "reference_name"),
    permission(role = "System Manager", rights = [read, create, delete, report, share, email]),
    permission(role = "System Manager", permlevel = 1,
        rights = [read, delete, report, export, share, print, email]),
    permission(role = "System Manager", permlevel = 2,
        rights = [read, write, delete, report, export, share, print, email]),
    permission(role = "Inbox User", rights = [read, create, delete, export, print, email]),
    permission(role = "All", if_owner, rights = [read, delete, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct Communication {
    #[field(standard)]
    pub name: String,
    #[field(small_text, reqd, in_global_search)]
    pub subject: String,

    #[field(section_break, label = "To and CC")]
    pub section_break_10: Layout,
    #[field(
        select = ["", "Email", "Chat", "Phone", "SMS", "Event", "Meeting", "Visit", "Other"],
        label = "Type",
        in_list_view,
        in_standard_filter,
    )]
    pub communication_medium: Option<String>,
    #[field(
        options = "Email",
        label = "From",
        in_global_search,
        length = 255,
        depends_on = r#"eval:doc.communication_medium==="Email""#
    )]
    pub sender: Option<String>,
    #[field(column_break)]
    pub column_break_4: Layout,
    #[field(code, options = "Email", label = "To")]
    pub recipients: Option<String>,
    #[field(
        code,
        options = "Email",
        label = "CC",
        depends_on = r#"eval:doc.communication_medium==="Email""#
    )]
    pub cc: Option<String>,
    #[field(
        code,
        options = "Email",
        label = "BCC",
        depends_on = r#"eval:doc.communication_medium==="Email""#
    )]
    pub bcc: Option<String>,
    #[field(
        label = "Phone No.",
        depends_on = r#"eval:in_list(["Phone","SMS"],doc.communication_medium)"#
    )]
    pub phone_no: Option<String>,
    #[field(
        select = [
            "", "Sent", "Bounced", "Opened", "Marked As Spam", "Rejected", "Delayed", "Soft-Bounced",
            "Clicked", "Recipient Unsubscribed", "Error", "Expired", "Sending", "Read", "Scheduled",
        ],
        hidden,
    )]
    pub delivery_status: Option<String>,

    #[field(section_break)]
    pub section_break_8: Layout,
    #[field(text_editor, label = "Message")]
    pub content: Option<String>,

    #[field(section_break, label = "Status")]
    pub status_section: Layout,
    #[field(code, hidden)]
    pub text_content: Option<String>,
    /// `Communication` for messages of people, `Automated Message` for the system's own.
    #[field(
        select = ["Communication", "Automated Message"],
        reqd,
        default = "Communication",
        read_only,
        in_list_view,
        in_standard_filter,
    )]
    pub communication_type: String,
    #[field(column_break)]
    pub column_break_5: Layout,
    #[field(
        select = ["Open", "Replied", "Closed", "Linked"],
        reqd,
        in_list_view,
        in_standard_filter,
        depends_on = r#"eval:doc.communication_type==="Communication""#,
    )]
    pub status: String,
    #[field(
        select = ["Sent", "Received"],
        label = "Sent or Received",
        reqd,
        in_list_view,
        in_standard_filter,
        depends_on = r#"eval:doc.communication_type==="Communication""#,
    )]
    pub sent_or_received: String,

    #[field(section_break, label = "More Information")]
    pub additional_info: Layout,
    #[field(datetime, label = "Date", default = "Now")]
    pub communication_date: Option<String>,
    #[field(label = "Sent Read Receipt", read_only)]
    pub read_receipt: bool,
    #[field(datetime)]
    pub send_after: Option<String>,
    #[field(column_break)]
    pub column_break_14: Layout,
    #[field(label = "From Full Name", read_only)]
    pub sender_full_name: Option<String>,
    #[field(label = "Read by Recipient", read_only)]
    pub read_by_recipient: bool,
    #[field(datetime, label = "Read by Recipient On", read_only)]
    pub read_by_recipient_on: Option<String>,

    #[field(section_break, label = "Reference")]
    pub reference_section: Layout,
    #[field(link = "DocType", label = "Reference Document Type")]
    pub reference_doctype: Option<String>,
    #[field(dynamic_link = "reference_doctype")]
    pub reference_name: Option<String>,
    #[field(read_only_text, search_index, fetch_from = "reference_name.owner")]
    pub reference_owner: Option<String>,
    #[field(
        link = "Email Account",
        read_only,
        depends_on = r#"eval:doc.communication_medium==="Email""#
    )]
    pub email_account: Option<String>,
    #[field(link = "Communication", read_only)]
    pub in_reply_to: Option<String>,
    #[field(link = "User", default = "__user", read_only, ignore_user_permissions)]
    pub user: Option<String>,
    #[field(column_break)]
    pub column_break_27: Layout,
    #[field(link = "Email Template", read_only)]
    pub email_template: Option<String>,
    #[field(read_only)]
    pub unread_notification_sent: bool,
    #[field(read_only)]
    pub seen: bool,
    #[field(hidden, no_copy)]
    pub _user_tags: Option<String>,

    #[field(section_break, label = "Timeline Links")]
    pub timeline_links_sections: Layout,
    #[field(table = "Communication Link", permlevel = 2)]
    pub timeline_links: Vec<CommunicationLink>,

    #[field(section_break, label = "Email Inbox", permlevel = 1)]
    pub email_inbox: Layout,
    /// The mail's Message-ID; replies are matched by it.
    #[field(small_text, label = "Message ID", read_only, length = 995, ignore_xss_filter)]
    pub message_id: Option<String>,
    /// The mail's number in its IMAP folder.
    #[field(label = "UID", hidden, no_copy)]
    pub uid: i64,
    #[field(label = "IMAP Folder", read_only, hidden)]
    pub imap_folder: Option<String>,
    #[field(select = ["Open", "Spam", "Trash"])]
    pub email_status: Option<String>,
    #[field(label = "Has  Attachment", hidden)]
    pub has_attachment: bool,
}
