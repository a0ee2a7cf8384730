//! How people act in the years ahead: as they did before. What each of them does is drawn from (seed, run, case, stage), and what is written
//! from (seed, run, record, period, field), and from nothing else: neither the order of the work nor the number of threads changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use sha2::{Digest, Sha256};

use crate::eval::Facts;
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::model::{FieldKind, Policy, Shape};
use crate::value::{Known, RecordRef, Value};
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
        for all in people.stages.values_mut() {
            all.values_mut().for_each(|it| it.sort());
        }
        people
    }

    fn learn(&mut self, policy: &Policy, facts: &dyn Facts, flow: WorkflowId, case: &Case) {
        let workflow = policy.workflow(flow);
        let subject = RecordRef { record: workflow.subject, key: Arc::from(case.subject.as_str()) };
        for (place, stage) in workflow.stages.iter().enumerate() {
            let Some(past) = case.stages.get(&stage.label.name).and_then(past) else { continue };
            let on = case.stages.get(&stage.label.name).and_then(|it| it.ended).unwrap_or(Date::MIN);
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
        self.entered.retain(|it| self.values.contains_key(it));
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
        self.stages.contains_key(&(flow, stage))
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
        let all = self.stages.get(&(flow, stage))?;
        let own = all.get(&self.group(policy, facts, of, on)).or_else(|| all.get(&Group::new()))?;
        chance.one_of(own).cloned()
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
        let all = self.values.get(&place)?;
        let own = all.get(&self.group(policy, facts, of, on)).or_else(|| all.get(&Group::new()))?;
        chance.one_of(own).cloned().flatten()
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
