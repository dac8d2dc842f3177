//! Categories of the knowledge base, votes and counts of articles.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn call(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("helpdesk.api.knowledge_base.{method}"), args)
}

fn category(user: &TestUser, title: &str) -> (String, String) {
    let reply = call(user, "create_category", json!({ "title": title })).ok();
    let text = |key: &str| reply.message()[key].as_str().unwrap().to_owned();
    (text("category"), text("article"))
}

fn article(site: &TestSite, category: &str, title: &str) -> String {
    site.article()
        .title(title)
        .published()
        .set("category", category)
        .create()
}

#[test]
fn a_category_begins_with_a_draft() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let (category, article) = category(&ada, "Billing");

    assert_eq!(site.value("HD Article", &article, "status"), "Draft");
    assert_eq!(site.value("HD Article", &article, "category"), category.as_str());
    assert_eq!(site.value("HD Article", &article, "author"), ada.id());
    let title = call(&ada, "get_category_title", json!({ "category": category })).ok();
    assert_eq!(title.message(), "Billing");
    let none = call(&ada, "get_category_title", json!({ "category": "none" })).ok();
    assert_eq!(none.json.get("message"), None);
    let carl = site.customer("carl@acme.example");
    call(&carl, "create_category", json!({ "title": "Mine" })).status(403);
    call(&site.guest(), "create_category", json!({ "title": "Mine" })).status(403);
}

#[test]
fn general_is_one_category_in_every_spelling() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let general = call(&ada, "get_general_category", json!({})).ok();
    let general = general.message().as_str().unwrap().to_owned();

    for title in ["general", "General", "GENERAL", "gEnErAl", "  general  "] {
        call(&ada, "create_category", json!({ "title": title })).status(417);
        ada.insert("HD Article Category", json!({ "category_name": title }))
            .status(417);
    }
    let (other, _) = category(&ada, "Other");
    ada.update(
        "HD Article Category",
        &other,
        json!({ "category_name": "General" }),
    )
    .status(417);
    ada.update(
        "HD Article Category",
        &general,
        json!({ "category_name": "Special" }),
    )
    .status(417);
    ada.remove("HD Article Category", &general).status(417);
    call(
        &ada,
        "merge_category",
        json!({ "source": general, "target": other }),
    )
    .status(417);
    assert_eq!(
        site.value("HD Article Category", &general, "category_name"),
        "General"
    );
}

#[test]
fn readers_see_published_articles_the_fullest_category_first() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let (small, _) = category(&ada, "Small");
    let (large, _) = category(&ada, "Large");
    let (_empty, _) = category(&ada, "Empty");
    article(&site, &small, "One");
    article(&site, &large, "Two");
    let three = article(&site, &large, "Three");
    site.change(
        "HD Article",
        &three,
        json!({ "content": format!("<p>Three.</p><p>{}</p>", "x".repeat(200)) }),
    );

    let found = call(&carl, "get_categories", json!({})).ok();
    let found: Vec<_> = found
        .message()
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["category_name"] != "General")
        .map(|row| (row["category_name"].clone(), row["article_count"].clone()))
        .collect();
    assert_eq!(found, [(json!("Large"), json!(2)), (json!("Small"), json!(1))]);
    call(&site.guest(), "get_categories", json!({})).status(403);

    let listed = call(&carl, "get_category_articles", json!({ "category": large })).ok();
    // The clock stands still, so that neither was changed last.
    let rows = listed.message().as_array().unwrap();
    let first = rows.iter().find(|row| row["title"] == "Three").unwrap();
    let content = first["content"].as_str().unwrap();
    assert!(
        content.starts_with("Three.xxx") && content.len() == 100,
        "{content}"
    );
    assert_eq!(listed.message().as_array().unwrap().len(), 2);
    let odd = json!({ "category": "x' OR 1=1 --" });
    assert_eq!(
        call(&carl, "get_category_articles", odd).ok().message(),
        &json!([])
    );
}

#[test]
fn a_category_keeps_its_last_article() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let (from, only) = category(&ada, "From");
    let (to, _) = category(&ada, "To");
    let second = article(&site, &from, "Second");
    let modified = site.value("HD Article", &second, "modified");
    let into = |articles: Value| {
        call(
            &ada,
            "move_to_category",
            json!({ "category": to, "articles": articles }),
        )
    };

    into(json!([second])).ok();
    assert_eq!(site.value("HD Article", &second, "category"), to.as_str());
    assert_eq!(site.value("HD Article", &second, "modified"), modified);

    let back = json!({ "category": from, "articles": [second, only] });
    call(&ada, "move_to_category", back).ok();
    let refused = into(json!([second, only])).status(417);
    assert_eq!(refused.messages().len(), 2);
    assert_eq!(
        site.value("HD Article", &second, "category"),
        from.as_str(),
        "none was moved"
    );
    into(json!(["none"])).status(404);
    let nowhere = json!({ "category": "none", "articles": [second] });
    call(&ada, "move_to_category", nowhere).status(404);
    call(
        &carl,
        "move_to_category",
        json!({ "category": to, "articles": [second] }),
    )
    .status(403);
}

#[test]
fn merging_moves_every_article() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let (source, draft) = category(&ada, "Source");
    let (target, _) = category(&ada, "Target");
    let merge = |user: &TestUser, source: &str, target: &str| {
        call(
            user,
            "merge_category",
            json!({ "source": source, "target": target }),
        )
    };

    merge(&carl, &source, &target).status(403);
    merge(&ada, &source, &source).status(417);
    merge(&ada, &source, "none").status(404);
    merge(&ada, "none", &target).status(404);
    assert_eq!(site.value("HD Article", &draft, "category"), source.as_str());
    merge(&ada, &source, &target).ok();

    assert_eq!(site.value("HD Article", &draft, "category"), target.as_str());
    ada.read("HD Article Category", &source).status(404);
}

#[test]
fn a_deleted_category_leaves_its_articles_to_general() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let general = call(&ada, "get_general_category", json!({})).ok();
    let (gone, draft) = category(&ada, "Gone");

    ada.remove("HD Article Category", &gone).status(202);

    assert_eq!(
        site.value("HD Article", &draft, "category"),
        general.message().clone()
    );
}

#[test]
fn articles_are_deleted_together_or_not_at_all() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let (category, draft) = category(&ada, "Billing");
    let (one, two) = (article(&site, &category, "One"), article(&site, &category, "Two"));
    let delete =
        |user: &TestUser, articles: Value| call(user, "delete_articles", json!({ "articles": articles }));

    delete(&carl, json!([one])).status(403);
    delete(&ada, json!([one, two, draft])).status(417);
    assert_eq!(site.value("HD Article", &one, "title"), "One", "none was deleted");
    delete(&ada, json!([one, "none", two])).ok();

    ada.read("HD Article", &one).status(404);
    ada.read("HD Article", &draft).ok();
}

#[test]
fn a_reader_has_one_vote() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let (category, _) = category(&ada, "Billing");
    let article = article(&site, &category, "One");
    let vote = |user: &TestUser, value: Value| {
        let args = json!({ "dt": "HD Article", "dn": article, "method": "set_feedback", "args": { "value": value } });
        user.call("run_doc_method", args)
    };
    let stats = || {
        let reply = carl
            .call(
                "helpdesk.api.article.get_article_stats",
                json!({ "article_name": article }),
            )
            .ok();
        (
            reply.message()["likes"].clone(),
            reply.message()["dislikes"].clone(),
        )
    };

    for (value, expected) in [(1, (1, 0)), (1, (1, 0)), (2, (0, 1)), (0, (0, 0)), (1, (1, 0))] {
        vote(&carl, value.into()).ok();
        assert_eq!(stats(), (json!(expected.0), json!(expected.1)), "after {value}");
    }
    assert_eq!(site.count("HD Article Feedback"), 1);
    let read = call(&carl, "get_article", json!({ "name": article })).ok();
    assert_eq!(read.message()["feedback"], 1);
    vote(&carl, 3.into()).status(417);
    vote(&carl, "x".into()).status(417);
    vote(&ada, 1.into()).status(403);
    let none = carl
        .call(
            "helpdesk.api.article.get_article_stats",
            json!({ "article_name": "none" }),
        )
        .ok();
    assert_eq!(
        none.message(),
        &json!({ "views": null, "likes": 0, "dislikes": 0 })
    );
}

#[test]
fn assignment_rules_are_listed_for_who_may_read_them() {
    let site = TestSite::start();
    let (maya, ada) = (
        site.agent_manager("maya@desk.example"),
        site.agent("ada@desk.example"),
    );
    let path = "helpdesk.api.assignment_rule.get_assignment_rules_list";

    let rules = maya.call(path, json!({})).ok();
    let listed = rules.message().as_array().unwrap();
    assert!(!listed.is_empty());
    assert!(
        listed
            .iter()
            .all(|rule| rule["users_exists"].is_boolean() && rule["name"].is_string())
    );
    ada.call(path, json!({})).status(403);
    site.guest().call(path, json!({})).status(403);
}
