//! What follows in a case until a moment: the one place where a case moves.
//!
//! First the facts as they are known now (ended? suspended? done? moved? with whom?), then, in the order of their logical
//! moments, whatever time brings: openings, reminders, rungs, lapses. What is done meanwhile is not chased.

use jiff::civil::Date;

use crate::ids::StageId;
use crate::planted::{self, Bug};
use crate::policy::model::{Policy, Stage, StepKind, Timing, Workflow};
use crate::value::Truth;
use crate::workflow::case::{Again, Case, StageCase, StageStatus};
use crate::workflow::case_acts::merged;
use crate::workflow::event::{
    Anchored, DefaultRecord, Event, HolderNote, How, Notice, Receipt, Skipped, StageDates, StepMark,
};
use crate::workflow::moved::same_days;
use crate::workflow::notices::{merge_notices, push_notice};
use crate::workflow::outlook::{Answer, Asked, Outlook};

/// How far a case is looked at, and how patient the engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Everything up to this moment has happened (seconds UTC).
    pub until: i64,
    /// The day of that moment.
    pub today: Date,
    /// Reminders found more working days late than this are not sent.
    pub stale_after: u32,
    /// Working days that somebody has who is overdue on the day of adoption.
    pub grace_after_adoption: u32,
    /// Working days that somebody has before a lapse or default found late follows.
    pub grace_after_downtime: u32,
}

/// What a look at a case gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advanced {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The case after it.
    pub case: Case,
    /// The next moment at which anything can happen in it; none if only changed facts can move it. Of one that can't proceed: the
    /// next moment at which that may be otherwise.
    pub wake_at: Option<i64>,
    /// Why it can't proceed, if it can't.
    pub stuck: Option<Stuck>,
}

/// Why a case can't proceed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck(pub String);

/// What a look until `look.until` makes of a case. Reads no clock and no store; the same arguments give the same events.
#[must_use]
pub fn advance(policy: &Policy, flow: &Workflow, case: &Case, outlook: &dyn Outlook, look: &Look) -> Advanced {
    Machine::new(policy, flow, case, outlook, look).finish()
}

pub(super) struct Machine<'a> {
    pub(super) policy: &'a Policy,
    pub(super) flow: &'a Workflow,
    pub(super) outlook: &'a dyn Outlook,
    pub(super) look: &'a Look,
    pub(super) case: Case,
    pub(super) events: Vec<Event>,
    /// The policy version to which the case has just moved.
    pub(super) moved: Option<i64>,
    /// The day of a step that reaches nobody.
    unreached: Option<Date>,
}

/// Something that time brings.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Coming {
    Opening(StageId, Anchored),
    Step(StageId, usize, u32, Date),
    HeldStep(StageId, usize, u32, Date),
    Lapse(StageId, Date),
    CaseCloses(Date),
    /// What a stage sent to somebody is taken to be received.
    Receipt(StageId, (String, String), u32, Date),
}

impl Coming {
    /// Of several at one moment, lapses come before openings, openings before steps, and steps as they are written.
    fn rank(&self) -> (u8, u32, usize) {
        match self {
            Coming::Lapse(stage, _) => (0, stage.0, 0),
            Coming::CaseCloses(_) => (1, 0, 0),
            Coming::Opening(stage, _) => (3, stage.0, 0),
            Coming::Receipt(stage, ..) => (3, stage.0, 1),
            Coming::Step(stage, step, ..) | Coming::HeldStep(stage, step, ..) => (4, stage.0, *step),
        }
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        policy: &'a Policy,
        flow: &'a Workflow,
        case: &Case,
        outlook: &'a dyn Outlook,
        look: &'a Look,
    ) -> Self {
        Self { policy, flow, outlook, look, case: case.clone(), events: Vec::new(), moved: None, unreached: None }
    }
}

impl Machine<'_> {
    /// Everything that follows until the moment of the look.
    pub(super) fn finish(mut self) -> Advanced {
        let result = self.run();
        if !self.case.is_open() {
            self.sound_alarm();
        }
        merge_notices(self.flow, &self.case, &mut self.events);
        let mut wake_at = if result.is_ok() { self.wake_at() } else { self.freed_at() };
        if planted::is(Bug::WakeUpNotRenewed) && self.events.iter().any(|it| matches!(it, Event::ClockChanged { .. })) {
            wake_at = None;
        }
        Advanced { events: self.events, case: self.case, wake_at, stuck: result.err() }
    }

    fn run(&mut self) -> Result<(), Stuck> {
        self.end_if_facts_say_so();
        if !self.case.is_open() {
            self.reopen();
        }
        if !self.case.is_open() {
            return Ok(());
        }
        self.count_what_none_confirms();
        self.keep_ledger();
        self.reopen();
        self.look_at_running_stages()?;
        if self.moved.is_some() {
            // What was still to come may have been another version's.
            self.complete_if_all_ended(self.look.today);
        }
        let mut taken = None;
        while self.case.is_open() {
            let mut due: Vec<_> = self.coming().into_iter().filter(|(at, _)| *at <= self.look.until).collect();
            if planted::is(Bug::TimerLost) {
                due.retain(|(at, _)| taken != Some(*at));
            }
            if planted::is(Bug::NewestFirst) {
                due.sort_by_key(|it| std::cmp::Reverse(self.order(it)));
                due.truncate(1);
            }
            let Some((at, next)) = due.into_iter().min_by_key(|it| self.order(it)) else { break };
            taken = Some(at);
            self.take(next)?;
        }
        Ok(())
    }

    pub(super) fn asked(&self, stage: StageId) -> Asked<'_> {
        self.asked_on(stage, self.look.today)
    }

    pub(super) fn asked_on(&self, stage: StageId, on: Date) -> Asked<'_> {
        Asked { case: &self.case, stage, on }
    }

    pub(super) fn stage(&self, id: StageId) -> &Stage {
        self.flow.stage(id)
    }

    pub(super) fn state(&self, id: StageId) -> Option<&StageCase> {
        self.case.stage(&self.stage(id).label.name)
    }

    pub(super) fn stage_ids(&self) -> impl Iterator<Item = StageId> + use<> {
        (0..self.flow.stages.len()).map(StageId::at)
    }

    pub(super) fn running(&self) -> Vec<StageId> {
        self.stage_ids().filter(|id| self.state(*id).is_some_and(|it| it.status == StageStatus::Running)).collect()
    }

    // ---- facts as they are known now

    fn end_if_facts_say_so(&mut self) {
        let today = self.look.today;
        if !self.case.is_open() {
            return;
        }
        if let Some((which, on)) = self.outlook.cancelled(&self.case, today) {
            let mark = self.flow.cancels.get(which).and_then(|it| it.mark.clone());
            self.happen(Event::CaseEnded { how: How::Cancelled, on, mark });
        } else if !self.flow.even_if_they_leave
            && let Some(on) = self.outlook.left(&self.case, today)
        {
            self.happen(Event::CaseEnded { how: How::Left, on, mark: None });
        }
    }

    fn keep_ledger(&mut self) {
        let Some(from) = self.case.ledger_from() else { return };
        let by_facts = self.outlook.suspensions(&self.case, from, self.look.today);
        let suspensions = merged(self.case.with_what_stood_still(by_facts), &self.case.by_hand);
        if suspensions != self.case.suspensions {
            self.happen(Event::ClockChanged { suspensions, on: self.look.today });
        }
    }

    fn look_at_running_stages(&mut self) -> Result<(), Stuck> {
        let ledger_changed = self.events.iter().any(|it| matches!(it, Event::ClockChanged { .. }));
        // Where one can't go on, the dates of the others are right all the same, and what was done in them is found in time.
        let mut stuck = Ok(());
        for id in self.running() {
            stuck = stuck.and(self.look_at(id, ledger_changed));
        }
        stuck
    }

    fn look_at(&mut self, id: StageId, ledger_changed: bool) -> Result<(), Stuck> {
        // What suffices of several parts does so when the time is over: that must be right first.
        if self.stage(id).for_each.is_some() {
            self.move_dates(id, ledger_changed)?;
        }
        if self.end_if_done(id) || !self.case.is_open() {
            return Ok(());
        }
        self.move_dates(id, ledger_changed)?;
        self.assign_anew(id)
    }

    /// Ends a stage whose fields say that it is done; late or not by the day that they state.
    ///
    /// A stage that has closed meanwhile is asked about its last day: what was written in time counts, though it is found after.
    fn end_if_done(&mut self, id: StageId) -> bool {
        if !self.stage(id).choices.is_empty() {
            return false;
        }
        let Some(state) = self.state(id) else { return false };
        let today = self.look.today;
        let closes = state.dates.closes.as_ref().map(|it| it.day).filter(|_| state.lapse_held_until().is_none());
        let last_day = closes.map_or(today, |it| it.min(today));
        let Answer::Known(on) = self.outlook.done(self.asked_on(id, last_day)) else { return false };
        if on > last_day {
            return false;
        }
        let blamed = self.case.adopted.is_none_or(|adopted| on >= adopted);
        let late = blamed && state.dates.due.as_ref().is_some_and(|it| self.case.is_late(it.day, on));
        let (stage, round) = (self.stage(id).label.name.clone(), state.round);
        self.happen(Event::StageDone { stage, round, on, late });
        self.complete_if_all_ended(on);
        true
    }

    /// Dates stand as long as the clock does; else they follow holidays, orders, corrected facts and the ledger.
    fn move_dates(&mut self, id: StageId, ledger_changed: bool) -> Result<(), Stuck> {
        if self.case.stands_still_on(self.look.today) {
            return Ok(());
        }
        let Some(state) = self.state(id) else { return Ok(()) };
        let Some(opening) = state.opening.clone() else { return Ok(()) };
        let dates = self.outlook.dates(self.asked(id), &opening).map_err(Stuck)?;
        if same_days(&dates, &state.dates) {
            return Ok(());
        }
        let why = if let Some(version) = self.moved {
            format!("the case moved to policy version {version}")
        } else if !ledger_changed {
            self.outlook.why_moved(self.asked(id), &state.dates, &dates)
        } else if self.case.suspensions.is_empty() {
            "the clock did not stand still after all".to_owned()
        } else {
            "the clock stood still".to_owned()
        };
        let (stage, round) = (self.stage(id).label.name.clone(), state.round);
        self.happen(Event::DatesMoved { stage, round, dates, on: self.look.today, why });
        Ok(())
    }

    fn assign_anew(&mut self, id: StageId) -> Result<(), Stuck> {
        let (holders, forming) = self.charged(id);
        self.formed(id, forming);
        self.lies_with(id, holders.clone());
        self.somebody_acts(id, &holders)
    }

    // ---- what time brings

    fn coming(&self) -> Vec<(i64, Coming)> {
        let mut coming = Vec::new();
        for id in self.stage_ids() {
            let deemed = self.deemed(id).into_iter();
            let receipt = |(to, round, day)| (self.outlook.begin_of(day), Coming::Receipt(id, to, round, day));
            coming.extend(deemed.map(receipt));
            match self.state(id) {
                None => coming.extend(self.opening_to_come(id)),
                Some(state) if !state.again.is_not() => coming.extend(self.opening_to_come(id)),
                Some(state) if state.status == StageStatus::Running => {
                    coming.extend(self.lapse_to_come(id, state));
                    if !self.case.stands_still_on(self.look.today) || planted::is(Bug::RungWhileSuspended) {
                        self.steps_to_come(id, state, &mut coming);
                    }
                }
                Some(_) => {}
            }
        }
        if let Answer::Known(Some(day)) = self.outlook.case_closes(&self.case) {
            coming.push((self.outlook.end_of(day) + 1, Coming::CaseCloses(day)));
        }
        coming
    }

    /// A stage that leaves out others opens before those that could on the same day.
    fn order(&self, coming: &(i64, Coming)) -> (i64, (u8, u32, usize)) {
        let (at, rank) = (coming.0, coming.1.rank());
        match coming.1 {
            Coming::Opening(id, _) if self.stage(id).leaving_out => (at, (2, rank.1, rank.2)),
            _ => (at, rank),
        }
    }

    fn opening_to_come(&self, id: StageId) -> Option<(i64, Coming)> {
        let opening = self.opening_of(id)?;
        Some((self.outlook.begin_of(opening.day), Coming::Opening(id, opening)))
    }

    /// What opens a stage, as far as is known: the latest of its rule, the stages before it, and the case itself.
    fn opening_of(&self, id: StageId) -> Option<Anchored> {
        let stage = self.stage(id);
        let by_rule = match &stage.opens {
            None => None,
            Some(_) => match self.outlook.opening(self.asked(id)) {
                Answer::Known(anchored) => Some(anchored),
                Answer::NotYet | Answer::Unknown(_) => return None,
            },
        };
        if self.waits_its_turn(id) {
            return None;
        }
        let ends = self.waited_for(id)?;
        let outer = match stage.inside {
            Some(outer) => Some(self.end_anchor(outer).filter(|_| self.entered(outer) == Some(id))?),
            None => None,
        };
        let back = self.state(id).and_then(|it| if let Again::Since(day) = it.again { Some(day) } else { None });
        let back = back.map(|day| {
            let what = format!("the day on which `{}` was to come anew", stage.label.name);
            Anchored { day, anchor: crate::calendar::Anchor::Event { day, what } }
        });
        let latest =
            ends.into_iter().chain(self.last_turn(id)).chain(by_rule).chain(outer).chain(back).max_by_key(|it| it.day);
        let case = self.case_anchor()?;
        Some(self.not_before_move(latest.filter(|it| it.day >= case.day).unwrap_or(case)))
    }

    fn case_anchor(&self) -> Option<Anchored> {
        let day = self.case.opened?;
        let anchor = if self.case.at_start_of_period {
            crate::calendar::Anchor::StartEdge { day, what: "the start of the period".to_owned() }
        } else {
            crate::calendar::Anchor::Event { day, what: "the opening of the case".to_owned() }
        };
        Some(Anchored { day, anchor })
    }

    /// The end of a stage as the opening of the next: on the day when it was done, on the day after when it lapsed.
    pub(super) fn end_anchor(&self, id: StageId) -> Option<Anchored> {
        let state = self.state(id)?;
        let day = state.ended.filter(|_| state.again.is_not())?;
        let what = format!("the end of `{}`", self.stage(id).label.name);
        match state.status {
            StageStatus::Lapsed => {
                Some(Anchored { day: day.tomorrow().ok()?, anchor: crate::calendar::Anchor::EndEdge { day, what } })
            }
            StageStatus::Done | StageStatus::LeftOut => {
                Some(Anchored { day, anchor: crate::calendar::Anchor::Event { day, what } })
            }
            StageStatus::Running | StageStatus::Cancelled => None,
        }
    }

    fn lapse_to_come(&self, id: StageId, state: &StageCase) -> Option<(i64, Coming)> {
        let (day, until) = self.ends_with(id, &state.dates)?;
        match state.lapse_held_until() {
            Some(held) => Some((self.outlook.end_of(held) + 1, Coming::Lapse(id, held))),
            None if planted::is(Bug::LastDayRefused) => Some((self.outlook.begin_of(day), Coming::Lapse(id, day))),
            None => Some((until + 1, Coming::Lapse(id, day))),
        }
    }

    /// The last day of a stage by its dates, and the last moment.
    pub(super) fn ends_with(&self, id: StageId, dates: &StageDates) -> Option<(Date, i64)> {
        let closes = dates.closes.as_ref().map(|it| (it.day, it.until));
        let at_due = self.stage(id).lapses_at_due || self.another_may_be_formed(id);
        if !at_due || self.case.stands_still_on(self.look.today) {
            return closes;
        }
        // A receipt that is entered late moves a due date back, and nobody's time has run out before it was entered.
        let entered = self.case.stages.values().flat_map(|it| &it.post).filter_map(|it| it.known).max();
        let due = dates.due.as_ref().map(|it| match entered.filter(|day| *day > it.day) {
            Some(day) => (day, self.outlook.end_of(day)),
            None => (it.day, it.until),
        });
        [closes, due].into_iter().flatten().min_by_key(|it| it.1)
    }

    fn steps_to_come(&self, id: StageId, state: &StageCase, coming: &mut Vec<(i64, Coming)>) {
        for (place, step) in self.stage(id).steps.iter().enumerate() {
            let called = state.called(&step.name);
            let nth = state.steps.get(called).copied().unwrap_or(0) + 1;
            if let Some(day) = self.step_day(id, state, place, nth) {
                coming.push((self.outlook.notices_of(day), Coming::Step(id, place, nth, day)));
            }
            for hold in &state.held {
                if let Some((name, nth)) = hold.step.as_ref().filter(|(name, _)| *name == called) {
                    debug_assert_eq!(name, called);
                    let until = self.after_suspension(hold.until);
                    coming.push((self.outlook.notices_of(until), Coming::HeldStep(id, place, *nth, until)));
                }
            }
        }
    }

    /// The day of an occurrence of a step; none when there is no such occurrence, or its date is not known yet.
    fn step_day(&self, id: StageId, state: &StageCase, place: usize, nth: u32) -> Option<Date> {
        let due = state.dates.due.as_ref().map(|it| it.day);
        let opening = state.opening.as_ref()?.day;
        let day = match self.stage(id).steps.get(place)?.timing {
            Timing::EveryOverdue { every, at_most }
                if at_most.is_none_or(|most| nth <= most + u32::from(planted::is(Bug::FourthReminder))) =>
            {
                let times = crate::calendar::Length { count: every.count.checked_mul(nth)?, ..every };
                self.outlook.step_day(due?, Some(times), false)?
            }
            _ if nth > 1 => return None,
            Timing::Before(length) => self.outlook.step_day(due?, Some(length), true)?,
            Timing::OnDue => self.outlook.step_day(due?, None, true)?,
            Timing::Overdue(length) => self.outlook.step_day(due?, Some(length), false)?,
            Timing::AtOpening => self.outlook.step_day(opening, None, false)?,
            Timing::AfterOpening(length) => self.outlook.step_day(opening, Some(length), false)?,
            Timing::EveryOverdue { .. } => return None,
        };
        let day = self.after_suspension(day);
        let closed = state.dates.closes.as_ref().is_some_and(|it| day > it.day);
        (!closed).then_some(day)
    }

    /// A step that would fall on a day on which the clock stood still follows on the first working day after.
    fn after_suspension(&self, day: Date) -> Date {
        let stretch =
            self.case.suspensions.iter().find(|it| it.from <= day && it.until.is_some_and(|until| until >= day));
        match stretch.and_then(|it| it.until).and_then(|until| until.tomorrow().ok()) {
            Some(next) => self.after_suspension(self.outlook.working_day_from(next)),
            None => day,
        }
    }

    // ---- taking it

    fn take(&mut self, next: Coming) -> Result<(), Stuck> {
        match next {
            Coming::Opening(id, opening) => self.open(id, &opening),
            Coming::Step(id, place, nth, day) => self.take_step(id, place, nth, day),
            Coming::HeldStep(id, place, nth, day) => self.carry_out(id, place, nth, day),
            Coming::Lapse(id, day) => self.lapse(id, day),
            Coming::Receipt(id, to, round, day) => {
                let stage = self.stage(id).label.name.clone();
                let how = Receipt::Deemed;
                let (by, because, key) = (None, None, None);
                self.happen(Event::Received { stage, round, to, day, how, by, because, on: day, key });
                self.running().into_iter().try_for_each(|id| self.move_dates(id, false))
            }
            Coming::CaseCloses(on) => {
                self.happen(Event::CaseEnded { how: How::Lapsed, on, mark: None });
                Ok(())
            }
        }
    }

    fn open(&mut self, id: StageId, opening: &Anchored) -> Result<(), Stuck> {
        let stage = self.stage(id).label.name.clone();
        match self.outlook.takes_place(self.asked_on(id, opening.day)) {
            Truth::Yes => {}
            Truth::No | Truth::NotApplicable => {
                self.happen(Event::StageLeftOut { stage, on: opening.day, because_of: None });
                self.complete_if_all_ended(opening.day);
                return Ok(());
            }
            Truth::Unknown(missing) => {
                let words = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(Stuck(format!("whether `{stage}` takes place is not known, for want of {words}")));
            }
        }
        let dates = self.outlook.dates(self.asked(id), opening).map_err(Stuck)?;
        self.begin(id, opening, dates)
    }

    pub(super) fn begin(&mut self, id: StageId, opening: &Anchored, dates: StageDates) -> Result<(), Stuck> {
        let stage = self.stage(id).label.name.clone();
        let (holders, forming) = self.charged(id);
        let round = self.state(id).map_or(1, |it| it.round + 1);
        self.happen(Event::StageOpened { stage, round, opening: opening.clone(), dates, holders: holders.clone() });
        self.formed(id, forming);
        if self.stage(id).leaving_out {
            self.leave_out(&self.stage(id).after.clone(), id, opening.day);
        }
        self.send_by_itself(id, opening.day);
        if self.end_if_done(id) {
            return Ok(());
        }
        // In a round anew whoever had done their part has not.
        if self.stage(id).for_each.is_some() { self.assign_anew(id) } else { self.somebody_acts(id, &holders) }
    }

    fn take_step(&mut self, id: StageId, place: usize, nth: u32, day: Date) -> Result<(), Stuck> {
        let step = &self.stage(id).steps[place];
        let Some(state) = self.state(id) else { return Ok(()) };
        let opening = state.opening.as_ref().map(|it| it.day);
        let mark = self.mark(id, place, nth);
        if self.case.adopted.is_some_and(|adopted| day < adopted) {
            self.happen(Event::StepSkipped { mark, day, why: Skipped::BeforeAdoption });
        } else if opening.is_some_and(|opening| day < opening) {
            self.happen(Event::StepSkipped { mark, day, why: Skipped::BeforeOpening });
        } else if self.is_before_move(day) {
            self.happen(Event::StepSkipped { mark, day, why: Skipped::BeforeMove });
        } else if self.is_before_extension(id, place, day) {
            self.happen(Event::StepSkipped { mark, day, why: Skipped::BeforeExtension });
        } else if !self.is_stale(day) || (planted::is(Bug::StaleReminder) && step.kind == StepKind::Reminder) {
            return self.carry_out(id, place, nth, day);
        } else if step.kind == StepKind::Reminder {
            self.happen(Event::StepSkipped { mark, day, why: Skipped::Stale });
        } else if step.default_by.is_some() {
            self.hold(id, Some((mark.step, nth)), day);
        } else {
            return self.carry_out(id, place, nth, day);
        }
        Ok(())
    }

    fn mark(&self, id: StageId, place: usize, nth: u32) -> StepMark {
        let stage = self.stage(id);
        let (state, step) = (self.state(id), &stage.steps[place].name);
        let called = state.map_or(step.as_str(), |it| it.called(step)).to_owned();
        StepMark { stage: stage.label.name.clone(), round: state.map_or(1, |it| it.round), step: called, nth }
    }

    fn is_stale(&self, day: Date) -> bool {
        self.outlook.working_days_between(day, self.look.today) > i64::from(self.look.stale_after)
    }

    fn carry_out(&mut self, id: StageId, place: usize, nth: u32, day: Date) -> Result<(), Stuck> {
        let step = &self.stage(id).steps[place];
        let asked = self.asked_on(id, day);
        // Where nobody could be reached on that day, a fact that arrived since may name somebody.
        let who = |asked, party| match step.kind {
            StepKind::Reminder => self.outlook.who(asked, party),
            StepKind::Rung => self.told(asked, party),
        };
        let reached = |party| Some(who(asked, party)).filter(|it| it.who.is_some());
        let one = |party| reached(party).unwrap_or_else(|| who(self.asked(id), party));
        let (found, nobody): (Vec<_>, Vec<_>) = step
            .to
            .iter()
            .flat_map(|party| self.several(id, party).unwrap_or_else(|| vec![one(party)]))
            .partition(|it| it.who.is_some());
        if found.is_empty() && !nobody.is_empty() && !self.only_who_has_gone(asked, &step.to) {
            let why = nobody.iter().map(|it| it.why.join("; ")).collect::<Vec<_>>().join("; ");
            let (step, stage) = (&step.name, &self.stage(id).label.name);
            let stuck = Stuck(format!("`{step}` of `{stage}` can reach nobody: {why}"));
            self.unreached = Some(day);
            return Err(stuck);
        }
        // Who has signed what lies with several is not reminded of it, and in no default.
        let blamed = match &step.default_by {
            None => Vec::new(),
            Some(party) => self.several(id, party).unwrap_or_else(|| vec![self.outlook.who(asked, party)]),
        };
        let mut defaults = blamed.into_iter().filter(|it| !self.has_signed(id, it)).map(|note| DefaultRecord {
            by: note.who,
            capacity: note.capacity,
            why: note.why,
        });
        let (default, and_by) = (defaults.next(), defaults.collect());
        let mut notices: Vec<Notice> = Vec::new();
        if let Some(message) = self.message_of(id, place) {
            for note in found.into_iter().filter(|it| step.kind == StepKind::Rung || !self.has_signed(id, it)) {
                push_notice(&mut notices, &note, &message);
            }
        }
        let due = self.state(id).and_then(|it| it.dates.due.as_ref()).map(|it| it.day);
        let event = Event::StepTaken {
            mark: self.mark(id, place, nth),
            rung: step.kind == StepKind::Rung,
            day,
            due,
            notices,
            default,
            and_by,
            nobody: nobody.into_iter().map(|it| it.capacity).collect(),
        };
        self.happen(event);
        Ok(())
    }

    /// Of several who each have a part of their own in a stage, those who have not done it.
    pub(super) fn still_to_act(&self, id: StageId) -> Vec<HolderNote> {
        let asked = self.asked(id);
        self.outlook.holders(asked).into_iter().filter(|it| !self.has_signed(id, it)).collect()
    }

    fn message_of(&self, id: StageId, place: usize) -> Option<String> {
        self.flow_message(self.stage(id).steps[place].message)
    }

    pub(super) fn flow_message(&self, message: Option<crate::ids::MessageId>) -> Option<String> {
        message.and_then(|id| self.policy.messages.get(id.index())).map(|it| it.label.name.clone())
    }

    /// Holds back a default or lapse that is found late, and reminds the people concerned once: with whom the stage lies, and against
    /// whom a default would be recorded.
    fn hold(&mut self, id: StageId, step: Option<(String, u32)>, was_due: Date) {
        let until = self.outlook.working_days_after(self.look.today, self.look.grace_after_downtime);
        let stage = self.stage(id);
        let message = stage.steps.iter().rev().find(|it| it.kind == StepKind::Reminder).and_then(|it| it.message);
        let message = self.flow_message(message.or_else(|| stage.steps.iter().find_map(|it| it.message)));
        let mut notices = Vec::new();
        if let Some(message) = message {
            let called = |it: &str| self.state(id).map_or(it.to_owned(), |state| state.called(it).to_owned());
            let default_by =
                step.as_ref().and_then(|(name, _)| stage.steps.iter().find(|it| called(&it.name) == *name));
            let blamed =
                default_by.and_then(|it| it.default_by.as_ref()).map(|it| self.outlook.who(self.asked(id), it));
            let charged = match stage.for_each {
                Some(_) => self.still_to_act(id),
                None => self.outlook.holders(self.asked(id)),
            };
            for note in charged.into_iter().chain(blamed) {
                push_notice(&mut notices, &note, &message);
            }
        }
        let round = self.state(id).map_or(1, |it| it.round);
        let stage = stage.label.name.clone();
        self.happen(Event::Held { stage, round, step, was_due, on: self.look.today, until, notices });
    }

    fn lapse(&mut self, id: StageId, day: Date) -> Result<(), Stuck> {
        if self.end_if_done(id) {
            return Ok(());
        }
        let Some(state) = self.state(id) else { return Ok(()) };
        let adopted_after = self.case.adopted.is_some_and(|adopted| day < adopted);
        // A state is over with its time, whoever looked when.
        let by_itself = self.stage(id).lasting.is_some();
        if state.lapse_held_until().is_none() && !adopted_after && !by_itself && self.is_stale(day) {
            self.hold(id, None, day);
            return Ok(());
        }
        if self.is_late_with_it(id) {
            return self.form_another(id, day, !adopted_after);
        }
        let round = state.round;
        let stage = self.stage(id);
        let (name, then, written) = (stage.label.name.clone(), stage.on_lapse.clone(), stage.lapse_mark.clone());
        let mark = if adopted_after { Some("before adoption".to_owned()) } else { written };
        self.happen(Event::StageLapsed { stage: name, round, on: day, mark: mark.clone() });
        self.follow(id, &then, How::Lapsed, day, mark);
        Ok(())
    }

    // ---- when to look again

    fn wake_at(&self) -> Option<i64> {
        if !self.case.is_open() {
            return self.alarm_at().into_iter().chain(self.reopens_at()).min();
        }
        let coming = self.coming().into_iter().map(|(at, _)| at).filter(|at| *at > self.look.until);
        coming.chain(self.facts_turn_at()).min()
    }

    /// When a case that can't proceed may be freed though no fact changes: facts turn, or the step that reaches nobody grows stale.
    fn freed_at(&self) -> Option<i64> {
        let stale = self.unreached.map(|day| self.outlook.working_days_after(day, self.look.stale_after + 1));
        let stale = stale.map(|day| self.outlook.begin_of(day)).filter(|at| *at > self.look.until);
        stale.into_iter().chain(self.facts_turn_at()).min()
    }

    /// When facts say something else though nobody changes them: a day that they state comes, or the policy's own words turn.
    fn facts_turn_at(&self) -> Option<i64> {
        let done = self.running().into_iter().filter_map(|id| match self.outlook.done(self.asked(id)) {
            Answer::Known(on) if on > self.look.today => Some(on),
            _ => None,
        });
        let days = done.chain(self.flow.turns.after(self.look.today)).chain(self.may_be_formed_anew_on());
        let turns = days.map(|day| self.outlook.begin_of(day));
        turns.filter(|at| *at > self.look.until).min()
    }
}
