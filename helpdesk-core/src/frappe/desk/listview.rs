//! `frappe.desk.listview`: the values a list can be narrowed to.

use serde_json::Map;

use crate::doctype::permissions;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Values offered at most.
const MOST: usize = 50;

/// How many documents have a value.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Group {
    count: u64,
    name: Value,
}

/// How many documents of a list have each value of a field, the commonest first. The field `assigned_to` counts
/// assignees.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for an unknown field and filters that can't be read
#[whitelist]
pub fn get_group_by_count(
    cx: &mut Cx,
    doctype: String,
    /// An object or a list of conditions, or its JSON text.
    current_filters: Option<Value>,
    field: String,
) -> Result<Vec<Group>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let column = if field == "assigned_to" {
        "_assign"
    } else {
        field.as_str()
    };
    if meta.column(column).is_none() {
        return Err(invalid(format!("{} has no field {field:?}", meta.name)));
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec![json!({ "COUNT": "*", "as": "count" }), column.into()],
            filters: query::json_argument("current_filters", current_filters.as_ref())?,
            group_by: column.to_owned(),
            order_by: "count desc".to_owned(),
            // Lists of assignees are taken apart before the commonest are known.
            length: (column != "_assign").then_some(MOST as u64),
            ..ListRequest::of(meta.name.clone())
        },
    )?;
    let groups = rows.iter().map(|row| group(row, column));
    Ok(if column == "_assign" {
        people(groups)
    } else {
        groups.collect()
    })
}

fn group(row: &Map<String, Value>, column: &str) -> Group {
    Group {
        count: row.get("count").and_then(Value::as_u64).unwrap_or(0),
        name: row.get(column).cloned().unwrap_or_default(),
    }
}

/// Groups of lists of users as groups of users.
fn people(lists: impl Iterator<Item = Group>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for list in lists {
        let text = list.name.as_str().unwrap_or("");
        for user in serde_json::from_str::<Vec<String>>(text).unwrap_or_default() {
            match groups.iter_mut().find(|group| group.name == user.as_str()) {
                Some(group) => group.count += list.count,
                None => groups.push(Group {
                    count: list.count,
                    name: user.into(),
                }),
            }
        }
    }
    groups.sort_by(|a, b| {
        b.count
            .cmp(&a.count)
            .then_with(|| a.name.as_str().cmp(&b.name.as_str()))
    });
    groups.truncate(MOST);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_assignees_are_counted_by_user() {
        let list = |count, name: &str| Group {
            count,
            name: name.into(),
        };
        let lists = [
            list(2, r#"["ada@x"]"#),
            list(3, r#"["ada@x", "bob@x"]"#),
            list(9, "not JSON"),
        ];

        assert_eq!(people(lists.into_iter()), [list(5, "ada@x"), list(3, "bob@x")]);
    }
}
