//! The users every site has stay; who is disabled or gone is signed out.

use crate::doctype::document::Document;
use crate::doctype::rename::{self, Renaming};
use crate::doctype::typed::doc_event;
use crate::prelude::*;
use crate::rename_rule;
use crate::sign_in::{credentials, prepared, reset, sessions};

rename_rule!("User", Before, before_rename);
rename_rule!("User", After, after_rename);

#[doc_event(doctype = "User", on = "on_trash")]
fn on_trash(user: &mut Document, cx: &mut Cx) -> Result<()> {
    if matches!(user.name(), "Administrator" | "Guest") {
        return Err(invalid(format!("User {} cannot be deleted", user.name())));
    }
    sessions::end_all(cx, user.name(), None)
}

/// A user is named by the mail address, in small letters.
#[doc_event(doctype = "User", on = "before_naming")]
fn before_naming(user: &mut Document, _: &mut Cx) -> Result<()> {
    if user.flags.keep_name && !user.get("name").is_null() {
        return Ok(());
    }
    let email = user.text("email").trim().to_lowercase();
    if !crate::doctype::is_email(&email) || email.contains('<') {
        return Err(no_email(&email));
    }
    user.set("name", email.clone());
    user.set("email", email);
    user.flags.keep_name = true;
    Ok(())
}

fn no_email(text: &str) -> Error {
    Error::new(
        ErrorKind::InvalidEmailAddressError,
        format!("{text} is not a valid Email Address"),
    )
}

/// Sets the password that a filled `new_password` asks for; the field itself is never kept.
#[doc_event(doctype = "User", on = "before_save")]
fn before_save(user: &mut Document, cx: &mut Cx) -> Result<()> {
    let new = user.text("new_password").to_owned();
    if new.chars().all(|c| c == '*') {
        return Ok(());
    }
    let name = user.name().to_owned();
    if matches!(&*name, "Administrator" | "Guest") && !cx.session().is_administrator() {
        return Err(forbidden(format!(
            "Only the Administrator may set the password of {name}"
        )));
    }
    let hash = prepared::hash_of(cx, &new)?;
    credentials::store(cx, &name, hash)?;
    let others = user.is_on("logout_all_sessions") || cx.site().settings().sign_in.sign_out_on_reset;
    if others || cx.user() != name {
        // Whoever sets the own password stays signed in with the browser it is done in.
        let current = cx
            .session()
            .cookie
            .as_ref()
            .map(|cookie| cookie.digest.to_string());
        sessions::end_all(cx, &name, current.as_deref())?;
    }
    Ok(())
}

/// A new user gets a link to choose a password, unless `send_welcome_email` is off.
#[doc_event(doctype = "User", on = "after_insert")]
fn after_insert(user: &mut Document, cx: &mut Cx) -> Result<()> {
    if !user.is_on("send_welcome_email") {
        return Ok(());
    }
    reset::mail_link(cx, user.name(), reset::Why::Welcome)
}

#[doc_event(doctype = "User", on = "on_update")]
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
        return Err(no_email(renaming.new));
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
