#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(path = "a..b", alias = "a/b")]
fn ping() {}

fn main() {}
