//! Frameworks side by side: they decide apart, so that two of them may sanction the same person for the same thing, unless one gives way.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::codes_framework as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::{DefinitionId, FieldId, RecordId};
use crate::policy::framework::{Framework, OutcomeRule, Proposed};
use crate::policy::model::{AggregateWord, Expr, ExprKind, Members, Policy};
use crate::policy::names::Builder;
use crate::policy::reasoning::{self, About, Found, Looks, Sample, Terms, Truths};
use crate::policy::same::same;
use crate::policy::shadows::{around, conditions, days, takes_effect, wanted};
use crate::syntax::tree::{self, FrameworkLineKind, Item, Name};

impl Builder<'_, '_> {
    /// Which frameworks give way to which, once all are there.
    pub(super) fn frameworks_give_way(&mut self) {
        let mut written: Vec<(usize, &Name)> = Vec::new();
        for item in self.items.clone() {
            let Item::Framework(framework) = item else { continue };
            let Some(own) = self.framework_named(&framework.name) else { continue };
            written.extend(names_of(framework).map(|it| (own, it)));
        }
        for (own, name) in &written {
            let Some(other) = self.framework_named(name) else {
                let known: Vec<String> = self.policy.frameworks.iter().map(|it| it.label.name.clone()).collect();
                self.unknown_name(name, "framework", &known);
                continue;
            };
            let judged = |at: usize| (self.policy.frameworks[at].subject, self.policy.frameworks[at].each);
            if judged(*own) != judged(other) {
                let words = format!("`{}` judges others, or for another period", name.text);
                let help = "a framework gives way to one that judges the same people for the same periods";
                self.report(Diagnostic::new(codes::GIVES_WAY, name.span, words).help(help));
            } else if let Some(way) = self.way_back(other, *own) {
                let names: Vec<String> = std::iter::once(*own)
                    .chain(way)
                    .map(|it| format!("`{}`", self.policy.frameworks[it].label.name))
                    .collect();
                let words = format!("frameworks give way in a circle: {}", names.join(" to "));
                let circle = Diagnostic::new(codes::GIVES_WAY, name.span, words);
                self.report(circle.help("let one of them stand: take its `gives way to` out"));
            } else {
                self.policy.frameworks[*own].gives_way.push(other);
            }
        }
    }

    fn framework_named(&self, name: &Name) -> Option<usize> {
        self.policy.frameworks.iter().position(|it| it.label.name == name.text)
    }

    /// The way along `gives way to` from one framework to another, both included.
    fn way_back(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        if from == to {
            return Some(vec![to]);
        }
        let next = self.policy.frameworks[from].gives_way.iter();
        next.filter_map(|it| self.way_back(*it, to)).map(|way| std::iter::once(from).chain(way).collect()).next()
    }
}

fn names_of(framework: &tree::Framework) -> impl Iterator<Item = &Name> {
    framework.lines.iter().flat_map(|it| match &it.kind {
        FrameworkLineKind::GivesWay(names) => names.as_slice(),
        _ => &[],
    })
}

/// Looks at every two frameworks about the same people of which neither gives way to the other.
pub(super) fn frameworks_do_not_meet(policy: &Policy, looks: &Looks, found: &mut Diagnostics) {
    let grounds: Vec<Grounds<'_>> = policy.frameworks.iter().map(|it| Grounds::of_all(policy, it)).collect();
    for (at, one) in policy.frameworks.iter().enumerate() {
        // One is enough: where it gives way to that, the next is found.
        let meets = policy.frameworks[..at].iter().enumerate().find_map(|(before, other)| {
            let settled = || gives_way(policy, at, before) || gives_way(policy, before, at);
            let may = one.subject == other.subject && grounds[at].may_meet(&grounds[before]) && !settled();
            if may { Two { policy, one, other, looks }.meet() } else { None }
        });
        meets.into_iter().for_each(|it| found.push(it));
    }
}

/// Whether one framework gives way to another: itself, for one between them may be held back by the other, and hold nothing back.
fn gives_way(policy: &Policy, one: usize, other: usize) -> bool {
    policy.frameworks[one].gives_way.contains(&other)
}

struct Two<'p> {
    policy: &'p Policy,
    one: &'p Framework,
    other: &'p Framework,
    looks: &'p Looks,
}

impl<'p> Two<'p> {
    /// The first two sanctions that can both apply, and rest on the same.
    fn meet(&self) -> Option<Diagnostic> {
        let sanctions = |of: &'p Framework| of.rules.iter().filter(|it| it.what() == Proposed::Sanction);
        sanctions(self.one).find_map(|a| sanctions(self.other).find_map(|b| self.both(a, b)))
    }

    fn both(&self, a: &'p OutcomeRule, b: &'p OutcomeRule) -> Option<Diagnostic> {
        let shared = self.shared(a, b)?;
        let places = [self.place(self.one, a)?, self.place(self.other, b)?];
        let frameworks = || [self.one, self.other].into_iter().flat_map(|it| around(self.policy, it));
        let sanctions = |of: &'p Framework| of.rules.iter().filter(|it| it.what() == Proposed::Sanction);
        let asked: Vec<&Expr> = frameworks().flat_map(|it| conditions(it, sanctions(it))).collect();
        let days: Vec<Option<Date>> = days(self.policy, &asked, frameworks().flat_map(sanctions))?;
        for (at, day) in days.iter().enumerate() {
            let terms = Terms::of(self.policy, *day, &asked);
            let both = |look: &reasoning::Look<'_, '_>| {
                let each = [(self.one, places[0]), (self.other, places[1])];
                wanted(Truths::all(each.map(|(framework, at)| takes_effect(look, framework, at))), Truths::YES)
            };
            if let Found::Case(world) = reasoning::find(&terms, &both, self.looks) {
                let before = days.get(at + 1).copied().flatten();
                let about = About { subject: self.one.subject, each: Some(self.one.each), from: *day, before };
                let sample = reasoning::sample(&terms, &world, about, "A").filter(|_| self.one.each == self.other.each);
                return Some(self.finding(a, b, shared, sample));
            }
        }
        None
    }

    fn place(&self, framework: &Framework, rule: &OutcomeRule) -> Option<usize> {
        framework.rules.iter().position(|it| std::ptr::eq(it, rule))
    }

    fn finding(&self, a: &OutcomeRule, b: &OutcomeRule, shared: &Expr, sample: Option<Sample>) -> Diagnostic {
        let (own, other) = (&a.label.name, &b.label.name);
        let shared = self.told(shared);
        let words = format!("`{own}` and `{other}` of another framework can be proposed for the same {shared}");
        let example = sample.map(|it| {
            let lines = [a, b].map(|rule| format!("{} proposed for A{}", rule.label.name, it.period));
            format!("; to see it:\n{}", it.example(&format!("{own} and {other} at once"), &lines))
        });
        let name = &self.other.label.name;
        let help = format!(
            "write `gives way to {name}` in framework `{}`, or the other way round, or let the two conditions exclude each other{}",
            self.one.label.name,
            example.unwrap_or_default()
        );
        Diagnostic::new(codes::SAME_FACTS, a.label.span, words).label(b.label.span, "the other one").help(help)
    }

    /// A fact on which both conditions rest.
    fn shared(&self, a: &'p OutcomeRule, b: &'p OutcomeRule) -> Option<&'p Expr> {
        let grounds = |it| Grounds::of(self.policy, self.one.subject, [it]);
        let (one, other) = (grounds(a), grounds(b));
        one.facts.iter().find(|it| other.facts.iter().any(|fact| same(fact, it))).copied()
    }

    /// A fact in words: a field by its name, what is made of several by what it is made of.
    fn told(&self, fact: &Expr) -> String {
        let record = |id: RecordId| format!("`{}`", self.policy.record(id).label.name);
        match &fact.kind {
            ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
                format!("`{}`", self.policy.field(*record, *field).label.name)
            }
            ExprKind::Aggregate(aggregate) => match aggregate.members {
                Members::Children(of) | Members::Referring(of, _) | Members::Within { record: of, .. } => {
                    made_of(aggregate.word, &record(of))
                }
                Members::Periods(_) | Members::Last(_) => made_of(aggregate.word, "several periods"),
            },
            ExprKind::Population(population) => format!("place among {}", record(population.of)),
            _ => "facts".to_owned(),
        }
    }
}

fn made_of(word: AggregateWord, of: &str) -> String {
    match word {
        AggregateWord::Count => format!("count of {of}"),
        AggregateWord::Sum => format!("sum over {of}"),
        AggregateWord::Average => format!("average over {of}"),
        AggregateWord::Least => format!("least of {of}"),
        AggregateWord::Greatest => format!("greatest of {of}"),
        AggregateWord::Days => format!("days of {of}"),
        AggregateWord::Every | AggregateWord::Any | AggregateWord::No => of.to_owned(),
    }
}

/// How deep definitions are followed.
const DEEPEST: u32 = 80;

/// The facts for which sanctions are proposed, of whatever period: fields, and what is counted over others, as a whole. A `dated` field
/// of somebody's own record, such as a grade, says who they are and not what they did: it is no ground.
struct Grounds<'p> {
    policy: &'p Policy,
    subject: RecordId,
    facts: Vec<&'p Expr>,
    fields: BTreeSet<(RecordId, FieldId)>,
    /// Whether something is counted over others.
    counted: bool,
    seen: BTreeSet<DefinitionId>,
}

impl<'p> Grounds<'p> {
    fn of(policy: &'p Policy, subject: RecordId, rules: impl IntoIterator<Item = &'p OutcomeRule>) -> Self {
        let (facts, fields, seen) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let mut grounds = Self { policy, subject, facts, fields, counted: false, seen };
        rules.into_iter().for_each(|it| grounds.gather(&it.when, DEEPEST));
        grounds
    }

    /// Those of all sanctions of a framework.
    fn of_all(policy: &'p Policy, framework: &'p Framework) -> Self {
        let sanctions = framework.rules.iter().filter(|it| it.what() == Proposed::Sanction);
        Self::of(policy, framework.subject, sanctions)
    }

    /// Whether two may have a fact in common, as is quickly told.
    fn may_meet(&self, other: &Self) -> bool {
        (self.counted && other.counted) || !self.fields.is_disjoint(&other.fields)
    }

    fn gather(&mut self, expr: &'p Expr, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let policy = self.policy;
        match &expr.kind {
            ExprKind::Field { record, field, .. } if *record == self.subject && policy.field(*record, *field).dated => {
            }
            ExprKind::Field { record, field, .. } | ExprKind::Panel { record, field, .. } => {
                self.fields.insert((*record, *field));
                self.facts.push(expr);
            }
            ExprKind::Aggregate(_) | ExprKind::Population(_) => {
                self.counted = true;
                self.facts.push(expr);
            }
            ExprKind::Definition { id, .. } => {
                if self.seen.insert(*id) {
                    self.gather(&policy.definitions[id.index()].value, depth);
                }
            }
            ExprKind::Band { id, .. } => {
                for version in &policy.scales[id.index()].versions {
                    self.gather(&version.value.of, depth);
                    version.value.caps.iter().for_each(|it| self.gather(&it.when, depth));
                }
            }
            kind => kind.parts().into_iter().for_each(|it| self.gather(it, depth)),
        }
    }
}
