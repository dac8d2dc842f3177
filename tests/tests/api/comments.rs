//! Comments on tickets: who is mentioned, who reacts.

use std::collections::BTreeMap;

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const API: &str = "helpdesk.helpdesk.doctype.hd_ticket_comment.hd_ticket_comment";

fn react(user: &TestUser, comment: &str, emoji: &str) -> Reply {
    user.call(
        &format!("{API}.toggle_reaction"),
        json!({ "comment": comment, "emoji": emoji }),
    )
}

fn notices(site: &TestSite, kind: &str) -> Vec<(String, String)> {
    let args = json!({
        "filters": { "notification_type": kind }, "fields": ["user_to", "message"], "order_by": "user_to asc",
    });
    let reply = site.admin().list("HD Notification", args).ok();
    reply
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["user_to"].as_str().unwrap().to_owned(),
                row["message"].as_str().unwrap_or("").to_owned(),
            )
        })
        .collect()
}

fn comment(author: &TestUser, ticket: &str, content: &str) -> String {
    let values = json!({ "reference_ticket": ticket, "content": content, "commented_by": author.id() });
    let reply = author.insert("HD Ticket Comment", values).ok();
    reply.data()["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_user_has_one_reaction() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "enable_comment_reactions": 1 }));
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let ticket = site.ticket().create().name;
    let comment = comment(&ada, &ticket, "Hm");

    assert_eq!(
        react(&bob, &comment, "👍").ok().message(),
        &json!({ "action": "added", "emoji": "👍" })
    );
    assert_eq!(react(&bob, &comment, "🎉").ok().message()["action"], "changed");
    react(&ada, &comment, "🎉").ok();
    let reply = bob
        .call(&format!("{API}.get_reactions"), json!({ "comment": comment }))
        .ok();
    assert_eq!(reply.message().as_array().unwrap().len(), 1);
    let group = &reply.message()[0];
    assert_eq!(
        (&group["emoji"], &group["count"], &group["current_user_reacted"]),
        (&json!("🎉"), &json!(2), &json!(true))
    );
    assert_eq!(group["users"][0]["user"], bob.id());
    assert_eq!(react(&bob, &comment, "🎉").ok().message()["action"], "removed");
    let reply = bob
        .call(&format!("{API}.get_reactions"), json!({ "comment": comment }))
        .ok();
    assert_eq!(reply.message()[0]["count"], 1);
}

#[test]
fn authors_hear_once_how_many_reacted() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "enable_comment_reactions": 1 }));
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let comment = comment(&ada, &ticket, "Hm");
    let others: Vec<TestUser> = (0..10)
        .map(|i| site.agent(&format!("a{i}@desk.example")))
        .collect();

    react(&ada, &comment, "👀").ok();
    assert!(notices(&site, "Reaction").is_empty());
    react(&others[0], &comment, "❤️").ok();
    assert_eq!(
        notices(&site, "Reaction"),
        [(ada.id().to_owned(), "1 person reacted to your comment".to_owned())]
    );
    for other in &others[1..] {
        react(other, &comment, "❤️").ok();
    }
    for other in &others[..3] {
        react(other, &comment, "👍").ok();
    }
    assert_eq!(
        notices(&site, "Reaction"),
        [(
            ada.id().to_owned(),
            "10 people reacted to your comment".to_owned()
        )]
    );
    let reply = ada
        .call(&format!("{API}.get_reactions"), json!({ "comment": comment }))
        .ok();
    let counts: BTreeMap<&str, i64> = reply
        .message()
        .as_array()
        .unwrap()
        .iter()
        .map(|group| (group["emoji"].as_str().unwrap(), group["count"].as_i64().unwrap()))
        .collect();
    assert_eq!(counts, BTreeMap::from([("❤️", 7), ("👀", 1), ("👍", 3)]));
}

#[test]
fn what_is_no_reaction_is_refused() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let comment = comment(&ada, &ticket, "Hm");

    // Off: nothing, whatever is asked.
    assert_eq!(react(&ada, &comment, "zzz").ok().json.get("message"), None);
    site.set("HD Settings", json!({ "enable_comment_reactions": 1 }));
    react(&ada, &comment, "zzz").status(417);
    react(&ada, "missing", "👍").status(417);
    react(&ada, &"x".repeat(10_000), "👍").status(417);
    let carl = site.customer("carl@acme.example");
    react(&carl, &comment, "👍").status(403);
    carl.call(&format!("{API}.get_reactions"), json!({ "comment": comment }))
        .status(403);
    ada.call(&format!("{API}.get_reactions"), json!({ "comment": "missing" }))
        .status(417);
    let preset = ada.call(&format!("{API}.get_preset_emojis"), json!({})).ok();
    for emoji in preset.message().as_array().unwrap() {
        react(&ada, &comment, emoji.as_str().unwrap()).ok();
    }
}

#[test]
fn mentions_are_told_once() {
    let site = TestSite::start();
    let (ada, bob, eve) = (
        site.agent("ada@desk.example"),
        site.agent("bob@desk.example"),
        site.agent("eve@desk.example"),
    );
    let ticket = site.ticket().create().name;
    let mention = |user: &TestUser| {
        format!(
            "<span class=\"mention\" data-type=\"mention\" data-id=\"{0}\" data-label=\"x\">@x</span>",
            user.id()
        )
    };
    let nobody = "<span data-type=\"mention\" data-id=\"nobody@x.example\">@y</span>";

    let comment = comment(
        &ada,
        &ticket,
        &format!("{}{}{nobody}", mention(&bob), mention(&ada)),
    );
    let told = |kind| -> Vec<String> { notices(&site, kind).into_iter().map(|(user, _)| user).collect() };
    assert_eq!(told("Mention"), [bob.id()]);
    let both = format!("{} and {}", mention(&bob), mention(&eve));
    ada.update("HD Ticket Comment", &comment, json!({ "content": both }))
        .ok();
    assert_eq!(told("Mention"), [bob.id(), eve.id()]);
    let ticket_of: Value = site.value("HD Ticket Comment", &comment, "reference_ticket");
    assert_eq!(ticket_of, ticket.as_str());
}

#[test]
fn who_is_mentioned_gets_a_mail_unless_mails_are_off() {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    site.outgoing_account();
    let ticket = site.ticket().create().name;
    let text = format!(
        "<p><span data-type=\"mention\" data-id=\"{}\">@Bob</span> <img src=\"/files/a.png\"></p>",
        bob.id()
    );

    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    comment(&ada, &ticket, &text);
    assert_eq!(site.count("Email Queue"), 0);
    site.set("HD Settings", json!({ "skip_email_workflow": 0 }));
    let name = comment(&ada, &ticket, &text);

    let args = json!({ "fields": ["name", "message"] });
    let reply = site.admin().list("Email Queue", args).ok();
    let mails = reply.data().as_array().unwrap();
    assert_eq!(mails.len(), 1);
    let mail = helpdesk_tests::mail_text(mails[0]["message"].as_str().unwrap());
    for words in [
        "New notification".to_owned(),
        "mentioned you in a comment".to_owned(),
        "src=\"https://help.example/files/a.png\"".to_owned(),
        format!("https://help.example/helpdesk/tickets/{ticket}#{name}"),
        "See Comment".to_owned(),
    ] {
        assert!(mail.contains(&words), "{words}: {mail}");
    }
}

#[test]
fn notices_are_cleared_by_ticket_and_comment_and_only_ones_own() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let ticket = site.ticket().create().name;
    let other = site.ticket().create().name;
    let about = |user: &TestUser, ticket: &str| {
        site.insert(
            "HD Notification",
            json!({
                "user_to": user.id(), "user_from": "Administrator", "notification_type": "Assignment",
                "reference_ticket": ticket,
            }),
        )
    };
    let (first, second, bobs) = (about(&ada, &ticket), about(&ada, &other), about(&bob, &ticket));
    let read = |name: &str| site.value("HD Notification", name, "read");
    let modified = site.value("HD Notification", &first, "modified");
    let clear = "helpdesk.helpdesk.doctype.hd_notification.utils.clear";

    ada.call(clear, json!({ "ticket": ticket })).ok();
    assert_eq!(
        (read(&first), read(&second), read(&bobs)),
        (json!(1), json!(0), json!(0))
    );
    assert_eq!(site.value("HD Notification", &first, "modified"), modified);
    ada.call(clear, json!({ "comment": "none" })).ok();
    assert_eq!(read(&second), 0);
    ada.call(clear, json!({})).ok();
    assert_eq!((read(&second), read(&bobs)), (json!(1), json!(0)));
    site.guest().call(clear, json!({})).status(403);
}

#[test]
fn reactions_ask_for_the_ticket_even_while_they_are_off() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let ticket = site.ticket().create().name;
    let comment = comment(&ada, &ticket, "Hm");

    for emoji in ["👍", "zzz"] {
        react(&carl, &comment, emoji).status(403);
        assert_eq!(react(&ada, &comment, emoji).ok().json.get("message"), None);
    }
    react(&ada, "nope", "👍").ok();
    site.set("HD Settings", json!({ "enable_comment_reactions": 1 }));
    assert_eq!(
        react(&ada, "nope", "👍").status(417).exc_type(),
        "ValidationError"
    );
    react(&carl, &comment, "zzz").status(403);
}
