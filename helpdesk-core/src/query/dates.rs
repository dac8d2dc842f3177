//! Parts of dates in lists: of the texts they are kept as, so that both databases say the same.

use crate::db::{Kind, Query};
use crate::error::{Result, invalid};

/// Where the parts of a date stand in its text: first character, from 1, and length.
const PARTS: [(&str, &str); 6] = [
    ("YEAR", "1, 4"),
    ("MONTH", "6, 2"),
    ("DAY", "9, 2"),
    ("HOUR", "12, 2"),
    ("MINUTE", "15, 2"),
    ("SECOND", "18, 2"),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Writes a part of `date`: `YEAR`, `QUARTER`, `MONTH`, `MONTHNAME`, `DAY`, `HOUR`, `MINUTE` or `SECOND`.
///
/// # Errors
/// 417 for another part, for what is no date, and for the hour of a date without one.
pub(super) fn part(name: &str, date: Query<'static>, kind: Kind, out: &mut Query<'static>) -> Result<Kind> {
    if !matches!(kind, Kind::Date | Kind::DateTime) {
        return Err(invalid(format!("{name} takes a date")));
    }
    let of = match name {
        "QUARTER" | "MONTHNAME" => "MONTH",
        name => name,
    };
    let Some((_, place)) = PARTS.iter().find(|(known, _)| *known == of) else {
        return Err(invalid(format!("There is no part {name} of a date")));
    };
    if kind == Kind::Date && matches!(of, "HOUR" | "MINUTE" | "SECOND") {
        return Err(invalid(format!("{name} takes a date with a time")));
    }
    let mut number = Query::new();
    number.sql("CAST(substr(CAST(").append(date).sql(" AS TEXT), ");
    number.sql(place).sql(") AS INTEGER)");
    match name {
        "QUARTER" => {
            out.sql("((").append(number).sql(" + 2) / 3)");
        }
        "MONTHNAME" => {
            out.sql("CASE ").append(number);
            for (at, month) in MONTHS.iter().enumerate() {
                out.sql(" WHEN ")
                    .number(at as u64 + 1)
                    .sql(" THEN ")
                    .text((*month).to_owned());
            }
            out.sql(" END");
            return Ok(Kind::Text);
        }
        _ => {
            out.append(number);
        }
    }
    Ok(Kind::Int)
}
