//! Who has a document open, and who is typing, is told to the clients of all servers.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

use super::socket::{Socket, connected};
use super::two;

const ADA: &str = "ada@desk.example";
const BEN: &str = "ben@desk.example";
const CY: &str = "cy@desk.example";

/// A server of a site in a process of its own; killed, as by `kill -9`, when dropped.
struct Killed {
    child: Child,
    base: String,
    _folder: tempfile::TempDir,
}

impl Killed {
    fn start(site: &TestSite) -> Killed {
        let folder = tempfile::tempdir().unwrap();
        let config = &site.site().config;
        let mut child = Command::new(env!("CARGO_BIN_EXE_test-server"))
            .env_clear()
            .env("HELPDESK_DATABASE", &config.database)
            .env("HELPDESK_REDIS_CACHE", &config.redis_cache)
            .env("HELPDESK_REDIS_TIMEOUT", config.redis_timeout.to_string())
            .env("HELPDESK_ENCRYPTION_KEY", &config.encryption_key)
            .arg("--site")
            .arg(folder.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--no-workers"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines
            .map(|line| line.unwrap())
            .find_map(|line| {
                let (_, rest) = line.split_once("listens on ")?;
                Some(rest.split(' ').next()?.to_owned())
            })
            .expect("the server listens");
        Killed {
            child,
            base,
            _folder: folder,
        }
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether an event names these viewers.
fn names(users: &[&str]) -> impl Fn(&Value) -> bool {
    let (list, text) = (json!(users), json!(json!(users).to_string()));
    move |event| event["users"] == list || event["users"] == text
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn viewers_of_both_servers_are_one_list_and_hear_each_other() {
    let sites = two(|_| {});
    let (ada, ben) = (sites[0].agent(ADA), sites[0].agent(BEN));
    connected(&sites, &ada);
    let ticket = &*sites[0].ticket().create().name;
    let mut here = Socket::connect(&sites[0], &ada, &json!({}));
    let mut there = Socket::connect(&sites[1], &ben, &json!({}));

    here.emit(&["doc_open", "HD Ticket", ticket]);
    here.emit(&["view_ticket", ticket]);
    here.until("ticket_viewers", names(&[ADA]));
    there.emit(&["doc_open", "HD Ticket", ticket]);
    for socket in [&mut here, &mut there] {
        socket.until("doc_viewers", names(&[ADA, BEN]));
    }
    there.emit(&["view_ticket", ticket]);
    for socket in [&mut here, &mut there] {
        socket.until("ticket_viewers", names(&[ADA, BEN]));
    }

    there.emit(&["helpdesk_ticket_typing", ticket]);
    assert_eq!(
        here.event("helpdesk_ticket_typing"),
        [json!({ "ticket_id": ticket, "user": BEN })]
    );
    here.emit(&["notify_ticket_update", ticket, "status", "Replied"]);
    assert_eq!(
        there.event("ticket_update"),
        [json!({ "ticket_id": ticket, "user": ADA, "field": "status", "value": "Replied" })]
    );

    here.emit(&["doc_close", "HD Ticket", ticket]);
    there.until("doc_viewers", names(&[BEN]));
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_server_that_stops_or_is_killed_takes_its_viewers_along() {
    let sites = two(|_| {});
    let ada = sites[0].agent(ADA);
    let (ben, cy) = (sites[0].agent(BEN), sites[0].agent(CY));
    connected(&sites, &ada);
    let ticket = &*sites[0].ticket().create().name;
    let killed = Killed::start(&sites[0]);
    let [first, second] = sites;
    let mut watching = Socket::connect(&first, &ada, &json!({}));
    let stopped = Socket::connect(&second, &ben, &json!({}));
    let silent = Socket::connect_to(&killed.base, "127.0.0.1", &cy, &json!({}));

    watching.emit(&["doc_open", "HD Ticket", ticket]);
    watching.emit(&["view_ticket", ticket]);
    watching.until("ticket_viewers", names(&[ADA]));
    stopped.emit(&["doc_open", "HD Ticket", ticket]);
    watching.until("doc_viewers", names(&[ADA, BEN]));
    silent.emit(&["doc_open", "HD Ticket", ticket]);
    watching.until("doc_viewers", names(&[ADA, BEN, CY]));

    drop(second);
    watching.until("doc_viewers", names(&[ADA, CY]));
    drop(killed);
    watching.until("doc_viewers", names(&[ADA]));
}
