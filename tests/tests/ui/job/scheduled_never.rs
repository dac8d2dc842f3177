#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[scheduled]
fn sweep(cx: &mut Cx) -> Result<()> {
    Ok(())
}

fn main() {}
