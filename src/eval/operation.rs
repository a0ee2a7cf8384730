//! What is done with values once they are found: comparing, reckoning, limiting, counting days.
//!
//! Of two values, one that does not apply (or has not happened) settles the matter before one that is unknown: whatever the missing
//! fact turns out to be, nothing could be reckoned.

use std::cmp::Ordering;

use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::eval::scope::Scope;
use crate::policy::model::{ArithmeticOp, CompareOp, Order, Policy};
use crate::value::{Known, Missing, Number, NumberFault, TimeUnit, Truth, Value};

/// The order of two values of one kind; of a scale, the better is the greater.
pub(super) fn order_of(policy: &Policy, a: &Known, b: &Known) -> Option<Ordering> {
    match (a, b) {
        (Known::Number(a), Known::Number(b)) => Some(a.cmp(b)),
        (Known::Money { amount: a, currency: x }, Known::Money { amount: b, currency: y }) => {
            (x == y).then(|| a.cmp(b))
        }
        (Known::Date(a), Known::Date(b)) => Some(a.cmp(b)),
        (Known::Moment(a), Known::Moment(b)) => Some(a.cmp(b)),
        (Known::Duration { count: a, unit: x }, Known::Duration { count: b, unit: y }) => (x == y).then(|| a.cmp(b)),
        (Known::YesNo(a), Known::YesNo(b)) => Some(a.cmp(b)),
        (Known::Text(a), Known::Text(b)) => Some(a.cmp(b)),
        (Known::Choice(x, a), Known::Choice(y, b)) if x == y => match policy.choices[x.index()].order {
            Order::BestFirst => Some(b.cmp(a)),
            Order::Ascending | Order::None => Some(a.cmp(b)),
        },
        (Known::Record(a), Known::Record(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// A comparison. What does not apply can't be compared; what has not happened equals nothing and lies neither before nor after.
pub(super) fn compare(policy: &Policy, op: CompareOp, left: &Value, right: &Value) -> Truth {
    let (left, right) = match (left, right) {
        (Value::Known(left), Value::Known(right)) => (left, right),
        (Value::NotApplicable, _) | (_, Value::NotApplicable) => return Truth::NotApplicable,
        (Value::Unknown(a), Value::Unknown(b)) => return Truth::Unknown(both(a, b)),
        (Value::Unknown(missing), _) | (_, Value::Unknown(missing)) => return Truth::Unknown(missing.clone()),
        (Value::NotHappened, _) | (_, Value::NotHappened) => return Truth::of(op == CompareOp::IsNot),
    };
    let Some(order) = order_of(policy, left, right) else {
        return Truth::Unknown(vec![Missing::Reason("two values that can't be compared".to_owned())]);
    };
    Truth::of(match op {
        CompareOp::Less => order.is_lt(),
        CompareOp::AtMost => order.is_le(),
        CompareOp::More => order.is_gt(),
        CompareOp::AtLeast => order.is_ge(),
        CompareOp::Is => order.is_eq(),
        CompareOp::IsNot => order.is_ne(),
    })
}

fn both(a: &[Missing], b: &[Missing]) -> Vec<Missing> {
    Missing::merged(a.iter().chain(b).cloned())
}

/// Two known values, or what there is instead of an answer.
fn two_known(left: Value, right: Value) -> Result<(Known, Known), Value> {
    match (left, right) {
        (Value::Known(left), Value::Known(right)) => Ok((left, right)),
        (Value::NotApplicable | Value::NotHappened, _) | (_, Value::NotApplicable | Value::NotHappened) => {
            Err(Value::NotApplicable)
        }
        (Value::Unknown(a), Value::Unknown(b)) => Err(Value::Unknown(both(&a, &b))),
        (Value::Unknown(missing), Value::Known(_)) | (Value::Known(_), Value::Unknown(missing)) => {
            Err(Value::Unknown(missing))
        }
    }
}

pub(super) fn number_or_reason(result: Result<Number, NumberFault>, wrap: impl FnOnce(Number) -> Known) -> Value {
    match result {
        Ok(number) => Value::Known(wrap(number)),
        Err(fault) => Value::because(fault.to_string()),
    }
}

/// `+ - * /`
pub(super) fn arithmetic(op: ArithmeticOp, left: Value, right: Value) -> Value {
    let known = match two_known(left, right) {
        Ok(known) => known,
        Err(blank) => return blank,
    };
    let apply = |a: Number, b: Number| match op {
        ArithmeticOp::Add => a.add(b),
        ArithmeticOp::Subtract => a.subtract(b),
        ArithmeticOp::Multiply => a.multiply(b),
        ArithmeticOp::Divide => a.divide(b),
    };
    let adds = matches!(op, ArithmeticOp::Add | ArithmeticOp::Subtract);
    match known {
        (Known::Number(a), Known::Number(b)) => number_or_reason(apply(a, b), Known::Number),
        (Known::Money { amount: a, currency }, Known::Money { amount: b, currency: other })
            if adds && currency == other =>
        {
            number_or_reason(apply(a, b), |amount| Known::Money { amount, currency })
        }
        (Known::Money { amount: a, currency }, Known::Money { amount: b, currency: other })
            if op == ArithmeticOp::Divide && currency == other =>
        {
            number_or_reason(apply(a, b), Known::Number)
        }
        (Known::Money { amount: a, currency }, Known::Number(b)) if !adds => {
            number_or_reason(apply(a, b), |amount| Known::Money { amount, currency })
        }
        (Known::Number(a), Known::Money { amount: b, currency }) if op == ArithmeticOp::Multiply => {
            number_or_reason(apply(a, b), |amount| Known::Money { amount, currency })
        }
        (Known::Duration { count: a, unit }, Known::Duration { count: b, unit: other })
            if op == ArithmeticOp::Divide && unit == other =>
        {
            number_or_reason(Number::from(a).divide(Number::from(b)), Known::Number)
        }
        (Known::Duration { count: a, unit }, Known::Duration { count: b, unit: other }) if adds && unit == other => {
            let count = if op == ArithmeticOp::Add { a.checked_add(b) } else { a.checked_sub(b) };
            count.map_or_else(|| Value::because("a length too large"), |count| Known::Duration { count, unit }.into())
        }
        _ => Value::because("two values that can't be reckoned with each other"),
    }
}

/// Does something with a number or an amount of money; leaves anything else as it is.
pub(super) fn map_number(value: Value, apply: impl FnOnce(Number) -> Result<Number, NumberFault>) -> Value {
    match value {
        Value::Known(Known::Number(number)) => number_or_reason(apply(number), Known::Number),
        Value::Known(Known::Money { amount, currency }) => {
            number_or_reason(apply(amount), |amount| Known::Money { amount, currency })
        }
        other => other,
    }
}

/// At most, at least. A limit that does not apply limits nothing.
pub(super) fn limited(policy: &Policy, value: Value, limit: Value, at_most: bool) -> Value {
    let blank = |it: &Value| matches!(it, Value::NotApplicable | Value::NotHappened);
    if blank(&value) || blank(&limit) {
        return value;
    }
    let (value, limit) = match two_known(value, limit) {
        Ok(known) => known,
        Err(blank) => return blank,
    };
    match order_of(policy, &value, &limit) {
        Some(order) if order == if at_most { Ordering::Greater } else { Ordering::Less } => limit.into(),
        Some(_) => value.into(),
        None => Value::because("two values that can't be compared"),
    }
}

/// How many whole units lie between two days: the first is left out, the last counts; negative the other way round.
///
/// Working days are counted by the calendar by which the record at hand goes on the first of the two days.
pub(super) fn between(scope: &Scope<'_>, unit: TimeUnit, from: Value, to: Value) -> Value {
    let (from, to) = match two_known(from, to) {
        Ok((Known::Date(from), Known::Date(to))) => (from, to),
        Ok(_) => return Value::because("two values that are no days"),
        Err(blank) => return blank,
    };
    let count = match unit {
        TimeUnit::Hours => days(from, to).saturating_mul(24),
        TimeUnit::Days => days(from, to),
        TimeUnit::WorkingDays => match working_days(scope, from, to) {
            Ok(count) => count,
            Err(missing) => return Value::Unknown(missing),
        },
        TimeUnit::Weeks => days(from, to) / 7,
        TimeUnit::Months => months(from, to),
        TimeUnit::Years => months(from, to) / 12,
    };
    Known::Duration { count, unit }.into()
}

/// The facts that are missing where it is not known by which calendar they count, and that makes a difference.
fn working_days(scope: &Scope<'_>, from: Date, to: Date) -> Result<i64, Vec<Missing>> {
    let calendars = scope.calendars(from);
    let count = |it: &Calendar| it.working_days_between(from, to);
    let (least, most) = (calendars.earliest(count), calendars.latest(count));
    if least != most {
        return Err(calendars.missing);
    }
    if let (Some(listener), Some(calendar)) = (scope.listener, calendars.sure())
        && let Some(words) = calendars.told(calendar)
    {
        listener.noted(&words);
    }
    Ok(least)
}

pub(super) fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |it| i64::from(it.get_days()))
}

fn months(from: Date, to: Date) -> i64 {
    from.until((jiff::Unit::Month, to)).map_or(0, |it| i64::from(it.get_months()))
}
