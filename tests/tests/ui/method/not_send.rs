#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
async fn ping() {
    let shared = std::rc::Rc::new(1);
    tokio::task::yield_now().await;
    drop(shared);
}

fn main() {}
