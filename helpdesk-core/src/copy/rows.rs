//! The rows of one table, from one database into the other.

use super::tables::Table;
use crate::db::{Kind, Query, Scalar, Tx};
use crate::error::{Error, Result, invalid};

/// Most rows of one statement.
const BATCH: usize = 500;
/// Most values of one statement; both databases take a few more.
const VALUES: usize = 30_000;

type Row = Vec<Scalar<'static>>;

/// Copies a table in the order of its key; `progress` is told the rows of each batch.
///
/// # Errors
/// 417 naming the row the target doesn't take; a database failure.
pub(super) fn copy(
    source: &mut Tx,
    target: &mut Tx,
    table: &Table,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let size = BATCH.min(VALUES / table.columns.len()).max(1);
    let mut last: Option<Row> = None;
    loop {
        let rows = read(source, table, last.as_ref(), size)?;
        let Some(end) = rows.last() else {
            return Ok(());
        };
        write(target, table, &rows)?;
        progress(rows.len() as u64);
        if rows.len() < size {
            return Ok(());
        }
        last = Some(table.key.iter().map(|place| end[*place].clone()).collect());
    }
}

fn read(source: &mut Tx, table: &Table, after: Option<&Row>, size: usize) -> Result<Vec<Row>> {
    let kinds: Vec<Kind> = table.columns.iter().map(|column| column.kind).collect();
    let mut query = Query::new();
    query.sql("SELECT ");
    names(&mut query, table, 0..table.columns.len());
    query.sql(" FROM ").ident(table.name.as_str());
    if let Some(after) = after {
        query.sql(" WHERE (");
        names(&mut query, table, table.key.iter().copied());
        query.sql(") > (");
        for (i, (place, value)) in table.key.iter().zip(after).enumerate() {
            query.sql(if i == 0 { "" } else { ", " });
            query.bind(table.columns[*place].kind, value.clone());
        }
        query.sql(")");
    }
    query.sql(" ORDER BY ");
    names(&mut query, table, table.key.iter().copied());
    query.sql(" LIMIT ").number(size as u64);
    source.rows(query, &kinds)
}

/// Writes a batch; where the target refuses it, the rows one by one to tell which.
fn write(target: &mut Tx, table: &Table, rows: &[Row]) -> Result<()> {
    target.savepoint_begin()?;
    let Err(failure) = insert(target, table, rows) else {
        return target.savepoint_end(true);
    };
    target.savepoint_end(false)?;
    for row in rows {
        if let Err(error) = insert(target, table, std::slice::from_ref(row)) {
            return Err(invalid(format!(
                "{}: the row {} can't be stored there: {}",
                table.name,
                shown_key(table, row),
                in_words(&error)
            ))
            .caused_by(error));
        }
    }
    // Each row by itself was taken: then not the rows were at fault.
    Err(failure)
}

fn insert(target: &mut Tx, table: &Table, rows: &[Row]) -> Result<()> {
    let mut query = Query::new();
    query.sql("INSERT INTO ").ident(table.name.as_str()).sql(" (");
    names(&mut query, table, 0..table.columns.len());
    query.sql(") VALUES ");
    for (i, row) in rows.iter().enumerate() {
        query.sql(if i == 0 { "(" } else { ", (" });
        for (j, (column, value)) in table.columns.iter().zip(row).enumerate() {
            query.sql(if j == 0 { "" } else { ", " });
            query.bind(column.kind, value.clone());
        }
        query.sql(")");
    }
    target.execute(query).map(|_| ())
}

fn names<'a>(query: &mut Query<'a>, table: &'a Table, places: impl IntoIterator<Item = usize>) {
    for (i, place) in places.into_iter().enumerate() {
        query.sql(if i == 0 { "" } else { ", " });
        query.ident(table.columns[place].name.as_str());
    }
}

fn shown_key(table: &Table, row: &Row) -> String {
    let shown = table.key.iter().map(|place| match &row[*place] {
        Scalar::Null => "null".to_owned(),
        Scalar::Int(int) => int.to_string(),
        Scalar::Float(float) => float.to_string(),
        Scalar::Text(text) => format!("{text:?}"),
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn in_words(error: &Error) -> String {
    match (error.text(), error.cause()) {
        ("", Some(cause)) => cause.to_string(),
        ("", None) => error.kind().exc_type().to_owned(),
        (text, _) => text.to_owned(),
    }
}
