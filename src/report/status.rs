//! What is overdue: at which stage, with whom, for how long, by unit.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use crate::casework::Desk;
use crate::policy::model::{FieldKind, Policy};
use crate::report::{Reader, name_of};
use crate::store::{OpenDeadline, Store, StoreError};
use crate::value::{Known, RecordRef, Value};

/// A stage that is overdue with somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overdue {
    /// The case's number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// The subject's name.
    pub subject_name: String,
    /// The stage's name.
    pub stage: String,
    /// The day it was due.
    pub due: String,
    /// Working days since then.
    pub working_days_overdue: i64,
    /// The key of who holds it.
    pub holder: Option<String>,
    /// Their name.
    pub holder_name: Option<String>,
    /// As what they hold it.
    pub capacity: String,
    /// The unit that the subject belongs to.
    pub unit: Option<String>,
}

/// How many are overdue in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByUnit {
    /// The unit's name; nothing where none is known.
    pub unit: Option<String>,
    /// The stage's name.
    pub stage: String,
    /// How many are overdue.
    pub overdue: u64,
    /// The longest, in working days.
    pub longest: i64,
    /// With how many people they lie.
    pub holders: u64,
}

/// What is overdue.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    /// The day it is asked for.
    pub as_of: String,
    /// Cases that are open.
    pub open_cases: u64,
    /// Cases set aside.
    pub set_aside: u64,
    /// Notices that could not be delivered.
    pub undeliverable: u64,
    /// Notices that wait since the store was restored.
    pub held: u64,
    /// By unit and stage, most overdue first.
    pub by_unit: Vec<ByUnit>,
    /// Each one, longest first.
    pub overdue: Vec<Overdue>,
}

/// What is overdue at the end of a day.
///
/// # Errors
/// When the store can't be read.
pub fn status(store: &dyn Store, policy: &Policy, reader: Reader, on: Date) -> Result<StatusReport, StoreError> {
    let Reader::Keeper = reader;
    let rows = store.overdue(on)?;
    let counts = store.counts()?;
    let facts = store.reader(policy);
    prefetch(policy, &*facts, &rows);
    let mut overdue = Vec::with_capacity(rows.len());
    for row in rows {
        let unit = unit_of(policy, &*facts, &row, on);
        overdue.push(Overdue {
            case: row.case_id,
            subject_name: name_of(policy, &*facts, &row.subject_type, &row.subject, on),
            working_days_overdue: working_days(policy, &*facts, &row, on),
            holder: row.holder.as_ref().map(|(_, key)| key.clone()),
            holder_name: row.holder.as_ref().map(|(record, key)| name_of(policy, &*facts, record, key, on)),
            workflow: row.workflow,
            subject: row.subject,
            stage: row.stage,
            due: row.due,
            capacity: row.capacity,
            unit,
        });
    }
    if let Some(fault) = facts.fault() {
        return Err(fault);
    }
    overdue.sort_by(|a, b| {
        (b.working_days_overdue, &a.due, a.case, &a.holder).cmp(&(a.working_days_overdue, &b.due, b.case, &b.holder))
    });
    Ok(StatusReport {
        as_of: on.to_string(),
        open_cases: counts.open,
        set_aside: counts.set_aside,
        undeliverable: counts.undeliverable,
        held: counts.held,
        by_unit: by_unit(&overdue),
        overdue,
    })
}

fn prefetch(policy: &Policy, facts: &dyn crate::store::RecordReader, rows: &[OpenDeadline]) {
    let mut keys: BTreeMap<&str, std::collections::BTreeSet<Arc<str>>> = BTreeMap::new();
    for row in rows {
        keys.entry(&row.subject_type).or_default().insert(Arc::from(row.subject.as_str()));
        if let Some((record, key)) = &row.holder {
            keys.entry(record).or_default().insert(Arc::from(key.as_str()));
        }
    }
    for (record, keys) in keys {
        if let Some(id) = policy.record_named(record) {
            facts.prefetch(id, &keys.into_iter().collect::<Vec<_>>(), None);
        }
    }
}

/// The unit of a subject: the first field that refers to a record of another type which is no person.
fn unit_of(policy: &Policy, facts: &dyn crate::store::RecordReader, row: &OpenDeadline, on: Date) -> Option<String> {
    let record = policy.record_named(&row.subject_type)?;
    let fields = policy.record(record).fields.iter().enumerate();
    let field = fields.into_iter().find_map(|(place, field)| match field.kind {
        FieldKind::Reference(other) if other != record && !can_be_written_to(policy, other) => {
            Some((crate::ids::FieldId::at(place), other))
        }
        _ => None,
    })?;
    let of = RecordRef { record, key: Arc::from(row.subject.as_str()) };
    match facts.field(&of, field.0, on) {
        Value::Known(Known::Record(unit)) => {
            Some(name_of(policy, facts, &policy.record(field.1).label.name, &unit.key, on))
        }
        _ => None,
    }
}

fn can_be_written_to(policy: &Policy, record: crate::ids::RecordId) -> bool {
    policy.record(record).fields.iter().any(|it| matches!(it.kind, FieldKind::Email))
}

fn working_days(policy: &Policy, facts: &dyn crate::store::RecordReader, row: &OpenDeadline, on: Date) -> i64 {
    let Ok(due) = row.due.parse() else { return 0 };
    let Some(flow) = policy.workflow_named(&row.workflow) else {
        return policy.main().working_days_overdue(due, on);
    };
    Desk::new(policy, facts, "").working_days_overdue(flow, &row.subject, due, on)
}

fn by_unit(overdue: &[Overdue]) -> Vec<ByUnit> {
    type Group<'a> = (u64, i64, std::collections::BTreeSet<&'a str>);
    let mut groups: BTreeMap<(Option<&str>, &str), Group<'_>> = BTreeMap::new();
    for row in overdue {
        let group = groups.entry((row.unit.as_deref(), &row.stage)).or_default();
        group.0 += 1;
        group.1 = group.1.max(row.working_days_overdue);
        group.2.extend(row.holder.as_deref());
    }
    let mut rows: Vec<ByUnit> = groups
        .into_iter()
        .map(|((unit, stage), (overdue, longest, holders))| ByUnit {
            unit: unit.map(str::to_owned),
            stage: stage.to_owned(),
            overdue,
            longest,
            holders: holders.len() as u64,
        })
        .collect();
    rows.sort_by(|a, b| (b.overdue, b.longest, &a.unit).cmp(&(a.overdue, a.longest, &b.unit)));
    rows
}
