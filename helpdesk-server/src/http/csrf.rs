//! Writes with a browser's session: from this site's own pages alone.
//!
//! Two checks. The token holds for sessions that a page was given one for. The `Origin` that browsers send with every
//! write must be ours, token or not. Keys and guests need neither: no browser adds a key by itself.
//! Source: spec/framework.md §4.5.

use helpdesk_core::args::Args;
use helpdesk_core::config::{Config, Origins};
use helpdesk_core::error::{Error, ErrorKind, Result};
use helpdesk_core::secret;
use helpdesk_core::session::Session;
use hyper::Method;
use hyper::header::{HeaderName, ORIGIN, REFERER};
use serde_json::Value;

use super::ask::Ask;

const TOKEN: HeaderName = HeaderName::from_static("x-frappe-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Names under which signing in is called; who does so has no session to protect yet, but a foreign page may not
/// sign a browser in under a user of its choice either.
pub(super) const SIGNS_IN: [&str; 2] = ["login", "frappe.auth.login"];

/// Refuses a write that a foreign page may have sent. Consumes the argument `csrf_token` where no header has it.
///
/// # Errors
/// 400 `CSRFTokenError`.
pub(super) fn check(
    ask: &Ask<'_>,
    session: &Session,
    config: &Config,
    signs_in: bool,
    args: &mut Args,
) -> Result<()> {
    let method = &ask.head.method;
    let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method);
    // Signing in is a write whatever the verb: a link must not choose as whom a browser goes on.
    let guarded = signs_in || (writes && session.cookie.is_some());
    if !guarded || config.ignore_csrf {
        return Ok(());
    }
    let origin = ask
        .head
        .headers
        .get(ORIGIN)
        .map(|origin| origin.to_str().unwrap_or("null"));
    if is_allowed_referrer(ask, origin, config) {
        return Ok(());
    }
    let foreign = match origin {
        Some(origin) => !is_own(ask, origin, config),
        // Links and reloads bring no origin, but today's browsers say where they come from.
        None => ask.header(&FETCH_SITE) == Some("cross-site"),
    };
    if foreign {
        return Err(refused());
    }
    let Some(expected) = session.cookie.as_ref().and_then(|cookie| cookie.csrf_token()) else {
        return Ok(());
    };
    if signs_in {
        return Ok(());
    }
    let given = match ask.head.headers.get(&TOKEN) {
        Some(header) => header.to_str().unwrap_or("").to_owned(),
        None => match args.take("csrf_token") {
            Some(Value::String(token)) => token,
            _ => String::new(),
        },
    };
    if secret::same(&given, expected) {
        Ok(())
    } else {
        Err(refused())
    }
}

fn refused() -> Error {
    Error::new(ErrorKind::CSRFTokenError, "Invalid Request").without_traceback()
}

/// Whether an `Origin` is this site, or one whose pages the site lets in by name. `"*"` names nobody.
fn is_own(ask: &Ask<'_>, origin: &str, config: &Config) -> bool {
    let named = match &config.allow_cors {
        None => false,
        Some(Origins::One(one)) => one == origin,
        Some(Origins::Many(many)) => many.iter().any(|one| one == origin),
    };
    if named {
        return true;
    }
    let configured = config.host_name.trim_end_matches('/');
    if configured.contains("://") && configured.eq_ignore_ascii_case(origin) {
        return true;
    }
    // A proxy may speak HTTPS in front of us without telling, so the scheme says nothing.
    let (Some(theirs), Some(ours)) = (authority(origin), ask.host()) else {
        return false;
    };
    theirs.eq_ignore_ascii_case(without_usual_port(ours))
}

/// Host and port of an origin; `None` for `null` and what is no web origin.
fn authority(origin: &str) -> Option<&str> {
    let rest = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))?;
    (!rest.is_empty() && !rest.contains(['/', '@', '?', '#', '\\'])).then(|| without_usual_port(rest))
}

fn without_usual_port(host: &str) -> &str {
    host.strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        .unwrap_or(host)
}

/// Whether the page that sent the request is one the site trusts without a token.
fn is_allowed_referrer(ask: &Ask<'_>, origin: Option<&str>, config: &Config) -> bool {
    // A browser that tells an origin is judged by it alone; only old ones send a referrer and no origin.
    let host = match origin {
        Some(origin) => authority(origin),
        None => ask
            .header(&REFERER)
            .and_then(|referrer| referrer.split_once("://"))
            .and_then(|(_, rest)| rest.split(['/', '?', '#']).next()),
    };
    let mut known = config.allowed_referrers.iter().map(String::as_str);
    known.any(|known| Some(known) == origin || Some(known) == host)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use hyper::Request;
    use hyper::http::request::Parts;

    use super::super::client_ip::Proxies;
    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method("POST").uri("/api/method/login");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn may(config: &Config, headers: &[(&str, &str)]) -> bool {
        let head = parts(headers);
        let address = IpAddr::from([127, 0, 0, 1]);
        let ask = Ask::new(&head, "/api/method/login", address, &Proxies::default(), config);
        check(&ask, &Session::guest(), config, true, &mut Args::new()).is_ok()
    }

    #[test]
    fn an_origin_is_ours_by_its_host_and_port() {
        let config = Config::default();
        for own in [
            "http://help.example",
            "https://help.example",
            "https://help.example:443",
            "http://HELP.example",
        ] {
            assert!(
                may(&config, &[("host", "help.example"), ("origin", own)]),
                "{own}"
            );
        }
        for foreign in [
            "null",
            "",
            "http://evil.example",
            "http://help.example.evil.example",
            "http://help.example:8000",
            "http://evil.example/help.example",
            "http://help.example@evil.example",
            "file://help.example",
            "help.example",
        ] {
            assert!(
                !may(&config, &[("host", "help.example"), ("origin", foreign)]),
                "{foreign}"
            );
        }
        assert!(may(
            &config,
            &[
                ("host", "help.example:8000"),
                ("origin", "http://help.example:8000")
            ]
        ));
        assert!(
            may(&config, &[("host", "help.example")]),
            "clients that are no browsers"
        );
    }

    #[test]
    fn others_are_let_in_by_name_alone() {
        let config = |allow_cors, referrers: &[&str]| Config {
            allow_cors,
            allowed_referrers: referrers.iter().map(|&name| name.to_owned()).collect(),
            ..Config::default()
        };
        let one = Some(Origins::One("http://portal.example".to_owned()));
        let any = Some(Origins::One("*".to_owned()));
        let headers = [("host", "help.example"), ("origin", "http://portal.example")];

        assert!(may(&config(one, &[]), &headers));
        assert!(!may(&config(any, &[]), &headers));
        assert!(may(&config(None, &["portal.example"]), &headers));
        assert!(!may(
            &config(None, &["portal.example"]),
            &[
                ("host", "help.example"),
                ("origin", "http://evil.example"),
                ("referer", "http://portal.example/x")
            ]
        ));
    }
}
