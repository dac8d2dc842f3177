#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[job(attempts = 0)]
fn rebuild(cx: &mut Cx) -> Result<()> {
    Ok(())
}

fn main() {}
