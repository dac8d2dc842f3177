//! DocTypes as paths, with the operations and fields the caller's roles give.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Options, Out, body, components, json_content, may, reference};
use crate::doctype::field::{Field, FieldType};
use crate::doctype::meta::{Column, Meta};
use crate::doctype::permissions::{Access, Right};
use crate::doctype::registry::Metas;
use crate::session::Session;

/// Whether a caller finds a DocType in the description: by its role rules, a child DocType by those of a parent.
pub(super) fn is_shown(meta: &Meta, metas: &Metas, session: &Session) -> bool {
    if meta.is_virtual {
        return false;
    }
    if !meta.istable {
        return may(Access::of(meta, session), Right::Read);
    }
    metas.values().any(|parent| {
        !parent.istable
            && parent.table_fields().any(|field| field.options == meta.name)
            && may(Access::of(parent, session), Right::Read)
    })
}

/// Adds the paths and schemas of the DocTypes the caller may read; `metas` are sorted by name.
pub(super) fn describe(metas: &[&Arc<Meta>], options: &Options<'_>, out: &mut Out) {
    let by_name: HashMap<&str, &Meta> = metas.iter().map(|meta| (meta.name.as_str(), &***meta)).collect();
    let guest = Session::guest();
    let readable: Vec<&Meta> = metas
        .iter()
        .map(|meta| &***meta)
        .filter(|meta| !meta.istable && !meta.is_virtual)
        .filter(|meta| may(Access::of(meta, options.session), Right::Read))
        .collect();
    let mut children: BTreeSet<&str> = BTreeSet::new();
    for meta in &readable {
        let access = Access::of(meta, options.session);
        let tables = meta
            .table_fields()
            .filter(|field| access.reads_level(field.permlevel));
        let tables: Vec<&str> = tables.map(|field| field.options.as_str()).collect();
        if options.doctype.is_none_or(|wanted| wanted == meta.name) {
            paths(meta, access, may(Access::of(meta, &guest), Right::Read), out);
            out.schemas
                .insert(component(&meta.name), schema(meta, access, &by_name));
        } else if !options.doctype.is_some_and(|wanted| tables.contains(&wanted)) {
            continue;
        }
        children.extend(tables);
    }
    for child in children {
        let Some(meta) = by_name.get(child) else {
            continue;
        };
        // The rights on a row are those on its parent; levels within rows are rare, and left out here.
        let access = Access {
            read_levels: 1,
            write_levels: 1,
            ..Access::default()
        };
        let access = if options.session.is_administrator() {
            Access::FULL
        } else {
            access
        };
        out.schemas
            .insert(component(&meta.name), schema(meta, access, &by_name));
        if options.doctype.is_none_or(|wanted| wanted == meta.name) {
            child_paths(meta, out);
        }
    }
}

/// The name of a DocType's schema: letters and digits as they are, a blank as `_`, all else as `-hex`.
fn component(doctype: &str) -> String {
    let mut name = String::from("DocType.");
    for c in doctype.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c),
            ' ' => name.push('_'),
            c => {
                let _ = write!(name, "-{:x}", u32::from(c));
            }
        }
    }
    name
}

/// A path segment, percent-encoded.
fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// One operation on a DocType.
struct Operation {
    value: Map<String, Value>,
}

impl Operation {
    fn new(meta: &Meta, verb: &str, summary: String, out: &mut Out) -> Operation {
        let tag = if meta.module.is_empty() {
            "DocTypes".to_owned()
        } else {
            format!("DocTypes: {}", meta.module)
        };
        let id = component(&meta.name).replacen("DocType.", "resource.", 1);
        let mut value = Map::new();
        value.insert("operationId".to_owned(), format!("{id}.{verb}").into());
        value.insert("summary".to_owned(), summary.into());
        value.insert("tags".to_owned(), json!([tag]));
        value.insert("x-doctype".to_owned(), meta.name.clone().into());
        out.tags.insert(tag);
        Operation { value }
    }

    fn with(mut self, key: &str, value: Value) -> Operation {
        self.value.insert(key.to_owned(), value);
        self
    }

    /// The answer in case of success, and the errors there may be.
    fn answers(self, status: u16, schema: &Value, errors: &[u16]) -> Operation {
        let data = json!({
            "type": "object",
            "properties": { "data": schema, "_server_messages": reference("schemas", "ServerMessages") },
            "required": ["data"],
        });
        let mut responses = Map::new();
        responses.insert(
            status.to_string(),
            json!({ "description": "Done.", "content": json_content(&data) }),
        );
        for status in errors {
            let response = reference("responses", components::response_name(*status));
            responses.insert(status.to_string(), response);
        }
        responses.insert("default".to_owned(), reference("responses", "Failed"));
        self.with("responses", responses.into())
    }

    fn open(self, to_guests: bool) -> Value {
        let operation = if to_guests {
            self.with("security", json!([]))
        } else {
            self
        };
        operation.value.into()
    }
}

fn list_parameters() -> Value {
    components::LIST
        .iter()
        .map(|name| reference("parameters", name))
        .collect()
}

fn paths(meta: &Meta, access: Access, to_guests: bool, out: &mut Out) {
    let name = &meta.name;
    let document = reference("schemas", &component(name));
    let base = format!("/api/resource/{}", segment(name));
    let one = if meta.issingle {
        format!("{base}/{}", segment(name))
    } else {
        let mut collection = Map::new();
        let rows = json!({ "type": "array", "items": document });
        let list = Operation::new(meta, "list", format!("List {name} documents"), out)
            .with("parameters", list_parameters())
            .answers(200, &rows, &[403, 417]);
        collection.insert("get".to_owned(), list.open(to_guests));
        if may(access, Right::Create) {
            let insert = Operation::new(meta, "insert", format!("Insert one {name}"), out)
                .with("requestBody", body(&to_insert(meta, access, &document), true))
                .answers(200, &document, &[403, 409, 417]);
            collection.insert("post".to_owned(), insert.open(false));
        }
        out.paths.insert(base.clone(), collection.into());
        format!("{base}/{{name}}")
    };

    let mut item = Map::new();
    if !meta.issingle {
        item.insert("parameters".to_owned(), json!([reference("parameters", "name")]));
    }
    let read = Operation::new(meta, "read", format!("Read one {name}"), out)
        .with("parameters", json!([reference("parameters", "expand_links")]))
        .answers(200, &document, &[403, 404]);
    item.insert("get".to_owned(), read.open(to_guests));
    if may(access, Right::Write) {
        let update = Operation::new(meta, "update", format!("Change fields of one {name}"), out)
            .with(
                "description",
                "Fields that are not sent stay. Send `modified` as it was read to be refused where somebody else \
                 changed the document meanwhile."
                    .into(),
            )
            .with("requestBody", body(&document, false))
            .answers(200, &document, &[403, 404, 409, 417]);
        item.insert("put".to_owned(), update.open(false));
    }
    if may(access, Right::Delete) && !meta.issingle {
        let delete = Operation::new(meta, "delete", format!("Delete one {name}"), out).answers(
            202,
            &json!({ "const": "ok" }),
            &[403, 404, 417],
        );
        item.insert("delete".to_owned(), delete.open(false));
    }
    out.paths.insert(one, item.into());
}

/// Child rows: read alone; they change with their parents.
fn child_paths(meta: &Meta, out: &mut Out) {
    let base = format!("/api/resource/{}", segment(&meta.name));
    let row = reference("schemas", &component(&meta.name));
    let rows = json!({ "type": "array", "items": row });
    let list = Operation::new(meta, "list", format!("List {} rows", meta.name), out)
        .with(
            "description",
            "Rows of other documents. Name their DocType in `parent`.".into(),
        )
        .with("parameters", list_parameters())
        .answers(200, &rows, &[403, 417]);
    out.paths.insert(base.clone(), json!({ "get": list.open(false) }));
    let read = Operation::new(meta, "read", format!("Read one {} row", meta.name), out)
        .with("parameters", json!([reference("parameters", "expand_links")]))
        .answers(200, &row, &[403, 404]);
    out.paths.insert(
        format!("{base}/{{name}}"),
        json!({ "parameters": [reference("parameters", "name")], "get": read.open(false) }),
    );
}

/// The schema of an insert: the document's, with the mandatory fields that nothing else fills.
fn to_insert(meta: &Meta, access: Access, document: &Value) -> Value {
    let required: Vec<&str> = meta
        .fields
        .iter()
        .filter(|field| is_described(field) && access.writes_level(field.permlevel))
        .filter(|field| field.reqd && field.default.is_empty() && field.fetch_from.is_empty())
        // A Select begins with its first choice.
        .filter(|field| field.fieldtype != FieldType::Select)
        .map(|field| field.fieldname.as_str())
        .collect();
    if required.is_empty() {
        document.clone()
    } else {
        json!({ "allOf": [document, { "required": required }] })
    }
}

fn is_described(field: &Field) -> bool {
    !field.fieldtype.is_layout()
}

/// The schema of a DocType's documents, as far as the caller may read their fields.
fn schema(meta: &Meta, access: Access, metas: &HashMap<&str, &Meta>) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "doctype".to_owned(),
        json!({ "const": meta.name, "readOnly": true }),
    );
    for column in meta
        .columns
        .iter()
        .filter(|column| column.in_document && column.field.is_none())
    {
        properties.insert(column.name.clone(), standard(meta, column));
    }
    for field in &meta.fields {
        if !is_described(field) || !access.reads_level(field.permlevel) {
            continue;
        }
        let mut shown = field_schema(field, metas);
        if field.is_virtual || !access.writes_level(field.permlevel) {
            shown.insert("readOnly".to_owned(), true.into());
        }
        properties.insert(field.fieldname.clone(), shown.into());
    }
    let mut schema = json!({ "type": "object", "title": meta.name, "properties": properties });
    if let (Value::Object(schema), Some(text)) =
        (&mut schema, meta.other.get("description").and_then(Value::as_str))
        && !text.is_empty()
    {
        schema.insert("description".to_owned(), text.into());
    }
    schema
}

const MOMENT: &str = "2026-07-01 09:30:00";

/// A column every table has.
fn standard(meta: &Meta, column: &Column) -> Value {
    let title = meta.label(&column.name);
    match column.name.as_str() {
        "name" if meta.integer_names => json!({ "type": "integer", "title": title, "readOnly": true }),
        "creation" | "modified" => json!({
            "type": "string", "title": title, "readOnly": true, "x-fieldtype": "Datetime", "examples": [MOMENT],
        }),
        "owner" | "modified_by" => json!({
            "type": "string", "title": title, "readOnly": true, "x-fieldtype": "Link", "x-link": "User",
        }),
        "docstatus" => json!({
            "type": "integer",
            "enum": [0, 1, 2],
            "description": "0 draft, 1 submitted, 2 cancelled.",
            "default": 0,
        }),
        "idx" => json!({ "type": "integer", "description": "Place among the rows of a table, from 1." }),
        "name" if matches!(meta.autoname.as_str(), "prompt" | "Prompt" | "") => {
            json!({ "type": "string", "title": title })
        }
        "name" => json!({ "type": "string", "title": title, "readOnly": true }),
        _ => json!({ "type": ["string", "null"], "readOnly": true }),
    }
}

/// A field's schema, with its label as title.
fn field_schema(field: &Field, metas: &HashMap<&str, &Meta>) -> Map<String, Value> {
    let mut schema = typed(field, metas);
    if !field.label.is_empty() {
        schema.insert("title".to_owned(), field.label.clone().into());
    }
    if let Some(text) = field.other.get("description").and_then(Value::as_str)
        && !text.is_empty()
    {
        schema.insert("description".to_owned(), text.into());
    }
    if let Some(default) = default_of(field) {
        schema.insert("default".to_owned(), default);
    }
    schema.insert("x-fieldtype".to_owned(), field.fieldtype.name().into());
    for (key, on) in [
        ("x-unique", field.unique),
        ("x-set-only-once", field.set_only_once),
        ("x-mandatory", field.reqd),
    ] {
        if on {
            schema.insert(key.to_owned(), true.into());
        }
    }
    schema
}

fn typed(field: &Field, metas: &HashMap<&str, &Meta>) -> Map<String, Value> {
    let mut schema = Map::new();
    let mut set = |key: &str, value: Value| schema.insert(key.to_owned(), value);
    let nullable = !field.reqd && !field.not_nullable;
    let or_null = |name: &str| {
        if nullable {
            json!([name, "null"])
        } else {
            name.into()
        }
    };
    match field.fieldtype {
        FieldType::Table | FieldType::TableMultiSelect => {
            set("type", "array".into());
            let rows = if metas.contains_key(field.options.as_str()) {
                reference("schemas", &component(&field.options))
            } else {
                json!({ "type": "object" })
            };
            set("items", rows);
        }
        FieldType::Check => {
            set("type", "integer".into());
            set("enum", json!([0, 1]));
        }
        FieldType::Int | FieldType::LongInt => {
            set("type", "integer".into());
        }
        FieldType::Float | FieldType::Currency | FieldType::Percent => {
            set("type", "number".into());
        }
        FieldType::Rating => {
            set("type", "number".into());
            set("minimum", json!(0));
            set("maximum", json!(1));
        }
        FieldType::Duration => {
            set("type", or_null("number"));
            set("x-unit", "seconds".into());
        }
        FieldType::Date => {
            set("type", or_null("string"));
            set("format", "date".into());
        }
        FieldType::Time => {
            set("type", or_null("string"));
            set("examples", json!(["9:30:00"]));
        }
        FieldType::Datetime => {
            set("type", or_null("string"));
            set("examples", json!([MOMENT]));
        }
        FieldType::Select => {
            set("type", or_null("string"));
            let mut choices: Vec<Value> = Vec::new();
            for choice in field.choices() {
                if !choices.iter().any(|known| known == choice) {
                    choices.push(choice.into());
                }
            }
            if nullable {
                choices.push(Value::Null);
            }
            if !field.options.trim().is_empty() {
                set("enum", choices.into());
            }
        }
        FieldType::Link => {
            set("type", or_null("string"));
            set("x-link", field.options.clone().into());
        }
        FieldType::DynamicLink => {
            set("type", or_null("string"));
            set("x-link-field", field.options.clone().into());
        }
        FieldType::Json => {
            set("type", or_null("string"));
            set("contentMediaType", "application/json".into());
        }
        FieldType::Password => {
            set("type", or_null("string"));
            set("format", "password".into());
        }
        FieldType::TextEditor | FieldType::HtmlEditor => {
            set("type", or_null("string"));
            set("contentMediaType", "text/html".into());
        }
        FieldType::MarkdownEditor => {
            set("type", or_null("string"));
            set("contentMediaType", "text/markdown".into());
        }
        _ => {
            set("type", or_null("string"));
            match field.options.as_str() {
                "Email" if field.fieldtype == FieldType::Data => set("format", "email".into()),
                "URL" if field.fieldtype == FieldType::Data => set("format", "uri".into()),
                _ => None,
            };
        }
    }
    if field.non_negative && field.fieldtype != FieldType::Rating {
        set("minimum", json!(0));
    }
    if let Some(length) = field
        .max_length()
        .filter(|_| field.fieldtype != FieldType::Select)
    {
        set("maxLength", length.into());
    }
    schema
}

/// The default where it is a plain value, not one worked out at each insert.
fn default_of(field: &Field) -> Option<Value> {
    let text = field.default.trim();
    let is_computed = text.starts_with(':')
        || matches!(
            text.to_ascii_lowercase().as_str(),
            "now" | "today" | "user" | "__user"
        );
    if text.is_empty() || is_computed || field.fieldtype.is_table() {
        return None;
    }
    use crate::db::Kind;
    match field.fieldtype.kind() {
        Kind::Int | Kind::Check => text.parse::<i64>().ok().map(Value::from),
        Kind::Float => text.parse::<f64>().ok().map(Value::from),
        _ => Some(text.into()),
    }
}
