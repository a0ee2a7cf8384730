//! Which cases and subjects must be looked at again because a fact changed: found from the changed record, along the references
//! that a workflow reads, in the same transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::types::Value as Cell;

use crate::ids::{FieldId, RecordId, WorkflowId};
use crate::policy::Read;
use crate::policy::model::Policy;
use crate::store::StoreError;
use crate::store::records::{key_columns, quoted, table};
use crate::store::sqlite::{SqliteStore, disk};

/// What a commit touched: keys by record type and field, and those of new records.
#[derive(Debug, Default)]
pub(super) struct Touched {
    changed: BTreeMap<(RecordId, FieldId), Vec<Arc<str>>>,
    created: BTreeMap<RecordId, Vec<Arc<str>>>,
}

impl Touched {
    pub(super) fn changed(&mut self, record: RecordId, key: &Arc<str>, field: FieldId) {
        self.changed.entry((record, field)).or_default().push(Arc::clone(key));
    }

    pub(super) fn created(&mut self, record: RecordId, key: &Arc<str>) {
        self.created.entry(record).or_default().push(Arc::clone(key));
    }

    fn new_ones(&self, record: RecordId) -> BTreeSet<Arc<str>> {
        self.created.get(&record).into_iter().flatten().cloned().collect()
    }

    /// Records whose field may be another than before: a new record may have been referred to before it was there.
    fn keys(&self, record: RecordId, field: FieldId) -> BTreeSet<Arc<str>> {
        let changed = self.changed.get(&(record, field)).into_iter().flatten();
        changed.chain(self.created.get(&record).into_iter().flatten()).cloned().collect()
    }
}

fn array<'k>(keys: impl IntoIterator<Item = &'k Arc<str>>) -> std::rc::Rc<Vec<Cell>> {
    std::rc::Rc::new(keys.into_iter().map(|it| Cell::Text(it.to_string())).collect())
}

impl SqliteStore {
    /// Marks the open cases that read what was touched, and the subjects that may now need a case.
    pub(super) fn mark_dirty(&self, policy: &Policy, touched: &Touched, rev: i64) -> Result<(), StoreError> {
        for flow in (0..policy.workflows.len()).map(WorkflowId::at) {
            let workflow = policy.workflow(flow);
            let walked: bool = self
                .connection
                .prepare_cached("select exists (select 1 from openings where workflow = ?1)")
                .map_err(disk)?
                .query_row([&workflow.label.name], |row| row.get(0))
                .map_err(disk)?;
            if !walked {
                continue;
            }
            let fresh = touched.new_ones(workflow.subject);
            if !fresh.is_empty() {
                self.mark_subjects(policy, workflow.subject, &fresh, rev)?;
            }
            for read in policy.reads(flow) {
                let keys = touched.keys(read.record, read.field);
                if keys.is_empty() {
                    continue;
                }
                let subjects = self.subjects_along(policy, &read, &keys)?;
                self.mark_cases(policy, flow, &subjects, rev)?;
                self.mark_subjects(policy, workflow.subject, &subjects, rev)?;
            }
        }
        Ok(())
    }

    /// The subjects whose path of references leads to one of these records.
    fn subjects_along(
        &self,
        policy: &Policy,
        read: &Read,
        keys: &BTreeSet<Arc<str>>,
    ) -> Result<BTreeSet<Arc<str>>, StoreError> {
        let mut reached = keys.clone();
        for (at, (holder, field)) in read.path.iter().enumerate().rev() {
            let last = at + 1 == read.path.len();
            let mut all = self.referring(policy, *holder, *field, &reached)?;
            if read.any_depth && last {
                let mut fresh = all.clone();
                while !fresh.is_empty() {
                    let next = self.referring(policy, *holder, *field, &fresh)?;
                    fresh = next.difference(&all).cloned().collect();
                    all.extend(fresh.iter().cloned());
                }
            }
            reached = all;
        }
        Ok(reached)
    }

    /// The records whose reference field names one of these, today or by a dated value.
    fn referring(
        &self,
        policy: &Policy,
        holder: RecordId,
        field: FieldId,
        keys: &BTreeSet<Arc<str>>,
    ) -> Result<BTreeSet<Arc<str>>, StoreError> {
        let (key, _) = key_columns(policy, holder);
        let column = quoted(&policy.field(holder, field).label.name);
        let sql = format!("select {key} from {} where {column} in rarray(?1)", table(policy, holder));
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([array(keys)], |row| row.get::<_, String>(0)).map_err(disk)?;
        rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect()
    }

    fn mark_cases(
        &self,
        policy: &Policy,
        flow: WorkflowId,
        subjects: &BTreeSet<Arc<str>>,
        rev: i64,
    ) -> Result<(), StoreError> {
        let workflow = policy.workflow(flow);
        self.connection
            .prepare_cached(
                "insert into dirty select 'case', cast(id as text), ?4 from cases
                 where subject_type = ?1 and subject in (select value from rarray(?2)) and status = 'open' and workflow = ?3
                 on conflict (what, id) do update set rev = excluded.rev",
            )
            .map_err(disk)?
            .execute(rusqlite::params![
                policy.record(workflow.subject).label.name,
                array(subjects),
                workflow.label.name,
                rev
            ])
            .map_err(disk)?;
        Ok(())
    }

    fn mark_subjects(
        &self,
        policy: &Policy,
        record: RecordId,
        keys: &BTreeSet<Arc<str>>,
        rev: i64,
    ) -> Result<(), StoreError> {
        let what = format!("subject:{}", policy.record(record).label.name);
        self.connection
            .prepare_cached(
                "insert into dirty select ?1, value, ?3 from rarray(?2) where true
                 on conflict (what, id) do update set rev = excluded.rev",
            )
            .map_err(disk)?
            .execute(rusqlite::params![what, array(keys), rev])
            .map_err(disk)?;
        Ok(())
    }
}
