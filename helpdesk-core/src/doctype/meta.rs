//! What a DocType is at run time: fields, columns, permissions, and the SQL text built from them once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::def::{DocTypeDef, FieldDef, Registration};
use super::field::{Field, FieldType};
use super::predicate::Predicate;
use crate::db::{JsonColumn, Kind};
use crate::method::Location;

/// One permission rule.
#[derive(Clone, Debug, Default)]
pub struct Perm {
    /// Role it is for.
    pub role: String,
    /// Field level (0: the document).
    pub permlevel: u8,
    /// Only for documents the user owns.
    pub if_owner: bool,
    /// The rights it gives.
    pub rights: super::permissions::Rights,
}

/// A column of a DocType's table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name of the column.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Index into [`Meta::fields`]; `None` for standard columns.
    pub field: Option<usize>,
    /// `"name":` as bytes.
    pub json_key: Box<[u8]>,
    /// Whether documents have it (the optional side columns are for lists alone).
    pub in_document: bool,
    /// Field level.
    pub permlevel: u8,
}

/// A DocType at run time.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// Name of the DocType.
    pub name: String,
    /// Name of its table.
    pub table: String,
    /// Module.
    pub module: String,
    /// App.
    pub app: String,
    /// How documents are named.
    pub autoname: String,
    /// Field that titles a document.
    pub title_field: String,
    /// Fields link searches look at, separated by commas.
    pub search_fields: String,
    /// Column(s) lists are sorted by where the engine chooses.
    pub sort_field: String,
    /// `ASC` or `DESC`.
    pub sort_order: String,
    /// Child rows of other DocTypes.
    pub istable: bool,
    /// One document, kept as rows of Singles.
    pub issingle: bool,
    /// Nested set.
    pub is_tree: bool,
    /// No table of its own.
    pub is_virtual: bool,
    /// Has document states.
    pub is_submittable: bool,
    /// Changes are kept as Versions.
    pub track_changes: bool,
    /// Readers are kept in `_seen`.
    pub track_seen: bool,
    /// May be renamed.
    pub allow_rename: bool,
    /// Names are integers.
    pub integer_names: bool,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Columns of the table in order.
    pub columns: Vec<Column>,
    /// Table fields: index into `fields`.
    pub tables: Vec<usize>,
    /// Permission rules.
    pub perms: Vec<Perm>,
    /// Some fields are masked for callers without the right.
    pub has_masks: bool,
    /// Groups of columns with an index of their own.
    pub indexes: Vec<Vec<String>>,
    /// Other keys of the DocType record, for metadata answers.
    pub other: Map<String, Value>,
    /// Where it was declared.
    pub location: Option<Location>,
    by_name: HashMap<String, usize>,
    fields_by_name: HashMap<String, usize>,
    /// `` `a`, `b` `` of all columns of a document.
    pub document_columns: String,
    /// Quoted list of all columns, side columns included.
    pub all_columns: String,
    /// As `select_by_name`, but of what answers show: side columns that are empty are null.
    pub select_shown: Arc<str>,
    /// `,"doctype":"…"` as bytes.
    pub doctype_key: Box<[u8]>,
    /// `SELECT <all columns> FROM <table> WHERE name = `.
    pub select_by_name: Arc<str>,
}

const STANDARD: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("owner", Kind::Text),
    ("creation", Kind::DateTime),
    ("modified", Kind::DateTime),
    ("modified_by", Kind::Text),
    ("docstatus", Kind::Int),
    ("idx", Kind::Int),
];
const CHILD: &[&str] = &["parent", "parentfield", "parenttype"];
const OPTIONAL: &[&str] = &["_user_tags", "_comments", "_assign", "_liked_by"];

/// Names of the columns every table begins with.
pub fn is_standard_column(name: &str) -> bool {
    STANDARD.iter().any(|(known, _)| *known == name)
}

/// Quotes an identifier for SQL text built from metadata (both databases take double quotes).
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Meta {
    /// The Meta of a registration, without what the site adds to it.
    ///
    /// # Errors
    /// A text that says what is wrong with the registration.
    pub fn of(registration: &Registration) -> Result<Meta, String> {
        let mut meta = match registration {
            Registration::Struct(def) => from_def(def)?,
            Registration::Data { json, location } => from_json(json, *location)?,
        };
        super::tree::add_fields(&mut meta);
        meta.finish();
        Ok(meta)
    }

    /// Rebuilds what is derived from fields; call it after a change of them.
    pub fn finish(&mut self) {
        self.table = format!("tab{}", self.name);
        self.has_masks = self.fields.iter().any(|field| field.mask);
        self.integer_names = self.autoname == "autoincrement";
        self.columns.clear();
        for (name, kind) in STANDARD {
            let kind = if *name == "name" && self.integer_names {
                Kind::Int
            } else {
                *kind
            };
            self.columns.push(column(name, kind, None, true, 0));
        }
        for (index, field) in self.fields.iter().enumerate() {
            if field.fieldtype.is_column() && !field.is_virtual {
                self.columns.push(column(
                    &field.fieldname,
                    field.fieldtype.kind(),
                    Some(index),
                    true,
                    field.permlevel,
                ));
            }
        }
        if self.istable {
            for name in CHILD {
                self.columns.push(column(name, Kind::Text, None, true, 0));
            }
        } else if !self.issingle {
            for name in OPTIONAL
                .iter()
                .filter(|name| !self.fields.iter().any(|field| field.fieldname == **name))
            {
                self.columns.push(column(name, Kind::Text, None, false, 0));
            }
            if self.track_seen {
                self.columns.push(column("_seen", Kind::Text, None, false, 0));
            }
        }
        self.tables = self
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.fieldtype.is_table())
            .map(|(index, _)| index)
            .collect();
        self.by_name = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, column)| (column.name.clone(), index))
            .collect();
        self.fields_by_name = self
            .fields
            .iter()
            .enumerate()
            .map(|(index, field)| (field.fieldname.clone(), index))
            .collect();
        let list = |columns: &mut dyn Iterator<Item = &Column>| {
            columns
                .map(|column| quoted(&column.name))
                .collect::<Vec<_>>()
                .join(", ")
        };
        self.document_columns = list(&mut self.columns.iter().filter(|column| column.in_document));
        self.all_columns = list(&mut self.columns.iter());
        let side: String = ["_user_tags", "_liked_by"]
            .iter()
            .filter(|name| self.by_name.contains_key(**name) && !self.fields_by_name.contains_key(**name))
            .map(|name| format!(", nullif({name}, '')", name = quoted(name)))
            .collect();
        self.select_shown = Arc::from(format!(
            "SELECT {}{side} FROM {} WHERE \"name\" = ",
            self.document_columns,
            quoted(&self.table)
        ));
        let mut key = b",\"doctype\":".to_vec();
        crate::db::json::write_str(&self.name, &mut key);
        self.doctype_key = key.into();
        self.select_by_name = Arc::from(format!(
            "SELECT {} FROM {} WHERE \"name\" = ",
            self.all_columns,
            quoted(&self.table)
        ));
    }

    /// The place of a column.
    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.column_index(name).map(|index| &self.columns[index])
    }

    /// The field of a name (table and layout fields included).
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields_by_name.get(name).map(|index| &self.fields[*index])
    }

    /// The field of a column; `None` for standard columns.
    pub fn field_of(&self, column: &Column) -> Option<&Field> {
        column.field.map(|index| &self.fields[index])
    }

    /// Table fields in order.
    pub fn table_fields(&self) -> impl Iterator<Item = &Field> {
        self.tables.iter().map(|index| &self.fields[*index])
    }

    /// Columns of a document in order, as [`crate::db::Tx::json_rows`] takes them.
    pub fn document_json_columns(&self) -> Vec<JsonColumn<'_>> {
        self.columns
            .iter()
            .filter(|column| column.in_document)
            .map(|column| JsonColumn {
                key: &column.json_key,
                kind: column.kind,
            })
            .collect()
    }

    /// The columns of [`Meta::select_shown`] in order.
    pub fn shown_json_columns(&self) -> Vec<JsonColumn<'_>> {
        let side = self.columns.iter().filter(|column| {
            matches!(column.name.as_str(), "_user_tags" | "_liked_by") && column.field.is_none()
        });
        let shown = self
            .columns
            .iter()
            .filter(|column| column.in_document)
            .chain(side);
        shown
            .map(|column| JsonColumn {
                key: &column.json_key,
                kind: column.kind,
            })
            .collect()
    }

    /// The label of a field, its name where it has none; standard columns have names of their own.
    pub fn label<'a>(&'a self, name: &'a str) -> &'a str {
        match self.field(name) {
            Some(field) if !field.label.is_empty() => &field.label,
            _ => match name {
                "creation" => "Created On",
                "modified" => "Last Updated On",
                "owner" => "Created By",
                "modified_by" => "Last Updated By",
                "name" => "ID",
                _ => name,
            },
        }
    }

    /// The condition that a document has one of some names.
    pub fn named(&self, names: Vec<String>) -> Predicate {
        if self.integer_names {
            let numbers = names.iter().filter_map(|name| name.trim().parse().ok());
            return Predicate::InNumbers("name".into(), numbers.collect());
        }
        Predicate::In("name".into(), names)
    }

    /// The highest field level there is (0: all fields are of the document's own level).
    pub fn highest_level(&self) -> u8 {
        self.fields.iter().map(|field| field.permlevel).max().unwrap_or(0)
    }
}

fn column(name: &str, kind: Kind, field: Option<usize>, in_document: bool, permlevel: u8) -> Column {
    let mut key = Vec::with_capacity(name.len() + 3);
    crate::db::json::write_str(name, &mut key);
    key.push(b':');
    Column {
        name: name.to_owned(),
        kind,
        field,
        json_key: key.into(),
        in_document,
        permlevel,
    }
}

fn from_def(def: &DocTypeDef) -> Result<Meta, String> {
    let mut other = Map::new();
    for (key, text) in [
        ("naming_rule", def.naming_rule),
        ("image_field", def.image_field),
        ("document_type", def.document_type),
        ("default_view", def.default_view),
        ("sender_field", def.sender_field),
        ("subject_field", def.subject_field),
        ("recipient_account_field", def.recipient_account_field),
        ("timeline_field", def.timeline_field),
        ("nsm_parent_field", def.nsm_parent_field),
    ] {
        if !text.is_empty() {
            other.insert(key.to_owned(), Value::from(text));
        }
    }
    for (key, on) in [
        ("track_views", def.track_views),
        ("allow_import", def.allow_import),
        ("allow_copy", def.allow_copy),
        ("allow_guest_to_view", def.allow_guest_to_view),
        ("in_create", def.in_create),
        ("read_only", def.read_only),
        ("quick_entry", def.quick_entry),
        ("show_title_field_in_link", def.show_title_field_in_link),
        ("translated_doctype", def.translated_doctype),
        ("email_append_to", def.email_append_to),
        ("index_web_pages_for_search", def.index_web_pages_for_search),
        ("make_attachments_public", def.make_attachments_public),
    ] {
        if on {
            other.insert(key.to_owned(), Value::from(1));
        }
    }
    for (key, rows) in [
        ("links", serde_json::to_value(def.links)),
        ("states", serde_json::to_value(def.states)),
    ] {
        let rows = rows.map_err(|error| format!("{key}: {error}"))?;
        if rows.as_array().is_some_and(|rows| !rows.is_empty()) {
            other.insert(key.to_owned(), rows);
        }
    }
    Ok(Meta {
        name: def.name.to_owned(),
        module: def.module.to_owned(),
        app: def.app.to_owned(),
        autoname: def.autoname.to_owned(),
        title_field: def.title_field.to_owned(),
        search_fields: def.search_fields.to_owned(),
        sort_field: def.sort_field.to_owned(),
        sort_order: def.sort_order.to_owned(),
        istable: def.istable,
        issingle: def.issingle,
        is_tree: def.is_tree,
        is_virtual: def.is_virtual,
        is_submittable: def.is_submittable,
        track_changes: def.track_changes,
        track_seen: def.track_seen,
        allow_rename: def.allow_rename,
        fields: def.fields.iter().map(field_from_def).collect::<Result<_, _>>()?,
        perms: def
            .permissions
            .iter()
            .map(|perm| Perm {
                role: perm.role.to_owned(),
                permlevel: perm.permlevel,
                if_owner: perm.if_owner,
                rights: super::permissions::Rights::of(perm.rights),
            })
            .collect(),
        indexes: def
            .indexes
            .iter()
            .map(|group| group.iter().map(|name| (*name).to_owned()).collect())
            .collect(),
        other,
        location: Some(def.location),
        ..Meta::default()
    })
}

fn field_from_def(def: &FieldDef) -> Result<Field, String> {
    let fieldtype = FieldType::parse(def.fieldtype)
        .ok_or_else(|| format!("field {}: no field type {:?}", def.fieldname, def.fieldtype))?;
    let mut other = Map::new();
    for (key, text) in [
        ("description", def.doc),
        ("depends_on", def.depends_on),
        ("mandatory_depends_on", def.mandatory_depends_on),
        ("read_only_depends_on", def.read_only_depends_on),
        ("link_filters", def.link_filters),
        ("precision", def.precision),
        ("placeholder", def.placeholder),
    ] {
        if !text.is_empty() {
            other.insert(key.to_owned(), Value::from(text));
        }
    }
    for (key, on) in [
        ("read_only", def.read_only),
        ("hidden", def.hidden),
        ("in_list_view", def.in_list_view),
        ("in_global_search", def.in_global_search),
        ("allow_on_submit", def.allow_on_submit),
        ("allow_in_quick_entry", def.allow_in_quick_entry),
        ("bold", def.bold),
        ("collapsible", def.collapsible),
        ("sort_options", def.sort_options),
        ("hide_days", def.hide_days),
        ("hide_seconds", def.hide_seconds),
    ] {
        if on {
            other.insert(key.to_owned(), Value::from(1));
        }
    }
    Ok(Field {
        fieldname: def.fieldname.to_owned(),
        fieldtype,
        label: def.label.to_owned(),
        options: def.options.to_owned(),
        default: def.default.to_owned(),
        fetch_from: def.fetch_from.to_owned(),
        fetch_if_empty: def.fetch_if_empty,
        length: def.length,
        permlevel: def.permlevel,
        reqd: def.reqd,
        unique: def.unique,
        set_only_once: def.set_only_once,
        no_copy: def.no_copy,
        non_negative: def.non_negative,
        ignore_user_permissions: def.ignore_user_permissions,
        ignore_xss_filter: def.ignore_xss_filter,
        search_index: def.search_index,
        in_standard_filter: def.in_standard_filter,
        is_virtual: def.is_virtual,
        not_nullable: def.not_nullable,
        mask: def.mask,
        other,
    })
}

fn take_text(object: &mut Map<String, Value>, key: &str) -> String {
    match object.remove(key) {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn take_flag(object: &mut Map<String, Value>, key: &str) -> bool {
    is_true(object.remove(key).as_ref())
}

/// Whether a metadata value means "on": 1, true, "1".
pub fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(on)) => *on,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty() && text != "0",
        _ => false,
    }
}

fn take_number(object: &mut Map<String, Value>, key: &str) -> u64 {
    match object.remove(key) {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

/// A field of a DocField record (also of a Custom Field's row).
///
/// # Errors
/// A text naming the unknown field type.
pub fn field_from_record(mut record: Map<String, Value>) -> Result<Field, String> {
    let fieldname = take_text(&mut record, "fieldname");
    let type_name = take_text(&mut record, "fieldtype");
    let fieldtype = FieldType::parse(&type_name)
        .ok_or_else(|| format!("field {fieldname}: no field type {type_name:?}"))?;
    Ok(Field {
        fieldname,
        fieldtype,
        label: take_text(&mut record, "label"),
        options: take_text(&mut record, "options"),
        default: take_text(&mut record, "default"),
        fetch_from: take_text(&mut record, "fetch_from"),
        fetch_if_empty: take_flag(&mut record, "fetch_if_empty"),
        length: u32::try_from(take_number(&mut record, "length")).unwrap_or(0),
        permlevel: u8::try_from(take_number(&mut record, "permlevel")).unwrap_or(u8::MAX),
        reqd: take_flag(&mut record, "reqd"),
        unique: take_flag(&mut record, "unique"),
        set_only_once: take_flag(&mut record, "set_only_once"),
        no_copy: take_flag(&mut record, "no_copy"),
        non_negative: take_flag(&mut record, "non_negative"),
        ignore_user_permissions: take_flag(&mut record, "ignore_user_permissions"),
        ignore_xss_filter: take_flag(&mut record, "ignore_xss_filter"),
        search_index: take_flag(&mut record, "search_index"),
        in_standard_filter: take_flag(&mut record, "in_standard_filter"),
        is_virtual: take_flag(&mut record, "is_virtual"),
        not_nullable: take_flag(&mut record, "not_nullable"),
        mask: take_flag(&mut record, "mask"),
        other: record,
    })
}

/// A rule of a permission record.
pub fn perm_from_record(mut record: Map<String, Value>) -> Perm {
    Perm {
        role: take_text(&mut record, "role"),
        permlevel: u8::try_from(take_number(&mut record, "permlevel")).unwrap_or(u8::MAX),
        if_owner: take_flag(&mut record, "if_owner"),
        rights: super::permissions::Rights::from_record(&record),
    }
}

fn from_json(json: &str, location: Location) -> Result<Meta, String> {
    let mut record: Map<String, Value> =
        serde_json::from_str(json).map_err(|error| format!("not a DocType record: {error}"))?;
    let list = |record: &mut Map<String, Value>, key: &str| match record.remove(key) {
        Some(Value::Array(items)) => items
            .into_iter()
            .filter_map(|item| match item {
                Value::Object(object) => Some(object),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let fields = list(&mut record, "fields")
        .into_iter()
        .map(field_from_record)
        .collect::<Result<_, _>>()?;
    let perms = list(&mut record, "permissions")
        .into_iter()
        .map(perm_from_record)
        .collect();
    let indexes = match record.remove("indexes") {
        None => Vec::new(),
        Some(groups) => {
            serde_json::from_value(groups).map_err(|error| format!("indexes are lists of fields: {error}"))?
        }
    };
    let name = take_text(&mut record, "name");
    if name.is_empty() {
        return Err("a DocType record without a name".to_owned());
    }
    let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
    Ok(Meta {
        name,
        module: take_text(&mut record, "module"),
        app: take_text(&mut record, "app"),
        autoname: take_text(&mut record, "autoname"),
        title_field: take_text(&mut record, "title_field"),
        search_fields: take_text(&mut record, "search_fields"),
        sort_field: or(take_text(&mut record, "sort_field"), "creation"),
        sort_order: or(take_text(&mut record, "sort_order"), "DESC"),
        istable: take_flag(&mut record, "istable"),
        issingle: take_flag(&mut record, "issingle"),
        is_tree: take_flag(&mut record, "is_tree"),
        is_virtual: take_flag(&mut record, "is_virtual"),
        is_submittable: take_flag(&mut record, "is_submittable"),
        track_changes: take_flag(&mut record, "track_changes"),
        track_seen: take_flag(&mut record, "track_seen"),
        allow_rename: take_flag(&mut record, "allow_rename"),
        fields,
        perms,
        indexes,
        other: record,
        location: Some(location),
        ..Meta::default()
    })
}
