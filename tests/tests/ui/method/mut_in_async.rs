#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
async fn ping(cx: &mut Cx) {}

fn main() {}
