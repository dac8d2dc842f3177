//! Methods as paths: one operation a verb.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::doc_comment::{self, Described};
use super::{Options, Out, body, components, json_content, reference};
use crate::method::{Method, Param, RateLimit, Verb};

/// Injected types that demand nothing of the caller.
const HARMLESS: &[&str] = &["Cx", "AsyncCx", "Session", "Request", "Shared", "Site", "Tx"];

/// Adds a method's path and schemas.
pub(super) fn describe(
    method: &Method,
    generator: &mut SchemaGenerator,
    options: &Options<'_>,
    out: &mut Out,
) {
    let schema = (method.schema)(generator);
    let tag = method.path.rsplit_once('.').map_or("", |(module, _)| module);
    let arguments: Vec<Argument<'_>> = schema
        .args
        .into_iter()
        .map(|(name, schema, required)| Argument::new(method, name, schema.into(), required))
        .collect();
    let rest = method.params.iter().find(|param| param.rest);
    if !arguments.is_empty() || rest.is_some() {
        out.schemas.insert(
            format!("{}.arguments", method.path),
            object_of(&arguments, rest, method.path),
        );
    }
    out.schemas.insert(
        format!("{}.result", method.path),
        result(schema.result.map(Value::from), method.path),
    );

    let described = doc_comment::read(method.doc);
    let verbs: Vec<Verb> = method
        .verbs
        .names()
        .iter()
        .filter_map(|name| Verb::parse(name))
        .collect();
    let mut item = Map::new();
    for verb in &verbs {
        let id = if verbs.len() == 1 {
            method.path.to_owned()
        } else {
            format!("{}.{}", method.path, verb.name().to_ascii_lowercase())
        };
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), id.into());
        if !tag.is_empty() {
            operation.insert("tags".to_owned(), json!([tag]));
            out.tags.insert(tag.to_owned());
        }
        texts(method, &described, &mut operation);
        if verb.commits() {
            if !arguments.is_empty() || rest.is_some() {
                let required = arguments.iter().any(|argument| argument.required);
                let arguments = reference("schemas", &format!("{}.arguments", method.path));
                operation.insert("requestBody".to_owned(), body(&arguments, required));
            }
        } else {
            let mut parameters: Vec<Value> = arguments.iter().map(Argument::parameter).collect();
            parameters.extend(rest.map(rest_parameter));
            operation.insert("parameters".to_owned(), parameters.into());
        }
        let limits: Vec<&RateLimit> = method
            .limits
            .iter()
            .filter(|limit| limit.verbs.contains(*verb))
            .collect();
        let takes_arguments = !arguments.is_empty();
        operation.insert(
            "responses".to_owned(),
            responses(method, &described, takes_arguments, !limits.is_empty()),
        );
        if method.allow_guest {
            operation.insert("security".to_owned(), json!([]));
        }
        if !limits.is_empty() {
            let limits = limits.iter().map(|limit| shown_limit(limit, options));
            operation.insert("x-rate-limit".to_owned(), limits.collect());
        }
        let guards = guards(method);
        if !guards.is_empty() {
            operation.insert("x-requires".to_owned(), guards.into());
        }
        item.insert(verb.name().to_ascii_lowercase(), operation.into());
    }
    out.paths
        .insert(format!("/api/method/{}", method.path), item.into());
}

/// One argument.
struct Argument<'a> {
    name: &'a str,
    /// An object, with description and default in it.
    schema: Map<String, Value>,
    doc: String,
    required: bool,
}

impl Argument<'_> {
    fn new<'a>(method: &Method, name: &'a str, schema: Value, required: bool) -> Argument<'a> {
        let param = method.params.iter().find(|param| param.name == name);
        let mut schema = match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        };
        let doc = param.map_or_else(String::new, |param| text_of(param.doc));
        if !doc.is_empty() {
            schema.insert("description".to_owned(), doc.clone().into());
        }
        let default = param.and_then(|param| param.default).map(|default| default());
        if let Some(default) = default.filter(|default| !default.is_null()) {
            schema.insert("default".to_owned(), default);
        }
        Argument {
            name,
            schema,
            doc,
            required,
        }
    }

    /// The argument in a query string; what is no scalar stands there as JSON text.
    fn parameter(&self) -> Value {
        let mut parameter = Map::new();
        parameter.insert("name".to_owned(), self.name.into());
        parameter.insert("in".to_owned(), "query".into());
        parameter.insert("required".to_owned(), self.required.into());
        if !self.doc.is_empty() {
            parameter.insert("description".to_owned(), self.doc.clone().into());
        }
        let mut schema = self.schema.clone();
        schema.shift_remove("description");
        let schema = Value::Object(schema);
        if is_structured(&self.schema) {
            parameter.insert("content".to_owned(), json_content(&schema));
        } else {
            parameter.insert("schema".to_owned(), schema);
        }
        parameter.into()
    }
}

/// Whether values are objects or lists, by all that the schema says at its top.
fn is_structured(schema: &Map<String, Value>) -> bool {
    let structured = |name: &Value| matches!(name.as_str(), Some("object" | "array"));
    match schema.get("type") {
        Some(Value::Array(names)) => names.iter().any(structured),
        Some(name) => structured(name),
        None => ["$ref", "anyOf", "oneOf", "allOf"]
            .iter()
            .any(|key| schema.contains_key(*key)),
    }
}

fn rest_parameter(rest: &Param) -> Value {
    json!({
        "name": rest.name,
        "in": "query",
        "description": rest_text(rest),
        "style": "form",
        "explode": true,
        "schema": { "type": "object", "additionalProperties": true },
    })
}

fn rest_text(rest: &Param) -> String {
    let doc = text_of(rest.doc);
    if doc.is_empty() {
        "Any further arguments, each under a name of its own.".to_owned()
    } else {
        doc
    }
}

fn text_of(doc: &str) -> String {
    doc.lines()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

fn object_of(arguments: &[Argument<'_>], rest: Option<&Param>, path: &str) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), "object".into());
    object.insert("title".to_owned(), format!("Arguments of {path}").into());
    let properties: Map<String, Value> = arguments
        .iter()
        .map(|argument| (argument.name.to_owned(), argument.schema.clone().into()))
        .collect();
    object.insert("properties".to_owned(), properties.into());
    let required: Vec<&str> = arguments
        .iter()
        .filter(|argument| argument.required)
        .map(|argument| argument.name)
        .collect();
    if !required.is_empty() {
        object.insert("required".to_owned(), required.into());
    }
    if let Some(rest) = rest {
        object.insert(
            "additionalProperties".to_owned(),
            json!({ "description": rest_text(rest) }),
        );
    }
    object.into()
}

/// The envelope of a result. Null results have no `message`, and so have methods that answer nothing.
fn result(schema: Option<Value>, path: &str) -> Value {
    let required = schema.as_ref().is_some_and(|schema| !takes_null(schema));
    let mut object = json!({
        "type": "object",
        "title": format!("Answer of {path}"),
        "properties": {
            "message": match schema {
                Some(schema @ Value::Object(_)) => schema,
                _ => json!({}),
            },
            "_server_messages": reference("schemas", "ServerMessages"),
        },
    });
    if required && let Value::Object(object) = &mut object {
        object.insert("required".to_owned(), json!(["message"]));
    }
    object
}

/// Whether a schema lets null through, judged by what it says at its top; unclear ones do.
fn takes_null(schema: &Value) -> bool {
    let Value::Object(schema) = schema else {
        return true;
    };
    match schema.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        _ => !schema.contains_key("$ref"),
    }
}

/// Summary and description.
fn texts(method: &Method, described: &Described, operation: &mut Map<String, Value>) {
    if !described.summary.is_empty() {
        operation.insert("summary".to_owned(), described.summary.clone().into());
    }
    let mut description = described.description.clone();
    if !method.aliases.is_empty() {
        let aliases: Vec<String> = method.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        if !description.is_empty() {
            description.push_str("\n\n");
        }
        description.push_str("Also answers as ");
        description.push_str(&aliases.join(", "));
        description.push('.');
    }
    if !description.is_empty() {
        operation.insert("description".to_owned(), description.into());
    }
}

/// What the method's own guards demand: `&Agent` → `Agent`.
fn guards(method: &Method) -> Vec<&'static str> {
    method
        .injected
        .iter()
        .map(|shown| shown.trim_start_matches('&').trim_start())
        .map(|shown| shown.strip_prefix("mut ").unwrap_or(shown).trim())
        .map(|shown| shown.rsplit("::").next().unwrap_or(shown))
        .filter(|name| !HARMLESS.contains(name))
        .collect()
}

fn responses(method: &Method, described: &Described, takes_arguments: bool, is_limited: bool) -> Value {
    let mut responses = Map::new();
    let answer = reference("schemas", &format!("{}.result", method.path));
    responses.insert(
        "200".to_owned(),
        json!({ "description": "The result.", "content": json_content(&answer) }),
    );
    let mut statuses: Vec<u16> = described.errors.iter().map(|(status, _)| *status).collect();
    if !method.allow_guest {
        statuses.push(403);
    }
    if takes_arguments {
        statuses.push(417);
    }
    if is_limited {
        statuses.push(429);
    }
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let own = described.errors.iter().find(|(known, _)| *known == status);
        let response = match own {
            None => reference("responses", components::response_name(status)),
            Some((_, text)) => {
                let mut response = json!({
                    "description": text,
                    "content": json_content(&reference("schemas", "Error")),
                });
                if status == 429
                    && let Value::Object(response) = &mut response
                {
                    response.insert("headers".to_owned(), components::limit_headers());
                }
                response
            }
        };
        responses.insert(status.to_string(), response);
    }
    responses.insert("default".to_owned(), reference("responses", "Failed"));
    responses.into()
}

fn shown_limit(limit: &RateLimit, options: &Options<'_>) -> Value {
    json!({
        "limit": (options.limit)(limit.limit),
        "seconds": limit.seconds,
        "key": limit.key,
        "ip_based": limit.ip_based,
        "methods": limit.verbs.names(),
    })
}
