#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(inline)]
async fn ping() {}

fn main() {}
