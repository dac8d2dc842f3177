//! Hooks: what apps do when a document is made, changed or deleted.
//!
//! Source: spec/framework-data.md §5.5.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::document::Document;
use crate::cx::Cx;
use crate::error::Result;
use crate::method::Location;
use crate::path::BASE_APP;

/// The moments of a document's life that have hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum Event {
    BeforeInsert,
    BeforeNaming,
    BeforeValidate,
    Validate,
    BeforeSave,
    BeforeSubmit,
    BeforeCancel,
    BeforeUpdateAfterSubmit,
    AfterInsert,
    OnUpdate,
    OnSubmit,
    OnCancel,
    OnUpdateAfterSubmit,
    OnTrash,
    AfterDelete,
}

/// A hook: runs for every document of a DocType at an event. Registered by `#[doc_event]`.
pub struct DocEvent {
    /// The DocType; `*` for all.
    pub doctype: &'static str,
    /// When.
    pub event: Event,
    /// Among hooks of the same event, lower numbers run first.
    pub order: i32,
    /// What.
    pub run: fn(&mut Document, &mut Cx) -> Result<()>,
    /// Where it stands in the source.
    pub location: Location,
}

inventory::collect!(DocEvent);

/// A field without a column, computed whenever a document is read.
pub struct VirtualField {
    /// The DocType.
    pub doctype: &'static str,
    /// The field.
    pub field: &'static str,
    /// Its value.
    pub value: fn(&Document) -> serde_json::Value,
}

inventory::collect!(VirtualField);

/// Registers a [`VirtualField`]: `virtual_field!("HD Article", "title_slug", function)`.
#[macro_export]
macro_rules! virtual_field {
    ($doctype:expr, $field:expr, $value:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::doctype::events::VirtualField { doctype: $doctype, field: $field, value: $value }
            }
        };
    };
}

static FIELDS: LazyLock<Vec<&'static VirtualField>> =
    LazyLock::new(|| inventory::iter::<VirtualField>.into_iter().collect());

/// Whether documents of a DocType have computed fields.
pub(crate) fn has_virtual_fields(doctype: &str) -> bool {
    FIELDS.iter().any(|field| field.doctype == doctype)
}

/// Sets the virtual fields of a document.
pub(crate) fn compute(doc: &mut Document) {
    let meta = Arc::clone(doc.meta());
    for field in FIELDS.iter().filter(|field| field.doctype == meta.name) {
        let value = (field.value)(doc);
        doc.set_extra(field.field, value);
    }
}

type Table = HashMap<Event, HashMap<&'static str, Vec<&'static DocEvent>>>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for event in inventory::iter::<DocEvent> {
        table
            .entry(event.event)
            .or_default()
            .entry(event.doctype)
            .or_default()
            .push(event);
    }
    for events in table.values_mut().flat_map(HashMap::values_mut) {
        events.sort_by_key(|event| (event.order, event.location.file, event.location.line));
    }
    table
});

/// Runs the hooks of an event: the DocType's own, then those for all DocTypes.
///
/// # Errors
/// The first error of a hook; the rest don't run.
pub fn run(doc: &mut Document, cx: &mut Cx, event: Event) -> Result<()> {
    let Some(hooks) = TABLE.get(&event) else {
        return Ok(());
    };
    let own = hooks.get(doc.doctype());
    let all = hooks.get("*");
    for hook in own.into_iter().chain(all).flatten() {
        if let Err(error) = (hook.run)(doc, cx) {
            return Err(match app_of(hook, cx) {
                Some(app) => error.passed_through(app),
                None => error,
            });
        }
    }
    Ok(())
}

/// The app a hook stands in, the base app aside, by the folder of its package.
fn app_of(hook: &DocEvent, cx: &Cx) -> Option<&'static str> {
    let mut folders = hook.location.file.rsplit(['/', '\\']);
    folders.find(|folder| *folder == "src")?;
    let package = folders.next()?;
    let apps = cx.site().dispatch.apps();
    let app = apps.iter().find(|app| app.package == package)?;
    (app.name != BASE_APP).then_some(app.name)
}
