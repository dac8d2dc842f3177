//! What `#[whitelist]` and `#[rate_limit]` make of functions, called the way a server calls them.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

use helpdesk_core::dispatch::Dispatch;

mod arguments;
mod desk_forms;
mod desk_lists;
mod desk_search;
mod harness;
mod injected;
mod limits;
mod office;
mod paths;
mod replies;
mod schemas;

helpdesk_core::app! { "desk.api", paths::doctype => "desk.desk.doctype" }

#[test]
fn no_path_is_taken_twice() {
    Dispatch::collect().unwrap();
}
