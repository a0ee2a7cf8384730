//! What a stage sends: sent, accepted and received are three things, each with its day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::StageId;
use crate::policy::flow::DECISION;
use crate::policy::model::Party;
use crate::workflow::act::{Act, Refusal};
use crate::workflow::advance::Machine;
use crate::workflow::case::{Case, StageCase, StageStatus};
use crate::workflow::event::{Event, Notice, Receipt};
use crate::workflow::notices::push_notice;

/// Something on its way to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// The record type and key of who it goes to.
    pub to: (String, String),
    /// The round of the stage in which it was sent.
    pub round: u32,
    /// The day on which it was sent.
    pub sent: Date,
    /// The day on which it was accepted on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Date>,
    /// The day on which they received it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Date>,
    /// The day on which that became known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Date>,
}

impl Posted {
    pub(super) fn sent(to: &(String, String), round: u32, on: Date) -> Self {
        Self { to: to.clone(), round, sent: on, accepted: None, received: None, known: None }
    }
}

impl Posted {
    /// The day on which it left: when it was accepted on its way, if that is known and later than it was sent.
    fn left(&self) -> Date {
        self.accepted.map_or(self.sent, |it| it.max(self.sent))
    }
}

impl StageCase {
    /// The day on which it sent something in this round.
    #[must_use]
    pub fn sent(&self) -> Option<Date> {
        self.post.iter().map(|it| it.sent).max()
    }

    pub(super) fn posted_to(&mut self, round: u32, to: &(String, String)) -> impl Iterator<Item = &mut Posted> {
        self.post.iter_mut().filter(move |it| it.round == round && it.to == *to)
    }
}

impl Case {
    /// Whether somebody is the one whom the case is about, or whom its subject belongs to.
    #[must_use]
    pub fn concerns(&self, who: &(String, String)) -> bool {
        let owner = self.subject.rsplit_once('/').map(|it| it.0);
        (who.0 == self.subject_type && who.1 == self.subject) || (who.0 != self.subject_type && owner == Some(&*who.1))
    }

    /// The day on which what a stage sent left: to the one concerned, else to the last of all to whom it went.
    #[must_use]
    pub fn left_on(&self, stage: &StageCase) -> Option<Date> {
        let theirs = stage.post.iter().filter(|it| self.concerns(&it.to)).map(Posted::left).max();
        theirs.or_else(|| stage.post.iter().map(Posted::left).max())
    }

    /// The day on which what a stage sent was received: by the one concerned, else by the last of all to whom it went.
    #[must_use]
    pub fn received(&self, stage: &StageCase) -> Option<Date> {
        if let Some(theirs) = stage.post.iter().find(|it| self.concerns(&it.to)) {
            return theirs.received;
        }
        let days: Option<Vec<Date>> = stage.post.iter().map(|it| it.received).collect();
        days?.into_iter().max()
    }
}

impl Machine<'_> {
    /// Sends what a stage sends; of a decision something always goes to the one concerned.
    pub(super) fn send(&mut self, id: StageId, act: Option<&Act>, on: jiff::civil::Date) {
        let stage = self.stage(id);
        let mut notices: Vec<Notice> = Vec::new();
        for sends in &stage.sends {
            let Some(message) = self.flow_message(Some(sends.message)) else { continue };
            for party in &sends.to {
                let told = self.several(id, party).unwrap_or_else(|| vec![self.told(self.asked_on(id, on), party)]);
                told.iter().for_each(|it| push_notice(&mut notices, it, &message));
            }
        }
        if stage.decision.is_some() && !notices.iter().any(|it| self.case.concerns(&it.to)) {
            let concerned =
                if self.policy.child_of(self.flow.subject).is_some() { Party::Owner } else { Party::Subject };
            push_notice(&mut notices, &self.told(self.asked_on(id, on), &concerned), DECISION);
        }
        if notices.is_empty() {
            return;
        }
        let (stage, round) = (stage.label.name.clone(), self.state(id).map_or(1, |it| it.round));
        let by = act.map(|it| it.by.clone());
        let because = act.and_then(|it| it.because.clone());
        let key = act.and_then(|it| it.key.clone());
        self.happen(Event::Sent { stage, round, notices, by, because, on, key });
    }

    /// Somebody with whom a stage lies sends what it sends.
    pub(super) fn send_by(&mut self, act: &Act) -> Result<(), Refusal> {
        let id = self.stage_of(act, |it| self.is_done_by_sending(it))?;
        let name = self.stage(id).label.name.clone();
        if !self.is_done_by_sending(id) {
            let refusal = Refusal::new(format!("nobody sends anything in `{name}`"));
            return Err(if self.stage(id).choices.is_empty() { refusal } else { refusal.but(self.choices_of(id)) });
        }
        if !self.stage(id).fills.is_empty() && !self.outlook.filled(self.asked_on(id, self.look.today)) {
            return Err(Refusal::new(format!("what `{name}` fills is not there yet"))
                .but(format!("{}, then send", self.fill_first(id))));
        }
        if self.state(id).is_some_and(|it| it.sent().is_some()) {
            return Err(Refusal::new(format!("what `{name}` sends was sent")));
        }
        self.send(id, Some(act), self.look.today);
        if self.state(id).is_none_or(|it| it.sent().is_none()) {
            return Err(Refusal::new(format!("there is nobody to whom `{name}` could be sent")));
        }
        Ok(())
    }

    /// Whether a stage ends when what it sends was sent.
    pub(super) fn is_done_by_sending(&self, id: StageId) -> bool {
        let stage = self.stage(id);
        !stage.sends.is_empty() && stage.choices.is_empty()
    }

    /// What a stage without anybody who acts sends by itself.
    pub(super) fn send_by_itself(&mut self, id: StageId, on: Date) {
        let unsent = self.state(id).is_some_and(|it| it.status == StageStatus::Running && it.sent().is_none());
        if unsent && self.is_done_by_sending(id) && self.stage(id).by.is_empty() && self.stage(id).fills.is_empty() {
            self.send(id, None, on);
        }
    }

    /// Somebody says that they received what was sent to them, or enters it for another with whom the sending lay.
    pub(super) fn receive(&mut self, act: &Act, day: Option<Date>) -> Result<(), Refusal> {
        let today = self.look.today;
        let day = day.unwrap_or(today);
        let waits = |it: &StageId| {
            let named = act.stage.as_ref().is_none_or(|name| self.stage(*it).label.name == *name);
            named && self.state(*it).is_some_and(|it| it.post.iter().any(|it| it.received.is_none()))
        };
        let mine = |it: &StageCase| it.post.iter().any(|it| it.to == act.by && it.received.is_none());
        let lay = |it: &StageCase| it.holders.iter().any(|it| it.who.as_ref() == Some(&act.by));
        let waiting: Vec<StageId> = self.stage_ids().filter(waits).collect();
        let own = waiting.iter().copied().rfind(|it| self.state(*it).is_some_and(mine));
        let sender = waiting.iter().copied().rfind(|it| self.state(*it).is_some_and(lay));
        let Some(id) = own.or(sender) else {
            let what = act.stage.as_ref().map_or_else(|| "nothing".to_owned(), |it| format!("nothing of `{it}`"));
            let why = format!("{what} is on its way to {}", act.by.1);
            let others: Vec<String> = waiting.iter().map(|it| self.on_its_way(*it)).collect();
            let refusal = Refusal::new(why);
            return Err(if others.is_empty() { refusal } else { refusal.but(others.join(", ")) });
        };
        let Some(state) = self.state(id) else { return Ok(()) };
        let (stage, round) = (self.stage(id).label.name.clone(), state.round);
        let to: Vec<(String, String)> = match own {
            Some(_) => vec![act.by.clone()],
            None => state.post.iter().filter(|it| it.received.is_none()).map(|it| it.to.clone()).collect(),
        };
        let round = state.post.iter().map(|it| it.round).max().unwrap_or(round);
        let sent = state.sent().unwrap_or(today);
        if day < sent || day > today {
            let why = format!("what was sent on {sent} can't have been received on {day}");
            return Err(Refusal::new(why).but(format!("name a day from {sent} to {today}")));
        }
        for to in to {
            let (by, because, key) = (Some(act.by.clone()), act.because.clone(), act.key.clone());
            let (stage, how) = (stage.clone(), Receipt::Entered);
            self.happen(Event::Received { stage, round, to, day, how, by, because, on: today, key });
        }
        Ok(())
    }

    fn on_its_way(&self, id: StageId) -> String {
        let post = self.state(id).map_or(&[][..], |it| &it.post);
        let names: Vec<&str> = post.iter().filter(|it| it.received.is_none()).map(|it| it.to.1.as_str()).collect();
        format!("`{}` is on its way to {}", self.stage(id).label.name, names.join(", "))
    }

    /// When what was accepted is taken to be received, for each to whom it went.
    pub(super) fn deemed(&self, id: StageId) -> Vec<((String, String), u32, Date)> {
        let Some(after) = self.stage(id).deemed_received else { return Vec::new() };
        let post = self.state(id).map_or(&[][..], |it| &it.post);
        let open = post.iter().filter(|it| it.received.is_none());
        let day = |on: Date| self.outlook.step_day(on, Some(after), false);
        open.filter_map(|it| Some((it.to.clone(), it.round, day(it.accepted?)?))).collect()
    }
}
