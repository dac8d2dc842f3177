#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist(guest)]
#[rate_limit(per = 60)]
fn ping(#[arg(name = "x")] n: u8) {}

fn main() {}
