//! Pages by cursor, and counts that stop.

use std::collections::BTreeSet;

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

/// A way to ask for a page: the arguments, the cursor.
type Way = fn(&TestUser, &Value, &str) -> Reply;

const V2: Way = |user, args, cursor| {
    let call = user.request("GET", "/api/v2/document/HD Ticket").query(args);
    call.query(&json!({ "cursor": cursor })).send()
};
const V1: Way = |user, args, cursor| {
    let mut args = args.clone();
    args["doctype"] = "HD Ticket".into();
    args["cursor"] = cursor.into();
    if let Some(limit) = args.as_object_mut().unwrap().remove("limit") {
        args["limit_page_length"] = limit;
    }
    user.call("frappe.client.get_list", args)
};

fn rows(reply: &Reply) -> Vec<Value> {
    let rows = reply.json.get("data").or_else(|| reply.json.get("message"));
    rows.unwrap().as_array().unwrap().clone()
}

fn name(row: &Value) -> String {
    row["name"].as_str().unwrap().to_owned()
}

/// 23 tickets at one moment, with few values in many fields and nothing in some.
fn site() -> TestSite {
    let site = TestSite::start();
    for i in 0..23 {
        let ticket = site.ticket().subject(["b", "Ä", "a"][i % 3]);
        let ticket = match i % 4 {
            0 => ticket.set("resolution_time", 0.1 + (i / 8) as f64),
            1 => ticket.set("priority", "High"),
            _ => ticket,
        };
        ticket.create();
    }
    for (i, name) in ["0003", "0011", "0012"].into_iter().enumerate() {
        site.change(
            "HD Ticket",
            name,
            json!({ "resolution_date": format!("2026-11-2{i} 10:00:00.25") }),
        );
    }
    site
}

#[test]
fn pages_hold_each_row_once_in_order_whatever_they_are_sorted_by() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    let all = site.count("HD Ticket");

    for (way, ask) in [("v1", V1), ("v2", V2)] {
        for order in [
            "",
            "name desc",
            "creation desc",
            "modified asc, name asc",
            "subject desc",
            "priority asc",
            "resolution_date asc",
            "resolution_date desc",
            "resolution_time asc",
            "resolution_time desc",
            "idx asc",
            "status",
        ] {
            let args = json!({ "fields": ["name", "subject"], "order_by": order, "limit": 4 });
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = ask(&ada, &args, &cursor).ok();
                let rows = rows(&page);
                assert!(
                    rows.iter().all(|row| row.as_object().unwrap().len() == 2),
                    "{page:?}"
                );
                seen.extend(rows.iter().map(name));
                match &page.json["next_cursor"] {
                    Value::String(next) => cursor.clone_from(next),
                    end => {
                        assert!(end.is_null(), "{page:?}");
                        break;
                    }
                }
                assert_eq!(rows.len(), 4, "{way} {order}");
                assert!(seen.len() < 40, "{way} by {order:?} goes round: {seen:?}");
            }
            let distinct: BTreeSet<&String> = seen.iter().collect();
            assert_eq!(
                (seen.len(), distinct.len()),
                (all as usize, all as usize),
                "{way} by {order:?}: {seen:?}"
            );
            let once = ask(&ada, &json!({ "order_by": order, "limit": 100 }), "").ok();
            assert_eq!(
                rows(&once).iter().map(name).collect::<Vec<_>>(),
                seen,
                "{way} by {order:?}"
            );
        }
    }
}

#[test]
fn pages_hold_still_while_rows_come_in() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    let args =
        json!({ "fields": ["name"], "order_by": "creation desc", "limit": 5, "filters": { "subject": "a" } });
    let expected: Vec<String> = rows(&V2(
        &ada,
        &json!({ "order_by": "creation desc", "filters": { "subject": "a" }, "limit": 100 }),
        "",
    ))
    .iter()
    .map(name)
    .collect();

    let first = V2(&ada, &args, "").ok();
    assert_eq!(first.json["has_next_page"], true);
    // At the same moment and of a later name: before all that was seen. Offsets would show a row twice now.
    for _ in 0..3 {
        site.ticket().subject("a").create();
    }
    let second = V2(&ada, &args, first.json["next_cursor"].as_str().unwrap()).ok();

    let seen: Vec<String> = rows(&first).iter().chain(&rows(&second)).map(name).collect();
    assert_eq!(seen, expected[..seen.len()]);
    assert_eq!(
        second.json["has_next_page"],
        second.json["next_cursor"].is_string()
    );
}

#[test]
fn a_cursor_is_of_one_list_and_can_not_be_made_up() {
    let site = site();
    let (ada, ben) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let args = json!({ "order_by": "subject asc", "limit": 2, "filters": { "priority": ["!=", "x"] } });
    for ask in [V1, V2] {
        let first = ask(&ada, &args, "").ok();
        let cursor = first.json["next_cursor"].as_str().unwrap().to_owned();
        ask(&ada, &args, &cursor).ok();
        // What somebody may not see is not in the pages of a cursor that another one had.
        assert_eq!(rows(&ask(&ben, &args, &cursor).ok()), Vec::<Value>::new());

        let mut flipped = cursor.clone().into_bytes();
        flipped[20] = if flipped[20] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        for forged in [
            flipped.as_str(),
            &cursor[..cursor.len() - 4],
            "x",
            "' OR 1=1 --",
            "[\"\",\"\",\"\"]",
            "eyJuYW1lIjoiMDAwMSJ9",
        ] {
            let reply = ask(&ada, &args, forged).status(417);
            assert_eq!(
                reply.json["exc_type"]
                    .as_str()
                    .or(reply.json["errors"][0]["type"].as_str()),
                Some("ValidationError")
            );
        }
        for other in [
            json!({ "order_by": "subject desc", "limit": 2, "filters": args["filters"] }),
            json!({ "order_by": "subject asc", "limit": 2 }),
            json!({ "order_by": "creation asc", "limit": 2, "filters": args["filters"] }),
        ] {
            ask(&ada, &other, &cursor).status(417);
        }
    }
    let of_v1 = V1(&ada, &args, "").json["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    V2(&ada, &args, &of_v1).status(417);
    ada.call(
        "frappe.client.get_list",
        json!({ "doctype": "HD Ticket", "cursor": 5 }),
    )
    .status(417);
}

#[test]
fn lists_without_one_order_have_no_cursor() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    for args in [
        json!({ "order_by": "subject asc, creation asc" }),
        json!({ "order_by": "subject asc, name desc" }),
        json!({ "order_by": "agent_group.team_name" }),
        json!({ "order_by": "count(name)" }),
        json!({ "order_by": "1" }),
        json!({ "group_by": "status" }),
        json!({ "fields": [{ "COUNT": "name" }] }),
        json!({ "limit": 0 }),
        json!({ "limit": 1001 }),
    ] {
        for ask in [V1, V2] {
            let reply = ask(&ada, &args, "");
            assert!(reply.status == 417 || reply.status == 403, "{args}: {reply:?}");
        }
    }
    V2(&ada, &json!({ "start": 1 }), "").status(417);
}

#[test]
fn counting_stops_where_it_is_told_to() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    let v1 = |args: Value| ada.call("frappe.client.get_count", args);
    let v2 = |args: Value| {
        let call = ada.request("GET", "/api/v2/doctype/HD Ticket/count");
        call.query(&args).send()
    };
    let all = site.count("HD Ticket");

    for (limit, expected) in [
        (json!(5), 5),
        (json!("5"), 5),
        (json!(1001), all),
        (json!(0), all),
    ] {
        let args = json!({ "doctype": "HD Ticket", "limit": limit });
        assert_eq!(*v1(args.clone()).ok().message(), expected, "{limit}");
        assert_eq!(*v2(args).ok().data(), expected, "{limit}");
    }
    assert_eq!(*v1(json!({ "doctype": "HD Ticket" })).message(), all);
    let some = json!({ "doctype": "HD Ticket", "limit": 3, "filters": { "subject": "a" } });
    assert_eq!(*v1(some.clone()).message(), 3);
    assert_eq!(*v2(some).data(), 3);
    v1(json!({ "doctype": "HD Ticket", "limit": -1 })).status(417);
    v2(json!({ "limit": -1 })).status(417);
    let carl = site.customer("carl@acme.example");
    assert_eq!(
        *carl
            .call(
                "frappe.client.get_count",
                json!({ "doctype": "HD Ticket", "limit": 5 })
            )
            .message(),
        0
    );
}
