//! What people do in a case. Whoever may not is refused with what would be possible, and nothing has happened.

use crate::calendar::{Length, day_in_words, length_in_words};
use crate::ids::StageId;
use crate::policy::acts::Off;
use crate::policy::flow::Then;
use crate::policy::model::{Party, Policy, Workflow};
use crate::value::Answer;
use crate::workflow::advance::{Look, Machine};
use crate::workflow::case::{Case, CaseStatus, Signature, StageStatus};
use crate::workflow::event::{Event, Hand, How};
use crate::workflow::extend::often;
use crate::workflow::outlook::Outlook;

/// Somebody does something in a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who: record type and key.
    pub by: (String, String),
    /// In which stage; none where only one can be meant.
    pub stage: Option<String>,
    /// What.
    pub what: Deed,
    /// Why, in their words.
    pub because: Option<String>,
    /// By which the caller knows it: an act with the key of one that was done does nothing.
    pub key: Option<String>,
}

/// What can be done in a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// One of its choices, with the lesser sanction where that choice lessens it.
    Choose {
        /// Which.
        choice: String,
        /// The lesser sanction.
        instead: Option<String>,
    },
    /// These of its fields are written.
    Fill(Vec<String>),
    /// What it fills stands as it is.
    Complete,
    /// What it sends is sent.
    Send,
    /// What was sent was received: on this day, or on that of the act.
    Receive(Option<jiff::civil::Date>),
    /// It is given more time.
    Extend(Length),
    /// The case itself is withdrawn or cancelled, or the one concerned is let off.
    CallOff(Off),
    /// What it brought into force is ended before its time.
    Lift,
    /// Its clock is stopped.
    Suspend,
    /// Its clock runs again.
    Resume,
    /// These fields, filled in stages that have ended, are written anew.
    Correct(Vec<String>),
    /// A member of a committee withdraws from the case.
    Recuse,
    /// The vote of a committee is over: it is counted.
    EndVote,
}

impl Deed {
    /// Whether it is for those with whom a stage lies; else for whom the policy names.
    #[must_use]
    pub fn is_for_holders(&self) -> bool {
        match self {
            Deed::Choose { .. } | Deed::Fill(_) | Deed::Complete | Deed::Send | Deed::Receive(_) => true,
            Deed::Recuse | Deed::EndVote => true,
            Deed::Extend(_) | Deed::CallOff(_) | Deed::Suspend | Deed::Resume | Deed::Correct(_) | Deed::Lift => false,
        }
    }
}

impl std::fmt::Display for Deed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Deed::Choose { choice, instead: None } => write!(formatter, "choose {choice}"),
            Deed::Choose { choice, instead: Some(instead) } => write!(formatter, "choose {choice} to {instead}"),
            Deed::Fill(fields) => write!(formatter, "fill {}", fields.join(", ")),
            Deed::Complete => write!(formatter, "complete"),
            Deed::Extend(length) => write!(formatter, "extend by {}", length_in_words(*length)),
            Deed::Send => write!(formatter, "send"),
            Deed::Receive(None) => write!(formatter, "receive"),
            Deed::Receive(Some(day)) => write!(formatter, "receive on {day}"),
            Deed::Recuse => write!(formatter, "recuse"),
            Deed::EndVote => write!(formatter, "close the vote"),
            Deed::CallOff(Off::Withdrawn) => write!(formatter, "withdraw"),
            Deed::CallOff(Off::Cancelled) => write!(formatter, "cancel"),
            Deed::CallOff(Off::Exempted) => write!(formatter, "exempt"),
            Deed::Lift => write!(formatter, "lift"),
            Deed::Suspend => write!(formatter, "suspend"),
            Deed::Resume => write!(formatter, "resume"),
            Deed::Correct(fields) => write!(formatter, "correct {}", fields.join(", ")),
        }
    }
}

/// Why somebody may not do something, and what would be possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}{}", .possible.as_ref().map_or_else(String::new, |it| format!("; {it}")))]
pub struct Refusal {
    /// Why not.
    pub why: String,
    /// What would be possible instead.
    pub possible: Option<String>,
}

impl Refusal {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), possible: None }
    }

    pub(crate) fn but(self, possible: impl Into<String>) -> Self {
        Self { possible: Some(possible.into()), ..self }
    }
}

/// What an act on the day of the look makes of a case that was looked at until then; nothing if it was done before.
///
/// # Errors
/// When whoever acts may not; nothing has happened then.
pub fn act(
    policy: &Policy,
    flow: &Workflow,
    case: &Case,
    outlook: &dyn Outlook,
    look: &Look,
    act: &Act,
) -> Result<Vec<Event>, Refusal> {
    let mut machine = Machine::new(policy, flow, case, outlook, look);
    // Words that are kept stand on one line; none at all are no reason.
    let one_line = |it: &String| it.split_whitespace().collect::<Vec<_>>().join(" ");
    let because = act.because.as_ref().map(one_line).filter(|it| !it.is_empty());
    machine.act(&Act { because, ..act.clone() })?;
    Ok(machine.events)
}

/// What an act comes to that was done before by its key, or comes after the end of its case; nothing where the case must be looked at.
#[must_use]
pub fn done_or_over(case: &Case, act: &Act) -> Option<Result<(), Refusal>> {
    if let Some(before) = act.key.as_ref().and_then(|it| case.acts.get(it)) {
        // A receipt without a day is one of whatever day it was taken for.
        let same = *before == format!("{}: {}", act.by.1, act.what);
        if same || (act.what == Deed::Receive(None) && before.starts_with(&format!("{}: receive", act.by.1))) {
            return Some(Ok(()));
        }
        let other = Refusal::new("this key was given to another act in the case");
        return Some(Err(other.but(format!("that was {before}"))));
    }
    match case.status {
        CaseStatus::Open => None,
        // What it brought into force may still be.
        CaseStatus::Ended(_) if act.what == Deed::Lift => None,
        CaseStatus::Ended(_) => {
            let on = case.ended.map_or_else(String::new, |it| format!(" on {it}"));
            Some(Err(Refusal::new(format!("the case ended{on}"))))
        }
    }
}

impl Machine<'_> {
    fn act(&mut self, act: &Act) -> Result<(), Refusal> {
        if let Some(answer) = done_or_over(&self.case, act) {
            return answer;
        }
        match &act.what {
            Deed::Choose { choice, instead } => self.choose(act, choice, instead.as_deref()),
            Deed::Fill(fields) => self.fill(act, fields),
            Deed::Complete => self.complete(act),
            Deed::Extend(length) => self.extend(act, *length),
            Deed::Recuse => self.recuse(act),
            Deed::EndVote => self.end_vote(act),
            Deed::Send => self.send_by(act),
            Deed::Receive(day) => self.receive(act, *day),
            Deed::CallOff(how) => self.call_off(act, *how),
            Deed::Lift => self.lift(act),
            Deed::Suspend => self.suspend(act),
            Deed::Resume => self.resume(act),
            Deed::Correct(fields) => self.correct(act, fields),
        }
    }

    fn fill(&mut self, act: &Act, fields: &[String]) -> Result<(), Refusal> {
        if fields.is_empty() {
            return Err(Refusal::new("nothing is filled").but("name a field and its value"));
        }
        let fills = |it: StageId, field: &String| self.stage(it).filled(self.policy, field).is_some();
        let id = self.stage_of(act, |it| fields.iter().all(|field| fills(it, field)))?;
        let stage = self.stage(id).label.name.clone();
        if let Some(other) = fields.iter().find(|it| !fills(id, it)) {
            return Err(Refusal::new(format!("`{stage}` does not fill `{other}`")).but(self.filled_by(id)));
        }
        let round = self.state(id).map_or(1, |it| it.round);
        let (by, because, key, on) = (act.by.clone(), act.because.clone(), act.key.clone(), self.look.today);
        self.happen(Event::Filled { stage, round, fields: fields.to_vec(), entered: Vec::new(), by, because, on, key });
        Ok(())
    }

    fn filled_by(&self, id: StageId) -> String {
        let stage = self.stage(id);
        let fills = stage.fills.iter().chain(stage.needs.iter().flat_map(|it| &it.fields));
        let names: Vec<String> =
            fills.map(|it| format!("`{}`", self.policy.field(it.record, it.field).label.name)).collect();
        if names.is_empty() { "it fills nothing".to_owned() } else { format!("it fills {}", names.join(", ")) }
    }

    fn complete(&mut self, act: &Act) -> Result<(), Refusal> {
        let id = self.stage_of(act, |it| self.stage(it).choices.is_empty())?;
        let stage = self.stage(id).label.name.clone();
        if !self.stage(id).choices.is_empty() {
            return Err(Refusal::new(format!("`{stage}` ends by a choice")).but(self.choices_of(id)));
        }
        if self.is_done_by_sending(id) {
            return Err(Refusal::new(format!("`{stage}` ends when what it sends was sent")).but("send it"));
        }
        let round = self.state(id).map_or(1, |it| it.round);
        let (by, because, key) = (act.by.clone(), act.because.clone(), act.key.clone());
        self.happen(Event::Completed { stage: stage.clone(), round, by, because, on: self.look.today, key });
        let asked = self.asked_on(id, self.look.today);
        if self.stage(id).for_each.is_some() {
            let theirs = self.state(id).and_then(|it| it.holders.iter().find(|it| it.who.as_ref() == Some(&act.by)));
            if theirs.is_none_or(|it| !self.outlook.has_done(asked, it)) {
                return Err(Refusal::new(format!("the part of {} is not there yet", act.by.1)).but(self.filled_by(id)));
            }
            return Ok(());
        }
        let done = matches!(self.outlook.done(asked), Answer::Known(on) if on <= self.look.today);
        let waits_for_others = || !self.state(id).is_none_or(|it| it.is_signed()) && self.outlook.filled(asked);
        if !done && !waits_for_others() {
            return Err(Refusal::new(format!("what `{stage}` waits for is not there yet")).but(self.fill_first(id)));
        }
        Ok(())
    }

    fn choose(&mut self, act: &Act, choice: &str, instead: Option<&str>) -> Result<(), Refusal> {
        let offers = |it: StageId| self.stage(it).choices.iter().any(|it| it.name == choice);
        let id = self.stage_of(act, offers)?;
        let stage = self.stage(id);
        let name = stage.label.name.clone();
        let Some(at) = stage.choices.iter().position(|it| it.name == choice) else {
            return Err(Refusal::new(format!("`{choice}` is no choice of `{name}`")).but(self.choices_of(id)));
        };
        if !stage.fills.is_empty() && !self.outlook.filled(self.asked_on(id, self.look.today)) {
            let why = format!("what `{name}` fills is not there yet");
            return Err(Refusal::new(why).but(format!("{}, then choose", self.fill_first(id))));
        }
        let leads = stage.on_choice.iter().find(|it| it.choice == at);
        if let Some(Then::GoBack { to, at_most }) = leads.map(|it| &it.then)
            && !self.may_go_back(id, *to, *at_most)
        {
            let (to, often) = (&self.stage(*to).label.name, often(*at_most));
            let why = format!("the case may go back to `{to}` {often} at most, and has");
            return Err(Refusal::new(why).but(self.choices_of(id)));
        }
        let lessens = leads.is_some_and(|it| it.lessens);
        let instead = self.lesser(&name, choice, lessens, instead)?;
        if self.committee(id).is_some() {
            return self.vote(id, act, choice.to_owned(), instead);
        }
        let (by, on, choice) = (act.by.clone(), self.look.today, choice.to_owned());
        let signature = Signature { by: by.clone(), choice: Some((choice.clone(), instead.clone())), on };
        let hand = Hand { by, because: act.because.clone(), on, key: act.key.clone() };
        if self.needs_others(id, &signature) {
            let round = self.state(id).map_or(1, |it| it.round);
            self.happen(Event::Signed { stage: name, round, choice, instead, hand });
            return Ok(());
        }
        self.chosen(id, choice, instead, hand);
        Ok(())
    }

    /// A stage ends by a choice: what it sends is sent, and the case goes where that leads.
    pub(super) fn chosen(&mut self, id: StageId, choice: String, instead: Option<String>, hand: Hand) {
        let stage = self.stage(id);
        let at = stage.choices.iter().position(|it| it.name == choice);
        let leads = stage.on_choice.iter().find(|it| Some(it.choice) == at);
        let (then, mark) = leads.map_or((Then::Continue, None), |it| (it.then.clone(), it.mark.clone()));
        let (stage, state) = (stage.label.name.clone(), self.state(id));
        let round = state.map_or(1, |it| it.round);
        let Hand { by, because, on, key } = hand;
        let late = state.and_then(|it| it.dates.due.as_ref()).is_some_and(|it| self.case.is_late(it.day, on));
        self.happen(Event::Chosen { stage, round, choice, instead, by, because, on, late, key });
        self.send(id, None, on);
        self.follow(id, &then, How::Completed, on, mark);
    }

    /// What must be filled first.
    pub(super) fn fill_first(&self, id: StageId) -> String {
        let missing = self.outlook.unfilled(self.asked_on(id, self.look.today));
        if missing.is_empty() { "fill it first".to_owned() } else { format!("fill {} first", missing.join(", ")) }
    }

    /// The stage in which somebody acts: it is open, and lies with them.
    pub(super) fn stage_of(&self, act: &Act, fits: impl Fn(StageId) -> bool) -> Result<StageId, Refusal> {
        let theirs = |it: &StageId| {
            let holders = self.state(*it).map_or(&[][..], |it| &it.holders);
            holders.iter().any(|note| note.who.as_ref() == Some(&act.by))
        };
        let fitting = self.stages_meant(act, fits);
        let with: Vec<StageId> = fitting.iter().copied().filter(|it| theirs(it)).collect();
        match (with.as_slice(), fitting.first()) {
            ([], Some(other)) => {
                let why = format!("`{}` does not lie with {}", self.stage(*other).label.name, act.by.1);
                Err(Refusal::new(why).but(format!("it lies with {}", self.people(*other))))
            }
            _ => self.only_one_of(act, &with),
        }
    }

    /// The open stage that is meant, whoever it lies with.
    pub(super) fn open_stage(&self, act: &Act, fits: impl Fn(StageId) -> bool) -> Result<StageId, Refusal> {
        self.only_one_of(act, &self.stages_meant(act, fits))
    }

    pub(super) fn open_stages(&self) -> Vec<StageId> {
        let running = |it: &StageId| self.state(*it).is_some_and(|it| it.status == StageStatus::Running);
        self.stage_ids().filter(running).collect()
    }

    /// The open stages that may be meant: the one that is named, else those that fit.
    fn stages_meant(&self, act: &Act, fits: impl Fn(StageId) -> bool) -> Vec<StageId> {
        let named = |it: StageId| act.stage.as_ref().map(|name| self.stage(it).label.name == *name);
        self.open_stages().into_iter().filter(|it| named(*it).unwrap_or_else(|| fits(*it))).collect()
    }

    fn only_one_of(&self, act: &Act, stages: &[StageId]) -> Result<StageId, Refusal> {
        match stages {
            [only] => Ok(*only),
            [] => Err(self.none_is_open(act)),
            several => {
                let names: Vec<String> = several.iter().map(|it| format!("`{}`", self.stage(*it).label.name)).collect();
                Err(Refusal::new(format!("it can be meant for {}", names.join(" or "))).but("name the stage: `in …`"))
            }
        }
    }

    /// Why nothing that is open can be meant, and what is open.
    fn none_is_open(&self, act: &Act) -> Refusal {
        let what = match (&act.stage, &act.what) {
            (Some(name), _) => self.why_not_open(name),
            (None, Deed::Recuse | Deed::EndVote) => "no committee decides in an open stage".to_owned(),
            (None, Deed::Send) => "no open stage sends anything".to_owned(),
            (None, Deed::Receive(_)) => "nothing is on its way".to_owned(),
            (None, Deed::Choose { choice, .. }) => format!("no open stage offers `{choice}`"),
            (None, Deed::Fill(fields)) => format!("no open stage fills `{}`", fields.join("`, `")),
            (None, Deed::Complete) => "no open stage is completed: they end by a choice".to_owned(),
            // Only of extensions a stage is meant: the others are for the case as a whole.
            (
                None,
                Deed::Extend(_) | Deed::CallOff(_) | Deed::Suspend | Deed::Resume | Deed::Correct(_) | Deed::Lift,
            ) => "no open stage may be extended".to_owned(),
        };
        let offered = |it: StageId| match (&act.what, self.stage(it).choices.is_empty()) {
            (Deed::Fill(_), _) => format!(" ({})", self.filled_by(it)),
            (Deed::Extend(_) | Deed::CallOff(_) | Deed::Suspend | Deed::Resume | Deed::Correct(_), _) | (_, true) => {
                String::new()
            }
            (_, false) => format!(" ({})", self.choices_of(it)),
        };
        let open = self
            .open_stages()
            .into_iter()
            .map(|it| format!("`{}` is open with {}{}", self.stage(it).label.name, self.people(it), offered(it)));
        let open: Vec<String> = open.collect();
        match (open.is_empty(), &act.what) {
            (true, Deed::Complete) if act.stage.is_none() => Refusal::new("no stage is open"),
            (true, _) => Refusal::new(what).but("nothing is open"),
            (false, _) => Refusal::new(what).but(open.join(", ")),
        }
    }

    /// `plan` is not open, and why.
    fn why_not_open(&self, name: &str) -> String {
        let Some(id) = self.stage_ids().find(|it| self.stage(*it).label.name == name) else {
            return format!("`{}` has no stage `{name}`", self.flow.label.name);
        };
        let Some((state, ended)) = self.state(id).and_then(|it| Some((it, day_in_words(it.ended?)))) else {
            return format!("`{name}` has not opened yet");
        };
        match state.status {
            StageStatus::Done => format!("`{name}` is not open: it was done on {ended}"),
            StageStatus::Lapsed => format!("`{name}` is not open: it lapsed on {ended}"),
            StageStatus::LeftOut => format!("`{name}` is not open: it was left out"),
            StageStatus::Running | StageStatus::Cancelled => format!("`{name}` is not open"),
        }
    }

    // ---- who else may

    /// Whoever acts, if they are the one whom the policy names; by their key alone if no more is said.
    pub(super) fn only_by(
        &self,
        act: &Act,
        stage: StageId,
        party: &Party,
        what: &str,
    ) -> Result<(String, String), Refusal> {
        let note = self.outlook.who(self.asked_on(stage, self.look.today), party);
        match note.who {
            Some(who) if is_called(&act.by, &who) => Ok(who),
            Some((_, other)) => {
                let why = format!("{what} only by {}, and {} is not", note.capacity, act.by.1);
                Err(Refusal::new(why).but(format!("that is {other}")))
            }
            None => {
                let why = if note.why.is_empty() { String::new() } else { format!(" ({})", note.why.join("; ")) };
                Err(Refusal::new(format!("{what} only by {}, and nobody is{why}", note.capacity)))
            }
        }
    }

    /// What has to be said of why.
    pub(super) fn reason_of(&self, act: &Act) -> Result<String, Refusal> {
        let none = || Refusal::new("a reason is needed, and is kept").but("say why: `because …`");
        act.because.clone().ok_or_else(none)
    }

    pub(super) fn people(&self, id: StageId) -> String {
        let holders = self.state(id).map_or(&[][..], |it| &it.holders);
        let names: Vec<&str> = holders.iter().filter_map(|it| it.who.as_ref()).map(|it| it.1.as_str()).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(" and ") }
    }

    pub(super) fn choices_of(&self, id: StageId) -> String {
        let open = self.stage(id).choices.iter().enumerate().filter(|(at, _)| {
            let leads = self.stage(id).on_choice.iter().find(|it| it.choice == *at);
            !matches!(leads.map(|it| &it.then), Some(Then::GoBack { to, at_most }) if !self.may_go_back(id, *to, *at_most))
        });
        let names: Vec<String> = open.map(|it| format!("`{}`", it.1.name)).collect();
        if names.is_empty() { "nothing is left to choose".to_owned() } else { format!("choose {}", names.join(" or ")) }
    }
}

/// Whether somebody is the one who is named, by the key alone or with the record type.
pub(super) fn is_called(named: &(String, String), who: &(String, String)) -> bool {
    named.1 == who.1 && (named.0.is_empty() || named.0 == who.0)
}
