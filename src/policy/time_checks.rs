//! Dates that can't be meant: due before the opening, steps behind the closing. Each is tried on the periods of some years; only what
//! is so in every one of them is a finding, and one is shown.

use jiff::civil::{Date, date};

use crate::calendar::{Anchor, Calendar, DateRole, DeadlineInput, Direction, Period, PeriodKind, Roll, day_in_words};
use crate::codes_flow as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::model::{DateRule, DueLine, Point, Policy, Stage, Step, Timing, Workflow};

/// The years in which the periods begin that are tried: leap years and others, every weekday.
const YEARS: std::ops::RangeInclusive<i16> = 2024..=2034;

/// The year from which a period is shown.
const SHOWN: i16 = 2026;

/// Looks at the dates of every stage of a workflow.
pub(super) fn dates_follow_each_other(policy: &Policy, workflow: &Workflow, found: &mut Diagnostics) {
    let Some(each) = workflow.each else { return };
    let calendars = policy.calendars_of(workflow);
    for stage in &workflow.stages {
        // What is so for those who go by one of the calendars is found once.
        let mut by_each = calendars.iter().map(|at| {
            let (calendar, mut own) = (&policy.calendars[*at], Diagnostics::new());
            let periods = periods_of(calendar, each);
            let tried: Vec<Tried<'_>> = periods.iter().map(|it| Tried::of(calendar, it, stage)).collect();
            due_after_the_opening(stage, &tried, &mut own);
            nothing_behind_the_closing(stage, &tried, &mut own);
            own
        });
        let first = by_each.find(|it| !it.is_empty());
        first.iter().flat_map(Diagnostics::iter).for_each(|it| found.push(it.clone()));
    }
}

/// The periods that are tried.
pub(super) fn periods_of(calendar: &Calendar, each: PeriodKind) -> Vec<Period> {
    let mut days = YEARS.flat_map(|year| (1..=12).map(move |month| date(year, month, 1)));
    let mut periods: Vec<Period> = Vec::new();
    for period in days.by_ref().filter_map(|it| calendar.period_containing(each, it).ok()) {
        if periods.last() != Some(&period) {
            periods.push(period);
        }
    }
    periods
}

/// A stage in one period.
pub(super) struct Tried<'c> {
    pub(super) calendar: &'c Calendar,
    pub(super) period: Period,
    /// The day on which it opens for those who do not come late.
    pub(super) opens: Option<Anchor>,
}

impl<'c> Tried<'c> {
    pub(super) fn of(calendar: &'c Calendar, period: &Period, stage: &Stage) -> Self {
        let mut tried = Self { calendar, period: *period, opens: None };
        tried.opens = match &stage.opens {
            Some(DateRule::At(at)) => tried.anchor(at),
            Some(rule) => {
                let day = tried.day(rule, DateRole::Opening, None);
                day.map(|day| Anchor::Event { day, what: String::new() })
            }
            None => None,
        };
        tried
    }

    /// The first day on which it is open.
    pub(super) fn opening(&self) -> Option<Date> {
        match self.opens.as_ref()? {
            Anchor::Event { day, .. } | Anchor::StartEdge { day, .. } => Some(*day),
            Anchor::EndEdge { day, .. } => day.tomorrow().ok(),
        }
    }

    /// The day that a rule gives, where it rests on the period and the opening alone.
    pub(super) fn day(&self, rule: &DateRule, role: DateRole, roll: Option<Roll>) -> Option<Date> {
        let (from, length, beginning_on) = match rule {
            DateRule::At(_) => (rule, None, false),
            DateRule::Offset { length, direction, anchor } => (&**anchor, Some((*length, *direction)), false),
            DateRule::Beginning { length, on } => (&**on, Some((*length, Direction::After)), true),
            // It rests on spells.
            DateRule::PutOff { .. } => return None,
            DateRule::Earliest(of) => return self.each(of, role, roll)?.into_iter().min(),
            DateRule::Latest(of) => return self.each(of, role, roll)?.into_iter().max(),
        };
        let DateRule::At(at) = from else { return None };
        let input = DeadlineInput {
            anchor: self.anchor(at)?,
            length,
            beginning_on,
            role,
            roll,
            month_end: None,
            at: None,
            suspensions: Vec::new(),
            extensions: Vec::new(),
        };
        self.calendar.deadline(&input).ok().map(|it| it.date)
    }

    fn each(&self, of: &[DateRule], role: DateRole, roll: Option<Roll>) -> Option<Vec<Date>> {
        of.iter().map(|it| self.day(it, role, roll)).collect()
    }

    fn anchor(&self, at: &Point) -> Option<Anchor> {
        let what = String::new();
        match at {
            Point::Date(day) => Some(Anchor::Event { day: *day, what }),
            Point::DayMonth { month, day, after_the_year } => {
                let own = self.period.first..=self.period.last;
                let mut days = (self.period.first.year()..).take(9).filter_map(|it| Date::new(it, *month, *day).ok());
                let day = days.find(|it| if *after_the_year { *it > self.period.last } else { own.contains(it) })?;
                Some(Anchor::Event { day, what })
            }
            Point::PeriodStart(kind) if *kind == self.period.kind => {
                Some(Anchor::StartEdge { day: self.period.first, what })
            }
            Point::PeriodEnd(kind) if *kind == self.period.kind => {
                Some(Anchor::EndEdge { day: self.period.last, what })
            }
            Point::Opening => self.opens.clone(),
            Point::PeriodStart(_)
            | Point::PeriodEnd(_)
            | Point::EdgeOf { .. }
            | Point::Due
            | Point::Stage(..)
            | Point::Event(_) => None,
        }
    }

    pub(super) fn due(&self, line: &DueLine) -> Option<Date> {
        self.day(&line.date, DateRole::Due, line.roll)
    }

    /// The first day on which a step comes.
    fn step(&self, step: &Step, due: Date) -> Option<Date> {
        let (from, length, direction) = match step.timing {
            Timing::Before(length) => (due, Some(length), Direction::Before),
            Timing::OnDue => (due, None, Direction::After),
            Timing::Overdue(length) | Timing::EveryOverdue { every: length, .. } => {
                (due, Some(length), Direction::After)
            }
            Timing::AtOpening | Timing::AfterOpening(_) => return None,
        };
        self.calendar.step_day(from, length, direction).ok()
    }

    fn label(&self) -> String {
        format!("{} {}", self.calendar.kind_name(self.period.kind), self.calendar.label(&self.period))
    }
}

/// Some pair of days, if there is one for each period and the first day of each pair lies before the second.
fn always<'t>(
    tried: &'t [Tried<'t>],
    days: impl Fn(&Tried<'t>) -> Option<(Date, Date)>,
) -> Option<(&'t Tried<'t>, Date, Date)> {
    let each = tried.iter().map(|it| days(it).filter(|(one, other)| one < other).map(|(one, other)| (it, one, other)));
    let all = each.collect::<Option<Vec<_>>>()?;
    all.into_iter().find(|it| it.0.period.first.year() >= SHOWN)
}

/// Whoever comes in time never has the date of those who come late.
fn due_after_the_opening(stage: &Stage, tried: &[Tried<'_>], found: &mut Diagnostics) {
    for line in stage.due.iter().filter(|it| it.or_else.is_none()) {
        if let Some((one, due, opens)) = always(tried, |it| Some((it.due(line)?, it.opening()?))) {
            let words = format!(
                "stage `{}` is due before it opens: in {} it opens on {}, and this is {}",
                stage.label.name,
                one.label(),
                day_in_words(opens),
                day_in_words(due)
            );
            let help = "let it be due later: a day of the next period is written `31 July after the year`";
            found.push(Diagnostic::new(codes::DUE_BEFORE_OPENING, line.span, words).help(help));
        }
    }
}

/// Behind the closing nothing is due, and no step comes. What is due later for some, or opens later, comes later still.
fn nothing_behind_the_closing(stage: &Stage, tried: &[Tried<'_>], found: &mut Diagnostics) {
    let Some(closes) = &stage.closes else { return };
    let moves = |rule: &DateRule| rests_on_the_opening(rule);
    if stage.due.iter().any(|it| it.or_else.is_some() || moves(closes) && !moves(&it.date)) || stage.due.is_empty() {
        return;
    }
    let closing = |it: &Tried<'_>| it.day(closes, DateRole::Closing, None);
    let first_due = |it: &Tried<'_>| -> Option<Date> {
        stage.due.iter().map(|line| it.due(line)).collect::<Option<Vec<Date>>>()?.into_iter().min()
    };
    if let Some((one, closed, due)) = always(tried, |it| Some((closing(it)?, first_due(it)?))) {
        let words = format!(
            "stage `{}` is due after it has closed: in {} it closes on {}, and is due on {}",
            stage.label.name,
            one.label(),
            day_in_words(closed),
            day_in_words(due)
        );
        let help = "let it close later, or be due before";
        found.push(Diagnostic::new(codes::BEHIND_CLOSING, stage.label.span, words).help(help));
        return;
    }
    for step in &stage.steps {
        if let Some((one, closed, comes)) = always(tried, |it| Some((closing(it)?, it.step(step, first_due(it)?)?))) {
            let words = format!(
                "this step never comes: in {} stage `{}` closes on {}, and it would come on {}",
                one.label(),
                stage.label.name,
                day_in_words(closed),
                day_in_words(comes)
            );
            let help = "let it come sooner, or the stage close later";
            found.push(Diagnostic::new(codes::BEHIND_CLOSING, step.span, words).help(help));
        }
    }
}

fn rests_on_the_opening(rule: &DateRule) -> bool {
    match rule {
        DateRule::At(Point::EdgeOf { of, .. }) => rests_on_the_opening(of),
        DateRule::At(at) => matches!(at, Point::Opening),
        DateRule::Offset { anchor, .. } => rests_on_the_opening(anchor),
        DateRule::Beginning { on, .. } => rests_on_the_opening(on),
        DateRule::PutOff { run, .. } => rests_on_the_opening(run),
        DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().any(rests_on_the_opening),
    }
}
