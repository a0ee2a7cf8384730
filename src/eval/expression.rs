//! Expressions, in the plainest form. The laws that hold here:
//!
//! * **Unknown.** An outcome is unknown only where the missing fact could change it, and one that is known stays as it is whatever the
//!   missing facts turn out to be. Only `is known` and `if unknown treat as` ask about the knowing itself.
//! * **Does not apply.** A comparison with it can't be asked ([`Truth::NotApplicable`]); arithmetic with it does not apply; weights,
//!   the greatest and the least leave it out; a limit that does not apply limits nothing.
//! * **Has not happened.** Such a day is not known, equals nothing, and lies neither before nor after any other; the later of it and
//!   another day has not happened either; the earlier of the two is the other. Arithmetic with it does not apply.
//! * **Other periods.** Facts of another period are read on its last day. A definition may rest on its own earlier period.

use crate::calendar::Period;
use crate::eval::dates::{Answer, DateOptions, date_rule, rests_on_nothing};
use crate::eval::days::change_days;
use crate::eval::history::of_period;
use crate::eval::operation::{arithmetic, between, compare, days, limited, map_number, number_or_reason, order_of};
use crate::eval::scope::{Earlier, ProposedFacts, Scope};
use crate::eval::table::of_table;
use crate::eval::{aggregate, happened, history, ladder, population, reads, role, scale, spell};
use crate::policy::model::{AsOn, CompareOp, Context, DateRule, Dated, Expr, ExprKind, ProposalPart, Type};
use crate::value::{Known, Missing, Number, RecordRef, Truth, Value};
use jiff::civil::Date;

/// The value of an expression.
#[must_use]
pub fn value(scope: &Scope<'_>, expr: &Expr) -> Value {
    let Some(listener) = scope.listener else { return found(scope, expr) };
    listener.asked(scope, expr);
    let value = found(scope, expr);
    listener.answered(expr, &value);
    value
}

fn found(scope: &Scope<'_>, expr: &Expr) -> Value {
    match &expr.kind {
        ExprKind::Literal(value) => value.clone(),
        ExprKind::Subject => Known::Record(scope.subject.clone()).into(),
        ExprKind::Owner { of } => match value(scope, of) {
            Value::Known(Known::Record(child)) => {
                reads::owner(scope.policy, &child).map_or(Value::NotApplicable, |it| Known::Record(it).into())
            }
            other => other,
        },
        ExprKind::Field { of, field, .. } => of_record(scope, of, |record| reads::field(scope, record, *field)),
        ExprKind::Panel { of, record: panel, field, when } => {
            of_record(scope, of, |record| reads::panel(scope, record, *panel, *field, *when))
        }
        ExprKind::Parameter(id) => parameter(scope, &scope.policy.parameters[id.index()]),
        ExprKind::Definition { id, of, when } => {
            let definition = &scope.policy.definitions[id.index()];
            of_period(
                scope,
                of,
                *when,
                |record, first| Earlier::Definition(id.0, record, first),
                |scope| value(scope, &definition.value),
            )
        }
        ExprKind::Band { id, of, when } => {
            let scale = &scope.policy.scales[id.index()];
            of_period(
                scope,
                of,
                *when,
                |record, first| Earlier::Band(id.0, record, first),
                |scope| scale::band(scope, scale),
            )
        }
        ExprKind::Holder { role, of } => {
            of_record(scope, of, |record| role::standing(&scope.about(record.clone()), *role))
        }
        ExprKind::Context(which) => context(scope, *which, &expr.ty),
        ExprKind::Arithmetic { op, left, right } => arithmetic(*op, value(scope, left), value(scope, right)),
        ExprKind::Negative(inner) => map_number(value(scope, inner), Number::negate),
        ExprKind::If { condition, then, otherwise } => choose(scope, condition, then, otherwise),
        ExprKind::Extreme { greatest, of } => extreme(scope, *greatest, of),
        ExprKind::Aggregate(of) => aggregate::aggregate(scope, of, &expr.ty),
        ExprKind::Population(of) => population::population(scope, of),
        ExprKind::Weighted(parts) => weighted(scope, parts),
        ExprKind::Share(parts) => share(scope, parts),
        ExprKind::AsOn { value: inner, day } => as_on(scope, inner, day),
        ExprKind::Limit { value: inner, limit, at_most } => {
            limited(scope.policy, value(scope, inner), value(scope, limit), *at_most)
        }
        ExprKind::Round { value: inner, mode, to } => map_number(value(scope, inner), |it| it.round(*mode, *to)),
        ExprKind::IfUnknown { value: inner, default } => match value(scope, inner) {
            Value::Unknown(_) => value(scope, default),
            known => known,
        },
        ExprKind::SpellDays { within } => spell::days_of_one(scope, *within),
        ExprKind::PayForDays { pay, days } => spell::pay_for(scope, pay, days),
        ExprKind::Between { unit, from, to } => between(scope, *unit, value(scope, from), value(scope, to)),
        ExprKind::DateOf(rule) => date_of(scope, rule),
        ExprKind::Table(table) => of_table(scope, table),
        ExprKind::Versions(versions) => match in_force(versions, rules_of(scope)) {
            Some(version) => value(scope, version),
            None => Value::because(format!("a rule that does not hold yet on {}", rules_of(scope))),
        },
        ExprKind::Counts(of) => match value(scope, of) {
            Value::Known(Known::Choice(list, at)) => {
                let number = scope.policy.choices[list.index()].counts.get(at as usize);
                number.map_or_else(|| Value::because("a band that counts as nothing"), |it| Known::Number(*it).into())
            }
            other => other,
        },
        ExprKind::StageIs { stage, state } => match scope.context {
            Some(case) => {
                let is = case.stages.get(stage.index()).and_then(|it| it.state);
                Known::YesNo(is == Some(*state)).into()
            }
            None => Value::because("no case is at hand"),
        },
        ExprKind::Today => Known::Date(scope.on).into(),
        ExprKind::Not(_)
        | ExprKind::And(_)
        | ExprKind::Or(_)
        | ExprKind::Compare { .. }
        | ExprKind::IsKnown(_)
        | ExprKind::OneOf { .. }
        | ExprKind::History(_)
        | ExprKind::OverDays { .. }
        | ExprKind::Happened(_)
        | ExprKind::OnLadder(_)
        | ExprKind::OrNo(_)
        | ExprKind::InRange { .. } => truth(scope, expr).into(),
    }
}

/// Whether a condition holds.
#[must_use]
pub fn truth(scope: &Scope<'_>, expr: &Expr) -> Truth {
    if let ExprKind::OrNo(inner) = &expr.kind {
        return match truth(scope, inner) {
            Truth::NotApplicable => Truth::No,
            other => other,
        };
    }
    let Some(listener) = scope.listener else { return holds(scope, expr) };
    listener.asked(scope, expr);
    let truth = holds(scope, expr);
    listener.answered(expr, &truth.clone().into());
    truth
}

fn holds(scope: &Scope<'_>, expr: &Expr) -> Truth {
    let asks = |op: CompareOp, left: &Value, right: &Expr| compare(scope.policy, op, left, &value(scope, right));
    match &expr.kind {
        ExprKind::Not(inner) => truth(scope, inner).negate(),
        ExprKind::History(periods) => history::history(scope, periods),
        ExprKind::OverDays { condition, every } => over_days(scope, condition, *every),
        ExprKind::Happened(asked) => happened::happened(scope, asked),
        ExprKind::OnLadder(asked) => ladder::on_ladder(scope, asked),
        ExprKind::And(parts) => Truth::all(parts.iter().map(|it| truth(scope, it))),
        ExprKind::Or(parts) => Truth::any(parts.iter().map(|it| truth(scope, it))),
        ExprKind::Compare { op, left, right } => asks(*op, &value(scope, left), right),
        ExprKind::IsKnown(inner) => Truth::of(value(scope, inner).known().is_some()),
        ExprKind::OneOf { value: asked, choices } => {
            let asked = value(scope, asked);
            Truth::any(choices.iter().map(|it| asks(CompareOp::Is, &asked, it)))
        }
        ExprKind::InRange { value: asked, low, high } => {
            let asked = value(scope, asked);
            let low =
                low.iter().map(|(end, included)| (end, if *included { CompareOp::AtLeast } else { CompareOp::More }));
            let high =
                high.iter().map(|(end, included)| (end, if *included { CompareOp::AtMost } else { CompareOp::Less }));
            Truth::all(low.chain(high).map(|(end, op)| asks(op, &asked, end)))
        }
        _ => match value(scope, expr) {
            Value::Known(Known::YesNo(yes)) => Truth::of(yes),
            Value::Unknown(missing) => Truth::Unknown(missing),
            Value::NotApplicable | Value::NotHappened => Truth::NotApplicable,
            Value::Known(_) => Truth::Unknown(vec![Missing::Reason("a value that is neither yes nor no".to_owned())]),
        },
    }
}

pub(super) fn of_record(scope: &Scope<'_>, of: &Expr, ask: impl FnOnce(&RecordRef) -> Value) -> Value {
    match value(scope, of) {
        Value::Known(Known::Record(record)) => ask(&record),
        Value::Known(_) => Value::because("a value that is no record"),
        other => other,
    }
}

/// A parameter holds as on the first day of the period; without one, as on the day asked.
fn parameter(scope: &Scope<'_>, parameter: &crate::policy::model::Parameter) -> Value {
    let day = rules_of(scope);
    in_force(&parameter.values, day)
        .cloned()
        .unwrap_or_else(|| Value::because(format!("{} has no value on {day}", parameter.label.title)))
}

/// The day whose rules hold: the first of the period; without one, the day asked.
pub(super) fn rules_of(scope: &Scope<'_>) -> Date {
    scope.period.map_or(scope.on, |it: Period| it.first)
}

/// What holds on a day.
pub(crate) fn in_force<T>(values: &[Dated<T>], day: Date) -> Option<&T> {
    let holds = |it: &&Dated<T>| it.from.is_none_or(|from| from <= day) && it.until.is_none_or(|until| until >= day);
    values.iter().rev().find(holds).map(|it| &it.value)
}

fn date_of(scope: &Scope<'_>, rule: &DateRule) -> Value {
    if rests_on_nothing(scope, rule) {
        return Value::NotApplicable;
    }
    match date_rule(scope, rule, &DateOptions::closing()) {
        Ok(Answer::Known(deadline)) => Known::Date(deadline.date).into(),
        Ok(Answer::NotYet) => Value::NotHappened,
        Ok(Answer::Unknown(missing)) => Value::Unknown(missing.into_iter().map(Missing::Fact).collect()),
        Err(words) => Value::because(words),
    }
}

/// A condition that is unknown, or can't be asked, leaves the value so; unless both ways give the same.
fn choose(scope: &Scope<'_>, condition: &Expr, then: &Expr, otherwise: &Expr) -> Value {
    let open = match truth(scope, condition) {
        Truth::Yes => return value(scope, then),
        Truth::No => return value(scope, otherwise),
        Truth::NotApplicable => Value::NotApplicable,
        Truth::Unknown(missing) => Value::Unknown(missing),
    };
    let (a, b) = (value(scope, then), value(scope, otherwise));
    match (&open, &a, &b) {
        (_, Value::Unknown(_), _) | (_, _, Value::Unknown(_)) => still_open(open, &a, &b),
        _ if a == b => a,
        _ => open,
    }
}

/// Where a way is unknown too, the two could still turn out to be the same.
fn still_open(open: Value, a: &Value, b: &Value) -> Value {
    let facts = |it: &Value| if let Value::Unknown(facts) = it { facts.clone() } else { Vec::new() };
    match open {
        Value::NotApplicable => Value::Unknown(Missing::merged(facts(a).into_iter().chain(facts(b)))),
        other => other,
    }
}

fn extreme(scope: &Scope<'_>, greatest: bool, of: &[Expr]) -> Value {
    let mut best: Option<Known> = None;
    let mut missing = Vec::new();
    let (mut unknown, mut waits) = (false, false);
    for part in of {
        match value(scope, part) {
            Value::Known(known) => {
                let order = best.as_ref().map(|it| order_of(scope.policy, &known, it));
                match order {
                    None => best = Some(known),
                    Some(Some(order)) if order.is_gt() == greatest && order.is_ne() => best = Some(known),
                    Some(Some(_)) => {}
                    Some(None) => return Value::because("two values that can't be compared"),
                }
            }
            Value::Unknown(facts) => {
                unknown = true;
                missing.extend(facts);
            }
            Value::NotHappened => waits |= greatest,
            Value::NotApplicable => {}
        }
    }
    match (waits, unknown) {
        (true, _) => Value::NotHappened,
        (false, true) => Value::Unknown(Missing::merged(missing)),
        (false, false) => best.map_or(Value::NotApplicable, Value::Known),
    }
}

/// Parts that do not apply give their weight to the others; a part without weight is not asked.
fn weighted(scope: &Scope<'_>, parts: &[(Number, Expr)]) -> Value {
    let (mut sum, mut weights) = (Number::ZERO, Number::ZERO);
    let mut missing = Vec::new();
    let mut unknown = false;
    for (weight, part) in parts.iter().filter(|(weight, _)| *weight != Number::ZERO) {
        match value(scope, part) {
            Value::Known(Known::Number(number)) => {
                let added = number.multiply(*weight).and_then(|it| sum.add(it));
                match added.and_then(|it| Ok((it, weights.add(*weight)?))) {
                    Ok((new, total)) => (sum, weights) = (new, total),
                    Err(fault) => return Value::because(fault.to_string()),
                }
            }
            Value::Known(_) => return Value::because("a part of a weighted sum that is no number"),
            Value::Unknown(facts) => {
                unknown = true;
                missing.extend(facts);
            }
            Value::NotApplicable | Value::NotHappened => {}
        }
    }
    if unknown {
        return Value::Unknown(Missing::merged(missing));
    }
    if weights == Number::ZERO {
        return Value::NotApplicable;
    }
    number_or_reason(sum.divide(weights), Known::Number)
}

/// On every day of the period, or on any, as far as anything changes in it.
fn over_days(scope: &Scope<'_>, condition: &Expr, every: bool) -> Truth {
    let Some(period) = scope.period else {
        return Truth::Unknown(vec![Missing::Reason("no period is at hand".to_owned())]);
    };
    let days = change_days(scope, condition, period.first, period.last);
    let holds = days.into_iter().map(|day| truth(&scope.on(day), condition));
    if every { Truth::all(holds) } else { Truth::any(holds) }
}

fn as_on(scope: &Scope<'_>, inner: &Expr, day: &AsOn) -> Value {
    let day = match (day, scope.period) {
        (AsOn::Start, Some(period)) => period.first,
        (AsOn::End, Some(period)) => period.last,
        (AsOn::Start | AsOn::End, None) => return Value::because("no period is at hand"),
        (AsOn::Day(day), _) => match value(scope, day) {
            Value::Known(Known::Date(day)) => day,
            Value::Known(_) => return Value::because("a value that is no day"),
            other => return other,
        },
    };
    value(&scope.on(day), inner)
}

/// The points reached as a share of those that could be reached; what does not apply leaves both. Nothing gives more than it is out of.
fn share(scope: &Scope<'_>, parts: &[(Expr, Expr)]) -> Value {
    let (mut got, mut most) = (Number::ZERO, Number::ZERO);
    let (mut missing, mut unknown) = (Vec::new(), false);
    for (part, out_of) in parts {
        match (value(scope, part), value(scope, out_of)) {
            (Value::NotApplicable | Value::NotHappened, _) | (_, Value::NotApplicable | Value::NotHappened) => {}
            (Value::Known(Known::Number(part)), Value::Known(Known::Number(of))) => {
                match (got.add(part.min(of)), most.add(of)) {
                    (Ok(new), Ok(all)) => (got, most) = (new, all),
                    (Err(fault), _) | (_, Err(fault)) => return Value::because(fault.to_string()),
                }
            }
            (part, of) => {
                unknown = true;
                missing.extend(
                    [part, of].into_iter().flat_map(|it| if let Value::Unknown(it) = it { it } else { Vec::new() }),
                );
            }
        }
    }
    match (unknown, most == Number::ZERO) {
        (true, _) => Value::Unknown(Missing::merged(missing)),
        (false, true) => Value::NotApplicable,
        (false, false) => number_or_reason(got.divide(most), Known::Number),
    }
}

/// A part of what was proposed; `ty` is the list of the rules that may have proposed it.
fn proposed(scope: &Scope<'_>, proposal: Option<&ProposedFacts>, part: ProposalPart, ty: &Type) -> Value {
    let Some(proposal) = proposal else { return Value::because("nothing was proposed") };
    let there = |known: Option<Known>| known.map_or(Value::NotApplicable, Value::Known);
    match part {
        ProposalPart::Rule => {
            let Type::Choice(list) = ty else { return Value::NotApplicable };
            let rules = &scope.policy.choices[list.index()].choices;
            let at = rules.iter().position(|it| it.name == proposal.rule).and_then(|it| u32::try_from(it).ok());
            there(at.map(|at| Known::Choice(*list, at)))
        }
        ProposalPart::Amount => there(proposal.amount.clone()),
        ProposalPart::Because => there(proposal.because.as_ref().map(|it| Known::Text(it.as_str().into()))),
        ProposalPart::Day => there(Some(Known::Date(proposal.on))),
    }
}

fn context(scope: &Scope<'_>, which: Context, ty: &Type) -> Value {
    let text = |words: &str| Value::Known(Known::Text(words.into()));
    if which == Context::Period {
        return scope.period.map_or(Value::NotApplicable, |it| text(&scope.calendar.label(&it)));
    }
    let Some(case) = scope.context else { return Value::because("no case is at hand") };
    let there = |known: Option<Known>| known.map_or(Value::NotApplicable, Value::Known);
    // While it is not known by which calendar they count, the fewest: nobody is told of more than there may be.
    let working_days = |due, today| scope.calendars(due).earliest(|it| it.working_days_overdue(due, today));
    let overdue = |count: &dyn Fn(Date, Date) -> i64| {
        let count = case.due.zip(case.today).map(|(due, today)| count(due, today).max(0));
        there(count.map(|it| Known::Number(Number::from(it))))
    };
    match which {
        Context::Period => Value::NotApplicable,
        Context::Workflow => text(&case.workflow),
        Context::Stage => text(&case.stage),
        Context::Choice => there(case.choice.as_ref().map(|it| Known::Text(it.as_str().into()))),
        Context::Due => there(case.due.map(Known::Date)),
        Context::Opening => there(case.opening.as_ref().and_then(crate::eval::dates::first_day).map(Known::Date)),
        Context::DaysOverdue => overdue(&days),
        Context::WorkingDaysOverdue => overdue(&working_days),
        Context::Recipient => there(case.recipient.clone().map(Known::Record)),
        Context::Holder => there(case.holder.clone().map(Known::Record)),
        Context::Proposed(part) => proposed(scope, case.proposal.as_ref(), part, ty),
        Context::One => there(case.one.clone().map(Known::Record)),
        Context::Reason => there(case.reason.as_deref().map(|it| Known::Text(it.into()))),
        Context::CaseId => there(case.case_id.map(|it| Known::Number(Number::from(it)))),
    }
}
