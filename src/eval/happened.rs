//! What was imposed: whether it is in force, and in which periods it was imposed. What nobody has imposed did not happen; that is known.

use jiff::civil::Date;

use crate::calendar::{Deadline, Direction, Length};
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::put_off;
use crate::eval::scope::Scope;
use crate::policy::framework::OutcomeRule;
use crate::policy::happened::{Happened, How};
use crate::policy::model::{DateRule, Lasts, Point};
use crate::value::{Missing, Truth};

/// Whether any of the outcomes is in force, or was imposed in the last periods.
pub(super) fn happened(scope: &Scope<'_>, happened: &Happened) -> Truth {
    if let How::Completed { periods } = happened.how {
        let days = happened.outcomes.iter().flat_map(|it| scope.facts.completed(&scope.subject, &it.name));
        return Truth::any(days.map(|on| match periods {
            Some(periods) => imposed(scope, periods, on),
            None => Truth::of(on <= scope.day()),
        }));
    }
    let any = Truth::any(happened.outcomes.iter().flat_map(|outcome| {
        imposed_and_kept(scope, &outcome.name).into_iter().map(|(on, ended)| match happened.how {
            How::InForce => in_force(scope, outcome.lasts_from(on), on, ended),
            How::Imposed { periods } => imposed(scope, periods, on),
            How::Lifted { periods } => match (ended, periods) {
                (None, _) => Truth::No,
                (Some(ended), None) => Truth::of(ended <= scope.day()),
                (Some(ended), Some(periods)) => imposed(scope, periods, ended),
            },
            How::Completed { .. } => Truth::No,
        })
    }));
    if happened.none { any.negate() } else { any }
}

/// When something was imposed, with the day on which it was ended before its time. What is expunged by the day that is read is as if it
/// had never been.
pub(super) fn imposed_and_kept(scope: &Scope<'_>, name: &str) -> Vec<(Date, Option<Date>)> {
    let mut imposed = scope.facts.imposed(&scope.subject, name);
    imposed.retain(|(on, ended)| {
        let rules = scope.policy.frameworks.iter().flat_map(|it| &it.rules).filter(|it| it.label.name == name);
        let rule = rules.clone().find(|it| it.holds_on(*on)).or_else(|| rules.clone().next());
        expunged_on(scope, rule, *on, *ended).is_none_or(|it| scope.day() < it)
    });
    imposed
}

/// The day on which something is expunged that was imposed on a day, and maybe ended on another: some time after the last day on which it is in force.
#[must_use]
pub fn expunged_on(scope: &Scope<'_>, rule: Option<&OutcomeRule>, on: Date, ended: Option<Date>) -> Option<Date> {
    let expunge = rule?.expunge?;
    let end_of = |rule: &DateRule| match date_rule(scope, rule, &DateOptions::closing()) {
        Ok(Answer::Known(day)) => Some(day.date),
        _ => None,
    };
    let by_itself = rule?.lasts.as_ref().and_then(|it| end_of(&whole_run(&it.lasts, on)));
    let end = [ended.and_then(|it| it.yesterday().ok()), by_itself].into_iter().flatten().min()?;
    end_of(&run(expunge, end))
}

/// From the day on which it is imposed, until the last day that it lasts, or until the day on which it ends.
pub(super) fn in_force(scope: &Scope<'_>, lasts: Option<&Lasts>, on: Date, ended: Option<Date>) -> Truth {
    let day = scope.day();
    if day < on || ended.is_some_and(|it| it <= day) {
        return Truth::No;
    }
    let Some(lasts) = lasts else { return Truth::Yes };
    let run = run(lasts.length, on);
    if let Some(by) = &lasts.put_off {
        return put_off::goes_on(scope, &run, by, day)
            .unwrap_or_else(|words| Truth::Unknown(vec![Missing::Reason(words)]));
    }
    match date_rule(scope, &run, &DateOptions::closing()) {
        Ok(Answer::Known(last)) => Truth::of(day <= last.date),
        Ok(Answer::NotYet) => Truth::Yes,
        Ok(Answer::Unknown(missing)) => Truth::Unknown(missing.into_iter().map(Missing::Fact).collect()),
        Err(words) => Truth::Unknown(vec![Missing::Reason(words)]),
    }
}

/// The last day on which something is in force by itself that took effect on a day.
///
/// # Errors
/// In words, when the date can't be made.
pub fn last_day_in_force(scope: &Scope<'_>, lasts: &Lasts, since: Date) -> Result<Answer<Deadline>, String> {
    date_rule(scope, &whole_run(lasts, since), &DateOptions::closing())
}

/// So long before the last day of something: a day on which its end is told of.
#[must_use]
pub fn day_before(scope: &Scope<'_>, length: Length, last: Date) -> Option<Date> {
    let anchor = Box::new(DateRule::At(Point::Date(last)));
    let rule = DateRule::Offset { length, direction: Direction::Before, anchor };
    match date_rule(scope, &rule, &DateOptions::closing()) {
        Ok(Answer::Known(day)) => Some(day.date),
        Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
    }
}

/// So long as something lasts from the day on which it is imposed, with what puts its end off.
fn whole_run(lasts: &Lasts, on: Date) -> DateRule {
    match (run(lasts.length, on), lasts.put_off.clone().map(Box::new)) {
        (run, Some(by)) => DateRule::PutOff { run: Box::new(run), by },
        (run, None) => run,
    }
}

/// So long from the day on which something is imposed.
fn run(length: Length, on: Date) -> DateRule {
    let anchor = Box::new(DateRule::At(Point::Date(on)));
    DateRule::Offset { length, direction: Direction::After, anchor }
}

/// In this period or one of those before it, so many together.
fn imposed(scope: &Scope<'_>, periods: u32, on: Date) -> Truth {
    let Some(own) = scope.period else { return Truth::NotApplicable };
    let back = i32::try_from(periods.saturating_sub(1)).unwrap_or(i32::MAX);
    match scope.calendar.shift(own, -back) {
        Ok(first) => Truth::of(first.first <= on && on <= own.last),
        Err(problem) => Truth::Unknown(vec![Missing::Reason(problem.to_string())]),
    }
}
