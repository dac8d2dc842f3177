use jiff::civil::{Date, Weekday, date, time};
use jiff::tz::TimeZone;

use super::super::calendar::Hours;
use super::*;

const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;

fn agreement(holidays: &[Date]) -> Agreement {
    let hours = Hours {
        start: time(10, 0, 0, 0),
        end: time(18, 0, 0, 0),
    };
    let days = Weekday::Monday.cycle_forward().take(5).map(|day| (day, hours));
    let target =
        |priority: &str, response, resolution| (priority.to_owned(), Target { response, resolution });
    Agreement {
        name: "Default".into(),
        applies_to_resolution: true,
        calendar: Calendar::new(TimeZone::UTC, days, holidays.iter().copied()),
        targets: vec![
            target("High", HOUR, 4 * HOUR),
            target("Urgent", 30 * MINUTE, 2 * HOUR),
        ],
        ..Agreement::default()
    }
}

/// A moment in the week of Monday, 5 January 2026.
fn at(day: i8, hour: i8, minute: i8) -> DateTime {
    date(2026, 1, 4 + day).at(hour, minute, 0, 0)
}

/// A ticket moved about as its events would.
struct Walk {
    agreement: Agreement,
    priority: &'static str,
    category: Category,
    timing: Timing,
    status: AgreementStatus,
}

impl Walk {
    fn open(agreement: Agreement, priority: &'static str, now: DateTime) -> Walk {
        let mut timing = Timing {
            creation: Some(now),
            ..Timing::default()
        };
        let status = agreement.apply(&mut timing, priority, None, now).unwrap();
        Walk {
            agreement,
            priority,
            category: Category::Open,
            timing,
            status,
        }
    }

    fn set(&mut self, to: Category, to_closed: bool, now: DateTime) -> AgreementStatus {
        let change = StatusChange {
            from: Some(self.category),
            to: Some(to),
            to_closed,
            resolved_before: self.timing.resolution_date,
        };
        if to != Category::Open {
            self.timing.first_responded_on.get_or_insert(now);
        }
        self.category = to;
        self.status = self
            .agreement
            .apply(&mut self.timing, self.priority, Some(change), now)
            .unwrap();
        self.status
    }

    fn to(&mut self, to: Category, now: DateTime) -> AgreementStatus {
        self.set(to, false, now)
    }
}

#[test]
fn a_ticket_goes_through_all_states() {
    let mut walk = Walk::open(agreement(&[]), "High", at(1, 12, 0));

    assert_eq!(walk.status, AgreementStatus::FirstResponseDue);
    assert_eq!(walk.to(Category::Paused, at(1, 12, 30)), AgreementStatus::Paused);
    assert_eq!(
        walk.to(Category::Open, at(1, 13, 0)),
        AgreementStatus::ResolutionDue
    );
    assert_eq!(
        walk.to(Category::Resolved, at(1, 13, 30)),
        AgreementStatus::Fulfilled
    );
    assert_eq!(walk.timing.resolution_by, Some(at(1, 16, 30)));
    assert_eq!(walk.timing.resolution_time, Some(HOUR));
}

#[test]
fn a_hold_counts_working_time_only() {
    let mut walk = Walk::open(agreement(&[date(2026, 1, 9)]), "High", at(4, 17, 30));

    walk.to(Category::Paused, at(4, 17, 50));
    walk.to(Category::Open, at(8, 12, 30));
    walk.to(Category::Resolved, at(8, 13, 0));

    assert_eq!(walk.timing.total_hold_time, Some(9_600));
    assert_eq!(walk.timing.resolution_time, Some(12_600 - 9_600));
}

#[test]
fn closing_a_resolved_ticket_leaves_its_times_alone() {
    let mut walk = Walk::open(agreement(&[]), "High", at(1, 12, 0));

    walk.to(Category::Resolved, at(1, 12, 30));
    walk.set(Category::Resolved, true, at(2, 12, 30));

    assert_eq!(walk.timing.resolution_time, Some(30 * MINUTE));
    assert_eq!(walk.timing.total_hold_time, None);
}

#[test]
fn a_reopened_ticket_was_on_hold_while_resolved() {
    let mut walk = Walk::open(agreement(&[]), "High", at(1, 12, 0));

    walk.to(Category::Resolved, at(1, 13, 0));
    walk.to(Category::Open, at(1, 15, 0));

    assert_eq!(walk.timing.total_hold_time, Some(2 * HOUR));
    assert_eq!(walk.timing.resolution_date, None);
    assert_eq!(walk.timing.resolution_by, Some(at(1, 18, 0)));
}

#[test]
fn late_answers_and_resolutions_fail_by_so_much() {
    let mut walk = Walk::open(agreement(&[]), "Urgent", at(1, 10, 0));
    assert_eq!(walk.to(Category::Paused, at(1, 10, 39)), AgreementStatus::Failed);
    assert_eq!(walk.timing.first_response_failed_by, Some(540));

    let mut walk = Walk::open(agreement(&[]), "Urgent", at(1, 10, 0));
    assert_eq!(
        walk.to(Category::Resolved, at(1, 12, 15)),
        AgreementStatus::Failed
    );
    assert_eq!(walk.timing.resolution_failed_by, Some(900));

    let mut walk = Walk::open(agreement(&[]), "Urgent", at(1, 17, 55));
    walk.to(Category::Paused, at(1, 18, 5));
    assert_eq!(walk.timing.first_response_failed_by, None);
}

#[test]
fn a_hold_moves_the_deadline_by_its_length_and_no_further() {
    let mut walk = Walk::open(agreement(&[]), "Urgent", at(1, 10, 0));
    walk.to(Category::Paused, at(1, 10, 10));
    walk.to(Category::Open, at(1, 10, 20));
    assert_eq!(walk.timing.resolution_by, Some(at(1, 12, 10)));

    assert_eq!(
        walk.to(Category::Resolved, at(1, 12, 10)),
        AgreementStatus::Fulfilled
    );

    let mut late = Walk::open(agreement(&[]), "Urgent", at(1, 10, 0));
    late.to(Category::Paused, at(1, 10, 10));
    late.to(Category::Open, at(1, 10, 20));
    assert_eq!(
        late.to(Category::Resolved, at(1, 12, 15)),
        AgreementStatus::Failed
    );
    assert_eq!(late.timing.resolution_failed_by, Some(5 * MINUTE));
}

#[test]
fn time_alone_makes_an_agreement_fail() {
    let walk = Walk::open(agreement(&[]), "High", at(1, 10, 0));

    assert_eq!(
        walk.agreement.status(&walk.timing, at(1, 11, 0)),
        AgreementStatus::FirstResponseDue
    );
    assert_eq!(
        walk.agreement.status(&walk.timing, at(1, 11, 1)),
        AgreementStatus::Failed
    );
}

#[test]
fn what_an_agreement_does_not_cover_is_refused() {
    let mut timing = Timing {
        creation: Some(at(1, 10, 0)),
        ..Timing::default()
    };

    let refusal = agreement(&[]).apply(&mut timing, "Low", None, at(1, 10, 0));

    assert!(matches!(refusal, Err(Refusal::NoPriority { .. })));
}
