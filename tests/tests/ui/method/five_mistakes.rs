#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(bogus)]
#[rate_limit(limit = 0)]
fn ping(name: &str, (a, b): (u8, u8), value: impl ToString) {}

fn main() {}
