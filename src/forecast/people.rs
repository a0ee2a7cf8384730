//! How people act in the years ahead: as they did before, or as a scenario assumes. What each of them does is drawn from (seed, run, case, stage), and what is written
//! from (seed, run, record, period, field), and from nothing else: neither the order of the work nor the number of threads changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use sha2::{Digest, Sha256};

use crate::eval::{Facts, Scope, truth};
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::assumption::{Assumed, Assumption, DoneWhen, Shares, Writes};
use crate::policy::model::{FieldKind, Policy, Shape};
use crate::value::{Known, Number, RecordRef, Truth, Value};
use crate::workflow::{Case, StageCase, StageStatus};

/// So many periods back values are taken from.
const PERIODS: usize = 5;

/// How a stage of somebody once ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Past {
    /// So many days after it was due, or after it opened where it was not due on a day; nothing where it was never done.
    pub days: Option<i32>,
    /// What was chosen.
    pub choice: Option<String>,
}

/// The groups of which people are: the values of some fields, as words.
pub type Group = Vec<String>;

/// What was seen, by group; without a group, of all.
type ByGroup<T> = BTreeMap<Group, Vec<T>>;

/// What people did before, by what was to be done and by their groups.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// By which fields of the subject they are told apart.
    by: Vec<String>,
    stages: BTreeMap<(WorkflowId, StageId), ByGroup<Past>>,
    values: BTreeMap<(RecordId, FieldId), ByGroup<Option<Known>>>,
    /// Stages of which a scenario assumes how they end.
    assumed: BTreeSet<(WorkflowId, StageId)>,
    /// What is kept by period and filled by no stage.
    entered: BTreeSet<(RecordId, FieldId)>,
}

/// One source of chance.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64, run: u32, words: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_be_bytes());
        hash.update(run.to_be_bytes());
        for it in words {
            hash.update(it.as_bytes());
            hash.update([0]);
        }
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A number of a hundred, in ten thousandths.
    pub(super) fn hundredth(&mut self) -> Number {
        let millionth = i64::try_from(self.0.next_u64() % 1_000_000).unwrap_or_default();
        Number::from_scaled(i128::from(millionth), 4).unwrap_or(Number::ZERO)
    }

    /// One of so many, from nought on.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        if count == 0 { 0 } else { self.0.next_u64() % count }
    }

    /// One of the parts of a whole.
    fn share<'t, T>(&mut self, shares: &'t Shares<T>) -> Option<&'t T> {
        let drawn = self.hundredth();
        let mut sum = Number::ZERO;
        for (percent, it) in shares {
            sum = sum.add(*percent).ok()?;
            if drawn < sum {
                return Some(it);
            }
        }
        shares.last().map(|it| &it.1)
    }

    /// One of several, each as likely.
    pub(super) fn one_of<'t, T>(&mut self, all: &'t [T]) -> Option<&'t T> {
        let count = u64::try_from(all.len()).ok().filter(|it| *it > 0)?;
        // Of 2^64 numbers, so few are too many that nobody can tell.
        all.get(usize::try_from(self.0.next_u64() % count).ok()?)
    }
}

impl People {
    /// What is known of how people acted: from their cases, and from the values that the records hold of the periods before a day.
    /// They are told apart by fields of the subject.
    #[must_use]
    pub fn of_history<'c>(
        policy: &Policy,
        facts: &dyn Facts,
        cases: impl IntoIterator<Item = (WorkflowId, &'c Case)>,
        by: &[String],
        before: Date,
    ) -> Self {
        let mut people = Self { by: by.to_vec(), ..Self::default() };
        for (flow, case) in cases {
            people.learn(policy, facts, flow, case);
        }
        people.read_values(policy, facts, before);
        people.assumed = assumed_stages(policy);
        for all in people.stages.values_mut() {
            all.values_mut().for_each(|it| it.sort());
        }
        people
    }

    fn learn(&mut self, policy: &Policy, facts: &dyn Facts, flow: WorkflowId, case: &Case) {
        let workflow = policy.workflow(flow);
        let subject = RecordRef { record: workflow.subject, key: Arc::from(case.subject.as_str()) };
        for (place, stage) in workflow.stages.iter().enumerate() {
            let Some(past) = case.stage(&stage.label.name).and_then(past) else { continue };
            let on = case.stage(&stage.label.name).and_then(|it| it.ended).unwrap_or(Date::MIN);
            let group = self.group(policy, facts, &subject, on);
            let all = self.stages.entry((flow, StageId::at(place))).or_default();
            all.entry(group).or_default().push(past.clone());
            if !self.by.is_empty() {
                all.entry(Group::new()).or_default().push(past);
            }
        }
    }

    /// The values of fields that stages fill, and of what is kept by period.
    fn read_values(&mut self, policy: &Policy, facts: &dyn Facts, before: Date) {
        let filled: BTreeSet<(RecordId, FieldId)> = policy
            .workflows
            .iter()
            .flat_map(|it| &it.stages)
            .flat_map(|it| it.fills.iter().chain(it.needs.iter().flat_map(|it| &it.fields)))
            .map(|it| (it.record, it.field))
            .collect();
        for record in (0..policy.records.len()).map(RecordId::at) {
            let fields = (0..policy.record(record).fields.len()).map(FieldId::at);
            let Shape::Panel { of, each } = policy.record(record).shape else {
                for field in fields.filter(|it| filled.contains(&(record, *it))) {
                    for it in facts.records(record) {
                        let value = facts.field(&it, field, before);
                        self.keep(policy, facts, (record, field), &it, known(value), before);
                    }
                }
                continue;
            };
            let calendar = policy.main();
            let last = calendar.period_containing(each, before).and_then(|it| calendar.shift(it, -1)).ok();
            let periods: Vec<_> =
                std::iter::successors(last, |it| calendar.shift(*it, -1).ok()).take(PERIODS).collect();
            let fields: Vec<FieldId> = fields.collect();
            for it in facts.records(of) {
                for period in &periods {
                    let values: Vec<Option<Known>> = fields
                        .iter()
                        .map(|field| known(facts.panel(&it, record, each, period.first, *field)))
                        .collect();
                    if values.iter().all(Option::is_none) {
                        continue;
                    }
                    for (field, value) in fields.iter().zip(values) {
                        self.keep(policy, facts, (record, *field), &it, value, before);
                    }
                }
            }
            self.entered.extend(fields.iter().map(|it| (record, *it)).filter(|it| !filled.contains(it)));
        }
        let assumed = |place: &(RecordId, FieldId)| {
            let written = |it: &Assumption| matches!(it.what, Assumed::Written { record, field, .. } if (record, field) == *place);
            policy.assumptions.iter().any(written)
        };
        self.entered.retain(|it| self.values.contains_key(it) || assumed(it));
    }

    fn keep(
        &mut self,
        policy: &Policy,
        facts: &dyn Facts,
        place: (RecordId, FieldId),
        of: &RecordRef,
        value: Option<Known>,
        on: Date,
    ) {
        if matches!(policy.field(place.0, place.1).kind, FieldKind::Date | FieldKind::Event) {
            return;
        }
        let group = self.group(policy, facts, of, on);
        let all = self.values.entry(place).or_default();
        if !group.is_empty() {
            all.entry(group).or_default().push(value.clone());
        }
        all.entry(Group::new()).or_default().push(value);
    }

    fn group(&self, policy: &Policy, facts: &dyn Facts, of: &RecordRef, on: Date) -> Group {
        let record = policy.record(of.record);
        let word = |name: &String| {
            let value = record.field_named(name).map(|it| facts.field(of, it, on));
            value.map_or_else(String::new, |it| crate::eval::render(&it, policy))
        };
        self.by.iter().map(word).collect()
    }

    /// Whether anything is known of how a stage ends.
    #[must_use]
    pub fn knows(&self, flow: WorkflowId, stage: StageId) -> bool {
        self.stages.contains_key(&(flow, stage)) || self.assumed.contains(&(flow, stage))
    }

    /// What is kept by period and filled by no stage.
    pub(super) fn entered(&self) -> impl Iterator<Item = (RecordId, FieldId)> {
        self.entered.iter().copied()
    }

    /// How a stage of somebody ends this time.
    pub(super) fn ending(
        &self,
        policy: &Policy,
        facts: &dyn Facts,
        (flow, stage): (WorkflowId, StageId),
        of: &RecordRef,
        (chance, on): (&mut Chance, Date),
    ) -> Option<Past> {
        let all = self.stages.get(&(flow, stage));
        let own = all.and_then(|it| it.get(&self.group(policy, facts, of, on)).or_else(|| it.get(&Group::new())));
        let own = own.map_or(&[][..], Vec::as_slice);
        let done = assumed(policy, facts, of, on, |it| match it {
            Assumed::Done { flow: other, stage: at, when } => ((flow, stage) == (*other, *at)).then_some(when),
            _ => None,
        });
        let past = match done {
            Some(when) => ends(own, chance.share(when)?, chance),
            None => chance.one_of(own).cloned()?,
        };
        let chosen = assumed(policy, facts, of, on, |it| match it {
            Assumed::Chosen { flow: other, stage: at, which } => ((flow, stage) == (*other, *at)).then_some(which),
            _ => None,
        });
        match chosen {
            Some(which) if past.days.is_some() => Some(Past { choice: chance.share(which).cloned(), ..past }),
            // Who has to choose, and of whom nobody knows what, does nothing.
            _ if past.days.is_some() && past.choice.is_none() && done.is_some() => {
                let chooses = !policy.workflow(flow).stage(stage).choices.is_empty();
                let how = chooses.then(|| own.iter().filter(|it| it.days.is_some()).collect::<Vec<_>>());
                match how {
                    Some(how) => chance.one_of(&how).map(|it| Past { choice: it.choice.clone(), ..past }),
                    None => Some(past),
                }
            }
            _ => Some(past),
        }
    }

    /// What is written into a field this time.
    pub(super) fn value(
        &self,
        policy: &Policy,
        facts: &dyn Facts,
        place: (RecordId, FieldId),
        of: &RecordRef,
        (chance, on): (&mut Chance, Date),
    ) -> Option<Known> {
        let writes = assumed(policy, facts, of, on, |it| match it {
            Assumed::Written { record, field, values } => (place == (*record, *field)).then_some(values),
            _ => None,
        });
        if let Some(values) = writes {
            return written(chance.share(values)?, chance);
        }
        let all = self.values.get(&place)?;
        let own = all.get(&self.group(policy, facts, of, on)).or_else(|| all.get(&Group::new()))?;
        chance.one_of(own).cloned().flatten()
    }
}

/// Stages of which a scenario says how they end, all of it.
fn assumed_stages(policy: &Policy) -> BTreeSet<(WorkflowId, StageId)> {
    let chosen = |flow: WorkflowId, stage: StageId| {
        let own =
            |it: &Assumption| matches!(it.what, Assumed::Chosen { flow: a, stage: b, .. } if (flow, stage) == (a, b));
        policy.workflow(flow).stage(stage).choices.is_empty() || policy.assumptions.iter().any(own)
    };
    let done = |it: &Assumption| match &it.what {
        Assumed::Done { flow, stage, when } => {
            let nobody = when.iter().all(|it| it.1 == DoneWhen::Never);
            (nobody || chosen(*flow, *stage)).then_some((*flow, *stage))
        }
        _ => None,
    };
    policy.assumptions.iter().filter_map(done).collect()
}

/// The first assumption of something that holds for a record on a day.
fn assumed<'p, T>(
    policy: &'p Policy,
    facts: &dyn Facts,
    of: &RecordRef,
    on: Date,
    what: impl Fn(&'p Assumed) -> Option<&'p T>,
) -> Option<&'p T> {
    let mut all = policy.assumptions.iter().filter_map(|it| what(&it.what).map(|found| (it, found)));
    all.find(|it| holds_for(policy, facts, it.0, of, on)).map(|it| it.1)
}

/// Whether an assumption holds for a record on a day.
pub(super) fn holds_for(policy: &Policy, facts: &dyn Facts, it: &Assumption, of: &RecordRef, on: Date) -> bool {
    if !it.holds_on(on) {
        return false;
    }
    let Some(condition) = &it.condition else { return true };
    let calendar = policy.main();
    let period = it.each.and_then(|each| calendar.period_containing(each, on).ok());
    let scope = Scope::new(policy, calendar, facts, of.clone(), period, on);
    truth(&scope, condition) == Truth::Yes
}

/// How a stage ends where it is assumed when: as one of those who did so, or, where nobody did, on the due day or the day after.
fn ends(own: &[Past], when: &DoneWhen, chance: &mut Chance) -> Past {
    let like = |chance: &mut Chance, late: bool, otherwise: i32| {
        let theirs: Vec<&Past> = own.iter().filter(|it| it.days.is_some_and(|days| (days > 0) == late)).collect();
        let otherwise = Past { days: Some(otherwise), choice: None };
        chance.one_of(&theirs).map_or(otherwise, |it| (*it).clone())
    };
    match when {
        DoneWhen::Never => Past { days: None, choice: None },
        DoneWhen::OnTime => like(chance, false, 0),
        DoneWhen::Late => like(chance, true, 1),
        DoneWhen::Within(first, last) => {
            let count = u64::try_from(last - first + 1).unwrap_or(1);
            let days = first + i32::try_from(chance.below(count)).unwrap_or_default();
            Past { days: Some(days), choice: None }
        }
    }
}

/// What is written where that is assumed.
fn written(what: &Writes, chance: &mut Chance) -> Option<Known> {
    match what {
        Writes::Nothing => None,
        Writes::Value(known) => Some(known.clone()),
        Writes::Number { from, step, count } => {
            let steps = i64::try_from(chance.below(*count)).ok()?;
            let more = step.multiply(Number::from(steps)).ok()?;
            match from {
                Known::Number(it) => it.add(more).ok().map(Known::Number),
                Known::Money { amount, currency } => {
                    let amount = amount.add(more).ok()?;
                    Some(Known::Money { amount, currency: Arc::clone(currency) })
                }
                _ => None,
            }
        }
    }
}

fn known(value: Value) -> Option<Known> {
    if let Value::Known(known) = value { Some(known) } else { None }
}

/// How a stage ended; nothing while it runs, or where it did not take place.
fn past(stage: &StageCase) -> Option<Past> {
    let from = stage.dates.due.as_ref().map(|it| it.day).or_else(|| stage.opening.as_ref().map(|it| it.day))?;
    let choice = stage.choice.clone();
    match stage.status {
        StageStatus::Done => Some(Past { days: Some(days_between(from, stage.ended?)), choice }),
        StageStatus::Lapsed => Some(Past { days: None, choice: None }),
        StageStatus::Running | StageStatus::LeftOut | StageStatus::Cancelled => None,
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    to.since((jiff::Unit::Day, from)).map_or(0, |it| it.get_days())
}
