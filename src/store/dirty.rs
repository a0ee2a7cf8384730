//! Which cases and subjects must be looked at again because a fact changed: found from the changed record, along the references
//! that a workflow reads, in the same transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::params;
use rusqlite::types::Value as Cell;

use crate::ids::{FieldId, RecordId, WorkflowId};
use crate::policy::latest_orders::{compile_with_orders_of, ordered_otherwise};
use crate::policy::model::{FieldKind, Policy, Shape};
use crate::policy::{Found, Reads, Reference, Way, again_and_again};
use crate::source::Sources;
use crate::store::records::{quoted, table, whole_key};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{RecordChange, Store, StoreError};

/// What a commit touched: keys by record type and field, and those of new records.
#[derive(Debug, Default)]
pub(super) struct Touched {
    changed: BTreeMap<(RecordId, FieldId), Vec<Arc<str>>>,
    created: BTreeMap<RecordId, Vec<Arc<str>>>,
}

/// What stands for a record where it is looked for: a child by its owner and number, whatever is kept for periods by its owner.
fn known_by(policy: &Policy, change: &RecordChange) -> Arc<str> {
    match policy.record(change.record).shape {
        Shape::Child { .. } => Arc::from(format!("{}/{}", change.key, change.part)),
        Shape::Entity { .. } | Shape::Panel { .. } => Arc::clone(&change.key),
    }
}

/// The record type whose keys stand for records of a type.
fn holding(policy: &Policy, record: RecordId) -> RecordId {
    match policy.record(record).shape {
        Shape::Panel { of, .. } => of,
        Shape::Entity { .. } | Shape::Child { .. } => record,
    }
}

impl Touched {
    pub(super) fn changed(&mut self, policy: &Policy, change: &RecordChange, field: FieldId) {
        self.matured(change.record, known_by(policy, change), field);
    }

    pub(super) fn created(&mut self, policy: &Policy, change: &RecordChange) {
        self.created.entry(change.record).or_default().push(known_by(policy, change));
    }

    /// A dated value of a record begins to hold.
    pub(super) fn matured(&mut self, record: RecordId, key: Arc<str>, field: FieldId) {
        self.changed.entry((record, field)).or_default().push(key);
    }

    /// The same in the numbers of another version, by the names that it knows.
    fn seen_by(&self, from: &Policy, to: &Policy) -> Self {
        let record = |id: RecordId| to.record_named(&from.record(id).label.name);
        let mut seen = Self::default();
        for ((id, field), keys) in &self.changed {
            let Some(other) = record(*id) else { continue };
            if let Some(field) = to.record(other).field_named(&from.field(*id, *field).label.name) {
                seen.changed.insert((other, field), keys.clone());
            }
        }
        seen.created.extend(self.created.iter().filter_map(|(id, keys)| Some((record(*id)?, keys.clone()))));
        seen
    }

    pub(super) fn new_ones(&self, record: RecordId) -> BTreeSet<Arc<str>> {
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
        let latest = self.latest_policy()?.map_or(0, |it| it.version);
        for flow in (0..policy.workflows.len()).map(WorkflowId::at) {
            let workflow = policy.workflow(flow);
            let walked: bool = self
                .connection
                .prepare_cached("select exists (select 1 from openings where workflow = ?1)")
                .map_err(disk)?
                .query_row([&workflow.label.name], |row| row.get(0))
                .map_err(disk)?;
            // What was proposed opens cases without a walk; who is new has none.
            if workflow.proposal.is_some() && !workflow.follows_by_itself {
                let subjects = self.subjects_reading(policy, flow, touched)?;
                self.mark_cases(policy, flow, latest, &subjects, rev)?;
            }
            if !walked {
                continue;
            }
            let fresh = touched.new_ones(workflow.subject);
            if !fresh.is_empty() {
                self.mark_subjects(policy, workflow.subject, &fresh, rev)?;
            }
            let subjects = self.subjects_reading(policy, flow, touched)?;
            self.mark_cases(policy, flow, latest, &subjects, rev)?;
            self.mark_subjects(policy, workflow.subject, &subjects, rev)?;
        }
        self.mark_delegated(rev)?;
        let older: Vec<i64> = self.versions_in_use()?.into_iter().filter(|it| *it != latest).collect();
        self.older.borrow_mut().retain(|version, _| older.contains(version));
        for version in older {
            self.mark_dirty_cases_of(version, policy, touched, rev)?;
        }
        Ok(())
    }

    /// Marks the open cases of an older version, which read by its own paths. One that this program can't read is looked at whole.
    fn mark_dirty_cases_of(
        &self,
        version: i64,
        latest: &Policy,
        touched: &Touched,
        rev: i64,
    ) -> Result<(), StoreError> {
        let Some(older) = self.older_policy(version, &latest.hash)? else {
            return self.mark_all_cases(Some(version), rev);
        };
        let touched = touched.seen_by(latest, &older);
        for flow in (0..older.workflows.len()).map(WorkflowId::at) {
            let subjects = self.subjects_reading(&older, flow, &touched)?;
            self.mark_cases(&older, flow, version, &subjects, rev)?;
        }
        Ok(())
    }

    /// An older version under the orders of the latest, as cases are decided by it.
    fn older_policy(&self, version: i64, latest: &str) -> Result<Option<Arc<Policy>>, StoreError> {
        if let Some((_, known)) = self.older.borrow().get(&version).filter(|it| it.0 == latest) {
            return Ok(known.clone());
        }
        let sources = Sources::of(self.policy(version)?.files);
        let newest = self.latest_policy()?.map_or_else(Sources::new, |it| Sources::of(it.files));
        let policy = compile_with_orders_of(&newest, &sources, None).0.policy.map(Arc::new);
        self.older.borrow_mut().insert(version, (latest.to_owned(), policy.clone()));
        Ok(policy)
    }

    /// Marks the cases that other orders than before may concern: open ones, and those that have ended where something lapsed that is
    /// to open again.
    pub(super) fn mark_reordered(
        &self,
        before: &Sources,
        now: &Sources,
        policy: &Policy,
        rev: i64,
    ) -> Result<(), StoreError> {
        let otherwise = ordered_otherwise(before, now);
        for workflow in &otherwise {
            self.connection
                .prepare_cached(
                    "insert into dirty select 'case', cast(id as text), ?1 from cases where status = 'open' and workflow = ?2
                     on conflict (what, id) do update set rev = excluded.rev",
                )
                .map_err(disk)?
                .execute(params![rev, workflow])
                .map_err(disk)?;
        }
        let workflows = policy.workflows.iter().filter(|it| otherwise.contains(&it.label.name));
        for (flow, stage) in workflows.flat_map(|flow| flow.stages.iter().map(move |it| (flow, it))) {
            for order in stage.adjusted.iter().filter(|it| it.reopens) {
                self.connection
                    .prepare_cached(
                        "insert into dirty select 'case', cast(c.id as text), ?1 from cases c
                         join deadlines d on d.case_id = c.id and d.stage = ?4 and d.state = 'lapsed'
                         where c.workflow = ?2 and c.period = ?3 and c.status in ('completed', 'lapsed')
                         on conflict (what, id) do update set rev = excluded.rev",
                    )
                    .map_err(disk)?
                    .execute(params![rev, flow.label.name, order.period.first.to_string(), stage.label.name])
                    .map_err(disk)?;
            }
        }
        Ok(())
    }

    /// Marks every open case, or those of one version.
    pub(super) fn mark_all_cases(&self, version: Option<i64>, rev: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "insert into dirty select 'case', cast(id as text), ?1 from cases
                 where status = 'open' and (?2 is null or policy = ?2)
                 on conflict (what, id) do update set rev = excluded.rev",
            )
            .map_err(disk)?
            .execute(rusqlite::params![rev, version])
            .map_err(disk)?;
        Ok(())
    }

    /// The subjects of a workflow that read what was touched.
    fn subjects_reading(
        &self,
        policy: &Policy,
        flow: WorkflowId,
        touched: &Touched,
    ) -> Result<BTreeSet<Arc<str>>, StoreError> {
        self.subjects_of_reads(policy, policy.workflow(flow).subject, &policy.reads(flow), touched)
    }

    /// The subjects from which one comes to what was touched by ways that are read.
    pub(super) fn subjects_of_reads(
        &self,
        policy: &Policy,
        subject: RecordId,
        reads: &Reads,
        touched: &Touched,
    ) -> Result<BTreeSet<Arc<str>>, StoreError> {
        let mut subjects = BTreeSet::new();
        for read in &reads.facts {
            let keys = touched.keys(read.record, read.field);
            if !keys.is_empty() {
                let mut found = Found::from([(holding(policy, read.record), keys)]);
                for way in read.path.iter().rev() {
                    found = self.back_along(policy, way, &found)?;
                }
                subjects.extend(found.remove(&subject).unwrap_or_default());
            }
        }
        Ok(subjects)
    }

    /// The records from which a part of the way leads to one of these.
    fn back_along(&self, policy: &Policy, way: &Way, found: &Found) -> Result<Found, StoreError> {
        match way {
            Way::One(reference) => self.referring(policy, *reference, found),
            Way::Owner(child) => self.children_of(policy, *child, found),
            Way::Children(record) => Ok(policy.owners(*record, found)),
            Way::Back(reference) => self.referred_to(policy, *reference, found),
            Way::Any(references) => {
                again_and_again(found, |fresh| references.iter().map(|it| self.referring(policy, *it, fresh)).collect())
            }
            Way::Below(reference) => {
                again_and_again(found, |fresh| Ok(vec![self.referred_to(policy, *reference, fresh)?]))
            }
        }
    }

    /// The children of these.
    fn children_of(&self, policy: &Policy, child: RecordId, found: &Found) -> Result<Found, StoreError> {
        let owners = policy.child_of(child).and_then(|owner| found.get(&owner));
        let Some(owners) = owners else { return Ok(Found::new()) };
        let (table, key) = (table(policy, child), whole_key(policy, child));
        let sql = format!("select {key} from {table} where of_id in (select value from rarray(?1))");
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([array(owners)], |row| row.get::<_, String>(0)).map_err(disk)?;
        let keys: Result<BTreeSet<Arc<str>>, _> =
            rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect();
        Ok(Found::from([(child, keys?)]))
    }

    /// The records that these name by a reference, now, by a dated value, or before it was changed.
    fn referred_to(&self, policy: &Policy, (holder, field): Reference, found: &Found) -> Result<Found, StoreError> {
        let field = policy.field(holder, field);
        let FieldKind::Reference(to) = field.kind else { return Ok(Found::new()) };
        let Some(keys) = found.get(&holding(policy, holder)) else { return Ok(Found::new()) };
        let (table, key, column) = (table(policy, holder), whole_key(policy, holder), quoted(&field.label.name));
        // Changes are found by the owner: a child too many is looked at once in vain.
        let owners = match policy.record(holder).shape {
            Shape::Child { of } => policy.owners(holder, found).remove(&of).unwrap_or_default(),
            Shape::Entity { .. } | Shape::Panel { .. } => keys.clone(),
        };
        let sql = format!(
            "select {column} from {table} where {key} in (select value from rarray(?1)) and {column} is not null
             union select value from dated_values
             where type = ?2 and field = ?3 and id in (select value from rarray(?1)) and value is not null
             union select old from changes
             where type = ?2 and field = ?3 and id in (select value from rarray(?4)) and old is not null"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let names = (&policy.record(holder).label.name, &field.label.name);
        let rows = statement
            .query_map(rusqlite::params![array(keys), names.0, names.1, array(&owners)], |row| row.get::<_, String>(0))
            .map_err(disk)?;
        let keys: Result<BTreeSet<Arc<str>>, _> =
            rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect();
        Ok(Found::from([(to, keys?)]))
    }

    /// The records whose reference names one of these, now or by a dated value: what was true once still counts for its days.
    fn referring(&self, policy: &Policy, (holder, field): Reference, found: &Found) -> Result<Found, StoreError> {
        let field = policy.field(holder, field);
        let FieldKind::Reference(to) = field.kind else { return Ok(Found::new()) };
        let Some(keys) = found.get(&to) else { return Ok(Found::new()) };
        let (table, key) = (table(policy, holder), whole_key(policy, holder));
        let column = quoted(&field.label.name);
        let mut sql = format!("select {key} from {table} where {column} in (select value from rarray(?1))");
        if field.dated {
            sql += " union select id from dated_values where type = ?2 and field = ?3 and value in (select value from rarray(?1))";
        } else {
            sql += " and ?2 <> ?3";
        }
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let names = (&policy.record(holder).label.name, &field.label.name);
        let rows = statement
            .query_map(rusqlite::params![array(keys), names.0, names.1], |row| row.get::<_, String>(0))
            .map_err(disk)?;
        let keys: Result<BTreeSet<Arc<str>>, _> =
            rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect();
        Ok(Found::from([(holding(policy, holder), keys?)]))
    }

    fn mark_cases(
        &self,
        policy: &Policy,
        flow: WorkflowId,
        version: i64,
        subjects: &BTreeSet<Arc<str>>,
        rev: i64,
    ) -> Result<(), StoreError> {
        let workflow = policy.workflow(flow);
        // The plus keeps SQLite to the index on subjects: a version may have as many open cases as there are.
        self.connection
            .prepare_cached(
                "insert into dirty select 'case', cast(id as text), ?4 from cases
                 where subject_type = ?1 and subject in (select value from rarray(?2)) and status = 'open' and workflow = ?3
                 and +policy = ?5
                 on conflict (what, id) do update set rev = excluded.rev",
            )
            .map_err(disk)?
            .execute(rusqlite::params![
                policy.record(workflow.subject).label.name,
                array(subjects),
                workflow.label.name,
                rev,
                version
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
