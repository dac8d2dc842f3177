#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(methods = GET)]
fn ping() {}

fn main() {}
