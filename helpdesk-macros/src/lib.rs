//! Attribute macros of Helpdesk in Rust. Use them through `helpdesk_core::prelude`.
//!
//! Each goes parse → model → expand; the entry points here only convert tokens.

#![warn(missing_docs)]

use proc_macro::TokenStream;

mod args;
mod diagnostics;
mod doc_event;
mod doc_method;
mod doctype;
mod job;
mod not_whitelisted;
mod rate_limit;
mod whitelist;

#[cfg(test)]
mod tests;

/// Makes a function callable over HTTP under its dotted path.
///
/// Parameters by reference come from the framework (`cx: &mut Cx`), parameters by value are request arguments.
/// An argument may carry `#[arg(default = ..)]`, `#[arg(rename = "..")]` or `#[arg(rest)]`, and a doc comment.
///
/// | option | meaning |
/// | --- | --- |
/// | `allow_guest` | callable without a session |
/// | `methods = [GET, POST]` | verbs; GET, POST, PUT and DELETE unless given |
/// | `path = "a.b.c"` | the whole dotted path, where it does not follow from the module |
/// | `alias = "a.b.c"` | a further path; repeatable |
/// | `inline` | runs on the reactor, without a database |
/// | `xss_safe` | guest input is not sanitised; only with `allow_guest` |
#[proc_macro_attribute]
pub fn whitelist(attr: TokenStream, item: TokenStream) -> TokenStream {
    whitelist::expand(attr.into(), item.into()).into()
}

/// Makes a function a method of a DocType's documents, callable over HTTP on each of them.
///
/// The first parameter is the document (`doc: &mut Document`); the others are as those of [`macro@whitelist`]. The
/// document was loaded and its permission checked: reading is enough for `run_doc_method` and for GET, so a method
/// that changes something checks for itself. What it leaves in the document goes back to the caller, and is stored
/// only if the method saves it.
///
/// | option | meaning |
/// | --- | --- |
/// | `doctype = "HD Ticket"` | whose method it is; must be given |
/// | `methods = [GET, POST]` | verbs; GET, POST, PUT and DELETE unless given |
/// | `allow_guest` | callable without a session |
/// | `xss_safe` | guest input is not sanitised; only with `allow_guest` |
#[proc_macro_attribute]
pub fn doc_method(attr: TokenStream, item: TokenStream) -> TokenStream {
    doc_method::expand(attr.into(), item.into()).into()
}

/// Names functions that the original has and nobody may call over HTTP: callers are told so (403), not that there is
/// no such function.
///
/// The names are those of the module they stand in, as of [`macro@whitelist`]; `as` gives the path callers use where it
/// is another one.
///
/// ```text
/// not_whitelisted! { get, clear }
/// not_whitelisted! { path = "frappe.config"; get_site_config as "frappe.get_site_config" }
/// not_whitelisted! { doctype = "HD Ticket"; set_sla }
/// ```
///
/// | option | meaning |
/// | --- | --- |
/// | `path = "a.b"` | the module they are of, where it is not the one they stand in |
/// | `doctype = "HD Ticket"` | they are methods of its documents; `"*"` for all |
#[proc_macro]
pub fn not_whitelisted(tokens: TokenStream) -> TokenStream {
    not_whitelisted::expand(tokens.into()).into()
}

/// Limits how often callers may call a whitelisted function. Several on one function count apart.
///
/// | option | meaning |
/// | --- | --- |
/// | `limit = 5` | calls a window; a number, or a path to `fn(&Shared) -> u32` |
/// | `seconds = 86_400` | length of the window; any constant expression |
/// | `key = "email"` | counts per value of that parameter |
/// | `ip_based = true` | counts per client address, joined with `key` where both are |
/// | `methods = [POST]` | verbs that count; all unless given |
#[proc_macro_attribute]
pub fn rate_limit(attr: TokenStream, item: TokenStream) -> TokenStream {
    rate_limit::expand(attr.into(), item.into()).into()
}

/// Runs a function when a document of a DocType is made, changed or deleted.
///
/// `fn(doc: &mut Document, cx: &mut Cx) -> Result<()>`, or with the DocType's struct for `Document`: then the values
/// are read into it before, and written back after.
///
/// | option | meaning |
/// | --- | --- |
/// | `doctype = "HD Ticket"` | the DocType, by name or by its struct; `"*"` for all |
/// | `on = "before_save"` | when: `before_insert`, `before_naming`, `before_validate`, `validate`, `before_save`, `after_insert`, `on_update`, `on_trash`, `after_delete`; of documents that are submitted `before_submit`, `on_submit`, `before_cancel`, `on_cancel`, `before_update_after_submit`, `on_update_after_submit` |
/// | `order = 0` | among functions of one event, lower numbers run first |
#[proc_macro_attribute]
pub fn doc_event(attr: TokenStream, item: TokenStream) -> TokenStream {
    doc_event::expand(attr.into(), item.into()).into()
}

/// Makes a function a job: work that a method leaves to the workers with `cx.enqueue(rebuild::JOB.with(json!({..})))`.
///
/// Parameters are as those of [`macro@whitelist`]: by reference from the framework, by value from the arguments it was
/// enqueued with. Its transaction marks the job done as well, so that what it writes happens once; what it does
/// outside the database may happen again after a failure. See `docs/jobs.md`.
///
/// | option | meaning |
/// | --- | --- |
/// | `queue = "long"` | `short`, `default` (unless given) or `long` |
/// | `attempts = 5` | how often it is tried before it is parked; any constant expression |
/// | `timeout = 300` | seconds it may take; the queue's unless given (300, long: 1500) |
/// | `path = "a.b.c"` | the whole dotted path, where it does not follow from the module |
#[proc_macro_attribute]
pub fn job(attr: TokenStream, item: TokenStream) -> TokenStream {
    job::job(attr.into(), item.into()).into()
}

/// Makes a function a job that the schedule enqueues as the Administrator: once a period, whatever number of processes
/// a site has, and once after any time that it stood still.
///
/// | option | meaning |
/// | --- | --- |
/// | `daily` | or `all` (every four minutes), `hourly`, `weekly`, `monthly`: at its start, in the site's time zone |
/// | `cron = "30 6 * * 1"` | minute, hour, day, month, weekday |
///
/// `queue`, `attempts`, `timeout` and `path` are those of [`macro@job`].
#[proc_macro_attribute]
pub fn scheduled(attr: TokenStream, item: TokenStream) -> TokenStream {
    job::scheduled(attr.into(), item.into()).into()
}

/// Makes a DocType of a struct: its fields, names, permissions, and typed access to a document.
#[proc_macro_attribute]
pub fn doctype(options: TokenStream, item: TokenStream) -> TokenStream {
    doctype::doctype(options.into(), item.into()).into()
}
