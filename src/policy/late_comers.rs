//! Who comes late: a stage that can open after a due date that is the same for everybody needs another date for them.
//!
//! A stage opens late if those before it can end late, or if a case can go back. When the last of them ends is tried on the periods of
//! some years; what can't be told may come at any time.

use std::cell::OnceCell;

use jiff::civil::Date;

use crate::calendar::{Anchor, Calendar, DateRole, Direction, Period};
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::StageId;
use crate::policy::model::{DateRule, DueLine, Point, Policy, Stage, Workflow};
use crate::policy::paths::{Next, endings, may_lapse};
use crate::policy::time_checks::{Tried, periods_of};

/// A fixed due date can lie before the day on which somebody comes in; the policy says what holds for them.
pub(super) fn late_comers_have_a_date(policy: &Policy, workflow: &Workflow, found: &mut Diagnostics) {
    let again = opens_again(workflow);
    let tried = OnceCell::new();
    let in_time = |at: usize, line: &DueLine| {
        let tried = tried.get_or_init(|| Latest::tried(policy, workflow));
        !tried.is_empty() && tried.iter().all(|it| it.in_time(at, line))
    };
    for (at, stage) in workflow.stages.iter().enumerate() {
        let comes_late = workflow.condition.is_some() && !stage.opens.as_ref().is_some_and(when_all_are_in);
        let waits = comes_late || stage.inside.is_some() || !workflow.before(StageId::at(at)).is_empty();
        let mut fixed = stage.due.iter().filter(|it| it.late_comers.is_none() && is_fixed(&it.date));
        if let Some(line) = fixed.find(|it| again[at] || (waits && !in_time(at, it))) {
            let words = format!("stage `{}` can open after this due date, for those who come late", stage.label.name);
            let span = line.when.as_ref().map_or(stage.label.span, |it| it.span);
            let help = "say what holds for them: `due …, for late comers 1 month after opening`";
            found.push(Diagnostic::new(codes::LATE_COMERS, span, words).help(help));
        }
    }
}

/// The stages to which a case can go back, and those behind them.
fn opens_again(workflow: &Workflow) -> Vec<bool> {
    let all = || (0..workflow.stages.len()).map(StageId::at);
    let mut again = vec![false; workflow.stages.len()];
    let back = all().flat_map(|it| endings(workflow, it)).filter_map(|it| match it.1 {
        Next::Back(to) => Some(to),
        Next::Stage(_) | Next::Finish(_) | Next::Cancel => None,
    });
    let mut open: Vec<StageId> = back.collect();
    while let Some(id) = open.pop() {
        if !std::mem::replace(&mut again[id.index()], true) {
            let behind = |it: &StageId| workflow.before(*it).contains(&id) || workflow.stage(*it).inside == Some(id);
            open.extend(all().filter(behind));
        }
    }
    again
}

/// An opening at the end of the period or later: whoever is covered was so within it, and nobody comes after.
fn when_all_are_in(opens: &DateRule) -> bool {
    match opens {
        DateRule::At(Point::PeriodEnd(_) | Point::DayMonth { after_the_year: true, .. }) => true,
        DateRule::Offset { direction: Direction::After, anchor, .. } => when_all_are_in(anchor),
        DateRule::PutOff { run, .. } => when_all_are_in(run),
        _ => false,
    }
}

/// Whether a date is the same for everybody in the period.
fn is_fixed(rule: &DateRule) -> bool {
    match rule {
        DateRule::At(point) => {
            matches!(point, Point::Date(_) | Point::DayMonth { .. } | Point::PeriodStart(_) | Point::PeriodEnd(_))
        }
        DateRule::Offset { anchor, .. } => is_fixed(anchor),
        DateRule::Beginning { on, .. } => is_fixed(on),
        DateRule::PutOff { run, .. } => is_fixed(run),
        DateRule::Earliest(of) => of.iter().any(is_fixed),
        DateRule::Latest(of) => of.iter().all(is_fixed),
    }
}

/// The last days on which each stage of a workflow can open and end, in one period.
struct Latest<'p> {
    workflow: &'p Workflow,
    calendar: &'p Calendar,
    period: Period,
    openings: Vec<Option<Date>>,
    /// The ends of the stages themselves.
    ends: Vec<Option<Date>>,
    /// The same with all that stand inside them.
    settled: Vec<Option<Date>>,
}

impl<'p> Latest<'p> {
    /// By every calendar, in each of some periods; none where the clock can stand still, so that what comes before may end at any time.
    fn tried(policy: &'p Policy, workflow: &'p Workflow) -> Vec<Self> {
        let Some(each) = workflow.each.filter(|_| !workflow.may_stand_still()) else { return Vec::new() };
        let calendars = policy.calendars_of(workflow);
        let calendars = calendars.iter().map(|at| &policy.calendars[*at]);
        let periods = calendars.flat_map(|it| periods_of(it, each).into_iter().map(move |period| (it, period)));
        periods.map(|(calendar, period)| Self::of(workflow, calendar, period)).collect()
    }

    fn of(workflow: &'p Workflow, calendar: &'p Calendar, period: Period) -> Self {
        let none = || vec![None; workflow.stages.len()];
        let (openings, ends, settled) = (none(), none(), none());
        let mut latest = Self { workflow, calendar, period, openings, ends, settled };
        // Of each stage it is told once those before it are.
        for _ in 0..workflow.stages.len() {
            for (at, stage) in workflow.stages.iter().enumerate() {
                let id = StageId::at(at);
                latest.openings[at] = latest.openings[at].or_else(|| latest.opening(id, stage));
                latest.ends[at] = latest.ends[at].or_else(|| latest.end(stage, latest.openings[at]?));
                latest.settled[at] = latest.settled[at].or_else(|| latest.settles(id));
            }
        }
        latest
    }

    fn opening(&self, id: StageId, stage: &Stage) -> Option<Date> {
        let case = if self.workflow.condition.is_some() { self.period.last } else { self.period.first };
        let own = match &stage.opens {
            Some(_) => Tried::of(self.calendar, &self.period, stage).opening()?.max(case),
            None => case,
        };
        let before = self.workflow.before(id).into_iter().map(|it| self.settled[it.index()]);
        let block = stage.together.filter(|_| stage.one_at_a_time);
        let others = self.workflow.stages.iter().zip(&self.settled);
        let turns =
            others.enumerate().filter(|(at, it)| block.is_some() && it.0.together == block && *at != id.index());
        let before = before.chain(turns.map(|it| *it.1.1));
        let around = stage.inside.map(|it| self.ends[it.index()]);
        // After a lapse, the next stage opens on the day after.
        before.chain(around).try_fold(own, |last, it| Some(last.max(it?.tomorrow().ok()?)))
    }

    /// The last day on which the time of a stage can run out.
    fn end(&self, stage: &Stage, opening: Date) -> Option<Date> {
        if !may_lapse(stage) || !stage.adjusted.is_empty() {
            return None;
        }
        let anchor = Anchor::Event { day: opening, what: String::new() };
        let tried = Tried { calendar: self.calendar, period: self.period, opens: Some(anchor) };
        let closes = stage.closes.as_ref().and_then(|it| tried.day(it, DateRole::Closing, None));
        let moves = |it: &DueLine| it.or_else.is_some() || it.late_comers.is_some();
        let at_due = stage.lapses_at_due && stage.extension.is_none() && !stage.due.iter().any(moves);
        let due = || stage.due.iter().map(|it| tried.due(it)).collect::<Option<Vec<Date>>>()?.into_iter().max();
        let end = closes.into_iter().chain(at_due.then(due).flatten()).min()?;
        Some(end.max(opening))
    }

    fn settles(&self, id: StageId) -> Option<Date> {
        let inside = self.workflow.stages.iter().zip(&self.settled).filter(|it| it.0.inside == Some(id));
        inside.map(|it| *it.1).try_fold(self.ends[id.index()]?, |last, it| Some(last.max(it?)))
    }

    fn in_time(&self, at: usize, line: &DueLine) -> bool {
        let due = Tried::of(self.calendar, &self.period, &self.workflow.stages[at]).due(line);
        self.openings[at].zip(due).is_some_and(|(opening, due)| opening <= due)
    }
}
