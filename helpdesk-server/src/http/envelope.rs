//! The JSON around a result or an error.
//!
//! Source: spec/framework.md §3.1 to §3.4.

use helpdesk_core::cx::{Api, Outbox};
use helpdesk_core::error::Error;
use helpdesk_core::message::Message;
use helpdesk_core::reply::HEADROOM;
use hyper::body::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

/// Under which key a result stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// `message`: methods in v1.
    Message,
    /// `data`: documents, and everything in v2.
    Data,
}

impl Key {
    const fn opening(self) -> &'static [u8] {
        match self {
            Key::Message => br#"{"message":"#,
            Key::Data => br#"{"data":"#,
        }
    }
}

/// A result in its envelope. `result` is JSON behind [`HEADROOM`] free bytes, `None` where a call returned nothing.
pub(crate) fn success(api: Api, key: Key, result: Option<Vec<u8>>, out: &Outbox) -> Bytes {
    let opening = key.opening();
    let (mut writer, start) = match result {
        Some(mut text) => {
            let start = HEADROOM - opening.len();
            text[start..HEADROOM].copy_from_slice(opening);
            (Writer { text, empty: false }, start)
        }
        None => (Writer::new(), 0),
    };
    writer.members(&out.side);
    writer.log(api, &out.messages);
    Bytes::from(writer.close()).slice(start..)
}

/// An error in the envelope of `api`. `traceback` tells whether the caller may see one.
pub(crate) fn failure(api: Api, error: &Error, out: &Outbox, traceback: bool) -> Bytes {
    let text = match api {
        Api::V1 => failure_v1(error, out, traceback),
        Api::V2 => failure_v2(error, out, traceback),
    };
    Bytes::from(text)
}

fn failure_v1(error: &Error, out: &Outbox, traceback: bool) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.members(&out.side);
    if traceback {
        writer.member("exception", &error.exception_line());
    }
    writer.member("exc_type", error.kind().exc_type());
    if traceback {
        writer.member("exc", &nested(&[traceback_text(error)]));
        if let Some(app) = error.app() {
            writer.member("_exc_source", &format!("{app} (app)"));
        }
    }
    match own_message(error, out) {
        Some(own) => writer.log(Api::V1, out.messages.iter().chain([own])),
        None => writer.log(Api::V1, &out.messages),
    }
    if let Some(text) = error.error_message().or(out.error_message.as_deref()) {
        writer.member("_error_message", text);
    }
    writer.close()
}

fn failure_v2(error: &Error, out: &Outbox, traceback: bool) -> Vec<u8> {
    // The error takes its own message out of the log; one without a message takes the last.
    let own = error.message().or(out.messages.last());
    let is_own = |message: &Message| own.is_some_and(|own| std::ptr::eq(own, message) || same(own, message));
    let mut first = Writer::new();
    first.member("type", error.kind().exc_type());
    if traceback {
        first.member("exception", &traceback_text(error));
    }
    if let Some(own) = own {
        first.member("message", &*own.message);
        first.member("as_table", &own.as_table);
        first.member("title", &*own.title);
        if let Some(indicator) = own.indicator {
            first.member("indicator", indicator);
        }
    }
    let mut writer = Writer::new();
    writer.name("errors");
    writer.text.push(b'[');
    writer.text.extend_from_slice(&first.close());
    writer.text.push(b']');
    writer.members(&out.side);
    writer.log(Api::V2, out.messages.iter().filter(|message| !is_own(message)));
    writer.close()
}

/// The error's message, unless the log has it already.
fn own_message<'e>(error: &'e Error, out: &Outbox) -> Option<&'e Message> {
    error
        .message()
        .filter(|own| !out.messages.iter().any(|logged| same(own, logged)))
}

fn same(a: &Message, b: &Message) -> bool {
    a.exc_id.is_some() && a.exc_id == b.exc_id
}

/// What a traceback is here: its last line. Nothing of how the server is made is told.
fn traceback_text(error: &Error) -> String {
    format!(
        "Traceback (most recent call last): ...\n{}",
        error.exception_line()
    )
}

/// JSON text of an array of texts.
fn nested<T: AsRef<str> + Serialize>(texts: &[T]) -> String {
    let mut out = Vec::new();
    write(&mut out, texts);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes one JSON object, member by member.
struct Writer {
    text: Vec<u8>,
    empty: bool,
}

impl Writer {
    fn new() -> Writer {
        let mut text = Vec::with_capacity(256);
        text.push(b'{');
        Writer { text, empty: true }
    }

    fn name(&mut self, name: &str) {
        if !self.empty {
            self.text.push(b',');
        }
        self.empty = false;
        write(&mut self.text, name);
        self.text.push(b':');
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.name(name);
        write(&mut self.text, value);
    }

    fn members(&mut self, members: &Map<String, Value>) {
        for (name, value) in members {
            self.member(name, value);
        }
    }

    /// The message log: `messages` in v2; in v1 `_server_messages`, JSON text of an array of JSON texts.
    fn log<'m>(&mut self, api: Api, messages: impl IntoIterator<Item = &'m Message>) {
        let messages: Vec<&Message> = messages.into_iter().collect();
        if messages.is_empty() {
            return;
        }
        if api == Api::V2 {
            return self.member("messages", &messages);
        }
        let texts: Vec<String> = messages
            .iter()
            .filter_map(|message| serde_json::to_string(message).ok())
            .collect();
        self.member("_server_messages", &nested(&texts));
    }

    fn close(mut self) -> Vec<u8> {
        self.text.push(b'}');
        self.text
    }
}

/// Writes a value that can't fail to be JSON: texts, numbers, messages and JSON values.
fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(before);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use helpdesk_core::error::{ErrorKind, invalid, no_route};
    use helpdesk_core::reply::Reply;
    use serde_json::json;

    use super::*;

    fn result(value: &Value) -> Option<Vec<u8>> {
        match Reply::json(value).unwrap() {
            Reply::Json(text) => Some(text),
            _ => None,
        }
    }

    fn text(bytes: &Bytes) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    fn with_messages(messages: Vec<Message>) -> Outbox {
        Outbox {
            messages,
            ..Outbox::default()
        }
    }

    #[test]
    fn a_result_is_wrapped_in_place() {
        let out = Outbox::default();

        assert_eq!(
            text(&success(Api::V1, Key::Message, result(&json!("pong")), &out)),
            r#"{"message":"pong"}"#
        );
        assert_eq!(
            text(&success(Api::V1, Key::Data, result(&json!([])), &out)),
            r#"{"data":[]}"#
        );
        assert_eq!(text(&success(Api::V2, Key::Data, None, &out)), "{}");
    }

    #[test]
    fn side_keys_and_notices_follow_the_result() {
        let mut out = with_messages(vec![Message::alert("Saved", "green")]);
        out.side.insert("session_expired".to_owned(), json!(1));
        let notice = r#"{\\\"message\\\":\\\"Saved\\\",\\\"as_table\\\":false,\\\"title\\\":\\\"Message\\\",\\\"indicator\\\":\\\"green\\\",\\\"alert\\\":1}"#;

        assert_eq!(
            text(&success(Api::V1, Key::Message, result(&json!(0)), &out)),
            format!(r#"{{"message":0,"session_expired":1,"_server_messages":"[\"{notice}\"]"}}"#)
        );
        assert_eq!(
            text(&success(Api::V2, Key::Data, None, &out)),
            r#"{"session_expired":1,"messages":[{"message":"Saved","as_table":false,"title":"Message","indicator":"green","alert":1}]}"#
        );
    }

    #[test]
    fn a_bare_error_says_only_its_type() {
        assert_eq!(
            text(&failure(Api::V1, &no_route(), &Outbox::default(), false)),
            r#"{"exc_type":"DoesNotExistError"}"#
        );
        assert_eq!(
            text(&failure(Api::V2, &no_route(), &Outbox::default(), false)),
            r#"{"errors":[{"type":"DoesNotExistError"}]}"#
        );
    }

    #[test]
    fn a_thrown_error_logs_its_message_once() {
        let error = invalid("Team is closed");
        let logged = with_messages(vec![error.message().unwrap().clone()]);

        for out in [Outbox::default(), logged] {
            let body: Value = serde_json::from_slice(&failure(Api::V1, &error, &out, true)).unwrap();
            assert_eq!(
                body["exception"],
                "frappe.exceptions.ValidationError: Team is closed"
            );
            assert_eq!(
                body["exc"],
                json!(
                    "[\"Traceback (most recent call last): ...\\nfrappe.exceptions.ValidationError: Team is closed\"]"
                )
            );
            let messages: Vec<String> =
                serde_json::from_str(body["_server_messages"].as_str().unwrap()).unwrap();
            assert_eq!(messages.len(), 1);
            let message: Value = serde_json::from_str(&messages[0]).unwrap();
            assert_eq!(message["message"], "Team is closed");
            assert_eq!(message["raise_exception"], 1);

            let body: Value = serde_json::from_slice(&failure(Api::V2, &error, &out, false)).unwrap();
            assert_eq!(
                body,
                json!({"errors": [{"type": "ValidationError", "message": "Team is closed", "as_table": false,
                                    "title": "Message", "indicator": "red"}]})
            );
        }
    }

    #[test]
    fn an_error_without_a_message_takes_the_last_of_the_log_in_v2() {
        let error = Error::bare(ErrorKind::PermissionError, "").explained("No permission for HD Ticket");
        let out = with_messages(vec![Message::plain("first"), Message::plain("why")]);

        let body: Value = serde_json::from_slice(&failure(Api::V2, &error, &out, false)).unwrap();
        assert_eq!(body["errors"][0]["message"], "why");
        assert_eq!(body["messages"].as_array().unwrap().len(), 1);
        let body: Value = serde_json::from_slice(&failure(Api::V1, &error, &out, false)).unwrap();
        assert_eq!(body["_error_message"], "No permission for HD Ticket");
    }
}
