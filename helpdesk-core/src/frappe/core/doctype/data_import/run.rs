//! Running a Data Import: some rows a transaction, so that others get to write in between.
//!
//! There are no jobs yet, so it runs in its request, with a bound on the rows. A job can call the same function.

use std::collections::HashSet;
use std::fs::File;
use std::sync::LazyLock;

use parking_lot::Mutex;
use serde_json::Map;
use tempfile::{NamedTempFile, TempPath};

use super::{DATA_IMPORT, log};
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::save;
use crate::files::content::incoming;
use crate::files::place;
use crate::frappe::core::doctype::file::access;
use crate::frappe::core::doctype::file::store::{self, NewFile};
use crate::import::{Errors, Import, Options, Outcome};
use crate::prelude::*;

/// Rows an import in a request may have.
pub const MOST_ROWS: u64 = 5_000;
/// Rows of one transaction.
const BATCH: usize = 50;
/// Name of the file of rows with errors.
const ERRORS: &str = "import-errors.csv";

/// What is imported from the file and how.
pub(super) struct Begun {
    pub(super) import: Import,
    errors: Errors<File>,
    errors_path: TempPath,
}

/// Imports that are running in this process: a second run would import the same rows twice.
static RUNNING: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

struct Running(String);

impl Running {
    fn claim(site: &Site, name: &str) -> Result<Running> {
        let key = format!("{}\0{}", site.folder.display(), name.to_lowercase());
        if RUNNING.lock().insert(key.clone()) {
            Ok(Running(key))
        } else {
            Err(invalid(format!("{name} is running already")))
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.lock().remove(&self.0);
    }
}

/// Imports the file of a Data Import and keeps what became of its rows: a log of each, a file of those with errors. Rows
/// that an earlier run imported are left out. With `all_or_nothing` no row is kept if one has an error.
///
/// Returns the document as it is then.
///
/// # Errors
/// - 403 without the right to write the Data Import, or to import what it is about
/// - 404 if there is no such Data Import
/// - 417 if it is running or done, has no CSV file, or the file can't be read to its end; what was imported stays
pub async fn run(cx: &AsyncCx, name: &str, all_or_nothing: bool) -> Result<Document> {
    let _running = Running::claim(cx.site(), name)?;
    let own = name.to_owned();
    let (name, begun) = cx
        .transaction(move |cx| {
            let doc = permissions::document(cx, DATA_IMPORT, &own, Right::Write)?;
            if doc.text("status") == "Success" {
                return Err(invalid(format!("{own} is done already")));
            }
            let begun = begin(cx, &doc, doc.text("import_file"), false)?;
            Ok((doc.name_text(), begun))
        })
        .await?;
    let read = rows(cx, &name, begun, all_or_nothing).await;
    let (begun, failure) = match read {
        Ok(begun) => (Some(begun), None),
        Err(error) => (None, Some(error)),
    };
    let told = failure.as_ref().map(|error| error.text().to_owned());
    let doc = cx.transaction(move |cx| end(cx, &name, begun, told)).await?;
    match failure {
        Some(error) => Err(error),
        None => Ok(doc),
    }
}

/// Imports all rows, and logs them.
async fn rows(cx: &AsyncCx, name: &str, mut begun: Begun, all_or_nothing: bool) -> Result<Begun> {
    loop {
        let own = name.to_owned();
        let (next, is_last) = cx
            .transaction(move |cx| {
                let outcomes = if all_or_nothing {
                    together(cx, &mut begun)?
                } else {
                    begun.import.batch(cx, BATCH)?
                };
                log::keep(cx, &own, &outcomes)?;
                for outcome in &outcomes {
                    begun.errors.add(outcome)?;
                }
                Ok((begun, outcomes.is_empty() || all_or_nothing))
            })
            .await?;
        begun = next;
        if is_last {
            return Ok(begun);
        }
    }
}

/// All rows in one savepoint, which is undone if one of them has an error.
fn together(cx: &mut Cx, begun: &mut Begun) -> Result<Vec<Outcome>> {
    cx.db().begin()?;
    let mut all: Vec<Outcome> = Vec::new();
    let kept = cx.savepoint(|cx| {
        loop {
            let outcomes = begun.import.batch(cx, BATCH)?;
            if outcomes.is_empty() {
                break;
            }
            all.extend(outcomes);
        }
        if all.iter().any(|outcome| outcome.result.is_err()) {
            return Err(Error::bare(ErrorKind::ValidationError, ""));
        }
        Ok(())
    });
    if let Err(error) = kept {
        if !all.iter().any(|outcome| outcome.result.is_err()) {
            return Err(error);
        }
        for outcome in all.iter_mut().filter(|outcome| outcome.result.is_ok()) {
            outcome.result = Err("Not imported, since other rows have errors".to_owned());
        }
    }
    Ok(all)
}

/// Opens the file of a Data Import, which its caller may fetch.
pub(super) fn begin(cx: &mut Cx, doc: &Document, url: &str, dry_run: bool) -> Result<Begun> {
    if url.is_empty() {
        return Err(invalid("There is no file to import: attach one as Import File"));
    }
    if !access::may_fetch(cx, url, None)? {
        return Err(forbidden(format!("You don't have the right to read {url}")));
    }
    let path = place::path_of(&cx.site().folder, url)
        .ok_or_else(|| invalid(format!("{url} is no file of this site")))?;
    let options = Options {
        update: doc.text("import_type") == "Update Existing Records",
        dry_run,
        send_mails: !doc.is_on("mute_emails"),
        most_rows: Some(MOST_ROWS),
    };
    let mut import = Import::open(cx, doc.text("reference_doctype"), &path, options)?;
    import.skip(log::imported(cx, &doc.name_text())?);
    let (file, errors_path) = NamedTempFile::new_in(incoming(&cx.site().folder)?)?.into_parts();
    let errors = Errors::new(file, import.header())?;
    Ok(Begun {
        import,
        errors,
        errors_path,
    })
}

/// Keeps what came of a run.
fn end(cx: &mut Cx, name: &str, begun: Option<Begun>, failure: Option<String>) -> Result<Document> {
    let (good, bad) = log::counts(cx, name)?;
    let status = match (good, bad + u64::from(failure.is_some())) {
        (0, _) => "Error",
        (_, 0) => "Success",
        _ => "Partial Success",
    };
    let mut warnings: Vec<Value> = Vec::new();
    if let Some(begun) = begun {
        warnings.extend(begun.import.notes().iter().map(|note| json!({ "message": note })));
        let (_, errors) = begun.import.counts();
        if errors > 0 {
            begun.errors.finish()?;
            let content = std::fs::read(&begun.errors_path)?;
            let content = store::content_of(cx, &content)?;
            let file = store::keep(
                cx,
                &NewFile {
                    file_name: ERRORS,
                    content,
                    is_private: true,
                    folder: store::ATTACHMENTS,
                    attached_to: Some((DATA_IMPORT, name, None)),
                },
            )?;
            warnings.push(json!({
                "message": format!("{errors} rows have errors"), "file_url": file.get("file_url"),
            }));
        }
    }
    warnings.extend(failure.map(|text| json!({ "message": text })));
    let changes = Map::from_iter([
        ("status".to_owned(), status.into()),
        ("payload_count".to_owned(), (good + bad).into()),
        (
            "template_warnings".to_owned(),
            Value::from(warnings).to_string().into(),
        ),
    ]);
    let meta = permissions::meta_of(cx, DATA_IMPORT)?;
    save::update(cx, &meta, name, &changes)
}
