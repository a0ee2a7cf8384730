//! When notices may leave: on working days of whoever they go to, from the hour that their calendar names until one that the project
//! names. What is urgent leaves at any time.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use crate::calendar::{Calendar, Moment};
use crate::casework::Letter;
use crate::config::NoticeHours;
use crate::policy::model::Policy;

/// The hours of every calendar. Calendars are facts of the world: those of the policy in force count.
#[derive(Debug, Clone, Default)]
pub struct Hours {
    calendars: BTreeMap<String, Calendar>,
    until: Option<Time>,
    /// Whether anything waits for them.
    quiet: bool,
}

impl Hours {
    /// Those of a policy's calendars.
    #[must_use]
    pub fn of(policy: &Policy, hours: NoticeHours) -> Self {
        let calendars = policy.calendars.iter().map(|it| (it.name().to_owned(), it.clone())).collect();
        match hours {
            NoticeHours::Until(until) => Self { calendars, until, quiet: true },
            NoticeHours::Any => Self { calendars, until: None, quiet: false },
        }
    }

    /// The first moment from another on at which a notice may leave (seconds UTC). By a calendar that is not known any more, at once.
    #[must_use]
    pub fn leaves(&self, letter: &Letter, from: i64) -> i64 {
        match self.calendars.get(&letter.calendar).filter(|_| self.quiet && !letter.urgent) {
            Some(calendar) => calendar.notices_from(Moment(from), self.until).0,
            None => from,
        }
    }

    /// The day that it is, where whoever a notice goes to is; nothing by a calendar that is not known any more.
    pub(super) fn day(&self, letter: &Letter, at: i64) -> Option<Date> {
        self.calendars.get(&letter.calendar).map(|it| it.day_of(Moment(at)))
    }
}

/// A look at what waits to be sent: between which moments, and by which hours.
#[derive(Debug, Clone, Copy)]
pub struct Departure<'h> {
    /// The hours that count.
    pub hours: &'h Hours,
    /// The first moment of what is looked at (seconds UTC): that of the look, or the first of the day as of which it is made.
    pub from: i64,
    /// The last one.
    pub until: i64,
    /// The machine's clock (seconds UTC), by which mails are tried again.
    pub now: i64,
}

impl<'h> Departure<'h> {
    /// A look at this moment.
    #[must_use]
    pub fn now(hours: &'h Hours, now: i64) -> Self {
        Self { hours, from: now, until: now, now }
    }

    /// For how long a notice still has to wait; nothing if it may leave.
    pub(super) fn waits(&self, letter: &Letter) -> Option<i64> {
        Some(self.hours.leaves(letter, self.from)).filter(|it| *it > self.until)
    }

    /// The same for a mail that is to be tried: by the machine's clock, and only where that is the one that is looked at.
    pub(super) fn mail_waits(&self, letter: &Letter) -> Option<i64> {
        Some(self.hours.leaves(letter, self.now)).filter(|it| self.is_now() && *it > self.now)
    }

    /// The moment at which something leaves as of what is looked at, if that is another than the machine's.
    pub(super) fn as_of(&self) -> Option<i64> {
        (!self.is_now()).then(|| self.now.max(self.from).min(self.until))
    }

    fn is_now(&self) -> bool {
        self.from == self.now && self.until == self.now
    }
}
