//! What expressions can come to, while of each term only so much is left.

use std::cell::{self, RefCell};

use jiff::civil::Date;

use crate::policy::ladder::LadderAsked;
use crate::policy::model::{
    Cell, CompareOp, Expr, ExprKind, Hit, Interval, Order, Policy, Row, Scale, State, Stretch, Table, Type, When,
};
use crate::policy::reasoning::address::{ByAddress, address};
use crate::policy::reasoning::extent::Extent;
use crate::policy::reasoning::terms::{TermKind, Terms, answers, counts_this_period, in_force, is_subject, strip};
use crate::policy::reasoning::truths::Truths;
use crate::value::{Number, Value};

/// What is left of each term; of one that is not looked at yet, nothing is said.
pub(in crate::policy) type World = Vec<Option<Extent>>;

/// A look at expressions in a world.
pub(in crate::policy) struct Look<'t, 'p> {
    terms: &'t Terms<'p>,
    world: &'t World,
    /// What definitions were found to be, by their place in memory.
    found: RefCell<ByAddress<Extent>>,
    /// What was found of rules, by the place of their conditions.
    rules: RefCell<ByAddress<Truths>>,
    /// What was found of whether rules are proposed, by their places.
    effects: RefCell<ByAddress<Truths>>,
    /// How much was reckoned so far.
    reckoned: cell::Cell<u32>,
}

/// What was found of a rule, or is reckoned now and kept.
fn once(kept: &RefCell<ByAddress<Truths>>, rule: &Expr, reckon: impl FnOnce() -> Truths) -> Truths {
    if let Some(truths) = kept.borrow().get(&address(rule)) {
        return *truths;
    }
    let truths = reckon();
    kept.borrow_mut().insert(address(rule), truths);
    truths
}

/// The place of something that rests on no fact.
pub(super) fn constant(terms: &Terms<'_>, expr: &Expr) -> Option<Number> {
    Look::new(terms, &Vec::new()).value(expr).point()
}

impl<'t, 'p> Look<'t, 'p> {
    pub(in crate::policy) fn new(terms: &'t Terms<'p>, world: &'t World) -> Self {
        Self {
            terms,
            world,
            found: RefCell::default(),
            rules: RefCell::default(),
            effects: RefCell::default(),
            reckoned: cell::Cell::new(0),
        }
    }

    /// Whether the rule with this condition is proposed: reckoned once, however many frameworks give way to it.
    pub(in crate::policy) fn effect_once(&self, rule: &Expr, reckon: impl FnOnce() -> Truths) -> Truths {
        once(&self.effects, rule, reckon)
    }

    /// What is reckoned of the rule with this condition: once, however many ask for it.
    pub(in crate::policy) fn once(&self, rule: &Expr, reckon: impl FnOnce() -> Truths) -> Truths {
        once(&self.rules, rule, reckon)
    }

    /// How much was reckoned so far.
    pub(super) fn reckoned(&self) -> u32 {
        self.reckoned.get()
    }

    /// The policy that is looked at.
    pub(in crate::policy) fn policy(&self) -> &'p Policy {
        self.terms.policy
    }

    /// The day by whose rules it looks.
    pub(in crate::policy) fn day(&self) -> Date {
        self.terms.day.unwrap_or(Date::MIN)
    }

    pub(super) fn left(&self, at: usize) -> Option<&'t Extent> {
        self.world.get(at).and_then(Option::as_ref)
    }

    /// Whether what is left of each term fits what it follows from.
    pub(super) fn fits(&self) -> bool {
        let yes = Extent::at(Number::ONE);
        let holds = |at: usize| self.left(at) == Some(&yes);
        let fails = |at: usize| self.left(at).is_some_and(|it| it.both(&yes).is_empty());
        let chained = |it: &(usize, usize)| !(holds(it.0) && fails(it.1));
        self.terms.chains.iter().all(chained) && self.made().all(|(left, follows)| !left.both(&follows).is_empty())
    }

    /// Whether what is left of each term is all that can follow.
    pub(super) fn fits_whatever(&self) -> bool {
        self.made().all(|(left, follows)| follows.is_within(left))
    }

    fn made(&self) -> impl Iterator<Item = (&'t Extent, Extent)> {
        self.terms.list.iter().enumerate().filter_map(|(at, term)| {
            let left = self.left(at)?;
            match term.kind {
                TermKind::Fact => None,
                TermKind::Made => Some((left, self.follows(term.asked))),
                TermKind::Order(a, b) => Some((left, self.order(a, b))),
            }
        })
    }

    /// The value of an expression.
    pub(in crate::policy) fn value(&self, expr: &Expr) -> Extent {
        match self.terms.find(expr).map(|at| (&self.terms.list[at], self.left(at))) {
            Some((_, Some(left))) => left.clone(),
            Some((term, None)) if matches!(term.kind, TermKind::Fact) => term.full.clone(),
            _ => self.follows(strip(self.terms.policy, expr)),
        }
    }

    /// Whether a condition holds.
    pub(in crate::policy) fn truths(&self, expr: &Expr) -> Truths {
        match &expr.kind {
            ExprKind::Not(inner) => self.truths(inner).negate(),
            ExprKind::OrNo(inner) => self.truths(inner).or_no(),
            ExprKind::OnLadder(on) if matches!(on.asked, LadderAsked::Next { .. }) => {
                Truths::all(expr.kind.parts().into_iter().map(|it| self.truths(it)))
            }
            ExprKind::And(parts) => Truths::all(parts.iter().map(|it| self.truths(it))),
            ExprKind::Or(parts) => Truths::any(parts.iter().map(|it| self.truths(it))),
            ExprKind::Compare { op, left, right } => self.compare(expr, *op, left, right),
            ExprKind::OneOf { value, choices } => {
                Truths::any(choices.iter().map(|it| self.compare(it, CompareOp::Is, value, it)))
            }
            ExprKind::InRange { value, low, high } => {
                let low = low.iter().map(|(end, with)| (end, if *with { CompareOp::AtLeast } else { CompareOp::More }));
                let high =
                    high.iter().map(|(end, with)| (end, if *with { CompareOp::AtMost } else { CompareOp::Less }));
                Truths::all(low.chain(high).map(|(end, op)| self.compare(end, op, value, end)))
            }
            ExprKind::IsKnown(inner) => {
                let inner = self.value(inner);
                let blank = inner.unknown || inner.unfit || inner.not_happened;
                let known = if inner.known.is_some() { Truths::YES } else { Truths::default() };
                known.or(if blank { Truths::NO } else { Truths::default() })
            }
            ExprKind::History(history) => {
                let counted = self.value(expr).truths();
                if counts_this_period(history) {
                    Truths::all([self.truths(&history.condition), counted])
                } else {
                    counted
                }
            }
            _ => self.value(expr).truths(),
        }
    }

    /// A comparison that stands in `whole`.
    fn compare(&self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr) -> Truths {
        if let Some((order, reversed)) = self.terms.pair(whole).and_then(|(at, it)| Some((self.left(at)?, it))) {
            if let Some(at) = order.point() {
                let op = if reversed { mirrored(op) } else { op };
                return Truths::of(answers(op, at));
            }
            if order.known.is_none() {
                return Extent::compare(op, order, order);
            }
        }
        Extent::compare(op, &self.value(left), &self.value(right))
    }

    fn order(&self, left: &Expr, right: &Expr) -> Extent {
        let (a, b) = (self.value(left), self.value(right));
        let can = |op: CompareOp| {
            let known = Extent { known: a.known.clone(), ..Extent::default() };
            let other = Extent { known: b.known.clone(), ..Extent::default() };
            Extent::compare(op, &known, &other).has(Truths::YES)
        };
        let places = [CompareOp::Less, CompareOp::Is, CompareOp::More].into_iter().zip(0..);
        let places = places.filter(|(op, _)| can(*op)).map(|(_, at)| Stretch::at(Number::from(at)));
        Extent {
            known: places.reduce(|a, b| a.around(&b)),
            unknown: a.unknown || b.unknown,
            unfit: a.unfit || b.unfit,
            not_happened: a.not_happened || b.not_happened,
        }
    }

    /// What follows from what is left of the facts.
    fn follows(&self, expr: &Expr) -> Extent {
        self.reckoned.set(self.reckoned.get().saturating_add(1));
        let value = |it: &Expr| self.value(it);
        match &expr.kind {
            ExprKind::Literal(it) => self.literal(expr, Some(it)),
            ExprKind::Parameter(id) => self.literal(expr, self.terms.parameter(*id)),
            ExprKind::Definition { id, of, when: When::Now } if is_subject(of) => {
                if let Some(found) = self.found.borrow().get(&address(expr)) {
                    return found.clone();
                }
                let definition = &self.terms.policy.definitions[id.index()];
                let found = self.value(&definition.value);
                self.found.borrow_mut().insert(address(expr), found.clone());
                found
            }
            ExprKind::Band { id, of, when: When::Now } if is_subject(of) => {
                self.band(&self.terms.policy.scales[id.index()])
            }
            ExprKind::Arithmetic { op, left, right } => Extent::arithmetic(*op, &value(left), &value(right)),
            ExprKind::Negative(inner) => value(inner).negative(),
            ExprKind::If { condition, then, otherwise } => {
                let truths = self.truths(condition);
                let mut all = Extent {
                    unknown: truths.has(Truths::UNKNOWN),
                    unfit: truths.has(Truths::UNFIT),
                    ..Extent::default()
                };
                // While the condition is open, both ways may give the same.
                let open = all.unknown || all.unfit;
                if truths.has(Truths::YES) || open {
                    all = all.or(&value(then));
                }
                if truths.has(Truths::NO) || open {
                    all = all.or(&value(otherwise));
                }
                all
            }
            ExprKind::Extreme { greatest, of } => Extent::extreme(*greatest, &of.iter().map(value).collect::<Vec<_>>()),
            ExprKind::Weighted(parts) => {
                let parts = parts.iter().filter(|(weight, _)| *weight != Number::ZERO);
                Extent::weighted(&parts.map(|(weight, it)| (*weight, value(it))).collect::<Vec<_>>())
            }
            ExprKind::Limit { value: inner, limit, at_most } => value(inner).limited(&value(limit), *at_most),
            ExprKind::Round { value: inner, mode, to } => value(inner).rounded(*mode, *to),
            ExprKind::IfUnknown { value: inner, default } => {
                let inner = value(inner);
                if inner.unknown { Extent { unknown: false, ..inner }.or(&value(default)) } else { inner }
            }
            ExprKind::Table(table) => self.table(table),
            ExprKind::Versions(versions) => {
                in_force(versions, self.terms.day).map_or_else(Extent::unknown, |it| self.value(it))
            }
            ExprKind::Counts(of) => self.counts(of),
            ExprKind::Not(_)
            | ExprKind::OrNo(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Compare { .. }
            | ExprKind::IsKnown(_)
            | ExprKind::OneOf { .. }
            | ExprKind::InRange { .. } => Extent::of_truths(self.truths(expr)),
            ExprKind::Subject
            | ExprKind::Owner { .. }
            | ExprKind::Field { .. }
            | ExprKind::Panel { .. }
            | ExprKind::Definition { .. }
            | ExprKind::Band { .. }
            | ExprKind::Holder { .. }
            | ExprKind::Context(_)
            | ExprKind::History(_)
            | ExprKind::Aggregate(_)
            | ExprKind::Population(_)
            | ExprKind::Share(_)
            | ExprKind::OverDays { .. }
            | ExprKind::AsOn { .. }
            | ExprKind::Happened(_)
            | ExprKind::OnLadder(_)
            | ExprKind::Between { .. }
            | ExprKind::SpellDays { .. }
            | ExprKind::PayForDays { .. }
            | ExprKind::DateOf(_)
            | ExprKind::StageIs { .. }
            | ExprKind::Today => Extent::anything(),
        }
    }

    fn literal(&self, expr: &Expr, value: Option<&Value>) -> Extent {
        match value {
            Some(Value::Known(known)) => {
                self.terms.place(&expr.ty, known).map_or_else(|| Extent::known(Stretch::all()), Extent::at)
            }
            Some(Value::NotApplicable) => Extent { unfit: true, ..Extent::default() },
            Some(Value::NotHappened) => Extent { not_happened: true, ..Extent::default() },
            Some(Value::Unknown(_)) | None => Extent::unknown(),
        }
    }

    /// The bands in which a value can lie, as far as caps let it.
    fn band(&self, scale: &Scale) -> Extent {
        let Some(version) = in_force(&scale.versions, self.terms.day) else { return Extent::unknown() };
        let of = self.value(&version.of);
        let last = self.terms.policy.choices[scale.choices.index()].choices.len().saturating_sub(1);
        let rank = |choice: u32| i64::try_from(last).map_or(Number::ZERO, |it| Number::from(it - i64::from(choice)));
        let mut ranks: Option<Stretch> = None;
        let mut add = |choice: u32| {
            let at = Stretch::at(rank(choice));
            ranks = Some(ranks.as_ref().map_or_else(|| at.clone(), |it| it.around(&at)));
        };
        let mut all = Extent { known: None, ..of.clone() };
        if let Some(known) = &of.known {
            for band in &version.bands {
                if self.stretch(&band.interval, &version.of).is_none_or(|it| it.both(known).is_some()) {
                    add(band.choice);
                }
            }
            let inside = |it: &Interval| self.stretch(it, &version.of).is_some_and(|it| known.is_within(&it));
            // Between two bands there may be a gap.
            all.unknown |= !version.bands.iter().any(|it| inside(&it.interval));
        }
        if of.unknown && (!version.caps.is_empty() || version.bands.len() == 1) {
            version.bands.iter().for_each(|it| add(it.choice));
        }
        // Caps that hold a band up come first; one that holds it down wins.
        for at_most in [false, true] {
            for cap in version.caps.iter().filter(|it| it.at_most == at_most) {
                let truths = self.truths(&cap.when);
                all.unknown |= truths.has(Truths::UNKNOWN);
                let at = Extent::at(rank(cap.choice));
                let capped = |it: Stretch| Extent::known(it).limited(&at, at_most).known;
                let sure = truths.is_only(Truths::YES);
                let maybe = truths.has(Truths::YES) || truths.has(Truths::UNKNOWN);
                ranks = match ranks {
                    Some(it) if sure => capped(it),
                    Some(it) if maybe => capped(it.clone()).map(|other| it.around(&other)),
                    other => other,
                };
            }
        }
        all.known = ranks;
        all
    }

    /// The numbers that bands count as.
    fn counts(&self, of: &Expr) -> Extent {
        let bands = self.value(of);
        let mut all = Extent { known: None, ..bands.clone() };
        let (Some(known), Type::Choice(list)) = (&bands.known, &of.ty) else { return all };
        let list = &self.terms.policy.choices[list.index()];
        let last = list.choices.len().saturating_sub(1);
        for (place, number) in list.counts.iter().enumerate() {
            let rank = if list.order == Order::BestFirst { last.saturating_sub(place) } else { place };
            let at = Stretch::at(i64::try_from(rank).map_or(Number::ZERO, Number::from));
            if known.both(&at).is_some() {
                all = all.or(&Extent::at(*number));
            }
        }
        all.unknown |= all.known.is_none();
        all
    }

    fn stretch(&self, band: &Interval, of: &Expr) -> Option<Stretch> {
        let end = |bound: &Option<crate::policy::model::Bound>| match bound {
            None => Some(None),
            Some(bound) => Some(Some((self.terms.place(&of.ty, bound.at.known()?)?, bound.included))),
        };
        Some(Stretch { low: end(&band.low)?, high: end(&band.high)? })
    }

    /// Whether a row of a table applies.
    pub(in crate::policy) fn takes(&self, table: &Table, row: &Row) -> Truths {
        let cells = row.cells.iter().zip(&table.columns);
        Truths::all(cells.map(|(cell, column)| match takes(cell, &self.value(&column.asked), column.takes_unknown) {
            Takes::All => Truths::YES,
            Takes::Some => Truths::YES.or(Truths::NO),
            Takes::Nothing => Truths::NO,
        }))
    }

    /// Whether all that a table asks is answered.
    pub(in crate::policy) fn answers(&self, table: &Table) -> Truths {
        Truths::all(table.columns.iter().map(|column| {
            let asked = self.value(&column.asked);
            let answered = asked.known.is_some() || asked.not_happened;
            let yes = if answered { Truths::YES } else { Truths::default() };
            yes.or(if asked.unknown || asked.unfit { Truths::NO } else { Truths::default() })
        }))
    }

    /// The one answer that is left of a value.
    pub(in crate::policy) fn state(&self, expr: &Expr) -> Option<State> {
        let left = self.value(expr);
        if left.known.is_none() && left.not_happened && !left.unknown && !left.unfit {
            return Some(State::NotHappened);
        }
        left.point().map(State::At)
    }

    /// What the rows give that can apply.
    fn table(&self, table: &Table) -> Extent {
        let asked: Vec<Extent> = table.columns.iter().map(|it| self.value(&it.asked)).collect();
        let open = asked.iter().any(|it| it.unknown);
        let unfit = asked.iter().any(|it| it.unfit);
        let mut all = Extent { unknown: open, unfit, ..Extent::default() };
        let (mut sure, mut any) = (false, false);
        let day = self.terms.day.unwrap_or(Date::MIN);
        for row in table.rows.iter().filter(|it| it.holds_on(day)) {
            if row.otherwise && sure {
                continue;
            }
            let cells = row.cells.iter().zip(&asked).zip(&table.columns);
            let takes: Vec<Takes> = cells.map(|((cell, it), column)| takes(cell, it, column.takes_unknown)).collect();
            if takes.contains(&Takes::Nothing) {
                continue;
            }
            any = true;
            all = all.or(&self.value(&row.outcome));
            sure |= !row.otherwise && takes.iter().all(|it| *it == Takes::All);
            if sure && table.hit == Hit::First {
                break;
            }
        }
        all.unknown |= !sure;
        if table.hit == Hit::AddedUp && any {
            all.known = Some(Stretch::all());
        }
        all.unfit |= !any;
        all
    }
}

/// The same comparison, its two sides exchanged.
fn mirrored(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Less => CompareOp::More,
        CompareOp::AtMost => CompareOp::AtLeast,
        CompareOp::More => CompareOp::Less,
        CompareOp::AtLeast => CompareOp::AtMost,
        CompareOp::Is | CompareOp::IsNot => op,
    }
}

/// How much of what can be answered a cell takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Some,
    All,
}

/// Where not knowing is no answer of its own, it stands for all answers.
fn takes(cell: &Cell, asked: &Extent, takes_unknown: bool) -> Takes {
    if cell.any {
        return Takes::All;
    }
    let point = asked.known.as_ref().and_then(Stretch::point);
    let mut states: Vec<bool> = Vec::new();
    states.extend(point.map(|at| cell.takes(State::At(at))));
    states.extend(asked.not_happened.then(|| cell.takes(State::NotHappened)));
    if asked.unknown {
        states.extend(if takes_unknown { vec![cell.takes(State::Unknown)] } else { vec![true, false] });
    }
    if let (Some(known), None) = (&asked.known, point) {
        let inside = cell.stretches.iter().any(|it| known.is_within(it));
        let apart = !cell.stretches.iter().any(|it| it.both(known).is_some());
        states.extend(if inside || apart { vec![inside != cell.negated] } else { vec![true, false] });
    }
    // What does not apply is taken by `any` alone.
    states.extend(asked.unfit.then_some(false));
    match (states.contains(&true), states.contains(&false)) {
        (true, false) => Takes::All,
        (true, true) => Takes::Some,
        (false, _) => Takes::Nothing,
    }
}
