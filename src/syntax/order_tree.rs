//! The tree of orders about one period: a date that they move, a group that they let off.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Clock, Date, Expr, Name, PeriodLiteral, Roll, Text};
use crate::source::Span;

/// `by order "Circular 3 of 2025" of 15 July 2025`
#[derive(Debug, Clone, PartialEq)]
pub struct ByOrder {
    pub authority: Text,
    pub of: Date,
    pub span: Span,
}

/// `adjust staff_appraisal.plan in 2025/26 { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Adjust {
    pub workflow: Name,
    pub stage: Name,
    pub period: PeriodLiteral,
    pub due: Option<NewDue>,
    pub closes: Option<Date>,
    /// `reopens`
    pub reopens: Option<Span>,
    pub by: Option<ByOrder>,
    pub span: Span,
}

/// `due 31 August 2025 at 18:00, as is`
#[derive(Debug, Clone, PartialEq)]
pub struct NewDue {
    pub date: Date,
    pub clock: Option<Clock>,
    pub roll: Option<Roll>,
}

/// A line of `adjust`.
#[derive(Debug, Clone, PartialEq)]
pub enum AdjustLine {
    /// `due 31 August 2025`
    Due(NewDue),
    /// `closes 30 September 2025`
    Closes(Date),
    /// `reopens`
    Reopens(Span),
    /// `by order "…" of …`
    By(ByOrder),
}

/// `exempt each officer where unit.kind is school from staff_appraisal in 2020/21 { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Exempt {
    pub record: Name,
    pub condition: Option<Expr>,
    /// The workflow or framework.
    pub from: Name,
    pub period: PeriodLiteral,
    pub by: Option<ByOrder>,
    pub span: Span,
}
