//! `frappe.desk.query_report`: running reports.
//!
//! Source: spec/helpdesk-b.md §15.

use serde_json::Map;

use crate::doctype::document::Document;
use crate::doctype::meta::is_true;
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::storage;
use crate::prelude::*;
use crate::query;
use crate::report::{self, Column, Filters, Report, Table};

const REPORT: &str = "Report";

/// What a report shows.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Shown {
    /// The rows as objects; below them, where the report has one, the total row as a list.
    result: Vec<Value>,
    columns: Vec<Column>,
    message: Option<String>,
    /// In the form of frappe-charts.
    chart: Value,
    /// `{value, label, datatype, indicator}` each.
    report_summary: Option<Vec<Value>>,
    skip_total_row: u8,
    status: Option<String>,
    execution_time: f64,
    /// `true` where the last row is the total row, else 0.
    add_total_row: Value,
}

/// Runs a report.
///
/// The Report document says by its roles who may run it, and by its total row whether there is one; without roles
/// everybody may who has the right `report` on its DocType. Reports that a site made itself have no code here.
///
/// # Errors
/// - 403 if the caller has none of the report's roles, or not the right `report` on its DocType
/// - 404 if there is no such report
/// - 417 for a disabled report, one without code, filters that it doesn't have or that don't fit
#[whitelist]
pub fn run(
    cx: &mut Cx,
    report_name: String,
    /// An object or its JSON text.
    filters: Option<Value>,
    /// Reports are run as the caller.
    user: Option<String>,
    /// Columns of other fields are not added.
    custom_columns: Option<Value>,
) -> Result<Shown> {
    if user.is_some_and(|user| !user.is_empty() && user != cx.user()) {
        return Err(forbidden("Reports are run as nobody but yourself"));
    }
    if query::json_argument("custom_columns", custom_columns.as_ref())?
        .as_array()
        .is_some_and(|columns| !columns.is_empty())
    {
        return Err(invalid("Reports take no columns of other fields"));
    }
    let (doc, report) = permitted(cx, &report_name)?;
    let given = match query::json_argument("filters", filters.as_ref())? {
        Value::Null => Map::new(),
        Value::Array(list) if list.is_empty() => Map::new(),
        Value::Object(given) => given,
        other => {
            return Err(invalid(format!(
                "The filters of a report are an object, not {other}"
            )));
        }
    };
    let filters = Filters::read(report.filters, &given)?;
    let since = std::time::Instant::now();
    let table = (report.run)(cx, &filters)?;
    let has_totals = is_true(Some(doc.get("add_total_row")));
    Ok(shown(table, has_totals, since.elapsed().as_secs_f64()))
}

fn shown(table: Table, has_totals: bool, execution_time: f64) -> Shown {
    let totals = (has_totals && !table.rows.is_empty()).then(|| Value::from(table.totals()));
    let rows = table.rows.into_iter().map(Value::Object);
    Shown {
        result: rows.chain(totals).collect(),
        columns: table.columns,
        message: table.message,
        chart: table.chart,
        report_summary: table.summary,
        skip_total_row: 0,
        status: None,
        execution_time,
        add_total_row: if has_totals { true.into() } else { 0.into() },
    }
}

/// The Report document and its code, if the caller may run it.
fn permitted(cx: &mut Cx, name: &str) -> Result<(Document, &'static Report)> {
    let meta = permissions::meta_of(cx, REPORT)?;
    let doc = storage::get(cx, &meta, name)?;
    let name = doc.name_text();
    let roles: Vec<&str> = doc.rows("roles").iter().map(|row| row.text("role")).collect();
    let session = cx.session();
    if !roles.is_empty() && !session.is_administrator() && !session.has_any_role(&roles) {
        return Err(forbidden(format!("You don't have access to Report: {name}")));
    }
    let known = report::all()
        .map_err(Error::internal)?
        .get(name.as_str())
        .copied();
    // A document may be changed, or made by the site; the code is about its own DocType all the same.
    let code = known.map(|report| report.doctype);
    for doctype in [Some(doc.text("ref_doctype")), code].into_iter().flatten() {
        let about = permissions::meta_of(cx, doctype)?;
        if !Access::of(&about, cx.session()).rights.has(Right::Report) {
            return Err(forbidden(format!(
                "You don't have permission to get a report on: {doctype}"
            )));
        }
    }
    if is_true(Some(doc.get("disabled"))) {
        return Err(invalid(format!("Report {name} is disabled")));
    }
    match known {
        Some(report) if doc.text("report_type") == "Script Report" => Ok((doc, report)),
        _ => Err(invalid(format!(
            "Report {name} has no code here: only reports of apps can be run"
        ))),
    }
}
