//! The messages of a data set stand in the `_comments` of the documents they are about, as if they had been saved one
//! after the other; a document that brings its own keeps them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::registry::Metas;
use crate::doctype::{comments, json_text, storage};
use crate::error::Result;

/// Entries by the document they are about.
#[derive(Default)]
pub(super) struct Notes(BTreeMap<(String, String), Vec<Value>>);

impl Notes {
    /// Keeps what a document says of another one; most say nothing.
    pub(super) fn read(&mut self, doc: &Document) {
        let Some(about) = comments::about(doc) else {
            return;
        };
        let list = self.0.entry(about).or_default();
        *list = comments::with_message(std::mem::take(list), doc);
    }

    /// Writes the columns.
    ///
    /// # Errors
    /// A database failure.
    pub(super) fn write(self, cx: &mut Cx, metas: &Metas) -> Result<()> {
        for ((doctype, name), list) in self.0 {
            if !metas.get(&doctype).is_some_and(|meta| comments::are_kept(meta)) {
                continue;
            }
            let Some(stored) = storage::values(cx, &doctype, &name, &[comments::COLUMN])? else {
                continue;
            };
            if stored.first().is_none_or(Value::is_null) {
                let text = Value::from(json_text::spaced(&Value::from(list)));
                storage::set_columns(cx, &doctype, &name, &[(comments::COLUMN, text)])?;
            }
        }
        Ok(())
    }
}
