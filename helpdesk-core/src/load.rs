//! Loading a data set raw: names, owners and times as given, no hooks, no permission checks.
//!
//! One line is one document, `{"doctype": .., "doc": {..}}`. The form, and what a line may leave out, is that of
//! the conformance data (its README).

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::meta::{Meta, quoted};
use crate::doctype::registry::{self, Metas};
use crate::doctype::system::{DOCSHARE, JOB_TABLE, META_SOURCES, SERIES_TABLE, SINGLES_TABLE, USER};
use crate::doctype::{naming, schema, storage};
use crate::error::{Result, invalid};
use crate::install::{self, Stage};

mod left_out;
mod notes;

use notes::Notes;

/// What was loaded: documents by DocType.
pub type Loaded = BTreeMap<String, u64>;

struct Line {
    number: usize,
    doctype: String,
    doc: Map<String, Value>,
}

/// Loads lines into an empty site, or empties it first where `replace` is on; lists that every site has (countries,
/// languages, user types) are added to it. All or nothing: the caller commits.
/// `progress` is told the number of each line once it is in.
///
/// # Errors
/// 417 naming the line that fails, or saying that the site holds documents.
pub fn load(cx: &mut Cx, text: &str, replace: bool, progress: &mut dyn FnMut(usize)) -> Result<Loaded> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| read_line(i + 1, line));
    let lines = lines.collect::<Result<Vec<Line>>>()?;
    cx.db().begin()?;
    cx.db().may_take_long();
    let registered = cx.site().registered().clone();
    if replace {
        empty(cx, &registered)?;
    } else if let Some(doctype) = occupied(cx, &registered)? {
        return Err(invalid(format!(
            "The site already holds documents ({doctype}); load into a new site, or empty this one first with --replace"
        )));
    }
    let mut loaded = Loaded::new();
    let (mut done, mut notes) = (0, Notes::default());
    let mut put_one = || {
        done += 1;
        progress(done);
    };
    let (meta_lines, other_lines): (Vec<_>, Vec<_>) = lines
        .into_iter()
        .partition(|line| META_SOURCES.contains(&line.doctype.as_str()));
    // Fields that the data set itself adds have to be columns before documents use them.
    put_lines(cx, &registered, meta_lines, &mut loaded, &mut notes, &mut put_one)?;
    let metas = registry::of_site(cx.db(), &registered)?;
    let steps = schema::plan(cx.db(), &metas)?;
    schema::apply(cx.db(), &steps)?;
    put_lines(cx, &metas, other_lines, &mut loaded, &mut notes, &mut put_one)?;
    notes.write(cx, &metas)?;
    install::run_stage(cx, Stage::Lists)?;
    share_users_with_themselves(cx, &metas)?;
    raise_counters(cx, &metas)?;
    cx.after_commit(|shared| {
        shared.site.metadata_changed();
        shared.site.sessions_changed();
    });
    Ok(loaded)
}

fn read_line(number: usize, text: &str) -> Result<Line> {
    let misfit = |what: String| invalid(format!("Line {number}: {what}"));
    let mut line: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| misfit(format!("no JSON object: {error}")))?;
    match (line.remove("doctype"), line.remove("doc")) {
        (Some(Value::String(doctype)), Some(Value::Object(doc))) => Ok(Line { number, doctype, doc }),
        _ => Err(misfit(
            "needs \"doctype\" (a text) and \"doc\" (an object)".to_owned(),
        )),
    }
}

fn put_lines(
    cx: &mut Cx,
    metas: &Metas,
    lines: Vec<Line>,
    loaded: &mut Loaded,
    notes: &mut Notes,
    put_one: &mut dyn FnMut(),
) -> Result<()> {
    for line in lines {
        put(cx, metas, &line, notes).map_err(|error| {
            let text = if error.text().is_empty() {
                error.to_string()
            } else {
                error.text().to_owned()
            };
            invalid(format!("Line {} ({}): {text}", line.number, line.doctype)).caused_by(error)
        })?;
        *loaded.entry(line.doctype).or_default() += 1;
        put_one();
    }
    Ok(())
}

fn put(cx: &mut Cx, metas: &Metas, line: &Line, notes: &mut Notes) -> Result<()> {
    if line.doctype == "Series" {
        let prefix = line
            .doc
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or("")
            .to_owned();
        let current = line
            .doc
            .get("current")
            .and_then(Value::as_i64)
            .ok_or_else(|| invalid("a series needs a number \"current\""))?;
        return set_series(cx, prefix, current);
    }
    let meta = metas
        .get(&line.doctype)
        .ok_or_else(|| invalid(format!("there is no DocType {}", line.doctype)))?;
    let mut doc = document(metas, meta, &line.doc, None)?;
    left_out::put_back(cx, &mut doc)?;
    storage::insert_row(cx, &doc)?;
    notes.read(&doc);
    for (_, rows) in doc.all_rows_mut() {
        for row in rows {
            storage::insert_row(cx, row)?;
        }
    }
    Ok(())
}

fn document(
    metas: &Metas,
    meta: &Arc<Meta>,
    values: &Map<String, Value>,
    parent: Option<(&Document, &str, usize)>,
) -> Result<Document> {
    let mut doc = Document::new(Arc::clone(meta));
    for (key, value) in values {
        if meta.column_index(key).is_some() {
            doc.set(key, value.clone());
        } else if meta
            .field(key)
            .is_none_or(|field| !field.fieldtype.is_table() && !field.is_virtual)
        {
            return Err(invalid(format!("{} has no field {key}", meta.name)));
        }
    }
    if let Some((parent, field, place)) = parent {
        for key in ["creation", "modified", "modified_by", "owner"] {
            if doc.get(key).is_null() {
                doc.set(key, parent.get(key).clone());
            }
        }
        doc.set("parent", parent.name_text());
        doc.set("parenttype", parent.doctype().to_owned());
        doc.set("parentfield", field.to_owned());
        if doc.get("idx").is_null() {
            doc.set("idx", place);
        }
    } else {
        if meta.issingle {
            doc.set("name", meta.name.clone());
        }
        for (key, source) in [("modified", "creation"), ("modified_by", "owner")] {
            if doc.get(key).is_null() {
                doc.set(key, doc.get(source).clone());
            }
        }
    }
    if doc.get("name").is_null() {
        return Err(invalid("a document without a name"));
    }
    for field in &meta.fields {
        // A stored choice is never null: without one it is the first, which may be blank. Fields whose choices are the
        // desk's affair have none to take.
        let chooses = field.fieldtype == FieldType::Select && !field.options.is_empty();
        if chooses && !meta.issingle && doc.get(&field.fieldname).is_null() {
            doc.set(&field.fieldname, field.choices().next().unwrap_or(""));
        }
    }
    storage::fix_types(&mut doc);
    for table in meta.table_fields() {
        let Some(rows) = values.get(&table.fieldname) else {
            continue;
        };
        let Value::Array(rows) = rows else {
            return Err(invalid(format!("{} is a list of rows", table.fieldname)));
        };
        let child = metas
            .get(&table.options)
            .ok_or_else(|| invalid(format!("there is no DocType {}", table.options)))?;
        let mut children = Vec::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            let Value::Object(row) = row else {
                return Err(invalid(format!(
                    "{} holds a row that is no object",
                    table.fieldname
                )));
            };
            children.push(document(
                metas,
                child,
                row,
                Some((&doc, &table.fieldname, i + 1)),
            )?);
        }
        if let Some(table) = doc.rows_mut(&table.fieldname) {
            *table = children;
        }
    }
    Ok(doc)
}

fn set_series(cx: &mut Cx, prefix: String, current: i64) -> Result<()> {
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(SERIES_TABLE)
        .sql(" (name, current) VALUES (")
        .text(prefix)
        .sql(", ");
    query
        .bind(Kind::Int, Scalar::Int(current))
        .sql(") ON CONFLICT (name) DO UPDATE SET current = excluded.current");
    cx.db().execute(query)?;
    Ok(())
}

/// Every user may read and change the own User document: by a share, as at sign-up.
fn share_users_with_themselves(cx: &mut Cx, metas: &Metas) -> Result<()> {
    let (Some(shares), Some(users)) = (metas.get(DOCSHARE), metas.get(USER)) else {
        return Ok(());
    };
    let mut query = Query::new();
    query
        .sql("SELECT name FROM ")
        .ident(users.table.clone())
        .sql(" WHERE name NOT IN ('Administrator', 'Guest') AND NOT EXISTS (SELECT 1 FROM ");
    query
        .ident(shares.table.clone())
        .sql(" AS s WHERE s.share_doctype = 'User' AND s.share_name = ")
        .ident(users.table.clone())
        .sql(".name)");
    let names = cx.db().rows(query, &[Kind::Text])?;
    for name in names.iter().filter_map(|row| row.first()?.as_str()) {
        let mut share = Document::new(Arc::clone(shares));
        share.set("name", naming::hash(cx));
        for (key, value) in [
            ("user", name),
            ("share_doctype", USER),
            ("share_name", name),
            ("owner", "Administrator"),
            ("modified_by", "Administrator"),
        ] {
            share.set(key, value);
        }
        let now = crate::clock::stored(cx.now());
        share.set("creation", now.clone());
        share.set("modified", now);
        for right in ["read", "write", "share"] {
            share.set(right, 1);
        }
        storage::fix_types(&mut share);
        storage::insert_row(cx, &share)?;
    }
    Ok(())
}

/// Counters of integer names go on behind the highest loaded.
fn raise_counters(cx: &mut Cx, metas: &Metas) -> Result<()> {
    for meta in metas.values().filter(|meta| meta.integer_names) {
        let mut query = Query::new();
        query.checked(format!(
            "SELECT coalesce(max(name), 0) FROM {}",
            quoted(&meta.table)
        ));
        let highest = cx.db().count(query)?;
        if highest > 0 {
            set_series(cx, format!("#{}", meta.name), highest)?;
        }
    }
    Ok(())
}

fn tables(metas: &Metas) -> impl Iterator<Item = (&str, &Arc<Meta>)> {
    metas
        .iter()
        .filter(|(_, meta)| !meta.issingle && !meta.is_virtual)
        .map(|(name, meta)| (name.as_str(), meta))
}

fn occupied(cx: &mut Cx, metas: &Metas) -> Result<Option<String>> {
    for (name, meta) in tables(metas) {
        if install::has_rows(cx, meta)? {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

fn empty(cx: &mut Cx, metas: &Metas) -> Result<()> {
    let all: HashMap<_, _> = tables(metas).collect();
    let names = all.values().map(|meta| meta.table.as_str()).chain([
        SINGLES_TABLE,
        SERIES_TABLE,
        "__Auth",
        JOB_TABLE,
    ]);
    for table in names.map(str::to_owned).collect::<Vec<_>>() {
        let mut query = Query::new();
        query.checked(format!("DELETE FROM {}", quoted(&table)));
        query.forget();
        cx.db().execute(query)?;
    }
    crate::search::write::clear_all(cx.db())
}
