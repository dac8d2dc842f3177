//! The script of a dependency: what the client runs, and two comments that keep what it was made of.

use helpdesk_core::prelude::*;

const MAPPING: &str = "//JSON: ";
const CRITERIA: &str = "//FieldsCriteria: ";

/// What a script keeps: JSON texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) mapping: Option<String>,
    pub(crate) criteria: Option<String>,
}

/// A text as a literal of JavaScript that ends neither a line, a comment nor an element of HTML.
fn literal(text: &str) -> Result<String> {
    Ok(serde_json::to_string(text)?
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

/// The script for the mapping and criteria, JSON texts both.
///
/// # Errors
/// Never in practice: texts can be written as JSON.
pub(crate) fn text(parent: &str, child: &str, mapping: &str, criteria: &str) -> Result<String> {
    let (parent, child) = (literal(parent)?, literal(child)?);
    let (mapping, criteria) = (literal(mapping)?, literal(criteria)?);
    Ok(format!(
        "// Made by the settings; changes by hand are lost.\n\
         function setupForm({{ doc, applyFilters }}) {{\n  \
           const choices = JSON.parse({mapping});\n  \
           return {{\n    \
             onChange: {{\n      \
               [{parent}]: (value) => {{\n        \
                 const chosen = value === undefined ? doc[{parent}] : value;\n        \
                 applyFilters({child}, Object.hasOwn(choices, chosen) ? choices[chosen] : []);\n      \
               }},\n    \
             }},\n  \
           }};\n\
         }}\n\
         {CRITERIA}{criteria}\n\
         {MAPPING}{mapping}\n"
    ))
}

/// What a script keeps.
pub(crate) fn kept(script: &str) -> Kept {
    let last = |marker: &str| {
        script
            .lines()
            .rev()
            .find_map(|line| line.trim_start().strip_prefix(marker))
            .and_then(|json| serde_json::from_str::<Value>(json.trim()).ok())
            .and_then(|value| match value {
                Value::Null => None,
                Value::String(text) => Some(text),
                other => Some(other.to_string()),
            })
    };
    Kept {
        mapping: last(MAPPING),
        criteria: last(CRITERIA),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_script_was_made_of_comes_back_whole() {
        let mapping = "{\"a\u{2028}b\": [\"</script>\\n//JSON: 1\"]}";
        let script = text("ticket_type", "priority", mapping, "{}").unwrap();

        assert_eq!(
            kept(&script),
            Kept {
                mapping: Some(mapping.to_owned()),
                criteria: Some("{}".to_owned()),
            }
        );
        assert!(!script.contains("</script>") && !script.contains('\u{2028}'));
    }

    #[test]
    fn other_scripts_keep_nothing() {
        assert_eq!(kept("function setupForm() {}\n//JSON: {"), Kept::default());
    }
}
