//! Orders: the shop's own DocType, and what can be asked about it.

use helpdesk_core::doctype::permissions::{list_rule, meta_of};
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::typed::{doc_event, doctype};
use helpdesk_core::mail::{self, Mail};
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::search::{self, Phrase, Scope, Wanted};
use helpdesk_core::search_index;
use schemars::JsonSchema;

/// What a customer bought.
#[doctype(name = "Shop Order", module = "Shop", autoname = "SO-.#####", track_changes,
    permission(role = "System Manager", rights = [read, write, create, delete]),
    permission(role = "Agent", rights = [read, write, create]),
    index("customer", "modified"))]
#[derive(Clone, Debug)]
pub struct ShopOrder {
    #[field(standard)]
    pub name: String,
    /// What was bought.
    #[field(reqd, in_list_view)]
    pub title: String,
    /// Address of who bought it.
    #[field(options = "Email", reqd)]
    pub customer: String,
    /// Pieces.
    #[field(default = "1")]
    pub pieces: i64,
    /// Price of one piece.
    #[field(currency)]
    pub price: f64,
    /// Price of all.
    #[field(currency, read_only)]
    pub total: f64,
}

search_index!("orders", "Shop Order", content = "title");

/// An order's total follows from its pieces and price.
#[doc_event(doctype = ShopOrder, on = "validate")]
fn add_up(order: &mut ShopOrder, _: &mut Cx) -> Result<()> {
    if order.pieces < 1 {
        return Err(invalid("An order has at least one piece"));
    }
    #[expect(clippy::cast_precision_loss, reason = "nobody orders that many pieces")]
    let pieces = order.pieces as f64;
    order.total = pieces * order.price;
    Ok(())
}

/// Whoever ordered is thanked by mail; the order need not wait for that.
#[doc_event(doctype = ShopOrder, on = "after_insert")]
fn leave_thanks(order: &mut ShopOrder, cx: &mut Cx) -> Result<()> {
    cx.enqueue(thank::JOB.with(json!({ "order": order.name })))?;
    Ok(())
}

/// Mails a customer that an order has come in.
#[job(queue = "short", attempts = 3)]
fn thank(cx: &mut Cx, order: String) -> Result<()> {
    let found = storage::values(cx, ShopOrder::DOCTYPE, &order, &["customer", "title"])?;
    let Some([Value::String(customer), Value::String(title)]) = found.as_deref() else {
        return Ok(());
    };
    let text = format!("Thank you for ordering {title}.\n");
    let mail = Mail::text(customer, "Your order", text, (ShopOrder::DOCTYPE, &order));
    mail::queue(cx, &mail).map(|_| ())
}

/// What a customer has ordered so far.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Number of orders.
    orders: usize,
    /// Sum of their totals.
    total: f64,
}

/// What a customer has ordered so far, of the orders the caller may see.
///
/// # Errors
/// - 403 if the caller may not list orders
#[whitelist(methods = [GET, POST])]
#[rate_limit(limit = 60, seconds = 60)]
pub fn summary(
    cx: &mut Cx,
    /// Address of the customer.
    customer: String,
    /// Orders smaller than this don't count.
    #[arg(default = 0.0)]
    at_least: f64,
) -> Result<Summary> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["total".into()],
            filters: json!([["customer", "=", customer], ["total", ">=", at_least]]),
            ..ListRequest::of(ShopOrder::DOCTYPE)
        },
    )?;
    let total = rows.iter().filter_map(|row| row.get("total")?.as_f64()).sum();
    Ok(Summary {
        orders: rows.len(),
        total,
    })
}

/// Names of orders by the words of their titles, of those the caller may see, best first.
///
/// # Errors
/// 403 if the caller may not list orders.
#[whitelist(methods = [GET, POST])]
pub fn find(cx: &mut Cx, words: String) -> Result<Vec<String>> {
    let meta = meta_of(cx, "Shop Order")?;
    let mut scope = Scope {
        condition: list_rule(cx, &meta)?.to_sql("o"),
        ..Scope::default()
    };
    scope.joins.sql(" JOIN \"tabShop Order\" AS o ON o.name = s.name");
    let wanted = Wanted {
        all: words
            .split_whitespace()
            .filter_map(|word| Some(vec![Phrase::of(word, 3)?]))
            .collect(),
        title_only: false,
    };
    let hits = search::find(cx.db(), "orders", &wanted, &scope, 20)?;
    Ok(hits.into_iter().map(|hit| hit.name).collect())
}
