//! An order about one period that reopens opens again what has lapsed, and with it a case that had ended by then.
//!
//! What was done meanwhile stays done, and what is open stays open. What the lapse had led to is undone: an end, a stage inside, stages
//! left out.

use jiff::civil::Date;

use crate::calendar::Anchor;
use crate::ids::StageId;
use crate::policy::flow::Then;
use crate::workflow::advance::Machine;
use crate::workflow::case::{CaseStatus, StageStatus};
use crate::workflow::event::{Anchored, Event, How};
use crate::workflow::outlook::Answer;

impl Machine<'_> {
    /// Opens again what has lapsed, where an order given by the day of the look says so and leaves time.
    pub(super) fn reopen(&mut self) {
        for id in self.stage_ids() {
            let Some(order) = self.reopening(id) else { continue };
            let name = |it: StageId| self.stage(it).label.name.clone();
            let mut again: Vec<String> = vec![name(id)];
            again.extend(self.undone_with(id).into_iter().map(name));
            self.happen(Event::Reopened { stage: name(id), again, order, on: self.look.today });
        }
    }

    /// The order by which a stage that has lapsed opens again today.
    fn reopening(&self, id: StageId) -> Option<String> {
        let today = self.look.today;
        if !self.may_reopen(id) || self.closed_by(today) || self.is_over_by_facts() {
            return None;
        }
        let order = self.outlook.reopened_by(self.asked(id))?;
        let what = order.clone();
        let opening = Anchored { day: today, anchor: Anchor::Event { day: today, what } };
        let dates = self.outlook.dates(self.asked(id), &opening).ok()?;
        let leaves_time = self.ends_with(id, &dates).is_none_or(|it| it.1 > self.look.until);
        leaves_time.then_some(order)
    }

    /// The first moment at which an order to come may open again what has lapsed in a case that has ended.
    pub(super) fn reopens_at(&self) -> Option<i64> {
        let period = self.case.period.parse::<Date>().ok()?;
        let lapsed = self.stage_ids().filter(|it| self.may_reopen(*it)).map(|it| self.stage(it));
        let orders = lapsed.flat_map(|it| &it.adjusted).filter(|it| it.reopens && it.period.first == period);
        let days = orders.map(|it| it.order.of).filter(|it| *it > self.look.today);
        days.map(|it| self.outlook.begin_of(it)).filter(|it| *it > self.look.until).min()
    }

    fn may_reopen(&self, id: StageId) -> bool {
        let stage = self.stage(id);
        // Asked of every stage in every look: most have no orders.
        if stage.adjusted.is_empty() || stage.lasting.is_some() {
            return false;
        }
        let ran_out = |it: How| matches!(it, How::Completed | How::Lapsed);
        let case = match self.case.status {
            CaseStatus::Open => true,
            CaseStatus::Ended(how) => ran_out(how) && self.case.lifted.is_none(),
        };
        let has_lapsed = self.state(id).is_some_and(|it| it.status == StageStatus::Lapsed && it.again.is_not());
        case && has_lapsed && stage.inside.is_none_or(|outer| self.entered(outer) == Some(id))
    }

    /// Whether the whole case is closed: no order about one of its stages moves that.
    fn closed_by(&self, day: Date) -> bool {
        matches!(self.outlook.case_closes(&self.case), Answer::Known(Some(last)) if last < day)
    }

    /// Whether facts have ended the case, or would if it were open.
    fn is_over_by_facts(&self) -> bool {
        let today = self.look.today;
        let left = || self.outlook.left(&self.case, today).filter(|_| !self.flow.even_if_they_leave).is_some();
        !self.case.is_open() && (self.outlook.cancelled(&self.case, today).is_some() || left())
    }

    /// The stages that come anew with one that opens again: what its lapse had led to or left out, and what the end of the case broke off.
    fn undone_with(&self, id: StageId) -> Vec<StageId> {
        let led_to = |it: StageId| match &self.stage(id).on_lapse {
            Then::Inside(inner) => self.is_within(it, *inner),
            Then::LeaveOut(stages) => {
                self.state(it).is_some_and(|it| it.status == StageStatus::LeftOut) && stages.contains(&it)
            }
            Then::Continue | Then::Finish(_) | Then::Cancel | Then::GoBack { .. } => false,
        };
        let broken_off = |it: StageId| {
            !self.case.is_open()
                && self.state(it).is_some_and(|it| it.status == StageStatus::Cancelled && it.again.is_not())
        };
        let there = |it: &StageId| *it != id && self.state(*it).is_some();
        self.stage_ids().filter(there).filter(|it| led_to(*it) || broken_off(*it)).collect()
    }

    fn is_within(&self, id: StageId, outer: StageId) -> bool {
        std::iter::successors(Some(id), |it| self.stage(*it).inside).any(|it| it == outer)
    }
}
