//! Conditions of agreements and assignment rules: Python-style expressions over a document, `doc.customer == 'Acme'`.

use std::collections::HashSet;
use std::sync::LazyLock;

use minijinja::value::Serde;
use minijinja::{Environment, context};
use parking_lot::Mutex;
use serde::Serialize;

/// Steps an expression may take; one of a few comparisons takes some dozens.
const FUEL: u64 = 10_000;
/// Longest expression that is looked at, in bytes.
const LONGEST: usize = 10_000;
/// How many broken conditions are remembered as told.
const TOLD: usize = 1_000;

/// Nothing but operators, literals and `is None`: no functions, filters or templates.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.add_test("None", |value: &minijinja::Value| {
        value.is_none() || value.is_undefined()
    });
    environment
});

/// As [`holds`], of a condition that names the fields themselves: `status == 'Open'`.
pub fn holds_of_fields(condition: &str, doc: &impl Serialize) -> bool {
    let doc = minijinja::Value::from(Serde(doc));
    decide(condition, || context! { doc => doc.clone(), ..doc.clone() })
}

/// Whether a condition holds for a document. A blank one never does, nor does one that is broken or fails for this
/// document; that is logged once a condition.
pub fn holds(condition: &str, doc: &impl Serialize) -> bool {
    decide(condition, || {
        let doc = minijinja::Value::from(Serde(doc));
        context! { doc }
    })
}

/// Tries a condition out on a document.
///
/// # Errors
/// What is wrong with it, in words.
pub fn check(condition: &str, doc: &impl Serialize) -> Result<(), String> {
    let condition = condition.trim();
    if condition.is_empty() {
        return Ok(());
    }
    let doc = minijinja::Value::from(Serde(doc));
    evaluate(condition, || context! { doc })
        .map(|_| ())
        .map_err(|error| error.to_string())
}

fn decide(condition: &str, values: impl FnOnce() -> minijinja::Value) -> bool {
    let condition = condition.trim();
    if condition.is_empty() {
        return false;
    }
    match evaluate(condition, values) {
        Ok(holds) => holds,
        Err(error) => {
            tell_once(condition, &error);
            false
        }
    }
}

fn evaluate(condition: &str, values: impl FnOnce() -> minijinja::Value) -> Result<bool, minijinja::Error> {
    if condition.len() > LONGEST {
        return Err(minijinja::Error::new(
            minijinja::ErrorKind::SyntaxError,
            "the condition is too long",
        ));
    }
    if multiplies(condition) {
        // `'a' * 99999999` would take the memory of the process.
        return Err(minijinja::Error::new(
            minijinja::ErrorKind::SyntaxError,
            "a condition cannot multiply",
        ));
    }
    let expression = ENVIRONMENT.compile_expression(condition)?;
    Ok(expression.eval(values())?.is_true())
}

/// Whether there is a `*` outside of quotes.
fn multiplies(condition: &str) -> bool {
    let mut quote = None;
    let mut chars = condition.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(_) => {}
            None if c == '*' => return true,
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
    }
    false
}

fn tell_once(condition: &str, error: &minijinja::Error) {
    static SEEN: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    let mut seen = SEEN.lock();
    if seen.len() < TOLD && seen.insert(condition.to_owned()) {
        tracing::warn!(condition, %error, "a condition cannot be evaluated");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn conditions_are_read_as_in_python() {
        let doc = json!({
            "customer": "Acme Rockets", "priority": "High", "subject": "Engine on fire", "agent_group": null,
            "via_customer_portal": 1, "ticket_type": "",
        });
        for (condition, expected) in [
            ("doc.customer == 'Acme Rockets'", true),
            ("doc.customer == \"Globex\"", false),
            (
                "doc.customer != 'Globex' and doc.priority in ['High', 'Urgent']",
                true,
            ),
            ("doc.priority not in ('High', 'Low')", false),
            ("not doc.agent_group", true),
            ("doc.agent_group == None", true),
            ("doc.agent_group is None and doc.customer is not None", true),
            ("doc.customer is None", false),
            ("doc.via_customer_portal == 1 or False", true),
            ("'fire' in doc.subject", true),
            ("doc.ticket_type", false),
            ("doc.nothing", false),
            ("doc['customer'] and True", true),
            ("", false),
            ("  ", false),
        ] {
            assert_eq!(holds(condition, &doc), expected, "{condition}");
        }
    }

    #[test]
    fn fields_can_be_named_by_themselves() {
        let doc = json!({ "status": "Open", "agent_group": null });
        for (condition, expected) in [
            ("status == 'Open' and agent_group != 'Tier One'", true),
            ("status == 'Open' and agent_group == 'Night\\'s Shift'", false),
            ("doc.status == 'Open'", true),
            ("nothing == 'x'", false),
            ("", false),
        ] {
            assert_eq!(holds_of_fields(condition, &doc), expected, "{condition}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_does_not_hold() {
        let doc = json!({ "customer": "Acme" });
        for condition in [
            "doc.customer ==",
            "__import__('os').system('true')",
            "frappe.db.sql('x')",
            "doc.customer.lower() == 'acme'",
            "{{ doc }}",
        ] {
            assert!(!holds(condition, &doc), "{condition}");
        }
        assert!(!holds(&"(".repeat(20_000), &doc));
        assert!(!holds(&"[".repeat(5_000), &doc));
        assert!(!holds("'a' * 1000000000000 == 'b'", &doc));
    }
}
