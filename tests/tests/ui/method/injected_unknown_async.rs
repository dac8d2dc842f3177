#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Foo;

#[whitelist]
async fn ping(foo: &Foo) {}

fn main() {}
