//! Working a plan out: what must stand whole first, stage by stage, then what is wanted, batch by batch.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::ids::RecordId;
use crate::plan::Planner;
use crate::plan::batch::{Batch, as_units};
use crate::plan::fold::{self, Made};
use crate::plan::lane::{Cells, Lane, View};
use crate::plan::node::{Folded, Node, NodeId, Op, Word, state};
use crate::plan::standing::placed;
use crate::side_by_side::side_by_side;

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
        Self { rows: 2_048, parts: std::thread::available_parallelism().map_or(1, std::num::NonZero::get) }
    }
}

/// What stands whole, by node.
pub(super) type Wholes = Vec<Option<Arc<Lane>>>;

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
        let begin = |_: &Range<usize>| Vec::new();
        let take = |made: &mut Vec<R>, rows: Range<usize>, views: &[View<'_>]| made.push(each(rows, views));
        self.batches(working, &wholes, (space, rows), wanted, (&begin, &take)).into_iter().flatten().collect()
    }

    /// Works out what is wanted of single records, one after the other. Places and what is made of those who refer are known beforehand;
    /// all else is worked out for each record alone.
    pub fn one_by_one<R>(
        &self,
        working: Working,
        (space, wanted): (RecordId, &[NodeId]),
        rows: impl IntoIterator<Item = usize>,
        mut each: impl FnMut(usize, &[View<'_>]) -> R,
    ) -> Vec<R> {
        let mut wholes = self.wholes(working, wanted);
        let brought: BTreeSet<NodeId> = (0..self.nodes.len())
            .filter_map(|it| NodeId::try_from(it).ok())
            .filter_map(|it| if let Op::Of { node, .. } = self.nodes.get(it).op { Some(node) } else { None })
            .collect();
        for (id, whole) in (0..).zip(&mut wholes) {
            let stays =
                matches!(self.nodes.get(id).op, Op::Place(_) | Op::Fold { members: Folded::Referring { .. }, .. });
            if !stays && !brought.contains(&id) && !self.kept.contains_key(&id) {
                *whole = None;
            }
        }
        let order = self.order(&wholes, wanted);
        let mut batch = Batch::of_few(self, &wholes, space, &order, wanted);
        let mut made = Vec::new();
        for row in rows {
            batch.work(row..row + 1);
            let views: Vec<View<'_>> = wanted.iter().map(|it| batch.view(*it)).collect();
            made.push(each(row, &views));
        }
        made
    }

    /// Works nodes out for all records and keeps what comes of it: nobody works them out again.
    pub fn keep(&mut self, working: Working, nodes: &[NodeId]) {
        let before: Vec<bool> = nodes.iter().map(|it| self.nodes.get(*it).whole).collect();
        nodes.iter().for_each(|it| self.nodes.keep_whole(*it));
        let wholes = self.wholes(working, nodes);
        for (node, whole) in nodes.iter().zip(before) {
            self.nodes.set_whole(*node, whole);
            self.kept.extend(wholes[*node as usize].clone().map(|it| (*node, it)));
        }
    }

    /// What need not be worked out again for some nodes, of which those behind the first so many are new: the older nodes on which the
    /// new ones rest, and those that are wanted themselves.
    #[must_use]
    pub fn frontier(&self, first: usize, wanted: &[NodeId]) -> Vec<NodeId> {
        let is_new = |it: &NodeId| *it as usize >= first;
        let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut waiting = wanted.to_vec();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            let op = &self.nodes.get(id).op;
            if is_new(&id) {
                waiting.extend(op.inputs().into_iter().chain(self.before(op)));
            } else if !matches!(op, Op::Constant { .. }) {
                found.insert(id);
            }
        }
        found.into_iter().collect()
    }

    /// The nodes that are worked out for some that are wanted: all on which they rest, but for what is kept, and what is the same for all.
    #[must_use]
    pub fn worked_out(&self, wanted: &[NodeId]) -> Vec<NodeId> {
        let mut found = BTreeSet::new();
        let mut waiting = wanted.to_vec();
        while let Some(id) = waiting.pop() {
            let op = &self.nodes.get(id).op;
            if self.kept.contains_key(&id) || matches!(op, Op::Constant { .. }) || !found.insert(id) {
                continue;
            }
            waiting.extend(op.inputs().into_iter().chain(self.before(op)));
        }
        found.into_iter().collect()
    }

    /// What a node does, in a word.
    #[must_use]
    pub fn kind_of(&self, id: NodeId) -> String {
        let words = format!("{:?}", self.nodes.get(id).op);
        words.split([' ', '(']).next().unwrap_or_default().to_owned()
    }

    /// Everything that must stand whole before some nodes.
    fn wholes(&self, working: Working, wanted: &[NodeId]) -> Wholes {
        let mut wholes: Wholes = vec![None; self.nodes.len()];
        for (id, lane) in &self.kept {
            wholes[*id as usize] = Some(Arc::clone(lane));
        }
        for (_, stage) in self.stages(wanted) {
            let mut by_root: BTreeMap<RecordId, Vec<NodeId>> = BTreeMap::new();
            for id in stage {
                let node = self.nodes.get(id);
                match node.op {
                    Op::Place(ranking) => {
                        wholes[id as usize] = Some(Arc::new(self.place(working, &wholes, node, ranking)));
                    }
                    Op::Fold { members: Folded::Referring { .. }, .. } => {
                        wholes[id as usize] = Some(Arc::new(self.gathered(&wholes, node)));
                    }
                    _ => by_root.entry(self.root(node.space)).or_default().push(id),
                }
            }
            for (root, nodes) in by_root {
                let rows = self.records.rows(root).with_named();
                // The first part has room for all the others.
                let lanes = |first: bool| -> Vec<Lane> {
                    let room = |id: &NodeId| {
                        let node = self.nodes.get(*id);
                        Lane::with(node, if first { self.records.rows(node.space).with_named() } else { 0 })
                    };
                    nodes.iter().map(room).collect()
                };
                let take = |lanes: &mut Vec<Lane>, _: Range<usize>, views: &[View<'_>]| {
                    lanes.iter_mut().zip(views).for_each(|(lane, view)| lane.extend(view.units, view.state));
                };
                let begin = |part: &Range<usize>| lanes(part.start == 0);
                let mut parts = self.batches(working, &wholes, (root, rows), &nodes, (&begin, &take)).into_iter();
                let mut all = parts.next().unwrap_or_else(|| lanes(true));
                for part in parts {
                    all.iter_mut().zip(&part).for_each(|(lane, more)| lane.append(more));
                }
                for (node, lane) in nodes.into_iter().zip(all) {
                    wholes[node as usize] = Some(Arc::new(lane));
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
            if self.nodes.get(node).whole && !self.kept.contains_key(&node) {
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
        if self.kept.contains_key(&node) {
            levels.insert(node, 0);
            return 0;
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

    fn place(&self, working: Working, wholes: &Wholes, node: &Node, ranking: u32) -> Lane {
        let ranking = &self.rankings[ranking as usize];
        let rows = self.records.rows(node.space);
        let nothing = Lane::default();
        let whole = |id: NodeId| (wholes[id as usize].as_deref().unwrap_or(&nothing), self.nodes.get(id).range);
        let (mut lane, open) = placed(ranking, node, (rows.len(), rows.with_named()), working.parts, whole);
        let (asked, at) = ranking.plain();
        let parts: Vec<&[u32]> = open.chunks(open.len().div_ceil(working.parts.max(1)).max(1)).collect();
        let told = side_by_side(&parts, |rows| self.plain(asked, at, rows));
        for (row, (units, state)) in open.iter().zip(told.into_iter().flatten()) {
            lane.set(*row as usize, units, state);
        }
        lane
    }

    /// What is made of those who refer.
    fn gathered(&self, wholes: &Wholes, node: &Node) -> Lane {
        let rows = self.records.rows(node.space).with_named();
        let mut lane = Lane::with(node, rows);
        let Op::Fold { members: Folded::Referring { referring, names }, word, counts, gives, those_known } = node.op
        else {
            return lane;
        };
        let whole = |id: NodeId| wholes[id as usize].as_deref();
        let (Some(names), Some(counts)) = (whole(names), whole(counts)) else { return lane };
        if matches!(word, Word::Count | Word::Any) {
            let any = word == Word::Any;
            lane.state.resize(rows, if any { state::NO } else { state::KNOWN });
            let Lane { cells, state } = &mut lane;
            let named = counts.state.iter().enumerate().filter(|(who, counts)| {
                **counts & (state::KNOWN | state::UNKNOWN) != 0 && names.state[*who] == state::KNOWN
            });
            let named = named.map(|(who, counts)| (usize::try_from(names.unit(who)).unwrap_or(usize::MAX), *counts));
            match cells {
                Some(Cells::Short(units)) => fold::scattered(named, units, state, rows, (any, those_known)),
                Some(Cells::Middle(units)) => fold::scattered(named, units, state, rows, (any, those_known)),
                Some(Cells::Long(units)) => fold::scattered(named, units, state, rows, (any, those_known)),
                None => fold::scattered(named, &mut Vec::<i16>::new(), state, 0, (any, those_known)),
            }
            return lane;
        }
        let index = &self.referring[referring as usize];
        let gives = gives.and_then(whole);
        for row in 0..rows {
            let mut made = Made::of(word);
            for at in index.to(row).iter().map(|it| *it as usize) {
                // They named others on other days.
                if names.state[at] == state::KNOWN && names.unit(at) == as_units(row) {
                    let (state, units) = gives.map_or((state::KNOWN, 0), |it| (it.state[at], it.unit(at)));
                    made.take_if(those_known, counts.state[at], state, units);
                }
            }
            let (units, state) = made.come();
            lane.push(units, state);
        }
        lane
    }

    /// Works out what is wanted, part by part; what is begun for each part takes in its batches, and the parts are given in order.
    fn batches<A: Send>(
        &self,
        working: Working,
        wholes: &Wholes,
        (root, rows): (RecordId, usize),
        wanted: &[NodeId],
        (begin, take): (&(impl Fn(&Range<usize>) -> A + Sync), &(impl Fn(&mut A, Range<usize>, &[View<'_>]) + Sync)),
    ) -> Vec<A> {
        let order = self.order(wholes, wanted);
        let batch_rows = working.rows.max(1);
        let in_part = rows.div_ceil(batch_rows).div_ceil(working.parts.max(1)).max(1) * batch_rows;
        let parts: Vec<Range<usize>> = (0..rows).step_by(in_part).map(|at| at..(at + in_part).min(rows)).collect();
        let work = |part: &Range<usize>| {
            let mut batch = Batch::new(self, wholes, root, &order, wanted);
            let mut made = begin(part);
            for first in part.clone().step_by(batch_rows) {
                let rows = first..(first + batch_rows).min(part.end);
                batch.work(rows.clone());
                let views: Vec<View<'_>> = wanted.iter().map(|it| batch.view(*it)).collect();
                take(&mut made, rows, &views);
            }
            made
        };
        side_by_side(&parts, work)
    }

    /// The nodes to be worked out in each batch, in an order in which each finds what it is made of.
    fn order(&self, wholes: &Wholes, wanted: &[NodeId]) -> Vec<NodeId> {
        let mut needed = BTreeSet::new();
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
