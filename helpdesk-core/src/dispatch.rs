//! The dispatch table: every registered method by its path, built once at start.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use crate::cx::Api;
use crate::doctype::registry;
use crate::error::{Error, ErrorKind};
use crate::message::Message;
use crate::method::{DocMethod, Location, Method, NotWhitelisted, Verb};
use crate::path::{App, first_segment};

mod admit;

pub use admit::{admit, not_whitelisted};

/// All methods by path and alias. The keys are ours, so the hasher needs no secret.
pub struct Dispatch {
    table: HashMap<&'static str, &'static Method, FixedState>,
    /// Sorted by path.
    methods: Vec<&'static Method>,
    /// Sorted by root.
    apps: Vec<&'static App>,
    /// First segments that belong to an app.
    installed: BTreeSet<&'static str>,
    /// Every dotted prefix of a path: what counts as a module.
    modules: HashSet<&'static str, FixedState>,
    /// Methods of documents by DocType and name.
    documents: HashMap<(&'static str, &'static str), &'static DocMethod, FixedState>,
    /// Functions nobody may call, by DocType (empty for those of no document) and name.
    refused: HashMap<(&'static str, &'static str), &'static NotWhitelisted, FixedState>,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// No crate with methods is linked.
    #[error("no methods are registered: does the binary call `link()` of its apps?")]
    Empty,
    /// Paths or aliases that more than one method has.
    #[error("{}", list(.0))]
    Duplicates(Vec<Duplicate>),
    /// A document method whose DocType nothing registers.
    #[error("the document method at {location} is of the DocType {doctype:?}, which is not registered")]
    NoSuchDocType {
        /// The DocType named.
        doctype: &'static str,
        /// Where the method stands.
        location: Location,
    },
}

/// One path of two methods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The path or alias; of document methods `DocType::name`.
    pub path: Cow<'static, str>,
    /// Where one method stands.
    pub first: Location,
    /// Where the other stands.
    pub second: Location,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is registered twice: {} and {}",
            self.path, self.first, self.second
        )
    }
}

fn list(duplicates: &[Duplicate]) -> String {
    duplicates
        .iter()
        .map(Duplicate::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// A path no method has, and what the caller is told.
#[derive(Debug)]
pub struct NotFound {
    /// A message that precedes the error's own in the log.
    pub prelude: Option<Message>,
    /// 417 `ValidationError` with the reason; 403 for a function that nobody may call.
    pub error: Error,
}

impl Dispatch {
    /// The table of all methods linked into this binary.
    ///
    /// # Errors
    /// When there are none, or two share a path.
    pub fn collect() -> Result<Dispatch, DispatchError> {
        let table = Dispatch::of(inventory::iter::<Method>, inventory::iter::<App>)?
            .with_documents(inventory::iter::<DocMethod>)?
            .with_refused(inventory::iter::<NotWhitelisted>)?;
        // A registry that can't be read is reported where the site opens.
        if let Ok(doctypes) = registry::global()
            && let Some(method) = table
                .documents
                .values()
                .find(|method| method.doctype != DocMethod::ANY && !doctypes.contains_key(method.doctype))
        {
            return Err(DispatchError::NoSuchDocType {
                doctype: method.doctype,
                location: method.method.location,
            });
        }
        Ok(table)
    }

    /// The table of this binary, collected once.
    ///
    /// # Errors
    /// As [`Dispatch::collect`].
    pub fn global() -> Result<&'static Dispatch, &'static DispatchError> {
        static TABLE: LazyLock<Result<Dispatch, DispatchError>> = LazyLock::new(Dispatch::collect);
        TABLE.as_ref()
    }

    /// The table of the methods and apps given.
    ///
    /// # Errors
    /// As [`Dispatch::collect`].
    pub fn of(
        methods: impl IntoIterator<Item = &'static Method>,
        apps: impl IntoIterator<Item = &'static App>,
    ) -> Result<Dispatch, DispatchError> {
        let mut methods: Vec<&'static Method> = methods.into_iter().collect();
        if methods.is_empty() {
            return Err(DispatchError::Empty);
        }
        methods.sort_by_key(|method| (method.path, method.location.file, method.location.line));
        let mut apps: Vec<&'static App> = apps.into_iter().collect();
        apps.sort_by_key(|app| app.root);

        let mut table = HashMap::with_hasher(FixedState::default());
        let mut modules = HashSet::with_hasher(FixedState::default());
        let mut duplicates = Vec::new();
        for method in &methods {
            for path in std::iter::once(method.path).chain(method.aliases.iter().copied()) {
                if let Some(other) = table.insert(path, *method) {
                    duplicates.push(Duplicate {
                        path: path.into(),
                        first: other.location,
                        second: method.location,
                    });
                }
                modules.extend(path.match_indices('.').map(|(at, _)| path.split_at(at).0));
            }
        }
        if !duplicates.is_empty() {
            return Err(DispatchError::Duplicates(duplicates));
        }
        let mut installed: BTreeSet<&'static str> = methods
            .iter()
            .filter(|method| method.path.contains('.'))
            .map(|method| first_segment(method.path))
            .collect();
        for app in &apps {
            installed.insert(app.name);
            installed.extend(app.trees.iter().map(|(_, prefix)| first_segment(prefix)));
        }
        Ok(Dispatch {
            table,
            methods,
            apps,
            installed,
            modules,
            documents: HashMap::with_hasher(FixedState::default()),
            refused: HashMap::with_hasher(FixedState::default()),
        })
    }

    /// The table with methods of documents.
    ///
    /// # Errors
    /// When a DocType has two of one name.
    pub fn with_documents(
        mut self,
        methods: impl IntoIterator<Item = &'static DocMethod>,
    ) -> Result<Dispatch, DispatchError> {
        let mut methods: Vec<&'static DocMethod> = methods.into_iter().collect();
        methods.sort_by_key(|one| {
            (
                one.doctype,
                one.name(),
                one.method.location.file,
                one.method.location.line,
            )
        });
        let mut duplicates = Vec::new();
        for method in methods {
            if let Some(other) = self.documents.insert((method.doctype, method.name()), method) {
                duplicates.push(Duplicate {
                    path: format!("{}::{}", method.doctype, method.name()).into(),
                    first: other.method.location,
                    second: method.method.location,
                });
            }
        }
        if duplicates.is_empty() {
            Ok(self)
        } else {
            Err(DispatchError::Duplicates(duplicates))
        }
    }

    /// The table with functions that nobody may call.
    ///
    /// # Errors
    /// When one is named twice, or is a method.
    pub fn with_refused(
        mut self,
        functions: impl IntoIterator<Item = &'static NotWhitelisted>,
    ) -> Result<Dispatch, DispatchError> {
        let mut functions: Vec<&'static NotWhitelisted> = functions.into_iter().collect();
        functions.sort_by_key(|one| (one.name(), one.location.file, one.location.line));
        let mut duplicates = Vec::new();
        for function in functions {
            let (doctype, name) = (function.doctype.unwrap_or_default(), function.name());
            let method = match function.doctype {
                Some(doctype) => self.documents.get(&(doctype, name)).map(|found| &found.method),
                None => self.get(name),
            };
            let twice = self.refused.insert((doctype, name), function);
            let other = method
                .map(|method| method.location)
                .or(twice.map(|other| other.location));
            if let Some(first) = other {
                duplicates.push(Duplicate {
                    path: match function.doctype {
                        Some(doctype) => format!("{doctype}::{name}").into(),
                        None => name.into(),
                    },
                    first,
                    second: function.location,
                });
            }
            if function.doctype.is_none() {
                let ends = name.match_indices('.').map(|(at, _)| name.split_at(at).0);
                self.modules.extend(ends);
            }
        }
        if duplicates.is_empty() {
            Ok(self)
        } else {
            Err(DispatchError::Duplicates(duplicates))
        }
    }

    /// The method `name` of a DocType's documents, or what the caller is told of a name that nobody may call.
    ///
    /// # Errors
    /// 403 for a function that is not whitelisted.
    pub fn callable(&self, doctype: &str, name: &str) -> Result<Option<&'static DocMethod>, Error> {
        if let Some(found) = self.document(doctype, name) {
            return Ok(Some(found));
        }
        let refused = self.refused.get(&(doctype, name));
        match refused.or_else(|| self.refused.get(&(DocMethod::ANY, name))) {
            Some(function) => Err(not_whitelisted(function.path)),
            None => Ok(None),
        }
    }

    /// The method `name` of a DocType's documents: its own, else one that all documents have.
    pub fn document(&self, doctype: &str, name: &str) -> Option<&'static DocMethod> {
        let own = self.documents.get(&(doctype, name));
        own.or_else(|| self.documents.get(&(DocMethod::ANY, name)))
            .copied()
    }

    /// The methods of a DocType's documents, those that all documents have included, sorted by name.
    pub fn of_doctype(&self, doctype: &str) -> Vec<&'static DocMethod> {
        let names: BTreeSet<&str> = self
            .documents
            .keys()
            .filter(|(of, _)| *of == doctype || *of == DocMethod::ANY)
            .map(|(_, name)| *name)
            .collect();
        names
            .into_iter()
            .filter_map(|name| self.document(doctype, name))
            .collect()
    }

    /// The methods that single DocTypes' documents have, sorted by DocType and name.
    pub fn of_doctypes(&self) -> Vec<&'static DocMethod> {
        let own = self
            .documents
            .values()
            .filter(|method| method.doctype != DocMethod::ANY);
        let mut own: Vec<&'static DocMethod> = own.copied().collect();
        own.sort_by_key(|method| (method.doctype, method.name()));
        own
    }

    /// The method of a path or alias.
    pub fn get(&self, path: &str) -> Option<&'static Method> {
        self.table.get(path).copied()
    }

    /// The method of a path or alias, or what the caller is told when there is none.
    ///
    /// Source: spec/framework.md §2.2, check 3; the two envelopes word it differently.
    ///
    /// # Errors
    /// When no method has the path, or nobody may call what has it.
    pub fn find(&self, path: &str, api: Api) -> Result<&'static Method, Box<NotFound>> {
        self.get(path).ok_or_else(|| {
            Box::new(match self.refused.get(&("", path)) {
                Some(function) => NotFound {
                    prelude: None,
                    error: not_whitelisted(function.path),
                },
                None => self.not_found(path, api),
            })
        })
    }

    /// As [`Dispatch::find`], for a request's verb: in API v2 a name without dots is a route, which is there for its verbs
    /// alone (recorded: a GET of `logout` names no method).
    ///
    /// # Errors
    /// As [`Dispatch::find`].
    pub fn routed(&self, path: &str, api: Api, verb: Option<Verb>) -> Result<&'static Method, Box<NotFound>> {
        let method = self.find(path, api)?;
        let takes = verb.is_none_or(|verb| method.verbs.contains(verb));
        if api == Api::V2 && !path.contains('.') && !takes {
            return Err(Box::new(self.not_found(path, api)));
        }
        Ok(method)
    }

    fn not_found(&self, path: &str, api: Api) -> NotFound {
        let mut prelude = None;
        let reason = match path.rsplit_once('.') {
            None if api == Api::V1 => format!("'{path}'"),
            _ if !self.installed.contains(first_segment(path)) => {
                let reason = format!("App {} is not installed", first_segment(path));
                prelude = Some(Message::thrown(reason.clone()));
                reason
            }
            Some((module, function)) => match self.unknown_module(module) {
                Some(unknown) => format!("No module named '{unknown}'"),
                None => format!("module '{module}' has no attribute '{function}'"),
            },
            // An app alone is no method.
            None => format!("'{path}'"),
        };
        let text = match api {
            Api::V1 => format!("Failed to get method for command {path} with {reason}"),
            Api::V2 => format!("Failed to get method {path} with {reason}"),
        };
        NotFound {
            prelude,
            error: Error::new(ErrorKind::ValidationError, text),
        }
    }

    /// The shortest prefix of `module` that holds no methods, not even in modules below it.
    fn unknown_module<'a>(&self, module: &'a str) -> Option<&'a str> {
        let ends = module
            .match_indices('.')
            .map(|(at, _)| at)
            .chain(std::iter::once(module.len()));
        ends.map(|end| module.split_at(end).0)
            .find(|prefix| !self.modules.contains(prefix) && !self.installed.contains(prefix))
    }

    /// All methods, sorted by path.
    pub fn methods(&self) -> &[&'static Method] {
        &self.methods
    }

    /// The apps linked into this binary, sorted by root.
    pub fn apps(&self) -> &[&'static App] {
        &self.apps
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.methods).finish()
    }
}

#[cfg(test)]
mod tests;
