//! Which field a column of a file is.

use std::collections::HashMap;

use crate::doctype::field::FieldType;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::Access;
use crate::error::{Result, invalid};

/// A column whose cells are values of a field.
#[derive(Clone, Debug)]
pub struct Column {
    /// The field.
    pub fieldname: String,
    /// What people call it.
    pub label: String,
    /// Its type; `None` for the document's name.
    pub fieldtype: Option<FieldType>,
    /// The words a Select takes; empty where it takes any.
    pub choices: Vec<String>,
}

impl Column {
    /// Whether it holds the names of documents.
    pub fn is_name(&self) -> bool {
        self.fieldtype.is_none()
    }
}

/// The columns of a header, and what is to be told of it.
pub(super) struct Found {
    pub(super) columns: Vec<Option<Column>>,
    pub(super) notes: Vec<String>,
}

/// Finds the field of each heading: its name, its label, or `Label (fieldname)`.
pub(super) fn find(meta: &Meta, access: Access, header: &[String]) -> Result<Found> {
    let mut found = Found {
        columns: Vec::with_capacity(header.len()),
        notes: Vec::new(),
    };
    let mut taken: HashMap<String, String> = HashMap::new();
    for (place, heading) in header.iter().enumerate() {
        let heading = heading.trim();
        let column = match of(meta, heading)? {
            Some((column, level)) if access.writes_level(level) => Some(column),
            Some(_) => {
                found.notes.push(format!(
                    "Column {} ({heading}) is not yours to set, and is left out",
                    place + 1
                ));
                None
            }
            None => {
                found.notes.push(if heading.is_empty() {
                    format!("Column {} has no heading, and is left out", place + 1)
                } else {
                    format!(
                        "Column {} ({heading}) is no field of {} that can be imported, and is left out",
                        place + 1,
                        meta.name
                    )
                });
                None
            }
        };
        if let Some(column) = &column
            && let Some(other) = taken.insert(column.fieldname.clone(), heading.to_owned())
        {
            return Err(invalid(format!(
                "Two columns are the field {}: {other} and {heading}",
                column.label
            )));
        }
        found.columns.push(column);
    }
    Ok(found)
}

/// The field of a heading and its level.
fn of(meta: &Meta, heading: &str) -> Result<Option<(Column, u8)>> {
    let is_called = |name: &str| heading.eq_ignore_ascii_case(name);
    if is_called("name") || is_called("ID") {
        let column = Column {
            fieldname: "name".to_owned(),
            label: "ID".to_owned(),
            fieldtype: None,
            choices: Vec::new(),
        };
        return Ok(Some((column, 0)));
    }
    let within = heading
        .strip_suffix(')')
        .and_then(|heading| heading.rsplit_once('('))
        .map(|(_, name)| name.trim());
    let fields = || {
        let fields = meta.fields.iter();
        fields.filter(|field| field.fieldtype.is_column() && !field.is_virtual)
    };
    let by_name = fields().find(|field| {
        field.fieldname.eq_ignore_ascii_case(heading)
            || within.is_some_and(|name| field.fieldname.eq_ignore_ascii_case(name))
    });
    let field = match by_name {
        Some(field) => field,
        None => {
            let mut labelled = fields().filter(|field| !field.label.is_empty() && is_called(&field.label));
            let Some(field) = labelled.next() else {
                return Ok(None);
            };
            if let Some(other) = labelled.next() {
                return Err(invalid(format!(
                    "The heading {heading} is the label of two fields: write {} or {}",
                    field.fieldname, other.fieldname
                )));
            }
            field
        }
    };
    let choices = if field.fieldtype == FieldType::Select {
        let choices = field.choices().filter(|choice| !choice.is_empty());
        choices.map(str::to_owned).collect()
    } else {
        Vec::new()
    };
    let column = Column {
        fieldname: field.fieldname.clone(),
        label: meta.label(&field.fieldname).to_owned(),
        fieldtype: Some(field.fieldtype),
        choices,
    };
    Ok(Some((column, field.permlevel)))
}
