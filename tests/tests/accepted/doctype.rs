//! A DocType of an app of one's own, with children, an enum, data rows and names that are keywords.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::{DocTypeStruct, FieldValue, Layout, doctype};
use helpdesk_core::error::{Result, invalid};
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Open,
    Paid,
}

impl FieldValue for State {
    fn read(value: &Value) -> Result<State> {
        match value.as_str() {
            Some("Open") => Ok(State::Open),
            Some("Paid") => Ok(State::Paid),
            _ => Err(invalid(format!("{value} is no state"))),
        }
    }

    fn write(&self) -> Value {
        json!(format!("{self:?}"))
    }
}

/// What was ordered, one kind of thing a row.
#[doctype(name = "Shop Order Item", module = "Shop", istable)]
#[derive(Clone, Debug)]
pub struct ShopOrderItem {
    #[field(standard)]
    pub name: String,
    pub r#type: String,
    #[field(int, default = 1)]
    pub pieces: i64,
}

/// A private DocType is one too.
#[doctype(name = "Shop Order", app = "shop", module = "Shop", permission(role = "Guest", rights = ["read"]))]
struct ShopOrder {
    #[field(section_break, label = "What")]
    _what: Layout,
    #[field(select = ["Open", "Paid"], default = "Open")]
    state: Option<State>,
    #[field(table = "Shop Order Item")]
    items: Vec<ShopOrderItem>,
    #[field(table = "Shop Order Event", read_only, is_virtual)]
    events: Vec<Document>,
    #[field(rename = "match")]
    matches: bool,
    total: std::option::Option<f64>,
    /// Computed; not written.
    #[field(is_virtual)]
    title: String,
}

mod core {
    //! Generated code does not mind what one's modules are called.

    #[helpdesk_core::doctype::typed::doctype(name = "Shop Note")]
    pub struct ShopNote {
        pub text: String,
    }
}

#[test]
fn rows_and_definitions_follow_the_struct() {
    let item = ShopOrderItem {
        name: "a1".to_owned(),
        r#type: "Mug".to_owned(),
        pieces: 2,
    };
    assert_eq!(
        Value::from(item.to_row()),
        json!({ "name": "a1", "type": "Mug", "pieces": 2 })
    );

    let new = ShopOrderItem {
        name: String::new(),
        ..item
    };
    assert_eq!(Value::from(new.to_row()), json!({ "type": "Mug", "pieces": 2 }));

    let order = ShopOrder {
        _what: Layout,
        state: Some(State::Paid),
        items: vec![new],
        events: Vec::new(),
        matches: true,
        total: None,
        title: "Order".to_owned(),
    };
    assert_eq!(
        Value::from(order.to_row()),
        json!({ "state": "Paid", "match": 1, "total": null })
    );

    assert_eq!(ShopOrder::DOCTYPE, "Shop Order");
    assert_eq!(ShopOrder::DEF.app, "shop");
    assert_eq!(ShopOrder::DEF.fields.len(), 7);
    assert_eq!(ShopOrderItem::DEF.fields[0].label, "Type");
    assert_eq!(core::ShopNote::DEF.name, "Shop Note");
    assert!(helpdesk_core::doctype::def::registrations().count() >= 3);
}
