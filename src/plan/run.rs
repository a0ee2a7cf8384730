//! Working a plan out: what must stand whole first, stage by stage, then what is wanted, batch by batch.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::ids::RecordId;
use crate::plan::Planner;
use crate::plan::batch::Batch;
use crate::plan::node::{NodeId, Op};
use crate::plan::place::placed;
use crate::side_by_side::side_by_side;

/// Units and states of some rows.
#[derive(Debug, Clone, Default)]
pub struct Lane {
    /// Whole numbers; of no account where the state is not known.
    pub units: Vec<i64>,
    /// What is known of each.
    pub state: Vec<u8>,
}

/// The same, looked at.
#[derive(Debug, Clone, Copy)]
pub struct View<'v> {
    /// Whole numbers.
    pub units: &'v [i64],
    /// What is known of each.
    pub state: &'v [u8],
}

/// How a plan is worked out; nothing of it changes what comes of it.
#[derive(Debug, Clone, Copy)]
pub struct Working {
    /// How many rows are worked out together.
    pub rows: usize,
    /// Into how many parts the rows are cut, each for one thread.
    pub parts: usize,
}

impl Default for Working {
    fn default() -> Self {
        Self { rows: 1_024, parts: std::thread::available_parallelism().map_or(1, std::num::NonZero::get) }
    }
}

impl Lane {
    fn with(rows: usize) -> Self {
        Self { units: Vec::with_capacity(rows), state: Vec::with_capacity(rows) }
    }

    /// Makes room for so many rows.
    pub(super) fn resize(&mut self, rows: usize) {
        self.units.resize(rows, 0);
        self.state.resize(rows, 0);
    }

    /// Some of the rows.
    #[must_use]
    pub fn view(&self, rows: Range<usize>) -> View<'_> {
        View { units: &self.units[rows.clone()], state: &self.state[rows] }
    }
}

/// What stands whole, by node.
pub(super) type Wholes = Vec<Option<Lane>>;

impl Planner<'_> {
    /// Works out what is wanted of all records of a type, and hands it on batch by batch: the rows, and what is wanted of them. What
    /// comes of the batches is given in the order of the rows.
    pub fn work<R: Send>(
        &self,
        working: Working,
        (space, wanted): (RecordId, &[NodeId]),
        each: impl Fn(Range<usize>, &[View<'_>]) -> R + Sync,
    ) -> Vec<R> {
        let wholes = self.wholes(working, wanted);
        let rows = self.records.rows(space).len();
        self.batches(working, &wholes, (space, rows), wanted, &each)
    }

    /// Everything that must stand whole before some nodes.
    fn wholes(&self, working: Working, wanted: &[NodeId]) -> Wholes {
        let mut wholes: Wholes = (0..self.nodes.len()).map(|_| None).collect();
        for (_, stage) in self.stages(wanted) {
            let mut by_root: BTreeMap<RecordId, Vec<NodeId>> = BTreeMap::new();
            for node in stage {
                match self.nodes.get(node).op {
                    Op::Place(ranking) => {
                        let lane = self.place(working, &wholes, node, ranking);
                        wholes[node as usize] = Some(lane);
                    }
                    _ => by_root.entry(self.root(self.nodes.get(node).space)).or_default().push(node),
                }
            }
            for (root, nodes) in by_root {
                let rows = self.records.rows(root).with_named();
                let taken = |_: Range<usize>, views: &[View<'_>]| {
                    views
                        .iter()
                        .map(|it| Lane { units: it.units.to_vec(), state: it.state.to_vec() })
                        .collect::<Vec<_>>()
                };
                let mut lanes: Vec<Lane> = nodes.iter().map(|_| Lane::with(rows)).collect();
                for batch in self.batches(working, &wholes, (root, rows), &nodes, &taken) {
                    for (lane, part) in lanes.iter_mut().zip(batch) {
                        lane.units.extend_from_slice(&part.units);
                        lane.state.extend_from_slice(&part.state);
                    }
                }
                for (node, lane) in nodes.into_iter().zip(lanes) {
                    wholes[node as usize] = Some(lane);
                }
            }
        }
        wholes
    }

    /// The nodes that must stand whole, in stages: each rests only on those of earlier ones.
    fn stages(&self, wanted: &[NodeId]) -> BTreeMap<usize, Vec<NodeId>> {
        let mut levels: BTreeMap<NodeId, usize> = BTreeMap::new();
        for node in wanted {
            self.level(*node, &mut levels);
        }
        let mut stages: BTreeMap<usize, Vec<NodeId>> = BTreeMap::new();
        for (node, level) in levels {
            if self.nodes.get(node).whole {
                stages.entry(level).or_default().push(node);
            }
        }
        stages
    }

    /// After how many stages a node can be worked out.
    fn level(&self, node: NodeId, levels: &mut BTreeMap<NodeId, usize>) -> usize {
        if let Some(known) = levels.get(&node) {
            return *known;
        }
        let op = &self.nodes.get(node).op;
        let mut level = 0;
        for input in op.inputs() {
            // What stands whole is read, not worked out again.
            level = level.max(self.level(input, levels) + usize::from(self.nodes.get(input).whole));
        }
        for before in self.before(op) {
            level = level.max(self.level(before, levels) + 1);
        }
        levels.insert(node, level);
        level
    }

    /// The nodes that must stand whole before one.
    fn before(&self, op: &Op) -> Vec<NodeId> {
        match op {
            Op::Place(ranking) => self.rankings[*ranking as usize].rests_on().collect(),
            other => other.rests_on_whole(),
        }
    }

    fn place(&self, working: Working, wholes: &Wholes, node: NodeId, ranking: u32) -> Lane {
        let ranking = &self.rankings[ranking as usize];
        let rows = self.records.rows(self.nodes.get(node).space);
        let whole = |node: NodeId| match &wholes[node as usize] {
            Some(lane) => lane.view(0..lane.state.len()),
            None => View { units: &[], state: &[] },
        };
        let placed = placed(ranking, rows.len(), whole);
        let mut lane = Lane { units: placed.units, state: placed.state };
        let (asked, at) = ranking.plain();
        let part = placed.open.len().div_ceil(working.parts.max(1)).max(1);
        let parts: Vec<&[u32]> = placed.open.chunks(part).collect();
        let told = side_by_side(&parts, |rows| self.plain(asked, at, rows));
        for (row, (units, state)) in placed.open.iter().zip(told.into_iter().flatten()) {
            lane.units[*row as usize] = units;
            lane.state[*row as usize] = state;
        }
        lane
    }

    fn batches<R: Send>(
        &self,
        working: Working,
        wholes: &Wholes,
        (root, rows): (RecordId, usize),
        wanted: &[NodeId],
        each: &(impl Fn(Range<usize>, &[View<'_>]) -> R + Sync),
    ) -> Vec<R> {
        let order = self.order(wholes, wanted);
        let batch_rows = working.rows.max(1);
        let in_part = rows.div_ceil(batch_rows).div_ceil(working.parts.max(1)).max(1) * batch_rows;
        let parts: Vec<Range<usize>> = (0..rows).step_by(in_part).map(|at| at..(at + in_part).min(rows)).collect();
        let work = |part: &Range<usize>| {
            let mut batch = Batch::new(self, wholes, root, &order, wanted);
            let mut made = Vec::new();
            for first in part.clone().step_by(batch_rows) {
                let rows = first..(first + batch_rows).min(part.end);
                batch.work(rows.clone());
                let views: Vec<View<'_>> = wanted.iter().map(|it| batch.view(*it)).collect();
                made.push(each(rows, &views));
            }
            made
        };
        side_by_side(&parts, work).into_iter().flatten().collect()
    }

    /// The nodes to be worked out in each batch, in an order in which each finds what it is made of.
    fn order(&self, wholes: &Wholes, wanted: &[NodeId]) -> Vec<NodeId> {
        let mut needed = std::collections::BTreeSet::new();
        let mut waiting = wanted.to_vec();
        while let Some(node) = waiting.pop() {
            if wholes[node as usize].is_some() || !needed.insert(node) {
                continue;
            }
            waiting.extend(self.nodes.get(node).op.inputs());
        }
        // A node stands behind those that it is made of.
        needed.into_iter().collect()
    }
}
