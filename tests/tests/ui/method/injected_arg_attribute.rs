#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
fn ping(#[arg(default = 1)] cx: &mut Cx) {}

fn main() {}
