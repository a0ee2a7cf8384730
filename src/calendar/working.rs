//! Working days: numbered once, so that counting them is a subtraction.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::civil::{day_after, day_before, days_between, plus_days, weekday_of};
use crate::calendar::holidays::Holiday;
use crate::calendar::{Calendar, CalendarProblem};

/// The years whose days are numbered; beyond them only weekends are known.
pub(super) const YEARS: RangeInclusive<i16> = 1900..=2200;
const FIRST: Date = Date::constant(1900, 1, 1);
const LAST: Date = Date::constant(2200, 12, 31);

/// How many working days lie before each counted day; one more entry than days.
pub(super) type Counts = Arc<[u32]>;

/// Numbers the working days.
pub(super) fn count(working: &[bool; 7], holidays: &BTreeMap<Date, Holiday>) -> Counts {
    let start = weekday_of(FIRST);
    let days = usize::try_from(days_between(FIRST, LAST) + 1).unwrap_or(0);
    let mut worked: Vec<bool> = (0..days).map(|day| working[(start + day) % 7]).collect();
    for (date, holiday) in holidays {
        if let Some(day) = place(*date).and_then(|it| worked.get_mut(it)) {
            *day = holiday.worked;
        }
    }
    let mut total = 0;
    std::iter::once(0)
        .chain(worked.into_iter().map(|it| {
            total += u32::from(it);
            total
        }))
        .collect()
}

/// The place of a day among those counted.
fn place(date: Date) -> Option<usize> {
    if date > LAST { None } else { usize::try_from(days_between(FIRST, date)).ok() }
}

impl Calendar {
    /// Whether a day is worked.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        match place(date) {
            Some(at) => self.counts[at + 1] > self.counts[at],
            None => self.rules().working[weekday_of(date)],
        }
    }

    /// The first working day from a day on.
    ///
    /// # Errors
    /// Beyond the days that exist.
    pub fn next_working_day(&self, date: Date) -> Result<Date, CalendarProblem> {
        let mut day = date;
        while !self.is_working(day) {
            day = day_after(day)?;
        }
        Ok(day)
    }

    /// The last working day up to a day.
    ///
    /// # Errors
    /// Beyond the days that exist.
    pub fn last_working_day(&self, date: Date) -> Result<Date, CalendarProblem> {
        let mut day = date;
        while !self.is_working(day) {
            day = day_before(day)?;
        }
        Ok(day)
    }

    /// The day so many working days after (before, if negative) a day, which is not counted itself; nought leaves it where it is.
    ///
    /// # Errors
    /// Outside of 1900 to 2200, whose holidays alone are known.
    pub fn add_working_days(&self, date: Date, count: i64) -> Result<Date, CalendarProblem> {
        if count == 0 {
            return Ok(date);
        }
        let at = place(date).ok_or(CalendarProblem::OutOfRange)?;
        // The working days are numbered from 1: the one wanted is so many behind those up to the day, or before those ahead of it.
        let (from, steps) = if count > 0 { (self.counts[at + 1], count) } else { (self.counts[at], count + 1) };
        let wanted = i64::from(from).checked_add(steps).and_then(|it| u32::try_from(it).ok());
        let wanted = wanted.filter(|it| *it > 0).ok_or(CalendarProblem::OutOfRange)?;
        let behind = self.counts.partition_point(|it| *it < wanted);
        if behind >= self.counts.len() {
            return Err(CalendarProblem::OutOfRange);
        }
        plus_days(FIRST, i64::try_from(behind).unwrap_or(i64::MAX) - 1)
    }

    /// How many working days lie behind one day, up to another, which counts; negative when it lies before.
    ///
    /// Days before 1900 and after 2200 count by their weekday alone.
    #[must_use]
    pub fn working_days_between(&self, after: Date, until: Date) -> i64 {
        self.number(until) - self.number(after)
    }

    /// Working days since a due date; nought on it and before.
    #[must_use]
    pub fn working_days_overdue(&self, due: Date, today: Date) -> i64 {
        self.working_days_between(due, today).max(0)
    }

    /// How many working days there are from 1900 up to a day, which counts; negative before.
    fn number(&self, date: Date) -> i64 {
        if let Some(at) = place(date) {
            return i64::from(self.counts[at + 1]);
        }
        if date < FIRST {
            return -self.weekdays_worked(weekday_of(date) + 1, days_between(date, FIRST) - 1);
        }
        let counted = self.counts.last().copied().unwrap_or(0);
        i64::from(counted) + self.weekdays_worked(weekday_of(LAST) + 1, days_between(LAST, date))
    }

    /// Working days among so many days from a weekday on, holidays left aside.
    fn weekdays_worked(&self, start: usize, days: i64) -> i64 {
        let working = &self.rules().working;
        let each_week: i64 = working.iter().map(|it| i64::from(*it)).sum();
        let rest = usize::try_from(days.rem_euclid(7)).unwrap_or(0);
        let in_rest: i64 = (0..rest).map(|day| i64::from(working[(start + day) % 7])).sum();
        days.div_euclid(7) * each_week + in_rest
    }
}
