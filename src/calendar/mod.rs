//! The legal clock: civil dates, working days, holidays, periods, and deadlines that say why they are what they are.
//!
//! Nothing here knows the machine's zone or "now". Start reading at [`Calendar::deadline`].

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date as CivilDate;
use jiff::tz::TimeZone;

mod deadline;
mod derivation;
mod moment;
mod period;
mod rules;

pub use deadline::{Anchor, DateRole, Deadline, DeadlineInput, Direction, Extension, Length, SuspendedDays, Unit};
pub use derivation::{Derivation, DerivationStep};
pub use jiff::civil::{Date, Time, Weekday};
pub use moment::Moment;
pub use period::{Period, PeriodKind};
pub use rules::*;

/// The first and last year whose days are numbered; beyond them only weekends are known.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

/// A calendar, ready to be asked.
#[derive(Debug, Clone)]
pub struct Calendar {
    rules: CalendarRules,
    zone: TimeZone,
    holidays: BTreeMap<CivilDate, Holiday>,
    /// How many working days lie in `YEARS` before each day.
    counts: Vec<u32>,
    kinds: Vec<period::Kind>,
}

/// A holiday or announced day.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holiday {
    why: String,
    expected: bool,
    worked: bool,
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

/// What is wrong with the rules of a calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    /// No such zone.
    #[error("there is no time zone `{0}`")]
    UnknownZone(String),
    /// No weekday is worked.
    #[error("no weekday is a working day")]
    NothingWorked,
    /// A date that no year has.
    #[error("{0} falls on a date that does not exist")]
    NoSuchDay(String),
}

/// Why a date can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarProblem {
    /// The month does not have that day, and the calendar refuses to choose.
    #[error("{0} has no day {1}, and the calendar does not say where it goes")]
    NoSuchDay(String, i8),
    /// Beyond the years that can be counted.
    #[error("the date lies beyond what the calendar can count")]
    OutOfRange,
    /// A label of no period.
    #[error("`{0}` is no such period")]
    NoPeriod(String),
    /// A period that does not fit.
    #[error("{0}")]
    Unfit(String),
}

impl Calendar {
    /// Makes a calendar from its rules.
    ///
    /// # Errors
    /// Every fault in the rules.
    pub fn new(rules: CalendarRules) -> Result<Self, Vec<CalendarFault>> {
        let mut faults = Vec::new();
        let zone = TimeZone::get(&rules.zone).unwrap_or_else(|_| {
            faults.push(CalendarFault::UnknownZone(rules.zone.clone()));
            TimeZone::UTC
        });
        if rules.working == [false; 7] {
            faults.push(CalendarFault::NothingWorked);
        }
        for rule in &rules.holidays {
            if let HolidayDay::Fixed { month, day } = rule.when
                && CivilDate::new(2024, month, day).is_err()
            {
                faults.push(CalendarFault::NoSuchDay(rule.name.clone()));
            }
        }
        for rule in &rules.periods {
            if CivilDate::new(2023, rule.month, rule.day).is_err() {
                faults.push(CalendarFault::NoSuchDay(rule.name.clone()));
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let kinds = period::kinds(&rules.periods);
        let mut calendar = Self { rules, zone, holidays: BTreeMap::new(), counts: Vec::new(), kinds };
        calendar.holidays = calendar.all_holidays();
        calendar.counts = calendar.count_days();
        Ok(calendar)
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

    fn all_holidays(&self) -> BTreeMap<CivilDate, Holiday> {
        let mut days: Vec<(CivilDate, &HolidayRule, bool)> = Vec::new();
        for rule in &self.rules.holidays {
            days.extend(days_of(rule).into_iter().map(|(date, expected)| (date, rule, expected)));
        }
        days.sort_by_key(|(date, ..)| *date);
        let mut holidays: BTreeMap<CivilDate, Holiday> = BTreeMap::new();
        for (date, rule, expected) in &days {
            let entry = holidays.entry(*date);
            entry.and_modify(|it| it.why = format!("{} and {}", it.why, rule.name)).or_insert(Holiday {
                why: rule.name.clone(),
                expected: *expected,
                worked: false,
            });
        }
        self.substitute(&days, &mut holidays);
        for announced in &self.rules.announced {
            let holiday = Holiday { why: announced.why.clone(), expected: false, worked: announced.worked };
            holidays.insert(announced.date, holiday);
        }
        holidays
    }

    /// Gives a working day for each holiday that falls on a day off (or on another holiday), in the order of their days.
    fn substitute(&self, days: &[(CivilDate, &HolidayRule, bool)], holidays: &mut BTreeMap<CivilDate, Holiday>) {
        let Substitute::NextFreeWorkingDay { one_for_two, also_for_clash } = self.rules.substitute else { return };
        let mut last_weekend: Option<CivilDate> = None;
        let mut seen: BTreeMap<CivilDate, usize> = BTreeMap::new();
        for (date, rule, expected) in days.iter().filter(|(_, rule, _)| rule.substitute) {
            let off = !self.weekday_worked(*date);
            let earlier = seen.entry(*date).or_default();
            *earlier += 1;
            let clash = *earlier > 1 || holidays.get(date).is_some_and(|it| it.why.starts_with("substitute for"));
            if off {
                let first = self.first_of_weekend(*date);
                if one_for_two && last_weekend == Some(first) {
                    continue;
                }
                last_weekend = Some(first);
            } else if !(clash && also_for_clash) {
                continue;
            }
            if let Some(free) = self.next_free(*date, holidays) {
                let why = format!("substitute for {}", rule.name);
                holidays.insert(free, Holiday { why, expected: *expected, worked: false });
            }
        }
    }

    fn first_of_weekend(&self, date: CivilDate) -> CivilDate {
        let mut first = date;
        while let Ok(before) = first.yesterday() {
            if self.weekday_worked(before) {
                break;
            }
            first = before;
        }
        first
    }

    fn next_free(&self, after: CivilDate, holidays: &BTreeMap<CivilDate, Holiday>) -> Option<CivilDate> {
        let mut day = after.tomorrow().ok()?;
        while !self.weekday_worked(day) || holidays.contains_key(&day) {
            day = day.tomorrow().ok()?;
        }
        Some(day)
    }

    fn weekday_worked(&self, date: CivilDate) -> bool {
        self.rules.working[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0)]
    }

    fn count_days(&self) -> Vec<u32> {
        let mut counts = vec![0];
        let mut total = 0;
        let mut day = first_counted();
        while day.year() <= *YEARS.end() {
            total += u32::from(self.is_working(day));
            counts.push(total);
            match day.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        counts
    }

    /// Whether a day is worked.
    #[must_use]
    pub fn is_working(&self, date: CivilDate) -> bool {
        self.holidays.get(&date).map_or_else(|| self.weekday_worked(date), |it| it.worked)
    }

    /// What a day is.
    #[must_use]
    pub fn day(&self, date: CivilDate) -> DayStatus {
        if let Some(holiday) = self.holidays.get(&date) {
            return DayStatus { working: holiday.worked, why: Some(holiday.why.clone()), expected: holiday.expected };
        }
        let working = self.weekday_worked(date);
        let why = (!working).then(|| weekday_name(date.weekday()).to_owned());
        DayStatus { working, why, expected: false }
    }

    /// The last day on which a moon-dependent holiday is listed; none for other holidays.
    #[must_use]
    pub fn listed_until(&self, holiday: &str) -> Option<CivilDate> {
        let rule = self.rules.holidays.iter().find(|it| it.name == holiday)?;
        match &rule.when {
            HolidayDay::Listed(days) => days.iter().map(|it| it.date).max(),
            _ => None,
        }
    }

    /// The first working day from a day on.
    ///
    /// # Errors
    /// Beyond the years that can be counted.
    pub fn next_working_day(&self, date: CivilDate) -> Result<CivilDate, CalendarProblem> {
        let mut day = date;
        while !self.is_working(day) {
            day = day.tomorrow().map_err(|_| CalendarProblem::OutOfRange)?;
        }
        Ok(day)
    }

    /// The last working day up to a day.
    ///
    /// # Errors
    /// Beyond the years that can be counted.
    pub fn last_working_day(&self, date: CivilDate) -> Result<CivilDate, CalendarProblem> {
        let mut day = date;
        while !self.is_working(day) {
            day = day.yesterday().map_err(|_| CalendarProblem::OutOfRange)?;
        }
        Ok(day)
    }

    /// The day so many working days after (before, if negative) a day, which is not counted itself.
    ///
    /// # Errors
    /// Beyond the years that can be counted.
    pub fn add_working_days(&self, date: CivilDate, count: i64) -> Result<CivilDate, CalendarProblem> {
        if count == 0 {
            return Ok(date);
        }
        let at = self.place(date)?;
        let target = if count > 0 {
            i64::from(self.counts[at + 1]) + count
        } else {
            i64::from(self.counts[at]) + count + 1
        };
        let target = u32::try_from(target).map_err(|_| CalendarProblem::OutOfRange)?;
        let place = self.counts.partition_point(|it| *it < target);
        if target == 0 || place >= self.counts.len() {
            return Err(CalendarProblem::OutOfRange);
        }
        first_counted()
            .checked_add(i64::try_from(place - 1).unwrap_or(i64::MAX).days())
            .map_err(|_| CalendarProblem::OutOfRange)
    }

    /// How many working days lie behind one day, up to another, which counts; negative when it lies before.
    #[must_use]
    pub fn working_days_between(&self, after: CivilDate, until: CivilDate) -> i64 {
        let (Ok(from), Ok(to)) = (self.place(after), self.place(until)) else { return 0 };
        i64::from(self.counts[to + 1]) - i64::from(self.counts[from + 1])
    }

    /// Working days since a due date; nought on it and before.
    #[must_use]
    pub fn working_days_overdue(&self, due: CivilDate, today: CivilDate) -> i64 {
        self.working_days_between(due, today).max(0)
    }

    fn place(&self, date: CivilDate) -> Result<usize, CalendarProblem> {
        let days = first_counted().until(date).map_err(|_| CalendarProblem::OutOfRange)?.get_days();
        let place = usize::try_from(days).map_err(|_| CalendarProblem::OutOfRange)?;
        if place + 1 < self.counts.len() { Ok(place) } else { Err(CalendarProblem::OutOfRange) }
    }
}

fn first_counted() -> CivilDate {
    jiff::civil::date(*YEARS.start(), 1, 1)
}

/// The days of a holiday in every counted year.
fn days_of(rule: &HolidayRule) -> Vec<(CivilDate, bool)> {
    let years = YEARS.filter(|year| rule.from.is_none_or(|it| it <= *year) && rule.until.is_none_or(|it| it >= *year));
    match &rule.when {
        HolidayDay::Fixed { month, day } => {
            years.filter_map(|year| CivilDate::new(year, *month, *day).ok()).map(|it| (it, false)).collect()
        }
        HolidayDay::Easter { offset_days } => years
            .filter_map(|year| easter(year)?.checked_add(i64::from(*offset_days).days()).ok())
            .map(|it| (it, false))
            .collect(),
        HolidayDay::NthWeekday { nth, weekday, month } => years
            .filter_map(|year| CivilDate::new(year, *month, 1).ok()?.nth_weekday_of_month(*nth, *weekday).ok())
            .map(|it| (it, false))
            .collect(),
        HolidayDay::Listed(days) => days.iter().map(|it| (it.date, it.expected)).collect(),
    }
}

/// Western Easter Sunday by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, 1991).
fn easter(year: i16) -> Option<CivilDate> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    CivilDate::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The English name of a weekday.
fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
