//! Where a case goes from the end of a stage: on, back, into a stage that stands inside, or to its own end.

use jiff::civil::Date;

use crate::ids::StageId;
use crate::policy::flow::Then;
use crate::workflow::advance::Machine;
use crate::workflow::case::StageStatus;
use crate::workflow::event::{Anchored, Event, How};

impl Machine<'_> {
    /// The stages of the line itself, without those that stand inside others.
    pub(super) fn outer_stages(&self) -> impl Iterator<Item = StageId> + '_ {
        self.stage_ids().filter(|it| self.stage(*it).inside.is_none())
    }

    /// The stage inside one to which its end has led.
    pub(super) fn entered(&self, id: StageId) -> Option<StageId> {
        let state = self.state(id).filter(|it| it.has_ended())?;
        match self.then(id, state.status, state.choice.as_deref())? {
            Then::Inside(inner) => Some(*inner),
            Then::Continue | Then::Finish(_) | Then::Cancel | Then::GoBack { .. } => None,
        }
    }

    /// What the policy says of how a stage ended, if it says anything.
    fn then(&self, id: StageId, status: StageStatus, choice: Option<&str>) -> Option<&Then> {
        let stage = self.stage(id);
        match (status, choice) {
            (StageStatus::Lapsed, _) => Some(&stage.on_lapse),
            (StageStatus::Done, Some(choice)) => {
                let at = stage.choices.iter().position(|it| it.name == choice)?;
                stage.on_choice.iter().find(|it| it.choice == at).map(|it| &it.then)
            }
            _ => None,
        }
    }

    /// The end of a stage, and of that inside it to which it led.
    pub(super) fn settled(&self, id: StageId) -> Option<Anchored> {
        match self.entered(id) {
            Some(inner) => self.settled(inner),
            None => self.end_anchor(id),
        }
    }

    /// Goes where the end of a stage leads.
    pub(super) fn follow(&mut self, id: StageId, then: &Then, how: How, on: Date, mark: Option<String>) {
        match then {
            Then::Continue => self.complete_if_all_ended(on),
            Then::Finish(end) => {
                // An end that the workflow names is one that it was to come to, also by a lapse.
                let named = end.as_ref().is_some_and(|it| self.flow.has_end(it));
                let how = if named { How::Completed } else { how };
                self.happen(Event::CaseEnded { how, on, mark: end.clone().or(mark) });
            }
            Then::Cancel => self.happen(Event::CaseEnded { how: How::Cancelled, on, mark }),
            Then::GoBack { to, at_most } if self.may_go_back(id, *to, *at_most) => {
                // What follows a lapse begins on the day after.
                let on = if how == How::Lapsed { on.tomorrow().unwrap_or(on) } else { on };
                let name = |it: StageId| self.stage(it).label.name.clone();
                let again = self.behind(*to).into_iter().filter(|it| self.state(*it).is_some()).map(name).collect();
                self.happen(Event::WentBack { from: name(id), to: name(*to), again, on, mark });
            }
            // Often enough: it goes on.
            Then::GoBack { .. } => self.complete_if_all_ended(on),
            Then::Inside(_) => {}
        }
    }

    /// Whether a stage may send the case back to another once more.
    pub(super) fn may_go_back(&self, from: StageId, to: StageId, at_most: u32) -> bool {
        self.case.went_back(&self.stage(from).label.name, &self.stage(to).label.name) < at_most
    }

    /// A stage and all that wait for it, in the order written.
    fn behind(&self, id: StageId) -> Vec<StageId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(at) = found.get(next).copied() {
            let waits = |it: &StageId| self.flow.before(*it).contains(&at) || self.stage(*it).inside == Some(at);
            let more: Vec<StageId> = self.stage_ids().filter(|it| !found.contains(it) && waits(it)).collect();
            found.extend(more);
            next += 1;
        }
        found.sort();
        found
    }
}
