//! A list of what frameworks proposed, and where it stands.

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::{Deadline, Moment};
use crate::engine::Policies;
use crate::eval::{self, Answer, Facts, Scope};
use crate::policy::flow::Lasting;
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::report::{Reader, name_of};
use crate::store::{OutcomeFilter, OutcomeRow, Store, StoreError};
use crate::value::RecordRef;

/// An outcome in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutcomeLine {
    /// The framework's name.
    pub framework: String,
    /// The period as people write it.
    pub period: String,
    /// The key of whom it concerns.
    pub subject: String,
    /// What they are called.
    pub subject_name: String,
    /// The rule that proposed it, or may.
    pub proposed: String,
    /// `sanction`, `reward` or `measure`.
    pub kind: String,
    /// The rule: what was proposed, or the lesser sanction that it became.
    pub rule: String,
    /// `undetermined`, `proposed`, `stayed`, `in force`, `dismissed` or `ended`.
    pub state: String,
    /// What is paid.
    pub amount: Option<String>,
    /// The facts for want of which it is not decided.
    pub missing: Option<String>,
    /// The day on which it took effect (ISO).
    pub since: Option<String>,
    /// The last day on which it is in force by itself, where that is known (ISO).
    pub until: Option<String>,
    /// The day on which it was ended before its time (ISO).
    pub ended: Option<String>,
    /// The number of the case in which it is heard.
    pub case: Option<i64>,
}

/// The outcomes that a filter lets through.
///
/// # Errors
/// When the store can't be read.
pub fn outcome_list(
    store: &dyn Store,
    policies: &Policies,
    reader: Reader,
    filter: &OutcomeFilter,
) -> Result<Vec<OutcomeLine>, StoreError> {
    let Reader::Keeper = reader;
    let newest = &policies.latest().policy;
    let facts = store.reader(newest);
    let today = store.state()?.as_of.unwrap_or_else(|| newest.main().day_of(Moment(0)));
    let rows = store.outcomes(filter)?;
    for same in rows.chunk_by(|a, b| a.subject_type == b.subject_type) {
        if let Some(record) = newest.record_named(&same[0].subject_type) {
            let keys: Vec<_> = same.iter().map(|it| it.subject.as_str().into()).collect();
            facts.prefetch(record, &keys, None);
        }
    }
    let line = |row: OutcomeRow| OutcomeLine {
        until: ends_by_itself(newest, &*facts, &row, today).map(|it| it.to_string()),
        subject_name: name_of(newest, &*facts, &row.subject_type, &row.subject, today),
        period: period_label(newest, &row).unwrap_or_else(|| row.period.clone()),
        framework: row.framework,
        subject: row.subject,
        proposed: row.proposed,
        kind: row.kind,
        rule: row.rule,
        state: row.state,
        amount: row.amount,
        missing: row.missing,
        since: row.since.map(|it| it.to_string()),
        ended: row.ended.map(|it| it.to_string()),
        case: row.case,
    };
    let lines = rows.into_iter().map(line).collect();
    facts.fault().map_or(Ok(lines), Err)
}

/// The last day of what is in force, where its rule says how long it lasts and that is known.
fn ends_by_itself(policy: &Policy, facts: &dyn Facts, row: &OutcomeRow, today: Date) -> Option<Date> {
    let since = row.since.filter(|_| row.state == "in force")?;
    let framework = policy.frameworks.iter().find(|it| it.label.name == row.framework)?;
    let subject = RecordRef { record: policy.record_named(&row.subject_type)?, key: row.subject.as_str().into() };
    let lasting = framework.lasting_from(&row.rule, since)?;
    match last_day(policy, facts, framework, subject, (since, today), lasting).1 {
        Ok(Answer::Known(last)) => Some(last.date),
        Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
    }
}

/// How somebody's sanction ends that took effect on one day, as known on another; with the scope in which that was asked.
pub(super) fn last_day<'a>(
    policy: &'a Policy,
    facts: &'a dyn Facts,
    framework: &Framework,
    subject: RecordRef,
    (since, on): (Date, Date),
    lasting: &Lasting,
) -> (Scope<'a>, Result<Answer<Deadline>, String>) {
    let calendar = &policy.calendars[framework.calendar];
    let scope = Scope::new(policy, calendar, facts, subject, None, on).by_one_calendar(framework.names_calendar);
    let last = eval::last_day_in_force(&scope, &lasting.lasts, since);
    (scope, last)
}

fn period_label(policy: &Policy, row: &OutcomeRow) -> Option<String> {
    let framework = policy.frameworks.iter().find(|it| it.label.name == row.framework)?;
    let calendar = &policy.calendars[framework.calendar];
    let period = calendar.period_containing(framework.each, row.period.parse().ok()?).ok()?;
    Some(calendar.label(&period))
}
