//! What `#[whitelist]` and `#[rate_limit]` make of functions, called the way a server calls them.

use helpdesk_core::dispatch::Dispatch;

mod arguments;
mod harness;
mod injected;
mod limits;
mod paths;
mod replies;
mod schemas;

helpdesk_core::app! { "desk.api", paths::doctype => "desk.desk.doctype" }

#[test]
fn no_path_is_taken_twice() {
    Dispatch::collect().unwrap();
}
