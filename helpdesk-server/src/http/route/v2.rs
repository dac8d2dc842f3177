//! The addresses that only API v2 has.
//!
//! Source: spec/framework.md §1.2 and §1.3.

use helpdesk_core::method::Verb;
use helpdesk_core::v2::{Call, Catalogue};

use super::Action;

/// What a path below `/api/v2/` names, before the verb is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    /// `/method/<doctype>/<function>`: a function of a DocType's controller.
    Function(&'p str, &'p str),
    /// `/method/run_doc_method`.
    RunDocMethod,
    /// `/method/bulk_delete`, `/document/<doctype>/bulk_delete`.
    BulkDelete(Option<&'p str>),
    /// `/method/bulk_update`, `/document/<doctype>/bulk_update`.
    BulkUpdate(Option<&'p str>),
    /// `/document/<doctype>`.
    Collection(&'p str),
    /// `/document/<doctype>/<name>`; the name may contain slashes.
    Document {
        doctype: &'p str,
        name: &'p str,
        /// Whether the path ended in a slash, which decides between 404 and 405 for a wrong verb.
        slash: bool,
    },
    /// `/document/<doctype>/<name>/copy`.
    Copy(&'p str, &'p str),
    /// `/document/<doctype>/<name>/method/<method>`.
    DocMethod(&'p str, &'p str, &'p str),
    /// `/doctype/<doctype>/meta`.
    Meta(&'p str),
    /// `/doctype/<doctype>/count`.
    Count(&'p str),
    /// `/doctype/<doctype>/search`.
    Search(&'p str),
    /// `/discovery`.
    Overview,
    /// `/discovery/search`.
    CatalogueSearch,
    /// `/discovery/method`.
    Methods,
    /// `/discovery/method/<path>`.
    MethodEntry(&'p str),
    /// `/discovery/doctype/<doctype>`.
    DocTypeEntry(&'p str),
    /// `/discovery/doctype/<doctype>/method/<method>`.
    DocMethodEntry(&'p str, &'p str),
}

/// The route of a path, without `/api/v2/`; `None` where there is none. Methods by dotted path are not looked for.
pub(super) fn route(rest: &str) -> Option<Route<'_>> {
    let bare = rest.strip_suffix('/').unwrap_or(rest);
    if let Some(method) = bare.strip_prefix("method/") {
        return match method {
            "run_doc_method" => Some(Route::RunDocMethod),
            "bulk_delete" => Some(Route::BulkDelete(None)),
            "bulk_update" => Some(Route::BulkUpdate(None)),
            _ => pair(method).map(|(doctype, function)| Route::Function(doctype, function)),
        };
    }
    if let Some(document) = bare.strip_prefix("document/") {
        return of_document(document, rest.len() > bare.len());
    }
    if let Some(doctype) = bare.strip_prefix("doctype/") {
        let (doctype, what) = pair(doctype)?;
        return match what {
            "meta" => Some(Route::Meta(doctype)),
            "count" => Some(Route::Count(doctype)),
            "search" => Some(Route::Search(doctype)),
            _ => None,
        };
    }
    if bare == "discovery" {
        return Some(Route::Overview);
    }
    match bare.strip_prefix("discovery/")? {
        "search" => Some(Route::CatalogueSearch),
        "method" => Some(Route::Methods),
        part => match part.split_once('/')? {
            ("method", path) if segment(path) => Some(Route::MethodEntry(path)),
            ("doctype", rest) => match rest.split_once("/method/") {
                Some((doctype, method)) if segment(doctype) && segment(method) => {
                    Some(Route::DocMethodEntry(doctype, method))
                }
                None if segment(rest) => Some(Route::DocTypeEntry(rest)),
                _ => None,
            },
            _ => None,
        },
    }
}

fn of_document(path: &str, slash: bool) -> Option<Route<'_>> {
    let Some((doctype, name)) = path.split_once('/') else {
        return segment(path).then_some(Route::Collection(path));
    };
    if !segment(doctype) || name.is_empty() || name.starts_with('/') {
        return None;
    }
    match name {
        "bulk_delete" => return Some(Route::BulkDelete(Some(doctype))),
        "bulk_update" => return Some(Route::BulkUpdate(Some(doctype))),
        _ => {}
    }
    if let Some(name) = name.strip_suffix("/copy")
        && !name.is_empty()
    {
        return Some(Route::Copy(doctype, name));
    }
    if let Some((name, method)) = name.rsplit_once("/method/")
        && !name.is_empty()
        && segment(method)
    {
        return Some(Route::DocMethod(doctype, name, method));
    }
    Some(Route::Document { doctype, name, slash })
}

/// Whether a text is one segment of a path.
fn segment(text: &str) -> bool {
    !text.is_empty() && !text.contains('/')
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once('/')
        .filter(|(first, second)| segment(first) && segment(second))
}

const READS: &str = "GET, HEAD";
const WRITES: &str = "POST";
const CALLS: &str = "GET, HEAD, POST";
const COLLECTION: &str = "POST, GET, HEAD";
const DOCUMENT: &str = "GET, HEAD, PUT, PATCH, DELETE";

/// What `route` does for `verb`; `None` is a verb the framework doesn't know.
pub(super) fn action<'p>(route: Route<'p>, verb: Option<Verb>) -> Action<'p> {
    let reads = matches!(verb, Some(Verb::Get | Verb::Head));
    let queries = reads || matches!(verb, Some(Verb::Query));
    let posts = matches!(verb, Some(Verb::Post));
    let only = |allowed: bool, allow: &'static str, call: &dyn Fn() -> Call| match allowed {
        true => Action::V2(call()),
        false => Action::WrongVerb(allow),
    };
    let catalogue = |part: &dyn Fn() -> Catalogue| only(reads, READS, &|| Call::Discovery(part()));
    match route {
        Route::Function(doctype, function) => match verb {
            Some(_) => Action::CallFunction(doctype, function),
            None => Action::WrongVerb(CALLS),
        },
        Route::RunDocMethod => only(queries || posts, CALLS, &|| Call::RunDocMethod),
        Route::BulkDelete(Some(doctype)) if !posts => named(doctype, "bulk_delete", verb),
        Route::BulkUpdate(Some(doctype)) if !posts => named(doctype, "bulk_update", verb),
        Route::BulkDelete(doctype) => only(posts, WRITES, &|| Call::BulkDelete(doctype.map(str::to_owned))),
        Route::BulkUpdate(doctype) => only(posts, WRITES, &|| Call::BulkUpdate(doctype.map(str::to_owned))),
        Route::Collection(doctype) => match posts {
            true => Action::V2(Call::Insert(doctype.to_owned())),
            false => only(queries, COLLECTION, &|| Call::List(doctype.to_owned())),
        },
        Route::Document { doctype, name, slash } => document(doctype, name, slash, verb),
        Route::Copy(doctype, name) => only(reads, READS, &|| Call::Copy(doctype.to_owned(), name.to_owned())),
        Route::DocMethod(doctype, name, method) => match queries || posts {
            true => Action::CallOnDocument(doctype, name, method),
            false => Action::WrongVerb(CALLS),
        },
        Route::Meta(doctype) => only(reads, READS, &|| Call::Meta(doctype.to_owned())),
        Route::Count(doctype) => only(queries, READS, &|| Call::Count(doctype.to_owned())),
        Route::Search(doctype) => only(reads, READS, &|| Call::Search(doctype.to_owned())),
        Route::Overview => catalogue(&|| Catalogue::Overview),
        Route::CatalogueSearch => catalogue(&|| Catalogue::Search),
        Route::Methods => catalogue(&|| Catalogue::Methods),
        Route::MethodEntry(path) => catalogue(&|| Catalogue::Method(path.to_owned())),
        Route::DocTypeEntry(doctype) => catalogue(&|| Catalogue::DocType(doctype.to_owned())),
        Route::DocMethodEntry(doctype, method) => {
            catalogue(&|| Catalogue::DocMethod(doctype.to_owned(), method.to_owned()))
        }
    }
}

/// A document that is called like a bulk address: that one is for POST alone.
fn named<'p>(doctype: &'p str, name: &'p str, verb: Option<Verb>) -> Action<'p> {
    document(doctype, name, false, verb)
}

fn document<'p>(doctype: &'p str, name: &'p str, slash: bool, verb: Option<Verb>) -> Action<'p> {
    let (doctype, name) = (doctype.to_owned(), name.to_owned());
    match verb {
        Some(Verb::Get | Verb::Head) => Action::V2(Call::Read(doctype, name)),
        Some(Verb::Put | Verb::Patch) => Action::V2(Call::Update(doctype, name)),
        Some(Verb::Delete) => Action::V2(Call::Delete(doctype, name)),
        _ if slash => Action::WrongVerb(DOCUMENT),
        _ => Action::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_and_what_is_below_them() {
        assert_eq!(route("document/HD Ticket/"), Some(Route::Collection("HD Ticket")));
        assert_eq!(
            route("document/HD Team/a/b/"),
            Some(Route::Document {
                doctype: "HD Team",
                name: "a/b",
                slash: true
            })
        );
        assert_eq!(
            route("document/HD Team/a/b/copy"),
            Some(Route::Copy("HD Team", "a/b"))
        );
        assert_eq!(
            route("document/HD Ticket/0009/method/mark_seen"),
            Some(Route::DocMethod("HD Ticket", "0009", "mark_seen"))
        );
        assert_eq!(
            route("document/HD Ticket/bulk_delete"),
            Some(Route::BulkDelete(Some("HD Ticket")))
        );
        assert_eq!(route("document/"), None);
        assert_eq!(route("document//x"), None);
    }

    #[test]
    fn methods_doctypes_and_the_catalogue() {
        assert_eq!(
            route("method/HD Settings/x"),
            Some(Route::Function("HD Settings", "x"))
        );
        assert_eq!(route("method/frappe.client.get"), None);
        assert_eq!(route("doctype/HD Ticket/count/"), Some(Route::Count("HD Ticket")));
        assert_eq!(route("doctype/HD Ticket/else"), None);
        assert_eq!(route("discovery/"), Some(Route::Overview));
        assert_eq!(route("discovery/method/a.b"), Some(Route::MethodEntry("a.b")));
        assert_eq!(
            route("discovery/doctype/HD Ticket/method/x"),
            Some(Route::DocMethodEntry("HD Ticket", "x"))
        );
        assert_eq!(route("discovery/else"), None);
    }

    #[test]
    fn verbs_decide() {
        let named = |verb| action(Route::BulkDelete(Some("A")), Some(verb));
        assert_eq!(
            named(Verb::Post),
            Action::V2(Call::BulkDelete(Some("A".to_owned())))
        );
        assert_eq!(
            named(Verb::Get),
            Action::V2(Call::Read("A".to_owned(), "bulk_delete".to_owned()))
        );
        assert_eq!(
            action(Route::Collection("A"), Some(Verb::Patch)),
            Action::WrongVerb(COLLECTION)
        );
        assert_eq!(
            action(Route::Overview, Some(Verb::Post)),
            Action::WrongVerb(READS)
        );
        let document = |slash| Route::Document {
            doctype: "A",
            name: "b",
            slash,
        };
        assert_eq!(action(document(false), Some(Verb::Post)), Action::NotFound);
        assert_eq!(
            action(document(true), Some(Verb::Post)),
            Action::WrongVerb(DOCUMENT)
        );
    }
}
