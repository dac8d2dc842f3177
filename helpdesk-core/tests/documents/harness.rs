//! A site of its own for each test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use helpdesk_core::config::{Config, Durability};
use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Database, Mode, Place, Query};
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::save;
use helpdesk_core::error::Result;
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use serde_json::Value;

/// A site with nothing in it.
pub(crate) struct Desk {
    pub(crate) site: Arc<Site>,
    folder: tempfile::TempDir,
    schema: Option<Schema>,
}

/// A schema of PostgreSQL, dropped with the test.
struct Schema {
    server: String,
    name: String,
}

impl Schema {
    fn make(server: &str) -> Schema {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        let schema = Schema {
            server: server.to_owned(),
            name,
        };
        schema.run(format!("CREATE SCHEMA {}", schema.name));
        schema
    }

    fn run(&self, sql: String) {
        let database = Database::open_at(&Place::Server(self.server.clone()), Mode::Command).unwrap();
        let mut tx = database.connect().unwrap();
        let mut query = Query::new();
        query.checked(sql).forget();
        tx.execute(query).unwrap();
        tx.commit().unwrap();
    }

    fn url(&self) -> String {
        let mark = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{mark}options=-csearch_path%3D{}", self.server, self.name)
    }
}

/// Each kind of database there is for tests.
pub(crate) fn databases() -> Vec<Desk> {
    let mut all = vec![Desk::open(None)];
    if let Ok(server) = std::env::var("HELPDESK_TEST_DATABASE")
        && !server.is_empty()
    {
        all.push(Desk::open(Some(Schema::make(&server))));
    }
    all
}

impl Desk {
    fn open(schema: Option<Schema>) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let site = open(&folder, schema.as_ref());
        Desk { site, folder, schema }
    }

    /// The site as another session.
    pub(crate) fn context(&self, session: Session) -> Cx {
        self.site.context(Arc::new(session), Verb::Post).unwrap()
    }

    /// Runs `body` as the Administrator and commits.
    pub(crate) fn admin<T>(&self, body: impl FnOnce(&mut Cx) -> Result<T>) -> Result<T> {
        self.run(Session::administrator(), body)
    }

    /// Runs `body` as a user with roles, and commits where it succeeds.
    pub(crate) fn run<T>(&self, session: Session, body: impl FnOnce(&mut Cx) -> Result<T>) -> Result<T> {
        let mut cx = self.context(session);
        let result = body(&mut cx)?;
        self.site.finish(cx)?;
        Ok(result)
    }

    /// A document made by the Administrator of an object's values.
    pub(crate) fn make(&self, doctype: &str, values: Value) -> Document {
        self.admin(|cx| make(cx, doctype, &values)).unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = &self.folder;
        if let Some(schema) = &self.schema {
            schema.run(format!("DROP SCHEMA {} CASCADE", schema.name));
        }
    }
}

fn open(folder: &tempfile::TempDir, schema: Option<&Schema>) -> Arc<Site> {
    Site::open(Opening {
        folder: folder.path().to_owned(),
        config: Config {
            durability: Durability::Relaxed,
            database: schema.map(Schema::url).unwrap_or_default(),
            encryption_key: "a key for tests".to_owned(),
            ..Config::default()
        },
        clock: None,
        mode: OpenMode::Exclusive,
    })
    .unwrap()
}

/// A user with some roles.
pub(crate) fn user(name: &str, roles: &[&str]) -> Session {
    let mut roles: Vec<Arc<str>> = roles.iter().map(|role| Arc::from(*role)).collect();
    roles.extend([Arc::from("All"), Arc::from("Guest")]);
    roles.sort();
    Session {
        user: Arc::from(name),
        roles: roles.into(),
        ..Session::guest()
    }
}

/// Inserts a document of an object's values.
pub(crate) fn make(cx: &mut Cx, doctype: &str, values: &Value) -> Result<Document> {
    let meta = cx.site().meta(doctype).unwrap();
    let mut doc = save::new_document(cx, &meta, values.as_object().unwrap())?;
    doc.flags.keep_name = true;
    save::insert(cx, &mut doc)?;
    Ok(doc)
}
