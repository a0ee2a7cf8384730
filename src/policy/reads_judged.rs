//! What a framework reads of those whom it judges: which changed fact may decide what was open for want of one.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::policy::framework::{Framework, OutcomeRule};
use crate::policy::model::Policy;
use crate::policy::reads::{Reader, Reads};

impl Policy {
    /// What the rules of a framework rest on, and those of the frameworks to which it gives way.
    #[must_use]
    pub fn reads_of_judgement(&self, framework: &Framework) -> Reads {
        let mut reader = Reader {
            policy: self,
            subject: framework.subject,
            own_calendars: !framework.names_calendar,
            pinned_day: true,
            reads: Reads::default(),
            seen: BTreeSet::new(),
            one: None,
            depth: Cell::new(0),
        };
        reader.goes_by(&[]);
        let others = framework.gives_way.iter().map(|at| &self.frameworks[*at]);
        for it in std::iter::once(framework).chain(others) {
            let asked = it.condition.iter().chain(it.exempt.iter().filter_map(|it| it.condition.as_ref()));
            asked.chain(it.rules.iter().flat_map(asked_by)).for_each(|it| reader.expr(it, &[]));
        }
        reader.reads
    }
}

/// All that a rule asks for.
fn asked_by(rule: &OutcomeRule) -> impl Iterator<Item = &crate::policy::model::Expr> {
    let pool = rule.pool.iter().flat_map(|it| std::iter::once(&it.budget).chain(&it.whose).chain(it.sharing.by()));
    std::iter::once(&rule.when).chain(&rule.unless).chain(&rule.amount).chain(pool)
}
