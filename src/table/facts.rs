//! The same records one by one: as facts, for the evaluator that goes row by row.

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::eval::Facts;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape};
use crate::table::column::blank_value;
use crate::table::{Field, Records};
use crate::value::{Known, RecordRef, Value};

/// Records in columns, read as facts.
#[derive(Debug, Clone, Copy)]
pub struct AsFacts<'a> {
    policy: &'a Policy,
    records: &'a Records,
}

impl<'a> AsFacts<'a> {
    /// The records of a policy.
    #[must_use]
    pub fn new(policy: &'a Policy, records: &'a Records) -> Self {
        Self { policy, records }
    }

    /// The row of a record that is there.
    fn row(&self, of: &RecordRef) -> Option<usize> {
        self.records.row(of).filter(|it| *it < self.records.rows(of.record).len())
    }

    fn blank(&self, record: RecordId, field: FieldId) -> Value {
        blank_value(self.policy.field(record, field).blank)
    }
}

impl Facts for AsFacts<'_> {
    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        let Some(row) = self.row(of) else { return self.blank(of.record, field) };
        let kind = &self.policy.field(of.record, field).kind;
        let key_of = |record, row| self.records.named(record, row);
        match self.records.rows(of.record).field(field) {
            Field::Key => Known::Text(self.records.key(of.record, row)).into(),
            Field::Plain(column) => column.value(kind, row, key_of),
            Field::Dated(dated) => match dated.held_on(row, on) {
                (Some(place), values) => values.value(kind, place, key_of),
                (None, _) => self.blank(of.record, field),
            },
        }
    }

    fn panel(&self, of: &RecordRef, panel: RecordId, _period: PeriodKind, first: Date, field: FieldId) -> Value {
        let column = self.records.panel(panel, first, field);
        let kind = &self.policy.field(panel, field).kind;
        match self.row(of).zip(column) {
            Some((row, column)) => column.value(kind, row, |record, row| self.records.named(record, row)),
            None => self.blank(panel, field),
        }
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        let nothing = || (Date::MIN, self.blank(of.record, field));
        let Some(row) = self.row(of) else { return vec![nothing()] };
        let Field::Dated(dated) = self.records.rows(of.record).field(field) else {
            return vec![(Date::MIN, self.field(of, field, Date::MIN))];
        };
        let kind = &self.policy.field(of.record, field).kind;
        let (_, values) = dated.held_on(row, Date::MIN);
        let told = |(since, at)| (since, values.value(kind, at, |record, row| self.records.named(record, row)));
        let mut spells: Vec<(Date, Value)> = dated.of_row(row).map(told).collect();
        if spells.first().is_none_or(|it| it.0 > Date::MIN) {
            spells.insert(0, nothing());
        }
        spells
    }

    fn first_kept(&self, of: &RecordRef) -> Option<Date> {
        self.records.row(of).and_then(|row| self.records.rows(of.record).first_kept(row))
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        if let Shape::Panel { .. } = self.policy.record(kind).shape {
            return Vec::new();
        }
        (0..self.records.rows(kind).len()).map(|row| self.records.record(kind, row)).collect()
    }

    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef> {
        let Some(row) = self.row(of) else { return Vec::new() };
        self.records.rows(kind).of_owner(row).map(|row| self.records.record(kind, row)).collect()
    }

    fn imposed(&self, of: &RecordRef, rule: &str) -> Vec<(Date, Option<Date>)> {
        self.records.imposed(of, rule)
    }

    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
        let Some(named) = self.records.row(to) else { return Vec::new() };
        let referring = self.records.referring(to.record, kind, field);
        referring.to(named).iter().map(|row| self.records.record(kind, *row as usize)).collect()
    }
}
