//! Runs an `example` block: facts, acts and days, by the very evaluator and machine that the engine uses, in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::desk::{Desk, Opens};
use crate::casework::facts::{day_of, parse, value_of};
use crate::eval::{self, MemoryFacts, Scope};
use crate::ids::{RecordId, WorkflowId};
use crate::policy::model::{ExprKind as Meaning, Policy, Shape, Type};
use crate::source::Span;
use crate::syntax::tree::{
    Example, ExampleLine, ExampleLineKind, Expectation, Expr, ExprKind, FactValue, Name, PeriodLiteral,
};
use crate::value::{Known, RecordRef, Value};
use crate::workflow::{Case, CaseStatus, Event, Look, Notice, NoticeState, StageCase, StageStatus, notices_of};

/// What came of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its title.
    pub title: String,
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
}

/// Runs an example.
#[must_use]
pub fn run(policy: &Policy, example: &Example) -> Verdict {
    let mut stage = Theatre::new(policy);
    stage.set_up(example);
    stage.play(example);
    Verdict { title: example.title.text.clone(), failures: stage.failures }
}

/// A case of the example.
struct Running {
    flow: WorkflowId,
    case: Case,
    events: Vec<Event>,
}

struct Theatre<'a> {
    policy: &'a Policy,
    facts: MemoryFacts<'a>,
    cases: Vec<Running>,
    adopted: Option<Date>,
    failures: Vec<Failure>,
}

impl<'a> Theatre<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self { policy, facts: MemoryFacts::new(policy), cases: Vec::new(), adopted: None, failures: Vec::new() }
    }

    fn fail(&mut self, span: Span, expected: impl Into<String>, came: impl Into<String>) {
        self.failures.push(Failure { span, expected: expected.into(), came: came.into() });
    }

    // ---- facts

    fn set_up(&mut self, example: &Example) {
        for line in &example.lines {
            let result = match &line.kind {
                ExampleLineKind::Adopted(date) => day_of(date).map(|day| self.adopted = Some(day)),
                ExampleLineKind::Facts { record, name, values } => self.state(record, name, None, values, Date::MIN),
                ExampleLineKind::Of { record, of, period, values } => {
                    self.state(record, of, period.as_ref(), values, Date::MIN)
                }
                _ => Ok(()),
            };
            if let Err(words) = result {
                self.fail(line.span, "facts that fit the policy", words);
            }
        }
    }

    /// Writes facts: of a record itself, or of its panel for a period.
    fn state(
        &mut self,
        record: &Name,
        name: &Name,
        period: Option<&PeriodLiteral>,
        values: &[FactValue],
        from: Date,
    ) -> Result<(), String> {
        let id =
            self.policy.record_named(&record.text).ok_or_else(|| format!("there is no record `{}`", record.text))?;
        let key: Arc<str> = Arc::from(name.text.as_str());
        match self.policy.record(id).shape {
            Shape::Entity { .. } => {
                let of = RecordRef { record: id, key };
                self.facts.declare(&of);
                self.write(&of, id, None, values, from)
            }
            Shape::Panel { of, each } => {
                let label = period
                    .ok_or_else(|| format!("`{}` is kept for each period: name one, such as 2025/26", record.text))?;
                let period =
                    self.policy.main().period_from_label(each, &label.label).map_err(|error| error.to_string())?;
                self.write(&RecordRef { record: of, key }, id, Some(period), values, from)
            }
            Shape::Child { .. } => Err(format!("`{}` can't be used in examples yet", record.text)),
        }
    }

    fn write(
        &mut self,
        of: &RecordRef,
        record: RecordId,
        period: Option<Period>,
        values: &[FactValue],
        from: Date,
    ) -> Result<(), String> {
        for written in values {
            let kind = self.policy.record(record);
            let field = kind.field_named(&written.field.text);
            let field = field.ok_or_else(|| format!("`{}` has no field `{}`", kind.label.name, written.field.text))?;
            let value = value_of(self.policy, &kind.fields[field.index()].kind, &written.value)?;
            if let Value::Known(Known::Record(other)) = &value {
                self.facts.declare(other);
            }
            let from = match written.from.as_ref().map(|it| &it.kind) {
                Some(ExprKind::Date(date)) => day_of(date)?,
                _ => from,
            };
            match period {
                Some(period) => self.facts.set_panel(of, record, period.first, field, value),
                None => self.facts.set(of, field, from, value),
            }
        }
        Ok(())
    }

    // ---- days

    fn play(&mut self, example: &Example) {
        let Some(first) = example.lines.iter().filter_map(|it| day_of_line(&it.kind)).min() else {
            self.expect_all(example, None);
            return;
        };
        let last = example.lines.iter().filter_map(|it| day_of_line(&it.kind)).max().unwrap_or(first);
        let mut day = self.first_day(first, example);
        while day <= last {
            self.acts_of(example, day);
            let notices = self.look(day);
            let before = Some((day, notices.as_slice()));
            self.expect_all(example, before);
            let Ok(next) = day.tomorrow() else { return };
            day = next;
        }
    }

    /// The example begins with the period of its first day, with its earliest fact where a workflow has no periods, or at its
    /// adoption.
    fn first_day(&self, first: Date, example: &Example) -> Date {
        let starts = self.policy.workflows.iter().filter_map(|flow| {
            let calendar = self.policy.calendar_of(flow);
            match flow.each {
                Some(kind) => calendar.period_containing(kind, first).ok().map(|it| it.first),
                None => earliest_fact(example),
            }
        });
        let start = starts.min().unwrap_or(first).min(first);
        self.adopted.map_or(start, |adopted| adopted.min(first))
    }

    fn acts_of(&mut self, example: &Example, today: Date) {
        for line in &example.lines {
            let result = match &line.kind {
                ExampleLineKind::Change { on, record, name, period, values } if day_of(on) == Ok(today) => {
                    self.state(record, name, period.as_ref(), values, today)
                }
                ExampleLineKind::Fills { on, who, values, .. } if day_of(on) == Ok(today) => self.fill(who, values),
                _ => Ok(()),
            };
            if let Err(words) = result {
                self.fail(line.span, "an act that the policy allows", words);
            }
        }
    }

    /// Somebody writes the fields of a stage that lies with them.
    fn fill(&mut self, who: &Name, values: &[FactValue]) -> Result<(), String> {
        for value in values {
            let place = self.cases.iter().find_map(|running| {
                let flow = self.policy.workflow(running.flow);
                let stage = flow.stages.iter().find(|stage| {
                    let lies = running.case.stages.get(&stage.label.name).is_some_and(|it| lies_with(it, &who.text));
                    lies && stage
                        .fills
                        .iter()
                        .any(|it| self.policy.field(it.record, it.field).label.name == value.field.text)
                })?;
                let fill = stage
                    .fills
                    .iter()
                    .find(|it| self.policy.field(it.record, it.field).label.name == value.field.text)?;
                let subject = RecordRef { record: flow.subject, key: Arc::from(running.case.subject.as_str()) };
                Some((subject, fill.record, period_of(self.policy, running)))
            });
            let (subject, record, period) =
                place.ok_or_else(|| format!("no stage that lies with {} fills `{}`", who.text, value.field.text))?;
            let panel = matches!(self.policy.record(record).shape, Shape::Panel { .. });
            self.write(&subject, record, period.filter(|_| panel), std::slice::from_ref(value), Date::MIN)?;
        }
        Ok(())
    }

    /// One look at everything at the end of a day; the notices that go out.
    fn look(&mut self, today: Date) -> Vec<(Notice, bool)> {
        let desk = Desk::new(self.policy, &self.facts, "en");
        let mut notices = Vec::new();
        let mut fresh = Vec::new();
        for flow in (0..self.policy.workflows.len()).map(WorkflowId::at) {
            for period in self.periods(flow, today) {
                for key in self.facts.records(self.policy.workflow(flow).subject) {
                    let first = period.map(|it| it.first.to_string()).unwrap_or_default();
                    let there = self
                        .cases
                        .iter()
                        .any(|it| it.flow == flow && *it.case.subject == *key && it.case.period == first);
                    if there {
                        continue;
                    }
                    if let Opens::On { day, at_start_of_period } = desk.opens(flow, &key, period, today) {
                        let event = opened(self.policy, flow, &key, first, day, at_start_of_period, self.adopted);
                        fresh.push(Running { flow, case: Case::replay([&event]), events: vec![event] });
                    }
                }
            }
        }
        let mut cases = std::mem::take(&mut self.cases);
        cases.extend(fresh);
        let mut stuck = Vec::new();
        for running in cases.iter_mut().filter(|it| it.case.is_open()) {
            let calendar = self.policy.calendar_of(self.policy.workflow(running.flow));
            let look = Look {
                until: calendar.end_of_day(today).0,
                today,
                stale_after: 3,
                grace_after_adoption: 10,
                grace_after_downtime: 5,
            };
            let advanced = desk.look(running.flow, &running.case, &look);
            for event in &advanced.events {
                let sent = notices_of(event).iter().filter(|it| it.state == NoticeState::Due);
                notices.extend(sent.map(|it| (it.clone(), matches!(event, Event::StepTaken { .. }))));
            }
            running.events.extend(advanced.events);
            running.case = advanced.case;
            stuck.extend(advanced.stuck.map(|it| (running.case.subject.clone(), it.0)));
        }
        self.cases = cases;
        let _ = stuck;
        notices
    }

    fn periods(&self, flow: WorkflowId, today: Date) -> Vec<Option<Period>> {
        let workflow = self.policy.workflow(flow);
        let Some(kind) = workflow.each else { return vec![None] };
        let calendar = self.policy.calendar_of(workflow);
        let current = calendar.period_containing(kind, today).ok();
        let known: BTreeSet<Option<Date>> =
            self.cases.iter().filter(|it| it.flow == flow).map(|it| it.case.period.parse().ok()).collect();
        let earlier = known.into_iter().flatten().filter_map(|first| calendar.period_containing(kind, first).ok());
        let mut periods: Vec<Option<Period>> = earlier.chain(current).map(Some).collect();
        periods.dedup();
        periods
    }

    // ---- expectations

    /// Checks the lines of a day; without days, those that ask only for values.
    fn expect_all(&mut self, example: &Example, day: Option<(Date, &[(Notice, bool)])>) {
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
                self.fail(line.span, expected, came);
            }
        }
    }

    fn expect(&self, expectation: &Expectation, on: Date, notices: &[(Notice, bool)]) -> Result<(), (String, String)> {
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
            Expectation::StageDue { stage, of, date } => {
                let wanted = day_of(date).map_err(|words| ("a date".to_owned(), words))?;
                let due = self.stage(stage, of.as_ref()).and_then(|it| it.dates.due.as_ref());
                match due {
                    Some(due) if due.day == wanted => Ok(()),
                    Some(due) => Err((format!("`{}` due {wanted}", stage.text), due.derivation.lines().join("; "))),
                    None => Err((format!("`{}` due {wanted}", stage.text), self.told_stage(stage, of.as_ref()))),
                }
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
            Expectation::Value { name, of, period, value } => self.expect_value(name, of, period.as_ref(), value, on),
            Expectation::Default { by } => {
                let found = self.cases.iter().flat_map(|it| &it.events).any(|event| match event {
                    Event::StepTaken { default: Some(default), .. } => {
                        default.by.as_ref().is_some_and(|(_, key)| *key == by.text)
                    }
                    _ => false,
                });
                if found { Ok(()) } else { Err((format!("a default by {}", by.text), "none is on record".to_owned())) }
            }
        }
    }

    fn expect_case(&self, workflow: &Name, of: &Name, state: &Name) -> Result<(), (String, String)> {
        let expected = || format!("{} {} for {}", workflow.text, state.text, of.text);
        let case = self.cases.iter().find(|it| it.case.workflow == workflow.text && it.case.subject == of.text);
        let Some(running) = case else { return Err((expected(), "there is no such case".to_owned())) };
        let holds = match (state.text.as_str(), running.case.status) {
            ("open", CaseStatus::Open) | ("ended", CaseStatus::Ended(_)) => true,
            (word, status) => status.word() == word,
        };
        if holds { Ok(()) } else { Err((expected(), format!("it is {}", running.case.status.word()))) }
    }

    fn expect_value(
        &self,
        name: &Name,
        of: &Name,
        period: Option<&PeriodLiteral>,
        wanted: &Expr,
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
        let scope = Scope::new(policy, policy.main(), &self.facts, subject, period, day);
        let subject_of = || {
            Box::new(crate::policy::model::Expr { kind: Meaning::Subject, ty: Type::Record(record), span: name.span })
        };
        let (kind, ty) = match (definition, scale) {
            (Some(at), _) => {
                let id = crate::ids::DefinitionId::at(at);
                (Meaning::Definition { id, of: subject_of(), ago: 0 }, policy.definitions[at].value.ty.clone())
            }
            (None, Some(at)) => {
                let id = crate::ids::ScaleId::at(at);
                (Meaning::Band { id, of: subject_of(), ago: 0 }, Type::Choice(policy.scales[at].choices))
            }
            (None, None) => return Err(words("there is nothing of that name".to_owned())),
        };
        let asked = crate::policy::model::Expr { kind, ty, span: name.span };
        let came = eval::value(&scope, &asked);
        if same(policy, &came, wanted) { Ok(()) } else { Err(words_of(policy, name, of, wanted, &came)) }
    }

    fn stage_and_case(&self, stage: &Name, of: Option<&Name>) -> Option<(&Case, &StageCase)> {
        let ours = self.cases.iter().filter(|it| of.is_none_or(|of| it.case.subject == of.text));
        ours.rev_find(&stage.text)
    }

    fn stage(&self, stage: &Name, of: Option<&Name>) -> Option<&StageCase> {
        self.stage_and_case(stage, of).map(|it| it.1)
    }

    fn told_stage(&self, stage: &Name, of: Option<&Name>) -> String {
        match self.stage(stage, of) {
            None => "it has not begun".to_owned(),
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

impl<'c, I: Iterator<Item = &'c Running>> RevFind<'c> for I {
    fn rev_find(self, stage: &str) -> Option<(&'c Case, &'c StageCase)> {
        self.filter_map(|it| it.case.stages.get(stage).map(|found| (&it.case, found))).last()
    }
}

fn day_of_line(kind: &ExampleLineKind) -> Option<Date> {
    match kind {
        ExampleLineKind::Expect { on, .. } => on.as_ref().and_then(|it| day_of(it).ok()),
        ExampleLineKind::Fills { on, .. } | ExampleLineKind::Change { on, .. } => day_of(on).ok(),
        ExampleLineKind::Adopted(_) | ExampleLineKind::Facts { .. } | ExampleLineKind::Of { .. } => None,
    }
}

fn opened(
    policy: &Policy,
    flow: WorkflowId,
    key: &str,
    period: String,
    on: Date,
    at_start_of_period: bool,
    adopted: Option<Date>,
) -> Event {
    let workflow = policy.workflow(flow);
    Event::CaseOpened {
        workflow: workflow.label.name.clone(),
        subject_type: policy.record(workflow.subject).label.name.clone(),
        subject: key.to_owned(),
        period,
        nth: 1,
        policy: 0,
        on,
        at_start_of_period,
        adopted,
    }
}

fn period_of(policy: &Policy, running: &Running) -> Option<Period> {
    let flow = policy.workflow(running.flow);
    policy.calendar_of(flow).period_containing(flow.each?, running.case.period.parse().ok()?).ok()
}

fn lies_with(stage: &StageCase, key: &str) -> bool {
    stage.status == StageStatus::Running && holders_of(stage).contains(key)
}

fn holders_of(stage: &StageCase) -> BTreeSet<&str> {
    stage.holders.iter().filter_map(|it| it.who.as_ref()).map(|(_, key)| key.as_str()).collect()
}

fn stage_is(case: &Case, stage: &StageCase, word: &str, on: Date) -> bool {
    match word {
        "open" => stage.status == StageStatus::Running,
        "done" => stage.status == StageStatus::Done,
        "late" => stage.late,
        "lapsed" => stage.status == StageStatus::Lapsed,
        "suspended" => stage.status == StageStatus::Running && case.stands_still_on(on),
        "overdue" => stage.status == StageStatus::Running && stage.dates.due.as_ref().is_some_and(|due| due.day < on),
        _ => false,
    }
}

fn to_whom<'n>(notices: &'n [(Notice, bool)], message: &str) -> impl Iterator<Item = &'n str> {
    notices.iter().filter(move |(it, _)| it.message == message).map(|(it, _)| it.to.1.as_str())
}

fn told(notices: &[(Notice, bool)]) -> String {
    let lines: Vec<String> = notices.iter().map(|(it, _)| format!("{} to {}", it.message, it.to.1)).collect();
    if lines.is_empty() { "no notice".to_owned() } else { lines.join(", ") }
}

fn list(names: &BTreeSet<&str>) -> String {
    if names.is_empty() { "nobody".to_owned() } else { names.iter().copied().collect::<Vec<_>>().join(", ") }
}

/// Whether a value is the one that an example writes.
fn same(policy: &Policy, came: &Value, wanted: &Expr) -> bool {
    match (came, &wanted.kind) {
        (Value::Unknown(_), ExprKind::Unknown) => true,
        (Value::Known(Known::Number(number)), ExprKind::Number(written)) => {
            parse(&written.text).is_ok_and(|it| it == *number)
        }
        (Value::Known(Known::Money { amount, .. }), ExprKind::Money { amount: written, .. }) => {
            parse(&written.text).is_ok_and(|it| it == *amount)
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
        ExprKind::Number(number) => number.text.clone(),
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Unknown => "unknown".to_owned(),
        _ => "another value".to_owned(),
    };
    (format!("{} of {} is {wanted}", name.text, of.text), eval::render(came, policy))
}
