//! Facts as they are read: found, named when they are missing, and noted for those who must say what a decision rests on.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::eval::history::elsewhere;
use crate::eval::scope::Scope;
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Policy, Shape, When};
use crate::value::{Missing, RecordRef, Value};

/// A fact that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFact {
    /// Of which record.
    pub of: RecordRef,
    /// The record type that holds the field: that of the record, or one kept for it in each period.
    pub record: RecordId,
    /// The field.
    pub field: FieldId,
    /// Its name in the policy.
    pub name: String,
    /// The first day of the period, for what is kept for each period.
    pub period: Option<Date>,
    /// What it was.
    pub value: Value,
}

/// The record that a child belongs to: its key is the owner's and a running number, as stores have it.
pub(super) fn owner(policy: &Policy, child: &RecordRef) -> Option<RecordRef> {
    let record = policy.child_of(child.record)?;
    let (key, _) = child.key.rsplit_once('/')?;
    Some(RecordRef { record, key: Arc::from(key) })
}

/// A field of an entity or child, on the day that the scope reads.
pub(super) fn field(scope: &Scope<'_>, of: &RecordRef, field: FieldId) -> Value {
    let found = scope.facts.field(of, field, scope.day());
    noted(scope, of, (of.record, field), None, found)
}

/// A field of a panel, in this period or another.
pub(super) fn panel(scope: &Scope<'_>, of: &RecordRef, panel: RecordId, field: FieldId, when: When) -> Value {
    let other = match when {
        When::Now => Ok(scope.clone()),
        when => elsewhere(scope, of, when),
    };
    let period = match other.map(|it| it.period) {
        Ok(Some(period)) => period,
        Ok(None) => return Value::because("no period is at hand"),
        Err(nothing) => return nothing,
    };
    let kind = scope.policy.record(panel);
    if let Shape::Panel { each, .. } = kind.shape
        && each != period.kind
    {
        let (name, each) = (&kind.label.name, scope.calendar.kind_name(each));
        return Value::because(format!("{name} is kept for each {each}, not for {}", scope.calendar.label(&period)));
    }
    let found = match scope.facts.panel(of, panel, period.kind, period.first, field) {
        // Nobody need fill it: there is nothing to wait for.
        Value::Unknown(_) | Value::NotHappened if is_let_off(scope, of, panel, field, when, period) => {
            Value::NotApplicable
        }
        found => found,
    };
    noted(scope, of, (panel, field), Some(&period), found)
}

/// Whether orders let somebody off from filling a field.
fn is_let_off(scope: &Scope<'_>, of: &RecordRef, panel: RecordId, field: FieldId, when: When, period: Period) -> bool {
    let exempt = scope.policy.exempt_from_filling(panel, field);
    let on = if when == When::Now { scope.on } else { period.last };
    Scope { period: Some(period), on, ..scope.about(of.clone()) }.is_let_off(exempt)
}

/// An unknown fact gets its name: `status of Akello`, `targets of Akello in 2025/26`.
fn noted(
    scope: &Scope<'_>,
    of: &RecordRef,
    (record, field): (RecordId, FieldId),
    period: Option<&Period>,
    found: Value,
) -> Value {
    let name = &scope.policy.field(record, field).label.name;
    let value = match found {
        Value::Unknown(missing) if missing.is_empty() => {
            let when = period.map_or_else(String::new, |it| format!(" in {}", scope.calendar.label(it)));
            Value::Unknown(vec![Missing::Fact(format!("{name} of {}{when}", of.key))])
        }
        other => other,
    };
    if let Some(listener) = scope.listener {
        let (of, period, value) = (of.clone(), period.map(|it| it.first), value.clone());
        listener.read(&ReadFact { of, record, field, name: name.clone(), period, value });
    }
    value
}
