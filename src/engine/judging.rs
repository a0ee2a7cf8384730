//! Judgements on the store: everybody in batches of one commit each, what is proposed with the case in which it is heard.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::{Court, DecidedBefore, Desk, Proposal, follows, judgements, standing};
use crate::engine::openings::new_row;
use crate::engine::run::Round;
use crate::engine::{EngineError, RunReport, RunSettings, Sender};
use crate::plan::concerned;
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::store::{Judgement, OutcomeFilter, OutcomeRow, Store, Work};
use crate::table::AsFacts;
use crate::workflow::{Case, Event};

/// How many people one commit judges.
const BATCH: u32 = 2_000;

/// A judgement that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeRequest {
    /// The framework's name.
    pub framework: String,
    /// The period as people write it.
    pub period: String,
    /// One of those whom it judges; nothing: all.
    pub of: Option<String>,
}

/// Lets every framework judge whose day has come since the last run, and ends what was broken off.
pub(super) fn judge(store: &mut dyn Store, round: &mut Round<'_>) -> Result<(), EngineError> {
    for open in store.open_judgements()? {
        carry_on(store, round, open)?;
    }
    let policy = Arc::clone(&round.policies.latest().policy);
    let since = round.judged.or(round.adopted).unwrap_or(round.until.today);
    for framework in &policy.frameworks {
        let come: Vec<(Period, Date)> = {
            let reader = store.reader(&policy);
            let desk = Desk::new(&policy, &*reader, &round.settings.language);
            judgements(&desk, framework, since, round.until.today)
        };
        for (period, day) in come {
            let (name, first) = (framework.label.name.clone(), period.first.to_string());
            if !store.has_judged(&name, &first)? {
                let judgement = new_judgement(store, round, name, first)?;
                carry_on(store, round, Judgement { as_of: day, ..judgement })?;
            }
        }
    }
    Ok(())
}

/// Judges a period when somebody asks for it, or judges it anew: what was decided by then stays, and what was open for want of facts
/// is asked again.
///
/// # Errors
/// When there is no such framework, period or person, when it goes back in time, or when the store can't.
pub fn judge_on_request(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    request: &JudgeRequest,
) -> Result<RunReport, EngineError> {
    let mut round = Round::begin(store, settings, sender)?;
    let policy = Arc::clone(&round.policies.latest().policy);
    let named = |it: &&Framework| it.label.name == request.framework;
    let known = || policy.frameworks.iter().map(|it| format!("`{}`", it.label.name)).collect::<Vec<_>>().join(", ");
    let framework = policy.frameworks.iter().find(named).ok_or_else(|| {
        EngineError::Day(format!("there is no framework `{}`; there is {}", request.framework, known()))
    })?;
    let calendar = &policy.calendars[framework.calendar];
    let period = calendar
        .period_from_label(framework.each, &request.period)
        .map_err(|problem| EngineError::Day(problem.to_string()))?;
    if period.first > round.until.today {
        return Err(EngineError::Day(format!("{} has not begun", request.period)));
    }
    if let Some(of) = &request.of {
        let there = store.existing(&policy, framework.subject, &[Arc::from(of.as_str())])?;
        if there.is_empty() {
            let kind = &policy.record(framework.subject).label.name;
            return Err(EngineError::Day(format!("there is no {kind} `{of}`")));
        }
    }
    for open in store.open_judgements()? {
        carry_on(store, &mut round, open)?;
    }
    let (name, first) = (framework.label.name.clone(), period.first.to_string());
    let judgement = new_judgement(store, &round, name, first)?;
    carry_on(store, &mut round, Judgement { asked: true, whom: request.of.clone(), ..judgement })?;
    Ok(round.report)
}

fn new_judgement(
    store: &dyn Store,
    round: &Round<'_>,
    framework: String,
    period: String,
) -> Result<Judgement, EngineError> {
    let (id, policy) = (store.next_judgement()?, round.policies.latest().version);
    let nth = store.judgement(&framework, &period)?.map_or(1, |it| it.nth + 1);
    let (as_of, after) = (round.until.today, String::new());
    Ok(Judgement { id, framework, period, nth, policy, as_of, after, done: false, asked: false, whom: None })
}

/// Judges everybody behind the last one who was judged, or one alone; by the policy under which the judgement began. Everybody is judged by
/// the facts of the moment at which it is begun or carried on, whatever the first of them come to.
fn carry_on(store: &mut dyn Store, round: &mut Round<'_>, mut judgement: Judgement) -> Result<(), EngineError> {
    let policy = round.policies.any_version(store, judgement.policy, round.settings.calendar.as_deref())?;
    let place = policy.frameworks.iter().position(|it| it.label.name == judgement.framework);
    let first: Option<Date> = judgement.period.parse().ok();
    let bench = place.zip(first).and_then(|(place, first)| {
        let framework = &policy.frameworks[place];
        let period = policy.calendars[framework.calendar].period_containing(framework.each, first).ok()?;
        Some((place, Bench { policy: &policy, framework, period }))
    });
    let as_of = store.writes_of_others()?;
    let all = match bench {
        Some(_) if judgement.whom.is_none() => Some(store.everybody(&policy, round.until.today)?),
        _ => None,
    };
    let facts = all.as_ref().map(|it| AsFacts::new(&policy, it));
    let sitting = match (&bench, &all, &facts) {
        (Some((place, bench)), Some(all), Some(facts)) => {
            let desk = Desk::new(&policy, facts, &round.settings.language);
            let court = Court::new(&desk, bench.framework, bench.period, judgement.as_of);
            let rows = concerned(&policy, all, *place, (bench.period, judgement.as_of));
            let key = |row: usize| all.key(bench.framework.subject, row);
            Some(Sitting { court, whom: rows.map(|rows| rows.into_iter().map(key).collect()), as_of })
        }
        _ => None,
    };
    while round.goes_on() {
        store.begin()?;
        let mut work = Work { kind: "judge".to_owned(), ..round.work() };
        let judged = match &bench {
            // A framework that no version of the policy explains can't be carried on.
            None => Ok(true),
            Some((_, bench)) => batch(&*store, round, bench, sitting.as_ref(), &mut judgement, &mut work),
        };
        judgement.done = match judged {
            Ok(done) => done,
            Err(error) => {
                store.roll_back()?;
                return Err(error);
            }
        };
        work.judgements.push(judgement.clone());
        round.commit(store, &work)?;
        if judgement.done {
            break;
        }
    }
    Ok(())
}

/// Everybody judged at once: what is reckoned over all is reckoned once.
struct Sitting<'a> {
    court: Court<'a>,
    /// The keys of those whom it concerns; nothing where everybody is asked.
    whom: Option<HashSet<Arc<str>>>,
    /// What others had written by then.
    as_of: i64,
}

/// Who judges what.
pub(super) struct Bench<'p> {
    pub(super) policy: &'p Policy,
    pub(super) framework: &'p Framework,
    pub(super) period: Period,
}

/// Judges some; whether these were the last.
fn batch(
    store: &dyn Store,
    round: &mut Round<'_>,
    bench: &Bench<'_>,
    sitting: Option<&Sitting<'_>>,
    judgement: &mut Judgement,
    work: &mut Work,
) -> Result<bool, EngineError> {
    let Bench { policy, framework, period } = bench;
    let keys: Vec<Arc<str>> = match &judgement.whom {
        Some(of) => vec![Arc::from(of.as_str())],
        None => store.keys_after(policy, framework.subject, &judgement.after, BATCH)?,
    };
    let done = judgement.whom.is_some() || keys.len() < BATCH as usize;
    if let Some(last) = keys.last() {
        judgement.after = last.to_string();
    }
    round.report.judged += keys.len() as u64;
    let concerns = |key: &Arc<str>| sitting.and_then(|it| it.whom.as_ref()).is_none_or(|whom| whom.contains(key));
    let keys: Vec<Arc<str>> = keys.into_iter().filter(concerns).collect();
    let reader = store.reader(policy);
    reader.prefetch(framework.subject, &keys, Some(period.first));
    let desk = Desk::new(policy, &*reader, &round.settings.language);
    let now = Court::new(&desk, framework, *period, judgement.as_of);
    // What was written since the sitting began has called nobody before it, who is only now said to wait for a fact.
    let writes = store.writes_of_others()?;
    let is_late = sitting.is_some_and(|it| it.as_of != writes) && !policy.judges_all_at_once(framework);
    let decided = decided_before(store, bench, judgement)?;
    let mut numbers = BTreeMap::new();
    for key in &keys {
        let mut proposals = sitting.map_or(&now, |it| &it.court).proposals(key);
        if is_late && proposals.iter().any(|it| !it.missing.is_empty()) {
            proposals = now.proposals(key);
        }
        for proposal in proposals {
            if decided.holds_back(framework, key, &proposal) {
                continue;
            }
            propose(store, round, &desk, judgement, (key, &proposal), &mut numbers, work)?;
        }
    }
    match reader.fault() {
        Some(fault) => Err(fault.into()),
        None => Ok(done),
    }
}

pub(super) fn decided_before(
    store: &dyn Store,
    bench: &Bench<'_>,
    judgement: &Judgement,
) -> Result<DecidedBefore, EngineError> {
    if judgement.nth == 1 {
        return Ok(DecidedBefore::default());
    }
    let Bench { policy, framework: rules, .. } = bench;
    let subject_type = judgement.whom.as_ref().map(|_| policy.record(rules.subject).label.name.clone());
    let (framework, period) = (Some(judgement.framework.clone()), Some(judgement.period.clone()));
    let filter =
        OutcomeFilter { framework, period, subject_type, subject: judgement.whom.clone(), ..OutcomeFilter::default() };
    let known = store.outcomes(&filter)?;
    let mut decided = DecidedBefore::default();
    for it in known.into_iter().filter(|it| it.state != "undetermined") {
        decided.add(rules, &it.subject, &it.proposed);
    }
    Ok(decided)
}

/// The facts for want of which something is not decided, as they are kept.
pub(super) fn missing_words(proposal: &Proposal) -> Option<String> {
    let missing: Vec<String> = proposal.missing.iter().map(ToString::to_string).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// Keeps what a rule comes to, with the case in which it is heard.
pub(super) fn propose(
    store: &dyn Store,
    round: &mut Round<'_>,
    desk: &Desk<'_>,
    judgement: &Judgement,
    (key, proposal): (&Arc<str>, &Proposal),
    numbers: &mut BTreeMap<(String, String), i64>,
    work: &mut Work,
) -> Result<(), EngineError> {
    let policy = desk.policy();
    let note = &proposal.note;
    let subject = policy.frameworks.iter().find(|it| it.label.name == judgement.framework).map(|it| it.subject);
    let subject_type = subject.map(|it| policy.record(it).label.name.clone()).unwrap_or_default();
    let missing = missing_words(proposal);
    let amount = note.amount.clone().map(|it| crate::eval::render(&it.into(), policy));
    let mut outcome = OutcomeRow {
        judgement: judgement.id,
        framework: judgement.framework.clone(),
        period: judgement.period.clone(),
        subject_type: subject_type.clone(),
        subject: key.to_string(),
        proposed: note.rule.clone(),
        kind: proposal.what.word().to_owned(),
        rule: note.rule.clone(),
        state: if missing.is_none() { "proposed" } else { "undetermined" }.to_owned(),
        amount,
        missing: missing.clone(),
        since: None,
        ended: None,
        case: None,
    };
    match proposal.heard_in.filter(|_| proposal.missing.is_empty()) {
        None => round.report.undetermined += u64::from(missing.is_some()),
        Some(flow) => {
            let workflow = policy.workflow(flow).label.name.clone();
            let place = (workflow.clone(), key.to_string());
            let nth = match numbers.get(&place) {
                Some(last) => last + 1,
                None => store.last_nth(&workflow, &subject_type, key, &judgement.period)? + 1,
            };
            numbers.insert(place, nth);
            let opened = Event::CaseOpened {
                workflow,
                subject_type,
                subject: key.to_string(),
                period: judgement.period.clone(),
                nth: u32::try_from(nth).unwrap_or(u32::MAX),
                policy: judgement.policy,
                // Who is heard has their time from now on; what follows by itself did so on the day.
                on: if policy.workflow(flow).follows_by_itself { note.on } else { round.until.today },
                at_start_of_period: false,
                adopted: round.adopted,
                proposal: Some(note.clone()),
            };
            let case = Case::replay([&opened]);
            let row = new_row(&case, round.next_case());
            let first: Vec<Event> = std::iter::once(opened).chain(follows(desk, flow, &case)).collect();
            let case = Case::replay(&first);
            let decided = round.deciding().decide_case(desk, flow, row, &case, first);
            round.report.count(&decided);
            round.report.proposed += 1;
            let stands = standing(policy, flow, &decided.case);
            outcome.state = stands.word().to_owned();
            outcome.since = stands.since();
            outcome.case = Some(decided.change.row.id);
            work.cases.push(decided.change);
        }
    }
    work.outcomes.push(outcome);
    Ok(())
}
