#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Foo;

#[whitelist]
fn ping() -> std::result::Result<u8, Foo> {
    Ok(1)
}

fn main() {}
