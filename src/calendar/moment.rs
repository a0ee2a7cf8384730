//! Moments: instants in whole seconds, and how civil days map to them in a calendar's zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::AmbiguousOffset;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;

/// An instant: whole seconds UTC since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Calendar {
    /// The instant of a clock time on a day: of a repeated one the later, for a skipped one the next instant that exists.
    /// Says so if either happened.
    #[must_use]
    pub fn at(&self, date: Date, time: Time) -> (Moment, Option<String>) {
        let local = DateTime::from_parts(date, time);
        let zoned = self.zone.to_ambiguous_timestamp(local);
        let note = match zoned.offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Fold { .. } => Some(format!("{time} happens twice on {date}: the later one counts")),
            AmbiguousOffset::Gap { .. } => Some(format!("{time} is skipped on {date}: the next instant that exists counts")),
        };
        let instant = match zoned.offset() {
            AmbiguousOffset::Gap { before, after } => {
                // The skipped local time, read by the offset before, lies as far behind the gap as it lies inside it: the gap's end
                // is the transition itself.
                let inside = before.to_timestamp(local).map(jiff::Timestamp::as_second);
                let other = after.to_timestamp(local).map(jiff::Timestamp::as_second);
                match (inside, other) {
                    (Ok(late), Ok(early)) => Ok(self.transition_between(early, late)),
                    _ => zoned.later().map(jiff::Timestamp::as_second),
                }
            }
            _ => zoned.later().map(jiff::Timestamp::as_second),
        };
        (Moment(instant.unwrap_or(i64::MAX)), note)
    }

    /// The first second after a change of offset between two instants.
    fn transition_between(&self, early: i64, late: i64) -> i64 {
        let offset = |second: i64| jiff::Timestamp::from_second(second).map(|it| self.zone.to_offset(it));
        let (mut low, mut high) = (early, late);
        let before = offset(low);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let same = matches!((&before, &offset(middle)), (Ok(a), Ok(b)) if a == b);
            if same { low = middle } else { high = middle }
        }
        high
    }

    /// The first instant of a day.
    #[must_use]
    pub fn start_of_day(&self, date: Date) -> Moment {
        self.at(date, Time::midnight()).0
    }

    /// The last second of a day.
    #[must_use]
    pub fn end_of_day(&self, date: Date) -> Moment {
        match date.tomorrow() {
            Ok(next) => Moment(self.start_of_day(next).0 - 1),
            Err(_) => Moment(i64::MAX),
        }
    }

    /// The instant at which notices of a day go out.
    #[must_use]
    pub fn notices_at(&self, date: Date) -> Moment {
        self.at(date, self.rules().notices_at).0
    }

    /// The civil day of an instant.
    #[must_use]
    pub fn day_of(&self, moment: Moment) -> Date {
        jiff::Timestamp::from_second(moment.0).map_or(Date::MAX, |it| self.zone.to_datetime(it).date())
    }
}
