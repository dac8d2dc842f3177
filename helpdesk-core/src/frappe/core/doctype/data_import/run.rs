//! Running a Data Import: a job, some rows a transaction, so that others get to write in between.

use std::fs::File;

use serde_json::Map;
use tempfile::{NamedTempFile, TempPath};

use super::{DATA_IMPORT, log};
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::{save, storage};
use crate::files::content::incoming;
use crate::files::place;
use crate::frappe::core::doctype::file::access;
use crate::frappe::core::doctype::file::store::{self, NewFile};
use crate::import::{Errors, Import, Options, Outcome, rows_of};
use crate::jobs::{self, Enqueued, job};
use crate::prelude::*;
use crate::realtime::room;

/// Rows an import may have that is kept as a whole or not at all: nobody else writes meanwhile.
pub const MOST_TOGETHER: u64 = 5_000;
/// Rows of one transaction.
const BATCH: usize = 50;
/// Name of the file of rows with errors.
const ERRORS: &str = "import-errors.csv";

/// What is imported from the file and how.
pub(super) struct Begun {
    pub(super) import: Import,
    errors: Errors<File>,
    errors_path: TempPath,
    /// Rows of the file, or why it can't be read to its end.
    total: Result<u64>,
}

/// Leaves the import of a Data Import's file to a job; false where one is at it already.
///
/// # Errors
/// - 403 without the right to write the Data Import, or to import what it is about
/// - 404 if there is no such Data Import
/// - 417 if it is done, has no CSV file that can be imported, or jobs stand still
pub fn start(cx: &mut Cx, name: &str, all_or_nothing: bool) -> Result<bool> {
    let doc = permissions::document(cx, DATA_IMPORT, name, Right::Write)?;
    let name = doc.name_text();
    if doc.text("status") == "Success" {
        return Err(invalid(format!("{name} is done already")));
    }
    if let Some(why) = jobs::paused(cx.site()) {
        return Err(invalid(format!("Nothing can be imported now: {why}")));
    }
    // What the job would be refused is told to who starts it.
    let total = begin(cx, &doc, doc.text("import_file"), false)?.total?;
    if all_or_nothing && total > MOST_TOGETHER {
        return Err(invalid(format!(
            "The file has {total} rows; at most {MOST_TOGETHER} are imported all or none"
        )));
    }
    let args = json!({ "data_import": name, "all_or_nothing": all_or_nothing });
    let key = format!("data_import||{}", name.to_lowercase());
    let left = cx.enqueue(import_rows::JOB.with(args).dedupe(key))?;
    if matches!(left, Enqueued::Known(_)) {
        return Ok(false);
    }
    storage::set_columns(cx, DATA_IMPORT, &name, &[("payload_count", total.into())])?;
    Ok(true)
}

/// Imports the file of a Data Import and keeps what became of its rows: a log of each, a file of those with errors. Rows
/// that an earlier run imported are left out, those of an attempt that was cut off too. With `all_or_nothing` no row is
/// kept if one has an error.
///
/// Whoever started it is sent `data_import_progress` as it goes on, and `data_import_refresh` at its end.
///
/// # Errors
/// A failure of ours. What is wrong with the file, or with the caller's rights to it by now, stands in the document.
#[job(queue = "long", attempts = 3, timeout = 10_000)]
pub(crate) fn import_rows(cx: &mut Cx, data_import: String, all_or_nothing: bool) -> Result<()> {
    let doc = permissions::document(cx, DATA_IMPORT, &data_import, Right::Write)?;
    let name = doc.name_text();
    let (begun, failure) = match begin(cx, &doc, doc.text("import_file"), false) {
        Ok(mut begun) => {
            let failure = rows(cx, &name, &mut begun, all_or_nothing)?;
            (failure.is_none().then_some(begun), failure)
        }
        Err(error) if error.kind().status() >= 500 => return Err(error),
        Err(error) => (None, Some(error.text().to_owned())),
    };
    end(cx, &name, begun, failure)?;
    let room = room::user(cx.user());
    cx.publish("data_import_refresh", &room, json!({ "data_import": name }));
    Ok(())
}

/// Imports all rows, and logs them. Returns why the file could not be read to its end; what was kept before stays.
fn rows(cx: &mut Cx, name: &str, begun: &mut Begun, all_or_nothing: bool) -> Result<Option<String>> {
    let room = room::user(cx.user());
    loop {
        // A savepoint before the first write would be the whole transaction.
        cx.db().begin()?;
        let mut outcomes = Vec::new();
        let read = cx.savepoint(|cx| {
            outcomes = if all_or_nothing {
                together(cx, begun)?
            } else {
                begun.import.batch(cx, BATCH)?
            };
            Ok(())
        });
        match read {
            Ok(()) => {}
            Err(error) if error.kind().status() >= 500 => return Err(error),
            Err(error) => return Ok(Some(error.text().to_owned())),
        }
        log::keep(cx, name, &outcomes)?;
        for outcome in &outcomes {
            begun.errors.add(outcome)?;
        }
        let Some(last) = outcomes.last() else {
            return Ok(None);
        };
        let progress = json!({
            "data_import": name,
            "current": begun.import.counts().0,
            "total": begun.total.as_ref().ok(),
            "success": last.result.is_ok(),
            "docname": last.result.as_ref().ok(),
            "row_indexes": [last.line],
        });
        cx.publish("data_import_progress", &room, progress);
        cx.checkpoint()?;
        if all_or_nothing {
            return Ok(None);
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
        most_rows: None,
    };
    let total = rows_of(&path);
    let mut import = Import::open(cx, doc.text("reference_doctype"), &path, options)?;
    import.skip(log::imported(cx, &doc.name_text())?);
    let (file, errors_path) = NamedTempFile::new_in(incoming(&cx.site().folder)?)?.into_parts();
    let errors = Errors::new(file, import.header())?;
    Ok(Begun {
        import,
        errors,
        errors_path,
        total,
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
