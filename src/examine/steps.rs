//! The smallest unit of the numbers in a policy's text: how many decimals what they are compared with has.

use std::collections::BTreeMap;

use crate::policy::decimals_of;
use crate::policy::model::{Expr, ExprKind, Policy};
use crate::source::Span;

/// Decimals of numbers, as what they are compared with has them.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// Of numbers in expressions.
    numbers: BTreeMap<Span, u32>,
    /// Of the numbers of parameters, scales and tables, by name.
    things: BTreeMap<String, u32>,
}

impl Steps {
    pub(super) fn of(policy: &Policy) -> Self {
        let mut steps = Self::default();
        for scale in &policy.scales {
            let versions = scale.versions.iter().map(|it| &it.value);
            let decimals = versions.clone().filter_map(|it| decimals_of(policy, &it.of)).max();
            steps.things.extend(decimals.map(|it| (scale.label.name.clone(), it)));
            versions.flat_map(|it| &it.caps).for_each(|it| steps.inside(policy, &it.when));
        }
        for definition in &policy.definitions {
            if let ExprKind::Table(table) = &definition.value.kind {
                for (column, at) in table.columns.iter().zip(0..) {
                    let Some(decimals) = decimals_of(policy, &column.asked) else { continue };
                    let cells = table.rows.iter().filter_map(|it| it.cells.get::<usize>(at));
                    steps.numbers.extend(cells.map(|it| (it.span, decimals)));
                }
            }
            steps.inside(policy, &definition.value);
        }
        for flow in &policy.workflows {
            let stages = flow.stages.iter();
            let conditions =
                stages.flat_map(|it| it.only_if.iter().chain(it.due.iter().filter_map(|it| it.when.as_ref())));
            let own = flow.condition.iter().chain(&flow.suspend).chain(flow.cancels.iter().map(|it| &it.when));
            conditions.chain(own).for_each(|it| steps.inside(policy, it));
        }
        for framework in &policy.frameworks {
            framework.condition.iter().for_each(|it| steps.inside(policy, it));
            for ladder in &framework.ladders {
                let lines = ladder.climbs.iter().chain(ladder.others.iter().map(|it| &it.1));
                lines.for_each(|it| steps.inside(policy, it));
            }
            for rule in &framework.rules {
                let exprs = std::iter::once(&rule.when).chain(&rule.unless).chain(&rule.amount);
                exprs.for_each(|it| steps.inside(policy, it));
            }
        }
        steps
    }

    /// The decimals of a number in the text, in the thing of a name, if they are known.
    pub(super) fn decimals(&self, number: Span, thing: &str) -> Option<u32> {
        let inside = |span: &Span| span.file == number.file && span.start <= number.start && number.end <= span.end;
        let around = self.numbers.iter().filter(|(span, _)| inside(span)).min_by_key(|(span, _)| span.end - span.start);
        around.map(|it| *it.1).or_else(|| self.things.get(thing).copied())
    }

    fn inside(&mut self, policy: &Policy, expr: &Expr) {
        match &expr.kind {
            ExprKind::Compare { left, right, .. } => self.compared(policy, left, right),
            ExprKind::InRange { value, low, high } => {
                low.iter().chain(high).for_each(|(end, _)| self.compared(policy, value, end));
            }
            ExprKind::History(history) => self.inside(policy, &history.condition),
            ExprKind::Aggregate(aggregate) => {
                aggregate.filter.iter().chain(&aggregate.value).for_each(|it| self.inside(policy, it));
            }
            _ => {}
        }
        expr.kind.parts().into_iter().for_each(|it| self.inside(policy, it));
    }

    fn compared(&mut self, policy: &Policy, asked: &Expr, with: &Expr) {
        let Some(decimals) = decimals_of(policy, asked) else { return };
        match &with.kind {
            ExprKind::Literal(_) => {
                self.numbers.insert(with.span, decimals);
            }
            ExprKind::Parameter(id) => {
                let name = policy.parameters[id.index()].label.name.clone();
                let known = self.things.entry(name).or_insert(decimals);
                *known = decimals.max(*known);
            }
            _ => {}
        }
    }
}
