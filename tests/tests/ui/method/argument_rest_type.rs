#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping(#[arg(rest)] rest: Vec<String>) {}

fn main() {}
