#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
#[whitelist]
fn ping() {}

fn main() {}
