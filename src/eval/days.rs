//! On which days a condition holds: looked at only where a dated fact that it reads changes.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::eval::expression::{truth, value};
use crate::eval::scope::Scope;
use crate::policy::model::{Expr, ExprKind};
use crate::value::{Known, Missing, Truth, Value};

/// The stretches of days, both ends included, on which a condition is a known yes; and what is missing on the others.
#[must_use]
pub fn true_days(scope: &Scope<'_>, condition: &Expr, from: Date, until: Date) -> (Vec<(Date, Date)>, Vec<Missing>) {
    let mut stretches: Vec<(Date, Date)> = Vec::new();
    let mut missing = Vec::new();
    let starts: Vec<Date> = change_days(scope, condition, from, until).into_iter().collect();
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).and_then(|it| it.yesterday().ok()).unwrap_or(until);
        match truth(&scope.on(*start), condition) {
            Truth::Yes => match stretches.last_mut() {
                Some(last) if last.1.tomorrow().ok() == Some(*start) => last.1 = end,
                _ => stretches.push((*start, end)),
            },
            Truth::Unknown(facts) => missing.extend(facts),
            Truth::No | Truth::NotApplicable => {}
        }
    }
    missing.sort();
    missing.dedup();
    (stretches, missing)
}

/// The first day of a stretch on which a condition is a known yes.
#[must_use]
pub fn first_day_true(scope: &Scope<'_>, condition: &Expr, from: Date, until: Date) -> Option<Date> {
    change_days(scope, condition, from, until).into_iter().find(|day| truth(&scope.on(*day), condition) == Truth::Yes)
}

/// The first day, and every day on which a dated fact changes that the condition reads.
fn change_days(scope: &Scope<'_>, condition: &Expr, from: Date, until: Date) -> BTreeSet<Date> {
    if from > until {
        return BTreeSet::new();
    }
    let mut days = BTreeSet::from([from]);
    gather(scope, condition, until, &mut days);
    days.retain(|day| *day >= from && *day <= until);
    days
}

fn gather(scope: &Scope<'_>, expr: &Expr, until: Date, days: &mut BTreeSet<Date>) {
    match &expr.kind {
        ExprKind::Field { of, record, field } => {
            gather(scope, of, until, days);
            if !scope.policy.field(*record, *field).dated {
                return;
            }
            let moments: Vec<Date> = days.iter().copied().chain([until]).collect();
            let owners: BTreeSet<_> = moments
                .into_iter()
                .filter_map(|day| match value(&scope.on(day), of) {
                    Value::Known(Known::Record(owner)) => Some(owner),
                    _ => None,
                })
                .collect();
            for owner in owners {
                days.extend(scope.facts.spells(&owner, *field).into_iter().map(|(since, _)| since));
            }
        }
        ExprKind::Definition { id, of, .. } => {
            gather(scope, of, until, days);
            gather(scope, &scope.policy.definitions[id.index()].value, until, days);
        }
        ExprKind::Band { id, of, .. } => {
            gather(scope, of, until, days);
            gather(scope, &scope.policy.scales[id.index()].of, until, days);
        }
        kind => kind.parts().into_iter().for_each(|part| gather(scope, part, until, days)),
    }
}
