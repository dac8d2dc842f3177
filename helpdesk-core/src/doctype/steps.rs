//! Steps between the states of a document: saved, submitted, changed after that, cancelled.
//!
//! Source: spec/framework-data.md §5.5 and §5.10.

use super::document::{Document, equal};
use super::events::{self, Event};
use super::field::Field;
use super::meta::{Meta, is_true};
use super::permissions::{self, Right};
use super::value::lenient_int;
use super::{linked, validate};
use crate::cx::Cx;
use crate::error::{Error, ErrorKind, Result};

/// What a save does to the state of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A draft stays one.
    Save,
    /// A draft, or a new document, is submitted.
    Submit,
    /// A submitted document changes.
    Update,
    /// A submitted document is cancelled.
    Cancel,
}

impl Step {
    /// The step from a stored state to that of `doc`.
    ///
    /// # Errors
    /// 417 `DocstatusTransitionError` where there is none.
    pub(super) fn of(doc: &Document, before: i64) -> Result<Step> {
        validate::docstatus(doc, before)?;
        Ok(match (before, lenient_int(doc.get("docstatus"))) {
            (0, 1) => Step::Submit,
            (1, 2) => Step::Cancel,
            (1, _) => Step::Update,
            _ => Step::Save,
        })
    }

    /// The right it needs besides creating or writing.
    ///
    /// # Errors
    /// 403 without it.
    pub(super) fn permission(self, cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<()> {
        match self {
            Step::Submit => permissions::require(cx, meta, doc, Right::Submit),
            Step::Cancel => permissions::require(cx, meta, doc, Right::Cancel),
            Step::Save | Step::Update => Ok(()),
        }
    }

    /// The hooks before the document is written.
    ///
    /// # Errors
    /// What a hook refuses.
    pub(super) fn before(self, cx: &mut Cx, doc: &mut Document) -> Result<()> {
        let is_checked = matches!(self, Step::Save | Step::Submit);
        if is_checked {
            events::run(doc, cx, Event::BeforeValidate)?;
        }
        if doc.flags.skip_validate_hooks {
            return Ok(());
        }
        if is_checked {
            events::run(doc, cx, Event::Validate)?;
        }
        events::run(
            doc,
            cx,
            match self {
                Step::Save => Event::BeforeSave,
                Step::Submit => Event::BeforeSubmit,
                Step::Update => Event::BeforeUpdateAfterSubmit,
                Step::Cancel => Event::BeforeCancel,
            },
        )
    }

    /// The hooks once it is written; what is cancelled is nothing that submitted documents link to.
    ///
    /// # Errors
    /// What a hook refuses; 417 `LinkExistsError`.
    pub(super) fn after(self, cx: &mut Cx, doc: &mut Document) -> Result<()> {
        match self {
            Step::Save => events::run(doc, cx, Event::OnUpdate),
            Step::Submit => {
                events::run(doc, cx, Event::OnUpdate)?;
                events::run(doc, cx, Event::OnSubmit)
            }
            Step::Update => events::run(doc, cx, Event::OnUpdateAfterSubmit),
            Step::Cancel => {
                events::run(doc, cx, Event::OnCancel)?;
                let meta = doc.meta().clone();
                linked::check_submitted(cx, &meta, doc)
            }
        }
    }

    /// Checks the values as they will be written: those of a cancelled document are what they were.
    ///
    /// # Errors
    /// 417 as the contract's table says.
    pub(super) fn values(self, cx: &mut Cx, doc: &mut Document, before: &Document) -> Result<()> {
        if self != Step::Cancel {
            validate::mandatory(cx, doc)?;
            validate::fields(doc, Some(before))?;
        }
        validate::constants(doc, before)?;
        if matches!(self, Step::Update | Step::Cancel) {
            submitted(doc, before)?;
        }
        Ok(())
    }
}

/// Refuses a change of what a submitted document says, but for fields that allow it.
fn submitted(doc: &Document, before: &Document) -> Result<()> {
    let meta = doc.meta();
    row(doc, before)?;
    for table in meta.table_fields() {
        let (new, old) = (doc.rows(&table.fieldname), before.rows(&table.fieldname));
        let known = |row: &Document, rows: &[Document]| {
            rows.iter()
                .find(|other| equal(other.get("name"), row.get("name")))
                .cloned()
        };
        if !allows(table) {
            let added = new.iter().any(|row| known(row, old).is_none());
            if added || new.len() != old.len() {
                let rows = |rows: &[Document]| format!("{} rows", rows.len());
                return Err(refusal(meta.label(&table.fieldname), &rows(old), &rows(new)));
            }
        }
        for (row_new, row_old) in new.iter().filter_map(|row| Some((row, known(row, old)?))) {
            row(row_new, &row_old)?;
        }
    }
    Ok(())
}

fn row(doc: &Document, before: &Document) -> Result<()> {
    let meta = doc.meta();
    for field in meta
        .fields
        .iter()
        .filter(|field| field.fieldtype.is_column() && !field.is_virtual)
    {
        let (old, new) = (before.get(&field.fieldname), doc.get(&field.fieldname));
        if allows(field)
            || equal(old, new)
            || before.is_empty(&field.fieldname) && doc.is_empty(&field.fieldname)
        {
            continue;
        }
        let shown =
            |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Err(refusal(meta.label(&field.fieldname), &shown(old), &shown(new)));
    }
    Ok(())
}

fn allows(field: &Field) -> bool {
    is_true(field.other.get("allow_on_submit"))
}

fn refusal(label: &str, old: &str, new: &str) -> Error {
    Error::new(
        ErrorKind::UpdateAfterSubmitError,
        format!(
            " Not allowed to change <strong>{label}</strong> after submission from <strong>{old}</strong> to \
             <strong>{new}</strong>"
        ),
    )
    .title("Cannot Update After Submit")
}
