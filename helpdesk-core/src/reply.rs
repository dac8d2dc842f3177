//! What a method returns, as the envelope takes it.

use serde::Serialize;

/// Bytes left free in front of a JSON result, so that the envelope's `{"message":` needs no copy.
pub const HEADROOM: usize = 11;

/// The result of a call.
#[derive(Debug)]
pub enum Reply {
    /// Nothing: the envelope has no `message`.
    Empty,
    /// JSON text, behind [`HEADROOM`] free bytes.
    Json(Vec<u8>),
    /// A response of its own: sent as it is.
    Raw(Response),
}

/// A raw response: a file, a redirect, a page.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers; `content-type` among them.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A serialisable value as JSON; null becomes [`Reply::Empty`].
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Reply> {
        let mut out = Vec::with_capacity(256);
        out.resize(HEADROOM, b' ');
        serde_json::to_writer(&mut out, value)?;
        Ok(if &out[HEADROOM..] == b"null" { Reply::Empty } else { Reply::Json(out) })
    }
}
