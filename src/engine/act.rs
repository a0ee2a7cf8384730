//! What a person does in one case: looked at until now, done or refused, and what follows, in one commit.

use serde::Serialize;

use crate::casework::Desk;
use crate::engine::run::Round;
use crate::engine::{EngineError, NoticeLine, RunSettings, Sender};
use crate::store::{CaseRow, Store, Work};
use crate::workflow::{Act, Case, Event, Refusal};

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
    /// What happened, the act among it.
    #[serde(skip)]
    pub events: Vec<Event>,
    /// Every notice that goes out.
    pub notices: Vec<NoticeLine>,
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

/// Does something in a case, as of `settings.as_of`. Whoever acts is named by the key alone or with the record type; what they may do
/// is what lies with them at that moment. Nothing is sent here.
///
/// # Errors
/// When it is refused, or can't be done; nothing has happened then.
pub fn act(
    store: &mut dyn Store,
    settings: &RunSettings,
    sender: &mut dyn Sender,
    case: i64,
    act: &Act,
) -> Result<ActReport, ActError> {
    let mut round = Round::begin(store, settings, sender)?;
    store.begin()?;
    let decided = done(&mut round, &*store, case, act);
    let (report, work) = match decided {
        Ok(decided) => decided,
        Err(error) => {
            store.roll_back()?;
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

fn done(round: &mut Round<'_>, store: &dyn Store, id: i64, act: &Act) -> Result<(ActReport, Work), ActError> {
    let row = store.case(id)?.ok_or(ActError::NoCase(id))?;
    let policy = std::sync::Arc::clone(round.policies.version(row.policy)?);
    let case: Case = serde_json::from_str(&row.state)
        .map_err(|error| ActError::SetAside(id, format!("its state can't be read: {error}")))?;
    let missing =
        || ActError::SetAside(id, format!("policy version {} has no workflow `{}`", row.policy, row.workflow));
    let flow = policy.workflow_named(&row.workflow).ok_or_else(missing)?;
    let reader = store.reader(&policy);
    let desk = Desk::new(&policy, &*reader, &round.settings.language);
    let look = round.look();
    let before = desk.look(flow, &case, &look);
    let act = Act { by: by(&before.case, &act.by), ..act.clone() };
    let acted = desk.act(flow, &before.case, &look, &act)?;
    let repeated = acted.is_empty();
    let case = acted.iter().fold(before.case, Case::after);
    let first = before.events.into_iter().chain(acted).collect();
    let decided = round.decide_case(&desk, flow, row, &case, first);
    if let Some(fault) = reader.fault() {
        return Err(fault.into());
    }
    round.count(&decided);
    let row: &CaseRow = &decided.change.row;
    let report = ActReport {
        case: id,
        workflow: row.workflow.clone(),
        subject: row.subject.clone(),
        status: row.status.clone(),
        mark: decided.case.mark.clone(),
        repeated,
        events: decided.events.clone(),
        notices: std::mem::take(&mut round.report.notices),
    };
    let work = Work { kind: "act".to_owned(), clean_cases: vec![id], cases: vec![decided.change], ..round.work() };
    Ok((report, work))
}

/// Who it is that is named by a key alone: with whom a stage of the case lies, or the subject.
fn by(case: &Case, named: &(String, String)) -> (String, String) {
    let subject = (case.subject_type.clone(), case.subject.clone());
    let holders = case.stages.values().flat_map(|it| &it.holders).filter_map(|it| it.who.clone());
    let fits = |it: &(String, String)| it.1 == named.1 && (named.0.is_empty() || it.0 == named.0);
    holders.chain([subject]).find(fits).unwrap_or_else(|| named.clone())
}
