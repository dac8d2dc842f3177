//! Calling methods: paths, verbs, arguments, and the list of all of them.

use std::fmt::Write;

use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::method::{Limit, Method, RateLimit};
use helpdesk_core::prelude::*;
use helpdesk_tests::TestSite;

/// Says back what it understood.
#[whitelist(allow_guest)]
fn echo(
    number: i64,
    words: Option<Vec<String>>,
    #[arg(default = 20)] page: u32,
    #[arg(rename = "type")] kind: Option<String>,
) -> Value {
    json!([number, words, page, kind])
}

/// Says back what guests sent as it came through the sanitiser.
#[whitelist(allow_guest)]
fn said(text: String) -> String {
    text
}

#[whitelist(allow_guest, methods = [PUT])]
fn only_put() -> &'static str {
    "put"
}

#[whitelist(allow_guest)]
fn nothing() {}

const ECHO: &str = "probe.methods.echo";

#[test]
fn a_method_answers_under_its_path_and_its_alias_in_both_envelopes() {
    let site = TestSite::start();
    let guest = site.guest();

    assert_eq!(
        guest.get("/api/method/frappe.ping").json,
        json!({ "message": "pong" })
    );
    assert_eq!(guest.get("/api/method/ping").json, json!({ "message": "pong" }));
    assert_eq!(
        guest.get("/api/v1/method/ping").json,
        json!({ "message": "pong" })
    );
    assert_eq!(guest.get("/api/v2/method/ping").json, json!({ "data": "pong" }));
    assert_eq!(guest.call("ping", json!({})).json, json!({ "message": "pong" }));
}

#[test]
fn what_returns_nothing_answers_an_empty_object() {
    let site = TestSite::start();

    let reply = site.guest().call("probe.methods.nothing", json!({})).ok();

    assert_eq!(reply.text, "{}");
}

#[test]
fn arguments_are_the_same_from_json_form_and_query() {
    let site = TestSite::start();
    let guest = site.guest();
    let args = json!({ "number": 7, "words": ["a", "b"], "page": 5, "type": "x" });
    let understood = json!([7, ["a", "b"], 5, "x"]);

    let json = guest.call(ECHO, args.clone());
    let form = guest
        .request("POST", &format!("/api/method/{ECHO}"))
        .form(&args)
        .send();
    let query = guest.call_get(ECHO, args);

    assert_eq!(*json.message(), understood);
    assert_eq!(*form.message(), understood);
    assert_eq!(*query.message(), understood);
}

#[test]
fn form_fields_win_over_the_query_and_json_is_alone() {
    let site = TestSite::start();
    let path = format!("/api/method/{ECHO}?number=1&page=9");
    let guest = site.guest();

    let form = guest.request("POST", &path).form(&json!({ "number": 2 })).send();
    let json = guest.request("POST", &path).json(&json!({ "number": 3 })).send();

    assert_eq!(*form.message(), json!([2, null, 9, null]));
    assert_eq!(*json.message(), json!([3, null, 20, null]));
}

#[test]
fn arguments_nobody_asked_for_are_dropped() {
    let site = TestSite::start();

    let reply = site.guest().call(
        ECHO,
        json!({ "number": 1, "surplus": true, "cx": 1, "ignore_permissions": 1 }),
    );

    assert_eq!(*reply.ok().message(), json!([1, null, 20, null]));
}

#[test]
fn a_missing_argument_is_named() {
    let site = TestSite::start();

    let reply = site.admin().call(ECHO, json!({})).status(417);

    assert_eq!(reply.exc_type(), "FrappeTypeError");
    assert!(reply.text.contains("number"), "{reply:?}");
}

#[test]
fn an_argument_of_the_wrong_type_is_named() {
    let site = TestSite::start();

    for wrong in [
        json!("many"),
        json!([1]),
        json!({ "a": 1 }),
        json!(null),
        json!(1.5),
    ] {
        let reply = site
            .admin()
            .call(ECHO, json!({ "number": wrong.clone() }))
            .status(417);

        assert_eq!(reply.exc_type(), "FrappeTypeError", "{wrong}");
        assert!(reply.text.contains("number"), "{reply:?}");
    }
}

#[test]
fn what_guests_send_is_sanitised() {
    let site = TestSite::start();
    let text = json!({ "text": "<b>bold</b><script>alert(1)</script>" });

    let guest = site.guest().call("probe.methods.said", text.clone());
    let admin = site.admin().call("probe.methods.said", text.clone());

    assert!(!guest.ok().text.contains("script"));
    assert_eq!(*admin.message(), text["text"]);
}

#[test]
fn a_method_refuses_verbs_it_does_not_take() {
    let site = TestSite::start();
    let guest = site.guest();
    let path = "/api/method/probe.methods.only_put";

    assert_eq!(guest.put(path, json!({})).json, json!({ "message": "put" }));
    for verb in ["GET", "POST", "DELETE"] {
        let reply = guest.request(verb, path).send().status(403);
        assert_eq!(reply.exc_type(), "PermissionError", "{verb}");
    }
    let unknown = guest.request("BREW", path).send().status(405);
    assert!(unknown.header("allow").unwrap().contains("PUT"));
}

#[test]
fn a_guest_can_not_call_what_guests_may_not() {
    let site = TestSite::start();

    let reply = site
        .guest()
        .call("frappe.client.get_count", json!({ "doctype": "HD Ticket" }));

    assert_eq!((reply.status, reply.exc_type()), (403, "PermissionError"));
}

#[test]
fn an_unknown_path_says_what_is_unknown() {
    let site = TestSite::start();
    let reason = |path: &str| {
        let reply = site.guest().call(path, json!({})).status(417);
        assert_eq!(reply.exc_type(), "ValidationError");
        reply.messages().join(" / ")
    };

    assert!(reason("frappe.client.nothing").contains("has no attribute 'nothing'"));
    assert!(reason("frappe.nothing.get").contains("No module named 'frappe.nothing'"));
    assert!(reason("nothing.at.all").starts_with("App nothing is not installed"));
    // Rust functions of the framework that are not marked are no methods.
    assert!(reason("helpdesk.api.agents.is_agent").contains("Failed to get method"));
}

#[test]
fn the_argument_cmd_names_a_method_too() {
    let site = TestSite::start();

    let reply = site
        .guest()
        .request("POST", "/api/method/nothing.at.all")
        .form(&json!({ "cmd": "ping" }))
        .send();

    assert_eq!(reply.json, json!({ "message": "pong" }));
}

/// A method that guests may call, lost its limit or vanished shows in the difference of this list.
#[test]
fn the_methods_are_those_listed() {
    helpdesk_api::link();
    let mut list = String::new();
    for method in Dispatch::global().unwrap().methods() {
        if method.package != env!("CARGO_PKG_NAME") {
            line(&mut list, method);
        }
    }
    insta::assert_snapshot!(list);
}

fn line(list: &mut String, method: &Method) {
    let _ = write!(list, "{}", method.path);
    for alias in method.aliases {
        let _ = write!(list, " = {alias}");
    }
    let params: Vec<&str> = method.params.iter().map(|param| param.name).collect();
    let _ = write!(list, "({})", params.join(", "));
    let _ = write!(list, " {}", method.verbs.names().join("|"));
    if method.allow_guest {
        list.push_str(" guest");
    }
    if method.xss_safe {
        list.push_str(" xss_safe");
    }
    for limit in method.limits {
        let _ = write!(list, " limit {}", shown(limit));
    }
    list.push('\n');
}

fn shown(limit: &RateLimit) -> String {
    let count = match limit.limit {
        Limit::Fixed(count) => count.to_string(),
        Limit::Of(_) => "as set".to_owned(),
    };
    let key = limit.key.map(|key| format!(" per {key}")).unwrap_or_default();
    let ip = if limit.ip_based { " per address" } else { "" };
    format!("{count}/{} s{key}{ip}", limit.seconds)
}
