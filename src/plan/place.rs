//! Places among others: everybody in order once, then each one's place.
//!
//! Where a fact is missing of somebody in a group, who may stand where is left to the evaluator that goes row by row, for the rows of that
//! group alone.

use std::collections::HashMap;

use crate::plan::node::{Node, NodeId, Op, state};
use crate::plan::run::View;
use crate::plan::{At, Lowered, NoKernel, Planner};
use crate::policy::model::{Expr, ExprKind, Order, Type};
use crate::policy::population::{Asked, Places, Population};

/// A ranking in a plan; all its nodes stand whole before the place is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranking {
    /// Who takes part among the others, and whether the one who asks does.
    takes_part: NodeId,
    own: NodeId,
    group: Vec<NodeId>,
    by: NodeId,
    /// Whether the least units go before: of a scale the best stands first.
    turned: bool,
    tie: Option<(NodeId, bool)>,
    ties_in: bool,
    awaited: bool,
    at_least: u32,
    asked: Sought,
    /// What is asked row by row where the places are left open.
    plain: u32,
    at: At,
}

/// What is asked of a ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sought {
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
        let node = self.nodes.add(Node { op, space: at.space, may, range: (0, rows), whole: true });
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

/// The places of all rows; those that are left open are marked for the evaluator that goes row by row.
pub(super) struct Placed {
    pub(super) units: Vec<i64>,
    pub(super) state: Vec<u8>,
    /// The rows of groups in which a fact is missing.
    pub(super) open: Vec<u32>,
}

/// What a ranking looks at, of all rows.
struct Looked<'r, 'v> {
    ranking: &'r Ranking,
    /// How many rows are records; those behind are only named by others, and take no part.
    there: usize,
    takes_part: View<'v>,
    own: View<'v>,
    by: View<'v>,
    group: Vec<View<'v>>,
    tie: Option<(View<'v>, bool)>,
}

/// By what somebody is ranked, and what ranks those who tie; more is better.
type Mark = (i64, Option<i64>);

/// In which group somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouped {
    In(usize),
    /// Nobody knows.
    Adrift,
    None,
}

/// Everybody of whom all is known, group by group, the last first, each with their row.
#[derive(Default)]
struct Standing {
    numbers: HashMap<Vec<i64>, usize>,
    marks: Vec<Vec<(Mark, u32)>>,
    /// Whether a fact is missing of somebody in the group.
    loose: Vec<bool>,
    /// Whether of somebody it is not known in which group they are.
    adrift: bool,
}

/// Everybody's place. `whole` gives a node's values of all rows; those behind the first `there` are only named by others.
pub(super) fn placed<'v>(ranking: &Ranking, there: usize, whole: impl Fn(NodeId) -> View<'v>) -> Placed {
    let looked = Looked {
        ranking,
        there,
        takes_part: whole(ranking.takes_part),
        own: whole(ranking.own),
        by: whole(ranking.by),
        group: ranking.group.iter().map(|it| whole(*it)).collect(),
        tie: ranking.tie.map(|(node, turned)| (whole(node), turned)),
    };
    let rows = looked.by.state.len();
    let mut standing = Standing::default();
    let grouped: Vec<Grouped> = (0..rows).map(|row| looked.stand(row, &mut standing)).collect();
    standing.marks.iter_mut().for_each(|it| it.sort_unstable());
    let mut placed = Placed { units: vec![0; rows], state: vec![state::UNFIT; rows], open: Vec::new() };
    // Those who stand in order get their places in order; the others look for theirs.
    let mut done = vec![false; rows];
    for (group, marks) in standing.marks.iter().enumerate() {
        if !standing.adrift && !standing.loose[group] {
            looked.in_order(marks, &mut placed, &mut done);
        }
    }
    for (row, grouped) in grouped.into_iter().enumerate().filter(|it| !done[it.0]) {
        match looked.place(row, grouped, &standing) {
            Found::Place(units, state) => (placed.units[row], placed.state[row]) = (units, state),
            Found::Open => placed.open.push(as_row(row)),
            Found::None => {}
        }
    }
    placed
}

fn as_row(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX)
}

/// What is found for somebody.
#[derive(Clone, Copy)]
enum Found {
    Place(i64, u8),
    /// A missing fact leaves it open.
    Open,
    None,
}

/// Whether it can't be asked, or does not hold.
fn is_out(view: &View<'_>, row: usize) -> bool {
    view.state[row] & (state::UNFIT | state::NO) != 0
}

impl Looked<'_, '_> {
    /// Takes somebody in among the others, and says in which group they are.
    fn stand(&self, row: usize, standing: &mut Standing) -> Grouped {
        let grouped = self.group_of(row, standing);
        if row >= self.there || is_out(&self.takes_part, row) || is_out(&self.by, row) {
            return grouped;
        }
        match (grouped, self.mark(row), self.takes_part.state[row]) {
            (Grouped::In(group), Some(mark), state::KNOWN) => standing.marks[group].push((mark, as_row(row))),
            (Grouped::None, ..) => {}
            // Nobody waits for them.
            _ if !self.ranking.awaited => {}
            (Grouped::In(group), ..) => standing.loose[group] = true,
            (Grouped::Adrift, ..) => standing.adrift = true,
        }
        grouped
    }

    fn group_of(&self, row: usize, standing: &mut Standing) -> Grouped {
        if self.group.iter().any(|it| is_out(it, row)) {
            return Grouped::None;
        }
        if self.group.iter().any(|it| it.state[row] == state::UNKNOWN) {
            return Grouped::Adrift;
        }
        Grouped::In(standing.number(self.group.iter().map(|it| it.units[row])))
    }

    /// Nothing where a fact is missing.
    fn mark(&self, row: usize) -> Option<Mark> {
        let better = |units: i64, turned: bool| if turned { -units } else { units };
        let by = (self.by.state[row] == state::KNOWN).then(|| better(self.by.units[row], self.ranking.turned))?;
        let Some((tie, turned)) = &self.tie else { return Some((by, None)) };
        match tie.state[row] {
            state::KNOWN => Some((by, Some(better(tie.units[row], *turned)))),
            state::UNKNOWN => None,
            _ => Some((by, None)),
        }
    }

    fn place(&self, row: usize, grouped: Grouped, standing: &Standing) -> Found {
        if grouped == Grouped::None || is_out(&self.own, row) || is_out(&self.by, row) {
            return Found::None;
        }
        let known = self.own.state[row] == state::KNOWN;
        let (Grouped::In(group), Some(mark), true) = (grouped, self.mark(row), known) else {
            return if self.ranking.awaited { Found::Open } else { Found::None };
        };
        if standing.adrift || standing.loose[group] {
            return Found::Open;
        }
        let marks = &standing.marks[group];
        let less = marks.partition_point(|it| it.0 < mark);
        let not_more = marks.partition_point(|it| it.0 <= mark);
        // Whoever takes part stands in order, and was placed there.
        let (others, size) = (not_more - less, marks.len() + 1);
        let before = self.before(marks.len(), less, not_more, others);
        self.found(size, before, &self.ends(size))
    }

    /// The places of a group of whom all is known; whoever asks is one of them.
    fn in_order(&self, marks: &[(Mark, u32)], placed: &mut Placed, done: &mut [bool]) {
        let (size, ends) = (marks.len(), self.ends(marks.len()));
        let mut less = 0;
        for tied in marks.chunk_by(|a, b| a.0 == b.0) {
            let not_more = less + tied.len();
            let before = self.before(size, less, not_more, tied.len() - 1);
            let found = self.found(size, before, &ends);
            for row in tied.iter().map(|it| it.1 as usize) {
                // Of whom it is not known whether they take part as one who asks, it is looked at alone.
                if self.own.state[row] == state::KNOWN {
                    done[row] = true;
                    if let Found::Place(units, state) = found {
                        (placed.units[row], placed.state[row]) = (units, state);
                    }
                }
            }
            less = not_more;
        }
    }

    /// How many stand before those who tie, of whom there are so many others.
    fn before(&self, all: usize, less: usize, not_more: usize, others: usize) -> usize {
        let from_top = !matches!(self.ranking.asked, Sought::Among { top: false, .. });
        let before = if from_top { all - not_more } else { less };
        let ties_stand_before = !matches!(self.ranking.asked, Sought::Rank) && !self.ranking.ties_in;
        before + if ties_stand_before { others } else { 0 }
    }

    /// How many places there are in a group of a size.
    fn ends(&self, size: usize) -> Vec<usize> {
        match &self.ranking.asked {
            Sought::Among { places, .. } => vec![places.of(size)],
            Sought::Rank => Vec::new(),
            Sought::Split(ends) => ends.iter().map(|it| it.of(size)).collect(),
        }
    }

    fn found(&self, size: usize, before: usize, ends: &[usize]) -> Found {
        if size < self.ranking.at_least as usize {
            return Found::None;
        }
        let units = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        match &self.ranking.asked {
            Sought::Among { .. } if before < ends[0] => Found::Place(0, state::KNOWN),
            Sought::Among { .. } => Found::Place(0, state::NO),
            Sought::Rank => Found::Place(units(before + 1), state::KNOWN),
            Sought::Split(_) => {
                let part = ends.iter().position(|it| before < *it).unwrap_or(ends.len());
                Found::Place(units(part), state::KNOWN)
            }
        }
    }
}

impl Standing {
    fn number(&mut self, group: impl Iterator<Item = i64>) -> usize {
        let group: Vec<i64> = group.collect();
        if let Some(found) = self.numbers.get(&group) {
            return *found;
        }
        let next = self.marks.len();
        self.numbers.insert(group, next);
        self.marks.push(Vec::new());
        self.loose.push(false);
        next
    }
}
