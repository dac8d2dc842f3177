//! `/api/v2/doctype`: what a DocType is, how many documents it has, and link searches.

use serde_json::Value;

use crate::args::Args;
use crate::cx::Cx;
use crate::dispatch;
use crate::doctype::{permissions, record};
use crate::error::{Error, ErrorKind, Result, no_route};
use crate::method::Handler;
use crate::query::{self, ListRequest};
use crate::reply::Reply;
use crate::rest;

/// The method that searches links; `/doctype/<doctype>/search` is another address of it.
const SEARCH: &str = "frappe.desk.search.search_link";

/// `GET /doctype/<doctype>/meta`, for whoever is logged in.
pub(super) fn meta(cx: &mut Cx, doctype: &str) -> Result<Reply> {
    if cx.session().is_guest() {
        return Err(Error::bare(ErrorKind::PermissionError, "").without_traceback());
    }
    let meta = permissions::meta_of(cx, doctype)?;
    Ok(Reply::json(&record::record(&meta))?)
}

/// `GET /doctype/<doctype>/count`: how many documents the filters let through, of those the caller may list.
/// With `limit` counting stops there.
pub(super) fn count(cx: &mut Cx, doctype: &str, args: &Args) -> Result<Reply> {
    permissions::meta_of(cx, doctype)?;
    let request = ListRequest {
        filters: query::json_argument("filters", args.get("filters"))?,
        or_filters: query::json_argument("or_filters", args.get("or_filters"))?,
        debug: args.get("debug").is_some_and(rest::is_on),
        length: query::page_length(args.get("limit"), 0)?.filter(|limit| *limit > 0),
        ..ListRequest::of(doctype)
    };
    Ok(Reply::json(&query::count(cx, &request)?)?)
}

/// `GET /doctype/<doctype>/search?txt=`.
pub(super) fn search(cx: &mut Cx, doctype: &str, args: &Args) -> Result<Reply> {
    permissions::meta_of(cx, doctype)?;
    let method = cx.site().dispatch.get(SEARCH).ok_or_else(no_route)?;
    let Handler::Blocking(search) = method.handler else {
        return Err(Error::internal(format!(
            "{SEARCH} does not run on a database thread"
        )));
    };
    let mut asked = args.clone();
    asked.set("doctype", Value::from(doctype));
    if !asked.contains("txt") {
        asked.set("txt", Value::from(""));
    }
    dispatch::admit(method, cx.session(), cx.request().verb, &mut asked)?;
    search(cx, asked)
}
