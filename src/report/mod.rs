//! The reading side: what people ask of a store, as values. Every read takes its reader; nothing here writes.

mod case;
mod cases;
mod outcomes;
mod plan;
pub mod registers;
mod status;

use jiff::civil::Date;

use crate::policy::model::Policy;
use crate::store::RecordReader;
use crate::value::{Known, Value};

pub use case::{CaseReport, DeadlineReport, HistoryLine, case_report, event_words};
pub use cases::{CaseLine, case_list};
pub use outcomes::{OutcomeLine, outcome_list};
pub use plan::{
    CasePlan, DatePlan, HolderPlan, MessagePlan, NoticePlan, OutcomePlan, PlanReport, Side, StagePlan, Sums,
    plan_report,
};
pub use status::{ByUnit, Overdue, StatusReport, status};

/// Who reads. Accounts come later; until then whoever can open the store may see all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody at the machine that holds the store.
    Keeper,
}

/// The name of a record as people know it: its `name` field, else its key.
pub(crate) fn name_of(policy: &Policy, facts: &dyn RecordReader, record: &str, key: &str, on: Date) -> String {
    let Some(id) = policy.record_named(record) else { return key.to_owned() };
    let Some(field) = policy.record(id).field_named("name") else { return key.to_owned() };
    let of = crate::value::RecordRef { record: id, key: key.into() };
    match facts.field(&of, field, on) {
        Value::Known(Known::Text(name)) => name.to_string(),
        _ => key.to_owned(),
    }
}
