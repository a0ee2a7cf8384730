//! A list of cases.

use serde::Serialize;

use crate::calendar::Moment;
use crate::engine::Policies;
use crate::policy::model::Policy;
use crate::report::{Reader, name_of};
use crate::store::{CaseRow, Filter, Store, StoreError};

/// A case in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseLine {
    /// Its number.
    pub case: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The record type of its subject.
    pub subject_type: String,
    /// The subject's key.
    pub subject: String,
    /// What the subject is called.
    pub subject_name: String,
    /// The period as people write it; none where the workflow has none.
    pub period: Option<String>,
    /// The policy version that it keeps.
    pub policy: i64,
    /// `open`, `completed`, `cancelled`, `left` or `lapsed`.
    pub status: String,
    /// Why it can't proceed.
    pub set_aside: Option<String>,
}

/// The cases that a filter lets through.
///
/// # Errors
/// When the store can't be read.
pub fn case_list(
    store: &dyn Store,
    policies: &Policies,
    reader: Reader,
    filter: &Filter,
) -> Result<Vec<CaseLine>, StoreError> {
    let Reader::Keeper = reader;
    let newest = &policies.latest().policy;
    let facts = store.reader(newest);
    let today = store.state()?.as_of.unwrap_or_else(|| newest.main().day_of(Moment(0)));
    let rows = store.cases(filter)?;
    for same in rows.chunk_by(|a, b| a.subject_type == b.subject_type) {
        if let Some(record) = newest.record_named(&same[0].subject_type) {
            let keys: Vec<_> = same.iter().map(|it| it.subject.as_str().into()).collect();
            facts.prefetch(record, &keys, None);
        }
    }
    let line = |row: CaseRow| {
        let policy = policies.version(row.policy).map_or(newest, |it| it);
        CaseLine {
            case: row.id,
            subject_name: name_of(newest, &*facts, &row.subject_type, &row.subject, today),
            period: period_label(policy, &row),
            workflow: row.workflow,
            subject_type: row.subject_type,
            subject: row.subject,
            policy: row.policy,
            status: row.status,
            set_aside: row.set_aside,
        }
    };
    let lines = rows.into_iter().map(line).collect();
    facts.fault().map_or(Ok(lines), Err)
}

/// The period of a case as people write it.
pub(crate) fn period_label(policy: &Policy, row: &CaseRow) -> Option<String> {
    let flow = policy.workflow(policy.workflow_named(&row.workflow)?);
    let calendar = policy.calendar_of(flow);
    let period = calendar.period_containing(flow.each?, row.period.parse().ok()?).ok()?;
    Some(calendar.label(&period))
}
