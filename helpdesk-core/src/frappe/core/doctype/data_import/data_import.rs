//! `frappe.core.doctype.data_import.data_import`: imports of CSV files as documents.
//!
//! Source: spec/helpdesk-b.md §14.

use super::{DATA_IMPORT, log, run};
use crate::doctype::permissions::{self, Right};
use crate::files::Served;
use crate::import::{Column, Import};
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Rows a preview shows.
const SHOWN: usize = 10;
/// Rows a preview tries.
const TRIED: usize = 200;

/// Imports the file of a Data Import, in a job: the document says what becomes of its rows, and rows with errors are attached
/// to it as a file that can be mended and imported. Started again, it leaves out what is imported already. Answers false
/// where it is being imported already.
///
/// # Errors
/// - 403 without the right to write the Data Import, or to import what it is about
/// - 404 if there is no such Data Import
/// - 417 if it is done, has no CSV file that can be imported, or jobs stand still
#[whitelist(methods = [POST])]
pub fn form_start_import(
    cx: &mut Cx,
    /// Name of the Data Import.
    data_import: String,
    /// Keep no row if one has an error; such a file has at most 5000 rows.
    #[arg(default = false)]
    all_or_nothing: bool,
) -> Result<bool> {
    run::start(cx, &data_import, all_or_nothing)
}

/// A column of a file.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PreviewColumn {
    header_title: String,
    /// The field it is; null for a column that is left out.
    fieldname: Option<String>,
    label: Option<String>,
    fieldtype: Option<&'static str>,
    skip_import: bool,
}

/// What is to be told before an import: of the file, or of a row.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PreviewWarning {
    /// Line of the file; null for the whole.
    row: Option<u64>,
    message: String,
}

/// What a file would do.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Preview {
    columns: Vec<PreviewColumn>,
    /// The first rows, as they stand in the file.
    data: Vec<Vec<String>>,
    warnings: Vec<PreviewWarning>,
    /// Rows that were tried.
    total_number_of_rows: u64,
    max_rows_in_preview: u64,
}

/// Tries the first 200 rows of a file, each by itself, and undoes them: which fields its columns are, and which rows have
/// errors.
///
/// # Errors
/// As `form_start_import`
#[whitelist(methods = [GET, POST])]
pub fn get_preview_from_template(
    cx: &mut Cx,
    /// Name of the Data Import.
    data_import: String,
    /// Address of another file than the document's.
    import_file: Option<String>,
) -> Result<Preview> {
    let doc = permissions::document(cx, DATA_IMPORT, &data_import, Right::Write)?;
    let url = import_file.filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| doc.text("import_file").to_owned());
    let mut import = run::begin(cx, &doc, &url, true)?.import;
    let outcomes = import.batch(cx, TRIED)?;
    let notes = import.notes().iter().map(|note| PreviewWarning {
        row: None,
        message: note.clone(),
    });
    let errors = outcomes.iter().filter_map(|outcome| {
        let message = outcome.result.as_ref().err()?.clone();
        Some(PreviewWarning {
            row: Some(outcome.line),
            message,
        })
    });
    Ok(Preview {
        columns: columns(&import),
        warnings: notes.chain(errors).collect(),
        total_number_of_rows: outcomes.len() as u64,
        max_rows_in_preview: SHOWN as u64,
        data: outcomes
            .into_iter()
            .take(SHOWN)
            .map(|outcome| outcome.cells)
            .collect(),
    })
}

fn columns(import: &Import) -> Vec<PreviewColumn> {
    let pairs = import.header().iter().zip(import.columns());
    let shown = |(heading, column): (&String, &Option<Column>)| PreviewColumn {
        header_title: heading.clone(),
        fieldname: column.as_ref().map(|column| column.fieldname.clone()),
        label: column.as_ref().map(|column| column.label.clone()),
        fieldtype: column
            .as_ref()
            .map(|column| column.fieldtype.map_or("Data", |fieldtype| fieldtype.name())),
        skip_import: column.is_none(),
    };
    pairs.map(shown).collect()
}

/// How far an import has come.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Status {
    status: String,
    /// Rows that were imported.
    success: u64,
    /// Rows with errors.
    failed: u64,
    total_records: u64,
}

/// How many rows of a Data Import were imported and how many have errors; grows while it runs.
///
/// # Errors
/// 403 without the right to read it, 404 if there is none.
#[whitelist]
pub fn get_import_status(
    cx: &mut Cx,
    /// Name of the Data Import.
    data_import_name: String,
) -> Result<Status> {
    let doc = permissions::document(cx, DATA_IMPORT, &data_import_name, Right::Read)?;
    let (success, failed) = log::counts(cx, &doc.name_text())?;
    Ok(Status {
        status: doc.text("status").to_owned(),
        success,
        failed,
        total_records: success + failed,
    })
}

/// The rows of a Data Import that have errors, as a CSV file: each with what is wrong with it in its last column.
///
/// # Errors
/// 403 without the right to read it, 404 if there is none or nothing is wrong.
#[whitelist]
pub fn download_errored_template(
    cx: &mut Cx,
    /// Name of the Data Import.
    data_import_name: String,
) -> Result<Served> {
    let doc = permissions::document(cx, DATA_IMPORT, &data_import_name, Right::Read)?;
    let request = ListRequest {
        fields: vec!["file_url".into()],
        filters: json!({ "attached_to_doctype": DATA_IMPORT, "attached_to_name": doc.name_text(),
            "attached_to_field": ["is", "not set"], "file_name": ["like", "import-errors%"] }),
        order_by: "creation desc".to_owned(),
        length: Some(1),
        ignore_permissions: true,
        ..ListRequest::of("File")
    };
    let files = query::list_values(cx, &request)?;
    let url = files.first().and_then(|file| file.get("file_url")?.as_str());
    match url {
        Some(url) => Served::of(cx.site(), url, true),
        None => Err(not_found("File of errors of", &data_import_name)),
    }
}
