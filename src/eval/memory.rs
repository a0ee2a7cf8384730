//! Facts in memory: what an `example` states, and what tests make up.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::eval::{Delegated, Facts};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, Policy, Shape};
use crate::value::{Known, RecordRef, Value};

/// Values of a field, each with the day from which it holds.
type Spells = Vec<(Date, Value)>;

/// The day on which something was imposed, and the one on which it was ended before its time.
type Imposed = (Date, Option<Date>);

/// Facts in memory. What nobody has stated is what the field's blank means.
#[derive(Debug, Clone)]
pub struct MemoryFacts<'a> {
    policy: &'a Policy,
    fields: BTreeMap<(RecordRef, FieldId), Spells>,
    panels: BTreeMap<(RecordRef, RecordId, Date, FieldId), Value>,
    /// Children in the order in which they were added, by their type.
    children: BTreeMap<RecordId, Vec<RecordRef>>,
    imposed: BTreeMap<(RecordRef, String), Vec<Imposed>>,
    completed: BTreeMap<(RecordRef, String), Vec<Date>>,
    /// Who hands on what is theirs, from which day, and to whom.
    delegations: Vec<(RecordRef, Date, Delegated)>,
}

impl<'a> MemoryFacts<'a> {
    /// No facts yet.
    #[must_use]
    pub fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            fields: BTreeMap::new(),
            panels: BTreeMap::new(),
            children: BTreeMap::new(),
            imposed: BTreeMap::new(),
            completed: BTreeMap::new(),
            delegations: Vec::new(),
        }
    }

    /// Says that a record is there, whatever is known of it.
    pub fn declare(&mut self, of: &RecordRef) {
        if let Shape::Entity { key } = self.policy.record(of.record).shape {
            let name = Value::Known(Known::Text(Arc::clone(&of.key)));
            self.fields.entry((of.clone(), key)).or_insert_with(|| vec![(Date::MIN, name)]);
        }
    }

    /// Somebody hands on what is theirs from a day on.
    pub fn delegate(&mut self, from: &RecordRef, since: Date, given: Delegated) {
        self.delegations.push((from.clone(), since, given));
    }

    /// Adds a child to a record. Its key is that of the record and a running number, as stores have it: `Akello/2`.
    pub fn add_child(&mut self, of: &RecordRef, kind: RecordId) -> RecordRef {
        self.declare(of);
        let children = self.children.entry(kind).or_default();
        let number =
            children.iter().filter(|it| it.key.rsplit_once('/').is_some_and(|it| *it.0 == *of.key)).count() + 1;
        let child = RecordRef { record: kind, key: Arc::from(format!("{}/{number}", of.key)) };
        children.push(child.clone());
        child
    }

    /// States a field of an entity or child. A dated one holds from the day, until another holds; for others the day is of no account.
    pub fn set(&mut self, of: &RecordRef, field: FieldId, from: Date, value: Value) {
        self.declare(of);
        let dated = self.policy.field(of.record, field).dated;
        let spells = self.fields.entry((of.clone(), field)).or_default();
        let from = if dated { from } else { Date::MIN };
        spells.retain(|(since, _)| *since != from);
        spells.push((from, value));
        spells.sort_by_key(|(since, _)| *since);
    }

    /// States a field of a panel, for a record and the period that begins on `first`.
    pub fn set_panel(&mut self, of: &RecordRef, panel: RecordId, first: Date, field: FieldId, value: Value) {
        self.declare(of);
        self.panels.insert((of.clone(), panel, first, field), value);
    }

    /// Says that a sanction or reward was imposed on a day.
    pub fn impose(&mut self, of: &RecordRef, rule: &str, on: Date) {
        self.declare(of);
        self.imposed.entry((of.clone(), rule.to_owned())).or_default().push((on, None));
    }

    /// Says that what was imposed before a day, and has not been ended, is ended on it.
    pub fn end(&mut self, of: &RecordRef, rule: &str, on: Date) {
        for (since, ended) in self.imposed.entry((of.clone(), rule.to_owned())).or_default() {
            if *since <= on && ended.is_none() {
                *ended = Some(on);
            }
        }
    }

    /// Says that a measure was completed on a day.
    pub fn complete(&mut self, of: &RecordRef, measure: &str, on: Date) {
        self.declare(of);
        self.completed.entry((of.clone(), measure.to_owned())).or_default().push(on);
    }

    /// The keys of the records of a type, in order.
    #[must_use]
    pub fn records(&self, record: RecordId) -> Vec<Arc<str>> {
        let keys = self.fields.keys().filter(|(of, _)| of.record == record).map(|(of, _)| Arc::clone(&of.key));
        let children = self.children.get(&record).into_iter().flatten().map(|it| Arc::clone(&it.key));
        let mut keys: Vec<Arc<str>> = keys.chain(children).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    fn blank(&self, record: RecordId, field: FieldId) -> Value {
        match self.policy.field(record, field).blank {
            Blank::Unknown => Value::Unknown(Vec::new()),
            Blank::NotApplicable => Value::NotApplicable,
            Blank::NotHappened => Value::NotHappened,
        }
    }
}

impl Facts for MemoryFacts<'_> {
    fn delegations(&self, of: &RecordRef, on: Date) -> Vec<Delegated> {
        let holds = |it: &&(RecordRef, Date, Delegated)| it.0 == *of && it.1 <= on && on <= it.2.until;
        self.delegations.iter().filter(holds).map(|it| it.2.clone()).collect()
    }

    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        let spells = self.fields.get(&(of.clone(), field));
        let value =
            spells.and_then(|it| it.iter().rev().find(|(since, _)| *since <= on)).map(|(_, value)| value.clone());
        value.unwrap_or_else(|| self.blank(of.record, field))
    }

    fn panel(&self, of: &RecordRef, panel: RecordId, _period: PeriodKind, first: Date, field: FieldId) -> Value {
        let value = self.panels.get(&(of.clone(), panel, first, field)).cloned();
        value.unwrap_or_else(|| self.blank(panel, field))
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        let spells = self.fields.get(&(of.clone(), field)).cloned().unwrap_or_default();
        if spells.first().is_none_or(|(since, _)| *since > Date::MIN) {
            return std::iter::once((Date::MIN, self.blank(of.record, field))).chain(spells).collect();
        }
        spells
    }

    fn first_kept(&self, of: &RecordRef) -> Option<Date> {
        let from = (of.clone(), RecordId(0), Date::MIN, FieldId(0));
        let own = self.panels.range(from..).take_while(|((owner, ..), _)| owner == of);
        own.map(|((_, _, first, _), _)| *first).min()
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        self.records(kind).into_iter().map(|key| RecordRef { record: kind, key }).collect()
    }

    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef> {
        let own = |it: &&RecordRef| it.key.rsplit_once('/').is_some_and(|(owner, _)| *owner == *of.key);
        self.children.get(&kind).into_iter().flatten().filter(own).cloned().collect()
    }

    fn imposed(&self, of: &RecordRef, rule: &str) -> Vec<(Date, Option<Date>)> {
        self.imposed.get(&(of.clone(), rule.to_owned())).cloned().unwrap_or_default()
    }

    fn completed(&self, of: &RecordRef, measure: &str) -> Vec<Date> {
        self.completed.get(&(of.clone(), measure.to_owned())).cloned().unwrap_or_default()
    }

    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
        let names = |(_, value): &(Date, Value)| matches!(value, Value::Known(Known::Record(it)) if it == to);
        let fields = self.fields.iter().filter(|((of, at), _)| of.record == kind && *at == field);
        fields.filter(|(_, spells)| spells.iter().any(names)).map(|((of, _), _)| of.clone()).collect()
    }
}
