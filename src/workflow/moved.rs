//! A case moves to another version of its policy: what becomes of its stages and steps, and why it can't where it can't. Pure.
//!
//! What happened stays as it happened: ended stages, choices, steps that were taken, the days on which the clock stood still. What is
//! still to come is the other version's.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::Anchor;
use crate::ids::StageId;
use crate::planted::{self, Bug};
use crate::policy::acts::MayBe;
use crate::policy::model::{Policy, Stage, Step, Timing, Workflow};
use crate::workflow::act::Refusal;
use crate::workflow::advance::{Advanced, Look, Machine};
use crate::workflow::case::{Case, StageCase, StageStatus};
use crate::workflow::event::{Anchored, Event, How, StageDates, Suspension};
use crate::workflow::outlook::Outlook;

/// A case goes on under another version of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The version that it leaves.
    pub from: i64,
    /// The version under which it goes on.
    pub to: i64,
    /// What becomes of the stages that were still to be ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageMove>,
    /// Stages of the other version that the case is past: they are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<String>,
    /// The days on which the clock stood still until then, where the other version would tell them otherwise: they stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood_still: Option<Vec<Suspension>>,
    /// The day.
    pub on: Date,
    /// Who moves it.
    pub by: String,
    /// Why.
    pub because: String,
}

/// What becomes of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageMove {
    /// The stage.
    pub stage: String,
    /// What the other version calls it.
    pub becomes: String,
    /// What the case calls steps that the other version calls otherwise: by these names they were taken, or will be.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub called: BTreeMap<String, String>,
}

/// What somebody orders who moves cases.
#[derive(Debug, Clone, Copy)]
pub struct MoveOrder<'a> {
    /// The version under which the case goes on.
    pub to: i64,
    /// Stages that the other version calls otherwise: old name, new name.
    pub stages: &'a [(String, String)],
    /// The day.
    pub on: Date,
    /// Who.
    pub by: &'a str,
    /// Why.
    pub because: &'a str,
}

/// The move of a case from one workflow to the same one of another version, or why it can't be made. `stood_still` are the days on which
/// the clock stood still by the other version.
///
/// # Errors
/// When what is under way in the case has no place in the other version.
pub fn plan_move(
    case: &Case,
    (old_policy, from): (&Policy, &Workflow),
    (new_policy, to): (&Policy, &Workflow),
    stood_still: &[Suspension],
    order: &MoveOrder<'_>,
) -> Result<Move, Refusal> {
    if case.suspended_by_hand().is_some() && !to.powers.iter().any(|it| it.to == MayBe::Suspended) {
        let why =
            format!("somebody has stopped the clock, and version {} names nobody who lets it run again", order.to);
        return Err(Refusal::new(why).but("let it run first: `merit act … resume`"));
    }
    let mut stages: Vec<StageMove> = Vec::new();
    for (name, state) in case.stages().filter(|(_, it)| !it.has_ended()) {
        let becomes = order.stages.iter().find(|it| it.0 == *name).map_or(name, |it| it.1.as_str());
        let new = named(to, becomes).ok_or_else(|| no_such_stage(name, becomes, to, order))?;
        let taken = stages.iter().any(|it| it.becomes == becomes);
        if becomes != name && (taken || case.stage(becomes).is_some()) {
            let why = format!("`{name}` can't become `{becomes}`, for the case has a stage of that name");
            return Err(Refusal::new(why).but("map it to another stage"));
        }
        choices_are_known(name, state, new, order)?;
        let old = named(from, name);
        if old.is_some_and(|it| it.for_each.is_some() != new.for_each.is_some()) {
            let why = format!("`{name}` is open, and version {} asks other people for it, each or together", order.to);
            return Err(Refusal::new(why).but("wait until it has ended"));
        }
        let says_the_same = |one: &Step, other: &Step| message(old_policy, one) == message(new_policy, other);
        let called = old.map(|old| called(&old.steps, &new.steps, state, order.to, &says_the_same));
        let called = called.unwrap_or_default();
        if becomes != name || called != state.called {
            stages.push(StageMove { stage: name.to_owned(), becomes: becomes.to_owned(), called });
        }
    }
    let mut passed = passed(case, from, to, &stages);
    // What has ended under its old name does not come anew under the other.
    let ended = order.stages.iter().filter(|it| case.stage(&it.0).is_some_and(StageCase::has_ended)).map(|it| &it.1);
    for becomes in ended.filter(|it| named(to, it).is_some() && case.stage(it).is_none()) {
        if !passed.contains(becomes) && !stages.iter().any(|it| it.becomes == *becomes) {
            passed.push(becomes.clone());
        }
    }
    let until = order.on.yesterday().unwrap_or(order.on);
    let before = until_day(&case.suspensions, until);
    Ok(Move {
        from: case.policy,
        to: order.to,
        passed,
        stages,
        stood_still: (before != until_day(stood_still, until)).then_some(before),
        on: order.on,
        by: order.by.to_owned(),
        because: order.because.to_owned(),
    })
}

fn named<'w>(workflow: &'w Workflow, name: &str) -> Option<&'w Stage> {
    workflow.stages.iter().find(|it| it.label.name == name)
}

fn no_such_stage(name: &str, becomes: &str, to: &Workflow, order: &MoveOrder<'_>) -> Refusal {
    let known: Vec<String> = to.stages.iter().map(|it| format!("`{}`", it.label.name)).collect();
    let what = if becomes == name { format!("`{name}` is open, and") } else { format!("`{name}` is to become") };
    let why = match becomes == name {
        true => format!("{what} version {} has no such stage", order.to),
        false => format!("{what} `{becomes}`, and version {} has no such stage", order.to),
    };
    let which = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Refusal::new(why).but(format!("wait until it has ended, or say what it becomes: --stage {name}=…, one of {which}"))
}

/// Who has voted or signed for a choice must find it again.
fn choices_are_known(name: &str, state: &StageCase, new: &Stage, order: &MoveOrder<'_>) -> Result<(), Refusal> {
    let votes = state.votes.iter().map(|it| (&it.by, &it.choice));
    let signed = state.signed.values().filter_map(|it| Some((&it.by, &it.choice.as_ref()?.0)));
    for (by, choice) in votes.chain(signed) {
        if !new.choices.iter().any(|it| it.name == *choice) {
            let why = format!("{} has chosen `{choice}` in `{name}`, and version {} does not offer it", by.1, order.to);
            return Err(Refusal::new(why).but("wait until the stage has ended"));
        }
    }
    Ok(())
}

/// Stages that only the other version has, and that stand before one which has begun: the case is past them.
fn passed(case: &Case, from: &Workflow, to: &Workflow, moves: &[StageMove]) -> Vec<String> {
    let mut there: BTreeSet<&str> = case.stages().map(|it| it.0).collect();
    for it in moves {
        there.remove(it.stage.as_str());
    }
    there.extend(moves.iter().map(|it| it.becomes.as_str()));
    let mut behind: Vec<StageId> =
        (0..to.stages.len()).map(StageId::at).filter(|it| there.contains(to.stage(*it).label.name.as_str())).collect();
    let mut before = BTreeSet::new();
    while let Some(id) = behind.pop() {
        let stage = to.stage(id);
        // Where some of several suffice, the others may still come.
        let waited_for = if stage.enough.is_some() && !stage.leaving_out { Vec::new() } else { to.before(id) };
        for earlier in waited_for.into_iter().chain(stage.inside) {
            if before.insert(earlier) {
                behind.push(earlier);
            }
        }
    }
    let is_new = |name: &str| !there.contains(name) && named(from, name).is_none();
    before.into_iter().map(|it| to.stage(it).label.name.clone()).filter(|it| is_new(it)).collect()
}

/// Whether a step of one version is that of another.
type SameStep<'f> = &'f dyn Fn(&Step, &Step) -> bool;

/// What the case calls the steps of a stage, where that is not what the other version calls them.
///
/// The same name that somebody wrote is the same step. Others are the same where they are of one kind and send the same message at the
/// same distance, or else at another one of the same sort.
fn called(
    old: &[Step],
    new: &[Step],
    state: &StageCase,
    to: i64,
    says_the_same: SameStep<'_>,
) -> BTreeMap<String, String> {
    let same: [SameStep<'_>; 4] = [
        &|one, other| is_written(one) && one.name == other.name,
        &|one, other| one.timing == other.timing && says_the_same(one, other),
        &|one, other| sort(&one.timing) == sort(&other.timing) && says_the_same(one, other),
        &|one, other| one.timing == other.timing,
    ];
    let other_name = |one: &Step, other: &Step| is_written(one) && is_written(other) && one.name != other.name;
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    for same in same {
        for (at, step) in new.iter().enumerate() {
            let fits = |it: &usize| {
                let one = &old[*it];
                one.kind == step.kind && !other_name(one, step) && same(one, step)
            };
            let free = |it: &usize| !pairs.values().any(|taken| taken == it);
            if pairs.contains_key(&at) {
                continue;
            }
            let found = (0..old.len()).filter(free).find(fits);
            pairs.extend(found.map(|found| (at, found)));
        }
    }
    let before: BTreeSet<&str> = old.iter().map(|it| state.called(&it.name)).collect();
    let name_of = |(at, step): (usize, &Step)| match pairs.get(&at) {
        Some(found) => state.called(&old[*found].name).to_owned(),
        // Another step had that name; what it did is not what this one does.
        None if before.contains(step.name.as_str()) => format!("{} of version {to}", step.name),
        None => step.name.clone(),
    };
    let names = new.iter().enumerate().map(|it| (it.1.name.clone(), name_of(it)));
    names.filter(|(step, called)| step != called).collect()
}

/// Whether somebody wrote the step's name; else it is made from its place.
fn is_written(step: &Step) -> bool {
    let number = step.name.strip_prefix("remind-").or_else(|| step.name.strip_prefix("escalate-"));
    number.is_none_or(|it| it.parse::<u32>().is_err())
}

fn message<'p>(policy: &'p Policy, step: &Step) -> Option<&'p str> {
    step.message.and_then(|id| policy.messages.get(id.index())).map(|it| it.label.name.as_str())
}

/// From what a step counts, and in which direction.
fn sort(timing: &Timing) -> u8 {
    match timing {
        Timing::Before(_) => 0,
        Timing::OnDue => 1,
        Timing::Overdue(_) => 2,
        Timing::EveryOverdue { .. } => 3,
        Timing::AtOpening => 4,
        Timing::AfterOpening(_) => 5,
    }
}

fn until_day(suspensions: &[Suspension], last: Date) -> Vec<Suspension> {
    let begun = suspensions.iter().filter(|it| it.from <= last);
    begun.map(|it| Suspension { from: it.from, until: Some(it.until.map_or(last, |until| until.min(last))) }).collect()
}

impl Case {
    pub(super) fn go_on_under(&mut self, it: &Move) {
        self.policy = it.to;
        self.moved = Some(it.on);
        self.stood_still.clone_from(&it.stood_still);
        let mut moving = Vec::new();
        for stage in &it.stages {
            moving.extend(self.stages.remove(&*stage.stage).map(|state| (stage, Arc::unwrap_or_clone(state))));
        }
        for (stage, mut state) in moving {
            state.called.clone_from(&stage.called);
            if planted::is(Bug::MigrationRepeatsStep) {
                state.steps.clear();
            }
            if stage.stage != stage.becomes {
                self.call_otherwise(&stage.stage, &stage.becomes);
            }
            self.begins(&stage.becomes, state);
        }
        for stage in self.stages.values_mut().filter(|it| it.status == StageStatus::Running) {
            // Nobody who was in time becomes late by the move itself.
            if stage.dates.due.as_ref().is_none_or(|due| due.day >= it.on) {
                Arc::make_mut(stage).spared = Some(it.on);
            }
        }
        for stage in &it.passed {
            self.begins(stage, StageCase::left_out(1, it.on));
        }
    }

    fn call_otherwise(&mut self, old: &str, new: &str) {
        for name in self.formerly.values_mut().filter(|it| *it == old) {
            new.clone_into(name);
        }
        self.formerly.insert(old.to_owned(), new.to_owned());
        self.formerly.retain(|before, now| before != now);
        let ways = std::mem::take(&mut self.sent_back).into_iter().map(|(way, times)| {
            let now = |name: &str| if name == old { new.to_owned() } else { name.to_owned() };
            match way.split_once(" > ") {
                Some((from, to)) => (format!("{} > {}", now(from), now(to)), times),
                None => (way, times),
            }
        });
        self.sent_back = ways.collect();
    }

    /// What a stage is called now, that was called so when something was sent.
    #[must_use]
    pub fn stage_called_now<'a>(&'a self, name: &'a str) -> &'a str {
        if self.stages.contains_key(name) { name } else { self.formerly.get(name).map_or(name, String::as_str) }
    }

    /// The ledger as a look finds it: what stood still before the case moved stays.
    pub(super) fn with_what_stood_still(&self, found: Vec<Suspension>) -> Vec<Suspension> {
        let Some(before) = &self.stood_still else { return found };
        let mut all = before.clone();
        for next in found {
            match all.last_mut() {
                Some(last) if last.until.and_then(|it| it.tomorrow().ok()) == Some(next.from) => {
                    last.until = next.until
                }
                _ => all.push(next),
            }
        }
        all
    }

    /// The first day that a look asks about when it keeps the ledger.
    pub(super) fn ledger_from(&self) -> Option<Date> {
        self.moved.filter(|_| self.stood_still.is_some()).or(self.opened)
    }
}

impl StageCase {
    /// What the case calls a step of the policy in this stage.
    #[must_use]
    pub fn called<'a>(&'a self, step: &'a str) -> &'a str {
        self.called.get(step).map_or(step, String::as_str)
    }
}

impl Machine<'_> {
    /// What the move itself opens it opens on its day: nobody could know of it before.
    pub(super) fn not_before_move(&self, opening: Anchored) -> Anchored {
        let day = self.look.today;
        match self.moved.filter(|_| opening.day < day) {
            Some(to) => {
                let what = format!("the move to policy version {to}");
                Anchored { day, anchor: Anchor::Event { day, what } }
            }
            None => opening,
        }
    }

    /// Whether a step lies before the move that brought it.
    pub(super) fn is_before_move(&self, day: Date) -> bool {
        self.case.moved.is_some_and(|moved| day < moved)
    }
}

/// What a look makes of a case that has just moved: its dates and people by the other version, which is `policy` here.
///
/// # Errors
/// When the case can't go on under that version, or something in it would have run out before anybody could know.
pub fn go_on(
    (policy, flow): (&Policy, &Workflow),
    case: &Case,
    outlook: &dyn Outlook,
    look: &Look,
    it: &Move,
) -> Result<Advanced, Refusal> {
    let mut machine = Machine::new(policy, flow, case, outlook, look);
    machine.moved = Some(it.to);
    machine.happen(Event::Moved(it.clone()));
    let advanced = machine.finish();
    if let Some(stuck) = &advanced.stuck {
        let help = "mend the records or the policy, then move it again";
        return Err(Refusal::new(stuck.0.clone()).but(help));
    }
    let ran_out = advanced.events.iter().find_map(|event| match event {
        Event::StageLapsed { stage, on, .. } if *on < it.on => Some((format!("`{stage}`"), *on)),
        Event::Held { stage, step: None, was_due, .. } if *was_due < it.on => Some((format!("`{stage}`"), *was_due)),
        Event::CaseEnded { how: How::Lapsed, on, .. } if *on < it.on => Some(("the case".to_owned(), *on)),
        _ => None,
    });
    if let Some((what, on)) = ran_out {
        let on = crate::calendar::day_in_words(on);
        let why = format!("the time of {what} would have run out on {on} by version {}, before the move", it.to);
        return Err(
            Refusal::new(why).but("let the case end under its own version, or give it more time in the new one")
        );
    }
    Ok(advanced)
}

/// Whether dates fall on the same days: another wording of the same derivation moves nothing.
pub(super) fn same_days(a: &StageDates, b: &StageDates) -> bool {
    let days = |it: &StageDates| {
        let of =
            |date: &Option<crate::workflow::event::DueDate>| date.as_ref().map(|it| (it.day, it.until, it.expected));
        (of(&it.due), of(&it.closes))
    };
    days(a) == days(b) && a.waiting_for == b.waiting_for
}
