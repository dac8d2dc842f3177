//! One entry of the dispatch table: what `#[whitelist]` registers of a function.

use std::future::Future;
use std::pin::Pin;

use schemars::{Schema, SchemaGenerator};
use serde::Serialize;

use crate::args::Args;
use crate::cx::{AsyncCx, Cx, Shared};
use crate::doctype::document::Document;
use crate::error::Error;
use crate::reply::Reply;

/// A boxed future that owns what it uses.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// An HTTP verb of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verb {
    Get,
    Post,
    Put,
    Delete,
    Patch,
    Head,
    Options,
    Query,
}

impl Verb {
    /// The verb of an HTTP method name, if the framework routes it.
    pub fn parse(name: &str) -> Option<Verb> {
        Some(match name {
            "GET" => Verb::Get,
            "POST" => Verb::Post,
            "PUT" => Verb::Put,
            "DELETE" => Verb::Delete,
            "PATCH" => Verb::Patch,
            "HEAD" => Verb::Head,
            "OPTIONS" => Verb::Options,
            "QUERY" => Verb::Query,
            _ => return None,
        })
    }

    /// The HTTP method name.
    pub const fn name(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
            Verb::Patch => "PATCH",
            Verb::Head => "HEAD",
            Verb::Options => "OPTIONS",
            Verb::Query => "QUERY",
        }
    }

    /// Whether a request with this verb commits what it wrote (spec/framework.md §1, step 10).
    pub const fn commits(self) -> bool {
        matches!(self, Verb::Post | Verb::Put | Verb::Delete | Verb::Patch)
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of verbs. A set with GET takes QUERY as well (spec/framework.md §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verbs(u16);

impl Verbs {
    /// GET, POST, PUT and DELETE (and QUERY): what a method takes that names none.
    pub const DEFAULT: Verbs = Verbs::of(&[Verb::Get, Verb::Post, Verb::Put, Verb::Delete]);
    /// All verbs.
    pub const ALL: Verbs = Verbs(u16::MAX);

    /// The set of the verbs given.
    pub const fn of(verbs: &[Verb]) -> Verbs {
        let (mut bits, mut i) = (0, 0);
        while i < verbs.len() {
            bits |= verbs[i].bit();
            if matches!(verbs[i], Verb::Get) {
                bits |= Verb::Query.bit();
            }
            i += 1;
        }
        Verbs(bits)
    }

    /// Whether the set has `verb`.
    pub const fn contains(self, verb: Verb) -> bool {
        self.0 & verb.bit() != 0
    }

    /// The verbs by name, in a fixed order, without the implied QUERY.
    pub fn names(self) -> Vec<&'static str> {
        [Verb::Get, Verb::Post, Verb::Put, Verb::Delete, Verb::Patch]
            .into_iter()
            .filter(|verb| self.contains(*verb))
            .map(Verb::name)
            .collect()
    }
}

/// How the framework runs a method.
#[derive(Clone, Copy)]
pub enum Handler {
    /// A plain `fn`: on a database thread, in one transaction.
    Blocking(fn(&mut Cx, Args) -> Result<Reply, Error>),
    /// A plain `fn` marked `inline`: on the reactor, without a database.
    Inline(fn(&Shared, Args) -> Result<Reply, Error>),
    /// An `async fn`: on the reactor; opens transactions of its own.
    Async(fn(AsyncCx, Args) -> BoxFuture<Result<Reply, Error>>),
    /// A `#[doc_method]`: as [`Handler::Blocking`], on a document.
    Document(fn(&mut Document, &mut Cx, Args) -> Result<Reply, Error>),
}

/// One request argument of a method.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The name callers send.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// The Rust type as written.
    pub rust_type: &'static str,
    /// Whether `#[arg(default = ..)]` was given.
    pub has_default: bool,
    /// The default as JSON, where it can be shown.
    pub default: Option<fn() -> serde_json::Value>,
    /// Whether it takes all arguments no other parameter names.
    pub rest: bool,
}

/// The number of calls a `#[rate_limit]` allows.
#[derive(Clone, Copy)]
pub enum Limit {
    /// A fixed number.
    Fixed(u32),
    /// Asked at each call.
    Of(fn(&Shared) -> u32),
}

/// One `#[rate_limit]` of a method (spec/framework-api.md §8).
#[derive(Clone, Copy)]
pub struct RateLimit {
    /// Calls a window.
    pub limit: Limit,
    /// Length of the window in seconds; it starts with its first call.
    pub seconds: u32,
    /// Counts per value of this argument.
    pub key: Option<&'static str>,
    /// Counts per client address.
    pub ip_based: bool,
    /// Verbs that count.
    pub verbs: Verbs,
}

/// Where something was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// Source file as the compiler names it.
    pub file: &'static str,
    /// Line, from 1.
    pub line: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// JSON Schemas of a method's arguments and result.
#[derive(Debug, Default)]
pub struct MethodSchema {
    /// One schema an argument, in the order of [`Method::params`] (the `rest` one left out).
    pub args: Vec<(&'static str, Schema, bool)>,
    /// The result's schema; `None` where its type says nothing.
    pub result: Option<Schema>,
}

/// A whitelisted method.
pub struct Method {
    /// The dotted path callers use.
    pub path: &'static str,
    /// Old or moved names of the same entry.
    pub aliases: &'static [&'static str],
    /// The function's doc comment, Markdown.
    pub doc: &'static str,
    /// Callable without a session.
    pub allow_guest: bool,
    /// Guest input is not sanitised.
    pub xss_safe: bool,
    /// The verbs it takes.
    pub verbs: Verbs,
    /// Its rate limits, each with a counter of its own.
    pub limits: &'static [RateLimit],
    /// Its request arguments.
    pub params: &'static [Param],
    /// Its injected parameters' types as written (`&Agent`), for listings.
    pub injected: &'static [&'static str],
    /// The function.
    pub handler: Handler,
    /// Builds the schemas; run only when they are asked for.
    pub schema: fn(&mut SchemaGenerator) -> MethodSchema,
    /// Where it stands in the source.
    pub location: Location,
    /// The package it was compiled in.
    pub package: &'static str,
}

inventory::collect!(Method);

impl std::fmt::Debug for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.path, self.location)
    }
}

/// A method of a DocType's documents: what `#[doc_method]` registers.
///
/// Its [`Method::path`] is where the function stands; callers name the document and [`DocMethod::name`].
#[derive(Debug)]
pub struct DocMethod {
    /// The DocType, or [`DocMethod::ANY`].
    pub doctype: &'static str,
    /// The function; its handler is a [`Handler::Document`].
    pub method: Method,
}

inventory::collect!(DocMethod);

impl DocMethod {
    /// In place of a DocType: a method that all documents have, unless their DocType has one of the same name.
    pub const ANY: &'static str = "*";

    /// The name callers send.
    pub fn name(&self) -> &'static str {
        self.method.path.rsplit('.').next().unwrap_or(self.method.path)
    }
}

/// A function of the original that nobody may call: what [`not_whitelisted!`](crate::not_whitelisted) registers.
#[derive(Debug)]
pub struct NotWhitelisted {
    /// The dotted path it is defined at, which callers are told.
    pub path: &'static str,
    /// The path callers use, where it is another one.
    pub called: Option<&'static str>,
    /// The DocType whose documents have it as a method, or [`DocMethod::ANY`].
    pub doctype: Option<&'static str>,
    /// Where it stands in the source.
    pub location: Location,
}

inventory::collect!(NotWhitelisted);

impl NotWhitelisted {
    /// What callers ask for: a path, or the name of a document's method.
    pub fn name(&self) -> &'static str {
        match self.doctype {
            Some(_) => self.path.rsplit('.').next().unwrap_or(self.path),
            None => self.called.unwrap_or(self.path),
        }
    }
}
