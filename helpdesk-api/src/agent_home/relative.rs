//! Spans of time in a word: `5m`, `3h`, `2d`.
//!
//! Source: spec/helpdesk-a.md §1, `format_time_difference`.

use jiff::civil::DateTime;

fn word(minutes: i64) -> String {
    match minutes {
        ..60 => format!("{minutes}m"),
        60..1440 => format!("{}h", minutes / 60),
        _ => format!("{}d", minutes / 1440),
    }
}

fn minutes_between(from: DateTime, to: DateTime) -> i64 {
    from.duration_until(to).as_secs().div_euclid(60)
}

/// How long ago a moment is; empty for none.
pub(super) fn since(at: Option<DateTime>, now: DateTime) -> String {
    at.map_or_else(String::new, |at| word(minutes_between(at, now).max(0)))
}

/// How long it is until a moment; `overdue` when it is past, empty for none.
pub(super) fn until(at: Option<DateTime>, now: DateTime) -> String {
    match at {
        None => String::new(),
        Some(at) if at < now => "overdue".to_owned(),
        Some(at) => word(minutes_between(now, at)),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn spans_are_told_in_the_largest_unit_that_fits() {
        let now = date(2026, 3, 2).at(12, 0, 0, 0);

        assert_eq!(since(Some(date(2026, 3, 2).at(11, 0, 1, 0)), now), "59m");
        assert_eq!(since(Some(date(2026, 3, 2).at(11, 0, 0, 0)), now), "1h");
        assert_eq!(since(Some(date(2026, 2, 28).at(11, 0, 0, 0)), now), "2d");
        assert_eq!(since(Some(date(2026, 3, 3).at(11, 0, 0, 0)), now), "0m");
        assert_eq!(until(Some(date(2026, 3, 2).at(14, 30, 0, 0)), now), "2h");
        assert_eq!(until(Some(date(2026, 3, 1).at(14, 30, 0, 0)), now), "overdue");
        assert_eq!(
            (since(None, now), until(None, now)),
            (String::new(), String::new())
        );
    }
}
