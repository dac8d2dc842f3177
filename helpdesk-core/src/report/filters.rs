//! What a report can be asked for, and what it was asked for.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::doctype::value::parse_datetime;
use crate::error::{Error, ErrorKind, Result, invalid};

/// What a filter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// A date.
    Date,
    /// The name of a document of a DocType; it need not be there.
    Link(&'static str),
    /// One of some words.
    Choice(&'static [&'static str]),
}

/// One thing a report can be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// Name in the request.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it takes.
    pub kind: FilterKind,
    /// Whether the report can't do without.
    pub required: bool,
}

impl Filter {
    /// A date.
    pub const fn date(name: &'static str, label: &'static str) -> Filter {
        Filter::new(name, label, FilterKind::Date)
    }

    /// The name of a document of `doctype`.
    pub const fn link(name: &'static str, label: &'static str, doctype: &'static str) -> Filter {
        Filter::new(name, label, FilterKind::Link(doctype))
    }

    /// One of some words.
    pub const fn choice(name: &'static str, label: &'static str, choices: &'static [&'static str]) -> Filter {
        Filter::new(name, label, FilterKind::Choice(choices))
    }

    /// The same filter, which has to be given.
    #[must_use]
    pub const fn required(self) -> Filter {
        Filter {
            required: true,
            ..self
        }
    }

    const fn new(name: &'static str, label: &'static str, kind: FilterKind) -> Filter {
        Filter {
            name,
            label,
            kind,
            required: false,
        }
    }

    fn read(&self, value: &Value) -> Result<Option<Given>> {
        let text = match value {
            Value::Null => return Ok(None),
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return Err(invalid(format!("The filter {} takes a text", self.label))),
        };
        if text.is_empty() {
            return Ok(None);
        }
        match self.kind {
            FilterKind::Date => match parse_datetime(&text) {
                Some(at) => Ok(Some(Given::Date(at.date()))),
                None => Err(invalid(format!("The filter {} is no date: {text}", self.label))),
            },
            FilterKind::Link(_) => Ok(Some(Given::Text(text))),
            FilterKind::Choice(choices) if choices.contains(&text.as_str()) => Ok(Some(Given::Text(text))),
            FilterKind::Choice(choices) => Err(invalid(format!(
                "The filter {} cannot be \"{text}\". It should be one of \"{}\"",
                self.label,
                choices.join("\", \"")
            ))),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    Text(String),
    Date(Date),
}

/// What a report was asked for: nothing but filters it has, each with a value that fits.
#[derive(Clone, Debug, Default)]
pub struct Filters(BTreeMap<&'static str, Given>);

impl Filters {
    /// Reads the filters of a request, an object.
    ///
    /// # Errors
    /// 417 naming the filter that the report doesn't have, that has another type, or that is missing.
    pub fn read(known: &[Filter], given: &Map<String, Value>) -> Result<Filters> {
        let mut filters = BTreeMap::new();
        for (name, value) in given {
            let Some(filter) = known.iter().find(|filter| filter.name == name) else {
                return Err(invalid(format!("The report has no filter {name}")));
            };
            if let Some(value) = filter.read(value)? {
                filters.insert(filter.name, value);
            }
        }
        let missing: Vec<&str> = known
            .iter()
            .filter(|filter| filter.required && !filters.contains_key(filter.name))
            .map(|filter| filter.label)
            .collect();
        if !missing.is_empty() {
            let text = format!("Filters missing: {}", missing.join(", "));
            return Err(Error::new(ErrorKind::MandatoryError, text));
        }
        Ok(Filters(filters))
    }

    /// A text; empty where none was given.
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Given::Text(text)) => text,
            _ => "",
        }
    }

    /// A date, where one was given.
    pub fn date(&self, name: &str) -> Option<Date> {
        match self.0.get(name) {
            Some(Given::Date(date)) => Some(*date),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KNOWN: &[Filter] = &[
        Filter::date("from_date", "From Date").required(),
        Filter::choice("range", "Range", &["Weekly", "Monthly"]),
        Filter::link("contact", "Contact", "Contact"),
    ];

    fn read(given: Value) -> Result<Filters> {
        Filters::read(KNOWN, given.as_object().unwrap())
    }

    #[test]
    fn filters_are_read_by_their_kind() {
        let filters =
            read(json!({ "from_date": "2026-01-05 07:00", "range": "Weekly", "contact": 5 })).unwrap();

        assert_eq!(filters.date("from_date"), Some(jiff::civil::date(2026, 1, 5)));
        assert_eq!((filters.text("range"), filters.text("contact")), ("Weekly", "5"));
        assert_eq!(filters.text("nothing"), "");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (given, text) in [
            (json!({}), "Filters missing: From Date"),
            (json!({ "from_date": "" }), "Filters missing: From Date"),
            (
                json!({ "from_date": "soon" }),
                "The filter From Date is no date: soon",
            ),
            (
                json!({ "from_date": ["2026-01-01"] }),
                "The filter From Date takes a text",
            ),
            (
                json!({ "from_date": "2026-01-01", "range": "Daily" }),
                "The filter Range cannot be \"Daily\". It should be one of \"Weekly\", \"Monthly\"",
            ),
            (json!({ "x": 1 }), "The report has no filter x"),
        ] {
            assert_eq!(read(given).unwrap_err().text(), text);
        }
    }
}
