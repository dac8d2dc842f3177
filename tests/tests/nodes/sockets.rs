//! Events reach the clients of both servers, under one id.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};
use ureq::Agent;

use super::{eventually, two};

/// A client of Socket.IO by its polling transport.
struct Socket {
    agent: Agent,
    url: String,
    base: String,
    token: String,
    namespace: String,
    packets: VecDeque<String>,
}

impl Socket {
    /// Connects as a user, who names the last event seen and rooms to be in.
    fn connect(site: &TestSite, user: &TestUser, auth: &Value) -> Socket {
        let base = site.url().to_owned();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(40)))
            .build()
            .into();
        let mut socket = Socket {
            agent,
            url: format!("{base}/socket.io/?EIO=4&transport=polling"),
            base,
            token: format!("token {}", user.token().unwrap()),
            namespace: site
                .site()
                .config
                .site_names
                .first()
                .map_or("127.0.0.1", String::as_str)
                .to_owned(),
            packets: VecDeque::new(),
        };
        let opened = socket.packet();
        let opened: Value = serde_json::from_str(opened.strip_prefix('0').unwrap()).unwrap();
        socket.url = format!("{}&sid={}", socket.url, opened["sid"].as_str().unwrap());
        let head = format!("40/{},", socket.namespace);
        socket.send(&format!("{head}{auth}"));
        let connected = socket.packet();
        assert!(connected.starts_with(&head), "{connected}");
        socket
    }

    fn send(&self, packet: &str) {
        let answer = self
            .agent
            .post(&self.url)
            .header("authorization", &self.token)
            .header("origin", &self.base)
            .header("content-type", "text/plain")
            .send(packet)
            .unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// The next packet; those that ask whether the client is there are answered.
    fn packet(&mut self) -> String {
        loop {
            while let Some(packet) = self.packets.pop_front() {
                if packet != "2" {
                    return packet;
                }
                self.send("3");
            }
            let mut answer = self
                .agent
                .get(&self.url)
                .header("authorization", &self.token)
                .header("origin", &self.base)
                .call()
                .unwrap();
            assert_eq!(answer.status(), 200);
            let text = answer.body_mut().read_to_string().unwrap();
            self.packets.extend(text.split('\x1e').map(str::to_owned));
        }
    }

    /// The arguments of the next event of this name.
    fn event(&mut self, name: &str) -> Vec<Value> {
        let since = Instant::now();
        let head = format!("42/{},", self.namespace);
        loop {
            assert!(since.elapsed() < Duration::from_secs(30), "no {name}");
            let packet = self.packet();
            if let Some(event) = packet.strip_prefix(&head) {
                let mut args: Vec<Value> = serde_json::from_str(event).unwrap();
                if args.remove(0) == name {
                    return args;
                }
            }
        }
    }
}

/// Both servers hear the channel: what one publishes, both hand on.
fn connected(sites: &[TestSite; 2], user: &TestUser) {
    let mut number = 0;
    for site in sites {
        let mut resume = |last: &Value| {
            number += 1;
            let room = format!("task_progress:nobody-was-here-{number}");
            let mut socket = Socket::connect(site, user, &json!({ "last_event_id": last, "rooms": [room] }));
            let told = socket.event("events:resumed").remove(0);
            assert!(told["rooms"].as_array().unwrap().contains(&json!(room)), "{told}");
            told
        };
        // A room that nobody was in is made up for by a server alone that hears of all rooms.
        eventually("events are heard", || {
            let last = resume(&json!(0))["last_event_id"].clone();
            resume(&last)["complete"] == true
        });
    }
}

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
