//! On which days a condition holds: looked at only where something that it reads can change.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::eval::expression::{truth, value};
use crate::eval::scope::Scope;
use crate::eval::{spell, tree};
use crate::policy::model::{Aggregate, AggregateWord, AsOn, Dated, Expr, ExprKind, Members, SpellWindow, When};
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
    (stretches, Missing::merged(missing))
}

/// The first day of a stretch on which a condition is a known yes.
#[must_use]
pub fn first_day_true(scope: &Scope<'_>, condition: &Expr, from: Date, until: Date) -> Option<Date> {
    change_days(scope, condition, from, until).into_iter().find(|day| truth(&scope.on(*day), condition) == Truth::Yes)
}

/// Since when a condition has been the known yes that it is on a day, as far as dated facts tell; nothing if nobody can tell, or it
/// always was.
#[must_use]
pub fn true_since(scope: &Scope<'_>, condition: &Expr, until: Date) -> Option<Date> {
    let mut changes = Changes { from: Date::MIN, until, days: BTreeSet::from([Date::MIN]), daily: false };
    changes.gather(scope, condition);
    if changes.daily {
        return None;
    }
    let holds = |day: &&Date| truth(&scope.on(**day), condition) == Truth::Yes;
    let since = changes.days.iter().rev().take_while(holds).last();
    since.copied().filter(|it| *it > Date::MIN)
}

/// The first day, and every day on which something changes that the condition reads.
pub(super) fn change_days(scope: &Scope<'_>, condition: &Expr, from: Date, until: Date) -> BTreeSet<Date> {
    if from > until {
        return BTreeSet::new();
    }
    let mut changes = Changes { from, until, days: BTreeSet::from([from]), daily: false };
    changes.gather(scope, condition);
    if !changes.daily {
        return changes.days;
    }
    std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(|day| *day <= until).collect()
}

struct Changes {
    from: Date,
    until: Date,
    days: BTreeSet<Date>,
    /// It reads the day itself, or somebody's place, which may rest on anything: every day is looked at.
    daily: bool,
}

impl Changes {
    fn note(&mut self, day: Date) {
        if day >= self.from && day <= self.until {
            self.days.insert(day);
        }
    }

    /// What is asked by period holds as on its first day, and so does not change inside it.
    fn holds<T>(&mut self, scope: &Scope<'_>, dated: &Dated<T>) {
        if scope.period.is_none() {
            dated.from.into_iter().for_each(|day| self.note(day));
            dated.until.and_then(|day| day.tomorrow().ok()).into_iter().for_each(|day| self.note(day));
        }
    }

    fn gather(&mut self, scope: &Scope<'_>, expr: &Expr) {
        match &expr.kind {
            ExprKind::Today | ExprKind::Holder { .. } | ExprKind::DateOf(_) | ExprKind::SpellDays { .. } => {
                self.daily = true;
            }
            ExprKind::Field { of, record, field } => {
                self.gather(scope, of);
                if !self.daily && scope.policy.field(*record, *field).dated {
                    for owner in self.records(scope, of) {
                        scope.facts.spells(&owner, *field).into_iter().for_each(|(since, _)| self.note(since));
                    }
                }
            }
            ExprKind::Definition { id, of, when } => {
                self.gather_of(scope, of, *when, &scope.policy.definitions[id.index()].value);
            }
            ExprKind::Band { id, of, when } => {
                for version in &scope.policy.scales[id.index()].versions {
                    self.holds(scope, version);
                    let caps = version.value.caps.iter().map(|it| &it.when);
                    std::iter::once(&version.value.of).chain(caps).for_each(|it| self.gather_of(scope, of, *when, it));
                }
            }
            ExprKind::Parameter(id) => {
                scope.policy.parameters[id.index()].values.iter().for_each(|it| self.holds(scope, it));
            }
            ExprKind::Versions(versions) => {
                versions.iter().for_each(|it| self.holds(scope, it));
                expr.kind.parts().into_iter().for_each(|part| self.gather(scope, part));
            }
            ExprKind::Table(table) => {
                for row in table.rows.iter().filter(|_| scope.period.is_none()) {
                    row.from.into_iter().for_each(|day| self.note(day));
                    row.until.and_then(|day| day.tomorrow().ok()).into_iter().for_each(|day| self.note(day));
                }
                expr.kind.parts().into_iter().for_each(|part| self.gather(scope, part));
            }
            ExprKind::Aggregate(aggregate) => self.gather_of_members(scope, aggregate),
            ExprKind::PayForDays { pay, days } => {
                self.gather(scope, pay);
                self.gather_of_members(scope, days);
            }
            kind => kind.parts().into_iter().for_each(|part| self.gather(scope, part)),
        }
    }

    /// What another period gives is the same on every day.
    fn gather_of(&mut self, scope: &Scope<'_>, of: &Expr, when: When, inner: &Expr) {
        self.gather(scope, of);
        if when == When::Now && !self.daily {
            for owner in self.records(scope, of) {
                self.gather(&scope.about(owner), inner);
            }
        }
    }

    /// Children and those who refer are asked one by one; what other periods give is the same on every day.
    fn gather_of_members(&mut self, scope: &Scope<'_>, aggregate: &Aggregate) {
        match &aggregate.window {
            Some(SpellWindow::UnderWay(Some(AsOn::Day(day)))) => self.gather(scope, day),
            Some(SpellWindow::Within { after, until }) => {
                [after, until].into_iter().for_each(|it| self.gather(scope, it));
            }
            Some(SpellWindow::UnderWay(Some(AsOn::Start | AsOn::End)) | SpellWindow::UnderWay(None)) => {}
            None => self.daily |= aggregate.word == AggregateWord::Days,
        }
        let members = match aggregate.members {
            Members::Children(kind) => scope.facts.children(&scope.subject, kind),
            // What rests on itself down a tree may rest on anything there.
            Members::Referring(kind, field)
                if scope.policy.parent_of(kind) == Some(field)
                    && aggregate.filter.iter().chain(&aggregate.value).any(may_rest_on_itself) =>
            {
                self.daily = true;
                return;
            }
            Members::Referring(kind, field) => scope.facts.referring(&scope.subject, kind, field),
            Members::Within { record, field, parent } => {
                let all = tree::ever_within(scope, parent);
                for part in &all {
                    scope.facts.spells(part, parent).into_iter().for_each(|(since, _)| self.note(since));
                }
                all.iter().flat_map(|it| scope.facts.referring(it, record, field)).collect()
            }
            Members::Periods(_) | Members::Last(_) => Vec::new(),
        };
        for member in members {
            if let Members::Referring(_, field) | Members::Within { field, .. } = aggregate.members {
                scope.facts.spells(&member, field).into_iter().for_each(|(since, _)| self.note(since));
            }
            if let Some(SpellWindow::UnderWay(None)) = aggregate.window {
                spell::turns(scope, &member).into_iter().for_each(|day| self.note(day));
            }
            let about = scope.about(member);
            aggregate
                .filter
                .iter()
                .chain(&aggregate.value)
                .chain(&aggregate.weight)
                .for_each(|it| self.gather(&about, it));
        }
    }

    /// Whom an expression names on the days found so far; it changes on no others.
    fn records(&self, scope: &Scope<'_>, of: &Expr) -> BTreeSet<crate::value::RecordRef> {
        let named = |day: &Date| match value(&scope.on(*day), of) {
            Value::Known(Known::Record(owner)) => Some(owner),
            _ => None,
        };
        self.days.iter().filter_map(named).collect()
    }
}

/// Whether an expression names a definition or a scale, which may name itself of what stands below.
fn may_rest_on_itself(expr: &Expr) -> bool {
    let names = matches!(expr.kind, ExprKind::Definition { .. } | ExprKind::Band { .. } | ExprKind::Aggregate(_));
    names || expr.kind.parts().into_iter().any(may_rest_on_itself)
}
