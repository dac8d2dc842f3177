//! Events reach the clients of both servers, under one id.

use std::time::Duration;

use serde_json::{Value, json};

use super::socket::{Socket, connected};
use super::two;

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn an_event_of_one_server_reaches_clients_of_both_under_one_id() {
    let sites = two(|_| {});
    let admin = sites[0].admin();
    connected(&sites, &admin);
    let ticket = sites[0].ticket().create();
    let rooms = json!({ "last_event_id": 0, "rooms": [format!("doc:HD Ticket/{}", ticket.name)] });
    let mut here = Socket::connect(&sites[0], &admin, &rooms);
    let mut there = Socket::connect(&sites[1], &admin, &rooms);
    here.event("events:resumed");
    there.event("events:resumed");

    admin
        .update("HD Ticket", &ticket.name, json!({ "subject": "Changed" }))
        .ok();

    let (first, second) = (here.event("doc_update"), there.event("doc_update"));
    assert_eq!(first, second);
    assert_eq!(first[0]["name"], *ticket.name);
    assert!(first[1]["id"].as_u64().unwrap() > 1_000_000_000_000_000);
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_client_that_comes_back_to_the_other_server_gets_what_it_missed() {
    let sites = two(|_| {});
    let admin = sites[0].admin();
    connected(&sites, &admin);
    let ticket = sites[0].ticket().create();
    let room = format!("doc:HD Ticket/{}", ticket.name);
    let mut before = Socket::connect(&sites[0], &admin, &json!({ "last_event_id": 0, "rooms": [room] }));
    before.event("events:resumed");
    let change = |subject: &str| {
        let user = admin.at(&sites[0]);
        user.update("HD Ticket", &ticket.name, json!({ "subject": subject }))
            .ok();
    };
    change("Seen");
    let last = before.event("doc_update")[1]["id"].clone();
    drop(before);
    // Nobody at the second server was ever in this room; events of one document are joined within 100 ms.
    std::thread::sleep(Duration::from_millis(150));
    change("Missed");
    std::thread::sleep(Duration::from_millis(300));

    let mut after = Socket::connect(
        &sites[1],
        &admin,
        &json!({ "last_event_id": last, "rooms": [room] }),
    );

    let told = after.event("events:resumed").remove(0);
    assert_eq!(told["complete"], true, "{told}");
    let missed = after.event("doc_update");
    assert!(missed[1]["id"].as_u64() > last.as_u64(), "{missed:?}");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn listeners_of_the_original_s_kind_can_read_the_channel() {
    let sites = two(|config| config.site_names = vec!["help.example".to_owned()]);
    let admin = sites[0].admin();
    connected(&sites, &admin);
    let mut listener = std::process::Command::new("timeout")
        .args(["5", "redis-cli", "-u", &super::redis(), "SUBSCRIBE", "events"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(300));

    admin.insert("HD Ticket", json!({ "subject": "Heard" })).ok();

    let mut heard = String::new();
    std::io::Read::read_to_string(&mut listener.stdout.take().unwrap(), &mut heard).unwrap();
    listener.wait().unwrap();
    let list: Value = heard
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find(|event: &Value| event["event"] == "list_update" && event["namespace"] == "help.example")
        .unwrap_or_else(|| panic!("{heard}"));
    assert_eq!(list["room"], "doctype:HD Ticket");
    assert_eq!(list["message"]["doctype"], "HD Ticket");
}
