//! A scale of a checked policy: bands of a number, each version for its time.

use crate::calendar::PeriodKind;
use crate::ids::{ChoiceId, RecordId};
use crate::policy::model::{Dated, Interval, Label};
use crate::policy::terms::Expr;
use crate::source::Span;

/// A scale: bands of a number.
#[derive(Debug, Clone)]
pub struct Scale {
    /// Name and title.
    pub label: Label,
    /// The record type and period of what it bands.
    pub subject: RecordId,
    /// For each of which period.
    pub each: Option<PeriodKind>,
    /// The bands of all versions as choices, best first.
    pub choices: ChoiceId,
    /// Its versions in the order of their days; one without days holds for ever.
    pub versions: Vec<Dated<Bands>>,
}

/// What a scale says for a time.
#[derive(Debug, Clone)]
pub struct Bands {
    /// What it bands.
    pub of: Expr,
    /// The bands, best first.
    pub bands: Vec<Band>,
    /// What caps the band whatever the value, in the order written.
    pub caps: Vec<Cap>,
    /// Where it is written.
    pub span: Span,
}

/// A band.
#[derive(Debug, Clone)]
pub struct Band {
    /// Its place among the choices of the scale.
    pub choice: u32,
    /// The values that it holds.
    pub interval: Interval,
    /// Where it is written.
    pub span: Span,
}

/// `at most Good when …`: the band is no better; `at least Fair when …`: no worse.
#[derive(Debug, Clone)]
pub struct Cap {
    /// No better, else no worse.
    pub at_most: bool,
    /// Its place among the choices of the scale.
    pub choice: u32,
    /// When.
    pub when: Expr,
    /// Why, in the author's words.
    pub because: Option<String>,
    /// Where it is written.
    pub span: Span,
}
