#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping(cx: &mut Cx, session: &Session) {}

fn main() {}
