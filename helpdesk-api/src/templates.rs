//! Texts of mails and notices with places for values: `{{ doc.subject }}`.

use std::sync::LazyLock;

use helpdesk_core::prelude::*;
use minijinja::value::Value as Filling;
use minijinja::{AutoEscape, Environment};

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
    let text = ENVIRONMENT
        .render_str(template, values)
        .map_err(|error| invalid(format!("The template can't be used: {error}")))?;
    if text.len() > LONGEST {
        return Err(invalid("The template makes too long a text"));
    }
    Ok(text)
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
    fn a_broken_or_endless_template_is_refused() {
        for template in [
            "{% if %}",
            "{{ a",
            "{% for x in 'aaaaaaaaaa' %}{% endfor %}{{ f() }}",
        ] {
            let error = filled(template, context! {}).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ValidationError, "{template}");
        }
    }
}
