//! Which other origins may read answers.
//!
//! Source: spec/framework.md §1.4.

use helpdesk_core::config::Config;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderValue, ORIGIN, VARY,
};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

/// Adds the headers for the request's Origin, if the site lets that origin read.
pub(crate) fn apply(config: &Config, asked: &Parts, headers: &mut HeaderMap) {
    let Some(allowed) = &config.allow_cors else { return };
    let Some(origin) = asked.headers.get(ORIGIN) else {
        return;
    };
    if !origin.to_str().is_ok_and(|origin| allowed.allow(origin)) {
        return;
    }
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if asked.method != Method::OPTIONS {
        return;
    }
    if let Some(method) = asked.headers.get(ACCESS_CONTROL_REQUEST_METHOD) {
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
    }
    if let Some(names) = asked.headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    if !config.developer_mode {
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
}

#[cfg(test)]
mod tests {
    use helpdesk_core::config::Origins;
    use hyper::Request;

    use super::*;

    fn applied(allow: Option<Origins>, method: Method, origin: &str) -> HeaderMap {
        let config = Config {
            allow_cors: allow,
            ..Config::default()
        };
        let request = Request::builder()
            .method(method)
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "authorization")
            .body(())
            .unwrap();
        let mut headers = HeaderMap::new();
        apply(&config, &request.into_parts().0, &mut headers);
        headers
    }

    #[test]
    fn a_star_echoes_the_origin() {
        let headers = applied(
            Some(Origins::One("*".to_owned())),
            Method::GET,
            "http://other.example",
        );

        assert_eq!(headers["access-control-allow-origin"], "http://other.example");
        assert_eq!(headers["access-control-allow-credentials"], "true");
        assert_eq!(headers["vary"], "Origin");
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn a_preflight_learns_methods_headers_and_age() {
        let headers = applied(
            Some(Origins::One("*".to_owned())),
            Method::OPTIONS,
            "http://other.example",
        );

        assert_eq!(headers["access-control-allow-methods"], "PUT");
        assert_eq!(headers["access-control-allow-headers"], "authorization");
        assert_eq!(headers["access-control-max-age"], "86400");
    }

    #[test]
    fn other_origins_get_nothing() {
        let good = Some(Origins::Many(vec!["http://good.example".to_owned()]));
        assert!(applied(good, Method::GET, "http://evil.example").is_empty());
        assert!(applied(None, Method::OPTIONS, "http://good.example").is_empty());
    }
}
