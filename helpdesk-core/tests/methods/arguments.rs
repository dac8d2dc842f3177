//! Request arguments: coercion, defaults, other names, the rest.

use std::collections::BTreeMap;

use helpdesk_core::prelude::*;

use crate::harness::Desk;

type Maybe = Option<String>;

#[derive(Deserialize, Serialize)]
struct Line {
    item: String,
    qty: u32,
}

/// Orders.
#[whitelist]
fn order(
    cx: &mut Cx,
    /// What is ordered.
    lines: Vec<Line>,
    note: Maybe,
    #[arg(default = 20)] page_length: u32,
    #[arg(default = "open")] status: String,
    #[arg(rename = "type")] kind: String,
    urgent: Option<bool>,
) -> Value {
    let items: BTreeMap<String, u32> = lines.into_iter().map(|line| (line.item, line.qty)).collect();
    json!([cx.user(), items, note, page_length, status, kind, urgent])
}

#[whitelist]
fn keep_all(name: String, #[arg(rest)] rest: Args) -> Value {
    json!([name, rest.into_object()])
}

// Names that generated code uses too must not meet it.
#[whitelist]
fn handle(args: u8, cx: u8, #[arg(default = args_of_ours())] value: u8) -> u16 {
    u16::from(args) + u16::from(cx) + u16::from(value)
}

fn args_of_ours() -> u8 {
    100
}

#[whitelist]
fn r#match(r#type: String, mut count: u8) -> String {
    count += 1;
    format!("{type}{count}")
}

#[whitelist]
fn anything(value: Raw, who: JsonOr<Vec<String>>, id: StrOrInt) -> Value {
    json!([value, who, id])
}

#[test]
fn form_text_and_json_reach_the_same_types() {
    let desk = Desk::new();
    let form = json!({"lines": "[{\"item\": \"ink\", \"qty\": \"2\"}]", "type": "a", "page_length": "5", "urgent": "1"});
    let body =
        json!({"lines": [{"item": "ink", "qty": 2}], "type": "a", "page_length": 5, "urgent": true, "x": 1});
    let expected = json!(["ada@desk.example", {"ink": 2}, null, 5, "open", "a", true]);

    assert_eq!(desk.call("desk.api.arguments.order", form).unwrap(), expected);
    assert_eq!(desk.call("desk.api.arguments.order", body).unwrap(), expected);
}

#[test]
fn absent_and_null_are_told_apart() {
    let desk = Desk::new();
    let short = json!({"lines": [], "type": "a", "note": null});

    let answer = desk.call("desk.api.arguments.order", short).unwrap();
    let refusal = desk.refusal(
        "desk.api.arguments.order",
        json!({"lines": [], "type": "a", "page_length": null}),
    );

    assert_eq!(
        answer,
        json!(["ada@desk.example", {}, null, 20, "open", "a", null])
    );
    assert_eq!(
        refusal,
        "Argument 'page_length' in 'desk.api.arguments.order' should be of type 'int' but got 'NoneType' instead."
    );
}

#[test]
fn a_refusal_is_417_without_a_message_and_says_where() {
    let error = Desk::new()
        .reply(
            "desk.api.arguments.order",
            json!({"type": "a", "lines": [{"item": "ink", "qty": "two"}]}),
        )
        .unwrap_err();

    assert_eq!(error.kind(), ErrorKind::FrappeTypeError);
    assert!(error.message().is_none());
    assert_eq!(
        error.text(),
        "Argument 'lines[0].qty' in 'desk.api.arguments.order' should be of type 'int' but got 'str' instead."
    );
}

#[test]
fn all_missing_arguments_are_named_at_once() {
    let error = Desk::new()
        .reply("desk.api.arguments.order", json!({}))
        .unwrap_err();

    assert_eq!(error.kind(), ErrorKind::FrappeTypeError);
    assert_eq!(
        error.text(),
        "order() missing 2 required arguments: 'lines' and 'type'"
    );
    assert_eq!(
        Desk::new().refusal("desk.api.arguments.keep_all", json!({"x": 1})),
        "keep_all() missing 1 required argument: 'name'"
    );
}

#[test]
fn the_rest_is_what_no_parameter_names() {
    let answer = Desk::new()
        .call(
            "desk.api.arguments.keep_all",
            json!({"b": 1, "name": "n", "a": "x"}),
        )
        .unwrap();

    assert_eq!(answer, json!(["n", {"b": 1, "a": "x"}]));
}

#[test]
fn parameters_may_be_called_anything() {
    let desk = Desk::new();

    assert_eq!(
        desk.call("desk.api.arguments.handle", json!({"args": 1, "cx": "2"}))
            .unwrap(),
        json!(103)
    );
    assert_eq!(
        desk.call("desk.api.arguments.match", json!({"type": "t", "count": 1}))
            .unwrap(),
        json!("t2")
    );
}

#[test]
fn loose_types_keep_what_was_sent() {
    let sent = json!({"value": {"a": ["1"]}, "who": "[\"x\"]", "id": "5"});

    assert_eq!(
        Desk::new().call("desk.api.arguments.anything", sent).unwrap(),
        json!([{"a": ["1"]}, ["x"], "5"])
    );
}
