//! Assignments: `ToDo` rows, mirrored in the `_assign` list of the document they are about.
//!
//! Source: spec/framework-data.md §5.11.

mod notices;

use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right, Rights, Verdict};
use crate::doctype::shares::{self, With};
use crate::doctype::typed::doc_event;
use crate::doctype::{comments, save, storage};
use crate::prelude::*;
use crate::query::{self, ListRequest};

// Recorded: both are refused by name.
not_whitelisted! { get, clear }

/// Open assignments that are answered at most.
const MOST: usize = 5;

/// What an assignment says beside its document and user.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Assignment {
    /// What is to be done; empty: that the document is assigned.
    #[serde(default)]
    pub description: Option<String>,
    /// `High`, `Medium` or `Low`; empty: `Medium`.
    #[serde(default)]
    pub priority: Option<String>,
    /// The day it is due; empty: today.
    #[serde(default)]
    pub date: Option<String>,
    /// Who assigned it; empty: the caller.
    #[serde(default)]
    pub assigned_by: Option<String>,
    /// The Assignment Rule that made it; code's, never a client's.
    #[serde(skip)]
    pub assignment_rule: Option<String>,
}

/// Users with an open assignment to a document, the newest assignment first.
///
/// # Errors
/// A database failure.
pub fn assignees(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<String>> {
    let rows = open_todos(cx, doctype, name)?;
    let mut users: Vec<String> = Vec::new();
    for (_, user) in rows {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    Ok(users)
}

/// Open ToDos of a document: name and user.
fn open_todos(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<(String, String)>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["name".into(), "allocated_to".into()],
            filters: json!([
                ["reference_type", "=", doctype],
                ["reference_name", "=", name],
                ["status", "not in", ["Cancelled", "Closed"]],
                ["allocated_to", "is", "set"]
            ]),
            order_by: "creation desc, name desc".into(),
            ignore_permissions: true,
            ..ListRequest::of("ToDo")
        },
    )?;
    let text = |row: &serde_json::Map<String, Value>, key: &str| {
        row.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
    };
    Ok(rows
        .iter()
        .map(|row| (text(row, "name"), text(row, "allocated_to")))
        .collect())
}

/// Assigns a document to a user, unless the user already has it. The caller has checked that this is allowed.
///
/// # Errors
/// 417 for an unknown user.
pub fn assign_user(cx: &mut Cx, doctype: &str, name: &str, user: &str, description: &str) -> Result<()> {
    let assignment = Assignment {
        description: Some(description.to_owned()),
        ..Assignment::default()
    };
    assign_with(cx, doctype, name, user, &assignment)
}

/// As [`assign_user`], with all that an assignment can say. The user is told.
///
/// # Errors
/// 417 for an unknown user.
pub fn assign_with(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    user: &str,
    assignment: &Assignment,
) -> Result<()> {
    if assignees(cx, doctype, name)?
        .iter()
        .any(|known| known.eq_ignore_ascii_case(user))
    {
        return Ok(());
    }
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let meta = permissions::meta_of(cx, "ToDo")?;
    let mut todo = Document::new(meta);
    todo.set("allocated_to", user);
    todo.set("reference_type", doctype);
    todo.set("reference_name", name);
    let description =
        given(&assignment.description).unwrap_or_else(|| format!("Assignment for {doctype} {name}"));
    todo.set("description", description.clone());
    todo.set(
        "priority",
        given(&assignment.priority).unwrap_or_else(|| "Medium".to_owned()),
    );
    todo.set("status", "Open");
    let today = cx.now().date().to_string();
    todo.set("date", given(&assignment.date).unwrap_or(today));
    let by = given(&assignment.assigned_by).unwrap_or_else(|| cx.user().to_owned());
    todo.set("assigned_by", by.clone());
    if let Some(rule) = &assignment.assignment_rule {
        todo.set("assignment_rule", rule.clone());
    }
    todo.flags.ignore_permissions = true;
    save::insert(cx, &mut todo)?;
    let of = notices::Of {
        document: (doctype, name),
        user,
        by: &by,
    };
    notices::given(cx, &of, &description)
}

/// Ends an assignment, `Closed` or `Cancelled`; its user is told.
fn set_status(cx: &mut Cx, todo: &str, status: &str) -> Result<()> {
    let mut todo = storage::get_to_change(cx, &permissions::meta_of(cx, "ToDo")?, todo)?;
    todo.set("status", status);
    todo.flags.ignore_permissions = true;
    save::save(cx, &mut todo)?;
    let of = notices::Of {
        document: (todo.text("reference_type"), todo.text("reference_name")),
        user: todo.text("allocated_to"),
        by: todo.text("assigned_by"),
    };
    notices::ended(cx, &of)
}

/// Cancels all open assignments of a document, but for those of `keep`.
///
/// # Errors
/// A database failure.
pub fn clear(cx: &mut Cx, doctype: &str, name: &str, keep: Option<&str>) -> Result<()> {
    for (todo, user) in open_todos(cx, doctype, name)? {
        if keep.is_some_and(|keep| keep.eq_ignore_ascii_case(&user)) {
            continue;
        }
        set_status(cx, &todo, "Cancelled")?;
    }
    Ok(())
}

/// Assigns a document to users; those who have it already are named in a notice.
///
/// All arguments may also come as one object `args`. Users who could not read the document get it shared. Answers the
/// newest open assignments of the document.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
/// - 417 for an unknown user
#[whitelist]
pub fn add(cx: &mut Cx, #[arg(rest)] rest: Args) -> Result<Value> {
    let request = Request::of(rest)?;
    let name = request.name()?;
    assign(cx, &request, &name)?;
    answer(cx, &request.doctype, &name)
}

/// Assigns several documents (`name`: a list) to users.
///
/// # Errors
/// As for one document; then none is assigned.
#[whitelist]
pub fn add_multiple(cx: &mut Cx, #[arg(rest)] rest: Args) -> Result<()> {
    let request = Request::of(rest)?;
    for name in request.names()? {
        assign(cx, &request, &name)?;
    }
    Ok(())
}

/// Cancels a user's assignment to a document; answers the open ones that are left.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn remove(cx: &mut Cx, doctype: String, name: StrOrInt, assign_to: String) -> Result<Value> {
    let name = name.to_string();
    end(cx, &doctype, &name, &assign_to, "Cancelled")?;
    answer(cx, &doctype, &name)
}

/// Closes the caller's own assignment to a document; answers the open ones that are left.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
/// - 417 for another's assignment
#[whitelist]
pub fn close(cx: &mut Cx, doctype: String, name: StrOrInt, assign_to: String) -> Result<Value> {
    if !assign_to.eq_ignore_ascii_case(cx.user()) {
        return Err(invalid("Only the assignee can complete this to-do."));
    }
    let name = name.to_string();
    end(cx, &doctype, &name, &assign_to, "Closed")?;
    answer(cx, &doctype, &name)
}

/// Cancels all assignments of several documents.
///
/// # Errors
/// As for one document; then none is cancelled.
#[whitelist]
pub fn remove_multiple(cx: &mut Cx, doctype: String, names: Vec<StrOrInt>) -> Result<()> {
    for name in names {
        let name = name.to_string();
        permissions::document(cx, &doctype, &name, Right::Read)?;
        for user in assignees(cx, &doctype, &name)? {
            end(cx, &doctype, &name, &user, "Cancelled")?;
        }
    }
    Ok(())
}

/// What is asked of `add` and `add_multiple`.
#[derive(Debug, Deserialize)]
struct Request {
    doctype: String,
    name: Value,
    #[serde(default)]
    assign_to: Value,
    #[serde(flatten)]
    assignment: Assignment,
}

impl Request {
    fn of(mut args: Args) -> Result<Request> {
        let values = match args.take("args") {
            None | Some(Value::Null) => Value::Object(args.into_object()),
            value => query::json_argument("args", value.as_ref())?,
        };
        serde_json::from_value(values)
            .map_err(|error| invalid(format!("An assignment can't be read: {error}")))
    }

    fn name(&self) -> Result<String> {
        match &self.name {
            Value::String(name) => Ok(name.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(invalid("An assignment needs the name of a document")),
        }
    }

    fn names(&self) -> Result<Vec<String>> {
        let list = query::json_argument("name", Some(&self.name))?;
        let names = list.as_array().into_iter().flatten().map(|name| match name {
            Value::String(name) => Ok(name.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(invalid("Argument 'name' is a list of names")),
        });
        names.collect()
    }

    /// The users: a list, its JSON text, or one user.
    fn users(&self) -> Result<Vec<String>> {
        let list = match &self.assign_to {
            Value::String(one) if !one.trim_start().starts_with('[') => Value::from(vec![one.clone()]),
            value => query::json_argument("assign_to", Some(value))?,
        };
        let users = list.as_array().into_iter().flatten().map(|user| {
            user.as_str()
                .map(str::to_owned)
                .ok_or_else(|| invalid("Argument 'assign_to' is a list of users"))
        });
        users.collect()
    }
}

fn assign(cx: &mut Cx, request: &Request, name: &str) -> Result<()> {
    let doc = permissions::document(cx, &request.doctype, name, Right::Read)?;
    give(cx, &doc, &request.users()?, &request.assignment)
}

/// Assigns a document to users; those who have it already are named in a notice, those who could not read it get it
/// shared. The caller of this function has checked that this is allowed.
///
/// # Errors
/// 417 for an unknown user.
pub fn give(cx: &mut Cx, doc: &Document, users: &[String], assignment: &Assignment) -> Result<()> {
    let (doctype, name) = (doc.doctype().to_owned(), doc.name_text());
    let known = assignees(cx, &doctype, &name)?;
    let (mut already, mut given) = (Vec::new(), Vec::new());
    for user in users {
        if known.iter().any(|known| known.eq_ignore_ascii_case(user)) {
            already.push(user.clone());
            continue;
        }
        assign_with(cx, &doctype, &name, user, assignment)?;
        if doc.meta().field("assigned_to").is_some() {
            storage::set_columns(cx, &doctype, &name, &[("assigned_to", user.clone().into())])?;
        }
        if let Some(session) = crate::users::session_of(cx, user)?
            && cx.as_user(session.into(), |cx| {
                permissions::check(cx, doc.meta(), doc, Right::Read)
            })? != Verdict::Granted
        {
            let rights = Rights::NONE.with(Right::Read);
            shares::put(cx, &doctype, &name, With::User(user), rights, false)?;
            given.push(user.clone());
        }
    }
    if !given.is_empty() {
        let text = format!(
            "Shared with the following Users with Read access:{}",
            given.join("<br>")
        );
        cx.msgprint(Message::alert(text, "green"));
    }
    if !already.is_empty() {
        let text = format!(
            "Already in the following Users ToDo list:<br><br>{}",
            already.join("<br>")
        );
        cx.msgprint(Message::plain(text));
    }
    Ok(())
}

/// Ends a user's open assignments to a document the caller may read: `Closed` or `Cancelled`.
///
/// # Errors
/// 403, 404.
pub fn end(cx: &mut Cx, doctype: &str, name: &str, user: &str, status: &str) -> Result<()> {
    let doc = permissions::document(cx, doctype, name, Right::Read)?;
    let (doctype, name) = (doc.doctype().to_owned(), doc.name_text());
    for (todo, allocated) in open_todos(cx, &doctype, &name)? {
        if allocated.eq_ignore_ascii_case(user) {
            set_status(cx, &todo, status)?;
        }
    }
    if doc.meta().field("assigned_to").is_some() {
        storage::set_columns(cx, &doctype, &name, &[("assigned_to", Value::Null)])?;
    }
    Ok(())
}

fn answer(cx: &mut Cx, doctype: &str, name: &str) -> Result<Value> {
    let todos = open_todos(cx, doctype, name)?;
    Ok(todos
        .into_iter()
        .take(MOST)
        .map(|(todo, user)| json!({ "owner": user, "name": todo }))
        .collect())
}

fn is_about(todo: &Document) -> bool {
    !todo.is_empty("reference_type") && !todo.is_empty("reference_name") && !todo.is_empty("allocated_to")
}

/// The document's timeline tells who assigned it to whom.
#[doc_event(doctype = "ToDo", on = "after_insert")]
fn tell_assigned(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    if !is_about(todo) || todo.text("status") != "Open" {
        return Ok(());
    }
    let by = match todo.text("assigned_by") {
        "" => cx.user().to_owned(),
        by => by.to_owned(),
    };
    let user = todo.text("allocated_to").to_owned();
    let by_name = crate::users::full_name(cx, &by)?;
    let description = todo.text("description");
    let text = if by.eq_ignore_ascii_case(&user) {
        format!("{by_name} self assigned this task: {description}")
    } else {
        format!(
            "{by_name} assigned {}: {description}",
            crate::users::full_name(cx, &user)?
        )
    };
    tell(todo, cx, "Assigned", &text)
}

/// The document's timeline tells when an assignment ends.
#[doc_event(doctype = "ToDo", on = "on_update", order = 1)]
fn tell_ended(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    let was_open = todo
        .before
        .as_ref()
        .is_some_and(|before| before.text("status") == "Open");
    if !was_open || !is_about(todo) || todo.text("status") == "Open" {
        return Ok(());
    }
    let user = todo.text("allocated_to").to_owned();
    let caller = cx.user().to_owned();
    let (name, by) = (
        crate::users::full_name(cx, &user)?,
        crate::users::full_name(cx, &caller)?,
    );
    let text = match (todo.text("status"), user.eq_ignore_ascii_case(cx.user())) {
        ("Closed", true) => format!("{name} completed their assignment."),
        ("Closed", false) => format!("{by} completed the assignment of {name}."),
        (_, true) => format!("{name} removed their assignment."),
        (_, false) => format!("{by} removed the assignment of {name}."),
    };
    tell(todo, cx, "Assignment Completed", &text)
}

fn tell(todo: &Document, cx: &mut Cx, comment_type: &str, text: &str) -> Result<()> {
    let (doctype, name) = (todo.text("reference_type"), todo.text("reference_name"));
    if storage::exists(cx, doctype, name)?.is_some() {
        comments::add(cx, doctype, name, comment_type, text)?;
    }
    Ok(())
}

/// The assigner's full name stands beside the user id.
#[doc_event(doctype = "ToDo", on = "before_save")]
fn name_assigner(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    let by = todo.text("assigned_by").to_owned();
    if by.is_empty() {
        todo.set("assigned_by_full_name", "");
        return Ok(());
    }
    let name = storage::values(cx, "User", &by, &["full_name"])?.and_then(|row| row.into_iter().next());
    todo.set("assigned_by_full_name", name.unwrap_or(Value::Null));
    Ok(())
}

#[doc_event(doctype = "ToDo", on = "on_update")]
fn changed(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    mirror(todo, cx)
}

#[doc_event(doctype = "ToDo", on = "after_delete")]
fn deleted(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    mirror(todo, cx)
}

/// Writes the users of a document's open ToDos into its `_assign`.
fn mirror(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    let (doctype, name) = (
        todo.text("reference_type").to_owned(),
        todo.text("reference_name").to_owned(),
    );
    if doctype.is_empty() || name.is_empty() {
        return Ok(());
    }
    let has_list = cx
        .site()
        .meta(&doctype)
        .is_some_and(|meta| meta.column_index("_assign").is_some());
    if !has_list {
        return Ok(());
    }
    let users = assignees(cx, &doctype, &name)?;
    let list = if users.is_empty() {
        Value::Null
    } else {
        Value::from(json_list(&users))
    };
    storage::set_columns(cx, &doctype, &name, &[("_assign", list)])?;
    Ok(())
}

/// A JSON list as the contract spells it in text columns: `["a", "b"]`.
pub fn json_list(items: &[String]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| Value::from(item.as_str()).to_string())
        .collect();
    format!("[{}]", items.join(", "))
}
