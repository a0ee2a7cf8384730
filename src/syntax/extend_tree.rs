//! The tree of local customisation: what a national text leaves open, and what a local one makes of it.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Change, Expr, Text};
use crate::source::Span;

/// `may be changed locally from 40 to 70`
#[derive(Debug, Clone, PartialEq)]
pub struct Local {
    pub from: Option<Expr>,
    pub to: Option<Expr>,
    pub span: Span,
}

/// `extend "Wakiso District" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Extend {
    /// Whose customisation it is.
    pub title: Text,
    pub changes: Vec<Change>,
    pub span: Span,
}
