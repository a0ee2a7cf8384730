//! Which cases open: subjects are walked once for each workflow and period, in batches, and afterwards only when their facts
//! change or a known day comes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::casework::{Desk, Opens, is_history, periods};
use crate::engine::EngineError;
use crate::engine::run::Round;
use crate::ids::WorkflowId;
use crate::policy::model::Policy;
use crate::store::{CaseRow, Expected, Opening, Store, Work};
use crate::workflow::Case;

/// How many subjects one commit walks.
const BATCH: u32 = 2_000;

/// Opens every case that is to open until the moment of this round.
pub(super) fn open(store: &mut dyn Store, round: &mut Round<'_>) -> Result<(), EngineError> {
    let policy = Arc::clone(&round.policies.latest().policy);
    // What was proposed is heard when it is, and not before.
    let opens = |it: &WorkflowId| policy.workflow(*it).runs() && policy.workflow(*it).proposal.is_none();
    for flow in (0..policy.workflows.len()).map(WorkflowId::at).filter(opens) {
        for period in periods(&policy, flow, since(round), round.until.today) {
            walk(store, round, &policy, flow, period)?;
        }
    }
    open_expected(store, round, &policy)?;
    open_changed(store, round)
}

/// The day from which the store is used in earnest.
fn since(round: &Round<'_>) -> Date {
    round.adopted.unwrap_or(round.until.today)
}

/// Walks all subjects of a workflow for one period, unless that has been done under this policy.
fn walk(
    store: &mut dyn Store,
    round: &mut Round<'_>,
    policy: &Policy,
    flow: WorkflowId,
    period: Option<Period>,
) -> Result<(), EngineError> {
    let workflow = policy.workflow(flow);
    let first = period_text(period);
    let version = round.policies.latest().version;
    let known = store.opening(&workflow.label.name, &first)?.filter(|it| it.policy == version);
    if known.as_ref().is_some_and(|it| it.done) {
        return Ok(());
    }
    let mut after = known.map_or_else(String::new, |it| it.after);
    while round.goes_on() {
        store.begin()?;
        let keys = store.keys_after(policy, workflow.subject, &after, BATCH)?;
        let done = keys.len() < BATCH as usize;
        if let Some(last) = keys.last() {
            after = last.to_string();
        }
        let mut work = round.work();
        let subjects = keys.into_iter().map(|key| (flow, key, period)).collect();
        gather(store, round, policy, subjects, &mut work)?;
        let (workflow, period) = (workflow.label.name.clone(), first.clone());
        work.openings.push(Opening { workflow, period, policy: version, after: after.clone(), done });
        round.commit(store, &work)?;
        if done {
            break;
        }
    }
    Ok(())
}

/// Openings whose day has come.
fn open_expected(store: &mut dyn Store, round: &mut Round<'_>, policy: &Policy) -> Result<(), EngineError> {
    while round.goes_on() {
        store.begin()?;
        let expected = store.expected(round.until.today, BATCH)?;
        if expected.is_empty() {
            return Ok(store.roll_back()?);
        }
        let mut work = round.work();
        let subjects = expected
            .iter()
            .filter_map(|it| {
                let flow = policy.workflow_named(&it.workflow)?;
                let period = period_of(policy, flow, &it.period)?;
                Some((flow, Arc::from(it.subject.as_str()), period))
            })
            .collect();
        gather(store, round, policy, subjects, &mut work)?;
        work.seen_expected = expected;
        round.commit(store, &work)?;
    }
    Ok(())
}

/// Subjects whose facts have changed, for every workflow and period that they may need a case in.
pub(super) fn open_changed(store: &mut dyn Store, round: &mut Round<'_>) -> Result<(), EngineError> {
    let policy = Arc::clone(&round.policies.latest().policy);
    let policy = &*policy;
    while round.goes_on() {
        store.begin()?;
        let changed = store.dirty_subjects(BATCH)?;
        if changed.is_empty() {
            return Ok(store.roll_back()?);
        }
        let mut work = round.work();
        let mut subjects = Vec::new();
        for (record, key) in &changed {
            let record = policy.record_named(record);
            for flow in (0..policy.workflows.len()).map(WorkflowId::at) {
                let workflow = policy.workflow(flow);
                if Some(workflow.subject) == record && workflow.runs() && workflow.proposal.is_none() {
                    let key: Arc<str> = Arc::from(key.as_str());
                    let all = periods(policy, flow, since(round), round.until.today);
                    subjects.extend(all.into_iter().map(|it| (flow, Arc::clone(&key), it)));
                }
            }
        }
        gather(store, round, policy, subjects, &mut work)?;
        work.clean_subjects = changed;
        round.commit(store, &work)?;
    }
    Ok(())
}

type Subject = (WorkflowId, Arc<str>, Option<Period>);

/// Puts into the work a case for each subject that is to have one; rolls back if facts can't be read.
fn gather(
    store: &mut dyn Store,
    round: &mut Round<'_>,
    policy: &Policy,
    mut subjects: Vec<Subject>,
    work: &mut Work,
) -> Result<(), EngineError> {
    subjects.sort_by(|a, b| (a.0, period_text(a.2), &a.1).cmp(&(b.0, period_text(b.2), &b.1)));
    let result = gather_all(&*store, round, policy, &subjects, work);
    if result.is_err() {
        store.roll_back()?;
    }
    result
}

fn gather_all(
    store: &dyn Store,
    round: &mut Round<'_>,
    policy: &Policy,
    subjects: &[Subject],
    work: &mut Work,
) -> Result<(), EngineError> {
    for group in subjects.chunk_by(|a, b| (a.0, a.2) == (b.0, b.2)) {
        let (flow, _, period) = group[0];
        let workflow = policy.workflow(flow);
        let first = period_text(period);
        let keys: Vec<Arc<str>> = group.iter().map(|it| Arc::clone(&it.1)).collect();
        let there: BTreeSet<String> =
            store.subjects_with_case(&workflow.label.name, &first, &keys)?.into_iter().collect();
        let reader = store.reader(policy);
        reader.prefetch(workflow.subject, &keys, period.map(|it| it.first));
        let desk = Desk::new(policy, &*reader, &round.settings.language);
        for key in keys.iter().filter(|key| !there.contains(&***key)) {
            open_one(round, &desk, flow, key, period, work);
        }
        if let Some(fault) = reader.fault() {
            return Err(fault.into());
        }
    }
    Ok(())
}

fn open_one(
    round: &mut Round<'_>,
    desk: &Desk<'_>,
    flow: WorkflowId,
    key: &Arc<str>,
    period: Option<Period>,
    work: &mut Work,
) {
    let (today, adopted) = (round.until.today, round.adopted);
    match desk.opens_since(flow, key, period, since(round), today) {
        Opens::On { day, at_start_of_period } => {
            let under = (round.policies.latest().version, adopted);
            let opened = desk.opened(flow, key, period, (day, at_start_of_period), under);
            let case = Case::replay([&opened]);
            let row = new_row(&case, round.next_case());
            let decided = round.deciding().decide_case(desk, flow, row, &case, vec![opened]);
            if !is_history(&decided.case, adopted) {
                round.report.count(&decided);
                work.cases.push(decided.change);
            }
        }
        Opens::Later(day) => work.expected.push(expected(desk, flow, key, period, day)),
        Opens::NotYet => {
            let turns = Some(&desk.policy().workflow(flow).turns).filter(|_| desk.policy().workflow(flow).runs());
            let turn = turns.and_then(|it| it.after(today));
            let turn = turn.filter(|day| period.is_none_or(|it| *day <= it.last));
            work.expected.extend(turn.map(|day| expected(desk, flow, key, period, day)));
        }
    }
}

fn expected(desk: &Desk<'_>, flow: WorkflowId, key: &Arc<str>, period: Option<Period>, day: Date) -> Expected {
    let workflow = desk.policy().workflow(flow).label.name.clone();
    Expected { day, workflow, subject: key.to_string(), period: period_text(period) }
}

pub(super) fn new_row(case: &Case, id: i64) -> CaseRow {
    CaseRow {
        id,
        workflow: case.workflow.clone(),
        subject_type: case.subject_type.clone(),
        subject: case.subject.clone(),
        period: case.period.clone(),
        nth: i64::from(case.nth),
        policy: case.policy,
        status: case.status.word().to_owned(),
        state: String::new(),
        wake_at: None,
        last_seq: 0,
        last_hash: String::new(),
        set_aside: None,
        whole: true,
    }
}

fn period_text(period: Option<Period>) -> String {
    period.map(|it| it.first.to_string()).unwrap_or_default()
}

/// The period that a text names; nothing inside where the workflow has none, nothing at all where they do not fit.
pub(super) fn period_of(policy: &Policy, flow: WorkflowId, text: &str) -> Option<Option<Period>> {
    let workflow = policy.workflow(flow);
    match workflow.each {
        None => text.is_empty().then_some(None),
        Some(kind) => policy.calendar_of(workflow).period_containing(kind, text.parse().ok()?).ok().map(Some),
    }
}
