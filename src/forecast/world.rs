//! A world: a policy, records, and every case with its state. Time is handed in day by day.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::{Calls, Desk, Occasion, Standing, confirmed, place_of, standing};
use crate::forecast::judging::{Called, Judged};
use crate::forecast::openings::Subject;
use crate::forecast::reading::{Reader, Reading};
use crate::forecast::written::{Write, Written};
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::model::{Policy, Shape};
use crate::side_by_side::{by_hands, hands};
use crate::table::Records;
use crate::value::RecordRef;
use crate::workflow::{Case, Event, Look};

/// So many cases are looked at with the same facts, before what they bring becomes a fact for others.
const TOGETHER: usize = 4_096;
/// So many are looked at by one hand before it takes the next.
const HANDFUL: usize = 64;

/// Under which terms a world runs.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The number that cases bear of their policy's version.
    pub version: i64,
    /// The day from which it is in use.
    pub adopted: Option<Date>,
    /// The last day that was run before it began.
    pub last: Option<Date>,
    /// How patient it is; the moment and the day of it are of no account.
    pub patience: Look,
    /// The language of people without one.
    pub language: String,
    /// With how many threads, which changes nothing; nought: as many as the machine has.
    pub hands: usize,
    /// Whether cases that have ended are kept with all that happened in them.
    pub keeps_all: bool,
}

/// Who is told what happens.
pub trait Watch {
    /// These events happened in a case, which has taken them in.
    fn happened(&mut self, it: &Happened<'_>);
}

/// Events of a case.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'e> {
    /// The day on which it was looked at.
    pub today: Date,
    /// The case's number.
    pub number: usize,
    /// Its workflow.
    pub flow: WorkflowId,
    /// The case after them.
    pub case: &'e Case,
    /// What happened, in order.
    pub events: &'e [Event],
}

/// A case.
#[derive(Debug, Clone)]
pub struct Running {
    /// Its workflow.
    pub flow: WorkflowId,
    /// What its events make of it.
    pub case: Case,
    /// The next moment at which anything can happen in it.
    pub wake_at: Option<i64>,
    /// Why it can't proceed, if it can't.
    pub stuck: Option<String>,
    /// All that happened in it, where that is kept.
    pub events: Vec<Event>,
    /// What of its post was accepted since it was last looked at.
    pub(super) accepted: Vec<Event>,
    /// Where what it is about stood when it was last looked at.
    pub(super) stands: Option<(String, Standing)>,
}

/// What a look, or several, made of a case.
pub(super) struct Decided {
    pub(super) case: Case,
    pub(super) events: Vec<Event>,
    pub(super) wake_at: Option<i64>,
    pub(super) stuck: Option<String>,
}

/// A policy, records, and every case.
pub struct World<'a> {
    pub(super) policy: &'a Policy,
    pub(super) terms: Terms,
    pub(super) facts: Written<'a>,
    pub(super) reading: Reading,
    pub(super) calls: Calls,
    /// The cases by their numbers; nothing where one has ended and is not kept.
    pub(super) cases: Vec<Option<Running>>,
    /// The cases of each subject that run.
    pub(super) open: HashMap<RecordRef, Vec<usize>>,
    /// How many cases somebody has had in a workflow and period.
    pub(super) count: HashMap<Subject, u32>,
    /// Whose subjects have been walked.
    pub(super) walked: HashSet<(WorkflowId, Option<Date>)>,
    pub(super) expected: BTreeMap<Date, BTreeSet<Subject>>,
    wakes: BinaryHeap<Reverse<(i64, usize)>>,
    dirty: BTreeSet<usize>,
    /// Cases whose post was accepted today: they learn of it tomorrow.
    posted: BTreeSet<usize>,
    pub(super) dirty_subjects: BTreeSet<RecordRef>,
    maturing: BTreeMap<Date, Vec<(RecordId, FieldId, Arc<str>)>>,
    pub(super) called: BTreeSet<Called>,
    pub(super) judged: Judged,
    pub(super) today: Date,
}

impl<'a> World<'a> {
    /// Records of which a policy has no case yet, on the day before the first one that is run.
    #[must_use]
    pub fn new(policy: &'a Policy, records: &'a Records, terms: Terms) -> Self {
        let facts = Written::over(policy, records);
        let mut maturing: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (day, record, field, key) in facts.to_come(terms.last.unwrap_or(Date::MIN)) {
            maturing.entry(day).or_default().push((record, field, key));
        }
        Self {
            policy,
            reading: Reading::of(policy),
            calls: Calls::of(policy, &BTreeMap::new(), terms.adopted),
            facts,
            cases: Vec::new(),
            open: HashMap::new(),
            count: HashMap::new(),
            walked: HashSet::new(),
            expected: BTreeMap::new(),
            wakes: BinaryHeap::new(),
            dirty: BTreeSet::new(),
            posted: BTreeSet::new(),
            dirty_subjects: BTreeSet::new(),
            maturing,
            called: BTreeSet::new(),
            judged: Judged::since(terms.last.or(terms.adopted)),
            today: terms.last.unwrap_or(Date::MIN),
            terms,
        }
    }

    /// The cases by their numbers; nothing where one has ended and is not kept.
    #[must_use]
    pub fn cases(&self) -> &[Option<Running>] {
        &self.cases
    }

    /// The facts as they are now.
    #[must_use]
    pub fn facts(&self) -> &Written<'a> {
        &self.facts
    }

    /// The desk at which its cases are looked at.
    pub(super) fn desk(&self) -> Desk<'_> {
        Desk::new(self.policy, &self.facts, &self.terms.language)
    }

    pub(super) fn look(&self) -> Look {
        let until = self.policy.main().end_of_day(self.today).0;
        Look { until, today: self.today, ..self.terms.patience }
    }

    // ---- days

    /// A day begins: what was written for it holds, and what was sent the day before has been accepted.
    pub fn begin(&mut self, today: Date) {
        if today == self.today {
            return;
        }
        self.today = today;
        self.dirty.extend(std::mem::take(&mut self.posted));
        let later = today.tomorrow().map(|it| self.maturing.split_off(&it)).unwrap_or_default();
        for (record, field, key) in std::mem::replace(&mut self.maturing, later).into_values().flatten() {
            self.touch(&RecordRef { record, key }, (record, field));
        }
    }

    /// Everything that comes due until the end of a day, as a run of that day decides it.
    pub fn run(&mut self, today: Date, watch: &mut dyn Watch) {
        self.begin(today);
        self.open_cases(watch);
        self.judge(watch);
        loop {
            let mut moved = self.open_changed(watch);
            moved |= self.look_again(watch);
            moved |= self.look_at_due(watch);
            moved |= self.judge_called(watch);
            if !moved {
                break;
            }
        }
    }

    /// Cases whose facts have changed.
    fn look_again(&mut self, watch: &mut dyn Watch) -> bool {
        let all: Vec<usize> = std::mem::take(&mut self.dirty).into_iter().collect();
        for numbers in all.chunks(TOGETHER) {
            self.look_at(numbers, watch);
        }
        !all.is_empty()
    }

    /// Cases in which time brings something.
    fn look_at_due(&mut self, watch: &mut dyn Watch) -> bool {
        let until = self.look().until;
        let mut any = false;
        loop {
            let mut numbers = Vec::new();
            while numbers.len() < TOGETHER
                && let Some(Reverse((at, number))) = self.wakes.peek().copied().filter(|it| it.0.0 <= until)
            {
                self.wakes.pop();
                if self.cases[number].as_ref().is_some_and(|it| it.wake_at == Some(at)) {
                    numbers.push(number);
                }
            }
            if numbers.is_empty() {
                return any;
            }
            numbers.sort_unstable();
            numbers.dedup();
            self.look_at(&numbers, watch);
            any = true;
        }
    }

    fn look_at(&mut self, numbers: &[usize], watch: &mut dyn Watch) {
        // One that has ended needs no second look, unless something is to come.
        let looked = |it: &usize| {
            let running = self.cases[*it].as_ref();
            running.is_some_and(|it| it.case.is_open() || it.wake_at.is_some())
        };
        let numbers: Vec<usize> = numbers.iter().copied().filter(looked).collect();
        let look = self.look();
        let decided = in_handfuls(self.terms.hands, &numbers, |number| {
            let Some(Some(running)) = self.cases.get(*number) else { return None };
            let first = self.accepted_by_now(running);
            Some(self.decide(running.flow, &running.case, first, &look))
        });
        for (number, decided) in numbers.into_iter().zip(decided) {
            if let Some(decided) = decided {
                self.take_in(number, decided, watch);
            }
        }
    }

    /// What of a case's post was accepted before today.
    pub(super) fn accepted_by_now(&self, running: &Running) -> Vec<Event> {
        running.accepted.iter().filter(|it| it.day() < self.today).cloned().collect()
    }

    /// What a look makes of a case, behind events that came before it.
    pub(super) fn decide(&self, flow: WorkflowId, case: &Case, first: Vec<Event>, look: &Look) -> Decided {
        let advanced = if first.is_empty() {
            self.desk().look(flow, case, look)
        } else {
            let case = first.iter().fold(case.clone(), Case::after);
            self.desk().look(flow, &case, look)
        };
        let overslept = advanced.wake_at.is_some_and(|at| at <= self.look().until);
        let stuck = advanced.stuck.map(|it| it.0);
        let stuck = stuck.or_else(|| overslept.then(|| "it asks to be looked at again at once, for ever".to_owned()));
        let events =
            if first.is_empty() { advanced.events } else { first.into_iter().chain(advanced.events).collect() };
        Decided { case: advanced.case, events, wake_at: advanced.wake_at.filter(|_| !overslept), stuck }
    }

    /// There is a case already, which wakes at a moment.
    pub fn there_is(&mut self, flow: WorkflowId, case: Case, wake_at: Option<i64>) {
        let number = self.cases.len();
        let subject = self.subject(flow, &case.subject);
        let count = self.count.entry((flow, Arc::clone(&subject.key), case.period.parse().ok())).or_default();
        *count = (*count).max(case.nth);
        if !case.is_open() && wake_at.is_none() && !self.terms.keeps_all {
            return;
        }
        if case.is_open() {
            self.open.entry(subject).or_default().push(number);
            // What has changed since it was last looked at is not known.
            self.dirty.insert(number);
        }
        self.wakes.extend(wake_at.map(|at| Reverse((at, number))));
        let stands = case.proposal.as_ref().map(|it| (it.rule.clone(), standing(self.policy, flow, &case)));
        let (stuck, events, accepted) = (None, Vec::new(), Vec::new());
        self.cases.push(Some(Running { flow, case, wake_at, stuck, events, accepted, stands }));
    }

    // ---- what follows

    /// Adds a case, and what was made of it.
    pub(super) fn add(&mut self, flow: WorkflowId, decided: Decided, watch: &mut dyn Watch) {
        let number = self.cases.len();
        let subject = self.subject(flow, &decided.case.subject);
        let place = (flow, Arc::clone(&subject.key), decided.case.period.parse().ok());
        let count = self.count.entry(place).or_default();
        *count = (*count).max(decided.case.nth);
        self.open.entry(subject).or_default().push(number);
        self.cases.push(Some(Running {
            flow,
            case: Case::default(),
            wake_at: None,
            stuck: None,
            events: Vec::new(),
            accepted: Vec::new(),
            stands: None,
        }));
        self.take_in(number, decided, watch);
    }

    pub(super) fn subject(&self, flow: WorkflowId, key: &str) -> RecordRef {
        RecordRef { record: self.policy.workflow(flow).subject, key: Arc::from(key) }
    }

    /// Takes in what was decided of a case: what it brings into force or confirms is a fact from now on.
    pub(super) fn take_in(&mut self, number: usize, decided: Decided, watch: &mut dyn Watch) {
        let Some(running) = self.cases[number].as_mut() else { return };
        let Decided { case, events, wake_at, stuck } = decided;
        running.case = case;
        running.wake_at = wake_at;
        running.stuck = stuck;
        running.accepted.retain(|it| !events.contains(it));
        let flow = running.flow;
        if let Some(at) = wake_at {
            self.wakes.push(Reverse((at, number)));
        }
        let Some(running) = self.cases[number].as_ref() else { return };
        watch.happened(&Happened { today: self.today, number, flow, case: &running.case, events: &events });
        let accepted = self.accepted_tomorrow(running, &events);
        let subject = self.subject(flow, &running.case.subject);
        let over = !running.case.is_open();
        let writes: Vec<Write> = confirmed(&events)
            .iter()
            .filter_map(|it| place_of(self.policy, it).ok())
            .map(|it| self.written_in(&running.case, &subject, (it.record, it.field), it.value))
            .collect();
        for (framework, day) in self.calls.by(&running.case, &events) {
            let framework = self.policy.frameworks.iter().position(|it| it.label.name == framework);
            let called = framework.map(|it| Called {
                framework: it,
                period: running.case.period.parse().ok(),
                subject: Arc::clone(&subject.key),
                day,
            });
            self.called.extend(called);
        }
        let stands = running.case.proposal.as_ref().map(|it| {
            let stands = standing(self.policy, flow, &running.case);
            (it.rule.clone(), stands)
        });
        let changed = stands != running.stands;
        if over && let Some(all) = self.open.get_mut(&subject) {
            all.retain(|it| *it != number);
            if all.is_empty() {
                self.open.remove(&subject);
            }
        }
        if let Some((rule, stands)) = stands.as_ref().filter(|_| changed) {
            self.stands(number, &subject, rule, *stands);
        }
        if !accepted.is_empty() {
            self.posted.insert(number);
        }
        let keeps = self.terms.keeps_all;
        if let Some(running) = self.cases[number].as_mut() {
            running.stands = stands;
            running.accepted.extend(accepted);
            if keeps {
                running.events.extend(events);
            }
        }
        if over && wake_at.is_none() && !keeps {
            self.cases[number] = None;
        }
        self.write(&writes);
    }

    /// Where a value is written that belongs to the subject of a case, as of today.
    pub(super) fn written_in(
        &self,
        case: &Case,
        of: &RecordRef,
        (record, field): (RecordId, FieldId),
        value: Option<crate::value::Known>,
    ) -> Write {
        let panel = matches!(self.policy.record(record).shape, Shape::Panel { .. });
        let first = case.period.parse().ok().filter(|_| panel);
        Write { of: of.clone(), record, first, field, value, from: self.today }
    }

    /// What stages of a case sent just now and the way out accepts today, where the policy asks when it left.
    fn accepted_tomorrow(&self, running: &Running, events: &[Event]) -> Vec<Event> {
        let flow = self.policy.workflow(running.flow);
        let mut accepted = Vec::new();
        for event in events {
            let Event::Sent { stage, round, notices, on, .. } = event else { continue };
            let place = flow.stages.iter().position(|it| it.label.name == *stage).map(StageId::at);
            if !place.is_some_and(|it| flow.asks_when_it_left(it)) {
                continue;
            }
            let of = Occasion { stage, day: *on, reason: None };
            for notice in notices {
                let ways = self.desk().by_each_way(running.flow, (&running.case, 1), of, notice, false);
                if ways.iter().any(|it| it.1.address.is_some()) {
                    let (stage, round, to) = (stage.clone(), *round, notice.to.clone());
                    accepted.push(Event::Accepted { stage, round, to, on: self.today });
                }
            }
        }
        accepted
    }

    // ---- facts

    /// Writes values; whoever goes by them is looked at again.
    pub fn write(&mut self, writes: &[Write]) {
        for it in writes {
            if self.facts.write(it) {
                self.touch(&it.of, (it.record, it.field));
            }
        }
    }

    /// A fact of a record has changed.
    fn touch(&mut self, of: &RecordRef, place: (RecordId, FieldId)) {
        for (reader, keys) in self.reading.concerned(&self.facts, self.policy, of, place) {
            match (reader, keys) {
                (Reader::Workflow(flow), Some(keys)) => {
                    let record = self.policy.workflow(flow).subject;
                    for key in keys {
                        self.mark(RecordRef { record, key }, Some(flow));
                    }
                }
                (Reader::Workflow(flow), None) => {
                    let record = self.policy.workflow(flow).subject;
                    let all: Vec<RecordRef> = self.open.keys().filter(|it| it.record == record).cloned().collect();
                    all.into_iter().for_each(|it| self.mark(it, Some(flow)));
                }
                (Reader::Framework(at), Some(keys)) => {
                    keys.iter().for_each(|it| self.call_undetermined(Some(at), it));
                }
                (Reader::Framework(at), None) => self.call_all_undetermined(at),
            }
        }
    }

    /// The open cases of a subject, of one workflow or all, are to be looked at again, and whether it needs another.
    pub(super) fn mark(&mut self, subject: RecordRef, flow: Option<WorkflowId>) {
        let ours = |it: &&usize| flow.is_none_or(|flow| self.cases[**it].as_ref().is_some_and(|it| it.flow == flow));
        self.dirty.extend(self.open.get(&subject).into_iter().flatten().filter(ours));
        self.dirty_subjects.insert(subject);
    }
}

/// What comes of many things, worked out by so many hands (nought: all), in their order.
pub(super) fn in_handfuls<T: Sync, R: Send>(hands: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() <= HANDFUL {
        return items.iter().map(work).collect();
    }
    let handfuls: Vec<&[T]> = items.chunks(HANDFUL).collect();
    by_all(hands, &handfuls, |some| some.iter().map(&work).collect::<Vec<R>>()).into_iter().flatten().collect()
}

/// The same, thing by thing.
pub(super) fn by_all<T: Sync, R: Send>(hands: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    by_hands(self::hands(hands), items, work)
}

/// The first day of a period, if there is one.
pub(super) fn first(period: Option<Period>) -> Option<Date> {
    period.map(|it| it.first)
}
