//! Where somebody stands on a ladder of sanctions.
//!
//! A judgement counts what was imposed before its day and is not ended by then. A ladder that begins afresh does so at the judgement of a
//! period in which its condition holds: what was imposed before that day no longer counts at a later judgement.

use jiff::civil::Date;

use crate::calendar::day_in_words;
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::expression::truth;
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
        LadderAsked::NotAbove(step) => match next(scope, ladder) {
            Some((next, afresh)) if next > *step => afresh,
            _ => Truth::Yes,
        },
        LadderAsked::Next { step, .. } => match next(scope, ladder) {
            None => Truth::of(*step == 0),
            Some((next, _)) if next == *step && next == 0 => Truth::Yes,
            Some((next, afresh)) if next == *step => afresh.negate(),
            Some((_, afresh)) if *step == 0 => afresh,
            Some(_) => Truth::No,
        },
    }
}

/// The step above the last one imposed, and whether the ladder has begun afresh since; nothing where none was imposed.
fn next(scope: &Scope<'_>, ladder: &Ladder) -> Option<(usize, Truth)> {
    let judged = judgement(scope, ladder)?;
    let each = ladder.steps.iter().enumerate().flat_map(|(step, name)| {
        let imposed = scope.facts.imposed(&scope.subject, name).into_iter();
        let counts = move |(on, ended): &(Date, Option<Date>)| *on < judged && ended.is_none_or(|it| it >= judged);
        imposed.filter(counts).map(move |(on, _)| (on, step))
    });
    let (on, last) = each.max()?;
    if let Some(listener) = scope.listener {
        listener.noted(&format!("`{}` was imposed on {}", ladder.steps[last], day_in_words(on)));
    }
    Some(((last + 1).min(ladder.steps.len() - 1), began_afresh_after(scope, ladder, on)))
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
