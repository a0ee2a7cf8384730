//! What an expression can come to: its least and greatest value and its decimals, as far as fields and roundings say.

use std::cell::{Cell, RefCell};

use crate::ids::DefinitionId;
use crate::policy::model::{Blank, FieldKind, Policy};
use crate::policy::table::Axis;
use crate::policy::terms::{Aggregate, AggregateWord, ArithmeticOp, Expr, ExprKind, Type};
use crate::value::{Known, Number, Value};

/// How many parts of an expression and of what it rests on are looked at; beyond, anything may come out.
const MOST_PARTS: u32 = 500;

/// How long a step is sought on which two others lie.
const MOST_TURNS: u32 = 100;

/// What can be answered where this is asked.
pub(super) fn axis_of(policy: &Policy, asked: &Expr) -> Axis {
    let whole = |high: usize| {
        let high = i64::try_from(high).ok().map(Number::from);
        Axis { low: Some(Number::ZERO), high, step: Some(Number::ONE), ..Axis::default() }
    };
    match &asked.ty {
        Type::YesNo => whole(1),
        Type::Choice(list) => whole(policy.choices[list.index()].choices.len().saturating_sub(1)),
        Type::Number | Type::Money { .. } => {
            numbers(policy, asked, &Looked { left: Cell::new(MOST_PARTS), through: RefCell::default() })
        }
        Type::Date => {
            let may_not_happen = match &asked.kind {
                ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
                    policy.field(*record, *field).blank == Blank::NotHappened
                }
                ExprKind::Literal(_) | ExprKind::Today => false,
                _ => true,
            };
            Axis { step: Some(Number::ONE), may_not_happen, ..Axis::default() }
        }
        Type::Timestamp | Type::Duration(_) | Type::Text | Type::Record(_) => {
            Axis { step: Some(Number::ONE), ..Axis::default() }
        }
    }
}

/// How much may still be looked at, and through which definitions one looks.
struct Looked {
    left: Cell<u32>,
    through: RefCell<Vec<DefinitionId>>,
}

fn numbers(policy: &Policy, asked: &Expr, looked: &Looked) -> Axis {
    let Some(rest) = looked.left.get().checked_sub(1) else { return Axis::default() };
    looked.left.set(rest);
    let inner = |it: &Expr| numbers(policy, it, looked);
    match &asked.kind {
        ExprKind::Literal(Value::Known(Known::Number(at) | Known::Money { amount: at, .. })) => only(*at),
        ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
            of_field(&policy.field(*record, *field).kind)
        }
        ExprKind::Parameter(id) => {
            let values = policy.parameters[id.index()].values.iter().map(|it| it.value.clone());
            let values = values.map(|it| inner(&Expr { kind: ExprKind::Literal(it), ..asked.clone() }));
            values.reduce(either).unwrap_or_default()
        }
        // One that rests on itself, in the period before or in what stands below, may come to anything.
        ExprKind::Definition { id, .. } if looked.through.borrow().contains(id) => Axis::default(),
        ExprKind::Definition { id, .. } => {
            looked.through.borrow_mut().push(*id);
            let axis = inner(&policy.definitions[id.index()].value);
            looked.through.borrow_mut().pop();
            axis
        }
        ExprKind::Round { value, to, .. } => {
            let of = inner(value);
            // Rounding can reach the next multiple on either side.
            let low = of.low.and_then(|it| it.multiple(*to, false).ok());
            let high = of.high.and_then(|it| it.multiple(*to, true).ok());
            Axis { low, high, step: Some(*to), ..of }
        }
        ExprKind::Weighted(parts) => {
            let parts = parts.iter().filter(|(weight, _)| *weight != Number::ZERO).map(|(_, part)| inner(part));
            Axis { step: None, ..parts.reduce(either).unwrap_or_default() }
        }
        ExprKind::If { then, otherwise, .. } => either(inner(then), inner(otherwise)),
        ExprKind::IfUnknown { value, default } => either(inner(value), inner(default)),
        ExprKind::Extreme { of, .. } => of.iter().map(inner).reduce(either).unwrap_or_default(),
        ExprKind::Limit { value, limit, .. } => {
            // A limit that does not apply limits nothing, so it narrows only where it is a plain number.
            let (of, limit_axis) = (inner(value), inner(limit));
            let at = limit_axis.low.filter(|_| matches!(limit.kind, ExprKind::Literal(_)));
            limited(either(of.clone(), limit_axis), &of, at, asked)
        }
        ExprKind::Versions(versions) => versions.iter().map(|it| inner(&it.value)).reduce(either).unwrap_or_default(),
        ExprKind::Counts(of) => {
            let Type::Choice(list) = of.ty else { return Axis::default() };
            let numbers = policy.choices[list.index()].counts.iter();
            let numbers =
                numbers.map(|it| inner(&Expr { kind: ExprKind::Literal(Known::Number(*it).into()), ..asked.clone() }));
            numbers.reduce(either).unwrap_or_default()
        }
        ExprKind::Arithmetic { op, left, right } => reckoned(*op, &inner(left), &inner(right)),
        ExprKind::Table(table) => table
            .rows
            .iter()
            .map(|it| inner(&it.outcome))
            .reduce(either)
            .filter(|_| table.hit != crate::policy::table::Hit::AddedUp)
            .unwrap_or_default(),
        ExprKind::Negative(of) => reckoned(ArithmeticOp::Subtract, &only(Number::ZERO), &inner(of)),
        ExprKind::Aggregate(of) => gathered(of, inner),
        _ => Axis::default(),
    }
}

/// This number alone: what is made of it with others lies on its multiples.
fn only(at: Number) -> Axis {
    let step = if at < Number::ZERO { at.negate().ok() } else { Some(at) };
    let step = step.filter(|it| *it != Number::ZERO).or(Some(Number::ONE));
    Axis { low: Some(at), high: Some(at), step, ..Axis::default() }
}

/// What is made of several: a sum stays on the decimals of what it adds up, an average does not.
fn gathered(of: &Aggregate, inner: impl Fn(&Expr) -> Axis) -> Axis {
    let each = || of.value.as_ref().map(&inner).unwrap_or_default();
    match of.word {
        AggregateWord::Count => Axis { low: Some(Number::ZERO), step: Some(Number::ONE), ..Axis::default() },
        // Over nothing it is 0, and of how many it is made nobody knows.
        AggregateWord::Sum => {
            let Axis { low, high, step, percent, .. } = each();
            let nought = |it: bool| it.then_some(Number::ZERO);
            let low = nought(low.is_some_and(|it| it >= Number::ZERO));
            Axis { low, high: nought(high.is_some_and(|it| it <= Number::ZERO)), step, percent, ..Axis::default() }
        }
        AggregateWord::Average if of.weight.is_none() => Axis { step: None, ..each() },
        AggregateWord::Least | AggregateWord::Greatest => each(),
        AggregateWord::Average
        | AggregateWord::Every
        | AggregateWord::Any
        | AggregateWord::No
        | AggregateWord::Days => Axis::default(),
    }
}

fn limited(hull: Axis, of: &Axis, at: Option<Number>, asked: &Expr) -> Axis {
    let at_most = matches!(asked.kind, ExprKind::Limit { at_most: true, .. });
    let (low, high) = match at {
        Some(at) if at_most => (of.low.map(|it| it.min(at)), Some(of.high.map_or(at, |it| it.min(at)))),
        Some(at) => (Some(of.low.map_or(at, |it| it.max(at))), of.high.map(|it| it.max(at))),
        None => (hull.low, hull.high),
    };
    Axis { low, high, ..hull }
}

fn of_field(kind: &FieldKind) -> Axis {
    match kind {
        FieldKind::Number { from, to, decimals, percent } => {
            let scaled = |it: &Option<Number>| {
                it.and_then(|it| if *percent { it.divide(Number::from(100)).ok() } else { Some(it) })
            };
            let step = decimal(decimals.saturating_add(if *percent { 2 } else { 0 }));
            Axis { low: scaled(from), high: scaled(to), step, percent: Some(*percent), ..Axis::default() }
        }
        FieldKind::Money { decimals, .. } => Axis { step: decimal(*decimals), ..Axis::default() },
        _ => Axis::default(),
    }
}

/// The step of so many decimals.
fn decimal(decimals: u8) -> Option<Number> {
    Number::from_scaled(1, decimals).ok()
}

/// What is one or the other.
fn either(a: Axis, b: Axis) -> Axis {
    let low = a.low.zip(b.low).map(|(a, b)| a.min(b));
    let high = a.high.zip(b.high).map(|(a, b)| a.max(b));
    Axis {
        low,
        high,
        step: common(a.step, b.step),
        percent: a.percent.filter(|it| b.percent == Some(*it)),
        ..Axis::default()
    }
}

/// The greatest step on which both lie.
fn common(a: Option<Number>, b: Option<Number>) -> Option<Number> {
    let (mut a, mut b) = a.zip(b)?;
    for _ in 0..MOST_TURNS {
        if b == Number::ZERO {
            return Some(a);
        }
        let rest = a.subtract(a.multiple(b, false).ok()?).ok()?;
        (a, b) = (b, rest);
    }
    None
}

fn reckoned(op: ArithmeticOp, a: &Axis, b: &Axis) -> Axis {
    let both = |a: Option<Number>, b: Option<Number>, add: bool| {
        a.zip(b).and_then(|(a, b)| if add { a.add(b) } else { a.subtract(b) }.ok())
    };
    match op {
        ArithmeticOp::Add => Axis {
            low: both(a.low, b.low, true),
            high: both(a.high, b.high, true),
            step: common(a.step, b.step),
            ..Axis::default()
        },
        ArithmeticOp::Subtract => Axis {
            low: both(a.low, b.high, false),
            high: both(a.high, b.low, false),
            step: common(a.step, b.step),
            ..Axis::default()
        },
        ArithmeticOp::Multiply => product(a, b),
        ArithmeticOp::Divide => match (b.low, b.high) {
            (Some(by), Some(high)) if by == high => {
                Number::ONE.divide(by).map_or_else(|_| Axis::default(), |it| product(a, &only(it)))
            }
            _ => Axis::default(),
        },
    }
}

fn product(a: &Axis, b: &Axis) -> Axis {
    let ends = [(a.low, b.low), (a.low, b.high), (a.high, b.low), (a.high, b.high)];
    let ends: Option<Vec<Number>> = ends.into_iter().map(|(a, b)| a?.multiply(b?).ok()).collect();
    let ends = ends.unwrap_or_default();
    let step = a.step.zip(b.step).and_then(|(a, b)| a.multiply(b).ok());
    Axis { low: ends.iter().min().copied(), high: ends.iter().max().copied(), step, ..Axis::default() }
}
