//! Values derived from documents that change seldom (rules, agreements, settings), kept until one of those changes. Every
//! single document is a source by itself.
//!
//! What is kept must be the same for every caller and at every time. A transaction that has changed a source itself, or
//! keeps to an older state of the database, derives what it needs anew and keeps nothing.

use std::any::{Any, TypeId};
use std::sync::{Arc, LazyLock};

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::cx::Cx;
use crate::error::Result;

/// Values kept at most; beyond it all are dropped, which costs their next readers a derivation.
const MOST: usize = 10_000;

/// A DocType whose rows values are derived from; see [`kept_sources!`](crate::kept_sources).
pub struct Source {
    /// The DocType; child rows are sources of their own.
    pub doctype: &'static str,
    /// Columns that nothing kept is derived from: setting them alone drops nothing.
    pub except: &'static [&'static str],
}

inventory::collect!(Source);

/// Registers DocTypes as sources of kept values: `kept_sources! { "HD Holiday", "Assignment Rule" except ["last_user"] }`.
///
/// Every DocType that a derivation given to [`kept`] reads must be registered, child tables included.
#[macro_export]
macro_rules! kept_sources {
    ($($doctype:literal $(except [$($column:literal),* $(,)?])?),+ $(,)?) => {
        $(
            $crate::__private::inventory::submit! {
                $crate::site::Source { doctype: $doctype, except: &[$($($column),*)?] }
            }
        )+
    };
}

static SOURCES: LazyLock<HashMap<&'static str, &'static [&'static str]>> = LazyLock::new(|| {
    inventory::iter::<Source>
        .into_iter()
        .map(|source| (source.doctype, source.except))
        .collect()
});

type Key = (TypeId, String);

#[derive(Default)]
struct Values {
    /// How often all were dropped.
    generation: u64,
    by_key: HashMap<Key, Arc<dyn Any + Send + Sync>>,
}

/// The kept values of a site.
#[derive(Default)]
pub(crate) struct Kept(RwLock<Values>);

impl Kept {
    /// Drops all.
    pub(crate) fn clear(&self) {
        let mut values = self.0.write();
        values.generation += 1;
        values.by_key.clear();
    }
}

/// A value derived from registered sources, from memory or by `derive`. Among values of one type the key tells them apart.
///
/// # Errors
/// What `derive` returns.
pub fn kept<T: Any + Send + Sync>(
    cx: &mut Cx,
    key: &str,
    derive: impl FnOnce(&mut Cx) -> Result<T>,
) -> Result<Arc<T>> {
    if !cx.db().sees_what_is_kept() {
        return derive(cx).map(Arc::new);
    }
    let site = Arc::clone(cx.site());
    let key = (TypeId::of::<T>(), key.to_owned());
    let generation = {
        let values = site.kept.0.read();
        if let Some(Ok(found)) = values
            .by_key
            .get(&key)
            .map(|found| Arc::downcast::<T>(Arc::clone(found)))
        {
            return Ok(found);
        }
        values.generation
    };
    let value = Arc::new(derive(cx)?);
    let mut values = site.kept.0.write();
    // Whoever changed a source since has dropped all; what was read before that must not come back.
    if values.generation == generation && cx.db().sees_what_is_kept() {
        if values.by_key.len() >= MOST {
            values.by_key.clear();
        }
        values.by_key.insert(key, Arc::<T>::clone(&value));
    }
    Ok(value)
}

/// Notes that rows of a DocType changed (`columns` alone, where given): if values are derived from them, they are dropped
/// once that is committed, here and in other processes.
pub(crate) fn rows_changed(cx: &mut Cx, doctype: &str, mut columns: Option<&mut dyn Iterator<Item = &str>>) {
    let Some(except) = SOURCES.get(doctype) else {
        return;
    };
    if let Some(columns) = &mut columns
        && columns.all(|column| except.contains(&column))
    {
        return;
    }
    all_changed(cx);
}

/// As [`rows_changed`] of every source: for single documents, and what changes rows of many DocTypes.
pub(crate) fn all_changed(cx: &mut Cx) {
    cx.db().source_changed();
    if !std::mem::replace(&mut cx.db().out.drops_kept, true) {
        cx.after_commit(|shared| {
            shared.site.kept.clear();
            shared.site.tell_other_processes();
        });
    }
}
