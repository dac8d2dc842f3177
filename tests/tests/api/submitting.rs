//! Documents that are submitted and cancelled: rights, hooks in their order, and what stays as it was.

use helpdesk_core::doctype::typed::{doc_event, doctype};
use helpdesk_core::prelude::*;
use helpdesk_tests::{Reply, TestSite, TestUser};

/// A voucher, with a trace of the hooks that ran for it.
#[doctype(name = "Probe Voucher", module = "Probe", autoname = "PV-.####", is_submittable,
    permission(role = "System Manager", rights = [read, write, create, delete, submit, cancel]),
    permission(role = "Agent", rights = [read, write, create]))]
#[derive(Clone, Debug)]
struct ProbeVoucher {
    #[field(standard)]
    name: String,
    /// What it is for.
    #[field(reqd)]
    title: String,
    /// May change when it is submitted.
    #[field(allow_on_submit)]
    note: Option<String>,
    /// The hooks that ran in this request.
    #[field(allow_on_submit)]
    trace: Option<String>,
    /// The voucher it goes back to.
    #[field(link = "Probe Voucher")]
    follows: Option<String>,
}

macro_rules! traced {
    ($($name:ident $event:tt)*) => {$(
        #[doc_event(doctype = "Probe Voucher", on = $event)]
        fn $name(voucher: &mut ProbeVoucher, _: &mut Cx) -> Result<()> {
            let before = voucher.trace.take().unwrap_or_default();
            voucher.trace = Some(format!("{before} {}", $event).trim().to_owned());
            Ok(())
        }
    )*};
}

traced! {
    before_validate "before_validate"
    validate "validate"
    before_save "before_save"
    before_submit "before_submit"
    before_cancel "before_cancel"
    before_update "before_update_after_submit"
    after_insert "after_insert"
    on_update "on_update"
    on_submit "on_submit"
    on_cancel "on_cancel"
    on_later_update "on_update_after_submit"
}

const VOUCHER: &str = "Probe Voucher";

fn made(site: &TestSite, values: Value) -> String {
    let reply = site.admin().insert(VOUCHER, values).ok();
    reply.data()["name"].as_str().unwrap().to_owned()
}

fn change(user: &TestUser, name: &str, mut values: Value) -> Reply {
    values["trace"] = "".into();
    user.update(VOUCHER, name, values)
}

#[test]
fn each_step_has_hooks_of_its_own() {
    let site = TestSite::start();
    let admin = site.admin();
    let trace = |reply: Reply| reply.ok().data()["trace"].as_str().unwrap().to_owned();

    let made = admin.insert(VOUCHER, json!({ "title": "a" }));
    let name = made.data()["name"].as_str().unwrap().to_owned();
    assert_eq!(
        trace(made),
        "before_validate validate before_save after_insert on_update"
    );
    let submitted = change(&admin, &name, json!({ "docstatus": 1 }));
    assert_eq!(
        trace(submitted),
        "before_validate validate before_submit on_update on_submit"
    );
    let later = change(&admin, &name, json!({ "note": "b" }));
    assert_eq!(trace(later), "before_update_after_submit on_update_after_submit");
    let cancelled = change(&admin, &name, json!({ "docstatus": 2 }));
    assert_eq!(trace(cancelled), "before_cancel on_cancel");
    let at_once = admin.insert(VOUCHER, json!({ "title": "a", "docstatus": 1 }));
    assert_eq!(
        trace(at_once),
        "before_validate validate before_submit after_insert on_update on_submit"
    );
}

#[test]
fn what_is_submitted_keeps_what_it_says() {
    let site = TestSite::start();
    let admin = site.admin();
    let name = made(&site, json!({ "title": "a", "docstatus": 1 }));

    let refused = change(&admin, &name, json!({ "title": "b" })).status(417);
    assert_eq!(refused.exc_type(), "UpdateAfterSubmitError");
    assert_eq!(
        refused.messages(),
        [
            " Not allowed to change <strong>Title</strong> after submission from <strong>a</strong> to <strong>b</strong>"
        ]
    );
    change(&admin, &name, json!({ "note": "b" })).ok();
    let back = change(&admin, &name, json!({ "docstatus": 0 })).status(417);
    assert_eq!(back.exc_type(), "DocstatusTransitionError");
    assert_eq!(admin.remove(VOUCHER, &name).status, 417);
    change(&admin, &name, json!({ "docstatus": 2, "title": "b" })).status(417);
    change(&admin, &name, json!({ "docstatus": 2 })).ok();
    let edited = change(&admin, &name, json!({ "note": "c" })).status(417);
    assert_eq!(edited.exc_type(), "ValidationError");
    assert_eq!(site.value(VOUCHER, &name, "title"), "a");
    assert_eq!(admin.remove(VOUCHER, &name).status, 202);
}

#[test]
fn submitting_and_cancelling_are_rights_of_their_own() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let name = made(&site, json!({ "title": "a" }));

    change(&ada, &name, json!({ "note": "b" })).ok();
    assert_eq!(change(&ada, &name, json!({ "docstatus": 1 })).status, 403);
    assert_eq!(
        ada.insert(VOUCHER, json!({ "title": "a", "docstatus": 1 }))
            .status,
        403
    );
    let doc = site.admin().read(VOUCHER, &name).ok().data().clone();
    let by_method = ada.call("frappe.client.submit", json!({ "doc": doc }));
    assert_eq!(by_method.status, 403);
    site.admin()
        .call("frappe.client.submit", json!({ "doc": doc }))
        .ok();
    assert_eq!(site.value(VOUCHER, &name, "docstatus"), 1);
    let cancel = json!({ "doctype": VOUCHER, "name": name });
    assert_eq!(ada.call("frappe.client.cancel", cancel.clone()).status, 403);
    site.admin().call("frappe.client.cancel", cancel).ok();
    assert_eq!(site.value(VOUCHER, &name, "docstatus"), 2);
}

#[test]
fn what_submitted_documents_lead_to_is_not_cancelled() {
    let site = TestSite::start();
    let admin = site.admin();
    let first = made(&site, json!({ "title": "a", "docstatus": 1 }));
    let second = made(&site, json!({ "title": "b", "follows": first }));

    change(&admin, &second, json!({ "docstatus": 1 })).ok();
    let refused = change(&admin, &first, json!({ "docstatus": 2 })).status(417);
    assert_eq!(refused.exc_type(), "LinkExistsError");
    assert_eq!(site.value(VOUCHER, &first, "docstatus"), 1);
    change(&admin, &second, json!({ "docstatus": 2 })).ok();
    change(&admin, &first, json!({ "docstatus": 2 })).ok();
    let late = admin
        .insert(VOUCHER, json!({ "title": "c", "follows": first }))
        .status(417);
    assert_eq!(late.exc_type(), "CancelledLinkError");
}
