#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Foo;

#[whitelist]
fn ping() -> Result<Foo> {
    Ok(Foo)
}

fn main() {}
