//! User Permissions: rows that confine a user to some documents of a DocType, and to what links to them.
//!
//! Source: spec/framework-data.md §5.3.7 (step 5), §5.4.2 (step 6), §5.4.5.

use std::collections::HashMap;
use std::sync::Arc;

use super::document::Document;
use super::field::{Field, FieldType};
use super::meta::Meta;
use super::predicate::Predicate;
use super::system::USER_PERMISSION;
use super::tree;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::error::Result;

/// One document a user is confined to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Name of the document.
    pub value: String,
    /// The only DocType whose documents it confines; empty: all.
    pub applicable_for: String,
    /// Whether new documents take it where a field of the DocType is empty.
    pub is_default: bool,
}

/// All that one user is confined to, by DocType.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserPermissions {
    grants: HashMap<String, Vec<Grant>>,
}

impl UserPermissions {
    /// Whether the user is confined to nothing.
    pub fn is_empty(&self) -> bool {
        self.grants.is_empty()
    }

    /// Adds a row.
    pub fn add(&mut self, doctype: &str, grant: Grant) {
        self.grants.entry(doctype.to_owned()).or_default().push(grant);
    }

    fn of<'a, 'b>(&'a self, target: &str, doctype: &'b str) -> impl Iterator<Item = &'a Grant> + use<'a, 'b> {
        self.grants
            .get(target)
            .into_iter()
            .flatten()
            .filter(move |grant| grant.applicable_for.is_empty() || grant.applicable_for == doctype)
    }

    /// Names of documents of `target` that documents of `doctype` may link to; `None`: any.
    fn allowed(&self, target: &str, doctype: &str) -> Option<Vec<String>> {
        let names: Vec<String> = self
            .of(target, doctype)
            .map(|grant| grant.value.clone())
            .collect();
        (!names.is_empty()).then_some(names)
    }

    /// What a new document of `doctype` has in an empty link field: the default row, or the only one there is.
    pub fn default_for(&self, field: &Field, doctype: &str) -> Option<&str> {
        if field.fieldtype != FieldType::Link || field.ignore_user_permissions {
            return None;
        }
        let mut grants = self.of(&field.options, doctype);
        let first = grants.next()?;
        let mut rest = grants.peekable();
        let found = if rest.peek().is_none() || first.is_default {
            first
        } else {
            rest.find(|grant| grant.is_default)?
        };
        Some(&found.value)
    }

    /// The condition on documents of a DocType. `doctype` is whose rows count: the parent's, for child rows.
    fn rule(&self, meta: &Meta, doctype: &str, strict: bool) -> Predicate {
        let mut parts = Vec::new();
        if !meta.istable
            && let Some(names) = self.allowed(&meta.name, doctype)
        {
            parts.push(meta.named(names));
        }
        for field in confined_links(meta) {
            let Some(names) = self.allowed(&field.options, doctype) else {
                continue;
            };
            let one_of = Predicate::In(field.fieldname.clone(), names);
            parts.push(if strict {
                one_of
            } else {
                Predicate::Or(vec![Predicate::Empty(field.fieldname.clone()), one_of])
            });
        }
        Predicate::and(parts)
    }
}

fn confined_links(meta: &Meta) -> impl Iterator<Item = &Field> {
    meta.fields.iter().filter(|field| {
        field.fieldtype == FieldType::Link && !field.is_virtual && !field.ignore_user_permissions
    })
}

/// What the caller is confined to; `None` for nothing. Rows written by the running transaction count once committed.
///
/// # Errors
/// A database failure.
pub fn of_caller(cx: &mut Cx) -> Result<Option<Arc<UserPermissions>>> {
    if cx.session().is_administrator() || !cx.site().confines_users() {
        return Ok(None);
    }
    let site = Arc::clone(cx.site());
    let user = cx.user().to_owned();
    let found = site.user_permissions(&user, cx.db().is_writing(), || read(cx, &user))?;
    Ok((!found.is_empty()).then_some(found))
}

fn read(cx: &mut Cx, user: &str) -> Result<UserPermissions> {
    let mut query = Query::fixed();
    query
        .sql("SELECT allow, for_value, applicable_for, apply_to_all_doctypes, is_default, hide_descendants FROM ")
        .ident(format!("tab{USER_PERMISSION}"))
        .sql(" WHERE ")
        .ident("user")
        .sql(" = ")
        .text(user.to_owned())
        .sql(" ORDER BY creation, name");
    let kinds = [
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Check,
        Kind::Check,
        Kind::Check,
    ];
    let mut found = UserPermissions::default();
    for row in cx.db().rows(query, &kinds)? {
        let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or("").to_owned();
        let on = |i: usize| row.get(i).and_then(Scalar::as_int) == Some(1);
        if text(1).is_empty() {
            continue;
        }
        let grant = Grant {
            value: text(1),
            applicable_for: if on(3) { String::new() } else { text(2) },
            is_default: on(4),
        };
        // Of a tree the whole branch is meant.
        let tree = cx.site().meta(&text(0)).filter(|meta| meta.is_tree && !on(5));
        let below = match tree {
            Some(meta) => tree::descendants(cx, &meta, &grant.value)?,
            None => Vec::new(),
        };
        let below = below.into_iter().map(|value| Grant {
            value,
            is_default: false,
            ..grant.clone()
        });
        let grants: Vec<Grant> = std::iter::once(grant.clone()).chain(below).collect();
        for grant in grants {
            found.add(&text(0), grant);
        }
    }
    Ok(found)
}

/// The caller's condition on the documents of a DocType, child rows left aside.
///
/// # Errors
/// A database failure.
pub fn rule(cx: &mut Cx, meta: &Meta) -> Result<Predicate> {
    let Some(found) = of_caller(cx)? else {
        return Ok(Predicate::All);
    };
    let strict = cx.site().settings().strict_user_permissions;
    Ok(found.rule(meta, &meta.name, strict))
}

/// Whether some child rows of the DocType's documents are subject to what the caller is confined to.
///
/// # Errors
/// A database failure.
pub fn confines_rows(cx: &mut Cx, meta: &Meta) -> Result<bool> {
    let Some(found) = of_caller(cx)? else {
        return Ok(false);
    };
    Ok(meta.table_fields().any(|field| {
        cx.site()
            .meta(&field.options)
            .is_some_and(|child| found.rule(&child, &meta.name, true) != Predicate::All)
    }))
}

/// Whether what the caller is confined to lets a document through: itself, its links, and those of its child rows.
///
/// # Errors
/// A database failure.
pub fn allow(cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<bool> {
    let Some(found) = of_caller(cx)? else {
        return Ok(true);
    };
    let strict = cx.site().settings().strict_user_permissions;
    if !found.rule(meta, &meta.name, strict).matches(doc) {
        return Ok(false);
    }
    Ok(doc.tables().all(|(_, rows)| {
        rows.first().is_none_or(|first| {
            let child = first.meta();
            let rule = found.rule(child, &meta.name, strict);
            rows.iter().all(|row| rule.matches(row))
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(value: &str, applicable_for: &str, is_default: bool) -> Grant {
        Grant {
            value: value.to_owned(),
            applicable_for: applicable_for.to_owned(),
            is_default,
        }
    }

    fn link(fieldname: &str, options: &str) -> Field {
        Field {
            fieldname: fieldname.to_owned(),
            fieldtype: FieldType::Link,
            options: options.to_owned(),
            ..Field::default()
        }
    }

    fn ticket(fields: Vec<Field>) -> Meta {
        let mut meta = Meta::default();
        meta.name = "Ticket".to_owned();
        meta.fields = fields;
        meta.finish();
        meta
    }

    #[test]
    fn links_and_names_are_confined_and_empty_links_pass_unless_strict() {
        let mut found = UserPermissions::default();
        found.add("Customer", grant("Acme", "", false));
        found.add("Ticket", grant("1", "", false));
        let meta = ticket(vec![link("customer", "Customer"), link("team", "Team")]);

        let name = Predicate::In("name".into(), vec!["1".into()]);
        let customer = Predicate::In("customer".into(), vec!["Acme".into()]);
        let loose = Predicate::Or(vec![Predicate::Empty("customer".into()), customer.clone()]);
        assert_eq!(
            found.rule(&meta, "Ticket", false),
            Predicate::And(vec![name.clone(), loose])
        );
        assert_eq!(
            found.rule(&meta, "Ticket", true),
            Predicate::And(vec![name, customer])
        );
    }

    #[test]
    fn rows_for_another_doctype_and_ignored_fields_confine_nothing() {
        let mut found = UserPermissions::default();
        found.add("Customer", grant("Acme", "Invoice", false));
        found.add("Team", grant("One", "", false));
        let mut team = link("team", "Team");
        team.ignore_user_permissions = true;

        assert_eq!(
            found.rule(&ticket(vec![link("customer", "Customer"), team]), "Ticket", true),
            Predicate::All
        );
    }

    #[test]
    fn the_only_row_or_the_default_one_fills_new_documents() {
        let mut found = UserPermissions::default();
        found.add("Customer", grant("Acme", "", false));
        assert_eq!(
            found.default_for(&link("customer", "Customer"), "Ticket"),
            Some("Acme")
        );

        found.add("Customer", grant("Globex", "", false));
        assert_eq!(found.default_for(&link("customer", "Customer"), "Ticket"), None);

        found.add("Customer", grant("Initech", "", true));
        assert_eq!(
            found.default_for(&link("customer", "Customer"), "Ticket"),
            Some("Initech")
        );
    }
}
