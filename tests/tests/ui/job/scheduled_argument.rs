#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[scheduled(daily)]
fn sweep(cx: &mut Cx, team: String) -> Result<()> {
    Ok(())
}

fn main() {}
