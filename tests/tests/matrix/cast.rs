//! Who calls, and what there is for them to call about.

use std::collections::HashMap;

use helpdesk_core::doctype::storage;
use helpdesk_core::secret;
use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

/// What stands in all that is about the customer's ticket: whoever may not see the ticket may not see this.
pub(crate) const SECRET: &str = "zq7-secret";
/// What stands in the agents' comment on it: no customer may see this.
pub(crate) const INTERNAL: &str = "zq8-internal";
/// Everybody's password.
const PASSWORD: &str = "Correct-Horse-1";

/// A kind of user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Persona {
    /// In tables.
    pub(crate) title: &'static str,
    /// User id.
    pub(crate) id: &'static str,
    /// Whether they may see the customer's ticket.
    pub(crate) sees_ticket: bool,
    /// Whether they may see what agents write among themselves on it.
    pub(crate) sees_internal: bool,
}

const fn persona(title: &'static str, id: &'static str, sees: (bool, bool)) -> Persona {
    Persona {
        title,
        id,
        sees_ticket: sees.0,
        sees_internal: sees.1,
    }
}

/// Those whom the tables have a column for.
pub(crate) const PERSONAS: [Persona; 9] = [
    persona("guest", "Guest", (false, false)),
    persona("customer", "carl@acme.example", (true, false)),
    persona("customer manager", "mia@acme.example", (true, false)),
    persona("foreign customer", "dina@globex.example", (false, false)),
    persona("agent in team", "ada@desk.example", (true, true)),
    persona("agent outside", "otto@desk.example", (false, false)),
    persona("agent manager", "maya@desk.example", (false, false)),
    persona("system manager", "sam@desk.example", (false, false)),
    persona("disabled user", "dora@desk.example", (false, false)),
];

/// The site, and what words of arguments stand for.
pub(crate) struct Cast {
    pub(crate) site: TestSite,
    pub(crate) words: HashMap<&'static str, String>,
}

/// Nine people, a team with a ticket of Acme's and one without, and a document or two of all that methods take.
pub(crate) fn cast() -> Cast {
    let site = TestSite::builder()
        .config(|config| {
            config.host_name = "https://help.example".to_owned();
            config.encryption_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned();
        })
        .start();
    let [_, carl, mia, dina, ada, otto, maya, sam, dora] = PERSONAS.map(|persona| persona.id);
    let (ada, otto) = (site.agent(ada), site.agent(otto));
    site.agent_manager(maya);
    let sam = site.user_with(sam, "System User", &["System Manager"]);
    let dora = site.agent(dora);
    let carl = site.customer(carl);
    site.user_with(mia, "Website User", &["HD Customer", "HD Customer Manager"]);
    let (mia, dina) = (site.customer(mia), site.customer(dina));
    site.organisation("Acme").member(&carl).manager(&mia).create();
    site.organisation("Globex").member(&dina).create();
    site.team("Inside").member(&ada).member(&dora).create();
    site.team("Outside").member(&otto).create();
    site.set(
        "HD Settings",
        json!({ "restrict_tickets_by_agent_group": 1, "skip_email_workflow": 1,
            "enable_comment_reactions": 1 }),
    );
    site.change("User", dora.id(), json!({ "enabled": 0 }));
    for user in [&carl, &mia, &dina, &ada, &otto, &sam] {
        site.set_password(user.id(), PASSWORD);
    }

    let mut words = HashMap::from([("$password", PASSWORD.to_owned())]);
    tickets(&site, &carl, &ada, &mut words);
    knowledge(&site, &mut words);
    people(&site, &mut words);
    imports(&site, &mut words);
    Cast { site, words }
}

fn tickets(site: &TestSite, carl: &TestUser, ada: &TestUser, words: &mut HashMap<&'static str, String>) {
    let ticket = |subject: &str| {
        let made = site
            .ticket()
            .subject(&format!("{subject} {SECRET}"))
            .organisation("Acme")
            .team("Inside")
            .set("description", format!("<p>It smokes {SECRET}</p>"))
            .set("contact", carl.id())
            .raised_by(carl.id())
            .create()
            .name;
        site.transaction(|cx| {
            storage::set_columns(cx, "HD Ticket", &made, &[("owner", Value::from(carl.id()))])
        });
        made
    };
    let (first, other, assigned) = (ticket("Printer"), ticket("Scanner"), ticket("Screen"));
    let message = site.insert(
        "Communication",
        json!({
            "communication_type": "Communication", "communication_medium": "Email", "sent_or_received": "Received",
            "reference_doctype": "HD Ticket", "reference_name": first, "sender": carl.id(), "subject": "Re",
            "content": format!("<p>Still smoking {SECRET}</p>"),
        }),
    );
    let comment = ada
        .call(
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": first, "method": "new_comment",
                "args": { "content": format!("<p>{INTERNAL} {SECRET}</p>") } }),
        )
        .ok();
    drop(comment);
    let comment = newest(site, "HD Ticket Comment");
    ada.call(
        "frappe.desk.form.assign_to.add",
        json!({ "doctype": "HD Ticket", "name": assigned, "assign_to": [ada.id()] }),
    )
    .ok();
    let note = ada.call(
        "frappe.desk.form.utils.add_comment",
        json!({ "reference_doctype": "HD Ticket", "reference_name": first, "content": format!("{INTERNAL} {SECRET}"),
            "comment_email": ada.id(), "comment_by": "Ada" }),
    )
    .ok();
    let note = note.message()["name"].as_str().unwrap().to_owned();
    let file = carl
        .upload(
            &format!("{SECRET}.txt"),
            format!("in the file: {SECRET}").as_bytes(),
            &json!({ "doctype": "HD Ticket", "docname": first, "is_private": 1 }),
        )
        .ok();
    let file = file.message().clone();
    let modified = site.value("HD Ticket", &first, "modified");
    let todo = json!({ "filters": { "reference_name": assigned }, "order_by": "name asc" });
    let todo = site.admin().list("ToDo", todo).ok();
    words.insert("$todo", todo.data()[0]["name"].as_str().unwrap().to_owned());
    let activity = json!({ "ticket": first, "action": "did something" });
    words.insert("$activity", site.insert("HD Ticket Activity", activity));
    let mention = json!({ "user_from": "Administrator", "user_to": ada.id(), "notification_type": "Mention",
        "reference_ticket": first, "message": SECRET });
    words.insert("$mention", site.insert("HD Notification", mention));
    words.insert("$modified", modified.as_str().unwrap_or_default().to_owned());
    words.insert("$file_url", file["file_url"].as_str().unwrap().to_owned());
    words.insert("$file", file["name"].as_str().unwrap().to_owned());
    let key = site.value("HD Ticket", &first, "key");
    words.insert("$ticket", first);
    words.insert("$feedback_of_ticket", key.as_str().unwrap().to_owned());
    words.insert("$other", other);
    words.insert("$assigned", assigned);
    words.insert("$message", message);
    words.insert("$comment", comment);
    words.insert("$note", note);
    words.insert(
        "$reply",
        site.insert(
            "HD Saved Reply",
            json!({ "title": "Soon", "scope": "Global", "message": "<p>{{ doc.subject }}: soon</p>" }),
        ),
    );
}

fn knowledge(site: &TestSite, words: &mut HashMap<&'static str, String>) {
    let category = |name: &str| site.insert("HD Article Category", json!({ "category_name": name }));
    let (first, second) = (category("Printing"), category("Scanning"));
    words.insert(
        "$article",
        site.article().published().set("category", first.clone()).create(),
    );
    // A category keeps an article.
    let another = site.article().title("How to fax").published();
    another.set("category", first.clone()).create();
    words.insert("$category", first);
    words.insert("$category2", second);
    site.admin()
        .call(
            "helpdesk.api.settings.field_dependency.create_update_field_dependency",
            json!({
                "parent_field": "ticket_type", "child_field": "priority",
                "parent_child_mapping": json!({ "Bug": ["High"] }).to_string(), "enabled": true,
                "fields_criteria": json!({
                    "display": { "enabled": true, "value": [{ "label": "Any", "value": "Any" }] },
                    "mandatory": { "enabled": false, "value": [] },
                }).to_string(),
            }),
        )
        .ok();
}

/// An import that is over, a row of it with an error, and one that waits.
fn imports(site: &TestSite, words: &mut HashMap<&'static str, String>) {
    let admin = site.admin();
    let done = admin
        .request("POST", "/api/method/helpdesk.extends.data_import.bulk_insert")
        .multipart(
            &json!({ "target_doctype": "Contact" }),
            Some(("people.csv", b"First Name,Status\nNora,Open\nOlaf,Odd\n")),
        )
        .send()
        .ok();
    let name = |reply: &Value| reply["name"].as_str().unwrap().to_owned();
    words.insert("$imported", name(done.message()));
    helpdesk_core::jobs::run_waiting(site.site()).unwrap();
    let waiting = json!({ "reference_doctype": "HD Team", "import_type": "Insert New Records" });
    let waiting = site.insert("Data Import", waiting);
    let place =
        json!({ "is_private": 1, "doctype": "Data Import", "docname": waiting, "fieldname": "import_file" });
    let file = admin.upload("teams.csv", b"team_name\nThird\n", &place).ok();
    site.change(
        "Data Import",
        &waiting,
        json!({ "import_file": file.message()["file_url"] }),
    );
    words.insert("$import", waiting);
}

fn people(site: &TestSite, words: &mut HashMap<&'static str, String>) {
    let invitation = site.insert(
        "User Invitation",
        json!({ "email": "nils@desk.example", "app_name": "helpdesk", "redirect_to_path": "/helpdesk",
            "roles": [{ "role": "Agent" }] }),
    );
    site.transaction(|cx| {
        let key = [("key", Value::from(secret::digest("invitation-key")))];
        storage::set_columns(cx, "User Invitation", &invitation, &key)
    });
    words.insert("$invitation", invitation);
    words.insert("$key", "invitation-key".to_owned());
    let notice = site.insert(
        "Notification Log",
        json!({ "subject": "Look", "for_user": "ada@desk.example", "type": "Alert" }),
    );
    words.insert("$notice", notice);
    site.insert(
        "Email Account",
        json!({ "name": "Support", "email_account_name": "Support", "email_id": "help@desk.example",
            "password": "mail-password", "enable_outgoing": 1, "default_outgoing": 1 }),
    );
}

/// The name of the youngest document.
fn newest(site: &TestSite, doctype: &str) -> String {
    let args = json!({ "order_by": "creation desc, name desc", "limit_page_length": 1 });
    let reply = site.admin().list(doctype, args).ok();
    reply.data()[0]["name"].as_str().unwrap().to_owned()
}

impl Cast {
    /// The caller of a persona on a copy of the site.
    pub(crate) fn caller(site: &TestSite, persona: &Persona) -> TestUser {
        match persona.id {
            "Guest" => site.guest(),
            id => site.known(id),
        }
    }
}
