//! Documents from a CSV file, row by row: each is inserted or changed as if its caller had sent it, or says why not.
//!
//! An [`Import`] reads on where it stopped, so that whoever runs it decides how many rows a transaction has: a request
//! and the command line do, and a job can. Nothing but a row is held of the file.
//!
//! Source: spec/helpdesk-b.md §14; spec/framework-data.md §5.4 (right `import`).

mod cells;
mod columns;
mod source;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;
use serde_json::{Map, Value};

pub use self::columns::Column;
use self::source::Source;
use crate::cx::Cx;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::{naming, save, system};
use crate::error::{Error, ErrorKind, Result, forbidden, invalid};
use crate::frappe::desk::reportview::csv::harmless;
use crate::html;

/// Metadata is changed where it is checked, not by rows.
const BLOCKED: [&str; 9] = [
    "DocType",
    "DocField",
    "DocPerm",
    "DocType Action",
    "DocType Link",
    "Module Def",
    system::CUSTOM_FIELD,
    system::PROPERTY_SETTER,
    system::CUSTOM_DOCPERM,
];

/// How a file is imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Rows change documents that are there, instead of making new ones.
    pub update: bool,
    /// Each row is tried by itself and undone.
    pub dry_run: bool,
    /// Mails that documents would have sent are sent.
    pub send_mails: bool,
    /// More rows than this are refused; `None`: any number.
    pub most_rows: Option<u64>,
}

/// What became of a row.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The line of the file it begins in; the header's is 1.
    pub line: u64,
    /// The row as it stands in the file.
    pub cells: Vec<String>,
    /// The document's name, or what is wrong with the row.
    pub result: std::result::Result<String, String>,
}

/// A file that is being imported.
#[derive(Debug)]
pub struct Import {
    meta: Arc<Meta>,
    source: Source,
    header: Vec<String>,
    /// By place in the row; `None` where a column is left out.
    columns: Vec<Option<Column>>,
    notes: Vec<String>,
    options: Options,
    /// Lines that were imported before.
    skipped: HashSet<u64>,
    /// Lines of names in the file, where the file gives them.
    names: HashMap<String, u64>,
    rows: u64,
    bad: u64,
}

/// Whether the caller may import documents of a DocType at all: by the right `import` on it, or as a System Manager, who
/// still needs the right to what the rows do.
///
/// # Errors
/// 403 without the right; 417 for DocTypes that are not imported.
pub fn allowed(cx: &mut Cx, doctype: &str, update: bool) -> Result<Arc<Meta>> {
    let meta = permissions::meta_of(cx, doctype)?;
    let imports =
        cx.session().has_role("System Manager") || Access::of(&meta, cx.session()).rights.has(Right::Import);
    if !imports {
        return Err(forbidden(format!("You are not allowed to import: {}", meta.name)));
    }
    if BLOCKED.contains(&meta.name.as_str()) || meta.istable || meta.issingle || meta.is_virtual {
        return Err(invalid(format!("Importing {} is not allowed", meta.name)));
    }
    permissions::require_doctype(cx, &meta, if update { Right::Write } else { Right::Create })?;
    Ok(meta)
}

/// How many rows below the header a file has; blank lines are none.
///
/// # Errors
/// 417 for a file that can't be read to its end.
pub fn rows_of(path: &Path) -> Result<u64> {
    let mut source = Source::open(path)?;
    let mut rows: u64 = 0;
    while let Some((_, record)) = source.next()? {
        rows += u64::from(record.iter().any(|cell| !cell.trim().is_empty()));
    }
    Ok(rows.saturating_sub(1))
}

impl Import {
    /// Opens a file and reads its header. Columns are named by field or by label; `ID` or `name` is the document's name.
    ///
    /// # Errors
    /// - 403 if the caller may not import the DocType
    /// - 417 for a DocType that is not imported, a file that is no CSV in UTF-8, a header that names no field or one
    ///   twice, an update without names
    pub fn open(cx: &mut Cx, doctype: &str, path: &Path, options: Options) -> Result<Import> {
        let meta = allowed(cx, doctype, options.update)?;
        let mut source = Source::open(path)?;
        let header: Vec<String> = match source.next()? {
            Some((_, record)) => record.iter().map(str::to_owned).collect(),
            None => return Err(invalid("The file is empty: its first line names the fields")),
        };
        let access = Access::of(&meta, cx.session());
        let found = columns::find(&meta, access, &header)?;
        let named = found.columns.iter().flatten();
        if options.update && !named.clone().any(Column::is_name) {
            return Err(invalid("Updating needs a column ID, which names the documents"));
        }
        if named.filter(|column| !column.is_name()).count() == 0 {
            return Err(invalid(format!(
                "No column of the file is a field of {}",
                meta.name
            )));
        }
        Ok(Import {
            meta,
            source,
            header,
            columns: found.columns,
            notes: found.notes,
            options,
            skipped: HashSet::new(),
            names: HashMap::new(),
            rows: 0,
            bad: 0,
        })
    }

    /// Leaves lines out that were imported before.
    pub fn skip(&mut self, lines: HashSet<u64>) {
        self.skipped = lines;
    }

    /// The header as it stands in the file.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The columns by their place; `None` where one is left out.
    pub fn columns(&self) -> &[Option<Column>] {
        &self.columns
    }

    /// What is to be told of the header: columns that are left out.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Rows that were read so far, and those of them with errors.
    pub fn counts(&self) -> (u64, u64) {
        (self.rows, self.bad)
    }

    /// Bytes of the file that were read so far.
    pub fn position(&self) -> u64 {
        self.source.position()
    }

    /// Reads up to `most` rows on and imports them in the transaction of `cx`, each in a savepoint of its own: a row with an
    /// error leaves nothing behind. An empty list is the end of the file.
    ///
    /// # Errors
    /// A failure that is no row's own: of the database, of a file that ends amid a quote, is no UTF-8, or has too many
    /// rows. What the transaction holds is the caller's to keep or to roll back.
    pub fn batch(&mut self, cx: &mut Cx, most: usize) -> Result<Vec<Outcome>> {
        // A savepoint before the first write would be the whole transaction.
        cx.db().begin()?;
        let mut outcomes = Vec::new();
        while outcomes.len() < most {
            let Some((line, record)) = self.source.next()? else {
                break;
            };
            if record.iter().all(|cell| cell.trim().is_empty()) || self.skipped.contains(&line) {
                continue;
            }
            self.rows += 1;
            if self.options.most_rows.is_some_and(|most| self.rows > most) {
                let most = self.options.most_rows.unwrap_or_default();
                return Err(invalid(format!(
                    "The file has more than {most} rows; `helpdesk import` takes any number"
                )));
            }
            let result = match self.row(cx, line, &record) {
                Ok(name) => Ok(name),
                Err(error) if error.kind().status() >= 500 => return Err(error),
                Err(error) => {
                    self.bad += 1;
                    Err(told(&error))
                }
            };
            outcomes.push(Outcome {
                line,
                cells: record.iter().map(str::to_owned).collect(),
                result,
            });
        }
        Ok(outcomes)
    }

    fn row(&mut self, cx: &mut Cx, line: u64, record: &StringRecord) -> Result<String> {
        let values = self.values(cx, record)?;
        self.once(line, &values)?;
        let logged = cx.db().out.messages.len();
        let options = self.options;
        let meta = Arc::clone(&self.meta);
        let mut done = None;
        let result = cx.savepoint(|cx| {
            let write = |cx: &mut Cx| write(cx, &meta, &values, options.update);
            let name = if options.send_mails {
                write(cx)
            } else {
                cx.without_mails(write)
            }?;
            done = Some(name);
            if options.dry_run {
                // Undone like an error; `done` says that it is none.
                return Err(Error::bare(ErrorKind::ValidationError, ""));
            }
            Ok(())
        });
        let messages = cx.db().out.messages.split_off(logged);
        match (done, result) {
            (Some(name), Ok(())) => Ok(name),
            (Some(name), Err(_)) if options.dry_run => Ok(name),
            (_, Err(error)) if error.text().is_empty() && error.message().is_none() => {
                let texts: Vec<&str> = messages.iter().map(|message| &*message.message).collect();
                if texts.is_empty() {
                    return Err(error);
                }
                Err(Error::bare(error.kind(), texts.join("; ")))
            }
            (_, Err(error)) => Err(error),
            (None, Ok(())) => Err(Error::internal("a row was written without a name")),
        }
    }

    /// The fields a row sets.
    fn values(&self, cx: &Cx, record: &StringRecord) -> Result<Map<String, Value>> {
        let (cells, named) = (record.len(), self.columns.len());
        let surplus = record.iter().skip(named).any(|cell| !cell.trim().is_empty());
        if cells < named || surplus {
            return Err(invalid(format!(
                "The row has {cells} cells, the header has {named}"
            )));
        }
        let date_format = cx.site().settings().date_format.to_string();
        let mut values = Map::new();
        for (column, cell) in self.columns.iter().zip(record) {
            let Some(column) = column else { continue };
            let value = cells::value(column, cell, &date_format)?;
            // What a new document is not given has its default.
            if !value.is_null() || self.options.update {
                values.insert(column.fieldname.clone(), value);
            }
        }
        Ok(values)
    }

    /// Refuses a second row for a document that the file names: one of them would be lost.
    fn once(&mut self, line: u64, values: &Map<String, Value>) -> Result<()> {
        let field = self.meta.autoname.strip_prefix("field:");
        let name = values.get("name").or_else(|| values.get(field?));
        let Some(name) = name.and_then(Value::as_str) else {
            return Ok(());
        };
        match self.names.insert(name.to_lowercase(), line) {
            Some(before) => Err(invalid(format!("{name} stands in line {before} already"))),
            None => Ok(()),
        }
    }
}

fn write(cx: &mut Cx, meta: &Arc<Meta>, values: &Map<String, Value>, update: bool) -> Result<String> {
    if update {
        let name = values.get("name").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() {
            return Err(invalid("The row doesn't name its document (ID)"));
        }
        let name = name.to_owned();
        return Ok(save::update(cx, meta, &name, values)?.name_text());
    }
    let mut doc = save::new_document(cx, meta, values)?;
    doc.flags.keep_name = values.contains_key("name");
    save::insert(cx, &mut doc)?;
    if doc.flags.keep_name {
        naming::raise_series(cx, &doc)?;
    }
    Ok(doc.name_text())
}

/// An error in words, without markup.
fn told(error: &Error) -> String {
    let text = match error.message() {
        Some(message) if !message.message.is_empty() => message.message.to_string(),
        _ => error.text().to_owned(),
    };
    let text = html::text_of(&text).trim().to_owned();
    if text.is_empty() {
        error.kind().exc_type().to_owned()
    } else {
        text
    }
}

/// Writes the rows with errors as a file that can be mended and imported again: the header, the rows as they were, and a
/// last column `Error`, which imports leave out.
pub struct Errors<W: std::io::Write>(csv::Writer<W>);

impl<W: std::io::Write> std::fmt::Debug for Errors<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Errors").finish_non_exhaustive()
    }
}

impl<W: std::io::Write> Errors<W> {
    /// Begins the file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn new(out: W, header: &[String]) -> Result<Errors<W>> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        put(&mut writer, header.iter().map(String::as_str), "Error")?;
        Ok(Errors(writer))
    }

    /// Adds a row, if it has an error.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn add(&mut self, outcome: &Outcome) -> Result<()> {
        match &outcome.result {
            Ok(_) => Ok(()),
            Err(text) => put(&mut self.0, outcome.cells.iter().map(String::as_str), text),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(mut self) -> Result<()> {
        Ok(self.0.flush()?)
    }
}

fn put<'c, W: std::io::Write>(
    writer: &mut csv::Writer<W>,
    cells: impl Iterator<Item = &'c str>,
    error: &'c str,
) -> Result<()> {
    let cells = cells.chain([error]).map(harmless);
    writer
        .write_record(cells)
        .map_err(|error| Error::internal(format!("a file of errors can't be written: {error}")))
}
