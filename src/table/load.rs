//! Records loaded column by column, by whoever has columns.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, Policy, Shape};
use crate::table::keys::Named;
use crate::table::{Called, Column, Dated, Field, Keys, NOWHERE, Records, Rows};

/// Records that are being loaded: first the keys of all entities, then fields, children and what is kept by period.
#[derive(Debug)]
pub struct Loading<'p> {
    policy: &'p Policy,
    records: Records,
    /// Records that others name and that are not there, by type.
    named: HashMap<RecordId, Named>,
}

impl<'p> Loading<'p> {
    /// Nothing yet.
    #[must_use]
    pub fn new(policy: &'p Policy) -> Self {
        let types = policy.records.iter().map(|_| Rows::default()).collect();
        Self { policy, records: Records { types, ..Records::default() }, named: HashMap::new() }
    }

    /// Who there is of a type.
    pub fn entity(&mut self, record: RecordId, keys: Keys) {
        self.records.types[record.index()].called = Called::Keys(keys);
    }

    /// Children, by the rows of their owners, which must ascend.
    pub fn children(&mut self, record: RecordId, of: RecordId, owner: Vec<u32>) {
        let owners = self.records.rows(of).len();
        let mut first = vec![0_u32; owners + 1];
        owner.iter().for_each(|it| first[*it as usize + 1] += 1);
        for at in 0..owners {
            first[at + 1] += first[at];
        }
        let called = Called::OfOwner { owners: of, numbers: None };
        self.records.types[record.index()] = Rows { called, owner, first_of_owner: first, ..Rows::default() };
    }

    /// The same, each with the number by which it is called among those of its owner.
    pub fn numbered(&mut self, record: RecordId, of: RecordId, owner: Vec<u32>, numbers: Vec<i64>) {
        self.children(record, of, owner);
        self.records.types[record.index()].called = Called::OfOwner { owners: of, numbers: Some(numbers) };
    }

    /// The row of a record that is there.
    #[must_use]
    pub fn row(&self, record: RecordId, key: &str) -> Option<u32> {
        self.records.row_of(record, key).and_then(|it| u32::try_from(it).ok())
    }

    /// Whether a row is called so; of children it is not said.
    #[must_use]
    pub fn is(&self, record: RecordId, row: u32, key: &str) -> bool {
        self.keys(record).is_some_and(|it| it.is(row as usize, key))
    }

    /// A row behind all others for somebody who is only named; children are there or nowhere.
    pub fn name(&mut self, record: RecordId, key: &Arc<str>) -> Option<u32> {
        let behind = self.keys(record)?.len();
        Some(self.named.entry(record).or_default().row(key, behind))
    }

    /// Whether anybody is there of a type.
    #[must_use]
    pub fn has(&self, record: RecordId) -> bool {
        !self.records.rows(record).is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self, record: RecordId) -> usize {
        self.records.rows(record).len()
    }

    /// What the records of a type are called, if they are not children.
    #[must_use]
    pub fn keys(&self, record: RecordId) -> Option<&Keys> {
        match &self.records.rows(record).called {
            Called::Keys(keys) => Some(keys),
            Called::OfOwner { .. } => None,
        }
    }

    /// A field of all records of a type; the next in order.
    pub fn field(&mut self, record: RecordId, field: FieldId, column: Column) {
        self.add(record, field, Field::Plain(column));
    }

    /// The field that holds what they are called.
    pub fn key_field(&mut self, record: RecordId, field: FieldId) {
        self.add(record, field, Field::Key);
    }

    /// A field that held one value after another; the next in order. `first` says where the values of each row begin, and where the last end.
    pub fn dated(&mut self, record: RecordId, field: FieldId, first: Vec<u32>, since: Vec<Date>, values: Column) {
        self.add(record, field, Field::Dated(Dated::new(first, since, values)));
    }

    fn add(&mut self, record: RecordId, at: FieldId, field: Field) {
        let fields = &mut self.records.types[record.index()].fields;
        assert_eq!(fields.len(), at.index(), "fields are loaded in their order");
        fields.push(field);
    }

    /// What is kept for a period, a column for each field beside the rows of the owners; `there` says of whom anything is, and has
    /// [`NOWHERE`] for all others.
    pub fn panel(&mut self, panel: RecordId, of: RecordId, first: Date, there: &[u32], columns: Vec<Column>) {
        let owners = &mut self.records.types[of.index()];
        owners.first_kept.resize(there.len(), Date::MAX);
        for (kept, there) in owners.first_kept.iter_mut().zip(there) {
            if *there != NOWHERE {
                *kept = (*kept).min(first);
            }
        }
        self.records.panels.insert((panel, first), columns);
    }

    /// When the first period begins for which anything is kept of each, [`Date::MAX`] where nothing is.
    pub fn first_kept(&mut self, of: RecordId, first: Vec<Date>) {
        self.records.types[of.index()].first_kept = first;
    }

    /// What is kept for a period beside the rows of the owners, where [`Loading::first_kept`] says since when.
    pub fn kept(&mut self, panel: RecordId, first: Date, columns: Vec<Column>) {
        self.records.panels.insert((panel, first), columns);
    }

    /// The records; what nobody has loaded is blank.
    #[must_use]
    pub fn finish(mut self) -> Records {
        for (record, named) in std::mem::take(&mut self.named) {
            if let Called::Keys(keys) = &mut self.records.types[record.index()].called {
                keys.name(named.keys());
            }
        }
        for (at, kind) in self.policy.records.iter().enumerate() {
            if matches!(kind.shape, Shape::Panel { .. }) {
                continue;
            }
            let rows = self.records.types[at].len();
            let loaded = self.records.types[at].fields.len();
            for field in &kind.fields[loaded..] {
                let blank: Blank = field.blank;
                self.records.types[at].fields.push(Field::Plain(Column::blank(rows, blank)));
            }
            if let (Shape::Child { of }, true) = (kind.shape, self.records.types[at].first_of_owner.is_empty()) {
                let owners = self.records.types[of.index()].len();
                let called = Called::OfOwner { owners: of, numbers: None };
                let fields = std::mem::take(&mut self.records.types[at].fields);
                self.records.types[at] =
                    Rows { called, fields, first_of_owner: vec![0; owners + 1], ..Rows::default() };
            }
        }
        self.records
    }
}
