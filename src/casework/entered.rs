//! What was entered in a case and is still to be confirmed, laid over the facts: the case itself goes by it, and nothing else does.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::casework::bench::Bench;
use crate::casework::facts::value_of;
use crate::eval::{Delegated, Facts};
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::model::{FieldKind, Fill, Policy, Shape};
use crate::syntax::tree::FactValue;
use crate::value::{Known, RecordRef, Value};
use crate::workflow::{Act, Case, Deed, Entered, Event, Said};

/// A value as every version of a policy understands it.
fn said(policy: &Policy, known: &Known) -> Said {
    match known {
        Known::Choice(list, at) => {
            let choice = policy.choices[list.index()].choices.get(*at as usize);
            Said::Choice(choice.map_or_else(String::new, |it| it.name.clone()))
        }
        Known::Record(of) => Said::Record(of.key.to_string()),
        plain => Said::Plain(plain.clone()),
    }
}

/// What was said as a value of a field; nothing where the field has no such value in this version of the policy.
fn meant(policy: &Policy, kind: &FieldKind, said: &Said) -> Option<Known> {
    match (kind, said) {
        (FieldKind::Choice(list), Said::Choice(name)) => {
            let at = policy.choices[list.index()].choices.iter().position(|it| it.name == *name)?;
            Some(Known::Choice(*list, u32::try_from(at).ok()?))
        }
        (FieldKind::Reference(record), Said::Record(key)) => {
            Some(Known::Record(RecordRef { record: *record, key: Arc::from(key.as_str()) }))
        }
        (kind, Said::Plain(known)) => is_of(kind, known).then(|| known.clone()),
        _ => None,
    }
}

fn is_of(kind: &FieldKind, known: &Known) -> bool {
    match (kind, known) {
        (FieldKind::Text | FieldKind::Phone | FieldKind::Post | FieldKind::Email, Known::Text(_))
        | (FieldKind::Date | FieldKind::Event, Known::Date(_))
        | (FieldKind::Timestamp, Known::Moment(_))
        | (FieldKind::YesNo, Known::YesNo(_)) => true,
        (FieldKind::Number { .. }, Known::Number(number)) => kind.fits(number).is_ok(),
        (FieldKind::Money { currency, .. }, Known::Money { amount, currency: of }) => {
            currency == of && kind.fits(amount).is_ok()
        }
        (FieldKind::Duration(unit), Known::Duration { unit: of, .. }) => unit == of,
        _ => false,
    }
}

/// Where a value belongs that was entered in a case, as a version of the policy has it.
#[derive(Debug, Clone)]
pub struct Place {
    /// The record type that has the field.
    pub record: RecordId,
    /// The field.
    pub field: FieldId,
    /// What was entered; nothing empties it.
    pub value: Option<Known>,
}

/// Where what was entered belongs.
///
/// # Errors
/// In words, when this version of the policy has no such field, or that has no such value.
pub fn place_of(policy: &Policy, entered: &Entered) -> Result<Place, String> {
    let missing = || format!("there is no field `{}.{}`", entered.record, entered.field);
    let record = policy.record_named(&entered.record).ok_or_else(missing)?;
    let field = policy.record(record).field_named(&entered.field).ok_or_else(missing)?;
    let kind = &policy.field(record, field).kind;
    let none = || format!("`{}.{}` has no value such as was entered", entered.record, entered.field);
    let value = entered.value.as_ref().map(|it| meant(policy, kind, it).ok_or_else(none)).transpose()?;
    Ok(Place { record, field, value })
}

/// What counts from now on, of what happened.
#[must_use]
pub fn confirmed(events: &[Event]) -> Vec<Entered> {
    let values = |it: &Event| if let Event::Confirmed { values, .. } = it { values.clone() } else { Vec::new() };
    events.iter().flat_map(values).collect()
}

/// What somebody enters into a field of a stage on a day, if that counts only once a decision has confirmed it.
#[must_use]
pub fn to_be_confirmed(
    policy: &Policy,
    (flow, stage): (WorkflowId, StageId),
    (fill, value): (&Fill, Option<&Known>),
    (by, on): (&(String, String), Date),
) -> Option<Entered> {
    policy.workflow(flow).is_confirmed_later(stage, fill).then(|| Entered {
        record: policy.record(fill.record).label.name.clone(),
        field: policy.field(fill.record, fill.field).label.name.clone(),
        value: value.map(|it| said(policy, it)),
        by: by.clone(),
        on,
    })
}

/// Facts with what was entered in a case laid over them.
pub(super) struct Laid<'a> {
    policy: &'a Policy,
    facts: &'a dyn Facts,
    subject: RecordRef,
    /// The first day of the case's period.
    first: Option<Date>,
    entered: Vec<(Place, Date)>,
}

impl<'a> Laid<'a> {
    /// Nothing where nothing waits to be confirmed.
    pub(super) fn over(facts: &'a dyn Facts, policy: &'a Policy, subject: &RecordRef, case: &Case) -> Option<Self> {
        if case.entered.is_empty() {
            return None;
        }
        let entered = case.entered.iter().filter_map(|it| Some((place_of(policy, it).ok()?, it.on))).collect();
        Some(Self { policy, facts, subject: subject.clone(), first: case.period.parse().ok(), entered })
    }

    fn laid(&self, of: &RecordRef, record: RecordId, field: FieldId) -> Option<(Value, Date)> {
        if *of != self.subject {
            return None;
        }
        let (place, on) = self.entered.iter().find(|(it, _)| it.record == record && it.field == field)?;
        Some((place.value.clone().map_or_else(|| Value::Unknown(Vec::new()), Value::Known), *on))
    }
}

impl Facts for Laid<'_> {
    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value {
        match self.laid(of, of.record, field) {
            // What holds from a day on does not hold before it.
            Some((value, from)) if from <= on || !self.policy.field(of.record, field).dated => value,
            _ => self.facts.field(of, field, on),
        }
    }

    fn panel(&self, of: &RecordRef, panel: RecordId, period: PeriodKind, first: Date, field: FieldId) -> Value {
        match self.laid(of, panel, field).filter(|_| self.first == Some(first)) {
            Some((value, _)) => value,
            None => self.facts.panel(of, panel, period, first, field),
        }
    }

    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)> {
        let before = self.facts.spells(of, field);
        match self.laid(of, of.record, field) {
            None => before,
            Some((value, _)) if !self.policy.field(of.record, field).dated => vec![(Date::MIN, value)],
            Some((value, from)) => before.into_iter().filter(|it| it.0 < from).chain([(from, value)]).collect(),
        }
    }

    fn first_kept(&self, of: &RecordRef) -> Option<Date> {
        let kept = self.facts.first_kept(of);
        let panels = |it: &(Place, Date)| matches!(self.policy.record(it.0.record).shape, Shape::Panel { .. });
        let own = self.first.filter(|_| *of == self.subject && self.entered.iter().any(panels));
        kept.into_iter().chain(own).min()
    }

    fn records(&self, kind: RecordId) -> Vec<RecordRef> {
        self.facts.records(kind)
    }

    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef> {
        self.facts.children(of, kind)
    }

    fn imposed(&self, of: &RecordRef, rule: &str) -> Vec<(Date, Option<Date>)> {
        self.facts.imposed(of, rule)
    }

    fn completed(&self, of: &RecordRef, measure: &str) -> Vec<Date> {
        self.facts.completed(of, measure)
    }

    fn delegations(&self, of: &RecordRef, on: Date) -> Vec<Delegated> {
        self.facts.delegations(of, on)
    }

    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
        self.facts.referring(to, kind, field)
    }
}

impl Bench<'_> {
    /// Somebody writes into a field of a stage what counts only once it is confirmed; gives whether it does.
    pub(super) fn enters(
        &mut self,
        (case, stage): (usize, &str),
        record: RecordId,
        value: &FactValue,
        (who, on): (&str, Date),
    ) -> Result<bool, String> {
        let (policy, flow) = (self.policy, self.cases[case].flow);
        let kind = policy.record(record);
        let place = policy.workflow(flow).stages.iter().position(|it| it.label.name == stage);
        let Some((place, field)) = place.zip(kind.field_named(&value.field.text)) else { return Ok(false) };
        let written = value_of(policy, &kind.fields[field.index()].kind, &value.value)?;
        let (fill, by) = (Fill { record, field }, (String::new(), who.to_owned()));
        let it = to_be_confirmed(policy, (flow, StageId::at(place)), (&fill, written.known()), (&by, on));
        let Some(it) = it else { return Ok(false) };
        let what = Deed::Fill(vec![value.field.text.clone()]);
        let act = Act { by, stage: Some(stage.to_owned()), what, because: None, key: None };
        let mut events = self.acted(case, &act, on).map_err(|it| it.to_string())?;
        if let Some(Event::Filled { entered, by, .. }) = events.last_mut() {
            entered.push(Entered { by: by.clone(), ..it });
        }
        self.happened(case, events);
        Ok(true)
    }

    /// What counts from now on is a fact of that day.
    pub(super) fn count_confirmed(&mut self, at: usize, events: &[Event]) {
        for event in events {
            let Event::Confirmed { values, on, .. } = event else { continue };
            let policy = self.policy;
            for place in values.iter().filter_map(|it| place_of(policy, it).ok()) {
                let case = &self.cases[at].case;
                let subject = policy.workflow(self.cases[at].flow).subject;
                let of = RecordRef { record: subject, key: Arc::from(case.subject.as_str()) };
                let first = case.period.parse().ok();
                let value = place.value.map_or_else(|| Value::Unknown(Vec::new()), Value::Known);
                match (policy.record(place.record).shape, first) {
                    (Shape::Panel { .. }, Some(first)) => {
                        self.facts.set_panel(&of, place.record, first, place.field, value);
                    }
                    _ => self.facts.set(&of, place.field, *on, value),
                }
            }
        }
    }
}
