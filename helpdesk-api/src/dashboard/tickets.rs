//! Statements over the tickets of some days: nothing is read but sums.

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::doctype::predicate::Predicate;
use jiff::civil::Date;

use super::Days;

/// Which tickets count, whatever the caller may list.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// Those of a team; empty: of all.
    pub(super) team: String,
    /// Those an agent has; empty: of all.
    pub(super) agent: String,
}

impl Scope {
    fn predicate(&self) -> Predicate {
        let mut all = Vec::new();
        if !self.team.is_empty() {
            all.push(Predicate::Eq("agent_group".into(), self.team.clone()));
        }
        if !self.agent.is_empty() {
            all.push(Predicate::Lists("_assign".into(), self.agent.clone()));
        }
        Predicate::and(all)
    }

    /// ` FROM … WHERE …`: the tickets whose `column`, a Datetime with an index, is on one of the days.
    pub(super) fn within(&self, column: &'static str, days: Days) -> Query<'static> {
        let mut query = Query::new();
        query.sql(" FROM ").ident("tabHD Ticket").sql(" AS ").ident("t");
        query.sql(" WHERE ").ident("t").sql(".").ident(column).sql(" >= ");
        query.append(midnight(days.from));
        query.sql(" AND ").ident("t").sql(".").ident(column).sql(" < ");
        query.append(midnight(days.end()));
        let also = self.predicate();
        if also != Predicate::All {
            query.sql(" AND ").append(also.to_sql("t"));
        }
        query
    }
}

/// The beginning of a day, as a bound value.
pub(crate) fn midnight(date: Date) -> Query<'static> {
    let mut query = Query::new();
    query.bind(
        Kind::DateTime,
        Scalar::Text(format!("{date} 00:00:00.000000").into()),
    );
    query
}

/// How many rows of a group meet a condition.
pub(super) fn count_of(condition: &Predicate) -> Query<'static> {
    let mut query = Query::new();
    query
        .sql("coalesce(sum(CASE WHEN ")
        .append(condition.to_sql("t"))
        .sql(" THEN 1 ELSE 0 END), 0)");
    query
}

/// The day of a Datetime, as text.
pub(crate) fn day(column: &'static str) -> Query<'static> {
    let mut query = Query::new();
    query
        .sql("substr(CAST(")
        .ident("t")
        .sql(".")
        .ident(column)
        .sql(" AS TEXT), 1, 10)");
    query
}

/// A number of a row.
pub(crate) fn number(row: &[Scalar<'_>], place: usize) -> Option<f64> {
    match row.get(place) {
        Some(Scalar::Float(float)) => Some(*float),
        #[expect(clippy::cast_precision_loss, reason = "counts are far less than 2^52")]
        Some(Scalar::Int(int)) => Some(*int as f64),
        _ => None,
    }
}

/// A count of a row.
pub(crate) fn count(row: &[Scalar<'_>], place: usize) -> i64 {
    row.get(place).and_then(Scalar::as_int).unwrap_or(0)
}

/// Rounded half away from zero to six decimals, as averages of ratings are.
pub(super) fn rating(average: f64) -> f64 {
    decimals(average, 1e6)
}

/// Rounded half away from zero to the decimals of `factor`.
pub(super) fn decimals(number: f64, factor: f64) -> f64 {
    (number * factor).round() / factor
}
