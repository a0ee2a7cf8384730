//! What is made of several records or periods.
//!
//! * Over nothing: how many and the sum are 0, any is no, none is yes; the average, the least, the greatest and every do not apply.
//! * What does not apply, or has not happened, is left out. A filter that can't be asked of a member leaves it out.
//! * The result is unknown only where what is missing could change it. Where children may be missing, one more could be there.

use crate::eval::expression::{truth, value};
use crate::eval::history::{MOST_PERIODS_BACK, elsewhere, first_day};
use crate::eval::operation::{arithmetic, order_of};
use crate::eval::scope::Scope;
use crate::eval::spell::{self, Window};
use crate::eval::{reads, tree};
use crate::ids::{FieldId, RecordId};
use crate::policy::model::{Aggregate, AggregateWord, ArithmeticOp, ExprKind, Members, Type, When};
use crate::value::{Known, Missing, Number, RecordRef, Truth, Value};

/// What a filter says of a member, and what the member gives.
struct Member {
    counts: Truth,
    gives: Value,
    /// How much it weighs in an average.
    weight: Value,
}

/// Something made of several.
pub(super) fn aggregate(scope: &Scope<'_>, aggregate: &Aggregate, ty: &Type) -> Value {
    let scopes = members(scope, aggregate).and_then(|scopes| {
        let window = spell::window(scope, aggregate.window.as_ref())?;
        Ok((scopes, window))
    });
    let (scopes, window) = match scopes {
        Ok((scopes, window)) => (scopes.into_iter().map(|it| window.around(it)).collect::<Vec<_>>(), window),
        Err(nothing) => return nothing,
    };
    if aggregate.word == AggregateWord::Days {
        return spell::days(scope, aggregate, &scopes, &window).map_or_else(|open| open, |days| spell::length(&days));
    }
    let member = |it: &Scope<'_>| member(it, aggregate, &window);
    if aggregate.word == AggregateWord::Average && (aggregate.weight.is_some() || aggregate.enough.is_some()) {
        let members: Vec<Member> = scopes.iter().filter_map(member).collect();
        let sure = aggregate.those_known || !others_may_be_there(scope, aggregate);
        return weighted(&members, aggregate, sure);
    }
    let mut members: Vec<Member> = scopes.iter().filter_map(member).collect();
    if aggregate.those_known {
        let known = |it: &Member| !matches!(it.counts, Truth::Unknown(_)) && !matches!(it.gives, Value::Unknown(_));
        members.retain(known);
    } else if let Members::Children(kind) = aggregate.members
        && let Some(another) = another(scope, kind)
    {
        let facts = vec![another];
        members.push(Member { counts: Truth::Unknown(facts.clone()), gives: Value::Unknown(facts), weight: one() });
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
        AggregateWord::Days => Value::because("days of what is no spell"),
    }
}

/// The scopes of those of whom it is made.
pub(super) fn members<'a>(scope: &Scope<'a>, aggregate: &Aggregate) -> Result<Vec<Scope<'a>>, Value> {
    match aggregate.members {
        Members::Children(_) | Members::Referring(..) | Members::Within { .. } => records(scope, aggregate.members),
        Members::Periods(kind) => {
            let own = scope.period.ok_or_else(|| Value::because("no period is at hand"))?;
            let inside = scope.calendar.periods_inside(kind, &own);
            let inside = inside.map_err(|problem| Value::because(problem.to_string()))?;
            let first = first_day(scope, &scope.subject, own.first);
            let there = inside.into_iter().filter(|it| first.is_none_or(|first| first <= it.last));
            there.map(|it| elsewhere(scope, &scope.subject, When::In(it))).collect()
        }
        Members::Last(count) => {
            scope.period.ok_or_else(|| Value::because("no period is at hand"))?;
            let before = (0..=MOST_PERIODS_BACK).map_while(|ago| match ago {
                0 => Some(scope.clone()),
                ago => elsewhere(scope, &scope.subject, When::Ago(ago)).ok(),
            });
            let asked = aggregate.value.as_ref().or(aggregate.filter.as_ref());
            // Whoever listens is told of what is made of them, not of how they are picked.
            let unheard = |it: &Scope<'a>| Scope { listener: None, ..it.clone() };
            let applies =
                |it: &Scope<'a>| asked.is_none_or(|own| !matches!(value(&unheard(it), own), Value::NotApplicable));
            Ok(before.filter(applies).take(count as usize).collect())
        }
    }
}

/// The scopes of the records of whom it is made; periods are none.
pub(super) fn records<'a>(scope: &Scope<'a>, members: Members) -> Result<Vec<Scope<'a>>, Value> {
    match members {
        Members::Children(kind) => {
            Ok(scope.facts.children(&scope.subject, kind).into_iter().map(|it| scope.about(it)).collect())
        }
        Members::Referring(kind, field) if scope.policy.parent_of(kind) == Some(field) => {
            tree::right_below(scope, field)
        }
        Members::Referring(kind, field) => {
            Ok(referring(scope, &scope.subject, kind, field).into_iter().map(|it| scope.about(it)).collect())
        }
        Members::Within { record, field, parent } => {
            let all = tree::within(scope, parent)?;
            let named = all.iter().flat_map(|it| referring(scope, it, record, field));
            Ok(named.map(|it| scope.about(it)).collect())
        }
        Members::Periods(_) | Members::Last(_) => Ok(Vec::new()),
    }
}

/// Those whose field names a record on the day that is read.
pub(super) fn referring(scope: &Scope<'_>, to: &RecordRef, kind: RecordId, field: FieldId) -> Vec<RecordRef> {
    let names =
        |it: &RecordRef| matches!(reads::field(scope, it, field), Value::Known(Known::Record(other)) if other == *to);
    scope.facts.referring(to, kind, field).into_iter().filter(names).collect()
}

/// Nothing for one that does not count.
fn member(scope: &Scope<'_>, aggregate: &Aggregate, window: &Window) -> Option<Member> {
    let filter = aggregate.filter.as_ref().map_or(Truth::Yes, |it| truth(scope, it));
    let counts = if *window == Window::Any { filter } else { Truth::all([window.holds(scope), filter]) };
    if matches!(counts, Truth::No | Truth::NotApplicable) {
        return None;
    }
    let gives = aggregate.value.as_ref().map_or(Value::Known(Known::YesNo(true)), |it| value(scope, it));
    let open = matches!(counts, Truth::Unknown(_));
    // What gives nothing changes nothing, whether it counts or not.
    let nothing = matches!(gives, Value::NotApplicable | Value::NotHappened);
    let weight = aggregate.weight.as_ref().map_or_else(one, |it| value(scope, it));
    (!(open && nothing)).then_some(Member { counts, gives, weight })
}

fn missing_of<'m>(members: impl IntoIterator<Item = &'m Member>) -> Vec<Missing> {
    let facts = members.into_iter().flat_map(|it| {
        let counts = if let Truth::Unknown(facts) = &it.counts { facts.as_slice() } else { &[] };
        let gives = if let Value::Unknown(facts) = &it.gives { facts.as_slice() } else { &[] };
        let weight = if let Value::Unknown(facts) = &it.weight { facts.as_slice() } else { &[] };
        counts.iter().chain(gives).chain(weight).cloned()
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
    let nought = nought(ty);
    let is_nought = |it: &Value| it.known() == Some(&nought);
    let matters = |it: &&Member| match (&it.counts, &it.gives) {
        (_, Value::Unknown(_)) => true,
        (Truth::Unknown(_), gives) => !is_nought(gives),
        _ => false,
    };
    if members.iter().any(|it| matters(&it)) {
        return Err(Value::Unknown(missing_of(members.iter().filter(matters))));
    }
    let known = members.iter().filter(|it| it.gives.known().is_some());
    let count = i64::try_from(known.clone().count()).unwrap_or(i64::MAX);
    let sum = known.fold(Value::Known(nought.clone()), |sum, it| arithmetic(ArithmeticOp::Add, sum, it.gives.clone()));
    Ok((sum, count))
}

/// What may count or not changes nothing where it is the average of those that surely do.
fn average(members: &[Member], ty: &Type) -> Value {
    let is_open = |it: &&Member| matches!(it.counts, Truth::Unknown(_)) || matches!(it.gives, Value::Unknown(_));
    let sure = members.iter().filter(|it| !is_open(it)).filter_map(|it| it.gives.known());
    let count = i64::try_from(sure.clone().count()).unwrap_or(i64::MAX);
    let sum = sure.cloned().map(Value::from);
    let sum = sum.fold(nought(ty).into(), |sum, it| arithmetic(ArithmeticOp::Add, sum, it));
    let average = match count {
        0 => Value::NotApplicable,
        count => arithmetic(ArithmeticOp::Divide, sum, Known::Number(Number::from(count)).into()),
    };
    if members.iter().filter(is_open).all(|it| it.gives.known().is_some() && it.gives == average) {
        return average;
    }
    Value::Unknown(missing_of(members.iter().filter(is_open)))
}

/// Nothing of a kind.
fn nought(ty: &Type) -> Known {
    match ty {
        Type::Money { currency, .. } => Known::Money { amount: Number::ZERO, currency: currency.clone() },
        Type::Duration(unit) => Known::Duration { count: 0, unit: *unit },
        _ => Known::Number(Number::ZERO),
    }
}

fn one() -> Value {
    Known::Number(Number::ONE).into()
}

/// Whether there is another child of a kind, where children of that kind may be missing.
pub(super) fn another(scope: &Scope<'_>, kind: RecordId) -> Option<Missing> {
    let kind = scope.policy.record(kind);
    let words = || format!("whether there is another {} of {}", kind.label.name, scope.subject.key);
    kind.may_be_missing.then(|| Missing::Fact(words()))
}

pub(super) fn others_may_be_there(scope: &Scope<'_>, aggregate: &Aggregate) -> bool {
    matches!(aggregate.members, Members::Children(kind) if scope.policy.record(kind).may_be_missing)
}

/// The average by weight. Of those known it is told only if enough of the weight of all is theirs.
fn weighted(members: &[Member], aggregate: &Aggregate, all_are_there: bool) -> Value {
    let applies = |it: &Value| !matches!(it, Value::NotApplicable | Value::NotHappened);
    let nought = |it: &Value| heaviness(it) == Some(Number::ZERO);
    let there = || members.iter().filter(|it| applies(&it.gives) && applies(&it.weight) && !nought(&it.weight));
    let is_open = |it: &&Member| {
        matches!(it.counts, Truth::Unknown(_)) || it.gives.known().is_none() || it.weight.known().is_none()
    };
    let missing = || {
        let open = there().filter(|it| is_open(it)).flat_map(|it| missing_of(std::slice::from_ref(it)));
        Value::Unknown(Missing::merged(open))
    };
    if !all_are_there {
        return Value::because("whether all are there that belong to it");
    }
    let awaits = !aggregate.those_known && there().any(|it| is_open(&it));
    let (mut sum, mut known) = (None, Number::ZERO);
    for member in there().filter(|it| !is_open(it)) {
        let Some(weight) = heaviness(&member.weight) else { return Value::because("a weight that is no number") };
        let part = arithmetic(ArithmeticOp::Multiply, member.gives.clone(), Known::Number(weight).into());
        sum = Some(sum.map_or_else(|| part.clone(), |sum| arithmetic(ArithmeticOp::Add, sum, part.clone())));
        match known.add(weight) {
            Ok(total) => known = total,
            Err(fault) => return Value::because(fault.to_string()),
        }
    }
    if awaits {
        let average = sum.map(|it| arithmetic(ArithmeticOp::Divide, it, Known::Number(known).into()));
        let open: Vec<&Member> = there().filter(is_open).collect();
        return unmoved(&open, average, aggregate).unwrap_or_else(missing);
    }
    if let Some(enough) = aggregate.enough
        && there().any(|it| is_open(&it))
    {
        let all = there().try_fold(Number::ZERO, |all, it| heaviness(&it.weight).and_then(|it| all.add(it).ok()));
        let share = all.and_then(|all| known.divide(all).ok());
        if share.is_none_or(|share| share < enough) {
            return missing();
        }
    }
    match sum {
        Some(sum) => arithmetic(ArithmeticOp::Divide, sum, Known::Number(known).into()),
        None if there().next().is_some() => missing(),
        None => Value::NotApplicable,
    }
}

/// The average where what is missing is only for how many days something counts that is as large as the average of all others; where
/// there are no others, one of them has a day in any case.
fn unmoved(open: &[&Member], of_others: Option<Value>, aggregate: &Aggregate) -> Option<Value> {
    // No spell has fewer days than none; another weight could take away.
    let Some(ExprKind::SpellDays { within }) = aggregate.weight.as_ref().map(|it| &it.kind) else { return None };
    let one_counts = || *within && open.iter().any(|it| it.counts.is_yes());
    let average = match of_others {
        Some(average) => average,
        None => open.first().filter(|_| one_counts())?.gives.clone(),
    };
    let same = |it: &&Member| it.gives.known().is_some() && it.gives == average;
    open.iter().all(same).then_some(average)
}

/// What a weight comes to as a number.
fn heaviness(weight: &Value) -> Option<Number> {
    match weight.known()? {
        Known::Number(number) => Some(*number),
        Known::Duration { count, .. } => Some(Number::from(*count)),
        _ => None,
    }
}

/// One that may count or not changes nothing where another is at least as good.
fn extreme(scope: &Scope<'_>, members: &[Member], greatest: bool) -> Value {
    let better = |a: &Known, b: &Known| {
        order_of(scope.policy, a, b).is_some_and(|order| if greatest { order.is_gt() } else { order.is_lt() })
    };
    let sure = members.iter().filter(|it| it.counts.is_yes()).filter_map(|it| it.gives.known());
    let best = sure.reduce(|best, it| if better(it, best) { it } else { best });
    let matters = |it: &&Member| match (&it.counts, &it.gives, best) {
        (_, Value::Unknown(_), _) => true,
        (Truth::Unknown(_), Value::Known(known), Some(best)) => better(known, best),
        (Truth::Unknown(_), Value::Known(_), None) => true,
        _ => false,
    };
    if members.iter().any(|it| matters(&it)) {
        return Value::Unknown(missing_of(members.iter().filter(matters)));
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
    match holds {
        Truth::Yes | Truth::Unknown(_) if !sure => Truth::Unknown(missing_of(there)),
        holds => holds,
    }
}
