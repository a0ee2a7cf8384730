//! Open cases go on under another version of their policy: chosen by rule, in batches of one commit each, each case as far as it can.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::casework::Desk;
use crate::engine::run::{Decided, Round, damaged};
use crate::engine::{EngineError, RunReport, RunSettings, Sender};
use crate::policy::model::Policy;
use crate::store::{Actor, CaseRow, Filter, Store, StoreError, Work};
use crate::workflow::{Case, MoveOrder, Refusal, StageStatus};

/// Which open cases move where, and on whose word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MigrateRequest {
    /// The policy version under which they go on; nothing: the latest.
    pub to: Option<i64>,
    /// Which.
    pub which: Chosen,
    /// Stages that the other version calls otherwise: old name, new name.
    pub stages: Vec<(String, String)>,
    /// Who moves them.
    pub by: String,
    /// Why.
    pub because: String,
}

/// Which open cases are meant; nothing leaves none out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// In which this stage is open.
    pub stage: Option<String>,
    /// Of these subjects.
    pub subjects: Vec<String>,
    /// These.
    pub cases: Vec<i64>,
}

/// What a migration did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MigrateReport {
    /// The day.
    pub as_of: String,
    /// The policy version under which the cases go on.
    pub to: i64,
    /// How many cases moved.
    pub moved: u64,
    /// How many of those chosen went by that version, or by one of the same text, already.
    pub already: u64,
    /// Those that can't be moved.
    pub stay: Vec<Stays>,
    /// What followed, and what had come due before.
    pub run: RunReport,
}

/// A case that can't be moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stays {
    /// The case's number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// The version under which it stays.
    pub policy: i64,
    /// Why.
    pub why: String,
    /// What to do.
    pub help: String,
}

impl Chosen {
    fn has(&self, row: &CaseRow) -> bool {
        (self.workflow.as_ref().is_none_or(|it| *it == row.workflow))
            && (self.subjects.is_empty() || self.subjects.contains(&row.subject))
            && (self.cases.is_empty() || self.cases.contains(&row.id))
    }

    fn is_in_stage(&self, case: &Case) -> bool {
        let runs = |name: &String| case.stage(name).is_some_and(|it| it.status == StageStatus::Running);
        self.stage.as_ref().is_none_or(runs)
    }
}

/// Moves open cases to another version of the policy, as of `settings.as_of`. First what has come due by then happens under the version
/// that each case has. A case that can't move stays as it is; done twice, it does nothing the second time.
///
/// # Errors
/// When nobody answers for it, there is no such version, or the store can't. What was committed stays, and the same again carries on.
pub fn migrate(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    request: &MigrateRequest,
) -> Result<MigrateReport, EngineError> {
    migrate_in_batches(store, settings, sender, request, None)
}

/// The same with another number of cases to a commit.
///
/// # Errors
/// As for [`migrate`].
pub fn migrate_in_batches(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    request: &MigrateRequest,
    batch: Option<u32>,
) -> Result<MigrateReport, EngineError> {
    let mut round = Round::begin(store, settings, sender)?;
    round.batch = batch.unwrap_or(round.batch).max(1);
    let target = Target::of(store, &mut round, request)?;
    let mut report =
        MigrateReport { as_of: round.until.today.to_string(), to: target.version, ..MigrateReport::default() };
    round.look_again(store)?;
    round.look_at_due(store)?;
    let mut after = 0;
    loop {
        store.begin()?;
        let filter =
            Filter { status: Some("open".to_owned()), after, limit: Some(round.batch as usize), ..Filter::default() };
        let decided = batch_of(&*store, &mut round, &target, &filter, &mut report);
        let (last, changes) = match decided {
            Ok(Some(decided)) => decided,
            Ok(None) => {
                store.roll_back()?;
                break;
            }
            Err(error) => {
                store.roll_back()?;
                return Err(error);
            }
        };
        after = last;
        if changes.is_empty() {
            store.roll_back()?;
            continue;
        }
        report.moved += changes.len() as u64;
        let mut work = Work {
            kind: "migrate".to_owned(),
            actor: Actor::Person(request.by.clone()),
            as_of: Some(round.until.today),
            ..round.work()
        };
        for decided in changes {
            round.report.count(&decided);
            work.cases.push(decided.change);
        }
        round.commit(store, &work)?;
    }
    report.run = std::mem::take(&mut round.report);
    Ok(report)
}

/// Where the cases go.
struct Target<'r> {
    request: &'r MigrateRequest,
    version: i64,
    policy: Arc<Policy>,
    /// The versions of the same text.
    same: BTreeSet<i64>,
}

impl<'r> Target<'r> {
    fn of(store: &dyn Store, round: &mut Round<'_>, request: &'r MigrateRequest) -> Result<Self, EngineError> {
        let refused = |why: &str, help: String| EngineError::Move(Refusal::new(why).but(help));
        for (words, what, flag) in [(&request.by, "who moves them", "--by"), (&request.because, "why", "--because")] {
            if words.trim().is_empty() {
                return Err(refused(
                    &format!("cases move only on somebody's word: {what} must be said"),
                    format!("add {flag}"),
                ));
            }
        }
        let latest = round.policies.latest().version;
        let version = request.to.unwrap_or(latest);
        if !(1..=latest).contains(&version) {
            let why = format!("there is no policy version {version}");
            return Err(refused(&why, format!("the versions are 1 to {latest}")));
        }
        let policy = round.policies.any_version(store, version, round.settings.calendar.as_deref())?;
        let hash = store.policy(version)?.hash;
        let mut same = BTreeSet::from([version]);
        for other in store.versions_in_use()? {
            if store.policy(other)?.hash == hash {
                same.insert(other);
            }
        }
        Ok(Self { request, version, policy, same })
    }
}

/// What becomes of the next open cases: the number of the last one and those that move; nothing if there are no more.
fn batch_of(
    store: &dyn Store,
    round: &mut Round<'_>,
    target: &Target<'_>,
    filter: &Filter,
    report: &mut MigrateReport,
) -> Result<Option<(i64, Vec<Decided>)>, EngineError> {
    let mut rows = store.cases(filter)?;
    let Some(last) = rows.last().map(|it| it.id) else { return Ok(None) };
    rows.retain(|it| target.request.which.has(it));
    rows.sort_by(|a, b| (a.policy, &a.workflow, &a.period, a.id).cmp(&(b.policy, &b.workflow, &b.period, b.id)));
    let mut decided = Vec::new();
    for group in rows.chunk_by(|a, b| (a.policy, &a.workflow, &a.period) == (b.policy, &b.workflow, &b.period)) {
        let from = round.policies.any_version(store, group[0].policy, round.settings.calendar.as_deref())?;
        let reader = store.reader(&target.policy);
        let subject = target.policy.record_named(&group[0].subject_type);
        if let Some(subject) = subject {
            let keys: Vec<Arc<str>> = group.iter().map(|it| Arc::from(it.subject.as_str())).collect();
            reader.prefetch(subject, &keys, group[0].period.parse().ok());
        }
        let desk = Desk::new(&target.policy, &*reader, &round.settings.language);
        for row in group {
            let Some(case) = serde_json::from_str::<Case>(&row.state).ok().filter(|_| row.whole) else {
                report.stay.push(stays(row, Refusal::new(damaged(row)).but("`merit journal verify` tells more")));
                continue;
            };
            if !target.request.which.is_in_stage(&case) {
                continue;
            }
            if target.same.contains(&row.policy) {
                report.already += 1;
                continue;
            }
            if subject.is_some_and(|it| reader.is_gone(it, &row.subject)) {
                let why = format!("there is no {} `{}`", row.subject_type, row.subject);
                report.stay.push(stays(row, Refusal::new(why).but("import it, then move the case again")));
                continue;
            }
            match one(round, target, &desk, &from, row, &case) {
                Ok(moved) => decided.push(moved),
                Err(refusal) => report.stay.push(stays(row, refusal)),
            }
        }
        if let Some(fault) = reader.fault() {
            return Err(StoreError::into(fault));
        }
    }
    Ok(Some((last, decided)))
}

fn one(
    round: &Round<'_>,
    target: &Target<'_>,
    desk: &Desk<'_>,
    from: &Policy,
    row: &CaseRow,
    case: &Case,
) -> Result<Decided, Refusal> {
    let request = target.request;
    let order = MoveOrder {
        to: target.version,
        stages: &request.stages,
        on: round.until.today,
        by: &request.by,
        because: &request.because,
    };
    let (flow, advanced) = desk.takes_over(from, case, &round.deciding().look(), &order)?;
    Ok(round.deciding().in_rows(desk, flow, row.without_state(), Vec::new(), advanced))
}

fn stays(row: &CaseRow, refusal: Refusal) -> Stays {
    Stays {
        case: row.id,
        workflow: row.workflow.clone(),
        subject: row.subject.clone(),
        policy: row.policy,
        why: refusal.why,
        help: refusal.possible.unwrap_or_default(),
    }
}
