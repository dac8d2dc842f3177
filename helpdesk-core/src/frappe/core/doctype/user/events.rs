//! The users every site has stay; who is disabled or gone is signed out.

use crate::doc_event;
use crate::doctype::document::Document;
use crate::doctype::rename::{self, Renaming};
use crate::prelude::*;
use crate::rename_rule;
use crate::sign_in::sessions;

doc_event!("User", OnUpdate, on_update);
doc_event!("User", OnTrash, on_trash);
rename_rule!("User", Before, before_rename);
rename_rule!("User", After, after_rename);

fn on_trash(user: &mut Document, cx: &mut Cx) -> Result<()> {
    if matches!(user.name(), "Administrator" | "Guest") {
        return Err(invalid(format!("User {} cannot be deleted", user.name())));
    }
    sessions::end_all(cx, user.name(), None)
}

fn on_update(user: &mut Document, cx: &mut Cx) -> Result<()> {
    if !user.is_on("enabled")
        && user
            .before
            .as_deref()
            .is_some_and(|before| before.is_on("enabled"))
    {
        sessions::end_all(cx, user.name(), None)?;
    }
    Ok(())
}

fn before_rename(renaming: &Renaming<'_>, _: &mut Cx) -> Result<()> {
    if matches!(renaming.old, "Administrator" | "Guest") {
        return Err(invalid(format!("User {} cannot be renamed", renaming.old)));
    }
    if !crate::doctype::is_email(renaming.new) {
        return Err(Error::new(
            ErrorKind::InvalidEmailAddressError,
            format!("{} is not a valid Email Address", renaming.new),
        ));
    }
    Ok(())
}

/// A user is named by the address; what the user made stays the user's.
fn after_rename(renaming: &Renaming<'_>, cx: &mut Cx) -> Result<()> {
    if !renaming.merge {
        let email = Value::from(renaming.new);
        crate::doctype::storage::set_columns(cx, renaming.doctype, renaming.new, &[("email", email)])?;
    }
    sessions::end_all(cx, renaming.old, None)?;
    rename::update_owners(cx, renaming.old, renaming.new)
}
