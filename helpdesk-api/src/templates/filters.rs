//! What a template can do with a value: words, numbers and lists made readable. Nothing here reads or writes the site.
//!
//! Source: spec/framework-api.md §12; the names are those of Jinja.

use std::collections::BTreeMap;

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::html;
use jiff::civil::DateTime;
use minijinja::value::{Rest, Value as Filling, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

/// Longest text and list that a filter makes or reads.
const LONGEST: usize = 100_000;
/// Most numbers of a `range`.
const NUMBERS: i64 = 10_000;

type Made = Result<Filling, Error>;

fn refused(text: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOperation, text)
}

/// A text that is not too long.
fn bounded(text: String) -> Result<String, Error> {
    if text.len() > LONGEST {
        return Err(refused("a text gets too long"));
    }
    Ok(text)
}

/// The words of a value; nothing for none.
fn words(value: &Filling) -> Result<String, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(String::new());
    }
    if let Some(text) = value.as_str() {
        return bounded(text.to_owned());
    }
    // Lists and maps are shown by the engine; they are no longer than what a template can write down.
    bounded(value.to_string())
}

fn items(value: &Filling) -> Result<Vec<Filling>, Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(Vec::new());
    }
    if let Some(text) = value.as_str() {
        return Ok(text
            .chars()
            .take(LONGEST)
            .map(|c| Filling::from(c.to_string()))
            .collect());
    }
    let items: Vec<Filling> = value.try_iter()?.take(LONGEST + 1).collect();
    if items.len() > LONGEST {
        return Err(refused("a list gets too long"));
    }
    Ok(items)
}

fn number(value: &Filling) -> f64 {
    match value.kind() {
        ValueKind::Bool => f64::from(u8::from(value.is_true())),
        ValueKind::Number => f64::try_from(value.clone()).unwrap_or(0.0),
        _ => value
            .as_str()
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(0.0),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the nearest whole number is meant"
)]
fn whole(value: &Filling) -> i64 {
    number(value) as i64
}

fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        if begins {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        begins = !c.is_alphanumeric();
    }
    out
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first
            .to_uppercase()
            .chain(chars.flat_map(char::to_lowercase))
            .collect()
    })
}

fn default(value: &Filling, other: Option<Filling>, also_empty: Option<bool>) -> Filling {
    let is_there = if also_empty == Some(true) {
        value.is_true()
    } else {
        !value.is_undefined() && !super::is_unknown(value)
    };
    if is_there {
        value.clone()
    } else {
        other.unwrap_or_else(|| Filling::from(""))
    }
}

fn replaced(value: &Filling, from: &str, to: &str) -> Made {
    let text = words(value)?;
    let found = text.matches(from).count();
    if text.len().saturating_add(found.saturating_mul(to.len())) > LONGEST {
        return Err(refused("a text gets too long"));
    }
    Ok(text.replace(from, to).into())
}

fn joined(value: &Filling, between: Option<&str>) -> Made {
    let between = between.unwrap_or("");
    let mut out = String::new();
    for (place, item) in items(value)?.iter().enumerate() {
        if place > 0 {
            out.push_str(between);
        }
        out.push_str(&words(item)?);
        if out.len() > LONGEST {
            return Err(refused("a text gets too long"));
        }
    }
    Ok(out.into())
}

fn length(value: &Filling) -> Result<usize, Error> {
    if let Some(text) = value.as_str() {
        return Ok(text.chars().count());
    }
    value.len().ok_or_else(|| refused("this has no length"))
}

fn truncated(value: &Filling, most: Option<usize>) -> Made {
    let text = words(value)?;
    let most = most.unwrap_or(255);
    if text.chars().count() <= most {
        return Ok(text.into());
    }
    let kept: String = text.chars().take(most.saturating_sub(3)).collect();
    Ok(format!("{}...", kept.trim_end()).into())
}

fn rounded(value: &Filling, digits: Option<i32>) -> f64 {
    let factor = 10_f64.powi(digits.unwrap_or(0).clamp(-9, 9));
    (number(value) * factor).round() / factor
}

fn sorted(value: &Filling) -> Made {
    let mut items = items(value)?;
    items.sort();
    Ok(items.into())
}

fn unique(value: &Filling) -> Made {
    let mut kept: Vec<Filling> = Vec::new();
    for item in items(value)?.into_iter().take(1_000) {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    Ok(kept.into())
}

fn reversed(value: &Filling) -> Made {
    if let Some(text) = value.as_str() {
        return Ok(text.chars().rev().collect::<String>().into());
    }
    let mut items = items(value)?;
    items.reverse();
    Ok(items.into())
}

/// HTML as it is, without anything that runs.
fn safe(value: &Filling) -> Made {
    let text = words(value)?;
    Ok(Filling::from_safe_string(html::clean_always(&text)))
}

fn moment(value: &Filling) -> Option<DateTime> {
    value.as_str().and_then(|text| parse_datetime(text.trim()))
}

fn format_date(value: &Filling) -> Made {
    Ok(match moment(value) {
        Some(at) => at.strftime("%d-%m-%Y").to_string().into(),
        None => words(value)?.into(),
    })
}

fn format_datetime(value: &Filling) -> Made {
    Ok(match moment(value) {
        Some(at) => at.strftime("%d-%m-%Y %H:%M:%S").to_string().into(),
        None => words(value)?.into(),
    })
}

fn range(numbers: Rest<i64>) -> Result<Vec<i64>, Error> {
    let (from, to, step) = match numbers[..] {
        [to] => (0, to, 1),
        [from, to] => (from, to, 1),
        [from, to, step] if step != 0 => (from, to, step),
        _ => return Err(refused("range takes one to three numbers")),
    };
    let mut made = Vec::new();
    let mut next = from;
    while (step > 0 && next < to) || (step < 0 && next > to) {
        if made.len() as i64 >= NUMBERS {
            return Err(refused("a range gets too long"));
        }
        made.push(next);
        let Some(later) = next.checked_add(step) else {
            break;
        };
        next = later;
    }
    Ok(made)
}

/// A method of a text or a document, as Python has it.
fn method(value: &Filling, name: &str, args: &[Filling]) -> Made {
    let text = |place: usize| args.get(place).and_then(|arg| arg.as_str()).unwrap_or("");
    if value.as_str().is_some() {
        let own = words(value)?;
        return Ok(match name {
            "upper" => own.to_uppercase().into(),
            "lower" => own.to_lowercase().into(),
            "title" => titled(&own).into(),
            "capitalize" => capitalized(&own).into(),
            "strip" => own.trim().into(),
            "startswith" => own.starts_with(text(0)).into(),
            "endswith" => own.ends_with(text(0)).into(),
            "replace" => return replaced(value, text(0), text(1)),
            "split" if text(0).is_empty() => own.split_whitespace().map(Filling::from).collect(),
            "split" => own.split(text(0)).map(Filling::from).collect(),
            _ => return Err(Error::from(ErrorKind::UnknownMethod)),
        });
    }
    let key = args.first().cloned().unwrap_or_default();
    match name {
        "get" if value.kind() == ValueKind::Map => {
            let found = value.get_item(&key)?;
            Ok(if found.is_undefined() {
                args.get(1).cloned().unwrap_or_else(|| Filling::from(()))
            } else {
                found
            })
        }
        "get_formatted" if value.kind() == ValueKind::Map => Ok(words(&value.get_item(&key)?)?.into()),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

/// Names that a template can use beside its values.
pub(super) const GLOBALS: [&str; 4] = ["_", "frappe", "len", "range"];

/// Gives an environment all of them.
pub(super) fn add(environment: &mut Environment<'static>) {
    environment.set_unknown_method_callback(|_, value, name, args| method(value, name, args));

    environment.add_filter("upper", |value: &Filling| {
        Ok::<_, Error>(words(value)?.to_uppercase())
    });
    environment.add_filter("lower", |value: &Filling| {
        Ok::<_, Error>(words(value)?.to_lowercase())
    });
    environment.add_filter("title", |value: &Filling| Ok::<_, Error>(titled(&words(value)?)));
    environment.add_filter("capitalize", |value: &Filling| {
        Ok::<_, Error>(capitalized(&words(value)?))
    });
    environment.add_filter("trim", |value: &Filling| {
        Ok::<_, Error>(words(value)?.trim().to_owned())
    });
    environment.add_filter("striptags", |value: &Filling| {
        Ok::<_, Error>(html::text_of(&words(value)?))
    });
    environment.add_filter("wordcount", |value: &Filling| {
        Ok::<_, Error>(words(value)?.split_whitespace().count())
    });
    for name in ["string", "str"] {
        environment.add_filter(name, |value: &Filling| words(value));
    }
    for name in ["default", "d"] {
        environment.add_filter(name, default);
    }
    for name in ["length", "count", "len"] {
        environment.add_filter(name, length);
    }
    for name in ["escape", "e"] {
        // All values are escaped where they are put in: marking a text so keeps it from being escaped twice.
        environment.add_filter(name, |value: &Filling| {
            Ok::<_, Error>(if value.is_safe() {
                value.clone()
            } else {
                Filling::from_safe_string(html::escape(&words(value)?))
            })
        });
    }
    environment.add_filter("replace", |value: &Filling, from: &str, to: &str| {
        replaced(value, from, to)
    });
    environment.add_filter("join", |value: &Filling, between: Option<&str>| {
        joined(value, between)
    });
    environment.add_filter("truncate", truncated);
    environment.add_filter("int", |value: &Filling| whole(value));
    for name in ["float", "flt"] {
        environment.add_filter(name, |value: &Filling| number(value));
    }
    environment.add_filter("abs", |value: &Filling| number(value).abs());
    environment.add_filter("round", rounded);
    environment.add_filter("list", |value: &Filling| items(value));
    environment.add_filter("first", |value: &Filling| {
        Ok::<_, Error>(items(value)?.into_iter().next().unwrap_or_default())
    });
    environment.add_filter("last", |value: &Filling| {
        Ok::<_, Error>(items(value)?.pop().unwrap_or_default())
    });
    environment.add_filter("sort", sorted);
    environment.add_filter("unique", unique);
    environment.add_filter("reverse", reversed);
    environment.add_filter("safe", safe);

    environment.add_function("_", |text: &Filling| words(text));
    environment.add_function("len", length);
    environment.add_function("range", range);
    let utils = BTreeMap::from([
        ("cint", Filling::from_function(|value: &Filling| whole(value))),
        ("cstr", Filling::from_function(|value: &Filling| words(value))),
        ("flt", Filling::from_function(|value: &Filling| number(value))),
        ("format_date", Filling::from_function(format_date)),
        ("format_datetime", Filling::from_function(format_datetime)),
        (
            "strip_html",
            Filling::from_function(|value: &Filling| Ok::<_, Error>(html::text_of(&words(value)?))),
        ),
        (
            "escape_html",
            Filling::from_function(|value: &Filling| {
                Ok::<_, Error>(Filling::from_safe_string(html::escape(&words(value)?)))
            }),
        ),
    ]);
    environment.add_global(
        "frappe",
        Filling::from(BTreeMap::from([
            ("format_date", Filling::from_function(format_date)),
            ("utils", Filling::from(utils)),
        ])),
    );
}
