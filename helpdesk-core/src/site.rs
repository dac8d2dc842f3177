//! A site: one folder with its settings, its database and what is cached of it.

mod changes;
pub(crate) mod kept;

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use arc_swap::ArcSwap;
use parking_lot::{Mutex, RwLock};
use serde_json::Value;

use crate::clock::Clock;
use crate::config::Config;
use crate::cx::{Cx, Request, Shared};
use crate::db::{Database, Kind, Mode, Place, Pool, Query, Scalar, Tx};
use crate::dispatch::Dispatch;
use crate::doctype::meta::Meta;
use crate::doctype::registry::{self, Metas};
use crate::doctype::schema::{self, Step};
use crate::doctype::storage;
use crate::doctype::system::{DOCSHARE, NAMING_RULE, SYSTEM_SETTINGS, USER_PERMISSION};
use crate::doctype::user_permissions::UserPermissions;
use crate::error::{Error, Result};
use crate::files::content;
use crate::gate::Gate;
use crate::jobs::{self, Bell};
use crate::lane::Lane;
use crate::method::Verb;
use crate::rate_limit::{Counters, MemoryCounters};
use crate::realtime::Realtime;
use crate::report;
use crate::secret::{self, fernet::Key};
use crate::session::Session;
use crate::sign_in::sessions::SessionCache;
use crate::sign_in::settings::SignInSettings;
use crate::sign_in::tokens::TokenCache;
use crate::translate;
use crate::users::{self, KeyCache};

pub use self::changes::announce_change;
pub(crate) use self::changes::announce_metadata;
use self::changes::{METADATA, SESSIONS};
pub use self::kept::{Source, kept};

/// How often the server looks whether a command beside it changed users, roles or keys.
const LOOK_EVERY_MS: u64 = 1_000;

/// Users whose confinement is kept in memory at once.
const MOST_CONFINED: usize = 10_000;

/// Settings of the site that are rows of System Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// First day of the week, by name.
    pub first_day_of_the_week: Arc<str>,
    /// Whether System Users see tracebacks.
    pub allow_error_traceback: bool,
    /// How dates are shown (`yyyy-mm-dd`).
    pub date_format: Arc<str>,
    /// How times of day are shown (`HH:mm:ss`).
    pub time_format: Arc<str>,
    /// Whether an empty link field hides a document from users confined to some of its targets.
    pub strict_user_permissions: bool,
    /// Bytes a file may have; `None`: as the site's configuration says.
    pub max_file_size: Option<u64>,
    /// Extensions that files may have, in capitals; none: all.
    pub allowed_file_extensions: Arc<[String]>,
    /// Whether the schedule runs.
    pub enable_scheduler: bool,
    /// Whether files may come from guests.
    pub allow_guests_to_upload_files: bool,
    /// Language of the site.
    pub language: Arc<str>,
    /// What holds for signing in.
    pub sign_in: SignInSettings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            first_day_of_the_week: Arc::from("Sunday"),
            allow_error_traceback: true,
            date_format: Arc::from("yyyy-mm-dd"),
            time_format: Arc::from("HH:mm:ss"),
            strict_user_permissions: false,
            max_file_size: None,
            allowed_file_extensions: Arc::default(),
            enable_scheduler: true,
            allow_guests_to_upload_files: false,
            language: Arc::from("en"),
            sign_in: SignInSettings::default(),
        }
    }
}

/// How a site is opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The site's folder; made if there is none.
    pub folder: PathBuf,
    /// Its settings.
    pub config: Config,
    /// Its clock; `None`: the machine's, in the configured zone.
    pub clock: Option<Clock>,
    /// Server or command.
    pub mode: OpenMode,
}

/// What a site is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// To serve: alone on the site, many threads.
    Serve,
    /// For a command that has the site to itself (`load`, `migrate`): alone, few threads.
    Exclusive,
    /// For a small command that may run beside a server.
    Beside,
}

/// A site.
pub struct Site {
    /// Settings of `site.toml`, flags and environment.
    pub config: Config,
    /// Its folder.
    pub folder: PathBuf,
    /// Its clock.
    pub clock: Clock,
    /// Database threads.
    pub pool: Pool,
    /// The methods.
    pub dispatch: &'static Dispatch,
    /// What users without access to the desk may reach.
    pub gate: Gate,
    counters: OnceLock<Arc<dyn Counters>>,
    signal: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Seals cursors of lists: from the site's `encryption_key`, else made at each start.
    pub(crate) cursor_key: Key,
    /// Sessions of API keys.
    pub(crate) keys: KeyCache,
    /// Sessions of cookies.
    pub(crate) cookie_sessions: SessionCache,
    /// Bearer tokens.
    pub(crate) tokens: TokenCache,
    /// Wakes the workers of this process.
    pub(crate) bell: Bell,
    /// Where passwords are hashed.
    pub passwords: Lane,
    /// Where exports are written.
    pub exports: Lane,
    /// Where events for connected clients go.
    pub realtime: Realtime,
    database: Arc<Database>,
    registered: Metas,
    metas: ArcSwap<Metas>,
    settings: ArcSwap<Settings>,
    /// The last integer name given, by series; see [`crate::doctype::naming::next_integer`].
    pub(crate) integer_names: Mutex<hashbrown::HashMap<String, i64>>,
    shared: ArcSwap<HashSet<String>>,
    named_by_rules: ArcSwap<HashSet<String>>,
    confines: AtomicBool,
    user_permissions: RwLock<hashbrown::HashMap<String, Arc<UserPermissions>>>,
    pub(crate) kept: kept::Kept,
    changes_seen: AtomicI64,
    /// The counter of metadata changes that `metas` stands for; held while they are read, so that an older reading
    /// never replaces a newer one.
    metadata_seen: Mutex<i64>,
    looked_at: AtomicU64,
    started: Instant,
    _lock: Option<File>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The database file of a site.
pub fn database_path(folder: &Path) -> PathBuf {
    folder.join("site.db")
}

impl Site {
    /// Opens a site whose schema is up to date, making the schema where the database is new.
    ///
    /// # Errors
    /// When the site is in use, the database cannot be opened, or its schema has to be migrated first.
    pub fn open(opening: Opening) -> Result<Arc<Site>> {
        let (site, steps) = Site::open_unchecked(opening)?;
        if !steps.is_empty() {
            return Err(Error::internal(format!(
                "the database lacks {} of what this version needs ({} …); run `helpdesk migrate` first",
                steps.len(),
                steps[0].what
            )));
        }
        Ok(site)
    }

    /// Opens a site, telling what its schema lacks instead of refusing; a new database gets its whole schema.
    ///
    /// # Errors
    /// When the site is in use or the database cannot be opened.
    pub fn open_unchecked(opening: Opening) -> Result<(Arc<Site>, Vec<Step>)> {
        std::fs::create_dir_all(&opening.folder).map_err(|error| {
            Error::internal(format!(
                "cannot make the site's folder {}: {error}",
                opening.folder.display()
            ))
        })?;
        let lock = match opening.mode {
            OpenMode::Beside => None,
            OpenMode::Serve | OpenMode::Exclusive => Some(lock(&opening.folder)?),
        };
        if lock.is_some() {
            content::clear_incoming(&opening.folder)
                .map_err(|error| Error::internal(format!("cannot clear private/incoming: {error}")))?;
        }
        let dispatch = Dispatch::global().map_err(|error| Error::internal(error.to_string()))?;
        jobs::check()?;
        let registered = registry::global().map_err(Error::internal)?.clone();
        report::all().map_err(Error::internal)?;
        translate::check().map_err(Error::internal)?;
        let zone = jiff::tz::TimeZone::get(&opening.config.time_zone).map_err(|error| {
            Error::internal(format!("time_zone = {:?}: {error}", opening.config.time_zone))
        })?;
        let clock = opening.clock.unwrap_or_else(|| Clock::system(zone));
        let mode = match opening.mode {
            OpenMode::Beside => Mode::Command,
            _ => Mode::Server(opening.config.durability),
        };
        let path = database_path(&opening.folder);
        let place = Place::parse(&opening.config.database, &path)?;
        let database = Database::open_at(&place, mode)?;
        let mut tx = database.connect()?;
        // Of several processes that open a new database at once, the first makes the schema.
        let alone = database.alone()?;
        let is_new = schema::is_blank(&mut tx)?;
        let mut steps = schema::plan_of_site(&mut tx, &registered)?;
        if is_new {
            schema::apply(&mut tx, &steps)?;
            let ticket = tx.commit()?;
            database.durable_blocking(ticket)?;
            steps.clear();
        }
        let threads = threads(&opening.config, opening.mode);
        let queue = if opening.config.queue_size > 0 {
            opening.config.queue_size
        } else {
            64 * threads
        };
        // Cursors are no passwords: a key of their own, which tells nothing of the other.
        let setting = &opening.config.encryption_key;
        let seed = if setting.is_empty() {
            secret::hex(32)
        } else {
            format!("cursors:{setting}")
        };
        let cursor_key = Key::of(&seed).ok_or_else(|| Error::internal("no key for cursors"))?;
        let site = Arc::new(Site {
            cursor_key,
            pool: Pool::start(&database, threads, queue)?,
            gate: Gate::of(&opening.config),
            config: opening.config,
            folder: opening.folder,
            clock,
            dispatch,
            counters: OnceLock::new(),
            signal: OnceLock::new(),
            keys: KeyCache::default(),
            cookie_sessions: SessionCache::default(),
            tokens: TokenCache::default(),
            bell: Bell::default(),
            passwords: Lane::for_passwords(),
            exports: Lane::for_exports(),
            realtime: Realtime::default(),
            database,
            metas: ArcSwap::from_pointee(registered.clone()),
            registered,
            settings: ArcSwap::from_pointee(Settings::default()),
            integer_names: Mutex::default(),
            shared: ArcSwap::from_pointee(HashSet::new()),
            named_by_rules: ArcSwap::from_pointee(HashSet::new()),
            confines: AtomicBool::new(false),
            user_permissions: RwLock::new(hashbrown::HashMap::new()),
            kept: kept::Kept::default(),
            changes_seen: AtomicI64::new(0),
            metadata_seen: Mutex::new(0),
            looked_at: AtomicU64::new(0),
            started: Instant::now(),
            _lock: lock,
        });
        if steps.is_empty() {
            if opening.mode == OpenMode::Serve {
                tx.optimize()?;
            }
            site.reload(&mut tx)?;
            site.changes_seen
                .store(changes::count(&mut tx, SESSIONS)?, Ordering::Relaxed);
        }
        drop(alone);
        Ok((site, steps))
    }

    /// The DocType of a name, in the spelling it is registered with or another case.
    pub fn meta(&self, doctype: &str) -> Option<Arc<Meta>> {
        let metas = self.metas.load();
        if let Some(meta) = metas.get(doctype) {
            return Some(Arc::clone(meta));
        }
        metas
            .values()
            .find(|meta| meta.name.eq_ignore_ascii_case(doctype))
            .cloned()
    }

    /// All DocTypes by name.
    pub fn metas(&self) -> Arc<Metas> {
        self.metas.load_full()
    }

    /// The registered DocTypes, without what the site adds.
    pub fn registered(&self) -> &Metas {
        &self.registered
    }

    /// Settings that are rows of System Settings.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// Bytes a file may have.
    pub fn max_upload(&self) -> u64 {
        self.settings
            .load()
            .max_file_size
            .unwrap_or(self.config.max_file_size)
    }

    /// Counters of rate limits: those that [`count_with`](Site::count_with) named, else this process's own.
    pub fn counters(&self) -> &Arc<dyn Counters> {
        self.counters.get_or_init(|| Arc::new(MemoryCounters::default()))
    }

    /// From now on rate limits are counted by `counters`. Answers whether that came in time: it must be told before the
    /// first call is counted.
    pub fn count_with(&self, counters: Arc<dyn Counters>) -> bool {
        self.counters.set(counters).is_ok()
    }

    /// From now on `signal` is called when a change was announced to other processes: it may have them look at once,
    /// who else look within a second. It must not block. Answers whether it is the first.
    pub fn signal_by(&self, signal: Box<dyn Fn() + Send + Sync>) -> bool {
        self.signal.set(signal).is_ok()
    }

    pub(crate) fn signal_change(&self) {
        if let Some(signal) = self.signal.get() {
            signal();
        }
    }

    /// A name that all processes on this database share and no other site has; it tells nothing of the site.
    ///
    /// # Errors
    /// A database failure.
    pub fn identity(&self) -> Result<String> {
        let place = if self.database.is_postgres() {
            let mut query = Query::new();
            query.sql(
                "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || current_database()::text",
            );
            let row = self.database.connect()?.row(query, &[Kind::Text])?;
            row.and_then(|row| row.first()?.as_str().map(str::to_owned))
                .ok_or_else(|| Error::internal("PostgreSQL does not tell which database this is"))?
        } else {
            // One server alone serves it, from this folder.
            let folder = std::fs::canonicalize(&self.folder)?;
            format!("{}/{}", self.config.encryption_key, folder.display())
        };
        Ok(secret::digest(&format!("site:{place}"))
            .chars()
            .take(16)
            .collect())
    }

    /// The database.
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Whether any document of a DocType is shared with anyone (saves a query on every check where none is).
    pub(crate) fn has_shares(&self, doctype: &str) -> bool {
        self.shared.load().contains(doctype)
    }

    /// Whether a Document Naming Rule may name documents of a DocType (saves a query on every insert where none does).
    pub(crate) fn has_naming_rules(&self, doctype: &str) -> bool {
        self.named_by_rules.load().contains(doctype)
    }

    /// Whether any user is confined to anything by a User Permission.
    pub(crate) fn confines_users(&self) -> bool {
        self.confines.load(Ordering::Relaxed)
    }

    /// What a user is confined to, from memory or by `read`. Beside a write nothing is kept: `read` may see what is
    /// not committed.
    pub(crate) fn user_permissions(
        &self,
        user: &str,
        is_writing: bool,
        read: impl FnOnce() -> Result<UserPermissions>,
    ) -> Result<Arc<UserPermissions>> {
        if let Some(found) = self.user_permissions.read().get(user) {
            return Ok(Arc::clone(found));
        }
        if is_writing {
            return Ok(Arc::new(read()?));
        }
        // Read under the lock: a change that commits meanwhile clears after us, never before.
        let mut known = self.user_permissions.write();
        let found = Arc::new(read()?);
        if known.len() >= MOST_CONFINED {
            known.clear();
        }
        known.insert(user.to_owned(), Arc::clone(&found));
        Ok(found)
    }

    /// Metadata changed in bulk and is committed: it is read anew, and columns the tables lack are added.
    pub fn metadata_changed(&self) {
        if let Err(error) = self.database.connect().and_then(|mut tx| self.reload(&mut tx)) {
            tracing::error!(%error, "cannot read the changed metadata");
        }
    }

    /// Reads metadata anew if its counter says that it changed since the last reading, here or in another process;
    /// whoever changed it has changed the schema with it.
    pub(crate) fn catch_up(&self) {
        if let Err(error) = self
            .database
            .connect()
            .and_then(|mut tx| self.read_changed_metadata(&mut tx))
        {
            tracing::error!(%error, "cannot read the changed metadata");
        }
    }

    fn read_changed_metadata(&self, tx: &mut Tx) -> Result<()> {
        let mut seen = self.metadata_seen.lock();
        // The counter is read first: a change committed in between is read again, never missed.
        let current = changes::count(tx, METADATA)?;
        if *seen != current {
            let metas = registry::of_site(tx, &self.registered)?;
            self.metas.store(Arc::new(metas));
            *seen = current;
            // Kept documents know the metadata they were read by.
            self.kept.clear();
        }
        Ok(())
    }

    /// Users, roles, keys or shares changed and are committed: cached sessions are dropped.
    pub fn sessions_changed(&self) {
        self.keys.clear();
        self.cookie_sessions.clear();
        self.tokens.clear();
        self.kept.clear();
        if let Err(error) = self
            .database
            .connect()
            .and_then(|mut tx| self.read_settings(&mut tx))
        {
            tracing::error!(%error, "cannot read the changed settings");
        }
        self.user_permissions.write().clear();
        self.realtime.rights_changed();
    }

    /// Takes metadata that the running transaction changed into use before it is committed, columns included.
    ///
    /// For an install, which needs the fields it has just added and has the site to itself: a roll-back leaves the
    /// metadata of this process wrong.
    ///
    /// # Errors
    /// A database failure.
    pub(crate) fn reload_uncommitted(&self, tx: &mut Tx) -> Result<()> {
        let metas = registry::of_site(tx, &self.registered)?;
        let steps = schema::plan(tx, &metas)?;
        schema::apply(tx, &steps)?;
        self.metas.store(Arc::new(metas));
        self.kept.clear();
        Ok(())
    }

    fn reload(&self, tx: &mut Tx) -> Result<()> {
        let mut seen = self.metadata_seen.lock();
        let current = changes::count(tx, METADATA)?;
        let metas = registry::of_site(tx, &self.registered)?;
        // A Custom Field may have brought columns the tables lack.
        let steps = schema::plan(tx, &metas)?;
        if !steps.is_empty() {
            schema::apply(tx, &steps)?;
            let ticket = tx.commit()?;
            self.database.durable_blocking(ticket)?;
        }
        self.metas.store(Arc::new(metas));
        self.kept.clear();
        *seen = current;
        drop(seen);
        self.read_settings(tx)
    }

    fn read_settings(&self, tx: &mut Tx) -> Result<()> {
        let mut query = Query::new();
        query
            .sql("SELECT field, value FROM ")
            .ident(crate::doctype::system::SINGLES_TABLE)
            .sql(" WHERE doctype = ")
            .text(SYSTEM_SETTINGS);
        let mut settings = Settings::default();
        for row in tx.rows(query, &[Kind::Text, Kind::Text])? {
            let (Some(field), Some(value)) = (
                row.first().and_then(Scalar::as_str),
                row.get(1).and_then(Scalar::as_str),
            ) else {
                continue;
            };
            match field {
                "first_day_of_the_week" => settings.first_day_of_the_week = Arc::from(value),
                "allow_error_traceback" => settings.allow_error_traceback = value != "0",
                "apply_strict_user_permissions" => settings.strict_user_permissions = value == "1",
                "date_format" if !value.is_empty() => settings.date_format = Arc::from(value),
                "time_format" if !value.is_empty() => settings.time_format = Arc::from(value),
                "max_file_size" => {
                    let megabytes = value.trim().parse::<u64>().ok().filter(|most| *most > 0);
                    settings.max_file_size = megabytes.map(|most| most.saturating_mul(1024 * 1024));
                }
                "allowed_file_extensions" => {
                    let extensions = value
                        .lines()
                        .map(|line| line.trim().trim_start_matches('.').to_uppercase());
                    settings.allowed_file_extensions = extensions.filter(|line| !line.is_empty()).collect();
                }
                "enable_scheduler" => settings.enable_scheduler = value != "0",
                "allow_guests_to_upload_files" => settings.allow_guests_to_upload_files = value == "1",
                "language" if !value.is_empty() => settings.language = Arc::from(value),
                field => settings.sign_in.read(field, value),
            }
        }
        self.settings.store(Arc::new(settings));
        self.shared
            .store(Arc::new(distinct(tx, DOCSHARE, "share_doctype")?));
        self.named_by_rules
            .store(Arc::new(distinct(tx, NAMING_RULE, "document_type")?));
        let mut query = Query::new();
        query
            .sql("SELECT count(*) FROM (SELECT 1 FROM ")
            .ident(format!("tab{USER_PERMISSION}"))
            .sql(" LIMIT 1) AS x");
        self.confines.store(tx.count(query)? > 0, Ordering::Relaxed);
        Ok(())
    }

    /// Has other processes on the same database drop their caches of sessions, within a second; what they would still
    /// think of a caller must be committed before. A SQLite site is served by one process alone.
    ///
    /// Beside the request, in a transaction of its own: the counter is one row, and whoever held it while writing
    /// other rows could lock out, or be locked out by, everybody else.
    pub(crate) fn tell_other_processes(self: &Arc<Site>) {
        // A process that holds a SQLite site is the only one with caches of it.
        if !self.database.is_postgres() && self._lock.is_some() {
            return;
        }
        let shared = Shared {
            site: Arc::clone(self),
            session: Arc::new(Session::guest()),
            request: Request::internal(Verb::Post),
        };
        let told = match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                let site = Arc::clone(self);
                runtime.spawn(async move { site.tell_until_told(shared).await });
                Ok(())
            }
            // A command: nothing else runs in this process.
            Err(_) => self.context(shared.session, Verb::Post).and_then(|mut cx| {
                announce_change(&mut cx)?;
                self.finish(cx)?;
                self.signal_change();
                Ok(())
            }),
        };
        if let Err(error) = told {
            tracing::error!(%error, "other processes could not be told of a change");
        }
    }

    /// Tries again while the database threads are too busy: a session that ended must not live on elsewhere.
    async fn tell_until_told(self: Arc<Site>, shared: Shared) {
        for wait in [0, 50, 200, 1_000, 5_000, 20_000] {
            tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
            let told = match self.pool.run(shared.clone(), announce_change) {
                Ok(told) => told.await,
                Err(error) => Ok(Err(error)),
            };
            match told {
                Ok(Ok(())) => return self.signal_change(),
                Ok(Err(error)) => tracing::warn!(%error, "other processes could not be told of a change yet"),
                Err(error) => tracing::warn!(%error, "other processes could not be told of a change yet"),
            }
        }
        tracing::error!("other processes were not told of a change of sessions");
    }

    /// A context for work of the process itself, as the Administrator.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn context(self: &Arc<Site>, session: Arc<Session>, verb: Verb) -> Result<Cx> {
        let shared = Shared {
            site: Arc::clone(self),
            session,
            request: Request::internal(verb),
        };
        Ok(Cx::new(shared, self.database.connect()?))
    }

    /// Ends a context of [`Site::context`]: commits, waits until that is durable, and runs the after-commit work.
    ///
    /// # Errors
    /// A database failure.
    pub fn finish(self: &Arc<Site>, cx: Cx) -> Result<()> {
        let (shared, mut tx) = cx.into_parts();
        let ticket = tx.commit()?;
        self.database.durable_blocking(ticket)?;
        tx.out.committed(&shared);
        Ok(())
    }

    /// The session of an API key and its secret; `None` when they don't match an enabled user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_by_key(self: &Arc<Site>, key: &str, secret: &str) -> Result<Option<Arc<Session>>> {
        self.look_for_changes().await?;
        if let Some(found) = self.keys.get(key, secret) {
            return Ok(found);
        }
        let generation = self.keys.generation();
        let shared = Shared {
            site: Arc::clone(self),
            session: Arc::new(Session::guest()),
            request: Request::internal(Verb::Get),
        };
        let (key, secret) = (key.to_owned(), secret.to_owned());
        let stored = self
            .pool
            .run(shared, {
                let key = key.clone();
                move |cx| users::stored_key(cx, &key)
            })?
            .await
            .map_err(|_| Error::internal("the database thread went away"))??;
        Ok(self.keys.remember(&key, &secret, stored, generation))
    }

    /// As [`Site::look_for_changes`], at once and on the caller's connection.
    pub(crate) fn hear_of_changes(&self, tx: &mut Tx) -> Result<()> {
        self.read_changed_metadata(tx)?;
        let current = changes::count(tx, SESSIONS)?;
        if self.changes_seen.swap(current, Ordering::Relaxed) != current {
            self.sessions_changed();
        }
        Ok(())
    }

    /// Drops cached sessions and metadata when another process changed users, roles, keys or metadata; looks once a
    /// second.
    pub(crate) async fn look_for_changes(self: &Arc<Site>) -> Result<()> {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let last = self.looked_at.load(Ordering::Relaxed);
        if now.saturating_sub(last) < LOOK_EVERY_MS
            || self
                .looked_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return Ok(());
        }
        self.changed_elsewhere().await
    }

    /// Looks now whether another process changed users, roles, keys or metadata, and drops what that makes stale.
    ///
    /// # Errors
    /// When the database fails or its threads are all busy.
    pub async fn changed_elsewhere(self: &Arc<Site>) -> Result<()> {
        let shared = Shared {
            site: Arc::clone(self),
            session: Arc::new(Session::guest()),
            request: Request::internal(Verb::Get),
        };
        let site = Arc::clone(self);
        let current = self
            .pool
            .run(shared, move |cx| {
                site.read_changed_metadata(cx.db())?;
                changes::count(cx.db(), SESSIONS)
            })?
            .await
            .map_err(|_| Error::internal("the database thread went away"))??;
        if self.changes_seen.swap(current, Ordering::Relaxed) != current {
            self.sessions_changed();
        }
        Ok(())
    }
}

/// The values a column of one of the engine's own tables has.
fn distinct(tx: &mut Tx, doctype: &str, column: &'static str) -> Result<HashSet<String>> {
    let mut query = Query::new();
    query
        .sql("SELECT DISTINCT ")
        .ident(column)
        .sql(" FROM ")
        .ident(format!("tab{doctype}"));
    let rows = tx.rows(query, &[Kind::Text])?.into_iter();
    Ok(rows
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect())
}

/// Takes a site for this process alone, until the file is dropped.
///
/// # Errors
/// When another process has it, or the folder can't be written to.
pub fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("site.lock");
    let file = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&path)?;
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => Error::internal(format!(
            "the site {} is in use by another process; stop it first",
            folder.display()
        )),
        std::fs::TryLockError::Error(error) => {
            Error::internal(format!("cannot lock {}: {error}", path.display()))
        }
    })?;
    Ok(file)
}

fn threads(config: &Config, mode: OpenMode) -> usize {
    if mode != OpenMode::Serve {
        return 1;
    }
    if config.pool_size > 0 {
        return config.pool_size;
    }
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    (2 * cores).max(4)
}

/// One value of a single DocType, typed; it is [`kept`].
///
/// # Errors
/// A database failure.
pub fn single(cx: &mut Cx, doctype: &str, field: &str) -> Result<Value> {
    struct Single(Value);
    let key = format!("{doctype}/{field}");
    let value = kept(cx, &key, |cx| {
        storage::single_value(cx, doctype, field).map(Single)
    })?;
    Ok(value.0.clone())
}
