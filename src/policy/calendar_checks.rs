//! What a calendar must say because a workflow could meet it: where a due date on a day off goes, and a day that its month lacks.

use crate::calendar::{Length, Unit};
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::model::{DateRule, DueLine, Point, Policy, Stage, Workflow};
use crate::syntax::tree::{self, CalendarLineKind, Item};

/// Asks each calendar for what the workflows that count by it need.
pub(super) fn calendars_say_what_is_needed(policy: &Policy, items: &[&Item], found: &mut Diagnostics) {
    for item in items {
        let Item::Calendar(written) = item else { continue };
        let calendar = policy.calendars.iter().position(|it| it.name() == written.name.text);
        let by_it = |it: &&Workflow| calendar.is_some_and(|at| policy.calendars_of(it).contains(&at));
        let stages = || policy.workflows.iter().filter(by_it).flat_map(|it| &it.stages);
        let says = |what: fn(&CalendarLineKind) -> bool| written.lines.iter().any(|it| what(&it.kind));
        if !says(|it| matches!(it, CalendarLineKind::Roll(_))) {
            a_day_off_is_provided_for(written, stages(), found);
        }
        if !says(|it| matches!(it, CalendarLineKind::MonthEnd(_))) {
            a_missing_day_is_provided_for(written, stages(), found);
        }
    }
}

fn a_day_off_is_provided_for<'p>(
    written: &tree::Calendar,
    mut stages: impl Iterator<Item = &'p Stage>,
    found: &mut Diagnostics,
) {
    let open = |it: &DueLine| {
        it.roll.is_none() && std::iter::once(&it.date).chain(&it.or_else).chain(&it.late_comers).any(may_be_off)
    };
    if let Some(stage) = stages.find(|it| it.due.iter().any(open)) {
        let words = format!(
            "calendar `{}` does not say where a due date on a day off goes, and stage `{}` can be due on one",
            written.name.text, stage.label.name
        );
        let finding = Diagnostic::new(codes::NO_ROLL, written.name.span, words).label(stage.label.span, "this stage");
        found.push(finding.help("add a line `roll forward`, `roll back` or `roll as is`"));
    }
}

/// Whether a date can fall on a day off: all can, but those that count working days.
fn may_be_off(rule: &DateRule) -> bool {
    match rule {
        DateRule::Offset { length, .. } => length.unit != Unit::WorkingDays,
        DateRule::PutOff { run, .. } => may_be_off(run),
        DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().any(may_be_off),
        DateRule::At(_) | DateRule::Beginning { .. } => true,
    }
}

fn a_missing_day_is_provided_for<'p>(
    written: &tree::Calendar,
    mut stages: impl Iterator<Item = &'p Stage>,
    found: &mut Diagnostics,
) {
    if let Some(stage) = stages.find(|it| rules_of(it).any(may_be_missing)) {
        let words = format!(
            "calendar `{}` does not say what becomes of a day that its month lacks, and stage `{}` counts months from any day",
            written.name.text, stage.label.name
        );
        let finding =
            Diagnostic::new(codes::NO_MONTH_END, written.name.span, words).label(stage.label.span, "this stage");
        let help = "add a line `month end back` (31 January + 1 month is 28 February), `month end forward` (1 March) or `month end refuse`";
        found.push(finding.help(help));
    }
}

fn rules_of(stage: &Stage) -> impl Iterator<Item = &DateRule> {
    let due = stage.due.iter().flat_map(|it| std::iter::once(&it.date).chain(&it.or_else).chain(&it.late_comers));
    stage.opens.iter().chain(due).chain(&stage.closes)
}

/// Whether months or years are counted from a day that another month may lack. Periods begin and end where every month has a day.
fn may_be_missing(rule: &DateRule) -> bool {
    let counts_months = |length: &Length| matches!(length.unit, Unit::Months | Unit::Years);
    match rule {
        DateRule::At(_) => false,
        DateRule::Offset { length, anchor, .. } => {
            (counts_months(length) && !is_safe(anchor)) || may_be_missing(anchor)
        }
        DateRule::Beginning { length, on } => (counts_months(length) && !is_safe(on)) || may_be_missing(on),
        DateRule::PutOff { run, .. } => may_be_missing(run),
        DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().any(may_be_missing),
    }
}

fn is_safe(anchor: &DateRule) -> bool {
    match anchor {
        DateRule::At(Point::Date(date)) => date.day() <= 28,
        DateRule::At(Point::DayMonth { day, .. }) => *day <= 28,
        DateRule::At(point) => matches!(point, Point::PeriodStart(_) | Point::PeriodEnd(_) | Point::EdgeOf { .. }),
        DateRule::Offset { .. } | DateRule::Beginning { .. } | DateRule::PutOff { .. } => false,
        DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().all(is_safe),
    }
}
