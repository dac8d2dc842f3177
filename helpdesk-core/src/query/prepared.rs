//! A list that is read row by row: permissions are checked and the statement is built once, the rows are never held
//! together.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::fields::Selection;
use super::{ListRequest, as_objects, compile, complete};
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::meta::Meta;
use crate::doctype::permissions;
use crate::error::Result;

/// Rows that get their child rows and linked documents at a time.
const BATCH: usize = 200;

/// A list that the caller may see, ready to be read.
#[derive(Debug)]
pub struct Prepared {
    query: Query<'static>,
    meta: Arc<Meta>,
    selection: Selection,
    request: ListRequest,
}

/// Checks a list's request and builds its statement.
///
/// # Errors
/// As [`super::list`].
pub fn prepare(cx: &mut Cx, request: ListRequest) -> Result<Prepared> {
    let meta = permissions::meta_of(cx, &request.doctype)?;
    let (query, selection) = compile(cx, &meta, &request)?;
    Ok(Prepared {
        query,
        meta,
        selection,
        request,
    })
}

impl Prepared {
    /// Keys of the rows, in order.
    pub fn keys(&self) -> Vec<String> {
        let own = self.selection.items.iter().map(|item| &item.key);
        let own = own.filter(|key| !(self.selection.added_name && *key == "name"));
        let children = self.selection.children.iter().map(|child| &child.key);
        own.chain(children).cloned().collect()
    }

    /// Hands over the rows in order. `rows` reads the list and nothing else meanwhile; child rows and linked documents
    /// are looked up by `beside`, which is another connection of the same caller.
    ///
    /// # Errors
    /// A database failure, and what `take` returns, which ends the reading.
    pub fn each(
        self,
        rows: &mut Cx,
        beside: &mut Cx,
        take: &mut dyn FnMut(Map<String, Value>) -> Result<()>,
    ) -> Result<()> {
        let kinds: Vec<Kind> = self.selection.items.iter().map(|item| item.kind).collect();
        let (meta, selection, request) = (self.meta, self.selection, self.request);
        let mut batch: Vec<Vec<Scalar<'static>>> = Vec::with_capacity(BATCH);
        let mut pass = |batch: &mut Vec<Vec<Scalar<'static>>>| {
            let mut objects = as_objects(batch.drain(..), &selection);
            complete(beside, &mut objects, &meta, &selection, &request)?;
            objects.into_iter().try_for_each(&mut *take)
        };
        rows.db().each_row(self.query, &kinds, &mut |cells| {
            batch.push(cells);
            if batch.len() < BATCH {
                return Ok(());
            }
            pass(&mut batch)
        })?;
        pass(&mut batch)
    }
}
