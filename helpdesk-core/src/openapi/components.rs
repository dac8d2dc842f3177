//! The parts every description shares: errors, security, list parameters.

use serde_json::{Map, Value, json};

use super::{json_content, reference};
use crate::error::ErrorKind;

/// What a reader has to know before anything else.
pub(super) const ABOUT: &str = "\
Methods answer at `/api/method/<dotted path>` with `{\"message\": ..}`, documents at `/api/resource/<DocType>` with \
`{\"data\": ..}`.\n\n\
Arguments come from a JSON body, else from the form fields and the query string, where every value is text and lists \
and objects are JSON text. Arguments a method doesn't know are ignored. A method that takes GET takes QUERY as well.\n\n\
Reads (GET) never change anything: what a method writes is undone unless the verb is POST, PUT, PATCH or DELETE.\n\n\
Sign requests with `Authorization: token <api key>:<api secret>`, or with key and secret as HTTP Basic credentials. \
The DocTypes in this document are those the caller may read.";

/// Schemas of the envelopes' own parts.
pub(super) fn schemas() -> Map<String, Value> {
    let mut kinds: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.exc_type()).collect();
    kinds.sort_unstable();
    let mut schemas = Map::new();
    schemas.insert(
        "Error".to_owned(),
        json!({
            "type": "object",
            "title": "Error",
            "description": "What comes back with every status from 400 on.",
            "properties": {
                "exc_type": { "type": "string", "enum": kinds, "description": "The class of the error." },
                "exception": {
                    "type": "string",
                    "description": "Class and text; only for System Users, and not for every error.",
                },
                "exc": {
                    "type": "string",
                    "description": "JSON text of a list of tracebacks; only where `exception` is shown.",
                    "contentMediaType": "application/json",
                },
                "_exc_source": {
                    "type": "string",
                    "description": "The app it came from, as in `helpdesk (app)`; only beside `exc`, not for the base app.",
                },
                "_server_messages": reference("schemas", "ServerMessages"),
                "_error_message": { "type": "string", "description": "An explanation for people." },
                "session_expired": { "const": 1, "description": "The session that was presented is over." },
            },
            "required": ["exc_type"],
        }),
    );
    schemas.insert(
        "ServerMessages".to_owned(),
        json!({
            "type": "string",
            "title": "Messages for people",
            "description": "JSON text of a list; each item is in turn the JSON text of an object with `message`, \
                            `title` and `indicator`.",
            "contentMediaType": "application/json",
        }),
    );
    schemas
}

/// The parameters of the document routes.
pub(super) fn parameters() -> Value {
    let json_text = |name: &str, description: &str, schema: Value, examples: Value| {
        json!({
            "name": name,
            "in": "query",
            "description": description,
            "content": { "application/json": { "schema": schema, "examples": examples } },
        })
    };
    let plain = |name: &str, description: &str, schema: Value, example: Value| json!({ "name": name, "in": "query", "description": description, "schema": schema, "example": example });
    let condition = json!({
        "title": "conditions",
        "oneOf": [
            {
                "type": "object",
                "description": "Field to value, or to `[operator, value]`.",
                "additionalProperties": true,
            },
            {
                "type": "array",
                "description": "Conditions: `[field, operator, value]` or `[DocType, field, operator, value]`.",
                "items": { "type": ["array", "object"] },
            },
        ],
    });
    let filters = json!({
        "object": { "value": { "status": "Open" } },
        "operator": { "value": { "creation": [">=", "2026-01-01"] } },
        "list": { "value": [["status", "in", ["Open", "Replied"]], ["subject", "like", "%print%"]] },
    });
    json!({
        "name": {
            "name": "name",
            "in": "path",
            "required": true,
            "description": "Name (ID) of the document.",
            "schema": { "type": "string" },
        },
        "fields": json_text(
            "fields",
            "Fields of each row; only `name` without it. `[\"*\"]` is all fields; `link.field` reads through a link, \
             `table.field` child rows.",
            json!({ "type": "array", "items": { "type": ["string", "object"] } }),
            json!({ "some": { "value": ["name", "creation"] }, "all": { "value": ["*"] } }),
        ),
        "filters": json_text("filters", "Conditions that must all hold.", condition.clone(), filters.clone()),
        "or_filters": json_text("or_filters", "Conditions of which one must hold.", condition, filters),
        "order_by": plain(
            "order_by",
            "Fields to sort by, each with an optional direction, separated by commas.",
            json!({ "type": "string" }),
            json!("creation desc, name asc"),
        ),
        "group_by": plain(
            "group_by",
            "Fields to group by, separated by commas.",
            json!({ "type": "string" }),
            json!("owner"),
        ),
        "limit_start": plain(
            "limit_start",
            "Rows to skip.",
            json!({ "type": "integer", "minimum": 0, "default": 0 }),
            json!(40),
        ),
        "limit_page_length": plain(
            "limit_page_length",
            "Rows at most; 0 is all.",
            json!({ "type": "integer", "minimum": 0, "default": 20 }),
            json!(20),
        ),
        "limit": plain(
            "limit",
            "As `limit_page_length`; read where that is absent.",
            json!({ "type": "integer", "minimum": 0 }),
            json!(20),
        ),
        "as_dict": plain(
            "as_dict",
            "Rows as objects; as arrays when off.",
            json!({ "type": "boolean", "default": true }),
            json!(false),
        ),
        "expand": json_text(
            "expand",
            "Selected link fields whose documents are put in place of their names.",
            json!({ "type": "array", "items": { "type": "string" } }),
            json!({ "one": { "value": ["owner"] } }),
        ),
        "parent": plain(
            "parent",
            "DocType the child rows belong to; without it rows of a child DocType show their names only.",
            json!({ "type": "string" }),
            json!("HD Team"),
        ),
        "expand_links": plain(
            "expand_links",
            "Links replaced by the documents they point to.",
            json!({ "type": "boolean", "default": false }),
            json!(true),
        ),
    })
}

/// The list parameters of [`parameters`], in their order.
pub(super) const LIST: &[&str] = &[
    "fields",
    "filters",
    "or_filters",
    "order_by",
    "group_by",
    "limit_start",
    "limit_page_length",
    "limit",
    "as_dict",
    "expand",
    "parent",
];

/// The component that answers with a status, where there is one.
pub(super) fn response_name(status: u16) -> &'static str {
    match status {
        401 => "NotSignedIn",
        403 => "NotPermitted",
        404 => "NotFound",
        409 => "Conflict",
        417 => "Refused",
        429 => "TooManyRequests",
        _ => "Failed",
    }
}

/// Error answers.
pub(super) fn responses() -> Value {
    let error = |description: &str| json!({ "description": description, "content": json_content(&reference("schemas", "Error")) });
    json!({
        "NotSignedIn": error("Wrong API key or secret."),
        "NotPermitted": error("The caller may not do this; also where nobody is signed in."),
        "NotFound": error("There is no such document."),
        "Conflict": error("A document of that name exists, or the name is not allowed."),
        "Refused": error("An argument is missing or has the wrong form, or a rule of the application refused it."),
        "TooManyRequests": {
            "description": "The limit is spent; `Retry-After` says for how long.",
            "headers": limit_headers(),
            "content": json_content(&reference("schemas", "Error")),
        },
        "Failed": error("Any other error."),
    })
}

/// The headers of a 429 answer.
pub(super) fn limit_headers() -> Value {
    json!({
        "Retry-After": reference("headers", "Retry-After"),
        "X-RateLimit-Limit": reference("headers", "X-RateLimit-Limit"),
        "X-RateLimit-Remaining": reference("headers", "X-RateLimit-Remaining"),
        "X-RateLimit-Reset": reference("headers", "X-RateLimit-Reset"),
    })
}

/// Headers of limited methods.
pub(super) fn headers() -> Value {
    let number = |description: &str| json!({ "description": description, "schema": { "type": "integer" } });
    json!({
        "Retry-After": number("Seconds until a call is let through again."),
        "X-RateLimit-Limit": number("Calls (or microseconds of the site's budget) a window."),
        "X-RateLimit-Remaining": number("What is left of them."),
        "X-RateLimit-Reset": number("Seconds until the window ends."),
    })
}

/// The ways to sign a request.
pub(super) fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`token <api key>:<api secret>`",
        },
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "API key as user name, API secret as password.",
        },
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `helpdesk token create`, within its scopes.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sid",
            "description": "The cookie of `login`. Once a page was given the session's CSRF token, requests other than GET \
                            also need it, in the header `X-Frappe-CSRF-Token`.",
        },
    })
}
