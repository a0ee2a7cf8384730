//! Spells: rows that end before they begin, or overlap others of the same record where they may not, are held back.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::eval::{not_beside, sure_days};
use crate::exchange::check::Draft;
use crate::ids::FieldId;
use crate::policy::model::{Blank, Policy, Shape, Spell};
use crate::store::{RecordChange, RecordReader, Store};
use crate::value::{RecordRef, Value};

/// Looks at the spells of each file, in the order of its rows, beside those of the store.
pub(super) fn settle(policy: &Policy, store: &dyn Store, drafts: &mut [Draft<'_>]) {
    let reader = store.reader(policy);
    for draft in drafts {
        if let (Some(spell), Shape::Child { of }) = (draft.kind().spell, draft.kind().shape) {
            let bad = held_back(policy, &*reader, &spell, of, draft.changes());
            draft.reject_rows(spell.first, bad);
        }
    }
}

/// The rows that can't stand, by their place among the changes, and why.
fn held_back<'c>(
    policy: &Policy,
    reader: &dyn RecordReader,
    spell: &Spell,
    of: crate::ids::RecordId,
    changes: impl Iterator<Item = &'c RecordChange> + Clone,
) -> Vec<(usize, String)> {
    let mut beside: BTreeMap<Arc<str>, Vec<(Date, Date)>> = BTreeMap::new();
    let changed: std::collections::BTreeSet<String> = changes.clone().map(key_of).collect();
    let mut bad = Vec::new();
    for (at, change) in changes.enumerate() {
        let child = RecordRef { record: change.record, key: Arc::from(key_of(change)) };
        let stored = |field| reader.field(&child, field, Date::MAX);
        let end = |field| given(policy, change, field).unwrap_or_else(|| stored(field));
        let Some(days) = sure_days(&end(spell.first), &end(spell.last)) else { continue };
        let others = beside.entry(Arc::clone(&change.key)).or_insert_with(|| {
            let owner = RecordRef { record: of, key: Arc::clone(&change.key) };
            let kept = reader.children(&owner, change.record).into_iter().filter(|it| !changed.contains(&*it.key));
            let end = |it: &RecordRef, field| reader.field(it, field, Date::MAX);
            kept.filter_map(|it| sure_days(&end(&it, spell.first), &end(&it, spell.last))).collect()
        });
        match not_beside(days, others.iter().filter(|_| !spell.may_overlap)) {
            Some(reason) => bad.push((at, reason)),
            None => others.push(days),
        }
    }
    bad
}

fn key_of(change: &RecordChange) -> String {
    format!("{}/{}", change.key, change.part)
}

/// What a row says of a field, if its file has it.
fn given(policy: &Policy, change: &RecordChange, field: FieldId) -> Option<Value> {
    let (_, value) = change.fields.iter().find(|it| it.0 == field)?;
    Some(match value {
        Some(known) => Value::Known(known.clone()),
        None => match policy.field(change.record, field).blank {
            Blank::Unknown => Value::Unknown(Vec::new()),
            Blank::NotApplicable => Value::NotApplicable,
            Blank::NotHappened => Value::NotHappened,
        },
    })
}
