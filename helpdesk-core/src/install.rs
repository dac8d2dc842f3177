//! What apps put into a new site: records at its creation, and invented ones for a demonstration.
//!
//! An app names a function with [`install!`](crate::install!); `helpdesk serve` runs them all, in one transaction,
//! when the site has no users yet. All documents go through their life cycle.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::db::Query;
use crate::doctype::document::Document;
use crate::doctype::meta::{Meta, quoted};
use crate::doctype::permissions::meta_of;
use crate::doctype::system::{CUSTOM_DOCPERM, CUSTOM_FIELD, PROPERTY_SETTER, USER};
use crate::doctype::{save, storage};
use crate::error::{Error, Result, invalid};
use crate::method::{Location, Verb};
use crate::query::{self, ListRequest};
use crate::session::Session;
use crate::site::Site;

/// Which sites an install is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Every site, those made by `helpdesk load` included: lists that links lead into, such as countries.
    Lists,
    /// New sites that start from nothing.
    Records,
}

/// What an app puts into a new site.
pub struct Install {
    /// The app's name, for messages.
    pub app: &'static str,
    /// Lower numbers run first; the base app has 0.
    pub order: i32,
    /// Which sites it is for.
    pub stage: Stage,
    /// Puts the records in, as the Administrator; [`put`] skips those that are there.
    pub run: fn(&mut Cx) -> Result<()>,
    /// Where it stands in the source.
    pub location: Location,
}

inventory::collect!(Install);

/// Registers an [`Install`]: `install!("helpdesk", order = 100, Records, function)`.
#[macro_export]
macro_rules! install {
    ($app:expr, order = $order:expr, $stage:ident, $run:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::install::Install {
                    app: $app,
                    order: $order,
                    stage: $crate::install::Stage::$stage,
                    run: $run,
                    location: $crate::method::Location { file: file!(), line: line!() },
                }
            }
        };
    };
}

/// An app's invented data.
pub struct Demo {
    /// The app's name, for messages.
    pub app: &'static str,
    /// Fills the site, as the Administrator.
    pub run: fn(&mut Cx, &mut Progress<'_>) -> Result<Filled>,
}

inventory::collect!(Demo);

/// Registers a [`Demo`]: `demo!("helpdesk", function)`.
#[macro_export]
macro_rules! demo {
    ($app:expr, $run:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::install::Demo { app: $app, run: $run }
            }
        };
    };
}

/// An app's invented data at size: as many documents as are asked for, written in bulk.
pub struct Bulk {
    /// What is made, in the plural: `tickets`.
    pub what: &'static str,
    /// Makes some more in the transaction of the context, the same ones at every run.
    pub batch: fn(&mut Cx, u64) -> Result<()>,
}

inventory::collect!(Bulk);

/// Registers a [`Bulk`]: `bulk_demo!("tickets", function)`.
#[macro_export]
macro_rules! bulk_demo {
    ($what:expr, $batch:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::install::Bulk { what: $what, batch: $batch }
            }
        };
    };
}

/// Makes `count` documents of a kind, a transaction for each few thousand.
///
/// # Errors
/// 417 when no app makes such documents; what fails first, the batches before it being kept.
pub fn fill_bulk(site: &Arc<Site>, what: &str, count: u64, progress: &mut Progress<'_>) -> Result<()> {
    const BATCH: u64 = 5_000;
    let bulk = inventory::iter::<Bulk>
        .into_iter()
        .find(|bulk| bulk.what == what)
        .ok_or_else(|| invalid(format!("No app makes {what} in bulk")))?;
    let mut done = 0;
    while done < count {
        let batch = BATCH.min(count - done);
        let mut cx = site.context(Arc::new(Session::administrator()), Verb::Post)?;
        cx.db().begin()?;
        cx.db().may_take_long();
        (bulk.batch)(&mut cx, batch)?;
        site.finish(cx)?;
        done += batch;
        progress(done, count);
    }
    Ok(())
}

/// Is told how many of how many steps are done.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// What came of filling a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The site holds documents already; nothing was added.
    Occupied(String),
    /// What was added, and users worth signing in as.
    Done {
        /// In a few words, for people.
        what: String,
        /// User ids.
        users: Vec<String>,
    },
}

/// Runs all installs if the site has no users yet, and says whether it had none. Of several processes that start on one
/// new database, one installs and the others wait for it.
///
/// # Errors
/// What fails first, naming the app; nothing is kept then.
pub fn run_once(site: &Arc<Site>) -> Result<bool> {
    if !is_needed(site)? {
        return Ok(false);
    }
    let _alone = site.database().alone()?;
    if is_needed(site)? {
        run(site)?;
        return Ok(true);
    }
    // Another process has just done it; what was read of the empty database is stale.
    site.metadata_changed();
    site.sessions_changed();
    Ok(false)
}

/// Whether a site is still to be installed: it has no users.
///
/// # Errors
/// A database failure.
pub fn is_needed(site: &Arc<Site>) -> Result<bool> {
    let mut cx = site.context(Arc::new(Session::administrator()), Verb::Get)?;
    let users = meta_of(&cx, USER)?;
    Ok(!has_rows(&mut cx, &users)?)
}

/// Runs all installs in one transaction.
///
/// # Errors
/// What fails first, naming the app; nothing is kept then.
pub fn run(site: &Arc<Site>) -> Result<()> {
    let mut cx = site.context(Arc::new(Session::administrator()), Verb::Post)?;
    cx.db().begin()?;
    cx.db().may_take_long();
    run_stage(&mut cx, Stage::Lists)?;
    run_stage(&mut cx, Stage::Records)?;
    // Nobody listens yet, and each record would have the caches of metadata dropped once more.
    cx.db().out.roll_back();
    cx.after_commit(|shared| {
        shared.site.metadata_changed();
        shared.site.sessions_changed();
    });
    site.finish(cx)
}

/// Runs the installs of one stage in the transaction of `cx`.
///
/// # Errors
/// What fails first, naming the app.
pub fn run_stage(cx: &mut Cx, stage: Stage) -> Result<()> {
    let mut installs: Vec<&Install> = inventory::iter::<Install>
        .into_iter()
        .filter(|install| install.stage == stage)
        .collect();
    installs.sort_by_key(|install| (install.order, install.app, install.location.line));
    for install in installs {
        (install.run)(cx).map_err(|error| {
            let text = told(cx, &error);
            invalid(format!("Installing {}: {text}", install.app)).caused_by(error)
        })?;
    }
    Ok(())
}

/// Fills a site with every app's invented data, in one transaction.
///
/// # Errors
/// What fails first; nothing is kept then.
pub fn fill(site: &Arc<Site>, progress: &mut Progress<'_>) -> Result<Vec<Filled>> {
    let mut cx = site.context(Arc::new(Session::administrator()), Verb::Post)?;
    cx.db().begin()?;
    cx.db().may_take_long();
    let mut filled = Vec::new();
    for demo in inventory::iter::<Demo> {
        let result = (demo.run)(&mut cx, progress).map_err(|error| {
            let text = told(&mut cx, &error);
            invalid(format!("Filling {}: {text}", demo.app)).caused_by(error)
        })?;
        filled.push(result);
    }
    cx.db().out.roll_back();
    cx.after_commit(|shared| {
        shared.site.metadata_changed();
        shared.site.sessions_changed();
    });
    site.finish(cx)?;
    Ok(filled)
}

/// An error in words; some only say in the message log what is wrong.
fn told(cx: &mut Cx, error: &Error) -> String {
    if error.text().is_empty() {
        return error.to_string();
    }
    let messages = &cx.db().out.messages;
    let logged = messages.iter().map(|message| message.message.as_ref());
    logged.chain([error.text()]).collect::<Vec<_>>().join("; ")
}

/// Inserts a document of an object's values without asking for permission. A `name` among them is kept. Where a
/// document of that name is there already, it stays as it is. Returns the name.
///
/// # Errors
/// As [`save::insert`].
pub fn put(cx: &mut Cx, doctype: &str, values: Value) -> Result<String> {
    let Value::Object(values) = values else {
        return Err(Error::internal(format!("{doctype}: values are an object")));
    };
    let meta = meta_of(cx, doctype)?;
    let by_field = meta.autoname.strip_prefix("field:");
    let name = values
        .get("name")
        .or_else(|| values.get(by_field?))
        .and_then(Value::as_str);
    if let Some(name) = name
        && let Some(stored) = storage::exists(cx, doctype, name)?
    {
        return Ok(stored);
    }
    let mut doc = save::new_document(cx, &meta, &values)?;
    doc.flags.ignore_permissions = true;
    doc.flags.keep_name = values.contains_key("name");
    save::insert(cx, &mut doc)?;
    Ok(doc.name_text())
}

/// Sets fields of a single DocType, with its defaults where it was never saved.
///
/// # Errors
/// As [`save::insert`] and [`save::save`].
pub fn put_single(cx: &mut Cx, doctype: &str, values: &Map<String, Value>) -> Result<()> {
    let meta = meta_of(cx, doctype)?;
    let stored = storage::load(cx, &meta, doctype)?.filter(|doc| !doc.is_empty("modified"));
    match stored {
        Some(mut doc) => {
            storage::merge(cx, &mut doc, values)?;
            doc.flags.ignore_permissions = true;
            save::save(cx, &mut doc)
        }
        None => {
            let mut doc: Document = save::new_document(cx, &meta, values)?;
            doc.flags.ignore_permissions = true;
            save::insert(cx, &mut doc)
        }
    }
}

/// What an app adds to other apps' DocTypes, for those who ask without a site; see [`customize`].
pub struct Customizations {
    /// The list that [`customize`] takes.
    pub json: &'static str,
    /// Where that stands in the source.
    pub location: Location,
}

inventory::collect!(Customizations);

/// Tells of [`Customizations`]: `customizations!(JSON)`. The app's install still has to carry them out.
#[macro_export]
macro_rules! customizations {
    ($json:expr) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::install::Customizations {
                    json: $json,
                    location: $crate::method::Location { file: file!(), line: line!() },
                }
            }
        };
    };
}

/// What all apps add to other apps' DocTypes.
///
/// # Errors
/// When the text of one is no list of objects.
pub fn customizations() -> Result<Vec<Map<String, Value>>> {
    let mut all = Vec::new();
    for added in inventory::iter::<Customizations> {
        all.extend(serde_json::from_str::<Vec<Map<String, Value>>>(added.json)?);
    }
    Ok(all)
}

/// Custom fields, property setters and permission rules that an app adds to other apps' DocTypes; from then on they
/// hold for the rest of the install.
///
/// `json`: a list of `{doctype, custom_fields, property_setters, custom_perms}`, each list of them optional. A DocType
/// that is given a permission rule keeps its own: they are copied first, since rules of a site replace those declared.
///
/// # Errors
/// When the text is not of that form, or as [`save::insert`].
pub fn customize(cx: &mut Cx, json: &str) -> Result<()> {
    let entries: Vec<Map<String, Value>> = serde_json::from_str(json)?;
    let list = |entry: &Map<String, Value>, key: &str| match entry.get(key) {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| item.as_object().cloned())
            .collect(),
        _ => Vec::new(),
    };
    for entry in &entries {
        let doctype = text(entry, "doctype");
        let Some(meta) = cx.site().meta(&doctype) else {
            continue;
        };
        for field in list(entry, "custom_fields") {
            custom_field(cx, &doctype, field)?;
        }
        for setter in list(entry, "property_setters") {
            property_setter(cx, &doctype, &setter)?;
        }
        let perms = list(entry, "custom_perms");
        if !perms.is_empty() {
            custom_perms(cx, &meta, perms)?;
        }
    }
    let site = Arc::clone(cx.site());
    site.reload_uncommitted(cx.db())
}

fn custom_field(cx: &mut Cx, doctype: &str, mut field: Map<String, Value>) -> Result<()> {
    let name = format!("{doctype}-{}", text(&field, "fieldname"));
    field.insert("name".into(), name.into());
    field.insert("dt".into(), doctype.into());
    field.insert("is_system_generated".into(), 1.into());
    put(cx, CUSTOM_FIELD, field.into()).map(|_| ())
}

fn property_setter(cx: &mut Cx, doctype: &str, setter: &Map<String, Value>) -> Result<()> {
    let (field, property) = (text(setter, "field"), text(setter, "property"));
    let place = if field.is_empty() { "main" } else { &field };
    let row = serde_json::json!({
        "name": format!("{doctype}-{place}-{property}"),
        "doctype_or_field": if field.is_empty() { "DocType" } else { "DocField" },
        "doc_type": doctype,
        "field_name": if field.is_empty() { Value::Null } else { field.into() },
        "property": property,
        "property_type": "Data",
        "value": setter.get("value"),
        "is_system_generated": setter.get("is_system_generated"),
    });
    put(cx, PROPERTY_SETTER, row).map(|_| ())
}

/// Gives a DocType rules of the site's own, unless it has some: its declared ones are copied first.
///
/// # Errors
/// As [`save::insert`].
pub fn custom_perms(cx: &mut Cx, meta: &Meta, added: Vec<Map<String, Value>>) -> Result<()> {
    let known = ListRequest {
        filters: serde_json::json!({ "parent": meta.name }),
        ..ListRequest::of(CUSTOM_DOCPERM)
    };
    if query::count(cx, &known)? > 0 {
        return Ok(());
    }
    let own = cx.site().registered().get(&meta.name).cloned();
    let own = own.iter().flat_map(|meta| &meta.perms).map(|perm| {
        let mut row: Map<String, Value> = perm
            .rights
            .names()
            .into_iter()
            .map(|right| (right.to_owned(), Value::from(1)))
            .collect();
        // On by default in the table, so a rule without them says so.
        for right in ["read", "export"] {
            row.entry(right).or_insert(0.into());
        }
        row.insert("role".into(), perm.role.clone().into());
        row.insert("permlevel".into(), perm.permlevel.into());
        row.insert("if_owner".into(), i32::from(perm.if_owner).into());
        row
    });
    for mut row in own.chain(added).collect::<Vec<_>>() {
        row.insert("parent".into(), meta.name.clone().into());
        put(cx, CUSTOM_DOCPERM, row.into())?;
    }
    Ok(())
}

/// Whether a DocType's table holds a document.
pub(crate) fn has_rows(cx: &mut Cx, meta: &Meta) -> Result<bool> {
    let mut query = Query::new();
    query.checked(format!(
        "SELECT count(*) FROM (SELECT 1 FROM {} LIMIT 1) AS x",
        quoted(&meta.table)
    ));
    Ok(cx.db().count(query)? > 0)
}

fn text(row: &Map<String, Value>, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}
