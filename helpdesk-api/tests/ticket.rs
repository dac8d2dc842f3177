//! Tickets made, changed and deleted on the conformance data, against what the original answered.
//!
//! Needs `../shared/conformance/dataset.jsonl`; without it every test passes with a message.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests")]

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use helpdesk_core::clock::Clock;
use helpdesk_core::config::{Config, Durability};
use helpdesk_core::cx::Cx;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::error::{Error, ErrorKind, Result};
use helpdesk_core::method::Verb;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use helpdesk_core::{load, users};
use serde_json::{Map, Value, json};

const NOW: &str = "2026-11-22T07:13:00Z";
const AGENT: &str = "arun.agent@desk.example";
const MANAGER: &str = "maya.manager@desk.example";
const CUSTOMER: &str = "carl@acme.example";
const MEMBER: &str = "dina@globex.example";

/// A site of the conformance data; what a test does to it is rolled back.
static SITE: LazyLock<Option<(Arc<Site>, tempfile::TempDir)>> = LazyLock::new(|| {
    // The reference that makes the linker keep the app.
    assert!(!helpdesk_api::install::CUSTOMIZATIONS.is_empty());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/dataset.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let site = Site::open(Opening {
        folder: folder.path().to_owned(),
        config: Config {
            durability: Durability::Relaxed,
            ..Config::default()
        },
        clock: Some(Clock::fixed_at(NOW.parse().unwrap(), jiff::tz::TimeZone::UTC)),
        mode: OpenMode::Exclusive,
    })
    .unwrap();
    let mut cx = site
        .context(Arc::new(Session::administrator()), Verb::Post)
        .unwrap();
    load::load(&mut cx, &text, false, &mut |_| ()).unwrap();
    site.finish(cx).unwrap();
    Some((site, folder))
});

/// Writers wait for each other only for so long; the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

fn on_site(test: impl FnOnce(&mut Cx)) {
    let Some((site, _)) = SITE.as_ref() else { return };
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut cx = site
        .context(Arc::new(Session::administrator()), Verb::Post)
        .unwrap();
    test(&mut cx);
}

fn as_user<T>(cx: &mut Cx, user: &str, body: impl FnOnce(&mut Cx) -> T) -> T {
    let session = users::session_of(cx, user).unwrap().unwrap();
    cx.as_user(Arc::new(session), body)
}

fn object(values: Value) -> Map<String, Value> {
    values.as_object().cloned().unwrap()
}

fn insert(cx: &mut Cx, user: &str, doctype: &str, values: Value) -> Result<Document> {
    as_user(cx, user, |cx| {
        let meta = meta_of(cx, doctype)?;
        let mut doc = save::new_document(cx, &meta, &object(values))?;
        save::insert(cx, &mut doc)?;
        Ok(doc)
    })
}

fn ticket(cx: &mut Cx, user: &str, values: Value) -> Result<Document> {
    insert(cx, user, "HD Ticket", values)
}

fn update(cx: &mut Cx, user: &str, doctype: &str, name: &str, values: Value) -> Result<Document> {
    as_user(cx, user, |cx| {
        let meta = meta_of(cx, doctype)?;
        save::update(cx, &meta, name, &object(values))
    })
}

fn delete(cx: &mut Cx, user: &str, doctype: &str, name: &str) -> Result<()> {
    as_user(cx, user, |cx| {
        let meta = meta_of(cx, doctype)?;
        save::delete(cx, &meta, name)
    })
}

fn stored(cx: &mut Cx, doctype: &str, name: &str) -> Document {
    let meta = meta_of(cx, doctype).unwrap();
    storage::get(cx, &meta, name).unwrap()
}

fn activities(cx: &mut Cx, ticket: &str) -> Vec<String> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["action".into()],
            filters: json!({ "ticket": ticket }),
            ..ListRequest::of("HD Ticket Activity")
        },
    )
    .unwrap();
    let mut actions: Vec<String> = rows
        .iter()
        .map(|row| row["action"].as_str().unwrap().to_owned())
        .collect();
    actions.sort();
    actions
}

#[track_caller]
fn assert_has(doc: &Document, expected: Value) {
    let shown = serde_json::to_value(doc).unwrap();
    for (key, value) in object(expected) {
        assert_eq!(shown.get(&key).unwrap_or(&Value::Null), &value, "{key}");
    }
}

#[track_caller]
fn refusal(result: Result<Document>) -> Error {
    match result {
        Ok(doc) => panic!("made {}", serde_json::to_value(&doc).unwrap()),
        Err(error) => error,
    }
}

fn described() -> Value {
    json!({ "subject": "Created", "description": "<p>Body</p>", "raised_by": "ada@acme.example" })
}

#[test]
fn a_ticket_of_an_agent_is_answered_as_recorded() {
    on_site(|cx| {
        let made = ticket(cx, AGENT, described()).unwrap();

        assert_has(
            &made,
            json!({
                "name": "2002", "owner": AGENT, "raised_by": "ada@acme.example", "status": "Open", "priority": "Medium",
                "status_category": "Open", "ticket_type": "", "sla": "Default",
                "response_by": "2026-11-23 18:00:00", "resolution_by": "2026-11-25 18:00:00",
                "raised_outside_working_hours": 1, "agreement_status": "First Response Due",
                "service_level_agreement_creation": "2026-11-22 07:13:00", "opening_date": "2026-11-22",
                "via_customer_portal": 0, "is_merged": 0, "last_customer_response": null, "contact": null,
            }),
        );
        assert_eq!(made.text("key").len(), 36);
    });
}

#[test]
fn a_description_is_the_first_message() {
    on_site(|cx| {
        let made = ticket(cx, CUSTOMER, described()).unwrap();

        let messages = query::list_values(
            cx,
            &ListRequest {
                fields: [
                    "subject",
                    "sender",
                    "sent_or_received",
                    "status",
                    "content",
                    "communication_medium",
                ]
                .map(Value::from)
                .to_vec(),
                filters: json!({ "reference_doctype": "HD Ticket", "reference_name": made.name() }),
                ..ListRequest::of("Communication")
            },
        )
        .unwrap();
        assert_eq!(
            json!(messages),
            json!([{
                "subject": "Re: Created", "sender": CUSTOMER, "sent_or_received": "Received", "status": "Linked",
                "content": "<p>Body</p>", "communication_medium": "Email",
            }])
        );
        let stored = stored(cx, "HD Ticket", made.name());
        assert_has(
            &stored,
            json!({ "last_customer_response": "2026-11-22 07:13:00" }),
        );
    });
}

#[test]
fn a_customer_gets_contact_and_customer_and_then_the_agreement_of_the_customer() {
    on_site(|cx| {
        let values = json!({ "subject": "Customer via REST", "description": "<p>Body</p>" });
        let made = ticket(cx, CUSTOMER, values).unwrap();

        assert_has(
            &made,
            json!({
                "raised_by": CUSTOMER, "contact": "Carl Customer", "customer": "Acme Rockets", "sla": "Default",
                "response_by": "2026-11-23 18:00:00", "resolution_by": "2026-11-25 18:00:00",
            }),
        );
        let name = made.name();
        assert_has(
            &stored(cx, "HD Ticket", name),
            json!({
                "sla": "Premium Care",
                "response_by": "2026-11-23 12:00:00", "resolution_by": "2026-11-24 20:00:00",
            }),
        );
        assert_eq!(activities(cx, name), ["set SLA to Premium Care"]);

        let urgent = update(cx, CUSTOMER, "HD Ticket", name, json!({ "priority": "Urgent" })).unwrap();
        assert_has(
            &urgent,
            json!({ "response_by": "2026-11-23 08:15:00", "resolution_by": "2026-11-23 10:00:00" }),
        );
    });
}

#[test]
fn customers_raise_tickets_for_themselves() {
    on_site(|cx| {
        let other_contact = json!({ "subject": "Not mine", "contact": "Dina Customer" });
        assert_eq!(
            refusal(ticket(cx, CUSTOMER, other_contact.clone())).kind(),
            ErrorKind::PermissionError
        );
        let other_customer = json!({ "subject": "Not mine", "customer": "Hooli Farms" });
        assert_eq!(
            refusal(ticket(cx, CUSTOMER, other_customer.clone())).kind(),
            ErrorKind::ValidationError
        );

        assert!(ticket(cx, AGENT, other_contact).is_ok());
        assert!(ticket(cx, AGENT, other_customer).is_ok());
        assert!(
            ticket(
                cx,
                CUSTOMER,
                json!({ "subject": "Mine", "contact": "Carl Customer" })
            )
            .is_ok()
        );
    });
}

#[test]
fn the_status_of_a_new_ticket_is_not_the_callers_choice() {
    on_site(|cx| {
        let values = json!({ "subject": "want closed", "status": "Closed", "raised_by": "ada@acme.example" });
        let made = ticket(cx, AGENT, values).unwrap();

        // The category is still that of the status asked for (recorded).
        assert_has(
            &made,
            json!({ "status": "Open", "status_category": "Resolved", "agreement_status": "First Response Due" }),
        );
    });
}

#[test]
fn what_is_missing_or_wrong_is_refused() {
    on_site(|cx| {
        for (values, kind) in [
            (json!({ "description": "<p>Body</p>" }), ErrorKind::MandatoryError),
            (
                json!({ "subject": "x", "priority": "Extreme" }),
                ErrorKind::LinkValidationError,
            ),
            (
                json!({ "subject": "x", "raised_by": "not-an-email" }),
                ErrorKind::InvalidEmailAddressError,
            ),
            (
                json!({ "subject": "S".repeat(300) }),
                ErrorKind::CharacterLengthExceededError,
            ),
        ] {
            assert_eq!(refusal(ticket(cx, AGENT, values)).kind(), kind);
        }
        // Nulls are as nothing, and built-in users have no address.
        let nulls = json!({ "subject": "nulls", "priority": null, "ticket_type": null, "raised_by": null });
        let made = ticket(cx, AGENT, nulls.clone()).unwrap();
        assert_has(
            &made,
            json!({ "raised_by": AGENT, "priority": "Medium", "contact": "Arun Agent" }),
        );
        assert!(ticket(cx, "Administrator", nulls).is_ok());
    });
}

#[test]
fn a_ticket_is_closed_and_reopened_as_recorded() {
    on_site(|cx| {
        let name = ticket(cx, AGENT, described()).unwrap().name_text();
        let mut set = |values| update(cx, AGENT, "HD Ticket", &name, values).unwrap();

        assert_has(
            &set(json!({ "priority": "Urgent" })),
            json!({ "response_by": "2026-11-23 10:30:00", "resolution_by": "2026-11-23 12:00:00" }),
        );
        assert_has(
            &set(json!({ "status": "Closed" })),
            json!({
                "status_category": "Resolved", "agreement_status": "Fulfilled", "first_response_time": 0,
                "first_responded_on": "2026-11-22 07:13:00", "resolution_date": "2026-11-22 07:13:00",
                "resolution_time": 0, "total_hold_time": null,
            }),
        );
        assert_has(
            &set(json!({ "status": "Open", "status_category": "Open" })),
            json!({
                "status_category": "Open", "agreement_status": "Resolution Due", "total_hold_time": 0,
                "resolution_date": null, "resolution_time": null, "first_response_time": 0,
            }),
        );
        assert_eq!(
            activities(cx, &name),
            [
                "set priority to Urgent",
                "set status to Closed",
                "set status to Open"
            ]
        );
    });
}

#[test]
fn feedback_rates_a_ticket_and_then_freezes_it_in_the_portal() {
    on_site(|cx| {
        let values = json!({ "subject": "Rated", "via_customer_portal": 1 });
        let name = ticket(cx, CUSTOMER, values).unwrap().name_text();
        let feedback = json!({ "status": "Resolved", "feedback": "Prompt, informative support" });

        let rated = update(cx, CUSTOMER, "HD Ticket", &name, feedback).unwrap();

        assert_has(
            &rated,
            json!({ "feedback_rating": 0.8, "agreement_status": "Fulfilled" }),
        );
        let again = json!({ "subject": "Changed" });
        let refused = refusal(update(cx, CUSTOMER, "HD Ticket", &name, again.clone()));
        assert_eq!(refused.kind(), ErrorKind::PermissionError);
        assert!(update(cx, AGENT, "HD Ticket", &name, again).is_ok());
    });
}

#[test]
fn the_key_is_never_the_clients() {
    on_site(|cx| {
        let made = ticket(cx, AGENT, json!({ "subject": "x", "key": "mine" })).unwrap();
        assert_ne!(made.text("key"), "mine");

        let name = made.name_text();
        let refused = refusal(update(cx, AGENT, "HD Ticket", &name, json!({ "key": "mine" })));
        assert_eq!(refused.kind(), ErrorKind::CannotChangeConstantError);
    });
}

#[test]
fn an_answer_sets_the_first_response_and_the_status() {
    on_site(|cx| {
        let name = ticket(cx, AGENT, described()).unwrap().name_text();
        let message = json!({
            "subject": "Re", "communication_medium": "Email", "sent_or_received": "Sent", "status": "Linked",
            "content": "<p>Answer</p>", "reference_doctype": "HD Ticket", "reference_name": name,
        });
        insert(cx, "Administrator", "Communication", message.clone()).unwrap();

        assert_has(
            &stored(cx, "HD Ticket", &name),
            json!({
                "status": "Replied", "status_category": "Paused", "agreement_status": "Paused",
                "first_responded_on": "2026-11-22 07:13:00", "last_agent_response": "2026-11-22 07:13:00",
                "on_hold_since": "2026-11-22 07:13:00",
            }),
        );

        let mut back = message;
        back["sent_or_received"] = json!("Received");
        insert(cx, "Administrator", "Communication", back).unwrap();
        assert_has(
            &stored(cx, "HD Ticket", &name),
            json!({ "status": "Open", "on_hold_since": null, "total_hold_time": 0.0 }),
        );
    });
}

#[test]
fn a_deleted_ticket_takes_its_comments_and_activities_along() {
    on_site(|cx| {
        let name = ticket(cx, AGENT, described()).unwrap().name_text();
        update(cx, AGENT, "HD Ticket", &name, json!({ "priority": "High" })).unwrap();
        let comment = json!({
            "reference_ticket": name, "content": "<p>note</p>", "commented_by": AGENT,
            "reactions": [{ "emoji": "+1", "user": AGENT }],
        });
        insert(cx, AGENT, "HD Ticket Comment", comment).unwrap();

        assert!(delete(cx, CUSTOMER, "HD Ticket", &name).is_err());
        delete(cx, AGENT, "HD Ticket", &name).unwrap();

        for (doctype, filters) in [
            ("HD Ticket", json!({ "name": name })),
            ("HD Ticket Activity", json!({ "ticket": name })),
            ("HD Ticket Comment", json!({ "reference_ticket": name })),
        ] {
            let request = ListRequest {
                filters,
                ..ListRequest::of(doctype)
            };
            assert_eq!(query::count(cx, &request).unwrap(), 0, "{doctype}");
        }
    });
}

#[test]
fn a_team_has_a_rule_that_follows_it() {
    on_site(|cx| {
        let values =
            json!({ "team_name": "Night's Shift", "users": [{ "user": "bella.agent@desk.example" }] });
        let team = insert(cx, MANAGER, "HD Team", values).unwrap();
        let rule = "Night's Shift - Support Rotation";
        assert_has(&team, json!({ "assignment_rule": rule }));
        assert_has(
            &stored(cx, "Assignment Rule", rule),
            json!({
                "document_type": "HD Ticket", "priority": 1, "disabled": 0, "rule": "Round Robin",
                "assign_condition": r"status == 'Open' and agent_group == 'Night\'s Shift'",
                "unassign_condition_json": r#"[["agent_group","!=","Night's Shift"]]"#,
            }),
        );

        let changes = json!({ "disabled": 1, "users": [{ "user": AGENT }, { "user": MANAGER }] });
        update(cx, MANAGER, "HD Team", team.name(), changes).unwrap();
        let changed = stored(cx, "Assignment Rule", rule);
        let users: Vec<&str> = changed.rows("users").iter().map(|row| row.text("user")).collect();
        assert_eq!((users, changed.is_on("disabled")), (vec![AGENT, MANAGER], true));

        delete(cx, MANAGER, "HD Team", team.name()).unwrap();
        assert!(storage::exists(cx, "Assignment Rule", rule).unwrap().is_none());
    });
}

#[test]
fn a_new_agent_is_named_by_the_user_and_gets_the_role() {
    on_site(|cx| {
        let values = json!({ "user": MEMBER, "agent_name": "Dina Agent" });
        let agent = insert(cx, MANAGER, "HD Agent", values.clone()).unwrap();

        assert_has(
            &agent,
            json!({
                "name": MEMBER, "availability": "Active", "availability_changed_on": "2026-11-22 07:13:00",
            }),
        );
        let user = stored(cx, "User", MEMBER);
        assert_has(&user, json!({ "first_name": "Dina", "last_name": "Agent" }));
        assert!(user.rows("roles").iter().any(|row| row.text("role") == "Agent"));
        let again = refusal(insert(cx, MANAGER, "HD Agent", values));
        assert_eq!(again.kind(), ErrorKind::DuplicateEntryError);
    });
}

#[test]
fn an_article_is_its_authors_and_published_with_content() {
    on_site(|cx| {
        let category = json!({ "category_name": "Gardening" });
        let category = insert(cx, AGENT, "HD Article Category", category)
            .unwrap()
            .name_text();
        let values = json!({
            "title": "Some Title", "content": "<p>c</p>", "status": "Published", "category": category,
            "author": CUSTOMER,
        });
        let article = insert(cx, AGENT, "HD Article", values).unwrap();
        assert_has(
            &article,
            json!({ "author": AGENT, "published_on": "2026-11-22 07:13:00", "title_slug": "some-title" }),
        );
        let empty = json!({ "title": "x", "status": "Published", "category": category });
        assert_eq!(
            refusal(insert(cx, AGENT, "HD Article", empty)).kind(),
            ErrorKind::ValidationError
        );

        assert!(
            delete(cx, AGENT, "HD Article", article.name()).is_err(),
            "the last of its category"
        );
        let archived = update(
            cx,
            AGENT,
            "HD Article",
            article.name(),
            json!({ "status": "Archived" }),
        )
        .unwrap();
        assert_has(&archived, json!({ "category": null }));
        delete(cx, AGENT, "HD Article", article.name()).unwrap();
    });
}

#[test]
fn ticket_types_of_the_system_stay() {
    on_site(|cx| {
        insert(
            cx,
            AGENT,
            "HD Ticket Type",
            json!({ "name": "Refund", "priority": "High" }),
        )
        .unwrap();
        let made = ticket(cx, AGENT, json!({ "subject": "x", "ticket_type": "Refund" })).unwrap();
        assert_has(&made, json!({ "priority": "High" }));
        delete(cx, AGENT, "HD Ticket", made.name()).unwrap();

        delete(cx, AGENT, "HD Ticket Type", "Refund").unwrap();
        let refused = delete(cx, AGENT, "HD Ticket Type", "Unspecified").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ValidationError);
    });
}

#[test]
fn statuses_in_use_cannot_be_disabled() {
    on_site(|cx| {
        let mut set = |name: &str, values| update(cx, MANAGER, "HD Ticket Status", name, values);

        assert_eq!(
            refusal(set("Open", json!({ "enabled": 0 }))).kind(),
            ErrorKind::ValidationError
        );
        assert_eq!(
            refusal(set("Replied", json!({ "category": "Open" }))).kind(),
            ErrorKind::ValidationError
        );
        assert_eq!(
            refusal(set("Closed", json!({}))).kind(),
            ErrorKind::ValidationError
        );
        assert!(set("Closed", json!({ "color": "Blue" })).is_ok());
        assert!(set("Replied", json!({ "color": "Blue" })).is_ok());
    });
}

#[test]
fn an_agent_stays_the_agent_of_one_user() {
    on_site(|cx| {
        let other = "bella.agent@desk.example";
        let taken = refusal(update(cx, MANAGER, "HD Agent", AGENT, json!({ "user": other })));
        assert_eq!(taken.kind(), ErrorKind::ValidationError);
        assert_has(
            &stored(cx, "HD Agent", other),
            json!({ "agent_name": "Bella Agent" }),
        );

        let image = "/files/arun.png";
        update(cx, MANAGER, "HD Agent", AGENT, json!({ "user_image": image })).unwrap();
        assert_has(&stored(cx, "User", AGENT), json!({ "user_image": image }));
        update(cx, MANAGER, "HD Agent", AGENT, json!({ "user_image": "" })).unwrap();
        assert_eq!(stored(cx, "User", AGENT).text("user_image"), "");
    });
}

#[test]
fn a_contact_is_called_by_its_name_and_shows_what_is_primary() {
    on_site(|cx| {
        let zed = |email: &str| {
            json!({
                "first_name": "Zed", "last_name": "Zimmer",
                "email_ids": [{ "email_id": email, "is_primary": 1 }],
            })
        };
        let made = insert(cx, AGENT, "Contact", zed("zed@hooli.example")).unwrap();
        assert_has(
            &made,
            json!({
                "name": "Zed Zimmer", "full_name": "Zed Zimmer", "email_id": "zed@hooli.example",
                "phone": "", "mobile_no": "", "image": "",
            }),
        );
        let second = insert(cx, AGENT, "Contact", zed("zed2@hooli.example")).unwrap();
        assert_eq!(second.name(), "Zed Zimmer-1");

        let phones = json!({ "phone_nos": [{ "phone": "+49 30 1234567", "is_primary_phone": 1 }] });
        let called = update(cx, AGENT, "Contact", "Zed Zimmer", phones).unwrap();
        assert_has(&called, json!({ "phone": "+49 30 1234567", "mobile_no": "" }));

        let two = json!({ "first_name": "Two", "email_ids": [
            { "email_id": "p1@hooli.example", "is_primary": 1 },
            { "email_id": "p2@hooli.example", "is_primary": 1 },
        ] });
        let refused = refusal(insert(cx, AGENT, "Contact", two));
        assert_eq!(
            refused.text(),
            "Only one <strong>Email ID</strong> can be set as primary."
        );
        let nameless = insert(cx, AGENT, "Contact", json!({})).unwrap();
        assert_eq!(nameless.name().len(), 10);
    });
}

#[test]
fn built_in_users_stay_and_an_owner_rule_is_no_rule_for_others() {
    on_site(|cx| {
        let refused = delete(cx, "Administrator", "User", "Administrator").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ValidationError);

        let refused = delete(cx, AGENT, "Contact", "Carl Customer").unwrap_err();
        assert_eq!(refused.error_message(), Some("No permission for Contact"));
    });
}

#[test]
fn integer_names_are_used_up_by_inserts_that_fail() {
    on_site(|cx| {
        let team = |name: &str| json!({ "team_name": name, "users": [{ "user": AGENT }] });
        let member = |team: &Document| {
            let row = team.rows("users").first().unwrap();
            row.get("name").as_i64().unwrap()
        };
        let first = insert(cx, MANAGER, "HD Team", team("First")).unwrap();

        cx.savepoint(|cx| insert(cx, MANAGER, "HD Team", team(&"T".repeat(200))))
            .unwrap_err();

        let second = insert(cx, MANAGER, "HD Team", team("Second")).unwrap();
        assert_eq!(member(&second), member(&first) + 2);
    });
}

#[test]
fn what_the_apps_rules_refuse_names_the_app() {
    on_site(|cx| {
        let empty = json!({ "title": "x", "status": "Published" });
        let refused = refusal(insert(cx, AGENT, "HD Article", empty));
        assert_eq!(refused.app(), Some("helpdesk"));

        let nameless = json!({ "description": "x" });
        let refused = refusal(ticket(cx, AGENT, nameless));
        assert_eq!(refused.app(), None, "that is the base app's rule");
    });
}
