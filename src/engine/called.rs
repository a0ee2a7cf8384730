//! Judgements of one person, that come by themselves: when a stage was done, when a record appeared, or when a fact arrived for want of
//! which something was left open. Whoever is called is found where that was written, so that nobody else is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::casework::{Calls, Court, Desk, Proposal};
use crate::engine::EngineError;
use crate::engine::judging::{Bench, decided_before, missing_words, propose};
use crate::engine::run::Round;
use crate::policy::framework::Judged;
use crate::policy::model::Policy;
use crate::store::{Called, Judgement, OutcomeFilter, Store, StoreError, Work};
use crate::workflow::{Case, Event};

/// How many people one commit judges.
const BATCH: u32 = 1_000;

/// Which stages call people before a framework, by the policy in force.
pub(super) fn calls(policy: &Policy, store: &dyn Store, adopted: Option<Date>) -> Result<Calls, StoreError> {
    let some = policy.frameworks.iter().any(|it| matches!(it.judged, Judged::Done { .. }));
    let known = if some { store.frameworks_since()? } else { BTreeMap::new() };
    Ok(Calls::of(policy, &known, adopted))
}

/// Whom the events of a case call.
pub(super) fn by(calls: &Calls, case: &Case, events: &[Event]) -> Vec<Called> {
    let called = |(framework, day): (String, Date)| {
        let (period, subject) = (case.period.clone(), case.subject.clone());
        Called { framework, period, subject, day }
    };
    calls.by(case, events).into_iter().map(called).collect()
}

/// Judges everybody who is called, in batches of one commit each.
pub(super) fn judge(store: &mut dyn Store, round: &mut Round<'_>) -> Result<(), EngineError> {
    while round.goes_on() {
        let called = store.called(BATCH)?;
        if called.is_empty() {
            return Ok(());
        }
        store.begin()?;
        let mut work = Work { kind: "judge".to_owned(), clean_called: called.clone(), ..round.work() };
        if let Err(error) = judge_all(&*store, round, &called, &mut work) {
            store.roll_back()?;
            return Err(error);
        }
        round.commit(store, &work)?;
    }
    Ok(())
}

/// Whom a framework judges for a period, with the day on which what called them came about: the last, where several did.
type Before = BTreeMap<(String, Date), BTreeMap<Arc<str>, Date>>;

fn judge_all(store: &dyn Store, round: &mut Round<'_>, called: &[Called], work: &mut Work) -> Result<(), EngineError> {
    let policy = Arc::clone(&round.policies.latest().policy);
    let mut before = Before::new();
    for it in called {
        // One whom no framework of the policy in force judges any more is left in peace.
        let Some(framework) = policy.frameworks.iter().find(|of| of.label.name == it.framework) else { continue };
        let day = it.day.min(round.until.today);
        let anchor = it.period.parse().unwrap_or(day);
        let calendar = &policy.calendars[framework.calendar];
        let Ok(period) = calendar.period_containing(framework.each, anchor) else { continue };
        let people = before.entry((it.framework.clone(), period.first)).or_default();
        let last = people.entry(Arc::from(it.subject.as_str())).or_insert(day);
        *last = day.max(*last);
    }
    let mut next = store.next_judgement()?;
    for ((name, first), people) in before {
        let Some(framework) = policy.frameworks.iter().find(|it| it.label.name == name) else { continue };
        let calendar = &policy.calendars[framework.calendar];
        let Ok(period) = calendar.period_containing(framework.each, first) else { continue };
        // What is compared over all can't be asked of one alone.
        if policy.judges_all_at_once(framework) {
            continue;
        }
        let bench = Bench { policy: &policy, framework, period };
        judge_some(store, round, &bench, people, &mut next, work)?;
    }
    Ok(())
}

fn judge_some(
    store: &dyn Store,
    round: &mut Round<'_>,
    bench: &Bench<'_>,
    people: BTreeMap<Arc<str>, Date>,
    next: &mut i64,
    work: &mut Work,
) -> Result<(), EngineError> {
    let Bench { policy, framework, period } = bench;
    let keys: Vec<Arc<str>> = people.keys().cloned().collect();
    let reader = store.reader(policy);
    reader.prefetch(framework.subject, &keys, Some(period.first));
    let desk = Desk::new(policy, &*reader, &round.settings.language);
    let (name, first) = (framework.label.name.clone(), period.first.to_string());
    let mut nth = store.judgement(&name, &first)?.map_or(0, |it| it.nth);
    let mut numbers = BTreeMap::new();
    for (key, as_of) in &people {
        if reader.is_gone(framework.subject, key) {
            continue;
        }
        nth += 1;
        let judgement = Judgement {
            id: *next,
            framework: name.clone(),
            period: first.clone(),
            nth,
            policy: round.policies.latest().version,
            as_of: *as_of,
            after: key.to_string(),
            done: true,
            asked: false,
            whom: Some(key.to_string()),
        };
        let decided = decided_before(store, bench, &judgement)?;
        let mut proposals = Court::new(&desk, framework, *period, *as_of).proposals(key);
        proposals.retain(|it| !decided.holds_back(framework, key, it));
        if is_as_open_as_before(store, bench, &judgement, &proposals)? {
            nth -= 1;
            continue;
        }
        *next += 1;
        round.report.judged += 1;
        for proposal in &proposals {
            propose(store, round, &desk, &judgement, (key, proposal), &mut numbers, work)?;
        }
        work.judgements.push(judgement);
    }
    match reader.fault() {
        Some(fault) => Err(fault.into()),
        None => Ok(()),
    }
}

/// Whether nothing is decided about somebody, and what was left open still is, for want of the same facts: then nothing is written.
fn is_as_open_as_before(
    store: &dyn Store,
    bench: &Bench<'_>,
    judgement: &Judgement,
    proposals: &[Proposal],
) -> Result<bool, EngineError> {
    if judgement.nth == 1 || proposals.is_empty() || proposals.iter().any(|it| it.missing.is_empty()) {
        return Ok(false);
    }
    let known = store.outcomes(&OutcomeFilter {
        framework: Some(judgement.framework.clone()),
        period: Some(judgement.period.clone()),
        subject_type: Some(bench.policy.record(bench.framework.subject).label.name.clone()),
        subject: judgement.whom.clone(),
        state: Some("undetermined".to_owned()),
        case: None,
    })?;
    let known: BTreeSet<(String, Option<String>)> = known.into_iter().map(|it| (it.proposed, it.missing)).collect();
    let now = proposals.iter().map(|it| (it.note.rule.clone(), missing_words(it)));
    Ok(known == now.collect())
}
