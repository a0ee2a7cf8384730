//! Facts of an `example` block, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::eval::Facts;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Blank, FieldKind, Policy, Shape};
use crate::syntax::tree::{Expr, ExprKind};
use crate::value::{Known, Number, RecordRef, Value};

/// Values of a field, each with the day from which it holds.
type Spells = Vec<(Date, Value)>;

/// Facts of an example.
pub(super) struct ExampleFacts<'a> {
    policy: &'a Policy,
    fields: BTreeMap<(RecordRef, FieldId), Spells>,
    panels: BTreeMap<(RecordRef, RecordId, Date, FieldId), Value>,
}

impl<'a> ExampleFacts<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        Self { policy, fields: BTreeMap::new(), panels: BTreeMap::new() }
    }

    /// Says that a record is there, whatever is known of it.
    pub(super) fn declare(&mut self, of: &RecordRef) {
        if let Shape::Entity { key } = self.policy.record(of.record).shape {
            let name = Value::Known(Known::Text(Arc::clone(&of.key)));
            self.fields.entry((of.clone(), key)).or_insert_with(|| vec![(Date::MIN, name)]);
        }
    }

    pub(super) fn set(&mut self, of: &RecordRef, field: FieldId, from: Date, value: Value) {
        self.declare(of);
        let dated = self.policy.field(of.record, field).dated;
        let spells = self.fields.entry((of.clone(), field)).or_default();
        let from = if dated { from } else { Date::MIN };
        spells.retain(|(since, _)| *since != from);
        spells.push((from, value));
        spells.sort_by_key(|(since, _)| *since);
    }

    pub(super) fn set_panel(&mut self, of: &RecordRef, panel: RecordId, first: Date, field: FieldId, value: Value) {
        self.declare(of);
        self.panels.insert((of.clone(), panel, first, field), value);
    }

    /// The records of a type, by key.
    pub(super) fn records(&self, record: RecordId) -> Vec<Arc<str>> {
        let keys = self.fields.keys().filter(|(of, _)| of.record == record).map(|(of, _)| Arc::clone(&of.key));
        let mut keys: Vec<Arc<str>> = keys.collect();
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

impl Facts for ExampleFacts<'_> {
    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        let spells = self.fields.get(&(of.clone(), field));
        let value = spells.and_then(|it| it.iter().rev().find(|(since, _)| *since <= on)).map(|(_, value)| value.clone());
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
}

/// A value as an example writes it, read by the type of its field; in words what does not fit.
pub(super) fn value_of(policy: &Policy, kind: &FieldKind, written: &Expr) -> Result<Value, String> {
    let known = match (kind, &written.kind) {
        (_, ExprKind::Unknown) => return Ok(Value::Unknown(Vec::new())),
        (FieldKind::Number { percent, .. }, ExprKind::Number(number)) => {
            let value = parse(&number.text)?;
            Known::Number(if *percent { hundredth(value)? } else { value })
        }
        (FieldKind::Number { percent: true, .. }, ExprKind::Percent(number)) => Known::Number(hundredth(parse(&number.text)?)?),
        (FieldKind::Number { .. }, ExprKind::Negative(inner)) => match &inner.kind {
            ExprKind::Number(number) => Known::Number(parse(&format!("-{}", number.text))?),
            _ => return Err("a number is expected here".to_owned()),
        },
        (FieldKind::Money { currency, .. }, ExprKind::Money { amount, .. } | ExprKind::Number(amount)) => {
            Known::Money { amount: parse(&amount.text)?, currency: Arc::clone(currency) }
        }
        (FieldKind::Date | FieldKind::Event, ExprKind::Date(date)) => Known::Date(day_of(date)?),
        (FieldKind::YesNo, ExprKind::YesNo(yes)) => Known::YesNo(*yes),
        (FieldKind::Text | FieldKind::Email | FieldKind::Phone, ExprKind::Text(text)) => Known::Text(Arc::from(text.text.as_str())),
        (FieldKind::Duration(unit), ExprKind::Length(length)) => {
            Known::Duration { count: length.count.text.parse().map_err(|_| "a whole number is expected here")?, unit: *unit }
        }
        (FieldKind::Reference(to), ExprKind::Name(name)) => {
            Known::Record(RecordRef { record: *to, key: Arc::from(name.text.as_str()) })
        }
        (FieldKind::Choice(list), ExprKind::Name(name)) => choice(policy, *list, &name.text)?,
        (FieldKind::Choice(list), ExprKind::Text(text)) => choice(policy, *list, &text.text)?,
        (FieldKind::Timestamp, ExprKind::Date(date)) => {
            Known::Moment(policy.main().start_of_day(day_of(date)?).0)
        }
        _ => return Err("this is not a value of that field's type".to_owned()),
    };
    Ok(Value::Known(known))
}

fn choice(policy: &Policy, list: crate::ids::ChoiceId, name: &str) -> Result<Known, String> {
    let choices = &policy.choices[list.index()].choices;
    let at = choices.iter().position(|it| it.name == name);
    let names = || choices.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    let at = at.and_then(|it| u32::try_from(it).ok()).ok_or_else(|| format!("`{name}` is none of {}", names()))?;
    Ok(Known::Choice(list, at))
}

pub(super) fn parse(text: &str) -> Result<Number, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn hundredth(number: Number) -> Result<Number, String> {
    number.divide(Number::from(100)).map_err(|fault| fault.to_string())
}

/// A written date that exists.
pub(super) fn day_of(date: &crate::syntax::tree::Date) -> Result<Date, String> {
    let narrow = |it: u8| i8::try_from(it).unwrap_or(0);
    Date::new(date.year, narrow(date.month), narrow(date.day)).map_err(|_| "this date does not exist".to_owned())
}
