#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[rate_limit(limit = 3)]
fn ping() {}

fn main() {}
