//! What a method returns, as the envelope takes it.

use std::convert::Infallible;
use std::io;

use serde::Serialize;
use tokio::sync::mpsc;

use crate::error::Error;
use crate::files::Served;

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
    /// A file on disk.
    File(Served),
    /// A body that is still being made.
    Stream(Stream),
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

/// A body that is sent as it is made, piece by piece. Whoever makes it waits while the channel is full, so no more of it is
/// held than the channel takes; an error breaks the answer off, so that nobody takes a part for the whole.
#[derive(Debug)]
pub struct Stream {
    /// Headers; `content-type` among them.
    pub headers: Vec<(&'static str, String)>,
    /// The first piece.
    pub first: Vec<u8>,
    /// All others.
    pub rest: mpsc::Receiver<io::Result<Vec<u8>>>,
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
        Ok(if &out[HEADROOM..] == b"null" {
            Reply::Empty
        } else {
            Reply::Json(out)
        })
    }
}

/// What a method may return: anything that serialises, or a [`Response`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be returned from a whitelisted method",
    label = "not a reply",
    note = "derive `serde::Serialize` for it, or return a `Response`"
)]
pub trait IntoReply {
    /// The value as the envelope takes it.
    ///
    /// # Errors
    /// When the value cannot be written as JSON.
    fn into_reply(self) -> Result<Reply, Error>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize> IntoReply for T {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::json(&self)?)
    }
}

impl IntoReply for Response {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::Raw(self))
    }
}

impl IntoReply for Served {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::File(self))
    }
}

impl IntoReply for Stream {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(Reply::Stream(self))
    }
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Reply, Error> {
        Ok(self)
    }
}

/// A method's return value before it is known whether it is a `Result`.
///
/// The inherent [`split`](Returned::split) of a `Result` wins over that of [`Plain`], so no type is guessed by its
/// name and aliases work.
pub struct Returned<T>(pub T);

impl<T, E> Returned<Result<T, E>> {
    /// The result itself.
    ///
    /// # Errors
    /// The method's own.
    pub fn split(self) -> Result<T, E> {
        self.0
    }
}

/// A return value that is no `Result`.
pub trait Plain {
    /// Its type.
    type Value;

    /// The value, as a result that can't fail.
    ///
    /// # Errors
    /// Never.
    fn split(self) -> Result<Self::Value, Infallible>;
}

impl<T> Plain for Returned<T> {
    type Value = T;

    fn split(self) -> Result<T, Infallible> {
        Ok(self.0)
    }
}

/// Turns a method's result into the framework's.
///
/// # Errors
/// The method's own, or that the value cannot be written as JSON.
pub fn finish<T: IntoReply, E: Into<Error>>(result: Result<T, E>) -> Result<Reply, Error> {
    result.map_err(Into::into)?.into_reply()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(reply: Reply) -> String {
        match reply {
            Reply::Json(bytes) => String::from_utf8(bytes[HEADROOM..].to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn values_and_results_answer_alike() {
        type Alias = Result<u8, io::Error>;
        let plain = finish(Returned(5_u8).split()).unwrap();
        let result = finish(Returned(Alias::Ok(5)).split()).unwrap();

        assert_eq!((text(plain), text(result)), ("5".to_owned(), "5".to_owned()));
    }

    #[test]
    fn nothing_is_empty_but_empty_values_are_sent() {
        assert!(matches!(finish(Returned(()).split()).unwrap(), Reply::Empty));
        assert!(matches!(
            finish(Returned(None::<u8>).split()).unwrap(),
            Reply::Empty
        ));
        assert_eq!(text(finish(Returned("").split()).unwrap()), "\"\"");
        assert_eq!(text(finish(Returned(Vec::<u8>::new()).split()).unwrap()), "[]");
    }

    #[test]
    fn an_error_that_serialises_is_still_an_error() {
        #[derive(Serialize)]
        struct Refused;
        impl From<Refused> for Error {
            fn from(_: Refused) -> Error {
                crate::error::invalid("No")
            }
        }

        assert_eq!(
            finish(Returned(Err::<u8, _>(Refused)).split())
                .unwrap_err()
                .text(),
            "No"
        );
    }

    #[test]
    fn a_response_is_sent_as_it_is() {
        let response = Response {
            status: 302,
            headers: Vec::new(),
            body: Vec::new(),
        };

        assert!(matches!(
            finish(Returned(response).split()).unwrap(),
            Reply::Raw(Response { status: 302, .. })
        ));
    }
}
