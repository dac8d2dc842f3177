#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(methods = [GET, FETCH])]
fn ping() {}

fn main() {}
