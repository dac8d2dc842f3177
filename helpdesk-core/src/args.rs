//! The arguments of a request: one map of untyped values.
//!
//! Source: spec/framework.md §2.3 to §2.5.

use indexmap::IndexMap;
use serde_json::Value;

pub mod arg;
pub mod json;
pub mod lenient;
pub mod missing;
pub mod refusal;
pub mod shapes;

pub use arg::{Arg, Rest};
pub use json::{Dict, DictOrList, List, ListOrBlank};
pub use refusal::Refusal;
pub use shapes::{JsonOr, StrOrInt};

/// An argument taken as it came: any JSON, and text where a form sent it.
pub type Raw = Value;

/// All arguments of a request by name, in the order they came.
#[derive(Clone, Debug, Default)]
pub struct Args {
    map: IndexMap<String, Value, foldhash::fast::RandomState>,
}

impl Args {
    /// No arguments.
    pub fn new() -> Args {
        Args::default()
    }

    /// The arguments of a JSON object.
    pub fn from_object(object: serde_json::Map<String, Value>) -> Args {
        Args {
            map: object.into_iter().collect(),
        }
    }

    /// Adds an argument unless one of that name is there (the first of repeated keys wins).
    pub fn add_first(&mut self, name: String, value: Value) {
        self.map.entry(name).or_insert(value);
    }

    /// Sets an argument, replacing one of that name.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.map.insert(name.into(), value);
    }

    /// The value sent under `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name)
    }

    /// Takes out the value sent under `name`.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.map.shift_remove(name)
    }

    /// Whether `name` was sent, be it null.
    pub fn contains(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Names and values in order, the values open to change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value)> {
        self.map.iter_mut().map(|(name, value)| (name.as_str(), value))
    }

    /// All arguments as a JSON object.
    pub fn into_object(self) -> serde_json::Map<String, Value> {
        self.map.into_iter().collect()
    }
}
