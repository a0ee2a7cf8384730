//! Where somebody stands on a ladder of sanctions.
//!
//! A judgement counts what was imposed before its day and is not ended by then. A ladder that begins afresh does so at the judgement of a
//! period in which its condition holds: what was imposed before that day no longer counts at a later judgement.

use jiff::civil::Date;

use crate::calendar::day_in_words;
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::expression::{rules_of, truth};
use crate::eval::history::elsewhere;
use crate::eval::scope::Scope;
use crate::policy::ladder::{Ladder, LadderAsked, OnLadder};
use crate::policy::model::When;
use crate::value::Truth;

/// The answer to what is asked of a ladder.
pub(super) fn on_ladder(scope: &Scope<'_>, on: &OnLadder) -> Truth {
    let ladder = &*on.ladder;
    match &on.asked {
        LadderAsked::Completed(measure) => {
            let Some(judged) = judgement(scope, ladder) else { return Truth::NotApplicable };
            let days = scope.facts.completed(&scope.subject, measure).into_iter().filter(|it| *it < judged);
            Truth::any(days.map(|it| began_afresh_after(scope, ladder, it).negate()))
        }
        LadderAsked::NotAbove(step) => either(next(scope, ladder), |next| next <= *step),
        LadderAsked::Next { step, .. } => either(next(scope, ladder), |next| next == *step),
    }
}

/// The first step, and the one above the last imposed with whether the ladder has begun afresh since: of the one or the other.
fn either((first, above): (usize, Option<(usize, Truth)>), holds: impl Fn(usize) -> bool) -> Truth {
    match above {
        None => Truth::of(holds(first)),
        Some((above, afresh)) => match (holds(first), holds(above)) {
            (true, false) => afresh,
            (false, true) => afresh.negate(),
            (both, _) => Truth::of(both),
        },
    }
}

/// The first step, and the one above the last imposed, with whether the ladder has begun afresh since; nothing where none was imposed.
/// Steps that do not hold in the period at hand are passed over.
fn next(scope: &Scope<'_>, ladder: &Ladder) -> (usize, Option<(usize, Truth)>) {
    let rules = || scope.policy.frameworks.iter().flat_map(|it| &it.rules);
    let holds = |name: &str| rules().any(|it| it.label.name == name && it.holds_on(rules_of(scope)));
    let there: Vec<usize> = (0..ladder.steps.len()).filter(|it| holds(&ladder.steps[*it])).collect();
    let first = there.first().copied().unwrap_or_default();
    let Some(judged) = judgement(scope, ladder) else { return (first, None) };
    let each = ladder.steps.iter().enumerate().flat_map(|(step, name)| {
        let imposed = scope.facts.imposed(&scope.subject, name).into_iter();
        let counts = move |(on, ended): &(Date, Option<Date>)| *on < judged && ended.is_none_or(|it| it >= judged);
        imposed.filter(counts).map(move |(on, _)| (on, step))
    });
    let Some((on, last)) = each.max() else { return (first, None) };
    if let Some(listener) = scope.listener {
        listener.noted(&format!("`{}` was imposed on {}", ladder.steps[last], day_in_words(on)));
    }
    let above = there.iter().copied().find(|it| *it > last).or(there.last().copied()).unwrap_or(last);
    (first, Some((above, began_afresh_after(scope, ladder, on))))
}

/// Whether it began afresh at a judgement after a day, before the one at hand.
fn began_afresh_after(scope: &Scope<'_>, ladder: &Ladder, day: Date) -> Truth {
    let Some(afresh) = &ladder.afresh else { return Truth::No };
    let earlier = (1..).map_while(|ago| elsewhere(scope, &scope.subject, When::Ago(ago)).ok());
    let since = earlier.take_while(|it| judgement(it, ladder).is_some_and(|judged| judged > day));
    Truth::any(since.map(|it| match truth(&it, afresh) {
        // A period of which it can't be asked begins nothing.
        Truth::NotApplicable => Truth::No,
        _ if it.is_let_off(it.exempt) => Truth::No,
        other => other,
    }))
}

/// The day of the judgement of the period at hand; where none is named or known, the day after the period.
fn judgement(scope: &Scope<'_>, ladder: &Ladder) -> Option<Date> {
    let period = scope.period?;
    let named = ladder.judged.as_ref().and_then(|rule| match date_rule(scope, rule, &DateOptions::closing()) {
        Ok(Answer::Known(deadline)) => Some(deadline.date),
        Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
    });
    named.or_else(|| period.last.tomorrow().ok())
}
