//! Pictures in texts and files in fields become files of their document.

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

/// One red dot.
const GIF: &str = "R0lGODdhAQABAPAAAP8AAAAAACwAAAAAAQABAAACAkQBADs=";

fn dot() -> String {
    format!("<img src=\"data:image/gif;filename=dot.gif;base64,{GIF}\">")
}

/// The files of a document: name, whether private, field.
fn files(user: &TestUser, doctype: &str, name: &str) -> Vec<(String, i64, Value)> {
    let rows = user.list(
        "File",
        json!({
            "fields": ["file_name", "is_private", "attached_to_field"],
            "filters": { "attached_to_doctype": doctype, "attached_to_name": name },
            "order_by": "creation asc, file_name asc",
        }),
    );
    let rows = rows.ok().data().as_array().unwrap().clone();
    rows.into_iter()
        .map(|row| {
            let name = row["file_name"].as_str().unwrap().to_owned();
            (
                name,
                row["is_private"].as_i64().unwrap(),
                row["attached_to_field"].clone(),
            )
        })
        .collect()
}

/// The only address of a picture in a text.
fn source(text: &Value) -> String {
    let text = text.as_str().unwrap();
    let (_, rest) = text.split_once("src=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[test]
fn a_picture_in_a_text_becomes_a_file_of_its_document() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let dina = site.customer("dina@globex.example");
    let text = format!("<p>It is red: {} and {}</p>", dot(), dot());

    let reply = carl
        .insert("HD Ticket", json!({ "subject": "A dot", "description": text }))
        .ok();

    let ticket = reply.data()["name"].as_str().unwrap();
    let description = site.value("HD Ticket", ticket, "description");
    let url = source(&description);
    assert_eq!(url, "/private/files/dot.gif");
    assert!(!description.as_str().unwrap().contains("data:"), "{description}");
    assert_eq!(description.as_str().unwrap().matches(&url).count(), 2);
    assert_eq!(
        files(&site.admin(), "HD Ticket", ticket),
        [("dot.gif".to_owned(), 1, Value::Null)]
    );
    for reader in [&ada, &carl] {
        let picture = reader.get(&url).ok();
        assert_eq!(picture.header("content-type"), Some("image/gif"));
        assert_eq!(picture.bytes.len(), 35);
    }
    for stranger in [&dina, &site.guest()] {
        assert_eq!(stranger.get(&url).status, 403, "{}", stranger.id());
    }
    site.admin().remove("HD Ticket", ticket).status(202);
    assert_eq!(
        site.admin().get(&url).status,
        403,
        "as if it had never been there"
    );
}

#[test]
fn a_text_keeps_what_is_no_picture() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let before = site.count("File");
    let texts = [
        format!("<p>src=\"data:image/gif;base64,{GIF}\"</p>"),
        format!("<p title=\"<img src='data:image/gif;base64,{GIF}'>\">x</p>"),
        format!("<img src=\"data:image/png;base64,{GIF}\">"),
        "<img src=\"data:image/gif;base64,R0lGODdh!\">".to_owned(),
        format!("<img src=\"data:image/svg+xml;base64,{GIF}\">"),
        format!("<a href=\"data:image/gif;base64,{GIF}\">x</a>"),
        format!("<video src=\"data:video/mp4;base64,{GIF}\"></video>"),
    ];
    for text in texts {
        let ticket = json!({ "subject": "x", "description": text });
        ada.insert("HD Ticket", ticket).ok();
        assert_eq!(site.count("File"), before, "{text}");
    }
}

#[test]
fn pictures_obey_the_limits_of_files() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let (files, tickets) = (site.count("File"), site.count("HD Ticket"));
    let insert = |text: &str| ada.insert("HD Ticket", json!({ "subject": "x", "description": text }));

    site.set(
        "System Settings",
        json!({ "allowed_file_extensions": "PNG\nPDF" }),
    );
    let refused = insert(&dot()).status(417);
    assert_eq!(refused.exc_type(), "FileTypeNotAllowed");
    site.set(
        "System Settings",
        json!({ "allowed_file_extensions": "", "max_file_size": 1 }),
    );
    let large = format!("R0lGODdh{}", "AAAA".repeat(350_000));
    let refused = insert(&format!("<img src=\"data:image/gif;base64,{large}\">")).status(417);
    assert_eq!(refused.exc_type(), "MaxFileSizeReachedError");

    assert_eq!((site.count("File"), site.count("HD Ticket")), (files, tickets));
    let left = std::fs::read_dir(site.folder().join("private/incoming"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
}

#[test]
fn pictures_in_comments_are_for_those_who_see_the_comment() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let ticket = site.ticket().raised_by(carl.id()).create();
    let comment = |content: String| {
        let args = json!({
            "reference_doctype": "HD Ticket", "reference_name": ticket.name, "content": content,
            "comment_email": ada.id(), "comment_by": "Ada",
        });
        ada.call("frappe.desk.form.utils.add_comment", args).ok()
    };

    let reply = comment(format!("<p>Look: {}</p>", dot()));

    let url = source(&reply.message()["content"]);
    assert_eq!(ada.get(&url).status, 200);
    assert_eq!(site.agent("bob@desk.example").get(&url).status, 200);
    assert_eq!(carl.get(&url).status, 403, "what the desk writes among itself");
    let name = reply.message()["name"].as_str().unwrap();
    let publish = json!({ "name": name, "publish": true });
    ada.call("frappe.desk.form.utils.update_comment_publicity", publish)
        .ok();
    assert_eq!(carl.get(&url).status, 200);
}

#[test]
fn pictures_of_articles_are_for_all_who_read_them() {
    let site = TestSite::start();

    let article = site
        .article()
        .set("content", format!("<p>{}</p>", dot()))
        .published()
        .create();

    let url = source(&site.value("HD Article", &article, "content"));
    assert_eq!(url, "/files/dot.gif");
    assert_eq!(site.guest().get(&url).status, 200);
}

#[test]
fn a_file_in_a_field_is_attached_to_its_document() {
    let site = TestSite::start();
    let (ada, bob) = (
        site.agent_manager("ada@desk.example"),
        site.agent_manager("bob@desk.example"),
    );
    let customer = site.organisation("Acme").create();
    let upload = |name: &str, content: &[u8]| {
        let reply = ada.upload(name, content, &json!({ "is_private": 1 })).ok();
        reply.message()["file_url"].as_str().unwrap().to_owned()
    };
    let logo = upload("logo.png", b"a picture");
    assert_eq!(bob.get(&logo).status, 403);

    ada.update("HD Customer", &customer, json!({ "image": logo }))
        .ok();

    let attached = [("logo.png".to_owned(), 1, json!("image"))];
    assert_eq!(files(&site.admin(), "HD Customer", &customer), attached);
    assert_eq!(bob.get(&logo).status, 200, "who reads the customer sees its logo");
    let rows = site.count("File");
    ada.update("HD Customer", &customer, json!({ "domain": "acme.example" }))
        .ok();
    assert_eq!(site.count("File"), rows, "once");
    // Another document gets a row of its own.
    let other = site.organisation("Globex").create();
    ada.update("HD Customer", &other, json!({ "image": logo })).ok();
    assert_eq!(files(&site.admin(), "HD Customer", &other), attached);
    assert_eq!(files(&site.admin(), "HD Customer", &customer), attached);
}

#[test]
fn a_field_opens_nobody_else_s_file() {
    let site = TestSite::start();
    let (ada, bob) = (
        site.agent_manager("ada@desk.example"),
        site.agent_manager("bob@desk.example"),
    );
    let customer = site.organisation("Acme").create();
    let secret = ada
        .upload("secret.png", b"ada's own", &json!({ "is_private": 1 }))
        .ok();
    let url = secret.message()["file_url"].as_str().unwrap();

    bob.update("HD Customer", &customer, json!({ "image": url })).ok();

    assert_eq!(bob.get(url).status, 403);
    assert_eq!(files(&site.admin(), "HD Customer", &customer), []);
}

#[test]
fn a_document_has_as_many_files_as_its_doctype_allows() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    site.insert(
        "Property Setter",
        json!({
            "doctype_or_field": "DocType", "doc_type": "HD Ticket", "property": "max_attachments", "value": "2",
        }),
    );
    let attach = |name: &str| {
        let fields = json!({ "doctype": "HD Ticket", "docname": ticket });
        ada.upload(name, name.as_bytes(), &fields)
    };
    attach("one.txt").ok();
    attach("two.txt").ok();
    let before = site.count("File");

    let refused = attach("three.txt").status(417);

    assert_eq!(refused.exc_type(), "AttachmentLimitReached");
    assert!(
        refused.messages()[0].contains("<strong>2</strong>"),
        "{refused:?}"
    );
    assert_eq!(site.count("File"), before);
    // Neither by moving a file there, nor by a picture in a text.
    let loose = ada.upload("loose.txt", b"loose", &json!({})).ok();
    let to = json!({ "attached_to_doctype": "HD Ticket", "attached_to_name": ticket });
    let name = loose.message()["name"].as_str().unwrap();
    assert_eq!(
        ada.update("File", name, to).status(417).exc_type(),
        "AttachmentLimitReached"
    );
    let picture = json!({ "description": dot() });
    let refused = ada.update("HD Ticket", &ticket, picture).status(417);
    assert_eq!(refused.exc_type(), "AttachmentLimitReached");
    assert_eq!(site.count("File"), before + 1);
}
