//! What the page of a Web Form shows.

use serde_json::Map;

use super::{FIELDS, WEB_FORM, field_of};
use crate::doctype::document::Document;
use crate::doctype::field::{Field, FieldType};
use crate::doctype::permissions::meta_of;
use crate::doctype::storage;
use crate::html;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Choices of a linked DocType that a page offers at most.
const MOST: u64 = 200;

/// The page of a form.
#[derive(Clone, Debug, Serialize)]
pub struct FormPage {
    /// The Web Form.
    pub name: String,
    title: String,
    /// Plain text.
    introduction: String,
    button: String,
    success_title: String,
    success_message: String,
    fields: Vec<PageField>,
    /// Whether only who is signed in may send it.
    pub login_required: bool,
}

/// What a page asks for.
#[derive(Clone, Debug, Serialize)]
struct PageField {
    name: String,
    label: String,
    description: String,
    required: bool,
    /// How it is typed in; a template knows each.
    kind: Map<String, Value>,
    value: String,
    choices: Vec<Choice>,
}

#[derive(Clone, Debug, Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// The page of the published form at a path (`ticket-feedback`, `ticket-feedback/new`); `given` are values the address
/// brings. `None` where there is none.
///
/// # Errors
/// A database failure.
pub fn at(cx: &mut Cx, path: &str, given: &Args) -> Result<Option<FormPage>> {
    let route = path.trim_matches('/');
    let route = route.strip_suffix("/new").unwrap_or(route);
    let found = query::list_values(
        cx,
        &ListRequest {
            filters: json!({ "route": route, "published": 1 }),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of(WEB_FORM)
        },
    )?;
    let Some(name) = found.first().and_then(|row| row.get("name")?.as_str()) else {
        return Ok(None);
    };
    let Some(form) = storage::load(cx, &meta_of(cx, WEB_FORM)?, name)? else {
        return Ok(None);
    };
    let meta = meta_of(cx, form.text("doc_type"))?;
    let mut fields = Vec::new();
    for row in form.rows(FIELDS) {
        if let Some(field) = field_of(row, &meta).filter(|_| !row.is_on("read_only")) {
            fields.extend(shown(cx, row, field, given)?);
        }
    }
    let or = |field: &str, default: &str| match form.text(field) {
        "" => default.to_owned(),
        text => text.to_owned(),
    };
    Ok(Some(FormPage {
        name: form.name_text(),
        title: form.text("title").to_owned(),
        introduction: html::text_of(form.text("introduction_text")),
        button: or("button_label", "Send"),
        success_title: or("success_title", "Thank you"),
        success_message: html::text_of(form.text("success_message")),
        fields,
        login_required: form.is_on("login_required"),
    }))
}

fn shown(cx: &mut Cx, row: &Document, field: &Field, given: &Args) -> Result<Option<PageField>> {
    let kind = if row.is_on("hidden") {
        "hidden"
    } else {
        match field.fieldtype {
            FieldType::Attach | FieldType::AttachImage => return Ok(None),
            FieldType::Rating => "stars",
            FieldType::Check => "check",
            FieldType::Select | FieldType::Link => "choice",
            FieldType::SmallText | FieldType::Text | FieldType::LongText | FieldType::TextEditor => "text",
            FieldType::Int | FieldType::Float | FieldType::Currency => "number",
            FieldType::Date => "date",
            FieldType::Data if field.options == "Email" => "email",
            _ => "line",
        }
    };
    let value = match given.get(&field.fieldname) {
        Some(Value::String(text)) => text.clone(),
        _ => row.text("default").to_owned(),
    };
    let or = |own: &str, general: &str| {
        if own.is_empty() {
            general.to_owned()
        } else {
            own.to_owned()
        }
    };
    let choices = choices(cx, row, field)?.into_iter().map(|choice| Choice {
        chosen: choice == value,
        label: choice.clone(),
        value: choice,
    });
    let choices = if kind == "stars" {
        let stars = |count: u8| Choice {
            value: (f64::from(count) / 5.0).to_string(),
            label: "★".repeat(usize::from(count)),
            chosen: false,
        };
        (1..=5).rev().map(stars).collect()
    } else {
        choices.collect()
    };
    Ok(Some(PageField {
        label: or(row.text("label"), &field.label),
        description: row.text("description").to_owned(),
        required: row.is_on("reqd"),
        kind: Map::from_iter([(kind.to_owned(), Value::from(true))]),
        value,
        choices,
        name: field.fieldname.clone(),
    }))
}

/// What a field can be: the form's own options, the field's, or the documents it may lead to, as the visitor may see
/// them.
fn choices(cx: &mut Cx, row: &Document, field: &Field) -> Result<Vec<String>> {
    let own = row.text("options");
    match field.fieldtype {
        FieldType::Select if own.is_empty() => Ok(field.choices().map(str::to_owned).collect()),
        FieldType::Select => Ok(own.lines().map(str::to_owned).collect()),
        FieldType::Link => {
            let request = ListRequest {
                order_by: "name asc".into(),
                length: Some(MOST),
                ..ListRequest::of(&field.options)
            };
            match query::list_values(cx, &request) {
                Ok(rows) => Ok(rows
                    .iter()
                    .filter_map(|row| row.get("name")?.as_str().map(str::to_owned))
                    .collect()),
                Err(error) if error.kind() == ErrorKind::PermissionError => Ok(Vec::new()),
                Err(error) => Err(error),
            }
        }
        _ => Ok(Vec::new()),
    }
}
