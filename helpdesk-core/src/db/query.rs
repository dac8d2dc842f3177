//! One SQL statement as fragments: identifiers and values never become text by hand.
//!
//! The node is our own because `sql_query`, boxed queries and `eq_any` all force Diesel to prepare the
//! statement anew at every run (design/data-layer.md §3).

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher};

use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query as DieselQuery, QueryFragment, QueryId};
use diesel::sql_types::Untyped;
use smallvec::SmallVec;

/// What a column holds; decides how values are bound, read and written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 64-bit integer.
    Int,
    /// 0 or 1.
    Check,
    /// Double.
    Float,
    /// Text of any length.
    Text,
    /// `YYYY-MM-DD`.
    Date,
    /// Time of day or a span, `HH:MM:SS.ffffff`.
    Time,
    /// `YYYY-MM-DD HH:MM:SS.ffffff`.
    DateTime,
}

/// One value on its way to or from the database.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Scalar<'a> {
    Null,
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    /// The same value, owning its text.
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Scalar::Null => Scalar::Null,
            Scalar::Int(int) => Scalar::Int(int),
            Scalar::Float(float) => Scalar::Float(float),
            Scalar::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Scalar::Int(int) => Some(*int),
            _ => None,
        }
    }

    /// The value as JSON, dates in the contract's form (see [`super::json`]).
    pub fn to_json(&self, kind: Kind) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Scalar::Null => Value::Null,
            Scalar::Int(int) if kind == Kind::Float => {
                serde_json::Number::from_f64(*int as f64).map_or(Value::Null, Value::Number)
            }
            Scalar::Int(int) => Value::from(*int),
            Scalar::Float(float) => serde_json::Number::from_f64(*float).map_or(Value::Null, Value::Number),
            Scalar::Text(text) => Value::from(super::json::shown(text, kind)),
        }
    }
}

/// A bound value and the kind of the column it meets.
#[derive(Clone, Debug, PartialEq)]
pub struct Bind<'a> {
    /// Kind of the column (decides the SQL type, NULL's too).
    pub kind: Kind,
    /// The value.
    pub value: Scalar<'a>,
}

#[derive(Clone, Debug)]
enum Frag<'a> {
    Sql(&'static str),
    /// SQLite's words, PostgreSQL's words.
    Either(&'static str, &'static str),
    Checked(Cow<'a, str>),
    Ident(Cow<'a, str>),
    Number(u64),
    Bind(Bind<'a>),
}

/// How Diesel keeps the prepared statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// Always: one of a fixed number of texts.
    Always,
    /// If the worker's table of shapes has room for it.
    IfRoom,
    /// Never.
    Never,
}

/// A statement being put together.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Most statements are put together of small ones, which are moved about: few places inline.
    frags: SmallVec<[Frag<'a>; 6]>,
    keep: Keep,
    cache: bool,
}

impl Default for Query<'_> {
    fn default() -> Self {
        Query {
            frags: SmallVec::new(),
            keep: Keep::IfRoom,
            cache: false,
        }
    }
}

impl<'a> Query<'a> {
    /// An empty statement; its prepared form is kept while the worker has room.
    pub fn new() -> Query<'a> {
        Query::default()
    }

    /// A statement whose text is one of a fixed number, so that its prepared form is always kept.
    pub fn fixed() -> Query<'a> {
        Query {
            keep: Keep::Always,
            ..Query::default()
        }
    }

    /// Never keep the prepared form (a rare shape, or one that users make up).
    pub fn forget(&mut self) -> &mut Self {
        self.keep = Keep::Never;
        self
    }

    /// Adds SQL text of ours.
    pub fn sql(&mut self, text: &'static str) -> &mut Self {
        self.frags.push(Frag::Sql(text));
        self
    }

    /// Adds SQL text of ours where the databases differ: SQLite's, PostgreSQL's.
    pub fn either(&mut self, sqlite: &'static str, postgres: &'static str) -> &mut Self {
        self.frags.push(Frag::Either(sqlite, postgres));
        self
    }

    /// Adds SQL text that was built from metadata at load time, every identifier in it quoted.
    pub fn checked(&mut self, text: impl Into<Cow<'a, str>>) -> &mut Self {
        self.frags.push(Frag::Checked(text.into()));
        self
    }

    /// Adds a quoted identifier.
    pub fn ident(&mut self, name: impl Into<Cow<'a, str>>) -> &mut Self {
        self.frags.push(Frag::Ident(name.into()));
        self
    }

    /// Adds a number as text (LIMIT and OFFSET: a bound one makes SQLite re-prepare at every run).
    pub fn number(&mut self, number: u64) -> &mut Self {
        self.frags.push(Frag::Number(number));
        self
    }

    /// Adds a bound value.
    pub fn bind(&mut self, kind: Kind, value: Scalar<'a>) -> &mut Self {
        self.frags.push(Frag::Bind(Bind { kind, value }));
        self
    }

    /// Adds a bound text.
    pub fn text(&mut self, value: impl Into<Cow<'a, str>>) -> &mut Self {
        self.bind(Kind::Text, Scalar::Text(value.into()))
    }

    /// Appends another statement's fragments.
    pub fn append(&mut self, other: Query<'a>) -> &mut Self {
        if other.keep == Keep::Never {
            self.keep = Keep::Never;
        }
        self.frags.extend(other.frags);
        self
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.frags.is_empty()
    }

    /// The text with `?` for values: for `debug` and tests.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        for frag in &self.frags {
            match frag {
                Frag::Sql(text) | Frag::Either(text, _) => out.push_str(text),
                Frag::Checked(text) => out.push_str(text),
                Frag::Ident(name) => {
                    out.push('`');
                    out.push_str(&name.replace('`', "``"));
                    out.push('`');
                }
                Frag::Number(number) => out.push_str(itoa::Buffer::new().format(*number)),
                Frag::Bind(_) => out.push('?'),
            }
        }
        out
    }

    /// Decides whether the prepared form is kept, with the worker's table of shapes.
    pub(super) fn admit(&mut self, shapes: &mut Shapes) {
        self.cache = match self.keep {
            Keep::Always => true,
            Keep::Never => false,
            Keep::IfRoom => shapes.admit(self.shape()),
        };
    }

    fn shape(&self) -> u64 {
        let state = foldhash::fast::FixedState::default();
        let mut hasher = state.build_hasher();
        for frag in &self.frags {
            match frag {
                Frag::Sql(text) | Frag::Either(text, _) => text.hash(&mut hasher),
                Frag::Checked(text) => text.hash(&mut hasher),
                Frag::Ident(name) => (1_u8, name).hash(&mut hasher),
                Frag::Number(number) => (2_u8, number).hash(&mut hasher),
                Frag::Bind(bind) => (3_u8, bind.kind, matches!(bind.value, Scalar::Null)).hash(&mut hasher),
            }
        }
        hasher.finish()
    }
}

/// The statement shapes a connection keeps prepared. Bounded, because filters are the user's choice and
/// Diesel's own cache is not.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    known: hashbrown::HashSet<u64, foldhash::fast::FixedState>,
}

impl Shapes {
    const MOST: usize = 256;

    fn admit(&mut self, shape: u64) -> bool {
        if self.known.contains(&shape) {
            return true;
        }
        if self.known.len() >= Shapes::MOST {
            return false;
        }
        self.known.insert(shape)
    }

    pub(super) fn clear(&mut self) {
        self.known.clear();
    }
}

/// What differs between databases in binding, reading and writing values.
pub(super) trait SqlBackend: Backend {
    /// Which words of a statement are meant.
    const POSTGRES: bool;

    /// Binds one value with the SQL type of its kind.
    fn bind<'b>(bind: &'b Bind<'_>, out: AstPass<'_, 'b, Self>) -> QueryResult<()>;
    /// Reads one column.
    fn read(raw: Self::RawValue<'_>, kind: Kind) -> diesel::deserialize::Result<Scalar<'static>>;
    /// Writes one column as JSON.
    fn write_json(raw: Self::RawValue<'_>, kind: Kind, out: &mut Vec<u8>) -> diesel::deserialize::Result<()>;
}

impl<DB: SqlBackend> QueryFragment<DB> for Query<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.cache {
            out.unsafe_to_cache_prepared();
        }
        for frag in &self.frags {
            match frag {
                Frag::Sql(text) => out.push_sql(text),
                Frag::Either(sqlite, postgres) => out.push_sql(if DB::POSTGRES { postgres } else { sqlite }),
                Frag::Checked(text) => out.push_sql(text),
                Frag::Ident(name) => out.push_identifier(name)?,
                Frag::Number(number) => out.push_sql(itoa::Buffer::new().format(*number)),
                Frag::Bind(bind) => DB::bind(bind, out.reborrow())?,
            }
        }
        Ok(())
    }
}

impl QueryId for Query<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl DieselQuery for Query<'_> {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for Query<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_and_values_are_not_in_the_text() {
        let mut query = Query::new();
        query
            .sql("SELECT ")
            .ident("a`b")
            .sql(" WHERE x = ")
            .text("'; drop")
            .sql(" LIMIT ")
            .number(20);

        assert_eq!(query.shown(), "SELECT `a``b` WHERE x = ? LIMIT 20");
    }

    #[test]
    fn shapes_are_bounded() {
        let mut shapes = Shapes::default();
        for shape in 0..1000 {
            shapes.admit(shape);
        }

        assert!(shapes.admit(0));
        assert!(!shapes.admit(5000));
    }
}
