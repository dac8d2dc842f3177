//! What comes from the framework: the context, its parts, guards.

use helpdesk_core::prelude::*;

use crate::harness::{Desk, find};

/// The caller is an agent.
struct Agent;

impl FromShared for Agent {
    fn from_shared(shared: &Shared) -> Result<&Agent> {
        if shared.session.has_role("Agent") {
            Ok(&Agent)
        } else {
            Err(forbidden("Only for agents"))
        }
    }
}

#[whitelist]
fn parts(_: &Agent, session: &Session, tx: &mut Tx, request: &Request, n: u8) -> String {
    tx.out.status = Some(201);
    format!("{} {} {n}", session.user, request.verb.name())
}

#[whitelist]
fn database(tx: &mut Tx) {
    tx.out.commit = true;
}

#[whitelist(inline)]
fn on_the_reactor(shared: &Shared, _: &Agent, n: u8) -> String {
    format!("{} {n}", shared.session.user)
}

#[whitelist]
async fn later(cx: &AsyncCx, session: &Session, n: u8) -> Result<String> {
    tokio::task::yield_now().await;
    Ok(format!("{} {} {n}", cx.session().user, session.user))
}

#[whitelist]
async fn alone() -> u8 {
    7
}

#[test]
fn parts_stand_beside_the_transaction() {
    let agent = Desk::new().with_role("Agent");

    assert_eq!(
        agent.call("desk.api.injected.parts", json!({"n": 1})).unwrap(),
        json!("ada@desk.example POST 1")
    );
    assert_eq!(
        agent.call("desk.api.injected.database", json!({})).unwrap(),
        Value::Null
    );
}

#[test]
fn a_guard_refuses_before_missing_arguments_are_told() {
    let error = Desk::new()
        .reply("desk.api.injected.parts", json!({}))
        .unwrap_err();

    assert_eq!(
        (error.kind(), error.text()),
        (ErrorKind::PermissionError, "Only for agents")
    );
    assert_eq!(
        Desk::new()
            .with_role("Agent")
            .refusal("desk.api.injected.parts", json!({})),
        "parts() missing 1 required argument: 'n'"
    );
}

#[test]
fn inline_and_async_methods_take_parts() {
    let agent = Desk::new().with_role("Agent");

    assert_eq!(
        agent
            .call("desk.api.injected.on_the_reactor", json!({"n": 2}))
            .unwrap(),
        json!("ada@desk.example 2")
    );
    assert_eq!(
        agent.call("desk.api.injected.later", json!({"n": "3"})).unwrap(),
        json!("ada@desk.example ada@desk.example 3")
    );
    assert_eq!(
        agent.call("desk.api.injected.alone", json!({})).unwrap(),
        json!(7)
    );
    assert_eq!(
        agent.refusal("desk.api.injected.later", json!({})),
        "later() missing 1 required argument: 'n'"
    );
}

#[test]
fn listings_know_what_is_injected() {
    assert_eq!(
        find("desk.api.injected.parts").injected,
        ["&Agent", "&Session", "&mut Tx", "&Request"]
    );
}
