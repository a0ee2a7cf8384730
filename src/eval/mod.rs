//! Outcomes from facts: the value of an expression for a record, a period and a day, with what is missing.
//!
//! Plain, row by row: the oracle that a faster evaluator must agree with. It reads no clock and no store; facts come through
//! [`Facts`]. Start reading at [`value`].

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::ids::{FieldId, RecordId};
use crate::value::{RecordRef, Value};

mod aggregate;
mod awaited;
mod dates;
mod days;
mod exempt;
mod expression;
pub mod framework;
mod gives_way;
mod goes_by;
mod happened;
mod history;
mod ladder;
mod listen;
mod memory;
mod message;
mod operation;
mod place;
mod pool;
mod population;
mod possible;
mod put_off;
mod reads;
mod role;
mod scale;
mod scope;
mod spell;
mod table;
mod trace;
mod tree;
mod words;

pub use dates::{Answer, DateOptions, anchor, date_rule, deadline, grace, possible_date};
pub use days::{first_day_true, true_days, true_since};
pub use exempt::let_off_since;
pub(crate) use expression::in_force;
pub use expression::{truth, value};
pub use goes_by::Calendars;
pub use happened::{day_before, expunged_on, last_day_in_force};
pub(crate) use history::MOST_PERIODS_BACK;
pub use listen::Listener;
pub use memory::MemoryFacts;
pub use message::{Rendered, facts_told, render_message};
pub use possible::Possible;
pub use reads::ReadFact;
pub use role::{Named, Resolution, concerned, each_of, gone, holder, holder_except, told, unable};
pub use scale::caps_that_hold;
pub use scope::{CaseContext, ProposedFacts, Reading, Scope, StageDays};
pub use spell::{not_beside, sure_days};
pub use trace::{Question, Trace, What};
pub use words::render;

/// Somebody to whom another hands on what is theirs, within the dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// To whom.
    pub to: RecordRef,
    /// Only in this role.
    pub role: Option<String>,
    /// Only in cases of this workflow.
    pub workflow: Option<String>,
    /// Until which day, that one included.
    pub until: Date,
}

/// What the evaluator may ask about records. An implementation holds them in memory or fetches them; the evaluator can't tell.
pub trait Facts {
    /// A field of an entity or child as it stood on a day; a record that is not there has only unknown fields.
    fn field(&self, of: &RecordRef, field: FieldId, on: Date) -> Value;

    /// A field of a panel, for a record and the period that begins on `first`.
    fn panel(&self, of: &RecordRef, panel: RecordId, period: PeriodKind, first: Date, field: FieldId) -> Value;

    /// The days from which a dated field took each of its values, oldest first; for others the one value, from ever.
    fn spells(&self, of: &RecordRef, field: FieldId) -> Vec<(Date, Value)>;

    /// The first day of the first period for which anything is kept of a record; nothing if nothing is.
    fn first_kept(&self, of: &RecordRef) -> Option<Date>;

    /// Every record of a type that is no child and not kept by period, in order.
    fn records(&self, kind: RecordId) -> Vec<RecordRef>;

    /// The children of a record of a type, in their order.
    fn children(&self, of: &RecordRef, kind: RecordId) -> Vec<RecordRef>;

    /// The days on which a sanction or reward was imposed on a record, each with the day on which it was ended before its time.
    /// Where nothing can be imposed, nothing was.
    fn imposed(&self, of: &RecordRef, rule: &str) -> Vec<(Date, Option<Date>)> {
        let _ = (of, rule);
        Vec::new()
    }

    /// The days on which a measure was completed for a record.
    fn completed(&self, of: &RecordRef, measure: &str) -> Vec<Date> {
        let _ = (of, measure);
        Vec::new()
    }

    /// To whom somebody hands on on a day what is theirs, in the order in which they did.
    fn delegations(&self, of: &RecordRef, on: Date) -> Vec<Delegated> {
        let _ = (of, on);
        Vec::new()
    }

    /// The records of a type, in order, of which a field names a record, or did on some day.
    fn referring(&self, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef>;
}
