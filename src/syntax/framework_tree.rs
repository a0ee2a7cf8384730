//! The tree of frameworks: who is judged when, and what follows for them.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Expr, Ladder, Length, Name, NotCounting, Proposed, Text};
use crate::source::Span;

/// `framework rewards_and_sanctions "…" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Framework {
    pub name: Name,
    pub title: Option<Text>,
    pub lines: Vec<FrameworkLine>,
    pub span: Span,
}

/// A line of a framework.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameworkLine {
    pub kind: FrameworkLineKind,
    pub span: Span,
}

/// What a line of a framework says.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameworkLineKind {
    /// `cite "…"`
    Cite(Text),
    /// `by calendar uganda`
    Calendar(Name),
    /// `for each officer each financial_year where …`
    ForEach { record: Name, each: Option<Name>, condition: Option<Expr> },
    /// `judged 30 September after the year`
    Judged(JudgedWhen),
    /// `severity caution (administrative) < written_warning`
    Severity(Vec<Degree>),
    /// `sanctions the most severe that applies, meanwhile the lesser`
    Sanctions { combination: Combination, meanwhile_the_lesser: bool },
    /// `rewards all that apply, unless a sanction applies`
    Rewards { combination: Combination, unless_a_sanction: bool },
    /// `gives way to conduct`
    GivesWay(Vec<Name>),
    /// `except sanction written_warning when …, named …`; without a kind it is an exception from an exception.
    Except { rule: Name, what: Option<Proposed>, when: Expr, named: Option<Name> },
    /// `sanction written_warning "…" { … }`
    Outcome(Outcome),
    /// `ladder warning, deferment, demotion { … }`
    Ladder(Ladder),
}

/// What somebody did with what was proposed, in an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeAct {
    /// `imposed`
    Imposed,
    /// `ended`: before its time
    Ended,
    /// `completed`
    Completed,
}

/// When a framework judges.
#[derive(Debug, Clone, PartialEq)]
pub enum JudgedWhen {
    /// `judged 30 September after the year`
    On(Expr),
    /// `judged when assessment is done`, `judged when yearly_review.assessment is done`
    Done { workflow: Option<Name>, stage: Name },
    /// `judged when incident appears`
    Appears(Name),
    /// `judged on request`
    OnRequest,
}

/// A rank of severity.
#[derive(Debug, Clone, PartialEq)]
pub struct Degree {
    pub name: Name,
    pub administrative: bool,
}

/// Which of the rules that apply count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// `the most severe that applies`
    MostSevere,
    /// `the first that applies`
    First,
    /// `all that apply`
    All,
}

/// A sanction, a reward or a measure: `sanction warning "…" from 2026 until 2029 { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub what: Proposed,
    pub name: Name,
    pub title: Option<Text>,
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    pub lines: Vec<OutcomeLine>,
    pub span: Span,
}

/// The money within which a reward is paid.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    pub budget: Expr,
    /// `, for each unit`
    pub for_each: Option<Expr>,
    pub sharing: PoolSharing,
}

/// What becomes of claims that the money does not hold.
#[derive(Debug, Clone, PartialEq)]
pub enum PoolSharing {
    /// `pro rata`
    ProRata,
    /// `by score, the last one cut`
    Cut(Expr),
    /// `by score, the last one skipped`
    Skipped(Expr),
    /// `by score, stop there`
    Stop(Expr),
}

/// A line of a sanction, a reward or a measure.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeLine {
    pub kind: OutcomeLineKind,
    pub span: Span,
}

/// What a line of a sanction, a reward or a measure says.
#[derive(Debug, Clone, PartialEq)]
pub enum OutcomeLineKind {
    /// `cite "…"`
    Cite(Text),
    /// `when score < pass_mark`
    When(Expr),
    /// `unless status is on_leave, named leave`
    Unless { when: Expr, named: Option<Name> },
    /// `automatic`
    Automatic,
    /// `through sanction_process`
    Through(Name),
    /// `lasts 12 months, alarm 1 month before with warning_ends`
    Lasts(Box<Lasting>),
    /// `may be lifted by commission or head`
    MayBeLifted(Vec<Name>),
    /// `expunge 1 year after it ended`
    Expunge(Length),
    /// `amount …`
    Amount(Expr),
    /// `within unit.reward_budget, by score, the last one cut`
    Within(Box<Pool>),
    /// `because "…"`
    Because(Text),
    /// `notify officer with commendation_letter`
    Notify { who: Vec<Name>, message: Name },
}

/// `lasts 12 months, not counting each leave over 15 days, alarm 1 month before with warning_ends`
#[derive(Debug, Clone, PartialEq)]
pub struct Lasting {
    pub length: Length,
    pub not_counting: Option<NotCounting>,
    pub alarm: Option<Length>,
    pub message: Option<Name>,
}
