//! Dates that rules give: points, allowances, the earliest and the latest of several.

use jiff::civil::{Date, Time};

use crate::calendar::{
    Anchor, Calendar, CalendarProblem, DateRole, Deadline, DeadlineInput, Direction, Extension, Length, Moment, Period,
    PeriodKind, Roll, SuspendedDays, Unit,
};
use crate::eval::expression::value;
use crate::eval::possible::Possible;
use crate::eval::put_off;
use crate::eval::scope::Scope;
use crate::policy::model::{DateRule, Expr, ExprKind, Point, StageMoment};
pub use crate::value::Answer;
use crate::value::{Known, Value};

/// What a date is for, and what has happened to it meanwhile.
#[derive(Debug, Clone)]
pub struct DateOptions {
    /// What it is for.
    pub role: DateRole,
    /// The line's own roll.
    pub roll: Option<Roll>,
    /// A clock time.
    pub at: Option<Time>,
    /// When the clock stood still.
    pub suspensions: Vec<SuspendedDays>,
    /// More time that was granted.
    pub extensions: Vec<Extension>,
}

impl DateOptions {
    /// A due date without more.
    #[must_use]
    pub fn due() -> Self {
        Self { role: DateRole::Due, roll: None, at: None, suspensions: Vec::new(), extensions: Vec::new() }
    }

    /// The same, and the clock stood still on these days, too.
    #[must_use]
    pub fn also_suspended(&self, days: Vec<SuspendedDays>) -> Self {
        let mut options = self.clone();
        options.suspensions.extend(days);
        options
    }

    /// A closing: it never moves.
    #[must_use]
    pub fn closing() -> Self {
        Self { role: DateRole::Closing, ..Self::due() }
    }
}

/// The date that a rule gives.
///
/// Of several dates, the earliest is that of those which have happened (and changes when an earlier one comes); the latest waits for
/// all of them. One that rests on a day that does not apply is left out. All must be known, or their facts are missing.
///
/// # Errors
/// In words, when the date can't be made: a month without such a day, a calendar that ends.
pub fn date_rule(scope: &Scope<'_>, rule: &DateRule, options: &DateOptions) -> Result<Answer<Deadline>, String> {
    Ok(match possible_date(scope, rule, options)? {
        Answer::Known(possible) => possible.settled(|a, b| a.date == b.date).sure(),
        Answer::NotYet => Answer::NotYet,
        Answer::Unknown(missing) => Answer::Unknown(missing),
    })
}

/// The date that a rule gives, or the ends between which it lies while it is not known by which calendar it counts.
///
/// # Errors
/// In words, when the date can't be made.
pub fn possible_date(
    scope: &Scope<'_>,
    rule: &DateRule,
    options: &DateOptions,
) -> Result<Answer<Possible<Deadline>>, String> {
    match rule {
        DateRule::Earliest(of) | DateRule::Latest(of) => {
            let latest = matches!(rule, DateRule::Latest(_));
            let of = those_that_apply(scope, of);
            let dates = of.into_iter().map(|it| possible_date(scope, it, options)).collect::<Result<Vec<_>, _>>()?;
            let choose = if latest { Calendar::latest_of } else { Calendar::earliest_of };
            Ok(match together(dates, latest) {
                Answer::Known(dates) => {
                    let chosen = Possible::chosen(dates, |it| choose(scope.calendar, it));
                    chosen.map_or(Answer::NotYet, |it| Answer::Known(it.settled(|a, b| a.moment == b.moment)))
                }
                Answer::NotYet => Answer::NotYet,
                Answer::Unknown(missing) => Answer::Unknown(missing),
            })
        }
        DateRule::PutOff { run, by } => Ok(put_off::end(scope, run, by, options)?.map(Possible::only)),
        DateRule::At(_) | DateRule::Offset { .. } | DateRule::Beginning { .. } => match inputs(scope, rule, options) {
            Answer::Known(inputs) => inputs
                .and_then(|(input, expected)| {
                    let deadline = deadline(scope, &input)?;
                    Ok(deadline.map(|it| Deadline { expected: it.expected || expected, ..it }))
                })
                .map(|it| Answer::Known(it.settled(|a, b| a.moment == b.moment))),
            Answer::NotYet => Ok(Answer::NotYet),
            Answer::Unknown(missing) => Ok(Answer::Unknown(missing)),
        },
    }
}

/// A date made by the calendar by which the record at hand goes on the day that it counts from; it says which that is.
///
/// # Errors
/// In words, when it can't be made.
pub fn deadline(scope: &Scope<'_>, input: &DeadlineInput) -> Result<Possible<Deadline>, String> {
    let calendars = scope.calendars(input.anchor.day());
    let made = calendars.all().map(|it| {
        let made = it.deadline(input).map_err(|problem| problem.to_string())?;
        Ok(Deadline { derivation: made.derivation.counted_by(calendars.told(it)), ..made })
    });
    let mut made = made.collect::<Result<Vec<Deadline>, String>>()?;
    made.sort_by_key(|it| it.moment);
    let latest = made.pop().ok_or("there is no calendar")?;
    let missing = calendars.missing.iter().map(ToString::to_string).collect();
    Ok(Possible { latest, earliest: made.into_iter().next(), missing }.settled(|a, b| a.moment == b.moment))
}

/// Whether a rule rests on a day that does not apply, so that there is no such date.
pub(super) fn rests_on_nothing(scope: &Scope<'_>, rule: &DateRule) -> bool {
    match rule {
        DateRule::At(Point::Event(expr)) => value(scope, expr) == Value::NotApplicable,
        DateRule::At(Point::EdgeOf { of, .. }) => rests_on_nothing(scope, of),
        DateRule::At(_) => false,
        DateRule::Offset { anchor, .. } => rests_on_nothing(scope, anchor),
        DateRule::Beginning { on, .. } => rests_on_nothing(scope, on),
        DateRule::PutOff { run, .. } => rests_on_nothing(scope, run),
        DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().all(|it| rests_on_nothing(scope, it)),
    }
}

fn those_that_apply<'r>(scope: &Scope<'_>, of: &'r [DateRule]) -> Vec<&'r DateRule> {
    of.iter().filter(|it| !rests_on_nothing(scope, it)).collect()
}

/// Several answers as one. What has not happened holds up the latest, and leaves the earliest to the others; none of them: not yet.
fn together<T>(answers: Vec<Answer<T>>, latest: bool) -> Answer<Vec<T>> {
    let (mut known, mut missing, mut waits) = (Vec::new(), Vec::new(), false);
    for answer in answers {
        match answer {
            Answer::Known(one) => known.push(one),
            Answer::NotYet => waits = true,
            Answer::Unknown(facts) => missing.extend(facts),
        }
    }
    if waits && latest {
        return Answer::NotYet;
    }
    if missing.is_empty() {
        return if known.is_empty() { Answer::NotYet } else { Answer::Known(known) };
    }
    missing.sort();
    missing.dedup();
    Answer::Unknown(missing)
}

/// An allowance in working days from a day, as a due date, with what was granted beyond it.
///
/// # Errors
/// In words, when the calendar ends before it.
pub fn grace(
    scope: &Scope<'_>,
    from: Date,
    working_days: u32,
    (what, extensions): (&str, Vec<Extension>),
) -> Result<Possible<Deadline>, String> {
    let input = DeadlineInput {
        anchor: Anchor::Event { day: from, what: what.to_owned() },
        length: Some((Length { count: working_days, unit: Unit::WorkingDays }, Direction::After)),
        beginning_on: false,
        role: DateRole::Due,
        roll: None,
        month_end: None,
        at: None,
        suspensions: Vec::new(),
        extensions,
    };
    deadline(scope, &input)
}

/// What the calendar needs; and whether the anchor rests on a day that is only expected.
fn inputs(scope: &Scope<'_>, rule: &DateRule, options: &DateOptions) -> Answer<Possible<(DeadlineInput, bool)>> {
    let (from, length, beginning_on) = match rule {
        DateRule::Offset { length, direction, anchor } => (&**anchor, Some((*length, *direction)), false),
        DateRule::Beginning { length, on } => (&**on, Some((*length, Direction::After)), true),
        other => (other, None, false),
    };
    let input = |(anchor, expected)| {
        let input = DeadlineInput {
            anchor,
            length,
            beginning_on,
            role: options.role,
            roll: options.roll,
            month_end: None,
            at: options.at,
            suspensions: options.suspensions.clone(),
            extensions: options.extensions.clone(),
        };
        (input, expected)
    };
    found_anchor(scope, from).map(|it| it.map(input))
}

/// The event or edge that a rule gives: what an allowance starts from, or what opens a stage.
///
/// Of several points it is the one that comes first (or last), still an event or an edge; a date that was computed is an event.
#[must_use]
pub fn anchor(scope: &Scope<'_>, rule: &DateRule) -> Answer<Anchor> {
    match found_anchor(scope, rule) {
        Answer::Known(possible) => possible.settled(|a, b| a.0 == b.0).map(|it| it.0).sure(),
        Answer::NotYet => Answer::NotYet,
        Answer::Unknown(missing) => Answer::Unknown(missing),
    }
}

fn found_anchor(scope: &Scope<'_>, rule: &DateRule) -> Answer<Possible<(Anchor, bool)>> {
    match rule {
        DateRule::At(at) => point(scope, at),
        DateRule::Earliest(of) | DateRule::Latest(of) => {
            let latest = matches!(rule, DateRule::Latest(_));
            let of = those_that_apply(scope, of).into_iter().map(|it| found_anchor(scope, it)).collect();
            match together(of, latest) {
                Answer::Known(of) => {
                    Possible::chosen(of, |it| one_of(it, latest)).map_or(Answer::NotYet, Answer::Known)
                }
                Answer::NotYet => Answer::NotYet,
                Answer::Unknown(missing) => Answer::Unknown(missing),
            }
        }
        DateRule::Offset { .. } | DateRule::Beginning { .. } | DateRule::PutOff { .. } => {
            let opening = DateOptions { role: DateRole::Opening, ..DateOptions::due() };
            let event = |it: Deadline| {
                let what = format!("the day found before ({})", it.derivation.lines().join("; "));
                (Anchor::Event { day: it.date, what }, it.expected)
            };
            match possible_date(scope, rule, &opening) {
                Ok(answer) => answer.map(|it| it.settled(|a, b| a.date == b.date).map(event)),
                Err(words) => Answer::Unknown(vec![words]),
            }
        }
    }
}

/// The first or last of several anchors. Of an event and an edge that open on the same day it is the event, from which an allowance
/// runs a day longer.
fn one_of(of: Vec<(Anchor, bool)>, latest: bool) -> Option<(Anchor, bool)> {
    let expected = of.iter().any(|it| it.1);
    let order = |(anchor, _): &(Anchor, bool)| (first_day(anchor), matches!(anchor, Anchor::Event { .. }));
    let chosen = of.into_iter().reduce(|best, other| {
        let ((day, event), (than, best_event)) = (order(&other), order(&best));
        let better = if latest { day > than } else { day < than };
        if better || (day == than && event && !best_event) { other } else { best }
    });
    chosen.map(|(anchor, _)| (anchor, expected))
}

fn point(scope: &Scope<'_>, point: &Point) -> Answer<Possible<(Anchor, bool)>> {
    let anchor = match point {
        Point::Date(day) => event(*day, "that day"),
        Point::DayMonth { month, day, after_the_year } => day_and_month(scope, *month, *day, *after_the_year),
        Point::PeriodStart(kind) => edge_of_period(scope, *kind, true),
        Point::PeriodEnd(kind) => edge_of_period(scope, *kind, false),
        Point::EdgeOf { start, kind, of } => {
            let edge_around = |(anchor, expected): (Anchor, bool)| {
                let period = scope.calendar.period_containing(*kind, anchor.day())?;
                Ok(Possible::only((edge(scope, &period, *start), expected)))
            };
            return match found_anchor(scope, of) {
                Answer::Known(possible) => match possible.and_then(edge_around) {
                    Ok(edges) => Answer::Known(edges.settled(|a, b| a.0 == b.0)),
                    Err(problem) => Answer::Unknown(vec![CalendarProblem::to_string(&problem)]),
                },
                other => other,
            };
        }
        Point::Opening => match scope.context.as_ref().and_then(|it| it.opening.clone()) {
            Some(Anchor::Event { day, .. }) => event(day, "the opening"),
            Some(other) => Answer::Known(other),
            None => Answer::NotYet,
        },
        Point::Due => match scope.context.as_ref().and_then(|it| it.due) {
            Some(day) => event(day, "the due date"),
            None => Answer::NotYet,
        },
        Point::Stage(stage, moment) => {
            let days = scope.context.as_ref().and_then(|it| it.stages.get(stage.index())).copied().unwrap_or_default();
            let (day, word) = match moment {
                StageMoment::Opened => (days.opened, "the opening of a stage"),
                StageMoment::Due => (days.due, "the due date of a stage"),
                StageMoment::Done | StageMoment::Ended => {
                    (if *moment == StageMoment::Done { days.done } else { days.ended }, "the end of a stage")
                }
                StageMoment::Sent => (days.sent, "the day on which it was sent"),
                StageMoment::Received => (days.received, "its receipt"),
            };
            day.map_or(Answer::NotYet, |day| event(day, word))
        }
        Point::Event(expr) => match value(scope, expr) {
            Value::Known(Known::Date(day)) => event(day, &words_of(scope, expr)),
            Value::Known(Known::Moment(at)) => return day_of_moment(scope, Moment(at), expr),
            Value::Unknown(missing) => Answer::Unknown(missing.iter().map(ToString::to_string).collect()),
            Value::Known(_) | Value::NotApplicable | Value::NotHappened => Answer::NotYet,
        },
    };
    anchor.map(|it| Possible::only((it, false)))
}

/// The civil day of a moment, in the zone of the calendar by which the record goes on the day that it is elsewhere.
fn day_of_moment(scope: &Scope<'_>, at: Moment, expr: &Expr) -> Answer<Possible<(Anchor, bool)>> {
    let calendars = scope.calendars(scope.calendar.day_of(at));
    let (first, last) = (calendars.earliest(|it| it.day_of(at)), calendars.latest(|it| it.day_of(at)));
    let anchor = |day| (Anchor::Event { day, what: words_of(scope, expr) }, false);
    let missing = calendars.missing.iter().map(ToString::to_string).collect();
    let possible = Possible { latest: last, earliest: Some(first), missing };
    Answer::Known(possible.settled(|a, b| a == b).map(anchor))
}

fn event(day: Date, what: &str) -> Answer<Anchor> {
    Answer::Known(Anchor::Event { day, what: what.to_owned() })
}

/// The name of the field that an event stands in.
fn words_of(scope: &Scope<'_>, expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
            format!("`{}`", scope.policy.field(*record, *field).label.name)
        }
        _ => "that day".to_owned(),
    }
}

/// The first such day in the case's period, or the first after its end.
fn day_and_month(scope: &Scope<'_>, month: i8, day: i8, after_the_year: bool) -> Answer<Anchor> {
    let Some(period) = scope.period else {
        return Answer::Unknown(vec!["the year of a day and month without a period".to_owned()]);
    };
    let (from, to) = if after_the_year {
        (period.last.tomorrow().unwrap_or(period.last), Date::MAX)
    } else {
        (period.first, period.last)
    };
    let found = (from.year()..=from.year().saturating_add(8))
        .filter_map(|year| Date::new(year, month, day).ok())
        .find(|it| *it >= from && *it <= to);
    let words = if after_the_year { "the first such day after the period" } else { "that day of the period" };
    found.map_or_else(
        || Answer::Unknown(vec![format!("no {day} of month {month} lies in the period")]),
        |day| event(day, words),
    )
}

/// The start or end of the case's own period; of a shorter one, the first or last inside it; of a longer one, that around it.
fn edge_of_period(scope: &Scope<'_>, kind: PeriodKind, start: bool) -> Answer<Anchor> {
    let own = match scope.period {
        Some(period) if period.kind == kind => Ok(period),
        Some(period) => scope.calendar.period_containing(kind, if start { period.first } else { period.last }),
        None => scope.calendar.period_containing(kind, scope.on),
    };
    match own {
        Ok(period) => Answer::Known(edge(scope, &period, start)),
        Err(problem) => Answer::Unknown(vec![problem.to_string()]),
    }
}

fn edge(scope: &Scope<'_>, period: &Period, start: bool) -> Anchor {
    let (kind, label) = (scope.calendar.kind_name(period.kind), scope.calendar.label(period));
    if start {
        Anchor::StartEdge { day: period.first, what: format!("the start of {kind} {label}") }
    } else {
        Anchor::EndEdge { day: period.last, what: format!("the end of {kind} {label}") }
    }
}

/// The first day of what an event or edge opens.
pub(super) fn first_day(anchor: &Anchor) -> Option<Date> {
    match anchor {
        Anchor::Event { day, .. } | Anchor::StartEdge { day, .. } => Some(*day),
        Anchor::EndEdge { day, .. } => day.tomorrow().ok(),
    }
}
