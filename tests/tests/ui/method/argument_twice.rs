#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping(a: u8, #[arg(rename = "a")] b: u8) {}

fn main() {}
