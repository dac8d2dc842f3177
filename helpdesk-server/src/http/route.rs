//! From a path to what it names.
//!
//! Source: spec/framework.md §1.1 to §1.3.

use std::borrow::Cow;

use helpdesk_core::cx::Api;
use helpdesk_core::method::Verb;
use helpdesk_core::v2::Call;
use percent_encoding::percent_decode_str;

mod v2;

/// What a path names, before the verb is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    /// A whitelisted method by its dotted path.
    Method(&'p str),
    /// All documents of a DocType.
    Collection(&'p str),
    /// One document.
    Document {
        /// Its DocType.
        doctype: &'p str,
        /// Its name; may contain slashes.
        name: &'p str,
        /// Whether the path ended in a slash, which decides between 404 and 405 for a wrong verb.
        slash: bool,
    },
    /// What only v2 has.
    V2(v2::Route<'p>),
    /// Below `/api/`, but nothing.
    Unknown,
    /// Everything outside `/api/`: a page of the site.
    Page,
}

/// What a route is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action<'p> {
    /// Call a method.
    Call(&'p str),
    /// List documents.
    List(&'p str),
    /// Insert a document.
    Insert(&'p str),
    /// Read a document; a `run_method` argument makes it a call.
    Read(&'p str, &'p str),
    /// Update a document.
    Update(&'p str, &'p str),
    /// Delete a document.
    Delete(&'p str, &'p str),
    /// Call the document method that the argument `run_method` names.
    CallDocument(&'p str, &'p str),
    /// Call this method of a document.
    CallOnDocument(&'p str, &'p str, &'p str),
    /// Call a function of a DocType's controller.
    CallFunction(&'p str, &'p str),
    /// What only v2 has.
    V2(Call),
    /// Show a page.
    Page,
    /// 404 without a message.
    NotFound,
    /// 405 with this `Allow` header.
    WrongVerb(&'static str),
}

/// Decodes a path once. What is no UTF-8 becomes U+FFFD, so that it names nothing.
pub(crate) fn decode(path: &str) -> Cow<'_, str> {
    percent_decode_str(path).decode_utf8_lossy()
}

/// The envelope that answers to `path` go into, errors included.
pub(crate) fn api_of(path: &str) -> Api {
    match path.strip_prefix("/api/v2") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => Api::V2,
        _ => Api::V1,
    }
}

/// The route of a decoded path.
pub(crate) fn route(path: &str) -> Route<'_> {
    let Some(rest) = path.strip_prefix("/api/") else {
        return Route::Page;
    };
    if let Some(rest) = rest.strip_prefix("v2/") {
        return route_v2(rest);
    }
    route_v1(rest.strip_prefix("v1/").unwrap_or(rest))
}

fn route_v1(rest: &str) -> Route<'_> {
    if let Some(method) = rest.strip_prefix("method/") {
        // Text behind the first slash of the method is ignored.
        return named(method.split('/').next(), Route::Method);
    }
    let Some(rest) = rest.strip_prefix("resource/") else {
        return Route::Unknown;
    };
    let Some((doctype, name)) = rest.split_once('/') else {
        return named(Some(rest), Route::Collection);
    };
    if doctype.is_empty() || name.starts_with('/') {
        return Route::Unknown;
    }
    if name.is_empty() {
        return Route::Collection(doctype);
    }
    match name.strip_suffix('/') {
        Some(name) => Route::Document {
            doctype,
            name,
            slash: true,
        },
        None => Route::Document {
            doctype,
            name,
            slash: false,
        },
    }
}

fn route_v2(rest: &str) -> Route<'_> {
    if let Some(route) = v2::route(rest) {
        return Route::V2(route);
    }
    let Some(method) = rest.strip_prefix("method/") else {
        return Route::Unknown;
    };
    let method = method.strip_suffix('/').unwrap_or(method);
    if method.contains('/') {
        Route::Unknown
    } else {
        named(Some(method), Route::Method)
    }
}

fn named<'p>(name: Option<&'p str>, route: fn(&'p str) -> Route<'p>) -> Route<'p> {
    match name {
        Some(name) if !name.is_empty() => route(name),
        _ => Route::Unknown,
    }
}

const COLLECTION: &str = "POST, GET, HEAD";
const DOCUMENT: &str = "GET, HEAD, POST, PUT, DELETE";
const METHOD: &str = "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";

/// What `route` does for `verb`; `None` is a verb the framework doesn't know.
pub(crate) fn action<'p>(route: Route<'p>, verb: Option<Verb>) -> Action<'p> {
    match route {
        Route::Unknown => Action::NotFound,
        Route::Page => Action::Page,
        Route::V2(route) => v2::action(route, verb),
        // Which verbs a method takes is the method's own business.
        Route::Method(name) => verb.map_or(Action::WrongVerb(METHOD), |_| Action::Call(name)),
        Route::Collection(doctype) => match verb {
            Some(Verb::Get | Verb::Head) => Action::List(doctype),
            Some(Verb::Post) => Action::Insert(doctype),
            _ => Action::WrongVerb(COLLECTION),
        },
        Route::Document { doctype, name, slash } => match verb {
            Some(Verb::Get | Verb::Head) => Action::Read(doctype, name),
            Some(Verb::Post) => Action::CallDocument(doctype, name),
            Some(Verb::Put) => Action::Update(doctype, name),
            Some(Verb::Delete) => Action::Delete(doctype, name),
            _ if slash => Action::WrongVerb(DOCUMENT),
            _ => Action::NotFound,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document<'p>(doctype: &'p str, name: &'p str, slash: bool) -> Route<'p> {
        Route::Document { doctype, name, slash }
    }

    #[test]
    fn methods_end_at_their_first_slash_in_v1() {
        assert_eq!(
            route("/api/method/frappe.client.get"),
            Route::Method("frappe.client.get")
        );
        assert_eq!(route("/api/method/ping/"), Route::Method("ping"));
        assert_eq!(route("/api/v1/method/ping/and/more"), Route::Method("ping"));
        assert_eq!(route("/api/v2/method/ping"), Route::Method("ping"));
        assert_eq!(route("/api/v2/method/ping/"), Route::Method("ping"));
        assert_eq!(
            route("/api/v2/method/HD Settings/x"),
            Route::V2(v2::Route::Function("HD Settings", "x"))
        );
        assert_eq!(route("/api/v2/method/a/b/c"), Route::Unknown);
    }

    #[test]
    fn nothing_below_api_is_unknown_and_everything_else_a_page() {
        for path in [
            "/api/",
            "/api/method",
            "/api/method/",
            "/api/resource",
            "/api/resource/",
            "/api/v3/method/ping",
        ] {
            assert_eq!(route(path), Route::Unknown, "{path}");
        }
        for path in [
            "/api//method/ping",
            "/api/method//ping",
            "/api/resource//x",
            "/api/resource/X//y",
            "/api/v1",
        ] {
            assert_eq!(route(path), Route::Unknown, "{path}");
        }
        for path in [
            "/",
            "/api",
            "/apis/method/ping",
            "//api/method/ping",
            "/helpdesk",
            "",
        ] {
            assert_eq!(route(path), Route::Page, "{path}");
        }
    }

    #[test]
    fn a_name_may_contain_slashes_and_a_doctype_may_not() {
        assert_eq!(route("/api/resource/HD Ticket"), Route::Collection("HD Ticket"));
        assert_eq!(route("/api/resource/HD Ticket/"), Route::Collection("HD Ticket"));
        assert_eq!(
            route("/api/resource/HD Team/a/b"),
            document("HD Team", "a/b", false)
        );
        assert_eq!(
            route("/api/v1/resource/HD Team/a/"),
            document("HD Team", "a", true)
        );
        assert_eq!(
            route(&decode("/api/resource/HD%20Team/a%2Fb")),
            document("HD Team", "a/b", false)
        );
        assert_eq!(
            route(&decode("/api/resource/HD+Team/Gr%C3%BC%C3%9Fe")),
            document("HD+Team", "Grüße", false)
        );
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(decode("/a%2520b"), "/a%20b");
        assert_eq!(decode("/%ff"), "/\u{fffd}");
        assert!(matches!(decode("/api/method/ping"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_wrong_verb_is_405_but_404_for_a_document_without_slash() {
        assert_eq!(
            action(route("/api/resource/X"), Some(Verb::Put)),
            Action::WrongVerb("POST, GET, HEAD")
        );
        assert_eq!(
            action(route("/api/resource/X/y"), Some(Verb::Patch)),
            Action::NotFound
        );
        assert!(matches!(
            action(route("/api/resource/X/y/"), Some(Verb::Patch)),
            Action::WrongVerb(_)
        ));
        assert!(matches!(
            action(route("/api/method/ping"), None),
            Action::WrongVerb(_)
        ));
        assert_eq!(
            action(route("/api/method/ping"), Some(Verb::Patch)),
            Action::Call("ping")
        );
    }

    #[test]
    fn head_goes_where_get_goes() {
        assert_eq!(
            action(route("/api/resource/X"), Some(Verb::Head)),
            Action::List("X")
        );
        assert_eq!(
            action(route("/api/resource/X/y"), Some(Verb::Head)),
            Action::Read("X", "y")
        );
        assert_eq!(
            action(route("/api/resource/X/y"), Some(Verb::Post)),
            Action::CallDocument("X", "y")
        );
    }

    #[test]
    fn the_prefix_chooses_the_envelope() {
        assert_eq!(api_of("/api/v2/nothing"), Api::V2);
        assert_eq!(api_of("/api/v2"), Api::V2);
        assert_eq!(api_of("/api/v22/x"), Api::V1);
        assert_eq!(api_of("/api/v1/method/ping"), Api::V1);
    }
}
