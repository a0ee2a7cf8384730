//! One batch of rows: each node's kernel in turn, in room that is used again.

use std::borrow::Cow;
use std::ops::Range;

use crate::eval::Scope;
use crate::ids::RecordId;
use crate::plan::asked::{at_row, told};
use crate::plan::fold::{self, Made, Making, Period};
use crate::plan::kernel::{self, Grid, In, Out, Side};
use crate::plan::lane::{Cell, Cells, View, Width};
use crate::plan::node::{Folded, Node, NodeId, Op, Word, state};
use crate::plan::room::{Place, Rooms};
use crate::plan::run::Wholes;
use crate::plan::{At, Planner, lane, truth};
use crate::policy::model::Blank;
use crate::table::{Column, Held};

/// Room for one batch after another.
pub(super) struct Batch<'p, 'a> {
    plan: &'p Planner<'a>,
    wholes: &'p Wholes,
    order: &'p [NodeId],
    /// In how many bytes each of them is reckoned: enough for it and for all that it is made of.
    widths: Vec<Width>,
    /// In which all stand, if not each in its own.
    one: Option<Width>,
    places: Vec<Place>,
    /// One serves several nodes whose times do not meet.
    cells: Vec<Cells>,
    states: Vec<Vec<u8>>,
    /// The numbers and states of nodes that have none of their own.
    noughts: Cells,
    same: [Vec<u8>; 4],
    /// The rows at hand, by record type.
    rows: Vec<Range<usize>>,
    root: RecordId,
    scopes: Vec<Option<Scope<'p>>>,
}

impl<'p, 'a> Batch<'p, 'a> {
    pub(super) fn new(
        plan: &'p Planner<'a>,
        wholes: &'p Wholes,
        root: RecordId,
        order: &'p [NodeId],
        wanted: &[NodeId],
    ) -> Self {
        Self::in_width(plan, wholes, root, (order, wanted), None)
    }

    /// For few rows at a time: all numbers in the greatest width, so that none has to be made into another.
    pub(super) fn of_few(
        plan: &'p Planner<'a>,
        wholes: &'p Wholes,
        root: RecordId,
        order: &'p [NodeId],
        wanted: &[NodeId],
    ) -> Self {
        Self::in_width(plan, wholes, root, (order, wanted), Some(Width::Long))
    }

    fn in_width(
        plan: &'p Planner<'a>,
        wholes: &'p Wholes,
        root: RecordId,
        (order, wanted): (&'p [NodeId], &[NodeId]),
        one: Option<Width>,
    ) -> Self {
        let width = |id: &NodeId| one.unwrap_or_else(|| Width::of(plan.nodes.get(*id).range));
        let rooms = Rooms::of(plan, order, wanted, |id| width(&id));
        let types = plan.grounds.first().map_or(0, |it| it.policy.records.len());
        Self {
            plan,
            wholes,
            order,
            widths: order
                .iter()
                .map(|id| plan.nodes.get(*id).op.inputs().iter().map(width).fold(width(id), Ord::max))
                .collect(),
            one,
            places: rooms.places,
            cells: rooms.cells.into_iter().map(|width| Cells::with(width, 0)).collect(),
            states: vec![Vec::new(); rooms.states],
            noughts: Cells::with(one.unwrap_or(Width::Short), 0),
            same: Default::default(),
            rows: vec![0..0; types],
            root,
            scopes: plan.grounds.iter().map(|_| None).collect(),
        }
    }

    /// Works everything out for some rows of the root.
    pub(super) fn work(&mut self, rows: Range<usize>) {
        self.rows[self.root.index()] = rows;
        self.rows_of_children(self.root);
        let most = self.rows.iter().map(Range::len).max().unwrap_or(0);
        if self.noughts.len() < most {
            self.noughts.resize(most, 0);
            for (bit, same) in self.same.iter_mut().enumerate() {
                same.resize(most, 1 << bit);
            }
        }
        for (at, id) in self.order.iter().enumerate() {
            let node = self.plan.nodes.get(*id);
            let rows = self.rows[node.space.index()].len();
            let place = self.places[*id as usize];
            if let (Op::Constant { .. }, Some(cells), None) = (&node.op, place.cells, place.state)
                && self.cells[cells].len() >= rows
            {
                // It stands there since an earlier batch.
                continue;
            }
            let mut cells = place.cells.map(|it| std::mem::take(&mut self.cells[it])).unwrap_or_default();
            let mut states = place.state.map(|it| std::mem::take(&mut self.states[it])).unwrap_or_default();
            if place.cells.is_some() {
                let units = if let Op::Constant { units, .. } = node.op { units } else { 0 };
                cells.resize(rows, units);
            }
            if place.state.is_some() {
                states.resize(rows, 0);
            }
            match self.widths[at] {
                Width::Short => self.written::<i16>(node, &mut cells, &mut states),
                Width::Middle => self.written::<i32>(node, &mut cells, &mut states),
                Width::Long => self.written::<i64>(node, &mut cells, &mut states),
            }
            if let Some(at) = place.cells {
                self.cells[at] = cells;
            }
            if let Some(at) = place.state {
                self.states[at] = states;
            }
        }
    }

    /// Reckons a node in one width, and keeps it in its own.
    fn written<T: Cell>(&mut self, node: &Node, cells: &mut Cells, state: &mut [u8]) {
        if node.is_nought() {
            self.node::<T>(node, Out { units: &mut [], state });
        } else if self.one.is_some() || Width::of(node.range) == T::WIDTH {
            self.node(node, Out { units: T::cells(cells), state });
        } else {
            let mut units = vec![T::default(); self.rows[node.space.index()].len()];
            self.node(node, Out { units: &mut units, state });
            cells.narrow(&units);
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
        let node = self.plan.nodes.get(id);
        let rows = self.rows[node.space.index()].clone();
        if let Some(whole) = &self.wholes[id as usize] {
            let noughts = self.noughts.view(0..rows.len());
            let units = whole.cells.as_ref().map_or(noughts, |it| it.view(rows.clone()));
            return View { units, state: &whole.state[rows] };
        }
        let place = self.places[id as usize];
        let units = match place.cells {
            Some(at) => self.cells[at].view(0..rows.len()),
            None => self.noughts.view(0..rows.len()),
        };
        let state = match (place.state, node.only_state()) {
            (Some(at), _) => &self.states[at][..rows.len()],
            (None, only) => &self.same[only.map_or(0, u8::trailing_zeros) as usize & 3][..rows.len()],
        };
        View { units, state }
    }

    fn state(&self, id: NodeId) -> &[u8] {
        self.view(id).state
    }

    fn states(&self, ids: &[NodeId]) -> impl Iterator<Item = &[u8]> {
        ids.iter().map(|it| self.state(*it))
    }

    /// What a node came to, in one width.
    fn taken<T: Cell>(&self, id: NodeId) -> Taken<'_, T> {
        let view = self.view(id);
        Taken { units: T::copied(view.units), state: view.state, may: self.plan.nodes.get(id).may }
    }

    fn both<T: Cell>(&self, ids: &[(NodeId, NodeId)]) -> Vec<(Taken<'_, T>, Taken<'_, T>)> {
        ids.iter().map(|it| (self.taken(it.0), self.taken(it.1))).collect()
    }

    /// Several nodes with a number each.
    fn weighed<T: Cell>(&self, out: Out<'_, T>, parts: &[(i64, NodeId)], weights: bool) {
        let taken: Vec<(i64, Taken<'_, T>)> = parts.iter().map(|it| (it.0, self.taken(it.1))).collect();
        let parts: Vec<_> = taken.iter().map(|it| (it.0, it.1.as_in())).collect();
        kernel::weighted(out, &parts, weights);
    }

    fn constant(&self, id: NodeId) -> Option<i64> {
        match self.plan.nodes.get(id).op {
            Op::Constant { units, state: state::KNOWN } => Some(units),
            _ => None,
        }
    }

    fn compare<T: Cell>(&self, out: &mut [u8], op: crate::plan::node::Comparison, left: NodeId, right: NodeId) {
        let (a, b) = (self.taken::<T>(left), self.taken::<T>(right));
        let same = |id: NodeId| self.constant(id).map(|it| Side::Same(T::cut(it)));
        kernel::compare(
            out,
            op,
            same(left).unwrap_or_else(|| Side::Of(a.as_in())),
            same(right).unwrap_or_else(|| Side::Of(b.as_in())),
        );
    }

    fn node<T: Cell>(&mut self, node: &Node, out: Out<'_, T>) {
        let rows = self.rows[node.space.index()].clone();
        macro_rules! read {
            ($id:expr) => {
                self.taken::<T>($id).as_in()
            };
        }
        match &node.op {
            Op::Held(column) => held(self.plan.column(*column), rows, out),
            // Its room is filled when it is made.
            Op::Constant { state, .. } => out.state.fill(*state),
            Op::Row => out.units.iter_mut().zip(rows).for_each(|(out, row)| *out = T::cut(as_units(row))),
            Op::OfOwner(of) => {
                let owners = &self.plan.records.rows(node.space).owners()[rows];
                let first = self.rows[self.plan.nodes.get(*of).space.index()].start;
                let of = self.taken::<T>(*of);
                let at = |owner: &u32| *owner as usize - first;
                out.units.iter_mut().zip(owners).for_each(|(out, owner)| *out = of.units[at(owner)]);
                out.state.iter_mut().zip(owners).for_each(|(out, owner)| *out = of.state[at(owner)]);
            }
            Op::HeldOf { at, column } => {
                let column = self.plan.column(*column);
                brought(out, self.view(*at), |row| held_at(column, row));
            }
            Op::Of { at, node: of } => {
                let Some(of) = &self.wholes[*of as usize] else { return };
                brought(out, self.view(*at), |row| (of.unit(row), of.state[row]));
            }
            Op::Times { of, factor } => {
                let factor = T::cut(*factor);
                kernel::map(out, read!(*of), |it| it.times(factor));
            }
            Op::Sum(a, b) => kernel::reckon(out, read!(*a), read!(*b), T::plus),
            Op::Difference(a, b) => kernel::reckon(out, read!(*a), read!(*b), T::minus),
            Op::Product(a, b) => kernel::reckon(out, read!(*a), read!(*b), T::times),
            Op::Divisible(a, b) => kernel::divisible(out, read!(*a), read!(*b)),
            Op::Round { of, by, up, down, mode, to } => {
                let grid = Grid { up: *up, down: *down, mode: *mode, to: *to };
                let range = |it: NodeId| self.plan.nodes.get(it).range;
                let ranges = (range(*of), by.map_or((1, 1), range));
                let by = by.map(|it| self.taken::<T>(it));
                kernel::round(out, read!(*of), by.as_ref().map(Taken::as_in), grid, ranges);
            }
            Op::Extreme { greatest, of } => {
                let of: Vec<Taken<'_, T>> = of.iter().map(|it| self.taken(*it)).collect();
                kernel::extreme(out, &of.iter().map(Taken::as_in).collect::<Vec<_>>(), *greatest);
            }
            Op::Limit { value, limit, at_most } => kernel::limit(out, read!(*value), read!(*limit), *at_most),
            Op::IfUnknown { value, default } => kernel::if_unknown(out, read!(*value), read!(*default)),
            Op::If { condition, then, otherwise } => {
                kernel::choose(out, read!(*condition), read!(*then), read!(*otherwise));
            }
            Op::Weighted(parts) => self.weighed(out, parts, false),
            Op::Weights(parts) => self.weighed(out, parts, true),
            Op::Reached(parts) | Op::Reachable(parts) => {
                let taken = self.both::<T>(parts);
                let parts: Vec<_> = taken.iter().map(|it| (it.0.as_in(), it.1.as_in())).collect();
                kernel::share(out, &parts, matches!(node.op, Op::Reachable(_)));
            }
            Op::Where { begun, value } => kernel::where_begun(out, self.state(*begun), read!(*value)),
            Op::Listed { of, list } => kernel::listed(out, read!(*of), list),
            Op::Band { of, bands, caps } => {
                let caps: Vec<_> = caps.iter().map(|it| (it.0, it.1, self.state(it.2))).collect();
                kernel::band(out, read!(*of), bands, &caps, self.plan.nodes.get(*of).range);
            }
            Op::AsUnits(of) => kernel::as_units(out, self.state(*of)),
            Op::AsTruth(of) => kernel::as_truth(out.state, read!(*of)),
            Op::Compare { op, left, right } => self.compare::<T>(out.state, *op, *left, *right),
            Op::Fold { members, word, counts, gives, those_known } => {
                self.fold(out, rows, *members, (*word, *counts, *gives), *those_known);
            }
            Op::FoldPeriods { periods, most, word, those_known } => {
                let taken: Vec<_> = periods
                    .iter()
                    .map(|it| (it.begun, self.taken::<T>(it.counts), it.gives.map(|it| self.taken::<T>(it))))
                    .collect();
                let periods = taken.iter().map(|(begun, counts, gives)| Period {
                    begun: begun.map(|it| self.state(it)),
                    counts: counts.as_in(),
                    gives: gives.as_ref().map(Taken::as_in),
                });
                let making = Making { most: *most, word: *word, those_known: *those_known };
                fold::periods(out, &periods.collect::<Vec<_>>(), making);
            }
            // It always stands whole.
            Op::Place(_) => {}
            Op::Plain { asked, at } => {
                let Out { units, state } = out;
                for (place, row) in rows.enumerate() {
                    let (own, known) = self.ask(*asked, *at, row);
                    if let Some(out) = units.get_mut(place) {
                        *out = T::cut(own);
                    }
                    state[place] = known;
                }
            }
            _ => self.truth(node, out.state),
        }
    }

    /// Nodes that are states alone.
    fn truth(&self, node: &Node, out: &mut [u8]) {
        match &node.op {
            Op::All(of) => truth::all(out, self.states(of)),
            Op::Any(of) => truth::any(out, self.states(of)),
            Op::Together(of) => truth::together(out, self.states(of)),
            Op::Not(of) => truth::not(out, self.state(*of)),
            Op::OrNo(of) => truth::or_no(out, self.state(*of)),
            Op::Followed { of, parts } => {
                let parts: Vec<_> = parts.iter().map(|it| it.map(|one| self.state(*one))).collect();
                truth::followed(out, self.state(*of), &parts);
            }
            Op::IsKnown(of) => truth::is_known(out, self.state(*of)),
            Op::Counted { of, count } => truth::counted(out, self.states(of), *count),
            Op::History { periods, counting } => {
                let begun = |it: &Option<NodeId>| it.map(|it| self.state(it));
                let periods: Vec<_> = periods.iter().map(|it| (self.state(it.holds), begun(&it.begun))).collect();
                truth::history(out, &periods, *counting);
            }
            Op::Covered { covered, verdict } => truth::covered(out, self.state(*covered), self.state(*verdict)),
            Op::Behind { verdict, earlier, meanwhile } => {
                truth::behind(out, self.state(*verdict), self.state(*earlier), *meanwhile);
            }
            Op::Paid { verdict, amount } => truth::paid(out, self.state(*verdict), self.state(*amount)),
            // All others have numbers, and were looked at before.
            _ => {}
        }
    }

    fn fold<T: Cell>(
        &self,
        mut out: Out<'_, T>,
        rows: Range<usize>,
        members: Folded,
        (word, counts, gives): (Word, NodeId, Option<NodeId>),
        those_known: bool,
    ) {
        // Those who refer are gathered for all at once.
        let Folded::Children(kind) = members else { return };
        let children = self.plan.records.rows(kind);
        let there = self.rows[kind.index()].clone();
        let (counts, gives) = (self.view(counts), gives.map(|it| self.view(it)));
        if matches!(word, Word::Count | Word::Any) {
            let owners = &children.owners()[there];
            let any = word == Word::Any;
            out.units.fill(T::default());
            out.state.fill(if any { state::NO } else { state::KNOWN });
            for (owner, counts) in owners.iter().zip(counts.state) {
                fold::more(&mut out, *owner as usize - rows.start, *counts, any, those_known);
            }
            return;
        }
        for (place, row) in rows.enumerate() {
            let mut made = Made::of(word);
            for child in children.of_owner(row) {
                let at = child - there.start;
                let (state, units) = gives.map_or((state::KNOWN, 0), |it| (it.state[at], it.unit(at)));
                made.take_if(those_known, counts.state[at], state, units);
            }
            let (units, state) = made.come();
            if let Some(out) = out.units.get_mut(place) {
                *out = T::cut(units);
            }
            if let Some(out) = out.state.get_mut(place) {
                *out = state;
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

/// What a node came to, in the width of what is made of it.
struct Taken<'v, T: Cell> {
    units: Cow<'v, [T]>,
    state: &'v [u8],
    may: u8,
}

impl<T: Cell> Taken<'_, T> {
    fn as_in(&self) -> In<'_, T> {
        In { units: &self.units, state: self.state, may: self.may }
    }
}

/// What other rows have, where it is known which.
fn brought<T: Cell>(out: Out<'_, T>, at: View<'_>, of: impl Fn(usize) -> (i64, u8)) {
    let Out { units, state } = out;
    for place in 0..at.state.len() {
        let (own, known) = match at.state[place] {
            state::KNOWN => of(usize::try_from(at.unit(place)).unwrap_or(usize::MAX)),
            blank => (0, blank),
        };
        if let Some(out) = units.get_mut(place) {
            *out = T::cut(own);
        }
        if let Some(out) = state.get_mut(place) {
            *out = known;
        }
    }
}

pub(super) fn as_units(row: usize) -> i64 {
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
fn held<T: Cell>(column: &Column, rows: Range<usize>, out: Out<'_, T>) {
    let blank = blank_state(column.blank);
    let first = rows.start.min(column.len());
    let there = rows.end.min(column.len()).saturating_sub(rows.start);
    if let (Held::Units { units, .. }, false) = (&column.held, out.units.is_empty()) {
        lane::take(units, first, &mut out.units[..there]);
    }
    if out.state.is_empty() {
        return;
    }
    match &column.known {
        None => out.state[..there].fill(state::KNOWN),
        Some(known) => {
            for (out, known) in out.state[..there].iter_mut().zip(&known[first.min(known.len())..]) {
                *out = if *known { state::KNOWN } else { blank };
            }
        }
    }
    // The room was used before.
    out.state[there..].fill(blank);
}

fn held_at(column: &Column, row: usize) -> (i64, u8) {
    match &column.held {
        Held::Units { units, .. } if row < column.len() && column.is_known(row) => (units.get(row), state::KNOWN),
        _ => (0, blank_state(column.blank)),
    }
}
