//! Attaching a content that comes as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::save;
use crate::frappe::core::doctype::file::store::{self, NewFile};
use crate::prelude::*;

/// Attaches a file to a document the caller may read; with `docfield` its address goes into that field, which needs
/// the right to write.
///
/// # Errors
/// - 403 if the caller may not read the document, or write it
/// - 404 if there is none
/// - 417 for a content that can't be decoded, a type or size the site refuses
#[whitelist(methods = [POST, PUT], path = "frappe.client.attach_file")]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments, one by one")]
pub fn attach_file(
    cx: &mut Cx,
    filename: String,
    /// The content: text, or Base64 with `decode_base64`.
    filedata: String,
    doctype: String,
    docname: StrOrInt,
    folder: Option<String>,
    #[arg(default = false)] decode_base64: bool,
    #[arg(default = false)] is_private: bool,
    docfield: Option<String>,
) -> Result<Document> {
    let mut doc = permissions::document(cx, &doctype, &docname.to_string(), Right::Read)?;
    let bytes = if decode_base64 {
        // `data:…;base64,` in front is what browsers' readers answer.
        let text = filedata
            .rsplit_once(";base64,")
            .map_or(filedata.as_str(), |(_, text)| text);
        STANDARD
            .decode(text.trim())
            .map_err(|_| invalid("The filedata is no Base64"))?
    } else {
        filedata.into_bytes()
    };
    let content = store::content_of(cx, &bytes)?;
    let docfield = docfield.filter(|field| !field.is_empty());
    if let Some(field) = &docfield {
        permissions::require(cx, &std::sync::Arc::clone(doc.meta()), &doc, Right::Write)?;
        if doc.meta().field(field).is_none() {
            return Err(invalid(format!("{doctype} has no field {field}")));
        }
    }
    let (doctype, name) = (doc.doctype().to_owned(), doc.name_text());
    let file = store::keep(
        cx,
        &NewFile {
            file_name: &filename,
            content,
            is_private,
            folder: folder
                .as_deref()
                .filter(|folder| !folder.is_empty())
                .unwrap_or(store::ATTACHMENTS),
            attached_to: Some((&doctype, &name, docfield.as_deref())),
        },
    )?;
    if let Some(field) = &docfield {
        doc.set(field, file.get("file_url").clone());
        save::save(cx, &mut doc)?;
    }
    Ok(file)
}
