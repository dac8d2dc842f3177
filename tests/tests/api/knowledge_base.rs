//! `helpdesk.api.knowledge_base`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::json;

const GET_ARTICLE: &str = "helpdesk.api.knowledge_base.get_article";
const INCREMENT_VIEWS: &str = "helpdesk.api.knowledge_base.increment_views";

fn get(user: &TestUser, article: &str) -> Reply {
    user.call_get(GET_ARTICLE, json!({ "name": article }))
}

#[test]
fn everybody_reads_a_published_article() {
    let site = TestSite::start();
    let article = site.article().title("How to print").published().create();

    for user in [
        site.guest(),
        site.customer("carl@acme.example"),
        site.agent("ada@desk.example"),
    ] {
        let reply = get(&user, &article).ok();
        assert_eq!(reply.message()["title"], json!("How to print"), "{user:?}");
    }
}

#[test]
fn an_article_has_exactly_these_parts() {
    let site = TestSite::start();
    let article = site.article().published().create();

    let mut reply = get(&site.guest(), &article).ok();

    reply.json["message"]["name"] = json!("[name]");
    reply.json["message"]["category_id"] = json!("[category]");
    insta::assert_snapshot!(reply.pretty());
}

#[test]
fn only_agents_read_drafts() {
    let site = TestSite::start();
    let draft = site.article().create();

    assert_eq!(get(&site.agent("ada@desk.example"), &draft).status, 200);
    assert_eq!(get(&site.admin(), &draft).status, 200);
    for user in [site.guest(), site.customer("carl@acme.example")] {
        let reply = get(&user, &draft).status(403);
        assert_eq!(reply.exc_type(), "PermissionError");
        assert!(!reply.text.contains("green button"), "{reply:?}");
    }
}

#[test]
fn a_missing_article_is_404() {
    let site = TestSite::start();

    let reply = get(&site.guest(), "nothing").status(404);

    assert_eq!(reply.exc_type(), "DoesNotExistError");
}

#[test]
fn the_name_is_a_text_and_must_be_there() {
    let site = TestSite::start();

    assert_eq!(site.guest().call(GET_ARTICLE, json!({})).status, 417);
    assert_eq!(
        site.guest().call(GET_ARTICLE, json!({ "name": ["a"] })).status,
        417
    );
    assert_eq!(site.guest().call(GET_ARTICLE, json!({ "name": {} })).status, 417);
}

#[test]
fn a_view_is_counted_by_post_and_not_by_get() {
    let site = TestSite::start();
    let article = site.article().published().create();
    let carl = site.customer("carl@acme.example");

    carl.call(INCREMENT_VIEWS, json!({ "article": article })).ok();
    carl.call_get(INCREMENT_VIEWS, json!({ "article": article })).ok();

    assert_eq!(site.value("HD Article", &article, "views"), json!(1));
}

#[test]
fn views_of_nothing_are_404_and_guests_have_none() {
    let site = TestSite::start();
    let article = site.article().published().create();
    let ada = site.agent("ada@desk.example");

    let missing = ada.call(INCREMENT_VIEWS, json!({ "article": "nothing" }));
    let guest = site.guest().call(INCREMENT_VIEWS, json!({ "article": article }));

    assert_eq!((missing.status, missing.exc_type()), (404, "DoesNotExistError"));
    assert_eq!((guest.status, guest.exc_type()), (403, "PermissionError"));
    assert_eq!(site.value("HD Article", &article, "views"), json!(0));
}
