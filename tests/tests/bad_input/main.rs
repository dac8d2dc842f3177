//! Whatever is sent: an answer of the contract, never a failure of ours, and nothing changed by what was refused.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

mod attacks;
mod identifiers;
mod ids;
mod protected;
mod watch;

use std::io::Write;
use std::time::{Duration, Instant};

use helpdesk_tests::{Reply, TestSite, TestUser};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use self::watch::{Watch, judge};

/// Texts that mean something to SQL, to JSON, to templates, to a file system or to a C string.
const HOSTILE: [&str; 38] = [
    "",
    " ",
    "'",
    "\"",
    "`",
    "\\",
    "--",
    ";",
    "/* a */",
    "' OR '1'='1",
    "\"; DROP TABLE \"tabHD Ticket\"; --",
    "name`; DROP TABLE `tabHD Ticket`; --",
    "name) UNION SELECT password FROM __Auth --",
    "(select api_key from tabUser limit 1)",
    "name from tabUser --",
    "`tabUser`.`api_key`",
    "tabUser.api_key",
    "__Auth.password",
    "contact.user.api_key",
    "owner.api_secret as a",
    "count(*)",
    "sleep(5)",
    "load_extension('x')",
    "name as \"a\"",
    "name as select",
    "*",
    "`tabHD Ticket`.*",
    "name asc, (select 1)",
    "name\u{0}",
    "\u{1}\u{8}\u{b}\u{1b}\u{7f}",
    "\u{202e}\u{feff}\u{fffd}",
    "🎫\u{301}",
    "%_%",
    "../../site.toml",
    "{{ 7 * 7 }}${7*7}",
    "NaN",
    "-1e999",
    "99999999999999999999999999",
];

const FIELDS: [&str; 12] = [
    "name",
    "subject",
    "status",
    "creation",
    "raised_by",
    "_assign",
    "users.user",
    "agent_group.team_name",
    "HD Team Member.user",
    "docstatus",
    "resolution_time",
    "idx",
];

const DOCTYPES: [&str; 10] = [
    "HD Ticket",
    "HD Team",
    "HD Team Member",
    "HD Settings",
    "HD Article",
    "User",
    "ToDo",
    "Contact",
    "DocType",
    "hd ticket",
];

const OPERATORS: [&str; 16] = [
    "=",
    "!=",
    ">",
    "<",
    "like",
    "not like",
    "in",
    "not in",
    "between",
    "is",
    "timespan",
    "regex",
    "descendants of",
    "ancestors of",
    "=>",
    "IN",
];

fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(&HOSTILE[..]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => proptest::collection::vec(any::<char>(), 0..6).prop_map(|chars| chars.into_iter().collect()),
        1 => (1..6_usize, proptest::sample::select(&HOSTILE[1..])).prop_map(|(n, text)| text.repeat(1 << n)),
    ]
}

fn hostile_number() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        Just(json!(-1)),
        Just(json!(1e308)),
        Just(json!(i64::MIN)),
    ]
}

fn hostile_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => hostile_number(),
        4 => hostile_text().prop_map(Value::from),
        1 => proptest::sample::select(&FIELDS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(hostile_text(), inner, 0..3)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(&FIELDS[..]).prop_map(str::to_owned),
        hostile_text(),
    ]
}

fn doctype() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("HD Ticket".to_owned()),
        4 => proptest::sample::select(&DOCTYPES[..]).prop_map(str::to_owned),
        1 => hostile_text(),
    ]
}

fn operator() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::sample::select(&OPERATORS[..]).prop_map(str::to_owned),
        1 => hostile_text(),
    ]
}

fn filters() -> impl Strategy<Value = Value> {
    let condition = prop_oneof![
        (field(), operator(), hostile_value()).prop_map(|(field, op, value)| json!([field, op, value])),
        (doctype(), field(), operator(), hostile_value())
            .prop_map(|(doctype, field, op, value)| json!([doctype, field, op, value])),
        hostile_value(),
    ];
    prop_oneof![
        proptest::collection::vec(condition, 0..3).prop_map(Value::from),
        proptest::collection::btree_map(field(), hostile_value(), 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        (field(), operator(), hostile_value()).prop_map(|(field, op, value)| json!({ field: [op, value] })),
        hostile_value(),
    ]
}

fn select() -> impl Strategy<Value = Value> {
    prop_oneof![
        proptest::collection::vec(
            prop_oneof![
                field().prop_map(Value::from),
                (field(), field()).prop_map(|(field, name)| json!(format!("{field} as {name}"))),
                (field(), field()).prop_map(|(field, name)| json!({ "COUNT": field, "as": name })),
                (field(), field()).prop_map(|(function, field)| json!({ function: field })),
                hostile_value(),
            ],
            0..4
        )
        .prop_map(Value::from),
        field().prop_map(Value::from),
        hostile_value(),
    ]
}

/// Arguments of a list, each one hostile, fitting or missing.
fn list_arguments() -> impl Strategy<Value = Value> {
    let maybe = |strategy: BoxedStrategy<Value>| proptest::option::weighted(0.4, strategy);
    let text = || prop_oneof![field().prop_map(Value::from), hostile_value()].boxed();
    let order = prop_oneof![
        (field(), field()).prop_map(|(a, b)| json!(format!("{a} desc, {b}"))),
        hostile_value(),
    ];
    (
        maybe(select().boxed()),
        maybe(filters().boxed()),
        maybe(filters().boxed()),
        maybe(order.boxed()),
        maybe(text()),
        (maybe(hostile_value().boxed()), maybe(hostile_value().boxed())),
        (maybe(text()), maybe(text())),
        maybe(hostile_value().boxed()),
        proptest::option::weighted(0.3, (hostile_text(), hostile_value())),
    )
        .prop_map(
            |(fields, filters, or_filters, order, group, page, links, as_dict, surplus)| {
                let mut args = serde_json::Map::new();
                let mut put = |name: &str, value: Option<Value>| {
                    if let Some(value) = value {
                        args.insert(name.to_owned(), value);
                    }
                };
                put("fields", fields);
                put("filters", filters);
                put("or_filters", or_filters);
                put("order_by", order);
                put("group_by", group);
                put("limit_start", page.0);
                put("limit_page_length", page.1);
                put("expand", links.0);
                put("parent", links.1);
                put("as_dict", as_dict);
                if let Some((name, value)) = surplus {
                    put(&name, Some(value));
                }
                Value::Object(args)
            },
        )
}

/// A request, and who sends it.
#[derive(Clone, Debug)]
enum Ask {
    List(String, Value),
    GetList(String, Value),
    Count(String, Value),
    Get(Value, Value, Value),
    Read(String, String),
    Insert(String, Value),
    Update(String, Value),
    Delete(String, String),
    Method(&'static str, Value),
    Unknown(String, Value),
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => proptest::collection::btree_map(field(), hostile_value(), 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        1 => hostile_value(),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let method = proptest::sample::select(vec![
        (
            "helpdesk.api.ticket.assign_ticket_to_agent",
            "ticket_id",
            "agent_id",
        ),
        ("helpdesk.api.knowledge_base.get_article", "name", "surplus"),
        ("frappe.client.get", "doctype", "name"),
        ("frappe.client.get_count", "doctype", "debug"),
        ("frappe.auth.get_logged_user", "user", "sid"),
    ]);
    prop_oneof![
        6 => (doctype(), list_arguments()).prop_map(|(doctype, args)| Ask::List(doctype, args)),
        3 => (doctype(), list_arguments()).prop_map(|(doctype, args)| Ask::GetList(doctype, args)),
        3 => (doctype(), filters()).prop_map(|(doctype, filters)| Ask::Count(doctype, filters)),
        1 => (hostile_value(), hostile_value(), filters()).prop_map(|(a, b, c)| Ask::Get(a, b, c)),
        1 => (doctype(), hostile_text()).prop_map(|(doctype, name)| Ask::Read(doctype, name)),
        3 => (doctype(), values()).prop_map(|(doctype, values)| Ask::Insert(doctype, values)),
        3 => (doctype(), values()).prop_map(|(doctype, values)| Ask::Update(doctype, values)),
        1 => (doctype(), hostile_text()).prop_map(|(doctype, name)| Ask::Delete(doctype, name)),
        2 => (method, hostile_value(), hostile_value())
            .prop_map(|((path, a, b), x, y)| Ask::Method(path, json!({ a: x, b: y }))),
        1 => (hostile_text(), hostile_value()).prop_map(|(path, args)| Ask::Unknown(path, args)),
    ]
}

impl Ask {
    fn send(&self, user: &TestUser, ticket: &str) -> Reply {
        match self {
            // Longer ones don't fit into an address.
            Ask::List(doctype, args) if args.to_string().len() < 10_000 => user.list(doctype, args.clone()),
            Ask::List(doctype, args) | Ask::GetList(doctype, args) => {
                let mut args = args.clone();
                args["doctype"] = doctype.clone().into();
                user.call("frappe.client.get_list", args)
            }
            Ask::Count(doctype, filters) => user.call(
                "frappe.client.get_count",
                json!({ "doctype": doctype, "filters": filters }),
            ),
            Ask::Get(doctype, name, filters) => user.call(
                "frappe.client.get",
                json!({ "doctype": doctype, "name": name, "filters": filters }),
            ),
            Ask::Read(doctype, name) => user.read(doctype, name),
            Ask::Insert(doctype, values) => user.insert(doctype, values.clone()),
            Ask::Update(doctype, values) => user.update(doctype, ticket, values.clone()),
            Ask::Delete(doctype, name) => user.remove(doctype, name),
            Ask::Method(path, args) => user.call(path, args.clone()),
            Ask::Unknown(path, args) => {
                let path = path.replace(['?', '#', '%', '/'], "-");
                user.post(&format!("/api/method/{path}"), args.clone())
            }
        }
    }
}

#[test]
fn the_checksum_sees_a_single_changed_value() {
    let site = TestSite::start();
    let ticket = site.ticket().create();
    let watch = Watch::new(&site);
    let (commits, before) = (watch.commits(), watch.checksum());

    site.change("HD Ticket", &ticket.name, json!({ "subject": "Changed" }));

    let after = watch.checksum();
    assert!(watch.commits() != commits || matches!(watch, Watch::Postgres(_)));
    assert_ne!(after["tabHD Ticket"], before["tabHD Ticket"]);
    assert_eq!(after["tabUser"], before["tabUser"]);
}

#[test]
fn no_input_is_too_bad_for_an_answer() {
    // The generator's nested values are larger than a test thread's stack in an unoptimised build.
    let thread = std::thread::Builder::new().stack_size(64 * 1024 * 1024);
    if let Err(panic) = thread.spawn(hostile_requests).unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

fn hostile_requests() {
    let site = TestSite::start();
    let ticket = site.ticket().create();
    let users = [
        site.agent("ada@desk.example"),
        site.admin(),
        site.customer("carl@acme.example"),
        site.guest(),
    ];
    let watch = Watch::new(&site);
    let started = Instant::now();
    let counted = std::cell::RefCell::new([0_u32; 2]);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 2_500,
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    });

    let outcome = runner.run(&(0..users.len(), ask()), |(user, ask)| {
        // Slow machines check less, not longer.
        if started.elapsed() > Duration::from_secs(15) {
            return Ok(());
        }
        let before = watch.commits();
        let reply = ask.send(&users[user], &ticket.name);
        judge(&reply).map_err(|fault| TestCaseError::fail(format!("{fault}: {reply:?}")))?;
        if reply.status >= 400 {
            prop_assert_eq!(watch.commits(), before, "refused, but committed: {:?}", reply);
        }
        counted.borrow_mut()[usize::from(reply.status >= 400)] += 1;
        Ok(())
    });

    if let Err(error) = outcome {
        panic!("{error}");
    }
    let [answered, refused] = counted.into_inner();
    assert!(
        answered > 50 && refused > 200,
        "{answered} answered, {refused} refused"
    );
    assert_eq!(*site.guest().get("/api/method/ping").message(), json!("pong"));
}

/// Each identifier position with each hostile text, by readers who get far.
#[test]
fn no_text_leaves_its_place_in_a_statement() {
    let site = TestSite::start();
    let ticket = site.ticket().create();
    let ada = site.agent("ada@desk.example");
    let watch = Watch::new(&site);
    let before = watch.checksum();
    let secret = site.value("User", "ada@desk.example", "api_key");
    let secret = secret.as_str().unwrap();

    for text in HOSTILE {
        for args in [
            json!({ "fields": [text] }),
            json!({ "fields": [format!("name as {text}")] }),
            json!({ "fields": [{ "COUNT": text }] }),
            json!({ "fields": [{ "COUNT": "name", "as": text }] }),
            json!({ "fields": [{ text: "name" }] }),
            json!({ "fields": ["name", { "users": [text] }] }),
            json!({ "filters": { text: "a" } }),
            json!({ "filters": { "name": text } }),
            json!({ "filters": { "name": [text, "a"] } }),
            json!({ "filters": { "name": ["in", [text, text]] } }),
            json!({ "filters": [[text, "name", "=", "a"]] }),
            json!({ "filters": [["HD Ticket", text, "=", "a"]] }),
            json!({ "filters": text }),
            json!({ "or_filters": { text: "a" } }),
            json!({ "order_by": text }),
            json!({ "order_by": format!("name {text}") }),
            json!({ "order_by": format!("`{text}` desc") }),
            json!({ "group_by": text }),
            json!({ "group_by": format!("name, {text}") }),
            json!({ "limit_start": text }),
            json!({ "limit_page_length": text }),
            json!({ "parent": text }),
            json!({ "expand": [text] }),
        ] {
            let reply = ada.list("HD Ticket", args.clone());
            if let Err(fault) = judge(&reply) {
                panic!("{fault} for {args}: {reply:?}");
            }
            assert!(!reply.text.contains(secret), "{args} tells a key: {reply:?}");
        }
        for reply in [
            ada.read(text, "x"),
            ada.read("HD Ticket", text),
            ada.list(text, json!({})),
            ada.insert(text, json!({})),
            ada.update(
                "HD Ticket",
                &ticket.name,
                json!({ "priority": format!("x{text}") }),
            ),
            ada.remove("HD Ticket", &format!("x{text}")),
        ] {
            if let Err(fault) = judge(&reply) {
                panic!("{fault} for {text:?}: {reply:?}");
            }
        }
    }

    // `expand=[""]` and the like answer; nothing was written by any of it.
    assert_eq!(watch.checksum(), before);
}

/// A request with a body over a raw connection, as `user`.
fn post(user: &TestUser, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nConnection: close\r\n\
         Authorization: token {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        user.token().unwrap(),
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

#[test]
fn bodies_that_are_not_what_they_say_are_refused() {
    let site = TestSite::start();
    let admin = site.admin();
    let watch = Watch::new(&site);
    let before = watch.checksum();
    let deep = |open: &str, close: &str| open.repeat(10_000) + &close.repeat(10_000);
    let json = "application/json";
    let form = "application/x-www-form-urlencoded";
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        (json, deep("[", "]").into(), 417),
        (json, deep("{\"a\":", "}").replace(":}", ":1}").into(), 417),
        (json, format!("{{\"subject\":{}}}", deep("[", "]")).into(), 417),
        (json, b"{\"subject\":\"\xff\xfe\"}".to_vec(), 417),
        (json, b"{\"subject\":\"\\ud800\"}".to_vec(), 417),
        (json, b"{\"subject\":NaN}".to_vec(), 417),
        (json, b"{\"subject\":Infinity}".to_vec(), 417),
        (json, b"{'subject':'a'}".to_vec(), 417),
        (json, b"{\"subject\":\"a\",}".to_vec(), 417),
        (json, b"{\"subject\":\"a\nb\"}".to_vec(), 417),
        (json, b"\"text\"".to_vec(), 417),
        (json, b"null".to_vec(), 417),
        (json, b"\xef\xbb\xbf{}".to_vec(), 417),
        (json, b"{\"priority\":1e999}".to_vec(), 417),
        (json, b"{\"data\":\"[1\"}".to_vec(), 417),
        (json, b"[{\"subject\":\"a\"}]".to_vec(), 417),
        (form, b"data=%7B%22subject%22".to_vec(), 417),
        (form, b"data=[1,2]".to_vec(), 417),
        ("multipart/form-data", b"--x".to_vec(), 417),
        ("multipart/form-data; boundary=x", b"--x\r\nnothing".to_vec(), 417),
        (json, b"".to_vec(), 417),
        ("text/plain", b"{\"subject\":\"a\"}".to_vec(), 417),
    ];

    for (kind, body, status) in cases {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let reply = site
            .raw(&post(&admin, "/api/resource/HD%20Ticket", kind, &body))
            .unwrap_or_else(|| panic!("no answer to {shown}"));
        assert_eq!(reply.status, status, "{kind} {shown}: {reply:?}");
        if let Err(fault) = judge(&reply) {
            panic!("{fault} for {shown}: {reply:?}");
        }
    }
    assert_eq!(watch.checksum(), before);
}

#[test]
fn of_a_key_that_is_repeated_one_value_counts() {
    let site = TestSite::start();
    let admin = site.admin();
    let subject = |kind: &str, body: &str| {
        let request = post(&admin, "/api/resource/HD%20Ticket", kind, body.as_bytes());
        site.raw(&request).unwrap().ok().data()["subject"].clone()
    };

    assert_eq!(
        subject("application/json", r#"{"subject":"a","subject":"b"}"#),
        "b"
    );
    assert_eq!(
        subject("application/x-www-form-urlencoded", "subject=a&subject=b"),
        "a"
    );
}

#[test]
fn odd_targets_and_heads_get_a_4xx() {
    let site = TestSite::builder()
        .config(|config| config.header_timeout = 1)
        .start();
    let token = site.agent("ada@desk.example").token().unwrap().to_owned();
    let watch = Watch::new(&site);
    let before = watch.checksum();
    let long = "a".repeat(20_000);
    let many = "a[]=1&".repeat(20_000);

    for target in [
        &b"/api/resource/HD%20Ticket/%ff%fe"[..],
        b"/api/resource/%ff",
        b"/api/resource/HD%20Ticket/%00",
        b"/api/resource/HD%20Ticket/%2e%2e%2fsite.toml",
        b"/api/resource/HD%20Ticket/..%2f..%2fsite.toml",
        b"/api/resource/HD%2520Ticket",
        b"/api/resource/HD%20Ticket%00",
        b"/api/resource/HD%20Ticket/%",
        b"/api/resource/HD%20Ticket/%zz",
        b"/api/resource/HD+Ticket/x",
        b"/api/resource//HD%20Ticket",
        b"/api/method/frappe.client.get_count?doctype=%ff",
        b"/api/method/frappe.client.get_count?%ff=%fe&doctype=%00",
        b"/api/method/frappe.client.get_list?doctype=HD%20Ticket&filters=%ff",
        b"/api/method/frappe.client.get_count?doctype=HD%20Ticket&filters=%5B%5B%5B%5B",
        b"/api/method/%66rappe.client.get_coun%74?",
        b"/api/method/..%2fmethod%2fping%00",
        b"/api/method/frappe.client%00.get_count",
        b"/api/v2/method/%ff",
        b"/api/\xff\xfe",
        b"/api/method/\"<>",
    ] {
        let mut request = b"GET ".to_vec();
        request.extend_from_slice(target);
        request.extend_from_slice(
            format!(
                " HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nAuthorization: token {token}\r\n\
                 Connection: close\r\n\r\n"
            )
            .as_bytes(),
        );
        let shown = String::from_utf8_lossy(target).into_owned();
        let reply = site
            .raw(&request)
            .unwrap_or_else(|| panic!("no answer to {shown}"));
        assert!((400..500).contains(&reply.status), "{shown}: {reply:?}");
        // What is no HTTP is answered by hyper, without a body.
        if !reply.text.is_empty()
            && let Err(fault) = judge(&reply)
        {
            panic!("{fault} for {shown}: {reply:?}");
        }
    }
    for request in [
        format!("GET /api/method/ping?{long} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
        format!("GET /api/method/ping HTTP/1.1\r\nHost: a\r\nX-A: {long}\r\nConnection: close\r\n\r\n"),
        "GET /api/method/ping HTTP/1.1\r\nHost: a\r\nCookie: sid=\u{fffd}\"; sid=%00\r\nConnection: close\r\n\r\n"
            .to_owned(),
        "GET /api/method/ping HTTP/1.1\r\nHost: a\"<>\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /api/method/ping HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
        "GET /api/method/ping HTTP/9.9\r\n\r\n".to_owned(),
        "POST /api/method/ping HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n".to_owned(),
        "POST /api/method/ping HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n0\r\n\r\n"
            .to_owned(),
        "POST /api/method/ping HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n"
            .to_owned(),
        "\r\n\r\n\u{0}".to_owned(),
        "GET".to_owned(),
        format!(
            "POST /api/method/ping HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{many}",
            many.len()
        ),
    ] {
        // No answer is one too, where what came is no request.
        if let Some(reply) = site.raw(request.as_bytes()) {
            let shown: String = request.chars().take(80).collect();
            assert!(reply.status < 500, "{shown}: {reply:?}");
        }
    }
    assert_eq!(watch.checksum(), before);
    assert_eq!(*site.guest().get("/api/method/ping").message(), json!("pong"));
}

/// The most memory this process ever held, in bytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

#[test]
fn a_body_of_100_mb_is_refused_without_being_kept() {
    const SIZE: usize = 100 * 1024 * 1024;
    let site = TestSite::builder()
        .config(|config| config.max_file_size = 1024 * 1024)
        .start();
    let admin = site.admin();
    let watch = Watch::new(&site);
    let (before, memory) = (watch.checksum(), peak());
    let head = |how: &str| {
        format!(
            "POST /api/resource/HD%20Ticket HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\
             Authorization: token {}\r\nContent-Type: application/json\r\nConnection: close\r\n{how}\r\n\r\n",
            admin.token().unwrap()
        )
    };
    let piece = vec![b'x'; 64 * 1024];

    for size in [SIZE, 1536 * 1024] {
        let announced = site.raw_parts(|stream| {
            stream.write_all(head(&format!("Content-Length: {size}")).as_bytes())?;
            for _ in 0..size / piece.len() {
                stream.write_all(&piece)?;
            }
            Ok(())
        });
        let chunked = site.raw_parts(|stream| {
            stream.write_all(head("Transfer-Encoding: chunked").as_bytes())?;
            for _ in 0..size / piece.len() {
                write!(stream, "{:x}\r\n", piece.len())?;
                stream.write_all(&piece)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")
        });
        for reply in [announced, chunked] {
            match reply {
                Some(reply) => assert_eq!(reply.status, 413, "{reply:?}"),
                // A client that goes on sending far beyond the limit is cut off, and may see nothing but that.
                None => assert_eq!(size, SIZE, "a body a little over the limit gets its answer"),
            }
        }
    }
    // Waiting clients are told before they send.
    let expecting = site
        .raw(head(&format!("Content-Length: {SIZE}\r\nExpect: 100-continue")).as_bytes())
        .unwrap();

    assert_eq!(expecting.status, 413);
    assert_eq!(watch.checksum(), before);
    if let (Some(before), Some(after)) = (memory, peak()) {
        let grown = (after - before) / 1024 / 1024;
        assert!(grown < 50, "{grown} MB more");
    }
    assert_eq!(*site.guest().get("/api/method/ping").message(), json!("pong"));
}
