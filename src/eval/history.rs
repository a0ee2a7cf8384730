//! Other periods than the one at hand, and conditions counted over several.
//!
//! * Every period is judged by its own rules and facts: parameters as on its first day, dated facts as on its last.
//! * Before the first period for which anything is kept of a record, nothing applies. A record of whose type nothing is kept by
//!   period has no first.
//! * A count is unknown only where the missing facts could change it.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::eval::expression::{of_record, truth};
use crate::eval::scope::{Asked, Earlier, Scope};
use crate::policy::model::{Expr, History, MissingPeriods, Shape, When};
use crate::value::{Missing, RecordRef, Truth, Value};

/// How many periods back a chain of definitions may lead: more than a working life of years.
pub(crate) const MOST_PERIODS_BACK: u32 = 60;

/// Asks a record in this period or another; another period is asked only once.
pub(super) fn of_period(
    scope: &Scope<'_>,
    of: &Expr,
    when: When,
    name: impl FnOnce(RecordRef, Date) -> Earlier,
    ask: impl FnOnce(&Scope<'_>) -> Value,
) -> Value {
    of_record(scope, of, |record| {
        if when == When::Now {
            return of_this_period(&scope.about(record.clone()), name, ask);
        }
        let other = match elsewhere(scope, record, when) {
            Ok(other) => other,
            Err(nothing) => return nothing,
        };
        let name = name(record.clone(), other.period.map_or(scope.on, |it| it.first));
        if let Some(found) = scope.earlier.borrow().get(&name) {
            return found.clone();
        }
        let found = ask(&other);
        scope.earlier.borrow_mut().insert(name, found.clone());
        found
    })
}

/// Asks in the period at hand, once; whoever listens hears the whole answer each time, until they have heard enough.
fn of_this_period(
    scope: &Scope<'_>,
    name: impl FnOnce(RecordRef, Date) -> Earlier,
    ask: impl FnOnce(&Scope<'_>) -> Value,
) -> Value {
    let listens = scope.listener.is_some_and(|it| !it.has_heard_enough());
    let what = name(scope.subject.clone(), scope.period.map_or(scope.on, |it| it.first));
    let asked = Asked { what, last: scope.period.map(|it| it.last), on: scope.on, day: scope.day() };
    if let Some(found) = scope.asked.borrow().get(&asked).filter(|_| !listens) {
        return found.clone();
    }
    let found = ask(scope);
    scope.asked.borrow_mut().insert(asked, found.clone());
    found
}

/// The same scope for a record in another period; or what there is instead of one.
pub(super) fn elsewhere<'a>(scope: &Scope<'a>, record: &RecordRef, when: When) -> Result<Scope<'a>, Value> {
    let own = scope.period.ok_or_else(|| Value::because("no period is at hand"))?;
    let too_far = || Value::because(format!("a value more than {MOST_PERIODS_BACK} periods back"));
    let (period, steps) = match when {
        When::Now => (Ok(own), 0),
        When::Ago(count) => (scope.calendar.shift(own, i32::try_from(count).map_or(i32::MIN, |it| -it)), count),
        When::In(period) => (Ok(period), 1),
        When::Around(kind) => (scope.calendar.around(kind, &own), 1),
    };
    let back = scope.back.saturating_add(steps);
    if back > MOST_PERIODS_BACK {
        return Err(too_far());
    }
    let period = period.map_err(|problem| Value::because(problem.to_string()))?;
    let first = first_day(scope, record, own.first);
    if first.is_some_and(|first| period.last < first) {
        return Err(Value::NotApplicable);
    }
    Ok(Scope { subject: record.clone(), period: Some(period), on: period.last, back, ..scope.clone() })
}

/// The first day of the first period of a record; where nothing is kept of it yet, that of the period at hand.
pub(super) fn first_day(scope: &Scope<'_>, record: &RecordRef, own: Date) -> Option<Date> {
    let by_period = |it: &Shape| matches!(it, Shape::Panel { of, .. } if *of == record.record);
    let any = scope.policy.records.iter().any(|it| by_period(&it.shape));
    any.then(|| scope.facts.first_kept(record).unwrap_or(own))
}

/// What a period adds to a count.
#[derive(Clone)]
enum Mark {
    Yes,
    No,
    /// Either, for want of these.
    Open(Vec<Missing>),
}

/// Whether a condition holds in so many periods.
///
/// If it can't be asked of this period, it can't be asked at all. Where missing periods are skipped, one cannot skip this one: while
/// it is missing, nobody can say.
pub(super) fn history(scope: &Scope<'_>, history: &History) -> Truth {
    // A period in which the framework at hand lets them off is none of theirs.
    let asked = |scope: &Scope<'_>| match scope.is_let_off(scope.exempt) {
        true => Truth::NotApplicable,
        false => truth(scope, &history.condition),
    };
    let now = asked(scope);
    match (&now, history.missing) {
        (Truth::NotApplicable, _) | (Truth::Unknown(_), MissingPeriods::Skipped) => return now,
        _ => {}
    }
    let earlier = (1..=MOST_PERIODS_BACK).map_while(|ago| {
        let other = elsewhere(scope, &scope.subject, When::Ago(ago)).ok()?;
        Some(asked(&other))
    });
    let marks = std::iter::once(now).chain(earlier).filter_map(|it| mark(it, history));
    if history.afresh {
        let mut marks: Vec<Mark> = marks.collect();
        marks.reverse();
        return counted_afresh(&marks, history);
    }
    counted(&marks.take(history.last as usize).collect::<Vec<_>>(), history)
}

/// Nothing for a period that is left out.
fn mark(truth: Truth, history: &History) -> Option<Mark> {
    match (truth, history.missing) {
        (Truth::Yes, _) | (Truth::Unknown(_), MissingPeriods::Counted(true)) => Some(Mark::Yes),
        (Truth::No, _) | (Truth::Unknown(_), MissingPeriods::Counted(false)) => Some(Mark::No),
        (Truth::Unknown(missing), MissingPeriods::Awaited) => Some(Mark::Open(missing)),
        (Truth::Unknown(_), MissingPeriods::Skipped) => None,
        (Truth::NotApplicable, _) => history.breaks.then_some(Mark::No),
    }
}

/// Whether periods suffice; the last bit is the newest.
fn suffices(bits: u64, history: &History) -> bool {
    if history.consecutive {
        let runs = (1..history.count).fold(bits, |runs, by| runs & (bits >> by));
        return runs != 0;
    }
    bits.count_ones() >= history.count
}

/// The last periods, newest first. More that hold never make it less true, so that the two ends tell.
fn counted(marks: &[Mark], history: &History) -> Truth {
    let bits = |holds: &dyn Fn(&Mark) -> bool| {
        marks.iter().enumerate().filter(|(_, it)| holds(it)).fold(0_u64, |bits, (at, _)| bits | (1 << at))
    };
    let least = bits(&|it| matches!(it, Mark::Yes));
    let most = bits(&|it| !matches!(it, Mark::No));
    if suffices(least, history) {
        return Truth::Yes;
    }
    if !suffices(most, history) {
        return Truth::No;
    }
    let matters = |at: usize| {
        let run = (1_u64 << history.count) - 1;
        let first = (at + 1).saturating_sub(history.count as usize);
        !history.consecutive || (first..=at).any(|start| (most >> start) & run == run)
    };
    let open = marks.iter().enumerate().filter(|(at, _)| matters(*at));
    Truth::Unknown(Missing::merged(open.flat_map(|(_, it)| facts(it))))
}

/// From the first period on, oldest first: what has once sufficed serves no second time. Every way is followed in which the open
/// ones may turn out.
fn counted_afresh(marks: &[Mark], history: &History) -> Truth {
    let window = (1_u64 << history.last) - 1;
    let mut ways = BTreeSet::from([(0_u64, false)]);
    for mark in marks {
        let turns: &[u64] = match mark {
            Mark::Yes => &[1],
            Mark::No => &[0],
            Mark::Open(_) => &[0, 1],
        };
        let next = ways.iter().flat_map(|(bits, _)| turns.iter().map(move |turn| ((bits << 1) | turn) & window));
        ways = next.map(|bits| if suffices(bits, history) { (0, true) } else { (bits, false) }).collect();
    }
    let (yes, no) = (ways.iter().any(|it| it.1), ways.iter().any(|it| !it.1));
    match (yes, no) {
        (true, true) => Truth::Unknown(Missing::merged(marks.iter().flat_map(facts))),
        (yes, _) => Truth::of(yes),
    }
}

fn facts(mark: &Mark) -> Vec<Missing> {
    if let Mark::Open(missing) = mark { missing.clone() } else { Vec::new() }
}
