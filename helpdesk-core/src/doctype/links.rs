//! Links of a document at save: that they lead somewhere, and somewhere the caller may see.
//!
//! A link that the caller sets or changes to a document that is hidden from them is answered like one that leads
//! nowhere, so that links neither open documents nor tell which names exist. Links that were there before stay, hooks
//! set what they like, and DocTypes that no role of the caller lists are not looked into: a contact may choose an
//! agreement's priority without a right to read any (docs/differences.md).
//!
//! Source: spec/framework-data.md §5.5 step 5, §5.6.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::document::{Document, equal};
use super::field::{Field, FieldType};
use super::meta::Meta;
use super::permissions::{self, Access};
use super::predicate::Predicate;
use super::storage;
use crate::cx::Cx;
use crate::error::{Error, ErrorKind, Result, invalid};

/// Documents that callers may link to without seeing them.
pub struct LinkRule {
    /// The DocType.
    pub doctype: &'static str,
    /// Builds the predicate of those documents for the caller of `cx`.
    pub rule: fn(&mut Cx) -> Result<Predicate>,
}

inventory::collect!(LinkRule);

/// Registers a [`LinkRule`]: `link_rule!("Contact", function)`.
#[macro_export]
macro_rules! link_rule {
    ($doctype:expr, $rule:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::doctype::links::LinkRule { doctype: $doctype, rule: $rule }
            }
        };
    };
}

/// An app's own words for a link that leads nowhere the caller may see: the same for all such documents, there or not.
pub struct LinkRefusal {
    /// The DocType with the link.
    pub doctype: &'static str,
    /// The field.
    pub field: &'static str,
    /// The refusal of a name; `None` for the usual one.
    pub refusal: fn(&mut Cx, &str) -> Result<Option<Error>>,
}

inventory::collect!(LinkRefusal);

/// Registers a [`LinkRefusal`]: `link_refusal!("HD Ticket", "contact", function)`.
#[macro_export]
macro_rules! link_refusal {
    ($doctype:expr, $field:expr, $refusal:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::doctype::links::LinkRefusal { doctype: $doctype, field: $field, refusal: $refusal }
            }
        };
    };
}

static RULES: LazyLock<HashMap<&'static str, Vec<&'static LinkRule>>> = LazyLock::new(|| {
    let mut rules: HashMap<_, Vec<_>> = HashMap::new();
    for rule in inventory::iter::<LinkRule> {
        rules.entry(rule.doctype).or_default().push(rule);
    }
    rules
});

/// Checks links, puts the stored spelling of names into them, and copies fetched values. Against `before`, what is
/// stored, unless the document is new.
///
/// # Errors
/// 417 `LinkValidationError` naming every link that leads nowhere, or nowhere the caller may see; a [`LinkRefusal`].
pub(super) fn check(cx: &mut Cx, doc: &mut Document, before: Option<&Document>) -> Result<()> {
    if doc.flags.ignore_links {
        return Ok(());
    }
    let mut checks = Checks {
        judges: !doc.flags.ignore_permissions && !cx.session().is_administrator(),
        rules: HashMap::new(),
        broken: Vec::new(),
        cancelled: Vec::new(),
        submittable: doc.meta().is_submittable,
    };
    let meta = Arc::clone(doc.meta());
    checks.document(cx, doc, before, "")?;
    for (field, rows) in doc.all_rows_mut() {
        let stored = before.map_or(&[][..], |before| before.rows(&meta.fields[field].fieldname));
        for (i, row) in rows.iter_mut().enumerate() {
            let known = stored
                .iter()
                .find(|known| !known.get("name").is_null() && equal(known.get("name"), row.get("name")));
            checks.document(cx, row, known, &format!("Row #{}: ", i + 1))?;
        }
    }
    if checks.broken.is_empty() && checks.cancelled.is_empty() {
        return Ok(());
    }
    if checks.broken.is_empty() {
        return Err(Error::new(
            ErrorKind::CancelledLinkError,
            format!("Cannot link cancelled document: {}", checks.cancelled.join(", ")),
        ));
    }
    Err(Error::new(
        ErrorKind::LinkValidationError,
        format!("Could not find {}", checks.broken.join(", ")),
    ))
}

struct Checks {
    /// Whether the caller's rights count.
    judges: bool,
    /// What the caller may link to, by DocType.
    rules: HashMap<String, Predicate>,
    broken: Vec<String>,
    /// Links to cancelled documents.
    cancelled: Vec<String>,
    /// The document itself can be submitted: only such ones may not link to cancelled ones.
    submittable: bool,
}

/// Where a link leads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Cancelled,
    Document,
}

impl Checks {
    fn document(
        &mut self,
        cx: &mut Cx,
        doc: &mut Document,
        before: Option<&Document>,
        prefix: &str,
    ) -> Result<()> {
        let meta = Arc::clone(doc.meta());
        for field in &meta.fields {
            if field.is_virtual || !matches!(field.fieldtype, FieldType::Link | FieldType::DynamicLink) {
                continue;
            }
            let name = match doc.get(&field.fieldname) {
                Value::String(text) if !text.is_empty() => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            let target = target_of(doc, field)?;
            let found = self.follow(cx, doc, before, field, &target, &name)?;
            let told = || format!("{prefix}{}: {name}", meta.label(&field.fieldname));
            match found {
                Found::Document => {}
                Found::Cancelled if field.fieldname == "amended_from" => {}
                Found::Cancelled => self.cancelled.push(told()),
                Found::Nothing => {
                    if let Some(refusal) = own_refusal(cx, &meta, field, &name)? {
                        return Err(refusal);
                    }
                    self.broken.push(told());
                }
            }
        }
        Ok(())
    }

    /// Where the link leads; if somewhere, its spelling and what is fetched by it are set.
    fn follow(
        &mut self,
        cx: &mut Cx,
        doc: &mut Document,
        before: Option<&Document>,
        field: &Field,
        target: &str,
        name: &str,
    ) -> Result<Found> {
        if target == super::system::DOCTYPE {
            // The DocTypes are not rows of a table here.
            let Some(known) = cx.site().meta(name) else {
                return Ok(Found::Nothing);
            };
            doc.set(&field.fieldname, known.name.clone());
            return Ok(Found::Document);
        }
        let Some(target) = cx.site().meta(target) else {
            // Of DocTypes that are not built here, only what the field says by itself, or said before, is known.
            let is_stored = before.is_some_and(|before| before.text(&field.fieldname) == name);
            return Ok(match is_stored || field.default == name {
                true => Found::Document,
                false => Found::Nothing,
            });
        };
        if target.issingle || target.is_virtual {
            return Ok(Found::Document);
        }
        let rule = if self.judges && is_callers(doc, before, field) {
            self.rule(cx, &target)?
        } else {
            Predicate::All
        };
        let fetched = fetched_by(doc, field, &target);
        let mut columns = vec!["name", "docstatus"];
        columns.extend(fetched.iter().map(|(_, source)| source.as_str()));
        let Some(values) = storage::values_within(cx, &target, name, &columns, &rule)? else {
            return Ok(Found::Nothing);
        };
        let mut values = values.into_iter();
        let name = values.next();
        let status = values.next();
        if let Some(stored) = name.filter(Value::is_string) {
            doc.set(&field.fieldname, stored);
        }
        for ((to, _), value) in fetched.into_iter().zip(values) {
            doc.set(&to, value);
        }
        let is_cancelled =
            self.submittable && target.is_submittable && status.and_then(|status| status.as_i64()) == Some(2);
        Ok(if is_cancelled {
            Found::Cancelled
        } else {
            Found::Document
        })
    }

    /// The documents of a DocType that the caller may link to.
    fn rule(&mut self, cx: &mut Cx, target: &Meta) -> Result<Predicate> {
        if let Some(known) = self.rules.get(&target.name) {
            return Ok(known.clone());
        }
        let rule = if Access::of(target, cx.session()).can_list() {
            let mut any = vec![permissions::list_rule(cx, target)?];
            if any[0] != Predicate::All {
                for more in RULES.get(target.name.as_str()).into_iter().flatten() {
                    any.push((more.rule)(cx)?);
                }
            }
            Predicate::or(any)
        } else {
            Predicate::All
        };
        self.rules.insert(target.name.clone(), rule.clone());
        Ok(rule)
    }
}

fn own_refusal(cx: &mut Cx, meta: &Meta, field: &Field, name: &str) -> Result<Option<Error>> {
    for own in inventory::iter::<LinkRefusal> {
        if own.doctype == meta.name
            && own.field == field.fieldname
            && let Some(refusal) = (own.refusal)(cx, name)?
        {
            return Ok(Some(refusal));
        }
    }
    Ok(None)
}

/// The DocType a link leads to.
fn target_of(doc: &Document, field: &Field) -> Result<String> {
    if field.fieldtype == FieldType::Link {
        return Ok(field.options.clone());
    }
    let target = doc.text(&field.options);
    if target.is_empty() {
        return Err(invalid(format!(
            "{} must be set first",
            doc.meta().label(&field.options)
        )));
    }
    Ok(target.to_owned())
}

/// Whether the caller chose the value: it is neither the stored one nor the field's default.
fn is_callers(doc: &Document, before: Option<&Document>, field: &Field) -> bool {
    let value = doc.get(&field.fieldname);
    let is_stored = before.is_some_and(|before| {
        equal(before.get(&field.fieldname), value)
            && (field.fieldtype == FieldType::Link
                || equal(before.get(&field.options), doc.get(&field.options)))
    });
    let is_default = field.fieldtype == FieldType::Link && value.as_str() == Some(field.default.as_str());
    !is_stored && !is_default
}

/// Which fields take which column of a link's document.
fn fetched_by(doc: &Document, link: &Field, target: &Meta) -> Vec<(String, String)> {
    let fields = &doc.meta().fields;
    let fetched = fields.iter().filter_map(|field| {
        let (by, source) = field.fetch_from.split_once('.')?;
        let source = source.trim();
        let is_due = by == link.fieldname && (!field.fetch_if_empty || doc.is_empty(&field.fieldname));
        (is_due && target.column_index(source).is_some())
            .then(|| (field.fieldname.clone(), source.to_owned()))
    });
    fetched.collect()
}
