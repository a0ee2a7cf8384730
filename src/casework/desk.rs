//! The desk at which a case is looked at: policy, facts and language in one place.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Anchor, Calendar, Period};
use crate::casework::letter::{Letter, Occasion};
use crate::casework::outlook::CaseOutlook;
use crate::casework::periods::is_past;
use crate::eval::{self, CaseContext, Facts, Listener, Rendered, Scope};
use crate::ids::{FieldId, StageId, WorkflowId};
use crate::policy::flow::DECISION;
use crate::policy::model::{Party, Policy, Way, Workflow};
use crate::value::{Known, RecordRef, Truth, Value};
use crate::workflow::{self, Act, Advanced, Answer, Asked, Case, Event, Look, Notice, Outlook, Refusal, advance};

/// Policy, facts and language.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    policy: &'a Policy,
    facts: &'a dyn Facts,
    language: &'a str,
    listener: Option<&'a dyn Listener>,
}

/// When a case opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// On this day.
    On {
        /// The day.
        day: Date,
        /// Whether it is the period itself that opens it.
        at_start_of_period: bool,
    },
    /// On a later day, which is known.
    Later(Date),
    /// Not as far as is known: it is not covered, or waits for a fact.
    NotYet,
}

/// Moments of a day (seconds UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// Its first.
    pub begin: i64,
    /// Its last.
    pub end: i64,
    /// That at which notices go out.
    pub notices: i64,
}

impl<'a> Desk<'a> {
    /// A desk; `language` is that of people whose own is not known.
    #[must_use]
    pub fn new(policy: &'a Policy, facts: &'a dyn Facts, language: &'a str) -> Self {
        Self { policy, facts, language, listener: None }
    }

    /// The same desk with somebody who listens while rules are asked.
    #[must_use]
    pub fn with_listener(self, listener: Option<&'a dyn Listener>) -> Self {
        Self { listener, ..self }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> &'a dyn Facts {
        self.facts
    }

    /// Who listens while rules are asked.
    #[must_use]
    pub fn listener(&self) -> Option<&'a dyn Listener> {
        self.listener
    }

    /// What a look makes of a case.
    #[must_use]
    pub fn look(&self, flow: WorkflowId, case: &Case, look: &Look) -> Advanced {
        let workflow = self.policy.workflow(flow);
        let outlook = self.outlook(workflow, case, look.grace_after_adoption);
        advance(self.policy, workflow, case, &outlook, look)
    }

    /// What somebody's act makes of a case that was looked at until then.
    ///
    /// # Errors
    /// When they may not.
    pub fn act(&self, flow: WorkflowId, case: &Case, look: &Look, act: &Act) -> Result<Vec<Event>, Refusal> {
        let workflow = self.policy.workflow(flow);
        let outlook = self.outlook(workflow, case, look.grace_after_adoption);
        workflow::act(self.policy, workflow, case, &outlook, look, act)
    }

    /// Who somebody of a case is on a day, each with the capacity in which they are meant.
    #[must_use]
    pub(super) fn people(
        &self,
        flow: WorkflowId,
        case: &Case,
        parties: &[Party],
        on: Date,
    ) -> Vec<((String, String), String)> {
        let outlook = self.outlook(self.policy.workflow(flow), case, 0);
        let asked = Asked { case, stage: StageId(0), on };
        let notes = parties.iter().map(|it| outlook.who(asked, it));
        notes.filter_map(|it| Some((it.who?, it.capacity))).collect()
    }

    /// When a case of a subject opens, looked at on a day.
    #[must_use]
    pub fn opens(&self, flow: WorkflowId, key: &Arc<str>, period: Option<Period>, today: Date) -> Opens {
        let workflow = self.policy.workflow(flow);
        // What was proposed is heard when it is: see `judging`.
        if !workflow.runs() || workflow.proposal.is_some() {
            return Opens::NotYet;
        }
        let subject = RecordRef { record: workflow.subject, key: Arc::clone(key) };
        let scope = self.scope(workflow, &subject, period, today);
        let Some(covered) = first_covered_day(&scope, workflow, period, today) else { return Opens::NotYet };
        let Some(first) = first_stage_opening(&scope, workflow) else { return Opens::NotYet };
        let day = match (covered, first) {
            (Covered::Since(day), Opening::On(first)) => day.max(first),
            (Covered::Since(day), Opening::WithTheCase) => day,
            (Covered::Always, Opening::On(first)) => first,
            (Covered::Always, Opening::WithTheCase) => today,
        };
        if day > today {
            return Opens::Later(day);
        }
        if eval::let_off_since(&scope, workflow, today).is_some() {
            return Opens::NotYet;
        }
        Opens::On { day, at_start_of_period: period.is_some_and(|it| it.first == day) }
    }

    /// The same where a case whose period had ended before a day opens only if that comes on that day or later.
    #[must_use]
    pub fn opens_since(
        &self,
        flow: WorkflowId,
        key: &Arc<str>,
        period: Option<Period>,
        since: Date,
        today: Date,
    ) -> Opens {
        match self.opens(flow, key, period, today) {
            Opens::On { day, .. } | Opens::Later(day) if is_past(period, since, day) => Opens::NotYet,
            other => other,
        }
    }

    /// That a case of a subject opened on a day, and whether it is the period itself that opens it; under which version of the policy,
    /// and since when the store is in use.
    #[must_use]
    pub fn opened(
        &self,
        flow: WorkflowId,
        key: &str,
        period: Option<Period>,
        (on, at_start_of_period): (Date, bool),
        (policy, adopted): (i64, Option<Date>),
    ) -> Event {
        let workflow = self.policy.workflow(flow);
        Event::CaseOpened {
            workflow: workflow.label.name.clone(),
            subject_type: self.policy.record(workflow.subject).label.name.clone(),
            subject: key.to_owned(),
            period: period.map(|it| it.first.to_string()).unwrap_or_default(),
            nth: 1,
            policy,
            on,
            at_start_of_period,
            adopted,
            proposal: None,
        }
    }

    fn scope(&self, workflow: &Workflow, subject: &RecordRef, period: Option<Period>, on: Date) -> Scope<'a> {
        let calendar = self.calendar(workflow);
        Scope::new(self.policy, calendar, self.facts, subject.clone(), period, on)
            .by_one_calendar(workflow.names_calendar)
            .heard_by(self.listener)
    }

    pub(super) fn outlook(&self, workflow: &'a Workflow, case: &Case, grace_after_adoption: u32) -> CaseOutlook<'a> {
        CaseOutlook::new(self.policy, self.facts, workflow, case, grace_after_adoption).heard_by(self.listener)
    }

    fn calendar(&self, workflow: &Workflow) -> &'a Calendar {
        &self.policy.calendars[workflow.calendar]
    }

    /// The moments of a day by the calendar that a case goes by: its first, its last, and that at which notices go out (seconds UTC).
    #[must_use]
    pub fn moments(&self, flow: WorkflowId, case: &Case, day: Date) -> Moments {
        let outlook = self.outlook(self.policy.workflow(flow), case, 0);
        Moments { begin: outlook.begin_of(day), end: outlook.end_of(day), notices: outlook.notices_of(day) }
    }

    /// Working days since a due date, by the calendar that the subject goes by; the fewest while it is not known which that is.
    #[must_use]
    pub fn working_days_overdue(&self, flow: WorkflowId, key: &str, due: Date, on: Date) -> i64 {
        let workflow = self.policy.workflow(flow);
        let subject = RecordRef { record: workflow.subject, key: Arc::from(key) };
        let calendars = self.scope(workflow, &subject, None, due).calendars(due);
        calendars.earliest(|it| it.working_days_overdue(due, on))
    }

    /// What a notice says, on the day of its step.
    #[must_use]
    pub fn letter(&self, flow: WorkflowId, case: &Case, number: i64, of: Occasion<'_>, notice: &Notice) -> Letter {
        let Occasion { stage, day, reason } = of;
        let workflow = self.policy.workflow(flow);
        let outlook = self.outlook(workflow, case, 0);
        let recipient =
            self.policy.record_named(&notice.to.0).map(|record| RecordRef { record, key: Arc::from(&*notice.to.1) });
        let Some(recipient) = recipient else { return Letter::default() };
        let context = CaseContext {
            recipient: Some(recipient.clone()),
            case_id: Some(number),
            reason: reason.map(str::to_owned),
            ..outlook.context_of(case, stage, day)
        };
        let scope = outlook.scope(day).with_context(&context);
        let language = self.text_of(&recipient, "language", day).unwrap_or_else(|| self.language.to_owned());
        let message = self.policy.messages.iter().find(|it| it.label.name == notice.message);
        let rendered = match message {
            Some(message) if !message.wordings.is_empty() => eval::render_message(&scope, message, &language),
            _ if notice.message == DECISION => told_of_decision(workflow, case, stage),
            _ => Rendered::default(),
        };
        let own = self.scope(workflow, &recipient, None, day).by_one_calendar(false).calendars(day);
        Letter {
            calendar: own.sure().unwrap_or_else(|| self.calendar(workflow)).name().to_owned(),
            urgent: message.is_some_and(|it| it.urgent),
            reminds: false,
            instead_of: None,
            sheet: None,
            name: self.text_of(&recipient, "name", day),
            address: self.address_by(Way::Email, &recipient, day),
            language,
            subject: rendered.subject,
            text: rendered.text,
            workflow: workflow.label.title.clone(),
        }
    }

    /// A field of somebody by its name: a text, or the name of a choice.
    fn text_of(&self, of: &RecordRef, field: &str, on: Date) -> Option<String> {
        let id = self.policy.record(of.record).field_named(field)?;
        match self.facts.field(of, id, on) {
            Value::Known(Known::Text(text)) => Some(text.to_string()),
            Value::Known(Known::Choice(list, at)) => {
                self.policy.choices[list.index()].choices.get(at as usize).map(|it| it.name.clone())
            }
            _ => None,
        }
    }

    pub(super) fn address_by(&self, way: Way, of: &RecordRef, on: Date) -> Option<String> {
        let fields = &self.policy.record(of.record).fields;
        let at = fields.iter().position(|it| way.is_addressed_by(&it.kind))?;
        match self.facts.field(of, FieldId::at(at), on) {
            Value::Known(Known::Text(address)) => Some(address.to_string()),
            _ => None,
        }
    }
}

/// What tells of a decision where the policy words no message `decision`.
fn told_of_decision(workflow: &Workflow, case: &Case, stage: &str) -> Rendered {
    let decided = workflow.stages.iter().find(|it| it.label.name == stage);
    let choice = decided.and_then(|it| it.title_of(case.stages.get(stage)?.choice.as_deref()?));
    let (workflow, stage) = (&workflow.label.title, decided.map_or(stage, |it| it.label.title.as_str()));
    let choice = choice.unwrap_or_else(|| "decided".to_owned());
    let subject = format!("{workflow}: {stage}");
    Rendered { subject, text: format!("{workflow}\n{stage}: {choice}\n"), missing: Vec::new() }
}

/// Since when a workflow covers a subject.
enum Covered {
    /// Since a day.
    Since(Date),
    /// Since ever: nothing says otherwise.
    Always,
}

/// The first day of the period on which the condition is a known yes; without a period, that since which it is one.
fn first_covered_day(scope: &Scope<'_>, workflow: &Workflow, period: Option<Period>, today: Date) -> Option<Covered> {
    let last = period.map_or(today, |it| it.last.min(today));
    match (&workflow.condition, period) {
        (None, None) => Some(Covered::Always),
        (None, Some(period)) => Some(Covered::Since(period.first)),
        (Some(condition), Some(period)) => {
            eval::first_day_true(scope, condition, period.first, last).map(Covered::Since)
        }
        (Some(condition), None) if eval::truth(scope, condition) == Truth::Yes => {
            Some(eval::true_since(scope, condition, today).map_or(Covered::Always, Covered::Since))
        }
        (Some(_), None) => None,
    }
}

/// When the first stage opens.
enum Opening {
    /// On a day of its own.
    On(Date),
    /// As soon as there is a case.
    WithTheCase,
}

/// The earliest opening among the stages that wait for no other; nothing while none is known.
fn first_stage_opening(scope: &Scope<'_>, workflow: &Workflow) -> Option<Opening> {
    let mut earliest: Option<Date> = None;
    for (place, stage) in workflow.stages.iter().enumerate() {
        let Some(rule) = &stage.opens else {
            if place == 0 && stage.after.is_empty() {
                return Some(Opening::WithTheCase);
            }
            continue;
        };
        if !stage.after.is_empty() {
            continue;
        }
        if let Answer::Known(anchor) = eval::anchor(scope, rule) {
            let day = opening_day(&anchor)?;
            earliest = Some(earliest.map_or(day, |it| it.min(day)));
        }
    }
    earliest.map(Opening::On)
}

/// The first day of what an event or edge opens.
pub(super) fn opening_day(anchor: &Anchor) -> Option<Date> {
    match anchor {
        Anchor::Event { day, .. } | Anchor::StartEdge { day, .. } => Some(*day),
        Anchor::EndEdge { day, .. } => day.tomorrow().ok(),
    }
}
