//! `helpdesk.helpdesk.doctype.hd_ticket_comment.hd_ticket_comment`: reactions to comments.
//!
//! Source: spec/helpdesk-a.md §4.11.

use std::collections::BTreeSet;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use helpdesk_core::users::full_name;
use schemars::JsonSchema;

use crate::live;
use crate::notifications::{self, Notice};
use crate::permitted;
use crate::rows::{self, Row, text};

/// The signs one can react with.
const EMOJIS: [&str; 6] = ["👍", "👎", "❤️", "🎉", "👀", "✅"];

/// What a reaction did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Toggled {
    /// `added`, `changed` or `removed`.
    action: &'static str,
    emoji: String,
}

/// Who reacted with a sign.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    emoji: String,
    users: Vec<Person>,
    current_user_reacted: bool,
    count: usize,
}

/// Somebody who reacted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Person {
    user: String,
    full_name: String,
}

fn is_on(cx: &mut Cx) -> Result<bool> {
    Ok(is_true(Some(&single(
        cx,
        "HD Settings",
        "enable_comment_reactions",
    )?)))
}

fn no_such_comment() -> Error {
    invalid("There is no such comment.")
}

/// Adds, changes or takes back the caller's reaction to a comment: one a user. Nothing where reactions are off; rights
/// are asked for all the same.
///
/// # Errors
/// - 403 if the caller may not read and change the ticket
/// - 417 for an unknown comment, or a sign that is none of the six
#[whitelist]
pub fn toggle_reaction(
    cx: &mut Cx,
    /// Name of the comment.
    comment: String,
    /// One of `get_preset_emojis`.
    emoji: String,
) -> Result<Option<Toggled>> {
    let known = storage::values(cx, "HD Ticket Comment", &comment, &["reference_ticket"])?;
    let ticket = known.as_ref().and_then(|row| row.first()?.as_str());
    for right in [Right::Read, Right::Write] {
        match ticket {
            Some(ticket) => permitted::document(cx, "HD Ticket", ticket, right).map(|_| ())?,
            None => permitted::require_right(cx, "HD Ticket", right)?,
        }
    }
    if !is_on(cx)? {
        return Ok(None);
    }
    if !EMOJIS.contains(&emoji.as_str()) {
        return Err(invalid("This is no sign one can react with."));
    }
    let meta = meta_of(cx, "HD Ticket Comment")?;
    let mut comment = storage::load_to_change(cx, &meta, &comment)?.ok_or_else(no_such_comment)?;
    let user = cx.user().to_owned();
    let own = comment
        .rows("reactions")
        .iter()
        .position(|row| row.text("user").eq_ignore_ascii_case(&user));
    let mut rows: Vec<Row> = comment
        .rows("reactions")
        .iter()
        .map(|row| Row::from_iter([("name".to_owned(), row.get("name").clone())]))
        .collect();
    let action = match own {
        Some(at) if comment.rows("reactions")[at].text("emoji") == emoji => {
            rows.remove(at);
            "removed"
        }
        Some(at) => {
            rows[at].insert("emoji".into(), emoji.as_str().into());
            "changed"
        }
        None => {
            rows.push(Row::from_iter([
                ("emoji".to_owned(), emoji.as_str().into()),
                ("user".to_owned(), user.as_str().into()),
            ]));
            "added"
        }
    };
    comment.set_rows("reactions", rows);
    comment.flags.ignore_permissions = true;
    save::save(cx, &mut comment)?;
    if action != "removed" {
        tell_author(cx, &comment)?;
    }
    live::reacted(cx, &comment);
    Ok(Some(Toggled { action, emoji }))
}

/// The author of a comment hears how many reacted: one notice a comment, kept up to date.
fn tell_author(cx: &mut Cx, comment: &Document) -> Result<()> {
    let author = comment.text("commented_by").to_owned();
    if author.is_empty() || author.eq_ignore_ascii_case(cx.user()) {
        return Ok(());
    }
    let others: BTreeSet<&str> = comment
        .rows("reactions")
        .iter()
        .map(|row| row.text("user"))
        .filter(|user| !user.eq_ignore_ascii_case(&author))
        .collect();
    let message = match others.len() {
        1 => "1 person reacted to your comment".to_owned(),
        many => format!("{many} people reacted to your comment"),
    };
    let name = comment.name_text();
    let known = rows::names(
        cx,
        "HD Notification",
        json!({ "reference_comment": name, "user_to": author, "notification_type": "Reaction" }),
    )?;
    let Some(known) = known.first() else {
        let notice = Notice {
            to: &author,
            kind: "Reaction",
            ticket: comment.text("reference_ticket"),
            comment: &name,
            message: &message,
            ..Notice::default()
        };
        return notifications::tell(cx, &notice);
    };
    let mut notice = storage::get_to_change(cx, &meta_of(cx, "HD Notification")?, known)?;
    notice.set("message", message);
    notice.set("user_from", cx.user().to_owned());
    notice.set("read", 0);
    notice.flags.ignore_permissions = true;
    save::save(cx, &mut notice)
}

/// The reactions to a comment by sign, in the order the signs first came; none where reactions are off.
///
/// # Errors
/// - 403 if the caller may not read the ticket
/// - 417 for an unknown comment
#[whitelist]
pub fn get_reactions(
    cx: &mut Cx,
    /// Name of the comment.
    comment: String,
) -> Result<Vec<Group>> {
    if !is_on(cx)? {
        return Ok(Vec::new());
    }
    let meta = meta_of(cx, "HD Ticket Comment")?;
    let comment = storage::load(cx, &meta, &comment)?.ok_or_else(no_such_comment)?;
    permitted::document(cx, "HD Ticket", comment.text("reference_ticket"), Right::Read)?;
    let rows = rows::all(
        cx,
        "HD Comment Reaction",
        &["emoji", "user"],
        json!({ "parent": comment.name(), "parenttype": "HD Ticket Comment" }),
        "idx asc",
    )?;
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let user = text(&row, "user").to_owned();
        let is_own = user.eq_ignore_ascii_case(cx.user());
        let person = Person {
            full_name: full_name(cx, &user)?,
            user,
        };
        let emoji = text(&row, "emoji");
        let at = groups
            .iter()
            .position(|group| group.emoji == emoji)
            .unwrap_or_else(|| {
                groups.push(Group {
                    emoji: emoji.to_owned(),
                    users: Vec::new(),
                    current_user_reacted: false,
                    count: 0,
                });
                groups.len() - 1
            });
        let group = &mut groups[at];
        group.users.push(person);
        group.count += 1;
        group.current_user_reacted |= is_own;
    }
    Ok(groups)
}

/// The signs one can react with.
#[whitelist(inline)]
pub fn get_preset_emojis() -> [&'static str; 6] {
    EMOJIS
}
