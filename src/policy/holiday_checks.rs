//! Holidays that are not told apart, and lists of days that break off.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::calendar::{Calendar, HolidayClash, HolidayDay, HolidayRule, day_in_words};
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::model::Policy;
use crate::source::Span;
use crate::syntax::tree::{CalendarLineKind, Item};

/// Looks at the holidays of every calendar.
pub(super) fn holidays_are_in_order(policy: &Policy, items: &[&Item], found: &mut Diagnostics) {
    for item in items {
        let Item::Calendar(written) = item else { continue };
        let Some(calendar) = policy.calendars.iter().find(|it| it.name() == written.name.text) else { continue };
        let lines = written.lines.iter().filter(|it| matches!(it.kind, CalendarLineKind::Holiday { .. }));
        let rules = &calendar.rules().holidays;
        if rules.len() != lines.clone().count() {
            // A day of one of them could not be told, which is said already.
            continue;
        }
        let holidays: Vec<(&HolidayRule, Span)> = rules.iter().zip(lines.map(|it| it.span)).collect();
        for (at, later) in holidays.iter().enumerate() {
            let earlier = &holidays[..at];
            if let Some((other, words)) = earlier.iter().find_map(|it| Some((it.1, meet(calendar, it.0, later.0)?))) {
                let meets = Diagnostic::new(codes::HOLIDAYS_MEET, later.1, words).label(other, "the other one");
                found
                    .push(meets.help(
                        "look at the days; if both are right, take one of the two out: a day off is one day off",
                    ));
            }
        }
        lists_do_not_break_off(&holidays, found);
    }
}

/// How two holidays meet by their own rules. That one which moves falls on another now and then is nobody's mistake.
fn meet(calendar: &Calendar, one: &HolidayRule, other: &HolidayRule) -> Option<String> {
    let names = format!("`{}` and `{}`", one.name, other.name);
    if let (HolidayDay::Listed(own), HolidayDay::Listed(others)) = (&one.when, &other.when) {
        let both = own.iter().find(|day| others.iter().any(|it| it.date == day.date))?;
        return Some(format!("{names} are both listed on {}", day_in_words(both.date)));
    }
    if one.when != other.when {
        return None;
    }
    let from = one.from.max(other.from).unwrap_or(i16::MIN);
    let until = one.until.unwrap_or(i16::MAX).min(other.until.unwrap_or(i16::MAX));
    if from > until {
        return None;
    }
    let shown = SHOWN.max(from).min(until);
    let years = shown.saturating_sub(LEAP).max(from)..=shown.saturating_add(LEAP).min(until);
    let both = |it: &HolidayClash| it.names.contains(&one.name) && it.names.contains(&other.name);
    let days: Vec<Date> = calendar.clashes(years).into_iter().filter(both).map(|it| it.date).collect();
    let day = days.iter().find(|it| it.year() >= shown).or(days.last())?;
    Some(format!("{names} always fall on the same day, for instance on {}", day_in_words(*day)))
}

/// Within so many years there is a 29 February.
const LEAP: i16 = 8;

/// The year of which a day is shown.
const SHOWN: i16 = 2026;

/// The years in which a holiday is listed that somebody lists for every year: in two years running at least.
fn yearly(rule: &HolidayRule) -> Option<BTreeSet<i16>> {
    let HolidayDay::Listed(days) = &rule.when else { return None };
    let years: BTreeSet<i16> = days.iter().map(|it| it.date.year()).collect();
    years.iter().any(|it| years.contains(&(it + 1))).then_some(years)
}

/// What is listed for every year is listed for each of them, and for as many as others of the calendar.
fn lists_do_not_break_off(holidays: &[(&HolidayRule, Span)], found: &mut Diagnostics) {
    let lists: Vec<_> = holidays.iter().filter_map(|(rule, span)| Some((*rule, *span, yearly(rule)?))).collect();
    let last = |years: &BTreeSet<i16>| years.last().copied().unwrap_or(i16::MIN);
    let longest = lists.iter().max_by_key(|it| (last(&it.2), std::cmp::Reverse(it.1)));
    let Some((longest, _, until)) = longest else { return };
    for (rule, span, years) in &lists {
        let (first, own) = (years.first().copied().unwrap_or(i16::MAX), last(years));
        let name = &rule.name;
        let help = "list its days, as `expected …` until they are announced, or say `until` which year it is kept";
        let words = if let Some(gap) = (first..own).find(|it| !years.contains(it)) {
            format!("`{name}` is listed on no day of {gap}, though before and after it")
        } else if own < rule.until.unwrap_or(i16::MAX).min(last(until)) {
            let longer = &longest.name;
            format!(
                "`{name}` is listed on no day after {own}, and `{longer}` is until {}: from {} on it is no day off",
                last(until),
                own + 1
            )
        } else {
            continue;
        };
        found.push(Diagnostic::new(codes::LIST_BREAKS_OFF, *span, words).help(help));
    }
}
