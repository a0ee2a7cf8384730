//! What a scenario assumes of how people act. It changes no rule: only a forecast goes by it.

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::ids::{FieldId, RecordId, StageId, WorkflowId};
use crate::policy::model::Expr;
use crate::value::{Known, Number};

/// An assumption, of whom it holds, and when.
#[derive(Debug, Clone)]
pub struct Assumption {
    /// What is assumed.
    pub what: Assumed,
    /// Those of whom it holds; without one, all.
    pub condition: Option<Expr>,
    /// In which periods the condition is asked, if in any.
    pub each: Option<PeriodKind>,
    /// The first day on which it holds.
    pub from: Option<Date>,
    /// The last.
    pub until: Option<Date>,
}

/// Parts of a whole, each in per cent; together they are 100.
pub type Shares<T> = Vec<(Number, T)>;

/// What is assumed.
#[derive(Debug, Clone)]
pub enum Assumed {
    /// When a stage is done.
    Done {
        /// The workflow.
        flow: WorkflowId,
        /// The stage.
        stage: StageId,
        /// When, by the parts.
        when: Shares<DoneWhen>,
    },
    /// What is chosen where a stage is done.
    Chosen {
        /// The workflow.
        flow: WorkflowId,
        /// The stage.
        stage: StageId,
        /// The choices, by the parts.
        which: Shares<String>,
    },
    /// What is written into a field.
    Written {
        /// The record type.
        record: RecordId,
        /// The field.
        field: FieldId,
        /// What, by the parts.
        values: Shares<Writes>,
    },
    /// A part of all records change a field in each period, on any of its days.
    Changes {
        /// The record type.
        record: RecordId,
        /// How many of a hundred.
        percent: Number,
        /// In which period.
        each: PeriodKind,
        /// The field.
        field: FieldId,
        /// What it becomes.
        value: Known,
    },
}

/// When a stage is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoneWhen {
    /// As those did who were on time.
    OnTime,
    /// As those did who were late.
    Late,
    /// Never.
    Never,
    /// So many days after it is due (before it where they are negative), from the first to the last, each as likely.
    Within(i32, i32),
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writes {
    /// Nothing.
    Nothing,
    /// A value.
    Value(Known),
    /// A number: the first, and so many steps of such a width up to the last.
    Number {
        /// The least.
        from: Known,
        /// How far one is from the next.
        step: Number,
        /// How many there are.
        count: u64,
    },
}

impl Assumption {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|it| it <= day) && self.until.is_none_or(|it| day <= it)
    }
}
