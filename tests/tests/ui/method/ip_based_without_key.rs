#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
#[rate_limit(ip_based = false)]
fn ping() {}

fn main() {}
