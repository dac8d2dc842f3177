//! `helpdesk.api.dashboard`: figures of the tickets of some days, for who manages agents, and for agents of their own.
//!
//! Source: spec/helpdesk-b.md §5.

mod breakdowns;
mod cards;
pub(crate) mod tickets;
mod trends;

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use jiff::ToSpan as _;
use jiff::civil::Date;
use schemars::JsonSchema;

use self::cards::Card;
use self::tickets::Scope;
use self::trends::Axis;
use crate::agents::require_agent;
use crate::metrics;

/// What a part of the dashboard shows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Part {
    /// One figure.
    Card(Card),
    /// A chart with axes.
    Axis(Axis),
    /// A chart of shares.
    Pie(breakdowns::Pie),
}

/// Days, both included.
#[derive(Clone, Copy, Debug)]
struct Days {
    from: Date,
    to: Date,
}

impl Days {
    /// The day after the last one.
    fn end(self) -> Date {
        self.to.saturating_add(1.day())
    }

    /// As many days before, where a single day counts as one.
    fn earlier(self) -> Days {
        let length = match metrics::days_between(self.from, self.to) {
            0 => 1,
            days => days,
        };
        Days {
            from: metrics::before(self.from, length),
            to: metrics::before(self.from, 1),
        }
    }
}

/// Figures of tickets: `number_card` five figures, `trend` two charts over days, `master` four breakdowns; null for
/// other types.
///
/// `filters`: `from_date` and `to_date` (the last thirty days without), `team`, `agent` (a user; `@me` is the caller).
///
/// # Errors
/// - 403 if the caller is no agent, or no Agent Manager and doesn't ask for all of their own tickets alone
/// - 417 for a date that is none
#[whitelist]
pub fn get_dashboard_data(
    cx: &mut Cx,
    /// `number_card`, `trend` or `master`.
    dashboard_type: String,
    filters: Option<Dict>,
) -> Result<Option<Vec<Part>>> {
    require_agent(cx)?;
    let filters = filters.unwrap_or_default();
    let team = text(&filters, "team")?;
    let agent = text(&filters, "agent")?;
    let manages = cx.session().is_administrator() || cx.session().has_role("Agent Manager");
    if !manages && (agent != cx.user() || !team.is_empty()) {
        return Err(forbidden("You are not allowed to view this dashboard data."));
    }
    let today = cx.now().date();
    let days = Days {
        from: date(&filters, "from_date")?.unwrap_or_else(|| metrics::before(today, 30)),
        to: date(&filters, "to_date")?.unwrap_or(today),
    };
    let agent = if agent == "@me" {
        cx.user().to_owned()
    } else {
        agent.to_owned()
    };
    let scope = Scope {
        team: team.to_owned(),
        agent,
    };
    Ok(match dashboard_type.as_str() {
        "number_card" => Some(cards::all(cx, &scope, days)?),
        "trend" => Some(trends::all(cx, &scope, days)?),
        "master" => Some(breakdowns::all(cx, &scope, days)?),
        _ => None,
    })
}

/// A text of the filters; empty where it is unset.
fn text<'a>(filters: &'a Dict, key: &str) -> Result<&'a str> {
    match filters.0.get(key) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(invalid(format!("{key} of filters is a text"))),
    }
}

fn date(filters: &Dict, key: &str) -> Result<Option<Date>> {
    match text(filters, key)?.trim() {
        "" => Ok(None),
        text => parse_datetime(text)
            .map(|at| Some(at.date()))
            .ok_or_else(|| invalid(format!("{key} of filters is no date"))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_days_before_are_as_many_and_one_for_a_single_day() {
        let month = Days {
            from: date(2026, 10, 1),
            to: date(2026, 10, 31),
        };
        let day = Days {
            from: date(2026, 10, 1),
            to: date(2026, 10, 1),
        };

        assert_eq!(month.earlier().from, date(2026, 9, 1));
        assert_eq!(month.earlier().end(), date(2026, 10, 1));
        assert_eq!(day.earlier().from, date(2026, 9, 30));
    }
}
