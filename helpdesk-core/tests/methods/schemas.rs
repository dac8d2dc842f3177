//! JSON Schemas of methods: there where types have one.

use helpdesk_core::prelude::*;
use schemars::{JsonSchema, SchemaGenerator};

use crate::harness::find;

/// A line of an order.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Line {
    item: String,
}

#[derive(Deserialize)]
struct Opaque;

type Maybe = Option<u8>;

#[whitelist]
fn typed(
    lines: Vec<Line>,
    note: Maybe,
    #[arg(default = 20)] page_length: u32,
    #[arg(default = Opaque)] opaque: Opaque,
    #[arg(rest)] rest: Args,
) -> Result<Line> {
    let _ = (note, page_length, opaque, rest);
    lines.into_iter().next().ok_or_else(|| invalid("No line"))
}

#[whitelist]
fn untyped() -> Response {
    Response {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

#[test]
fn schemas_follow_the_signature() {
    let method = find("desk.api.schemas.typed");
    let schema = (method.schema)(&mut SchemaGenerator::default());

    let required: Vec<_> = schema
        .args
        .iter()
        .map(|(name, _, required)| (*name, *required))
        .collect();
    assert_eq!(
        required,
        [
            ("lines", true),
            ("note", false),
            ("page_length", false),
            ("opaque", false)
        ]
    );
    assert_eq!(schema.args[0].1.as_value()["items"]["$ref"], "#/$defs/Line");
    assert_eq!(schema.args[3].1.as_value(), &json!(true));
    assert!(schema.result.is_some());
    assert!(
        (find("desk.api.schemas.untyped").schema)(&mut SchemaGenerator::default())
            .result
            .is_none()
    );
}

#[test]
fn defaults_are_shown_where_they_can_be() {
    let params = find("desk.api.schemas.typed").params;
    let shown = |at: usize| params[at].default.map(|default| default());

    assert_eq!(
        (shown(0), shown(2), shown(3)),
        (None, Some(json!(20)), Some(Value::Null))
    );
    assert!(params[4].rest && params[2].has_default);
}
