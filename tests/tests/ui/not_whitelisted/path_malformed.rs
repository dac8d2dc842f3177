#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

not_whitelisted! { path = "a..b"; get as "c/d" }

fn main() {}
