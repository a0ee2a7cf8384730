//! What something can be: a stretch of known values, and the blanks. Every operation gives at least all that can come out.

use std::cmp::Ordering;

use crate::policy::model::{ArithmeticOp, CompareOp, Stretch};
use crate::policy::reasoning::truths::Truths;
use crate::value::{Number, Rounding};

/// An end of a stretch, and whether it belongs to it.
type End = Option<(Number, bool)>;

/// What something can be. Known values lie on the axis of a table's column: a number as it is, a choice by its rank, a day by its number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::policy) struct Extent {
    /// The known values, if it can be known.
    pub(in crate::policy) known: Option<Stretch>,
    pub(in crate::policy) unknown: bool,
    /// It may not apply.
    pub(in crate::policy) unfit: bool,
    pub(in crate::policy) not_happened: bool,
}

impl Stretch {
    pub(in crate::policy) fn all() -> Self {
        Self { low: None, high: None }
    }

    pub(in crate::policy) fn at(at: Number) -> Self {
        Self { low: Some((at, true)), high: Some((at, true)) }
    }

    /// The one value in it, if it is one.
    pub(in crate::policy) fn point(&self) -> Option<Number> {
        match (self.low, self.high) {
            (Some((low, true)), Some((high, true))) if low == high => Some(low),
            _ => None,
        }
    }

    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.low.zip(self.high).is_some_and(|((low, a), (high, b))| low > high || (low == high && !(a && b)))
    }

    /// What lies in both.
    pub(in crate::policy) fn both(&self, other: &Self) -> Option<Self> {
        let both = Self { low: inner(self.low, other.low, true), high: inner(self.high, other.high, false) };
        (!both.is_empty()).then_some(both)
    }

    /// What lies in one or between the two.
    pub(in crate::policy) fn around(&self, other: &Self) -> Self {
        Self { low: outer(self.low, other.low, true), high: outer(self.high, other.high, false) }
    }

    pub(in crate::policy) fn is_within(&self, other: &Self) -> bool {
        self.both(other).as_ref() == Some(self)
    }

    /// The same, its ends moved onto multiples of a step.
    pub(in crate::policy) fn on_grid(&self, step: Option<Number>) -> Self {
        let Some(step) = step else { return self.clone() };
        let end = |end: End, up: bool| {
            let (at, included) = end?;
            let near = at.multiple(step, up).ok()?;
            let inside = if included || near != at { near } else { next(near, step, up)? };
            Some((inside, true))
        };
        Self { low: end(self.low, true).or(self.low), high: end(self.high, false).or(self.high) }
    }

    /// The same with both ends put through something that keeps the order of numbers; nothing where that fails.
    fn through(&self, apply: impl Fn(Number) -> Option<Number>) -> Self {
        let end = |end: End| end.and_then(|(at, included)| Some((apply(at)?, included)));
        Self { low: end(self.low), high: end(self.high) }
    }

    fn negative(&self) -> Self {
        let end = |end: End| end.and_then(|(at, included)| Some((at.negate().ok()?, included)));
        Self { low: end(self.high), high: end(self.low) }
    }

    fn plus(&self, other: &Self) -> Self {
        let end = |a: End, b: End| a.zip(b).and_then(|((a, x), (b, y))| Some((a.add(b).ok()?, x && y)));
        Self { low: end(self.low, other.low), high: end(self.high, other.high) }
    }

    fn times_constant(&self, by: Number) -> Self {
        let scaled = self.through(|it| it.multiply(by).ok());
        match by.cmp(&Number::ZERO) {
            Ordering::Equal => Self::at(Number::ZERO),
            Ordering::Greater => scaled,
            Ordering::Less => Self { low: scaled.high, high: scaled.low },
        }
    }

    /// The product of two stretches with ends, those taken to belong to them.
    fn times(&self, other: &Self) -> Self {
        if let Some(by) = other.point() {
            return self.times_constant(by);
        }
        if let Some(by) = self.point() {
            return other.times_constant(by);
        }
        let corners = || -> Option<Vec<Number>> {
            let (a, b, c, d) = (self.low?.0, self.high?.0, other.low?.0, other.high?.0);
            [(a, c), (a, d), (b, c), (b, d)].into_iter().map(|(x, y)| x.multiply(y).ok()).collect()
        };
        let corners = corners().unwrap_or_default();
        let end = |it: Option<&Number>| it.map(|it| (*it, true));
        Self { low: end(corners.iter().min()), high: end(corners.iter().max()) }
    }
}

/// The end farther inside.
fn inner(a: End, b: End, low: bool) -> End {
    match (a, b) {
        (Some((x, p)), Some((y, q))) => Some(match x.cmp(&y) {
            Ordering::Equal => (x, p && q),
            order if (order == Ordering::Greater) == low => (x, p),
            _ => (y, q),
        }),
        (end, None) | (None, end) => end,
    }
}

/// The end farther outside.
fn outer(a: End, b: End, low: bool) -> End {
    let ((x, p), (y, q)) = (a?, b?);
    Some(match x.cmp(&y) {
        Ordering::Equal => (x, p || q),
        order if (order == Ordering::Less) == low => (x, p),
        _ => (y, q),
    })
}

fn next(at: Number, step: Number, up: bool) -> Option<Number> {
    if up { at.add(step).ok() } else { at.subtract(step).ok() }
}

impl Extent {
    pub(in crate::policy) fn known(stretch: Stretch) -> Self {
        Self { known: Some(stretch), ..Self::default() }
    }

    pub(in crate::policy) fn at(at: Number) -> Self {
        Self::known(Stretch::at(at))
    }

    /// Anything whatever.
    pub(in crate::policy) fn anything() -> Self {
        Self { known: Some(Stretch::all()), unknown: true, unfit: true, not_happened: true }
    }

    pub(in crate::policy) fn unknown() -> Self {
        Self { unknown: true, ..Self::default() }
    }

    /// Nothing can be this.
    pub(in crate::policy) fn is_empty(&self) -> bool {
        self.known.is_none() && !self.unknown && !self.unfit && !self.not_happened
    }

    /// The one known value that it has, if it is nothing else.
    pub(in crate::policy) fn point(&self) -> Option<Number> {
        (!self.unknown && !self.unfit && !self.not_happened).then(|| self.known.as_ref()?.point()).flatten()
    }

    pub(in crate::policy) fn or(&self, other: &Self) -> Self {
        Self {
            known: match (&self.known, &other.known) {
                (Some(a), Some(b)) => Some(a.around(b)),
                (one, None) | (None, one) => one.clone(),
            },
            unknown: self.unknown || other.unknown,
            unfit: self.unfit || other.unfit,
            not_happened: self.not_happened || other.not_happened,
        }
    }

    pub(in crate::policy) fn both(&self, other: &Self) -> Self {
        Self {
            known: self.known.as_ref().zip(other.known.as_ref()).and_then(|(a, b)| a.both(b)),
            unknown: self.unknown && other.unknown,
            unfit: self.unfit && other.unfit,
            not_happened: self.not_happened && other.not_happened,
        }
    }

    pub(in crate::policy) fn is_within(&self, other: &Self) -> bool {
        let known = match (&self.known, &other.known) {
            (None, _) => true,
            (Some(a), Some(b)) => a.is_within(b),
            (Some(_), None) => false,
        };
        known
            && (other.unknown || !self.unknown)
            && (other.unfit || !self.unfit)
            && (other.not_happened || !self.not_happened)
    }

    /// It does not apply, or has not happened: nothing can be reckoned with it.
    fn blank(&self) -> bool {
        self.unfit || self.not_happened
    }

    fn map(&self, apply: impl FnOnce(&Stretch) -> Stretch) -> Self {
        Self { known: self.known.as_ref().map(apply), ..self.clone() }
    }

    pub(in crate::policy) fn negative(&self) -> Self {
        self.map(Stretch::negative)
    }

    /// Rounding keeps the order; what is near an end that is left out may be rounded onto it.
    pub(in crate::policy) fn rounded(&self, mode: Rounding, to: Number) -> Self {
        self.map(|it| {
            let round = it.through(|it| it.round(mode, to).ok());
            let closed = |end: End| end.map(|(at, _)| (at, true));
            Stretch { low: closed(round.low), high: closed(round.high) }
        })
    }

    pub(in crate::policy) fn arithmetic(op: ArithmeticOp, left: &Self, right: &Self) -> Self {
        let mut unknown = left.unknown || right.unknown;
        let known = left.known.as_ref().zip(right.known.as_ref()).map(|(a, b)| match op {
            ArithmeticOp::Add => a.plus(b),
            ArithmeticOp::Subtract => a.plus(&b.negative()),
            ArithmeticOp::Multiply => a.times(b),
            ArithmeticOp::Divide => {
                unknown |= b.both(&Stretch::at(Number::ZERO)).is_some();
                let by = b.point().and_then(|it| Number::ONE.divide(it).ok());
                by.map_or_else(Stretch::all, |by| a.times_constant(by))
            }
        });
        Self { known, unknown, unfit: left.blank() || right.blank(), not_happened: false }
    }

    /// At least, at most: a limit that does not apply limits nothing.
    pub(in crate::policy) fn limited(&self, limit: &Self, at_most: bool) -> Self {
        let mut result = Self { unknown: self.unknown || limit.unknown, ..self.clone() };
        if let Some((a, b)) = self.known.as_ref().zip(limit.known.as_ref()) {
            let narrowed = Self::known(extreme(a, b, !at_most));
            result = if limit.blank() { result.or(&narrowed) } else { Self { known: narrowed.known, ..result } };
        } else if !limit.blank() {
            result.known = None;
        }
        result
    }

    /// The greatest or least of several; what does not apply is left out.
    pub(in crate::policy) fn extreme(greatest: bool, of: &[Self]) -> Self {
        let always = of.iter().filter(|it| !it.blank()).filter_map(|it| it.known.as_ref());
        let sometimes = of.iter().filter(|it| it.blank()).filter_map(|it| it.known.as_ref());
        let sure = always.cloned().reduce(|a, b| extreme(&a, &b, greatest));
        let known = sometimes.fold(sure, |known, part| match known {
            None => Some(part.clone()),
            Some(known) => Some(known.around(&extreme(&known, part, greatest)).around(part)),
        });
        Self {
            known,
            unknown: of.iter().any(|it| it.unknown),
            unfit: of.iter().all(Self::blank),
            not_happened: greatest && of.iter().any(|it| it.not_happened),
        }
    }

    /// A weighted sum; what does not apply gives its weight to the others.
    pub(in crate::policy) fn weighted(parts: &[(Number, Self)]) -> Self {
        let mut unknown = parts.iter().any(|(_, it)| it.unknown);
        let sure = parts.iter().all(|(_, it)| !it.blank());
        let known = if sure {
            let sum = parts.iter().try_fold((Stretch::at(Number::ZERO), Number::ZERO), |(sum, total), (weight, it)| {
                let part = it.known.as_ref()?.times_constant(*weight);
                Some((sum.plus(&part), total.add(*weight).ok()?))
            });
            sum.map(|(sum, total)| sum.through(|it| it.divide(total).ok()))
        } else {
            parts.iter().filter_map(|(_, it)| it.known.clone()).reduce(|a, b| a.around(&b))
        };
        unknown |= known.is_none() && sure;
        Self { known, unknown, unfit: parts.iter().all(|(_, it)| it.blank()), not_happened: false }
    }

    /// What a comparison can come to.
    pub(in crate::policy) fn compare(op: CompareOp, left: &Self, right: &Self) -> Truths {
        let mut truths = Truths::default();
        if left.unfit || right.unfit {
            truths = truths.or(Truths::UNFIT);
        }
        if left.unknown || right.unknown {
            truths = truths.or(Truths::UNKNOWN);
        }
        if left.not_happened || right.not_happened {
            truths = truths.or(Truths::of(op == CompareOp::IsNot));
        }
        if let Some((a, b)) = left.known.as_ref().zip(right.known.as_ref()) {
            truths = truths.or(compare(op, a, b));
        }
        truths
    }

    /// A condition's truths as the value that they are.
    pub(in crate::policy) fn of_truths(truths: Truths) -> Self {
        let ends = match (truths.has(Truths::YES), truths.has(Truths::NO)) {
            (true, true) => Some((Number::ZERO, Number::ONE)),
            (true, false) => Some((Number::ONE, Number::ONE)),
            (false, true) => Some((Number::ZERO, Number::ZERO)),
            (false, false) => None,
        };
        Self {
            known: ends.map(|(low, high)| Stretch { low: Some((low, true)), high: Some((high, true)) }),
            unknown: truths.has(Truths::UNKNOWN),
            unfit: truths.has(Truths::UNFIT),
            not_happened: false,
        }
    }

    /// The other way round.
    pub(in crate::policy) fn truths(&self) -> Truths {
        let holds = |at: Number| self.known.as_ref().is_some_and(|it| it.both(&Stretch::at(at)).is_some());
        let each = [
            (holds(Number::ONE), Truths::YES),
            (holds(Number::ZERO), Truths::NO),
            (self.unknown, Truths::UNKNOWN),
            (self.blank(), Truths::UNFIT),
        ];
        each.into_iter().filter(|it| it.0).fold(Truths::default(), |all, it| all.or(it.1))
    }
}

/// The greater or lesser of two values, each somewhere in its stretch.
fn extreme(a: &Stretch, b: &Stretch, greatest: bool) -> Stretch {
    if greatest {
        Stretch { low: inner(a.low, b.low, true), high: outer(a.high, b.high, false) }
    } else {
        Stretch { low: outer(a.low, b.low, true), high: inner(a.high, b.high, false) }
    }
}

fn compare(op: CompareOp, a: &Stretch, b: &Stretch) -> Truths {
    // Whether some value of the one is below, or the same as, some value of the other.
    let below = |a: &Stretch, b: &Stretch| a.low.zip(b.high).is_none_or(|(low, high)| low.0 < high.0);
    let (less, more) = (below(a, b), below(b, a));
    let same = a.both(b).is_some();
    let only_same = same && a.point().is_some() && a.point() == b.point();
    let (yes, no) = match op {
        CompareOp::Less => (less, more || same),
        CompareOp::AtMost => (less || same, more),
        CompareOp::More => (more, less || same),
        CompareOp::AtLeast => (more || same, less),
        CompareOp::Is => (same, !only_same),
        CompareOp::IsNot => (!only_same, same),
    };
    let yes = if yes { Truths::YES } else { Truths::default() };
    yes.or(if no { Truths::NO } else { Truths::default() })
}
