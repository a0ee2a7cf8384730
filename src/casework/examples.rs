//! Runs an `example` block: facts, acts and days, by the very evaluator and machine that the engine uses, in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::casework::bench::{Bench, BenchCase, is_about};
use crate::casework::facts::{day_of, parse};
use crate::casework::outcomes;
use crate::casework::periods::{opened_before, periods};
use crate::casework::touched::{Hearing, Touched};
use crate::eval::{self, Listener, Scope};
use crate::explain;
use crate::ids::WorkflowId;
use crate::policy::framework::Judged;
use crate::policy::model::{ExprKind as Meaning, Policy, Type, When, Workflow};
use crate::source::Span;
use crate::syntax::tree::{
    Example, ExampleLine, ExampleLineKind, Expectation, Expr, ExprKind, Name, OutcomeState, PeriodLiteral, Text,
};
use crate::value::{Known, RecordRef, Value};
use crate::workflow::{
    Case, CaseStatus, DefaultRecord, Event, Notice, NoticeState, StageCase, StageStatus, notices_of,
};

/// What came of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub span: Span,
    /// What came otherwise than expected; nothing if it passed.
    pub failures: Vec<Failure>,
}

/// An expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The line.
    pub span: Span,
    /// What it expects.
    pub expected: String,
    /// What came instead.
    pub came: String,
    /// Why it came, where an outcome was expected: to be told in the words of the policy's text.
    pub why: Option<explain::Asked>,
    /// Why it came, where it is a matter of a case: what its stages rest on.
    pub because: Vec<String>,
}

/// Runs an example.
#[must_use]
pub fn run(policy: &Policy, example: &Example) -> Verdict {
    play(policy, example, None).0
}

/// Runs an example, and tells what it touched.
#[must_use]
pub fn touch(policy: &Policy, example: &Example) -> (Verdict, Touched) {
    let hearing = Hearing::default();
    let (verdict, cases) = play(policy, example, Some(&hearing));
    let mut touched = hearing.heard();
    for running in cases {
        touch_case(policy.workflow(running.flow), &running.events, &mut touched);
    }
    (verdict, touched)
}

/// The stages and steps that a case went through, and how its stages ended.
fn touch_case(flow: &Workflow, events: &[Event], touched: &mut Touched) {
    touched.lines.insert(flow.label.span);
    let stage_named = |name: &str| flow.stages.iter().find(|it| it.label.name == name);
    for event in events {
        match event {
            Event::StageOpened { stage, .. } => touched.lines.extend(stage_named(stage).map(|it| it.label.span)),
            Event::StageDone { stage, .. } | Event::StageLapsed { stage, .. } => {
                let lapsed = matches!(event, Event::StageLapsed { .. });
                if let Some(stage) = stage_named(stage) {
                    let ended = touched.answers.entry(stage.label.span).or_default();
                    ended.yes |= !lapsed;
                    ended.no |= lapsed;
                }
            }
            Event::Chosen { stage, choice, .. } => {
                if let Some(stage) = stage_named(stage) {
                    touched.answers.entry(stage.label.span).or_default().yes = true;
                    touched.lines.extend(stage.choices.iter().find(|it| it.name == *choice).map(|it| it.span));
                }
            }
            Event::StepTaken { mark, .. } => {
                let step = stage_named(&mark.stage).and_then(|it| it.steps.iter().find(|it| it.name == mark.step));
                touched.lines.extend(step.map(|it| it.span));
            }
            _ => {}
        }
    }
}

fn play<'a>(policy: &'a Policy, example: &Example, listener: Option<&'a dyn Listener>) -> (Verdict, Vec<BenchCase>) {
    let mut stage = Theatre::new(policy);
    if let Some(listener) = listener {
        stage.bench.listen(listener);
    }
    stage.listener = listener;
    stage.set_up(example);
    // Facts that don't fit are one mistake: what would come without them says nothing.
    if stage.failures.is_empty() {
        stage.play(example);
        stage.say_when_it_came();
    }
    let verdict = Verdict { title: example.title.text.clone(), span: example.span, failures: stage.failures };
    (verdict, stage.bench.cases)
}

pub(super) struct Theatre<'a> {
    pub(super) policy: &'a Policy,
    pub(super) bench: Bench<'a>,
    failures: Vec<Failure>,
    /// The first day that is spoken of: earlier periods open no cases, even where an older fact makes the example begin before them.
    first: Date,
    /// The day on which the example begins: frameworks judge from it on.
    begins: Date,
    /// How many events of each case were told.
    told: Vec<usize>,
    /// Every notice of the example, with its day.
    sent: Vec<(Date, Notice)>,
    /// Failures that wanted a notice: their place among the failures, the message and the day.
    wanted: Vec<(usize, String, Date)>,
    listener: Option<&'a dyn Listener>,
}

impl<'a> Theatre<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            bench: Bench::new(policy),
            failures: Vec::new(),
            first: Date::MIN,
            begins: Date::MIN,
            told: Vec::new(),
            sent: Vec::new(),
            wanted: Vec::new(),
            listener: None,
        }
    }

    fn fail(&mut self, span: Span, expected: impl Into<String>, came: impl Into<String>) {
        let (expected, came) = (expected.into(), came.into());
        self.failures.push(Failure { span, expected, came, why: None, because: Vec::new() });
    }

    fn set_up(&mut self, example: &Example) {
        for line in &example.lines {
            let facts = matches!(
                line.kind,
                ExampleLineKind::Adopted(_)
                    | ExampleLineKind::Imposed { .. }
                    | ExampleLineKind::Facts { .. }
                    | ExampleLineKind::Of { .. }
            );
            if let Some(words) = facts.then(|| self.bench.take(&line.kind).err()).flatten() {
                self.fail(line.span, "facts that fit the policy", words);
            }
        }
    }

    // ---- days

    fn play(&mut self, example: &Example) {
        let Some(first) = example.lines.iter().filter_map(|it| day_of_line(&it.kind)).min() else {
            self.expect_all(example, None);
            return;
        };
        let last = example.lines.iter().filter_map(|it| day_of_line(&it.kind)).max().unwrap_or(first);
        self.first = self.bench.adopted.map_or(first, |adopted| adopted.min(first));
        let mut day = self.first_day(first, example);
        self.begins = self.bench.adopted.map_or(day, |adopted| adopted.max(day));
        while day <= last {
            self.acts_of(example, day);
            let notices = self.look(day);
            self.sent.extend(notices.iter().map(|it| (day, it.clone())));
            let before = Some((day, notices.as_slice()));
            self.expect_all(example, before);
            let Ok(next) = day.tomorrow() else { return };
            day = next;
        }
    }

    /// The example begins with the period of its first day, with its earliest fact where a workflow has no periods, or at its
    /// adoption.
    fn first_day(&self, first: Date, example: &Example) -> Date {
        let opening = self.policy.workflows.iter().filter(|it| it.proposal.is_none());
        let starts = opening.filter_map(|flow| {
            let calendar = self.policy.calendar_of(flow);
            match flow.each {
                Some(kind) => calendar.period_containing(kind, first).ok().map(|it| it.first),
                None => earliest_fact(example),
            }
        });
        let judging = self.policy.frameworks.iter().filter(|it| matches!(it.judged, Judged::On(_)));
        let judging = judging.filter_map(|it| {
            self.policy.calendars[it.calendar].period_containing(it.each, first).ok().map(|it| it.first)
        });
        let start = starts.chain(judging).min().unwrap_or(first).min(first);
        self.bench.adopted.map_or(start, |adopted| adopted.min(first))
    }

    fn acts_of(&mut self, example: &Example, today: Date) {
        for line in &example.lines {
            let act = matches!(&line.kind, ExampleLineKind::Change { on, .. } | ExampleLineKind::Fills { on, .. }
                | ExampleLineKind::Chooses { on, .. } | ExampleLineKind::Acts { on, .. } if day_of(on) == Ok(today));
            if act && matches!(line.kind, ExampleLineKind::Chooses { .. } | ExampleLineKind::Acts { .. }) {
                self.open_cases(today);
            }
            if let Some(words) = act.then(|| self.bench.take(&line.kind).err()).flatten() {
                self.fail(line.span, "an act that the policy allows", words);
            }
        }
    }

    fn open_cases(&mut self, today: Date) {
        self.bench.judge(self.begins, today);
        for flow in (0..self.policy.workflows.len()).map(WorkflowId::at) {
            for period in periods(self.policy, flow, self.first, today) {
                for key in self.bench.facts().records(self.policy.workflow(flow).subject) {
                    // Not yet: it is asked again tomorrow.
                    let _ = self.bench.open_since(flow, &key, period, (self.first, today));
                }
            }
        }
    }

    fn look_at_each(&mut self, from: usize, today: Date) {
        for at in from..self.bench.cases.len() {
            if self.bench.cases[at].case.is_open() {
                self.bench.look(at, today);
            }
        }
    }

    /// One look at everything at the end of a day; the notices that go out.
    fn look(&mut self, today: Date) -> Vec<Notice> {
        self.open_cases(today);
        self.look_at_each(0, today);
        let before = self.bench.cases.len();
        if self.bench.judge_what_was_done(self.begins, today) {
            self.look_at_each(before, today);
        }
        // What acts brought belongs to the day.
        let mut notices = Vec::new();
        for (at, running) in self.bench.cases.iter().enumerate() {
            let new = &running.events[self.told.get(at).copied().unwrap_or(0)..];
            notices.extend(new.iter().flat_map(notices_of).filter(|it| it.state == NoticeState::Due).cloned());
        }
        self.told = self.bench.cases.iter().map(|it| it.events.len()).collect();
        notices
    }

    // ---- expectations

    /// Checks the lines of a day; without days, those that ask only for values.
    fn expect_all(&mut self, example: &Example, day: Option<(Date, &[Notice])>) {
        let mut line_day = None;
        let lines: Vec<&ExampleLine> = example.lines.iter().collect();
        let last = lines.iter().filter_map(|it| day_of_line(&it.kind)).max();
        for line in lines {
            line_day = day_of_line(&line.kind).or(line_day);
            let ExampleLineKind::Expect { expectation, .. } = &line.kind else { continue };
            let asked_on = line_day.or(last);
            if asked_on != day.map(|it| it.0) {
                continue;
            }
            let (on, notices) = day.unwrap_or((Date::MIN, &[]));
            if let Err((expected, came)) = self.expect(expectation, on, notices) {
                if let Expectation::Notice { message, .. } = expectation {
                    self.wanted.push((self.failures.len(), message.text.clone(), on));
                }
                let (why, because) = (self.why(expectation, on), self.because(expectation));
                self.failures.push(Failure { span: line.span, expected, came, why, because });
            }
        }
    }

    /// A notice that was wanted on one day and came on another: when, the nearest days first.
    fn say_when_it_came(&mut self) {
        for (at, message, on) in std::mem::take(&mut self.wanted) {
            let mut days: Vec<(i64, Date)> = self
                .sent
                .iter()
                .filter(|(day, it)| it.message == message && *day != on)
                .filter_map(|(day, _)| Some((on.until(*day).ok()?.get_days().into(), *day)))
                .collect();
            days.sort_by_key(|(away, day)| (away.abs(), *day));
            days.dedup();
            let told: Vec<String> = days
                .iter()
                .take(2)
                .map(|(_, day)| {
                    let that_day = self.sent.iter().filter(|(other, it)| other == day && it.message == message);
                    let to: BTreeSet<&str> = that_day.map(|(_, it)| it.to.1.as_str()).collect();
                    format!("{message} to {} on {day}", list(&to))
                })
                .collect();
            if !told.is_empty() {
                self.failures[at].came += &format!(" that day, but {}", told.join(" and "));
            }
        }
    }

    fn expect(&self, expectation: &Expectation, on: Date, notices: &[Notice]) -> Result<(), (String, String)> {
        if let Some(why) = self.cannot_be_asked(expectation) {
            return Err(("what can be run".to_owned(), why));
        }
        match expectation {
            Expectation::Nothing if notices.is_empty() => Ok(()),
            Expectation::Nothing => Err((format!("nothing on {on}"), told(notices))),
            Expectation::Notice { message, to } => {
                let came: BTreeSet<&str> = to_whom(notices, &message.text).collect();
                let wanted: BTreeSet<&str> = to.iter().map(|it| it.text.as_str()).collect();
                let expected = || format!("{} to {} on {on}", message.text, list(&wanted));
                if came == wanted || (wanted.is_empty() && !came.is_empty()) {
                    Ok(())
                } else {
                    Err((expected(), told(notices)))
                }
            }
            Expectation::NoNotice { message, to } => {
                let came: Vec<&str> = to_whom(notices, &message.text).collect();
                let bad =
                    if to.is_empty() { !came.is_empty() } else { to.iter().any(|it| came.contains(&it.text.as_str())) };
                if bad { Err((format!("no {} on {on}", message.text), told(notices))) } else { Ok(()) }
            }
            Expectation::StageOpen { stage: workflow, of: Some(of), with }
                if with.is_empty() && self.policy.workflow_named(&workflow.text).is_some() =>
            {
                let open = Name { text: "open".to_owned(), span: workflow.span };
                self.expect_case(workflow, of, &open)
            }
            Expectation::StageOpen { stage, of, with } => {
                let found = self.stage(stage, of.as_ref());
                let holders: Option<BTreeSet<&str>> =
                    found.filter(|it| it.status == StageStatus::Running).map(holders_of);
                let wanted: BTreeSet<&str> = with.iter().map(|it| it.text.as_str()).collect();
                match holders {
                    Some(holders) if wanted.is_empty() || holders == wanted => Ok(()),
                    Some(holders) => Err((
                        format!("`{}` open with {}", stage.text, list(&wanted)),
                        format!("open with {}", list(&holders)),
                    )),
                    None => Err((format!("`{}` open", stage.text), self.told_stage(stage, of.as_ref()))),
                }
            }
            Expectation::StageNotOpen { stage, of } => {
                let mut all = self.policy.workflows.iter().flat_map(|it| &it.stages);
                if !all.any(|it| it.label.name == stage.text) {
                    return Err((format!("`{}` not open", stage.text), "there is no stage of that name".to_owned()));
                }
                let ours =
                    self.bench.cases.iter().filter(|it| of.as_ref().is_none_or(|of| self.is_about(&it.case, &of.text)));
                let mut stages = ours.filter_map(|it| it.case.stage(&stage.text));
                match stages.find(|it| it.status == StageStatus::Running) {
                    None => Ok(()),
                    Some(it) => {
                        let came = format!("it is open with {}", list(&holders_of(it)));
                        Err((format!("`{}` not open", stage.text), came))
                    }
                }
            }
            Expectation::StageDue { stage, of, date } => {
                let wanted = day_of(date).map_err(|words| ("a date".to_owned(), words))?;
                let due = self.stage(stage, of.as_ref()).and_then(|it| it.dates.due.as_ref());
                match due {
                    Some(due) if due.day == wanted => Ok(()),
                    Some(due) => Err((
                        format!("`{}` due {wanted}", stage.text),
                        format!("due {} ({})", due.day, due.derivation.lines().join("; ")),
                    )),
                    None => Err((format!("`{}` due {wanted}", stage.text), self.told_stage(stage, of.as_ref()))),
                }
            }
            // A workflow that may end as it says itself.
            Expectation::StageState { stage: workflow, of: Some(of), state }
                if self.workflow_named(&workflow.text).is_some_and(|it| it.may_end_as(&state.text)) =>
            {
                self.expect_case(workflow, of, state)
            }
            Expectation::StageState { stage, of, state } => {
                let found = self.stage_and_case(stage, of.as_ref());
                let holds = found.is_some_and(|(case, it)| stage_is(case, it, &state.text, on));
                if holds {
                    Ok(())
                } else {
                    Err((format!("`{}` {}", stage.text, state.text), self.told_stage(stage, of.as_ref())))
                }
            }
            Expectation::CaseState { workflow, of, state } => self.expect_case(workflow, of, state),
            Expectation::Value { name, of, period, value, because } => {
                self.expect_value(name, of, period.as_ref(), (value, because.as_ref()), on)
            }
            Expectation::Outcome {
                rule,
                state: state @ (OutcomeState::Imposed | OutcomeState::Stayed),
                of,
                period,
                ..
            } => outcomes::expect_standing(self.policy, &self.bench, rule, *state, (of, period.as_ref())),
            Expectation::Outcome { rule, state, of, period, amount, want } => outcomes::expect(
                self.policy,
                self.bench.facts(),
                self.listener,
                &outcomes::Asked { rule, state: *state, of, period: period.as_ref(), amount: amount.as_ref(), want },
            ),
            Expectation::Default { by } => {
                let found = self.bench.cases.iter().flat_map(|it| &it.events).any(|event| match event {
                    Event::StepTaken { default, and_by, .. } => {
                        let theirs = |it: &DefaultRecord| it.by.as_ref().is_some_and(|(_, key)| *key == by.text);
                        default.iter().chain(and_by).any(theirs)
                    }
                    Event::CommitteeLate { defaults, .. } => {
                        defaults.iter().any(|it| it.by.as_ref().is_some_and(|(_, key)| *key == by.text))
                    }
                    _ => false,
                });
                if found { Ok(()) } else { Err((format!("a default by {}", by.text), "none is on record".to_owned())) }
            }
        }
    }

    /// Why an expectation can't be asked: it is about a workflow that can't be run yet.
    fn cannot_be_asked(&self, expectation: &Expectation) -> Option<String> {
        let mut flows = self.policy.workflows.iter();
        let flow = match expectation {
            Expectation::StageState { stage: workflow, state, .. }
                if self.workflow_named(&workflow.text).is_some_and(|it| it.may_end_as(&state.text)) =>
            {
                self.workflow_named(&workflow.text)
            }
            Expectation::StageOpen { stage, .. }
            | Expectation::StageNotOpen { stage, .. }
            | Expectation::StageDue { stage, .. }
            | Expectation::StageState { stage, .. } => {
                // Stages of several workflows may share a name: one that runs can be asked.
                let with: Vec<_> = flows.filter(|it| it.stages.iter().any(|it| it.label.name == stage.text)).collect();
                if with.iter().any(|it| it.runs()) { None } else { with.first().copied() }
            }
            Expectation::CaseState { workflow, .. } => flows.find(|it| it.label.name == workflow.text),
            Expectation::Nothing
            | Expectation::Notice { .. }
            | Expectation::NoNotice { .. }
            | Expectation::Value { .. }
            | Expectation::Default { .. }
            | Expectation::Outcome { .. } => None,
        };
        flow.and_then(crate::policy::model::Workflow::why_not_run)
    }

    fn workflow_named(&self, name: &str) -> Option<&'a Workflow> {
        self.policy.workflows.iter().find(|it| it.label.name == name)
    }

    fn expect_case(&self, workflow: &Name, of: &Name, state: &Name) -> Result<(), (String, String)> {
        let expected = || format!("{} {} for {}", workflow.text, state.text, of.text);
        let case =
            self.bench.cases.iter().find(|it| it.case.workflow == workflow.text && self.is_about(&it.case, &of.text));
        let Some(running) = case else { return Err((expected(), "there is no such case".to_owned())) };
        let holds = match (state.text.as_str(), running.case.status) {
            ("open", CaseStatus::Open) | ("ended", CaseStatus::Ended(_)) => true,
            // How the workflow says that it may end, or how it did.
            (word, status) => status.word() == word || running.case.mark.as_deref() == Some(word),
        };
        let how = running.case.mark.as_ref().map_or_else(String::new, |it| format!(", marked \"{it}\""));
        if holds { Ok(()) } else { Err((expected(), format!("it is {}{how}", running.case.status.word()))) }
    }

    fn expect_value(
        &self,
        name: &Name,
        of: &Name,
        period: Option<&PeriodLiteral>,
        (wanted, because): (&Expr, Option<&Text>),
        on: Date,
    ) -> Result<(), (String, String)> {
        let words = |words: String| (format!("a value of `{}`", name.text), words);
        let policy = self.policy;
        let definition = policy.definitions.iter().position(|it| it.label.name == name.text);
        let scale = policy.scales.iter().position(|it| it.label.name == name.text);
        let (record, each) = match (definition, scale) {
            (Some(at), _) => (policy.definitions[at].of, policy.definitions[at].each),
            (None, Some(at)) => (policy.scales[at].subject, policy.scales[at].each),
            (None, None) => return Err(words("there is no definition or scale of that name".to_owned())),
        };
        let subject = RecordRef { record, key: Arc::from(of.text.as_str()) };
        let period = match (each, period) {
            (Some(kind), Some(label)) => {
                Some(policy.main().period_from_label(kind, &label.label).map_err(|error| words(error.to_string()))?)
            }
            (Some(_), None) => return Err(words("name the period: `in 2025/26`".to_owned())),
            (None, _) => None,
        };
        let day = period.map_or(on, |it| it.last);
        let scope = Scope::new(policy, policy.main(), self.bench.facts(), subject, period, day).heard_by(self.listener);
        let subject_of = || {
            Box::new(crate::policy::model::Expr { kind: Meaning::Subject, ty: Type::Record(record), span: name.span })
        };
        let (kind, ty) = match (definition, scale) {
            (Some(at), _) => {
                let id = crate::ids::DefinitionId::at(at);
                (Meaning::Definition { id, of: subject_of(), when: When::Now }, policy.definitions[at].value.ty.clone())
            }
            (None, Some(at)) => {
                let id = crate::ids::ScaleId::at(at);
                (Meaning::Band { id, of: subject_of(), when: When::Now }, Type::Choice(policy.scales[at].choices))
            }
            (None, None) => return Err(words("there is nothing of that name".to_owned())),
        };
        let asked = crate::policy::model::Expr { kind, ty, span: name.span };
        let came = eval::value(&scope, &asked);
        if !same(policy, &came, wanted) {
            return Err(words_of(policy, name, of, wanted, &came));
        }
        let caps = scale.map_or_else(Vec::new, |at| eval::caps_that_hold(&scope, &policy.scales[at]));
        let reasons: Vec<&str> = caps.iter().filter_map(|it| it.because.as_deref()).collect();
        match because {
            Some(because) if !reasons.contains(&because.text.as_str()) => {
                let came = if reasons.is_empty() { "nothing capped it".to_owned() } else { reasons.join(", ") };
                Err((format!("the reason \"{}\"", because.text), came))
            }
            _ => Ok(()),
        }
    }

    /// Whether a case is that of a record, or of a child of it: children have no names of their own.
    pub(super) fn is_about(&self, case: &Case, key: &str) -> bool {
        is_about(self.policy, case, key)
    }

    pub(super) fn stage_and_case(&self, stage: &Name, of: Option<&Name>) -> Option<(&Case, &StageCase)> {
        let ours = self.bench.cases.iter().filter(|it| of.is_none_or(|of| self.is_about(&it.case, &of.text)));
        ours.rev_find(&stage.text)
    }

    fn stage(&self, stage: &Name, of: Option<&Name>) -> Option<&StageCase> {
        self.stage_and_case(stage, of).map(|it| it.1)
    }

    fn told_stage(&self, stage: &Name, of: Option<&Name>) -> String {
        match self.stage(stage, of) {
            None => of
                .and_then(|of| opened_before(&self.bench.desk(), &stage.text, &of.text, self.first))
                .unwrap_or_else(|| "it has not begun".to_owned()),
            Some(it) => format!(
                "it is {:?}, due {}",
                it.status,
                it.dates.due.as_ref().map_or_else(|| "never".to_owned(), |due| due.day.to_string())
            )
            .to_lowercase(),
        }
    }
}

/// The earliest day among the facts of an example.
fn earliest_fact(example: &Example) -> Option<Date> {
    let values = example.lines.iter().filter_map(|line| match &line.kind {
        ExampleLineKind::Facts { values, .. } | ExampleLineKind::Of { values, .. } => Some(values),
        _ => None,
    });
    let days = values.flatten().filter_map(|it| match &it.value.kind {
        ExprKind::Date(date) => day_of(date).ok(),
        _ => None,
    });
    days.min()
}

/// Finds a stage among cases, the latest case first.
trait RevFind<'c> {
    fn rev_find(self, stage: &str) -> Option<(&'c Case, &'c StageCase)>;
}

impl<'c, I: Iterator<Item = &'c BenchCase>> RevFind<'c> for I {
    fn rev_find(self, stage: &str) -> Option<(&'c Case, &'c StageCase)> {
        self.filter_map(|it| it.case.stage(stage).map(|found| (&it.case, found))).last()
    }
}

fn day_of_line(kind: &ExampleLineKind) -> Option<Date> {
    match kind {
        ExampleLineKind::Expect { on, .. } => on.as_ref().and_then(|it| day_of(it).ok()),
        ExampleLineKind::Fills { on, .. }
        | ExampleLineKind::Chooses { on, .. }
        | ExampleLineKind::Acts { on, .. }
        | ExampleLineKind::Change { on, .. } => day_of(on).ok(),
        ExampleLineKind::Adopted(_)
        | ExampleLineKind::Imposed { .. }
        | ExampleLineKind::Facts { .. }
        | ExampleLineKind::Of { .. } => None,
    }
}

fn holders_of(stage: &StageCase) -> BTreeSet<&str> {
    stage.holders.iter().filter_map(|it| it.who.as_ref()).map(|(_, key)| key.as_str()).collect()
}

fn stage_is(case: &Case, stage: &StageCase, word: &str, on: Date) -> bool {
    match word {
        "open" => stage.status == StageStatus::Running,
        "done" => stage.status == StageStatus::Done,
        "late" => stage.late,
        // What was chosen.
        word if stage.choice.as_deref() == Some(word) => true,
        "lapsed" => stage.status == StageStatus::Lapsed,
        "suspended" => stage.status == StageStatus::Running && case.stands_still_on(on),
        "overdue" => stage.status == StageStatus::Running && stage.dates.due.as_ref().is_some_and(|due| due.day < on),
        _ => false,
    }
}

fn to_whom<'n>(notices: &'n [Notice], message: &str) -> impl Iterator<Item = &'n str> {
    notices.iter().filter(move |it| it.message == message).map(|it| it.to.1.as_str())
}

fn told(notices: &[Notice]) -> String {
    let lines: Vec<String> = notices.iter().map(|it| format!("{} to {}", it.message, it.to.1)).collect();
    if lines.is_empty() { "no notice".to_owned() } else { lines.join(", ") }
}

fn list(names: &BTreeSet<&str>) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.iter().copied().collect::<Vec<_>>().join(", ") }
}

/// Whether a value is the one that an example writes.
pub(super) fn same(policy: &Policy, came: &Value, wanted: &Expr) -> bool {
    match (came, &wanted.kind) {
        (Value::Known(came), ExprKind::Negative(wanted)) => {
            let turned = match came {
                Known::Number(number) => number.negate().map(Known::Number),
                Known::Money { currency, amount } => {
                    amount.negate().map(|amount| Known::Money { currency: currency.clone(), amount })
                }
                _ => return false,
            };
            turned.is_ok_and(|it| same(policy, &it.into(), wanted))
        }
        (Value::Unknown(_), ExprKind::Unknown) => true,
        (Value::Known(Known::Number(number)), ExprKind::Number(written)) => {
            parse(&written.text).is_ok_and(|it| it == *number)
        }
        (Value::Known(Known::Number(number)), ExprKind::Percent(written)) => {
            let hundredfold = number.multiply(crate::value::Number::from(100));
            parse(&written.text).is_ok_and(|it| hundredfold == Ok(it))
        }
        (Value::Known(Known::Text(text)), ExprKind::Text(written)) => **text == written.text,
        (Value::Known(Known::Money { amount, currency }), ExprKind::Money { amount: written, currency: named }) => {
            **currency == named.text && parse(&written.text).is_ok_and(|it| it == *amount)
        }
        (Value::Known(Known::Duration { count, unit }), ExprKind::Length(length)) => {
            *unit == crate::policy::time_unit(length.unit)
                && parse(&length.count.text).is_ok_and(|it| it == crate::value::Number::from(*count))
        }
        (Value::Known(Known::YesNo(yes)), ExprKind::YesNo(written)) => yes == written,
        (Value::Known(Known::Date(day)), ExprKind::Date(written)) => day_of(written).is_ok_and(|it| it == *day),
        (Value::Known(Known::Choice(choices, at)), ExprKind::Name(name)) => {
            policy.choices[choices.index()].choices.get(*at as usize).is_some_and(|it| it.name == name.text)
        }
        _ => false,
    }
}

fn words_of(policy: &Policy, name: &Name, of: &Name, wanted: &Expr, came: &Value) -> (String, String) {
    let wanted = match &wanted.kind {
        ExprKind::Length(length) => {
            let count = length.count.text.parse().unwrap_or_default();
            eval::render(&Known::Duration { count, unit: crate::policy::time_unit(length.unit) }.into(), policy)
        }
        _ => as_written(wanted),
    };
    (format!("{} of {} is {wanted}", name.text, of.text), eval::render(came, policy))
}

fn as_written(wanted: &Expr) -> String {
    match &wanted.kind {
        ExprKind::Number(number) => number.text.clone(),
        ExprKind::Percent(number) => format!("{}%", number.text),
        ExprKind::Negative(inner) => format!("-{}", as_written(inner)),
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Unknown => "unknown".to_owned(),
        ExprKind::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        ExprKind::Text(text) => format!("\"{}\"", text.text),
        ExprKind::Money { currency, amount } => format!("{} {}", currency.text, amount.text),
        ExprKind::Date(day) => day_of(day).map_or_else(|words| words, |it| it.to_string()),
        _ => "another value".to_owned(),
    }
}
