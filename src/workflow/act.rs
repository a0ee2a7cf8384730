//! What people do in a case. Whoever may not is refused with what would be possible, and nothing has happened.

use crate::ids::StageId;
use crate::policy::flow::Then;
use crate::policy::model::{Policy, Workflow};
use crate::value::Answer;
use crate::workflow::advance::{Look, Machine};
use crate::workflow::case::{Case, CaseStatus, StageStatus};
use crate::workflow::event::{Event, How};
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
    /// One of its choices.
    Choose(String),
    /// These of its fields are written.
    Fill(Vec<String>),
    /// What it fills stands as it is.
    Complete,
}

impl std::fmt::Display for Deed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Deed::Choose(choice) => write!(formatter, "choose {choice}"),
            Deed::Fill(fields) => write!(formatter, "fill {}", fields.join(", ")),
            Deed::Complete => write!(formatter, "complete"),
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
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), possible: None }
    }

    fn but(self, possible: impl Into<String>) -> Self {
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
    machine.act(act)?;
    Ok(machine.events)
}

impl Machine<'_> {
    fn act(&mut self, act: &Act) -> Result<(), Refusal> {
        if let Some(before) = act.key.as_ref().and_then(|it| self.case.acts.get(it)) {
            if *before == format!("{}: {}", act.by.1, act.what) {
                return Ok(());
            }
            return Err(Refusal::new("this key was given to another act in the case").but(format!("that was {before}")));
        }
        if let CaseStatus::Ended(_) = self.case.status {
            let on = self.case.ended.map_or_else(String::new, |it| format!(" on {it}"));
            return Err(Refusal::new(format!("the case ended{on}")));
        }
        match &act.what {
            Deed::Choose(choice) => self.choose(act, choice),
            Deed::Fill(fields) => self.fill(act, fields),
            Deed::Complete => self.complete(act),
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
        self.happen(Event::Filled { stage, round, fields: fields.to_vec(), by, because, on, key });
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
        let round = self.state(id).map_or(1, |it| it.round);
        let (by, because, key) = (act.by.clone(), act.because.clone(), act.key.clone());
        self.happen(Event::Completed { stage: stage.clone(), round, by, because, on: self.look.today, key });
        if !matches!(self.outlook.done(self.asked_on(id, self.look.today)), Answer::Known(on) if on <= self.look.today)
        {
            return Err(Refusal::new(format!("what `{stage}` waits for is not there yet")).but("fill it first"));
        }
        Ok(())
    }

    fn choose(&mut self, act: &Act, choice: &str) -> Result<(), Refusal> {
        let offers = |it: StageId| self.stage(it).choices.iter().any(|it| it.name == choice);
        let id = self.stage_of(act, offers)?;
        let stage = self.stage(id);
        let name = stage.label.name.clone();
        let Some(at) = stage.choices.iter().position(|it| it.name == choice) else {
            return Err(Refusal::new(format!("`{choice}` is no choice of `{name}`")).but(self.choices_of(id)));
        };
        if !stage.fills.is_empty() && !self.outlook.filled(self.asked_on(id, self.look.today)) {
            let why = format!("what `{name}` fills is not there yet");
            return Err(Refusal::new(why).but("fill it first, then choose"));
        }
        let leads = stage.on_choice.iter().find(|it| it.choice == at);
        let (then, mark) = leads.map_or((Then::Continue, None), |it| (it.then.clone(), it.mark.clone()));
        if let Then::GoBack { to, at_most } = &then
            && !self.may_go_back(id, *to, *at_most)
        {
            let often = if *at_most == 1 { "once".to_owned() } else { format!("{at_most} times") };
            let why = format!("the case may go back to `{}` {often} at most, and has", self.stage(*to).label.name);
            return Err(Refusal::new(why).but(self.choices_of(id)));
        }
        let on = self.look.today;
        let state = self.state(id);
        let late = state.and_then(|it| it.dates.due.as_ref()).is_some_and(|it| self.case.is_late(it.day, on));
        let round = state.map_or(1, |it| it.round);
        let (by, because, key) = (act.by.clone(), act.because.clone(), act.key.clone());
        self.happen(Event::Chosen { stage: name, round, choice: choice.to_owned(), by, because, on, late, key });
        self.follow(id, &then, How::Completed, on, mark);
        Ok(())
    }

    /// The stage in which somebody acts: it is open, and lies with them.
    fn stage_of(&self, act: &Act, fits: impl Fn(StageId) -> bool) -> Result<StageId, Refusal> {
        let running = |it: &StageId| self.state(*it).is_some_and(|it| it.status == StageStatus::Running);
        let theirs = |it: &StageId| {
            let holders = self.state(*it).map_or(&[][..], |it| &it.holders);
            holders.iter().any(|note| note.who.as_ref() == Some(&act.by))
        };
        let named = |it: &StageId| act.stage.as_ref().is_none_or(|name| self.stage(*it).label.name == *name);
        let open: Vec<StageId> = self.stage_ids().filter(running).collect();
        let fitting: Vec<StageId> =
            open.iter().copied().filter(|it| named(it) && (act.stage.is_some() || fits(*it))).collect();
        let with: Vec<StageId> = fitting.iter().copied().filter(|it| theirs(it)).collect();
        match (with.as_slice(), fitting.first()) {
            ([only], _) => Ok(*only),
            ([], Some(other)) => {
                let why = format!("`{}` does not lie with {}", self.stage(*other).label.name, act.by.1);
                Err(Refusal::new(why).but(format!("it lies with {}", self.people(*other))))
            }
            ([], None) => {
                let what = match (&act.stage, &act.what) {
                    (Some(name), _) => format!("`{name}` is not open"),
                    (None, Deed::Choose(choice)) => format!("no open stage offers `{choice}`"),
                    (None, Deed::Fill(fields)) => format!("no open stage fills `{}`", fields.join("`, `")),
                    (None, Deed::Complete) => "no stage is open".to_owned(),
                };
                let offered = |it: StageId| match (&act.what, self.stage(it).choices.is_empty()) {
                    (Deed::Fill(_), _) => format!(" ({})", self.filled_by(it)),
                    (_, true) => String::new(),
                    (_, false) => format!(" ({})", self.choices_of(it)),
                };
                let open = open.iter().map(|it| {
                    format!("`{}` is open with {}{}", self.stage(*it).label.name, self.people(*it), offered(*it))
                });
                let open: Vec<String> = open.collect();
                Err(Refusal::new(what).but(if open.is_empty() {
                    "nothing is open".to_owned()
                } else {
                    open.join(", ")
                }))
            }
            (several, _) => {
                let names: Vec<String> = several.iter().map(|it| format!("`{}`", self.stage(*it).label.name)).collect();
                Err(Refusal::new(format!("it can be meant for {}", names.join(" or "))).but("name the stage: `in …`"))
            }
        }
    }

    fn people(&self, id: StageId) -> String {
        let holders = self.state(id).map_or(&[][..], |it| &it.holders);
        let names: Vec<&str> = holders.iter().filter_map(|it| it.who.as_ref()).map(|it| it.1.as_str()).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(" and ") }
    }

    fn choices_of(&self, id: StageId) -> String {
        let open = self.stage(id).choices.iter().enumerate().filter(|(at, _)| {
            let leads = self.stage(id).on_choice.iter().find(|it| it.choice == *at);
            !matches!(leads.map(|it| &it.then), Some(Then::GoBack { to, at_most }) if !self.may_go_back(id, *to, *at_most))
        });
        let names: Vec<String> = open.map(|it| format!("`{}`", it.1.name)).collect();
        if names.is_empty() { "nothing is left to choose".to_owned() } else { format!("choose {}", names.join(" or ")) }
    }
}
