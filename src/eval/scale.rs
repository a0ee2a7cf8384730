//! The band of a scale: that of the value, unless a cap holds it down or up.

use std::cmp::Ordering;

use crate::eval::expression::{in_force, rules_of, truth, value};
use crate::eval::operation::order_of;
use crate::eval::scope::Scope;
use crate::policy::model::{Bands, Bound, Cap, Interval, Scale};
use crate::value::{Known, Missing, Truth, Value};

/// The band of a scale for the subject and period at hand.
///
/// A cap holds whatever the value is, and a cap that holds the band down wins over one that holds it up. While it is not known
/// whether a cap holds, or what the value is, the band is unknown only if that could change it.
pub(super) fn band(scope: &Scope<'_>, scale: &Scale) -> Value {
    let Some(version) = version(scope, scale) else {
        return Value::because(format!("{} has no bands on {}", scale.label.title, rules_of(scope)));
    };
    let asked = value(scope, &version.of);
    let (mut best, mut worst, mut missing) = match &asked {
        Value::Known(known) => match version.bands.iter().find(|it| holds(scope, &it.interval, known)) {
            Some(band) => {
                scope.applied(band.span);
                (band.choice, band.choice, Vec::new())
            }
            None => return Value::because(format!("no band of {} holds the value", scale.label.title)),
        },
        Value::Unknown(facts) => match (version.bands.first(), version.bands.last()) {
            (Some(first), Some(last)) => (first.choice, last.choice, facts.clone()),
            _ => return asked,
        },
        Value::NotApplicable | Value::NotHappened => return asked,
    };
    let asked: Vec<(&Cap, Truth)> = version.caps.iter().map(|it| (it, truth(scope, &it.when))).collect();
    asked.iter().filter(|it| it.1.is_yes()).for_each(|it| scope.applied(it.0.span));
    let those = |at_most: bool| asked.iter().filter(move |it| it.0.at_most == at_most);
    // A smaller place is a better band.
    for (cap, holds) in those(false) {
        best = if possible(holds) { best.min(cap.choice) } else { best };
        worst = if holds.is_yes() { worst.min(cap.choice) } else { worst };
    }
    for (cap, holds) in those(true) {
        best = if holds.is_yes() { best.max(cap.choice) } else { best };
        worst = if possible(holds) { worst.max(cap.choice) } else { worst };
    }
    if best == worst {
        return Known::Choice(scale.choices, best).into();
    }
    for (cap, holds) in &asked {
        let matters = if cap.at_most { cap.choice > best } else { cap.choice < worst };
        if let (Truth::Unknown(facts), true) = (holds, matters) {
            missing.extend(facts.iter().cloned());
        }
    }
    Value::Unknown(Missing::merged(missing))
}

fn possible(holds: &Truth) -> bool {
    matches!(holds, Truth::Yes | Truth::Unknown(_))
}

/// The caps of a scale that are known to hold, each with its reason, in the order written.
#[must_use]
pub fn caps_that_hold<'p>(scope: &Scope<'p>, scale: &'p Scale) -> Vec<&'p Cap> {
    let caps = version(scope, scale).map_or(&[][..], |it| &it.caps);
    caps.iter().filter(|it| truth(scope, &it.when).is_yes()).collect()
}

fn version<'p>(scope: &Scope<'_>, scale: &'p Scale) -> Option<&'p Bands> {
    in_force(&scale.versions, rules_of(scope))
}

fn holds(scope: &Scope<'_>, interval: &Interval, known: &Known) -> bool {
    let beyond = |bound: &Option<Bound>, outside: Ordering| {
        bound.as_ref().is_some_and(|it| match it.at.known().and_then(|end| order_of(scope.policy, known, end)) {
            Some(Ordering::Equal) => !it.included,
            Some(order) => order == outside,
            None => true,
        })
    };
    !beyond(&interval.low, Ordering::Less) && !beyond(&interval.high, Ordering::Greater)
}
