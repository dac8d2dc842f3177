//! Who is calling: the `Authorization` header and the session id.
//!
//! Source: spec/framework.md §4.1, §4.6.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use helpdesk_core::args::Args;
use helpdesk_core::error::{Error, ErrorKind, Result};
use helpdesk_core::session::Session;
use helpdesk_core::sign_in::tokens;
use helpdesk_core::site::Site;
use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;
use serde_json::Value;

use super::cookies;

/// The session id of a guest; never unknown.
pub(crate) const GUEST: &str = "Guest";

/// A session id as it was presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Presented {
    /// The id, not a guest's; a blank cookie is an id that nothing is known by (recorded).
    pub(crate) sid: String,
    /// Whether it came as a cookie, and may be answered with one. A link or a foreign form can bring an argument; were
    /// it kept as a cookie, whoever wrote the link would choose the session.
    pub(crate) as_cookie: bool,
}

/// Takes the session id: the argument `sid` wins over the cookie and is consumed.
/// `None` for a caller who has none or says to be a guest.
pub(crate) fn take_sid(headers: &HeaderMap, args: &mut Args) -> Option<Presented> {
    let argument = match args.take("sid") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(sid)) => sid,
        Some(other) => other.to_string(),
    };
    let (sid, as_cookie) = if argument.is_empty() {
        (cookies::read(headers, "sid")?.to_owned(), true)
    } else {
        (argument, false)
    };
    (sid != GUEST).then_some(Presented { sid, as_cookie })
}

/// The session that the `Authorization` header stands for; `None` without one that counts.
///
/// # Errors
/// 401 for keys that don't match and for schemes we don't speak, 400 for what can't be decoded.
pub(crate) async fn by_header(site: &Arc<Site>, headers: &HeaderMap) -> Result<Option<Arc<Session>>> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let header = String::from_utf8_lossy(header.as_bytes());
    let Some(credentials) = Credentials::parse(&header)? else {
        return Ok(None);
    };
    let session = match credentials {
        Credentials::Key { key, secret } => site.session_by_key(&key, &secret).await?,
        Credentials::Bearer(token) => tokens::session(site, &token).await?,
        Credentials::Unknown => None,
    };
    session
        .map(Some)
        .ok_or_else(|| Error::bare(ErrorKind::AuthenticationError, ""))
}

/// What an `Authorization` header holds.
#[derive(Debug, PartialEq, Eq)]
enum Credentials {
    /// An API key and its secret.
    Key { key: String, secret: String },
    /// A token.
    Bearer(String),
    /// Something that identifies nobody.
    Unknown,
}

impl Credentials {
    /// Reads a header; `None` unless it is exactly two words.
    fn parse(header: &str) -> Result<Option<Credentials>> {
        let Some((scheme, rest)) = header.trim().split_once(' ') else {
            return Ok(None);
        };
        if rest.contains(' ') {
            return Ok(None);
        }
        if scheme.eq_ignore_ascii_case("bearer") {
            return Ok(Some(Credentials::Bearer(rest.to_owned())));
        }
        let pair = if scheme.eq_ignore_ascii_case("token") {
            Some(rest.to_owned())
        } else if scheme.eq_ignore_ascii_case("basic") {
            Some(decoded(rest)?)
        } else {
            None
        };
        let key = pair.as_deref().and_then(|pair| pair.split_once(':'));
        Ok(Some(match key {
            Some((key, secret)) if !secret.contains(':') => Credentials::Key {
                key: key.to_owned(),
                secret: secret.to_owned(),
            },
            _ => Credentials::Unknown,
        }))
    }
}

/// Base64 as clients get it wrong: bits left over at the end are ignored, padding was checked before.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes Basic credentials: characters outside the alphabet are skipped (recorded: `!!!` is a 401, not a 400),
/// missing padding is an error.
fn decoded(text: &str) -> Result<String> {
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'))
        .collect();
    let padding = text.bytes().filter(|byte| *byte == b'=').count();
    let padded = padding >= (4 - digits.len() % 4) % 4;
    let bytes = if padded {
        LENIENT.decode(&digits).ok()
    } else {
        None
    };
    let bytes = bytes.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidAuthorizationToken,
            "The credentials in the Authorization header are not base64",
        )
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use hyper::header::{COOKIE, HeaderValue};

    use super::*;

    fn key(key: &str, secret: &str) -> Option<Credentials> {
        Some(Credentials::Key {
            key: key.to_owned(),
            secret: secret.to_owned(),
        })
    }

    fn parsed(header: &str) -> Option<Credentials> {
        Credentials::parse(header).unwrap()
    }

    #[test]
    fn keys_come_as_token_or_basic() {
        assert_eq!(parsed("token k:s"), key("k", "s"));
        assert_eq!(parsed("TOKEN k:s"), key("k", "s"));
        assert_eq!(parsed("Basic azpz"), key("k", "s"));
        assert_eq!(parsed("basic a2s6c3M="), key("kk", "ss"));
    }

    #[test]
    fn other_credentials_identify_nobody() {
        for header in [
            "token abc",
            "token a:b:c",
            "Basic !!!",
            "Basic YWJj",
            "Digest abc",
        ] {
            assert_eq!(parsed(header), Some(Credentials::Unknown), "{header}");
        }
    }

    #[test]
    fn a_token_is_taken_as_it_is() {
        let token = Some(Credentials::Bearer("hd_a:b".to_owned()));
        assert_eq!(parsed("Bearer hd_a:b"), token);
        assert_eq!(parsed("bearer hd_a:b"), token);
    }

    #[test]
    fn anything_but_two_words_is_ignored() {
        for header in ["token", "token ", "", "token a b", "Bearer  x"] {
            assert_eq!(parsed(header), None, "{header}");
        }
    }

    #[test]
    fn bad_base64_is_400() {
        for header in ["Basic azp", "Basic a", "Basic azpza"] {
            let error = Credentials::parse(header).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidAuthorizationToken, "{header}");
        }
    }

    #[test]
    fn the_argument_wins_over_the_cookie_and_is_consumed() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("sid=cookie"));
        let mut args = Args::new();
        args.set("sid", Value::from("argument"));

        let presented = |sid: &str, as_cookie| {
            Some(Presented {
                sid: sid.to_owned(),
                as_cookie,
            })
        };
        assert_eq!(take_sid(&headers, &mut args), presented("argument", false));
        assert_eq!(take_sid(&headers, &mut args), presented("cookie", true));
        headers.insert(COOKIE, HeaderValue::from_static("sid=Guest"));
        assert_eq!(take_sid(&headers, &mut args), None);
    }
}
