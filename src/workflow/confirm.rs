//! What was entered and counts only once a decision has confirmed it: it stays with the case until then.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::StageId;
use crate::policy::flow::Then;
use crate::policy::model::{Fill, Policy};
use crate::value::Known;
use crate::workflow::advance::Machine;
use crate::workflow::case::{Case, StageStatus};
use crate::workflow::event::Event;

/// A value as every version of a policy understands it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// One of a list of choices, by its name.
    Choice(String),
    /// A record, by its key.
    Record(String),
    /// Any other value.
    Plain(Known),
}

/// What somebody entered into a field of the case's subject, or of what is kept of it for the case's period, and does not count yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entered {
    /// The record type that has the field.
    pub record: String,
    /// The field.
    pub field: String,
    /// What; nothing empties it.
    pub value: Option<Said>,
    /// Who: record type and key.
    pub by: (String, String),
    /// The day.
    pub on: Date,
}

impl Entered {
    /// Whether it was entered into a field.
    #[must_use]
    pub fn is_in(&self, policy: &Policy, fill: &Fill) -> bool {
        policy.field(fill.record, fill.field).label.name == self.field
            && policy.record(fill.record).label.name == self.record
    }
}

impl Case {
    /// What was entered takes the place of what was entered into the same field before.
    pub(super) fn enter(&mut self, entered: &[Entered]) {
        self.count(entered);
        self.entered.extend(entered.iter().cloned());
    }

    /// What counts now waits no more.
    pub(super) fn count(&mut self, values: &[Entered]) {
        let same = |one: &Entered, other: &Entered| one.record == other.record && one.field == other.field;
        self.entered.retain(|it| !values.iter().any(|value| same(it, value)));
    }
}

impl Machine<'_> {
    /// The one way in which anything happens in a case, with what it confirms.
    pub(super) fn happen(&mut self, event: Event) {
        let confirmed = self.confirmed_by(&event);
        self.case.apply(&event);
        self.events.push(event);
        confirmed.into_iter().for_each(|it| self.happen(it));
    }

    /// What counts because of how a stage ended.
    fn confirmed_by(&self, event: &Event) -> Option<Event> {
        if self.case.entered.is_empty() {
            return None;
        }
        let stage = |name: &String| self.stage_ids().find(|it| self.stage(*it).label.name == *name);
        match event {
            Event::Chosen { stage: name, choice, on, .. } => {
                let id = stage(name)?;
                let fills = self.stage(id).confirmed_by(choice);
                // Where it leads to a decision that confirms it, too, that decides.
                let further = self.entered_by(id, choice);
                let counts = |it: &Entered| {
                    fills.iter().any(|fill| it.is_in(self.policy, fill))
                        && !self.confirming(it).any(|at| further == Some(at))
                };
                self.counts(counts, Some(name), *on)
            }
            Event::StageLapsed { stage: name, on, .. } => {
                let fills = self.stage(stage(name)?).confirmed_by_lapse();
                self.counts(|it| fills.iter().any(|fill| it.is_in(self.policy, fill)), Some(name), *on)
            }
            // Nobody sends back any more what nobody decides upon.
            Event::StageLeftOut { stage: name, on, .. } => {
                let left_out = stage(name)?;
                let counts = |it: &Entered| {
                    let mut confirming = self.confirming(it);
                    confirming.any(|it| it == left_out)
                        && !self.confirming(it).any(|id| id != left_out && self.may_still_decide(id))
                };
                self.counts(counts, Some(name), *on)
            }
            _ => None,
        }
    }

    /// What no decision has refused counts when everything has ended without one that could confirm it.
    pub(super) fn count_what_none_decided(&mut self, on: Date) {
        let came_to_nothing = |id: StageId| {
            self.state(id).is_none_or(|it| matches!(it.status, StageStatus::LeftOut | StageStatus::Cancelled))
        };
        let event = self.counts(|it| self.confirming(it).all(came_to_nothing), None, on);
        event.into_iter().for_each(|it| self.happen(it));
    }

    /// What the version to which the case has moved confirms nowhere counts at once.
    pub(super) fn count_what_none_confirms(&mut self) {
        let event = self.counts(|it| self.confirming(it).next().is_none(), None, self.look.today);
        event.into_iter().for_each(|it| self.happen(it));
    }

    /// The decisions that confirm what was entered.
    fn confirming<'m>(&'m self, entered: &'m Entered) -> impl Iterator<Item = StageId> + 'm {
        let confirms = |fills: &[Fill]| fills.iter().any(|it| entered.is_in(self.policy, it));
        self.stage_ids().filter(move |it| self.stage(*it).confirms_of().is_some_and(|it| confirms(&it.fields)))
    }

    /// The stage that opens inside another with a choice.
    fn entered_by(&self, id: StageId, choice: &str) -> Option<StageId> {
        let stage = self.stage(id);
        let leads = stage.on_choice.iter().find(|it| stage.choices[it.choice].name == choice)?;
        if let Then::Inside(inner) = leads.then { Some(inner) } else { None }
    }

    /// Whether a decision is under way, or comes by itself.
    fn may_still_decide(&self, id: StageId) -> bool {
        self.state(id).map_or(self.stage(id).inside.is_none(), |it| it.status == StageStatus::Running)
    }

    fn counts(&self, which: impl Fn(&Entered) -> bool, stage: Option<&String>, on: Date) -> Option<Event> {
        let values: Vec<Entered> = self.case.entered.iter().filter(|it| which(it)).cloned().collect();
        (!values.is_empty()).then(|| Event::Confirmed { stage: stage.cloned(), values, on })
    }
}
