//! Why a value does not fit the type an argument has, and where inside it.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use serde::de::{self, Expected, Unexpected};
use serde_json::Value;

/// The error of reading one argument.
#[derive(Debug)]
pub struct Refusal {
    why: Why,
    /// Steps from the value that does not fit out to the argument.
    path: Vec<Step>,
}

#[derive(Debug)]
enum Why {
    Mismatch {
        expected: Cow<'static, str>,
        got: &'static str,
    },
    Lacks(&'static str),
    Other(String),
}

#[derive(Debug)]
enum Step {
    Index(usize),
    Key(String),
}

impl Refusal {
    /// A value of one type where another belongs; both named as the contract names them (`int`, `list` …).
    pub fn mismatch(expected: impl Into<Cow<'static, str>>, got: &'static str) -> Refusal {
        Refusal {
            why: Why::Mismatch {
                expected: expected.into(),
                got,
            },
            path: Vec::new(),
        }
    }

    /// Any other cause, as the end of "Argument 'x' in 'a.b' …".
    pub fn other(text: impl Into<String>) -> Refusal {
        Refusal {
            why: Why::Other(text.into()),
            path: Vec::new(),
        }
    }

    pub(crate) fn at_index(mut self, index: usize) -> Refusal {
        self.path.push(Step::Index(index));
        self
    }

    pub(crate) fn at_key(mut self, key: String) -> Refusal {
        self.path.push(Step::Key(key));
        self
    }

    /// The sentence a caller reads.
    ///
    /// Source: spec/framework.md §2.5; the place inside a nested value is ours.
    pub fn text(&self, method: &str, argument: &str) -> String {
        let mut place = argument.to_owned();
        for step in self.path.iter().rev() {
            // Writing to a `String` does not fail.
            let _ = match step {
                Step::Index(index) => write!(place, "[{index}]"),
                Step::Key(key) => write!(place, ".{key}"),
            };
        }
        match &self.why {
            Why::Mismatch { expected, got } => {
                format!(
                    "Argument '{place}' in '{method}' should be of type '{expected}' but got '{got}' instead."
                )
            }
            Why::Lacks(field) => format!("Argument '{place}' in '{method}' lacks '{field}'."),
            Why::Other(text) => format!("Argument '{place}' in '{method}' {text}."),
        }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            Why::Mismatch { expected, got } => {
                write!(f, "should be of type '{expected}' but got '{got}' instead")
            }
            Why::Lacks(field) => write!(f, "lacks '{field}'"),
            Why::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Refusal {}

impl de::Error for Refusal {
    fn custom<T: Display>(text: T) -> Refusal {
        Refusal::other(format!("is not accepted: {text}"))
    }

    fn invalid_type(got: Unexpected<'_>, expected: &dyn Expected) -> Refusal {
        let got = match got {
            Unexpected::Bool(_) => "bool",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "int",
            Unexpected::Float(_) => "float",
            Unexpected::Seq => "list",
            Unexpected::Map => "dict",
            Unexpected::Unit | Unexpected::Option => "NoneType",
            _ => "str",
        };
        Refusal::mismatch(expected.to_string(), got)
    }

    fn invalid_value(got: Unexpected<'_>, expected: &dyn Expected) -> Refusal {
        Refusal::other(format!("is not accepted: got {got}, expected {expected}"))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Refusal {
        Refusal::other(format!("has {length} entries, expected {expected}"))
    }

    fn unknown_variant(_got: &str, expected: &'static [&'static str]) -> Refusal {
        Refusal::mismatch(literal(expected), "str")
    }

    fn unknown_field(field: &str, _expected: &'static [&'static str]) -> Refusal {
        Refusal::other(format!("takes no '{field}'"))
    }

    fn missing_field(field: &'static str) -> Refusal {
        Refusal {
            why: Why::Lacks(field),
            path: Vec::new(),
        }
    }

    fn duplicate_field(field: &'static str) -> Refusal {
        Refusal::other(format!("has '{field}' twice"))
    }
}

/// A closed choice of texts, as the contract names its type.
pub(crate) fn literal(variants: &[&str]) -> String {
    let mut text = "Literal[".to_owned();
    for (i, variant) in variants.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}'{variant}'");
    }
    text.push(']');
    text
}

/// The contract's name for a JSON value's type.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
