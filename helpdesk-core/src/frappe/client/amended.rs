//! Amendments: which document replaces a cancelled one.

use crate::doctype::meta::Meta;
use crate::doctype::permissions::Access;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Name of the document that amends another.
pub(super) fn by(cx: &mut Cx, meta: &Meta, name: &str) -> Result<Option<String>> {
    let lists = Access::of(meta, cx.session()).can_list();
    if meta.column("amended_from").is_none() || !lists {
        return Ok(None);
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!({ "amended_from": name }),
            length: Some(1),
            ..ListRequest::of(meta.name.clone())
        },
    )?;
    let name = rows.first().and_then(|row| row.get("name")?.as_str());
    Ok(name.map(str::to_owned))
}
