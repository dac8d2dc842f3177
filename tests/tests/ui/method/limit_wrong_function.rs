#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

fn limit() -> u32 {
    5
}

#[whitelist]
#[rate_limit(limit = limit)]
fn ping() {}

fn main() {}
