#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping(name: &str, items: &[u8]) {}

fn main() {}
