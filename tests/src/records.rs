//! Documents with working defaults: a test sets only what it is about.

use serde_json::{Map, Value, json};

use crate::site::TestSite;
use crate::user::TestUser;

/// A ticket that was made.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its name, `"0042"`.
    pub name: String,
}

/// A ticket to be made.
#[derive(Debug)]
#[must_use = "a ticket is made by `create`"]
pub struct TicketBuilder<'s> {
    site: &'s TestSite,
    values: Map<String, Value>,
}

impl<'s> TicketBuilder<'s> {
    pub(crate) fn new(site: &'s TestSite) -> TicketBuilder<'s> {
        let mut values = Map::new();
        values.insert("subject".into(), "Something is broken".into());
        values.insert(
            "description".into(),
            "<p>It worked until this morning.</p>".into(),
        );
        TicketBuilder { site, values }
    }

    /// What it is about, in a line.
    pub fn subject(self, subject: &str) -> Self {
        self.set("subject", subject)
    }

    /// Mail address of whoever opened it.
    pub fn raised_by(self, email: &str) -> Self {
        self.set("raised_by", email)
    }

    /// The HD Customer it is for.
    pub fn organisation(self, name: &str) -> Self {
        self.set("customer", name)
    }

    /// The team it is with.
    pub fn team(self, name: &str) -> Self {
        self.set("agent_group", name)
    }

    /// Its status, as an agent calls it.
    pub fn status(self, status: &str) -> Self {
        self.set("status", status)
    }

    /// Any field.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// Makes it as the Administrator.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn create(self) -> Ticket {
        Ticket {
            name: self.site.insert("HD Ticket", self.values.into()),
        }
    }

    /// Makes it over HTTP as `user`, who owns it then.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn create_as(self, user: &TestUser) -> Ticket {
        let reply = user.insert("HD Ticket", self.values.into()).ok();
        // A name of digits alone is a number in answers, as the contract has it, where it has no leading zeros.
        let name = match &reply.data()["name"] {
            Value::String(name) => name.clone(),
            other => other.to_string(),
        };
        Ticket { name }
    }
}

/// An article to be made.
#[derive(Debug)]
#[must_use = "an article is made by `create`"]
pub struct ArticleBuilder<'s> {
    site: &'s TestSite,
    values: Map<String, Value>,
}

impl<'s> ArticleBuilder<'s> {
    pub(crate) fn new(site: &'s TestSite) -> ArticleBuilder<'s> {
        let mut values = Map::new();
        values.insert("title".into(), "How to print".into());
        values.insert("status".into(), "Draft".into());
        values.insert("author".into(), "Administrator".into());
        values.insert("content".into(), "<p>Press the green button.</p>".into());
        ArticleBuilder { site, values }
    }

    /// Its title.
    pub fn title(self, title: &str) -> Self {
        self.set("title", title)
    }

    /// Everybody may read it.
    pub fn published(self) -> Self {
        self.set("status", "Published")
    }

    /// Any field.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.values.insert(field.to_owned(), value.into());
        self
    }

    /// Makes it, in the category `General` unless another was set; returns its name.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn create(mut self) -> String {
        if !self.values.contains_key("category") {
            let category = self
                .site
                .insert("HD Article Category", json!({ "category_name": "Printers" }));
            self.values.insert("category".into(), category.into());
        }
        self.site.insert("HD Article", self.values.into())
    }
}

/// A team to be made.
#[derive(Debug)]
#[must_use = "a team is made by `create`"]
pub struct TeamBuilder<'s> {
    site: &'s TestSite,
    name: String,
    members: Vec<Value>,
    ignore_restrictions: bool,
}

impl<'s> TeamBuilder<'s> {
    pub(crate) fn new(site: &'s TestSite, name: &str) -> TeamBuilder<'s> {
        TeamBuilder {
            site,
            name: name.to_owned(),
            members: Vec::new(),
            ignore_restrictions: false,
        }
    }

    /// An agent is in it.
    pub fn member(mut self, agent: &TestUser) -> Self {
        self.members.push(json!({ "user": agent.id() }));
        self
    }

    /// Its members see all tickets, whatever the settings say.
    pub fn sees_all(mut self) -> Self {
        self.ignore_restrictions = true;
        self
    }

    /// Makes it; returns its name.
    ///
    /// # Panics
    /// When it is refused, as a team without members is.
    #[track_caller]
    pub fn create(self) -> String {
        let values = json!({
            "team_name": self.name,
            "users": self.members,
            "ignore_restrictions": i32::from(self.ignore_restrictions),
        });
        self.site.insert("HD Team", values)
    }
}

/// A customer (HD Customer) to be made.
#[derive(Debug)]
#[must_use = "a customer is made by `create`"]
pub struct OrganisationBuilder<'s> {
    site: &'s TestSite,
    name: String,
    members: Vec<Value>,
}

impl<'s> OrganisationBuilder<'s> {
    pub(crate) fn new(site: &'s TestSite, name: &str) -> OrganisationBuilder<'s> {
        OrganisationBuilder {
            site,
            name: name.to_owned(),
            members: Vec::new(),
        }
    }

    /// Somebody from [`TestSite::customer`] works there.
    pub fn member(self, employee: &TestUser) -> Self {
        self.with(employee, 0)
    }

    /// Somebody from [`TestSite::customer`] works there and sees its colleagues' tickets.
    pub fn manager(self, employee: &TestUser) -> Self {
        self.with(employee, 1)
    }

    fn with(mut self, employee: &TestUser, is_manager: u8) -> Self {
        self.members
            .push(json!({ "contact_name": employee.id(), "is_manager": is_manager }));
        self
    }

    /// Makes it; returns its name.
    ///
    /// # Panics
    /// When it is refused.
    #[track_caller]
    pub fn create(self) -> String {
        let values = json!({ "customer_name": self.name, "contacts": self.members });
        self.site.insert("HD Customer", values)
    }
}
