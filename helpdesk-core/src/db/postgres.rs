//! What is PostgreSQL's own: connecting, binding and reading in its binary forms.

use diesel::connection::SimpleConnection;
use diesel::deserialize;
use diesel::pg::data_types::{PgDate, PgTime, PgTimestamp};
use diesel::pg::{Pg, PgConnection, PgValue};
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::{BigInt, Date, Double, Nullable, Text, Time, Timestamp};
use jiff::ToSpan;
use jiff::civil::{self, DateTime};

use super::json;
use super::query::{Bind, Kind, Scalar, SqlBackend};
use crate::clock::stored;
use crate::error::{Error, Result};

/// The day PostgreSQL counts from.
const EPOCH: DateTime = civil::date(2000, 1, 1).at(0, 0, 0, 0);
/// Texts compare regardless of case: as the original's collation (design/data-layer.md §3).
/// Processes that open the site at the same time wait for each other, since `IF NOT EXISTS` alone lets both try.
pub(super) const COLLATION: &str = "SELECT pg_advisory_xact_lock(5701632771); \
     CREATE COLLATION IF NOT EXISTS helpdesk_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";

/// Connects and sets the connection up.
pub(super) fn open(url: &str) -> Result<PgConnection> {
    let mut conn = PgConnection::establish(url)
        .map_err(|error| Error::internal(format!("cannot connect to PostgreSQL: {error}")))?;
    conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages TO warning; SET statement_timeout TO '60s'; SET lock_timeout TO '10s'")?;
    Ok(conn)
}

/// Connects and takes the lock that whoever makes or changes the schema holds. It ends with the connection, so a
/// process that dies leaves none behind.
pub(super) fn alone(url: &str) -> Result<PgConnection> {
    let mut conn = open(url)?;
    conn.batch_execute(
        "SET statement_timeout TO 0; SET lock_timeout TO '10min'; SELECT pg_advisory_lock(5701632772)",
    )?;
    Ok(conn)
}

impl SqlBackend for Pg {
    const POSTGRES: bool = true;

    fn bind<'b>(bind: &'b Bind<'_>, mut out: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        match (&bind.value, bind.kind) {
            (Scalar::Null, Kind::Int | Kind::Check) => {
                out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None)
            }
            (Scalar::Null, Kind::Float) => out.push_bind_param::<Nullable<Double>, Option<f64>>(&None),
            (Scalar::Null, Kind::Text) => out.push_bind_param::<Nullable<Text>, Option<String>>(&None),
            (Scalar::Null, Kind::Date) => out.push_bind_param::<Nullable<Date>, Option<PgDate>>(&None),
            (Scalar::Null, Kind::Time) => out.push_bind_param::<Nullable<Time>, Option<PgTime>>(&None),
            (Scalar::Null, Kind::DateTime) => {
                out.push_bind_param::<Nullable<Timestamp>, Option<PgTimestamp>>(&None)
            }
            (Scalar::Int(int), _) => out.push_bind_param::<BigInt, i64>(int),
            (Scalar::Float(float), _) => out.push_bind_param::<Double, f64>(float),
            (Scalar::Text(_), Kind::Date) => out.push_bind_param::<Date, Bind<'_>>(bind),
            (Scalar::Text(_), Kind::Time) => out.push_bind_param::<Time, Bind<'_>>(bind),
            (Scalar::Text(_), Kind::DateTime) => out.push_bind_param::<Timestamp, Bind<'_>>(bind),
            (Scalar::Text(text), _) => out.push_bind_param::<Text, std::borrow::Cow<'_, str>>(text),
        }
    }

    fn read(raw: PgValue<'_>, kind: Kind) -> deserialize::Result<Scalar<'static>> {
        let oid = raw.get_oid().get();
        let bytes = raw.as_bytes();
        Ok(match oid {
            oid::INT8 => number(i64::from_be_bytes(bytes.try_into()?), kind),
            oid::INT4 => number(i64::from(i32::from_be_bytes(bytes.try_into()?)), kind),
            oid::INT2 => number(i64::from(i16::from_be_bytes(bytes.try_into()?)), kind),
            oid::FLOAT8 => Scalar::Float(f64::from_be_bytes(bytes.try_into()?)),
            oid::FLOAT4 => Scalar::Float(f64::from(f32::from_be_bytes(bytes.try_into()?))),
            oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME => {
                Scalar::Text(std::str::from_utf8(bytes)?.to_owned().into())
            }
            oid::TIMESTAMP | oid::DATE | oid::TIME => Scalar::Text(moment(oid, bytes)?.into()),
            other => {
                return Err(format!("a PostgreSQL type the framework does not use (OID {other})").into());
            }
        })
    }

    fn write_json(raw: PgValue<'_>, kind: Kind, out: &mut Vec<u8>) -> deserialize::Result<()> {
        let oid = raw.get_oid().get();
        let bytes = raw.as_bytes();
        match oid {
            oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME => {
                json::write_text(std::str::from_utf8(bytes)?, kind, out);
            }
            oid::TIMESTAMP | oid::DATE | oid::TIME => json::write_text(&moment(oid, bytes)?, kind, out),
            _ => match Self::read(raw, kind)? {
                Scalar::Int(int) => json::write_int(int, out),
                Scalar::Float(float) => json::write_float(float, out),
                Scalar::Text(_) | Scalar::Null => return Err("a text where a number stands".into()),
            },
        }
        Ok(())
    }
}

/// Type numbers of the server's catalogue that never change.
mod oid {
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const NAME: u32 = 19;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const BPCHAR: u32 = 1042;
    pub(super) const VARCHAR: u32 = 1043;
    pub(super) const DATE: u32 = 1082;
    pub(super) const TIME: u32 = 1083;
    pub(super) const TIMESTAMP: u32 = 1114;
}

#[expect(clippy::cast_precision_loss, reason = "a count in a column of doubles")]
fn number(int: i64, kind: Kind) -> Scalar<'static> {
    if kind == Kind::Float {
        Scalar::Float(int as f64)
    } else {
        Scalar::Int(int)
    }
}

/// A moment in the form the framework stores as text.
fn moment(oid: u32, bytes: &[u8]) -> deserialize::Result<String> {
    Ok(match oid {
        oid::DATE => {
            let days = i64::from(i32::from_be_bytes(bytes.try_into()?));
            let date = EPOCH.checked_add(days.days())?.date();
            format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
        }
        oid::TIME => {
            let micros = i64::from_be_bytes(bytes.try_into()?);
            let at = stored(EPOCH.checked_add(micros.microseconds())?);
            at.get(11..).unwrap_or_default().to_owned()
        }
        _ => {
            let micros = i64::from_be_bytes(bytes.try_into()?);
            stored(EPOCH.checked_add(micros.microseconds())?)
        }
    })
}

fn datetime_micros(text: &str) -> Option<i64> {
    let at = crate::doctype::value::parse_datetime(text)?;
    let span = at.duration_since(EPOCH);
    i64::try_from(span.as_micros()).ok()
}

fn date_days(text: &str) -> Option<i32> {
    let at = crate::doctype::value::parse_datetime(text)?;
    i32::try_from(
        at.date()
            .to_datetime(civil::Time::midnight())
            .duration_since(EPOCH)
            .as_hours()
            / 24,
    )
    .ok()
}

fn time_micros(text: &str) -> Option<i64> {
    let time = crate::doctype::value::parse_time(text)?;
    i64::try_from(time.duration_since(civil::Time::midnight()).as_micros()).ok()
}

/// Text bound where a moment stands is written in the server's binary form.
macro_rules! writes_moment {
    ($sql_type:ty, $wire:ident, $read:ident) => {
        impl ToSql<$sql_type, Pg> for Bind<'_> {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                let text = self.value.as_str().unwrap_or("");
                let moment = $read(text).ok_or_else(|| format!("{text:?} is no date or time"))?;
                ToSql::<$sql_type, Pg>::to_sql(&$wire(moment), &mut out.reborrow())
            }
        }
    };
}

writes_moment!(Date, PgDate, date_days);
writes_moment!(Time, PgTime, time_micros);
writes_moment!(Timestamp, PgTimestamp, datetime_micros);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_survive_the_binary_form() {
        for text in [
            "2026-11-22 07:13:51.785053",
            "1999-12-31 23:59:59.999999",
            "2000-01-01 00:00:00.000000",
        ] {
            let micros = datetime_micros(text).unwrap();
            assert_eq!(moment(oid::TIMESTAMP, &micros.to_be_bytes()).unwrap(), text);
        }
        for text in ["2026-02-28", "1999-12-31", "2000-01-01"] {
            assert_eq!(
                moment(oid::DATE, &date_days(text).unwrap().to_be_bytes()).unwrap(),
                text
            );
        }
        assert_eq!(
            moment(oid::TIME, &time_micros("07:00:00").unwrap().to_be_bytes()).unwrap(),
            "07:00:00.000000"
        );
    }
}
