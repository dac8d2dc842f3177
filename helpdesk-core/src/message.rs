//! Messages shown to a caller beside the answer: `_server_messages` (v1) and `messages` (v2).
//!
//! Source: spec/framework.md §3.3.

use std::borrow::Cow;

use serde::Serialize;

/// One entry of the message log.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// The text; HTML that was sanitised (`<strong>` survives, `<details>` does not).
    pub message: Cow<'static, str>,
    /// Whether `message` is a table (an array of rows).
    pub as_table: bool,
    /// The heading; `Message` unless given.
    pub title: Cow<'static, str>,
    /// Colour of the notice: `red`, `green`, `orange` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<&'static str>,
    /// 1 where the notice is a passing alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<u8>,
    /// 1 where the message was thrown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raise_exception: Option<u8>,
    /// Ties a thrown message to its error; 56 hex digits.
    #[serde(rename = "__frappe_exc_id", skip_serializing_if = "Option::is_none")]
    pub exc_id: Option<String>,
}

impl Message {
    /// A plain notice: no colour, not thrown.
    pub fn plain(text: impl Into<Cow<'static, str>>) -> Message {
        Message {
            message: shown(text.into()),
            as_table: false,
            title: Cow::Borrowed("Message"),
            indicator: None,
            alert: None,
            raise_exception: None,
            exc_id: None,
        }
    }

    /// A passing notice (`alert`) of a colour, such as the green `Saved`.
    pub fn alert(text: impl Into<Cow<'static, str>>, indicator: &'static str) -> Message {
        Message {
            indicator: Some(indicator),
            alert: Some(1),
            ..Message::plain(text)
        }
    }

    /// The message of a thrown error: red, with an id of its own.
    pub fn thrown(text: impl Into<Cow<'static, str>>) -> Message {
        Message {
            indicator: Some("red"),
            raise_exception: Some(1),
            exc_id: Some(crate::secret::hex(28)),
            ..Message::plain(text)
        }
    }

    /// A red notice that was not thrown (duplicate names).
    pub fn red(text: impl Into<Cow<'static, str>>, title: &'static str) -> Message {
        Message {
            indicator: Some("red"),
            title: Cow::Borrowed(title),
            ..Message::plain(text)
        }
    }
}

/// Cleans a text for the log: what is no HTML stays as it is, all else passes the sanitiser.
fn shown(text: Cow<'static, str>) -> Cow<'static, str> {
    if !text.contains(['<', '>', '&']) {
        return text;
    }
    Cow::Owned(crate::html::clean_message(&text))
}
