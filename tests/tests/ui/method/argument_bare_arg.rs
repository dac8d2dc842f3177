#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping(#[arg] n: u8) {}

fn main() {}
