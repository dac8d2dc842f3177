//! Who may call a method at all, with which verb, and what is taken out of the arguments before.

use serde_json::Value;

use crate::args::Args;
use crate::error::{Error, ErrorKind, Result, forbidden};
use crate::html;
use crate::method::{Method, Verb};
use crate::session::Session;

/// Arguments no caller may set, whatever a method takes.
const NEVER_FROM_OUTSIDE: [&str; 2] = ["ignore_permissions", "flags"];

/// The checks between finding a method and reading its arguments: guest, sanitising, verb, forbidden arguments.
///
/// Source: spec/framework.md §2.2, checks 4 to 7.
///
/// # Errors
/// 403 `PermissionError` when a guest may not call the method, or nobody with this verb.
pub fn admit(method: &Method, session: &Session, verb: Verb, args: &mut Args) -> Result<()> {
    if session.is_guest() {
        if !method.allow_guest {
            return Err(not_whitelisted(method.path));
        }
        if !method.xss_safe {
            sanitise(args);
        }
    }
    if !method.verbs.contains(verb) {
        return Err(forbidden("Not permitted"));
    }
    for name in NEVER_FROM_OUTSIDE {
        args.take(name);
    }
    Ok(())
}

/// The error for a function that exists and can't be called: by a guest, or by nobody.
pub fn not_whitelisted(path: &str) -> Error {
    let text = format!(
        "<details><summary>You need to log in to use this. </summary>\
         Function <strong>{path}</strong> is not whitelisted.</details>"
    );
    Error::new(ErrorKind::PermissionError, text).title("Method Not Allowed")
}

/// Cleans the HTML of every text argument; texts inside lists and objects stay (spec/framework-quirks.md Q13).
fn sanitise(args: &mut Args) {
    for (_, value) in args.iter_mut() {
        if let Value::String(text) = value
            && let Some(clean) = html::clean_stored(text)
        {
            *text = clean;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::dispatch::tests::method;
    use crate::method::Verbs;

    fn user() -> Session {
        Session {
            user: Arc::from("ada@desk.example"),
            ..Session::guest()
        }
    }

    fn args(value: Value) -> Args {
        Args::from_object(value.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_guest_needs_a_method_that_allows_guests() {
        let error = admit(&method("a.b.c"), &Session::guest(), Verb::Get, &mut Args::new()).unwrap_err();

        let message = error.message().unwrap();
        assert_eq!(error.kind(), ErrorKind::PermissionError);
        assert_eq!(message.title, "Method Not Allowed");
        assert_eq!(
            message.message,
            "You need to log in to use this. Function <strong>a.b.c</strong> is not whitelisted."
        );
        assert!(error.text().starts_with("<details><summary>"));
        assert!(admit(&method("a.b.c"), &user(), Verb::Get, &mut Args::new()).is_ok());
    }

    #[test]
    fn a_verb_that_is_not_listed_is_refused() {
        let post_only = Method {
            verbs: Verbs::of(&[Verb::Post]),
            ..method("a.b")
        };
        let error = admit(&post_only, &user(), Verb::Get, &mut Args::new()).unwrap_err();

        assert_eq!(
            (error.kind(), error.text()),
            (ErrorKind::PermissionError, "Not permitted")
        );
        assert!(admit(&post_only, &user(), Verb::Head, &mut Args::new()).is_err());
        assert!(admit(&method("a.b"), &user(), Verb::Query, &mut Args::new()).is_ok());
    }

    #[test]
    fn a_guests_html_is_cleaned_at_the_top_level() {
        let sent = json!({"a": "<p onclick=\"x()\">Hi</p>", "b": ["<script>1</script>"], "c": "[\"<b>\"]", "d": "1 & 2"});
        let open = Method {
            allow_guest: true,
            ..method("a.b")
        };
        let mut cleaned = args(sent.clone());
        let mut kept = args(sent.clone());
        let mut of_user = args(sent.clone());

        admit(&open, &Session::guest(), Verb::Get, &mut cleaned).unwrap();
        admit(
            &Method {
                xss_safe: true,
                ..open
            },
            &Session::guest(),
            Verb::Get,
            &mut kept,
        )
        .unwrap();
        admit(&method("a.b"), &user(), Verb::Get, &mut of_user).unwrap();

        let expected =
            json!({"a": "<p>Hi</p>", "b": ["<script>1</script>"], "c": "[\"\\u003cb>\"]", "d": "1 & 2"});
        assert_eq!(Value::Object(cleaned.into_object()), expected);
        assert_eq!(Value::Object(kept.into_object()), sent);
        assert_eq!(Value::Object(of_user.into_object()), sent);
    }

    #[test]
    fn nobody_sends_what_switches_checks_off() {
        let mut sent = args(json!({"ignore_permissions": 1, "flags": {}, "a": 1}));

        admit(&method("a.b"), &user(), Verb::Post, &mut sent).unwrap();

        assert_eq!(Value::Object(sent.into_object()), json!({"a": 1}));
    }
}
