#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping((a, b): (u8, u8), _: u8) {}

fn main() {}
