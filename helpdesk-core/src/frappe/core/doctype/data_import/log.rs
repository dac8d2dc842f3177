//! What became of each row, as `Data Import Log`.

use std::collections::HashSet;

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::save;
use crate::error::Result;
use crate::import::Outcome;
use crate::query::{self, ListRequest};
use serde_json::{Value, json};

const LOG: &str = "Data Import Log";

/// Keeps the outcomes of some rows.
pub(super) fn keep(cx: &mut Cx, import: &str, outcomes: &[Outcome]) -> Result<()> {
    let meta = meta_of(cx, LOG)?;
    for outcome in outcomes {
        let mut log = Document::new(meta.clone());
        log.set("data_import", import);
        log.set("row_indexes", json!([outcome.line]).to_string());
        log.set("log_index", outcome.line);
        log.set("success", i64::from(outcome.result.is_ok()));
        match &outcome.result {
            Ok(name) => log.set("docname", name.clone()),
            Err(text) => {
                log.set("messages", json!([{ "message": text }]).to_string());
                log.set("exception", text.clone());
            }
        }
        log.flags.ignore_permissions = true;
        save::insert(cx, &mut log)?;
    }
    Ok(())
}

/// Lines that were imported.
pub(super) fn imported(cx: &mut Cx, import: &str) -> Result<HashSet<u64>> {
    let request = ListRequest {
        fields: vec!["log_index".into()],
        filters: json!({ "data_import": import, "success": 1 }),
        ignore_permissions: true,
        ..ListRequest::of(LOG)
    };
    let rows = query::list_values(cx, &request)?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get("log_index").and_then(Value::as_u64))
        .collect())
}

/// How many rows were imported, and how many lines had errors the last time they were tried.
pub(super) fn counts(cx: &mut Cx, import: &str) -> Result<(u64, u64)> {
    let done = imported(cx, import)?;
    let request = ListRequest {
        fields: vec!["log_index".into()],
        filters: json!({ "data_import": import, "success": 0 }),
        ignore_permissions: true,
        ..ListRequest::of(LOG)
    };
    let rows = query::list_values(cx, &request)?;
    let failed: HashSet<u64> = rows
        .iter()
        .filter_map(|row| row.get("log_index").and_then(Value::as_u64))
        .filter(|line| !done.contains(line))
        .collect();
    Ok((done.len() as u64, failed.len() as u64))
}
