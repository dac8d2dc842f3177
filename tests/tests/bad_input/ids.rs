//! Every argument of every method of the desk with names that are none of the caller's: answered as the contract says,
//! nothing told of what is hidden, nothing changed.

use helpdesk_core::method::Param;
use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Map, Value, json};

use super::watch::{Watch, judge};

/// Stands in whatever belongs to the foreign ticket, and nowhere else.
const SECRET: &str = "Zanzibar";

/// Arguments that choose no document: texts to be stored, switches, pages, choices.
const NO_IDS: [&str; 30] = [
    "content",
    "message",
    "subject",
    "description",
    "title",
    "html",
    "template",
    "text",
    "doc",
    "brand_name",
    "new_status_name",
    "emoji",
    "new_role",
    "invite",
    "delete_tickets",
    "send_welcome_mail_to_user",
    "reset_layout",
    "page_length",
    "columns",
    "rows",
    "is_default",
    "show_customer_portal_fields",
    "ignore_team_restrictions",
    "is_customer_portal",
    "new_ticket",
    "from_date",
    "to_date",
    "sort_order",
    "order_by",
    "value",
];

/// What is sent for the other arguments, so that the odd one is looked at.
fn usual(name: &str, own: &str) -> Value {
    match name {
        "name" | "ticket" | "ticket_id" | "ticket_name" | "source" | "target" => own.into(),
        "doctype" | "dt" => "HD Ticket".into(),
        "ticket_ids" => json!([own]),
        "doc" => json!({ "subject": "x" }),
        "scope" => "contact".into(),
        "emoji" => "👍".into(),
        "new_role" => "Agent".into(),
        "role" => "HD Customer".into(),
        "period" => "Last 30 days".into(),
        _ => "x".into(),
    }
}

/// A name in the form an argument takes it.
fn shaped(param: &Param, id: &str) -> Value {
    let kind = param.rust_type;
    match param.name {
        "attachments" => json!([{ "name": id, "file_url": id }]),
        "current_view" => json!({ "ticket": id, "name": id }),
        "filters" | "default_filters" => json!({ "name": id }),
        "view" => json!({ "name": id, "view_type": "list" }),
        "from_email" => json!({ "email_account": id, "email_id": id }),
        "customer" | "primary_contact" if kind.contains("Dict") => {
            json!({ "email": id, "customer_name": id })
        }
        _ if kind.contains("Vec") => json!([id]),
        _ if kind.contains("Dict") || kind.contains("Map") => json!({ "name": id }),
        _ => id.into(),
    }
}

struct Desk {
    site: TestSite,
    callers: Vec<TestUser>,
    /// A ticket that all callers but guests may read.
    own: String,
    /// Of a ticket none of them may read: it, its messages and comments, its contact and customer.
    foreign: Vec<String>,
}

fn desk() -> Desk {
    let site = TestSite::start();
    site.set(
        "HD Settings",
        json!({ "skip_email_workflow": 1, "enable_comment_reactions": 1, "restrict_tickets_by_agent_group": 1 }),
    );
    let ada = site.agent("ada@desk.example");
    let bob = site.agent("bob@desk.example");
    let carl = site.customer("carl@acme.example");
    site.organisation("Acme").member(&carl).create();
    let customer = site.organisation("Globex").create();
    let contact = site.insert("Contact", json!({ "first_name": "Zora" }));
    let team = site.team("Payments").member(&bob).create();
    site.team("Shipping").member(&ada).create();
    let own = site
        .ticket()
        .raised_by("carl@acme.example")
        .team("Shipping")
        .set("owner", "carl@acme.example")
        .create()
        .name;
    let ticket = site
        .ticket()
        .subject(SECRET)
        .set("description", format!("<p>{SECRET}</p>"))
        .team(&team)
        .set("customer", customer.as_str())
        .set("contact", contact.as_str())
        .create_as(&bob)
        .name;
    bob.call(
        "run_doc_method",
        json!({ "dt": "HD Ticket", "dn": ticket, "method": "new_comment", "args": { "content": format!("<p>{SECRET}</p>") } }),
    )
    .ok();
    let named = |doctype: &str, field: &str| {
        let filters = json!([[field, "=", ticket]]).to_string();
        let rows = site.admin().list(doctype, json!({ "filters": filters })).ok();
        rows.data()[0]["name"].as_str().unwrap().to_owned()
    };
    let foreign = vec![
        named("Communication", "reference_name"),
        named("HD Ticket Comment", "reference_ticket"),
        customer,
        contact,
        ticket,
    ];
    Desk {
        callers: vec![carl, ada, site.guest()],
        site,
        own,
        foreign,
    }
}

fn odd(foreign: &[String]) -> Vec<String> {
    let mut ids = foreign.to_vec();
    ids.extend(
        [
            "missing",
            "9999",
            "Default",
            "Shipping",
            "' OR 1=1 --",
            "<img src=x onerror=alert(1)>",
        ]
        .map(str::to_owned),
    );
    ids.push("x".repeat(10_000));
    ids
}

/// A request with one odd argument.
struct Attempt {
    what: String,
    method: &'static str,
    args: Value,
}

/// All methods of the desk and of its documents, each with each argument odd.
fn attempts(site: &TestSite, own: &str, id: &str) -> Vec<Attempt> {
    let args_of = |params: &'static [Param], odd: &Param| -> Map<String, Value> {
        let mut args = Map::new();
        for param in params.iter().filter(|param| !param.rest) {
            if param.name == odd.name {
                args.insert(param.name.to_owned(), shaped(param, id));
            } else if !param.has_default && !param.rust_type.starts_with("Option") {
                args.insert(param.name.to_owned(), usual(param.name, own));
            }
        }
        args
    };
    let is_id = |param: &&Param| !param.rest && !NO_IDS.contains(&param.name);
    let dispatch = &site.site().dispatch;
    let mut all = Vec::new();
    for method in dispatch
        .methods()
        .iter()
        .filter(|method| method.path.starts_with("helpdesk."))
    {
        for param in method.params.iter().filter(is_id) {
            all.push(Attempt {
                what: format!("{}({})", method.path, param.name),
                method: method.path,
                args: args_of(method.params, param).into(),
            });
        }
    }
    for method in dispatch
        .of_doctypes()
        .into_iter()
        .filter(|method| method.doctype.starts_with("HD "))
    {
        let called = |name: &str, args: Map<String, Value>| json!({ "dt": method.doctype, "dn": name, "method": method.name(), "args": args });
        let what = format!("{}::{}", method.doctype, method.name());
        let usual_args = method
            .method
            .params
            .iter()
            .filter(|param| !param.has_default && !param.rust_type.starts_with("Option"))
            .map(|param| (param.name.to_owned(), usual(param.name, own)))
            .collect();
        all.push(Attempt {
            what: format!("{what} of"),
            method: "run_doc_method",
            args: called(id, usual_args),
        });
        for param in method.method.params.iter().filter(is_id) {
            let on = if method.doctype == "HD Ticket" {
                own
            } else {
                "Acme"
            };
            all.push(Attempt {
                what: format!("{what}({})", param.name),
                method: "run_doc_method",
                args: called(on, args_of(method.method.params, param)),
            });
        }
    }
    all
}

#[test]
fn no_argument_of_any_method_reaches_what_is_hidden_or_changes_anything() {
    let desk = desk();
    let watch = Watch::new(&desk.site);
    for caller in &desk.callers {
        // Who has not been here before is noted; that is no change of what is looked at.
        caller.get("/api/method/frappe.auth.get_logged_user");
    }
    let before = watch.checksum();
    let mut wrong = Vec::new();
    let mut sent = 0;

    for id in odd(&desk.foreign) {
        for attempt in attempts(&desk.site, &desk.own, &id) {
            for caller in &desk.callers {
                let commits = watch.commits();
                let reply = caller.call(attempt.method, attempt.args.clone());
                sent += 1;
                let shown: String = id.chars().take(30).collect();
                let mut note = |what: &str| {
                    let text: String = reply.text.chars().take(300).collect();
                    wrong.push(format!(
                        "{} {shown:?} {}: {what}: {} {text}",
                        attempt.what,
                        caller.id(),
                        reply.status
                    ));
                };
                if let Err(error) = judge(&reply) {
                    note(&error);
                }
                if reply.text.contains(SECRET) {
                    note("tells what is hidden");
                }
                // Messages are shown as HTML; the rest of an answer is not.
                if reply
                    .messages()
                    .iter()
                    .any(|text| text.contains("<img") && text.contains("onerror"))
                {
                    note("shows what was sent as HTML");
                }
                if watch.commits() != commits {
                    note("committed");
                }
            }
        }
    }
    let after = watch.checksum();
    for (table, sum) in &before {
        if after.get(table) != Some(sum) {
            wrong.push(format!("{table} changed: {sum:?} {:?}", after.get(table)));
        }
    }

    assert!(
        wrong.is_empty(),
        "{} of {sent}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(sent > 2_000, "{sent}");
}
