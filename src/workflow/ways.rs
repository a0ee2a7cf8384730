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
            Then::Continue | Then::Finish(_) | Then::Cancel | Then::GoBack { .. } | Then::LeaveOut(_) => None,
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

    /// The ends that open a stage, as far as they are there: of all that it waits for, or of as many as suffice. What was left out is
    /// none of these, and where too few are left, it is not waited for any longer.
    pub(super) fn waited_for(&self, id: StageId) -> Option<Vec<Anchored>> {
        let before = self.flow.before(id);
        let Some(enough) = self.stage(id).enough else { return before.iter().map(|it| self.settled(*it)).collect() };
        let took_place = |it: &StageId| self.state(*it).is_some_and(|it| it.status != StageStatus::LeftOut);
        let mut ends: Vec<Anchored> =
            before.iter().filter(|it| took_place(it)).filter_map(|it| self.settled(*it)).collect();
        ends.sort_by_key(|it| it.day);
        let count = usize::try_from(enough).unwrap_or(usize::MAX);
        if ends.len() >= count {
            ends.truncate(count);
            return Some(ends);
        }
        before.iter().map(|it| self.settled(*it)).collect()
    }

    /// Whether another stage of its block is under way, where only one may be at a time.
    pub(super) fn waits_its_turn(&self, id: StageId) -> bool {
        self.turn_takers(id).any(|it| self.state(it).is_some_and(|it| it.again.is_not()) && self.settled(it).is_none())
    }

    /// The other stages of a block in which only one is open at a time.
    fn turn_takers(&self, id: StageId) -> impl Iterator<Item = StageId> + '_ {
        let block = self.stage(id).together.filter(|_| self.stage(id).one_at_a_time);
        self.stage_ids().filter(move |it| *it != id && block.is_some() && self.stage(*it).together == block)
    }

    /// The last end among the stages that had their turn before it.
    pub(super) fn last_turn(&self, id: StageId) -> Option<Anchored> {
        self.turn_takers(id).filter_map(|it| self.settled(it)).max_by_key(|it| it.day)
    }

    /// The case ends when all has.
    pub(super) fn complete_if_all_ended(&mut self, on: Date) {
        if self.case.is_open() && self.outer_stages().all(|id| self.settled(id).is_some()) {
            self.count_what_none_decided(on);
            self.happen(Event::CaseEnded { how: How::Completed, on, mark: None });
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
            Then::LeaveOut(stages) => {
                self.leave_out(stages, id, on);
                self.complete_if_all_ended(on);
            }
            Then::Inside(_) => {}
        }
    }

    /// Stages that have not ended are left out from a day on, with those inside them, because of what another came to.
    pub(super) fn leave_out(&mut self, stages: &[StageId], because_of: StageId, on: Date) {
        let within = |it: StageId| std::iter::successors(Some(it), |it| self.stage(*it).inside);
        let mut meant: Vec<StageId> =
            self.stage_ids().filter(|it| within(*it).any(|it| stages.contains(&it))).collect();
        meant.retain(|it| match self.state(*it) {
            Some(state) => !state.has_ended(),
            // What stands inside another comes only where that has led to it.
            None => self.stage(*it).inside.is_none_or(|outer| self.entered(outer) == Some(*it)),
        });
        let because_of = Some(self.stage(because_of).label.name.clone());
        for id in meant {
            let stage = self.stage(id).label.name.clone();
            self.happen(Event::StageLeftOut { stage, on, because_of: because_of.clone() });
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
