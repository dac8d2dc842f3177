//! `helpdesk.api.search`: what is found, by whom, and how it is shown.

use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::query::{self, ListRequest};
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const SEARCH: &str = "helpdesk.api.search.search";
const OPTIONS: &str = "helpdesk.api.search.get_filter_options";

fn search(user: &TestUser, query: &str) -> Reply {
    user.call(SEARCH, json!({ "query": query })).ok()
}

fn filtered(user: &TestUser, query: &str, filters: &Value) -> Vec<String> {
    names(
        &user
            .call(SEARCH, json!({ "query": query, "filters": filters.to_string() }))
            .ok(),
    )
}

fn names(reply: &Reply) -> Vec<String> {
    let hits = reply.message()["results"].as_array().unwrap().iter();
    hits.map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

fn found(user: &TestUser, query: &str) -> Vec<String> {
    let mut names = names(&search(user, query));
    names.sort();
    names
}

/// A ticket without the mail that is made of its description.
fn ticket(site: &TestSite, subject: &str, description: &str) -> String {
    let ticket = site.ticket().subject(subject).set("description", description);
    let name = ticket.create().name;
    site.transaction(|cx| {
        let meta = meta_of(cx, "Communication")?;
        let mails = ListRequest {
            filters: json!({ "reference_name": name }),
            ..ListRequest::of("Communication")
        };
        for mail in query::list_values(cx, &mails)? {
            save::delete(cx, &meta, mail["name"].as_str().unwrap())?;
        }
        Ok(())
    });
    name
}

fn id(ticket: &str) -> String {
    format!("HD Ticket:{ticket}")
}

fn mail(site: &TestSite, ticket: &str, content: &str) -> String {
    let mail = json!({
        "subject": "Re", "content": content, "sender": "carl@acme.example", "communication_type": "Communication",
        "communication_medium": "Email", "sent_or_received": "Received", "reference_doctype": "HD Ticket",
        "reference_name": ticket,
    });
    format!("Communication:{}", site.insert("Communication", mail))
}

fn comment(site: &TestSite, ticket: &str, content: &str) -> String {
    let comment =
        json!({ "reference_ticket": ticket, "content": content, "commented_by": "ada@desk.example" });
    format!("HD Ticket Comment:{}", site.insert("HD Ticket Comment", comment))
}

/// Sets when a document was changed last.
fn aged(site: &TestSite, ticket: &str, modified: &str) {
    let changes = [("modified", Value::from(modified))];
    site.transaction(|cx| storage::set_columns(cx, "HD Ticket", ticket, &changes));
}

#[test]
fn a_document_has_all_words_or_their_beginnings() {
    let site = TestSite::start();
    let jam = id(&ticket(
        &site,
        "Printer jam",
        "<p>The <b>Zürich</b> office is waiting</p>",
    ));
    let fire = id(&ticket(
        &site,
        "Printer on fire",
        "<p>No joke, <i>room</i>s 7 and 8</p>",
    ));
    let (jam, fire) = (jam.as_str(), fire.as_str());
    let ada = site.agent("ada@desk.example");

    assert_eq!(found(&ada, "printer"), [jam, fire]);
    assert_eq!(
        found(&ada, "PRINT zurich"),
        [jam],
        "a beginning, no case, no diacritics"
    );
    assert_eq!(found(&ada, "jam fire"), Vec::<String>::new());
    assert_eq!(found(&ada, "rooms fire"), [fire], "a tag inside a word");
    assert_eq!(
        found(&ada, "ja"),
        Vec::<String>::new(),
        "short words are whole ones"
    );
    assert_eq!(found(&ada, "jam"), [jam]);
}

#[test]
fn hits_and_summary_have_exactly_these_parts() {
    let site = TestSite::start();
    site.agent("ada@desk.example");
    let ticket = ticket(&site, "Invoice <lost> & found", "<p>Where is the invoice?</p>");
    site.change("HD Ticket", &ticket, json!({ "priority": "High" }));
    mail(&site, &ticket, "<p>An <b>invoice</b> again</p>");

    let mut reply = search(&site.admin(), "Invoice");

    let message = &mut reply.json["message"];
    assert!(message["summary"]["duration"].is_f64());
    message["summary"]["duration"] = json!("[duration]");
    for hit in message["results"].as_array_mut().unwrap() {
        assert!(hit["bm25_score"].as_f64().unwrap() < 0.0);
        hit["bm25_score"] = json!("[rank]");
        if hit["doctype"] == "Communication" {
            hit["name"] = json!("[name]");
            hit["id"] = json!("[id]");
        }
    }
    insta::assert_snapshot!(reply.pretty());
}

#[test]
fn titles_alone_can_be_looked_at() {
    let site = TestSite::start();
    let one = ticket(&site, "Printer", "<p>paper</p>");
    ticket(&site, "Paper", "<p>printer</p>");
    let ada = site.agent("ada@desk.example");

    let reply = ada
        .call(SEARCH, json!({ "query": "printer", "title_only": true }))
        .ok();

    assert_eq!(names(&reply), [id(&one)]);
    assert_eq!(
        reply.message()["results"][0]["content"],
        "paper",
        "the text as it is"
    );
    assert_eq!(reply.message()["summary"]["title_only"], true);
}

#[test]
fn a_word_that_is_nowhere_is_taken_for_one_that_is_alike() {
    let site = TestSite::start();
    let ticket = ticket(&site, "Delivery is late", "<p>My password</p>");
    let ada = site.agent("ada@desk.example");

    let reply = search(&ada, "delivrey pasword");

    assert_eq!(names(&reply), [id(&ticket)]);
    let summary = &reply.message()["summary"];
    assert_eq!(
        summary["corrected_words"],
        json!({ "delivrey": "delivery", "pasword": "password" })
    );
    assert_eq!(summary["corrected_query"], "delivery password");
    let nothing = search(&ada, "zzzzzzz");
    assert_eq!(nothing.message()["results"], json!([]));
    assert_eq!(nothing.message()["summary"]["corrected_words"], Value::Null);
    let right = search(&ada, "delivery");
    assert_eq!(right.message()["summary"]["corrected_query"], Value::Null);

    // A word goes with its last document: nothing leads to it any more.
    site.change(
        "HD Ticket",
        &ticket,
        json!({ "subject": "Nothing", "description": "Nothing" }),
    );
    assert_eq!(
        search(&ada, "delivrey").message()["summary"]["corrected_words"],
        Value::Null
    );
}

#[test]
fn stop_words_and_synonyms_of_the_site_count() {
    let site = TestSite::start();
    let car = id(&ticket(&site, "My car is broken", "x"));
    let auto = id(&ticket(&site, "The automobile stands", "x"));
    let (car, auto) = (car.as_str(), auto.as_str());
    let ada = site.agent("ada@desk.example");
    assert_eq!(found(&ada, "please car"), Vec::<String>::new());

    site.insert("HD Stopword", json!({ "word": "please", "enabled": 1 }));
    site.insert("HD Stopword", json!({ "word": "broken", "enabled": 0 }));
    site.insert(
        "HD Synonyms",
        json!({ "word": "car", "synonyms": [{ "synonym": "automobile" }] }),
    );

    assert_eq!(found(&ada, "Please car"), [car, auto]);
    assert_eq!(found(&ada, "automobile"), [car, auto], "in either direction");
    assert_eq!(
        found(&ada, "car broken"),
        [car],
        "a stop word that is off is none"
    );
    assert_eq!(
        found(&ada, "please"),
        Vec::<String>::new(),
        "nothing else was asked"
    );
}

#[test]
fn a_query_is_two_characters_at_least_and_arguments_have_types() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    for query in ["", " ", "a", "  é  "] {
        let reply = ada.call(SEARCH, json!({ "query": query })).status(417);
        assert_eq!(reply.exc_type(), "ValidationError", "{query:?}");
        assert_eq!(reply.messages(), ["Search query must be at least 2 characters"]);
    }
    for args in [
        json!({}),
        json!({ "query": "ab", "limit": "many" }),
        json!({ "query": "ab", "title_only": "maybe" }),
        json!({ "query": ["ab"] }),
    ] {
        assert_eq!(ada.call(SEARCH, args).status(417).exc_type(), "FrappeTypeError");
    }
}

#[test]
fn filters_narrow_and_odd_ones_are_told() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.team("Payments").member(&ada).create();
    site.organisation("Acme Rockets").create();
    let one = site
        .ticket()
        .subject("Printer one")
        .set("priority", "High")
        .team("Payments");
    let one = id(&one.organisation("Acme Rockets").create().name);
    let two = site
        .ticket()
        .subject("Printer two")
        .set("priority", "Low")
        .create()
        .name;
    let note = comment(&site, &two, "printer");
    let two = id(&two);
    let (note, one, two) = (note.as_str(), one.as_str(), two.as_str());

    let sorted = |filters: Value| {
        let mut names = filtered(&ada, "printer", &filters);
        names.sort();
        names
    };
    assert_eq!(sorted(json!({})), [note, one, two]);
    assert_eq!(sorted(json!({ "priority": "High" })), [one]);
    assert_eq!(sorted(json!({ "priority": ["High", "Low"] })), [one, two]);
    assert_eq!(sorted(json!({ "agent_group": ["like", "PAY"] })), [one]);
    assert_eq!(sorted(json!({ "agent_group": ["LIKE", ["zz", "ments"]] })), [one]);
    assert_eq!(
        sorted(json!({ "agent_group": ["LIKE", "%"] })),
        Vec::<String>::new()
    );
    assert_eq!(sorted(json!({ "customer": "Acme Rockets" })), [one]);
    assert_eq!(sorted(json!({ "doctype": "HD Ticket Comment" })), [note]);
    assert_eq!(sorted(json!({ "owner": "ada@desk.example" })), [note]);
    assert_eq!(sorted(json!({ "status": [] })), Vec::<String>::new());
    assert_eq!(
        sorted(json!({ "status": "", "priority": null })),
        [note, one, two],
        "unset filters"
    );
    assert_eq!(sorted(json!({ "status": "' OR 1=1 --" })), Vec::<String>::new());

    let ignored = ada
        .call(SEARCH, json!({ "query": "printer", "filters": "{no json" }))
        .ok();
    assert_eq!(ignored.message()["results"].as_array().unwrap().len(), 3);
    assert_eq!(ignored.message()["summary"]["applied_filters"], json!({}));
    for filters in [
        json!({ "1=1; --": "x" }),
        json!({ "status": { "a": 1 } }),
        json!({ "status": [["a"]] }),
    ] {
        let args = json!({ "query": "printer", "filters": filters.to_string() });
        assert_eq!(ada.call(SEARCH, args).status(417).exc_type(), "ValidationError");
    }
    let applied = ada.call(
        SEARCH,
        json!({ "query": "printer", "filters": "{\"priority\":\"Low\"}" }),
    );
    assert_eq!(
        applied.ok().message()["summary"]["applied_filters"],
        json!({ "priority": "Low" })
    );
}

#[test]
fn words_in_the_title_count_most_and_then_what_changed_lately() {
    let site = TestSite::builder().now("2026-11-22T07:13:00Z").start();
    let body = ticket(&site, "Something", "<p>printer jam</p>");
    let old = ticket(&site, "Printer jam", "x");
    let new = ticket(&site, "The printer jam", "and more of the same");
    let half = ticket(&site, "The printer", "<p>jam</p>");
    for (ticket, modified) in [
        (&body, "2026-11-22 07:00:00"),
        (&old, "2026-01-01 00:00:00"),
        (&new, "2026-11-20 00:00:00"),
        (&half, "2026-01-01 00:00:00"),
    ] {
        aged(&site, ticket, modified);
    }
    let ada = site.agent("ada@desk.example");

    let reply = search(&ada, "printer jam");

    let hits = reply.message()["results"].as_array().unwrap();
    let shown: Vec<(Value, f64)> = hits
        .iter()
        .map(|hit| (hit["name"].clone(), hit["score"].as_f64().unwrap()))
        .collect();
    // 5 for the whole query, 2 + 3/2 for half of it; 1.8, 1.5 and 0.5 by age.
    assert_eq!(
        shown,
        [
            (json!(new), 7.5),
            (json!(old), 2.5),
            (json!(body), 1.8),
            (json!(half), 1.75)
        ]
    );
    let ranks: Vec<i64> = hits
        .iter()
        .map(|hit| hit["modified_rank"].as_i64().unwrap())
        .collect();
    assert_eq!(ranks, [1, 2, 3, 4]);
}

#[test]
fn a_long_text_is_shown_by_its_best_part() {
    let site = TestSite::start();
    let long = format!(
        "<p>{} printer & <b>jam</b> {}</p>",
        "before ".repeat(200),
        "after ".repeat(200)
    );
    ticket(&site, "Long", &long);

    let reply = search(&site.admin(), "printer jam");

    let content = reply.message()["results"][0]["content"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        content.starts_with("...before") && content.ends_with("after..."),
        "{content}"
    );
    assert!(
        content.contains("<mark>printer</mark> &amp; <mark>jam</mark>"),
        "{content}"
    );
    assert_eq!(
        content.matches("before").count() + content.matches("after").count(),
        62
    );
}

/// Tickets, comments and mails of two customers and two teams.
struct Desk {
    site: TestSite,
    acme: String,
    globex: String,
    note: String,
    mail: String,
}

fn desk() -> Desk {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let (carl, cora) = (
        site.customer("carl@acme.example"),
        site.customer("cora@acme.example"),
    );
    let dina = site.customer("dina@globex.example");
    site.organisation("Acme Rockets")
        .member(&carl)
        .manager(&cora)
        .create();
    site.organisation("Globex Pumps").member(&dina).create();
    site.team("Payments").member(&ada).create();
    site.team("Shipping").member(&bob).create();
    let made = |subject: &str, user: &TestUser, customer: &str, team: &str| {
        let ticket = site.ticket().subject(subject).raised_by(user.id());
        ticket.organisation(customer).team(team).create().name
    };
    let acme = made("Secret rocket", &carl, "Acme Rockets", "Payments");
    let globex = made("Secret pump", &dina, "Globex Pumps", "Shipping");
    let note = comment(&site, &acme, "<p>a secret between agents</p>");
    let mail = mail(&site, &acme, "<p>a secret by mail</p>");
    Desk {
        acme,
        globex,
        note,
        mail,
        site,
    }
}

#[test]
fn everybody_finds_what_their_tickets_let_them_see() {
    let desk = desk();
    let site = &desk.site;
    let mut all = vec![
        id(&desk.acme),
        id(&desk.globex),
        desk.note.clone(),
        desk.mail.clone(),
    ];
    all.sort();

    let guest = site
        .guest()
        .call(SEARCH, json!({ "query": "secret" }))
        .status(403);
    assert_eq!(guest.exc_type(), "PermissionError");
    assert_eq!(
        found(&site.customer("carl@acme.example"), "secret"),
        [id(&desk.acme)]
    );
    assert_eq!(
        found(&site.customer("cora@acme.example"), "secret"),
        [id(&desk.acme)],
        "the manager"
    );
    assert_eq!(
        found(&site.customer("dina@globex.example"), "secret"),
        [id(&desk.globex)]
    );
    assert_eq!(
        found(&site.customer("eva@other.example"), "secret"),
        Vec::<String>::new()
    );
    assert_eq!(found(&site.agent("ada@desk.example"), "secret"), all);
    assert_eq!(found(&site.admin(), "secret"), all);
    let nora = site
        .user("nora@office.example")
        .call(SEARCH, json!({ "query": "secret" }));
    assert_eq!(nora.status(403).exc_type(), "PermissionError");

    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let mut own = vec![id(&desk.acme), desk.note.clone(), desk.mail.clone()];
    own.sort();
    assert_eq!(found(&site.agent("ada@desk.example"), "secret"), own);
    assert_eq!(
        found(&site.agent("bob@desk.example"), "secret"),
        [id(&desk.globex)]
    );
    assert_eq!(
        found(&site.agent("eve@desk.example"), "secret"),
        Vec::<String>::new()
    );
}

#[test]
fn no_filter_lets_a_customer_see_more() {
    let desk = desk();
    let carl = desk.site.customer("carl@acme.example");

    for filters in [
        json!({ "reference_ticket": desk.globex }),
        json!({ "name": ["LIKE", ""] }),
        json!({ "doctype": ["HD Ticket Comment", "Communication"] }),
        json!({ "owner": ["LIKE", "a"], "doctype": "Communication" }),
    ] {
        let more: Vec<String> = filtered(&carl, "secret", &filters)
            .into_iter()
            .filter(|name| *name != id(&desk.acme))
            .collect();
        assert_eq!(more, Vec::<String>::new(), "{filters}");
    }
    let total = search(&carl, "secret").message()["summary"]["total_matches"].clone();
    assert_eq!(total, 1, "figures tell nothing of what is hidden");
}

#[test]
fn filter_options_count_what_the_caller_can_find() {
    let desk = desk();
    let site = &desk.site;
    let options = |user: &TestUser| user.call(OPTIONS, json!({})).ok().message().clone();

    let of_ada = options(&site.agent("ada@desk.example"));
    assert_eq!(of_ada["teams"], json!({ "Payments": 1, "Shipping": 1 }));
    assert_eq!(
        of_ada["statuses"],
        json!({ "Open": 3 }),
        "with the one each site has"
    );
    assert_eq!(of_ada["priorities"], json!({ "Medium": 3 }));
    assert_eq!(of_ada["customers"], json!({}));
    assert_eq!(of_ada["doctypes"]["HD Ticket"], 3);
    assert_eq!(of_ada["doctypes"]["HD Ticket Comment"], 1);
    assert!(of_ada["doctypes"]["Communication"].as_i64().unwrap() >= 1);

    let of_dina = options(&site.customer("dina@globex.example"));
    assert_eq!(of_dina["teams"], json!({ "Shipping": 1 }));
    assert_eq!(of_dina["doctypes"], json!({ "HD Ticket": 1 }));

    let none = json!({ "teams": {}, "statuses": {}, "priorities": {}, "customers": {}, "doctypes": {} });
    assert_eq!(options(&site.customer("eva@other.example")), none);
    assert_eq!(options(&site.user("nora@office.example")), none);
    assert_eq!(
        site.guest().call(OPTIONS, json!({})).status(403).exc_type(),
        "PermissionError"
    );

    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    assert_eq!(
        options(&site.agent("bob@desk.example"))["teams"],
        json!({ "Shipping": 1 })
    );
}

#[test]
fn no_text_is_an_error() {
    let site = TestSite::start();
    let one = ticket(
        &site,
        "Printer \"jam\" *now* (it's 100%)",
        "a_b-c <p>日本語 Привет</p> 😀",
    );
    let ada = site.agent("ada@desk.example");
    let punctuation: Vec<char> = (' '..='~').filter(|c| !c.is_ascii_alphanumeric()).collect();

    let mut queries: Vec<String> = punctuation.iter().map(|c| format!("{c}{c}")).collect();
    queries.extend(punctuation.iter().map(|c| format!("printer{c}jam {c}now{c}")));
    queries.extend(
        punctuation
            .iter()
            .map(|c| format!("{c}printer {c} AND{c} NOT {c}")),
    );
    queries.extend(
        [
            "NEAR(a b)",
            "title:x",
            "{title} : x",
            "a OR",
            "OR OR",
            "NOT",
            "^printer",
            "\"unclosed",
            "a:*",
            "'a':*A & b",
            "<-> &",
            "\\\\",
            "\u{0}\u{0}",
            "é\u{301}",
            "日本語",
            "😀😀",
            "\u{202e}abc",
            "привет",
            "ｆｕｌｌ",
            "ß",
            "a\u{300}b",
        ]
        .map(str::to_owned),
    );
    queries.push("printer ".repeat(1300));
    queries.push("x".repeat(10_240));
    queries.push("(".repeat(10_240));
    queries.push((0..2_500).map(|n| format!("w{n} ")).collect());
    for query in &queries {
        let reply = ada.call(SEARCH, json!({ "query": query }));
        let fits = reply.status == 200 || query.trim().chars().count() < 2 && reply.status == 417;
        assert!(fits, "{query:?}: {} {}", reply.status, reply.text);
        let articles = ada.call("helpdesk.api.article.search", json!({ "query": query }));
        assert_eq!(articles.status, 200, "{query:?}: {}", articles.text);
    }
    for query in ["日本語", "привет", "printer's jam", "\"jam\" (100%)", "a_b-c"] {
        let expected = if query.contains('\'') {
            vec![]
        } else {
            vec![id(&one)]
        };
        assert_eq!(found(&ada, query), expected, "{query}");
    }
    let repeated = "printer ".repeat(1300);
    assert_eq!(found(&ada, &repeated), [id(&one)]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { max_shrink_iters: 20, failure_persistence: None, ..proptest::prelude::ProptestConfig::with_cases(1) })]
    #[test]
    fn any_query_is_answered(queries in proptest::collection::vec(".{2,40}", 150)) {
        let site = TestSite::start();
        ticket(&site, "Printer jam", "<p>now</p>");
        let ada = site.agent("ada@desk.example");
        for query in queries {
            let reply = ada.call(SEARCH, json!({ "query": query, "filters": json!({ "status": query.replace('\0', "") }).to_string() }));
            let fits = reply.status == 200 || query.trim().chars().count() < 2 && reply.status == 417;
            assert!(fits, "{query:?}: {} {}", reply.status, reply.text);
        }
    }
}
