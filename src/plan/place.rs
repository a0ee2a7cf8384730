//! Places among others: everybody in order once, then each one's place.
//!
//! Where a fact is missing of somebody in a group, who may stand where is left to the evaluator that goes row by row, for the rows of that
//! group alone.

use crate::plan::node::{Node, NodeId, Op, state};
use crate::plan::{At, Lowered, NoKernel, Planner};
use crate::policy::model::{Expr, ExprKind, Order, Type};
use crate::policy::population::{Asked, Places, Population};

/// A ranking in a plan; all its nodes stand whole before the place is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranking {
    /// Who takes part among the others, and whether the one who asks does.
    pub(super) takes_part: NodeId,
    pub(super) own: NodeId,
    pub(super) group: Vec<NodeId>,
    pub(super) by: NodeId,
    /// Whether the least units go before: of a scale the best stands first.
    pub(super) turned: bool,
    pub(super) tie: Option<(NodeId, bool)>,
    pub(super) ties_in: bool,
    pub(super) awaited: bool,
    pub(super) at_least: u32,
    pub(super) asked: Sought,
    /// What is asked row by row where the places are left open.
    plain: u32,
    at: At,
}

/// What is asked of a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sought {
    Among { top: bool, places: Places },
    Rank,
    Split(Vec<Places>),
}

impl Ranking {
    pub(super) fn rests_on(&self) -> impl Iterator<Item = NodeId> + '_ {
        let tie = self.tie.iter().map(|it| it.0);
        [self.takes_part, self.own, self.by].into_iter().chain(self.group.iter().copied()).chain(tie)
    }

    /// What is asked row by row, and where.
    pub(super) fn plain(&self) -> (u32, At) {
        (self.plain, self.at)
    }
}

impl<'a> Planner<'a> {
    pub(super) fn population(
        &mut self,
        ground: usize,
        at: At,
        population: &'a Population,
        expr: &'a Expr,
    ) -> Result<Lowered, NoKernel> {
        if population.of != at.space {
            return Err(NoKernel);
        }
        let policy = self.grounds[ground].policy;
        let filter = match &population.filter {
            Some(filter) => self.truth(ground, at, filter)?,
            None => self.constant(at.space, 0, state::KNOWN),
        };
        let takes_part = match &population.covered {
            Some(covered) => {
                let covered = self.truth(ground, at, covered)?;
                self.all(at, vec![covered, filter])
            }
            None => filter,
        };
        let group = population.group.iter().map(|it| self.mark(ground, at, it)).collect::<Result<Vec<_>, _>>()?;
        let by = self.mark(ground, at, &population.by)?;
        let tie = match &population.tie {
            Some(tie) => {
                let turned = is_turned(policy, &tie.by) != tie.lower_first;
                Some((self.mark(ground, at, &tie.by)?, turned))
            }
            None => None,
        };
        let asked = match &population.asked {
            Asked::Among { top, places } => Sought::Among { top: *top, places: *places },
            Asked::Rank => Sought::Rank,
            Asked::Split { ends, .. } => Sought::Split(ends.clone()),
        };
        let ranking = Ranking {
            takes_part,
            own: filter,
            group,
            by,
            turned: is_turned(policy, &population.by),
            tie,
            ties_in: population.ties_in,
            awaited: population.awaited,
            at_least: population.at_least,
            asked,
            plain: self.ask(ground, expr),
            at,
        };
        for node in ranking.rests_on().collect::<Vec<_>>() {
            self.nodes.keep_whole(node);
        }
        // Whoever asks in other words asks for the same place.
        let same = |it: &Ranking| Ranking { plain: ranking.plain, ..it.clone() } == ranking;
        let place = self.rankings.iter().position(same).unwrap_or_else(|| {
            self.rankings.push(ranking.clone());
            self.rankings.len() - 1
        });
        let op = Op::Place(u32::try_from(place).unwrap_or(u32::MAX));
        let rows = i64::try_from(self.records.rows(at.space).len()).unwrap_or(i64::MAX);
        let truth = matches!(population.asked, Asked::Among { .. });
        let no = if truth { state::NO } else { 0 };
        let may = state::KNOWN | state::UNKNOWN | state::UNFIT | no;
        let range = if truth { (0, 0) } else { (0, rows) };
        let node = self.nodes.add(Node { op, space: at.space, may, range, whole: true });
        Ok(match population.asked {
            Asked::Among { .. } => Lowered::Truth(node),
            Asked::Split { .. } => Lowered::Units(node),
            Asked::Rank => Lowered::Number(crate::plan::Quotient::whole(node)),
        })
    }

    /// A value by which people are put into groups or in order.
    fn mark(&mut self, ground: usize, at: At, expr: &'a Expr) -> Result<NodeId, NoKernel> {
        match self.lower(ground, at, expr)? {
            Lowered::Truth(node) => Ok(self.as_units(node)),
            Lowered::Units(node) => Ok(node),
            Lowered::Number(of) if of.below.is_none() => Ok(of.above),
            Lowered::Number(_) => Err(NoKernel),
        }
    }
}

fn is_turned(policy: &crate::policy::model::Policy, expr: &Expr) -> bool {
    matches!(&expr.ty, Type::Choice(list) if policy.choices[list.index()].order == Order::BestFirst)
        && !matches!(expr.kind, ExprKind::Counts(_))
}
