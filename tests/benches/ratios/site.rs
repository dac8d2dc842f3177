//! The site that is measured: the conformance data where it is beside the project, else invented tickets.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use helpdesk_core::config::{Config, Durability};
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use helpdesk_core::users;

/// User id of the agent whose key is used.
pub(crate) const AGENT: &str = "arun.agent@desk.example";

/// A loaded site in a folder of its own, and an agent's `key:secret`.
pub(crate) struct Loaded {
    /// Removed when dropped.
    pub(crate) folder: tempfile::TempDir,
    /// `key:secret`.
    pub(crate) key: String,
}

/// Loads a site.
pub(crate) fn loaded() -> Loaded {
    let folder = tempfile::tempdir().expect("a temp folder");
    let site = open(folder.path(), OpenMode::Exclusive);
    let mut cx = site
        .context(Arc::new(administrator()), Verb::Post)
        .expect("a connection");
    helpdesk_core::load::load(&mut cx, &data(), false, &mut |_| {}).expect("the data loads");
    let (key, secret) = users::new_api_key(&mut cx, AGENT).expect("the agent is there");
    site.finish(cx).expect("the load commits");
    Loaded {
        folder,
        key: format!("{key}:{secret}"),
    }
}

/// Opens the site in a folder.
pub(crate) fn open(folder: &Path, mode: OpenMode) -> Arc<Site> {
    let config = Config {
        durability: Durability::Full,
        ..Config::default()
    };
    Site::open(Opening {
        folder: folder.to_owned(),
        config,
        clock: None,
        mode,
    })
    .expect("the site opens")
}

fn administrator() -> Session {
    Session {
        user: Arc::from("Administrator"),
        system_user: true,
        ..Session::guest()
    }
}

/// The conformance data set, if it is beside the project.
pub(crate) fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/dataset.jsonl");
    path.exists().then_some(path)
}

fn data() -> String {
    match shared() {
        Some(path) => std::fs::read_to_string(path).expect("the data set can be read"),
        None => {
            eprintln!("(the conformance data is not beside the project: 2,000 invented tickets instead)");
            invented()
        }
    }
}

fn invented() -> String {
    let mut out = String::new();
    let line = |out: &mut String, doctype: &str, doc: serde_json::Value| {
        let _ = writeln!(out, "{}", serde_json::json!({ "doctype": doctype, "doc": doc }));
    };
    let at = "2026-01-05 08:00:00";
    for role in ["Agent", "System Manager"] {
        line(
            &mut out,
            "Role",
            serde_json::json!({ "name": role, "role_name": role, "desk_access": 1, "owner": "Administrator", "creation": at }),
        );
    }
    line(
        &mut out,
        "User",
        serde_json::json!({ "name": AGENT, "email": AGENT, "first_name": "Arun", "full_name": "Arun Agent", "enabled": 1,
            "user_type": "System User", "owner": "Administrator", "creation": at, "roles": [{ "name": "r1", "role": "Agent" }] }),
    );
    line(
        &mut out,
        "HD Agent",
        serde_json::json!({ "name": AGENT, "user": AGENT, "agent_name": "Arun Agent", "is_active": 1, "owner": "Administrator", "creation": at }),
    );
    for n in 1..=2000 {
        let status = ["Open", "Replied", "Resolved", "Closed"][n % 4];
        let priority = ["Low", "Medium", "High", "Urgent"][n % 4];
        line(
            &mut out,
            "HD Ticket",
            serde_json::json!({ "name": format!("{n:04}"), "owner": AGENT, "creation": format!("2026-{:02}-{:02} 08:{:02}:00", n % 12 + 1, n % 28 + 1, n % 60),
                "subject": format!("Ticket number {n}"), "raised_by": "ada@acme.example", "status": status, "priority": priority,
                "description": "<p>The printer on the second floor prints only every other page.</p>" }),
        );
    }
    out
}
