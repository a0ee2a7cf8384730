//! Days and lengths as a derivation says them.

use jiff::civil::{Date, Time};

use crate::calendar::civil::weekday_of;
use crate::calendar::{Direction, Length, Unit};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day in words: `31 July 2026`.
#[must_use]
pub fn day(date: Date) -> String {
    format!("{} {}", date.day(), month(date))
}

/// `Friday 31 July 2026`
pub(super) fn day_of_week(date: Date) -> String {
    format!("{} {}", weekday(date), day(date))
}

/// `Fri 31 July`
pub(super) fn short_day(date: Date) -> String {
    format!("{} {} {}", &weekday(date)[..3], date.day(), month_name(date))
}

/// `July 2026`
pub(super) fn month(date: Date) -> String {
    format!("{} {}", month_name(date), date.year())
}

/// The English name of a day's weekday.
pub(super) fn weekday(date: Date) -> &'static str {
    WEEKDAYS[weekday_of(date)]
}

fn month_name(date: Date) -> &'static str {
    MONTHS[usize::from(date.month().unsigned_abs()).clamp(1, 12) - 1]
}

/// `18:00`
pub(super) fn clock(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `1 month`, `5 working days`, `36 hours (2 whole days)`.
#[must_use]
pub fn length(length: Length) -> String {
    let words = count(i64::from(length.count), length.unit.singular());
    match length.unit {
        Unit::Hours => format!("{words} ({})", count(whole_days(length.count), "whole day")),
        _ => words,
    }
}

/// What somebody writes as a length: `10 days`, `1 month`, `5 working days`.
///
/// # Errors
/// In words, when it is none.
pub fn length_of(words: &str) -> Result<Length, String> {
    let units = [Unit::Hours, Unit::Days, Unit::WorkingDays, Unit::Weeks, Unit::Months, Unit::Years];
    let parts: Vec<&str> = words.split_whitespace().collect();
    let found = parts.split_first().and_then(|(count, unit)| {
        let (count, unit) = (count.parse().ok().filter(|it| (1..=40_000).contains(it))?, unit.join(" "));
        let named = units.into_iter().find(|it| unit.strip_suffix('s').unwrap_or(&unit) == it.singular())?;
        Some(Length { count, unit: named })
    });
    found.ok_or_else(|| format!("`{words}` is no length of time: write it as `10 days`, `2 weeks` or `5 working days`"))
}

/// `1 day`, `2 days`
pub(super) fn count(count: i64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// Hours on a civil calendar: the days that they fill, the last one begun counting whole.
pub(super) fn whole_days(hours: u32) -> i64 {
    i64::from(hours.div_ceil(24))
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::After => "after",
        Direction::Before => "before",
    }
}

/// The number of a month by its name.
#[must_use]
pub fn month_number(name: &str) -> Option<i8> {
    MONTHS.iter().zip(1..).find(|it| *it.0 == name).map(|it| it.1)
}
