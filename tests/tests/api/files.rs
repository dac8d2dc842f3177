//! Files: uploading, fetching, moving, deleting.

use std::fs;
use std::path::PathBuf;

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn attached(user: &TestUser, ticket: &str, file_name: &str, content: &[u8], is_private: bool) -> Reply {
    let fields = json!({ "doctype": "HD Ticket", "docname": ticket, "is_private": u8::from(is_private) });
    user.upload(file_name, content, &fields)
}

fn url(reply: &Reply) -> String {
    reply.message()["file_url"].as_str().unwrap().to_owned()
}

fn stored(site: &TestSite, is_private: bool) -> Vec<String> {
    let folder = folder(site, is_private);
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|entries| {
            let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
            entries.map(|entry| name(entry.unwrap())).collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}

fn folder(site: &TestSite, is_private: bool) -> PathBuf {
    site.folder().join(if is_private {
        "private/files"
    } else {
        "public/files"
    })
}

fn incoming(site: &TestSite) -> usize {
    fs::read_dir(site.folder().join("private/incoming"))
        .unwrap()
        .count()
}

#[test]
fn a_private_file_is_for_those_who_may_read_its_document() {
    let site = TestSite::start();
    let (ada, carl, dina) = (
        site.agent("ada@desk.example"),
        site.customer("carl@acme.example"),
        site.customer("dina@globex.example"),
    );
    let ticket = site.ticket().raised_by(carl.id()).create();

    let reply = attached(&ada, &ticket.name, "up.txt", b"uploaded content", true).ok();

    let file = reply.message();
    assert_eq!(file["file_name"], "up.txt");
    assert_eq!((&file["file_size"], &file["is_private"]), (&json!(16), &json!(1)));
    assert_eq!(file["content_hash"], "8a4e0407dcda7872d44dada38887b8ae");
    assert_eq!(
        (&file["file_type"], &file["folder"]),
        (&json!("TXT"), &json!("Home"))
    );
    assert_eq!(url(&reply), "/private/files/up.txt");
    for reader in [&ada, &carl, &site.admin()] {
        let reply = reader.get("/private/files/up.txt").ok();
        assert_eq!(reply.text, "uploaded content");
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(
            reply.header("content-disposition"),
            Some("inline; filename=up.txt")
        );
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    for other in [&dina, &site.guest()] {
        let reply = other.get("/private/files/up.txt").status(403);
        assert!(!reply.text.contains("uploaded"), "{}", reply.text);
        other
            .call_get("download_file", json!({ "file_url": "/private/files/up.txt" }))
            .status(403);
        other.get("/private/files/none.txt").status(403);
    }
    let saved = carl
        .call_get("download_file", json!({ "file_url": "/private/files/up.txt" }))
        .ok();
    assert_eq!(
        saved.header("content-disposition"),
        Some("attachment; filename=up.txt")
    );
    assert_eq!(incoming(&site), 0);
}

#[test]
fn a_row_named_by_fid_decides_alone() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let (theirs, other) = (
        site.ticket().raised_by(carl.id()).create(),
        site.ticket().raised_by("dina@globex.example").create(),
    );
    let visible = attached(&ada, &theirs.name, "same.txt", b"x", true).ok();
    let hidden = attached(&ada, &other.name, "same.txt", b"x", true).ok();
    assert_eq!(url(&visible), url(&hidden), "equal contents are stored once");
    assert_eq!(stored(&site, true), ["same.txt"]);

    let fetch = |fid: &Value| carl.get(&format!("{}?fid={}", url(&visible), fid.as_str().unwrap()));

    fetch(&visible.message()["name"]).ok();
    fetch(&hidden.message()["name"]).status(403);
    carl.get(&url(&visible)).ok();
}

#[test]
fn other_contents_of_the_same_name_get_a_name_of_their_own() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let upload = |content: &[u8]| ada.upload("a.txt", content, &json!({})).ok();

    let (first, second, again) = (upload(b"one"), upload(b"two"), upload(b"one"));

    assert_eq!(url(&first), "/files/a.txt");
    let digest = second.message()["content_hash"].as_str().unwrap().to_owned();
    assert_eq!(url(&second), format!("/files/a{}.txt", &digest[26..]));
    assert_eq!(url(&again), url(&first));
    assert_eq!(stored(&site, false).len(), 2);
    assert_eq!(site.guest().get(&url(&second)).ok().text, "two");
}

#[test]
fn a_content_goes_with_its_last_row() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create();
    let first = attached(&ada, &ticket.name, "a.txt", b"one", true).ok();
    let second = attached(&ada, &ticket.name, "b.txt", b"one", true).ok();
    let name = |reply: &Reply| reply.message()["name"].as_str().unwrap().to_owned();
    let entries = |kind: &str| {
        let filters = json!({ "reference_name": ticket.name, "comment_type": kind });
        let args = json!({ "filters": filters, "fields": ["content"] });
        site.admin()
            .list("Comment", args)
            .ok()
            .data()
            .as_array()
            .unwrap()
            .clone()
    };
    assert_eq!(entries("Attachment").len(), 2);

    ada.call(
        "frappe.desk.form.utils.remove_attach",
        json!({ "fid": name(&first) }),
    )
    .ok();
    assert_eq!(stored(&site, true), ["a.txt"]);
    ada.remove("File", &name(&second)).status(202);

    assert_eq!(stored(&site, true), [""; 0]);
    assert_eq!(entries("Attachment Removed").len(), 2);
    ada.get("/private/files/a.txt").status(403);
}

#[test]
fn a_deleted_document_takes_its_files_and_traces_along() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let todo = site.insert("ToDo", json!({ "description": "x" }));
    let fields = json!({ "doctype": "ToDo", "docname": todo });
    site.admin().upload("a.txt", b"one", &fields).ok();
    let share = json!({ "doctype": "ToDo", "name": todo, "user": ada.id() });
    site.admin().call("frappe.share.add", share).ok();
    assert_eq!(stored(&site, false), ["a.txt"]);

    site.admin().remove("ToDo", &todo).status(202);

    assert_eq!(stored(&site, false), [""; 0]);
    for (doctype, named) in [
        ("File", "attached_to_name"),
        ("DocShare", "share_name"),
        ("Comment", "reference_name"),
    ] {
        let left = site
            .admin()
            .list(doctype, json!({ "filters": { named: todo } }))
            .ok();
        assert_eq!(left.data(), &json!([]), "{doctype}");
    }
}

#[test]
fn a_request_that_fails_leaves_no_file() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create();
    let args = json!({ "filename": "a.txt", "filedata": "one", "doctype": "HD Ticket", "docname": ticket.name,
        "docfield": "agent_group", "is_private": 1 });

    // The content is stored before the address turns out to be no team.
    let refused = ada.call("frappe.client.attach_file", args).status(417);

    assert_eq!(refused.exc_type(), "LinkValidationError");
    assert_eq!(stored(&site, true), [""; 0]);
    assert_eq!(incoming(&site), 0);
    let left = json!({ "filters": { "attached_to_name": ticket.name } });
    assert_eq!(site.admin().list("File", left).ok().data(), &json!([]));
}

#[test]
fn texts_are_attached_by_method_call() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create();
    let attach = |more: Value| {
        let mut args = json!({ "filename": "hello.txt", "doctype": "HD Ticket", "docname": ticket.name });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        ada.call("frappe.client.attach_file", args)
    };

    let reply =
        attach(json!({ "filedata": "aGVsbG8gcmVmZXJlbmNl", "decode_base64": 1, "is_private": 1 })).ok();
    assert_eq!(reply.message()["folder"], "Home/Attachments");
    assert_eq!(
        reply.message()["content_hash"],
        "146d5a4eee32e85109a268741a7536a5"
    );
    assert_eq!(ada.get("/private/files/hello.txt").ok().text, "hello reference");

    let refused = attach(json!({ "filedata": "%%%", "decode_base64": 1 })).status(417);
    assert!(
        refused.messages()[0].contains("filedata"),
        "{:?}",
        refused.messages()
    );
    attach(json!({ "filedata": "x", "docname": "77777" })).status(404);
    let outsider = site.customer("dina@globex.example");
    let args =
        json!({ "filename": "x.txt", "filedata": "x", "doctype": "HD Ticket", "docname": ticket.name });
    outsider.call("frappe.client.attach_file", args).status(403);
}

#[test]
fn parts_and_unchanged_files_are_answered_as_http_says() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let content: Vec<u8> = (0..200_000_u32).map(|i| b'a' + (i % 26) as u8).collect();
    ada.upload("big.txt", &content, &json!({})).ok();
    let get = |header: &str, value: &str| {
        site.guest()
            .request("GET", "/files/big.txt")
            .header(header, value)
            .send()
    };

    let whole = site.guest().get("/files/big.txt").ok();
    assert_eq!(whole.text.as_bytes(), content);
    assert_eq!(whole.header("accept-ranges"), Some("bytes"));
    let tag = whole.header("etag").unwrap().to_owned();

    let part = get("range", "bytes=100000-100004").status(206);
    assert_eq!(part.text.as_bytes(), &content[100_000..100_005]);
    assert_eq!(part.header("content-range"), Some("bytes 100000-100004/200000"));
    assert_eq!(
        get("range", "bytes=-5").status(206).text.as_bytes(),
        &content[199_995..]
    );
    get("range", "bytes=200000-").status(416);
    assert_eq!(get("range", "lines=1-2").status(200).text.len(), 200_000);
    assert_eq!(get("if-none-match", &tag).status(304).text, "");
    let head = site.guest().request("HEAD", "/files/big.txt").send();
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("200000"))
    );
}

#[test]
fn what_a_browser_would_run_is_saved() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for name in ["x.html", "x.HTM", "x.svg", "x.xml", "x.xhtml", "x.js"] {
        let reply = ada.upload(name, b"<script>alert(1)</script>", &json!({})).ok();
        let fetched = site.guest().get(&url(&reply)).ok();
        let disposition = fetched.header("content-disposition").unwrap();
        assert!(disposition.starts_with("attachment;"), "{name}: {disposition}");
        assert!(
            fetched
                .header("content-security-policy")
                .unwrap()
                .contains("sandbox")
        );
        assert_eq!(fetched.header("x-content-type-options"), Some("nosniff"));
    }
}

#[test]
fn names_cannot_leave_their_folder_or_header() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for (i, name) in [
        "../../site.toml",
        "..",
        "a/../../b.txt",
        "c\\..\\d.txt",
        ".hidden",
        "e%2f..%2ff.txt",
        "g\u{202e}txt.exe",
    ]
    .iter()
    .enumerate()
    {
        let reply = ada
            .upload(name, format!("content {i}").as_bytes(), &json!({}))
            .ok();
        let url = url(&reply);
        let stored = url.strip_prefix("/files/").unwrap();
        assert!(
            !stored.contains(['/', '\\', '%', '\u{202e}']) && !stored.starts_with('.'),
            "{name}: {url}"
        );
        assert_eq!(site.guest().get(&url).ok().text, format!("content {i}"));
    }
    assert!(stored(&site, false).len() == 7, "{:?}", stored(&site, false));
}

#[test]
fn paths_cannot_leave_the_folder() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    ada.upload("a.txt", b"x", &json!({ "is_private": 1 })).ok();
    fs::write(site.folder().join("secret.txt"), "secret").unwrap();
    for path in [
        "/files/../../secret.txt",
        "/files/%2e%2e/%2e%2e/secret.txt",
        "/files/..%2f..%2fsecret.txt",
        "/files/%252e%252e/secret.txt",
        "/files/..%5c..%5csecret.txt",
        "/files//secret.txt",
        "/files/./secret.txt",
        "/files/../private/files/a.txt",
        "/files/%2e%2e/%2e%2e/private/files/a.txt",
        "/files/%00",
        "/files/a.txt%00.png",
        "/files/",
        "/files",
        "/FILES/a.txt",
        "/files/%ff%fe",
        "/files/CON",
        "/private/files/../../secret.txt",
        "/private/files/%2e%2e/%2e%2e/secret.txt",
        "/private/incoming/",
        "/private/files/",
        "/public/files/a.txt",
        "/site.toml",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let reply = site.raw(request.as_bytes()).unwrap();
        assert!(matches!(reply.status, 403 | 404), "{path}: {}", reply.status);
        assert!(!reply.text.contains("secret"), "{path}");
    }
}

#[test]
fn the_site_limits_sizes_and_types() {
    let site = TestSite::builder()
        .config(|config| config.max_file_size = 2 * 1024 * 1024)
        .start();
    let ada = site.agent("ada@desk.example");
    let of = |size: usize| ada.upload("a.bin", &vec![0; size], &json!({}));

    of(2 * 1024 * 1024).ok();
    let refused = of(2 * 1024 * 1024 + 1).status(417);
    assert_eq!(refused.exc_type(), "MaxFileSizeReachedError");
    of(4 * 1024 * 1024).status(413);
    assert_eq!(incoming(&site), 0);
    assert_eq!(
        ada.call("frappe.core.api.file.get_max_file_size", json!({}))
            .ok()
            .message(),
        2 * 1024 * 1024
    );

    site.set(
        "System Settings",
        json!({ "max_file_size": 1, "allowed_file_extensions": "txt\nPDF" }),
    );
    let refused = of(10).status(417);
    assert_eq!(refused.exc_type(), "FileTypeNotAllowed");
    ada.upload("a.txt", b"x", &json!({})).ok();
    let refused = ada
        .upload("a.txt", &vec![0; 1024 * 1024 + 1], &json!({}))
        .status(417);
    assert_eq!(refused.exc_type(), "MaxFileSizeReachedError");
    let refused = ada.upload("a.pdf", b"%PDF-1.7 /OpenAction /JavaScript (x)", &json!({}));
    refused.status(417);
    ada.upload("b.pdf", b"%PDF-1.7 /Page", &json!({})).ok();
}

#[test]
fn portal_users_and_guests_upload_what_they_may() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    let own = site.ticket().raised_by(carl.id()).create();
    let other = site.ticket().raised_by("dina@globex.example").create();

    attached(&carl, &own.name, "a.png", b"png", true).ok();
    let refused = attached(&carl, &own.name, "a.exe", b"MZ", true).status(417);
    assert!(refused.messages()[0].starts_with("You can only upload"));
    attached(&carl, &other.name, "a.png", b"png", true).status(403);
    attached(&carl, "77777", "a.png", b"png", true).status(404);
    attached(&carl, "new-hd-ticket-1", "b.png", b"b", true).ok();
    site.guest().upload("a.txt", b"x", &json!({})).status(403);
    assert_eq!(stored(&site, false), [""; 0]);

    site.set("System Settings", json!({ "allow_guests_to_upload_files": 1 }));
    site.guest().upload("a.txt", b"x", &json!({})).ok();
    site.guest().upload("a.exe", b"x", &json!({})).status(417);
}

#[test]
fn without_a_file_there_is_no_file() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let form = ada
        .request("POST", "/api/method/upload_file")
        .form(&json!({ "is_private": 1 }))
        .send();

    assert_eq!(form.status(417).exc_type(), "MandatoryError");
    let refused = ada.upload("  ", b"x", &json!({})).status(417);
    assert_eq!(refused.exc_type(), "MandatoryError");
    ada.upload("a.txt", b"x", &json!({ "folder": "Nowhere" }))
        .status(417);
    ada.call_get("upload_file", json!({})).status(403);
}

#[test]
fn an_address_may_be_of_what_the_caller_may_fetch() {
    let site = TestSite::start();
    let (ada, carl, dina) = (
        site.agent("ada@desk.example"),
        site.customer("carl@acme.example"),
        site.customer("dina@globex.example"),
    );
    let ticket = site.ticket().raised_by(carl.id()).create();
    attached(&ada, &ticket.name, "a.txt", b"one", true).ok();
    let by = |user: &TestUser, url: &str| {
        user.insert(
            "File",
            json!({ "file_url": url, "content_hash": "faked", "is_private": 0 }),
        )
    };

    let own = by(&carl, "/private/files/a.txt").ok();
    assert_eq!(own.data()["is_private"], 1);
    assert_eq!(own.data()["content_hash"], "f97c5d29941bfb1b2fdab0874906ab82");
    // A row of one's own would open the file: to those who may not see it, it isn't there.
    let (hidden, missing) = (
        by(&dina, "/private/files/a.txt").status(417),
        by(&dina, "/private/files/b.txt").status(417),
    );
    assert_eq!(
        hidden.messages()[0].replace("a.txt", "b.txt"),
        missing.messages()[0]
    );
    dina.get("/private/files/a.txt").status(403);
    by(&ada, "https://elsewhere.example/a.png").ok();
    for bad in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "/etc/passwd",
        "/files/../site.toml",
        "//x/y",
        "https://x\r\ny",
    ] {
        by(&ada, bad).status(417);
    }
}

#[test]
fn a_file_cannot_be_pointed_elsewhere() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let ticket = site.ticket().raised_by("dina@globex.example").create();
    attached(&ada, &ticket.name, "secret.txt", b"secret", true).ok();
    let own = carl.upload("own.txt", b"own", &json!({ "is_private": 1 })).ok();
    let name = own.message()["name"].as_str().unwrap().to_owned();

    let changed = carl
        .update(
            "File",
            &name,
            json!({ "file_url": "/private/files/secret.txt", "content_hash": "x", "file_size": 1 }),
        )
        .ok();

    assert_eq!(changed.data()["file_url"], "/private/files/own.txt");
    assert_eq!(changed.data()["file_size"], 3);
    carl.get("/private/files/secret.txt").status(403);
    let attach = json!({ "attached_to_doctype": "HD Ticket", "attached_to_name": ticket.name });
    carl.update("File", &name, attach).status(403);
}

#[test]
fn a_file_moves_between_public_and_private() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let file = ada.upload("a.txt", b"one", &json!({})).ok();
    let name = file.message()["name"].as_str().unwrap().to_owned();

    let moved = ada.update("File", &name, json!({ "is_private": 1 })).ok();

    assert_eq!(moved.data()["file_url"], "/private/files/a.txt");
    assert_eq!((stored(&site, false).len(), stored(&site, true).len()), (0, 1));
    site.guest().get("/files/a.txt").status(404);
    site.guest().get("/private/files/a.txt").status(403);
    assert_eq!(ada.get("/private/files/a.txt").ok().text, "one");
}

#[test]
fn a_method_may_take_the_file_instead() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let reply = ada
        .upload("a.txt", b"four", &json!({ "method": "probe.files.measure" }))
        .ok();

    assert_eq!(reply.message(), &json!(["a.txt", 4]));
    assert_eq!(stored(&site, false), [""; 0]);
    ada.upload("a.txt", b"four", &json!({ "method": "os.system" }))
        .status(404);
    ada.upload("a.txt", b"four", &json!({ "method": "upload_file" }))
        .status(404);
}

mod measuring {
    use helpdesk_core::prelude::*;

    /// Name and size of the uploaded file.
    #[whitelist(path = "probe.files.measure")]
    fn measure(cx: &mut Cx) -> Result<(String, u64)> {
        let upload = cx.request().uploads.first().ok_or_else(|| invalid("No file"))?;
        Ok((upload.file_name.clone(), upload.content.size()))
    }
}
