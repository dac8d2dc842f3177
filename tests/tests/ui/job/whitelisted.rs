#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[job]
#[whitelist]
fn rebuild(cx: &mut Cx) -> Result<()> {
    Ok(())
}

fn main() {}
