//! What an expression can come to: its least and greatest value and its decimals, as far as fields and roundings say.

use std::cell::Cell;

use crate::policy::model::{Blank, FieldKind, Policy};
use crate::policy::table::Axis;
use crate::policy::terms::{AggregateWord, ArithmeticOp, Expr, ExprKind, Type, When};
use crate::value::{Known, Number, Value};

/// How many parts of an expression and of what it rests on are looked at; beyond, anything may come out.
const MOST_PARTS: u32 = 500;

/// What can be answered where this is asked.
pub(super) fn axis_of(policy: &Policy, asked: &Expr) -> Axis {
    let whole = |high: usize| {
        let high = i64::try_from(high).ok().map(Number::from);
        Axis { low: Some(Number::ZERO), high, step: Some(Number::ONE), ..Axis::default() }
    };
    match &asked.ty {
        Type::YesNo => whole(1),
        Type::Choice(list) => whole(policy.choices[list.index()].choices.len().saturating_sub(1)),
        Type::Number | Type::Money { .. } => numbers(policy, asked, &Cell::new(MOST_PARTS)),
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

fn numbers(policy: &Policy, asked: &Expr, left: &Cell<u32>) -> Axis {
    let Some(rest) = left.get().checked_sub(1) else { return Axis::default() };
    left.set(rest);
    let inner = |it: &Expr| numbers(policy, it, left);
    match &asked.kind {
        ExprKind::Literal(Value::Known(Known::Number(at) | Known::Money { amount: at, .. })) => {
            Axis { low: Some(*at), high: Some(*at), step: at.decimals().and_then(decimal), ..Axis::default() }
        }
        ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
            of_field(&policy.field(*record, *field).kind)
        }
        ExprKind::Parameter(id) => {
            let values = policy.parameters[id.index()].values.iter().map(|it| it.value.clone());
            let values = values.map(|it| inner(&Expr { kind: ExprKind::Literal(it), ..asked.clone() }));
            values.reduce(either).unwrap_or_default()
        }
        ExprKind::Definition { id, when: When::Now, .. } => inner(&policy.definitions[id.index()].value),
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
        ExprKind::Aggregate(of) if of.word == AggregateWord::Count => {
            Axis { low: Some(Number::ZERO), step: Some(Number::ONE), ..Axis::default() }
        }
        _ => Axis::default(),
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

/// The finer of two steps, if it divides the other.
fn common(a: Option<Number>, b: Option<Number>) -> Option<Number> {
    let (finer, other) = a.zip(b).map(|(a, b)| (a.min(b), a.max(b)))?;
    other.divide(finer).ok().filter(Number::is_whole).map(|_| finer)
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
        ArithmeticOp::Multiply | ArithmeticOp::Divide => Axis::default(),
    }
}
