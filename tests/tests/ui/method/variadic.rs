#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
unsafe extern "C" fn ping(n: u8, ...) {}

fn main() {}
