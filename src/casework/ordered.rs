//! The dates that orders give a stage in one period.

use crate::calendar::{Anchor, DateRole, Deadline, DeadlineInput};
use crate::casework::outlook::CaseOutlook;
use crate::eval::{self, DateOptions, Possible};
use crate::policy::order::{Adjustment, Order};
use crate::workflow::{Anchored, Asked, StageDates};
use jiff::civil::Date;

impl CaseOutlook<'_> {
    /// The due date by the latest order, if there is one that names no day before the opening, whatever was granted beyond it.
    pub(super) fn ordered_due(
        &self,
        asked: Asked<'_>,
        opening: &Anchored,
    ) -> Result<Option<Possible<Deadline>>, String> {
        let Some(period) = self.period else { return Ok(None) };
        let Some((due, by)) = self.stage(asked.stage).ordered(period, asked.on, |it| it.due.clone()) else {
            return Ok(None);
        };
        if due.day < opening.day {
            return Ok(None);
        }
        let options = DateOptions {
            roll: due.roll,
            at: due.clock,
            suspensions: Self::suspended(asked.case, opening.day),
            extensions: self.granted(asked, Date::MIN),
            ..DateOptions::due()
        };
        self.ordered(asked.on, due.day, &by.order, options).map(Some)
    }

    /// The closing by the latest order, if there is one.
    pub(super) fn ordered_closing(&self, asked: Asked<'_>) -> Result<Option<Possible<Deadline>>, String> {
        let Some(period) = self.period else { return Ok(None) };
        let Some((closes, by)) = self.stage(asked.stage).ordered(period, asked.on, |it| it.closes) else {
            return Ok(None);
        };
        let options = DateOptions { role: DateRole::Closing, ..DateOptions::due() };
        self.ordered(asked.on, closes, &by.order, options).map(Some)
    }

    /// The latest order that opens the stage again where it has lapsed, and whose own dates are not over.
    pub(super) fn order_that_reopens(&self, asked: Asked<'_>) -> Option<String> {
        let last = |it: &Adjustment| it.due.as_ref().map(|it| it.day).max(it.closes);
        let reopens = |it: &Adjustment| (it.reopens && last(it).is_some_and(|it| it >= asked.on)).then_some(());
        let (_, by) = self.stage(asked.stage).ordered(self.period?, asked.on, reopens)?;
        Some(by.order.told())
    }

    /// The order by which a date of the stage counts now, and did not before, in words.
    pub(super) fn new_order(&self, asked: Asked<'_>, before: &StageDates, now: &StageDates) -> Option<String> {
        let (stage, period) = (self.stage(asked.stage), self.period?);
        let by = |it: &Adjustment| (it.order.of <= asked.on).then(|| ordered_by(&it.order));
        let counts = |dates: &StageDates, order: &str| {
            dates.due.iter().chain(&dates.closes).any(|it| it.derivation.rests_on(order))
        };
        let orders = stage.adjusted.iter().filter(|it| it.period == period).filter_map(by);
        orders.into_iter().find(|it| counts(now, it) && !counts(before, it))
    }

    /// A day that an order names; its derivation names the order.
    fn ordered(&self, on: Date, day: Date, order: &Order, options: DateOptions) -> Result<Possible<Deadline>, String> {
        let input = DeadlineInput {
            anchor: Anchor::Event { day, what: ordered_by(order) },
            length: None,
            beginning_on: false,
            role: options.role,
            roll: options.roll,
            month_end: None,
            at: options.at,
            suspensions: options.suspensions,
            extensions: options.extensions,
        };
        eval::deadline(&self.scope(on), &input)
    }
}

/// What a date by an order counts from, in words.
fn ordered_by(order: &Order) -> String {
    format!("ordered by {}", order.told())
}
