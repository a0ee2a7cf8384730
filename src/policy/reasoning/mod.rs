//! Reasoning about conditions: whether there are facts with which they hold, over all values that fields declare at once.
//!
//! Nothing here tries values at random or evaluates a policy: what a fact can be is cut into pieces in each of which every condition
//! answers the same. What is not understood (a rule's date, a role's holder) is taken to be anything, so that "there is no case" is
//! never said wrongly; who runs out of looks says so. Start reading at [`find`].

mod address;
mod apart;
mod extent;
mod look;
mod sample;
mod search;
mod terms;
mod truths;

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::ids::DefinitionId;
use crate::policy::model::{Expr, ExprKind, Policy, When};

pub(in crate::policy) use apart::RestsOn;
pub(in crate::policy) use extent::Extent;
pub(in crate::policy) use look::{Look, World};
pub(in crate::policy) use sample::{About, Sample, sample};
pub(in crate::policy) use search::{Found, Judge, JudgeOfTwo, Judged, Looks, Pairs, find, find_pair};
pub(in crate::policy) use terms::Terms;
pub(in crate::policy) use truths::Truths;

/// How deep definitions are followed, and at how many places in all.
const DEEPEST: u32 = 80;
const MOST_PARTS: u32 = 5_000;
/// A policy that changes more often is looked at only so many times.
const MOST_DAYS: usize = 60;

/// The days from which something else holds in what conditions rest on, "before all of them" first; nothing if there are too many.
/// `others` are days on which it does for another reason.
pub(in crate::policy) fn days(
    policy: &Policy,
    conditions: &[&Expr],
    others: impl IntoIterator<Item = Date>,
) -> Option<Vec<Option<Date>>> {
    let days = others.into_iter().collect();
    let mut turns = Turns { policy, days, seen: BTreeSet::new(), left: MOST_PARTS };
    conditions.iter().for_each(|it| turns.gather(it, DEEPEST));
    let (days, left) = (turns.days, turns.left);
    let days: Vec<Option<Date>> = std::iter::once(None).chain(days.into_iter().map(Some)).collect();
    (left > 0 && days.len() <= MOST_DAYS).then_some(days)
}

struct Turns<'p> {
    policy: &'p Policy,
    days: BTreeSet<Date>,
    seen: BTreeSet<DefinitionId>,
    left: u32,
}

impl Turns<'_> {
    fn gather(&mut self, expr: &Expr, depth: u32) {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), self.left.checked_sub(1)) else {
            self.left = 0;
            return;
        };
        self.left = left;
        match &expr.kind {
            ExprKind::Parameter(id) => {
                for value in &self.policy.parameters[id.index()].values {
                    self.turn(value.from, value.until);
                }
            }
            ExprKind::Definition { id, of, when: When::Now } if terms::is_subject(of) => {
                if self.seen.insert(*id) {
                    self.gather(&self.policy.definitions[id.index()].value, depth);
                }
            }
            ExprKind::Band { id, of, when: When::Now } if terms::is_subject(of) => {
                for version in &self.policy.scales[id.index()].versions {
                    self.turn(version.from, version.until);
                    self.gather(&version.value.of, depth);
                    version.value.caps.iter().for_each(|it| self.gather(&it.when, depth));
                }
            }
            kind => {
                if let ExprKind::Table(table) = kind {
                    table.rows.iter().for_each(|it| self.turn(it.from, it.until));
                }
                if let ExprKind::Versions(versions) = kind {
                    versions.iter().for_each(|it| self.turn(it.from, it.until));
                }
                kind.parts().into_iter().for_each(|it| self.gather(it, depth));
            }
        }
    }

    fn turn(&mut self, from: Option<Date>, until: Option<Date>) {
        self.days.extend(from);
        self.days.extend(until.and_then(|it| it.tomorrow().ok()));
    }
}
