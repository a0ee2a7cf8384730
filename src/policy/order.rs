//! Orders about one period, checked: a date that they move, a group that they let off. They are facts of the world.

use jiff::civil::{Date, Time};

use crate::calendar::{Period, Roll};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Expr, Policy, Stage};
use crate::source::Span;

/// By what and when something was ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The text that orders it.
    pub authority: String,
    /// Its day.
    pub of: Date,
    /// Where it stands.
    pub span: Span,
}

/// A date of a stage that an order moves, in one period.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// In which period.
    pub period: Period,
    /// When the stage is due.
    pub due: Option<OrderedDay>,
    /// After which day nobody may write.
    pub closes: Option<Date>,
    /// Whether it opens again what has lapsed.
    pub reopens: bool,
    /// By what order.
    pub order: Order,
}

/// A due date as ordered.
#[derive(Debug, Clone)]
pub struct OrderedDay {
    /// The day.
    pub day: Date,
    /// A clock time.
    pub clock: Option<Time>,
    /// The order's own roll.
    pub roll: Option<Roll>,
}

/// A group that is let off for one period.
#[derive(Debug, Clone)]
pub struct Exemption {
    /// In which period, and in the shorter ones inside it.
    pub period: Period,
    /// Who is let off; everybody where nothing is said.
    pub condition: Option<Expr>,
    /// By what order.
    pub order: Order,
}

impl Order {
    /// As it is told: `Circular 3 of 2025 of 15 July 2025`.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{} of {}", self.authority, crate::calendar::day_in_words(self.of))
    }
}

impl Stage {
    /// The latest order given by a day that says this of a stage in a period; of the same day, the last written.
    #[must_use]
    pub fn ordered<T>(
        &self,
        period: Period,
        by: Date,
        says: impl Fn(&Adjustment) -> Option<T>,
    ) -> Option<(T, &Adjustment)> {
        let given = self.adjusted.iter().filter(|it| it.period == period && it.order.of <= by);
        given.filter_map(|it| Some((says(it)?, it))).max_by_key(|it| it.1.order.of)
    }
}

impl Policy {
    /// Who is let off from writing a field that is kept for each period.
    pub fn exempt_from_filling(&self, panel: RecordId, field: FieldId) -> impl Iterator<Item = &Exemption> {
        let fills = move |it: &Stage| it.fills.iter().any(|it| it.record == panel && it.field == field);
        let flows = self.workflows.iter().filter(move |it| !it.exempt.is_empty() && it.stages.iter().any(fills));
        flows.flat_map(|it| &it.exempt)
    }
}
