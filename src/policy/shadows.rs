//! Rules of a framework that never take effect: because an exception or another rule always stands before them.
//!
//! A rule takes effect if the framework covers a case, its condition holds, none of its exceptions does, and no rule that counts
//! before it applies. What could not be decided is passed over in silence.

use jiff::civil::Date;

use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::framework::{Combination, Framework, OutcomeKind, OutcomeRule, Proposed};
use crate::policy::model::{Expr, Policy};
use crate::policy::reasoning::{self, About, Found, Judged, Look, Looks, Terms, Truths, World};
use crate::policy::same::same;

/// Looks at the rules of every framework.
pub(super) fn every_rule_can_take_effect(policy: &Policy, looks: &Looks, found: &mut Diagnostics) {
    for framework in &policy.frameworks {
        for at in 0..framework.rules.len() {
            let rule = Rule { policy, framework, at, looks };
            if let Some(finding) =
                rule.never_follows().or_else(|| rule.stands_behind()).or_else(|| rule.is_said_twice())
            {
                found.push(finding);
            }
        }
    }
}

/// Whether a rule applies, before it is asked which rules count.
pub(super) fn applies(look: &Look<'_, '_>, framework: &Framework, rule: &OutcomeRule) -> Truths {
    if !rule.holds_on(look.day()) {
        return Truths::UNFIT;
    }
    look.once(&rule.when, || {
        let covered = framework.condition.as_ref().map_or(Truths::YES, |it| look.truths(it));
        let when = look.truths(&rule.when);
        // An exception that can't be asked does not hold.
        let held = rule.unless.iter().map(|it| look.truths(it).or_no());
        Truths::all([covered, when, Truths::any(held).negate()])
    })
}

/// Whether a rule is proposed: it applies, and none does that counts before it.
pub(super) fn takes_effect(look: &Look<'_, '_>, framework: &Framework, at: usize) -> Truths {
    look.effect_once(&framework.rules[at].when, || effect(look, framework, at))
}

fn effect(look: &Look<'_, '_>, framework: &Framework, at: usize) -> Truths {
    let rule = &framework.rules[at];
    let lesser = framework.meanwhile_the_lesser && rule.severity().is_some();
    let others = before(framework, at).into_iter().map(|it| {
        let truths = applies(look, framework, &framework.rules[it]);
        if lesser { truths.certainly() } else { truths.or_no() }
    });
    let elsewhere = match rule.what() {
        Proposed::Sanction => framework.gives_way.as_slice(),
        Proposed::Reward | Proposed::Measure => &[],
    };
    let elsewhere = elsewhere.iter().flat_map(|it| {
        let other = &look.policy().frameworks[*it];
        let sanctions = (0..other.rules.len()).filter(|at| other.rules[*at].what() == Proposed::Sanction);
        sanctions.map(|at| takes_effect(look, other, at).or_no())
    });
    Truths::all([applies(look, framework, rule), Truths::any(others).negate(), Truths::any(elsewhere).negate()])
}

/// A framework, and those that it gives way to, again and again.
pub(super) fn around<'p>(policy: &'p Policy, framework: &'p Framework) -> Vec<&'p Framework> {
    let mut all = vec![framework];
    let mut next = 0;
    while let Some(at) = all.get(next) {
        let others = at.gives_way.iter().map(|it| &policy.frameworks[*it]);
        let others: Vec<&Framework> = others.filter(|it| !all.iter().any(|known| std::ptr::eq(*known, *it))).collect();
        all.extend(others);
        next += 1;
    }
    all
}

/// Everything that tells whether rules apply.
pub(super) fn conditions<'p>(framework: &'p Framework, rules: impl Iterator<Item = &'p OutcomeRule>) -> Vec<&'p Expr> {
    let own = rules.flat_map(|it| std::iter::once(&it.when).chain(&it.unless));
    framework.condition.iter().chain(own).collect()
}

/// The days from which something else holds for rules of a framework, their own days among them; nothing if there are too many.
pub(super) fn days<'p>(
    policy: &Policy,
    conditions: &[&Expr],
    rules: impl Iterator<Item = &'p OutcomeRule>,
) -> Option<Vec<Option<Date>>> {
    let own = rules.flat_map(|it| it.from.into_iter().chain(it.until.and_then(|it| it.tomorrow().ok())));
    reasoning::days(policy, conditions, own)
}

/// The rules that count before another: if one of them applies, the other does not take effect.
pub(super) fn before(framework: &Framework, at: usize) -> Vec<usize> {
    let severity = |it: usize| framework.rules[it].severity();
    let own = severity(at);
    let what = framework.rules[at].what();
    let combination = framework.combination(what);
    let others = (0..framework.rules.len()).filter(|other| *other != at);
    others
        .filter(|other| match (framework.rules[*other].what(), what, combination) {
            (Proposed::Sanction, Proposed::Reward, _) => framework.unless_a_sanction,
            (other, own, _) if other != own => false,
            (_, _, Combination::All) => false,
            (_, _, Combination::First) => *other < at,
            (_, _, Combination::MostSevere) => severity(*other) > own,
        })
        .collect()
}

/// What one of a question and its opposite are to a search.
pub(super) fn wanted(truths: Truths, only: Truths) -> Judged {
    match (truths.has(only), truths.is_only(only)) {
        (_, true) => Judged::Holds,
        (true, false) => Judged::Open,
        (false, false) => Judged::Fails,
    }
}

struct Rule<'p> {
    policy: &'p Policy,
    framework: &'p Framework,
    at: usize,
    looks: &'p Looks,
}

/// A case, with the terms and the days that it belongs to.
struct Case<'p> {
    terms: Terms<'p>,
    world: World,
    about: About,
}

impl<'p> Rule<'p> {
    fn rule(&self) -> &'p OutcomeRule {
        &self.framework.rules[self.at]
    }

    /// On each day from which other rules hold: a case in which something is so. Nothing where it was not decided whether there is one.
    fn cases(&self, rules: &[usize], judge: reasoning::Judge<'_>) -> Option<Vec<Case<'p>>> {
        let others = || around(self.policy, self.framework).into_iter().skip(1);
        let own = || rules.iter().map(|it| &self.framework.rules[*it]);
        let mut conditions = conditions(self.framework, own());
        conditions.extend(others().flat_map(|it| self::conditions(it, it.rules.iter())));
        let days: Vec<Option<Date>> = days(self.policy, &conditions, own().chain(others().flat_map(|it| &it.rules)))?;
        let mut cases = Vec::new();
        for (at, day) in days.iter().enumerate() {
            let terms = Terms::of(self.policy, *day, &conditions);
            match reasoning::find(&terms, judge, self.looks) {
                Found::Case(world) => {
                    let before = days.get(at + 1).copied().flatten();
                    let (subject, each) = (self.framework.subject, Some(self.framework.each));
                    cases.push(Case { terms, world, about: About { subject, each, from: *day, before } });
                }
                Found::None => {}
                Found::Open => return None,
            }
        }
        Some(cases)
    }

    /// Facts that show that the rule is not proposed, ready to paste.
    fn example(&self, case: Option<&Case<'p>>) -> String {
        let sample = case.and_then(|it| reasoning::sample(&it.terms, &it.world, it.about, "A"));
        let name = &self.rule().label.name;
        let example = sample.map(|it| {
            let title = format!("{name} does not follow when {}", it.words);
            it.example(&title, &[format!("no {name} for A{}", it.period)])
        });
        example.map(|it| format!("; to try it:\n{it}")).unwrap_or_default()
    }

    /// Its condition holds for nobody whom the framework covers, or its exceptions leave nobody.
    fn never_follows(&self) -> Option<Diagnostic> {
        let (rule, own) = (self.rule(), [self.at]);
        if !self.cases(&own, &|look| wanted(applies(look, self.framework, rule), Truths::YES))?.is_empty() {
            return None;
        }
        let framework = self.framework;
        let covered = |look: &Look<'_, '_>| framework.condition.as_ref().map_or(Truths::YES, |it| look.truths(it));
        let alone = |it: reasoning::Judge<'_>| Some(!self.cases(&own, it)?.is_empty());
        if !alone(&|look| wanted(look.truths(&rule.when), Truths::YES))?
            || !alone(&|look| wanted(covered(look), Truths::YES))?
        {
            // It was said already that one of the two never holds.
            return None;
        }
        let both =
            self.cases(&own, &|look| wanted(Truths::all([covered(look), look.truths(&rule.when)]), Truths::YES))?;
        let name = &rule.label.name;
        if both.is_empty() {
            let words = format!("`{name}` never follows: this holds for nobody whom the framework covers");
            let never = Diagnostic::new(codes::CONTRADICTORY, rule.when.span, words);
            let never = framework.condition.iter().fold(never, |it, covers| it.label(covers.span, "whom it covers"));
            return Some(never.help("look at the two conditions together"));
        }
        let words = format!("`{name}` never follows: where its condition holds, an exception does too");
        let never = Diagnostic::new(codes::CONTRADICTORY, rule.when.span, words);
        let never = rule.unless.iter().fold(never, |it, unless| it.label(unless.span, "an exception"));
        let example = self.example(both.last());
        Some(never.help(format!("narrow the exception, or take the rule out{example}")))
    }

    /// Wherever it applies, a rule that counts before it applies too.
    fn stands_behind(&self) -> Option<Diagnostic> {
        let (framework, rule) = (self.framework, self.rule());
        let before = before(framework, self.at);
        let gives_way = rule.what() == Proposed::Sanction && !framework.gives_way.is_empty();
        if before.is_empty() && !gives_way {
            return None;
        }
        let mut both = vec![self.at];
        both.extend(&before);
        let free = |look: &Look<'_, '_>| wanted(takes_effect(look, framework, self.at), Truths::YES);
        if !self.cases(&both, &free)?.is_empty() {
            return None;
        }
        let applies_at_all = self.cases(&both, &|look| wanted(applies(look, framework, rule), Truths::YES))?;
        let case = applies_at_all.last()?;
        let stands = |other: &&usize| {
            let look = Look::new(&case.terms, &case.world);
            applies(&look, framework, &framework.rules[**other]).has(Truths::YES)
        };
        let other = before.iter().find(stands).map(|it| &framework.rules[*it]);
        let name = &rule.label.name;
        let words = match other {
            Some(other) => format!("`{name}` never takes effect: wherever it applies, `{}` does too", other.label.name),
            None if gives_way => {
                format!(
                    "`{name}` never takes effect: wherever it applies, so does a sanction to which its framework gives way"
                )
            }
            None => format!("`{name}` never takes effect: wherever it applies, a rule that counts before it does too"),
        };
        let mut behind = Diagnostic::new(codes::SHADOWED, rule.when.span, words);
        if let Some(other) = other {
            behind = behind.label(other.when.span, "this one counts");
        }
        let example = self.example(Some(case));
        Some(behind.help(format!("let it hold where the other does not, or take it out{example}")))
    }

    /// Another rule says the same.
    fn is_said_twice(&self) -> Option<Diagnostic> {
        let rule = self.rule();
        let alike = |it: &&OutcomeRule| it.meets(rule) && says_the_same(it, rule);
        let other = self.framework.rules[..self.at].iter().find(alike)?;
        let words = format!("`{}` says the same as `{}`", rule.label.name, other.label.name);
        let twice = Diagnostic::new(codes::SAME_RULE, rule.label.span, words).label(other.label.span, "the other one");
        Some(twice.help("take one of them out, or say what is different"))
    }
}

/// Whether two rules differ in nothing but their name and rank.
fn says_the_same(a: &OutcomeRule, b: &OutcomeRule) -> bool {
    let kind = match (&a.kind, &b.kind) {
        (OutcomeKind::Reward, OutcomeKind::Reward) | (OutcomeKind::Measure, OutcomeKind::Measure) => true,
        (OutcomeKind::Sanction { through: a, .. }, OutcomeKind::Sanction { through: b, .. }) => a == b,
        _ => false,
    };
    let all = |a: &[Expr], b: &[Expr]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    let amount = match (&a.amount, &b.amount) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    };
    kind && amount
        && same(&a.when, &b.when)
        && all(&a.unless, &b.unless)
        && (&a.lasts, a.expunge, &a.notify) == (&b.lasts, b.expunge, &b.notify)
}
