#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[job]
fn rebuild(cx: &mut Cx, team: &str) -> Result<()> {
    Ok(())
}

fn main() {}
