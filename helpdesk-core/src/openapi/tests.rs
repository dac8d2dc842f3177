use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::{JsonSchema, json_schema};
use serde_json::{Value, json};

use super::*;
use crate::doctype::meta::Perm;
use crate::doctype::permissions::Rights;
use crate::method::{Handler, Location, Method, MethodSchema, Param, RateLimit, Verb, Verbs};
use crate::reply::Reply;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
struct Line {
    /// What is bought.
    item: String,
    next: Option<Box<Line>>,
}

const PLAIN: Method = Method {
    path: "acme.shop.ping",
    aliases: &[],
    doc: "",
    allow_guest: true,
    xss_safe: false,
    verbs: Verbs::of(&[Verb::Get]),
    limits: &[],
    params: &[],
    injected: &[],
    handler: Handler::Inline(|_, _| Ok(Reply::Empty)),
    schema: |_| MethodSchema::default(),
    location: Location {
        file: "a.rs",
        line: 1,
    },
    package: "x",
};

const ARGUMENT: Param = Param {
    name: "",
    doc: "",
    rust_type: "",
    has_default: false,
    default: None,
    rest: false,
};

static METHODS: [Method; 3] = [
    PLAIN,
    Method {
        path: "acme.shop.orders.place",
        aliases: &["place_order"],
        doc: " Place an order.\n\n Tells the shop.\n\n # Errors\n - 403 if the shop\n   is closed\n - 409 if it is there\n\n \
              Source: notes.",
        allow_guest: false,
        verbs: Verbs::of(&[Verb::Get, Verb::Post]),
        limits: &[
            RateLimit {
                limit: Limit::Fixed(5),
                seconds: 60,
                key: Some("customer"),
                ip_based: false,
                verbs: Verbs::of(&[Verb::Post]),
            },
            RateLimit {
                limit: Limit::Of(|_| 0),
                seconds: 1,
                key: None,
                ip_based: true,
                verbs: Verbs::of(&[Verb::Post]),
            },
        ],
        params: &[
            Param {
                name: "customer",
                doc: " Who buys.",
                ..ARGUMENT
            },
            Param {
                name: "lines",
                ..ARGUMENT
            },
            Param {
                name: "urgent",
                has_default: true,
                default: Some(|| json!(false)),
                ..ARGUMENT
            },
            Param {
                name: "anything",
                ..ARGUMENT
            },
        ],
        injected: &["&mut Cx", "&Agent"],
        schema: |generator| MethodSchema {
            args: vec![
                ("customer", generator.subschema_for::<String>(), true),
                ("lines", generator.subschema_for::<Vec<Line>>(), true),
                ("urgent", generator.subschema_for::<bool>(), false),
                ("anything", json_schema!(true), false),
            ],
            result: Some(generator.subschema_for::<Line>()),
        },
        ..PLAIN
    },
    Method {
        path: "acme.shop.orders.search",
        params: &[Param {
            name: "rest",
            rest: true,
            ..ARGUMENT
        }],
        schema: |generator| MethodSchema {
            args: Vec::new(),
            result: Some(generator.subschema_for::<Option<u32>>()),
        },
        ..PLAIN
    },
];

fn meta(record: Value, perms: &[(&str, u8, &[&str])]) -> Arc<Meta> {
    let json = record.to_string().leak();
    let mut meta = Meta::of(&crate::doctype::def::Registration::Data {
        json,
        location: PLAIN.location,
    })
    .unwrap();
    meta.perms = perms
        .iter()
        .map(|(role, permlevel, rights)| Perm {
            role: (*role).to_owned(),
            permlevel: *permlevel,
            if_owner: false,
            rights: Rights::of(rights),
        })
        .collect();
    Arc::new(meta)
}

fn metas() -> Vec<Arc<Meta>> {
    vec![
        meta(
            json!({ "name": "Shop Order", "module": "Shop", "fields": [
                { "fieldname": "customer", "fieldtype": "Link", "options": "User", "reqd": 1, "label": "Customer" },
                { "fieldname": "status", "fieldtype": "Select", "options": "Open\nClosed", "default": "Open" },
                { "fieldname": "break", "fieldtype": "Section Break" },
                { "fieldname": "margin", "fieldtype": "Float", "permlevel": 1 },
                { "fieldname": "placed", "fieldtype": "Datetime", "default": "Now" },
                { "fieldname": "lines", "fieldtype": "Table", "options": "Order Line" },
            ]}),
            &[
                ("Seller", 0, &["read", "create"]),
                ("Boss", 0, &["read", "write", "create", "delete"]),
                ("Boss", 1, &["read"]),
            ],
        ),
        meta(
            json!({ "name": "Order Line", "istable": 1, "fields": [
                { "fieldname": "item", "fieldtype": "Data" },
            ]}),
            &[],
        ),
        meta(
            json!({ "name": "Shop_Settings/1", "issingle": 1, "fields": [
                { "fieldname": "open", "fieldtype": "Check", "default": "1" },
            ]}),
            &[("Boss", 0, &["read", "write"]), ("Guest", 0, &["read"])],
        ),
    ]
}

fn session(role: &str) -> Session {
    let mut roles: Vec<Arc<str>> = vec![Arc::from(role), Arc::from("Guest")];
    roles.sort();
    Session {
        user: Arc::from("a@b.c"),
        roles: roles.into(),
        ..Session::guest()
    }
}

fn of(session: &Session, doctype: Option<&str>) -> Value {
    let dispatch = Dispatch::of(&METHODS, []).unwrap();
    let info = Info {
        title: "Shop".to_owned(),
        version: "1".to_owned(),
    };
    let options = Options {
        session,
        doctype,
        limit: &|limit| match limit {
            Limit::Fixed(number) => Some(number),
            Limit::Of(_) => None,
        },
    };
    document(&info, &dispatch, &metas(), &options)
}

fn boss() -> Value {
    of(&session("Boss"), None)
}

fn paths(document: &Value) -> Vec<&str> {
    document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// The rules of OpenAPI 3.1 that a description can break.
fn check(document: &Value) {
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let known: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let schemes = &document["components"]["securitySchemes"];
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/') && !path.contains(' '), "{path}");
        let shared = item
            .get("parameters")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let operations = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(key, _)| *key != "parameters");
        for (verb, operation) in operations {
            assert!(
                ["get", "post", "put", "delete", "patch"].contains(&verb.as_str()),
                "{verb}"
            );
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{operation}"
            );
            for tag in operation["tags"].as_array().unwrap() {
                assert!(known.contains(tag.as_str().unwrap()), "{tag}");
            }
            let own = operation
                .get("parameters")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let mut places = BTreeSet::new();
            for parameter in shared.iter().chain(&own) {
                let parameter = resolved(document, parameter);
                let (name, place) = (
                    parameter["name"].as_str().unwrap(),
                    parameter["in"].as_str().unwrap(),
                );
                assert!(
                    !name.is_empty() && ["query", "path"].contains(&place),
                    "{parameter}"
                );
                assert!(places.insert((name.to_owned(), place.to_owned())), "{name} twice");
                assert!(parameter.get("schema").is_some() != parameter.get("content").is_some());
                if place == "path" {
                    assert_eq!(parameter["required"], true);
                    assert!(path.contains(&format!("{{{name}}}")), "{path}");
                }
            }
            for name in path.split('{').skip(1).filter_map(|part| part.split('}').next()) {
                assert!(places.contains(&(name.to_owned(), "path".to_owned())), "{path}");
            }
            let responses = operation["responses"].as_object().unwrap();
            assert!(!responses.is_empty());
            for (status, response) in responses {
                assert!(status == "default" || status.parse::<u16>().is_ok_and(|s| (200..600).contains(&s)));
                assert!(
                    resolved(document, response)["description"].is_string(),
                    "{response}"
                );
            }
            if let Some(body) = operation.get("requestBody") {
                assert!(body["content"].is_object());
            }
            for security in operation
                .get("security")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                assert!(
                    security
                        .as_object()
                        .unwrap()
                        .keys()
                        .all(|name| schemes.get(name).is_some())
                );
            }
        }
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys() {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            assert!(name.chars().all(plain), "{kind}/{name}");
        }
    }
    references(document, document);
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(pointer) => document
            .pointer(pointer.strip_prefix('#').unwrap())
            .expect(pointer),
        None => value,
    }
}

fn references(document: &Value, value: &Value) {
    match value {
        Value::Object(object) => {
            if object.get("$ref").is_some_and(Value::is_string) {
                resolved(document, value);
            }
            object.values().for_each(|value| references(document, value));
        }
        Value::Array(list) => list.iter().for_each(|value| references(document, value)),
        _ => {}
    }
}

#[test]
fn descriptions_keep_the_rules_of_openapi() {
    check(&boss());
    check(&of(&Session::guest(), None));
    check(&of(&session("Seller"), Some("Shop Order")));
    check(&of(&session("Seller"), Some("Order Line")));
    assert_eq!(boss().to_string(), boss().to_string());
}

#[test]
fn what_this_binary_registers_keeps_the_rules_too() {
    let dispatch = Dispatch::collect().unwrap();
    let metas = crate::doctype::registry::registered().unwrap();
    let administrator = Session {
        user: Arc::from("Administrator"),
        ..Session::guest()
    };
    let options = Options {
        session: &administrator,
        doctype: None,
        limit: &|_| None,
    };
    let info = Info {
        title: "x".to_owned(),
        version: "1".to_owned(),
    };

    check(&document(&info, &dispatch, metas.values(), &options));
}

#[test]
fn a_method_is_one_operation_a_verb() {
    let document = boss();
    let place = &document["paths"]["/api/method/acme.shop.orders.place"];
    let (get, post) = (&place["get"], &place["post"]);

    assert_eq!(get["operationId"], "acme.shop.orders.place.get");
    assert_eq!(post["summary"], "Place an order.");
    assert_eq!(
        post["description"],
        "Tells the shop.\n\nAlso answers as `place_order`."
    );
    assert_eq!(post["tags"], json!(["acme.shop.orders"]));
    assert_eq!(post["x-requires"], json!(["Agent"]));
    assert!(post.get("security").is_none() && post.get("parameters").is_none());
    assert_eq!(post["responses"]["403"]["description"], "If the shop is closed");
    assert_eq!(
        get["responses"].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["200", "403", "409", "417", "default"]
    );
    assert!(
        document["paths"]["/api/method/acme.shop.ping"]["get"]
            .get("requestBody")
            .is_none()
    );
}

#[test]
fn arguments_stand_in_the_query_or_in_the_body() {
    let document = boss();
    let place = &document["paths"]["/api/method/acme.shop.orders.place"];
    let parameters = &place["get"]["parameters"];

    assert_eq!(parameters[0]["description"], "Who buys.");
    assert_eq!(parameters[0]["required"], true);
    assert_eq!(
        parameters[1]["content"]["application/json"]["schema"]["type"],
        "array"
    );
    assert_eq!(parameters[2]["schema"]["default"], false);
    assert_eq!(parameters[3]["schema"], json!({}));
    let body = &place["post"]["requestBody"];
    assert_eq!(body["required"], true);
    let form = &body["content"]["application/x-www-form-urlencoded"]["schema"];
    assert_eq!(form, &body["content"]["application/json"]["schema"]);
    let arguments = resolved(&document, form);
    assert_eq!(arguments["required"], json!(["customer", "lines"]));
    assert_eq!(
        arguments["properties"]["lines"]["items"]["$ref"],
        "#/components/schemas/Line"
    );
    let search = &document["paths"]["/api/method/acme.shop.orders.search"]["get"];
    assert_eq!(search["parameters"][0]["schema"]["additionalProperties"], true);
}

#[test]
fn results_stand_in_the_envelope() {
    let document = boss();
    let answer = |name: &str| document["components"]["schemas"][format!("{name}.result")].clone();

    assert_eq!(
        answer("acme.shop.orders.place")["properties"]["message"]["$ref"],
        "#/components/schemas/Line"
    );
    assert_eq!(answer("acme.shop.orders.place")["required"], json!(["message"]));
    assert!(answer("acme.shop.orders.search").get("required").is_none());
    assert_eq!(answer("acme.shop.ping")["properties"]["message"], json!({}));
    let kinds = document["components"]["schemas"]["Error"]["properties"]["exc_type"]["enum"].clone();
    assert_eq!(
        kinds.as_array().unwrap().len(),
        crate::error::ErrorKind::ALL.len()
    );
}

#[test]
fn limits_and_guests_are_told() {
    let document = boss();
    let place = &document["paths"]["/api/method/acme.shop.orders.place"];

    assert_eq!(
        place["post"]["x-rate-limit"],
        json!([
            { "limit": 5, "seconds": 60, "key": "customer", "ip_based": false, "methods": ["POST"] },
            { "limit": null, "seconds": 1, "key": null, "ip_based": true, "methods": ["POST"] },
        ])
    );
    assert!(place["get"].get("x-rate-limit").is_none() && place["get"]["responses"].get("429").is_none());
    let spent = resolved(&document, &place["post"]["responses"]["429"]);
    assert!(spent["headers"]["Retry-After"].is_object());
    assert_eq!(
        document["paths"]["/api/method/acme.shop.ping"]["get"]["security"],
        json!([])
    );
}

#[test]
fn doctypes_show_what_the_caller_may_do() {
    let order = "/api/resource/Shop%20Order";
    let one = "/api/resource/Shop%20Order/{name}";
    let verbs = |document: &Value, path: &str| -> Vec<String> {
        let item = document["paths"][path].as_object().unwrap();
        item.keys().filter(|key| *key != "parameters").cloned().collect()
    };
    let (boss, seller) = (boss(), of(&session("Seller"), None));

    assert_eq!(verbs(&boss, order), ["get", "post"]);
    assert_eq!(verbs(&boss, one), ["get", "put", "delete"]);
    assert_eq!(verbs(&seller, one), ["get"]);
    assert_eq!(verbs(&seller, "/api/resource/Order%20Line"), ["get"]);
    let single = "/api/resource/Shop_Settings%2F1/Shop_Settings%2F1";
    assert_eq!(verbs(&boss, single), ["get", "put"]);
    assert_eq!(boss["paths"][single]["get"]["security"], json!([]));

    let guest = of(&Session::guest(), None);
    let resources: Vec<_> = paths(&guest)
        .into_iter()
        .filter(|path| path.contains("/resource/"))
        .collect();
    assert_eq!(resources, [single]);
    assert_eq!(
        paths(&guest).len(),
        METHODS.len() + 1,
        "methods are told to everyone"
    );
}

#[test]
fn fields_have_their_types_and_only_those_the_caller_reads() {
    let document = boss();
    let fields = &document["components"]["schemas"]["DocType.Shop_Order"]["properties"];

    assert_eq!(
        fields["customer"],
        json!({ "type": "string", "x-link": "User", "maxLength": 140, "title": "Customer", "x-fieldtype": "Link",
            "x-mandatory": true })
    );
    assert_eq!(fields["status"]["enum"], json!(["Open", "Closed", null]));
    assert_eq!(fields["status"]["default"], "Open");
    assert_eq!(fields["margin"]["readOnly"], true);
    assert!(fields["placed"].get("default").is_none() && fields.get("break").is_none());
    assert_eq!(
        fields["lines"]["items"]["$ref"],
        "#/components/schemas/DocType.Order_Line"
    );
    assert_eq!(fields["modified"]["title"], "Last Updated On");
    let schemas = &of(&session("Seller"), None)["components"]["schemas"];
    assert!(
        schemas["DocType.Shop_Order"]["properties"]
            .get("margin")
            .is_none()
    );
    let insert = &document["paths"]["/api/resource/Shop%20Order"]["post"]["requestBody"];
    let insert = &insert["content"]["application/json"]["schema"];
    assert_eq!(insert["allOf"][1]["required"], json!(["customer"]));
    assert!(
        document["components"]["schemas"]
            .get("DocType.Shop-5fSettings-2f1")
            .is_some(),
        "no two names share a component"
    );
}

#[test]
fn one_doctype_can_be_asked_for_alone() {
    let document = of(&session("Boss"), Some("Shop Order"));

    assert_eq!(
        paths(&document),
        ["/api/resource/Shop%20Order", "/api/resource/Shop%20Order/{name}"]
    );
    assert!(
        document["components"]["schemas"]
            .get("DocType.Order_Line")
            .is_some()
    );
    assert!(paths(&of(&Session::guest(), Some("Shop Order"))).is_empty());
}
