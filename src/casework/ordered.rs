//! The dates that orders give a stage in one period.

use crate::calendar::{Anchor, DateRole, Deadline, DeadlineInput};
use crate::casework::outlook::CaseOutlook;
use crate::eval::{self, DateOptions, Possible};
use crate::policy::order::Order;
use crate::workflow::{Anchored, Asked};
use jiff::civil::Date;

impl CaseOutlook<'_> {
    /// The due date by the latest order, if there is one.
    pub(super) fn ordered_due(
        &self,
        asked: Asked<'_>,
        opening: &Anchored,
    ) -> Result<Option<Possible<Deadline>>, String> {
        let Some(period) = self.period else { return Ok(None) };
        let Some((due, by)) = self.stage(asked.stage).ordered(period, asked.on, |it| it.due.clone()) else {
            return Ok(None);
        };
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

    /// A day that an order names; its derivation names the order.
    fn ordered(&self, on: Date, day: Date, order: &Order, options: DateOptions) -> Result<Possible<Deadline>, String> {
        let input = DeadlineInput {
            anchor: Anchor::Event { day, what: format!("ordered by {}", order.told()) },
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
