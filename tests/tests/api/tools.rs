//! What clients at a command line ask beyond documents: DocTypes by link search, comments by a document's own method,
//! notes.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

fn values(list: &Value) -> Vec<&str> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| row["value"].as_str().unwrap()).collect()
}

#[test]
fn doctypes_are_found_by_name_and_by_what_their_records_say() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let search = |args: Value| {
        let mut all = json!({ "doctype": "DocType", "txt": "", "page_length": 1000 });
        all.as_object_mut()
            .unwrap()
            .extend(args.as_object().unwrap().clone());
        ada.call_get("frappe.desk.search.search_link", all)
    };

    let all = search(json!({})).ok();
    let all = values(all.message());
    assert!(
        all.contains(&"ToDo") && all.contains(&"HD Team Member"),
        "{all:?}"
    );
    assert_eq!(
        values(search(json!({ "txt": "hd tea" })).message()),
        ["HD Team", "HD Team Member"]
    );
    assert_eq!(
        values(search(json!({ "txt": "hd tea", "filters": { "istable": 0 } })).message()),
        ["HD Team"]
    );
    assert_eq!(
        values(search(json!({ "filters": [["DocType", "name", "in", ["ToDo", "Nothing"]]] })).message()),
        ["ToDo"]
    );
    assert_eq!(
        search(json!({ "page_length": 3 }))
            .message()
            .as_array()
            .unwrap()
            .len(),
        3
    );
    for filters in [
        json!({ "nothing": 1 }),
        json!({ "name": ["regex", "a"] }),
        json!({ "fields": "a" }),
    ] {
        search(json!({ "filters": filters })).status(417);
    }
    site.customer("carl@acme.example")
        .call_get(
            "frappe.desk.search.search_link",
            json!({ "doctype": "DocType", "txt": "" }),
        )
        .status(403);
}

#[test]
fn a_comment_by_a_documents_method_is_the_callers() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let path = format!("/api/v2/document/HD Ticket/{ticket}/method/add_comment");

    let comment = ada.post(
        &path,
        json!({ "text": "<b>hi</b><script>x</script>", "comment_email": "Administrator" }),
    );

    let comment = comment.ok().data().clone();
    assert_eq!(comment["comment_email"], "ada@desk.example");
    assert_eq!(comment["reference_name"], json!(ticket));
    assert!(
        !comment["content"].as_str().unwrap().contains("script"),
        "{comment}"
    );
    let count = site.count("Comment");
    for (args, status) in [
        (json!({ "text": " " }), 417),
        (json!({}), 417),
        (json!({ "text": "a", "comment_type": "Like" }), 417),
        (json!({ "text": "a", "owner": "Administrator" }), 417),
    ] {
        ada.post(&path, args).status(status);
    }
    let carl = site.customer("carl@acme.example");
    carl.post(&path, json!({ "text": "a" })).status(403);
    // As if it were a new document of the caller's own.
    let held = json!({ "doctype": "HD Ticket", "name": ticket, "__islocal": 1, "subject": "a" });
    let reply = carl.call(
        "run_doc_method",
        json!({ "docs": held, "method": "add_comment", "args": { "text": "a" } }),
    );
    assert!([403, 404].contains(&reply.status), "{reply:?}");
    ada.get(&format!("{path}?text=a")).status(403);
    assert_eq!(site.count("Comment"), count);
}

#[test]
fn notes_are_their_owners_unless_they_are_public() {
    let site = TestSite::start();
    let (ada, ben) = (site.agent("ada@desk.example"), site.agent("ben@desk.example"));
    let mine = ada
        .insert("Note", json!({ "title": "Mine", "content": "a" }))
        .ok()
        .data()["name"]
        .clone();
    let mine = mine.as_str().unwrap();
    // Whether a note is public is not for everybody to say.
    let hers = ada
        .insert("Note", json!({ "title": "Hers", "public": 1 }))
        .ok()
        .data()
        .clone();
    assert_eq!(hers["public"], 0);

    let unseen = ben.read("Note", mine);
    assert_eq!(unseen.status, 403, "{unseen:?}");
    assert_eq!(*ben.list("Note", json!({})).data(), json!([]));
    site.change("Note", mine, json!({ "public": 1 }));
    ben.read("Note", mine).ok();
    assert_eq!(ben.list("Note", json!({})).data().as_array().unwrap().len(), 1);
    ben.update("Note", mine, json!({ "title": "Ours" })).status(403);
}
