//! What an expression is evaluated for.

use jiff::civil::Date;

use crate::calendar::{Anchor, Calendar, Period};
use crate::eval::Facts;
use crate::policy::model::Policy;
use crate::value::RecordRef;

/// A record, a period and a day, with the rules and facts around them.
#[derive(Clone)]
pub struct Scope<'a> {
    pub(super) policy: &'a Policy,
    pub(super) calendar: &'a Calendar,
    pub(super) facts: &'a dyn Facts,
    pub(super) subject: RecordRef,
    pub(super) period: Option<Period>,
    pub(super) on: Date,
    pub(super) context: Option<CaseContext>,
}

/// What only a case knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseContext {
    /// The title of the workflow.
    pub workflow: String,
    /// The title of the stage.
    pub stage: String,
    /// What opened the stage.
    pub opening: Option<Anchor>,
    /// When it is due.
    pub due: Option<Date>,
    /// The day at hand, from which days overdue are counted.
    pub today: Option<Date>,
    /// Who is written to.
    pub recipient: Option<RecordRef>,
    /// Who holds the stage.
    pub holder: Option<RecordRef>,
    /// The number of the case.
    pub case_id: Option<i64>,
    /// The days of every stage, in the order of the workflow.
    pub stages: Vec<StageDays>,
}

/// The days in the life of a stage, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageDays {
    /// When it opened.
    pub opened: Option<Date>,
    /// When it is due.
    pub due: Option<Date>,
    /// When it was done.
    pub done: Option<Date>,
}

impl<'a> Scope<'a> {
    /// A scope; dated facts are read as they stood on `on`.
    #[must_use]
    pub fn new(
        policy: &'a Policy,
        calendar: &'a Calendar,
        facts: &'a dyn Facts,
        subject: RecordRef,
        period: Option<Period>,
        on: Date,
    ) -> Self {
        Self { policy, calendar, facts, subject, period, on, context: None }
    }

    /// The same scope inside a case.
    #[must_use]
    pub fn with_context(&self, context: &CaseContext) -> Self {
        Self { context: Some(context.clone()), ..self.clone() }
    }

    /// The same scope for another record.
    #[must_use]
    pub fn about(&self, subject: RecordRef) -> Self {
        Self { subject, ..self.clone() }
    }

    /// The same scope on another day.
    #[must_use]
    pub fn on(&self, on: Date) -> Self {
        Self { on, ..self.clone() }
    }
}
