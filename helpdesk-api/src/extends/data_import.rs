//! `helpdesk.extends.data_import`: a file uploaded and imported in one call.
//!
//! Source: spec/helpdesk-b.md §14.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{self, Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::files::names;
use helpdesk_core::frappe::core::doctype::data_import::{DATA_IMPORT, run};
use helpdesk_core::frappe::core::doctype::file::store::{self, NewFile};
use helpdesk_core::import;
use helpdesk_core::prelude::*;
use helpdesk_core::reply::{IntoReply, Reply};

const UPDATE: &str = "Update Existing Records";

/// Imports an uploaded CSV file (multipart field `file`) as documents, in a job; answers the Data Import, which says what
/// becomes of the rows.
///
/// Good rows are kept. Those with errors are attached to the Data Import as a file that can be mended and imported.
///
/// # Errors
/// - 403 without the right to create a Data Import, or to import the DocType
/// - 417 for a file that is no CSV in UTF-8 or has no column of the DocType; a type of import that is none; while jobs
///   stand still
#[whitelist]
pub fn bulk_insert(
    cx: &mut Cx,
    target_doctype: String,
    /// `Insert New Records` or `Update Existing Records`.
    #[arg(default = String::from("Insert New Records"))]
    import_type: String,
) -> Result<Reply> {
    if !cx.request().verb.commits() {
        return Err(forbidden("A file is imported by POST"));
    }
    let name = kept(cx, &target_doctype, &import_type)?;
    run::start(cx, &name, false)?;
    permissions::document(cx, DATA_IMPORT, &name, Right::Read)?.into_reply()
}

/// A Data Import for the file that came with the request.
fn kept(cx: &mut Cx, doctype: &str, import_type: &str) -> Result<String> {
    let meta = import::allowed(cx, doctype, import_type == UPDATE)?;
    let mut uploads = cx.request().uploads.iter();
    let upload = uploads
        .find(|upload| upload.field == "file")
        .cloned()
        .ok_or_else(|| invalid("No file was sent: its form field is called file"))?;
    if !names::extension(&upload.file_name).eq_ignore_ascii_case("csv") {
        return Err(invalid("Only CSV files are imported"));
    }
    let mut doc = Document::new(meta_of(cx, DATA_IMPORT)?);
    doc.set("reference_doctype", meta.name.clone());
    doc.set("import_type", import_type);
    save::insert(cx, &mut doc)?;
    let name = doc.name_text();
    let file = store::keep(
        cx,
        &NewFile {
            file_name: &upload.file_name,
            content: upload.content,
            is_private: true,
            folder: store::ATTACHMENTS,
            attached_to: Some((DATA_IMPORT, &name, Some("import_file"))),
        },
    )?;
    let url = file.get("file_url").clone();
    storage::set_columns(cx, DATA_IMPORT, &name, &[("import_file", url)])?;
    Ok(name)
}
