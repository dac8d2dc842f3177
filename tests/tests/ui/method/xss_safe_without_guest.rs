#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(xss_safe)]
fn ping() {}

fn main() {}
