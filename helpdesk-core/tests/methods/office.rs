//! A site with users and documents, whose methods are called by one user or another.

use std::sync::Arc;

use helpdesk_core::args::Args;
use helpdesk_core::cx::AsyncCx;
use helpdesk_core::dispatch::admit;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::save;
use helpdesk_core::error::Result;
use helpdesk_core::method::{Handler, Verb};
use helpdesk_core::reply::{HEADROOM, Reply, Response};
use helpdesk_core::session::Session;
use helpdesk_core::site::Site;
use serde_json::{Map, Value, json};

use crate::harness::{find, open};

/// A site of its own.
pub(crate) struct Office {
    _folder: tempfile::TempDir,
    site: Arc<Site>,
}

/// What a call answers: the result, the keys beside it, messages, headers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) message: Value,
    pub(crate) side: Map<String, Value>,
    pub(crate) messages: Vec<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Office {
    /// With the users Ada and Bob of the desk, and Eve of the portal.
    pub(crate) fn new() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let site = open(folder.path());
        let office = Office {
            _folder: folder,
            site,
        };
        office.put(
            "User",
            json!({ "name": "Administrator", "email": "admin@desk.example", "first_name": "Administrator" }),
        );
        office.put("Role", json!({ "role_name": "System Manager", "desk_access": 1 }));
        for (name, kind) in [
            ("Ada", "System User"),
            ("Bob", "System User"),
            ("Eve", "Website User"),
        ] {
            let email = user(name);
            // Who works at the desk follows from the roles.
            let roles = if kind == "System User" {
                json!([{ "role": "System Manager" }])
            } else {
                json!([])
            };
            office.put(
                "User",
                json!({ "name": email, "email": email, "first_name": name, "full_name": name, "enabled": 1,
                    "roles": roles, "allowed_in_mentions": 1 }),
            );
        }
        office
    }

    /// Puts a document in as the process itself; returns its name.
    pub(crate) fn put(&self, doctype: &str, values: Value) -> String {
        let session = Arc::new(Session::administrator());
        let mut cx = self.site.context(session, Verb::Post).unwrap();
        let meta = meta_of(&cx, doctype).unwrap();
        let mut doc = save::new_document(&mut cx, &meta, values.as_object().unwrap()).unwrap();
        doc.flags.keep_name = true;
        doc.flags.ignore_links = true;
        doc.flags.ignore_mandatory = true;
        save::insert(&mut cx, &mut doc).unwrap();
        self.site.finish(cx).unwrap();
        doc.name_text()
    }

    /// Calls a method with POST and commits what it wrote.
    pub(crate) fn call(&self, by: &Session, path: &str, args: Value) -> Result<Answer> {
        self.send(by, Verb::Post, path, args).map(|(answer, _)| answer)
    }

    /// Calls a method with GET.
    pub(crate) fn get(&self, by: &Session, path: &str, args: Value) -> Result<Answer> {
        self.send(by, Verb::Get, path, args).map(|(answer, _)| answer)
    }

    /// Calls a method that answers with a file.
    pub(crate) fn file(&self, by: &Session, path: &str, args: Value) -> Result<Response> {
        self.send(by, Verb::Get, path, args)
            .map(|(_, file)| file.expect("a file"))
    }

    fn send(&self, by: &Session, verb: Verb, path: &str, args: Value) -> Result<(Answer, Option<Response>)> {
        let mut cx = self.site.context(Arc::new(by.clone()), verb).unwrap();
        let mut args = Args::from_object(args.as_object().cloned().unwrap_or_default());
        let method = find(path);
        admit(method, by, verb, &mut args)?;
        let reply = match method.handler {
            Handler::Blocking(handle) => handle(&mut cx, args)?,
            Handler::Inline(handle) => handle(cx.shared(), args)?,
            Handler::Async(handle) => {
                let (own, runtime) = (AsyncCx::new(cx.shared().clone()), runtime());
                let reply = runtime.block_on(handle(own.clone(), args));
                cx.db().out.append(own.take_out());
                read_whole(reply?)
            }
            Handler::Document(_) => panic!("{path} needs its document"),
        };
        let out = &mut cx.db().out;
        let mut answer = Answer {
            message: Value::Null,
            side: std::mem::take(&mut out.side),
            messages: out.messages.iter().map(|note| note.message.to_string()).collect(),
            headers: std::mem::take(&mut out.headers),
        };
        let keeps = verb.commits() || out.commit;
        let mut file = None;
        match reply {
            Reply::Empty => {}
            Reply::Json(bytes) => answer.message = serde_json::from_slice(&bytes[HEADROOM..]).unwrap(),
            Reply::Raw(response) => file = Some(response),
            Reply::File(file) => panic!("{file:?}"),
            Reply::Stream(_) => panic!("read above"),
        }
        if keeps {
            self.site.finish(cx).unwrap();
        }
        Ok((answer, file))
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// What is sent as it is made, read to its end.
fn read_whole(reply: Reply) -> Reply {
    let Reply::Stream(mut stream) = reply else {
        return reply;
    };
    let mut body = stream.first;
    while let Some(piece) = stream.rest.blocking_recv() {
        body.extend(piece.unwrap());
    }
    Reply::Raw(Response {
        status: 200,
        headers: stream.headers,
        body,
    })
}

/// The address of a user.
pub(crate) fn user(name: &str) -> String {
    format!("{}@desk.example", name.to_lowercase())
}

/// The session of a user with some roles beside those everybody has.
pub(crate) fn session(name: &str, roles: &[&str]) -> Session {
    let mut all: Vec<Arc<str>> = roles
        .iter()
        .chain(&["All", "Guest"])
        .map(|role| Arc::from(*role))
        .collect();
    let system_user = name != "Eve";
    if system_user {
        all.push(Arc::from("Desk User"));
    }
    all.sort();
    Session {
        user: Arc::from(user(name)),
        full_name: Arc::from(name),
        roles: all.into(),
        system_user,
        ..Session::guest()
    }
}

/// Somebody who manages the system.
pub(crate) fn manager() -> Session {
    session("Bob", &["System Manager"])
}
