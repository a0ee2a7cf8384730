//! Spells: stretches of days with a first and maybe a last day.
//!
//! * A spell whose last day is empty goes on, unless that field holds what nobody has said; one whose first day has not happened is none.
//! * Of a spell of which a day is missing, the days are known that it has in any case, and those that it may have.
//! * Each day counts once, however many spells run on it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::calendar::{PeriodBegins, day_in_words};
use crate::eval::aggregate::{members, others_may_be_there};
use crate::eval::days::change_days;
use crate::eval::expression::{truth, value};
use crate::eval::operation::arithmetic;
use crate::eval::reads;
use crate::eval::scope::Scope;
use crate::policy::model::{Aggregate, ArithmeticOp, AsOn, Expr, Spell, SpellWindow, Type};
use crate::value::{Known, Missing, Number, RecordRef, TimeUnit, Truth, Value};

/// Both ends included; empty where the last lies before the first.
pub(super) type Stretch = (Date, Date);

/// The days of a spell.
pub(super) struct Days {
    /// Those that it has whatever the missing facts are.
    pub(super) sure: Option<Stretch>,
    /// All that it may have.
    pub(super) possible: Stretch,
    pub(super) missing: Vec<Missing>,
}

/// Which spells are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    /// All of them.
    Any,
    /// Those that run on a day.
    On(Date),
    /// Those that have a day in a stretch of time.
    Within(Stretch),
}

impl Window {
    /// The same scope, which knows in what stretch of time its spell was looked for.
    pub(super) fn around<'a>(&self, scope: Scope<'a>) -> Scope<'a> {
        let within = if let Self::Within(stretch) = self { Some(*stretch) } else { None };
        Scope { within, ..scope }
    }

    /// Whether the spell at hand is one of them.
    pub(super) fn holds(&self, scope: &Scope<'_>) -> Truth {
        let stretch = match self {
            Self::Any => return Truth::Yes,
            Self::On(day) => (*day, *day),
            Self::Within(stretch) => *stretch,
        };
        match of(scope) {
            None => Truth::No,
            Some(days) if days.sure.is_some_and(|it| common(it, stretch).is_some()) => Truth::Yes,
            Some(days) if common(days.possible, stretch).is_none() => Truth::No,
            Some(days) => Truth::Unknown(days.missing),
        }
    }
}

/// The window as days; or what there is instead of one.
pub(super) fn window(scope: &Scope<'_>, window: Option<&SpellWindow>) -> Result<Window, Value> {
    // Whoever listens hears of the spells, not of the edges between which they are looked for.
    let silent = scope.clone().heard_by(None);
    let day = |it: &Expr| match value(&silent, it) {
        Value::Known(Known::Date(day)) => Ok(day),
        Value::Known(_) => Err(Value::because("a value that is no day")),
        other => Err(other),
    };
    let edge = |start| {
        let period = scope.period.ok_or_else(|| Value::because("no period is at hand"));
        period.map(|it| if start { it.first } else { it.last })
    };
    Ok(match window {
        None => Window::Any,
        Some(SpellWindow::UnderWay(None)) => Window::On(scope.day()),
        Some(SpellWindow::UnderWay(Some(AsOn::Start))) => Window::On(edge(true)?),
        Some(SpellWindow::UnderWay(Some(AsOn::End))) => Window::On(edge(false)?),
        Some(SpellWindow::UnderWay(Some(AsOn::Day(it)))) => Window::On(day(it)?),
        Some(SpellWindow::Within { after, until }) => {
            let after = day(after)?.tomorrow().map_err(|_| Value::because("a day beyond the calendar"))?;
            Window::Within((after, day(until)?))
        }
    })
}

/// What the facts say of the days of the spell at hand; nothing if it has not begun, or ends before it begins.
pub(super) fn of(scope: &Scope<'_>) -> Option<Days> {
    let spell = scope.policy.record(scope.subject.record).spell?;
    let (first, last) = (end(scope, &spell, true), end(scope, &spell, false));
    let mut missing = Vec::new();
    let first = match first {
        Value::Known(Known::Date(day)) => Some(day),
        Value::Unknown(facts) => {
            missing.extend(facts);
            None
        }
        _ => return None,
    };
    let last = match last {
        Value::Known(Known::Date(day)) => Some(day),
        Value::Unknown(facts) => {
            missing.extend(facts);
            None
        }
        _ => Some(Date::MAX),
    };
    let sure = match (first, last) {
        (Some(first), Some(last)) if first > last => return None,
        (Some(first), Some(last)) => Some((first, last)),
        (Some(first), None) => Some((first, first)),
        (None, Some(Date::MAX)) | (None, None) => None,
        (None, Some(last)) => Some((last, last)),
    };
    Some(Days { sure, possible: (first.unwrap_or(Date::MIN), last.unwrap_or(Date::MAX)), missing })
}

fn end(scope: &Scope<'_>, spell: &Spell, first: bool) -> Value {
    reads::field(scope, &scope.subject, if first { spell.first } else { spell.last })
}

/// Tells whoever listens from when until when the spell at hand runs.
fn note(scope: &Scope<'_>, days: &Days) {
    let Some(listener) = scope.listener else { return };
    let (first, last) = days.possible;
    let from =
        if first == Date::MIN { "from an unknown day".to_owned() } else { format!("from {}", day_in_words(first)) };
    let until = match last {
        Date::MAX if days.missing.is_empty() => "and goes on".to_owned(),
        Date::MAX => "until an unknown day".to_owned(),
        last => format!("until {}", day_in_words(last)),
    };
    let kind = &scope.policy.record(scope.subject.record).label.title;
    listener.noted(&format!("{kind} {}: {from} {until}", scope.subject.key));
}

/// The days on which a spell begins, and on which it no longer runs.
pub(super) fn turns(scope: &Scope<'_>, spell: &RecordRef) -> Vec<Date> {
    let Some(days) = of(&scope.about(spell.clone())) else { return Vec::new() };
    let (first, last) = days.possible;
    let ends = [Some(first), last.tomorrow().ok()];
    let sure = days.sure.map(|(first, last)| [Some(first), last.tomorrow().ok()]);
    ends.into_iter().chain(sure.into_iter().flatten()).flatten().collect()
}

/// The days that a spell has in any case, by its first and last day as they are entered; nothing where the first is not known.
#[must_use]
pub fn sure_days(first: &Value, last: &Value) -> Option<(Date, Date)> {
    let Value::Known(Known::Date(first)) = first else { return None };
    match last {
        Value::Known(Known::Date(last)) => Some((*first, *last)),
        Value::Unknown(_) => Some((*first, *first)),
        _ => Some((*first, Date::MAX)),
    }
}

/// What is wrong with a spell beside others of the same record: it ends before it begins, or overlaps one of them.
#[must_use]
pub fn not_beside<'s>(spell: (Date, Date), others: impl IntoIterator<Item = &'s (Date, Date)>) -> Option<String> {
    if spell.1 < spell.0 {
        return Some("it ends before it begins".to_owned());
    }
    let other = others.into_iter().find(|it| common(**it, spell).is_some())?;
    let until = if other.1 == Date::MAX { "and goes on".to_owned() } else { format!("until {}", other.1) };
    Some(format!("it overlaps another, which runs from {} {until}", other.0))
}

fn common(a: Stretch, b: Stretch) -> Option<Stretch> {
    let (first, last) = (a.0.max(b.0), a.1.min(b.1));
    (first <= last).then_some((first, last))
}

/// The stretches one after the other, those that touch or overlap as one.
fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort();
    let mut joined: Vec<Stretch> = Vec::new();
    for next in stretches {
        match joined.last_mut() {
            Some(last) if last.1 >= next.0 || last.1.tomorrow().ok() == Some(next.0) => last.1 = last.1.max(next.1),
            _ => joined.push(next),
        }
    }
    joined
}

/// How many days they have together.
pub(super) fn length(stretches: &[Stretch]) -> Value {
    let count = stretches.iter().map(|(first, last)| number_of(*first, *last)).sum();
    Known::Duration { count, unit: TimeUnit::Days }.into()
}

pub(super) fn number_of(first: Date, last: Date) -> i64 {
    first.until(last).map_or(0, |it| i64::from(it.get_days()) + 1)
}

/// How many days of the spell at hand count: of those looked for, or until the day that is read.
pub(super) fn days_of_one(scope: &Scope<'_>, within: bool) -> Value {
    let stretch = scope.within.filter(|_| within).unwrap_or((Date::MIN, scope.day()));
    let Some(days) = of(scope) else { return Value::NotApplicable };
    note(scope, &days);
    let (sure, possible) = (days.sure.and_then(|it| common(it, stretch)), common(days.possible, stretch));
    if sure == possible { length(sure.as_slice()) } else { Value::Unknown(days.missing) }
}

/// The days on which any of the spells runs; what is missing where they could be others.
pub(super) fn days(
    scope: &Scope<'_>,
    aggregate: &Aggregate,
    spells: &[Scope<'_>],
    window: &Window,
) -> Result<Vec<Stretch>, Value> {
    let stretch = match window {
        Window::Any => (Date::MIN, scope.day()),
        Window::On(day) => (*day, *day),
        Window::Within(stretch) => *stretch,
    };
    let (mut sure, mut possible) = (Vec::new(), Vec::new());
    for spell in spells {
        let counts = aggregate.filter.as_ref().map_or(Truth::Yes, |it| truth(spell, it));
        let mut missing = match counts {
            Truth::No | Truth::NotApplicable => continue,
            Truth::Yes => Vec::new(),
            Truth::Unknown(facts) => facts,
        };
        let open = !missing.is_empty();
        let Some(days) = of(spell) else { continue };
        note(spell, &days);
        missing.extend(days.missing);
        if aggregate.those_known && !missing.is_empty() {
            continue;
        }
        sure.extend(days.sure.filter(|_| !open).and_then(|it| common(it, stretch)));
        possible.extend(common(days.possible, stretch).map(|it| (it, missing)));
    }
    let sure = joined(sure);
    let covers = |it: Stretch| sure.iter().any(|whole| whole.0 <= it.0 && it.1 <= whole.1);
    // Where every day is one of a spell, another one changes nothing.
    if !aggregate.those_known && !covers(stretch) && others_may_be_there(scope, aggregate) {
        return Err(Value::because("whether all are there that belong to it"));
    }
    let open: Vec<Missing> =
        possible.into_iter().filter(|(it, _)| !covers(*it)).flat_map(|(_, missing)| missing).collect();
    if open.is_empty() { Ok(sure) } else { Err(Value::Unknown(Missing::merged(open))) }
}

/// Pay for the days of spells: on each day what is paid on it, over the number of days of its year, or of its month.
pub(super) fn pay_for(scope: &Scope<'_>, pay: &Expr, days: &Aggregate) -> Value {
    let found = members(scope, days).and_then(|spells| {
        let window = window(scope, days.window.as_ref())?;
        let spells: Vec<Scope<'_>> = spells.into_iter().map(|it| window.around(it)).collect();
        self::days(scope, days, &spells, &window)
    });
    let stretches = match found {
        Ok(stretches) => stretches,
        Err(open) => return open,
    };
    let Type::Money { currency, per: Some(per) } = &pay.ty else { return Value::because("pay for no time") };
    let nought = Known::Money { amount: Number::ZERO, currency: currency.clone() };
    let mut sum = Value::Known(nought);
    let mut missing = Vec::new();
    for (first, last) in stretches {
        let mut starts = change_days(scope, pay, first, last);
        starts.extend(turns_of_the_year(scope, *per, first, last));
        let starts: Vec<Date> = starts.into_iter().collect();
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).and_then(|it| it.yesterday().ok()).unwrap_or(last);
            let whole = around(scope, *per, *start);
            let share = Number::from(number_of(*start, end)).divide(Number::from(number_of(whole.0, whole.1)));
            let Ok(share) = share else { return Value::because("a day in a year without days") };
            match value(&scope.on(*start), pay) {
                Value::Unknown(facts) => missing.extend(facts),
                paid => {
                    let part = arithmetic(ArithmeticOp::Multiply, paid, Known::Number(share).into());
                    sum = arithmetic(ArithmeticOp::Add, sum, part);
                }
            }
        }
    }
    if missing.is_empty() { sum } else { Value::Unknown(Missing::merged(missing)) }
}

/// The first days of the years, or months, that begin in a stretch.
fn turns_of_the_year(scope: &Scope<'_>, per: TimeUnit, first: Date, last: Date) -> BTreeSet<Date> {
    let next = |day: &Date| around(scope, per, *day).1.tomorrow().ok();
    std::iter::successors(Some(first), next).take_while(|it| *it <= last).collect()
}

/// The year in which a day lies: the policy's own, where it has one, else that of the calendar; or its month.
fn around(scope: &Scope<'_>, per: TimeUnit, day: Date) -> Stretch {
    if per == TimeUnit::Months {
        return (day.first_of_month(), day.last_of_month());
    }
    let years =
        scope.calendar.rules().periods.iter().filter(|it| matches!(it.begins, PeriodBegins::Every { months: 12, .. }));
    let mut years = years.filter_map(|it| scope.calendar.period_kind(&it.name));
    let own = scope.period.map(|it| it.kind).filter(|own| years.clone().any(|it| it == *own));
    let only = years.next().filter(|_| years.next().is_none());
    let period = own.or(only).and_then(|it| scope.calendar.period_containing(it, day).ok());
    period.map_or_else(|| (day.first_of_year(), day.last_of_year()), |it| (it.first, it.last))
}
