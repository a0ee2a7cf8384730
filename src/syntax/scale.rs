//! The part of the syntax tree that scales are made of. Everything here is found in [`super::tree`] too.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::expression::Expr;
use super::tree::{Local, Name, Range, Text};
use crate::source::Span;

/// `scale rating "Rating" of score from 1 July 2026 { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    pub name: Name,
    pub title: Option<Text>,
    /// What it bands.
    pub of: Expr,
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    /// `may be changed locally`
    pub local: Option<Local>,
    /// Best first.
    pub bands: Vec<Band>,
    pub caps: Vec<Cap>,
    pub span: Span,
}

/// `very_good "Very good" 80 to below 90, counts as 4`
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    pub name: Name,
    pub title: Option<Text>,
    pub range: Range,
    /// The number it stands for where one reckons with the scale.
    pub counts_as: Option<Expr>,
    pub span: Span,
}

/// `at most Good when absent > 30, because "78C(a)"`, `at least Fair when …`
#[derive(Debug, Clone, PartialEq)]
pub struct Cap {
    /// `at most`, else `at least`.
    pub at_most: bool,
    pub band: Name,
    pub when: Expr,
    pub because: Option<Text>,
    pub span: Span,
}
