//! Arithmetic on civil days that ends in an error, never in a panic, where days end.

use jiff::Span;
use jiff::civil::Date;

use crate::calendar::CalendarProblem;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A day so many days later (earlier, if negative).
pub(super) fn plus_days(date: Date, days: i64) -> Result<Date, CalendarProblem> {
    let span = Span::new().try_days(days).map_err(|_| CalendarProblem::OutOfRange)?;
    date.checked_add(span).map_err(|_| CalendarProblem::OutOfRange)
}

/// The first day of the month so many months later (earlier, if negative).
pub(super) fn first_of_month_plus(date: Date, months: i64) -> Result<Date, CalendarProblem> {
    let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1;
    let month = month.checked_add(months).ok_or(CalendarProblem::OutOfRange)?;
    let year = i16::try_from(month.div_euclid(12)).map_err(|_| CalendarProblem::OutOfRange)?;
    let month = i8::try_from(month.rem_euclid(12) + 1).map_err(|_| CalendarProblem::OutOfRange)?;
    Date::new(year, month, 1).map_err(|_| CalendarProblem::OutOfRange)
}

/// The same day so many months later, or the last of that month where it has no such day.
pub(super) fn plus_months_back(date: Date, months: i64) -> Result<Date, CalendarProblem> {
    let first = first_of_month_plus(date, months)?;
    let day = date.day().min(first.days_in_month());
    Date::new(first.year(), first.month(), day).map_err(|_| CalendarProblem::OutOfRange)
}

/// A day as a number: how many days after 1 January 1970.
#[must_use]
pub fn day_number(date: Date) -> i64 {
    days_between(EPOCH, date)
}

/// The day so many days after 1 January 1970; nothing beyond the years that a date can have.
#[must_use]
pub fn day_of_number(days: i64) -> Option<Date> {
    plus_days(EPOCH, days).ok()
}

/// Days from one day to another; negative when it lies before.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.duration_until(to).as_hours() / 24
}

pub(super) fn day_after(date: Date) -> Result<Date, CalendarProblem> {
    date.tomorrow().map_err(|_| CalendarProblem::OutOfRange)
}

pub(super) fn day_before(date: Date) -> Result<Date, CalendarProblem> {
    date.yesterday().map_err(|_| CalendarProblem::OutOfRange)
}

/// The place of a weekday in a week that begins on Monday.
pub(super) fn weekday_of(date: Date) -> usize {
    usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)
}
