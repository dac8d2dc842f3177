#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(allow_guest, allow_guest)]
fn ping() {}

fn main() {}
