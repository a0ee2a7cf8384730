//! The tree of workflows: whom they run for, their stages and decisions, and where a choice or a lapse leads.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Choice, Clock, Expr, Lasting, Length, Local, Name, Number, Roll, Text};
use crate::source::Span;

/// `workflow staff_appraisal "…" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    pub name: Name,
    pub title: Option<Text>,
    pub lines: Vec<WorkflowLine>,
    pub span: Span,
}

/// A line of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowLine {
    pub kind: WorkflowLineKind,
    pub span: Span,
}

/// What a line of a workflow says.
#[expect(clippy::large_enum_variant, reason = "most lines of a workflow are stages")]
#[derive(Debug, Clone, PartialEq)]
pub enum WorkflowLineKind {
    /// `cite "…"`
    Cite(Text),
    /// `by calendar uganda`
    Calendar(Name),
    /// `for each officer each financial_year where …, even if they leave`
    ForEach { record: Name, each: Option<Name>, condition: Option<Expr>, even_if_they_leave: bool },
    /// `suspend the clock while …`
    Suspend(Expr),
    /// `cancel when …, marked "…"`
    Cancel { when: Expr, marked: Option<Text> },
    /// `may be withdrawn by complainant, until ruling`, `may be cancelled by secretary`
    CallOff(CallOff),
    /// `case closes 31 December after the year`
    Closes(Expr),
    /// `for each proposed sanction of rewards_and_sanctions`, in the head or on a line of its own
    ForEachProposed { what: Proposed, of: Option<Name> },
    /// `ends imposed, dismissed`
    Ends(Vec<Choice>),
    /// `keep 5 years after left`, `expunge 1 year after …`
    Retain { expunge: bool, date: Expr },
    /// `stage plan "…" { … }`, `decision ruling by … { … }`
    Stage(Stage),
    /// `together { … }`, `together, one at a time { … }`
    Together { stages: Vec<Stage>, one_at_a_time: bool },
}

/// What somebody does with a case itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseVerb {
    /// `withdrawn`, `withdraws`
    Withdraw,
    /// `cancelled`, `cancels`
    Cancel,
    /// `lifts`
    Lift,
    /// `exempted`, `exempts`
    Exempt,
    /// `suspended`, `suspends`
    Suspend,
    /// `resumes`
    Resume,
    /// `corrected`, `corrects`
    Correct,
}

/// `may be withdrawn by complainant or clerk, until ruling, marked "given up"`
#[derive(Debug, Clone, PartialEq)]
pub struct CallOff {
    pub verb: CaseVerb,
    pub by: Vec<Name>,
    pub until: Option<Name>,
    pub marked: Option<Text>,
}

/// What a workflow runs for the proposals of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proposed {
    /// `sanction`
    Sanction,
    /// `reward`
    Reward,
    /// `measure`
    Measure,
}

impl Proposed {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Proposed::Sanction => "sanction",
            Proposed::Reward => "reward",
            Proposed::Measure => "measure",
        }
    }
}

/// `stage plan "Agree the performance plan" { … }`, `decision ruling by rewards_committee { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    pub name: Name,
    pub title: Option<Text>,
    /// Who decides, if it is a decision.
    pub decided_by: Option<Name>,
    /// `for each reviewer in nominations, at least 3 of them`
    pub for_each: Option<OneEach>,
    pub lines: Vec<StageLine>,
    pub span: Span,
}

/// `for each reviewer in nominations where …, at least 3 of them`
#[derive(Debug, Clone, PartialEq)]
pub struct OneEach {
    pub name: Name,
    pub records: Name,
    /// `whose reports_to is this officer`: whether it is `within`, the field, and the record that it names.
    pub whose: Option<(bool, [Name; 2])>,
    pub condition: Option<Expr>,
    pub at_least: Option<Number>,
}

/// A line of a stage.
#[derive(Debug, Clone, PartialEq)]
pub struct StageLine {
    pub kind: StageLineKind,
    pub span: Span,
}

/// What a line of a stage says.
#[expect(clippy::large_enum_variant, reason = "a stage has few lines, and most of them are due dates and steps")]
#[derive(Debug, Clone, PartialEq)]
pub enum StageLineKind {
    /// `cite "…"`
    Cite(Text),
    /// `opens end of financial_year, after plan`: a date, stages that must have ended, or both.
    Opens { when: Option<Expr>, after: After },
    /// `due 31 July after the year, for late comers 1 month after opening`; several lines with `when` may follow each other.
    Due(Due),
    /// `closes 31 December after the year`
    Closes(Expr),
    /// `by supervisor but not officer`; several joined by `and` must all sign.
    By { who: Vec<Name>, but_not: Vec<Name> },
    /// `fills assessed, targets`
    Fills(Vec<Expr>),
    /// `done when …`
    DoneWhen(Expr),
    /// `done on plan_agreed`
    DoneOn(Expr),
    /// `remind officer, supervisor every 5 working days overdue, at most 3 times with plan_overdue`
    Remind { who: Vec<Name>, timing: Timing, message: Name, named: Option<Name> },
    /// `escalate to responsible_officer 20 working days overdue with plan_escalated and record default by supervisor`
    Escalate { to: Vec<Name>, timing: Timing, message: Option<Name>, default_by: Option<Name>, named: Option<Name> },
    /// `may be extended once, at most 30 days, by responsible_officer`
    Extend { times: Number, at_most: Expr, by: Name },
    /// `lapses at due, marked "…"`
    LapsesAtDue { marked: Option<Text> },
    /// `on lapse continue, marked "not assessed"`
    OnLapse { then: Then, marked: Option<Text> },
    /// `only if …`
    OnlyIf(Expr),
    /// `sends sanction_notice to officer`
    Sends { message: Name, to: Vec<Name> },
    /// `choose impose, reduce "Impose a lesser sanction", drop`
    Choose(Vec<Choice>),
    /// `on drop finish dismissed`; `on reduce lessen the sanction`: then the next stage opens.
    On { choice: Name, then: Then, marked: Option<Text>, lessens: bool },
    /// `on appeal decision appeal_ruling by service_commission { … }`; `on lapse` too.
    OnInside { choice: Name, stage: Box<Stage> },
    /// `stays the sanction`, `does not stay`
    Stays(bool),
    /// `confirms rating on agree, lapse`: which fields, and with which choices (or its lapse), where that is said.
    Confirms { fields: Vec<Expr>, on: Vec<Name> },
    /// `needs failures when output is 1 to 2`
    Needs { fields: Vec<Expr>, when: Expr },
    /// `deemed received 3 working days after it was accepted`
    Deemed(Length),
    /// `lasts 6 months, alarm 1 month before with interdiction_ends`
    Lasts(Box<Lasting>),
}

/// `after plan, targets`, `after the first of letter, visit, leaving out the rest`
#[derive(Debug, Clone, Default, PartialEq)]
pub struct After {
    pub stages: Vec<Name>,
    /// How many of them suffice, if not all must have ended.
    pub enough: Option<Number>,
    pub leaving_out: bool,
}

/// What follows a choice or a lapse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// `continue`: the next stage opens.
    Continue,
    /// `finish`, `finish imposed`: the case ends.
    Finish(Option<Name>),
    /// `cancel`: the case is cancelled.
    Cancel,
    /// `go back to rating, at most once`
    GoBack { to: Name, at_most: Number },
    /// `leave out visit, hearing`: the next stage opens, and these are left out.
    LeaveOut(Vec<Name>),
}

/// `due <when> [when <condition> | otherwise] [, for late comers <when>] [, as is | forward | back]`
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    pub date: Expr,
    /// `, or 21 days after notice.sent`: while the date before it has nothing to count from.
    pub or_else: Option<Expr>,
    /// `at 18:00`
    pub clock: Option<Clock>,
    /// `due … when …`
    pub when: Option<Expr>,
    pub otherwise: bool,
    pub late_comers: Option<Expr>,
    pub roll: Option<Roll>,
    /// `may be changed locally`
    pub local: Option<Local>,
    /// `from … until …`, of the rule itself.
    pub from: Option<Expr>,
    pub until: Option<Expr>,
}

/// When a reminder or rung is due.
#[derive(Debug, Clone, PartialEq)]
pub enum Timing {
    /// `14 days before due`
    Before(Length),
    /// `on due`
    OnDue,
    /// `20 working days overdue`
    Overdue(Length),
    /// `every 5 working days overdue, at most 3 times`
    EveryOverdue { every: Length, at_most: Option<Number> },
    /// `at opening`
    AtOpening,
    /// `5 working days after opening`
    AfterOpening(Length),
}
