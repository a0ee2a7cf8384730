//! Which days are holidays: the days that the rules give, the days given for those that fall badly, and the days announced late.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::Date;

use crate::calendar::civil::{day_after, day_before, plus_days, weekday_of};
use crate::calendar::working::YEARS;
use crate::calendar::{Calendar, CalendarRules, HolidayDay, HolidayRule, Substitute};

/// A holiday, a day given for one, or an announced day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holiday {
    pub(super) why: String,
    pub(super) expected: bool,
    pub(super) worked: bool,
}

/// Two holidays of one day: nobody's mistake in most years, but worth a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayClash {
    /// The day.
    pub date: Date,
    /// Their names, in the order of the rules.
    pub names: Vec<String>,
}

/// A holiday in one year.
struct Occurrence<'r> {
    date: Date,
    rule: &'r HolidayRule,
    expected: bool,
}

type Holidays = BTreeMap<Date, Holiday>;

/// Every holiday of the years that are counted.
pub(super) fn all(rules: &CalendarRules) -> Holidays {
    let days = occurrences(rules, YEARS);
    let mut holidays = Holidays::new();
    for Occurrence { date, rule, expected } in &days {
        let fresh = || Holiday { why: rule.name.clone(), expected: *expected, worked: false };
        let join = |it: &mut Holiday| {
            it.why = format!("{} and {}", it.why, rule.name);
            // A day off that one certain holiday secures no longer rests on the expected one.
            it.expected &= *expected;
        };
        holidays.entry(*date).and_modify(join).or_insert_with(fresh);
    }
    add_substitutes(rules, &days, &mut holidays);
    for announced in &rules.announced {
        let holiday = Holiday { why: announced.why.clone(), expected: false, worked: announced.worked };
        holidays.insert(announced.date, holiday);
    }
    holidays.retain(|date, _| YEARS.contains(&date.year()));
    holidays
}

fn occurrences(rules: &CalendarRules, years: RangeInclusive<i16>) -> Vec<Occurrence<'_>> {
    let mut days: Vec<Occurrence<'_>> = Vec::new();
    for rule in &rules.holidays {
        let found = days_of(rule, years.clone());
        days.extend(found.into_iter().map(|(date, expected)| Occurrence { date, rule, expected }));
    }
    // Stable: holidays of one day stay in the order in which they are written.
    days.sort_by_key(|it| it.date);
    days
}

/// The days of a holiday in those of the years in which it holds.
fn days_of(rule: &HolidayRule, years: RangeInclusive<i16>) -> Vec<(Date, bool)> {
    let first = rule.from.map_or(*years.start(), |it| it.max(*years.start()));
    let last = rule.until.map_or(*years.end(), |it| it.min(*years.end()));
    let certain = |day: &dyn Fn(i16) -> Option<Date>| (first..=last).filter_map(day).map(|it| (it, false)).collect();
    match &rule.when {
        HolidayDay::Fixed { month, day } => certain(&|year| Date::new(year, *month, *day).ok()),
        HolidayDay::Easter { offset_days } => certain(&|year| plus_days(easter(year)?, i64::from(*offset_days)).ok()),
        HolidayDay::NthWeekday { nth, weekday, month } => {
            certain(&|year| Date::new(year, *month, 1).ok()?.nth_weekday_of_month(*nth, *weekday).ok())
        }
        HolidayDay::Listed(days) => {
            let within = days.iter().filter(|it| (first..=last).contains(&it.date.year()));
            within.map(|it| (it.date, it.expected)).collect()
        }
    }
}

/// Gives a working day for each holiday that falls on a weekday named for it (or on another holiday), in the order of their days.
///
/// A holiday that is never substituted takes no part in this, neither for itself nor against another.
fn add_substitutes(rules: &CalendarRules, days: &[Occurrence<'_>], holidays: &mut Holidays) {
    let Substitute::NextFreeWorkingDay { on, one_for_two, also_for_clash } = rules.substitute else { return };
    let (mut last_weekend, mut last_day) = (None, None);
    for Occurrence { date, rule, expected } in days.iter().filter(|it| it.rule.substitute) {
        let clash = last_day.replace(*date) == Some(*date);
        if on[weekday_of(*date)] {
            let weekend = first_of_weekend(*date, &on);
            if last_weekend.replace(weekend) == Some(weekend) && one_for_two {
                continue;
            }
        } else if !(clash && also_for_clash && rules.working[weekday_of(*date)]) {
            continue;
        }
        let Some((free, over_expected)) = next_free(rules, *date, holidays) else { continue };
        let why = format!("substitute for {}", rule.name);
        holidays.insert(free, Holiday { why, expected: *expected || over_expected, worked: false });
    }
}

/// The first day of the run of such weekdays around a day.
fn first_of_weekend(date: Date, on: &[bool; 7]) -> Date {
    let mut first = date;
    for _ in 0..6 {
        match day_before(first) {
            Ok(before) if on[weekday_of(before)] => first = before,
            _ => break,
        }
    }
    first
}

/// The next day that is worked and no holiday, and whether an expected holiday was passed on the way.
fn next_free(rules: &CalendarRules, after: Date, holidays: &Holidays) -> Option<(Date, bool)> {
    let mut over_expected = false;
    let mut day = day_after(after).ok()?;
    loop {
        let holiday = holidays.get(&day);
        if rules.working[weekday_of(day)] && holiday.is_none() {
            return Some((day, over_expected));
        }
        over_expected |= holiday.is_some_and(|it| it.expected);
        day = day_after(day).ok()?;
    }
}

/// Western Easter Sunday by the anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, 1991).
fn easter(year: i16) -> Option<Date> {
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
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

impl Calendar {
    /// The days in some years that two holidays of the rules share; substitute and announced days are not looked at.
    #[must_use]
    pub fn clashes(&self, years: RangeInclusive<i16>) -> Vec<HolidayClash> {
        let mut clashes: Vec<HolidayClash> = Vec::new();
        for Occurrence { date, rule, .. } in occurrences(self.rules(), limited(&years)) {
            match clashes.last_mut().filter(|it| it.date == date) {
                Some(last) => last.names.push(rule.name.clone()),
                None => clashes.push(HolidayClash { date, names: vec![rule.name.clone()] }),
            }
        }
        clashes.retain(|it| it.names.len() > 1);
        clashes
    }

    /// The last day on which a moon-dependent holiday is listed; none for other holidays.
    #[must_use]
    pub fn listed_until(&self, holiday: &str) -> Option<Date> {
        let rule = self.rules().holidays.iter().find(|it| it.name == holiday)?;
        match &rule.when {
            HolidayDay::Listed(days) => days.iter().map(|it| it.date).max(),
            _ => None,
        }
    }

    /// The moon-dependent holidays that hold in a year but are listed on no day of it.
    #[must_use]
    pub fn unlisted_in(&self, year: i16) -> Vec<&str> {
        let holds = |it: &&HolidayRule| it.from.is_none_or(|from| from <= year) && it.until.is_none_or(|to| to >= year);
        let missing = |it: &&HolidayRule| match &it.when {
            HolidayDay::Listed(days) => days.iter().all(|day| day.date.year() != year),
            _ => false,
        };
        self.rules().holidays.iter().filter(holds).filter(missing).map(|it| it.name.as_str()).collect()
    }

    /// The holidays, substitute and announced days from one day to another, both included.
    pub(super) fn holidays_within(&self, first: Date, last: Date) -> impl Iterator<Item = (Date, &Holiday)> {
        // An inverted range would panic.
        self.holidays
            .range(first..=last.max(first))
            .map(|(date, holiday)| (*date, holiday))
            .filter(move |_| first <= last)
    }
}

fn limited(years: &RangeInclusive<i16>) -> RangeInclusive<i16> {
    *years.start().max(YEARS.start())..=*years.end().min(YEARS.end())
}
