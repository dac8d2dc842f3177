//! The users every site has stay.

use crate::doc_event;
use crate::doctype::document::Document;
use crate::prelude::*;

doc_event!("User", OnTrash, on_trash);

fn on_trash(user: &mut Document, _: &mut Cx) -> Result<()> {
    if matches!(user.name(), "Administrator" | "Guest") {
        return Err(invalid(format!("User {} cannot be deleted", user.name())));
    }
    Ok(())
}
