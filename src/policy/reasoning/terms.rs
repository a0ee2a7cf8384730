//! What conditions rest on: facts, what is reckoned from them, and pairs of the two that are compared with each other; each cut where
//! an answer could become another.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::ids::{DefinitionId, ParameterId};
use crate::policy::axes::axis_of;
use crate::policy::ladder::{LadderAsked, OnLadder};
use crate::policy::model::{
    AggregateWord, Axis, Blank, CompareOp, Dated, Expr, ExprKind, History, Members, MissingPeriods, Policy, Stretch,
    Table, Type, When,
};
use crate::policy::reasoning::address::{ByAddress, address};
use crate::policy::reasoning::extent::Extent;
use crate::policy::same::same;
use crate::policy::table;
use crate::value::{Known, Number, Value};

/// How deep definitions are followed.
const DEEPEST: u32 = 80;

/// Something that conditions rest on.
#[derive(Debug)]
pub(in crate::policy) struct Term<'p> {
    /// What it is; of a pair, what it is compared in.
    pub(in crate::policy) asked: &'p Expr,
    pub(in crate::policy) kind: TermKind<'p>,
    pub(in crate::policy) axis: Axis,
    /// All that it can be, by itself.
    pub(super) full: Extent,
    /// Where an answer could become another.
    pub(super) cuts: BTreeSet<Number>,
    /// Whether a condition asks for it directly.
    pub(super) is_asked: bool,
    /// Whether something that is asked for is reckoned from it.
    pub(super) is_part: bool,
}

/// Facts are free of each other; everything else follows from facts.
#[derive(Debug, Clone, Copy)]
pub(in crate::policy) enum TermKind<'p> {
    Fact,
    /// Reckoned from facts.
    Made,
    /// Which of two is the less (0), or that they are the same (1), or which is the more (2).
    Order(&'p Expr, &'p Expr),
}

/// The terms of some conditions, as the policy stands on a day.
#[derive(Debug)]
pub(in crate::policy) struct Terms<'p> {
    pub(in crate::policy) policy: &'p Policy,
    pub(in crate::policy) day: Option<Date>,
    pub(in crate::policy) list: Vec<Term<'p>>,
    /// Which term an expression is, by the place of the expression in memory: the policy does not move while it is looked at.
    at: ByAddress<usize>,
    /// The same for where two terms are compared, and whether they stand the other way round.
    pairs: ByAddress<(usize, bool)>,
    pub(super) texts: Vec<Arc<str>>,
    /// Counts over several periods, and places on a ladder, of which the first holds only if the second does.
    pub(super) chains: Vec<(usize, usize)>,
    seen: HashSet<DefinitionId>,
    /// Whether what is gathered now is a part of something reckoned.
    inside: bool,
}

impl<'p> Terms<'p> {
    pub(in crate::policy) fn of(policy: &'p Policy, day: Option<Date>, conditions: &[&'p Expr]) -> Self {
        let mut terms = Self {
            policy,
            day,
            list: Vec::new(),
            at: ByAddress::default(),
            pairs: ByAddress::default(),
            texts: Vec::new(),
            chains: Vec::new(),
            seen: HashSet::new(),
            inside: false,
        };
        conditions.iter().for_each(|it| terms.gather(it, DEEPEST));
        terms.chain();
        terms
    }

    /// The term that an expression is, if it is one.
    pub(in crate::policy) fn find(&self, expr: &Expr) -> Option<usize> {
        self.at.get(&address(strip(self.policy, expr))).copied()
    }

    /// The pair that is compared in an expression, and whether it stands there the other way round.
    pub(super) fn pair(&self, whole: &Expr) -> Option<(usize, bool)> {
        self.pairs.get(&address(whole)).copied()
    }

    /// Asks for a value itself; nothing if it rests on no fact.
    pub(in crate::policy) fn ask(&mut self, expr: &'p Expr) -> Option<usize> {
        let at = self.term(expr, DEEPEST)?;
        self.list[at].is_asked = true;
        Some(at)
    }

    /// The facts that a value rests on.
    fn facts_of(&self, expr: &'p Expr) -> Vec<&'p Expr> {
        let mut terms = Terms::of(self.policy, self.day, &[]);
        terms.ask_at(expr, [], DEEPEST);
        let facts = terms.list.into_iter().filter(|it| matches!(it.kind, TermKind::Fact));
        let mut facts: Vec<&'p Expr> = facts.map(|it| it.asked).collect();
        // What is not seen through may rest on this period's facts among others.
        let inner: Vec<&'p Expr> = facts.iter().flat_map(|it| of_this_period(it)).collect();
        facts.extend(inner.into_iter().flat_map(|it| self.facts_of(it)));
        facts
    }

    /// The facts that a term is made of, itself if it is one.
    pub(super) fn varied(&self, term: usize) -> Vec<usize> {
        let facts = self.facts_of(self.list[term].asked);
        let own = |it: &usize| {
            let other = &self.list[*it];
            *it == term || (matches!(other.kind, TermKind::Fact) && facts.iter().any(|fact| same(fact, other.asked)))
        };
        (0..self.list.len()).filter(own).collect()
    }

    /// Whether one of some values rests on a fact that a term is made of.
    pub(in crate::policy) fn is_paid_by(&self, term: usize, values: impl Iterator<Item = &'p Expr>) -> bool {
        let facts = self.facts_of(self.list[term].asked);
        values.flat_map(|it| self.facts_of(it)).any(|it| facts.iter().any(|fact| same(fact, it)))
    }

    /// Why a term can't change while everything else that is asked for stays the same, if so.
    pub(in crate::policy) fn entangled(&self, term: usize) -> Option<String> {
        let facts = self.facts_of(self.list[term].asked);
        let rests = |expr: &'p Expr| self.facts_of(expr).into_iter().any(|it| facts.iter().any(|fact| same(fact, it)));
        let others = self.list.iter().enumerate();
        let others = others.filter(|(at, it)| *at != term && it.is_asked && !self.follows_from(*at, term));
        others.into_iter().find_map(|(_, other)| match (&other.kind, &other.asked.kind) {
            (TermKind::Fact, ExprKind::Population(_)) => Some("a rule asks for a place among others".to_owned()),
            (TermKind::Fact, ExprKind::History(history)) if !is_subject(&history.subject) => {
                rests(&history.condition).then(|| "a rule counts periods of somebody else".to_owned())
            }
            (TermKind::Fact, ExprKind::History(_)) => None,
            (TermKind::Fact, ExprKind::Aggregate(_)) => {
                rests(other.asked).then(|| "a rule also asks for it over several periods".to_owned())
            }
            (TermKind::Fact, _) => facts
                .iter()
                .any(|it| same(it, other.asked))
                .then(|| "a rule also asks for what it is made of".to_owned()),
            (TermKind::Made, _) => {
                rests(other.asked).then(|| "a rule also asks for something else that is made of the same".to_owned())
            }
            (TermKind::Order(a, b), _) => {
                (rests(a) || rests(b)).then(|| "a rule also compares it with another value".to_owned())
            }
        })
    }

    /// Whether one thing reckoned rests on what another is made of only by way of that other, as the band of a score does on the score.
    pub(super) fn follows_from(&self, at: usize, term: usize) -> bool {
        matches!(self.list[at].kind, TermKind::Made)
            && self.only_by_way_of(
                self.list[at].asked,
                self.list[term].asked,
                &self.facts_of(self.list[term].asked),
                DEEPEST,
            )
    }

    /// The counts over periods that may hold whether or not this one is met, of what rests on a term.
    pub(super) fn counts_with(&self, term: usize) -> Vec<(usize, &'p History)> {
        let facts = self.facts_of(self.list[term].asked);
        let rests = |expr: &'p Expr| self.facts_of(expr).into_iter().any(|it| facts.iter().any(|fact| same(fact, it)));
        let counts = self.list.iter().enumerate().filter_map(|(at, it)| match &it.asked.kind {
            ExprKind::History(history) if it.is_asked && is_subject(&history.subject) => Some((at, &**history)),
            _ => None,
        });
        counts.filter(|(_, it)| !counts_this_period(it) && rests(&it.condition)).collect()
    }

    /// Asks what such counts count, so that they can be held to it.
    pub(in crate::policy) fn ask_what_is_counted(&mut self, term: usize) {
        for (_, history) in self.counts_with(term) {
            self.gather(&history.condition, DEEPEST);
        }
    }

    fn only_by_way_of(&self, expr: &'p Expr, on: &Expr, facts: &[&'p Expr], depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let expr = strip(self.policy, expr);
        let all = |it: &'p Expr| self.only_by_way_of(it, on, facts, depth);
        if same(expr, on) || is_constant(expr) {
            return true;
        }
        match &expr.kind {
            _ if is_fact(expr) => {
                let own = self.facts_of(expr);
                !own.into_iter().any(|own| facts.iter().any(|it| same(it, own)))
            }
            ExprKind::Definition { id, .. } => all(&self.policy.definitions[id.index()].value),
            ExprKind::Band { id, .. } => {
                let version = in_force(&self.policy.scales[id.index()].versions, self.day);
                version.is_some_and(|it| all(&it.of) && it.caps.iter().all(|cap| all(&cap.when)))
            }
            ExprKind::Versions(versions) => in_force(versions, self.day).is_some_and(all),
            kind => kind.parts().into_iter().all(all),
        }
    }

    /// Whether anything else that is asked for is reckoned from what a term is made of.
    pub(in crate::policy) fn is_shared(&self, term: usize) -> bool {
        let others = self.list.iter().enumerate().filter(|(at, it)| *at != term && it.is_asked);
        others.into_iter().any(|(at, it)| matches!(it.kind, TermKind::Made) && self.follows_from(at, term))
    }

    /// A known value as a place on the axis of a type.
    pub(super) fn place(&self, ty: &Type, known: &Known) -> Option<Number> {
        match known {
            Known::Text(text) if !self.texts.contains(text) => None,
            _ => table::place(self.policy, ty, &self.texts, known),
        }
    }

    /// The value of a parameter on the day at hand.
    pub(super) fn parameter(&self, id: ParameterId) -> Option<&'p Value> {
        in_force(&self.policy.parameters[id.index()].values, self.day)
    }

    fn chain(&mut self) {
        let counts: Vec<(usize, &History)> = self
            .list
            .iter()
            .enumerate()
            .filter_map(|(at, it)| match &it.asked.kind {
                ExprKind::History(history) => Some((at, &**history)),
                _ => None,
            })
            .collect();
        let pairs = counts.iter().flat_map(|a| counts.iter().map(move |b| (a, b)));
        let pairs = pairs.filter(|(a, b)| a.0 != b.0 && holds_only_if(a.1, b.1));
        let counts = pairs.map(|(a, b)| (a.0, b.0));
        let ladders = self.list.iter().enumerate().filter_map(|(at, it)| match &it.asked.kind {
            ExprKind::OnLadder(on) => Some((at, &**on)),
            _ => None,
        });
        let ladders: Vec<(usize, &OnLadder)> = ladders.collect();
        let steps = ladders.iter().flat_map(|a| ladders.iter().map(move |b| (a, b)));
        let steps = steps.filter(|(a, b)| lies_below(a.1, b.1)).map(|(a, b)| (a.0, b.0));
        self.chains = counts.chain(steps).collect();
    }

    // ---- gathering

    fn gather(&mut self, expr: &'p Expr, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match &expr.kind {
            ExprKind::Literal(_) | ExprKind::Subject | ExprKind::Parameter(_) => {}
            ExprKind::Compare { left, right, .. } => self.compared(expr, left, right, depth),
            ExprKind::OneOf { value, choices } => {
                choices.iter().for_each(|choice| self.compared(choice, value, choice, depth));
            }
            ExprKind::InRange { value, low, high } => {
                let ends = low.iter().chain(high).map(|(end, _)| &**end);
                ends.for_each(|end| self.compared(end, value, end, depth));
            }
            ExprKind::IsKnown(inner) => self.ask_at(inner, [], depth),
            ExprKind::IfUnknown { value, default } => {
                self.ask_at(value, [], depth);
                self.gather(default, depth);
            }
            ExprKind::History(history) => {
                if counts_this_period(history) {
                    self.gather(&history.condition, depth);
                }
                self.ask_at(expr, [Number::ZERO, Number::ONE], depth);
            }
            ExprKind::Definition { id, of, when: When::Now } if is_subject(of) => {
                if self.seen.insert(*id) {
                    let policy = self.policy;
                    self.gather(&policy.definitions[id.index()].value, depth);
                }
            }
            ExprKind::Band { id, of, when: When::Now } if is_subject(of) => {
                let policy = self.policy;
                let Some(version) = in_force(&policy.scales[id.index()].versions, self.day) else { return };
                let bounds = version.bands.iter().flat_map(|it| it.interval.low.iter().chain(&it.interval.high));
                let cuts: Vec<Number> = bounds.filter_map(|it| self.place(&version.of.ty, it.at.known()?)).collect();
                self.ask_at(&version.of, cuts, depth);
                version.caps.iter().for_each(|it| self.gather(&it.when, depth));
            }
            ExprKind::Versions(versions) => {
                if let Some(version) = in_force(versions, self.day) {
                    self.gather(version, depth);
                }
            }
            ExprKind::Table(table) => {
                self.columns(table, depth);
                table.rows.iter().for_each(|it| self.gather(&it.outcome, depth));
            }
            _ if expr.ty == Type::YesNo && is_fact(expr) => self.ask_at(expr, [Number::ZERO, Number::ONE], depth),
            _ if is_fact(expr) => {
                self.term(expr, depth);
            }
            kind => kind.parts().into_iter().for_each(|part| self.gather(part, depth)),
        }
    }

    /// Asks what the columns of a table ask.
    pub(in crate::policy) fn gather_table(&mut self, table: &'p Table) {
        self.columns(table, DEEPEST);
    }

    fn columns(&mut self, table: &'p Table, depth: u32) {
        for (at, column) in table.columns.iter().enumerate() {
            let cells = table.rows.iter().filter(|it| !it.otherwise).map(|it| &it.cells[at]);
            let ends = cells.flat_map(|it| &it.stretches).flat_map(|it| it.low.iter().chain(&it.high));
            let cuts: Vec<Number> = ends.map(|it| it.0).collect();
            self.texts_of(&column.axis.texts);
            self.ask_at(&column.asked, cuts, depth);
        }
    }

    /// Whether two of some values rest on the same fact.
    pub(in crate::policy) fn share_facts(&self, values: &[&'p Expr]) -> bool {
        let facts: Vec<Vec<&Expr>> = values.iter().map(|it| self.facts_of(it)).collect();
        let meet = |a: &[&Expr], b: &[&Expr]| a.iter().any(|one| b.iter().any(|other| same(one, other)));
        facts.iter().enumerate().any(|(at, one)| facts[..at].iter().any(|other| meet(one, other)))
    }

    fn ask_at(&mut self, expr: &'p Expr, cuts: impl IntoIterator<Item = Number>, depth: u32) {
        if let Some(at) = self.term(expr, depth) {
            self.list[at].cuts.extend(cuts);
            self.list[at].is_asked = true;
        }
    }

    /// Two things that are compared, in `whole`.
    fn compared(&mut self, whole: &'p Expr, left: &'p Expr, right: &'p Expr, depth: u32) {
        for (own, other) in [(left, right), (right, left)] {
            if is_constant(other) {
                let cut = self.constant(own, other);
                self.ask_at(own, cut, depth);
                return;
            }
        }
        self.term(left, depth);
        self.term(right, depth);
        let stands = |it: &Term<'_>| match it.kind {
            TermKind::Order(a, b) if same(a, left) && same(b, right) => Some(false),
            TermKind::Order(a, b) if same(a, right) && same(b, left) => Some(true),
            TermKind::Order(..) | TermKind::Fact | TermKind::Made => None,
        };
        let pair = self.list.iter().enumerate().find_map(|(at, it)| Some((at, stands(it)?)));
        if let Some(pair) = pair {
            self.pairs.insert(address(whole), pair);
            return;
        }
        for side in [left, right] {
            if let Some(at) = self.find(side) {
                self.list[at].is_part = true;
            }
        }
        let axis =
            Axis { low: Some(Number::ZERO), high: Some(Number::from(2)), step: Some(Number::ONE), ..Axis::default() };
        let full = Extent { known: Some(stretch_of(&axis)), ..Extent::anything() };
        let cuts = [Number::ZERO, Number::ONE, Number::from(2)].into();
        self.pairs.insert(address(whole), (self.list.len(), false));
        let kind = TermKind::Order(left, right);
        self.list.push(Term { asked: whole, kind, axis, full, cuts, is_asked: true, is_part: false });
    }

    /// The place of something that rests on no fact.
    fn constant(&mut self, own: &Expr, other: &Expr) -> Option<Number> {
        let value = match &other.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Parameter(id) => self.parameter(*id),
            _ => return super::look::constant(self, other),
        };
        let known = value?.known()?;
        if let Known::Text(text) = known {
            self.texts_of(std::slice::from_ref(text));
        }
        self.place(&own.ty, known)
    }

    fn texts_of(&mut self, texts: &[Arc<str>]) {
        for text in texts {
            if !self.texts.contains(text) {
                self.texts.push(Arc::clone(text));
            }
        }
    }

    /// The term of an expression that is a fact or reckoned from facts.
    fn term(&mut self, expr: &'p Expr, depth: u32) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let expr = strip(self.policy, expr);
        if let Some(at) = self.at.get(&address(expr)) {
            return Some(*at);
        }
        let known = |it: &Term<'_>| !matches!(it.kind, TermKind::Order(..)) && same(it.asked, expr);
        if let Some(at) = self.list.iter().position(known) {
            self.at.insert(address(expr), at);
            return Some(at);
        }
        let fact = is_fact(expr);
        if is_constant(expr) || (expr.ty == Type::YesNo && !fact) || matches!(expr.kind, ExprKind::Subject) {
            self.gather(expr, depth);
            return None;
        }
        if !fact {
            self.parts_of_made(expr, depth);
        }
        let axis = axis_of(self.policy, expr);
        let full =
            if fact { self.full(expr, &axis) } else { Extent { known: Some(stretch_of(&axis)), ..Extent::anything() } };
        let kind = if fact { TermKind::Fact } else { TermKind::Made };
        self.at.insert(address(expr), self.list.len());
        let is_part = self.inside;
        self.list.push(Term { asked: expr, kind, axis, full, cuts: BTreeSet::new(), is_asked: false, is_part });
        Some(self.list.len() - 1)
    }

    fn parts_of_made(&mut self, expr: &'p Expr, depth: u32) {
        let before = std::mem::replace(&mut self.inside, true);
        let policy = self.policy;
        match &expr.kind {
            ExprKind::Definition { id, of, when: When::Now } if is_subject(of) => {
                self.part(&policy.definitions[id.index()].value, depth);
            }
            ExprKind::Versions(versions) => {
                if let Some(version) = in_force(versions, self.day) {
                    self.part(version, depth);
                }
            }
            ExprKind::Band { .. } | ExprKind::Table(_) | ExprKind::IfUnknown { .. } => self.gather(expr, depth),
            kind => kind.parts().into_iter().for_each(|it| self.part(it, depth)),
        }
        self.inside = before;
    }

    /// A part of something reckoned: its facts become terms, and so are part of it.
    fn part(&mut self, expr: &'p Expr, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let bare = strip(self.policy, expr);
        if is_fact(bare) && bare.ty != Type::YesNo {
            if let Some(at) = self.term(bare, depth) {
                self.list[at].is_part = true;
            }
            return;
        }
        match &bare.kind {
            ExprKind::Definition { id, of, when: When::Now } if is_subject(of) => {
                let policy = self.policy;
                if bare.ty == Type::YesNo {
                    self.gather(bare, depth);
                } else {
                    self.part(&policy.definitions[id.index()].value, depth);
                }
            }
            ExprKind::Versions(versions) => {
                if let Some(version) = in_force(versions, self.day) {
                    self.part(version, depth);
                }
            }
            ExprKind::If { condition, then, otherwise } => {
                self.gather(condition, depth);
                self.part(then, depth);
                self.part(otherwise, depth);
            }
            ExprKind::Band { .. } | ExprKind::Table(_) | ExprKind::IfUnknown { .. } => self.gather(bare, depth),
            _ if bare.ty == Type::YesNo => self.gather(bare, depth),
            kind => kind.parts().into_iter().for_each(|it| self.part(it, depth)),
        }
    }

    /// All that a fact can be.
    fn full(&self, expr: &Expr, axis: &Axis) -> Extent {
        let known = Some(stretch_of(axis));
        let (of, blank, other_period) = match &expr.kind {
            ExprKind::Field { of, record, field } => (of, self.policy.field(*record, *field).blank, false),
            ExprKind::Panel { of, record, field, when } => {
                (of, self.policy.field(*record, *field).blank, *when != When::Now)
            }
            ExprKind::Today => return Extent { known, ..Extent::default() },
            ExprKind::Aggregate(it) if it.word == AggregateWord::Count => {
                return Extent { known, unknown: true, ..Extent::default() };
            }
            ExprKind::History(_) => return Extent { known, unknown: true, unfit: true, not_happened: false },
            // Nobody stands above the last step.
            ExprKind::OnLadder(on) if matches!(on.asked, LadderAsked::NotAbove(step) if step + 1 >= on.ladder.steps.len()) =>
            {
                return Extent::at(Number::ONE);
            }
            ExprKind::OnLadder(on) => {
                return Extent { known, unknown: on.ladder.afresh.is_some(), ..Extent::default() };
            }
            _ => return Extent { known, not_happened: expr.ty == Type::Date, ..Extent::anything() },
        };
        let elsewhere = other_period || !is_subject(of);
        Extent {
            known,
            unknown: blank == Blank::Unknown || elsewhere,
            unfit: blank == Blank::NotApplicable || elsewhere,
            not_happened: blank == Blank::NotHappened,
        }
    }
}

impl Term<'_> {
    /// What it can be, cut into pieces in each of which every answer is the same.
    pub(super) fn pieces(&self) -> Vec<Extent> {
        let mut pieces = Vec::new();
        if let Some(known) = &self.full.known {
            let mut rest = Some(known.clone());
            for cut in &self.cuts {
                let below = Stretch { low: None, high: Some((*cut, false)) };
                let above = Stretch { low: Some((*cut, false)), high: None };
                let whole = rest.take();
                let part = |of: &Stretch| whole.as_ref().and_then(|it| it.both(of));
                pieces.extend(part(&below));
                pieces.extend(part(&Stretch::at(*cut)));
                rest = part(&above);
            }
            pieces.extend(rest);
        }
        let on_grid = pieces.into_iter().map(|it| it.on_grid(self.axis.step)).filter(|it| !it.is_empty());
        let mut pieces: Vec<Extent> = on_grid.map(Extent::known).collect();
        let none = Extent::default;
        pieces.extend(self.full.unknown.then(Extent::unknown));
        pieces.extend(self.full.unfit.then(|| Extent { unfit: true, ..none() }));
        pieces.extend(self.full.not_happened.then(|| Extent { not_happened: true, ..none() }));
        pieces
    }
}

fn stretch_of(axis: &Axis) -> Stretch {
    Stretch { low: axis.low.map(|it| (it, true)), high: axis.high.map(|it| (it, true)) }
}

/// What is asked of this period, too, where several periods or people are looked at.
fn of_this_period(fact: &Expr) -> Vec<&Expr> {
    match &fact.kind {
        ExprKind::History(history) => vec![&history.condition],
        ExprKind::Aggregate(it) if matches!(it.members, Members::Last(_)) => {
            it.filter.iter().chain(&it.value).collect()
        }
        ExprKind::Population(_) => fact.kind.parts(),
        _ => Vec::new(),
    }
}

/// Behind a definition that only gives a fact another name stands that fact.
pub(super) fn strip<'p>(policy: &'p Policy, expr: &'p Expr) -> &'p Expr {
    let mut expr = expr;
    for _ in 0..DEEPEST {
        let ExprKind::Definition { id, of, when: When::Now } = &expr.kind else { return expr };
        let Some(definition) = policy.definitions.get(id.index()).filter(|_| is_subject(of)) else { return expr };
        match &definition.value.kind {
            ExprKind::Field { .. } | ExprKind::Panel { .. } | ExprKind::Definition { .. } => expr = &definition.value,
            _ => return expr,
        }
    }
    expr
}

pub(super) fn is_subject(of: &Expr) -> bool {
    matches!(of.kind, ExprKind::Subject)
}

/// What is looked at from outside only: facts, and what this reasoning does not see through.
pub(super) fn is_fact(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::OnLadder(on) => !matches!(on.asked, LadderAsked::Next { .. }),
        ExprKind::Owner { .. }
        | ExprKind::Field { .. }
        | ExprKind::Panel { .. }
        | ExprKind::Holder { .. }
        | ExprKind::Context(_)
        | ExprKind::History(_)
        | ExprKind::Aggregate(_)
        | ExprKind::Population(_)
        | ExprKind::Share(_)
        | ExprKind::OverDays { .. }
        | ExprKind::AsOn { .. }
        | ExprKind::Happened(_)
        | ExprKind::Between { .. }
        | ExprKind::SpellDays { .. }
        | ExprKind::PayForDays { .. }
        | ExprKind::DateOf(_)
        | ExprKind::StageIs { .. }
        | ExprKind::Today => true,
        ExprKind::Definition { of, when, .. } | ExprKind::Band { of, when, .. } => {
            *when != When::Now || !is_subject(of)
        }
        ExprKind::Literal(_)
        | ExprKind::Subject
        | ExprKind::Parameter(_)
        | ExprKind::Not(_)
        | ExprKind::OrNo(_)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Arithmetic { .. }
        | ExprKind::Negative(_)
        | ExprKind::Compare { .. }
        | ExprKind::IsKnown(_)
        | ExprKind::OneOf { .. }
        | ExprKind::InRange { .. }
        | ExprKind::If { .. }
        | ExprKind::Extreme { .. }
        | ExprKind::Weighted(_)
        | ExprKind::Limit { .. }
        | ExprKind::Round { .. }
        | ExprKind::IfUnknown { .. }
        | ExprKind::Versions(_)
        | ExprKind::Counts(_)
        | ExprKind::Table(_) => false,
    }
}

/// Whether it rests on no fact.
pub(super) fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Parameter(_) => true,
        ExprKind::Arithmetic { .. }
        | ExprKind::Negative(_)
        | ExprKind::Extreme { .. }
        | ExprKind::Limit { .. }
        | ExprKind::Round { .. } => expr.kind.parts().into_iter().all(is_constant),
        _ => false,
    }
}

/// Whether a count holds only if the condition holds in this period.
pub(super) fn counts_this_period(history: &History) -> bool {
    history.count == history.last && history.missing != MissingPeriods::Counted(true) && is_subject(&history.subject)
}

/// Whether one count over the same periods holds only if another does.
fn holds_only_if(one: &History, other: &History) -> bool {
    let alike = one.breaks == other.breaks && one.missing == other.missing && !one.afresh && !other.afresh;
    let enough = if one.count == one.last {
        one.last >= other.count
    } else {
        one.last <= other.last && one.count >= other.count && (one.consecutive || !other.consecutive)
    };
    alike && enough && same(&one.subject, &other.subject) && same(&one.condition, &other.condition)
}

/// Whether one asks of a ladder not to be above a step, and the other of the same not to be above a higher one.
fn lies_below(one: &OnLadder, other: &OnLadder) -> bool {
    match (&one.asked, &other.asked) {
        (LadderAsked::NotAbove(a), LadderAsked::NotAbove(b)) => a < b && Arc::ptr_eq(&one.ladder, &other.ladder),
        _ => false,
    }
}

/// What holds on a day; without a day, before all that has one.
pub(super) fn in_force<T>(values: &[Dated<T>], day: Option<Date>) -> Option<&T> {
    let day = day.unwrap_or(Date::MIN);
    let holds = |it: &&Dated<T>| it.from.is_none_or(|from| from <= day) && it.until.is_none_or(|until| until >= day);
    values.iter().rev().find(holds).map(|it| &it.value)
}

/// What an order of two says of a comparison: the places that answer it with yes.
pub(super) fn answers(op: CompareOp, order: Number) -> bool {
    let order = order.cmp(&Number::ONE);
    match op {
        CompareOp::Less => order.is_lt(),
        CompareOp::AtMost => order.is_le(),
        CompareOp::More => order.is_gt(),
        CompareOp::AtLeast => order.is_ge(),
        CompareOp::Is => order.is_eq(),
        CompareOp::IsNot => order.is_ne(),
    }
}
