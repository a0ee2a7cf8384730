//! What one run reads ahead of its commits: the next cases that are due, with the facts that they rest on. A run that commits each case
//! alone would otherwise ask the store for every one of them anew. What was read ahead holds as long as nobody else has written: a run
//! itself writes no records, and of each case it writes only what it has decided for it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::engine::EngineError;
use crate::engine::policies::Policies;
use crate::policy::model::Policy;
use crate::store::{CaseRow, Fetched, RecordReader, Store};

/// How many cases are read at a time, at least.
const WINDOW: u32 = 256;

/// Cases in which time brings something, in the order in which they come due.
#[derive(Default)]
pub(super) struct Ahead {
    rows: VecDeque<CaseRow>,
    facts: BTreeMap<i64, Fetched>,
    /// What the store said of the writing of others when this was read.
    as_of: Option<i64>,
    /// Whether as many cases were due as were asked for.
    full: bool,
}

impl Ahead {
    /// The next cases that are due until a moment, at most so many; within the unit of work in which they are decided.
    pub(super) fn next(
        &mut self,
        store: &dyn Store,
        policies: &Policies,
        (until, batch): (i64, u32),
    ) -> Result<Vec<CaseRow>, EngineError> {
        let as_of = store.writes_of_others()?;
        if self.rows.is_empty() || self.as_of != Some(as_of) {
            *self = Self::read(store, policies, (until, batch), 1)?;
            self.as_of = Some(as_of);
        }
        Ok(self.take_rows(batch))
    }

    /// So many batches of a size of the cases that are due until a moment; of small ones more.
    pub(super) fn read(
        store: &dyn Store,
        policies: &Policies,
        (until, batch): (i64, u32),
        batches: u32,
    ) -> Result<Self, EngineError> {
        let count = batches.max(WINDOW.div_ceil(batch)).saturating_mul(batch);
        let rows = store.due_cases(until, count)?;
        let full = rows.len() >= count as usize;
        let mut ahead = Self { rows: rows.into(), full, ..Self::default() };
        if batch < WINDOW {
            ahead.fetch(store, policies);
        }
        Ok(ahead)
    }

    /// Takes the next of those that were read.
    pub(super) fn take_rows(&mut self, batch: u32) -> Vec<CaseRow> {
        let count = self.rows.len().min(batch as usize);
        self.rows.drain(..count).collect()
    }

    /// Whether all that were read are taken.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether more may be due than were read.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// The facts of all that were read. What can't be read is left to the cases themselves, each of which is then decided alone.
    fn fetch(&mut self, store: &dyn Store, policies: &Policies) {
        let rows = self.rows.make_contiguous();
        let mut order: Vec<&CaseRow> = rows.iter().collect();
        order.sort_by_key(|it| (it.policy, &it.subject_type, &it.period));
        for group in
            order.chunk_by(|a, b| (a.policy, &a.subject_type, &a.period) == (b.policy, &b.subject_type, &b.period))
        {
            let version = group[0].policy;
            let Ok(policy) = policies.version(version) else { continue };
            let reader = store.reader_with(policy, self.facts.remove(&version).unwrap_or_default());
            prefetch(&*reader, policy, group);
            self.facts.extend(reader.put_away().map(|it| (version, it)));
        }
    }

    /// The facts read ahead for the cases of a version of the policy.
    pub(super) fn take(&mut self, version: i64) -> Fetched {
        self.facts.remove(&version).unwrap_or_default()
    }

    /// Keeps what a reader has read, for the next cases.
    pub(super) fn keep(&mut self, version: i64, fetched: Option<Fetched>) {
        self.facts.extend(fetched.filter(|_| !self.rows.is_empty()).map(|it| (version, it)));
    }
}

/// Reads what cases of one kind of subject and one period will ask for.
pub(super) fn prefetch(reader: &dyn RecordReader, policy: &Policy, rows: &[&CaseRow]) {
    if let Some(subject) = policy.record_named(&rows[0].subject_type) {
        let keys: Vec<Arc<str>> = rows.iter().map(|it| Arc::from(it.subject.as_str())).collect();
        reader.prefetch(subject, &keys, rows[0].period.parse().ok());
    }
}
