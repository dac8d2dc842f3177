//! File: an uploaded file or a folder: where it lies, who may read it, what it is attached to.

pub mod access;
mod events;
mod fields;
#[expect(
    clippy::module_inception,
    reason = "the dotted path clients call: frappe.core.doctype.file.file"
)]
pub mod file;
mod limit;
mod pictures;
pub mod store;

use crate::doctype::typed::{Layout, doctype};

/// An uploaded file or a folder: where it lies, who may read it, what it is attached to.
#[doctype(
    name = "File", app = "frappe", module = "Core", title_field = "file_name",
    default_view = "File", track_changes, allow_import,
    index("attached_to_doctype", "attached_to_name"), index("file_url"), index("content_hash"),
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, import, share, print, email]),
    permission(role = "All", rights = [read, write, create, delete]),
)]
#[derive(Clone, Debug, Default)]
pub struct File {
    #[field(standard)]
    pub name: String,
    #[field(read_only, in_global_search)]
    pub file_name: Option<String>,
    #[field(depends_on = "eval:!doc.is_folder")]
    pub is_private: bool,
    #[field(column_break)]
    pub column_break_7jmm: Layout,
    #[field(read_only, in_list_view, in_standard_filter)]
    pub file_type: Option<String>,

    #[field(section_break, label = "Preview")]
    pub preview: Layout,
    #[field(html, label = "Preview HTML")]
    pub preview_html: Layout,

    #[field(section_break)]
    pub section_break_5: Layout,
    #[field(hidden)]
    pub is_home_folder: bool,
    #[field(hidden)]
    pub is_attachments_folder: bool,
    /// Bytes.
    #[field(options = "File Size", read_only, in_list_view, length = 20)]
    pub file_size: i64,
    #[field(column_break)]
    pub column_break_5: Layout,
    /// Where the file is fetched: `/files/..`, `/private/files/..` or another site's address.
    #[field(code, label = "File URL", read_only, depends_on = "eval:!doc.is_folder")]
    pub file_url: Option<String>,
    #[field(small_text, label = "Thumbnail URL", read_only)]
    pub thumbnail_url: Option<String>,
    #[field(link = "File", read_only, hidden, length = 255)]
    pub folder: Option<String>,
    #[field(read_only)]
    pub is_folder: bool,

    #[field(section_break, depends_on = "eval:!doc.is_folder")]
    pub section_break_8: Layout,
    #[field(
        link = "DocType",
        label = "Attached To DocType",
        read_only,
        in_standard_filter
    )]
    pub attached_to_doctype: Option<String>,
    #[field(column_break)]
    pub column_break_10: Layout,
    #[field(read_only)]
    pub attached_to_name: Option<String>,
    #[field(read_only)]
    pub attached_to_field: Option<String>,
    #[field(label = "old_parent", hidden)]
    pub old_parent: Option<String>,
    /// Digest of the content: files with the same content share one copy on disk.
    #[field(read_only)]
    pub content_hash: Option<String>,
    #[field(read_only)]
    pub uploaded_to_dropbox: bool,
    #[field(read_only)]
    pub uploaded_to_google_drive: bool,
}
