//! Money that is shared among those to whom a reward is proposed.
//!
//! * Never more is spent than the budget: shares are rounded down, and what is left is not spent.
//! * Those who tie are treated alike; where they can't all be paid and the last is cut, they share in proportion to their claims.
//! * What somebody may claim to whom the reward is undetermined is kept back, so that whoever is paid is paid whatever comes out.
//!   Where it is not known how much that is, or from which budget, whoever comes behind them waits as well.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::civil::Date;

use crate::eval::awaited::Awaited;
use crate::eval::expression::value;
use crate::eval::framework::{Verdict, Why, alone};
use crate::eval::operation::order_of;
use crate::eval::scope::Scope;
use crate::policy::framework::{Framework, OutcomeRule, Pool, Sharing};
use crate::policy::model::{Expr, ExprKind};
use crate::value::{Known, Missing, Number, RecordRef, Rounding, Value};

/// Which pool, of which period, as on which day.
pub(super) type PoolKey = (u32, Option<Date>, Date);
/// What becomes of everybody's claim.
pub(super) type Shares = BTreeMap<RecordRef, Verdict>;

/// Somebody's claim on a budget.
struct Claim {
    who: RecordRef,
    /// How much; nothing where nobody can say.
    amount: Option<Number>,
    /// By what they are put in order; nothing where it is not known, or not asked: they go before all others.
    by: Option<Known>,
    /// What is missing to say whether they are paid; empty for whoever is.
    missing: Vec<Missing>,
}

/// What becomes of a reward that is paid within a budget, for the subject.
pub(super) fn share(scope: &Scope<'_>, framework: &Framework, at: usize, pool: &Pool) -> Option<Verdict> {
    let key = (pool.id, scope.period.map(|it| it.first), scope.on);
    let found = scope.pools.borrow().get(&key).cloned();
    let shares = found.unwrap_or_else(|| {
        let shares = Rc::new(shares(&scope.clone().heard_by(None), framework, at, pool));
        scope.pools.borrow_mut().insert(key, Rc::clone(&shares));
        shares
    });
    shares.get(&scope.subject).cloned()
}

fn shares(scope: &Scope<'_>, framework: &Framework, at: usize, pool: &Pool) -> Shares {
    let mut shares = Shares::new();
    let mut pools: BTreeMap<String, (Value, Vec<Claim>)> = BTreeMap::new();
    let mut adrift: Vec<Claim> = Vec::new();
    let rule = &framework.rules[at];
    for who in scope.facts.records(framework.subject) {
        let scope = scope.about(who.clone());
        let Some(mut claim) = claim(&scope, framework, at, pool) else { continue };
        match pool.whose.as_ref().map(|it| value(&scope, it)) {
            None => {
                pools.entry(String::new()).or_insert_with(|| (value(&scope, &pool.budget), Vec::new())).1.push(claim)
            }
            Some(Value::Known(known)) => {
                let key = format!("{known:?}");
                pools.entry(key).or_insert_with(|| (value(&scope, &pool.budget), Vec::new())).1.push(claim);
            }
            Some(Value::Unknown(facts)) => {
                claim.missing.extend(facts);
                adrift.push(claim);
            }
            Some(Value::NotApplicable | Value::NotHappened) => {
                shares.insert(who, Verdict::NotCovered);
            }
        }
    }
    for (budget, claims) in pools.into_values() {
        shares.extend(share_out(scope, rule, pool, budget, claims, &adrift));
    }
    shares.extend(adrift.into_iter().map(|it| (it.who, Verdict::Undetermined(Missing::merged(it.missing)))));
    shares
}

/// What somebody claims; nothing if they claim nothing.
fn claim(scope: &Scope<'_>, framework: &Framework, at: usize, pool: &Pool) -> Option<Claim> {
    let rule = &framework.rules[at];
    let amount = rule.amount.as_ref()?;
    let (mut missing, paid) = match alone(scope, framework).swap_remove(at) {
        Verdict::Proposed(paid) => (Vec::new(), paid),
        Verdict::Undetermined(missing) => (missing, most(scope, amount)),
        Verdict::No(_) | Verdict::NotCovered => return None,
    };
    let by = match pool.sharing.by().map(|it| value(scope, it)) {
        None => None,
        Some(Value::Known(known)) => Some(known),
        Some(Value::Unknown(facts)) => {
            missing.extend(facts);
            None
        }
        Some(Value::NotApplicable | Value::NotHappened) => {
            missing.push(Missing::Reason("nothing to be put in order by".to_owned()));
            None
        }
    };
    let amount = paid.as_ref().and_then(number);
    Some(Claim { who: scope.subject.clone(), amount, by, missing })
}

/// The most that an amount can come to: its value, or its limit where the value is not known.
fn most(scope: &Scope<'_>, amount: &Expr) -> Option<Value> {
    match (value(scope, amount), &amount.kind) {
        (known @ Value::Known(_), _) => Some(known),
        (_, ExprKind::Round { value, .. }) => most(scope, value),
        (_, ExprKind::Limit { limit, at_most: true, .. }) => Some(value(scope, limit)),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Known(Known::Money { amount, .. } | Known::Number(amount)) => Some(*amount),
        _ => None,
    }
}

/// Shares one budget out; `adrift` may claim from it, too, and nobody can say.
fn share_out(
    scope: &Scope<'_>,
    rule: &OutcomeRule,
    pool: &Pool,
    budget: Value,
    mut claims: Vec<Claim>,
    adrift: &[Claim],
) -> Shares {
    let all = |claims: Vec<Claim>, verdict: &dyn Fn(Claim) -> Verdict| -> Shares {
        claims.into_iter().map(|it| (it.who.clone(), verdict(it))).collect()
    };
    let money = match (&budget, number(&budget)) {
        (_, Some(money)) => money,
        (Value::Unknown(facts), _) => {
            return all(claims, &|it| {
                Verdict::Undetermined(Missing::merged(it.missing.into_iter().chain(facts.clone())))
            });
        }
        _ => return all(claims, &|_| Verdict::NotCovered),
    };
    let mut left = money;
    // What is missing of those before whom nobody can say how much they take.
    let mut open = Awaited::default();
    for other in adrift {
        keep_back(&mut left, &mut open, other);
    }
    if matches!(pool.sharing, Sharing::ProRata) {
        return in_proportion(rule, &budget, left, claims, open);
    }
    claims.sort_by(|a, b| before(scope, a, b));
    let mut shares = Shares::new();
    let mut stopped = false;
    let mut rest = claims.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut tied = vec![first];
        while let Some(next) = rest.next_if(|it| before(scope, &tied[0], it) == Ordering::Equal) {
            tied.push(next);
        }
        for claim in tied.iter().filter(|it| it.amount.is_none()) {
            open.one(&claim.missing);
        }
        let asked = sum(tied.iter().filter_map(|it| it.amount));
        let fits = asked <= left && !stopped;
        let part = match pool.sharing {
            _ if fits => Some(left),
            Sharing::Cut(_) if !stopped && left > Number::ZERO => Some(left),
            _ => None,
        };
        stopped |= !fits && !matches!(pool.sharing, Sharing::Skipped(_));
        for claim in tied {
            let paid = match (part, claim.amount) {
                (Some(_), Some(amount)) if fits => Some(amount),
                (Some(part), Some(amount)) => proportion(rule, part, amount, asked),
                _ => None,
            };
            let verdict = verdict(&budget, paid, &claim, &open);
            shares.insert(claim.who, verdict);
        }
        if fits {
            left = left.subtract(asked).unwrap_or(Number::ZERO);
        }
    }
    shares
}

/// Everybody gets their claim, or all get the same part of it.
fn in_proportion(rule: &OutcomeRule, budget: &Value, left: Number, claims: Vec<Claim>, mut open: Awaited) -> Shares {
    for claim in claims.iter().filter(|it| it.amount.is_none()) {
        open.one(&claim.missing);
    }
    let asked = sum(claims.iter().filter_map(|it| it.amount));
    let share = |claim: &Claim| match claim.amount? {
        amount if asked <= left => Some(amount),
        amount => proportion(rule, left, amount, asked),
    };
    claims.iter().map(|it| (it.who.clone(), verdict(budget, share(it), it, &open))).collect()
}

fn verdict(budget: &Value, paid: Option<Number>, claim: &Claim, open: &Awaited) -> Verdict {
    if !claim.missing.is_empty() || !open.is_empty() {
        return Verdict::Undetermined(open.with(&claim.missing, claim.amount.is_none()));
    }
    match paid.filter(|it| *it > Number::ZERO) {
        Some(paid) => Verdict::Proposed(Some(like(budget, paid))),
        None => Verdict::No(Why::Spent),
    }
}

fn keep_back(left: &mut Number, open: &mut Awaited, claim: &Claim) {
    match claim.amount {
        Some(amount) => *left = left.subtract(amount).map_or(Number::ZERO, |it| it.max(Number::ZERO)),
        None => open.one(&claim.missing),
    }
}

/// Money like that of the budget.
fn like(budget: &Value, amount: Number) -> Value {
    match budget {
        Value::Known(Known::Money { currency, .. }) => Known::Money { amount, currency: currency.clone() }.into(),
        _ => Known::Number(amount).into(),
    }
}

/// Those of whom nothing is known go first, then whoever has more.
fn before(scope: &Scope<'_>, a: &Claim, b: &Claim) -> Ordering {
    match (&a.by, &b.by) {
        (Some(a), Some(b)) => order_of(scope.policy, b, a).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn sum(amounts: impl Iterator<Item = Number>) -> Number {
    amounts.fold(Number::ZERO, |sum, it| sum.add(it).unwrap_or(sum))
}

/// A part of a claim, rounded down to what the rule rounds its amounts to, or to whole units.
fn proportion(rule: &OutcomeRule, part: Number, amount: Number, of: Number) -> Option<Number> {
    let to = match rule.amount.as_ref().map(|it| &it.kind) {
        Some(ExprKind::Round { to, .. }) => *to,
        _ => Number::from(1),
    };
    let share = part.multiply(amount).and_then(|it| it.divide(of)).and_then(|it| it.round(Rounding::Down, to));
    share.ok()
}
