//! Stages of a workflow, checked: when they open, who acts, what reminds of them, and how they end.

use jiff::civil::{Date, Time};

use crate::calendar::{Length, Roll};
use crate::ids::{FieldId, MessageId, RecordId, RoleId, StageId, StepId};
use crate::policy::flow;
use crate::policy::model::{DateRule, Expr, Label};
use crate::source::Span;

/// A stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Name and title.
    pub label: Label,
    /// The text that it rests on.
    pub cite: Option<String>,
    /// When it opens; without a date, with the case or when the stages before it have ended.
    pub opens: Option<DateRule>,
    /// Stages that must have ended. Without `opens` and `after`, the stage written before it.
    pub after: Vec<StageId>,
    /// How many of those suffice, if not all must have ended.
    pub enough: Option<u32>,
    /// Whether those that have not ended when it opens are left out.
    pub leaving_out: bool,
    /// Left out unless this is a known yes.
    pub only_if: Option<Expr>,
    /// When it is due: the first line that applies. None: never.
    pub due: Vec<DueLine>,
    /// After this nobody may write.
    pub closes: Option<DateRule>,
    /// It lapses on its due date.
    pub lapses_at_due: bool,
    /// What follows a lapse.
    pub on_lapse: flow::Then,
    /// How a lapse is marked.
    pub lapse_mark: Option<String>,
    /// Who acts; several must all sign.
    pub by: Vec<Party>,
    /// Who must not.
    pub but_not: Vec<Party>,
    /// The fields that its actor writes.
    pub fills: Vec<Fill>,
    /// When it is done.
    pub done: Done,
    /// Reminders and rungs, in the order written.
    pub steps: Vec<Step>,
    /// How it may be extended.
    pub extension: Option<Extension>,
    /// What it is beyond others, if it is a decision.
    pub decision: Option<flow::Decision>,
    /// What its actor may choose.
    pub choices: Vec<Label>,
    /// Where choices lead; behind any other, the next stage opens.
    pub on_choice: Vec<flow::OnChoice>,
    /// What it sends.
    pub sends: Vec<flow::Sends>,
    /// How many days after it was accepted what it sends is taken to be received.
    pub deemed_received: Option<Length>,
    /// What must be filled too under a condition.
    pub needs: Vec<flow::Needs>,
    /// The stage inside which it stands: it opens by a choice or the lapse of that one only.
    pub inside: Option<StageId>,
    /// The number of the `together` block that it stands in.
    pub together: Option<u32>,
    /// Whether at most one stage of that block is open at a time.
    pub one_at_a_time: bool,
    /// Whether it opens once for each of several people.
    pub for_each: Option<flow::OneEach>,
    /// What orders make of its dates in one period or another, in the order written.
    pub adjusted: Vec<crate::policy::order::Adjustment>,
    /// How long the state lasts that it stands for.
    pub lasting: Option<flow::Lasting>,
}

/// A field of the subject, or of its panel for the case's period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The record type.
    pub record: RecordId,
    /// The field.
    pub field: FieldId,
}

/// When a stage is done.
#[derive(Debug, Clone)]
pub enum Done {
    /// When all that it fills is known. The day is that of the last entry, or of an event field among them.
    AllFilled,
    /// When this is a known yes.
    When(Expr),
    /// When this date is known and has come: the day that a field states.
    On(Expr),
}

/// A line `due …`.
#[derive(Debug, Clone)]
pub struct DueLine {
    /// When it applies; none: always (`otherwise`, or the only line).
    pub when: Option<Expr>,
    /// The date.
    pub date: DateRule,
    /// The date while that one has nothing to count from.
    pub or_else: Option<DateRule>,
    /// A clock time.
    pub clock: Option<Time>,
    /// The date for those who came late: used when `date` would lie before the opening.
    pub late_comers: Option<DateRule>,
    /// The line's own roll.
    pub roll: Option<Roll>,
    /// The days between which the line itself holds.
    pub from: Option<Date>,
    /// The last of them.
    pub until: Option<Date>,
    /// Where it stands.
    pub span: Span,
}

/// `may be extended …`
#[derive(Debug, Clone)]
pub struct Extension {
    /// How often.
    pub times: u32,
    /// By how much at most, each time.
    pub at_most: Length,
    /// By whom.
    pub by: Party,
}

/// Somebody a case knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// The subject.
    Subject,
    /// The holder of a role of the subject, or of the record that it belongs to.
    Role(RoleId),
    /// The record that a reference field of the subject names.
    Reference(FieldId),
    /// The record that the subject, a child, belongs to.
    Owner,
    /// The one for whom the stage is opened, of several.
    One,
    /// Everybody on the committee that decides in the stage, but for those who withdrew or must not decide.
    Members,
    /// Those of them who sit there in a seat: its place among the committee's seats.
    Seat(usize),
}

/// A reminder or a rung of a ladder.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its place in the stage.
    pub id: StepId,
    /// Its name: written, else `remind-1`, `escalate-1`. Part of every effect key.
    pub name: String,
    /// Which of the two.
    pub kind: StepKind,
    /// When.
    pub timing: Timing,
    /// To whom.
    pub to: Vec<Party>,
    /// What they are sent.
    pub message: Option<MessageId>,
    /// Against whom a default is recorded.
    pub default_by: Option<Party>,
    /// Where it is written.
    pub span: Span,
}

/// A reminder or a rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// It reminds.
    Reminder,
    /// It escalates.
    Rung,
}

/// When a step is taken. Counted from the due date as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// So long before the due date.
    Before(Length),
    /// On the due date.
    OnDue,
    /// So long after it.
    Overdue(Length),
    /// Again and again after it.
    EveryOverdue {
        /// Between two.
        every: Length,
        /// How often, if not for ever.
        at_most: Option<u32>,
    },
    /// When the stage opens.
    AtOpening,
    /// So long after its opening.
    AfterOpening(Length),
}
