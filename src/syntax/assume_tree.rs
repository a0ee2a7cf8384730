//! The tree of what a scenario assumes of how people act.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Expr, Length, Name, Number};
use crate::source::Span;

/// `assume yearly_review.goals where grade is G1 from 2027/28 : 80% on time, 20% never`
#[derive(Debug, Clone, PartialEq)]
pub struct Assume {
    pub what: Assumed,
    pub condition: Option<Expr>,
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    pub span: Span,
}

/// What an assumption is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Assumed {
    /// `yearly_review.goals : 80% on time, 20% never`, `review.mark : 40% from 50 to 65, 60% from 66 to 90`
    Shares { whole: Name, part: Name, shares: Vec<AssumedShare> },
    /// `4% of officer each year : status is retired`
    Change { percent: Number, record: Name, each: Name, field: Name, value: Expr },
}

/// `30% within 10 days after due`
#[derive(Debug, Clone, PartialEq)]
pub struct AssumedShare {
    pub percent: Number,
    pub what: ShareOf,
    pub span: Span,
}

/// What a part of those concerned do, or what is written for them.
#[derive(Debug, Clone, PartialEq)]
pub enum ShareOf {
    /// `on time`
    OnTime,
    /// `late`
    Late,
    /// `never`
    Never,
    /// `within 10 days after due`
    Within { length: Length, before: bool },
    /// `unknown`
    Unknown,
    /// `from 50 to 65`
    Range(Expr, Expr),
    /// `good`, `70`
    Value(Expr),
}
