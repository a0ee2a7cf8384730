//! Workflows and their stages.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{MessageId, RecordId, StageId, StepId};
use crate::policy::calendars::roll_of;
use crate::policy::expressions::Place;
use crate::policy::model::{
    Cancel, Done, DueLine, Extension, FieldKind, Fill, OnLapse, Party, Stage, Step, StepKind, Timing, Turns, Type,
    Workflow,
};
use crate::policy::names::{Builder, Meaning, label};
use crate::source::Span;
use crate::syntax::tree::{self, ExprKind, Item, LapseThen, Name, StageLineKind, WorkflowLineKind};

impl Builder<'_, '_> {
    /// Every workflow, in order.
    pub(super) fn workflows(&mut self) {
        let messages: Vec<&tree::Message> =
            self.items.iter().filter_map(|it| if let Item::Message(it) = it { Some(it) } else { None }).collect();
        self.message_names(&messages);
        for item in self.items.clone() {
            if let Item::Workflow(written) = item
                && let Some(workflow) = self.workflow(written)
            {
                self.policy.workflows.push(workflow);
            }
        }
    }

    fn workflow(&mut self, written: &tree::Workflow) -> Option<Workflow> {
        let repeats =
            |it: &WorkflowLineKind| matches!(it, WorkflowLineKind::Cancel { .. } | WorkflowLineKind::Stage(_));
        self.said_once(written.lines.iter().map(|it| (&it.kind, it.span)), repeats);
        let calendar = self.calendar_of_workflow(written);
        let Some((record, each, condition, even)) = written.lines.iter().find_map(|line| match &line.kind {
            WorkflowLineKind::ForEach { record, each, condition, even_if_they_leave } => {
                Some((record, each, condition, *even_if_they_leave))
            }
            _ => None,
        }) else {
            if !self.unparsed {
                let words = format!("workflow `{}` does not say for whom it runs", written.name.text);
                let help = "add a line such as `for each complaint where received is known`";
                self.report(Diagnostic::new(codes::NO_SUBJECT, written.name.span, words).help(help));
            }
            return None;
        };
        let subject = self.record_id(record)?;
        let each = each.as_ref().and_then(|it| self.period_kind(it));
        let stages: Vec<&tree::Stage> = written
            .lines
            .iter()
            .filter_map(|it| if let WorkflowLineKind::Stage(it) = &it.kind { Some(it) } else { None })
            .collect();
        let place = Place {
            subject: Some(subject),
            each,
            stages: stages.iter().map(|it| it.name.text.clone()).collect(),
            ..Place::default()
        };
        let mut workflow = Workflow {
            label: label(&written.name, written.title.as_ref()),
            cite: None,
            calendar,
            subject,
            each,
            condition: condition.as_ref().and_then(|it| self.condition_at(it, &place)),
            even_if_they_leave: even,
            suspend: None,
            cancels: Vec::new(),
            closes: None,
            stages: Vec::new(),
            turns: Turns::default(),
        };
        for line in &written.lines {
            match &line.kind {
                WorkflowLineKind::Cite(text) => workflow.cite = Some(text.text.clone()),
                WorkflowLineKind::Suspend(condition) => workflow.suspend = self.condition_at(condition, &place),
                WorkflowLineKind::Cancel { when, marked } => {
                    if let Some(when) = self.condition_at(when, &place) {
                        let mark = marked.as_ref().map(|it| it.text.clone());
                        workflow.cancels.push(Cancel { when, mark });
                    }
                }
                WorkflowLineKind::Closes(date) => workflow.closes = self.date_rule(date, &place),
                WorkflowLineKind::Calendar(_) | WorkflowLineKind::ForEach { .. } | WorkflowLineKind::Stage(_) => {}
            }
        }
        for (at, stage) in stages.iter().enumerate() {
            if let Some(first) = stages[..at].iter().find(|it| it.name.text == stage.name.text) {
                let words = format!("two stages are called `{}`", stage.name.text);
                let twice =
                    Diagnostic::new(codes::DECLARED_TWICE, stage.name.span, words).label(first.name.span, "the first");
                self.report(twice.help("give one of them another name"));
            }
            let stage = self.stage(stage, &place);
            workflow.stages.push(stage);
        }
        if stages.is_empty() && !self.unparsed {
            let words = format!("workflow `{}` has no stage, so that nothing happens in it", written.name.text);
            self.report(Diagnostic::new(codes::NO_STAGE, written.name.span, words).help("add `stage … { … }`"));
        }
        Some(workflow)
    }

    fn calendar_of_workflow(&mut self, written: &tree::Workflow) -> usize {
        let named = written
            .lines
            .iter()
            .find_map(|it| if let WorkflowLineKind::Calendar(name) = &it.kind { Some(name) } else { None });
        self.calendar_named(named)
    }

    /// A calendar by its name; the project's where none is named.
    pub(super) fn calendar_named(&mut self, named: Option<&Name>) -> usize {
        let Some(name) = named else { return self.policy.main_calendar };
        match self.policy.calendars.iter().position(|it| it.name() == name.text) {
            Some(at) => at,
            None => {
                let known: Vec<String> = self.policy.calendars.iter().map(|it| it.name().to_owned()).collect();
                self.unknown_name(name, "calendar", &known);
                self.policy.main_calendar
            }
        }
    }

    fn stage(&mut self, written: &tree::Stage, place: &Place) -> Stage {
        self.stage_lines_are_said_once(written);
        let mut stage = Stage {
            label: label(&written.name, written.title.as_ref()),
            cite: None,
            opens: None,
            after: Vec::new(),
            only_if: None,
            due: Vec::new(),
            closes: None,
            lapses_at_due: false,
            on_lapse: OnLapse::Continue,
            lapse_mark: None,
            by: Vec::new(),
            but_not: Vec::new(),
            fills: Vec::new(),
            done: Done::AllFilled,
            steps: Vec::new(),
            extension: None,
        };
        for line in &written.lines {
            self.stage_line(&mut stage, line, place);
        }
        let says_done = !stage.fills.is_empty() || !matches!(stage.done, Done::AllFilled);
        if !says_done && !self.unparsed {
            let words = format!("nobody can complete stage `{}`: it does not say when it is done", written.name.text);
            let help = "say which fields its actor `fills`, or `done when …`, or `done on …`";
            self.report(Diagnostic::new(codes::NEVER_DONE, written.name.span, words).help(help));
        }
        stage
    }

    /// Reminders, rungs, and due dates that hold under a condition or for a time may stand more than once.
    fn stage_lines_are_said_once(&mut self, written: &tree::Stage) {
        let repeats = |it: &StageLineKind| match it {
            StageLineKind::Remind { .. } | StageLineKind::Escalate { .. } => true,
            StageLineKind::Due(due) => due.when.is_some() || due.from.is_some() || due.until.is_some(),
            _ => false,
        };
        self.said_once(written.lines.iter().map(|it| (&it.kind, it.span)), repeats);
    }

    fn stage_line(&mut self, stage: &mut Stage, line: &tree::StageLine, place: &Place) {
        match &line.kind {
            StageLineKind::Cite(text) => stage.cite = Some(text.text.clone()),
            StageLineKind::Opens { when, after } => {
                stage.opens = when.as_ref().and_then(|it| self.date_rule(it, place));
                stage.after = after.iter().filter_map(|it| self.stage_id(it, place)).collect();
            }
            StageLineKind::Due(due) => {
                let due = self.due_line(due, line.span, place);
                stage.due.extend(due);
            }
            StageLineKind::Closes(date) => stage.closes = self.date_rule(date, place),
            StageLineKind::By { who, but_not } => {
                stage.by = self.parties(who, place);
                stage.but_not = self.parties(but_not, place);
            }
            StageLineKind::Fills(fields) => stage.fills = fields.iter().filter_map(|it| self.fill(it, place)).collect(),
            StageLineKind::DoneWhen(condition) => {
                if let Some(condition) = self.condition_at(condition, place) {
                    stage.done = Done::When(condition);
                }
            }
            StageLineKind::DoneOn(date) => {
                if let Some(date) = self.expr(date, place, Some(&Type::Date)) {
                    if date.ty == Type::Date {
                        stage.done = Done::On(date);
                    } else {
                        let words =
                            format!("a date is expected behind `done on`, and this is {}", self.type_words(&date.ty));
                        self.error(codes::WRONG_TYPE, date.span, words);
                    }
                }
            }
            StageLineKind::Remind { who, timing, message, named } => {
                let step = self.step(stage, StepKind::Reminder, timing, named.as_ref(), line.span);
                let (to, message) = (self.parties(who, place), self.message_id(message, place));
                stage.steps.extend(step.map(|step| Step { to, message, ..step }));
            }
            StageLineKind::Escalate { to, timing, message, default_by, named } => {
                let step = self.step(stage, StepKind::Rung, timing, named.as_ref(), line.span);
                let to = self.parties(to, place);
                let message = message.as_ref().and_then(|it| self.message_id(it, place));
                let default_by = default_by.as_ref().and_then(|it| self.party(it, place));
                stage.steps.extend(step.map(|step| Step { to, message, default_by, ..step }));
            }
            StageLineKind::Extend { times, at_most, by } => {
                let at_most = match &at_most.kind {
                    ExprKind::Length(length) => self.length(length),
                    _ => {
                        self.error(
                            codes::WRONG_TYPE,
                            at_most.span,
                            "a length of time is expected here, such as `30 days`",
                        );
                        None
                    }
                };
                let by = self.party(by, place);
                if let (Ok(times), Some(at_most), Some(by)) = (times.text.parse(), at_most, by) {
                    stage.extension = Some(Extension { times, at_most, by });
                }
            }
            StageLineKind::LapsesAtDue { marked } => {
                stage.lapses_at_due = true;
                if let Some(mark) = marked {
                    stage.lapse_mark = Some(mark.text.clone());
                }
            }
            StageLineKind::OnLapse { then, marked } => {
                stage.on_lapse = match then {
                    LapseThen::Continue => OnLapse::Continue,
                    LapseThen::Finish => OnLapse::Finish,
                    LapseThen::Cancel => OnLapse::Cancel,
                };
                if let Some(mark) = marked {
                    stage.lapse_mark = Some(mark.text.clone());
                }
            }
            StageLineKind::OnlyIf(condition) => stage.only_if = self.condition_at(condition, place),
        }
    }

    fn due_line(&mut self, due: &tree::Due, span: Span, place: &Place) -> Option<DueLine> {
        let when = due.when.as_ref().and_then(|it| self.condition_at(it, place));
        let clock = due.clock.as_ref().or_else(|| clock_in(&due.date)).map(|it| self.clock(it));
        Some(DueLine {
            when,
            date: self.date_rule(&due.date, place)?,
            clock,
            late_comers: due.late_comers.as_ref().and_then(|it| self.date_rule(it, place)),
            roll: due.roll.map(roll_of),
            from: due.from.as_ref().and_then(|it| self.first_day(it)),
            until: due.until.as_ref().and_then(|it| self.last_day(it)),
            span,
        })
    }

    fn stage_id(&mut self, name: &Name, place: &Place) -> Option<StageId> {
        let found = place.stage_named(&name.text);
        if found.is_none() {
            self.unknown_name(name, "stage", &place.stages.clone());
        }
        found
    }

    /// A step without its people; its name is written, or made from its place among its kind.
    fn step(
        &mut self,
        stage: &Stage,
        kind: StepKind,
        timing: &tree::Timing,
        named: Option<&Name>,
        span: crate::source::Span,
    ) -> Option<Step> {
        let word = if kind == StepKind::Reminder { "remind" } else { "escalate" };
        let nth = stage.steps.iter().filter(|it| it.kind == kind).count() + 1;
        let name = named.map_or_else(|| format!("{word}-{nth}"), |it| it.text.clone());
        if let Some(first) = stage.steps.iter().find(|it| it.name == name) {
            let words = format!("two steps of this stage are called `{name}`");
            let twice = Diagnostic::new(codes::DECLARED_TWICE, span, words).label(first.span, "the first");
            self.report(twice.help("give one of them another name"));
        }
        let timing = match timing {
            tree::Timing::Before(length) => Timing::Before(self.length(length)?),
            tree::Timing::OnDue => Timing::OnDue,
            tree::Timing::Overdue(length) => Timing::Overdue(self.length(length)?),
            tree::Timing::EveryOverdue { every, at_most } => {
                let length = self.length(every)?;
                if length.count == 0 {
                    self.error(codes::WRONG_TYPE, every.span, "a step that comes again and again needs time between");
                    return None;
                }
                Timing::EveryOverdue { every: length, at_most: at_most.as_ref().and_then(|it| it.text.parse().ok()) }
            }
            tree::Timing::AtOpening => Timing::AtOpening,
            tree::Timing::AfterOpening(length) => Timing::AfterOpening(self.length(length)?),
        };
        let id = StepId::at(stage.steps.len());
        Some(Step { id, name, kind, timing, to: Vec::new(), message: None, default_by: None, span })
    }

    fn parties(&mut self, names: &[Name], place: &Place) -> Vec<Party> {
        names.iter().filter_map(|it| self.party(it, place)).collect()
    }

    /// The subject by its type, a role of it, or a record that one of its fields refers to.
    pub(super) fn party(&mut self, name: &Name, place: &Place) -> Option<Party> {
        let subject = place.subject?;
        match self.names.get(&name.text).copied() {
            Some((Meaning::Record(id), _)) if id == subject => return Some(Party::Subject),
            Some((Meaning::Role(id), _))
                if [Some(subject), self.policy.child_of(subject)].contains(&Some(self.policy.roles[id.index()].of)) =>
            {
                return Some(Party::Role(id));
            }
            Some((Meaning::Role(id), _)) => {
                let owner = self.policy.record(self.policy.roles[id.index()].of).label.name.clone();
                let words = format!(
                    "`{}` is a role of `{owner}`, and this workflow runs for `{}`",
                    name.text,
                    self.policy.record(subject).label.name
                );
                self.report(
                    Diagnostic::new(codes::WRONG_TYPE, name.span, words)
                        .help("declare a role of the record that the workflow runs for"),
                );
                return None;
            }
            _ => {}
        }
        let owner = self.policy.child_of(subject);
        if owner.is_some_and(|it| self.policy.record(it).label.name == name.text) {
            return Some(Party::Owner);
        }
        let kind = self.policy.record(subject);
        if let Some(field) = kind.field_named(&name.text)
            && matches!(kind.fields[field.index()].kind, FieldKind::Reference(_))
        {
            return Some(Party::Reference(field));
        }
        let mut known = vec![kind.label.name.clone()];
        known.extend(self.policy.roles.iter().filter(|it| it.of == subject).map(|it| it.label.name.clone()));
        self.unknown_name(name, "person or role", &known);
        None
    }

    fn fill(&mut self, written: &tree::Expr, place: &Place) -> Option<Fill> {
        use crate::policy::model::{ExprKind as Made, When};
        let expr = self.expr(written, place, None)?;
        match expr.kind {
            Made::Field { of, record, field } if matches!(of.kind, Made::Subject) => Some(Fill { record, field }),
            Made::Panel { record, field, when: When::Now, .. } => Some(Fill { record, field }),
            _ => {
                let words = "only a field of the subject, or of what is kept for it in this period, can be filled";
                self.error(codes::WRONG_TYPE, written.span, words);
                None
            }
        }
    }

    pub(super) fn message_id(&mut self, name: &Name, place: &Place) -> Option<MessageId> {
        let at = self.policy.messages.iter().position(|it| it.label.name == name.text);
        let Some(at) = at else {
            let known = self.names_of(|it| matches!(it, Meaning::Message));
            self.unknown_name(name, "message", &known);
            return None;
        };
        let subject = place.subject.unwrap_or(RecordId(0));
        match self.uses.get(&name.text) {
            Some((other, _)) if *other != subject => {
                let words = format!(
                    "message `{}` is used for `{}` and for `{}`",
                    name.text,
                    self.policy.record(*other).label.name,
                    self.policy.record(subject).label.name
                );
                self.report(Diagnostic::new(codes::MESSAGE_FOR_TWO, name.span, words).help("write a message for each"));
            }
            Some(_) => {}
            None => {
                self.uses.insert(name.text.clone(), (subject, place.each));
            }
        }
        Some(MessageId::at(at))
    }
}

fn clock_in(date: &tree::Expr) -> Option<&tree::Clock> {
    match &date.kind {
        ExprKind::AtClock { clock, .. } => Some(clock),
        _ => None,
    }
}
