//! Pools: the money within which a reward is paid, whose it is, and what becomes of claims that it does not hold.

use crate::codes_framework as codes;
use crate::codes_policy;
use crate::diagnostic::Diagnostic;
use crate::policy::expressions::Place;
use crate::policy::framework::{Pool, Sharing};
use crate::policy::model::{Expr, ExprKind};
use crate::policy::names::Builder;
use crate::source::Span;
use crate::syntax::tree::{self, PoolSharing};

impl Builder<'_, '_> {
    /// `within unit.reward_budget, by score, the last one cut`
    pub(super) fn pool(
        &mut self,
        written: &tree::Pool,
        span: Span,
        amount: Option<&Expr>,
        place: &Place,
    ) -> Option<Pool> {
        let Some(amount) = amount else {
            let words = "nothing is paid that could be kept within a budget";
            let help = "say with `amount` what each is paid";
            self.report(Diagnostic::new(codes::POOL_WITHOUT_AMOUNT, span, words).help(help));
            return None;
        };
        let budget = self.expr(&written.budget, place, None)?;
        if budget.ty != amount.ty {
            let (budget_is, amount_is) = (self.type_words(&budget.ty), self.type_words(&amount.ty));
            let words = format!("the budget is {budget_is}, and what is paid is {amount_is}");
            let help = "write both in the same currency";
            self.report(Diagnostic::new(codes_policy::UNITS_DIFFER, budget.span, words).help(help));
            return None;
        }
        let whose = match &written.for_each {
            Some(whose) => Some(self.expr(whose, place, None)?),
            None => match owner(&budget) {
                Ok(owner) => owner.cloned(),
                Err(()) => {
                    let words = "it is not said who shares this budget with whom: it is another for each of them";
                    let help = "say whose it is, such as `, for each unit`, or take it from a record that they share: `unit.budget`";
                    self.report(Diagnostic::new(codes::POOL_OF_NOBODY, budget.span, words).help(help));
                    return None;
                }
            },
        };
        let sharing = match &written.sharing {
            PoolSharing::ProRata => Sharing::ProRata,
            PoolSharing::Cut(by) => Sharing::Cut(self.ranking(by, place)?),
            PoolSharing::Skipped(by) => Sharing::Skipped(self.ranking(by, place)?),
            PoolSharing::Stop(by) => Sharing::Stop(self.ranking(by, place)?),
        };
        self.populations += 1;
        Some(Pool { id: self.populations, budget, whose, sharing })
    }
}

/// The record that a budget is a field or definition of; nothing for one budget of all, an error for one that each has alone.
fn owner(budget: &Expr) -> Result<Option<&Expr>, ()> {
    match &budget.kind {
        ExprKind::Field { of, .. } | ExprKind::Definition { of, .. } => match of.kind {
            ExprKind::Subject => Err(()),
            _ => Ok(Some(of)),
        },
        ExprKind::Subject | ExprKind::Aggregate(_) | ExprKind::Panel { .. } | ExprKind::Population(_) => Err(()),
        kind => {
            let mut found = None;
            for part in kind.parts() {
                found = owner(part)?.or(found);
            }
            Ok(found)
        }
    }
}
