//! Password fields: their values are kept in `__Auth`, the table's own column and every answer hold asterisks.
//!
//! Source: spec/framework-data.md §5.1, §5.6.

use serde_json::Value;

use super::document::Document;
use super::field::FieldType;
use super::system::AUTH_TABLE;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::error::{Error, Result, invalid};
use crate::secret::{self, fernet::Key};

/// A field whose secret is only ever compared, so that its digest is kept.
const HASHED: &str = "api_secret";
/// A field that says what to do and keeps nothing: (DocType, field).
const NEVER_KEPT: (&str, &str) = ("User", "new_password");

/// What a save does with a secret.
#[derive(Debug)]
enum Change {
    Set { stored: String, encrypted: bool },
    Clear,
}

/// A change of one secret, to be written once its document is.
#[derive(Debug)]
pub(crate) struct Secret {
    doctype: String,
    name: String,
    field: String,
    change: Change,
}

/// Takes the passwords out of a document that is about to be written and leaves asterisks. Asterisks that come in
/// mean that a password stays.
///
/// # Errors
/// 417 where the site has no key to encrypt with.
pub(crate) fn take(cx: &Cx, doc: &mut Document, before: Option<&Document>) -> Result<Vec<Secret>> {
    let mut secrets = Vec::new();
    take_row(cx, doc, before, &mut secrets)?;
    let meta = doc.meta().clone();
    for (index, rows) in doc.all_rows_mut() {
        let old = before.map_or(&[][..], |before| before.rows(&meta.fields[index].fieldname));
        for row in rows {
            let name = row.name_text();
            let old = old.iter().find(|old| old.name_text() == name);
            take_row(cx, row, old, &mut secrets)?;
        }
    }
    Ok(secrets)
}

fn take_row(cx: &Cx, doc: &mut Document, before: Option<&Document>, out: &mut Vec<Secret>) -> Result<()> {
    let meta = doc.meta().clone();
    for (index, column) in meta.columns.iter().enumerate() {
        let Some(field) = meta.field_of(column) else {
            continue;
        };
        if field.fieldtype != FieldType::Password {
            continue;
        }
        if (meta.name.as_str(), field.fieldname.as_str()) == NEVER_KEPT {
            doc.set_at(index, Value::Null);
            continue;
        }
        let stored = before
            .map_or("", |before| before.text(&field.fieldname))
            .to_owned();
        let sent = match doc.at(index) {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => String::new(),
        };
        let change = if sent.is_empty() {
            if stored.is_empty() {
                continue;
            }
            Change::Clear
        } else if sent.chars().all(|c| c == '*') {
            // Shown asterisks sent back; on a new document there is nothing they could stand for.
            doc.set_at(
                index,
                if stored.is_empty() {
                    Value::Null
                } else {
                    stored.into()
                },
            );
            continue;
        } else {
            let asterisks = "*".repeat(sent.chars().count());
            doc.set_at(index, Value::from(asterisks));
            sealed(cx, &field.fieldname, meta.label(&field.fieldname), &sent)?
        };
        out.push(Secret {
            doctype: meta.name.clone(),
            name: doc.name_text(),
            field: field.fieldname.clone(),
            change,
        });
    }
    Ok(())
}

fn sealed(cx: &Cx, field: &str, label: &str, secret: &str) -> Result<Change> {
    if field == HASHED {
        return Ok(Change::Set {
            stored: secret::digest(secret),
            encrypted: false,
        });
    }
    let key = Key::of(&cx.site().config.encryption_key).ok_or_else(|| {
        invalid(format!(
            "{label} can't be stored: the site has no encryption_key in its site.toml"
        ))
    })?;
    let seconds = u64::try_from(cx.site().clock.timestamp().as_second()).unwrap_or(0);
    let stored = key
        .encrypt(secret, seconds)
        .ok_or_else(|| Error::internal("the operating system gives no random bytes"))?;
    Ok(Change::Set {
        stored,
        encrypted: true,
    })
}

/// Writes what [`take`] took.
///
/// # Errors
/// A database failure.
pub(crate) fn store(cx: &mut Cx, secrets: Vec<Secret>) -> Result<()> {
    for secret in secrets {
        let mut query = Query::fixed();
        match secret.change {
            Change::Set { stored, encrypted } => {
                query
                    .sql("INSERT INTO ")
                    .ident(AUTH_TABLE)
                    .sql(" (doctype, name, fieldname, password, encrypted) VALUES (")
                    .text(secret.doctype)
                    .sql(", ");
                query.text(secret.name).sql(", ").text(secret.field).sql(", ");
                query.text(stored).sql(", ");
                query.bind(Kind::Int, Scalar::Int(i64::from(encrypted))).sql(
                    ") ON CONFLICT (doctype, name, fieldname) DO UPDATE SET password = excluded.password, \
                     encrypted = excluded.encrypted",
                );
            }
            Change::Clear => {
                query
                    .sql("DELETE FROM ")
                    .ident(AUTH_TABLE)
                    .sql(" WHERE doctype = ")
                    .text(secret.doctype);
                query.sql(" AND name = ").text(secret.name);
                query.sql(" AND fieldname = ").text(secret.field);
            }
        }
        cx.db().execute(query)?;
    }
    Ok(())
}

/// Removes the passwords of a document that is deleted, and of its child rows.
///
/// # Errors
/// A database failure.
pub(crate) fn forget(cx: &mut Cx, doc: &Document) -> Result<()> {
    let has_secrets = |doc: &Document| {
        let mut fields = doc.meta().fields.iter();
        fields.any(|field| field.fieldtype == FieldType::Password)
    };
    let rows = doc.tables().flat_map(|(_, rows)| rows);
    for doc in rows.chain([doc]).filter(|doc| has_secrets(doc)) {
        let mut query = Query::fixed();
        query
            .sql("DELETE FROM ")
            .ident(AUTH_TABLE)
            .sql(" WHERE doctype = ")
            .text(doc.doctype().to_owned());
        query.sql(" AND name = ").text(doc.name_text());
        cx.db().execute(query)?;
    }
    Ok(())
}

/// Stores a secret of a document that is none of its fields, encrypted. `label` names it in refusals.
///
/// # Errors
/// 417 where the site has no key to encrypt with; a database failure.
pub(crate) fn set(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    field: &str,
    label: &str,
    secret: &str,
) -> Result<()> {
    let change = sealed(cx, field, label, secret)?;
    store(cx, vec![secret_of(doctype, name, field, change)])
}

/// Removes a stored secret.
///
/// # Errors
/// A database failure.
pub(crate) fn clear(cx: &mut Cx, doctype: &str, name: &str, field: &str) -> Result<()> {
    store(cx, vec![secret_of(doctype, name, field, Change::Clear)])
}

fn secret_of(doctype: &str, name: &str, field: &str, change: Change) -> Secret {
    Secret {
        doctype: doctype.to_owned(),
        name: name.to_owned(),
        field: field.to_owned(),
        change,
    }
}

/// A stored password in the clear, for code that has to present it elsewhere; `None` where there is none, or only its
/// digest. No permission is checked.
///
/// # Errors
/// A database failure; 417 where it was encrypted with another key.
pub fn get(cx: &mut Cx, doctype: &str, name: &str, field: &str) -> Result<Option<String>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT password, encrypted FROM ")
        .ident(AUTH_TABLE)
        .sql(" WHERE doctype = ")
        .text(doctype.to_owned());
    query.sql(" AND name = ").text(name.to_owned());
    query.sql(" AND fieldname = ").text(field.to_owned());
    let Some(row) = cx.db().row(query, &[Kind::Text, Kind::Int])? else {
        return Ok(None);
    };
    let (Some(token), Some(1)) = (
        row.first().and_then(Scalar::as_str),
        row.get(1).and_then(Scalar::as_int),
    ) else {
        return Ok(None);
    };
    let clear = Key::of(&cx.site().config.encryption_key).and_then(|key| key.decrypt(token));
    clear.map(Some).ok_or_else(|| {
        invalid("The password was encrypted with another key than the encryption_key in site.toml")
    })
}
