//! What a person does in one case: looked at until now, done or refused, and what follows, in one commit.

use std::sync::Arc;

use serde::Serialize;

use crate::casework::{Desk, confirmed, to_be_confirmed, whoever};
use crate::engine::accepted::accepted;
use crate::engine::confirmed::{key_of, put};
use crate::engine::run::{Round, damaged};
use crate::engine::{AsOf, EngineError, NoticeLine, Policies, RunSettings, Sender};
use crate::exchange::value_of;
use crate::ids::{StageId, WorkflowId};
use crate::policy::model::{FieldKind, Policy};
use crate::store::{Actor, CaseRow, RecordChange, RefusedAct, Store, Work};
use crate::value::Known;
use crate::workflow::{Act, Case, Entered, Event, Look, Refusal, done_or_over};

/// What an act came to.
#[derive(Debug, Clone, Serialize)]
pub struct ActReport {
    /// The case's number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// `open`, `completed`, ….
    pub status: String,
    /// How its end was marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Whether the same had been done before, by its key, so that nothing was done now.
    pub repeated: bool,
    /// Why the case can't proceed now, if it can't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<String>,
    /// What happened, the act among it.
    #[serde(skip)]
    pub events: Vec<Event>,
    /// Every notice that goes out.
    pub notices: Vec<NoticeLine>,
}

impl ActReport {
    fn of(row: &CaseRow, case: &Case, repeated: bool) -> Self {
        Self {
            case: row.id,
            workflow: row.workflow.clone(),
            subject: row.subject.clone(),
            status: row.status.clone(),
            mark: case.mark.clone(),
            repeated,
            set_aside: None,
            events: Vec::new(),
            notices: Vec::new(),
        }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Whoever acts may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is no such case.
    #[error("there is no case {0}")]
    NoCase(i64),
    /// The case can't be looked at.
    #[error("case {0} is set aside: {1}")]
    SetAside(i64, String),
    /// The engine could not.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<crate::store::StoreError> for ActError {
    fn from(error: crate::store::StoreError) -> Self {
        ActError::Engine(error.into())
    }
}

/// What somebody does, and the words that they write into fields.
#[derive(Debug, Clone)]
pub struct ActRequest {
    /// The case.
    pub case: i64,
    /// What is done. Of what is filled, the names of the fields are taken from `values`.
    pub act: Act,
    /// For each field that is filled: its name, and what is written into it; nothing empties it.
    pub values: Vec<(String, String)>,
}

/// Does something in a case, as of `settings.as_of`. Whoever acts is named by the key alone or with the record type; what they may do
/// is what lies with them at that moment. Nothing is sent here.
///
/// # Errors
/// When it is refused, or can't be done; nothing has happened then.
pub fn act(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    request: &ActRequest,
) -> Result<ActReport, ActError> {
    Acting::begin(store, settings, sender)?.act(store, request)
}

/// Acts one after another, as of one moment: policies are read once for all of them.
pub struct Acting<'a>(Round<'a>);

impl<'a> Acting<'a> {
    /// Begins as of `settings.as_of`.
    ///
    /// # Errors
    /// When the store can't be read, has no policy or has seen a later day.
    pub fn begin(
        store: &mut dyn Store,
        settings: &'a RunSettings,
        sender: &'a mut dyn Sender,
    ) -> Result<Self, EngineError> {
        Self::begin_with(None, store, settings, sender)
    }

    /// The same with what was compiled before.
    ///
    /// # Errors
    /// As for [`Acting::begin`].
    pub fn begin_with(
        kept: Option<Policies>,
        store: &mut dyn Store,
        settings: &'a RunSettings,
        sender: &'a mut dyn Sender,
    ) -> Result<Self, EngineError> {
        let policies = Policies::load_again(kept, store, settings.calendar.as_deref())?;
        Ok(Self(Round::begin_with(policies, store, settings, sender)?))
    }

    /// The policies in use, for whatever comes next.
    #[must_use]
    pub fn into_policies(self) -> Policies {
        self.0.policies
    }

    /// Does something in a case, in a commit of its own. What is refused is kept.
    ///
    /// # Errors
    /// When it is refused, or can't be done; nothing has happened then.
    pub fn act(&mut self, store: &mut dyn Store, request: &ActRequest) -> Result<ActReport, ActError> {
        let round = &mut self.0;
        store.begin()?;
        let (report, work) = match done(round, store, request) {
            Ok(done) => done,
            Err(error) => {
                store.roll_back()?;
                if let ActError::Refused(refusal) = &error {
                    keep(round, store, request, refusal);
                }
                return Err(error);
            }
        };
        if report.repeated {
            store.roll_back()?;
        } else {
            round.commit(store, &work)?;
        }
        Ok(report)
    }
}

/// Keeps a refusal. Whoever was refused is told so also where that fails.
fn keep(round: &Round<'_>, store: &mut dyn Store, request: &ActRequest, refusal: &Refusal) {
    let (kind, key) = &request.act.by;
    let refused = RefusedAct {
        at: round.settings.now,
        day: round.until.today.to_string(),
        who: if kind.is_empty() { key.clone() } else { format!("{kind}:{key}") },
        what: request.act.what.to_string(),
        why: refusal.why.clone(),
        possible: refusal.possible.clone(),
    };
    if let Err(error) = store.keep_refusal(request.case, &refused) {
        tracing::warn!(case = request.case, %error, "a refusal could not be kept");
    }
}

/// Looks at the case until now, lets the act happen, writes what it writes, and looks again.
fn done(round: &mut Round<'_>, store: &mut dyn Store, request: &ActRequest) -> Result<(ActReport, Work), ActError> {
    let id = request.case;
    let row = store.case(id)?.ok_or(ActError::NoCase(id))?;
    if !row.whole {
        return Err(ActError::SetAside(id, damaged(&row)));
    }
    let case: Case = serde_json::from_str(&row.state)
        .map_err(|error| ActError::SetAside(id, format!("its state can't be read: {error}")))?;
    if !case.is_open() {
        // Its version of the policy may be in use no more.
        let named = Act { by: whoever(&case, &request.act.by)?, ..request.act.clone() };
        if let Some(answer) = done_or_over(&case, &named) {
            return Ok(answer.map(|()| (ActReport::of(&row, &case, true), Work::default()))?);
        }
    }
    let policy = round.policies.any_version(store, row.policy, round.settings.calendar.as_deref())?;
    let missing =
        || ActError::SetAside(id, format!("policy version {} has no workflow `{}`", row.policy, row.workflow));
    let flow = policy.workflow_named(&row.workflow).ok_or_else(missing)?;
    let look = round.deciding().look();
    let (before, mut acted, by) = {
        let reader = store.reader(&policy);
        let desk = Desk::new(&policy, &*reader, &round.settings.language);
        // An act on a day comes before what the day would remind of.
        let until = match round.settings.as_of {
            AsOf::Day(day) => desk.moments(flow, &case, day).begin,
            AsOf::Moment(_) => look.until,
        };
        let accepted = accepted(store, (&policy, flow), id, &case, round.until.today)?;
        let case = accepted.iter().fold(case, Case::after);
        let mut before = desk.look(flow, &case, &Look { until, ..look });
        if let Some(stuck) = before.stuck {
            return Err(ActError::SetAside(id, stuck.0));
        }
        before.events.splice(0..0, accepted);
        let named = &request.act.by;
        let named = if request.act.what.is_for_holders() { whoever(&before.case, named)? } else { named.clone() };
        let act = Act { by: named, ..request.act.clone() };
        let acted = desk.act(flow, &before.case, &look, &act)?;
        if let Some(fault) = reader.fault() {
            return Err(fault.into());
        }
        let by = acted.iter().find_map(Event::by).cloned().unwrap_or(act.by);
        (before, acted, by)
    };
    if acted.is_empty() {
        return Ok((ActReport::of(&row, &before.case, true), Work::default()));
    }
    if let Some(Event::Filled { stage, .. } | Event::Corrected { stage, .. }) = acted.last() {
        let waits = write(round, store, (&policy, flow), &before.case, (stage, &by), &request.values)?;
        if let Some(Event::Filled { entered, .. }) = acted.last_mut() {
            *entered = waits;
        }
    }
    let case = acted.iter().fold(before.case, Case::after);
    let first: Vec<Event> = before.events.into_iter().chain(acted).collect();
    let counts = confirmed(&first);
    if !counts.is_empty() {
        round.count(store, &row, &counts)?;
    }
    let reader = store.reader(&policy);
    let desk = Desk::new(&policy, &*reader, &round.settings.language);
    let decided = round.deciding().decide_case(&desk, flow, row, &case, first);
    if let Some(fault) = reader.fault() {
        return Err(fault.into());
    }
    round.report.count(&decided);
    let row: &CaseRow = &decided.change.row;
    let report = ActReport {
        set_aside: row.set_aside.clone(),
        events: decided.events.clone(),
        notices: std::mem::take(&mut round.report.notices),
        ..ActReport::of(row, &decided.case, false)
    };
    let actor = Actor::Person(format!("{}:{}", by.0, by.1));
    // The case has seen this day: nothing may be looked at as of an earlier one any more.
    let as_of = Some(round.until.today);
    let cases = vec![decided.change];
    let work = Work { kind: "act".to_owned(), actor, as_of, clean_cases: vec![id], cases, ..round.work() };
    Ok((report, work))
}

/// Writes values into the fields of a stage, under the policy in force: it knows every table as it is. What counts only once it is
/// confirmed is not written, but given back.
fn write(
    round: &Round<'_>,
    store: &mut dyn Store,
    (policy, flow): (&Policy, WorkflowId),
    case: &Case,
    (stage_name, by): (&str, &(String, String)),
    values: &[(String, String)],
) -> Result<Vec<Entered>, ActError> {
    let latest = Arc::clone(&round.policies.latest().policy);
    let workflow = policy.workflow(flow);
    let stage = workflow.stages.iter().find(|it| it.label.name == stage_name);
    let theirs = case.stages.get(stage_name).and_then(|it| it.holders.iter().find(|it| it.who.as_ref() == Some(by)));
    let part = theirs.and_then(|it| it.part.as_ref()).map(|it| it.1.as_str());
    let mut changes: Vec<RecordChange> = Vec::new();
    let mut waits: Vec<Entered> = Vec::new();
    for (name, words) in values {
        let refused = |why: String| ActError::Refused(Refusal { why: format!("`{name}`: {why}"), possible: None });
        let fill =
            stage.and_then(|it| it.filled(policy, name)).ok_or_else(|| refused("it is not filled here".to_owned()))?;
        let kind = &policy.record(fill.record).label.name;
        let field = &policy.field(fill.record, fill.field).label.name;
        let known = latest.record_named(kind).and_then(|it| Some((it, latest.record(it).field_named(field)?)));
        let (record, field) = known.ok_or_else(|| refused("the policy in force has no such field".to_owned()))?;
        let kind = &latest.field(record, field).kind;
        let is_day = matches!(kind, FieldKind::Date | FieldKind::Event);
        let value = value_of(&latest, kind, words).map_err(|why| {
            let why = if is_day { "this is no day".to_owned() } else { why };
            let possible = is_day.then(|| "write it as 2026-07-31".to_owned());
            ActError::Refused(Refusal { why: format!("`{name}`: `{words}`: {why}"), possible })
        })?;
        // The case is judged under its own version, which must understand the value too.
        let own = value_of(policy, &policy.field(fill.record, fill.field).kind, words)
            .map_err(|why| refused(format!("{why}, under the policy version of the case")))?;
        if let Some(Known::Record(other)) = &value
            && store.existing(&latest, other.record, std::slice::from_ref(&other.key))?.is_empty()
        {
            return Err(refused(format!("there is no {} `{}`", latest.record(other.record).label.name, other.key)));
        }
        let place = workflow.stages.iter().position(|it| it.label.name == *stage_name).map(StageId::at);
        let entered = (by, round.until.today);
        let waiting = place.and_then(|at| to_be_confirmed(policy, (flow, at), (fill, own.as_ref()), entered));
        if let Some(it) = waiting {
            if waits.iter().any(|other| (&other.record, &other.field) == (&it.record, &it.field)) {
                return Err(refused("it is given twice".to_owned()));
            }
            waits.push(it);
            continue;
        }
        let of = part.filter(|_| stage.is_some_and(|it| it.is_in_the_part(fill))).unwrap_or(&case.subject);
        let (key, part) = key_of(&latest, record, of, &case.period);
        if changes.iter().any(|it| it.record == record && it.fields.iter().any(|it| it.0 == field)) {
            return Err(refused("it is given twice".to_owned()));
        }
        put(&mut changes, record, (key, part), (field, value), round.until.today);
    }
    store.write(&latest, &changes, round.settings.now)?;
    Ok(waits)
}
