//! Who may follow what: the same checks as over HTTP.

use std::sync::Arc;

use super::Message;
use crate::args::StrOrInt;
use crate::call::Target;
use crate::cx::{Request, Shared};
use crate::error::{Error, Result};
use crate::frappe::realtime::has_permission;
use crate::method::Verb;
use crate::rest::is_on;
use crate::session::Session;
use crate::site::Site;

/// Whether a caller may follow a document, or with an empty name the documents of a DocType
/// (spec/framework-api.md §10.3). What isn't there may be followed by nobody.
///
/// # Errors
/// Only where it can't be told: when the database fails or has too much to do.
pub async fn may_follow(site: &Arc<Site>, session: &Arc<Session>, doctype: &str, name: &str) -> Result<bool> {
    if let Some(scopes) = &session.scopes {
        let target = if name.is_empty() {
            Target::List(doctype.to_owned())
        } else {
            Target::Read(doctype.to_owned(), name.to_owned())
        };
        if scopes.admit(Verb::Get, &target).is_err() {
            return Ok(false);
        }
    }
    let shared = Shared {
        site: Arc::clone(site),
        session: Arc::clone(session),
        request: Request::internal(Verb::Get),
    };
    let (doctype, name) = (doctype.to_owned(), name.to_owned());
    let allowed = site
        .pool
        .run(shared, move |cx| {
            has_permission(cx, doctype, Some(StrOrInt::Str(name)))
        })?
        .await
        .map_err(|_| Error::internal("the database thread went away"))?;
    match allowed {
        Err(error) if error.kind().status() >= 500 => Err(error),
        allowed => Ok(allowed.unwrap_or(false)),
    }
}

/// Whether somebody in the room of an event may hear of it. What the desk writes among itself stays there, as in
/// a document's timeline over HTTP: of comments, portal users hear of those that were published and of their own.
pub fn may_hear(session: &Session, message: &Message) -> bool {
    let payload = &message.payload;
    if session.system_user || &*message.event != "docinfo_update" || payload["key"] != "comments" {
        return true;
    }
    let comment = &payload["doc"];
    is_on(&comment["published"]) || comment["owner"] == *session.user
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn heard(system_user: bool, key: &str, doc: &Value) -> bool {
        let session = Session {
            user: Arc::from("pat@portal.example"),
            system_user,
            ..Session::guest()
        };
        let message = Message {
            event: Arc::from("docinfo_update"),
            room: Arc::from("doc:Deal/A"),
            payload: json!({ "key": key, "doc": doc }),
        };
        may_hear(&session, &message)
    }

    #[test]
    fn what_the_desk_writes_among_itself_stays_there() {
        let internal = json!({ "owner": "ada@desk.example", "published": 0 });
        assert!(heard(true, "comments", &internal) && !heard(false, "comments", &internal));
        assert!(heard(false, "communications", &internal) && heard(false, "assignment_logs", &internal));
        assert!(heard(
            false,
            "comments",
            &json!({ "owner": "ada@desk.example", "published": 1 })
        ));
        assert!(heard(
            false,
            "comments",
            &json!({ "owner": "pat@portal.example", "published": 0 })
        ));
    }
}
