//! A client of Socket.IO.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};
use ureq::Agent;

use super::eventually;

/// A client of Socket.IO by its polling transport.
pub(super) struct Socket {
    agent: Agent,
    url: String,
    base: String,
    token: String,
    namespace: String,
    packets: VecDeque<String>,
}

impl Socket {
    /// Connects as a user, who names the last event seen and rooms to be in.
    pub(super) fn connect(site: &TestSite, user: &TestUser, auth: &Value) -> Socket {
        let names = &site.site().config.site_names;
        let namespace = names.first().map_or("127.0.0.1", String::as_str);
        Socket::connect_to(site.url(), namespace, user, auth)
    }

    /// As [`connect`](Socket::connect), to a server of another process.
    pub(super) fn connect_to(base: &str, namespace: &str, user: &TestUser, auth: &Value) -> Socket {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(40)))
            .build()
            .into();
        let mut socket = Socket {
            agent,
            url: format!("{base}/socket.io/?EIO=4&transport=polling"),
            base: base.to_owned(),
            token: format!("token {}", user.token().unwrap()),
            namespace: namespace.to_owned(),
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

    /// Sends an event.
    pub(super) fn emit(&self, event: &[&str]) {
        let event = serde_json::to_string(event).unwrap();
        self.send(&format!("42/{},{event}", self.namespace));
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
        let since = Instant::now();
        loop {
            assert!(since.elapsed() < Duration::from_secs(90), "nothing is sent");
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
    pub(super) fn event(&mut self, name: &str) -> Vec<Value> {
        let since = Instant::now();
        let head = format!("42/{},", self.namespace);
        loop {
            assert!(since.elapsed() < Duration::from_secs(90), "no {name}");
            let packet = self.packet();
            if let Some(event) = packet.strip_prefix(&head) {
                let mut args: Vec<Value> = serde_json::from_str(event).unwrap();
                if args.remove(0) == name {
                    return args;
                }
            }
        }
    }

    /// Takes events of this name until one is as expected.
    pub(super) fn until(&mut self, name: &str, is_it: impl Fn(&Value) -> bool) {
        let mut heard = Vec::new();
        let since = Instant::now();
        loop {
            let event = self.event(name).into_iter().next().unwrap_or_default();
            if is_it(&event) {
                return;
            }
            heard.push(event);
            assert!(since.elapsed() < Duration::from_secs(90), "{heard:?}");
        }
    }
}

/// Both servers hear the channel: what one publishes, both hand on.
pub(super) fn connected(sites: &[TestSite; 2], user: &TestUser) {
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
