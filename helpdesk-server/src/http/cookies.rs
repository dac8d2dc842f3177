//! The cookies every answer carries, and reading one.
//!
//! Source: spec/framework.md §4.1.

use std::sync::Arc;

use arc_swap::ArcSwap;
use helpdesk_core::clock::Clock;
use hyper::HeaderMap;
use hyper::header::{COOKIE, HeaderValue, SET_COOKIE};
use jiff::{SignedDuration, Timestamp};

/// Seconds a session lasts unless the site says otherwise (170 hours).
const SESSION_EXPIRY: i64 = 612_000;

/// Which cookies an answer sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Cookies {
    /// None: preflights, unknown sites, maintenance, bodies that can't be read.
    #[default]
    None,
    /// The five of a guest; also for callers with an API key.
    Guest,
    /// The five of a guest, then all six cleared: what was presented is not valid.
    GuestThenCleared,
}

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
    plain: HeaderValue,
    secure: HeaderValue,
}

impl Writer {
    /// A writer with nothing kept yet.
    pub(crate) fn new() -> Writer {
        Writer {
            guest: ArcSwap::from_pointee(GuestSid::at(Timestamp::UNIX_EPOCH)),
        }
    }

    /// Appends the cookies to the headers of an answer; `secure` where the client speaks HTTPS.
    pub(crate) fn write(&self, cookies: Cookies, secure: bool, clock: &Clock, headers: &mut HeaderMap) {
        if cookies == Cookies::None {
            return;
        }
        headers.append(SET_COOKIE, self.guest_sid(secure, clock.timestamp()));
        for cookie in &REST_OF_GUEST {
            headers.append(SET_COOKIE, cookie.clone());
        }
        if cookies == Cookies::GuestThenCleared {
            for cookie in &CLEARED {
                headers.append(SET_COOKIE, cookie.clone());
            }
        }
    }

    fn guest_sid(&self, secure: bool, now: Timestamp) -> HeaderValue {
        let kept = self.guest.load();
        if kept.second == now.as_second() {
            return kept.value(secure);
        }
        let made = GuestSid::at(now);
        let value = made.value(secure);
        self.guest.store(Arc::new(made));
        value
    }
}

impl GuestSid {
    fn at(now: Timestamp) -> GuestSid {
        let expires = now
            .checked_add(SignedDuration::from_secs(SESSION_EXPIRY))
            .unwrap_or(Timestamp::MAX);
        let date = expires.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let text = |secure: &str| {
            format!(
                "sid=Guest; Expires={date}; Max-Age={SESSION_EXPIRY}; {secure}HttpOnly; Path=/; SameSite=Lax"
            )
        };
        let value = |text: String| {
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("sid=Guest; Path=/"))
        };
        GuestSid {
            second: now.as_second(),
            plain: value(text("")),
            secure: value(text("Secure; ")),
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

    fn written(cookies: Cookies, secure: bool) -> Vec<String> {
        let clock = Clock::fixed_at("2026-11-22T07:13:00Z".parse().unwrap(), TimeZone::UTC);
        let mut headers = HeaderMap::new();
        Writer::new().write(cookies, secure, &clock, &mut headers);
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
    fn the_kept_cookie_follows_the_clock() {
        let writer = Writer::new();
        let first = writer.guest_sid(false, Timestamp::from_second(1_000).unwrap());
        assert_eq!(
            first,
            writer.guest_sid(false, Timestamp::from_second(1_000).unwrap())
        );
        assert_ne!(
            first,
            writer.guest_sid(false, Timestamp::from_second(1_001).unwrap())
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
