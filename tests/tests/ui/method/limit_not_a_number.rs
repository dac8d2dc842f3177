#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
#[rate_limit(limit = -1)]
fn ping() {}

fn main() {}
