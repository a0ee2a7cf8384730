//! What is made of several records or periods.
//!
//! * Over nothing: how many and the sum are 0, any is no, none is yes; the average, the least, the greatest and every do not apply.
//! * What does not apply, or has not happened, is left out. A filter that can't be asked of a member leaves it out.
//! * The result is unknown only where what is missing could change it. Where children may be missing, one more could be there.

use crate::eval::expression::{truth, value};
use crate::eval::history::{elsewhere, first_day};
use crate::eval::operation::{arithmetic, order_of};
use crate::eval::reads;
use crate::eval::scope::Scope;
use crate::policy::model::{Aggregate, AggregateWord, ArithmeticOp, Members, Type, When};
use crate::value::{Known, Missing, Number, RecordRef, Truth, Value};

/// What a filter says of a member, and what the member gives.
struct Member {
    counts: Truth,
    gives: Value,
}

/// Something made of several.
pub(super) fn aggregate(scope: &Scope<'_>, aggregate: &Aggregate, ty: &Type) -> Value {
    let scopes = match members(scope, aggregate.members) {
        Ok(scopes) => scopes,
        Err(nothing) => return nothing,
    };
    let mut members: Vec<Member> = scopes.iter().filter_map(|it| member(it, aggregate)).collect();
    if aggregate.those_known {
        let known = |it: &Member| !matches!(it.counts, Truth::Unknown(_)) && !matches!(it.gives, Value::Unknown(_));
        members.retain(known);
    } else if let Members::Children(kind) = aggregate.members
        && scope.policy.record(kind).may_be_missing
    {
        let words =
            format!("whether there is another {} of {}", scope.policy.record(kind).label.name, scope.subject.key);
        let facts = vec![Missing::Fact(words)];
        members.push(Member { counts: Truth::Unknown(facts.clone()), gives: Value::Unknown(facts) });
    }
    match aggregate.word {
        AggregateWord::Count => count(&members),
        AggregateWord::Sum => sum(&members, ty).map_or_else(|open| open, |(sum, _)| sum),
        AggregateWord::Average => average(&members, ty),
        AggregateWord::Least => extreme(scope, &members, false),
        AggregateWord::Greatest => extreme(scope, &members, true),
        AggregateWord::Any => any(&members).into(),
        AggregateWord::No => any(&members).negate().into(),
        AggregateWord::Every => every(&members).into(),
    }
}

/// The scopes of those of whom it is made.
fn members<'a>(scope: &Scope<'a>, members: Members) -> Result<Vec<Scope<'a>>, Value> {
    match members {
        Members::Children(kind) => {
            Ok(scope.facts.children(&scope.subject, kind).into_iter().map(|it| scope.about(it)).collect())
        }
        Members::Referring(kind, field) => {
            let names = |it: &RecordRef| matches!(reads::field(scope, it, field), Value::Known(Known::Record(other)) if other == scope.subject);
            let referring = scope.facts.referring(&scope.subject, kind, field).into_iter().filter(names);
            Ok(referring.map(|it| scope.about(it)).collect())
        }
        Members::Periods(kind) => {
            let own = scope.period.ok_or_else(|| Value::because("no period is at hand"))?;
            let inside = scope.calendar.periods_inside(kind, &own);
            let inside = inside.map_err(|problem| Value::because(problem.to_string()))?;
            let first = first_day(scope, &scope.subject, own.first);
            let there = inside.into_iter().filter(|it| first.is_none_or(|first| first <= it.last));
            there.map(|it| elsewhere(scope, &scope.subject, When::In(it))).collect()
        }
    }
}

/// Nothing for one that does not count.
fn member(scope: &Scope<'_>, aggregate: &Aggregate) -> Option<Member> {
    let counts = aggregate.filter.as_ref().map_or(Truth::Yes, |it| truth(scope, it));
    if matches!(counts, Truth::No | Truth::NotApplicable) {
        return None;
    }
    let gives = aggregate.value.as_ref().map_or(Value::Known(Known::YesNo(true)), |it| value(scope, it));
    let open = matches!(counts, Truth::Unknown(_));
    // What gives nothing changes nothing, whether it counts or not.
    let nothing = matches!(gives, Value::NotApplicable | Value::NotHappened);
    (!(open && nothing)).then_some(Member { counts, gives })
}

fn missing_of(members: &[Member]) -> Vec<Missing> {
    let facts = members.iter().flat_map(|it| {
        let counts = if let Truth::Unknown(facts) = &it.counts { facts.as_slice() } else { &[] };
        let gives = if let Value::Unknown(facts) = &it.gives { facts.as_slice() } else { &[] };
        counts.iter().chain(gives).cloned()
    });
    Missing::merged(facts)
}

fn open(members: &[Member]) -> bool {
    members.iter().any(|it| matches!(it.counts, Truth::Unknown(_)) || matches!(it.gives, Value::Unknown(_)))
}

fn count(members: &[Member]) -> Value {
    if open(members) {
        return Value::Unknown(missing_of(members));
    }
    Known::Number(Number::from(i64::try_from(members.len()).unwrap_or(i64::MAX))).into()
}

/// The sum and of how many; what is missing where it could change the sum.
fn sum(members: &[Member], ty: &Type) -> Result<(Value, i64), Value> {
    let nought = match ty {
        Type::Money { currency, .. } => Known::Money { amount: Number::ZERO, currency: currency.clone() },
        _ => Known::Number(Number::ZERO),
    };
    let is_nought = |it: &Value| it.known() == Some(&nought);
    if members.iter().any(|it| match (&it.counts, &it.gives) {
        (_, Value::Unknown(_)) => true,
        (Truth::Unknown(_), gives) => !is_nought(gives),
        _ => false,
    }) {
        return Err(Value::Unknown(missing_of(members)));
    }
    let known = members.iter().filter(|it| it.gives.known().is_some());
    let count = i64::try_from(known.clone().count()).unwrap_or(i64::MAX);
    let sum = known.fold(Value::Known(nought.clone()), |sum, it| arithmetic(ArithmeticOp::Add, sum, it.gives.clone()));
    Ok((sum, count))
}

fn average(members: &[Member], ty: &Type) -> Value {
    if open(members) {
        return Value::Unknown(missing_of(members));
    }
    match sum(members, ty) {
        Ok((_, 0)) => Value::NotApplicable,
        Ok((sum, count)) => arithmetic(ArithmeticOp::Divide, sum, Known::Number(Number::from(count)).into()),
        Err(open) => open,
    }
}

/// One that may count or not changes nothing where another is at least as good.
fn extreme(scope: &Scope<'_>, members: &[Member], greatest: bool) -> Value {
    let better = |a: &Known, b: &Known| {
        order_of(scope.policy, a, b).is_some_and(|order| if greatest { order.is_gt() } else { order.is_lt() })
    };
    let sure = members.iter().filter(|it| it.counts.is_yes()).filter_map(|it| it.gives.known());
    let best = sure.reduce(|best, it| if better(it, best) { it } else { best });
    let matters = |it: &Member| match (&it.counts, &it.gives, best) {
        (_, Value::Unknown(_), _) => true,
        (Truth::Unknown(_), Value::Known(known), Some(best)) => better(known, best),
        (Truth::Unknown(_), Value::Known(_), None) => true,
        _ => false,
    };
    if members.iter().any(matters) {
        return Value::Unknown(missing_of(members));
    }
    best.map_or(Value::NotApplicable, |it| it.clone().into())
}

fn gives(member: &Member) -> Truth {
    match &member.gives {
        Value::Known(Known::YesNo(yes)) => Truth::of(*yes),
        Value::Unknown(missing) => Truth::Unknown(missing.clone()),
        _ => Truth::No,
    }
}

fn any(members: &[Member]) -> Truth {
    Truth::any(members.iter().map(|it| Truth::all([it.counts.clone(), gives(it)])))
}

/// Of those to whom it applies. If it is open whether there is one at all, it is open whether it can be asked.
fn every(members: &[Member]) -> Truth {
    let there: Vec<&Member> =
        members.iter().filter(|it| !matches!(it.gives, Value::NotApplicable | Value::NotHappened)).collect();
    if there.is_empty() {
        return Truth::NotApplicable;
    }
    let holds = Truth::all(there.iter().map(|it| Truth::any([it.counts.clone().negate(), gives(it)])));
    let sure = there.iter().any(|it| it.counts.is_yes());
    if holds.is_yes() && !sure { Truth::Unknown(missing_of(members)) } else { holds }
}
