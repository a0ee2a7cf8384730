//! The tree of what is asked of a whole population: ranks and shares.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Expr, Name, Number, Text};
use crate::source::Span;

/// `in the top 5% of unit by score, places rounded up, ties all in, unknown awaited, groups of at least 10`
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    pub asked: PopulationAsked,
    /// What those have in common who are ranked with each other; nothing for `all`.
    pub group: Vec<Expr>,
    pub by: Expr,
    /// `where terms is permanent`
    pub filter: Option<Expr>,
    pub words: PopulationWords,
    pub span: Span,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum PopulationAsked {
    /// `in the top 5%`, `in the bottom 5%`
    Share { top: bool, percent: Number },
    /// `in the best 3`, `in the worst 3`
    Count { top: bool, places: Number },
    /// `rank of officer in unit`
    Rank { of: Name },
    /// `split unit by score into { Best first 10%, Better up to 35%, Good the rest }`
    Split(Vec<SplitPart>),
}

/// A part of those who are ranked.
#[derive(Debug, Clone, PartialEq)]
pub struct SplitPart {
    pub name: Name,
    pub title: Option<Text>,
    /// `first 10%` of the best, else `up to 35%` of them.
    pub first: bool,
    /// How far down it goes, counted from the best; nothing for `the rest`.
    pub up_to: Option<Number>,
    pub span: Span,
}

/// What stands behind the commas; what must stand there is known to the checker.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PopulationWords {
    /// `places rounded up`, else `down`
    pub places: Option<(bool, Span)>,
    pub ties: Option<(Ties, Span)>,
    /// `unknown awaited`, else `unknown left out`
    pub awaited: Option<bool>,
    /// `groups of at least 10`
    pub least: Option<Number>,
}

/// `written_warning in force`, `no sanction imposed in the last 2 years`
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub which: WhichOutcome,
    pub how: HappenedHow,
}

/// What may have been imposed.
#[derive(Debug, Clone, PartialEq)]
pub enum WhichOutcome {
    Named(Name),
    AnySanction,
    NoSanction,
}

/// What is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub enum HappenedHow {
    /// `in force`
    InForce,
    /// `imposed in this year`, `imposed in the last 2 years`
    Imposed(HappenedWithin),
    /// `was completed`, `was completed in this year`
    Completed(Option<HappenedWithin>),
    /// `was lifted`, `was lifted in this year`
    Lifted(Option<HappenedWithin>),
}

/// In which periods.
#[derive(Debug, Clone, PartialEq)]
pub enum HappenedWithin {
    /// `in this year`
    This(Name),
    /// `in the last 2 years`
    Last(Number, Name),
}

/// What becomes of those who tie at the last place.
#[derive(Debug, Clone, PartialEq)]
pub enum Ties {
    /// `ties all in`
    AllIn,
    /// `ties all out`
    AllOut,
    /// `ties by the earlier joined, then all in`
    By { lower_first: bool, value: Expr, then_in: Option<bool> },
}
