#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Foo;

#[whitelist]
fn ping() -> Foo {
    Foo
}

fn main() {}
