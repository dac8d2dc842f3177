#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[job]
async fn rebuild(team: String) -> Result<()> {
    Ok(())
}

fn main() {}
