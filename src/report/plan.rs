//! What a change of the policy would do: two copies of a store that ran on, one as it is and one with the change, held side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::engine::{MigrateReport, Stays};
use crate::report::Reader;
use crate::store::{CaseRow, EffectRow, Filter, OutcomeFilter, OutcomeRow, Store, StoreError};
use crate::workflow::{Case, DueDate, Event, StageCase, StageStatus};

/// What a change of the policy would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlanReport {
    /// The day from which it is told.
    pub as_of: String,
    /// How many days on.
    pub days: u32,
    /// The version that would be in force for new cases.
    pub version: i64,
    /// Whether that version would be new.
    pub new: bool,
    /// The version to which open cases would move, if any would.
    pub moves_to: Option<i64>,
    /// How many there are of each.
    pub sums: Sums,
    /// Every case in which something would be otherwise, or that would open or not open.
    pub cases: Vec<CasePlan>,
    /// What frameworks would come to otherwise.
    pub outcomes: Vec<OutcomePlan>,
    /// Messages, for each day and each kind: as it is, and with the change.
    pub messages: Vec<MessagePlan>,
    /// Cases that can't be moved.
    pub stay: Vec<Stays>,
}

/// How many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sums {
    /// Open cases that move to the version.
    pub moved: u64,
    /// Open cases that keep their version though others move, or could.
    pub keep: u64,
    /// Open cases that were to move and can't.
    pub stay: u64,
    /// Dates that are others.
    pub dates: u64,
    /// Stages that stand otherwise.
    pub stages: u64,
    /// Stages that lie with others.
    pub holders: u64,
    /// Cases that end otherwise.
    pub ends: u64,
    /// Cases that open, and would not.
    pub opens: u64,
    /// Cases that do not open, and would.
    pub opens_not: u64,
    /// Cases that would be set aside.
    pub set_aside: u64,
    /// Outcomes that are others.
    pub outcomes: u64,
    /// Messages that go out, and would not.
    pub messages_more: u64,
    /// Messages that do not go out, and would.
    pub messages_fewer: u64,
}

/// What would be otherwise in one case.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CasePlan {
    /// Its number; none for one that only opens, or does not open.
    pub case: Option<i64>,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// The first day of its period, or nothing.
    pub period: String,
    /// The version under which it runs.
    pub from: Option<i64>,
    /// The version under which it would run.
    pub to: Option<i64>,
    /// `opens`, `opens not`, or nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<&'static str>,
    /// Dates that are others.
    pub dates: Vec<DatePlan>,
    /// Stages that stand otherwise.
    pub stages: Vec<StagePlan>,
    /// Stages that lie with others.
    pub holders: Vec<HolderPlan>,
    /// How it stands in the end, where that is otherwise: before, after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<(String, String)>,
    /// Why it would be set aside, if it would be and is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// Messages that go out, and would not.
    pub more: Vec<NoticePlan>,
    /// Messages that do not go out, and would.
    pub fewer: Vec<NoticePlan>,
    /// Steps that are skipped, for they lie before the move.
    pub skipped: Vec<String>,
    /// What would happen in it.
    #[serde(skip)]
    pub events: Vec<Event>,
}

/// A date that is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatePlan {
    /// The stage, as it is called then.
    pub stage: String,
    /// `due` or `closes`.
    pub what: &'static str,
    /// The day as it is.
    pub was: Option<String>,
    /// The day with the change.
    pub becomes: Option<String>,
    /// Why.
    pub why: String,
}

/// A stage that stands otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StagePlan {
    /// The stage, as it is called then.
    pub stage: String,
    /// How it stands as it is: `open`, `done`, `lapsed`, `left out`, `cancelled`, `not begun`.
    pub was: &'static str,
    /// How it stands with the change.
    pub becomes: &'static str,
}

/// A stage that lies with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HolderPlan {
    /// The stage, as it is called then.
    pub stage: String,
    /// With whom it lies.
    pub was: Vec<String>,
    /// With whom it would.
    pub becomes: Vec<String>,
}

/// A message to somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NoticePlan {
    /// The day.
    pub day: String,
    /// The message's name.
    pub message: String,
    /// To whom: their key.
    pub to: String,
    /// The stage.
    pub stage: String,
}

/// What a framework comes to otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutcomePlan {
    /// The framework's name.
    pub framework: String,
    /// The first day of the period.
    pub period: String,
    /// Whom it concerns: their key.
    pub subject: String,
    /// The rule that proposes it.
    pub rule: String,
    /// Where it stands, or nothing.
    pub was: Option<String>,
    /// Where it would stand, or nothing.
    pub becomes: Option<String>,
}

/// How many messages of a kind go out on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessagePlan {
    /// The day.
    pub day: String,
    /// The message's name.
    pub message: String,
    /// As it is.
    pub was: u64,
    /// With the change.
    pub becomes: u64,
}

/// Two copies of a store that ran on from the same commit.
pub struct Side<'s> {
    /// As it is.
    pub as_it_is: &'s dyn Store,
    /// With the change.
    pub changed: &'s dyn Store,
    /// The last commit that both have.
    pub since: i64,
}

/// Holds two copies side by side. `moved` is what the migration of the one came to, if there was one.
///
/// # Errors
/// When a copy can't be read.
pub fn plan_report(
    reader: Reader,
    sides: &Side<'_>,
    moved: Option<MigrateReport>,
    (as_of, days): (String, u32),
) -> Result<PlanReport, StoreError> {
    let Reader::Keeper = reader;
    let before = Copy::of(sides.as_it_is, sides.since)?;
    let after = Copy::of(sides.changed, sides.since)?;
    let version = sides.changed.latest_policy()?.map_or(0, |it| it.version);
    let new = sides.as_it_is.latest_policy()?.is_none_or(|it| it.version != version);
    let mut report = PlanReport { as_of, days, version, new, ..PlanReport::default() };
    let places: BTreeSet<&Place> = before.cases.keys().chain(after.cases.keys()).collect();
    for place in places {
        let number = |it: &Copy| it.cases.get(place).map(|it| it.id);
        let was = before.seen(sides.as_it_is, place, number(&after))?;
        let told = case_plan(place, was, after.seen(sides.changed, place, number(&before))?);
        report.sums.moved += u64::from(told.moves());
        if told.is_otherwise() || told.moves() {
            report.sums.add(&told);
            report.cases.push(told);
        }
    }
    report.messages = messages(&before, &after);
    report.outcomes = outcomes(sides.as_it_is, sides.changed)?;
    report.sums.outcomes = report.outcomes.len() as u64;
    let newest = moved.as_ref().map_or(version, |it| it.to);
    let open = sides.changed.cases(&Filter { status: Some("open".to_owned()), ..Filter::default() })?;
    report.sums.keep = open.iter().filter(|it| it.policy != newest).count() as u64;
    if let Some(moved) = moved {
        report.sums.stay = moved.stay.len() as u64;
        report.moves_to = Some(moved.to);
        report.stay = moved.stay;
    }
    Ok(report)
}

/// A case by what it is about: numbers of new ones need not be the same on both sides.
type Place = (String, String, String, String, i64);

/// What happened on one side.
struct Copy {
    /// By place: the row as it is in the end.
    cases: BTreeMap<Place, CaseRow>,
    /// By case: notices that go out.
    notices: BTreeMap<i64, Vec<NoticePlan>>,
    since: i64,
}

/// A case on one side, and what happened in it.
#[derive(Default)]
struct Seen {
    row: Option<CaseRow>,
    case: Case,
    events: Vec<Event>,
    notices: Vec<NoticePlan>,
    is_new: bool,
}

impl Copy {
    fn of(store: &dyn Store, since: i64) -> Result<Self, StoreError> {
        let mut cases = BTreeMap::new();
        let mut notices: BTreeMap<i64, Vec<NoticePlan>> = BTreeMap::new();
        let leaves = |it: &EffectRow| it.rev > since && it.effect.state != "merged";
        for id in store.cases_since(since)? {
            let effects = store.effects(&Filter { case: Some(id), ..Filter::default() })?;
            for it in effects.into_iter().filter(leaves) {
                let to = it.effect.recipient.split_once(':').map_or(&*it.effect.recipient, |it| it.1).to_owned();
                let (day, message, stage) = (it.effect.day, it.effect.message, it.effect.stage);
                notices.entry(id).or_default().push(NoticePlan { day, message, to, stage });
            }
            cases.extend(store.case(id)?.map(|row| (place_of(&row), row)));
        }
        Ok(Self { cases, notices, since })
    }

    /// A case of either side: one in which nothing happened here is read as it stands, by its number on the other side.
    fn seen(&self, store: &dyn Store, place: &Place, number: Option<i64>) -> Result<Seen, StoreError> {
        let found = match (self.cases.get(place), number) {
            (Some(row), _) => Some(row.clone()),
            (None, Some(number)) => store.case(number)?.filter(|it| place_of(it) == *place),
            (None, None) => None,
        };
        let Some(row) = found else { return Ok(Seen::default()) };
        let journal = store.journal(row.id)?;
        let damaged = |error: serde_json::Error| StoreError::Damaged(format!("case {}: {error}", row.id));
        let case: Case = serde_json::from_str(&row.state).map_err(damaged)?;
        let fresh = journal.iter().filter(|it| it.rev > self.since);
        let events = fresh.map(|it| serde_json::from_str(&it.payload).map_err(damaged)).collect::<Result<_, _>>()?;
        let is_new = journal.first().is_some_and(|it| it.rev > self.since);
        let notices = self.notices.get(&row.id).cloned().unwrap_or_default();
        Ok(Seen { row: Some(row), case, events, notices, is_new })
    }
}

fn place_of(row: &CaseRow) -> Place {
    (row.workflow.clone(), row.subject_type.clone(), row.subject.clone(), row.period.clone(), row.nth)
}

impl CasePlan {
    /// Whether it goes on under another version.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.events.iter().any(|it| matches!(it, Event::Moved(_)))
    }

    /// Whether anything is otherwise in it but its version.
    #[must_use]
    pub fn is_otherwise(&self) -> bool {
        let lists = [self.dates.len(), self.stages.len(), self.holders.len(), self.more.len(), self.fewer.len()];
        self.opening.is_some() || self.ends.is_some() || self.set_aside.is_some() || lists.into_iter().any(|it| it > 0)
    }
}

impl Sums {
    fn add(&mut self, told: &CasePlan) {
        self.dates += told.dates.len() as u64;
        self.stages += told.stages.len() as u64;
        self.holders += told.holders.len() as u64;
        self.ends += u64::from(told.ends.is_some());
        self.opens += u64::from(told.opening == Some("opens"));
        self.opens_not += u64::from(told.opening == Some("opens not"));
        self.set_aside += u64::from(told.set_aside.is_some());
        self.messages_more += told.more.len() as u64;
        self.messages_fewer += told.fewer.len() as u64;
    }
}

fn case_plan(place: &Place, before: Seen, after: Seen) -> CasePlan {
    let (was, is) = (before.row.as_ref(), after.row.as_ref());
    let mut told = CasePlan {
        case: was.or(is).map(|it| it.id).filter(|_| !before.is_new && !after.is_new),
        workflow: place.0.clone(),
        subject: place.2.clone(),
        period: place.3.clone(),
        from: was.map(|it| it.policy),
        to: is.map(|it| it.policy),
        ..CasePlan::default()
    };
    told.more = without(&after.notices, &before.notices);
    told.fewer = without(&before.notices, &after.notices);
    match (was, is) {
        (None, Some(_)) => told.opening = Some("opens"),
        (Some(_), None) => told.opening = Some("opens not"),
        (Some(was), Some(is)) => {
            told.ends = (was.status != is.status).then(|| (was.status.clone(), is.status.clone()));
            told.set_aside = is.set_aside.clone().filter(|_| was.set_aside.is_none());
            compare(&mut told, &before.case, &after);
        }
        (None, None) => {}
    }
    let skipped = after.events.iter().filter_map(|it| match it {
        Event::StepSkipped { mark, why: crate::workflow::Skipped::BeforeMove, .. } => {
            Some(format!("{} of {}", mark.step, mark.stage))
        }
        _ => None,
    });
    told.skipped = skipped.collect();
    told.events = after.events;
    told
}

fn compare(told: &mut CasePlan, before: &Case, after: &Seen) {
    let mut names: BTreeSet<&str> = after.case.stages().map(|it| it.0).collect();
    names.extend(before.stages.keys().map(|it| after.case.stage_called_now(it)));
    for name in names {
        let old_name = before.stages.keys().find(|it| after.case.stage_called_now(it) == name);
        let (was, is) = (old_name.and_then(|it| before.stage(it)), after.case.stage(name));
        if stands(was) != stands(is) {
            let (stage, was, becomes) = (name.to_owned(), stands(was), stands(is));
            told.stages.push(StagePlan { stage, was, becomes });
        }
        // One that has ended since keeps the dates and the people that it had.
        if let (Some(was), Some(is)) = (was, is)
            && was.opening.is_some()
            && is.opening.is_some()
        {
            dates_of(told, name, (was, is), &after.events);
            let keys = |it: &StageCase| it.holders.iter().filter_map(|it| Some(it.who.as_ref()?.1.clone())).collect();
            let (was, becomes): (Vec<String>, Vec<String>) = (keys(was), keys(is));
            if was != becomes {
                told.holders.push(HolderPlan { stage: name.to_owned(), was, becomes });
            }
        }
    }
}

fn dates_of(told: &mut CasePlan, name: &str, (was, is): (&StageCase, &StageCase), events: &[Event]) {
    let moved = events.iter().rev().find_map(|it| match it {
        Event::DatesMoved { stage, why, .. } if stage == name => Some(why.clone()),
        _ => None,
    });
    let day = |it: &Option<DueDate>| it.as_ref().map(|it| it.day.to_string());
    let pairs = [("due", &was.dates.due, &is.dates.due), ("closes", &was.dates.closes, &is.dates.closes)];
    for (what, was, is) in pairs {
        let (old, new) = (day(was), day(is));
        if old != new {
            let why = is.as_ref().map(|it| it.derivation.lines().join("; "));
            let why = [moved.clone(), why].into_iter().flatten().collect::<Vec<_>>().join(": ");
            told.dates.push(DatePlan { stage: name.to_owned(), what, was: old, becomes: new, why });
        }
    }
}

fn stands(stage: Option<&StageCase>) -> &'static str {
    match stage {
        None => "not begun",
        Some(it) if !it.again.is_not() => "to come again",
        Some(it) => match it.status {
            StageStatus::Running => "open",
            StageStatus::Done => "done",
            StageStatus::Lapsed => "lapsed",
            StageStatus::LeftOut => "left out",
            StageStatus::Cancelled => "cancelled",
        },
    }
}

/// Those of one list that the other does not have, each as often as it is missing there.
fn without(these: &[NoticePlan], those: &[NoticePlan]) -> Vec<NoticePlan> {
    let mut left = those.to_vec();
    let mut found = Vec::new();
    for it in these {
        match left.iter().position(|other| other == it) {
            Some(at) => {
                left.swap_remove(at);
            }
            None => found.push(it.clone()),
        }
    }
    found.sort();
    found
}

fn messages(before: &Copy, after: &Copy) -> Vec<MessagePlan> {
    let mut found: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for it in before.notices.values().flatten() {
        found.entry((it.day.clone(), it.message.clone())).or_default().0 += 1;
    }
    for it in after.notices.values().flatten() {
        found.entry((it.day.clone(), it.message.clone())).or_default().1 += 1;
    }
    let line = |((day, message), (was, becomes))| MessagePlan { day, message, was, becomes };
    found.into_iter().map(line).collect()
}

fn outcomes(before: &dyn Store, after: &dyn Store) -> Result<Vec<OutcomePlan>, StoreError> {
    type Key = (String, String, String, String);
    let read = |store: &dyn Store| -> Result<BTreeMap<Key, String>, StoreError> {
        let key = |it: &OutcomeRow| (it.framework.clone(), it.period.clone(), it.subject.clone(), it.proposed.clone());
        let words = |it: &OutcomeRow| {
            let amount = it.amount.as_ref().map_or_else(String::new, |it| format!(", {it}"));
            let other = if it.rule == it.proposed { String::new() } else { format!(" as {}", it.rule) };
            format!("{}{other}{amount}", it.state)
        };
        Ok(store.outcomes(&OutcomeFilter::default())?.iter().map(|it| (key(it), words(it))).collect())
    };
    let (was, is) = (read(before)?, read(after)?);
    let keys: BTreeSet<&Key> = was.keys().chain(is.keys()).collect();
    let line = |key: &Key| OutcomePlan {
        framework: key.0.clone(),
        period: key.1.clone(),
        subject: key.2.clone(),
        rule: key.3.clone(),
        was: was.get(key).cloned(),
        becomes: is.get(key).cloned(),
    };
    Ok(keys.into_iter().filter(|key| was.get(*key) != is.get(*key)).map(line).collect())
}
