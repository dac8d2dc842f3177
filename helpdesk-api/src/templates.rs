//! Texts of mails and notices with places for values: `{{ doc.subject }}`.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock};

use helpdesk_core::prelude::*;
use minijinja::value::{Object, Serde, Value as Filling};
use minijinja::{AutoEscape, Environment};
use serde_json::Map;

/// Steps a template may take.
const FUEL: u64 = 50_000;
/// Longest text that is made, in bytes.
const LONGEST: usize = 1_000_000;

/// Conditions, loops and values: no functions, no other templates. What is put in is escaped.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // Templates of the original mark HTML so.
    environment.add_filter("safe", |text: String| Filling::from_safe_string(text));
    environment
});

/// A value that is HTML already.
pub(crate) fn html(text: impl Into<String>) -> Filling {
    Filling::from_safe_string(text.into())
}

/// A template with its values put in.
///
/// # Errors
/// 417 for a template that can't be read or takes too long.
pub(crate) fn filled(template: &str, values: Filling) -> Result<String> {
    let refused = |error: minijinja::Error| invalid(format!("The template can't be used: {error}"));
    let mut text = Bounded(Vec::new());
    ENVIRONMENT
        .template_from_str(template)
        .map_err(refused)?
        .render_captured_to(values, &mut text)
        .map_err(refused)?;
    String::from_utf8(text.0).map_err(|_| invalid("The template makes no text"))
}

/// A text that ends the work of whoever writes more than [`LONGEST`].
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other("the text gets too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a place with an unknown name is filled with: itself, so that whoever reads the text sees what is missing.
#[derive(Debug)]
struct Unknown(String);

impl Object for Unknown {
    fn get_value(self: &Arc<Self>, key: &Filling) -> Option<Filling> {
        Some(Filling::from_object(Unknown(format!(
            "{}.{}",
            self.0,
            key.as_str()?
        ))))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{{ {} }}}}", self.0)
    }
}

/// A template with its values put in, where unset ones are nothing and places with unknown names stay as they are.
///
/// # Errors
/// As [`filled`].
pub(crate) fn filled_where_known(template: &str, values: &Map<String, Value>) -> Result<String> {
    let places = ENVIRONMENT
        .template_from_str(template)
        .map_err(|error| invalid(format!("The template can't be used: {error}")))?
        .undeclared_variables(false);
    let fillings: BTreeMap<String, Filling> = places
        .into_iter()
        .map(|place| {
            let filling = match values.get(&place) {
                None => Filling::from_object(Unknown(place.clone())),
                Some(Value::Null) => Filling::from(""),
                Some(value) => Filling::from(Serde(value)),
            };
            (place, filling)
        })
        .collect();
    filled(template, fillings.into())
}

/// Refuses a template that can't be read.
///
/// # Errors
/// 417 naming the line.
pub(crate) fn check(template: &str) -> Result<()> {
    let Err(error) = ENVIRONMENT.template_from_str(template) else {
        return Ok(());
    };
    let line = error.line().unwrap_or(1);
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Err(invalid(format!(
        "Syntax error in template as line {line}: {detail}"
    )))
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn values_are_escaped_unless_they_are_html() {
        let values = context! { doc => context! { subject => "<b>" }, message => html("<p>Hi</p>") };

        let text = filled(
            "{{ doc.subject }}: {{ message }}{% if doc.nothing %}x{% endif %}",
            values,
        )
        .unwrap();

        assert_eq!(text, "&lt;b&gt;: <p>Hi</p>");
    }

    #[test]
    fn places_with_unknown_names_stay() {
        let values = json!({ "subject": "<b>", "team": null });

        let text = filled_where_known(
            "{{ subject }}|{{ team }}|{{ other }}|{{ some.thing }}|{% if other %}x{% endif %}",
            values.as_object().unwrap(),
        )
        .unwrap();

        assert_eq!(text, "&lt;b&gt;||{{ other }}|{{ some.thing }}|");
        assert!(filled_where_known("{{ other() }}", &Map::new()).is_err());
    }

    #[test]
    fn a_broken_or_endless_template_is_refused() {
        for template in [
            "{% if %}",
            "{{ a",
            "{% for x in 'aaaaaaaaaa' %}{% endfor %}{{ f() }}",
            "{{ 'aaaaaaaaaa' * 1000000 }}",
            "{% for x in [1, 2, 3] %}{{ 'aaaaaaaaaa' * 50000 }}{% endfor %}",
        ] {
            let error = filled(template, context! {}).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ValidationError, "{template}");
        }
    }
}
