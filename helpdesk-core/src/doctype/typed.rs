//! Documents as Rust structs: what `#[doctype]` writes code against.

use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::doctype::def::DocTypeDef;
use crate::doctype::document::Document;
use crate::error::{Error, Result, invalid};

pub use helpdesk_macros::{doc_event, doctype};

/// What the function of a `#[doc_event]` may take: a document, or the struct of its DocType.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be taken by the function of an event",
    label = "not a document",
    note = "take `doc: &mut Document`, or `doc: &mut HdTicket` where `HdTicket` is a `#[doctype]` struct"
)]
pub trait EventDocument: Sized {
    /// Runs the function on a document.
    ///
    /// # Errors
    /// What the function returns; 417 if a value does not fit its field's Rust type.
    fn run(
        document: &mut Document,
        cx: &mut Cx,
        function: fn(&mut Self, &mut Cx) -> Result<()>,
    ) -> Result<()>;
}

impl EventDocument for Document {
    fn run(
        document: &mut Document,
        cx: &mut Cx,
        function: fn(&mut Self, &mut Cx) -> Result<()>,
    ) -> Result<()> {
        function(document, cx)
    }
}

#[diagnostic::do_not_recommend]
impl<T: DocTypeStruct> EventDocument for T {
    fn run(
        document: &mut Document,
        cx: &mut Cx,
        function: fn(&mut Self, &mut Cx) -> Result<()>,
    ) -> Result<()> {
        let mut typed = T::from_document(document)?;
        function(&mut typed, cx)?;
        typed.write_to(document);
        Ok(())
    }
}

/// A struct marked `#[doctype]`.
pub trait DocTypeStruct: Sized {
    /// The DocType as declared.
    const DEF: DocTypeDef;

    /// Reads a document's values into the struct.
    ///
    /// # Errors
    /// 417 if a value does not fit its field's Rust type.
    fn from_document(document: &Document) -> Result<Self>;

    /// The values by field name, in the order of the fields; no rows, no standard and no virtual fields.
    #[doc(hidden)]
    fn values(&self) -> Vec<(&'static str, Value)>;

    /// Writes the rows of the table fields.
    #[doc(hidden)]
    fn write_tables(&self, _document: &mut Document) {}

    /// Name of the row this is, for children that keep theirs (`#[field(standard)] name`); null without.
    #[doc(hidden)]
    fn row_name(&self) -> Value {
        Value::Null
    }

    /// Writes the struct's values and rows into a document.
    ///
    /// Standard fields (`name`, `modified` …) are the framework's and stay as they are, virtual ones are
    /// computed. A value that reads the same is not written, so that null and empty text keep
    /// their difference.
    fn write_to(&self, document: &mut Document) {
        for (field, value) in self.values() {
            if !same(document.get(field), &value) {
                document.set(field, value);
            }
        }
        self.write_tables(document);
    }

    /// The struct as a child row: its values, and its name if it has one already.
    fn to_row(&self) -> Map<String, Value> {
        let name = Some(self.row_name())
            .filter(|name| !is_empty(name))
            .map(|name| ("name", name));
        name.into_iter()
            .chain(self.values())
            .map(|(field, value)| (field.to_owned(), value))
            .collect()
    }
}

/// A Rust type that a field's value can be read into.
///
/// Beside the types here a developer may implement it, say for an enum of a Select field's choices.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a DocType's field",
    label = "no field value",
    note = "use `String`, `i64`, `f64`, `bool` or an `Option` of them, or implement `FieldValue` for `{Self}`"
)]
pub trait FieldValue: Sized {
    /// The value of a stored field. Null and empty text are each type's "nothing": `None`, `""`, 0.
    ///
    /// # Errors
    /// 417 if the value is of another kind.
    fn read(value: &Value) -> Result<Self>;

    /// The value to store.
    fn write(&self) -> Value;
}

/// What a table field's `Vec` can hold: structs of the child DocType, or plain [`Document`]s.
///
/// `Vec<Document>` is for children that are declared as data. Such rows are for reading:
/// [`DocTypeStruct::write_to`] leaves them as they are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of a table field",
    label = "no child row",
    note = "use the struct of the child DocType (marked `#[doctype]`), or `Document`"
)]
pub trait ChildRow: Sized {
    /// Reads a row.
    ///
    /// # Errors
    /// 417 if a value does not fit its field's Rust type.
    fn read(row: &Document) -> Result<Self>;

    /// The row to store; `None` if it stays as it is.
    fn write(&self) -> Option<Map<String, Value>>;
}

#[diagnostic::do_not_recommend]
impl<T: DocTypeStruct> ChildRow for T {
    fn read(row: &Document) -> Result<T> {
        T::from_document(row)
    }

    fn write(&self) -> Option<Map<String, Value>> {
        Some(self.to_row())
    }
}

impl ChildRow for Document {
    fn read(row: &Document) -> Result<Document> {
        Ok(row.clone())
    }

    fn write(&self) -> Option<Map<String, Value>> {
        None
    }
}

/// A place in the form (a section, a column, a tab, a button): it has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout;

impl FieldValue for String {
    fn read(value: &Value) -> Result<String> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(unfit(other, "text")),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }
}

impl FieldValue for i64 {
    fn read(value: &Value) -> Result<i64> {
        let number = match value {
            Value::Null => Some(0),
            Value::Bool(yes) => Some(i64::from(*yes)),
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) if text.trim().is_empty() => Some(0),
            Value::String(text) => text
                .trim()
                .parse()
                .ok()
                .or_else(|| text.trim().parse().ok().and_then(whole)),
            _ => None,
        };
        number.ok_or_else(|| unfit(value, "a whole number"))
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

impl FieldValue for f64 {
    fn read(value: &Value) -> Result<f64> {
        let number = match value {
            Value::Null => Some(0.0),
            Value::Bool(yes) => Some(f64::from(u8::from(*yes))),
            Value::Number(number) => number.as_f64(),
            Value::String(text) if text.trim().is_empty() => Some(0.0),
            Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            _ => None,
        };
        number.ok_or_else(|| unfit(value, "a number"))
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

/// Stored as 0 or 1.
impl FieldValue for bool {
    fn read(value: &Value) -> Result<bool> {
        Ok(match value {
            Value::Bool(yes) => *yes,
            // The contract has any other text as "no".
            Value::String(text) => text.trim().parse().is_ok_and(|number: f64| number != 0.0),
            other => f64::read(other)? != 0.0,
        })
    }

    fn write(&self) -> Value {
        Value::from(u8::from(*self))
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    fn read(value: &Value) -> Result<Option<T>> {
        if is_empty(value) {
            Ok(None)
        } else {
            T::read(value).map(Some)
        }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::write)
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}

/// Whether writing `new` over `old` would change nothing a caller can tell by the field's type.
fn same(old: &Value, new: &Value) -> bool {
    old == new || (is_empty(old) && is_empty(new))
}

/// The whole number a fraction is, if it is one.
fn whole(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_007_199_254_740_992.0; // 2^53: beyond it neighbours are the same fraction
    #[expect(
        clippy::cast_possible_truncation,
        reason = "within the limit and without a fraction"
    )]
    (number.fract() == 0.0 && number.abs() <= LIMIT).then_some(number as i64)
}

fn unfit(value: &Value, expected: &str) -> Error {
    invalid(format!("{value} is not {expected}"))
}

/// For the code `#[doctype]` writes.
#[doc(hidden)]
pub mod __private {
    use super::{Map, invalid};

    pub use super::{ChildRow, DocTypeStruct, FieldValue, Layout};
    pub use crate::doctype::def::{DocTypeDef, FieldDef, LinkDef, PermDef, Registration, StateDef};
    pub use crate::doctype::document::Document;
    pub use crate::error::Result;
    pub use crate::method::Location;
    pub use inventory::submit;
    pub use serde_json::Value;
    pub use std::vec::Vec;

    /// One field's value; the error names the field.
    pub fn read<T: FieldValue>(document: &Document, field: &str) -> Result<T> {
        let value = match field {
            "name" => return T::read(&Value::from(document.name())),
            _ => document.get(field),
        };
        T::read(value).map_err(|error| {
            invalid(format!(
                "{} {}: {field}: {}",
                document.doctype(),
                document.name(),
                error.text()
            ))
        })
    }

    /// The rows of a table field.
    pub fn read_rows<T: ChildRow>(document: &Document, field: &str) -> Result<Vec<T>> {
        document.rows(field).iter().map(T::read).collect()
    }

    /// Replaces the rows of a table field, if they differ.
    pub fn write_rows<T: ChildRow>(document: &mut Document, field: &str, rows: &[T]) {
        let stored = |rows: &[T]| {
            rows.iter()
                .map(T::write)
                .collect::<Option<Vec<Map<String, Value>>>>()
        };
        let Some(new) = stored(rows) else { return };
        let old = read_rows(document, field).ok().and_then(|rows| stored(&rows));
        if old.as_ref() != Some(&new) {
            document.set_rows(field, new);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_and_empty_text_are_nothing() {
        for nothing in [json!(null), json!("")] {
            assert_eq!(String::read(&nothing).unwrap(), "");
            assert_eq!(Option::<String>::read(&nothing).unwrap(), None);
            assert_eq!(i64::read(&nothing).unwrap(), 0);
            assert_eq!(Option::<f64>::read(&nothing).unwrap(), None);
            assert!(!bool::read(&nothing).unwrap());
        }
    }

    #[test]
    fn numbers_are_read_from_the_text_of_a_single() {
        assert_eq!(i64::read(&json!("20")).unwrap(), 20);
        assert_eq!(i64::read(&json!(20.0)).unwrap(), 20);
        assert_eq!(f64::read(&json!("1.5")).unwrap(), 1.5);
        assert!(bool::read(&json!("1")).unwrap());
        assert!(!bool::read(&json!("yes")).unwrap());
        assert!(!bool::read(&json!("0")).unwrap());
    }

    #[test]
    fn the_name_of_a_numbered_document_reads_as_text() {
        assert_eq!(String::read(&json!(12)).unwrap(), "12");
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        assert_eq!(
            i64::read(&json!("x12")).unwrap_err().text(),
            "\"x12\" is not a whole number"
        );
        assert_eq!(
            i64::read(&json!(1.5)).unwrap_err().text(),
            "1.5 is not a whole number"
        );
        assert_eq!(String::read(&json!([1])).unwrap_err().text(), "[1] is not text");
    }

    #[test]
    fn yes_and_no_are_stored_as_one_and_zero() {
        assert_eq!(true.write(), json!(1));
        assert_eq!(Some(2.5).write(), json!(2.5));
        assert_eq!(None::<String>.write(), json!(null));
    }

    #[test]
    fn null_and_empty_text_do_not_overwrite_each_other() {
        assert!(same(&json!(null), &json!("")));
        assert!(same(&json!(""), &json!(null)));
        assert!(!same(&json!("a"), &json!("")));
        assert!(!same(&json!(null), &json!(0)));
    }
}
