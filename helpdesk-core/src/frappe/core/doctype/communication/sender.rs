//! The full name of who sent a message stands in it, so that timelines need not look it up.

use crate::doctype::document::Document;
use crate::doctype::typed::doc_event;
use crate::doctype::{storage, system};
use crate::prelude::*;

/// Takes the name over from the user with the sender's address, where there is one and no name is given (recorded).
#[doc_event(doctype = "Communication", on = "before_validate")]
fn name_sender(message: &mut Document, cx: &mut Cx) -> Result<()> {
    let sender = message.text("sender").to_owned();
    if sender.is_empty() || !message.is_empty("sender_full_name") {
        return Ok(());
    }
    let name = storage::values(cx, system::USER, &sender, &["full_name"])?;
    if let Some(name) = name.and_then(|row| row.into_iter().next()) {
        message.set("sender_full_name", name);
    }
    Ok(())
}
