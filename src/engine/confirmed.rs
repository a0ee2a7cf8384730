//! What a decision has confirmed is written into the records, in the commit in which it was.

use std::sync::Arc;

use crate::casework::place_of;
use crate::engine::EngineError;
use crate::engine::run::Round;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape};
use crate::store::{CaseChange, CaseRow, RecordChange, Store};
use crate::value::Known;
use crate::workflow::Entered;
use jiff::civil::Date;

impl Round<'_> {
    /// Within the unit of work that has begun. Whoever goes by these facts is looked at again.
    pub(super) fn write_confirmed(&self, store: &mut dyn Store, cases: &[CaseChange]) -> Result<(), EngineError> {
        for change in cases.iter().filter(|it| !it.confirmed.is_empty()) {
            self.count(store, &change.row, &change.confirmed)?;
        }
        Ok(())
    }

    /// Writes what was entered in a case, as a fact of this day. Policy and records are those in force.
    pub(super) fn count(&self, store: &mut dyn Store, row: &CaseRow, values: &[Entered]) -> Result<(), EngineError> {
        let latest = Arc::clone(&self.policies.latest().policy);
        let mut changes: Vec<RecordChange> = Vec::new();
        for entered in values {
            let place = match place_of(&latest, entered) {
                Ok(place) => place,
                Err(why) => {
                    tracing::warn!(case = row.id, why, "what was confirmed can't be written: it stands in the journal");
                    continue;
                }
            };
            let (key, part) = key_of(&latest, place.record, &row.subject, &row.period);
            put(&mut changes, place.record, (key, part), (place.field, place.value), self.until.today);
        }
        store.write(&latest, &changes, self.settings.now)?;
        Ok(())
    }
}

/// Adds a field to the change of its record.
pub(super) fn put(
    changes: &mut Vec<RecordChange>,
    record: RecordId,
    (key, part): (&str, &str),
    value: (FieldId, Option<Known>),
    from: Date,
) {
    match changes.iter_mut().find(|it| it.record == record) {
        Some(change) => change.fields.push(value),
        None => {
            changes.push(RecordChange { record, key: Arc::from(key), part: part.to_owned(), fields: vec![value], from })
        }
    }
}

/// Under which key and part a record is kept that belongs to a subject, or is the subject.
pub(super) fn key_of<'k>(policy: &Policy, record: RecordId, of: &'k str, period: &'k str) -> (&'k str, &'k str) {
    match policy.record(record).shape {
        Shape::Entity { .. } => (of, ""),
        Shape::Panel { .. } => (of, period),
        Shape::Child { .. } => of.rsplit_once('/').unwrap_or((of, "")),
    }
}
