//! Passwords among a request's arguments, hashed before the request begins its transaction.
//!
//! A password can be set by saving a User whose `new_password` is filled. Saving happens under the write lock, where
//! nothing slow may be done; so what will be needed is made before, and found here by the hook that stores it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::policy;
use crate::args::Args;
use crate::cx::{Cx, Shared};
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::secret::{self, password};

/// The field that holds a new password.
const FIELD: &str = "new_password";
/// New passwords in one request; more are refused.
const MOST: usize = 10;
/// How deep arguments are looked through.
const DEPTH: usize = 6;

/// Hashes by the digest of their password, or why a password is refused.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    hashes: BTreeMap<String, Result<String, String>>,
}

/// Hashes the new passwords among the arguments; `None` where there are none, as nearly always.
///
/// # Errors
/// 417 for more than ten of them; 503 where too many passwords are being worked on.
pub(crate) async fn prepare(shared: &Shared, args: &Args) -> Result<Option<Arc<Prepared>>> {
    if shared.session.is_guest() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for (name, value) in args.iter() {
        collect(name, value, DEPTH, &mut found);
    }
    if is_field(args.get("fieldname"))
        && let Some(Value::String(text)) = args.get("value")
    {
        found.push(text.clone());
    }
    // Asterisks stand for what is stored already.
    found.retain(|text| !text.chars().all(|c| c == '*'));
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Ok(None);
    }
    if found.len() > MOST {
        return Err(invalid(format!("{FIELD}: at most {MOST} passwords in a request")));
    }
    let lowest = shared.site.settings().sign_in.lowest_score;
    let made = shared.site.passwords.run(move || {
        let hashes = found.into_iter().map(|text| {
            let hash = match policy::require(&text, &[], lowest) {
                Ok(()) => password::hash(&text).map_err(|error| error.to_string()),
                Err(error) => Err(error.text().to_owned()),
            };
            (secret::digest(&text), hash)
        });
        Prepared {
            hashes: hashes.collect(),
        }
    });
    Ok(Some(Arc::new(made.await?)))
}

fn is_field(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str) == Some(FIELD)
}

fn collect(name: &str, value: &Value, depth: usize, found: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::String(text) if name == FIELD => found.push(text.clone()),
        // Documents also come as JSON text.
        Value::String(text) if text.contains(FIELD) => {
            if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(text) {
                collect("", &inner, depth - 1, found);
            }
        }
        Value::Object(object) => in_object(object, depth, found),
        Value::Array(items) => items.iter().for_each(|item| collect("", item, depth - 1, found)),
        _ => {}
    }
}

fn in_object(object: &Map<String, Value>, depth: usize, found: &mut Vec<String>) {
    for (name, value) in object {
        collect(name, value, depth - 1, found);
    }
}

/// The hash of a password that this request brought.
///
/// # Errors
/// 417 where the site does not take the password, or where it did not come with the request: code that sets one by
/// itself hashes it before its transaction ([`password::hash`]) and stores it with [`super::set_hash`].
pub(crate) fn hash_of(cx: &Cx, new: &str) -> Result<String> {
    let prepared = cx.request().new_passwords.as_ref();
    match prepared.and_then(|prepared| prepared.hashes.get(&secret::digest(new))) {
        Some(Ok(hash)) => Ok(hash.clone()),
        Some(Err(text)) => {
            Err(Error::new(ErrorKind::ValidationError, text.clone()).title("Password requirements not met"))
        }
        None => Err(invalid(
            "new_password: a password is hashed before its transaction begins; see sign_in::set_hash",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(value: Value) -> Vec<String> {
        let mut found = Vec::new();
        collect("", &value, DEPTH, &mut found);
        found
    }

    #[test]
    fn passwords_are_found_in_documents_and_their_texts() {
        assert_eq!(found(json!({ "new_password": "a" })), ["a"]);
        assert_eq!(
            found(json!({ "doc": { "doctype": "User", "new_password": "a" } })),
            ["a"]
        );
        assert_eq!(
            found(json!({ "docs": r#"[{"name":"x","new_password":"a"}]"# })),
            ["a"]
        );
        assert_eq!(
            found(json!({ "new_password": 5, "other": "new_password" })),
            [""; 0]
        );
    }
}
