//! Moments: instants in whole seconds, and how civil days map to them in a calendar's zone.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CalendarProblem, words};
use crate::planted::{self, Bug};

/// An instant: whole seconds UTC since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl std::fmt::Display for Moment {
    /// As RFC 3339 in UTC.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(at) => write!(formatter, "{at}"),
            Err(_) => write!(formatter, "{} seconds since 1970", self.0),
        }
    }
}

impl std::str::FromStr for Moment {
    type Err = CalendarProblem;

    /// From RFC 3339, in UTC or at an offset; a fraction of a second is refused rather than cut off.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at: Timestamp = text.parse().map_err(|_| CalendarProblem::NoMoment(text.to_owned()))?;
        if at.subsec_nanosecond() != 0 {
            return Err(CalendarProblem::NoMoment(text.to_owned()));
        }
        Ok(Self(at.as_second()))
    }
}

/// Which of two instants a repeated clock time means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeated {
    Earlier,
    Later,
}

impl Calendar {
    /// The instant of a clock time on a day: of a repeated one the later, for a skipped one the next instant that exists.
    /// Says so if either happened. At the ends of time it stays at the last instant that can be written.
    #[must_use]
    pub fn at(&self, date: Date, time: Time) -> (Moment, Option<String>) {
        let local = DateTime::from_parts(date, time);
        let (clock, day) = (words::clock(time), words::day(date));
        let note = match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Fold { .. } => Some(format!("at {clock}, which {day} has twice: the later counts")),
            AmbiguousOffset::Gap { .. } => {
                Some(format!("at {clock}, which {day} does not have: the next instant that exists counts"))
            }
        };
        (self.instant(local, Repeated::Later), note)
    }

    fn instant(&self, local: DateTime, repeated: Repeated) -> Moment {
        let zoned = self.zone.to_ambiguous_timestamp(local);
        let found = match (zoned.offset(), repeated) {
            (AmbiguousOffset::Gap { before, after }, _) => {
                // Read with the offset before the gap the clock time lies behind the gap, with the one after it ahead of it.
                match (after.to_timestamp(local), before.to_timestamp(local)) {
                    (Ok(ahead), Ok(behind)) => Ok(self.change_between(ahead, behind, after)),
                    _ => zoned.later(),
                }
            }
            (_, Repeated::Earlier) => zoned.earlier(),
            (_, Repeated::Later) => zoned.later(),
        };
        let end = if local.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        whole_second(found.unwrap_or(end))
    }

    /// The instant between two others at which the zone changes to an offset.
    fn change_between(&self, ahead: Timestamp, behind: Timestamp, to: Offset) -> Timestamp {
        if planted::is(Bug::GapAnHourEarly) {
            return ahead;
        }
        let mut changes = self.zone.following(ahead).take_while(|it| it.timestamp() <= behind);
        changes.find(|it| it.offset() == to).map_or(behind, |it| it.timestamp())
    }

    /// The first instant of a day.
    #[must_use]
    pub fn start_of_day(&self, date: Date) -> Moment {
        // A day on which midnight comes twice begins with the first.
        self.instant(date.at(0, 0, 0, 0), Repeated::Earlier)
    }

    /// The last second of a day.
    #[must_use]
    pub fn end_of_day(&self, date: Date) -> Moment {
        match date.tomorrow() {
            Ok(next) => Moment((self.start_of_day(next).0 - 1).max(Timestamp::MIN.as_second())),
            Err(_) => Moment(Timestamp::MAX.as_second()),
        }
    }

    /// The instant at which notices of a day go out.
    #[must_use]
    pub fn notices_at(&self, date: Date) -> Moment {
        self.at(date, self.rules().notices_at).0
    }

    /// The first instant from another on at which a notice may leave: on a working day, from the hour of notices until an hour that
    /// does not count any more; without one, or where it is no later, until the end of the day.
    #[must_use]
    pub fn notices_from(&self, from: Moment, until: Option<Time>) -> Moment {
        let day = self.day_of(from);
        // Where days end, nothing is put off.
        let Ok(first) = self.next_working_day(day) else { return from };
        let opens = self.notices_at(first);
        if from <= opens {
            return opens;
        }
        let closes = match until.filter(|it| *it > self.rules().notices_at) {
            Some(until) => self.at(first, until).0,
            None => Moment(self.end_of_day(first).0 + 1),
        };
        if from < closes {
            return from;
        }
        first.tomorrow().map_or(from, |it| self.next_working_day(it).map_or(from, |it| self.notices_at(it)))
    }

    /// The day and clock time of an instant, as people read them: `Mon 2026-10-05 08:00`.
    #[must_use]
    pub fn clock_of(&self, moment: Moment) -> String {
        let at = Timestamp::from_second(moment.0).map(|it| self.zone.to_datetime(it));
        at.map_or_else(|_| moment.to_string(), |it| it.strftime("%a %Y-%m-%d %H:%M").to_string())
    }

    /// The civil day of an instant.
    #[must_use]
    pub fn day_of(&self, moment: Moment) -> Date {
        let end = if moment.0 < 0 { Date::MIN } else { Date::MAX };
        Timestamp::from_second(moment.0).map_or(end, |it| self.zone.to_datetime(it).date())
    }
}

/// The second in which an instant lies; before 1970 too, where a fraction counts backwards.
fn whole_second(at: Timestamp) -> Moment {
    Moment(at.as_second() - i64::from(at.subsec_nanosecond() < 0))
}
