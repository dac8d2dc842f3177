//! `helpdesk jobs`, `schedule` and `worker`.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::Desk;

const RESTORE: &str = "helpdesk.api.customer_portal_notice.restore_ticket_access";

impl Desk {
    /// What `jobs list --json` prints.
    fn jobs(&self) -> Vec<Value> {
        let done = self.run(&["jobs", "list", "--json"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        serde_json::from_str(&done.out).unwrap()
    }

    fn leave_a_job(&self) -> String {
        let done = self.run(&["call", RESTORE]);
        assert_eq!(done.code, Some(0), "{done:?}");
        self.jobs()[0]["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a job has ended, and returns its state.
    fn ended(&self, id: &str) -> Value {
        for _ in 0..600 {
            let done = self.run(&["jobs", "show", id, "--json"]);
            let job: Value = serde_json::from_str(&done.out).unwrap();
            if job["state"] != "queued" && job["state"] != "running" {
                return job["state"].clone();
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("nobody ran {id}");
    }
}

#[test]
fn jobs_are_listed_taken_back_tried_anew_and_run() {
    let desk = Desk::new();
    drop(desk.serve(&["--no-workers"]));
    let id = desk.leave_a_job();
    assert_eq!(desk.leave_a_job(), id, "one of its kind at a time");

    let listed = desk.run(&["jobs", "list", "--state", "queued"]);
    let words: Vec<&str> = listed.out.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(words[0], &id[..12]);
    assert_eq!(words[2..5], ["long", "queued", "0/5"], "{}", listed.out);
    assert_eq!(desk.run(&["jobs", "list", "--state", "odd"]).code, Some(2));

    assert_eq!(desk.run(&["jobs", "cancel", &id[..8]]).code, Some(0));
    assert!(desk.run(&["jobs", "show", &id]).out.contains("cancelled"));
    assert_eq!(desk.run(&["jobs", "cancel", &id]).code, Some(1));
    assert_eq!(desk.run(&["jobs", "run", &id]).code, Some(1));
    assert_eq!(desk.run(&["jobs", "retry", &id]).code, Some(0));
    assert_eq!(
        desk.run(&["jobs", "run", &id]).out,
        "1 done, 0 failed, 0 parked\n"
    );
    assert_eq!(desk.jobs()[0]["state"], "done");
    assert_eq!(desk.run(&["jobs", "run"]).out, "0 done, 0 failed, 0 parked\n");
    let unknown = desk.run(&["jobs", "retry", "ffffffffffff"]);
    assert_eq!(
        (unknown.code, unknown.err.contains("there is no job")),
        (Some(1), true)
    );
}

#[test]
fn the_schedule_is_listed_and_run_by_hand() {
    let desk = Desk::new();
    drop(desk.serve(&["--no-workers"]));
    let close = "helpdesk.helpdesk.doctype.hd_ticket.scheduled.close_tickets_after_n_days";

    let listed = desk.run(&["schedule", "list", "--json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed.out).unwrap();
    let found = listed.iter().find(|job| job["name"] == close).unwrap();
    assert_eq!((&found["every"], &found["last"]), (&json!("daily"), &Value::Null));
    let ran = desk.run(&["schedule", "run", close]);
    assert_eq!(
        (ran.code, &*ran.out),
        (Some(0), &*format!("{close} is done\n")),
        "{ran:?}"
    );
    assert_eq!(desk.run(&["schedule", "run", "no.such.job"]).code, Some(1));
}

#[test]
fn a_server_runs_jobs_or_leaves_them_to_a_worker() {
    let desk = Desk::new();
    {
        let _server = desk.serve(&[]);
        let id = desk.leave_a_job();
        assert_eq!(desk.ended(&id), "done");
    }
    let _server = desk.serve(&["--no-workers"]);
    let id = desk.leave_a_job();
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert!(desk.run(&["jobs", "show", &id]).out.contains("queued"));

    let mut worker = desk
        .command(&["worker", "--threads", "2"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(desk.ended(&id), "done");
    let pid = worker.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(worker.wait().unwrap().success());
}
