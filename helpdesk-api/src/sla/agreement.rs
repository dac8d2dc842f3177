//! An agreement applied to a ticket: due times, time on hold, and how it stands.

use helpdesk_core::prelude::{Error, invalid};
use jiff::civil::DateTime;

use super::calendar::Calendar;

/// What a priority is promised, in seconds of working time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// To the first response.
    pub response: i64,
    /// To the resolution.
    pub resolution: i64,
}

/// A service level agreement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Its name.
    pub name: String,
    /// Priority of tickets that have none.
    pub default_priority: Option<String>,
    /// Status of tickets that begin under it.
    pub default_ticket_status: Option<String>,
    /// Status of resolved tickets that are written to.
    pub ticket_reopen_status: Option<String>,
    /// Whether the resolution counts for how it stands.
    pub applies_to_resolution: bool,
    /// When is worked.
    pub calendar: Calendar,
    /// What each priority is promised.
    pub targets: Vec<(String, Target)>,
}

/// What a status means for an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// The clock runs.
    Open,
    /// The clock stands.
    Paused,
    /// Done.
    Resolved,
}

impl Category {
    /// The category of a name; `None` for what is none.
    pub fn parse(text: &str) -> Option<Category> {
        match text {
            "Open" => Some(Category::Open),
            "Paused" => Some(Category::Paused),
            "Resolved" => Some(Category::Resolved),
            _ => None,
        }
    }
}

/// A ticket's move from one status to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// Category it was in.
    pub from: Option<Category>,
    /// Category it is in.
    pub to: Option<Category>,
    /// Whether the new status is the one named `Closed`, which leaves a resolved ticket's times alone.
    pub to_closed: bool,
    /// When it was resolved before the change.
    pub resolved_before: Option<DateTime>,
}

/// How an agreement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the contract's")]
pub enum AgreementStatus {
    FirstResponseDue,
    ResolutionDue,
    Failed,
    Fulfilled,
    Paused,
}

impl AgreementStatus {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            AgreementStatus::FirstResponseDue => "First Response Due",
            AgreementStatus::ResolutionDue => "Resolution Due",
            AgreementStatus::Failed => "Failed",
            AgreementStatus::Fulfilled => "Fulfilled",
            AgreementStatus::Paused => "Paused",
        }
    }
}

/// The times of a ticket. Durations are seconds of working time; `None` until first written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of HD Ticket")]
pub struct Timing {
    pub creation: Option<DateTime>,
    pub first_responded_on: Option<DateTime>,
    pub response_by: Option<DateTime>,
    pub resolution_by: Option<DateTime>,
    pub resolution_date: Option<DateTime>,
    pub on_hold_since: Option<DateTime>,
    pub total_hold_time: Option<i64>,
    pub first_response_time: Option<i64>,
    pub first_response_failed_by: Option<i64>,
    pub resolution_time: Option<i64>,
    pub resolution_failed_by: Option<i64>,
}

/// Why an agreement cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It promises nothing for the priority.
    NoPriority {
        /// The agreement.
        agreement: String,
        /// The ticket's priority.
        priority: String,
    },
    /// Its working hours never add up to what it promises.
    NoWorkingTime {
        /// The agreement.
        agreement: String,
    },
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        match refusal {
            Refusal::NoPriority { agreement, priority } => invalid(format!(
                "Priority {priority} is not part of the service level agreement {agreement}"
            )),
            Refusal::NoWorkingTime { agreement } => invalid(format!(
                "The working hours of the service level agreement {agreement} never suffice for what it promises"
            )),
        }
    }
}

impl Agreement {
    /// What a priority is promised.
    pub fn target(&self, priority: &str) -> Option<Target> {
        self.targets
            .iter()
            .find(|(name, _)| name == priority)
            .map(|(_, target)| *target)
    }

    /// Brings a ticket's times up to date and says how the agreement stands. `change`: the status changed.
    ///
    /// # Errors
    /// When the agreement has no times for the priority, or no hours to count them in.
    pub fn apply(
        &self,
        timing: &mut Timing,
        priority: &str,
        change: Option<StatusChange>,
        now: DateTime,
    ) -> Result<AgreementStatus, Refusal> {
        if let Some(change) = change
            && !(change.to_closed && change.from == Some(Category::Resolved))
        {
            self.note_response(timing);
            self.note_resolution(timing, change, now);
            self.note_hold(timing, change, now);
        }
        self.set_due_times(timing, priority)?;
        Ok(self.status(timing, now))
    }

    fn note_response(&self, timing: &mut Timing) {
        let (Some(creation), Some(responded)) = (timing.creation, timing.first_responded_on) else {
            return;
        };
        timing.first_response_time = Some(self.calendar.elapsed(creation, responded));
        if let Some(by) = timing.response_by.filter(|by| responded > *by) {
            timing.first_response_failed_by = Some(self.calendar.elapsed(by, responded));
        }
    }

    fn note_resolution(&self, timing: &mut Timing, change: StatusChange, now: DateTime) {
        if change.to != Some(Category::Resolved) {
            timing.resolution_date = None;
            timing.resolution_time = None;
            return;
        }
        if timing.resolution_date.is_some() && change.from == change.to {
            return;
        }
        timing.resolution_date = Some(now);
        if let Some(creation) = timing.creation {
            // A hold that still runs is not taken off here: it is added to the total only afterwards.
            let worked = self.calendar.elapsed(creation, now) - timing.total_hold_time.unwrap_or(0);
            timing.resolution_time = Some(worked.max(0));
        }
        if let Some(by) = timing.resolution_by.filter(|by| now > *by) {
            timing.resolution_failed_by = Some(self.calendar.elapsed(by, now));
        }
    }

    fn note_hold(&self, timing: &mut Timing, change: StatusChange, now: DateTime) {
        if change.to == Some(Category::Paused) {
            if change.from != Some(Category::Paused) {
                timing.on_hold_since = Some(now);
                timing.resolution_date = None;
                timing.resolution_time = None;
            }
            return;
        }
        if let Some(since) = timing.on_hold_since.or(change.resolved_before) {
            timing.on_hold_since = None;
            let held = self.calendar.elapsed(since, now);
            timing.total_hold_time = Some(timing.total_hold_time.unwrap_or(0) + held);
        }
    }

    fn set_due_times(&self, timing: &mut Timing, priority: &str) -> Result<(), Refusal> {
        let Some(creation) = timing.creation else {
            return Ok(());
        };
        let target = self.target(priority).ok_or_else(|| Refusal::NoPriority {
            agreement: self.name.clone(),
            priority: priority.to_owned(),
        })?;
        let due = |seconds: i64| {
            self.calendar
                .due(creation, seconds)
                .ok_or_else(|| Refusal::NoWorkingTime {
                    agreement: self.name.clone(),
                })
        };
        timing.response_by = Some(due(target.response)?);
        let hold = timing.total_hold_time.unwrap_or(0);
        timing.resolution_by = Some(due(target.resolution.saturating_add(hold))?);
        Ok(())
    }

    /// How the agreement stands at `now`.
    pub fn status(&self, timing: &Timing, now: DateTime) -> AgreementStatus {
        let late =
            |by: Option<DateTime>, done: Option<DateTime>| by.is_some_and(|by| by < done.unwrap_or(now));
        if late(timing.response_by, timing.first_responded_on)
            || self.applies_to_resolution && late(timing.resolution_by, timing.resolution_date)
        {
            AgreementStatus::Failed
        } else if timing.on_hold_since.is_some() {
            AgreementStatus::Paused
        } else if timing.first_responded_on.is_none() {
            AgreementStatus::FirstResponseDue
        } else if self.applies_to_resolution && timing.resolution_date.is_none() {
            AgreementStatus::ResolutionDue
        } else {
            AgreementStatus::Fulfilled
        }
    }
}

#[cfg(test)]
mod tests;
