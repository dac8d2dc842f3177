//! When the child field of a dependency is shown, and when it must be filled in: two properties of the field.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

const SETTER: &str = "Property Setter";

/// One of the two conditions.
#[derive(Clone, Debug, Default, Deserialize)]
struct Part {
    #[serde(default)]
    enabled: Value,
    #[serde(default)]
    value: Vec<Choice>,
}

/// A value of the parent.
#[derive(Clone, Debug, Deserialize)]
struct Choice {
    value: String,
}

/// Both conditions, on values of the parent field.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Criteria {
    #[serde(default)]
    display: Part,
    #[serde(default)]
    mandatory: Part,
}

/// Expressions for `depends_on` and `mandatory_depends_on`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expressions {
    display: Option<String>,
    mandatory: Option<String>,
}

impl Criteria {
    /// Reads criteria; blank means none.
    ///
    /// # Errors
    /// 417 for other JSON.
    pub(crate) fn parse(json: &str) -> Result<Criteria> {
        if json.trim().is_empty() {
            return Ok(Criteria::default());
        }
        serde_json::from_str(json).map_err(|error| invalid(format!("fields_criteria can't be read: {error}")))
    }

    /// The expressions on a parent field.
    pub(crate) fn expressions(&self, parent: &str) -> Expressions {
        Expressions {
            display: self.display.expression(parent),
            mandatory: self.mandatory.expression(parent),
        }
    }
}

impl Part {
    fn expression(&self, parent: &str) -> Option<String> {
        let is_on = match &self.enabled {
            Value::Bool(is_on) => *is_on,
            other => other.as_i64().is_some_and(|number| number != 0),
        };
        let first = self.value.first().filter(|_| is_on)?;
        if first.value == "Any" {
            return Some(format!("eval:doc.{parent} != ''"));
        }
        let values: Vec<String> = self.value.iter().map(|choice| quoted(&choice.value)).collect();
        Some(format!("eval:[{}].includes(doc.{parent})", values.join(", ")))
    }
}

/// A text as a literal of JavaScript in single quotes.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// Sets the two properties of a field of HD Ticket where they change.
///
/// # Errors
/// A database failure.
pub(crate) fn apply(cx: &mut Cx, child: &str, before: &Expressions, now: &Expressions) -> Result<()> {
    if before == now {
        return Ok(());
    }
    for (property, before, now) in [
        ("depends_on", &before.display, &now.display),
        ("mandatory_depends_on", &before.mandatory, &now.mandatory),
    ] {
        if before != now {
            set_property(cx, child, property, now.as_deref())?;
        }
    }
    cx.msgprint(Message::plain("HD Ticket updated"));
    Ok(())
}

fn set_property(cx: &mut Cx, field: &str, property: &str, value: Option<&str>) -> Result<()> {
    let meta = meta_of(cx, SETTER)?;
    let Some(value) = value else {
        let name = format!("HD Ticket-{field}-{property}");
        if storage::exists(cx, SETTER, &name)?.is_some() {
            save::delete_with(cx, &meta, &name, true)?;
        }
        return Ok(());
    };
    let mut setter = Document::new(meta);
    setter.set("doctype_or_field", "DocField");
    setter.set("doc_type", "HD Ticket");
    setter.set("field_name", field);
    setter.set("property", property);
    setter.set("property_type", "Data");
    setter.set("value", value);
    setter.flags.ignore_permissions = true;
    save::insert(cx, &mut setter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criteria_are_expressions_on_the_parent() {
        let json = r#"{"display": {"enabled": true, "value": [{"label": "Any", "value": "Any"}]},
                       "mandatory": {"enabled": 1, "value": [{"value": "Bug"}, {"value": "It's \\ odd"}]}}"#;
        let now = Criteria::parse(json).unwrap().expressions("ticket_type");

        assert_eq!(now.display.as_deref(), Some("eval:doc.ticket_type != ''"));
        assert_eq!(
            now.mandatory.as_deref(),
            Some(r"eval:['Bug', 'It\'s \\ odd'].includes(doc.ticket_type)")
        );
    }

    #[test]
    fn nothing_chosen_and_nothing_switched_on_is_no_condition() {
        for json in [
            "",
            "{}",
            r#"{"display": {"enabled": false, "value": [{"value": "Bug"}]}}"#,
            r#"{"display": {"enabled": true, "value": []}}"#,
        ] {
            let now = Criteria::parse(json).unwrap().expressions("ticket_type");
            assert_eq!(now, Expressions::default(), "{json}");
        }
        assert!(Criteria::parse("[1]").is_err());
    }
}
