//! What a server answered.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers in the order sent; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; what is no UTF-8 becomes U+FFFD.
    pub text: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as JSON; null where it is none.
    pub json: Value,
}

impl Reply {
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, body: &[u8]) -> Reply {
        Reply {
            status,
            headers,
            text: String::from_utf8_lossy(body).into_owned(),
            bytes: body.to_vec(),
            json: serde_json::from_slice(body).unwrap_or_default(),
        }
    }

    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The cookies it sets, name and value, in the order sent.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let set = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        set.filter_map(|(_, text)| text.split(';').next()?.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// What a method returned (v1).
    #[track_caller]
    pub fn message(&self) -> &Value {
        self.member("message")
    }

    /// A document, a list, or what a method returned in v2.
    #[track_caller]
    pub fn data(&self) -> &Value {
        self.member("data")
    }

    /// The class of the error; empty where there is none.
    pub fn exc_type(&self) -> &str {
        self.json["exc_type"].as_str().unwrap_or("")
    }

    /// The texts of the message log (`_server_messages`).
    pub fn messages(&self) -> Vec<String> {
        let texts: Vec<String> = self.json["_server_messages"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        texts
            .iter()
            .filter_map(|text| serde_json::from_str::<Value>(text).ok())
            .filter_map(|message| message["message"].as_str().map(str::to_owned))
            .collect()
    }

    /// The JSON over several lines, for snapshots.
    pub fn pretty(&self) -> String {
        serde_json::to_string_pretty(&self.json).unwrap_or_default()
    }

    /// This reply, which must be a success.
    ///
    /// # Panics
    /// When it is none, showing it.
    #[track_caller]
    pub fn ok(self) -> Reply {
        assert!((200..300).contains(&self.status), "refused: {self:?}");
        self
    }

    /// This reply, which must have a status.
    ///
    /// # Panics
    /// When it has another, showing it.
    #[track_caller]
    pub fn status(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    fn member(&self, key: &str) -> &Value {
        match self.json.get(key) {
            Some(value) => value,
            None => panic!("no `{key}` in {self:?}"),
        }
    }
}

/// Status and body: what a failed assertion should show.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.text.chars().take(2_000).collect();
        write!(f, "{} {shown}", self.status)
    }
}

/// A queued mail (`Email Queue.message`) as people read it: its headers, and its text decoded.
///
/// # Panics
/// When it is no mail of ours.
pub fn mail_text(message: &str) -> String {
    let (head, body) = message.split_once("\r\n\r\n").expect("headers and a body");
    let bytes = STANDARD.decode(body.replace("\r\n", "")).expect("Base64");
    format!("{head}\n\n{}", String::from_utf8_lossy(&bytes))
}
