//! Workflows and their stages.

use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::ids::{MessageId, RecordId, StepId};
use crate::policy::expressions::Place;
use crate::policy::flow::{DECISION, Retention, checked_only};
use crate::policy::model::{Cancel, FieldKind, Fill, Label, Party, Stage, Step, StepKind, Timing, Turns, Workflow};
use crate::policy::names::{Builder, Meaning, label};
use crate::policy::stages::{Placed, placed};
use crate::syntax::tree::{self, Item, Name, WorkflowLineKind};

/// All who sit on the committee that decides.
const MEMBERS: &str = "members";

impl Builder<'_, '_> {
    /// Every workflow, in order.
    pub(super) fn workflows(&mut self) {
        for item in self.items.clone() {
            if let Item::Workflow(written) = item
                && let Some(workflow) = self.workflow(written)
            {
                self.policy.workflows.push(workflow);
            }
        }
    }

    fn workflow(&mut self, written: &tree::Workflow) -> Option<Workflow> {
        let repeats = |it: &WorkflowLineKind| {
            matches!(
                it,
                WorkflowLineKind::Cancel { .. }
                    | WorkflowLineKind::CallOff(_)
                    | WorkflowLineKind::Stage(_)
                    | WorkflowLineKind::Together { .. }
            )
        };
        // `keep` and `expunge` are two things, though lines of one kind.
        let expunges = |it: &WorkflowLineKind| matches!(it, WorkflowLineKind::Retain { expunge: true, .. });
        let lines = || written.lines.iter().map(|it| (&it.kind, it.span));
        self.said_once(lines().filter(|it| !expunges(it.0)), repeats);
        self.said_once(lines().filter(|it| expunges(it.0)), repeats);
        let named = calendar_named_by(written);
        let (calendar, names_calendar) = (self.calendar_named(named), named.is_some());
        let whom = self.for_whom(written)?;
        let stages = placed(written);
        let place = Place {
            subject: Some(whom.subject),
            each: whom.each,
            stages: stages.iter().map(|it| it.stage.name.text.clone()).collect(),
            proposal: whom.proposal.as_ref().map(|it| it.1.clone()),
            ..Place::default()
        };
        let mut workflow = Workflow {
            label: label(&written.name, written.title.as_ref()),
            cite: None,
            calendar,
            names_calendar,
            subject: whom.subject,
            each: whom.each,
            condition: whom.condition.and_then(|it| self.condition_at(it, &place)),
            even_if_they_leave: whom.even_if_they_leave,
            suspend: None,
            cancels: Vec::new(),
            powers: Vec::new(),
            closes: None,
            proposal: whom.proposal.map(|it| it.0),
            follows_by_itself: false,
            ends: self.ends_of(written),
            exempt: Vec::new(),
            retention: Vec::new(),
            stages: Vec::new(),
            checked_only: Vec::new(),
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
                WorkflowLineKind::CallOff(written) => workflow.powers.extend(self.power(written, &place)),
                WorkflowLineKind::Closes(date) => workflow.closes = self.date_rule(date, &place),
                WorkflowLineKind::Retain { expunge, date } => {
                    let date = self.date_rule(date, &place);
                    date.iter().for_each(|it| self.is_kept_beyond_its_end(it, line.span));
                    workflow.retention.extend(date.map(|date| Retention { expunge: *expunge, date }));
                }
                WorkflowLineKind::Calendar(_)
                | WorkflowLineKind::ForEach { .. }
                | WorkflowLineKind::ForEachProposed { .. }
                | WorkflowLineKind::Ends(_)
                | WorkflowLineKind::Stage(_)
                | WorkflowLineKind::Together { .. } => {}
            }
        }
        for (at, stage) in stages.iter().enumerate() {
            let name = &stage.stage.name;
            if let Some(first) = stages[..at].iter().find(|it| it.stage.name.text == name.text) {
                let words = format!("two stages are called `{}`", name.text);
                let twice =
                    Diagnostic::new(codes::DECLARED_TWICE, name.span, words).label(first.stage.name.span, "the first");
                self.report(twice.help("give one of them another name"));
            }
            let before = self.found.len();
            let lowered = self.stage(stage, &place, &workflow.ends);
            if self.found.iter().skip(before).any(|it| it.code.0.starts_with("M02")) {
                self.half_said.extend([name.span, written.name.span]);
            }
            workflow.stages.push(lowered);
        }
        self.tells_of_decisions(&workflow, &stages, &place);
        if stages.is_empty() && !self.unparsed {
            let words = format!("workflow `{}` has no stage, so that nothing happens in it", written.name.text);
            self.report(Diagnostic::new(codes::NO_STAGE, written.name.span, words).help("add `stage … { … }`"));
        }
        workflow.checked_only = checked_only(&workflow, &self.policy.committees);
        Some(workflow)
    }

    /// The one concerned is told of every decision: in the policy's own words, where it has a message of that name.
    fn tells_of_decisions(&mut self, workflow: &Workflow, written: &[Placed<'_>], place: &Place) {
        let worded = self.policy.messages.iter().any(|it| it.label.name == DECISION);
        let decides = workflow.stages.iter().position(|it| it.decision.is_some());
        if let Some(at) = decides.filter(|_| worded) {
            let name = Name { text: DECISION.to_owned(), span: written[at].stage.name.span };
            self.message_id(&name, place);
        }
    }

    fn ends_of(&mut self, written: &tree::Workflow) -> Vec<Label> {
        let lines = written.lines.iter();
        let ends = lines.filter_map(|it| if let WorkflowLineKind::Ends(it) = &it.kind { Some(it) } else { None });
        ends.flatten().map(|it| label(&it.name, it.title.as_ref())).collect()
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

    /// A step without its people; its name is written, or made from its place among its kind.
    pub(super) fn step(
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

    pub(super) fn parties(&mut self, names: &[Name], place: &Place) -> Vec<Party> {
        names.iter().filter_map(|it| self.party(it, place)).collect()
    }

    /// The subject by its type, a role of it, or a record that one of its fields refers to.
    pub(super) fn party(&mut self, name: &Name, place: &Place) -> Option<Party> {
        let subject = place.subject?;
        if place.each_one.as_ref().is_some_and(|(word, _)| *word == name.text) {
            return Some(Party::One);
        }
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
        if let Some(found) = self.of_committee(name, place) {
            return Some(found);
        }
        let mut known = vec![kind.label.name.clone()];
        known.extend(
            place
                .committee
                .iter()
                .flat_map(|at| self.policy.committees[*at].seats.iter())
                .map(|it| it.label.name.clone()),
        );
        known.extend(place.committee.map(|_| MEMBERS.to_owned()));
        known.extend(self.policy.roles.iter().filter(|it| it.of == subject).map(|it| it.label.name.clone()));
        self.unknown_name(name, "person or role", &known);
        None
    }

    /// Those who sit on the committee that decides in the stage, or who sit there in one of its seats.
    fn of_committee(&self, name: &Name, place: &Place) -> Option<Party> {
        let committee = &self.policy.committees[place.committee?];
        if name.text == MEMBERS {
            return Some(Party::Members);
        }
        committee.seats.iter().position(|it| it.label.name == name.text).map(Party::Seat)
    }

    pub(super) fn fill(&mut self, written: &tree::Expr, place: &Place) -> Option<Fill> {
        use crate::policy::model::{ExprKind as Made, When};
        if let Some(found) = self.fill_of_part(written, place) {
            return found;
        }
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

    /// A field of the records that name those for whom a stage opens: `opinion`, or `nomination.opinion`. Nothing if it is none.
    fn fill_of_part(&mut self, written: &tree::Expr, place: &Place) -> Option<Option<Fill>> {
        let record = place.each_one.as_ref()?.1;
        let kind = self.policy.record(record);
        let (of, name) = match &written.kind {
            tree::ExprKind::Name(name) => (None, name),
            tree::ExprKind::Dot(of, name) => match &of.kind {
                tree::ExprKind::Name(of) => (Some(of), name),
                _ => return None,
            },
            _ => return None,
        };
        let field = kind.field_named(&name.text)?;
        let (part, subject) = (kind.label.name.clone(), place.subject.map(|it| self.policy.record(it)));
        if of.is_some_and(|it| it.text != part) {
            return None;
        }
        if let Some(subject) = subject.filter(|it| of.is_none() && it.field_named(&name.text).is_some()) {
            let subject = subject.label.name.clone();
            let words = format!("`{0}` is a field of `{subject}` and of `{part}`", name.text);
            let help = format!("write `{part}.{0}` for what each of them fills", name.text);
            self.report(Diagnostic::new(codes::TWO_FIT, written.span, words).help(help));
            return Some(None);
        }
        Some(Some(Fill { record, field }))
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
            Some((other, ..)) if *other != subject => {
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
                self.uses.insert(name.text.clone(), (subject, place.each, place.proposal.clone()));
            }
        }
        Some(MessageId::at(at))
    }
}

fn calendar_named_by(written: &tree::Workflow) -> Option<&Name> {
    let mut lines = written.lines.iter();
    lines.find_map(|it| if let WorkflowLineKind::Calendar(name) = &it.kind { Some(name) } else { None })
}
