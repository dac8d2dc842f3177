//! Texts of mails and notices with places for values: `{{ doc.subject }}`.
//!
//! Steps are counted (`FUEL`), what is written is bounded (`LONGEST`), and values in between can't grow (`limits`,
//! `filters`). What comes out is HTML without anything that runs.

mod filters;
mod limits;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, LazyLock};

use helpdesk_core::html;
use helpdesk_core::prelude::*;
use minijinja::value::{Object, Serde, Value as Filling};
use minijinja::{AutoEscape, Environment, Template};
use serde_json::Map;

/// Steps a template may take.
const FUEL: u64 = 50_000;
/// Longest text that is made, in bytes.
const LONGEST: usize = 1_000_000;

/// Conditions, loops, values and filters that make them readable: no other templates. What is put in is escaped.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    filters::add(&mut environment);
    environment
});

/// A template that can be read and whose values stay small.
///
/// # Errors
/// 417 naming the line, or what can't be used.
fn read(template: &str) -> Result<Template<'_, '_>> {
    limits::check(template).map_err(|error| invalid(format!("The template can't be used: {error}")))?;
    ENVIRONMENT.template_from_str(template).map_err(|error| {
        let line = error.line().unwrap_or(1);
        let detail = error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned);
        invalid(format!("Syntax error in template as line {line}: {detail}"))
    })
}

/// A value that is HTML already.
pub(crate) fn as_html(text: impl Into<String>) -> Filling {
    Filling::from_safe_string(text.into())
}

/// A template with its values put in.
///
/// # Errors
/// 417 for a template that can't be read or takes too long.
pub(crate) fn filled(template: &str, values: Filling) -> Result<String> {
    let mut text = Bounded(Vec::new());
    read(template)?
        .render_captured_to(values, &mut text)
        .map_err(|error| invalid(format!("The template can't be used: {error}")))?;
    let text = String::from_utf8(text.0).map_err(|_| invalid("The template makes no text"))?;
    if text.contains(['<', '>']) {
        // A value may stand where it makes a tag or an address of what was written around it.
        return Ok(html::clean_always(&text));
    }
    Ok(text)
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
    let places = read(template)?.undeclared_variables(false);
    let fillings: BTreeMap<String, Filling> = places
        .into_iter()
        .filter(|place| !filters::GLOBALS.contains(&place.as_str()) || values.contains_key(place))
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

/// Whether a value is a place with an unknown name.
fn is_unknown(value: &Filling) -> bool {
    value.downcast_object_ref::<Unknown>().is_some()
}

/// Refuses a template that can't be read.
///
/// # Errors
/// 417 naming the line, or what can't be used.
pub(crate) fn check(template: &str) -> Result<()> {
    read(template).map(|_| ())
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn values_are_escaped_unless_they_are_html() {
        let values = context! { doc => context! { subject => "<b>" }, message => as_html("<p>Hi</p>") };

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
    fn values_are_made_readable() {
        let values = json!({
            "subject": " paper JAM ", "team": null, "made": "2026-01-05 09:30:00.000000", "tags": ["b", "a", "b"],
            "rating": 0.666_666, "html": "<p>Fish &amp; <b>chips</b></p>", "user": { "first_name": "Ada" },
        });
        for (template, expected) in [
            ("{{ subject|trim|upper }}", "PAPER JAM"),
            ("{{ subject.strip().title() }}", "Paper Jam"),
            (
                "{{ subject|trim|lower|capitalize|replace('jam', 'out') }}",
                "Paper out",
            ),
            (
                "{{ team|default('none', true) }}{{ nothing|default('x') }}",
                "nonex",
            ),
            (
                "{{ tags|unique|sort|join(', ') }} {{ tags|length }} {{ len(tags) }}",
                "a, b 3 3",
            ),
            (
                "{{ tags|first }}{{ tags|last }}{{ tags|reverse|list|join }}",
                "bbbab",
            ),
            (
                "{{ rating|round(2) }} {{ '4.7'|int }} {{ '4.7'|flt }} {{ -3|abs }}",
                "0.67 4 4.7 3.0",
            ),
            ("{{ html|striptags }}", "Fish &amp; chips"),
            ("{{ subject|trim|truncate(8) }}", "paper..."),
            (
                "{{ frappe.format_date(made) }} {{ frappe.utils.format_datetime(made) }}",
                "05-01-2026 05-01-2026 09:30:00",
            ),
            (
                "{{ user.get('first_name') }}{{ user.get('x', '-') }}{{ user.get_formatted('first_name') }}",
                "Ada-Ada",
            ),
            (
                "{% for n in range(3) %}{{ n }}{% endfor %}{{ _('Yes') }}",
                "012Yes",
            ),
            (
                "{{ '<b>'|e }}{{ '<i>x</i><script>y</script>'|safe }}",
                "&lt;b&gt;<i>x</i>",
            ),
        ] {
            let text = filled_where_known(template, values.as_object().unwrap());
            assert_eq!(text.unwrap(), expected, "{template}");
        }
    }

    #[test]
    fn nothing_that_runs_comes_out() {
        let values = json!({ "address": "javascript:alert(1)", "tag": "img src=x onerror=alert(1)", "html": "<svg onload=x>" });
        for template in [
            "<a href=\"{{ address }}\">x</a>",
            "<{{ tag }}>",
            "{{ html|safe }}",
            "{{ '<' ~ tag ~ '>'|safe }}",
            "<p {{ tag }}>x</p>",
        ] {
            let text = filled_where_known(template, values.as_object().unwrap()).unwrap();
            assert!(
                !text.contains("<svg")
                    && !text.contains("javascript:")
                    && !text.contains("<img src=\"x\" onerror"),
                "{text}"
            );
            assert!(!text.contains(" onerror=alert(1)>"), "{text}");
        }
    }

    #[test]
    fn a_broken_or_endless_template_is_refused() {
        for template in [
            "{% if %}",
            "{{ a",
            "{% for x in 'aaaaaaaaaa' %}{% endfor %}{{ f() }}",
            "{{ 'aaaaaaaaaa' * 1000000 }}",
            "{% for x in [1, 2, 3] %}{{ 'aaaaaaaaaa' * 50000 }}{% endfor %}",
            "{{ range(10000000000)|list }}",
            "{{ range(10000)|join('aaaaaaaaaaaaaaaaaaaa') }}",
            "{{ ('a' ~ range(9999)|join)|replace('1', range(9999)|join) }}",
            "{% set a = 'a' ~ 'a' %}{{ a }}",
            "{% for x in range(9999) %}{% for y in range(9999) %}{% endfor %}{% endfor %}",
            "{{ loop(1) }}",
            "{{ frappe.db.sql('x') }}",
            "{{ frappe.get_all('User') }}",
        ] {
            let error = filled(template, context! {}).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ValidationError, "{template}");
        }
    }
}
