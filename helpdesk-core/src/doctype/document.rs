//! STUB while the engine is written: the real `Document` keeps these public names.

use serde_json::Value;

/// A document in memory: values by field name, child rows by table field.
#[derive(Clone, Debug)]
pub struct Document {}

impl Document {
    /// DocType of the document.
    pub fn doctype(&self) -> &str { "" }
    /// Name of the document (text form).
    pub fn name(&self) -> &str { "" }
    /// Value of a field; null where unset or unknown.
    pub fn get(&self, _field: &str) -> &Value { &Value::Null }
    /// Sets a field; unknown fields are ignored.
    pub fn set(&mut self, _field: &str, _value: impl Into<Value>) {}
    /// Rows of a table field, in order.
    pub fn rows(&self, _field: &str) -> &[Document] { &[] }
    /// Replaces the rows of a table field; each row is an object of field values.
    pub fn set_rows(&mut self, _field: &str, _rows: Vec<serde_json::Map<String, Value>>) {}
}
