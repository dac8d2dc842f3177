#![allow(unused)]

use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Team;

impl Team {
    #[job]
    fn rebuild(&self, cx: &mut Cx) -> Result<()> {
        Ok(())
    }
}

fn main() {}
