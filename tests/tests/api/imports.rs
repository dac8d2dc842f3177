//! Files of documents: what is imported, what is told, who may.

use helpdesk_core::jobs;
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const BULK: &str = "/api/method/helpdesk.extends.data_import.bulk_insert";
const PREVIEW: &str = "frappe.core.doctype.data_import.data_import.get_preview_from_template";
const START: &str = "frappe.core.doctype.data_import.data_import.form_start_import";
const STATUS: &str = "frappe.core.doctype.data_import.data_import.get_import_status";
const ERRORS: &str = "frappe.core.doctype.data_import.data_import.download_errored_template";

fn send(user: &TestUser, fields: Value, file_name: &str, content: &[u8]) -> Reply {
    user.request("POST", BULK)
        .multipart(&fields, Some((file_name, content)))
        .send()
}

/// Does what waits for a worker.
fn run(site: &TestSite) {
    jobs::run_waiting(site.site()).unwrap();
}

/// A Data Import as it is now.
fn now(site: &TestSite, import: &Value) -> Value {
    let name = import["name"].as_str().unwrap();
    site.admin().read("Data Import", name).ok().data().clone()
}

/// Imports a file of a DocType as the Administrator; the Data Import.
fn import(site: &TestSite, doctype: &str, content: &[u8]) -> Value {
    let reply = send(
        &site.admin(),
        json!({ "target_doctype": doctype }),
        "a.csv",
        content,
    );
    let begun = reply.ok().message().clone();
    assert_eq!(begun["status"], "Pending", "{begun}");
    run(site);
    now(site, &begun)
}

fn errors(site: &TestSite, import: &Value) -> String {
    let args = json!({ "data_import_name": import["name"] });
    site.admin().call_get(ERRORS, args).ok().text
}

#[test]
fn rows_become_documents_and_the_others_say_why_not() {
    let site = TestSite::start();
    let teams = site.count("HD Ticket Type");
    let file = "\u{FEFF}ID,Description,is_system,Colour\r\n\
                Refund,\"Money, \"\"back\"\"\nplease\",0,red\r\n\
                Grüße,=1+1,,\r\n\
                Question,there already,0,\r\n\
                Odd,x,perhaps,\r\n\
                Short,x\r\n\
                \r\n\
                refund,again,0,\r\n";

    let done = import(&site, "HD Ticket Type", file.as_bytes());

    assert_eq!(
        (
            &done["status"],
            &done["payload_count"],
            &done["reference_doctype"]
        ),
        (&json!("Partial Success"), &json!(6), &json!("HD Ticket Type"))
    );
    let shown = errors(&site, &done);
    assert_eq!(site.count("HD Ticket Type"), teams + 2, "{shown}");
    assert_eq!(
        site.value("HD Ticket Type", "Refund", "description"),
        "Money, \"back\"\nplease"
    );
    assert_eq!(site.value("HD Ticket Type", "Grüße", "description"), "=1+1");
    assert!(
        done["template_warnings"]
            .as_str()
            .unwrap()
            .contains("Column 4 (Colour) is no field of HD Ticket Type"),
        "{done}"
    );
    let errors = errors(&site, &done);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(errors.as_bytes());
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(rows[0], ["ID", "Description", "is_system", "Colour", "Error"]);
    assert_eq!(rows[2][..4], ["Odd", "x", "perhaps", ""]);
    assert!(rows[2][4].contains("is no Yes or No"), "{rows:?}");
    assert!(
        rows[1][4].contains("already exists") && rows[4][4].contains("line 2 already"),
        "{rows:?}"
    );
    // A row of two cells is kept as it was.
    assert_eq!((rows.len(), rows[3].len()), (5, 3));
    let status = site
        .admin()
        .call_get(STATUS, json!({ "data_import_name": done["name"] }))
        .ok();
    assert_eq!(
        *status.message(),
        json!({ "status": "Partial Success", "success": 2, "failed": 4, "total_records": 6 })
    );
}

#[test]
fn what_was_exported_can_be_imported() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let name = site
        .ticket()
        .subject("=cmd|' /C calc'!A0")
        .set("priority", "High")
        .create()
        .name;
    let args = json!({ "doctype": "HD Ticket", "fields": "[\"name\", \"subject\", \"priority\"]",
        "selected_items": json!([name]).to_string() });
    let exported = ada.call_get("frappe.desk.reportview.export_query", args).ok();
    site.change(
        "HD Ticket",
        &name,
        json!({ "subject": "other", "priority": "Low" }),
    );

    let reply = send(
        &site.admin(),
        json!({ "target_doctype": "HD Ticket", "import_type": "Update Existing Records" }),
        "t.csv",
        &exported.bytes,
    );

    run(&site);
    let done = now(&site, reply.ok().message());
    assert_eq!(done["status"], "Success", "{done}");
    assert_eq!(site.value("HD Ticket", &name, "subject"), "=cmd|' /C calc'!A0");
    assert_eq!(site.value("HD Ticket", &name, "priority"), "High");
}

#[test]
fn names_that_are_given_are_not_given_again() {
    let site = TestSite::start();
    let done = import(
        &site,
        "HD Ticket",
        b"ID;Subject\n0500;Old one\n;New one\n99999999999999999;x\n",
    );

    assert_eq!(done["status"], "Partial Success", "{done}");
    assert_eq!(site.value("HD Ticket", "0500", "subject"), "Old one");
    assert_eq!(site.value("HD Ticket", "0501", "subject"), "New one");
    assert_eq!(site.ticket().create().name, "0502");
    // Nobody is written to about tickets that were somewhere else before.
    assert_eq!(site.count("Email Queue"), 0);
}

#[test]
fn texts_are_cleaned_as_in_any_request() {
    let site = TestSite::start();
    import(
        &site,
        "HD Ticket",
        b"Subject,Description\nHello,<p onclick=\"x()\">Hi<script>alert(1)</script></p>\n",
    );
    let list = json!({ "fields": ["description"], "filters": { "subject": "Hello" } });
    let list = site.admin().list("HD Ticket", list).ok();
    assert_eq!(list.data()[0]["description"], "<p>Hi</p>");
}

#[test]
fn a_preview_tells_and_keeps_nothing() {
    let site = TestSite::start();
    let boss = site.user_with("boss@desk.example", "System User", &["System Manager"]);
    let file = boss
        .upload(
            "types.csv",
            b"name,description,x\nOne,a,1\nOne,b,1\n,c,1\n",
            &json!({ "is_private": 1 }),
        )
        .ok();
    let made = boss
        .insert(
            "Data Import",
            json!({ "reference_doctype": "HD Ticket Type", "import_type": "Insert New Records",
                "import_file": file.message()["file_url"] }),
        )
        .ok();
    let name = made.data()["name"].as_str().unwrap().to_owned();
    let before = site.count("HD Ticket Type");

    let preview = boss.call_get(PREVIEW, json!({ "data_import": name })).ok();

    let preview = preview.message();
    assert_eq!(preview["total_number_of_rows"], 3);
    assert_eq!(preview["data"][0], json!(["One", "a", "1"]));
    assert_eq!(preview["columns"][2]["skip_import"], true);
    assert_eq!(preview["columns"][1]["fieldname"], "description");
    let rows: Vec<&Value> = preview["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| &warning["row"])
        .collect();
    assert_eq!(rows, [&Value::Null, &json!(3), &json!(4)], "{preview}");
    boss.call(PREVIEW, json!({ "data_import": name })).ok();
    assert_eq!(site.count("HD Ticket Type"), before);
    assert_eq!(site.count("Data Import Log"), 0);

    // All or nothing: an error in one row, and no row is kept.
    let start = |args: Value| {
        let reply = boss.call(START, args).ok();
        assert_eq!(*reply.message(), json!(true));
        run(&site);
    };
    start(json!({ "data_import": name, "all_or_nothing": true }));
    assert_eq!(site.count("HD Ticket Type"), before);
    assert_eq!(site.value("Data Import", &name, "status"), "Error");
    // Then with what there is; and what is in stays out of a second run.
    start(json!({ "data_import": name }));
    assert_eq!(site.count("HD Ticket Type"), before + 1);
    start(json!({ "data_import": name }));
    assert_eq!(site.count("HD Ticket Type"), before + 1);
    assert_eq!(site.value("Data Import", &name, "status"), "Partial Success");
}

#[test]
fn an_import_needs_rights() {
    let site = TestSite::start();
    let file = b"name,description\nX,y\n";
    let types = |user: &TestUser| send(user, json!({ "target_doctype": "HD Ticket Type" }), "a.csv", file);
    let ada = site.agent("ada@desk.example");
    let counts = || {
        (
            site.count("Data Import"),
            site.count("File"),
            site.count("HD Ticket Type"),
        )
    };
    let before = counts();

    types(&ada).status(403);
    types(&site.customer("carl@acme.example")).status(403);
    types(&site.guest()).status(403);
    let boss = site.user_with("boss@desk.example", "System User", &["System Manager"]);
    // Who sets up the site still needs the right to make the documents.
    send(&boss, json!({ "target_doctype": "Customer" }), "a.csv", file).status(403);
    // Not by GET, which keeps nothing.
    boss.request("GET", BULK)
        .multipart(
            &json!({ "target_doctype": "HD Ticket Type" }),
            Some(("a.csv", file.as_slice())),
        )
        .send()
        .status(403);
    assert_eq!(counts(), before);
    types(&boss).ok();
    run(&site);
    assert_eq!(counts().2, before.2 + 1);

    let theirs = site.count("Data Import");
    assert_eq!(theirs, 1);
    let list = site.admin().list("Data Import", json!({})).ok();
    let name = list.data()[0]["name"].clone();
    for path in [START, PREVIEW] {
        ada.call(path, json!({ "data_import": name })).status(403);
    }
    for path in [STATUS, ERRORS] {
        ada.call(path, json!({ "data_import_name": name })).status(403);
    }
    boss.call(START, json!({ "data_import": "none" })).status(404);
}

#[test]
fn what_can_t_be_imported_is_told() {
    let site = TestSite::start();
    let admin = site.admin();
    let file = b"name,description\nX,y\n".as_slice();
    let one = |doctype: &str, import_type: &str, name: &str, content: &[u8]| {
        send(
            &admin,
            json!({ "target_doctype": doctype, "import_type": import_type }),
            name,
            content,
        )
    };
    let insert = "Insert New Records";
    let update = "Update Existing Records";
    for (doctype, import_type, name, content, named) in [
        ("HD Ticket Type", "Whatever", "a.csv", file, "Import Type"),
        ("HD Ticket Type", insert, "a.xlsx", file, "CSV"),
        ("HD Ticket Type", insert, "a.csv", b"".as_slice(), "empty"),
        ("HD Ticket Type", insert, "a.csv", b"a,b\n1,2\n", "No column"),
        ("HD Ticket Type", insert, "a.csv", b"name\nX\n", "No column"),
        (
            "HD Ticket Type",
            insert,
            "a.csv",
            b"name,description,Description\nX,y,z\n",
            "Two columns",
        ),
        (
            "HD Ticket Type",
            update,
            "a.csv",
            b"description\ny\n",
            "column ID",
        ),
        (
            "HD Ticket Type",
            insert,
            "a.csv",
            b"name,description\nGr\xFC\xDFe,y\n",
            "no UTF-8",
        ),
        ("HD Ticket Type", insert, "a.csv", b"\xFF\xFEn\0a\0", "UTF-16"),
        ("HD Team Member", insert, "a.csv", file, "not allowed"),
        ("HD Settings", insert, "a.csv", file, "not allowed"),
        ("Custom Field", insert, "a.csv", file, "not allowed"),
    ] {
        // The clock stands still, and an import is named by it.
        for left in admin
            .list("Data Import", json!({}))
            .ok()
            .data()
            .as_array()
            .unwrap()
        {
            admin.remove("Data Import", left["name"].as_str().unwrap());
        }
        let reply = one(doctype, import_type, name, content).status(417);
        assert!(reply.text.contains(named), "{named}: {reply:?}");
    }
    one("Nothing", insert, "a.csv", file).status(404);
    admin
        .post(BULK, json!({ "target_doctype": "HD Ticket Type" }))
        .status(417);
    admin.post(BULK, json!({})).status(417);
    assert_eq!(site.value("HD Ticket Type", "X", "name"), Value::Null);
}

/// A file of 120 rows, and then one that never ends.
fn broken() -> Vec<u8> {
    let mut file = b"name,description\n".to_vec();
    for number in 0..120 {
        file.extend(format!("Kind {number},x\n").bytes());
    }
    file.extend(b"Broken,\"");
    file.resize(10 << 20, b'x');
    file
}

#[test]
fn a_file_that_can_t_be_read_to_its_end_is_not_begun() {
    let site = TestSite::start();
    let types = json!({ "target_doctype": "HD Ticket Type" });
    let before = site.count("File");
    let reply = send(&site.admin(), types, "a.csv", &broken()).status(417);

    assert!(reply.text.contains("is a quote not closed?"), "{reply:?}");
    run(&site);
    assert_eq!(site.value("HD Ticket Type", "Kind 99", "name"), Value::Null);
    assert_eq!((site.count("Data Import"), site.count("File")), (0, before));
}

#[test]
fn a_file_that_breaks_off_keeps_what_it_says_before() {
    let site = TestSite::start();
    let types = json!({ "target_doctype": "HD Ticket Type" });
    let begun = send(&site.admin(), types, "a.csv", b"name,description\nX,y\n").ok();
    // It is another file by the time the job comes to it.
    let url = begun.message()["import_file"].as_str().unwrap().to_owned();
    std::fs::write(site.folder().join(url.trim_start_matches('/')), broken()).unwrap();

    run(&site);

    assert_eq!(site.value("HD Ticket Type", "Kind 99", "name"), "Kind 99");
    let done = now(&site, begun.message());
    assert_eq!(done["status"], "Partial Success");
    let warnings = done["template_warnings"].as_str().unwrap();
    assert!(warnings.contains("is a quote not closed?"), "{warnings}");
}

#[test]
fn any_number_of_rows_is_imported_but_not_all_or_none() {
    let site = TestSite::builder()
        .config(|config| config.max_file_size = 12 << 20)
        .start();
    let admin = site.admin();
    // Ten megabytes are taken, thirteen are not.
    let wide = "y".repeat(100_000);
    let mut file = "name,description\n".to_owned();
    for number in 0..100 {
        file.push_str(&format!("Wide {number},{wide}\n"));
    }
    assert!(file.len() > 10_000_000);
    let done = import(&site, "HD Ticket Type", file.as_bytes());
    assert_eq!(done["status"], "Success", "{}", done["template_warnings"]);
    file.push_str(&"z".repeat(6 << 20));
    let salutations = json!({ "target_doctype": "Salutation" });
    send(&admin, salutations, "a.csv", file.as_bytes()).status(413);

    let mut file = "gender\n".to_owned();
    for number in 0..5_001 {
        file.push_str(&format!("G{number}\n"));
    }
    let genders = json!({ "target_doctype": "Gender" });
    let begun = send(&admin, genders, "a.csv", file.as_bytes()).ok();
    let name = begun.message()["name"].clone();
    assert_eq!(begun.message()["payload_count"], 5_001);
    // One is at it already.
    let again = admin.call(START, json!({ "data_import": name })).ok();
    assert_eq!(*again.message(), json!(false));
    let whole = json!({ "data_import": name, "all_or_nothing": true });
    let refused = admin.call(START, whole).status(417);
    assert!(refused.text.contains("at most 5000"), "{refused:?}");
}

#[test]
fn who_starts_an_import_hears_how_far_it_is() {
    let site = TestSite::start();
    let boss = site.user_with("boss@desk.example", "System User", &["System Manager"]);
    let mut file = "name,description\n".to_owned();
    for number in 0..70 {
        file.push_str(&format!("Kind {number},x\n"));
    }
    file.push_str("Kind 3,again\n");
    let types = json!({ "target_doctype": "HD Ticket Type" });
    let begun = send(&boss, types, "a.csv", file.as_bytes()).ok();
    let name = begun.message()["name"].clone();
    let heard = site.hear();

    run(&site);

    let mut all = heard.take();
    all.retain(|message| message.event.starts_with("data_import"));
    let told: Vec<(&str, &Value, &Value)> = all
        .iter()
        .map(|message| {
            assert_eq!(&*message.room, "user:boss@desk.example");
            assert_eq!(message.payload["data_import"], name);
            (
                &*message.event,
                &message.payload["current"],
                &message.payload["total"],
            )
        })
        .collect();
    let (progress, null) = ("data_import_progress", &Value::Null);
    assert_eq!(
        told,
        [
            (progress, &json!(50), &json!(71)),
            (progress, &json!(71), &json!(71)),
            ("data_import_refresh", null, null),
        ]
    );
    assert_eq!(
        (&all[1].payload["success"], &all[1].payload["row_indexes"]),
        (&json!(false), &json!([72]))
    );
    assert_eq!(now(&site, begun.message())["status"], "Partial Success");
}

#[test]
fn nothing_is_imported_while_the_schedule_stands_still() {
    let site = TestSite::builder()
        .config(|config| config.pause_scheduler = true)
        .start();
    let types = json!({ "target_doctype": "HD Ticket Type" });
    let reply = send(&site.admin(), types, "a.csv", b"name,description\nX,y\n").status(417);
    assert!(reply.text.contains("pause_scheduler"), "{reply:?}");
    assert_eq!(site.count("Data Import"), 0);
}
