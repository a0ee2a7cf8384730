//! What frameworks propose when their day has come, and whoever is called before one; what takes effect is a fact.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::{Court, DecidedBefore, Proposal, Standing, follows, judgements};
use crate::forecast::world::{Decided, Watch, World, by_all, in_handfuls};
use crate::ids::WorkflowId;
use crate::side_by_side::hands;
use crate::value::RecordRef;
use crate::workflow::{Case, Event};

/// So many are judged by one hand at least: what is reckoned over all is reckoned once for them.
const BATCH: usize = 2_000;

/// Somebody is to be judged by a framework (its place).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Called {
    pub(super) framework: usize,
    pub(super) subject: Arc<str>,
    /// The first day of the period; nothing where it is the one around the day.
    pub(super) period: Option<Date>,
    /// The day on which that came about.
    pub(super) day: Date,
}

/// What a rule comes to for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// The rule that proposed it, or may.
    pub rule: String,
    /// The number of the case in which it is heard, or stands.
    pub case: Option<usize>,
    /// The facts for want of which it is not decided.
    pub missing: Vec<String>,
}

/// A framework, a period (its first day), and somebody.
type Place = (usize, Date, Arc<str>);

/// A period, and whom a framework judges for it, each as of a day.
type Summoned = (Period, BTreeMap<Arc<str>, Date>);

/// What has been judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// The last day up to which frameworks have judged.
    until: Option<Date>,
    /// Which frameworks (by their places) have judged which periods (by their first days).
    done: BTreeSet<(usize, Date)>,
    /// What came of it.
    outcomes: HashMap<Place, Vec<Stands>>,
    /// About whom something is left open, by framework and person: for which period.
    open: BTreeMap<(usize, Arc<str>), BTreeSet<Date>>,
}

impl Judged {
    pub(super) fn since(day: Option<Date>) -> Self {
        Self { until: day, done: BTreeSet::new(), outcomes: HashMap::new(), open: BTreeMap::new() }
    }
}

/// Something that is proposed for somebody.
struct Proposed {
    place: Place,
    proposal: Proposal,
}

impl World<'_> {
    /// What was judged of somebody by a framework (its place) for a period (its first day).
    #[must_use]
    pub fn outcomes(&self, framework: usize, first: Date, key: &str) -> &[Stands] {
        self.judged.outcomes.get(&(framework, first, Arc::from(key))).map_or(&[], Vec::as_slice)
    }

    /// A framework (its place) has judged a period (its first day) already.
    pub fn has_judged(&mut self, which: (usize, Date)) {
        self.judged.done.insert(which);
    }

    /// Lets every framework judge whose day has come since the last.
    pub(super) fn judge(&mut self, watch: &mut dyn Watch) {
        let since = self.judged.until.unwrap_or(self.today);
        for (at, framework) in self.policy.frameworks.iter().enumerate() {
            for (period, day) in judgements(&self.desk(), framework, since, self.today) {
                if !self.judged.done.insert((at, period.first)) {
                    continue;
                }
                // Who is judged for a later period is not judged for an earlier one any more because a fact arrives.
                self.judged.open.retain(|(framework, _), it| {
                    it.retain(|first| *framework != at || *first > period.first);
                    !it.is_empty()
                });
                let keys = self.facts.keys(framework.subject);
                let batches: Vec<&[Arc<str>]> =
                    keys.chunks(keys.len().div_ceil(hands(self.terms.hands)).max(BATCH)).collect();
                let found = by_all(self.terms.hands, &batches, |keys| {
                    let desk = self.desk();
                    let court = Court::new(&desk, framework, period, day);
                    let of = |key: &Arc<str>| {
                        let place = (at, period.first, Arc::clone(key));
                        court
                            .proposals(key)
                            .into_iter()
                            .map(move |proposal| Proposed { place: place.clone(), proposal })
                    };
                    keys.iter().flat_map(of).collect::<Vec<_>>()
                });
                self.propose(found.into_iter().flatten().collect(), watch);
            }
        }
        self.judged.until = Some(self.today);
    }

    /// Judges whoever is called; whether anybody was.
    pub(super) fn judge_called(&mut self, watch: &mut dyn Watch) -> bool {
        let called = std::mem::take(&mut self.called);
        if called.is_empty() {
            return false;
        }
        // Whom a framework judges for a period, with the day on which what called them came about: the last, where several did.
        let mut before: BTreeMap<(usize, Date), Summoned> = BTreeMap::new();
        for it in called {
            let framework = &self.policy.frameworks[it.framework];
            let day = it.day.min(self.today);
            let calendar = &self.policy.calendars[framework.calendar];
            let Ok(period) = calendar.period_containing(framework.each, it.period.unwrap_or(day)) else { continue };
            // What is compared over all can't be asked of one alone.
            if self.policy.judges_all_at_once(framework) {
                continue;
            }
            let people = before.entry((it.framework, period.first)).or_insert_with(|| (period, BTreeMap::new()));
            let last = people.1.entry(it.subject).or_insert(day);
            *last = day.max(*last);
        }
        for ((at, first), (period, people)) in before {
            let framework = &self.policy.frameworks[at];
            let mut proposed = Vec::new();
            for (key, day) in people {
                if !self.facts.has(&RecordRef { record: framework.subject, key: Arc::clone(&key) }) {
                    continue;
                }
                let place = (at, first, Arc::clone(&key));
                let known = self.judged.outcomes.get(&place).cloned().unwrap_or_default();
                let mut decided = DecidedBefore::default();
                known.iter().filter(|it| it.missing.is_empty()).for_each(|it| decided.add(framework, &key, &it.rule));
                let mut proposals = Court::new(&self.desk(), framework, period, day).proposals(&key);
                proposals.retain(|it| !decided.holds_back(framework, &key, it));
                let as_open = |it: &Proposal| {
                    known.iter().any(|known| known.rule == it.note.rule && known.missing == missing(it))
                };
                let judged = self.judged.done.contains(&(at, first)) || !known.is_empty();
                if judged && !proposals.is_empty() && proposals.iter().all(|it| !it.missing.is_empty() && as_open(it)) {
                    continue;
                }
                if let Some(known) = self.judged.outcomes.get_mut(&place) {
                    known.retain(|it| it.missing.is_empty());
                }
                if let Some(open) = self.judged.open.get_mut(&(at, Arc::clone(&key))) {
                    open.remove(&first);
                }
                let of = |proposal| Proposed { place: place.clone(), proposal };
                proposed.extend(proposals.into_iter().map(of));
            }
            self.propose(proposed, watch);
        }
        true
    }

    /// Keeps what rules come to, with the cases in which they are heard.
    fn propose(&mut self, all: Vec<Proposed>, watch: &mut dyn Watch) {
        let mut numbers: HashMap<(WorkflowId, Place), u32> = HashMap::new();
        let mut heard: Vec<(usize, WorkflowId, u32)> = Vec::new();
        for (at, it) in all.iter().enumerate() {
            let Some(flow) = it.proposal.heard_in.filter(|_| it.proposal.missing.is_empty()) else { continue };
            let (_, first, key) = &it.place;
            let known = || self.count.get(&(flow, Arc::clone(key), Some(*first))).copied().unwrap_or(0);
            let nth = numbers.entry((flow, it.place.clone())).or_insert_with(known);
            *nth += 1;
            heard.push((at, flow, *nth));
        }
        let decided: Vec<Decided> =
            in_handfuls(self.terms.hands, &heard, |(at, flow, nth)| self.heard(&all[*at], *flow, *nth));
        let mut cases: HashMap<usize, usize> = HashMap::new();
        for ((at, flow, _), decided) in heard.into_iter().zip(decided) {
            cases.insert(at, self.cases.len());
            self.add(flow, decided, watch);
        }
        for (at, it) in all.into_iter().enumerate() {
            let missing = missing(&it.proposal);
            let (framework, first, key) = it.place.clone();
            if !missing.is_empty() {
                self.judged.open.entry((framework, key)).or_default().insert(first);
            }
            let stands = Stands { rule: it.proposal.note.rule, case: cases.get(&at).copied(), missing };
            self.judged.outcomes.entry(it.place).or_default().push(stands);
        }
    }

    /// The case in which something is heard that was proposed.
    fn heard(&self, it: &Proposed, flow: WorkflowId, nth: u32) -> Decided {
        let (_, first, key) = &it.place;
        let workflow = self.policy.workflow(flow);
        let note = &it.proposal.note;
        let opened = Event::CaseOpened {
            workflow: workflow.label.name.clone(),
            subject_type: self.policy.record(workflow.subject).label.name.clone(),
            subject: key.to_string(),
            period: first.to_string(),
            nth,
            policy: self.terms.version,
            // Who is heard has their time from now on; what follows by itself did so on the day.
            on: if workflow.follows_by_itself { note.on } else { self.today },
            at_start_of_period: false,
            adopted: self.terms.adopted,
            proposal: Some(note.clone()),
        };
        let case = Case::replay([&opened]);
        let events: Vec<Event> = std::iter::once(opened).chain(follows(&self.desk(), flow, &case)).collect();
        self.decide(flow, &Case::default(), events, &self.look())
    }

    /// Where what a case is about stands now; what takes effect concerns whoever it is about.
    pub(super) fn stands(&mut self, number: usize, subject: &RecordRef, rule: &str, stands: Standing) {
        let Some(since) = stands.since() else { return };
        let note = self.cases[number].as_ref().and_then(|it| it.case.proposal.as_ref());
        let measure = note.and_then(|it| {
            let framework = self.policy.frameworks.iter().find(|of| of.label.name == it.framework)?;
            Some(framework.rules[framework.rule_named(&it.rule)?].what() == crate::policy::flow::Proposed::Measure)
        });
        if measure != Some(true) {
            self.facts.impose(number, subject, rule, (since, stands.ended()));
        }
        self.mark(subject.clone(), None);
        let of_this_kind = |it: &usize| self.policy.frameworks[*it].subject == subject.record;
        let frameworks: Vec<usize> = (0..self.policy.frameworks.len()).filter(of_this_kind).collect();
        frameworks.into_iter().for_each(|it| self.call_undetermined(Some(it), &subject.key));
    }

    /// Somebody about whom a rule was left open is judged anew, as of today.
    pub(super) fn call_undetermined(&mut self, framework: Option<usize>, key: &Arc<str>) {
        let Some(framework) = framework else { return };
        // Only the latest period counts of which something is open.
        let open = self.judged.open.get(&(framework, Arc::clone(key))).and_then(BTreeSet::last);
        let called =
            open.map(|first| Called { framework, subject: Arc::clone(key), period: Some(*first), day: Date::MAX });
        self.called.extend(called);
    }

    /// The same for everybody about whom a framework left something open.
    pub(super) fn call_all_undetermined(&mut self, framework: usize) {
        let keys = self.judged.open.keys().filter(|it| it.0 == framework).map(|it| Arc::clone(&it.1));
        let keys: Vec<Arc<str>> = keys.collect();
        keys.iter().for_each(|it| self.call_undetermined(Some(framework), it));
    }
}

/// The facts for want of which something is not decided.
fn missing(it: &Proposal) -> Vec<String> {
    it.missing.iter().map(ToString::to_string).collect()
}
