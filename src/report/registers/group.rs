//! By what a register is summed up: a reference or a choice of the people concerned, or of what they refer to.

use std::sync::Arc;

use jiff::civil::Date;

use crate::ids::{FieldId, RecordId};
use crate::policy::model::{FieldKind, Policy, Shape};
use crate::report::name_of;
use crate::store::RecordReader;
use crate::value::{Known, RecordRef, Value};

/// A field (`unit`), or one of what a field refers to (`unit.parent`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    fields: Vec<String>,
}

/// There is no such field by which anything could be summed up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no record that this register speaks of has a reference or a choice `{asked}`")]
pub struct NoSuchField {
    /// What was asked for.
    pub asked: String,
    /// What there is.
    pub known: Vec<String>,
}

impl Grouping {
    /// A grouping by its words, for records of one of some types.
    ///
    /// # Errors
    /// When none of them has such a field.
    pub fn new(policy: &Policy, of: &[RecordId], words: &str) -> Result<Self, NoSuchField> {
        let fields: Vec<String> = words.split('.').map(str::to_owned).collect();
        let mut types = with_owners(policy, of);
        for (at, name) in fields.iter().enumerate() {
            let last = at + 1 == fields.len();
            let found: Vec<&FieldKind> = types.iter().filter_map(|it| kind_of(policy, *it, name)).collect();
            let refers: Vec<RecordId> = found.iter().filter_map(|it| referred(it)).collect();
            if found.is_empty() || (!last && refers.is_empty()) {
                let before = fields[..at].iter().map(|it| format!("{it}.")).collect::<String>();
                let known = types.iter().flat_map(|it| groups_of(policy, *it)).map(|it| format!("{before}{it}"));
                let mut known: Vec<String> = known.collect();
                known.sort();
                known.dedup();
                return Err(NoSuchField { asked: words.to_owned(), known });
            }
            types = with_owners(policy, &refers);
        }
        Ok(Self { fields })
    }

    /// The group of a record on a day: its key and its name.
    #[must_use]
    pub fn of(
        &self,
        policy: &Policy,
        facts: &dyn RecordReader,
        record: &str,
        key: &str,
        on: Date,
    ) -> Option<(String, String)> {
        let mut at = RecordRef { record: policy.record_named(record)?, key: Arc::from(key) };
        for (place, name) in self.fields.iter().enumerate() {
            let mut field = policy.record(at.record).field_named(name);
            if let (None, Some(owner)) = (field, owner_of(policy, &at)) {
                at = owner;
                field = policy.record(at.record).field_named(name);
            }
            let field = field?;
            match facts.field(&at, field, on) {
                Value::Known(Known::Record(other)) => at = other,
                Value::Known(Known::Choice(list, nth)) if place + 1 == self.fields.len() => {
                    let choice = policy.choices[list.index()].choices.get(nth as usize)?;
                    return Some((choice.name.clone(), choice.title.clone()));
                }
                _ => return None,
            }
        }
        let name = name_of(policy, facts, &policy.record(at.record).label.name, &at.key, on);
        Some((at.key.to_string(), name))
    }
}

/// These types, and those of the records to which their records belong.
fn with_owners(policy: &Policy, of: &[RecordId]) -> Vec<RecordId> {
    let owner = |it: &RecordId| match policy.record(*it).shape {
        Shape::Child { of } => Some(of),
        Shape::Entity { .. } | Shape::Panel { .. } => None,
    };
    of.iter().copied().chain(of.iter().filter_map(owner)).collect()
}

/// The record to which one belongs.
pub(super) fn owner_of(policy: &Policy, of: &RecordRef) -> Option<RecordRef> {
    let Shape::Child { of: owner } = policy.record(of.record).shape else { return None };
    let (key, _) = of.key.rsplit_once('/')?;
    Some(RecordRef { record: owner, key: Arc::from(key) })
}

fn kind_of<'p>(policy: &'p Policy, record: RecordId, name: &str) -> Option<&'p FieldKind> {
    let field: FieldId = policy.record(record).field_named(name)?;
    let kind = &policy.field(record, field).kind;
    matches!(kind, FieldKind::Reference(_) | FieldKind::Choice(_)).then_some(kind)
}

fn referred(kind: &FieldKind) -> Option<RecordId> {
    if let FieldKind::Reference(to) = kind { Some(*to) } else { None }
}

fn groups_of(policy: &Policy, record: RecordId) -> Vec<String> {
    let fields = &policy.record(record).fields;
    let names = fields.iter().map(|it| &it.label.name);
    names.filter(|it| kind_of(policy, record, it).is_some()).cloned().collect()
}
