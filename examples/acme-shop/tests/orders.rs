//! The shop's method answers, with no line written anywhere but the function itself.

use acme_shop::orders;
use helpdesk_core::jobs;
use helpdesk_tests::TestSite;
use serde_json::json;

fn site() -> TestSite {
    TestSite::builder().app(acme_shop::link).start()
}

#[test]
fn an_agent_orders_and_asks_for_the_summary() {
    let site = site();
    let ada = site.agent("ada@desk.example");

    for pieces in [1, 3] {
        let order =
            json!({ "title": "Rocket", "customer": "carl@acme.example", "pieces": pieces, "price": 2.5 });
        let made = ada.insert("Shop Order", order);
        assert_eq!(made.ok().data()["total"], 2.5 * f64::from(pieces));
    }
    let summary = ada.call(
        orders::summary::PATH,
        json!({ "customer": "carl@acme.example", "at_least": "5" }),
    );

    assert_eq!(*summary.ok().message(), json!({ "orders": 1, "total": 7.5 }));
    assert_eq!(orders::summary::PATH, "acme.shop.orders.summary");
}

#[test]
fn a_customer_may_not_ask() {
    let site = site();
    let carl = site.customer("carl@acme.example");

    let refused = carl.call(orders::summary::PATH, json!({ "customer": "carl@acme.example" }));

    assert_eq!(refused.status, 403);
}

#[test]
fn bad_arguments_and_bad_orders_are_refused() {
    let site = site();
    let ada = site.agent("ada@desk.example");

    let missing = ada.call(orders::summary::PATH, json!({}));
    let empty = ada.insert(
        "Shop Order",
        json!({ "title": "Rocket", "customer": "carl@acme.example", "pieces": -1 }),
    );
    let address = ada.insert("Shop Order", json!({ "title": "Rocket", "customer": "carl" }));

    assert_eq!((missing.status, missing.exc_type()), (417, "FrappeTypeError"));
    assert_eq!((empty.status, empty.exc_type()), (417, "ValidationError"));
    assert_eq!(
        (address.status, address.exc_type()),
        (417, "InvalidEmailAddressError")
    );
}

#[test]
fn a_customer_is_thanked_once_the_order_is_in() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    let order = json!({ "title": "Rocket", "customer": "carl@acme.example", "pieces": 1 });
    ada.insert("Shop Order", order).ok();
    let before = site.count("Email Queue");

    assert_eq!(jobs::run_waiting(site.site()).unwrap(), [jobs::Ran::Done]);
    assert_eq!(site.count("Email Queue"), before + 1);
}

#[test]
fn orders_are_found_by_their_words() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    for title in ["Red rocket", "Blue pump"] {
        let order = json!({ "title": title, "customer": "carl@acme.example" });
        ada.insert("Shop Order", order).ok();
    }
    let found = |words: &str| {
        ada.call(orders::find::PATH, json!({ "words": words }))
            .ok()
            .message()
            .clone()
    };

    assert_eq!(found("rock"), json!(["SO-00001"]));
    assert_eq!(found("blue PUMP"), json!(["SO-00002"]));
    assert_eq!(found("blue rocket \" *"), json!([]));
    let carl = site.customer("carl@acme.example");
    assert_eq!(
        carl.call(orders::find::PATH, json!({ "words": "rocket" })).status,
        403
    );
}
