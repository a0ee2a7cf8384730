//! What holds for a time: no hole, no overlap, and for what is judged by period no change inside one.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::calendar::PeriodKind;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::framework::{Framework, OutcomeRule};
use crate::policy::model::{Dated, Expr, ExprKind, Label, Policy};
use crate::source::Span;

/// Every parameter, scale, definition and table.
pub(super) fn versions_follow_each_other(policy: &Policy, found: &mut Diagnostics) {
    for parameter in &policy.parameters {
        leave_no_hole(&parameter.label, &parameter.values, found);
    }
    for scale in &policy.scales {
        leave_no_hole(&scale.label, &scale.versions, found);
    }
    for definition in &policy.definitions {
        if let ExprKind::Versions(versions) = &definition.value.kind {
            leave_no_hole(&definition.label, versions, found);
        }
    }
    for framework in &policy.frameworks {
        versions_of_rules_do_not_overlap(framework, found);
    }
    change_between_periods(policy, found);
}

/// Between the versions of a rule there may be a time without it, but no day with two.
fn versions_of_rules_do_not_overlap(framework: &Framework, found: &mut Diagnostics) {
    for (at, rule) in framework.rules.iter().enumerate() {
        let overlaps = |it: &&OutcomeRule| it.label.name == rule.label.name && it.meets(rule);
        if let Some(other) = framework.rules[..at].iter().find(overlaps) {
            let from = rule.from.max(other.from);
            let when = from.map_or_else(|| "before its first day".to_owned(), |it| format!("on {it}"));
            let words = format!("`{}` has two versions {when}", rule.label.name);
            let overlap = Diagnostic::new(codes::OVERLAP, rule.label.span, words).label(other.label.span, "the other");
            found.push(overlap.help("end one version before the next begins"));
        } else if rule.from.zip(rule.until).is_some_and(|(from, until)| until < from) {
            let words = format!("`{}` ends before it begins", rule.label.name);
            found.push(Diagnostic::new(codes::OVERLAP, rule.label.span, words).help("let it end after it begins"));
        }
    }
}

fn leave_no_hole<T>(label: &Label, values: &[Dated<T>], found: &mut Diagnostics) {
    for pair in values.windows(2) {
        let (until, from) = match (pair[0].until, pair[1].from) {
            (Some(until), Some(from)) => (until, from),
            _ => {
                let words = format!("`{}` has two values on every day of one of them", label.name);
                let overlap = Diagnostic::new(codes::OVERLAP, label.span, words);
                found.push(overlap.help("say from which day the later one holds"));
                continue;
            }
        };
        let next = until.tomorrow().ok();
        if next < Some(from) {
            let words = format!("`{}` has no value after {until} and before {from}", label.name);
            let hole = Diagnostic::new(codes::HOLE, label.span, words);
            found.push(hole.help("let each value hold until the next begins"));
        } else if until >= from {
            let words = format!("`{}` has two values on {from}", label.name);
            let overlap = Diagnostic::new(codes::OVERLAP, label.span, words);
            found.push(overlap.help("end one value before the next begins"));
        }
    }
}

/// A change of what something for each period rests on: each is told once.
#[derive(Default)]
struct Changes {
    by_place: BTreeMap<Span, (String, Date, PeriodKind)>,
}

/// What is judged for a period goes by the rules of its first day: a change inside it would be overlooked.
fn change_between_periods(policy: &Policy, found: &mut Diagnostics) {
    let mut changes = Changes::default();
    for definition in &policy.definitions {
        if let Some(each) = definition.each {
            changes.expr(policy, &definition.value, &definition.label, each);
        }
    }
    for scale in &policy.scales {
        let Some(each) = scale.each else { continue };
        for version in &scale.versions {
            changes.expr(policy, &version.value.of, &scale.label, each);
            version.value.caps.iter().for_each(|it| changes.expr(policy, &it.when, &scale.label, each));
        }
        for version in scale.versions.iter().skip(1) {
            changes.begins(policy, version.value.span, &scale.label, version.from, each);
        }
    }
    for framework in &policy.frameworks {
        for rule in &framework.rules {
            changes.begins(policy, rule.label.span, &rule.label, rule.from, framework.each);
            let ends = rule.until.and_then(|it| it.tomorrow().ok());
            changes.begins(policy, rule.label.span, &rule.label, ends, framework.each);
            let rests_on = std::iter::once(&rule.when).chain(&rule.unless).chain(&rule.amount);
            rests_on.for_each(|it| changes.expr(policy, it, &rule.label, framework.each));
        }
    }
    for (span, (name, from, each)) in changes.by_place {
        let kind = policy.main().kind_name(each);
        let words =
            format!("`{name}` changes on {from}, inside a {kind}: the {kind} goes on by the rules of its first day");
        let change = Diagnostic::new(codes::CHANGE_INSIDE, span, words);
        found.push(change.help(format!("let it change on the first day of a {kind}")));
    }
}

impl Changes {
    fn expr(&mut self, policy: &Policy, expr: &Expr, label: &Label, each: PeriodKind) {
        match &expr.kind {
            ExprKind::Parameter(id) => {
                let parameter = &policy.parameters[id.index()];
                for value in parameter.values.iter().skip(1) {
                    self.begins(policy, parameter.label.span, &parameter.label, value.from, each);
                }
            }
            ExprKind::Versions(versions) => {
                for version in versions.iter().skip(1) {
                    self.begins(policy, version.value.span, label, version.from, each);
                }
            }
            ExprKind::Table(table) => {
                for row in &table.rows {
                    self.begins(policy, row.span, label, row.from, each);
                }
            }
            _ => {}
        }
        expr.kind.parts().into_iter().for_each(|it| self.expr(policy, it, label, each));
    }

    fn begins(&mut self, policy: &Policy, span: Span, label: &Label, from: Option<Date>, each: PeriodKind) {
        let Some(from) = from else { return };
        let inside = policy.main().period_containing(each, from).is_ok_and(|it| it.first != from);
        if inside {
            self.by_place.entry(span).or_insert_with(|| (label.name.clone(), from, each));
        }
    }
}
