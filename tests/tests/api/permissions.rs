//! Who may see what, and that lists and single documents agree about it.

use helpdesk_tests::{TestSite, TestUser};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Of everyone who may call: name in messages, and the user.
struct Cast {
    site: TestSite,
    users: Vec<TestUser>,
    teams: Vec<String>,
}

const CUSTOMERS: [&str; 2] = ["Acme Rockets", "Globex Pumps"];

/// Agents with and without team, customers with and without colleagues, somebody without roles.
fn cast() -> Cast {
    let site = TestSite::start();
    let agents: Vec<TestUser> = ["ada", "bob", "eve"]
        .iter()
        .map(|name| site.agent(&format!("{name}@desk.example")))
        .collect();
    let manager = site.agent_manager("maya@desk.example");
    let customers: Vec<TestUser> = ["carl@acme.example", "cora@acme.example", "dina@globex.example"]
        .iter()
        .map(|id| site.customer(id))
        .collect();
    site.organisation(CUSTOMERS[0])
        .manager(&customers[0])
        .member(&customers[1])
        .create();
    site.organisation(CUSTOMERS[1]).member(&customers[2]).create();
    let teams = vec![
        site.team("Payments").member(&agents[0]).create(),
        site.team("Shipping").member(&agents[1]).create(),
        site.team("Overseers").member(&manager).sees_all().create(),
    ];
    let mut users = agents;
    users.push(manager);
    users.extend(customers);
    users.push(site.user("nora@office.example"));
    users.push(site.guest());
    users.push(site.admin());
    Cast { site, users, teams }
}

/// A ticket as the generator draws it: each number picks one of a few values, or none.
#[derive(Clone, Debug)]
struct Drawn {
    raised_by: usize,
    owner: usize,
    customer: usize,
    team: usize,
    assigned: usize,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (0..9_usize, 0..9_usize, 0..3_usize, 0..4_usize, 0..9_usize).prop_map(
        |(raised_by, owner, customer, team, assigned)| Drawn {
            raised_by,
            owner,
            customer,
            team,
            assigned,
        },
    )
}

impl Cast {
    /// Writes a ticket's columns as they are, whatever hooks would make of them.
    fn store(&self, ticket: &Drawn) -> String {
        use helpdesk_core::doctype::storage;
        let text = |value: Option<&str>| value.map_or(Value::Null, Value::from);
        let user = |n: usize| {
            self.users
                .get(n)
                .filter(|user| user.id() != "Guest")
                .map(TestUser::id)
        };
        let name = self.site.ticket().create().name;
        let assigned = user(ticket.assigned).map(|id| json!([id]).to_string());
        let columns = [
            ("raised_by", text(user(ticket.raised_by))),
            ("owner", text(user(ticket.owner).or(Some("Administrator")))),
            ("contact", Value::Null),
            ("customer", text(CUSTOMERS.get(ticket.customer).copied())),
            (
                "agent_group",
                text(self.teams.get(ticket.team).map(String::as_str)),
            ),
            ("_assign", text(assigned.as_deref())),
        ];
        self.site
            .transaction(|cx| storage::set_columns(cx, "HD Ticket", &name, &columns));
        name
    }

    fn restrict(&self, by_team: bool, not_without_team: bool) {
        self.site.set(
            "HD Settings",
            json!({
                "restrict_tickets_by_agent_group": i32::from(by_team),
                "do_not_restrict_tickets_without_an_agent_group": i32::from(not_without_team),
            }),
        );
    }

    /// Names in the user's list of all tickets; none where the list is refused.
    fn listed(&self, user: &TestUser) -> Vec<String> {
        let reply = user.list("HD Ticket", json!({ "limit_page_length": 0 }));
        if reply.status == 403 {
            return Vec::new();
        }
        let reply = reply.ok();
        let rows = reply.data().as_array().unwrap();
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn a_ticket_is_listed_exactly_where_it_can_be_read() {
    let cast = cast();
    let mut seen = [0_usize; 2];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 6,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let cases = (
        proptest::collection::vec(drawn(), 6),
        any::<bool>(),
        any::<bool>(),
    );
    let outcome = runner.run(&cases, |(tickets, by_team, not_without_team)| {
        cast.restrict(by_team, not_without_team);
        let names: Vec<(String, Drawn)> = tickets
            .into_iter()
            .map(|ticket| (cast.store(&ticket), ticket))
            .collect();
        for user in &cast.users {
            let listed = cast.listed(user);
            let count = user.call("frappe.client.get_count", json!({ "doctype": "HD Ticket" }));
            if count.status == 200 {
                prop_assert_eq!(count.message(), &json!(listed.len()), "{:?} counts", user);
            }
            for (name, ticket) in &names {
                let readable = match user.read("HD Ticket", name).status {
                    200 => true,
                    403 => false,
                    other => return Err(TestCaseError::fail(format!("status {other}"))),
                };
                prop_assert_eq!(
                    listed.contains(name),
                    readable,
                    "{:?} and {:?}, restricted {} {}",
                    user,
                    ticket,
                    by_team,
                    not_without_team
                );
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    // The property would hold as well if nobody saw anything, or everybody everything.
    cast.restrict(true, false);
    for user in &cast.users {
        let all = usize::try_from(cast.site.count("HD Ticket")).unwrap();
        seen[usize::from(cast.listed(user).len() == all)] += 1;
    }
    assert!(seen[0] >= 4 && seen[1] >= 2, "{seen:?}");
}

#[test]
fn a_customer_sees_the_own_tickets_and_a_manager_those_of_colleagues() {
    let cast = cast();
    let own = cast
        .site
        .ticket()
        .raised_by("cora@acme.example")
        .organisation(CUSTOMERS[0])
        .create();
    let other = cast
        .site
        .ticket()
        .raised_by("dina@globex.example")
        .organisation(CUSTOMERS[1])
        .create();
    let user = |id: &str| cast.users.iter().find(|user| user.id() == id).unwrap();

    for (id, sees_own, sees_other) in [
        ("cora@acme.example", true, false),
        ("carl@acme.example", true, false),
        ("dina@globex.example", false, true),
        ("ada@desk.example", true, true),
    ] {
        let listed = cast.listed(user(id));
        assert_eq!(listed.contains(&own.name), sees_own, "{id}");
        assert_eq!(listed.contains(&other.name), sees_other, "{id}");
    }
}

#[test]
fn what_can_not_be_read_can_not_be_changed_or_deleted() {
    let cast = cast();
    let ticket = cast.site.ticket().raised_by("dina@globex.example").create();
    let carl = &cast.users[4];
    assert_eq!(carl.id(), "carl@acme.example");

    assert_eq!(carl.read("HD Ticket", &ticket.name).status, 403);
    assert_eq!(
        carl.update("HD Ticket", &ticket.name, json!({ "subject": "Mine" }))
            .status,
        403
    );
    assert_eq!(carl.remove("HD Ticket", &ticket.name).status, 403);
    assert_eq!(
        cast.site.value("HD Ticket", &ticket.name, "subject"),
        "Something is broken"
    );
}

#[test]
fn an_owner_can_not_hand_a_ticket_to_where_the_own_rule_ends() {
    let cast = cast();
    let carl = &cast.users[4];
    let ticket = cast.site.ticket().create_as(carl);

    // Whatever is answered, the framework's own fields stay.
    carl.update(
        "HD Ticket",
        &ticket.name,
        json!({ "owner": "dina@globex.example" }),
    );

    assert_eq!(cast.site.value("HD Ticket", &ticket.name, "owner"), carl.id());
}

#[test]
fn guests_list_and_read_nothing() {
    let site = TestSite::start();
    let ticket = site.ticket().create();
    let guest = site.guest();

    for doctype in ["HD Ticket", "User", "HD Article", "Contact", "Has Role"] {
        assert_eq!(guest.list(doctype, json!({})).status, 403, "{doctype}");
    }
    assert_eq!(guest.read("HD Ticket", &ticket.name).status, 403);
    assert_eq!(guest.read("HD Settings", "HD Settings").status, 403);
    assert_eq!(guest.insert("HD Ticket", json!({ "subject": "a" })).status, 403);
    assert_eq!(
        guest
            .update("HD Ticket", &ticket.name, json!({ "subject": "a" }))
            .status,
        403
    );
    assert_eq!(guest.remove("HD Ticket", &ticket.name).status, 403);
}

#[test]
fn an_answer_tells_no_one_whether_a_hidden_ticket_exists() {
    let cast = cast();
    let hidden = cast.site.ticket().raised_by("dina@globex.example").create();
    let carl = &cast.users[4];

    let filtered = carl
        .list("HD Ticket", json!({ "filters": { "name": hidden.name } }))
        .ok();
    let counted = carl
        .call(
            "frappe.client.get_count",
            json!({ "doctype": "HD Ticket", "filters": { "name": hidden.name } }),
        )
        .ok();

    assert_eq!(*filtered.data(), json!([]));
    assert_eq!(*counted.message(), json!(0));
}

#[test]
fn nobody_gives_oneself_a_role() {
    let site = TestSite::start();

    for user in [site.customer("carl@acme.example"), site.agent("ada@desk.example")] {
        user.update(
            "User",
            user.id(),
            json!({ "roles": [{ "role": "System Manager" }] }),
        );
        user.insert(
            "Has Role",
            json!({ "parent": user.id(), "parenttype": "User", "parentfield": "roles", "role": "System Manager" }),
        );

        let roles = site
            .admin()
            .list(
                "Has Role",
                json!({ "parent": "User", "filters": { "parent": user.id() }, "fields": ["role"] }),
            )
            .ok();
        assert!(!roles.text.contains("System Manager"), "{user:?}: {roles:?}");
    }
}

#[test]
fn what_a_level_hides_is_left_out_and_its_tables_are_empty() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let link = json!({ "link_doctype": "HD Customer", "link_name": site.organisation("Acme").create() });
    let message = site.insert(
        "Communication",
        json!({
            "subject": "x", "content": "x", "communication_medium": "Other", "message_id": "<a@b>",
            "timeline_links": [link],
        }),
    );

    let shown = maya.read("Communication", &message).ok();
    assert_eq!(shown.data()["timeline_links"], json!([]));
    assert_eq!(
        site.admin().read("Communication", &message).data()["timeline_links"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn an_agent_who_manages_a_customer_sees_its_tickets_whatever_the_team() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let ada = site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let contact = json!({ "name": "Ada", "first_name": "Ada", "user": ada.id() });
    let contact = site.insert("Contact", contact);
    site.insert(
        "HD Customer",
        json!({ "customer_name": "Acme", "contacts": [{ "contact_name": contact, "is_manager": 1 }] }),
    );
    let team = site
        .team("Billing Desk")
        .member(&site.agent("bob@desk.example"))
        .create();
    let [theirs, other] = ["Acme", "Globex"].map(|customer| {
        site.insert("HD Customer", json!({ "customer_name": customer }));
        let ticket = site
            .ticket()
            .raised_by(carl.id())
            .team(&team)
            .organisation(customer);
        ticket.create().name
    });

    ada.read("HD Ticket", &theirs).ok();
    ada.read("HD Ticket", &other).status(403);
    let listed = ada
        .list("HD Ticket", json!({ "filters": { "raised_by": carl.id() } }))
        .ok();
    assert_eq!(listed.data(), &json!([{ "name": theirs }]));
    site.change("HD Customer", "Acme", json!({ "contacts": [] }));
    ada.read("HD Ticket", &theirs).status(403);
}
