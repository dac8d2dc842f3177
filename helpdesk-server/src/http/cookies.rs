//! The cookies every answer carries, and reading one.
//!
//! Source: spec/framework.md §4.1.

use std::sync::Arc;

use arc_swap::ArcSwap;
use helpdesk_core::clock::Clock;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Which cookies an answer sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cookies {
    /// None: preflights, unknown sites, maintenance, bodies that can't be read.
    #[default]
    None,
    /// The five of a guest; also for callers with an API key.
    Guest,
    /// The five of a guest, then all six cleared: what was presented is not valid.
    GuestThenCleared,
    /// The id of a running session, so that its time begins anew.
    Running(Arc<str>),
    /// Those of a session that begins.
    Begun(Arc<Begun>),
    /// A guest's without the language, then all six cleared: a session has ended.
    EndedThenCleared,
    /// A guest's id, then all six cleared: a session has ended, as v2 tells it.
    EndedShortly,
}

/// What the cookies of a new session say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Begun {
    /// The session's id.
    pub(crate) sid: String,
    /// Whether the user works at the desk.
    pub(crate) system_user: bool,
    /// The user's name.
    pub(crate) full_name: String,
    /// The user's id.
    pub(crate) user_id: String,
    /// Address of the user's picture; may be empty.
    pub(crate) user_image: String,
    /// The user's language.
    pub(crate) user_lang: String,
}

impl Begun {
    fn values(&self, secure: bool) -> impl Iterator<Item = HeaderValue> {
        let system_user = if self.system_user { "yes" } else { "no" };
        let all = [
            ("system_user", system_user),
            ("full_name", &self.full_name),
            ("user_id", &self.user_id),
            ("user_image", &self.user_image),
            ("user_lang", &self.user_lang),
        ];
        let secure = if secure { "Secure; " } else { "" };
        let set = all
            .into_iter()
            .filter(|(name, value)| *name != "user_image" || !value.is_empty());
        set.filter_map(move |(name, value)| {
            let value = utf8_percent_encode(value, QUOTED);
            HeaderValue::try_from(format!("{name}={value}; {secure}Path=/; SameSite=Lax")).ok()
        })
        .collect::<Vec<_>>()
        .into_iter()
    }
}

/// What stands for itself in a cookie's value: letters, digits and `_.-~/`. Line breaks and separators never do.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/');

static REST_OF_GUEST: [HeaderValue; 4] = [
    HeaderValue::from_static("system_user=no; Path=/; SameSite=Lax"),
    HeaderValue::from_static("full_name=Guest; Path=/; SameSite=Lax"),
    HeaderValue::from_static("user_id=Guest; Path=/; SameSite=Lax"),
    HeaderValue::from_static("user_lang=en; Path=/; SameSite=Lax"),
];

static CLEARED: [HeaderValue; 6] = [
    HeaderValue::from_static("user_image=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
    HeaderValue::from_static("user_lang=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
    HeaderValue::from_static("full_name=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
    HeaderValue::from_static("system_user=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
    HeaderValue::from_static("sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
    HeaderValue::from_static("user_id=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),
];

/// Writes cookies; keeps the guest's `sid`, whose date changes once a second.
#[derive(Debug)]
pub(crate) struct Writer {
    guest: ArcSwap<GuestSid>,
}

#[derive(Debug)]
struct GuestSid {
    /// The second it was made for.
    second: i64,
    /// Seconds it is kept.
    expiry: i64,
    plain: HeaderValue,
    secure: HeaderValue,
}

impl Writer {
    /// A writer with nothing kept yet.
    pub(crate) fn new() -> Writer {
        Writer {
            guest: ArcSwap::from_pointee(GuestSid::at(Timestamp::UNIX_EPOCH, 0)),
        }
    }

    /// Appends the cookies to the headers of an answer; `secure` where the client speaks HTTPS, `expiry` the seconds a
    /// session lasts.
    pub(crate) fn write(
        &self,
        cookies: &Cookies,
        secure: bool,
        expiry: i64,
        clock: &Clock,
        headers: &mut HeaderMap,
    ) {
        let now = clock.timestamp();
        let guest = || self.guest_sid(secure, now, expiry);
        let (sid, rest, cleared) = match cookies {
            Cookies::None => return,
            Cookies::Running(sid) => (id_cookie(sid, secure, now, expiry), 0, false),
            Cookies::Begun(begun) => (id_cookie(&begun.sid, secure, now, expiry), 0, false),
            Cookies::Guest => (guest(), REST_OF_GUEST.len(), false),
            Cookies::GuestThenCleared => (guest(), REST_OF_GUEST.len(), true),
            Cookies::EndedThenCleared => (guest(), REST_OF_GUEST.len() - 1, true),
            Cookies::EndedShortly => (guest(), 0, true),
        };
        headers.append(SET_COOKIE, sid);
        for cookie in REST_OF_GUEST.iter().take(rest) {
            headers.append(SET_COOKIE, cookie.clone());
        }
        if let Cookies::Begun(begun) = cookies {
            for cookie in begun.values(secure) {
                headers.append(SET_COOKIE, cookie);
            }
        }
        if cleared {
            for cookie in &CLEARED {
                headers.append(SET_COOKIE, cookie.clone());
            }
        }
    }

    fn guest_sid(&self, secure: bool, now: Timestamp, expiry: i64) -> HeaderValue {
        let kept = self.guest.load();
        if kept.second == now.as_second() && kept.expiry == expiry {
            return kept.value(secure);
        }
        let made = GuestSid::at(now, expiry);
        let value = made.value(secure);
        self.guest.store(Arc::new(made));
        value
    }
}

/// The cookie of a session's id.
fn id_cookie(sid: &str, secure: bool, now: Timestamp, expiry: i64) -> HeaderValue {
    let expires = now
        .checked_add(SignedDuration::from_secs(expiry))
        .unwrap_or(Timestamp::MAX);
    let date = expires.strftime("%a, %d %b %Y %H:%M:%S GMT");
    let secure = if secure { "Secure; " } else { "" };
    let text = format!("sid={sid}; Expires={date}; Max-Age={expiry}; {secure}HttpOnly; Path=/; SameSite=Lax");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("sid=Guest; Path=/"))
}

impl GuestSid {
    fn at(now: Timestamp, expiry: i64) -> GuestSid {
        GuestSid {
            second: now.as_second(),
            expiry,
            plain: id_cookie("Guest", false, now, expiry),
            secure: id_cookie("Guest", true, now, expiry),
        }
    }

    fn value(&self, secure: bool) -> HeaderValue {
        if secure {
            self.secure.clone()
        } else {
            self.plain.clone()
        }
    }
}

/// The value of the first cookie called `name`.
pub(crate) fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    const EXPIRY: i64 = 612_000;

    fn written(cookies: Cookies, secure: bool) -> Vec<String> {
        let clock = Clock::fixed_at("2026-11-22T07:13:00Z".parse().unwrap(), TimeZone::UTC);
        let mut headers = HeaderMap::new();
        Writer::new().write(&cookies, secure, EXPIRY, &clock, &mut headers);
        headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_guest_gets_five_cookies() {
        let cookies = written(Cookies::Guest, false);

        assert_eq!(cookies.len(), 5);
        assert_eq!(
            cookies[0],
            "sid=Guest; Expires=Sun, 29 Nov 2026 09:13:00 GMT; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax"
        );
        assert_eq!(cookies[4], "user_lang=en; Path=/; SameSite=Lax");
    }

    #[test]
    fn what_is_not_valid_is_cleared_in_the_recorded_order() {
        let cookies = written(Cookies::GuestThenCleared, false);

        let names: Vec<&str> = cookies
            .iter()
            .map(|cookie| cookie.split('=').next().unwrap())
            .collect();
        assert_eq!(
            names[5..],
            [
                "user_image",
                "user_lang",
                "full_name",
                "system_user",
                "sid",
                "user_id"
            ]
        );
    }

    #[test]
    fn the_session_cookie_is_secure_on_https() {
        assert!(written(Cookies::Guest, true)[0].contains("; Secure; HttpOnly;"));
        assert!(written(Cookies::None, true).is_empty());
    }

    #[test]
    fn a_session_that_begins_says_who_it_is_for() {
        let begun = |full_name: &str, user_image: &str| {
            Cookies::Begun(Arc::new(Begun {
                sid: "ab12".to_owned(),
                system_user: true,
                full_name: full_name.to_owned(),
                user_id: "arun.agent@desk.example".to_owned(),
                user_image: user_image.to_owned(),
                user_lang: "en".to_owned(),
            }))
        };

        let cookies = written(begun("Arun Agent", ""), false);
        assert_eq!(
            cookies[0],
            "sid=ab12; Expires=Sun, 29 Nov 2026 09:13:00 GMT; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax"
        );
        assert_eq!(
            cookies[1..],
            [
                "system_user=yes; Path=/; SameSite=Lax",
                "full_name=Arun%20Agent; Path=/; SameSite=Lax",
                "user_id=arun.agent%40desk.example; Path=/; SameSite=Lax",
                "user_lang=en; Path=/; SameSite=Lax",
            ]
        );
        let cookies = written(begun("A\r\nSet-Cookie: sid=x; Zoë", "/files/a b.png"), true);
        assert_eq!(
            cookies[2],
            "full_name=A%0D%0ASet-Cookie%3A%20sid%3Dx%3B%20Zo%C3%AB; Secure; Path=/; SameSite=Lax"
        );
        assert_eq!(
            cookies[4],
            "user_image=/files/a%20b.png; Secure; Path=/; SameSite=Lax"
        );
        assert_eq!(cookies.len(), 6);
    }

    #[test]
    fn a_session_that_ends_is_cleared() {
        assert_eq!(written(Cookies::EndedThenCleared, false).len(), 10);
        assert_eq!(written(Cookies::EndedShortly, false).len(), 7);
        assert_eq!(written(Cookies::Running(Arc::from("ab12")), false).len(), 1);
    }

    #[test]
    fn the_kept_cookie_follows_the_clock() {
        let writer = Writer::new();
        let first = writer.guest_sid(false, Timestamp::from_second(1_000).unwrap(), EXPIRY);
        assert_eq!(
            first,
            writer.guest_sid(false, Timestamp::from_second(1_000).unwrap(), EXPIRY)
        );
        assert_ne!(
            first,
            writer.guest_sid(false, Timestamp::from_second(1_001).unwrap(), EXPIRY)
        );
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; xsid=no"));
        headers.append(COOKIE, HeaderValue::from_static("sid=\"abc\"; sid=second"));

        assert_eq!(read(&headers, "sid"), Some("abc"));
        assert_eq!(read(&headers, "b"), None);
    }
}
