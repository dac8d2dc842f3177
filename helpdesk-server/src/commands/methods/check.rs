//! Comparing the methods with a list of what there should be.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::method::{Limit, Method};
use schemars::{Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A method as the list has it.
#[derive(Debug, Deserialize)]
struct Wanted {
    path: String,
    #[serde(default)]
    params: Vec<WantedParam>,
    verbs: Option<Vec<String>>,
    allow_guest: Option<bool>,
    rate_limit: Option<WantedLimit>,
}

#[derive(Debug, Deserialize)]
struct WantedParam {
    name: String,
    #[serde(default, rename = "type")]
    type_text: String,
    #[serde(default)]
    required: bool,
    /// `None`: the list does not say.
    #[serde(default, deserialize_with = "said")]
    default: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct WantedLimit {
    limit: u32,
    seconds: u32,
    key: Option<String>,
    ip_based: Option<bool>,
}

fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

pub(super) fn run(dispatch: &Dispatch, file: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let list: Vec<Wanted> =
        serde_json::from_str(&text).with_context(|| format!("{} is no list of methods", file.display()))?;
    let (mut missing, mut differing, mut differences) = (0, 0, 0);
    for wanted in &list {
        let found = match wanted.path.split_once("::") {
            Some((doctype, name)) => dispatch.document(doctype, name).map(|method| &method.method),
            None => dispatch.get(&wanted.path),
        };
        let Some(method) = found else {
            writeln!(out, "{}: missing", wanted.path)?;
            missing += 1;
            continue;
        };
        let found = compare(wanted, method);
        for difference in &found {
            writeln!(out, "{}: {difference}", wanted.path)?;
        }
        differences += found.len();
        differing += usize::from(!found.is_empty());
    }
    let agree = list.len() - missing - differing;
    writeln!(
        out,
        "{} methods on the list: {agree} agree, {differing} differ in {differences} places, {missing} are missing",
        list.len()
    )?;
    Ok(ExitCode::from(u8::from(agree != list.len())))
}

fn compare(wanted: &Wanted, method: &Method) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(verbs) = &wanted.verbs {
        let ours: BTreeSet<&str> = method.verbs.names().into_iter().collect();
        let theirs: BTreeSet<&str> = verbs.iter().map(String::as_str).collect();
        if ours != theirs {
            found.push(format!("takes {}, wanted {}", joined(&ours), joined(&theirs)));
        }
    }
    if let Some(guest) = wanted.allow_guest
        && guest != method.allow_guest
    {
        found.push(if guest {
            "guests may not call it, wanted: they may".to_owned()
        } else {
            "guests may call it, wanted: they may not".to_owned()
        });
    }
    limits(wanted.rate_limit.as_ref(), method, &mut found);
    params(&wanted.params, method, &mut found);
    found
}

fn joined(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(" ")
}

fn limits(wanted: Option<&WantedLimit>, method: &Method, found: &mut Vec<String>) {
    let Some(wanted) = wanted else {
        if !method.limits.is_empty() {
            found.push("has a rate limit, wanted none".to_owned());
        }
        return;
    };
    let fits = method.limits.iter().any(|ours| {
        let count = match ours.limit {
            Limit::Fixed(count) => count == wanted.limit,
            Limit::Of(_) => true,
        };
        count
            && ours.seconds == wanted.seconds
            && ours.key == wanted.key.as_deref()
            && wanted.ip_based.is_none_or(|ip| ip == ours.ip_based)
    });
    if !fits {
        let ours: Vec<String> = method.limits.iter().map(super::limit).collect();
        let ours = if ours.is_empty() {
            "none".to_owned()
        } else {
            ours.join(", ")
        };
        found.push(format!(
            "rate limit {ours}, wanted {} in {} s{}",
            wanted.limit,
            wanted.seconds,
            wanted
                .key
                .as_ref()
                .map(|key| format!(" per {key}"))
                .unwrap_or_default()
        ));
    }
}

fn params(wanted: &[WantedParam], method: &Method, found: &mut Vec<String>) {
    let schemas = Schemas::of(method);
    let takes_rest = method.params.iter().any(|param| param.rest);
    for param in wanted {
        let name = &param.name;
        let Some(ours) = method.params.iter().find(|ours| !ours.rest && ours.name == *name) else {
            if !takes_rest {
                found.push(format!("has no parameter {name}"));
            }
            continue;
        };
        if schemas.is_required(name) != param.required {
            found.push(format!(
                "{name} is {}, wanted {}",
                requirement(!param.required),
                requirement(param.required)
            ));
        }
        if let (false, Some(default)) = (param.required, &param.default) {
            let value = ours.default.map_or(Value::Null, |default| default());
            if !same(&value, default) {
                found.push(format!("{name} defaults to {value}, wanted {default}"));
            }
        }
        let (kinds, theirs) = (schemas.kinds(name), Kinds::of_text(&param.type_text));
        if !kinds.cover(&theirs) {
            found.push(format!("{name} is {kinds}, wanted {theirs}"));
        }
    }
    for ours in method.params.iter().filter(|ours| !ours.rest) {
        if !wanted.iter().any(|param| param.name == ours.name) {
            found.push(format!("has a parameter {} more", ours.name));
        }
    }
}

const fn requirement(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

/// Whether two defaults mean the same: numbers by value, nothing and empty alike.
fn same(a: &Value, b: &Value) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    };
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b || empty(a) && empty(b),
    }
}

/// What a parameter takes, roughly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kinds {
    any: bool,
    kinds: BTreeSet<&'static str>,
}

impl Kinds {
    /// Of a type as a list words it: `str|null`, `list[str]`, `dict{from, to}`, `int: 0|1|2`. Other words, such as
    /// the values of a choice, count for nothing.
    fn of_text(text: &str) -> Kinds {
        let kinds = text.split('|').filter_map(|part| {
            let part = part.trim_start();
            let end = part
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(part.len());
            kind_of_word(part.split_at(end).0)
        });
        let kinds: BTreeSet<&'static str> = kinds.collect();
        Kinds {
            any: kinds.is_empty(),
            kinds,
        }
    }

    /// Whether all that `wanted` takes is taken here too. Taking more is allowed: lists also come as JSON text.
    fn cover(&self, wanted: &Kinds) -> bool {
        self.any || wanted.any || wanted.kinds.is_subset(&self.kinds)
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.any {
            return f.write_str("anything");
        }
        f.write_str(&self.kinds.iter().copied().collect::<Vec<_>>().join(" or "))
    }
}

fn kind_of_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "str" | "string" | "text" => "text",
        "int" | "float" | "integer" | "number" => "number",
        "bool" | "boolean" => "bool",
        "list" | "array" => "list",
        "dict" | "object" => "object",
        _ => return None,
    })
}

/// The JSON Schemas of a method's arguments.
pub(super) struct Schemas {
    args: Vec<(&'static str, Schema, bool)>,
    definitions: Map<String, Value>,
}

impl Schemas {
    pub(super) fn of(method: &Method) -> Schemas {
        let mut generator = SchemaGenerator::default();
        let args = (method.schema)(&mut generator).args;
        Schemas {
            args,
            definitions: generator.take_definitions(false),
        }
    }

    pub(super) fn is_required(&self, name: &str) -> bool {
        self.args
            .iter()
            .any(|(known, _, required)| *known == name && *required)
    }

    pub(super) fn kinds(&self, name: &str) -> Kinds {
        let mut kinds = Kinds::default();
        match self.args.iter().find(|(known, _, _)| *known == name) {
            Some((_, schema, _)) => self.collect(schema.as_value(), &mut kinds, 0),
            None => kinds.any = true,
        }
        kinds.any |= kinds.kinds.is_empty();
        kinds
    }

    fn collect(&self, schema: &Value, kinds: &mut Kinds, depth: usize) {
        let Value::Object(schema) = schema else {
            kinds.any |= schema == &Value::Bool(true);
            return;
        };
        if depth > 8 {
            return;
        }
        if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
            let name = name.rsplit('/').next().unwrap_or(name);
            if let Some(definition) = self.definitions.get(name) {
                self.collect(definition, kinds, depth + 1);
            }
        }
        match schema.get("type") {
            Some(Value::String(word)) => kinds.kinds.extend(kind_of_word(word)),
            Some(Value::Array(words)) => {
                let words = words.iter().filter_map(Value::as_str);
                kinds.kinds.extend(words.filter_map(kind_of_word));
            }
            _ => {}
        }
        for key in ["anyOf", "oneOf"] {
            for choice in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.collect(choice, kinds, depth + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_count_by_kind() {
        for (text, kinds) in [
            ("str|null", "text"),
            ("list[str]", "list"),
            ("str|list", "list or text"),
            ("dict{from_date,to_date}|null", "object"),
            ("int: 0|1|2", "number"),
            ("str: upcoming_sla|pending", "text"),
            ("", "anything"),
        ] {
            assert_eq!(Kinds::of_text(text).to_string(), kinds, "{text}");
        }
    }

    #[test]
    fn taking_more_than_wanted_is_no_difference() {
        let list = Kinds::of_text("list");

        assert!(Kinds::of_text("str|list").cover(&list));
        assert!(!list.cover(&Kinds::of_text("str|list")));
        assert!(Kinds::of_text("").cover(&list));
    }

    #[test]
    fn defaults_compare_by_value() {
        assert!(same(&20.into(), &20.0.into()));
        assert!(same(&Value::Null, &Value::Array(Vec::new())));
        assert!(!same(&false.into(), &true.into()));
    }
}
