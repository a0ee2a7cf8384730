//! Expressions, in the plainest form.
//!
//! What does not apply: a comparison with it can't be asked ([`Truth::NotApplicable`]); sums, extremes and weights leave it out;
//! arithmetic with it does not apply. An event that has not happened: every comparison of order with it is no, it `is not` any
//! day, and arithmetic with it does not apply.

use jiff::civil::Date;

use crate::calendar::Period;
use crate::eval::dates::{Answer, DateOptions, date_rule};
use crate::eval::role;
use crate::eval::scope::Scope;
use crate::policy::model::{ArithmeticOp, CompareOp, Context, Dated, Expr, ExprKind, Interval, Order, Party};
use crate::value::{Known, Missing, Number, NumberFault, RecordRef, TimeUnit, Truth, Value};

/// The value of an expression.
#[must_use]
pub fn value(scope: &Scope<'_>, expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Literal(value) => value.clone(),
        ExprKind::Subject => Value::Known(Known::Record(scope.subject.clone())),
        ExprKind::Field { of, field, .. } => of_record(scope, of, |record| {
            named(scope, scope.facts.field(record, *field, scope.on), record, (record.record, *field), None)
        }),
        ExprKind::Panel { of, record: panel, field, ago } => {
            of_record(scope, of, |record| match period_ago(scope, *ago) {
                Some(period) => {
                    let found = scope.facts.panel(record, *panel, period.kind, period.first, *field);
                    named(scope, found, record, (*panel, *field), Some(&period))
                }
                None => unknown_because("no period is at hand"),
            })
        }
        ExprKind::Parameter(id) => {
            let parameter = &scope.policy.parameters[id.index()];
            let day = scope.period.map_or(scope.on, |it| it.first);
            in_force(&parameter.values, day)
                .cloned()
                .unwrap_or_else(|| unknown_because(&format!("{} has no value on {day}", parameter.label.title)))
        }
        ExprKind::Definition { id, of, ago } => of_record(scope, of, |record| match shifted(scope, record, *ago) {
            Some(scope) => value(&scope, &scope.policy.definitions[id.index()].value),
            None => Value::NotApplicable,
        }),
        ExprKind::Band { id, of, ago } => of_record(scope, of, |record| match shifted(scope, record, *ago) {
            Some(scope) => band(&scope, &scope.policy.scales[id.index()]),
            None => Value::NotApplicable,
        }),
        ExprKind::Holder { role, of } => of_record(scope, of, |record| {
            let found = role::holder(&scope.about(record.clone()), &Party::Role(*role));
            match found.holder {
                Some(holder) => Value::Known(Known::Record(holder)),
                None if found.missing.is_empty() => Value::NotApplicable,
                None => Value::Unknown(found.missing),
            }
        }),
        ExprKind::Context(which) => context(scope, *which),
        ExprKind::Arithmetic { op, left, right } => arithmetic(*op, value(scope, left), value(scope, right)),
        ExprKind::Negative(inner) => negative(value(scope, inner)),
        ExprKind::If { condition, then, otherwise } => choose(scope, condition, then, otherwise),
        ExprKind::Extreme { greatest, of } => extreme(scope, *greatest, of),
        ExprKind::Weighted(parts) => weighted(scope, parts),
        ExprKind::Limit { value: inner, limit, at_most } => limited(value(scope, inner), value(scope, limit), *at_most),
        ExprKind::Round { value: inner, mode, to } => map_number(value(scope, inner), |it| it.round(*mode, *to)),
        ExprKind::IfUnknown { value: inner, default } => match value(scope, inner) {
            Value::Unknown(_) => value(scope, default),
            known => known,
        },
        ExprKind::Between { unit, from, to } => between(scope, *unit, &value(scope, from), &value(scope, to)),
        ExprKind::DateOf(rule) => match date_rule(scope, rule, &DateOptions::closing()) {
            Ok(Answer::Known(deadline)) => Value::Known(Known::Date(deadline.date)),
            Ok(Answer::NotYet) => Value::NotHappened,
            Ok(Answer::Unknown(missing)) => Value::Unknown(missing.into_iter().map(Missing::Fact).collect()),
            Err(words) => unknown_because(&words),
        },
        ExprKind::Today => Value::Known(Known::Date(scope.on)),
        ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Compare { .. }
        | ExprKind::IsKnown(_)
        | ExprKind::OneOf { .. }
        | ExprKind::InRange { .. } => match truth(scope, expr) {
            Truth::Yes => Value::Known(Known::YesNo(true)),
            Truth::No => Value::Known(Known::YesNo(false)),
            Truth::Unknown(missing) => Value::Unknown(missing),
            Truth::NotApplicable => Value::NotApplicable,
        },
    }
}

/// Whether a condition holds.
#[must_use]
pub fn truth(scope: &Scope<'_>, expr: &Expr) -> Truth {
    match &expr.kind {
        ExprKind::Not(inner) => truth(scope, inner).negate(),
        ExprKind::And(parts) => Truth::all(parts.iter().map(|it| truth(scope, it))),
        ExprKind::Or(parts) => Truth::any(parts.iter().map(|it| truth(scope, it))),
        ExprKind::Compare { op, left, right } => compare(scope, *op, &value(scope, left), &value(scope, right)),
        ExprKind::IsKnown(inner) => Truth::of(matches!(value(scope, inner), Value::Known(_))),
        ExprKind::OneOf { value: asked, choices } => {
            let asked = value(scope, asked);
            Truth::any(choices.iter().map(|it| compare(scope, CompareOp::Is, &asked, &value(scope, it))))
        }
        ExprKind::InRange { value: asked, low, high } => {
            let asked = value(scope, asked);
            let op = |included: bool, inside: CompareOp, strict: CompareOp| if included { inside } else { strict };
            let low = low.as_ref().map(|(end, included)| {
                compare(scope, op(*included, CompareOp::AtLeast, CompareOp::More), &asked, &value(scope, end))
            });
            let high = high.as_ref().map(|(end, included)| {
                compare(scope, op(*included, CompareOp::AtMost, CompareOp::Less), &asked, &value(scope, end))
            });
            Truth::all(low.into_iter().chain(high))
        }
        _ => match value(scope, expr) {
            Value::Known(Known::YesNo(yes)) => Truth::of(yes),
            Value::Unknown(missing) => Truth::Unknown(missing),
            Value::NotApplicable | Value::NotHappened => Truth::NotApplicable,
            Value::Known(_) => Truth::Unknown(vec![Missing::Reason("a value that is neither yes nor no".to_owned())]),
        },
    }
}

pub(super) fn unknown_because(words: &str) -> Value {
    Value::Unknown(vec![Missing::Reason(words.to_owned())])
}

fn of_record(scope: &Scope<'_>, of: &Expr, ask: impl FnOnce(&RecordRef) -> Value) -> Value {
    match value(scope, of) {
        Value::Known(Known::Record(record)) => ask(&record),
        Value::Known(_) => unknown_because("a value that is no record"),
        other => other,
    }
}

/// An unknown fact gets its name: `Status of Akello`.
fn named(
    scope: &Scope<'_>,
    found: Value,
    of: &RecordRef,
    (record, field): (crate::ids::RecordId, crate::ids::FieldId),
    period: Option<&Period>,
) -> Value {
    match found {
        Value::Unknown(missing) if missing.is_empty() => {
            let name = &scope.policy.field(record, field).label.name;
            let period = period.map_or_else(String::new, |it| format!(" in {}", scope.calendar.label(it)));
            Value::Unknown(vec![Missing::Fact(format!("{name} of {}{period}", of.key))])
        }
        other => other,
    }
}

fn period_ago(scope: &Scope<'_>, ago: u32) -> Option<Period> {
    let back = i32::try_from(ago).ok()?.checked_neg()?;
    scope.calendar.shift(scope.period?, back).ok()
}

/// The scope for another record, so many periods ago; nothing where there is no such period.
fn shifted<'a>(scope: &Scope<'a>, record: &RecordRef, ago: u32) -> Option<Scope<'a>> {
    let period = match scope.period {
        Some(_) => Some(period_ago(scope, ago)?),
        None => None,
    };
    let on = if ago == 0 { scope.on } else { period.map_or(scope.on, |it| it.last) };
    Some(Scope { subject: record.clone(), period, on, ..scope.clone() })
}

/// What holds on a day.
pub(super) fn in_force<T>(values: &[Dated<T>], day: Date) -> Option<&T> {
    let holds = |it: &&Dated<T>| it.from.is_none_or(|from| from <= day) && it.until.is_none_or(|until| until >= day);
    values.iter().rev().find(holds).map(|it| &it.value)
}

fn band(scope: &Scope<'_>, scale: &crate::policy::model::Scale) -> Value {
    let asked = value(scope, &scale.of);
    let Value::Known(known) = &asked else { return asked };
    let inside = |interval: &Interval| {
        let low = interval.low.as_ref().is_none_or(|it| lies(known, &it.at, it.included, true));
        let high = interval.high.as_ref().is_none_or(|it| lies(known, &it.at, it.included, false));
        low && high
    };
    let place = scale.bands.iter().position(inside).and_then(|it| u32::try_from(it).ok());
    place.map_or_else(
        || unknown_because(&format!("no band of {} holds the value", scale.label.title)),
        |at| Value::Known(Known::Choice(scale.choices, at)),
    )
}

fn lies(known: &Known, end: &Value, included: bool, above: bool) -> bool {
    let Value::Known(end) = end else { return false };
    match order_of(known, end) {
        Some(std::cmp::Ordering::Equal) => included,
        Some(std::cmp::Ordering::Greater) => above,
        Some(std::cmp::Ordering::Less) => !above,
        None => false,
    }
}

fn order_of(a: &Known, b: &Known) -> Option<std::cmp::Ordering> {
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
        (Known::Choice(x, a), Known::Choice(y, b)) => (x == y).then(|| a.cmp(b)),
        (Known::Record(a), Known::Record(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn compare(scope: &Scope<'_>, op: CompareOp, left: &Value, right: &Value) -> Truth {
    let (left, right) = match (left, right) {
        (Value::Known(left), Value::Known(right)) => (left, right),
        (Value::Unknown(a), Value::Unknown(b)) => {
            let mut missing: Vec<Missing> = a.iter().chain(b).cloned().collect();
            missing.sort();
            missing.dedup();
            return Truth::Unknown(missing);
        }
        (Value::Unknown(missing), _) | (_, Value::Unknown(missing)) => return Truth::Unknown(missing.clone()),
        (Value::NotApplicable, _) | (_, Value::NotApplicable) => return Truth::NotApplicable,
        (Value::NotHappened, _) | (_, Value::NotHappened) => return Truth::of(op == CompareOp::IsNot),
    };
    let Some(mut order) = order_of(left, right) else {
        return Truth::Unknown(vec![Missing::Reason("two values that can't be compared".to_owned())]);
    };
    if let Known::Choice(list, _) = left
        && scope.policy.choices[list.index()].order == Order::BestFirst
    {
        order = order.reverse();
    }
    Truth::of(match op {
        CompareOp::Less => order.is_lt(),
        CompareOp::AtMost => order.is_le(),
        CompareOp::More => order.is_gt(),
        CompareOp::AtLeast => order.is_ge(),
        CompareOp::Is => order.is_eq(),
        CompareOp::IsNot => order.is_ne(),
    })
}

/// What keeps a computation of two values from being made.
fn blank_of_two(left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Known(_), Value::Known(_)) => None,
        (Value::Unknown(a), Value::Unknown(b)) => {
            let mut missing: Vec<Missing> = a.iter().chain(b).cloned().collect();
            missing.sort();
            missing.dedup();
            Some(Value::Unknown(missing))
        }
        (Value::Unknown(missing), _) | (_, Value::Unknown(missing)) => Some(Value::Unknown(missing.clone())),
        _ => Some(Value::NotApplicable),
    }
}

fn number_or_reason(result: Result<Number, NumberFault>, wrap: impl FnOnce(Number) -> Known) -> Value {
    match result {
        Ok(number) => Value::Known(wrap(number)),
        Err(fault) => unknown_because(&fault.to_string()),
    }
}

fn arithmetic(op: ArithmeticOp, left: Value, right: Value) -> Value {
    if let Some(blank) = blank_of_two(&left, &right) {
        return blank;
    }
    let (Value::Known(left), Value::Known(right)) = (left, right) else { return Value::NotApplicable };
    let apply = |a: Number, b: Number| match op {
        ArithmeticOp::Add => a.add(b),
        ArithmeticOp::Subtract => a.subtract(b),
        ArithmeticOp::Multiply => a.multiply(b),
        ArithmeticOp::Divide => a.divide(b),
    };
    match (left, right) {
        (Known::Number(a), Known::Number(b)) => number_or_reason(apply(a, b), Known::Number),
        (Known::Money { amount: a, currency }, Known::Money { amount: b, currency: other }) if currency == other => {
            match op {
                ArithmeticOp::Divide => number_or_reason(apply(a, b), Known::Number),
                ArithmeticOp::Add | ArithmeticOp::Subtract => {
                    number_or_reason(apply(a, b), |amount| Known::Money { amount, currency })
                }
                ArithmeticOp::Multiply => unknown_because("money times money"),
            }
        }
        (Known::Money { amount: a, currency }, Known::Number(b))
        | (Known::Number(a), Known::Money { amount: b, currency })
            if matches!(op, ArithmeticOp::Multiply | ArithmeticOp::Divide) =>
        {
            number_or_reason(apply(a, b), |amount| Known::Money { amount, currency })
        }
        (Known::Duration { count: a, unit }, Known::Duration { count: b, unit: other }) if unit == other => {
            let count = match op {
                ArithmeticOp::Add => a.checked_add(b),
                ArithmeticOp::Subtract => a.checked_sub(b),
                ArithmeticOp::Multiply | ArithmeticOp::Divide => None,
            };
            count.map_or_else(
                || unknown_because("a length too large"),
                |count| Value::Known(Known::Duration { count, unit }),
            )
        }
        _ => unknown_because("two values that can't be reckoned with each other"),
    }
}

fn map_number(value: Value, apply: impl FnOnce(Number) -> Result<Number, NumberFault>) -> Value {
    match value {
        Value::Known(Known::Number(number)) => number_or_reason(apply(number), Known::Number),
        Value::Known(Known::Money { amount, currency }) => {
            number_or_reason(apply(amount), |amount| Known::Money { amount, currency })
        }
        other => other,
    }
}

fn negative(value: Value) -> Value {
    map_number(value, Number::negate)
}

/// An unknown condition leaves the value unknown, unless both ways give the same.
fn choose(scope: &Scope<'_>, condition: &Expr, then: &Expr, otherwise: &Expr) -> Value {
    match truth(scope, condition) {
        Truth::Yes => value(scope, then),
        Truth::No => value(scope, otherwise),
        Truth::NotApplicable => Value::NotApplicable,
        Truth::Unknown(missing) => {
            let (a, b) = (value(scope, then), value(scope, otherwise));
            if a == b && matches!(a, Value::Known(_)) { a } else { Value::Unknown(missing) }
        }
    }
}

fn extreme(scope: &Scope<'_>, greatest: bool, of: &[Expr]) -> Value {
    let mut best: Option<Known> = None;
    let mut missing = Vec::new();
    let mut unknown = false;
    for part in of {
        match value(scope, part) {
            Value::Known(known) => {
                let better = best
                    .as_ref()
                    .and_then(|it| order_of(&known, it))
                    .is_none_or(|order| if greatest { order.is_gt() } else { order.is_lt() });
                if better {
                    best = Some(known);
                }
            }
            Value::Unknown(facts) => {
                unknown = true;
                missing.extend(facts);
            }
            Value::NotApplicable | Value::NotHappened => {}
        }
    }
    if unknown {
        return Value::Unknown(missing);
    }
    best.map_or(Value::NotApplicable, Value::Known)
}

/// Parts that do not apply give their weight to the others.
fn weighted(scope: &Scope<'_>, parts: &[(Number, Expr)]) -> Value {
    let (mut sum, mut weights) = (Number::ZERO, Number::ZERO);
    let mut missing = Vec::new();
    let mut unknown = false;
    for (weight, part) in parts {
        match value(scope, part) {
            Value::Known(Known::Number(number)) => {
                let added = number.multiply(*weight).and_then(|it| sum.add(it));
                match added.and_then(|it| Ok((it, weights.add(*weight)?))) {
                    Ok((new, total)) => (sum, weights) = (new, total),
                    Err(fault) => return unknown_because(&fault.to_string()),
                }
            }
            Value::Unknown(facts) => {
                unknown = true;
                missing.extend(facts);
            }
            Value::Known(_) | Value::NotApplicable | Value::NotHappened => {}
        }
    }
    if unknown {
        missing.sort();
        missing.dedup();
        return Value::Unknown(missing);
    }
    if weights == Number::ZERO {
        return Value::NotApplicable;
    }
    number_or_reason(sum.divide(weights), Known::Number)
}

fn limited(value: Value, limit: Value, at_most: bool) -> Value {
    if let Some(blank) = blank_of_two(&value, &limit) {
        return blank;
    }
    let (Value::Known(value), Value::Known(limit)) = (value, limit) else { return Value::NotApplicable };
    let beyond = order_of(&value, &limit).is_some_and(|order| if at_most { order.is_gt() } else { order.is_lt() });
    Value::Known(if beyond { limit } else { value })
}

/// How many whole units lie between two days: the first is left out, the last counts; negative the other way round.
fn between(scope: &Scope<'_>, unit: TimeUnit, from: &Value, to: &Value) -> Value {
    if let Some(blank) = blank_of_two(from, to) {
        return blank;
    }
    let (Value::Known(Known::Date(from)), Value::Known(Known::Date(to))) = (from, to) else {
        return unknown_because("two values that are no days");
    };
    let days = || from.until(*to).map_or(0, |it| i64::from(it.get_days()));
    let months = || {
        from.until((jiff::Unit::Month, *to)).map_or(0, |it| i64::from(it.get_months()) + 12 * i64::from(it.get_years()))
    };
    let count = match unit {
        TimeUnit::Hours => days() * 24,
        TimeUnit::Days => days(),
        TimeUnit::WorkingDays => scope.calendar.working_days_between(*from, *to),
        TimeUnit::Weeks => days() / 7,
        TimeUnit::Months => months(),
        TimeUnit::Years => months() / 12,
    };
    Value::Known(Known::Duration { count, unit })
}

fn context(scope: &Scope<'_>, which: Context) -> Value {
    let text = |words: &str| Value::Known(Known::Text(words.into()));
    if which == Context::Period {
        return scope.period.map_or(Value::NotApplicable, |it| text(&scope.calendar.label(&it)));
    }
    let Some(case) = &scope.context else { return unknown_because("no case is at hand") };
    let day = |date: Option<Date>| date.map_or(Value::NotApplicable, |it| Value::Known(Known::Date(it)));
    let record =
        |who: &Option<RecordRef>| who.clone().map_or(Value::NotApplicable, |it| Value::Known(Known::Record(it)));
    let overdue = |count: fn(&Scope<'_>, Date, Date) -> i64| match (case.due, case.today) {
        (Some(due), Some(today)) => Value::Known(Known::Number(Number::from(count(scope, due, today).max(0)))),
        _ => Value::NotApplicable,
    };
    match which {
        Context::Period => Value::NotApplicable,
        Context::Workflow => text(&case.workflow),
        Context::Stage => text(&case.stage),
        Context::Due => day(case.due),
        Context::Opening => day(case.opening.as_ref().and_then(crate::eval::dates::first_day)),
        Context::DaysOverdue => overdue(|_, due, today| due.until(today).map_or(0, |it| i64::from(it.get_days()))),
        Context::WorkingDaysOverdue => overdue(|scope, due, today| scope.calendar.working_days_overdue(due, today)),
        Context::Recipient => record(&case.recipient),
        Context::Holder => record(&case.holder),
        Context::CaseId => {
            case.case_id.map_or(Value::NotApplicable, |it| Value::Known(Known::Number(Number::from(it))))
        }
    }
}
