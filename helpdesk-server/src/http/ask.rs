//! What an answer depends on in the head of a request.

use std::net::IpAddr;
use std::sync::Arc;

use helpdesk_core::config::Config;
use helpdesk_core::cx::Api;
use hyper::HeaderMap;
use hyper::header::{ACCEPT, HOST, HeaderName, USER_AGENT};
use hyper::http::request::Parts;

use super::client_ip::Proxies;
use super::route;

const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The head of a request, read once.
pub(crate) struct Ask<'r> {
    /// Verb, headers, query.
    pub(crate) head: &'r Parts,
    /// The decoded path.
    pub(crate) path: &'r str,
    /// The envelope to answer in.
    pub(crate) api: Api,
    /// The client's address.
    pub(crate) client_ip: IpAddr,
    /// Whether the client speaks HTTPS (to us or to a trusted proxy in front).
    pub(crate) secure: bool,
}

impl<'r> Ask<'r> {
    /// Reads the head of a request that came from `peer`.
    pub(crate) fn new(
        head: &'r Parts,
        path: &'r str,
        peer: IpAddr,
        proxies: &Proxies,
        config: &Config,
    ) -> Ask<'r> {
        let peer = peer.to_canonical();
        let secure = config.host_name.starts_with("https://")
            || (proxies.trust(peer) && text(&head.headers, &FORWARDED_PROTO) == Some("https"));
        Ask {
            head,
            path,
            api: route::api_of(path),
            client_ip: proxies.client_ip(peer, &head.headers),
            secure,
        }
    }

    /// A header as text; `None` if it is missing or not ASCII.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&'r str> {
        text(&self.head.headers, name)
    }

    /// What the client calls itself, cut to 255 characters.
    pub(crate) fn user_agent(&self) -> Arc<str> {
        match self.header(&USER_AGENT) {
            Some(text) => Arc::from(text.get(..255).unwrap_or(text)),
            None => Arc::from(""),
        }
    }

    /// Whether errors are answered as JSON rather than as a page (spec/framework.md §3.4).
    pub(crate) fn wants_json(&self) -> bool {
        let accept = self.header(&ACCEPT);
        let ajax = self.header(&REQUESTED_WITH) == Some("XMLHttpRequest");
        match accept {
            Some(accept) if accept.contains("application/json") || ajax => true,
            accept => self.path.starts_with("/api/") && !accept.unwrap_or_default().starts_with("text"),
        }
    }

    /// The public address of the site, without a slash at the end: as configured, else from the Host header.
    pub(crate) fn site_url(&self, config: &Config) -> String {
        let configured = config.host_name.trim_end_matches('/');
        if configured.contains("://") {
            return configured.to_owned();
        }
        let scheme = if self.secure { "https" } else { "http" };
        let host = match configured {
            "" => self.host().unwrap_or(&config.listen),
            host => host,
        };
        format!("{scheme}://{host}")
    }

    /// The Host header, if it looks like a host name and a port; it goes into links and headers.
    pub(crate) fn host(&self) -> Option<&'r str> {
        let host = self
            .head
            .uri
            .authority()
            .map(|authority| authority.as_str())
            .or_else(|| self.header(&HOST))?;
        let sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        (!host.is_empty() && host.chars().all(sane)).then_some(host)
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn json(path: &str, headers: &[(&str, &str)]) -> bool {
        let head = parts(headers);
        let config = Config::default();
        Ask::new(
            &head,
            path,
            IpAddr::from([127, 0, 0, 1]),
            &Proxies::default(),
            &config,
        )
        .wants_json()
    }

    #[test]
    fn accept_and_path_choose_between_json_and_pages() {
        assert!(json("/api/method/x", &[]));
        assert!(json("/api/method/x", &[("accept", "*/*")]));
        assert!(json(
            "/api/method/x",
            &[("accept", "text/html, application/json")]
        ));
        assert!(!json("/api/method/x", &[("accept", "text/html")]));
        assert!(json(
            "/api/method/x",
            &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")]
        ));
        assert!(!json("/somewhere", &[("accept", "*/*")]));
        assert!(!json("/somewhere", &[("x-requested-with", "XMLHttpRequest")]));
        assert!(json("/somewhere", &[("accept", "application/json")]));
    }

    #[test]
    fn the_site_url_follows_the_host_unless_one_is_configured() {
        let config = Config {
            trusted_proxies: vec!["127.0.0.1".to_owned()],
            ..Config::default()
        };
        let proxies = Proxies::parse(&config.trusted_proxies).unwrap();
        let url = |headers: &[(&str, &str)], config: &Config| {
            let head = parts(headers);
            Ask::new(&head, "/", IpAddr::from([127, 0, 0, 1]), &proxies, config).site_url(config)
        };

        assert_eq!(url(&[("host", "ref.localhost")], &config), "http://ref.localhost");
        assert_eq!(
            url(
                &[("host", "ref.localhost"), ("x-forwarded-proto", "https")],
                &config
            ),
            "https://ref.localhost"
        );
        assert_eq!(url(&[("host", "a\"b")], &config), "http://127.0.0.1:8000");
        let config = Config {
            host_name: "https://help.example/".to_owned(),
            ..config
        };
        assert_eq!(url(&[("host", "other")], &config), "https://help.example");
    }
}
