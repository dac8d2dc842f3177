//! Agents, customers and those who write for them.

use std::sync::Arc;

use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::save;
use helpdesk_core::install::put;
use helpdesk_core::prelude::*;
use helpdesk_core::users;

use crate::install::TEAMS;

/// An agent.
pub(super) struct Agent {
    pub(super) user: &'static str,
    pub(super) first_name: &'static str,
    pub(super) team: &'static str,
    pub(super) session: Arc<Session>,
}

/// A customer's employee.
pub(super) struct Contact {
    pub(super) name: String,
    pub(super) first_name: &'static str,
    pub(super) email: String,
    pub(super) customer: &'static str,
    /// May sign in to the portal.
    is_user: bool,
}

pub(super) struct People {
    pub(super) agents: Vec<Agent>,
    pub(super) contacts: Vec<Contact>,
    pub(super) customers: usize,
}

impl People {
    /// Everybody who may sign in.
    pub(super) fn users(&self) -> Vec<String> {
        let agents = self.agents.iter().map(|agent| agent.user.to_owned());
        let contacts = self.contacts.iter().filter(|contact| contact.is_user);
        agents
            .chain(contacts.map(|contact| contact.email.clone()))
            .collect()
    }
}

/// Of an agent: user, first and last name, roles, place of the team.
type AgentRow = (&'static str, [&'static str; 2], &'static [&'static str], usize);
/// Of a customer: name, mail domain, country, first and last names.
type CustomerRow = (&'static str, &'static str, &'static str, [[&'static str; 2]; 4]);

const AGENTS: [AgentRow; 3] = [
    (
        "nora@desk.example",
        ["Nora", "Lindqvist"],
        &["Agent", "Agent Manager"],
        0,
    ),
    ("tomas@desk.example", ["Tomas", "Okafor"], &["Agent"], 1),
    ("mei@desk.example", ["Mei", "Castellano"], &["Agent"], 1),
];

const CUSTOMERS: [CustomerRow; 2] = [
    (
        "Blue Harbour Books",
        "blueharbour.example",
        "Ireland",
        [
            ["Orla", "Brennan"],
            ["Piotr", "Wysocki"],
            ["Amara", "Diallo"],
            ["Henrik", "Moe"],
        ],
    ),
    (
        "Juniper Bikes",
        "juniper.example",
        "Germany",
        [
            ["Lena", "Vogt"],
            ["Samir", "Haddad"],
            ["Chiara", "Fontana"],
            ["Yusuf", "Demir"],
        ],
    ),
];

pub(super) fn put_all(cx: &mut Cx) -> Result<People> {
    let agents = AGENTS
        .iter()
        .map(|row| put_agent(cx, row))
        .collect::<Result<Vec<Agent>>>()?;
    for team in TEAMS {
        let members = agents
            .iter()
            .filter(|agent| agent.team == team)
            .map(|agent| json!({ "user": agent.user }));
        let members = json!(members.collect::<Vec<_>>());
        put(cx, "HD Team", json!({ "team_name": team, "users": members }))?;
        change(cx, "HD Team", team, json!({ "users": members }))?;
    }
    let mut contacts = Vec::new();
    for (customer, domain, country, people) in CUSTOMERS {
        let first = contacts.len();
        for (place, names) in people.into_iter().enumerate() {
            contacts.push(put_contact(cx, names, customer, domain, place == 0)?);
        }
        let members = contacts[first..].iter().enumerate().map(
            |(place, contact)| json!({ "contact_name": contact.name, "is_manager": i32::from(place == 0) }),
        );
        let customer = json!({
            "customer_name": customer,
            "customer_type": "Company",
            "domain": domain,
            "country": country,
            "contacts": members.collect::<Vec<_>>(),
            "primary_contact": contacts[first].name,
        });
        put(cx, "HD Customer", customer)?;
    }
    Ok(People {
        agents,
        contacts,
        customers: CUSTOMERS.len(),
    })
}

fn put_agent(cx: &mut Cx, &(user, [first_name, last_name], roles, team): &AgentRow) -> Result<Agent> {
    put_user(cx, user, [first_name, last_name], "System User", roles)?;
    let agent = json!({
        "name": user,
        "user": user,
        "agent_name": format!("{first_name} {last_name}"),
        "is_active": 1,
        "availability": "Active",
    });
    put(cx, "HD Agent", agent)?;
    let session = users::session_of(cx, user)?.ok_or_else(|| not_found("User", user))?;
    Ok(Agent {
        user,
        first_name,
        team: TEAMS[team],
        session: Arc::new(session),
    })
}

fn put_user(
    cx: &mut Cx,
    user: &str,
    [first_name, last_name]: [&str; 2],
    user_type: &str,
    roles: &[&str],
) -> Result<()> {
    let roles = roles.iter().map(|role| json!({ "role": role }));
    let user = json!({
        "name": user,
        "email": user,
        "first_name": first_name,
        "last_name": last_name,
        "full_name": format!("{first_name} {last_name}"),
        "username": user.split('@').next(),
        "enabled": 1,
        "user_type": user_type,
        "language": "en",
        "send_welcome_email": 0,
        "roles": roles.collect::<Vec<_>>(),
    });
    put(cx, "User", user).map(|_| ())
}

fn put_contact(
    cx: &mut Cx,
    [first_name, last_name]: [&'static str; 2],
    customer: &'static str,
    domain: &str,
    is_user: bool,
) -> Result<Contact> {
    let name = format!("{first_name} {last_name}");
    let email = format!(
        "{}.{}@{domain}",
        first_name.to_lowercase(),
        last_name.to_lowercase()
    );
    let contact = json!({
        "name": name,
        "first_name": first_name,
        "last_name": last_name,
        "full_name": name,
        "email_id": email,
        "company_name": customer,
        "email_ids": [{ "email_id": email, "is_primary": 1 }],
    });
    let name = put(cx, "Contact", contact)?;
    if is_user {
        let roles = ["HD Customer", "HD Customer Manager"];
        put_user(cx, &email, [first_name, last_name], "Website User", &roles)?;
        change(cx, "Contact", &name, json!({ "user": email }))?;
    }
    Ok(Contact {
        name,
        first_name,
        email,
        customer,
        is_user,
    })
}

/// Sets fields of a stored document, which is saved.
pub(super) fn change(cx: &mut Cx, doctype: &str, name: &str, values: Value) -> Result<()> {
    let meta = meta_of(cx, doctype)?;
    match values {
        Value::Object(values) => save::update(cx, &meta, name, &values).map(|_| ()),
        _ => Err(invalid(format!("{doctype}: values are an object"))),
    }
}
