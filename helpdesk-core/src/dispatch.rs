//! The dispatch table: every registered method by its path, built once at start.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashSet};

use crate::cx::Api;
use crate::error::{Error, ErrorKind};
use crate::message::Message;
use crate::method::{Location, Method};
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
}

/// One path of two methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// The path or alias.
    pub path: &'static str,
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
    /// 417 `ValidationError` with the reason.
    pub error: Error,
}

impl Dispatch {
    /// The table of all methods linked into this binary.
    ///
    /// # Errors
    /// When there are none, or two share a path.
    pub fn collect() -> Result<Dispatch, DispatchError> {
        Dispatch::of(inventory::iter::<Method>, inventory::iter::<App>)
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
                        path,
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
        })
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
    /// When no method has the path.
    pub fn find(&self, path: &str, api: Api) -> Result<&'static Method, Box<NotFound>> {
        self.get(path).ok_or_else(|| Box::new(self.not_found(path, api)))
    }

    fn not_found(&self, path: &str, api: Api) -> NotFound {
        let mut prelude = None;
        let reason = match path.rsplit_once('.') {
            None => format!("'{path}'"),
            Some(_) if !self.installed.contains(first_segment(path)) => {
                let reason = format!("App {} is not installed", first_segment(path));
                prelude = Some(Message::thrown(reason.clone()));
                reason
            }
            Some((module, function)) => match self.unknown_module(module) {
                Some(unknown) => format!("No module named '{unknown}'"),
                None => format!("module '{module}' has no attribute '{function}'"),
            },
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
