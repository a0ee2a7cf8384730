//! The tree of guarantees: what a policy promises of itself.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Expr, Name, Text};
use crate::source::Span;

/// `guarantee "A better score is never worse off" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Guarantee {
    pub title: Text,
    pub lines: Vec<GuaranteeLine>,
    pub span: Span,
}

/// A line of a guarantee.
#[derive(Debug, Clone, PartialEq)]
pub struct GuaranteeLine {
    pub kind: GuaranteeLineKind,
    pub span: Span,
}

/// What a line of a guarantee says.
#[derive(Debug, Clone, PartialEq)]
pub enum GuaranteeLineKind {
    /// `sanctions never get more severe as score rises`, `rewards never fall as score rises`
    Monotone { sanctions: bool, better: bool, as_rises: Expr },
    /// `no sanction is proposed when …`, `no bonus is proposed when …`
    NeverWhen { rules: GuaranteedRules, when: Expr },
    /// `warning is proposed only when …`, `every sanction is proposed only when …`
    OnlyWhen { rules: GuaranteedRules, when: Expr },
    /// `every sanction not administrative is in force only after notice, answer and ruling`
    OnlyAfter { rules: GuaranteedRules, stages: Vec<Name> },
}

/// Of which rules something is promised.
#[derive(Debug, Clone, PartialEq)]
pub enum GuaranteedRules {
    /// Every sanction of every framework.
    Sanctions,
    /// Every sanction that is not administrative.
    HeardSanctions,
    /// Every reward of every framework.
    Rewards,
    /// One rule.
    Named(Name),
}
