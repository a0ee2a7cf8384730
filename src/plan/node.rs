//! The nodes of a plan: what each is worked out from, in what it counts, and what it can come to.
//!
//! A node is about the rows of one record type. It gives each row a state and, unless it is a truth, a whole number of units. Equal
//! nodes are one node, whoever asks for them.

use std::collections::HashMap;

use crate::ids::RecordId;
use crate::plan::At;
use crate::policy::model::CompareOp;
use crate::value::Rounding;

/// The place of a node in its plan; those that it is made of stand before it.
pub type NodeId = u32;

/// The states of a row: one of these bits each. Of a truth, [`KNOWN`] is yes.
pub(super) mod state {
    /// Known; of a truth, yes; of a verdict, proposed.
    pub(in crate::plan) const KNOWN: u8 = 1;
    /// Not known; of a verdict, undetermined.
    pub(in crate::plan) const UNKNOWN: u8 = 2;
    /// It does not apply; of a verdict, not covered.
    pub(in crate::plan) const UNFIT: u8 = 4;
    /// Of a value, it has not happened; of a truth, no; of a verdict, it does not follow.
    pub(in crate::plan) const NO: u8 = 8;
}

/// What a node is made of, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// A column of the records.
    Held(u32),
    /// The same for every row.
    Constant { units: i64, state: u8 },
    /// The row itself.
    Row,
    /// What the owner has, of children.
    OfOwner(NodeId),
    /// A column of other records, by their rows.
    HeldOf { at: NodeId, column: u32 },
    /// What was worked out for other records, by their rows.
    Of { at: NodeId, node: NodeId },
    /// So many times as much.
    Times { of: NodeId, factor: i64 },
    /// The sum.
    Sum(NodeId, NodeId),
    /// The difference.
    Difference(NodeId, NodeId),
    /// The product.
    Product(NodeId, NodeId),
    /// The first, unless the second is nought: then nobody knows.
    Divisible(NodeId, NodeId),
    /// Rounded: `of` times `up` by `by` and by `down`, to whole ones, then times `to`.
    Round { of: NodeId, by: Option<NodeId>, up: i64, down: i64, mode: Mode, to: i64 },
    /// The greatest or the least.
    Extreme { greatest: bool, of: Vec<NodeId> },
    /// At most or at least.
    Limit { value: NodeId, limit: NodeId, at_most: bool },
    /// The value, or another where it is not known.
    IfUnknown { value: NodeId, default: NodeId },
    /// One or the other.
    If { condition: NodeId, then: NodeId, otherwise: NodeId },
    /// What counts of several, each times its weight.
    Weighted(Vec<(i64, NodeId)>),
    /// The weights of what counts.
    Weights(Vec<(i64, NodeId)>),
    /// The points reached, each at most what it is out of.
    Reached(Vec<(NodeId, NodeId)>),
    /// The points that could be reached.
    Reachable(Vec<(NodeId, NodeId)>),
    /// Where something has begun; where not, it does not apply.
    Where { begun: NodeId, value: NodeId },
    /// What a number stands for at each place.
    Listed { of: NodeId, list: Vec<i64> },
    /// The band of a number. Ends are in the number's units; caps say at most or at least which band.
    Band { of: NodeId, bands: Vec<BandEnds>, caps: Vec<(bool, u32, NodeId)> },
    /// Yes and no as 1 and 0.
    AsUnits(NodeId),
    /// The other way round.
    AsTruth(NodeId),
    /// A comparison.
    Compare { op: Comparison, left: NodeId, right: NodeId },
    /// All of them.
    All(Vec<NodeId>),
    /// Any of them.
    Any(Vec<NodeId>),
    /// Not.
    Not(NodeId),
    /// No where it can't be asked.
    OrNo(NodeId),
    /// A condition; where it is not known, whatever its open parts come to is followed.
    Followed { of: NodeId, parts: Vec<Part<NodeId>> },
    /// Whether it is known.
    IsKnown(NodeId),
    /// Whether so many of them hold; all of them can be asked.
    Counted { of: Vec<NodeId>, count: u8 },
    /// In how many periods it holds; the first is the one at hand.
    History { periods: Vec<HistoryPart>, counting: Counting },
    /// How many children (or who refers) count, what they give together, or whether any does.
    Fold { members: Folded, word: Word, counts: NodeId, gives: Option<NodeId>, those_known: bool },
    /// What several periods of one record come to: those that apply, the one at hand first, or all of them.
    FoldPeriods { periods: Vec<PeriodPart>, most: Option<u32>, word: Word, those_known: bool },
    /// A verdict of those covered: else it is not covered.
    Covered { covered: NodeId, verdict: NodeId },
    /// What several say, side by side, for [`Op::Behind`].
    Together(Vec<NodeId>),
    /// A verdict that counts only while none of the earlier applies.
    Behind { verdict: NodeId, earlier: NodeId, meanwhile: bool },
    /// A verdict with what is paid.
    Paid { verdict: NodeId, amount: NodeId },
    /// A place among others.
    Place(u32),
    /// What the evaluator that goes row by row says of an expression.
    Plain { asked: u32, at: At },
}

/// How to round, as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Mode {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

impl From<Rounding> for Mode {
    fn from(mode: Rounding) -> Self {
        match mode {
            Rounding::HalfUp => Mode::HalfUp,
            Rounding::HalfEven => Mode::HalfEven,
            Rounding::Up => Mode::Up,
            Rounding::Down => Mode::Down,
        }
    }
}

/// A comparison, as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Is,
    IsNot,
}

/// The comparison, and whether the two sides change places.
pub(super) fn comparison(op: CompareOp) -> (Comparison, bool) {
    match op {
        CompareOp::Less => (Comparison::Less, false),
        CompareOp::AtMost => (Comparison::AtMost, false),
        CompareOp::More => (Comparison::Less, true),
        CompareOp::AtLeast => (Comparison::AtMost, true),
        CompareOp::Is => (Comparison::Is, false),
        CompareOp::IsNot => (Comparison::IsNot, false),
    }
}

/// A band's place and the least and greatest units that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct BandEnds {
    pub(super) choice: u32,
    pub(super) least: i64,
    pub(super) most: i64,
}

/// A condition in one period, and whether that is one of theirs; nothing where it is for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct HistoryPart {
    pub(super) holds: NodeId,
    pub(super) begun: Option<NodeId>,
}

/// A period that may count: whether it is one of theirs, whether it counts, and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PeriodPart {
    pub(super) begun: Option<NodeId>,
    pub(super) counts: NodeId,
    pub(super) gives: Option<NodeId>,
}

/// A condition in the order in which it is put together: each step takes what the steps before it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part<T> {
    /// A part that is not taken apart.
    One(T),
    /// All of so many.
    All(usize),
    /// Any of so many.
    Any(usize),
    /// Not.
    Not,
    /// No where it can't be asked.
    OrNo,
}

impl<T> Part<T> {
    /// The same of what stands for the parts.
    pub(super) fn map<U>(&self, of: impl FnOnce(&T) -> U) -> Part<U> {
        match self {
            Part::One(one) => Part::One(of(one)),
            Part::All(count) => Part::All(*count),
            Part::Any(count) => Part::Any(*count),
            Part::Not => Part::Not,
            Part::OrNo => Part::OrNo,
        }
    }
}

/// How periods are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Counting {
    pub(super) count: u32,
    pub(super) last: u32,
    pub(super) consecutive: bool,
    pub(super) breaks: bool,
    pub(super) missing: Missed,
}

/// What becomes of a period of which a fact is missing, as a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Missed {
    Awaited,
    Skipped,
    Counted(bool),
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Folded {
    /// The children of a type.
    Children(RecordId),
    /// Those who refer; an index into the plan's references. The node says whom they name on the day that is read.
    Referring { referring: u32, names: NodeId },
}

/// What is made of those who count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Word {
    Count,
    Sum,
    /// The sum of what is averaged.
    Averaged,
    /// Of how many.
    AveragedOf,
    Least,
    Greatest,
    Any,
    Every,
}

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) op: Op,
    /// Whose rows it is about.
    pub(super) space: RecordId,
    /// The states that its rows may have.
    pub(super) may: u8,
    /// The least and greatest units that are known; of no account for a truth.
    pub(super) range: (i64, i64),
    /// Whether it is worked out for all rows before anything that rests on it.
    pub(super) whole: bool,
}

/// All nodes, equal ones once.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    all: Vec<Node>,
    known: HashMap<(RecordId, Op), NodeId>,
}

impl Nodes {
    pub(super) fn get(&self, id: NodeId) -> &Node {
        &self.all[id as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn keep_whole(&mut self, id: NodeId) {
        self.set_whole(id, true);
    }

    pub(super) fn set_whole(&mut self, id: NodeId, whole: bool) {
        self.all[id as usize].whole = whole;
    }

    pub(super) fn add(&mut self, mut node: Node) -> NodeId {
        // What can come to one thing alone is the same for all.
        let same = node.range.0 == node.range.1 || node.may != state::KNOWN;
        if same && node.may.is_power_of_two() {
            let units = if node.may == state::KNOWN { node.range.0 } else { 0 };
            node = Node { op: Op::Constant { units, state: node.may }, range: (units, units), whole: false, ..node };
        }
        let key = (node.space, node.op.clone());
        if let Some(found) = self.known.get(&key) {
            return *found;
        }
        let id = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.known.insert(key, id);
        self.all.push(node);
        id
    }
}

impl Op {
    /// The nodes of the same batch that it is made of.
    pub(super) fn inputs(&self) -> Vec<NodeId> {
        match self {
            Op::Held(_)
            | Op::Constant { .. }
            | Op::Row
            | Op::Place(_)
            | Op::Plain { .. } => Vec::new(),
            Op::OfOwner(of)
            | Op::HeldOf { at: of, .. }
            // What it is worked out for stands whole.
            | Op::Of { at: of, .. }
            | Op::Times { of, .. }
            | Op::Listed { of, .. }
            | Op::AsUnits(of)
            | Op::AsTruth(of)
            | Op::Not(of)
            | Op::OrNo(of)
            | Op::IsKnown(of) => vec![*of],
            Op::Sum(a, b)
            | Op::Difference(a, b)
            | Op::Product(a, b)
            | Op::Divisible(a, b)
            | Op::Limit { value: a, limit: b, .. }
            | Op::IfUnknown { value: a, default: b }
            | Op::Where { begun: a, value: b }
            | Op::Compare { left: a, right: b, .. }
            | Op::Covered { covered: a, verdict: b }
            | Op::Behind { verdict: a, earlier: b, .. }
            | Op::Paid { verdict: a, amount: b } => vec![*a, *b],
            Op::Round { of, by, .. } => std::iter::once(*of).chain(*by).collect(),
            Op::Extreme { of, .. } | Op::Counted { of, .. } | Op::All(of) | Op::Any(of) | Op::Together(of) => of.clone(),
            Op::Followed { of, parts } => {
                let one = |it: &Part<NodeId>| if let Part::One(one) = it { Some(*one) } else { None };
                std::iter::once(*of).chain(parts.iter().filter_map(one)).collect()
            }
            Op::If { condition, then, otherwise } => vec![*condition, *then, *otherwise],
            Op::Weighted(parts) | Op::Weights(parts) => parts.iter().map(|it| it.1).collect(),
            Op::Reached(parts) | Op::Reachable(parts) => parts.iter().flat_map(|it| [it.0, it.1]).collect(),
            Op::Band { of, caps, .. } => std::iter::once(*of).chain(caps.iter().map(|it| it.2)).collect(),
            Op::History { periods, .. } => periods.iter().flat_map(|it| std::iter::once(it.holds).chain(it.begun)).collect(),
            Op::FoldPeriods { periods, .. } => {
                periods.iter().flat_map(|it| [Some(it.counts), it.begun, it.gives]).flatten().collect()
            }
            Op::Fold { members: Folded::Children(_), counts, gives, .. } => std::iter::once(*counts).chain(*gives).collect(),
            Op::Fold { members: Folded::Referring { .. }, .. } => Vec::new(),
        }
    }

    /// The nodes that must be worked out for all rows before it.
    pub(super) fn rests_on_whole(&self) -> Vec<NodeId> {
        match self {
            Op::Of { node, .. } => vec![*node],
            Op::Fold { members: Folded::Referring { names, .. }, counts, gives, .. } => {
                [*names, *counts].into_iter().chain(*gives).collect()
            }
            _ => Vec::new(),
        }
    }
}
