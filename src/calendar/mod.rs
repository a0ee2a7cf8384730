//! The legal clock: civil dates, working days, holidays, periods, and deadlines that say why they are what they are.
//!
//! Nothing here knows the machine's zone or "now". Start reading at [`Calendar::deadline`].
//!
//! ```
//! use merit::calendar::*;
//!
//! let calendar = Calendar::new(CalendarRules {
//!     name: "office".to_owned(),
//!     title: "Office".to_owned(),
//!     zone: "Africa/Kampala".to_owned(),
//!     working: [true, true, true, true, true, false, false],
//!     periods: vec![],
//!     holidays: vec![],
//!     substitute: Substitute::None,
//!     roll: Roll::Forward,
//!     month_end: Some(MonthEnd::Back),
//!     notices_at: Time::constant(8, 0, 0, 0),
//!     announced: vec![],
//! })
//! .map_err(|faults| faults[0].clone())?;
//!
//! // A start is an edge: one month after that of 1 July ends with 31 July, not with 1 August.
//! let deadline = calendar.deadline(&DeadlineInput {
//!     anchor: Anchor::StartEdge { day: Date::constant(2026, 7, 1), what: "the start of the year".to_owned() },
//!     length: Some((Length { count: 1, unit: Unit::Months }, Direction::After)),
//!     beginning_on: false,
//!     role: DateRole::Due,
//!     roll: None,
//!     month_end: None,
//!     at: None,
//!     suspensions: vec![],
//!     extensions: vec![],
//! })?;
//! assert_eq!(deadline.date, Date::constant(2026, 7, 31));
//! assert_eq!(deadline.moment.to_string(), "2026-07-31T20:59:59Z");
//! assert_eq!(
//!     deadline.derivation.lines(),
//!     [
//!         "1 month after the start of the year (the edge before 1 July 2026): the edge before 1 August 2026",
//!         "the due date is the day before that edge: 31 July 2026",
//!     ]
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;

use jiff::civil::Date as CivilDate;
use jiff::tz::TimeZone;

mod civil;
mod deadline;
mod derivation;
mod holidays;
mod moment;
mod period;
mod problem;
mod reckoning;
mod rules;
mod words;
mod working;

#[cfg(feature = "shell")]
pub(crate) use civil::days_between;
pub use civil::{day_number, day_of_number};
pub use deadline::{Anchor, DateRole, Deadline, DeadlineInput, Direction, Extension, Length, SuspendedDays, Unit};
pub use derivation::{Derivation, DerivationStep};
pub use holidays::HolidayClash;
pub use jiff::civil::{Date, Time, Weekday};
pub use moment::Moment;
pub use period::{Period, PeriodKind};
pub use problem::{CalendarFault, CalendarProblem};
pub use rules::*;
pub use words::{day as day_in_words, length as length_in_words, length_of, month_number};

/// A calendar, ready to be asked.
#[derive(Debug, Clone)]
pub struct Calendar {
    rules: CalendarRules,
    zone: TimeZone,
    holidays: BTreeMap<CivilDate, holidays::Holiday>,
    counts: working::Counts,
    kinds: Vec<period::Kind>,
}

/// What a day is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayStatus {
    /// Whether it is worked.
    pub working: bool,
    /// Why not: the holiday's name, or the weekday's.
    pub why: Option<String>,
    /// Whether that rests on a day that is only expected.
    pub expected: bool,
}

impl Calendar {
    /// Makes a calendar from its rules.
    ///
    /// # Errors
    /// Every fault in the rules.
    pub fn new(rules: CalendarRules) -> Result<Self, Vec<CalendarFault>> {
        let mut faults = faults_of(&rules);
        let zone = TimeZone::get(&rules.zone).unwrap_or_else(|_| {
            faults.insert(0, CalendarFault::UnknownZone(rules.zone.clone()));
            TimeZone::UTC
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        let holidays = holidays::all(&rules);
        let counts = working::count(&rules.working, &holidays);
        let kinds = period::kinds(&rules.periods);
        Ok(Self { rules, zone, holidays, counts, kinds })
    }

    /// The name used in the text.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.rules.name
    }

    /// The rules that it was made from.
    #[must_use]
    pub fn rules(&self) -> &CalendarRules {
        &self.rules
    }

    /// What a day is.
    #[must_use]
    pub fn day(&self, date: CivilDate) -> DayStatus {
        if let Some(holiday) = self.holidays.get(&date) {
            return DayStatus { working: holiday.worked, why: Some(holiday.why.clone()), expected: holiday.expected };
        }
        let working = self.rules.working[civil::weekday_of(date)];
        let why = (!working).then(|| words::weekday(date).to_owned());
        DayStatus { working, why, expected: false }
    }
}

/// What can be said against the rules without looking at a day.
fn faults_of(rules: &CalendarRules) -> Vec<CalendarFault> {
    let mut faults = Vec::new();
    if rules.working == [false; 7] {
        faults.push(CalendarFault::NothingWorked);
    }
    for rule in &rules.holidays {
        let exists = match &rule.when {
            // A leap year: 29 February is a day of some years.
            HolidayDay::Fixed { month, day } => CivilDate::new(2024, *month, *day).is_ok(),
            HolidayDay::NthWeekday { nth, month, .. } => {
                (1..=5).contains(&nth.unsigned_abs()) && (1..=12).contains(month)
            }
            HolidayDay::Easter { .. } | HolidayDay::Listed(_) => true,
        };
        if !exists {
            faults.push(CalendarFault::NoSuchDay(rule.name.clone()));
        }
    }
    for rule in &rules.periods {
        match &rule.begins {
            PeriodBegins::Every { months, month, day, .. } => {
                // A common year: a period must begin every year.
                if CivilDate::new(2023, *month, *day).is_err() {
                    faults.push(CalendarFault::NoSuchDay(rule.name.clone()));
                }
                let even = *months > 0 && (12 % months == 0 || months % 12 == 0);
                if !even {
                    faults.push(CalendarFault::UnevenPeriod(rule.name.clone()));
                }
            }
            PeriodBegins::On { starts, until } => {
                let in_order = starts.windows(2).all(|it| it[0] < it[1]);
                // The day behind the last must be there to end it.
                let ends = starts.last().is_some_and(|it| it <= until) && until.tomorrow().is_ok();
                if !in_order || !ends {
                    faults.push(CalendarFault::Disordered(rule.name.clone()));
                }
            }
        }
    }
    faults
}
