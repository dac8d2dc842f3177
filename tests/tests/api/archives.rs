//! The file manager: folders, searches, archives; and archives as an attacker makes them.

use std::io::{Cursor, Write};

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn call(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("frappe.core.api.file.{method}"), args)
}

/// An archive of files: names and contents.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Uploads an archive and has it taken apart.
fn unzip(user: &TestUser, archive: &[u8]) -> (String, Reply) {
    let kept = user.upload("all.zip", archive, &json!({ "is_private": 1 })).ok();
    let name = kept.message()["name"].as_str().unwrap().to_owned();
    let reply = call(user, "unzip_file", json!({ "name": name }));
    (name, reply)
}

/// What lies on disk, what is on its way in included, and the rows.
fn state(site: &TestSite) -> (Vec<String>, i64) {
    (site.files_on_disk(), site.count("File"))
}

/// Changes a number of two bytes at a place of all entries: in front of the contents, and in the table of contents.
fn patched(mut archive: Vec<u8>, local: usize, central: usize, change: impl Fn(u16) -> u16) -> Vec<u8> {
    for (mark, offset) in [(b"PK\x03\x04", local), (b"PK\x01\x02", central)] {
        let places: Vec<usize> = (0..archive.len() - 4)
            .filter(|at| &archive[*at..*at + 4] == mark)
            .collect();
        for at in places {
            let bytes = &mut archive[at + offset..at + offset + 2];
            let value = change(u16::from_le_bytes([bytes[0], bytes[1]]));
            bytes.copy_from_slice(&value.to_le_bytes());
        }
    }
    archive
}

#[test]
fn an_archive_s_files_take_its_place() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let archive = zipped(&[
        ("notes/one.txt", b"one"),
        ("two.txt", b"two"),
        ("other/two.txt", b"another two"),
        ("__MACOSX/two.txt", b"resource"),
        (".hidden", b"hidden"),
        ("inner.zip", &zipped(&[("deep.txt", b"deep")])),
    ]);
    let fields = json!({ "doctype": "HD Ticket", "docname": ticket, "is_private": 1 });
    let kept = ada.upload("all.zip", &archive, &fields).ok();
    let name = kept.message()["name"].as_str().unwrap();

    let reply = call(&ada, "unzip_file", json!({ "name": name })).ok();

    let files = reply.message().as_array().unwrap();
    assert_eq!(files.len(), 4, "{files:?}");
    for (file, content) in files.iter().zip(["one", "two", "another two"]) {
        assert_eq!(file["attached_to_name"], json!(ticket));
        assert_eq!(file["is_private"], 1);
        assert_eq!(ada.get(file["file_url"].as_str().unwrap()).ok().text, content);
    }
    assert!(
        files[3]["file_name"].as_str().unwrap().ends_with(".zip"),
        "kept shut"
    );
    assert_eq!(ada.read("File", name).status, 404, "the archive is gone");
    assert_eq!(ada.get(kept.message()["file_url"].as_str().unwrap()).status, 403);
}

#[test]
fn names_in_archives_lead_nowhere() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for (entry, stored) in [
        ("../../escaped.txt", "escaped.txt"),
        ("..\\..\\windows.txt", "windows.txt"),
        ("/etc/absolute.txt", "absolute.txt"),
        ("C:\\Users\\drive.txt", "drive.txt"),
        ("//host/share/unc.txt", "unc.txt"),
        ("a/../../../b/dots.txt", "dots.txt"),
        (
            "x\r\nSet-Cookie: sid=planted.txt",
            "x__Set-Cookie: sid=planted.txt",
        ),
        ("inv\u{202e}txt.exe", "inv_txt.exe"),
        ("nul\0.txt", "nul_.txt"),
        ("a%2f..%2fb.txt", "a_2f.._2fb.txt"),
    ] {
        let (_, reply) = unzip(&ada, &zipped(&[(entry, entry.as_bytes())]));
        let file = reply.ok().message()[0].clone();
        assert_eq!(file["file_name"], stored, "{entry:?}");
        let url = file["file_url"].as_str().unwrap();
        assert!(url.starts_with("/private/files/"), "{url}");
        let path = site.folder().join("private/files").join(stored);
        assert!(path.is_file(), "{entry:?}");
    }
    for outside in ["escaped.txt", "private/escaped.txt", "../escaped.txt"] {
        assert!(!site.folder().join(outside).exists());
    }
    let page = zipped(&[("page.html", b"<script>1</script>")]);
    let (_, reply) = unzip(&ada, &page);
    let url = reply.ok().message()[0]["file_url"].as_str().unwrap().to_owned();
    let disposition = ada
        .get(&url)
        .ok()
        .header("content-disposition")
        .unwrap()
        .to_owned();
    assert!(disposition.starts_with("attachment"), "{disposition}");
}

/// Archives that are refused, and why.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    const MB: usize = 1024 * 1024;
    let zeros = vec![0; MB + 1];
    let fair = zipped(&[("a.txt", &b"some text ".repeat(200))]);
    let many = |count: usize, folder: bool| {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for i in 0..count {
            if folder {
                archive
                    .add_directory(format!("{i}"), SimpleFileOptions::default())
                    .unwrap();
            } else {
                archive
                    .start_file(format!("{i}.txt"), SimpleFileOptions::default())
                    .unwrap();
            }
        }
        archive.finish().unwrap().into_inner()
    };
    let mut links = ZipWriter::new(Cursor::new(Vec::new()));
    links
        .add_symlink("link.txt", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    let quarter = vec![0; MB];
    let quarters: Vec<(String, &[u8])> = (0..5).map(|i| (format!("{i}.bin"), &quarter[..])).collect();
    let quarters: Vec<(&str, &[u8])> = quarters
        .iter()
        .map(|(name, content)| (&**name, *content))
        .collect();
    let half = fair.len() / 2;
    let mut wrong_sum = fair.clone();
    wrong_sum[half] ^= 0xff;
    vec![
        ("a bomb of one file", zipped(&[("bomb.bin", &zeros)])),
        ("a bomb of several", zipped(&quarters)),
        // Sizes of ten bytes are said, a megabyte comes.
        (
            "a bomb that lies",
            patched(
                patched(zipped(&[("b.bin", &zeros)]), 22, 24, |_| 10),
                24,
                26,
                |_| 0,
            ),
        ),
        ("too many entries", many(1_001, true)),
        ("too many files", many(501, false)),
        ("links", links.finish().unwrap().into_inner()),
        ("encrypted", patched(fair.clone(), 6, 8, |flags| flags | 1)),
        ("an unknown method", patched(fair.clone(), 8, 10, |_| 97)),
        ("cut in the table", fair[..fair.len() - 10].to_vec()),
        ("cut in the middle", fair[..half].to_vec()),
        ("cut at the start", fair[half..].to_vec()),
        ("a wrong sum", wrong_sum),
        ("no archive", b"PK\x03\x04 and nothing else".to_vec()),
        ("nothing at all", b"x".to_vec()),
        ("an empty archive", zipped(&[])),
        ("only folders", many(3, true)),
        ("only hidden files", zipped(&[(".a", b"a"), ("__MACOSX/b", b"b")])),
        (
            "a PDF that runs",
            zipped(&[("ok.txt", b"ok"), ("x.pdf", b"%PDF-1.4 /JavaScript (x)")]),
        ),
    ]
}

#[test]
fn hostile_archives_are_refused_and_leave_nothing() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.set("System Settings", json!({ "max_file_size": 1 }));
    for (what, archive) in hostile() {
        let kept = ada.upload("all.zip", &archive, &json!({ "is_private": 1 })).ok();
        let name = kept.message()["name"].as_str().unwrap();
        let before = state(&site);

        let reply = call(&ada, "unzip_file", json!({ "name": name }));

        assert_eq!(reply.status, 417, "{what}: {reply:?}");
        assert_eq!(state(&site), before, "{what}");
        ada.read("File", name).ok();
    }
}

#[test]
fn who_may_not_delete_an_archive_can_t_take_it_apart() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let carl = site.customer("carl@acme.example");
    let archive = zipped(&[("a.txt", b"a"), ("run.exe", b"x")]);
    let kept = ada.upload("all.zip", &archive, &json!({ "is_private": 1 })).ok();
    let text = ada.upload("all.txt", &archive, &json!({})).ok();
    let before = state(&site);

    for stranger in [&bob, &carl] {
        let refused = call(stranger, "unzip_file", json!({ "name": kept.message()["name"] }));
        assert_eq!(refused.status, 403, "{}", stranger.id());
    }
    assert_eq!(
        call(&site.guest(), "unzip_file", json!({ "name": "x" })).status,
        403
    );
    call(&ada, "unzip_file", json!({ "name": text.message()["name"] })).status(417);
    call(&ada, "unzip_file", json!({ "name": "nothing" })).status(404);

    assert_eq!(state(&site), before);
}

#[test]
fn files_are_packed_for_who_may_read_them() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let names: Vec<Value> = ["one", "two"]
        .iter()
        .map(|content| {
            let folder = json!({ "is_private": 1 });
            ada.upload(&format!("{content}.txt"), content.as_bytes(), &folder)
                .ok()
                .message()["name"]
                .clone()
        })
        .collect();

    let reply = call(&ada, "zip_files", json!({ "files": names })).ok();

    assert_eq!(reply.header("content-type"), Some("application/zip"));
    let mut archive = zip::ZipArchive::new(Cursor::new(reply.bytes.clone())).unwrap();
    let mut packed: Vec<String> = archive
        .file_names()
        .map(|name| name.unwrap().into_owned())
        .collect();
    packed.sort();
    assert_eq!(packed, ["one.txt", "two.txt"]);
    assert_eq!(
        std::io::read_to_string(archive.by_name("two.txt").unwrap()).unwrap(),
        "two"
    );
    assert_eq!(call(&bob, "zip_files", json!({ "files": names })).status, 403);
    assert_eq!(
        call(&ada, "zip_files", json!({ "files": "[\"nothing\"]" })).status,
        404
    );
    assert_eq!(call(&ada, "zip_files", json!({ "files": "nothing" })).status, 417);
    assert_eq!(call(&ada, "zip_files", json!({ "files": ["Home"] })).status, 417);
}

#[test]
fn folders_are_made_filled_and_moved() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let folder = |name: &str, parent: &str| {
        let reply = call(
            &ada,
            "create_new_folder",
            json!({ "file_name": name, "folder": parent }),
        )
        .ok();
        reply.message()["name"].as_str().unwrap().to_owned()
    };
    let work = folder("Work", "Home");
    assert_eq!((&*work, &*folder("Deep", &work)), ("Home/Work", "Home/Work/Deep"));
    assert_eq!(folder("Work", "Home"), work, "the one that is there");
    let archive = folder("Archive", "Home");
    let file = ada
        .upload("a.txt", b"a", &json!({ "folder": "Home/Work/Deep" }))
        .ok();
    let file = file.message()["name"].as_str().unwrap().to_owned();
    let listed = |folder: &str, more: Value| {
        let mut args = json!({ "folder": folder });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        call(&ada, "get_files_in_folder", args).ok().message().clone()
    };
    let names = |page: &Value| -> Vec<String> {
        let files = page["files"].as_array().unwrap().iter();
        files
            .map(|file| file["name"].as_str().unwrap().to_owned())
            .collect()
    };

    let moved = json!({ "file_list": [{ "name": work }], "new_parent": archive, "old_parent": "Home" });
    call(&ada, "move_file", moved).ok();

    assert_eq!(names(&listed("Home/Archive", json!({}))), ["Home/Archive/Work"]);
    assert_eq!(
        names(&listed("Home/Archive/Work", json!({}))),
        ["Home/Archive/Work/Deep"]
    );
    let deep = listed("Home/Archive/Work/Deep", json!({}));
    assert_eq!(
        (names(&deep), &deep["has_more"]),
        (vec![file.clone()], &json!(false))
    );
    let home = listed("Home", json!({ "page_length": 1 }));
    assert_eq!(
        (home["files"].as_array().unwrap().len(), &home["has_more"]),
        (1, &json!(true))
    );
    let to_work = json!({ "file_list": json!([file]).to_string(), "new_parent": "Home/Archive/Work", "old_parent": "" });
    call(&ada, "move_file", to_work).ok();
    assert_eq!(site.value("File", &file, "folder"), "Home/Archive/Work");
    for (what, parent) in [
        ("Home/Archive", "Home/Archive/Work"),
        ("Home/Archive", "Home/Archive"),
        ("Home", "Home/Archive"),
        ("Home/Attachments", "Home/Archive"),
        (&*file, "Home/Nowhere"),
        (&*file, &*file),
    ] {
        let refused = call(
            &site.admin(),
            "move_file",
            json!({ "file_list": [what], "new_parent": parent, "old_parent": "" }),
        );
        assert_eq!(refused.status, 417, "{what} to {parent}: {refused:?}");
    }
    let nowhere = call(
        &ada,
        "create_new_folder",
        json!({ "file_name": "x", "folder": "Home/Nowhere" }),
    );
    assert_eq!(nowhere.status, 417);
    assert_eq!(
        call(
            &ada,
            "create_new_folder",
            json!({ "file_name": " ", "folder": "Home" })
        )
        .status,
        417
    );
    assert_eq!(
        ada.insert(
            "File",
            json!({ "file_url": "https://a.example/x", "folder": file })
        )
        .status,
        417
    );
}

#[test]
fn files_are_found_by_name_and_by_document() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let ticket = site.ticket().create().name;
    let fields = json!({ "doctype": "HD Ticket", "docname": ticket, "is_private": 1 });
    let file = ada.upload("Quarterly Report.txt", b"q", &fields).ok();
    let search = |user: &TestUser, text: &str| {
        let found = call(user, "get_files_by_search_text", json!({ "text": text })).ok();
        found.message().as_array().unwrap().len()
    };

    assert_eq!(
        (
            search(&ada, "terly rep"),
            search(&ada, "nothing"),
            search(&ada, "")
        ),
        (1, 0, 0)
    );
    assert_eq!(search(&bob, "terly rep"), 0, "another's");
    let images = json!({ "doctype": "HD Ticket", "names": json!([ticket, "none"]).to_string() });
    let images = ada
        .call("frappe.core.doctype.file.file.get_attached_images", images)
        .ok();
    assert_eq!(images.message(), &json!({ ticket: [file.message()["file_url"]] }));
    assert_eq!(
        call(
            &ada,
            "get_attached_images",
            json!({ "doctype": "HD Ticket", "names": "x" })
        )
        .status,
        417
    );
}
