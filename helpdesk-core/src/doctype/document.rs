//! A document in memory.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::meta::Meta;
use crate::db::Kind;

/// What a save may leave out; set by code, never by a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// No permission is checked.
    pub ignore_permissions: bool,
    /// Empty mandatory fields pass.
    pub ignore_mandatory: bool,
    /// No hook of `validate` and `before_save` runs: for what the site itself does to many documents.
    pub skip_validate_hooks: bool,
    /// Links are not checked.
    pub ignore_links: bool,
    /// The name given is kept (imports, API v2).
    pub keep_name: bool,
}

/// A document in memory: values by field name, child rows by table field.
///
/// Serialises as the contract's document dict **without nulls**; [`Document::as_dict`] keeps them.
#[derive(Clone, Debug)]
pub struct Document {
    meta: Arc<Meta>,
    values: Vec<Value>,
    removed: Vec<usize>,
    tables: Vec<Vec<Document>>,
    extra: Map<String, Value>,
    /// Not in the database yet.
    pub is_new: bool,
    /// What a save may leave out.
    pub flags: Flags,
    /// The state before the running save.
    pub before: Option<Box<Document>>,
}

static NULL: Value = Value::Null;

impl Document {
    /// An empty new document.
    pub fn new(meta: Arc<Meta>) -> Document {
        Document {
            values: vec![Value::Null; meta.columns.len()],
            tables: vec![Vec::new(); meta.tables.len()],
            removed: Vec::new(),
            extra: Map::new(),
            is_new: true,
            flags: Flags::default(),
            before: None,
            meta,
        }
    }

    /// A stored document of values in column order.
    pub(super) fn stored(meta: Arc<Meta>, values: Vec<Value>) -> Document {
        Document {
            values,
            is_new: false,
            ..Document::new(meta)
        }
    }

    /// Its DocType.
    pub fn meta(&self) -> &Arc<Meta> {
        &self.meta
    }

    /// Name of its DocType.
    pub fn doctype(&self) -> &str {
        &self.meta.name
    }

    /// Name of the document as text; empty before it has one. Integer names: see [`Document::name_text`].
    pub fn name(&self) -> &str {
        self.values[0].as_str().unwrap_or("")
    }

    /// Name of the document as text, integer names written out.
    pub fn name_text(&self) -> String {
        match &self.values[0] {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }

    /// Value of a field; null where unset or unknown.
    pub fn get(&self, field: &str) -> &Value {
        match self.meta.column_index(field) {
            Some(index) => &self.values[index],
            None => self.extra.get(field).unwrap_or(&NULL),
        }
    }

    /// Value of a column by its place.
    pub fn at(&self, index: usize) -> &Value {
        &self.values[index]
    }

    /// Text of a field; empty where unset.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).as_str().unwrap_or("")
    }

    /// Whether a field holds nothing: null or blank text.
    pub fn is_empty(&self, field: &str) -> bool {
        match self.get(field) {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            _ => false,
        }
    }

    /// Whether a field is on: a number other than 0, `true`, text that is neither empty nor `0`.
    pub fn is_on(&self, field: &str) -> bool {
        super::meta::is_true(Some(self.get(field)))
    }

    /// Sets a field; unknown fields are ignored.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        if let Some(index) = self.meta.column_index(field) {
            self.values[index] = value.into();
        }
    }

    /// Sets a column by its place.
    pub fn set_at(&mut self, index: usize, value: Value) {
        self.values[index] = value;
    }

    /// Takes a field out of the answer (its value is unknown to the caller).
    pub fn remove(&mut self, field: &str) {
        if let Some(index) = self.meta.column_index(field) {
            self.values[index] = Value::Null;
            self.removed.push(index);
        }
        if let Some(place) = self.table_place(field) {
            self.tables[place].clear();
            self.removed.push(usize::MAX - place);
        }
    }

    /// Sets a key beside the fields (`title_slug`, `__onload`): part of answers, never stored.
    pub fn set_extra(&mut self, key: &str, value: impl Into<Value>) {
        self.extra.insert(key.to_owned(), value.into());
    }

    fn table_place(&self, field: &str) -> Option<usize> {
        self.meta
            .tables
            .iter()
            .position(|index| self.meta.fields[*index].fieldname == field)
    }

    /// Rows of a table field, in order.
    pub fn rows(&self, field: &str) -> &[Document] {
        self.table_place(field).map_or(&[], |place| &self.tables[place])
    }

    /// Rows of a table field, open to change.
    pub fn rows_mut(&mut self, field: &str) -> Option<&mut Vec<Document>> {
        let place = self.table_place(field)?;
        self.tables.get_mut(place)
    }

    /// Replaces the rows of a table field by rows of the given values; a row with the name of a known one updates it.
    pub fn set_rows(&mut self, field: &str, rows: Vec<Map<String, Value>>) {
        let Some(place) = self.table_place(field) else {
            return;
        };
        let options = &self.meta.fields[self.meta.tables[place]].options;
        let known = std::mem::take(&mut self.tables[place]);
        let child = match known.first() {
            Some(row) => Arc::clone(&row.meta),
            None => match super::registry::global()
                .ok()
                .and_then(|metas| metas.get(options))
            {
                Some(child) => Arc::clone(child),
                None => return,
            },
        };
        for values in rows {
            let stored = known.iter().find(|row| {
                values
                    .get("name")
                    .is_some_and(|name| equal(name, row.get("name")))
            });
            let mut row = stored
                .cloned()
                .unwrap_or_else(|| Document::new(Arc::clone(&child)));
            for (key, value) in values {
                if key != "name" {
                    row.set(&key, value);
                }
            }
            self.tables[place].push(row);
        }
    }

    /// All table fields with their rows.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &[Document])> {
        self.meta
            .tables
            .iter()
            .zip(&self.tables)
            .map(|(index, rows)| (self.meta.fields[*index].fieldname.as_str(), rows.as_slice()))
    }

    /// All rows of all table fields, open to change, with the field's index in [`Meta::fields`].
    pub fn all_rows_mut(&mut self) -> impl Iterator<Item = (usize, &mut Vec<Document>)> {
        self.meta.tables.clone().into_iter().zip(self.tables.iter_mut())
    }

    /// Whether a value differs from the state before the save (new documents: always).
    pub fn has_value_changed(&self, field: &str) -> bool {
        match &self.before {
            None => true,
            Some(before) => !equal(before.get(field), self.get(field)),
        }
    }

    /// The document with nulls kept.
    pub fn as_dict(&self) -> AsDict<'_> {
        AsDict(self)
    }

    fn entries<S: SerializeMap>(&self, map: &mut S, nulls: bool) -> Result<(), S::Error> {
        for (index, column) in self.meta.columns.iter().enumerate() {
            let value = &self.values[index];
            if !column.in_document || (!nulls && value.is_null()) || self.removed.contains(&index) {
                continue;
            }
            // As a read of the stored value shows it; values of single documents are stored as text.
            let whole = match column.kind {
                Kind::DateTime if !self.meta.issingle => {
                    value.as_str().and_then(|text| text.strip_suffix(".000000"))
                }
                _ => None,
            };
            if let Some(whole) = whole {
                map.serialize_entry(&column.name, whole)?;
            } else {
                map.serialize_entry(&column.name, value)?;
            }
        }
        map.serialize_entry("doctype", &self.meta.name)?;
        for (place, index) in self.meta.tables.iter().enumerate() {
            if self.removed.contains(&(usize::MAX - place)) {
                continue;
            }
            let name = &self.meta.fields[*index].fieldname;
            if nulls {
                map.serialize_entry(name, &self.tables[place].iter().map(AsDict).collect::<Vec<_>>())?;
            } else {
                map.serialize_entry(name, &self.tables[place])?;
            }
        }
        for key in ["_user_tags", "_liked_by"] {
            if let Some(text) = self.get(key).as_str()
                && !text.is_empty()
            {
                map.serialize_entry(key, text)?;
            }
        }
        for (key, value) in &self.extra {
            map.serialize_entry(key, value)?;
        }
        Ok(())
    }
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.entries(&mut map, false)?;
        map.end()
    }
}

/// A document that serialises with its nulls.
#[derive(Clone, Copy, Debug)]
pub struct AsDict<'a>(&'a Document);

impl Serialize for AsDict<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.entries(&mut map, true)?;
        map.end()
    }
}

/// Whether two values mean the same: numbers by value, null and blank text alike, all else exactly.
pub fn equal(a: &Value, b: &Value) -> bool {
    let blank = |value: &Value| value.is_null() || value.as_str() == Some("");
    if blank(a) && blank(b) {
        return true;
    }
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::String(a), Value::String(b)) => {
            a == b || a.strip_suffix(".000000").unwrap_or(a) == b.strip_suffix(".000000").unwrap_or(b)
        }
        _ => a == b,
    }
}
