//! Callers without the `mask` right don't see masked values, in documents, lists, joins or functions.

use helpdesk_core::doctype::permissions::{self, Access};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::query::{self, ListRequest};
use serde_json::{Value, json};

use crate::harness::{Desk, databases, user};

fn furnished(desk: &Desk) {
    desk.make(
        "Deal",
        json!({"name": "A", "phone": "5551234", "email": "ada@acme.example", "amount": 7.5, "due": "2026-01-05"}),
    );
    desk.make("Deal", json!({"name": "B", "parent_deal": "A"}));
}

fn rows(desk: &Desk, roles: &[&str], fields: Value) -> Vec<Value> {
    let mut cx = desk.context(user("ada@desk.example", roles));
    let request = ListRequest {
        fields: fields.as_array().unwrap().clone(),
        order_by: "name asc".into(),
        ..ListRequest::of("Deal")
    };
    let rows = query::list_values(&mut cx, &request).unwrap();
    rows.into_iter().map(Value::Object).collect()
}

#[test]
fn lists_show_masks() {
    for desk in databases() {
        furnished(&desk);

        let fields = json!(["name", "phone", "email", "amount", "due"]);
        assert_eq!(
            rows(&desk, &["Reader"], fields.clone())[0],
            json!({
                "name": "A", "phone": "555XXXXXX", "email": "XXXXXX@acme.example",
                "amount": "XXXXXXXX", "due": "XX-XX-XXXX"
            })
        );
        assert_eq!(rows(&desk, &["Unmasked"], fields)[0]["phone"], "5551234");
        assert_eq!(
            rows(&desk, &["Reader"], json!(["name", "parent_deal.phone as up"]))[1]["up"],
            "555XXXXXX"
        );
        assert_eq!(
            rows(&desk, &["Reader"], json!([{"MAX": "phone", "as": "most"}]))[0]["most"],
            "555XXXXXX"
        );
    }
}

#[test]
fn documents_show_masks_and_take_them_back() {
    for desk in databases() {
        furnished(&desk);
        let session = || user("ada@desk.example", &["Writer"]);

        let shown = desk
            .run(session(), |cx| {
                let meta = cx.site().meta("Deal").unwrap();
                let mut doc = storage::get(cx, &meta, "A")?;
                permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut doc);
                Ok(doc)
            })
            .unwrap();
        let changes =
            json!({"phone": shown.text("phone"), "amount": shown.get("amount"), "email": "b@b.example"});
        desk.run(session(), |cx| {
            let meta = cx.site().meta("Deal").unwrap();
            save::update(cx, &meta, "A", changes.as_object().unwrap())
        })
        .unwrap();

        let stored = desk
            .admin(|cx| storage::values(cx, "Deal", "A", &["phone", "amount", "email"]))
            .unwrap()
            .unwrap();
        assert_eq!(shown.text("phone"), "555XXXXXX");
        assert_eq!(stored, [json!("5551234"), json!(7.5), json!("b@b.example")]);
    }
}
