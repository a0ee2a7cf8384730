//! What the records of a register are called, and to which groups they belong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::policy::model::Policy;
use crate::report::name_of;
use crate::report::registers::group::owner_of;
use crate::report::registers::{Asked, Cell, Grouping};
use crate::store::{RecordReader, StoreError};
use crate::value::RecordRef;

/// Facts of the records that a register speaks of, fetched ahead.
pub(super) struct People<'a> {
    policy: &'a Policy,
    pub(super) facts: Box<dyn RecordReader + 'a>,
    on: Date,
    by: Option<&'a Grouping>,
}

impl<'a> People<'a> {
    /// Those of these types and keys.
    pub(super) fn ahead<'k>(asked: &Asked<'a>, of: impl Iterator<Item = (&'k str, &'k str)>) -> Self {
        let facts = asked.store.reader(asked.policy);
        let mut keys: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        of.for_each(|(record, key)| {
            keys.entry(record).or_default().insert(key);
        });
        for (record, keys) in keys {
            if let Some(id) = asked.policy.record_named(record) {
                facts.prefetch(id, &keys.into_iter().map(Arc::from).collect::<Vec<_>>(), None);
            }
        }
        Self { policy: asked.policy, facts, on: asked.on, by: asked.by }
    }

    /// What a record is called; what belongs to another and has no name of its own, as that one is.
    pub(super) fn name(&self, record: &str, key: &str) -> Cell {
        if let Some(id) = self.policy.record_named(record)
            && let Some(owner) = owner_of(self.policy, &RecordRef { record: id, key: Arc::from(key) })
            && self.policy.record(id).field_named("name").is_none()
        {
            return self.name(&self.policy.record(owner.record).label.name, &owner.key);
        }
        Cell::Text(name_of(self.policy, &*self.facts, record, key, self.on))
    }

    /// The same of one that may be nobody.
    pub(super) fn name_of(&self, who: Option<(&str, &str)>) -> Cell {
        who.map_or(Cell::Nothing, |(record, key)| self.name(record, key))
    }

    /// The group of a record, by its key and its name; nothing where nothing is asked for, or known.
    pub(super) fn group(&self, record: &str, key: &str) -> [Cell; 2] {
        let group = self.by.and_then(|it| it.of(self.policy, &*self.facts, record, key, self.on));
        group.map_or([Cell::Nothing, Cell::Nothing], |(key, name)| [Cell::Text(key), Cell::Text(name)])
    }

    /// What went wrong while reading.
    pub(super) fn done(self) -> Result<(), StoreError> {
        self.facts.fault().map_or(Ok(()), Err)
    }
}
