#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

not_whitelisted! { module = "frappe.config"; get }

fn main() {}
