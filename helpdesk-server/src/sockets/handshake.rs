//! Who may connect, and as whom.
//!
//! Source: spec/framework-api.md §10.3. The texts are part of the contract: clients tell refusals by them.

use std::net::IpAddr;
use std::sync::Arc;

use helpdesk_core::config::Config;
use helpdesk_core::error::Result;
use helpdesk_core::session::Session;
use helpdesk_core::sign_in::sessions;
use helpdesk_core::site::Site;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, ORIGIN};

use super::client::Credentials;
use crate::http::{auth, cookies};

const SITE_NAME: HeaderName = HeaderName::from_static("x-frappe-site-name");

const NO_NAMESPACE: &str = "Invalid namespace";
const NO_ORIGIN: &str = "Invalid origin";
const NOTHING: &str = "Missing cookie and authorization header. Either one needed for authentication.";
const NO_METHOD: &str = "No authentication method used. Use cookie or authorization header.";
/// As recorded: what the original's client of its own API makes of the refusal.
const UNAUTHORIZED: &str =
    "Unauthorized: TypeError: Cannot read properties of undefined (reading 'installed_apps')";
const BUSY: &str = "Unauthorized: the server is busy, try again";

/// The host name in a Host header or an origin, without scheme and port.
pub(super) fn host_name(text: &str) -> Option<&str> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let name = match rest.strip_prefix('[') {
        Some(v6) => v6.split_once(']').map(|(name, _)| name)?,
        None => rest.split(':').next().unwrap_or(rest),
    };
    let is_sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    (!name.is_empty() && name.len() <= 253 && name.chars().all(is_sane)).then_some(name)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The site a client asks for, where the settings name none: by a proxy's header, or by the host it connects to.
pub(super) fn site_asked_for(headers: &HeaderMap) -> Option<&str> {
    match text(headers, &SITE_NAME) {
        Some(name) => host_name(name),
        None => text(headers, &ORIGIN)
            .and_then(host_name)
            .or_else(|| text(headers, &HOST).and_then(host_name)),
    }
}

/// Whether a namespace (without its slash) is the site's for this client.
fn is_namespace(config: &Config, headers: &HeaderMap, namespace: &str) -> bool {
    if let Some(named) = text(headers, &SITE_NAME)
        && named != namespace
    {
        return false;
    }
    if config.site_names.is_empty() {
        site_asked_for(headers) == Some(namespace)
    } else {
        config.site_names.iter().any(|name| name == namespace)
    }
}

/// Whether the page that connects is of this host; a client without an origin is none.
pub(super) fn is_own_origin(headers: &HeaderMap) -> bool {
    let origin = text(headers, &ORIGIN).filter(|origin| origin.contains("://"));
    match (
        origin.and_then(host_name),
        text(headers, &HOST).and_then(host_name),
    ) {
        (Some(origin), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// The session and credentials of a client that connects to a namespace.
///
/// # Errors
/// The text of the refusal.
pub(super) async fn admit(
    site: &Arc<Site>,
    headers: &HeaderMap,
    address: IpAddr,
    namespace: &str,
) -> Result<(Arc<Session>, Credentials), &'static str> {
    if !is_namespace(&site.config, headers, namespace) {
        return Err(NO_NAMESPACE);
    }
    if !is_own_origin(headers) {
        return Err(NO_ORIGIN);
    }
    let sid = cookies::read(headers, "sid");
    match (headers.contains_key(COOKIE), headers.get(AUTHORIZATION)) {
        (false, None) => return Err(NOTHING),
        (true, None) if sid.is_none() => return Err(NO_METHOD),
        _ => {}
    }
    let mut credentials = Credentials {
        sid: None,
        headers: HeaderMap::new(),
        address,
    };
    if let Some(sid) = sid.filter(|sid| *sid != auth::GUEST)
        && let Some(session) = sessions::resume(site, sid, address).await.map_err(|_| BUSY)?
    {
        credentials.sid = Some(sid.to_owned());
        return Ok((session, credentials));
    }
    match auth::by_header(site, headers).await {
        Ok(Some(session)) => {
            if let Some(header) = headers.get(AUTHORIZATION) {
                credentials.headers.insert(AUTHORIZATION, header.clone());
            }
            Ok((session, credentials))
        }
        Ok(None) => Ok((Arc::new(Session::guest()), credentials)),
        Err(error) if error.kind().status() >= 500 => Err(BUSY),
        Err(_) => Err(UNAUTHORIZED),
    }
}

/// The session that credentials stand for by now; `None` once it is over. Looking does not prolong it.
///
/// # Errors
/// When it can't be told.
pub(super) async fn again(site: &Arc<Site>, credentials: &Credentials) -> Result<Option<Arc<Session>>> {
    if let Some(sid) = &credentials.sid {
        return sessions::look(site, sid, credentials.address).await;
    }
    if credentials.headers.is_empty() {
        return Ok(Some(Arc::new(Session::guest())));
    }
    match auth::by_header(site, &credentials.headers).await {
        Err(error) if error.kind().status() < 500 => Ok(None),
        session => session,
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn host_names_are_read_from_hosts_and_origins() {
        assert_eq!(host_name("help.example:8000"), Some("help.example"));
        assert_eq!(host_name("https://help.example"), Some("help.example"));
        assert_eq!(host_name("http://[::1]:80"), Some("::1"));
        for bad in ["", ":80", "http://", "a b", "a/b", "[::1"] {
            assert_eq!(host_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_origin_is_the_host_whatever_the_port() {
        let is_own = |origin, host| is_own_origin(&headers(&[(ORIGIN, origin), (HOST, host)]));
        assert!(is_own("http://help.example:8000", "help.example:9000"));
        assert!(is_own("https://Help.example", "help.example"));
        assert!(!is_own("https://evil.example", "help.example"));
        assert!(!is_own("null", "null"));
        assert!(!is_own_origin(&headers(&[(HOST, "help.example")])));
    }

    #[test]
    fn a_namespace_is_a_name_of_the_site() {
        let host = headers(&[(HOST, "a.example"), (ORIGIN, "http://a.example")]);
        let any = Config::default();
        assert!(is_namespace(&any, &host, "a.example") && !is_namespace(&any, &host, "b.example"));
        let named = Config {
            site_names: vec!["desk".to_owned()],
            ..Config::default()
        };
        assert!(is_namespace(&named, &host, "desk") && !is_namespace(&named, &host, "a.example"));
        let proxied = headers(&[(SITE_NAME, "other"), (HOST, "a.example")]);
        assert!(!is_namespace(&named, &proxied, "desk") && is_namespace(&any, &proxied, "other"));
    }
}
