#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[whitelist]
#[rate_limit(key = "artcle")]
fn vote(article: String) {}

fn main() {}
