#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Ticket;

impl Ticket {
    #[whitelist]
    fn ping(&self) {}
}

fn main() {}
