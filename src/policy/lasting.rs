//! How long a state lasts, and what is kept of it afterwards.

use crate::calendar::{Direction, Length, Roll, Unit};
use crate::codes_flow as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::StepId;
use crate::policy::expressions::Place;
use crate::policy::flow::Lasting;
use crate::policy::model::{DateRule, DueLine, Party, Point, Stage, StageMoment, Step, StepKind, Timing};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, Name, Outcome, OutcomeLineKind};

impl Builder<'_, '_> {
    /// `lasts 6 months, alarm 1 month before with interdiction_ends`
    pub(super) fn lasting(&mut self, written: &tree::Lasting, span: Span, place: &Place) -> Option<Lasting> {
        let before = written.alarm.as_ref().and_then(|it| self.length(it));
        let message = written.message.as_ref();
        let lasts = self.lasts(written, place)?;
        if before.is_some_and(|it| not_shorter(it, lasts.length)) {
            let words = "the alarm would sound before this begins";
            self.report(Diagnostic::new(codes::ALARM_TOO_EARLY, span, words).help("let it sound nearer to the end"));
        }
        if before.is_some() != message.is_some() {
            let words = "an alarm is a message, some time before the end";
            let help = "say when and what: `lasts 6 months, alarm 1 month before with …`";
            self.report(Diagnostic::new(codes::ALARM_TOO_EARLY, span, words).help(help));
        }
        let message = message.and_then(|it| self.message_id(it, place));
        Some(Lasting { lasts, alarm: before, message })
    }

    /// A stage that stands for a state is due when the time of that is over, and lapses then; before, whoever it lies with is told.
    pub(super) fn ends_with_its_time(&mut self, stage: &mut Stage, lasting: &Lasting, name: &Name) {
        if !stage.due.is_empty() || stage.lapses_at_due {
            let words = format!("`{}` says twice when its time is over", name.text);
            let help = "take `due` and `lapses at due` out: what `lasts` is due when its time is over, and lapses then";
            self.report(Diagnostic::new(codes::OVER_TWICE, name.span, words).help(help));
            return;
        }
        let anchor = Box::new(DateRule::At(Point::Opening));
        let run = DateRule::Offset { length: lasting.lasts.length, direction: Direction::After, anchor };
        let date = match &lasting.lasts.put_off {
            None => run,
            Some(by) => DateRule::PutOff { run: Box::new(run), by: Box::new(by.clone()) },
        };
        stage.due = vec![DueLine {
            when: None,
            date,
            or_else: None,
            clock: None,
            late_comers: None,
            roll: Some(Roll::AsIs),
            from: None,
            until: None,
            span: name.span,
        }];
        stage.lapses_at_due = true;
        if let (Some(before), Some(message)) = (lasting.alarm, lasting.message) {
            let id = StepId::at(stage.steps.len());
            let to = if stage.by.is_empty() { vec![Party::Subject] } else { stage.by.clone() };
            stage.steps.push(Step {
                id,
                name: "alarm-1".to_owned(),
                kind: StepKind::Reminder,
                timing: Timing::Before(before),
                to,
                message: Some(message),
                default_by: None,
                span: name.span,
            });
        }
    }

    /// What is expunged some time after it ended ends by itself.
    pub(super) fn something_ends(&mut self, written: &Outcome, span: Span) {
        let lasts = written.lines.iter().any(|it| matches!(it.kind, OutcomeLineKind::Lasts(_)));
        if !lasts && !self.unparsed {
            let words = format!("`{}` does not say how long it lasts, so that it never ends", written.name.text);
            let help = "say it: `lasts 12 months`";
            self.report(Diagnostic::new(codes::KEPT_FROM_BEFORE, span, words).help(help));
        }
    }

    /// A case is kept, or expunged, some time after a day that its end does not come behind.
    pub(super) fn is_kept_beyond_its_end(&mut self, rule: &DateRule, span: Span) {
        if begins_before_the_end(rule) {
            let words = "this counts from a day that comes before the case has ended";
            let help = "count from a day that comes with its end or after, such as `5 years after appeal.ended`";
            self.report(Diagnostic::new(codes::KEPT_FROM_BEFORE, span, words).help(help));
        }
    }
}

/// Whether a day surely lies before the end of a case.
fn begins_before_the_end(rule: &DateRule) -> bool {
    match rule {
        DateRule::At(point) => match point {
            Point::PeriodStart(_) | Point::Opening | Point::Stage(_, StageMoment::Opened) => true,
            Point::EdgeOf { of, .. } => begins_before_the_end(of),
            _ => false,
        },
        DateRule::Offset { direction: Direction::Before, .. } => true,
        DateRule::Offset { anchor, .. } => begins_before_the_end(anchor),
        DateRule::Beginning { on, .. } => begins_before_the_end(on),
        DateRule::PutOff { run, .. } => begins_before_the_end(run),
        DateRule::Earliest(of) => of.iter().any(begins_before_the_end),
        DateRule::Latest(of) => of.iter().all(begins_before_the_end),
    }
}

/// Whether one length is surely not shorter than another.
fn not_shorter(one: Length, other: Length) -> bool {
    let in_units = |it: Length| match it.unit {
        Unit::Years => (Unit::Months, u64::from(it.count) * 12),
        Unit::Weeks => (Unit::Days, u64::from(it.count) * 7),
        unit => (unit, u64::from(it.count)),
    };
    let ((unit, count), (than, most)) = (in_units(one), in_units(other));
    unit == than && count >= most
}
