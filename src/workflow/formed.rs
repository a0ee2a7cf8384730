//! Committees formed for a case: who was chosen and why, who takes the place of whom, and a new one where one is late.
//!
//! Who is on it stands in the journal, so that nobody looks for them again: that it was judged on another day, or by other facts,
//! changes nothing of it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::Anchor;
use crate::ids::StageId;
use crate::workflow::advance::{Machine, Stuck};
use crate::workflow::case::StageCase;
use crate::workflow::event::{Anchored, DefaultRecord, Event, HolderNote, StageDates};
use crate::workflow::outlook::Asked;

/// Somebody on a committee that was formed for a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The record type and key.
    pub who: (String, String),
    /// The seat, by its name.
    pub seat: String,
    /// How they came to sit there, in words.
    pub why: Vec<String>,
}

/// Who was passed over for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The reason, in words.
    pub why: String,
    /// How many.
    pub count: u32,
    /// The first of them, by their keys.
    pub such_as: Vec<String>,
}

/// A committee formed for a case, as its stage keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formed {
    /// Which one it is, from 1.
    pub nth: u32,
    /// Who is on it; nobody while it is still to be formed.
    pub members: Vec<Member>,
    /// Those before it, which were late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<LateRound>,
}

impl Default for Formed {
    fn default() -> Self {
        Self { nth: 1, members: Vec::new(), before: Vec::new() }
    }
}

/// The time of a committee that was late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateRound {
    /// The round of its stage.
    pub round: u32,
    /// What opened it.
    pub opening: Option<Anchored>,
    /// Its dates.
    pub dates: StageDates,
    /// With whom it lay.
    pub holders: Vec<HolderNote>,
    /// Since when.
    pub since: Option<Date>,
    /// The last day of its time.
    pub until: Date,
}

impl Formed {
    /// Whether somebody sat on one that was late.
    #[must_use]
    pub fn sat_before(&self, who: &(String, String)) -> bool {
        self.before.iter().flat_map(|it| &it.holders).any(|it| it.who.as_ref() == Some(who))
    }
}

/// What forming a committee comes to on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forming {
    /// Who is on it: those who were, but for who left, and who takes their places.
    pub members: Vec<Member>,
    /// Who left, and why.
    pub left: Vec<((String, String), String)>,
    /// Who was passed over.
    pub passed_over: Vec<PassedOver>,
    /// With whom the decision lies; nobody, and why, where the committee can't be formed.
    pub holders: Vec<HolderNote>,
}

impl StageCase {
    /// The committee is as it was formed; who left has no vote any more.
    pub(super) fn form(&mut self, nth: u32, members: &[Member]) {
        let formed = self.formed.get_or_insert_default();
        (formed.nth, formed.members) = (nth, members.to_vec());
        self.votes.retain(|vote| members.iter().any(|it| it.who == vote.by));
    }

    /// The time of the committee is over: another is to be formed, and nothing of what this one did goes on.
    pub(super) fn form_another(&mut self, on: Date) {
        let late = LateRound {
            round: self.round,
            opening: self.opening.clone(),
            dates: self.dates.clone(),
            holders: std::mem::take(&mut self.holders),
            since: self.since,
            until: on,
        };
        let formed = self.formed.get_or_insert_default();
        formed.nth += 1;
        formed.members.clear();
        formed.before.push(late);
        self.votes.clear();
        self.held.clear();
        self.extensions.clear();
    }
}

impl Machine<'_> {
    /// With whom a stage lies, and the committee that is formed for it, if one is.
    pub(super) fn charged(&self, id: StageId) -> (Vec<HolderNote>, Option<Forming>) {
        let asked = self.asked_on(id, self.look.today);
        match self.outlook.forming(asked) {
            Some(forming) => (forming.holders.clone(), Some(forming)),
            None => (self.outlook.holders(asked), None),
        }
    }

    /// A committee is formed, or somebody takes the place of another: nothing where it stays as it is.
    pub(super) fn formed(&mut self, id: StageId, forming: Option<Forming>) {
        let Some(Forming { members, left, passed_over, .. }) = forming else { return };
        let Some(state) = self.state(id) else { return };
        let before = state.formed.as_ref();
        let people = |of: &[Member]| of.iter().map(|it| (it.who.clone(), it.seat.clone())).collect::<Vec<_>>();
        if people(&members) == before.map(|it| people(&it.members)).unwrap_or_default() {
            return;
        }
        let (stage, round) = (self.stage(id).label.name.clone(), state.round);
        let nth = before.map_or(1, |it| it.nth);
        let on = self.look.today;
        self.happen(Event::CommitteeFormed { stage, round, nth, members, left, passed_over, on });
    }

    /// Whoever withdrew or may not sit any more is replaced before anything is counted.
    pub(super) fn fill_its_seats(&mut self, id: StageId) {
        let (holders, forming) = self.charged(id);
        if forming.is_none() {
            return;
        }
        self.formed(id, forming);
        self.lies_with(id, holders);
    }

    /// Says so where a stage lies with others than before.
    pub(super) fn lies_with(&mut self, id: StageId, holders: Vec<HolderNote>) {
        let Some(state) = self.state(id) else { return };
        let people =
            |notes: &[HolderNote]| notes.iter().map(|it| (it.who.clone(), it.part.clone())).collect::<Vec<_>>();
        if people(&holders) != people(&state.holders) {
            let (stage, round) = (self.stage(id).label.name.clone(), state.round);
            self.happen(Event::Assigned { stage, round, holders, since: self.look.today });
        }
    }

    /// The day on which a committee that is formed for the case may be another though no fact of the case changes: who may sit on
    /// it, anybody's facts say.
    pub(super) fn may_be_formed_anew_on(&self) -> Option<Date> {
        let formed = |id: StageId| self.committee(id).is_some_and(|it| it.for_each_case);
        let tomorrow = self.look.today.tomorrow().ok();
        tomorrow.filter(|_| self.running().into_iter().any(formed))
    }

    /// Whether a new committee takes the place of one whose time is over: as often as its rule says.
    pub(super) fn another_may_be_formed(&self, id: StageId) -> bool {
        let rule = self.committee(id).filter(|it| it.for_each_case).and_then(|it| it.if_late);
        let nth = self.state(id).and_then(|it| it.formed.as_ref()).map_or(1, |it| it.nth);
        rule.is_some_and(|it| nth <= it.times)
    }

    /// Whether a day on which time is over is that on which the committee is late, and not that on which the stage closes.
    pub(super) fn is_late_with_it(&self, id: StageId) -> bool {
        let Some(dates) = self.state(id).map(|it| &it.dates) else { return false };
        let closes_first = || match (&dates.closes, &dates.due) {
            (Some(closes), Some(due)) => closes.until <= due.until,
            (closes, _) => closes.is_some(),
        };
        self.another_may_be_formed(id) && !closes_first()
    }

    /// A new committee is formed, with a time of its own, that begins on the day after.
    pub(super) fn form_another(&mut self, id: StageId, day: Date, blamed: bool) -> Result<(), Stuck> {
        let Some(state) = self.state(id) else { return Ok(()) };
        let by_each = self.committee(id).and_then(|it| it.if_late).is_some_and(|it| it.default_by_each);
        let named = state.holders.iter().filter(|it| it.who.is_some() && by_each && blamed);
        let default =
            |it: &HolderNote| DefaultRecord { by: it.who.clone(), capacity: it.capacity.clone(), why: it.why.clone() };
        let late = Event::CommitteeLate {
            stage: self.stage(id).label.name.clone(),
            round: state.round,
            on: day,
            defaults: named.map(default).collect(),
        };
        let first = day.tomorrow().unwrap_or(day);
        let anchor = Anchor::EndEdge { day, what: "the time of the committee before".to_owned() };
        let opening = Anchored { day: first, anchor };
        // Where the new one would have no time, all stays as it is.
        let after = self.case.clone().after(&late);
        let asked = Asked { case: &after, stage: id, on: self.look.today };
        let dates = self.outlook.dates(asked, &opening).map_err(Stuck)?;
        self.happen(late);
        self.begin(id, &opening, dates)
    }
}
