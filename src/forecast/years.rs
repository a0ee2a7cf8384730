//! Years to come, one run after another: what people do each day is drawn, and what comes of it is counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar::Period;
use crate::eval::Facts;
use crate::forecast::acts::Doing;
use crate::forecast::changes::Changes;
use crate::forecast::people::{Chance, People};
use crate::forecast::tally::Tally;
use crate::forecast::world::{Happened, Running, Terms, Watch, World};
use crate::forecast::written::Write;
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::model::{FieldKind, Policy, Shape, Stage};
use crate::side_by_side::{by_hands, hands};
use crate::table::Records;
use crate::value::{Known, RecordRef};
use crate::workflow::{Act, Case, Deed, Event, StageStatus};

/// From what a forecast begins.
pub struct Start<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The records.
    pub records: &'a Records,
    /// Under which terms it runs.
    pub terms: Terms,
    /// The cases that there are, with the moment at which each wakes.
    pub cases: Vec<(WorkflowId, Case, Option<i64>)>,
    /// Which frameworks (by their places) have judged which periods (by their first days).
    pub judged: Vec<(usize, Date)>,
    /// The first day that is run.
    pub first: Date,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What was counted.
    pub tally: Tally,
    /// How many acts were done.
    pub acts: u64,
    /// How many were refused, by why.
    pub refused: BTreeMap<String, u64>,
}

/// Somebody is to do their part of a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    case: usize,
    stage: StageId,
    round: u32,
    choice: Option<String>,
}

/// What opened and waits for somebody, and what was counted.
pub(super) struct Diary<'a, 'p> {
    pub(super) policy: &'a Policy,
    pub(super) tally: Tally,
    pub(super) people: &'p People,
    /// Stages that opened since the last day that was planned: the case, its stage and round, and on which day they opened and are due.
    pub(super) opened: Vec<Opened>,
}

pub(super) struct Opened {
    case: usize,
    flow: WorkflowId,
    stage: StageId,
    round: u32,
    from: Date,
    subject: String,
    period: String,
}

impl Watch for Diary<'_, '_> {
    fn happened(&mut self, it: &Happened<'_>) {
        self.tally.count(self.policy, it);
        let workflow = self.policy.workflow(it.flow);
        for event in it.events {
            let Event::StageOpened { stage, round, opening, dates, .. } = event else { continue };
            let Some(place) = workflow.stages.iter().position(|it| it.label.name == *stage) else { continue };
            let stage = StageId::at(place);
            if self.people.knows(it.flow, stage) {
                let from = dates.due.as_ref().map_or(opening.day, |it| it.day);
                let (subject, period) = (it.case.subject.clone(), it.case.period.clone());
                self.opened.push(Opened {
                    case: it.number,
                    flow: it.flow,
                    stage,
                    round: *round,
                    from,
                    subject,
                    period,
                });
            }
        }
    }
}

/// Who is told how far it is: once for each day of each run, by whatever thread.
pub type Tells<'t> = &'t (dyn Fn() + Sync);

/// Runs so many years so many times, several runs at once where there are as many as threads. The same seed gives the same, whatever
/// their number.
#[must_use]
pub fn run_all(start: &Start<'_>, people: &People, years: u32, (seed, runs): (u64, u32), tells: Tells<'_>) -> Vec<Run> {
    let hands = hands(start.terms.hands);
    // Those that are left over are worked out one by one, each by all hands.
    let at_once = runs - runs % u32::try_from(hands).unwrap_or(u32::MAX);
    let numbers: Vec<u32> = (0..at_once).collect();
    let mut all = by_hands(hands, &numbers, |it| run_once(start, people, years, (seed, *it), (1, tells)));
    all.extend((at_once..runs).map(|it| run_once(start, people, years, (seed, it), (hands, tells))));
    all
}

/// Runs so many years once. The same seed and run give the same, whatever the number of threads.
#[must_use]
pub fn run(start: &Start<'_>, people: &People, years: u32, which: (u64, u32)) -> Run {
    run_once(start, people, years, which, (start.terms.hands, &|| ()))
}

fn run_once(
    start: &Start<'_>,
    people: &People,
    years: u32,
    (seed, run): (u64, u32),
    (hands, tells): (usize, Tells<'_>),
) -> Run {
    let policy = start.policy;
    let firsts: Vec<Date> = (0..i64::from(years)).filter_map(|it| start.first.checked_add(it.years()).ok()).collect();
    let end = start.first.checked_add(i64::from(years).years()).unwrap_or(Date::MAX);
    let mut world = World::new(policy, start.records, Terms { hands, ..start.terms.clone() });
    let mut diary = Diary { policy, tally: Tally::of(firsts), people, opened: Vec::new() };
    for (flow, case, wake_at) in &start.cases {
        world.there_is(*flow, case.clone(), *wake_at);
    }
    start.judged.iter().for_each(|it| world.has_judged(*it));
    diary.opened = stages_that_run(policy, people, world.cases());
    let mut agenda: BTreeMap<Date, BTreeSet<Due>> = BTreeMap::new();
    let mut result = Run { tally: Tally::default(), acts: 0, refused: BTreeMap::new() };
    let mut changes = Changes::default();
    let mut day = start.first;
    while day < end {
        plan(&mut diary, &world, &mut agenda, (seed, run), day);
        world.begin(day);
        world.write(&entered(policy, &world, people, (seed, run), day));
        changes.draw(&world, (seed, run), day);
        world.write(&changes.of_day(&world, day));
        let later = day.tomorrow().map(|it| agenda.split_off(&it)).unwrap_or_default();
        let due: BTreeSet<Due> = std::mem::replace(&mut agenda, later).into_values().flatten().collect();
        do_all(&mut world, &mut diary, &mut result, due, (seed, run), day);
        world.run(day, &mut diary);
        tells();
        match day.tomorrow() {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    result.tally = diary.tally.finish();
    result
}

/// The stages that run at the beginning.
fn stages_that_run(policy: &Policy, people: &People, cases: &[Option<Running>]) -> Vec<Opened> {
    let mut all = Vec::new();
    for (number, running) in cases.iter().enumerate() {
        let Some(running) = running.as_ref().filter(|it| it.case.is_open()) else { continue };
        let case = &running.case;
        for (place, stage) in policy.workflow(running.flow).stages.iter().enumerate() {
            let Some(it) = case.stage(&stage.label.name).filter(|it| it.status == StageStatus::Running) else {
                continue;
            };
            let from = it.dates.due.as_ref().map(|it| it.day).or_else(|| it.opening.as_ref().map(|it| it.day));
            let Some(from) = from.filter(|_| people.knows(running.flow, StageId::at(place))) else { continue };
            let (subject, period) = (case.subject.clone(), case.period.clone());
            let (flow, stage, round) = (running.flow, StageId::at(place), it.round);
            all.push(Opened { case: number, flow, stage, round, from, subject, period });
        }
    }
    all
}

/// Draws on which day each stage that has opened is done, from a day on.
fn plan(
    diary: &mut Diary<'_, '_>,
    world: &World<'_>,
    agenda: &mut BTreeMap<Date, BTreeSet<Due>>,
    (seed, run): (u64, u32),
    today: Date,
) {
    let policy = diary.policy;
    for it in std::mem::take(&mut diary.opened) {
        let workflow = policy.workflow(it.flow);
        let of = RecordRef { record: workflow.subject, key: Arc::from(it.subject.as_str()) };
        let (flow, stage) = (&workflow.label.name, &workflow.stage(it.stage).label.name);
        let round = it.round.to_string();
        let mut chance = Chance::new(seed, run, &[flow, &it.subject, &it.period, stage, &round]);
        let place = (it.flow, it.stage);
        let ending = diary.people.ending(policy, world.facts(), place, &of, (&mut chance, today));
        let Some(ending) = ending else { continue };
        let day = ending.days.and_then(|days| it.from.checked_add(days.days()).ok());
        if let Some(day) = day {
            let due = Due { case: it.case, stage: it.stage, round: it.round, choice: ending.choice };
            agenda.entry(day.max(today)).or_default().insert(due);
        }
    }
}

/// What is entered on a day without anybody's case: on the last day of a period, what is kept for it and no stage fills.
fn entered(policy: &Policy, world: &World<'_>, people: &People, (seed, run): (u64, u32), day: Date) -> Vec<Write> {
    let mut writes = Vec::new();
    for (record, field) in people.entered() {
        let Shape::Panel { of, each } = policy.record(record).shape else { continue };
        let period: Option<Period> = policy.main().period_containing(each, day).ok().filter(|it| it.last == day);
        let Some(period) = period else { continue };
        let first = period.first.to_string();
        let (kind, name) = (&policy.record(record).label.name, &policy.field(record, field).label.name);
        for it in world.facts().records(of) {
            if world.facts().panel(&it, record, each, period.first, field).known().is_some() {
                continue;
            }
            let mut chance = Chance::new(seed, run, &[kind, name, &it.key, &first]);
            let value = people.value(policy, world.facts(), (record, field), &it, (&mut chance, day));
            if value.is_some() {
                writes.push(Write { of: it, record, first: Some(period.first), field, value, from: day });
            }
        }
    }
    writes
}

/// What people do on a day: what they fill, and then what they choose, complete or send.
fn do_all(
    world: &mut World<'_>,
    diary: &mut Diary<'_, '_>,
    result: &mut Run,
    due: BTreeSet<Due>,
    chance: (u64, u32),
    day: Date,
) {
    let mut waiting: Vec<(Due, usize)> = due.into_iter().map(|it| (it, 0)).collect();
    while !waiting.is_empty() {
        // One act in each case at a time: the next rests on what the one before has made of it.
        let (mut now, mut next, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (due, done) in waiting {
            if !seen.insert(due.case) {
                next.push((due, done));
                continue;
            }
            let Some(doings) = doings(world, diary, &due, chance, day) else { continue };
            if let Some(doing) = doings.get(done) {
                now.push(doing.clone());
                if done + 1 < doings.len() {
                    next.push((due, done + 1));
                }
            }
        }
        let refused = world.act(&now, diary);
        result.acts += (now.len() - refused.len()) as u64;
        for it in refused {
            *result.refused.entry(it.why.to_string()).or_default() += 1;
        }
        waiting = next;
    }
}

/// What is to be done so that a stage ends as was drawn, by each with whom it lies; nothing where it runs no more.
fn doings(
    world: &World<'_>,
    diary: &Diary<'_, '_>,
    due: &Due,
    (seed, run): (u64, u32),
    day: Date,
) -> Option<Vec<Doing>> {
    let policy = diary.policy;
    let running = world.cases().get(due.case)?.as_ref()?;
    let stage = policy.workflow(running.flow).stage(due.stage);
    let name = &stage.label.name;
    let state = running.case.stage(name)?;
    if state.status != StageStatus::Running || state.round < due.round {
        return None;
    }
    let committee = stage.decision.as_ref().is_some_and(|it| it.committee.is_some());
    let mut people: Vec<(String, String)> = state.holders.iter().filter_map(|it| it.who.clone()).collect();
    people.dedup();
    let mut all = Vec::new();
    for by in people {
        let act = |what: Deed| Act { by: by.clone(), stage: Some(name.clone()), what, because: None, key: None };
        let mut words = |what: Deed, values: Vec<(String, Option<Known>)>| {
            all.push(Doing { case: due.case, act: act(what), values });
        };
        if !stage.fills.is_empty() {
            let values = values(world, diary, (running, stage), (seed, run), day);
            words(Deed::Fill(values.iter().map(|it| it.0.clone()).collect()), values);
        }
        match &due.choice {
            Some(choice) => words(Deed::Choose { choice: choice.clone(), instead: None }, Vec::new()),
            None if !stage.sends.is_empty() => words(Deed::Send, Vec::new()),
            None if stage.fills.is_empty() && !committee => words(Deed::Complete, Vec::new()),
            None => {}
        }
    }
    Some(all)
}

/// What is written into the fields of a stage: the day where a day is asked for, else what such fields held before.
fn values(
    world: &World<'_>,
    diary: &Diary<'_, '_>,
    (running, stage): (&Running, &Stage),
    (seed, run): (u64, u32),
    day: Date,
) -> Vec<(String, Option<Known>)> {
    let policy = diary.policy;
    let subject =
        RecordRef { record: policy.workflow(running.flow).subject, key: Arc::from(running.case.subject.as_str()) };
    let value = |record: RecordId, field: FieldId| {
        let it = policy.field(record, field);
        let kind = &policy.record(record).label.name;
        let mut chance = Chance::new(seed, run, &[kind, &it.label.name, &subject.key, &running.case.period]);
        match &it.kind {
            FieldKind::Date | FieldKind::Event => Some(Known::Date(day)),
            _ => diary.people.value(policy, world.facts(), (record, field), &subject, (&mut chance, day)),
        }
    };
    let all = stage.fills.iter().map(|it| (it, value(it.record, it.field)));
    all.filter(|it| it.1.is_some())
        .map(|(it, value)| (policy.field(it.record, it.field).label.name.clone(), value))
        .collect()
}
