//! Where somebody stands on a ladder of sanctions.
//!
//! A judgement counts what was imposed before its day and is not ended by then. A ladder that begins afresh does so at the judgement of a
//! period in which its condition holds: what was imposed before that day no longer counts at a later judgement.

use std::rc::Rc;

use jiff::civil::Date;

use crate::calendar::day_in_words;
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::expression::{rules_of, truth};
use crate::eval::happened::imposed_and_kept;
use crate::eval::history::elsewhere;
use crate::eval::scope::Scope;
use crate::policy::ladder::{Ladder, LadderAsked, OnLadder};
use crate::policy::model::{Expr, ExprKind, When};
use crate::value::{Missing, Truth};

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
        let imposed = imposed_and_kept(scope, name).into_iter();
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
    Truth::any(since(scope, ladder, day).map(|it| began(&it, afresh)))
}

/// The earlier periods whose judgement lies behind a day, the last first.
fn since<'a>(scope: &'a Scope<'_>, ladder: &'a Ladder, day: Date) -> impl Iterator<Item = Scope<'a>> {
    let earlier = (1..).map_while(|ago| elsewhere(scope, &scope.subject, When::Ago(ago)).ok());
    earlier.take_while(move |it| judgement(it, ladder).is_some_and(|judged| judged > day))
}

/// Whether it begins afresh after the period at hand. One of which it can't be asked begins nothing.
fn began(scope: &Scope<'_>, afresh: &Expr) -> Truth {
    if let Some(taken) = scope.period.and_then(|it| scope.afresh.get(&it.first)) {
        return Truth::of(*taken);
    }
    match truth(scope, afresh) {
        Truth::NotApplicable => Truth::No,
        _ if scope.is_let_off(scope.exempt) => Truth::No,
        other => other,
    }
}

/// More open questions than these are not followed in every way in which they may turn out.
const MOST_OPEN: usize = 8;

/// Whether a rule applies that stands on a ladder. Where it began afresh decides on both what was imposed and what was completed, and
/// on which step comes next; what is not known is followed in every way, so that the answer is unknown only where it could change, for want
/// of what could change it.
pub(super) fn step(scope: &Scope<'_>, when: &Expr) -> Truth {
    let found = truth(scope, when);
    if !matches!(found, Truth::Unknown(_)) {
        return found;
    }
    let quiet = Scope { listener: None, ..scope.clone() };
    let mut parts = Parts { scope: &quiet, ladder: Vec::new(), open: Vec::new() };
    parts.gather(when);
    let periods = parts.open_periods();
    let (open, count) = (parts.open, periods.len());
    if count + open.len() > MOST_OPEN {
        return found;
    }
    let missing: Vec<&Vec<Missing>> = periods.iter().map(|it| &it.1).chain(open.iter().map(|it| &it.1)).collect();
    let turns = |bits: usize, at: usize| bits >> at & 1 == 1;
    let ways: Vec<Truth> = (0..1_usize << missing.len())
        .map(|bits| {
            let afresh = periods.iter().enumerate().map(|(at, it)| (it.0, turns(bits, at))).collect();
            let scope = Scope { afresh: Rc::new(afresh), ..quiet.clone() };
            let taken: Vec<(usize, bool)> =
                open.iter().enumerate().map(|(at, it)| (it.0, turns(bits, count + at))).collect();
            taken_so(&scope, when, &taken)
        })
        .collect();
    if ways.iter().all(|it| *it == ways[0]) {
        return ways.into_iter().next().unwrap_or(found);
    }
    let decides = |at: &usize| (0..ways.len()).any(|bits| ways[bits] != ways[bits ^ (1 << at)]);
    let wanted = (0..missing.len()).filter(decides).flat_map(|at| missing[at].clone());
    Truth::Unknown(Missing::merged(wanted))
}

/// What a step of a ladder is made of: what it asks of the ladder, and conditions that are not known, each by its place in memory.
struct Parts<'e, 's> {
    scope: &'s Scope<'s>,
    ladder: Vec<&'e OnLadder>,
    open: Vec<(usize, Vec<Missing>)>,
}

impl<'e> Parts<'e, '_> {
    fn gather(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::OnLadder(on) => self.ladder.push(on),
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().for_each(|it| self.gather(it)),
            ExprKind::Not(inner) | ExprKind::OrNo(inner) => self.gather(inner),
            _ => {
                if let Truth::Unknown(missing) = truth(self.scope, expr) {
                    self.open.push((std::ptr::from_ref(expr).addr(), missing));
                }
            }
        }
    }

    /// The periods of which it matters whether the ladder began afresh after them, and is not known, by their first days.
    fn open_periods(&self) -> Vec<(Date, Vec<Missing>)> {
        let Some((ladder, afresh)) = self.ladder.first().and_then(|it| Some((&it.ladder, it.ladder.afresh.as_ref()?)))
        else {
            return Vec::new();
        };
        let (facts, subject) = (self.scope.facts, &self.scope.subject);
        let days = self.ladder.iter().flat_map(|on| match &on.asked {
            LadderAsked::Completed(measure) => facts.completed(subject, measure),
            LadderAsked::Next { .. } | LadderAsked::NotAbove(_) => {
                let imposed = ladder.steps.iter().flat_map(|it| facts.imposed(subject, it));
                imposed.map(|it| it.0).collect()
            }
        });
        let Some(earliest) = days.min() else { return Vec::new() };
        let open = since(self.scope, ladder, earliest).filter_map(|it| match began(&it, afresh) {
            Truth::Unknown(missing) => Some((it.period?.first, missing)),
            Truth::Yes | Truth::No | Truth::NotApplicable => None,
        });
        open.take(MOST_OPEN + 1).collect()
    }
}

/// Whether a step follows if open conditions are taken to hold, or not.
fn taken_so(scope: &Scope<'_>, expr: &Expr, taken: &[(usize, bool)]) -> Truth {
    match &expr.kind {
        ExprKind::And(parts) => Truth::all(parts.iter().map(|it| taken_so(scope, it, taken))),
        ExprKind::Or(parts) => Truth::any(parts.iter().map(|it| taken_so(scope, it, taken))),
        ExprKind::Not(inner) => taken_so(scope, inner, taken).negate(),
        ExprKind::OrNo(inner) => match taken_so(scope, inner, taken) {
            Truth::NotApplicable => Truth::No,
            other => other,
        },
        _ => {
            let own = std::ptr::from_ref(expr).addr();
            taken.iter().find(|it| it.0 == own).map_or_else(|| truth(scope, expr), |it| Truth::of(it.1))
        }
    }
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
