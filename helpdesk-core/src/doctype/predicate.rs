//! Conditions on documents that are both SQL and a check in memory.

use serde_json::Value;

use super::document::Document;
use super::{permissions, storage};
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::error::Result;

/// A condition on the columns of one DocType. Texts compare as the database does: regardless of ASCII case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Predicate {
    /// Every document.
    All,
    /// No document.
    Nothing,
    /// A column equals a text.
    Eq(String, String),
    /// A column equals one of some texts.
    In(String, Vec<String>),
    /// A column of integers equals one of some.
    InNumbers(String, Vec<i64>),
    /// A column equals none of some texts (null counts as none).
    NotIn(String, Vec<String>),
    /// A column is null or empty.
    Empty(String),
    /// A check or number is 0.
    Off(String),
    /// A check or number is not 0.
    On(String),
    /// A column holds a JSON list with a text in it.
    Lists(String, String),
    /// A link leads to a document that meets a condition of its own.
    Through {
        /// The link field.
        column: String,
        /// The DocType it leads to.
        doctype: String,
        /// What the document there must meet.
        rule: Box<Predicate>,
    },
    /// All of them.
    And(Vec<Predicate>),
    /// Any of them.
    Or(Vec<Predicate>),
}

impl Predicate {
    /// All of `parts`, simplified.
    pub fn and(parts: Vec<Predicate>) -> Predicate {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Predicate::All => {}
                Predicate::Nothing => return Predicate::Nothing,
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => Predicate::All,
            1 => kept.remove(0),
            _ => Predicate::And(kept),
        }
    }

    /// Any of `parts`, simplified.
    pub fn or(parts: Vec<Predicate>) -> Predicate {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Predicate::Nothing => {}
                Predicate::All => return Predicate::All,
                Predicate::In(_, values) if values.is_empty() => {}
                part => kept.push(part),
            }
        }
        match kept.len() {
            0 => Predicate::Nothing,
            1 => kept.remove(0),
            _ => Predicate::Or(kept),
        }
    }

    /// The condition with its links followed from a document, so that [`matches`](Predicate::matches) can tell.
    ///
    /// # Errors
    /// A database failure.
    pub fn followed(self, cx: &mut Cx, doc: &Document) -> Result<Predicate> {
        let each = |parts: Vec<Predicate>, cx: &mut Cx| {
            parts
                .into_iter()
                .map(|part| part.followed(cx, doc))
                .collect::<Result<Vec<_>>>()
        };
        Ok(match self {
            Predicate::Through {
                column,
                doctype,
                rule,
            } => {
                let name = doc.text(&column).to_owned();
                let meta = permissions::meta_of(cx, &doctype)?;
                let linked = match name.as_str() {
                    "" => None,
                    name => storage::load(cx, &meta, name)?,
                };
                match linked {
                    Some(linked) if rule.followed(cx, &linked)?.matches(&linked) => Predicate::All,
                    _ => Predicate::Nothing,
                }
            }
            Predicate::And(parts) => Predicate::and(each(parts, cx)?),
            Predicate::Or(parts) => Predicate::or(each(parts, cx)?),
            other => other,
        })
    }

    /// Whether a document meets the condition; one about what a link leads to has to be
    /// [followed](Predicate::followed) first, else it is not met.
    pub fn matches(&self, doc: &Document) -> bool {
        let is = |column: &str, text: &str| doc.get(column).as_str().is_some_and(|value| same(value, text));
        match self {
            Predicate::All => true,
            Predicate::Nothing => false,
            Predicate::Eq(column, text) => is(column, text),
            Predicate::In(column, texts) => texts.iter().any(|text| is(column, text)),
            Predicate::InNumbers(column, numbers) => doc
                .get(column)
                .as_i64()
                .is_some_and(|number| numbers.contains(&number)),
            Predicate::NotIn(column, texts) => !texts.iter().any(|text| is(column, text)),
            Predicate::Off(column) => !doc.is_on(column),
            Predicate::On(column) => doc.is_on(column),
            Predicate::Empty(column) => matches!(doc.get(column), Value::Null) || is(column, ""),
            Predicate::Lists(column, text) => doc
                .get(column)
                .as_str()
                .and_then(|json| serde_json::from_str::<Vec<String>>(json).ok())
                .is_some_and(|list| list.iter().any(|item| same(item, text))),
            Predicate::Through { .. } => false,
            Predicate::And(parts) => parts.iter().all(|part| part.matches(doc)),
            Predicate::Or(parts) => parts.iter().any(|part| part.matches(doc)),
        }
    }

    /// The condition as SQL on a table (or alias) of the given name.
    pub fn to_sql(&self, table: &str) -> Query<'static> {
        let mut query = Query::new();
        self.write(table, &mut query);
        query
    }

    fn write(&self, table: &str, out: &mut Query<'static>) {
        let column = |name: &str, out: &mut Query<'static>| {
            out.ident(table.to_owned()).sql(".").ident(name.to_owned());
        };
        match self {
            Predicate::All => {
                out.sql("1 = 1");
            }
            Predicate::Nothing => {
                out.sql("1 = 0");
            }
            Predicate::Eq(name, text) => {
                column(name, out);
                out.sql(" = ").text(trimmed(text).to_owned());
            }
            Predicate::In(name, texts) if texts.is_empty() => {
                let _ = name;
                out.sql("1 = 0");
            }
            Predicate::In(name, texts) => {
                column(name, out);
                out.sql(" IN (");
                list(texts, out);
                out.sql(")");
            }
            Predicate::InNumbers(_, numbers) if numbers.is_empty() => {
                out.sql("1 = 0");
            }
            Predicate::InNumbers(name, numbers) => {
                column(name, out);
                out.sql(" IN (");
                for (i, number) in numbers.iter().enumerate() {
                    if i > 0 {
                        out.sql(", ");
                    }
                    out.bind(Kind::Int, Scalar::Int(*number));
                }
                out.sql(")");
            }
            Predicate::NotIn(name, texts) if texts.is_empty() => {
                let _ = name;
                out.sql("1 = 1");
            }
            Predicate::NotIn(name, texts) => {
                out.sql("(");
                column(name, out);
                out.sql(" IS NULL OR ");
                column(name, out);
                out.sql(" NOT IN (");
                list(texts, out);
                out.sql("))");
            }
            Predicate::Empty(name) => {
                out.sql("(");
                column(name, out);
                out.sql(" IS NULL OR ");
                column(name, out);
                out.sql(" = '')");
            }
            Predicate::Off(name) => {
                column(name, out);
                out.sql(" = 0");
            }
            Predicate::On(name) => {
                column(name, out);
                out.sql(" <> 0");
            }
            Predicate::Lists(name, text) => {
                let mut item = Vec::new();
                crate::db::json::write_str(text, &mut item);
                let item = String::from_utf8_lossy(&item).into_owned();
                column(name, out);
                out.either(" LIKE ", " COLLATE \"und-x-icu\" ILIKE ")
                    .text(format!("%{}%", escape_like(&item)))
                    .sql(" ESCAPE '\\'");
                let inner = item.trim_matches('"');
                if !inner.contains('"') && !inner.is_empty() {
                    // What PostgreSQL's index of the items holds (`schema`): less is read, nothing else is found. To SQLite
                    // it says nothing.
                    out.either(" AND (", " AND (string_to_array(lower(");
                    column(name, out);
                    out.either(
                        " IS NOT NULL AND ",
                        " COLLATE \"und-x-icu\"), '\"') @> ARRAY[lower(CAST(",
                    )
                    .text(inner.to_owned())
                    .either(" IS NOT NULL)", " AS text) COLLATE \"und-x-icu\")])");
                }
            }
            Predicate::Through {
                column: link,
                doctype,
                rule,
            } => {
                // Rules of linked documents name no other link, so one alias does.
                const ALIAS: &str = "linked";
                column(link, out);
                out.sql(" IN (SELECT ")
                    .ident(ALIAS)
                    .sql(".")
                    .ident("name")
                    .sql(" FROM ")
                    .ident(format!("tab{doctype}"))
                    .sql(" AS ")
                    .ident(ALIAS)
                    .sql(" WHERE ");
                rule.write(ALIAS, out);
                out.sql(")");
            }
            Predicate::And(parts) => joined(parts, " AND ", table, out),
            Predicate::Or(parts) => joined(parts, " OR ", table, out),
        }
    }
}

fn joined(parts: &[Predicate], word: &'static str, table: &str, out: &mut Query<'static>) {
    out.sql("(");
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.sql(word);
        }
        part.write(table, out);
    }
    out.sql(")");
}

/// Values of an IN list, padded to 1, 2, 4, 8 … with the last one, so that few shapes arise.
fn list(texts: &[String], out: &mut Query<'static>) {
    let padded = texts.len().next_power_of_two();
    for i in 0..padded {
        if i > 0 {
            out.sql(", ");
        }
        if let Some(text) = texts.get(i).or_else(|| texts.last()) {
            out.text(trimmed(text).to_owned());
        }
    }
}

/// Trailing blanks of a compared value don't count.
pub fn trimmed(text: &str) -> &str {
    text.trim_end_matches(' ')
}

/// A stored text against a compared one, whose trailing blanks don't count: as the SQL of [`Predicate::to_sql`].
fn same(stored: &str, compared: &str) -> bool {
    stored.eq_ignore_ascii_case(trimmed(compared))
}

/// Escapes what LIKE reads as a pattern.
pub fn escape_like(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simplification_keeps_the_meaning() {
        assert_eq!(
            Predicate::and(vec![Predicate::All, Predicate::All]),
            Predicate::All
        );
        assert_eq!(Predicate::or(vec![Predicate::Nothing]), Predicate::Nothing);
        let eq = Predicate::Eq("a".into(), "b".into());
        assert_eq!(Predicate::and(vec![Predicate::All, eq.clone()]), eq);
        assert_eq!(Predicate::or(vec![eq, Predicate::All]), Predicate::All);
    }

    #[test]
    fn sql_binds_every_value() {
        let sql = Predicate::Or(vec![
            Predicate::Eq("owner".into(), "x' OR '1'='1".into()),
            Predicate::In("customer".into(), vec!["a".into(), "b".into(), "c".into()]),
        ])
        .to_sql("tabHD Ticket")
        .shown();

        assert_eq!(
            sql,
            "(`tabHD Ticket`.`owner` = ? OR `tabHD Ticket`.`customer` IN (?, ?, ?, ?))"
        );
    }
}
