//! The tree of a ladder of sanctions.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Expr, Name};
use crate::source::Span;

/// `ladder warning, deferment, demotion { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    pub steps: Vec<Name>,
    pub lines: Vec<LadderLine>,
    /// The head alone.
    pub head: Span,
}

/// A line of a ladder.
#[derive(Debug, Clone, PartialEq)]
pub struct LadderLine {
    pub kind: LadderLineKind,
    pub span: Span,
}

/// What a line of a ladder says.
#[derive(Debug, Clone, PartialEq)]
pub enum LadderLineKind {
    /// `a step when rating is Poor`
    Step(Expr),
    /// `only after support was completed`
    OnlyAfter(Expr),
    /// `afresh after rating is at least Good`
    Afresh(Expr),
    /// `straight to demotion when fault is gross`
    Straight { to: Name, when: Expr },
}
