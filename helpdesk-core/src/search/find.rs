//! Asking an index.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::bm25;
use super::rights::Closed;
use super::tables::{documents, texts as text_table};
use super::text::tokens;
use crate::db::{Kind, Query, Scalar, Tx};
use crate::error::Result;

/// Phrases that a question may have; what is beyond is left out.
pub const MOST_PHRASES: usize = 32;

/// Words that follow each other; the last one may be the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The words, folded (see [`super::text::fold`]).
    pub words: Vec<String>,
    /// Whether longer words that begin with the last one count too.
    pub prefix: bool,
}

impl Phrase {
    /// The words of what stands between two blanks of a question, if it has any: `re:invoice` is two words that follow
    /// each other. Words that begin with the last one count too if that has at least `prefix_from` characters.
    pub fn of(text: &str, prefix_from: usize) -> Option<Phrase> {
        let mut words: Vec<String> = tokens(text).into_iter().map(|token| token.word).collect();
        words.retain(|word| word.contains(|c| !matches!(c, '-' | '_')));
        words.truncate(MOST_PHRASES);
        let prefix = words.last()?.chars().count() >= prefix_from;
        Some(Phrase { words, prefix })
    }

    /// How many words of `of` the phrase takes at a place; `None` where it does not stand there.
    pub fn at(&self, of: &[impl AsRef<str>]) -> Option<usize> {
        let (last, before) = self.words.split_last()?;
        let stands = before
            .iter()
            .enumerate()
            .all(|(i, word)| of.get(i).is_some_and(|found| found.as_ref() == word));
        let found = of.get(before.len())?.as_ref();
        let ends = found == last || self.prefix && found.starts_with(last.as_str());
        (stands && ends).then_some(self.words.len())
    }

    /// FTS5's words for it. Nothing in quotes is syntax, and words have no quotes in them.
    fn fts5(&self, out: &mut String) {
        let star = if self.prefix { "*" } else { "" };
        let _ = write!(out, "\"{}\"{star}", self.words.join(" "));
    }

    /// PostgreSQL's words for it.
    fn tsquery(&self, weight: &str, out: &mut String) {
        for (i, word) in self.words.iter().enumerate() {
            let is_last = i + 1 == self.words.len();
            let star = if is_last && self.prefix { "*" } else { "" };
            let mark = if star.is_empty() && weight.is_empty() {
                ""
            } else {
                ":"
            };
            let before = if i > 0 { " <-> " } else { "" };
            let _ = write!(out, "{before}'{word}'{mark}{star}{weight}");
        }
    }
}

/// Which of a document's texts are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Both,
    Title,
    Content,
}

/// A question: documents in which of each group some phrase stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Groups, all of which have to be met; of a group, one phrase is enough.
    pub all: Vec<Vec<Phrase>>,
    /// Whether titles alone are looked at.
    pub title_only: bool,
}

impl Wanted {
    /// Its phrases.
    pub fn phrases(&self) -> impl Iterator<Item = &Phrase> {
        self.all.iter().flatten()
    }

    fn part(&self) -> Part {
        if self.title_only { Part::Title } else { Part::Both }
    }

    pub(super) fn fts5(&self, part: Part) -> String {
        let mut out = String::from(match part {
            Part::Both => "(",
            Part::Title => "{title} : (",
            Part::Content => "{content} : (",
        });
        self.joined(&mut out, " AND ", " OR ", |phrase, out| phrase.fts5(out));
        out.push(')');
        out
    }

    pub(super) fn tsquery(&self, part: Part) -> String {
        // As the words are written: those of the title have the weight A, the others the lowest one.
        let weight = match part {
            Part::Both => "",
            Part::Title => "A",
            Part::Content => "D",
        };
        let mut out = String::new();
        self.joined(&mut out, " & ", " | ", |phrase, out| {
            out.push('(');
            phrase.tsquery(weight, out);
            out.push(')');
        });
        out
    }

    fn joined(&self, out: &mut String, and: &str, or: &str, phrase: impl Fn(&Phrase, &mut String)) {
        let groups = self.all.iter().filter(|group| !group.is_empty());
        for (i, group) in groups.take(MOST_PHRASES).enumerate() {
            out.push_str(if i > 0 { and } else { "" });
            out.push('(');
            for (j, one) in group.iter().take(4 * MOST_PHRASES).enumerate() {
                out.push_str(if j > 0 { or } else { "" });
                phrase(one, out);
            }
            out.push(')');
        }
    }
}

/// Which documents are meant, and what is read of them beside: SQL in which `s` is the index, with the columns `doctype`
/// and `name` of the document.
#[derive(Clone, Debug, Default)]
pub struct Scope<'a> {
    /// Tables of the documents: ` JOIN .. ON ..`.
    pub joins: Query<'a>,
    /// A condition: who asks may see what meets it, and asked for it.
    pub condition: Query<'a>,
    /// Columns: `, a, b`.
    pub columns: Query<'a>,
    /// What they hold.
    pub kinds: Vec<Kind>,
    /// Texts that nothing is to be found by.
    pub closed: Closed,
}

/// A document that was found.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Its number in the index.
    pub id: i64,
    /// Its DocType.
    pub doctype: String,
    /// Its name.
    pub name: String,
    /// BM25 with FTS5's sign: the lower, the better.
    pub bm25: f64,
    /// The columns asked for.
    pub columns: Vec<Scalar<'static>>,
}

/// The best documents, at most `limit`, best first.
///
/// # Errors
/// A database failure.
pub fn find(tx: &mut Tx, index: &str, wanted: &Wanted, scope: &Scope<'_>, limit: usize) -> Result<Vec<Hit>> {
    if wanted.phrases().next().is_none() || limit == 0 {
        return Ok(Vec::new());
    }
    let postgres = tx.is_postgres();
    let mut query = Query::new();
    query.sql("SELECT s.id, s.doctype, s.name, ");
    if postgres {
        query.sql("CAST(ts_rank(s.words, CAST(");
        query
            .text(wanted.tsquery(wanted.part()))
            .sql(" AS tsquery)) AS double precision)");
    } else if let Some(rank) = scope.closed.rank(index) {
        query.append(rank);
    } else {
        query.sql("f.rank");
    }
    query.append(scope.columns.clone());
    from(&mut query, index, wanted, scope, postgres);
    // By the rank alone FTS5 sorts itself, and what the scope says is looked up for the best ones only, not for all that
    // match.
    if postgres {
        query.sql(" ORDER BY 4 DESC, s.id LIMIT ");
    } else if scope.closed == Closed::default() {
        query.sql(" ORDER BY f.rank LIMIT ");
    } else {
        query.sql(" ORDER BY 4, s.id LIMIT ");
    }
    query.number(limit as u64);
    let mut kinds = vec![Kind::Int, Kind::Text, Kind::Text, Kind::Float];
    kinds.extend(&scope.kinds);
    let mut hits: Vec<Hit> = tx.rows(query, &kinds)?.into_iter().filter_map(hit).collect();
    if postgres {
        bm25::score(tx, index, wanted, &scope.closed, &mut hits)?;
    }
    hits.sort_by(|a, b| a.bm25.total_cmp(&b.bm25).then(a.id.cmp(&b.id)));
    Ok(hits)
}

fn from<'a>(query: &mut Query<'a>, index: &str, wanted: &Wanted, scope: &Scope<'a>, postgres: bool) {
    query.sql(" FROM ");
    if postgres {
        query.ident(documents(index)).sql(" AS s");
    } else {
        // The words first: nothing else narrows as much.
        let table = text_table(index);
        query
            .ident(table)
            .sql(" AS f CROSS JOIN ")
            .ident(documents(index));
        query.sql(" AS s ON s.id = f.rowid");
    }
    query.append(scope.joins.clone()).sql(" WHERE ");
    matches(query, index, wanted, postgres);
    scope.closed.condition(index, wanted, postgres, query);
    if !scope.condition.is_empty() {
        query.sql(" AND (").append(scope.condition.clone()).sql(")");
    }
}

fn matches(query: &mut Query<'_>, index: &str, wanted: &Wanted, postgres: bool) {
    if postgres {
        query.sql("s.words @@ CAST(");
        query.text(wanted.tsquery(wanted.part())).sql(" AS tsquery)");
    } else {
        query.sql("f.").ident(text_table(index)).sql(" MATCH ");
        query.text(wanted.fts5(wanted.part()));
    }
}

fn hit(row: Vec<Scalar<'static>>) -> Option<Hit> {
    let mut cells = row.into_iter();
    let id = cells.next()?.as_int()?;
    let doctype = cells.next()?.as_str()?.to_owned();
    let name = cells.next()?.as_str()?.to_owned();
    let bm25 = match cells.next()? {
        Scalar::Float(rank) => rank,
        Scalar::Int(rank) => rank as f64,
        _ => 0.0,
    };
    Some(Hit {
        id,
        doctype,
        name,
        bm25,
        columns: cells.collect(),
    })
}

/// Whether a phrase stands in a document that a caller can find.
pub(super) fn stands(tx: &mut Tx, index: &str, phrase: &Phrase, scope: &Scope<'_>) -> Result<bool> {
    let wanted = Wanted {
        all: vec![vec![phrase.clone()]],
        title_only: false,
    };
    let postgres = tx.is_postgres();
    let mut query = Query::new();
    query.sql("SELECT count(*) FROM (SELECT 1");
    from(&mut query, index, &wanted, scope, postgres);
    query.sql(" LIMIT 1) AS found");
    Ok(tx.count(query)? > 0)
}

/// How many documents of an index a phrase stands in, whoever may see them; counting ends at `most`.
pub(super) fn documents_with(
    tx: &mut Tx,
    index: &str,
    phrase: &Phrase,
    title_only: bool,
    most: u64,
) -> Result<u64> {
    let wanted = Wanted {
        all: vec![vec![phrase.clone()]],
        title_only,
    };
    let postgres = tx.is_postgres();
    let mut query = Query::new();
    query.sql("SELECT count(*) FROM (SELECT 1 FROM ");
    if postgres {
        query.ident(documents(index)).sql(" AS s WHERE ");
    } else {
        query.ident(text_table(index)).sql(" AS f WHERE ");
    }
    matches(&mut query, index, &wanted, postgres);
    query.sql(" LIMIT ").number(most).sql(") AS found");
    Ok(u64::try_from(tx.count(query)?).unwrap_or(0))
}

/// Titles and contents of what was found by their number, as plain text; what is closed is empty.
///
/// # Errors
/// A database failure.
pub fn texts(
    tx: &mut Tx,
    index: &str,
    hits: &[Hit],
    closed: &Closed,
) -> Result<HashMap<i64, (String, String)>> {
    if hits.is_empty() {
        return Ok(HashMap::new());
    }
    let mut query = Query::new();
    if tx.is_postgres() {
        query
            .sql("SELECT id, title, content FROM ")
            .ident(documents(index));
        query.sql(" WHERE id IN (");
    } else {
        query
            .sql("SELECT rowid, title, content FROM ")
            .ident(text_table(index));
        query.sql(" WHERE rowid IN (");
    }
    // Padded with the last one, so that few shapes arise.
    for i in 0..hits.len().next_power_of_two() {
        if i > 0 {
            query.sql(", ");
        }
        let id = hits.get(i).or_else(|| hits.last()).map_or(0, |hit| hit.id);
        query.bind(Kind::Int, Scalar::Int(id));
    }
    query.sql(")");
    let rows = tx.rows(query, &[Kind::Int, Kind::Text, Kind::Text])?;
    let mut found: HashMap<i64, (String, String)> = rows
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            let id = cells.next()?.as_int()?;
            let mut text = || match cells.next() {
                Some(Scalar::Text(text)) => text.into_owned(),
                _ => String::new(),
            };
            Some((id, (text(), text())))
        })
        .collect();
    for hit in hits {
        if let Some(texts) = found.get_mut(&hit.id) {
            closed.hide(&hit.doctype, texts);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str) -> Phrase {
        Phrase::of(text, 4).unwrap()
    }

    #[test]
    fn questions_are_quoted() {
        let wanted = Wanted {
            all: vec![
                vec![phrase("Invoice"), phrase("bill\" OR x")],
                vec![phrase("a:b")],
            ],
            title_only: true,
        };

        assert_eq!(
            wanted.fts5(Part::Title),
            "{title} : ((\"invoice\"* OR \"bill or x\") AND (\"a b\"))"
        );
        assert_eq!(
            wanted.tsquery(Part::Title),
            "(('invoice':*A) | ('bill':A <-> 'or':A <-> 'x':A)) & (('a':A <-> 'b':A))"
        );
    }

    #[test]
    fn punctuation_alone_is_no_phrase() {
        assert!(
            ["", "\"", "''", "*", "--", "_-_", "(", "\u{0}"]
                .iter()
                .all(|text| Phrase::of(text, 4).is_none())
        );
        assert_eq!(phrase("re-send").words, ["re-send"]);
    }

    #[test]
    fn phrases_are_found_where_they_stand() {
        let words = ["an", "open", "invoice"];
        assert_eq!(phrase("open:inv").at(&words[1..]), None);
        assert_eq!(phrase("open:invo").at(&words[1..]), Some(2));
        assert_eq!(phrase("an").at(&words), Some(1));
        assert_eq!(phrase("invoice:x").at(&words[2..]), None);
    }
}
