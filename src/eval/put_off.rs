//! Runs whose end spells put off.
//!
//! * A spell counts if it has more days of its own than is said, those outside the run among them. Then all its days inside the run
//!   put the end off, each of them once however many spells lie on it, and those that fall into the time added put it off further.
//! * While a spell goes on, the end that it puts off is not there yet. Whether the run still goes on is known all the same on a day on
//!   which the spell has grown long enough.
//! * What is missing leaves open only what it could change.

use jiff::civil::Date;

use crate::calendar::{Deadline, SuspendedDays};
use crate::eval::aggregate::another;
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::expression::truth;
use crate::eval::reads;
use crate::eval::scope::Scope;
use crate::eval::spell::{self, Stretch, number_of};
use crate::policy::model::{DateRule, PutOff};
use crate::value::{Missing, Truth};

/// A spell that puts the end off, or may.
struct Leave {
    /// The days that it surely takes out of the run, if they lie in it.
    sure: Option<Stretch>,
    /// All that it may take out.
    possible: Stretch,
    /// What must be known to tell; nothing of one that only goes on.
    missing: Vec<Missing>,
    why: String,
}

/// Which days of a spell are meant.
type Days = fn(&Leave) -> Option<Stretch>;

/// The end of a run, put off.
///
/// # Errors
/// In words, when a date can't be made.
pub(super) fn end(
    scope: &Scope<'_>,
    run: &DateRule,
    by: &PutOff,
    options: &DateOptions,
) -> Result<Answer<Deadline>, String> {
    let mut leaves = leaves(scope, by, None);
    let with = |days: Vec<SuspendedDays>| date_rule(scope, run, &options.also_suspended(days));
    let least = match with(days(&leaves, |it| it.sure))? {
        Answer::Known(least) => least,
        other => return Ok(other),
    };
    let ended = |it: &Leave| it.sure.or(Some(it.possible).filter(|it| it.1 < Date::MAX));
    let last = match with(days(&leaves, ended))? {
        Answer::Known(last) => last,
        other => return Ok(other),
    };
    // What goes on, and reaches the last day on which the run could end, puts that off.
    leaves.retain(|it| it.possible.0 <= last.date);
    leaves.iter_mut().for_each(|it| it.possible.1 = it.possible.1.min(last.date.max(it.possible.0)));
    let is_least = |days| Ok::<_, String>(matches!(with(days)?, Answer::Known(it) if it.date == least.date));
    let most = days(&leaves, |it| Some(it.possible));
    if is_least(most)? {
        return Ok(Answer::Known(least));
    }
    let missing = matter(&leaves, |days| is_least(days).unwrap_or(false));
    Ok(if missing.is_empty() {
        Answer::NotYet
    } else {
        Answer::Unknown(missing.iter().map(ToString::to_string).collect())
    })
}

/// Whether a run still goes on, by the spells until a day.
///
/// # Errors
/// In words, when a date can't be made.
pub(super) fn goes_on(scope: &Scope<'_>, run: &DateRule, by: &PutOff, day: Date) -> Result<Truth, String> {
    let leaves = leaves(scope, by, Some(day));
    let with = |days| date_rule(scope, run, &DateOptions::closing().also_suspended(days));
    let ends_before = |days| Ok::<_, String>(matches!(with(days)?, Answer::Known(it) if it.date < day));
    match with(days(&leaves, |it| it.sure))? {
        Answer::Known(least) => {
            if let Some(listener) = scope.listener {
                listener.noted(&least.derivation.lines().join("; "));
            }
            if day <= least.date {
                return Ok(Truth::Yes);
            }
        }
        Answer::NotYet => return Ok(Truth::Yes),
        Answer::Unknown(missing) => return Ok(Truth::Unknown(missing.into_iter().map(Missing::Fact).collect())),
    }
    if ends_before(days(&leaves, |it| Some(it.possible)))? {
        return Ok(Truth::No);
    }
    Ok(Truth::Unknown(matter(&leaves, |days| ends_before(days).unwrap_or(false))))
}

/// The days that they take out.
fn days(leaves: &[Leave], of: impl Fn(&Leave) -> Option<Stretch>) -> Vec<SuspendedDays> {
    let one = |it: &Leave| of(it).map(|(from, until)| SuspendedDays { from, until, why: it.why.clone() });
    leaves.iter().filter_map(one).collect()
}

/// What is missing of the spells that could change what is told of the days: beside those that are sure, or beside all others.
fn matter(leaves: &[Leave], unchanged: impl Fn(Vec<SuspendedDays>) -> bool) -> Vec<Missing> {
    let beside = |at: usize, others: Days, own: Days| {
        let all = leaves.iter().enumerate();
        let of = all.filter_map(|(other, it)| {
            let (from, until) = if other == at { own(it) } else { others(it) }?;
            Some(SuspendedDays { from, until, why: String::new() })
        });
        of.collect::<Vec<_>>()
    };
    let (sure, possible): (Days, Days) = (|it| it.sure, |it| Some(it.possible));
    let open = (0..leaves.len()).filter(|at| leaves[*at].sure != Some(leaves[*at].possible));
    let matters = open.filter(|at| !unchanged(beside(*at, sure, possible)) || unchanged(beside(*at, possible, sure)));
    Missing::merged(matters.flat_map(|at| leaves[at].missing.clone()))
}

/// The spells that are long enough, or may be; with a day, as they are seen on it.
fn leaves(scope: &Scope<'_>, by: &PutOff, on: Option<Date>) -> Vec<Leave> {
    let subject = match by.of_owner {
        None => Some(scope.subject.clone()),
        Some(_) => reads::owner(scope.policy, &scope.subject),
    };
    let Some(subject) = subject else { return Vec::new() };
    let around = scope.about(subject);
    let children = around.facts.children(&around.subject, by.spells);
    let mut leaves: Vec<Leave> = children.into_iter().filter_map(|it| leave(&around.about(it), by, on)).collect();
    leaves.extend(another(&around, by.spells).map(|it| Leave {
        sure: None,
        possible: (Date::MIN, on.unwrap_or(Date::MAX)),
        missing: vec![it],
        why: String::new(),
    }));
    leaves
}

/// One spell; nothing if it surely puts nothing off.
fn leave(scope: &Scope<'_>, by: &PutOff, on: Option<Date>) -> Option<Leave> {
    let mut missing = match by.filter.as_ref().map_or(Truth::Yes, |it| truth(scope, it)) {
        Truth::Yes => Vec::new(),
        Truth::No | Truth::NotApplicable => return None,
        Truth::Unknown(missing) => missing,
    };
    let counts = missing.is_empty();
    let of = spell::of(scope)?;
    let is_under_way = of.missing.is_empty() && of.possible.1 == Date::MAX;
    missing.extend(of.missing);
    let (mut sure, mut possible) = (of.sure.filter(|_| counts), of.possible);
    let long = |(first, last): &Stretch| number_of(*first, *last) > by.over;
    if is_under_way {
        sure = sure.and_then(|it| until(it, on?));
        // On a day it is asked whether it is long enough by then; of an end there is nothing to be found out.
        let last = on.and_then(|_| scope.policy.record(scope.subject.record).spell).map(|it| it.last);
        missing.extend(last.filter(|_| !sure.is_some_and(|it| long(&it))).map(|it| {
            let name = &scope.policy.field(scope.subject.record, it).label.name;
            Missing::Fact(format!("{name} of {}", scope.subject.key))
        }));
    }
    if !long(&possible) {
        return None;
    }
    sure = sure.filter(long);
    if let Some(day) = on {
        sure = sure.and_then(|it| until(it, day));
        possible = until(possible, day)?;
    }
    let record = scope.policy.record(scope.subject.record);
    Some(Leave { sure, possible, missing, why: format!("{} {}", record.label.title, scope.subject.key) })
}

/// The days of a stretch until one.
fn until((first, last): Stretch, day: Date) -> Option<Stretch> {
    (first <= day).then(|| (first, last.min(day)))
}
