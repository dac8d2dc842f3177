#![allow(unused)]

use helpdesk_core::prelude::*;

#[whitelist]
fn ping() {}

fn main() {}
