//! What methods may return.

use std::io;

use helpdesk_core::prelude::*;
use helpdesk_core::reply::Reply;

use crate::harness::Desk;

type Answer<T> = std::result::Result<T, io::Error>;

#[derive(Serialize)]
struct Named {
    name: &'static str,
}

#[whitelist]
fn aliased() -> Answer<Named> {
    Ok(Named { name: "a" })
}

#[whitelist]
fn hidden() -> impl Serialize {
    vec![1, 2]
}

#[whitelist]
fn file() -> Answer<Response> {
    Ok(Response {
        status: 206,
        headers: Vec::new(),
        body: b"x".to_vec(),
    })
}

#[whitelist]
fn refused() -> Result<()> {
    Err(invalid("Team is closed"))
}

#[whitelist]
fn broken() -> Answer<()> {
    Err(io::Error::other("disk on fire"))
}

#[whitelist]
fn maybe(n: Option<u8>) -> Option<u8> {
    n
}

#[test]
fn values_results_and_responses_all_answer() {
    let desk = Desk::new();

    assert_eq!(
        desk.call("desk.api.replies.aliased", json!({})).unwrap(),
        json!({"name": "a"})
    );
    assert_eq!(
        desk.call("desk.api.replies.hidden", json!({})).unwrap(),
        json!([1, 2])
    );
    assert!(matches!(
        desk.reply("desk.api.replies.file", json!({})),
        Ok(Reply::Raw(Response { status: 206, .. }))
    ));
    assert!(matches!(
        desk.reply("desk.api.replies.maybe", json!({})),
        Ok(Reply::Empty)
    ));
    assert_eq!(
        desk.call("desk.api.replies.maybe", json!({"n": 0})).unwrap(),
        json!(0)
    );
}

#[test]
fn errors_pass_up_and_foreign_ones_are_ours() {
    let desk = Desk::new();

    assert_eq!(
        desk.refusal("desk.api.replies.refused", json!({})),
        "Team is closed"
    );
    assert_eq!(
        desk.reply("desk.api.replies.broken", json!({}))
            .unwrap_err()
            .kind(),
        ErrorKind::ServerError
    );
}
