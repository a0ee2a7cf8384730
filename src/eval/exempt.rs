//! Whom orders let off in one period. Only a known yes lets anybody off.

use std::rc::Rc;

use jiff::civil::Date;

use crate::eval::days::true_days;
use crate::eval::expression::truth;
use crate::eval::scope::Scope;
use crate::policy::model::Workflow;
use crate::policy::order::Exemption;
use crate::value::Truth;

impl<'a> Scope<'a> {
    /// Whether the subject is let off in the period at hand.
    pub(super) fn is_let_off<'e>(&self, exemptions: impl IntoIterator<Item = &'e Exemption>) -> bool {
        let mut here = exemptions.into_iter().filter(|it| self.concerns(it));
        here.any(|it| it.condition.as_ref().is_none_or(|it| truth(&self.without_orders(), it) == Truth::Yes))
    }

    fn concerns(&self, exemption: &Exemption) -> bool {
        let inside = |it| exemption.period.contains(it);
        !self.without_orders && self.period.is_some_and(|it| inside(it.first) && inside(it.last))
    }

    /// Whether somebody belongs to a group is asked as if there were no orders: else one could rest on itself.
    fn without_orders(&self) -> Self {
        Self { without_orders: true, earlier: Rc::default(), asked: Rc::default(), ..self.clone() }
    }
}

/// Since when a subject is let off from a workflow in the period at hand, as far as orders had been given by a day; nothing if it
/// is not.
#[must_use]
pub fn let_off_since(scope: &Scope<'_>, workflow: &Workflow, on: Date) -> Option<Date> {
    let period = scope.period?;
    let given = workflow.exempt.iter().filter(|it| it.order.of <= on && scope.concerns(it));
    let since = |it: &Exemption| {
        let Some(condition) = &it.condition else { return Some(it.order.of) };
        let last = period.last.min(on);
        let (stretches, _) = true_days(&scope.without_orders(), condition, period.first, last);
        let holds = stretches.last().filter(|it| it.1 == last);
        holds.map(|held| held.0.max(it.order.of))
    };
    given.filter_map(since).min()
}
