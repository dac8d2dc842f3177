#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

not_whitelisted! { doctype = "HD Ticket"; set_sla as "a.b" }

fn main() {}
