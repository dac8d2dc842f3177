//! Every form of a parameter.

#![deny(
    warnings,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    missing_docs
)]

use helpdesk_core::prelude::*;

type Maybe = Option<u8>;

mod inner {
    use helpdesk_core::prelude::*;

    #[whitelist]
    #[deprecated]
    pub(crate) fn r#match(r#type: String, mut n: u8) -> u8 {
        n += 1;
        drop(r#type);
        n
    }
}

struct Agent;

impl FromShared for Agent {
    fn from_shared(_: &Shared) -> Result<&Agent> {
        Ok(&Agent)
    }
}

/// Every form.
#[whitelist]
fn every(
    _: &Agent,
    session: &Session,
    tx: &mut Tx,
    /// An alias.
    maybe: Maybe,
    #[arg(default = "x")] text: String,
    #[arg(default = Vec::new(), rename = "class")] list: Vec<(u8, String)>,
    #[arg(rest)] rest: serde_json::Map<String, Value>,
) {
    drop((session.is_guest(), tx.out.commit, maybe, text, list, rest));
}

#[whitelist]
fn context(cx: &mut Cx) -> String {
    cx.user().to_owned()
}

#[whitelist(inline, allow_guest, xss_safe)]
fn inline(shared: &Shared, request: &Request, site: &Site) -> bool {
    shared.session.is_guest() && request.method.is_empty() && site.config.log.is_empty()
}

#[whitelist]
async fn later(cx: &AsyncCx, session: &Session, n: Option<u8>) -> Result<Option<u8>> {
    cx.transaction(|cx| Ok(cx.user().len())).await?;
    Ok(n.filter(|_| session.is_guest()))
}

#[test]
fn a_tree_has_the_prefix_the_app_gives_it() {
    assert_eq!(inner::r#match::PATH, "case.elsewhere.match");
    assert_eq!(every::PATH, "case.parameters.every");
}
