//! `frappe.desk.search`: what a link field offers while somebody types.
//!
//! Source: spec/framework-api.md §7.3.

mod doctypes;

use std::sync::Arc;

use serde_json::Map;

use crate::call;
use crate::dispatch::Dispatch;
use crate::doctype::field::FieldType;
use crate::doctype::meta::{Meta, is_true};
use crate::doctype::permissions;
use crate::doctype::predicate::Predicate;
use crate::doctype::{storage, system};
use crate::method::Verb;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::reply::{HEADROOM, Reply};

/// How many documents a search offers unless asked for more.
const PAGE: u64 = 10;

/// DocTypes whose searches go by a function of their own.
const STANDARD_QUERIES: [(&str, &str); 1] = [(system::USER, "frappe.core.doctype.user.user.user_query")];

/// What is searched for.
struct Search {
    doctype: String,
    txt: String,
    query: Option<String>,
    filters: Value,
    page_length: u64,
    searchfield: Option<String>,
}

/// One document a link field offers.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Offer {
    /// Name of the document.
    value: String,
    /// What else tells it from others, separated by commas.
    description: String,
    /// What people see.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

/// Documents whose name, title or search fields hold a text.
///
/// Disabled documents are left out, unless the filters hold `include_disabled: 1`.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 404 for a `query` that is no method
/// - 417 for filters that can't be read, and for a search field that does not exist
#[whitelist]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments, one by one")]
pub fn search_link(
    cx: &mut Cx,
    doctype: String,
    #[arg(default = String::new())] txt: String,
    /// Dotted path of a method that searches instead.
    query: Option<String>,
    /// An object or a list of conditions, or its JSON text.
    filters: Option<Value>,
    #[arg(default = 10)] page_length: u64,
    searchfield: Option<String>,
    reference_doctype: Option<String>,
    #[arg(default = false)] ignore_user_permissions: bool,
    link_fieldname: Option<String>,
) -> Result<Vec<Offer>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    if ignore_user_permissions {
        allowed_to_ignore(cx, &meta, reference_doctype.as_deref(), link_fieldname.as_deref())?;
    }
    let search = Search {
        doctype,
        txt,
        query,
        filters: filters.unwrap_or_default(),
        page_length,
        searchfield,
    };
    let rows = search.rows(cx, &meta)?;
    if matches!(cx.request().verb, Verb::Get | Verb::Query) {
        let cache = "private,max-age=60,stale-while-revalidate=300".to_owned();
        cx.db().out.headers.push(("cache-control", cache));
    }
    let titled = shows_title(&meta);
    Ok(rows.into_iter().filter_map(|row| offer(row, titled)).collect())
}

/// As `search_link`, the rows as they are: name, title and search fields.
///
/// # Errors
/// As `search_link`.
#[whitelist]
pub fn search_widget(
    cx: &mut Cx,
    doctype: String,
    #[arg(default = String::new())] txt: String,
    /// Dotted path of a method that searches instead.
    query: Option<String>,
    searchfield: Option<String>,
    #[arg(default = 10)] page_length: u64,
    /// An object or a list of conditions, or its JSON text.
    filters: Option<Value>,
) -> Result<Vec<Vec<Value>>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let search = Search {
        doctype,
        txt,
        query,
        filters: filters.unwrap_or_default(),
        page_length,
        searchfield,
    };
    search.rows(cx, &meta)
}

/// What a link to a document shows: its title where the DocType shows titles in links, else its name.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn get_link_title(cx: &mut Cx, doctype: String, docname: StrOrInt) -> Result<String> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let name = docname.to_string();
    if !shows_title(&meta) {
        return Ok(name);
    }
    let doc = crate::rest::readable(cx, &meta, &name)?;
    let title = doc.text(&meta.title_field);
    Ok(if title.is_empty() { name } else { title.to_owned() })
}

/// Somebody who can be mentioned.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Mention {
    /// Name of the user or group.
    id: String,
    /// What people see.
    value: String,
    /// Whether it is a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_group: Option<bool>,
    /// Where it leads.
    link: String,
}

/// Users and user groups whose name holds a text, for mentions in comments.
///
/// # Errors
/// 403 for portal users: the names of the desk's users are not theirs to list.
#[whitelist]
pub fn get_names_for_mentions(
    cx: &mut Cx,
    #[arg(default = String::new())] search_term: String,
) -> Result<Vec<Mention>> {
    if !cx.session().system_user {
        return Err(forbidden("Only users of the desk can mention others"));
    }
    let users = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["name".into(), "full_name".into()],
            filters: json!([
                ["enabled", "=", 1],
                ["allowed_in_mentions", "=", 1],
                ["user_type", "=", "System User"],
                ["name", "not in", ["Administrator", "Guest"]]
            ]),
            order_by: "full_name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of(system::USER)
        },
    )?;
    let groups = query::list_values(
        cx,
        &ListRequest {
            order_by: "name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("User Group")
        },
    )?;
    let wanted = search_term.to_lowercase();
    let mention = |row: &Map<String, Value>, is_group: bool| {
        let id = shown(row.get("name")?);
        let value = row.get("full_name").map(shown).filter(|name| !name.is_empty());
        let value = value.unwrap_or_else(|| id.clone());
        let kind = if is_group { "user-group" } else { "user-profile" };
        value.to_lowercase().contains(&wanted).then(|| Mention {
            link: format!("/app/{kind}/{}", encoded(&id)),
            id,
            value,
            is_group: is_group.then_some(true),
        })
    };
    let users = users.iter().filter_map(|row| mention(row, false));
    let groups = groups.iter().filter_map(|row| mention(row, true));
    Ok(users.chain(groups).collect())
}

/// A text as a segment of a path.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'@' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Whether links to documents of a DocType show titles in place of names.
pub(crate) fn shows_title(meta: &Meta) -> bool {
    !meta.title_field.is_empty() && is_true(meta.other.get("show_title_field_in_link"))
}

/// The field a search comes from must itself set user permissions aside.
fn allowed_to_ignore(cx: &Cx, target: &Meta, doctype: Option<&str>, field: Option<&str>) -> Result<()> {
    let from = doctype.and_then(|doctype| cx.site().meta(doctype));
    let field = from
        .as_ref()
        .zip(field)
        .and_then(|(meta, field)| meta.field(field));
    if field.is_some_and(|field| field.ignore_user_permissions && field.options == target.name) {
        return Ok(());
    }
    Err(invalid("The link field does not set user permissions aside")
        .title("Error validating \"Ignore User Permissions\""))
}

impl Search {
    fn rows(&self, cx: &mut Cx, meta: &Arc<Meta>) -> Result<Vec<Vec<Value>>> {
        if let Some(field) = self.searchfield.as_deref().filter(|field| !field.is_empty())
            && meta.column(field).is_none()
        {
            return Err(invalid(format!("{} has no field {field:?} to search", meta.name)));
        }
        let named = self.query.as_deref().filter(|path| !path.is_empty());
        let standard = STANDARD_QUERIES
            .iter()
            .find(|(doctype, _)| *doctype == meta.name)
            .map(|(_, path)| *path);
        if let Some(path) = named.or(standard) {
            return self.by_method(cx, path);
        }
        if meta.name == system::DOCTYPE {
            return doctypes::rows(cx, self);
        }
        let mut rows = query::list_values(cx, &self.request(meta)?)?
            .into_iter()
            .map(|row| row.into_iter().map(|(_, value)| value).collect::<Vec<_>>())
            .collect::<Vec<_>>();
        sort(&mut rows, &self.txt);
        Ok(rows)
    }

    fn request(&self, meta: &Meta) -> Result<ListRequest> {
        let columns = columns(meta, self.searchfield.as_deref());
        let mut filters = conditions(query::json_argument("filters", Some(&self.filters))?)?;
        let disabled_too = filters.iter().any(|filter| is_about(filter, "include_disabled"));
        filters.retain(|filter| !is_about(filter, "include_disabled"));
        let mut also = Vec::new();
        if !disabled_too {
            for (field, condition) in [
                ("enabled", Predicate::On("enabled".into())),
                ("disabled", Predicate::Off("disabled".into())),
            ] {
                if meta
                    .field(field)
                    .is_some_and(|field| field.fieldtype == FieldType::Check)
                {
                    also.push(condition);
                }
            }
        }
        let any = if self.txt.is_empty() {
            Vec::new()
        } else {
            let pattern = format!("%{}%", self.txt);
            let searched = columns.iter().filter(|column| is_searched(meta, column));
            searched.map(|column| json!([column, "like", pattern])).collect()
        };
        Ok(ListRequest {
            fields: columns.iter().map(|column| Value::from(*column)).collect(),
            filters: filters.into(),
            or_filters: any.into(),
            also,
            near: self.txt.clone(),
            order_by: format!("idx desc, {} {}", meta.sort_field, meta.sort_order),
            length: Some(if self.page_length == 0 {
                PAGE
            } else {
                self.page_length
            }),
            ..ListRequest::of(meta.name.clone())
        })
    }

    /// Asks a method for the rows; it is called as if the caller had called it.
    fn by_method(&self, cx: &mut Cx, path: &str) -> Result<Vec<Vec<Value>>> {
        let missing = || not_found("Method", path);
        let method = Dispatch::global()
            .map_err(|error| Error::internal(error.to_string()))?
            .get(path)
            .ok_or_else(missing)?;
        let mut args = Map::new();
        args.insert("doctype".into(), self.doctype.clone().into());
        args.insert("txt".into(), self.txt.clone().into());
        args.insert(
            "searchfield".into(),
            self.searchfield.clone().unwrap_or_else(|| "name".into()).into(),
        );
        args.insert("start".into(), 0.into());
        args.insert("page_len".into(), self.page_length.into());
        args.insert(
            "filters".into(),
            query::json_argument("filters", Some(&self.filters))?,
        );
        let verb = cx.request().verb;
        let reply = call::within(cx, method, verb, Args::from_object(args))?.ok_or_else(missing)?;
        let Reply::Json(bytes) = reply else {
            return Ok(Vec::new());
        };
        let rows: Vec<Value> = serde_json::from_slice(bytes.get(HEADROOM..).unwrap_or_default())
            .map_err(|_| invalid(format!("{path} does not answer with rows")))?;
        Ok(rows
            .into_iter()
            .map(|row| match row {
                Value::Array(cells) => cells,
                Value::Object(cells) => cells.into_iter().map(|(_, value)| value).collect(),
                single => vec![single],
            })
            .collect())
    }
}

/// What the method at a dotted path offers for a text, as rows whose first cell is the name.
///
/// # Errors
/// 404 for a path that is no method, else what the method says.
pub(crate) fn by_query(
    cx: &mut Cx,
    doctype: &str,
    txt: &str,
    path: &str,
    filters: &Value,
    page_length: u64,
) -> Result<Vec<Vec<Value>>> {
    let search = Search {
        doctype: doctype.to_owned(),
        txt: txt.to_owned(),
        query: None,
        filters: filters.clone(),
        page_length,
        searchfield: None,
    };
    search.by_method(cx, path)
}

/// The columns a search shows: name, title, the field asked for, search fields.
fn columns<'a>(meta: &'a Meta, searchfield: Option<&'a str>) -> Vec<&'a str> {
    let mut columns = vec!["name"];
    let more = std::iter::once(meta.title_field.as_str())
        .chain(searchfield)
        .chain(meta.search_fields.split(',').map(str::trim));
    for name in more {
        if !name.is_empty() && !columns.contains(&name) && meta.column(name).is_some() {
            columns.push(name);
        }
    }
    columns
}

fn is_searched(meta: &Meta, column: &str) -> bool {
    column == "name"
        || meta.field(column).is_some_and(|field| {
            matches!(
                field.fieldtype,
                FieldType::Data
                    | FieldType::Text
                    | FieldType::SmallText
                    | FieldType::LongText
                    | FieldType::Link
                    | FieldType::Select
                    | FieldType::ReadOnly
                    | FieldType::TextEditor
            )
        })
}

/// Filters in any of their forms as a list of conditions.
///
/// # Errors
/// 417 for anything but an object, a list or nothing.
pub(crate) fn conditions(filters: Value) -> Result<Vec<Value>> {
    Ok(match filters {
        Value::Null => Vec::new(),
        Value::Object(object) => object
            .into_iter()
            .map(|(field, value)| match value {
                Value::Array(mut parts) if parts.len() == 2 && parts[0].is_string() => {
                    let value = parts.remove(1);
                    json!([field, parts.remove(0), value])
                }
                value => json!([field, "=", value]),
            })
            .collect(),
        // One condition stands alone: `["status", "=", "Open"]`.
        Value::Array(items) if items.first().is_some_and(Value::is_string) => vec![items.into()],
        Value::Array(items) => items,
        other => {
            return Err(invalid(format!(
                "Filters must be an object or a list, not {other}"
            )));
        }
    })
}

pub(crate) fn is_about(filter: &Value, field: &str) -> bool {
    filter
        .as_array()
        .is_some_and(|parts| parts.iter().take(2).any(|part| part == field))
}

/// Names that begin with the text come first, then all by name.
fn sort(rows: &mut [Vec<Value>], txt: &str) {
    let txt = txt.to_lowercase();
    rows.sort_by_cached_key(|row| {
        let name = row.first().map(shown).unwrap_or_default();
        (!name.to_lowercase().starts_with(&txt), name)
    });
}

/// A row as a link field shows it.
fn offer(row: Vec<Value>, titled: bool) -> Option<Offer> {
    let mut cells = row.iter().map(shown);
    let value = cells.next()?;
    let mut rest: Vec<String> = Vec::new();
    let label = if titled {
        rest.push(value.clone());
        cells.next().filter(|title| !title.is_empty())
    } else {
        Some(value.clone())
    };
    for (at, cell) in cells.enumerate() {
        let repeats_title = titled && at == 0 && Some(&cell) == label.as_ref();
        if !cell.is_empty() && !repeats_title && !rest.contains(&cell) {
            rest.push(cell);
        }
    }
    Some(Offer {
        value,
        description: rest.join(", "),
        label,
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Titles of the documents a document links to, where links show titles: `DocType::name` to title.
///
/// # Errors
/// A database failure.
pub(crate) fn link_titles(cx: &mut Cx, doc: &crate::doctype::Document) -> Result<Map<String, Value>> {
    let mut titles = Map::new();
    let mut docs = vec![doc];
    docs.extend(doc.tables().flat_map(|(_, rows)| rows));
    for doc in docs {
        for field in &doc.meta().fields {
            let target = match field.fieldtype {
                FieldType::Link => field.options.as_str(),
                FieldType::DynamicLink => doc.text(&field.options),
                _ => continue,
            };
            let name = doc.text(&field.fieldname);
            let Some(target) = cx.site().meta(target).filter(|target| shows_title(target)) else {
                continue;
            };
            let key = format!("{}::{name}", target.name);
            if name.is_empty() || titles.contains_key(&key) {
                continue;
            }
            let title = storage::values(cx, &target.name, name, &[&target.title_field])?;
            if let Some(title) = title.and_then(|row| row.into_iter().next()) {
                titles.insert(key, title);
            }
        }
    }
    Ok(titles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown_of(row: Value, titled: bool) -> Value {
        let Value::Array(row) = row else { panic!("a list") };
        serde_json::to_value(offer(row, titled)).unwrap()
    }

    #[test]
    fn a_name_alone_is_its_own_label() {
        assert_eq!(
            shown_of(json!(["Tier One"]), false),
            json!({ "value": "Tier One", "description": "", "label": "Tier One" })
        );
    }

    #[test]
    fn a_title_is_the_label_and_the_name_leads_the_description() {
        assert_eq!(
            shown_of(json!(["c1", "Ada", "Ada", null, "a@b.c", "a@b.c"]), true),
            json!({ "value": "c1", "description": "c1, a@b.c", "label": "Ada" })
        );
        assert_eq!(
            shown_of(json!(["c1", null]), true),
            json!({ "value": "c1", "description": "c1" })
        );
    }

    #[test]
    fn filters_of_every_form_are_conditions() {
        let of = |filters| conditions(filters).unwrap();

        assert_eq!(of(json!({ "a": 1 })), [json!(["a", "=", 1])]);
        assert_eq!(of(json!({ "a": ["in", [1, 2]] })), [json!(["a", "in", [1, 2]])]);
        assert_eq!(of(json!(["a", "=", 1])), [json!(["a", "=", 1])]);
        assert_eq!(of(json!([["a", "=", 1]])), [json!(["a", "=", 1])]);
        assert!(of(json!(null)).is_empty());
        assert!(conditions(json!(5)).is_err());
    }

    #[test]
    fn beginnings_come_first_then_names() {
        let mut rows = vec![
            vec![json!("b tier")],
            vec![json!("Tier Two")],
            vec![json!("Tier One")],
        ];
        sort(&mut rows, "tier");

        assert_eq!(
            rows,
            [[json!("Tier One")], [json!("Tier Two")], [json!("b tier")]]
        );
    }
}
