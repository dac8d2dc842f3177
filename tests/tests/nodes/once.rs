//! What may happen once happens once, whichever server is asked.

use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query};
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

use super::{eventually, two};

const ADA: &str = "ada@desk.example";

/// The same call to both servers by several callers at once.
fn race(sites: &[TestSite; 2], call: impl Fn(&TestUser) -> Reply + Sync) -> Vec<Reply> {
    let start = std::sync::Barrier::new(8);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|number| {
                let (guest, start, call) = (sites[number % 2].browser(), &start, &call);
                scope.spawn(move || {
                    start.wait();
                    call(&guest)
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    })
}

/// What follows `before` in the newest mail that has it.
fn mailed(site: &TestSite, before: &str) -> Option<String> {
    let mails = site.transaction(|cx: &mut Cx| {
        let mut query = Query::fixed();
        query.sql("SELECT message FROM ").ident("tabEmail Queue");
        query.sql(" ORDER BY creation DESC, name");
        cx.db().rows(query, &[Kind::Text])
    });
    mails.iter().find_map(|row| {
        let mail = helpdesk_tests::mail_text(row[0].as_str()?);
        let (_, rest) = mail.split_once(before)?;
        rest.split_whitespace().next().map(str::to_owned)
    })
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_mailed_key_sets_one_password() {
    let sites = two(|_| {});
    sites[0].agent(ADA);
    sites[0].set_password(ADA, "Correct-Horse-1");
    let reset = "frappe.core.doctype.user.user.reset_password";
    sites[0].guest().call(reset, json!({ "user": ADA })).ok();
    let mut key = None;
    eventually("the mail is queued", || {
        key = mailed(&sites[1], "https://help.example/update-password?key=");
        key.is_some()
    });

    let replies = race(&sites, |browser| {
        let new = format!("violet-gravel-87-{}", browser.id());
        browser.call(
            "frappe.core.doctype.user.user.update_password",
            json!({ "key": key, "new_password": new }),
        )
    });

    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(done, 1, "{replies:?}");
    assert!(replies.iter().all(|reply| reply.status < 500), "{replies:?}");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn an_invitation_is_accepted_once() {
    let sites = two(|_| {});
    let maya = sites[0].agent_manager("maya@desk.example");
    let args = json!({ "emails": "new@x.example", "roles": ["Agent"], "redirect_to_path": "/helpdesk",
        "app_name": "helpdesk" });
    maya.call("frappe.core.api.user_invitation.invite_by_email", args)
        .ok();
    let path = "/api/method/frappe.core.api.user_invitation.accept_invitation";
    let key = mailed(&sites[1], &format!("https://help.example{path}?key=")).unwrap();

    let replies = race(&sites, |browser| browser.get(&format!("{path}?key={key}")));

    let accepted = replies
        .iter()
        .filter(|reply| (200..400).contains(&reply.status))
        .count();
    assert_eq!(accepted, 1, "{replies:?}");
    assert!(replies.iter().all(|reply| reply.status < 500), "{replies:?}");
    let made = sites[1].admin().list(
        "User",
        json!({ "filters": json!({ "name": "new@x.example" }).to_string() }),
    );
    assert_eq!(made.ok().data().as_array().unwrap().len(), 1);
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn failed_logins_count_on_both_servers() {
    let sites = two(|_| {});
    sites[0].agent(ADA);
    sites[0].set_password(ADA, "Correct-Horse-1");
    sites[0].set(
        "System Settings",
        json!({ "allow_consecutive_login_attempts": 4 }),
    );
    eventually("both know the limit", || {
        sites
            .iter()
            .all(|site| site.site().settings().sign_in.attempts == 4)
    });
    let login = |site: &TestSite, password: &str| {
        let args = json!({ "usr": ADA, "pwd": password });
        site.browser().call("login", args).status
    };

    let wrong: Vec<u16> = (0..6).map(|number| login(&sites[number % 2], "wrong")).collect();

    assert_eq!(wrong, [401, 401, 401, 401, 401, 429]);
    assert_eq!(login(&sites[0], "Correct-Horse-1"), 429);
    assert_eq!(login(&sites[1], "Correct-Horse-1"), 429);
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn tickets_of_both_servers_have_numbers_of_their_own() {
    let sites = two(|_| {});
    let admin = sites[0].admin();
    let callers = [admin.clone(), admin.at(&sites[1])];

    let mut names: Vec<Value> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..6)
            .map(|number| {
                let admin = &callers[number % 2];
                scope.spawn(move || {
                    (0..5)
                        .map(|_| {
                            let made = admin.insert("HD Ticket", json!({ "subject": "Twice?" })).ok();
                            made.data()["name"].clone()
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        callers
            .into_iter()
            .flat_map(|caller| caller.join().unwrap())
            .collect()
    });

    names.sort_by_key(Value::to_string);
    names.dedup();
    assert_eq!(names.len(), 30);
}
