//! One batch of rows: each node's kernel in turn, in room that is used again.

use std::ops::Range;

use jiff::civil::Date;

use crate::calendar::day_number;
use crate::eval::framework::{Verdict, judge};
use crate::eval::{self, Scope};
use crate::ids::RecordId;
use crate::plan::fold::{self, Made};
use crate::plan::kernel::{self, Side};
use crate::plan::node::{Folded, Node, NodeId, Op, Word, state};
use crate::plan::run::{Lane, View, Wholes};
use crate::plan::{At, Planner};
use crate::policy::framework::Framework;
use crate::policy::model::{Blank, Expr, Type};
use crate::table::{Column, Held};
use crate::value::{Known, Truth, Value};

/// Room for one batch after another.
pub(super) struct Batch<'p, 'a> {
    plan: &'p Planner<'a>,
    wholes: &'p Wholes,
    order: &'p [NodeId],
    lanes: Vec<Lane>,
    /// The lane of each node; one serves several whose times do not meet.
    lane_of: Vec<u32>,
    /// The rows at hand, by record type.
    rows: Vec<Range<usize>>,
    root: RecordId,
    scopes: Vec<Option<Scope<'p>>>,
}

/// No lane.
const NONE: u32 = u32::MAX;

impl<'p, 'a> Batch<'p, 'a> {
    pub(super) fn new(
        plan: &'p Planner<'a>,
        wholes: &'p Wholes,
        root: RecordId,
        order: &'p [NodeId],
        wanted: &[NodeId],
    ) -> Self {
        let (lane_of, lanes) = lanes(plan, order, wanted);
        let types = plan.grounds.first().map_or(0, |it| it.policy.records.len());
        Self {
            plan,
            wholes,
            order,
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            lane_of,
            rows: vec![0..0; types],
            root,
            scopes: plan.grounds.iter().map(|_| None).collect(),
        }
    }

    /// Works everything out for some rows of the root.
    pub(super) fn work(&mut self, rows: Range<usize>) {
        self.rows[self.root.index()] = rows;
        self.rows_of_children(self.root);
        for id in self.order {
            let mut lane = std::mem::take(&mut self.lanes[self.lane_of[*id as usize] as usize]);
            let node = self.plan.nodes.get(*id);
            lane.resize(self.rows[node.space.index()].len());
            self.node(node, &mut lane);
            self.lanes[self.lane_of[*id as usize] as usize] = lane;
        }
    }

    /// The stretches of children that belong to the rows at hand.
    fn rows_of_children(&mut self, owner: RecordId) {
        let Some(ground) = self.plan.grounds.first() else { return };
        let own = self.rows[owner.index()].clone();
        for at in 0..ground.policy.records.len() {
            let kind = RecordId::at(at);
            if ground.policy.child_of(kind) == Some(owner) {
                let children = self.plan.records.rows(kind);
                // Rows behind those of records are only named by others, and have no children.
                let there = own.end.min(self.plan.records.rows(owner).len());
                let of = |row: usize| children.of_owner(row);
                self.rows[at] = if own.start < there { of(own.start).start..of(there - 1).end } else { 0..0 };
                self.rows_of_children(kind);
            }
        }
    }

    /// What a node came to for the rows at hand.
    pub(super) fn view(&self, id: NodeId) -> View<'_> {
        if let Some(whole) = &self.wholes[id as usize] {
            let rows = self.rows[self.plan.nodes.get(id).space.index()].clone();
            return whole.view(rows);
        }
        let lane = &self.lanes[self.lane_of[id as usize] as usize];
        lane.view(0..lane.state.len())
    }

    fn states(&self, ids: &[NodeId]) -> Vec<&[u8]> {
        ids.iter().map(|it| self.view(*it).state).collect()
    }

    fn side(&self, id: NodeId) -> Side<'_> {
        let node = self.plan.nodes.get(id);
        match node.op {
            Op::Constant { units, state: state::KNOWN } => Side::Same(units),
            _ => Side::Of { view: self.view(id), sure: node.may == state::KNOWN },
        }
    }

    fn node(&mut self, node: &Node, out: &mut Lane) {
        let rows = self.rows[node.space.index()].clone();
        match &node.op {
            Op::Held(column) => held(self.plan.column(*column), rows, out),
            Op::Constant { units, state } => kernel::fill(out, *units, *state),
            Op::Row => {
                out.units.iter_mut().zip(rows).for_each(|(out, row)| *out = as_units(row));
                out.state.fill(state::KNOWN);
            }
            Op::OfOwner(of) => {
                let owners = &self.plan.records.rows(node.space).owners()[rows];
                let first = self.rows[self.plan.nodes.get(*of).space.index()].start;
                let of = self.view(*of);
                for (at, owner) in owners.iter().enumerate() {
                    out.units[at] = of.units[*owner as usize - first];
                    out.state[at] = of.state[*owner as usize - first];
                }
            }
            Op::HeldOf { at, column } => {
                let column = self.plan.column(*column);
                let at = self.view(*at);
                for row in 0..out.state.len() {
                    let asked = usize::try_from(at.units[row]).unwrap_or(usize::MAX);
                    (out.units[row], out.state[row]) = match at.state[row] {
                        state::KNOWN => held_at(column, asked),
                        blank => (0, blank),
                    };
                }
            }
            Op::Of { at, node: of } => {
                let at = self.view(*at);
                let Some(of) = &self.wholes[*of as usize] else { return };
                for row in 0..out.state.len() {
                    let asked = usize::try_from(at.units[row]).unwrap_or(usize::MAX);
                    (out.units[row], out.state[row]) = match at.state[row] {
                        state::KNOWN => (of.units[asked], of.state[asked]),
                        blank => (0, blank),
                    };
                }
            }
            Op::Times { of, factor } => kernel::map(out, self.view(*of), |it| it * factor),
            Op::Sum(a, b) => kernel::reckon(out, self.view(*a), self.view(*b), |a, b| a + b),
            Op::Difference(a, b) => kernel::reckon(out, self.view(*a), self.view(*b), |a, b| a - b),
            Op::Product(a, b) => kernel::reckon(out, self.view(*a), self.view(*b), |a, b| a * b),
            Op::Divisible(a, b) => kernel::divisible(out, self.view(*a), self.view(*b)),
            Op::Round { of, by, up, down, mode, to } => {
                kernel::round(out, self.view(*of), by.map(|it| self.view(it)), (*up, *down, *mode, *to));
            }
            Op::Extreme { greatest, of } => {
                kernel::extreme(out, &of.iter().map(|it| self.view(*it)).collect::<Vec<_>>(), *greatest);
            }
            Op::Limit { value, limit, at_most } => {
                kernel::limit(out, self.view(*value), self.view(*limit), *at_most);
            }
            Op::IfUnknown { value, default } => kernel::if_unknown(out, self.view(*value), self.view(*default)),
            Op::If { condition, then, otherwise } => {
                kernel::choose(out, self.view(*condition).state, self.view(*then), self.view(*otherwise));
            }
            Op::Weighted(parts) => {
                let parts: Vec<_> = parts.iter().map(|it| (it.0, self.view(it.1))).collect();
                kernel::weighted(out, &parts, false);
            }
            Op::Weights(parts) => {
                let parts: Vec<_> = parts.iter().map(|it| (it.0, self.view(it.1))).collect();
                kernel::weighted(out, &parts, true);
            }
            Op::Reached(parts) | Op::Reachable(parts) => {
                let parts: Vec<_> = parts.iter().map(|it| (self.view(it.0), self.view(it.1))).collect();
                kernel::share(out, &parts, matches!(node.op, Op::Reachable(_)));
            }
            Op::Where { begun, value } => kernel::where_begun(out, self.view(*begun).state, self.view(*value)),
            Op::Listed { of, list } => {
                let last = list.len().saturating_sub(1);
                kernel::map(out, self.view(*of), |it| list[usize::try_from(it).unwrap_or(0).min(last)]);
            }
            Op::Band { of, bands, caps } => {
                let caps: Vec<_> = caps.iter().map(|it| (it.0, it.1, self.view(it.2).state)).collect();
                kernel::band(out, self.view(*of), bands, &caps);
            }
            Op::AsUnits(of) => kernel::as_units(out, self.view(*of).state),
            Op::AsTruth(of) => kernel::as_truth(out, self.view(*of)),
            Op::Compare { op, left, right } => {
                kernel::compare(&mut out.state, *op, self.side(*left), self.side(*right));
            }
            Op::All(of) => kernel::all(&mut out.state, &self.states(of)),
            Op::Any(of) => kernel::any(&mut out.state, &self.states(of)),
            Op::Together(of) => kernel::together(&mut out.state, &self.states(of)),
            Op::Not(of) => kernel::not(&mut out.state, self.view(*of).state),
            Op::OrNo(of) => kernel::or_no(&mut out.state, self.view(*of).state),
            Op::Followed { of, parts } => {
                let parts: Vec<_> = parts.iter().map(|it| it.map(|one| self.view(*one).state)).collect();
                kernel::followed(&mut out.state, self.view(*of).state, &parts);
            }
            Op::IsKnown(of) => kernel::is_known(&mut out.state, self.view(*of).state),
            Op::History { periods, counting } => {
                let begun = |it: &Option<NodeId>| it.map(|it| self.view(it).state);
                let periods: Vec<_> = periods.iter().map(|it| (self.view(it.holds).state, begun(&it.begun))).collect();
                kernel::history(&mut out.state, &periods, *counting);
            }
            Op::Fold { members, word, counts, gives, those_known } => {
                self.fold(out, rows, *members, (*word, *counts, *gives), *those_known);
            }
            Op::FoldPeriods { periods, most, word, those_known } => {
                let periods: Vec<_> = periods
                    .iter()
                    .map(|it| {
                        let begun = it.begun.map(|it| self.view(it).state);
                        (begun, self.view(it.counts).state, it.gives.map(|it| self.view(it)))
                    })
                    .collect();
                fold::periods(out, &periods, *most, *word, *those_known);
            }
            Op::Covered { covered, verdict } => {
                kernel::covered(&mut out.state, self.view(*covered).state, self.view(*verdict).state);
            }
            Op::Behind { verdict, earlier, meanwhile } => {
                let (verdict, earlier) = (self.view(*verdict).state, self.view(*earlier).state);
                kernel::behind(&mut out.state, verdict, earlier, *meanwhile);
            }
            Op::Paid { verdict, amount } => {
                kernel::paid(&mut out.state, self.view(*verdict).state, self.view(*amount).state);
            }
            // It always stands whole.
            Op::Place(_) => {}
            Op::Plain { asked, at } => {
                for (place, row) in rows.enumerate() {
                    (out.units[place], out.state[place]) = self.ask(*asked, *at, row);
                }
            }
        }
    }

    fn fold(
        &self,
        out: &mut Lane,
        rows: Range<usize>,
        members: Folded,
        (word, counts, gives): (Word, NodeId, Option<NodeId>),
        those_known: bool,
    ) {
        let take = |made: &mut Made, counts: u8, gives: u8, units: i64| {
            if !(those_known && (counts | gives) & state::UNKNOWN != 0) {
                made.take(counts, gives, units);
            }
        };
        match members {
            Folded::Children(kind) => {
                let children = self.plan.records.rows(kind);
                let first = self.rows[kind.index()].start;
                let (counts, gives) = (self.view(counts), gives.map(|it| self.view(it)));
                for (place, row) in rows.enumerate() {
                    let mut made = Made::of(word);
                    for child in children.of_owner(row) {
                        let at = child - first;
                        let (state, units) = gives.map_or((state::KNOWN, 0), |it| (it.state[at], it.units[at]));
                        take(&mut made, counts.state[at], state, units);
                    }
                    (out.units[place], out.state[place]) = made.come();
                }
            }
            Folded::Referring { referring, names } => {
                let index = &self.plan.referring[referring as usize];
                let whole = |it: NodeId| self.wholes[it as usize].as_ref();
                let (Some(names), Some(counts)) = (whole(names), whole(counts)) else { return };
                let gives = gives.and_then(whole);
                for (place, row) in rows.enumerate() {
                    let mut made = Made::of(word);
                    for who in index.to(row) {
                        let at = *who as usize;
                        if names.state[at] != state::KNOWN || names.units[at] != as_units(row) {
                            continue;
                        }
                        let (state, units) = gives.map_or((state::KNOWN, 0), |it| (it.state[at], it.units[at]));
                        take(&mut made, counts.state[at], state, units);
                    }
                    (out.units[place], out.state[place]) = made.come();
                }
            }
        }
    }

    /// The scope of the evaluator that goes row by row.
    fn scope(&mut self, ground: usize, at: At, row: usize) -> Scope<'p> {
        let plan = self.plan;
        let base = self.scopes[ground].get_or_insert_with(|| plan.grounds[ground].scope());
        at_row(plan, base, at, row)
    }

    fn ask(&mut self, asked: u32, at: At, row: usize) -> (i64, u8) {
        let (ground, expr) = self.plan.asked[asked as usize];
        let scope = self.scope(ground, at, row);
        told(&scope, expr)
    }
}

impl Planner<'_> {
    /// What becomes of the rules of a framework for some rows, as the evaluator that goes row by row says it.
    #[must_use]
    pub fn judged_row_by_row(&self, ground: usize, framework: &Framework, at: At, rows: &[u32]) -> Vec<Vec<Verdict>> {
        let base = self.grounds[ground].scope();
        rows.iter().map(|row| judge(&at_row(self, &base, at, *row as usize), framework)).collect()
    }

    /// What an expression is for some rows, as the evaluator that goes row by row says it.
    #[must_use]
    pub fn values_row_by_row(&self, ground: usize, expr: &Expr, at: At, rows: &[u32]) -> Vec<Value> {
        let base = self.grounds[ground].scope();
        rows.iter().map(|row| eval::value(&at_row(self, &base, at, *row as usize), expr)).collect()
    }

    /// What the evaluator that goes row by row says of some rows.
    pub(super) fn plain(&self, asked: u32, at: At, rows: &[u32]) -> Vec<(i64, u8)> {
        let (ground, expr) = self.asked[asked as usize];
        let base = self.grounds[ground].scope();
        rows.iter().map(|row| told(&at_row(self, &base, at, *row as usize), expr)).collect()
    }
}

fn at_row<'s>(plan: &Planner<'_>, base: &Scope<'s>, at: At, row: usize) -> Scope<'s> {
    base.placed(plan.records.record(at.space, row), (at.period, at.on, at.reading), at.back)
}

/// The lane of each node, and how many there are: a lane is free again once nobody needs it.
fn lanes(plan: &Planner<'_>, order: &[NodeId], wanted: &[NodeId]) -> (Vec<u32>, u32) {
    let mut last_use: Vec<usize> = vec![0; plan.nodes.len()];
    for (place, id) in order.iter().enumerate() {
        for input in plan.nodes.get(*id).op.inputs() {
            last_use[input as usize] = place;
        }
    }
    for id in wanted {
        last_use[*id as usize] = usize::MAX;
    }
    let (mut lane_of, mut free, mut count) = (vec![NONE; plan.nodes.len()], Vec::new(), 0);
    for (place, id) in order.iter().enumerate() {
        lane_of[*id as usize] = free.pop().unwrap_or_else(|| {
            count += 1;
            count - 1
        });
        let mut inputs = plan.nodes.get(*id).op.inputs();
        inputs.sort_unstable();
        inputs.dedup();
        for input in inputs {
            if last_use[input as usize] == place && lane_of[input as usize] != NONE {
                free.push(lane_of[input as usize]);
            }
        }
    }
    (lane_of, count)
}

fn as_units(row: usize) -> i64 {
    i64::try_from(row).unwrap_or(i64::MAX)
}

fn blank_state(blank: Blank) -> u8 {
    match blank {
        Blank::Unknown => state::UNKNOWN,
        Blank::NotApplicable => state::UNFIT,
        Blank::NotHappened => state::NO,
    }
}

/// Some rows of a column; those that it does not reach are only named, and blank.
fn held(column: &Column, rows: Range<usize>, out: &mut Lane) {
    let blank = blank_state(column.blank);
    let there = rows.end.min(column.len()).saturating_sub(rows.start);
    if let Held::Units { units, .. } = &column.held {
        units.copy(rows.start.min(column.len()), &mut out.units[..there]);
    }
    match &column.known {
        None => out.state[..there].fill(state::KNOWN),
        Some(known) => {
            for (out, known) in out.state[..there].iter_mut().zip(&known[rows.start.min(known.len())..]) {
                *out = if *known { state::KNOWN } else { blank };
            }
        }
    }
    // The room was used before.
    out.units[there..].fill(0);
    out.state[there..].fill(blank);
}

fn held_at(column: &Column, row: usize) -> (i64, u8) {
    match &column.held {
        Held::Units { units, .. } if row < column.len() && column.is_known(row) => (units.get(row), state::KNOWN),
        _ => (0, blank_state(column.blank)),
    }
}

/// What the evaluator says, as units and a state.
fn told(scope: &Scope<'_>, expr: &Expr) -> (i64, u8) {
    if expr.ty == Type::YesNo {
        return match eval::truth(scope, expr) {
            Truth::Yes => (0, state::KNOWN),
            Truth::No => (0, state::NO),
            Truth::Unknown(_) => (0, state::UNKNOWN),
            Truth::NotApplicable => (0, state::UNFIT),
        };
    }
    match eval::value(scope, expr) {
        Value::Known(Known::Date(day)) => (day_number(day.max(Date::MIN)), state::KNOWN),
        Value::Known(Known::Choice(_, place)) => (place.into(), state::KNOWN),
        Value::Known(Known::Number(number)) => (number.units_of(1).unwrap_or(0), state::KNOWN),
        Value::Known(_) => (0, state::KNOWN),
        Value::Unknown(_) => (0, state::UNKNOWN),
        Value::NotApplicable => (0, state::UNFIT),
        Value::NotHappened => (0, state::NO),
    }
}
