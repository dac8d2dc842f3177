//! Reading one option: its value in the form it needs, or an error that shows the form.

use syn::{Lit, LitStr};

use crate::doctype::errors::{Errors, did_you_mean, listed};
use crate::doctype::parse::{Entry, Value};

pub(super) fn known(key: &str, words: &'static [&'static str]) -> Option<&'static str> {
    words.iter().find(|word| **word == key).copied()
}

pub(super) fn unknown<'a>(
    option: &Entry,
    what: &str,
    all: impl IntoIterator<Item = &'a str>,
    errors: &mut Errors,
) {
    let all: Vec<&str> = all.into_iter().collect();
    let near = did_you_mean(&option.key(), all.iter().copied());
    errors.at(
        &option.name,
        format!("no {what} `{}`{near}\nthere are {}", option.key(), listed(all)),
    );
}

pub(super) fn repeated(seen: &mut Vec<String>, option: &Entry, errors: &mut Errors) -> bool {
    let key = option.key();
    let again = seen.contains(&key);
    if again {
        errors.at(&option.name, format!("`{key}` is given twice"));
    }
    seen.push(key);
    again
}

pub(super) fn text(option: &Entry, errors: &mut Errors) -> Option<LitStr> {
    match &option.value {
        Value::Lit(Lit::Str(text)) => Some(text.clone()),
        _ => {
            errors.at(&option.name, format!("write a text: `{} = \"..\"`", option.key()));
            None
        }
    }
}

pub(super) fn number(option: &Entry, errors: &mut Errors) -> Option<u32> {
    match &option.value {
        Value::Lit(Lit::Int(number)) => errors.take(number.base10_parse()),
        _ => {
            errors.at(&option.name, format!("write a number: `{} = 1`", option.key()));
            None
        }
    }
}

/// `Some` if the flag is set.
pub(super) fn flag(option: &Entry, errors: &mut Errors) -> Option<()> {
    match &option.value {
        Value::None => Some(()),
        Value::Lit(Lit::Bool(on)) => on.value.then_some(()),
        _ => {
            errors.at(&option.name, format!("`{}` takes no value", option.key()));
            None
        }
    }
}

/// A default as the contract keeps it: text, whatever the field holds.
pub(super) fn default(option: &Entry, errors: &mut Errors) -> Option<String> {
    match &option.value {
        Value::Lit(Lit::Str(text)) => Some(text.value()),
        Value::Lit(Lit::Int(number)) => Some(number.base10_digits().to_owned()),
        Value::Lit(Lit::Float(number)) => Some(number.base10_digits().to_owned()),
        Value::Lit(Lit::Bool(on)) => Some(u8::from(on.value).to_string()),
        _ => {
            errors.at(&option.name, "write a text, a number, `true` or `false`");
            None
        }
    }
}
