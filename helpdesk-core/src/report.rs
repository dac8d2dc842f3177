//! Reports: functions that apps register, each behind a Report document that says who may run it.
//!
//! ```
//! use helpdesk_core::prelude::*;
//! use helpdesk_core::report::{Column, Filter, Filters, Table};
//!
//! helpdesk_core::report! {
//!     name: "Notes by Day",
//!     doctype: "Note",
//!     roles: &["System Manager"],
//!     total_row: true,
//!     filters: &[Filter::date("from_date", "From Date").required()],
//!     run: notes_by_day,
//! }
//!
//! fn notes_by_day(cx: &mut Cx, filters: &Filters) -> Result<Table> {
//!     let from = filters.date("from_date");
//!     Ok(Table::new(vec![Column::new("day", "Day", "Date"), Column::new("notes", "Notes", "Int")]))
//! }
//! ```
//!
//! Source: spec/helpdesk-b.md §15.

mod filters;
mod table;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use self::filters::{Filter, FilterKind, Filters};
pub use self::table::{Column, Row, Table};
use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::{save, storage};
use crate::error::{Error, Result};
use crate::install;
use crate::method::Location;

/// A report, registered with [`report!`](crate::report!).
pub struct Report {
    /// Its name, which is that of its Report document.
    pub name: &'static str,
    /// The DocType it is about: the right `report` on it is asked for.
    pub doctype: &'static str,
    /// Roles that may run it, as long as its document says nothing else.
    pub roles: &'static [&'static str],
    /// Whether sums stand below the rows.
    pub total_row: bool,
    /// What it can be asked for.
    pub filters: &'static [Filter],
    /// Makes it, from filters that fit. The caller has the right to it; which documents count is up to the function.
    pub run: fn(&mut Cx, &Filters) -> Result<Table>,
    /// Where it stands in the source.
    pub location: Location,
}

inventory::collect!(Report);

/// Registers a [`Report`](crate::report::Report): its fields, `location` aside.
#[macro_export]
macro_rules! report {
    ($($field:ident: $value:expr),* $(,)?) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::report::Report {
                    location: $crate::method::Location { file: file!(), line: line!() },
                    $($field: $value),*
                }
            }
        };
    };
}

static REPORTS: LazyLock<Result<BTreeMap<&'static str, &'static Report>, String>> = LazyLock::new(|| {
    let mut reports: BTreeMap<&str, &Report> = BTreeMap::new();
    for report in inventory::iter::<Report> {
        if let Some(other) = reports.insert(report.name, report) {
            return Err(format!(
                "two reports are called {}: at {} and at {}",
                report.name, other.location, report.location
            ));
        }
    }
    Ok(reports)
});

/// All reports by name.
///
/// # Errors
/// A text naming the places of two reports of one name.
pub fn all() -> Result<&'static BTreeMap<&'static str, &'static Report>, String> {
    REPORTS.as_ref().map_err(Clone::clone)
}

install!("frappe", order = 10, Lists, documents);

/// The Report documents of a site.
fn documents(cx: &mut Cx) -> Result<()> {
    add_missing(cx).map(drop)
}

/// Names of the registered reports that a site has no Report document of: those that came with a later version.
///
/// # Errors
/// A database failure.
pub fn missing(cx: &mut Cx) -> Result<Vec<&'static str>> {
    let mut missing = Vec::new();
    for report in all().map_err(Error::internal)?.values() {
        if storage::exists(cx, "Report", report.name)?.is_none() {
            missing.push(report.name);
        }
    }
    Ok(missing)
}

/// Makes the Report documents that a site lacks; their names.
///
/// # Errors
/// As [`save::insert`].
pub fn add_missing(cx: &mut Cx) -> Result<Vec<&'static str>> {
    let missing = missing(cx)?;
    let reports = all().map_err(Error::internal)?;
    for report in missing.iter().filter_map(|name| reports.get(name)) {
        let mut doc = Document::new(meta_of(cx, "Report")?);
        doc.set("report_name", report.name);
        doc.set("ref_doctype", report.doctype);
        doc.set("report_type", "Script Report");
        doc.set("is_standard", "Yes");
        doc.set("add_total_row", i64::from(report.total_row));
        let roles = report.roles.iter();
        let roles = roles.map(|role| Map::from_iter([("role".to_owned(), Value::from(*role))]));
        doc.set_rows("roles", roles.collect());
        doc.flags.ignore_permissions = true;
        // A role need not be there for others to run the report.
        doc.flags.ignore_links = true;
        save::insert(cx, &mut doc)?;
    }
    Ok(missing)
}
