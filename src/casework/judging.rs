//! What frameworks propose when their day has come, and in which proceedings it is heard.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::desk::Desk;
use crate::eval::Facts;
use crate::eval::framework::{Verdict, judge};
use crate::eval::{self, DateOptions, Scope};
use crate::ids::WorkflowId;
use crate::planted::{self, Bug};
use crate::policy::flow::Proposed;
use crate::policy::framework::{Combination, Framework, Judged, OutcomeKind, OutcomeRule};
use crate::policy::model::Policy;
use crate::value::{Known, Missing, RecordRef, Value};
use crate::workflow::{
    Answer, Case, CaseStatus, Event, How, Notice, NoticeState, ProposedNote, StageStatus, took_effect,
};

/// So many periods back a judgement that lies behind its period is looked for.
const PERIODS_BACK: usize = 40;

/// What a framework proposes for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What it is: a sanction, a reward or a measure.
    pub what: Proposed,
    /// What is proposed, by which rule.
    pub note: ProposedNote,
    /// The workflow in which it is heard; where nobody hears it, that of its framework, in which it follows by itself. Nothing where the
    /// workflow that hears it can't run yet.
    pub heard_in: Option<WorkflowId>,
    /// The facts for want of which it is not decided; nothing where it is proposed.
    pub missing: Vec<Missing>,
}

/// Where something that was proposed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is heard.
    Proposed,
    /// An appeal is heard, and stays it.
    Stayed,
    /// It took effect, on this day.
    InForce(Date),
    /// It took effect on the first of these days, and somebody ended it before its time on the other.
    Ended(Date, Date),
    /// It came to nothing, on this day.
    Dismissed(Date),
}

impl Standing {
    /// The word that the store and people use.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Standing::Proposed => "proposed",
            Standing::Stayed => "stayed",
            Standing::InForce(_) => "in force",
            Standing::Ended(..) => "ended",
            Standing::Dismissed(_) => "dismissed",
        }
    }

    /// The day on which it took effect, if it has.
    #[must_use]
    pub fn since(self) -> Option<Date> {
        match self {
            Standing::InForce(on) | Standing::Ended(on, _) => Some(on),
            Standing::Proposed | Standing::Stayed | Standing::Dismissed(_) => None,
        }
    }

    /// The day on which somebody ended it before its time.
    #[must_use]
    pub fn ended(self) -> Option<Date> {
        if let Standing::Ended(_, on) = self { Some(on) } else { None }
    }
}

/// What follows at once where what was proposed is heard by nobody: whoever is to be told is told, and it takes effect.
#[must_use]
pub fn follows(desk: &Desk<'_>, flow: WorkflowId, case: &Case) -> Vec<Event> {
    let policy = desk.policy();
    let (Some(note), true) = (&case.proposal, policy.workflow(flow).follows_by_itself) else { return Vec::new() };
    let framework = policy.frameworks.iter().find(|it| it.label.name == note.framework);
    let day = case.period.parse().unwrap_or(note.on);
    let rule = framework.and_then(|it| Some(&it.rules[it.rule_on(&note.rule, day)?]));
    let mut notices: Vec<Notice> = Vec::new();
    for (parties, message) in rule.iter().flat_map(|it| &it.notify) {
        let message = &policy.messages[message.index()].label.name;
        for who in desk.people(flow, case, parties, note.on) {
            if !notices.iter().any(|it| it.to == who.0 && it.message == *message) {
                notices.push(Notice { to: who.0, capacity: who.1, message: message.clone(), state: NoticeState::Due });
            }
        }
    }
    let mut events = Vec::new();
    if !notices.is_empty() {
        let (stage, on) = (note.rule.clone(), note.on);
        events.push(Event::Sent { stage, round: 1, notices, by: None, because: None, on, key: None });
    }
    let mark = match rule.map(|it| it.what()) {
        Some(Proposed::Reward) => "granted",
        Some(Proposed::Measure) => "recommended",
        Some(Proposed::Sanction) | None => "imposed",
    };
    events.push(Event::CaseEnded { how: How::Completed, on: note.on, mark: Some(mark.to_owned()) });
    events
}

/// Where what a case is about stands: the case says it all.
#[must_use]
pub fn standing(policy: &Policy, flow: WorkflowId, case: &Case) -> Standing {
    let workflow = policy.workflow(flow);
    match case.status {
        CaseStatus::Ended(_) => match (took_effect(workflow, case), case.lifted) {
            (Some(since), None) => Standing::InForce(since),
            (Some(since), Some(lifted)) => Standing::Ended(since, lifted),
            (None, _) => Standing::Dismissed(case.ended.unwrap_or(Date::MIN)),
        },
        CaseStatus::Open => {
            let runs = |name: &str| case.stages.get(name).is_some_and(|it| it.status == StageStatus::Running);
            let decided = |name: &str| case.stages.get(name).is_some_and(|it| it.choice.is_some());
            let appealed = |it: &&crate::policy::model::Stage| {
                it.decision.as_ref().is_some_and(|decision| decision.stays != Some(false)) && it.inside.is_some()
            };
            let stays = workflow.stages.iter().filter(appealed).any(|it| runs(&it.label.name));
            let first = workflow.stages.iter().any(|it| it.decision.is_some() && decided(&it.label.name));
            if stays && first && !planted::is(Bug::AppealDoesNotStay) { Standing::Stayed } else { Standing::Proposed }
        }
    }
}

/// The day on which a framework judges a period; none if it does not judge on a day, or that can't be told.
#[must_use]
pub fn judged_on(desk: &Desk<'_>, framework: &Framework, period: Period) -> Option<Date> {
    judgement_day(desk.policy(), desk.facts(), framework, period)
}

/// The same without a desk.
#[must_use]
pub fn judgement_day(policy: &Policy, facts: &dyn Facts, framework: &Framework, period: Period) -> Option<Date> {
    let Judged::On(rule) = &framework.judged else { return None };
    let nobody = RecordRef { record: framework.subject, key: Arc::from("") };
    let calendar = &policy.calendars[framework.calendar];
    // Everybody at once: by the framework's calendar, whatever their own.
    let scope = Scope::new(policy, calendar, facts, nobody, Some(period), period.first).by_one_calendar(true);
    match eval::possible_date(&scope, rule, &DateOptions::closing()) {
        Ok(Answer::Known(possible)) => Some(possible.latest.date),
        Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
    }
}

/// The periods that a framework judges on days from one to another, the earliest first.
#[must_use]
pub fn judgements(desk: &Desk<'_>, framework: &Framework, since: Date, today: Date) -> Vec<(Period, Date)> {
    let calendar = &desk.policy().calendars[framework.calendar];
    let mut found = Vec::new();
    let mut next = calendar.period_containing(framework.each, today).ok();
    for _ in 0..PERIODS_BACK {
        let Some(period) = next else { break };
        match judged_on(desk, framework, period) {
            Some(day) if day < since => break,
            Some(day) if day <= today => found.push((period, day)),
            Some(_) => {}
            None => break,
        }
        next = calendar.shift(period, -1).ok();
    }
    found.reverse();
    found
}

/// What earlier judgements of a period have decided.
#[derive(Debug, Clone, Default)]
pub struct DecidedBefore {
    /// By subject and rule.
    rules: BTreeSet<(String, String)>,
    /// Those for whom a sanction was proposed, whatever became of it, with the rank of the most severe.
    sanctioned: BTreeMap<String, usize>,
}

impl DecidedBefore {
    /// Something was proposed for somebody.
    pub fn add(&mut self, framework: &Framework, subject: &str, rule: &str) {
        let at = framework.rule_named(rule).map(|it| &framework.rules[it]);
        if at.is_none_or(|it| it.what() == Proposed::Sanction) {
            let severity = at.and_then(OutcomeRule::severity).unwrap_or(0);
            let most = self.sanctioned.entry(subject.to_owned()).or_default();
            *most = (*most).max(severity);
        }
        self.rules.insert((subject.to_owned(), rule.to_owned()));
    }

    /// Whether something is not proposed any more: it was, or another sanction was where only one counts.
    #[must_use]
    pub fn holds_back(&self, framework: &Framework, key: &str, proposal: &Proposal) -> bool {
        let sanctioned = self.sanctioned.get(key);
        // What appears after a sanction may call for a more severe one.
        let worse = || {
            let rule = framework.rule_named(&proposal.note.rule).map(|it| &framework.rules[it]);
            let appears = matches!(framework.judged, Judged::Appears(_));
            appears && rule.and_then(OutcomeRule::severity).as_ref() > sanctioned
        };
        let another = match proposal.what {
            Proposed::Sanction => sanctioned.is_some() && framework.sanctions != Combination::All && !worse(),
            Proposed::Reward => sanctioned.is_some() && framework.unless_a_sanction,
            Proposed::Measure => false,
        };
        another || self.rules.contains(&(key.to_owned(), proposal.note.rule.clone()))
    }
}

/// A framework that judges a period on a day. It is the same for everybody, so that what is reckoned over all is reckoned once.
pub struct Court<'a> {
    policy: &'a Policy,
    framework: &'a Framework,
    scope: Scope<'a>,
    on: Date,
}

impl<'a> Court<'a> {
    /// A framework, a period, and the day of the judgement.
    #[must_use]
    pub fn new(desk: &Desk<'a>, framework: &'a Framework, period: Period, on: Date) -> Self {
        let policy = desk.policy();
        let nobody = RecordRef { record: framework.subject, key: Arc::from("") };
        let calendar = &policy.calendars[framework.calendar];
        let scope = Scope::new(policy, calendar, desk.facts(), nobody, Some(period), on)
            .by_one_calendar(framework.names_calendar)
            .heard_by(desk.listener());
        Self { policy, framework, scope, on }
    }

    /// What is proposed for somebody, and what can't be decided for want of facts.
    #[must_use]
    pub fn proposals(&self, key: &Arc<str>) -> Vec<Proposal> {
        let scope = self.scope.about(RecordRef { record: self.framework.subject, key: Arc::clone(key) });
        proposals(self.policy, self.framework, &scope, self.on)
    }
}

fn proposals(policy: &Policy, framework: &Framework, scope: &Scope<'_>, on: Date) -> Vec<Proposal> {
    let verdicts = judge(scope, framework);
    let mut found = Vec::new();
    for (rule, verdict) in framework.rules.iter().zip(verdicts) {
        let (amount, missing) = match verdict {
            Verdict::Proposed(amount) => (amount, Vec::new()),
            Verdict::Undetermined(missing) => (None, missing),
            Verdict::No(_) | Verdict::NotCovered => continue,
        };
        if missing.is_empty() {
            scope.applied(rule.label.span);
        }
        let note = ProposedNote {
            framework: framework.label.name.clone(),
            rule: rule.label.name.clone(),
            amount: amount.and_then(known),
            because: rule.because.clone(),
            on,
            before: None,
        };
        let heard_in = heard_in(policy, framework, rule).filter(|it| policy.workflow(*it).runs());
        found.push(Proposal { what: rule.what(), note, heard_in, missing });
    }
    found
}

fn known(value: Value) -> Option<Known> {
    if let Value::Known(known) = value { Some(known) } else { None }
}

/// The workflow in which what a rule proposes is heard.
fn heard_in(policy: &Policy, framework: &Framework, rule: &OutcomeRule) -> Option<WorkflowId> {
    let itself = || policy.workflow_named(&framework.label.name);
    if let OutcomeKind::Sanction { through, .. } = &rule.kind {
        return through.as_ref().map_or_else(itself, |name| policy.workflow_named(name));
    }
    let hears = |it: &WorkflowId| {
        policy.workflow(*it).proposal.as_ref().is_some_and(|proposal| {
            let written = !policy.workflow(*it).follows_by_itself;
            written && proposal.what == rule.what() && proposal.of.as_ref().is_none_or(|of| *of == framework.label.name)
        })
    };
    (0..policy.workflows.len()).map(WorkflowId::at).find(hears).or_else(itself)
}
