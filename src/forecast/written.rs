//! Records as they were at the beginning, with what has been written since laid over them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::eval::Facts;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{FieldKind, Policy, Shape};
use crate::table::{AsFacts, Field, Records};
use crate::value::{Known, RecordRef, Value};

/// Values by the keys of their records.
type ByKey<T> = HashMap<Arc<str>, T>;

/// Values of a field, each with the day from which it holds.
type Spells = Vec<(Date, Value)>;

/// What a case has brought into force, or had: by the case, since when, and when it was ended before its time.
#[derive(Debug, Clone)]
struct Imposed {
    case: usize,
    rule: String,
    since: Date,
    ended: Option<Date>,
}

/// A value that is written into a record, or emptied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The record, or the owner of what is kept by period.
    pub of: RecordRef,
    /// The record type that has the field.
    pub record: RecordId,
    /// The first day of the period, for what is kept by period.
    pub first: Option<Date>,
    /// The field.
    pub field: FieldId,
    /// What is written; nothing empties it.
    pub value: Option<Known>,
    /// The day from which it holds, where the field is dated.
    pub from: Date,
}

/// Records, and what was written since. It adds no record and takes none away.
#[derive(Debug)]
pub struct Written<'a> {
    policy: &'a Policy,
    base: AsFacts<'a>,
    records: &'a Records,
    /// By record type and field.
    fields: Vec<Vec<ByKey<Spells>>>,
    /// By panel and first day, then by field.
    panels: HashMap<(RecordId, Date), Vec<ByKey<Value>>>,
    /// By record type.
    imposed: Vec<ByKey<Vec<Imposed>>>,
}

impl<'a> Written<'a> {
    /// Records of which nothing has been written yet.
    #[must_use]
    pub fn over(policy: &'a Policy, records: &'a Records) -> Self {
        let fields = policy.records.iter().map(|it| vec![ByKey::new(); it.fields.len()]).collect();
        let imposed = policy.records.iter().map(|_| ByKey::new()).collect();
        Self { policy, base: AsFacts::new(policy, records), records, fields, panels: HashMap::new(), imposed }
    }

    /// Whether there is such a record.
    #[must_use]
    pub fn has(&self, of: &RecordRef) -> bool {
        self.records.row(of).is_some_and(|it| it < self.records.rows(of.record).len())
    }

    /// The keys of a type, in the order of their texts.
    pub(super) fn keys(&self, record: RecordId) -> Vec<Arc<str>> {
        let mut keys: Vec<Arc<str>> =
            (0..self.records.rows(record).len()).map(|row| self.records.key(record, row)).collect();
        keys.sort();
        keys
    }

    /// The dated values that begin to hold after a day: when, and of what.
    pub(super) fn to_come(&self, after: Date) -> Vec<(Date, RecordId, FieldId, Arc<str>)> {
        let mut found = Vec::new();
        for record in (0..self.policy.records.len()).map(RecordId::at) {
            if matches!(self.policy.record(record).shape, Shape::Panel { .. }) {
                continue;
            }
            for field in (0..self.policy.record(record).fields.len()).map(FieldId::at) {
                if !matches!(self.records.rows(record).field(field), Field::Dated(_)) {
                    continue;
                }
                for row in 0..self.records.rows(record).len() {
                    let of = self.records.record(record, row);
                    let later = self.base.spells(&of, field).into_iter().filter(|it| it.0 > after);
                    found.extend(later.map(|(day, _)| (day, record, field, Arc::clone(&of.key))));
                }
            }
        }
        found
    }

    /// Writes a value; whether that changes anything.
    pub(super) fn write(&mut self, it: &Write) -> bool {
        let value = it.value.clone().map_or_else(|| self.blank(it.record, it.field), Value::Known);
        if let Some(first) = it.first {
            if let Shape::Panel { each, .. } = self.policy.record(it.record).shape
                && self.panel(&it.of, it.record, each, first, it.field) == value
            {
                return false;
            }
            let width = self.policy.record(it.record).fields.len();
            let fields = self.panels.entry((it.record, first)).or_insert_with(|| vec![ByKey::new(); width]);
            fields[it.field.index()].insert(Arc::clone(&it.of.key), value);
            return true;
        }
        let dated = self.policy.field(it.record, it.field).dated;
        let from = if dated { it.from } else { Date::MIN };
        if self.field(&it.of, it.field, from) == value {
            return false;
        }
        let mut spells = if dated { self.spells(&it.of, it.field) } else { Vec::new() };
        spells.retain(|(since, _)| *since != from);
        let place = spells.partition_point(|(since, _)| *since < from);
        spells.insert(place, (from, value));
        self.fields[it.record.index()][it.field.index()].insert(Arc::clone(&it.of.key), spells);
        true
    }

    /// What a case has brought into force since a day, or no longer has.
    pub(super) fn impose(&mut self, case: usize, of: &RecordRef, rule: &str, (since, ended): (Date, Option<Date>)) {
        let all = self.imposed[of.record.index()].entry(Arc::clone(&of.key)).or_default();
        all.retain(|it| it.case != case);
        all.push(Imposed { case, rule: rule.to_owned(), since, ended });
        all.sort_by_key(|it| (it.since, it.case));
    }

    /// What was in force of a record by a rule since a day, and was so already at the beginning.
    pub(super) fn was_imposed(&self, of: &RecordRef, rule: &str, since: Date) -> bool {
        self.records.imposed(of, rule).iter().any(|it| it.0 == since)
    }

    /// Whether anything was imposed on a record.
    fn imposed_since<'w>(&'w self, of: &RecordRef, rule: &'w str) -> impl Iterator<Item = &'w Imposed> {
        let all = self.imposed[of.record.index()].get(&*of.key);
        all.into_iter().flatten().filter(move |it| it.rule == rule)
    }

    fn blank(&self, record: RecordId, field: FieldId) -> Value {
        crate::table::blank_value(self.policy.field(record, field).blank)
    }

    fn own(&self, of: &RecordRef, field: FieldId) -> Option<&Spells> {
        let written = &self.fields[of.record.index()][field.index()];
        if written.is_empty() { None } else { written.get(&*of.key) }
    }
}

impl Facts for Written<'_> {
    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        match self.own(of, field) {
            Some(spells) => {
                let held = spells.iter().rev().find(|(since, _)| *since <= on);
                held.map_or_else(|| self.blank(of.record, field), |it| it.1.clone())
            }
            None => self.base.field(of, field, on),
        }
    }

    fn panel(&self, of: &RecordRef, panel: RecordId, period: PeriodKind, first: Date, field: FieldId) -> Value {
        let written = self.panels.get(&(panel, first)).and_then(|it| it[field.index()].get(&*of.key));
        written.cloned().unwrap_or_else(|| self.base.panel(of, panel, period, first, field))
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        self.own(of, field).cloned().unwrap_or_else(|| self.base.spells(of, field))
    }

    fn first_kept(&self, of: &RecordRef) -> Option<Date> {
        let kept = |it: &Vec<ByKey<Value>>| it.iter().any(|it| it.contains_key(&*of.key));
        let own = |panel: RecordId| self.policy.owner_of(panel) == Some(of.record);
        let written = self.panels.iter().filter(|((panel, _), it)| own(*panel) && kept(it)).map(|it| it.0.1).min();
        self.base.first_kept(of).into_iter().chain(written).min()
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        self.base.records(kind)
    }

    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef> {
        self.base.children(of, kind)
    }

    fn imposed(&self, of: &RecordRef, rule: &str) -> Vec<(Date, Option<Date>)> {
        let mut all = self.base.imposed(of, rule);
        for it in self.imposed_since(of, rule) {
            // What was in force at the beginning and was ended since is told once.
            match all.iter_mut().find(|(since, _)| *since == it.since && self.was_imposed(of, rule, it.since)) {
                Some(known) => known.1 = it.ended,
                None => all.push((it.since, it.ended)),
            }
        }
        all.sort();
        all
    }

    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
        let mut found = self.base.referring(to, kind, field);
        let written = &self.fields[kind.index()][field.index()];
        if !written.is_empty() {
            let names = |it: &(Date, Value)| matches!(&it.1, Value::Known(Known::Record(it)) if it == to);
            let dated = self.policy.field(kind, field).dated;
            found.retain(|it| dated || !written.contains_key(&*it.key));
            let more = written.iter().filter(|(_, spells)| spells.iter().any(names));
            found.extend(more.map(|(key, _)| RecordRef { record: kind, key: Arc::clone(key) }));
            found.sort();
            found.dedup();
        }
        found
    }
}

impl Written<'_> {
    /// Whom a reference names, on some day, now or before anything was written.
    pub(super) fn named_by(&self, of: &RecordRef, field: FieldId) -> Vec<RecordRef> {
        if !matches!(self.policy.field(of.record, field).kind, FieldKind::Reference(_)) {
            return Vec::new();
        }
        let spells = self.spells(of, field).into_iter().chain(self.base.spells(of, field));
        let named = spells.filter_map(|it| if let Value::Known(Known::Record(it)) = it.1 { Some(it) } else { None });
        named.collect()
    }
}
