//! What a template may not be written like, so that no expression of it takes the memory of the process.
//!
//! Steps and the text that comes out are bounded while a template runs; what is left is the size of values in between.
//! It grows by operators, by filters (which are bounded by themselves) and by names for what has grown.

/// Longest template, in bytes: a reply with a few pictures in it.
const LONGEST: usize = 1_000_000;
/// Operators, list items and keys that one expression has at most.
const JOINTS: usize = 30;

/// Refuses a template whose values could get out of hand.
///
/// # Errors
/// What must change, in words.
pub(super) fn check(template: &str) -> Result<(), String> {
    if template.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        let (closing, is_tag) = match rest.as_bytes().get(1) {
            Some(b'{') => ("}}", false),
            Some(b'%') => ("%}", true),
            Some(b'#') => {
                rest = rest.find("#}").map_or("", |end| &rest[end + 2..]);
                continue;
            }
            _ => {
                rest = &rest[1..];
                continue;
            }
        };
        let (signs, length) = outside_of_quotes(&rest[2..], closing);
        let words = signs.trim_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        rest = &rest[2 + length..];
        if is_tag {
            tag(words)?;
            if words.split_whitespace().next() == Some("raw") {
                rest = after_raw(rest);
            }
        }
        expression(words)?;
    }
    Ok(())
}

/// What stands before `closing`, quoted texts replaced by `""`; and how long it is.
fn outside_of_quotes(text: &str, closing: &str) -> (String, usize) {
    let mut signs = String::new();
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(_) => {}
            None if text[at..].starts_with(closing) => return (signs, at + closing.len()),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                signs.push_str("\"\"");
            }
            None => signs.push(c),
        }
    }
    (signs, text.len())
}

/// What follows the end of a passage that is no template.
fn after_raw(text: &str) -> &str {
    let mut rest = text;
    while let Some(at) = rest.find("{%") {
        rest = &rest[at + 2..];
        let word = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == '+');
        if word.starts_with("endraw") {
            return rest.find("%}").map_or("", |end| &rest[end + 2..]);
        }
    }
    ""
}

/// Conditions, loops and plain names for values; nothing that catches what is written.
fn tag(words: &str) -> Result<(), String> {
    let (name, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    match name {
        "if" | "elif" | "else" | "endif" | "endfor" | "raw" | "endraw" | "endset" => Ok(()),
        "for" if rest.split_whitespace().any(|word| word == "recursive") => {
            Err("a loop can't run itself".to_owned())
        }
        "for" => Ok(()),
        "set" => match rest.split_once('=') {
            Some((_, value)) => plain(value),
            None => Err("set needs a value".to_owned()),
        },
        // The parser tells what is no tag at all.
        "with" | "endwith" | "filter" | "endfilter" | "autoescape" | "endautoescape" | "do" => {
            Err(format!("{name} can't be used"))
        }
        _ => Ok(()),
    }
}

/// A value that may have a name: nothing is put together in it.
fn plain(value: &str) -> Result<(), String> {
    let mut depth = 0;
    let mut last = ' ';
    for c in value.chars() {
        let is_grown = match c {
            '~' | '+' | '[' | '{' => true,
            '(' => {
                depth += 1;
                !(last.is_alphanumeric() || last == '_')
            }
            ')' => {
                depth -= 1;
                false
            }
            ',' => depth <= 0,
            _ => false,
        };
        if is_grown {
            return Err("set can only name a value, with filters".to_owned());
        }
        last = c;
    }
    Ok(())
}

fn expression(words: &str) -> Result<(), String> {
    if words.contains('*') {
        return Err("values can't be multiplied".to_owned());
    }
    let joints = words
        .chars()
        .filter(|c| matches!(c, '~' | '+' | ',' | ':' | '['))
        .count();
    if joints > JOINTS {
        return Err(format!("an expression has more than {JOINTS} parts"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_without_bounds_is_refused() {
        let long = format!("{{{{ {} }}}}", vec!["a"; 40].join(" ~ "));
        for template in [
            "{{ 'a' * 9 }}",
            "{{ 2 ** 9 }}",
            "{%- for x in [1] * 9 %}{% endfor %}",
            "{% set a = a ~ a %}",
            "{% set a = [a, a] %}",
            "{% set a = a, a %}",
            "{% set a = (a, a) %}",
            "{% set a = {'a': a} %}",
            "{% set a %}{{ a }}{{ a }}{% endset %}",
            "{% with a = 1 %}{% endwith %}",
            "{% filter upper %}{% endfilter %}",
            "{%- for x in y recursive %}{{ loop(x) }}{% endfor %}",
            "{{ '}}' ~ 'a' * 9 }}",
            "{% raw %}{% endraw %}{{ 'a' * 9 }}",
            "{# {{ #}{{ 'a' * 9 }}",
            long.as_str(),
        ] {
            assert!(check(template).is_err(), "{template}");
        }
    }

    #[test]
    fn usual_templates_are_not() {
        for template in [
            "",
            "{{ never closed",
            "<p>2 * 3 { } {</p>",
            "{{ doc.subject }}: {{ '2 * 3' }} {% raw %}{{ 'a' * 9 }}{% endraw %}",
            "{% set name = doc.contact|default('', true)|replace('a', 'b') %}{{ name }}",
            "{% if a and (b or c) == 'x' %}{% elif d %}{% else %}{% endif %}{% for x in [1, 2] %}{{ x }}{% endfor %}",
            "{{ first_name ~ ' ' ~ last_name }} {# a * b #}",
        ] {
            assert_eq!(check(template), Ok(()), "{template}");
        }
    }
}
