//! What a policy promises of itself: proved over all facts, refuted by a case, or not decided and why.
//!
//! A promise counts as proved only where reasoning went through every case; a case that refutes it is shown as facts ready to paste.

use jiff::civil::Date;

use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::policy::expressions::Place;
use crate::policy::framework::{Combination, Framework, OutcomeKind, Proposed};
use crate::policy::model::{Expr, Policy};
use crate::policy::names::Builder;
use crate::policy::promised_stages::{Lacks, in_force_only_after};
use crate::policy::reasoning::{
    self, About, Found, JudgeOfTwo, Look, Looks, Pairs, RestsOn, Sample, Terms, Truths, World,
};
use crate::policy::shadows::{around, conditions, days, takes_effect, wanted};
use crate::source::Span;
use crate::syntax::tree::{self, GuaranteeLineKind, GuaranteedRules, Item, Name};

/// A promise, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarantee {
    /// Its title.
    pub title: String,
    /// Where it stands.
    pub span: Span,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It holds, whatever the facts.
    Proved,
    /// Nobody knows.
    NotDecided,
    /// There is a case in which it does not hold.
    Refuted,
}

/// A line of a guarantee, for one framework.
#[derive(Debug, Clone)]
pub(super) struct Promise {
    /// Which of the policy's guarantees it belongs to.
    pub(super) guarantee: usize,
    pub(super) framework: usize,
    pub(super) span: Span,
    pub(super) kind: PromiseKind,
}

#[derive(Debug, Clone)]
pub(super) enum PromiseKind {
    /// These rules never take effect when the condition holds.
    Never(Vec<usize>, Expr),
    /// These rules take effect only when the condition holds.
    Only(Vec<usize>, Expr),
    /// Nobody is worse off (or, of the other kind, better off) for a higher value.
    Monotone { sanctions: bool, better: bool, value: Expr },
    /// These rules are in force only after some stages of their workflow.
    After(Vec<usize>, Vec<Name>),
}

impl Builder<'_, '_> {
    /// Every guarantee, for each framework that it speaks of.
    pub(super) fn guarantees(&mut self) {
        for item in self.items.clone() {
            let Item::Guarantee(written) = item else { continue };
            let at = self.policy.guarantees.len();
            let standing = Standing::Proved;
            self.policy.guarantees.push(Guarantee {
                title: written.title.text.clone(),
                span: written.title.span,
                standing,
            });
            if written.lines.is_empty() && !self.unparsed {
                let words = "this guarantee promises nothing";
                let help = "say what holds, such as `sanctions never get more severe as score rises`";
                self.report(Diagnostic::new(codes::NOTHING_PROMISED, written.title.span, words).help(help));
            }
            for line in &written.lines {
                self.promise(at, line);
            }
        }
    }

    fn promise(&mut self, guarantee: usize, line: &tree::GuaranteeLine) {
        let mut any = false;
        for framework in 0..self.policy.frameworks.len() {
            let (subject, each) = (self.policy.frameworks[framework].subject, self.policy.frameworks[framework].each);
            let place = Place { subject: Some(subject), each: Some(each), ..Place::nowhere() };
            let rules = |of: &GuaranteedRules| self.rules_of(framework, of);
            let promised = match &line.kind {
                GuaranteeLineKind::NeverWhen { rules: of, when } => Some((rules(of), when, true)),
                GuaranteeLineKind::OnlyWhen { rules: of, when } => Some((rules(of), when, false)),
                GuaranteeLineKind::OnlyAfter { .. } | GuaranteeLineKind::Monotone { .. } => None,
            };
            let kind = match (&line.kind, promised) {
                (_, Some((rules, _, _))) if rules.is_empty() => continue,
                (_, Some((rules, when, never))) => {
                    any = true;
                    let condition = self.condition_at(when, &place);
                    condition.map(|it| if never { PromiseKind::Never(rules, it) } else { PromiseKind::Only(rules, it) })
                }
                (GuaranteeLineKind::Monotone { sanctions, better, as_rises }, None) => {
                    any = true;
                    let (sanctions, better) = (*sanctions, *better);
                    self.expr(as_rises, &place, None).map(|value| PromiseKind::Monotone { sanctions, better, value })
                }
                (GuaranteeLineKind::OnlyAfter { rules: of, stages }, None) => {
                    let rules = rules(of);
                    any |= !rules.is_empty();
                    (!rules.is_empty()).then(|| PromiseKind::After(rules, stages.clone()))
                }
                (_, None) => None,
            };
            self.promises.extend(kind.map(|kind| Promise { guarantee, framework, span: line.span, kind }));
        }
        if !any {
            self.no_such_rule(line);
        }
        if let GuaranteeLineKind::OnlyAfter { stages, .. } = &line.kind {
            self.stages_are_known(stages);
        }
    }

    /// A stage that one workflow has may be missing in another; one that none has is a slip.
    fn stages_are_known(&mut self, stages: &[Name]) {
        let all = self.policy.workflows.iter().flat_map(|it| &it.stages);
        let known: Vec<String> = all.map(|it| it.label.name.clone()).collect();
        for name in stages.iter().filter(|it| !known.contains(&it.text)) {
            self.unknown_name(name, "stage", &known);
        }
    }

    fn rules_of(&self, framework: usize, of: &GuaranteedRules) -> Vec<usize> {
        let rules = self.policy.frameworks[framework].rules.iter().enumerate();
        let wanted = rules.filter(|(_, rule)| match of {
            GuaranteedRules::Sanctions => rule.what() == Proposed::Sanction,
            GuaranteedRules::HeardSanctions => {
                matches!(rule.kind, OutcomeKind::Sanction { administrative: false, .. })
            }
            GuaranteedRules::Rewards => rule.what() == Proposed::Reward,
            GuaranteedRules::Named(name) => rule.label.name == name.text,
        });
        wanted.map(|it| it.0).collect()
    }

    fn no_such_rule(&mut self, line: &tree::GuaranteeLine) {
        let named = match &line.kind {
            GuaranteeLineKind::NeverWhen { rules: GuaranteedRules::Named(name), .. }
            | GuaranteeLineKind::OnlyWhen { rules: GuaranteedRules::Named(name), .. }
            | GuaranteeLineKind::OnlyAfter { rules: GuaranteedRules::Named(name), .. } => Some(name),
            _ => None,
        };
        if let Some(name) = named {
            let rules = self.policy.frameworks.iter().flat_map(|it| &it.rules);
            let known: Vec<String> = rules.map(|it| it.label.name.clone()).collect();
            self.unknown_name(name, "sanction or reward", &known);
        } else if !self.unparsed {
            let words = "there is no rule of which this could be promised";
            let help = "guarantees speak of the sanctions and rewards of a `framework`";
            self.report(Diagnostic::new(codes::NOTHING_PROMISED, line.span, words).help(help));
        }
    }
}

/// What the rules of each framework rest on.
pub(super) fn asked(policy: &Policy) -> Vec<RestsOn> {
    policy.frameworks.iter().map(|it| RestsOn::of(policy, all_that_tells(policy, it))).collect()
}

/// Judges a promise: a finding if it is not proved.
pub(super) fn judged(policy: &Policy, promise: &Promise, asked: &[RestsOn]) -> Option<Diagnostic> {
    Judging { policy, promise, asked: &asked[promise.framework] }.judged().err()
}

/// Says of each guarantee what became of its promises.
pub(super) fn stand(
    policy: &mut Policy,
    promises: &[Promise],
    judged: Vec<Option<Diagnostic>>,
    found: &mut Diagnostics,
) {
    for (promise, finding) in promises.iter().zip(judged) {
        let standing = match &finding {
            None => Standing::Proved,
            Some(it) if it.code == codes::REFUTED => Standing::Refuted,
            Some(_) => Standing::NotDecided,
        };
        let own = &mut policy.guarantees[promise.guarantee].standing;
        *own = standing.max(*own);
        if let Some(finding) = finding {
            found.push(finding);
        }
    }
}

/// Everything that tells what is proposed, and how much.
fn all_that_tells<'p>(policy: &'p Policy, framework: &'p Framework) -> impl Iterator<Item = &'p Expr> {
    around(policy, framework).into_iter().flat_map(|it| {
        let amounts = it.rules.iter().filter_map(|it| it.amount.as_ref());
        conditions(it, it.rules.iter()).into_iter().chain(amounts).chain(let_off(policy, it))
    })
}

/// What tells who is let off by an order: from a framework, or from what its facts are taken from.
fn let_off<'p>(policy: &'p Policy, framework: &'p Framework) -> impl Iterator<Item = &'p Expr> {
    let flows = policy.workflows.iter().flat_map(|it| &it.exempt);
    framework.exempt.iter().chain(flows).filter_map(|it| it.condition.as_ref())
}

struct Judging<'p> {
    policy: &'p Policy,
    promise: &'p Promise,
    /// What the rules of its framework rest on.
    asked: &'p RestsOn,
}

impl<'p> Judging<'p> {
    fn framework(&self) -> &'p Framework {
        &self.policy.frameworks[self.promise.framework]
    }

    fn judged(&self) -> Result<(), Diagnostic> {
        match &self.promise.kind {
            PromiseKind::Never(rules, when) => rules.iter().try_for_each(|it| self.rule(*it, when, true)),
            PromiseKind::Only(rules, when) => rules.iter().try_for_each(|it| self.rule(*it, when, false)),
            PromiseKind::Monotone { sanctions, better, value } => self.monotone(*sanctions, *better, value),
            PromiseKind::After(rules, stages) => rules.iter().try_for_each(|it| self.after(*it, stages)),
        }
    }

    fn not_decided(&self, why: &str) -> Diagnostic {
        let words = format!("it was not decided whether this holds: {why}");
        let open = Diagnostic::new(codes::GUARANTEE_OPEN, self.promise.span, words);
        open.help("nothing is promised until it is proved; look at the rules yourself, or promise less")
    }

    fn refuted(&self, words: String, label: (Span, String), example: Option<String>) -> Diagnostic {
        let refuted = Diagnostic::new(codes::REFUTED, self.promise.span, words).label(label.0, label.1);
        let example = example.map(|it| format!("; to see it:\n{it}")).unwrap_or_default();
        refuted.help(format!("change the rule, or promise less{example}"))
    }

    fn after(&self, rule: usize, stages: &[Name]) -> Result<(), Diagnostic> {
        let rule = &self.framework().rules[rule];
        in_force_only_after(self.policy, rule, stages).map_err(|lacks| match lacks {
            Lacks::NotDecided(why) => self.not_decided(&why),
            Lacks::Broken(words, span) => {
                let broken = Diagnostic::new(codes::REFUTED, self.promise.span, words).label(span, "this lets it");
                broken.help("let every way to `imposed` go through the stages that are promised, or promise less")
            }
        })
    }

    /// The days from which other rules hold, each with the first on which they no longer do.
    fn days(&self, conditions: &[&Expr]) -> Result<Vec<(Option<Date>, About)>, Diagnostic> {
        let rules = around(self.policy, self.framework()).into_iter().flat_map(|it| &it.rules);
        let days = days(self.policy, conditions, rules);
        let days = days.ok_or_else(|| self.not_decided("its rules change too often, or rest on too much"))?;
        let (subject, each) = (self.framework().subject, Some(self.framework().each));
        let about = |at: usize| About { subject, each, from: days[at], before: days.get(at + 1).copied().flatten() };
        Ok((0..days.len()).map(|at| (days[at], about(at))).collect())
    }

    /// What it rests on which rules the framework proposes, or which sanctions.
    fn conditions(&self, sanctions: bool) -> Vec<&'p Expr> {
        let of = |it: &'p Framework| {
            conditions(it, it.rules.iter().filter(|it| !sanctions || it.what() == Proposed::Sanction))
        };
        around(self.policy, self.framework()).into_iter().flat_map(of).collect()
    }

    /// One rule never takes effect when a condition holds, or only when it does.
    fn rule(&self, at: usize, when: &'p Expr, never: bool) -> Result<(), Diagnostic> {
        let framework = self.framework();
        // What is promised narrows most, and is looked at first; then the rule's own exceptions.
        let mut asked = vec![when];
        asked.extend(framework.rules[at].unless.iter().chain(&framework.condition));
        asked.extend(self.conditions(false));
        let name = &framework.rules[at].label.name;
        let breaks = |look: &Look<'_, '_>| {
            let truths = look.truths(when);
            // What is not known to hold does not allow a proposal.
            let broken = if never { truths } else { truths.certainly().negate() };
            wanted(Truths::all([takes_effect(look, framework, at), broken]), Truths::YES)
        };
        // Who is let off from what this framework gives way to is not held back by it.
        if around(self.policy, framework).iter().skip(1).any(|it| !it.exempt.is_empty()) {
            return Err(self.not_decided("an order lets people off from a framework to which this one gives way"));
        }
        for (day, about) in self.days(&asked)? {
            let terms = Terms::of(self.policy, day, &asked);
            match reasoning::find(&terms, &breaks, &Looks::new()) {
                Found::None => {}
                Found::Open => return Err(self.not_decided("there are too many cases")),
                Found::Case(world) => {
                    let sample = reasoning::sample(&terms, &world, about, "A");
                    let instance = told(sample.as_ref());
                    let words = if never {
                        format!("`{name}` can be proposed though this holds{instance}")
                    } else {
                        format!("`{name}` can be proposed though this is not known to hold{instance}")
                    };
                    let title = format!("{name} breaks a promise");
                    let example = sample.map(|it| it.example(&title, &[format!("{name} proposed for A{}", it.period)]));
                    let label = (framework.rules[at].when.span, "the rule".to_owned());
                    return Err(self.refuted(words, label, example));
                }
            }
        }
        Ok(())
    }

    /// Whether nothing that the framework asks for has to do with a value: whoever differs in it alone gets the same. What is paid within
    /// a budget rests on others, too.
    fn is_untouched_by(&self, value: &'p Expr) -> bool {
        self.asked.is_apart_from(&RestsOn::of(self.policy, [value]))
            && self.framework().rules.iter().all(|it| it.pool.is_none())
            && Terms::of(self.policy, None, &[]).ask(value).is_some()
    }

    /// Two who differ in one value alone: the one with more is not worse off.
    fn monotone(&self, sanctions: bool, better: bool, value: &'p Expr) -> Result<(), Diagnostic> {
        let framework = self.framework();
        if self.is_untouched_by(value) {
            return Ok(());
        }
        // Rewards ask whether a sanction applies; sanctions ask for no reward.
        let mut asked = self.conditions(sanctions);
        asked.push(value);
        for (day, about) in self.days(&asked)? {
            let mut terms = Terms::of(self.policy, day, &asked);
            let Some(term) = terms.ask(value) else {
                return Err(self.not_decided("this is no value that rises and falls"));
            };
            terms.ask_what_is_counted(term);
            if let Some(why) = terms.entangled(term) {
                return Err(self.not_decided(&why));
            }
            if terms
                .is_paid_by(term, around(self.policy, framework).into_iter().flat_map(|it| let_off(self.policy, it)))
            {
                return Err(self.not_decided("an order lets people off by it"));
            }
            if !sanctions && framework.rules.iter().any(|it| it.pool.is_some()) {
                return Err(self.not_decided("what is paid within a budget rests on others, too"));
            }
            if !sanctions && terms.is_paid_by(term, framework.rules.iter().filter_map(|it| it.amount.as_ref())) {
                return Err(self.not_decided("an amount is reckoned with it"));
            }
            let sees =
                |look: &Look<'_, '_>| self.of_kind(sanctions).map(|it| takes_effect(look, framework, it)).collect();
            let holds = |less: &[Truths], more: &[Truths]| {
                let (from, to) = if better { (less, more) } else { (more, less) };
                self.is_worse(sanctions, from, to)
            };
            match reasoning::find_pair(&terms, term, JudgeOfTwo { sees: &sees, holds: &holds }) {
                Pairs::None => {}
                Pairs::Open if terms.is_shared(term) => {
                    return Err(self.not_decided("a rule also asks for something else that is made of the same"));
                }
                Pairs::Open => return Err(self.not_decided("there are too many cases")),
                Pairs::Two(less, more) => return Err(self.two(&terms, (&less, &more), about, sanctions, better)),
            }
        }
        Ok(())
    }

    /// The sanctions or the rewards of the framework.
    fn of_kind(&self, sanctions: bool) -> impl Iterator<Item = usize> + use<'p> {
        let what = if sanctions { Proposed::Sanction } else { Proposed::Reward };
        let rules = &self.framework().rules;
        (0..rules.len()).filter(move |it| rules[*it].what() == what)
    }

    /// Whether who is in the second case is worse off than who is in the first; of each it is said which rules take effect.
    fn is_worse(&self, sanctions: bool, from: &[Truths], to: &[Truths]) -> Truths {
        let framework = self.framework();
        let rules: Vec<usize> = self.of_kind(sanctions).collect();
        let first = framework.rewards == Combination::First;
        let (with, without) = if sanctions { (to, from) } else { (from, to) };
        let each = rules.iter().zip(with).map(|(&rule, takes_effect)| {
            let severity = framework.rules[rule].severity();
            let as_much = |other: usize| {
                other == rule
                    || (sanctions && framework.rules[other].severity() >= severity)
                    || (!sanctions && first && other < rule)
            };
            let others = rules.iter().zip(without).filter(|it| as_much(*it.0)).map(|it| it.1.or_no());
            Truths::all([*takes_effect, Truths::any(others).negate()])
        });
        Truths::any(each)
    }

    /// Two cases side by side.
    fn two(
        &self,
        terms: &Terms<'p>,
        (less, more): (&World, &World),
        about: About,
        sanctions: bool,
        better: bool,
    ) -> Diagnostic {
        let framework = self.framework();
        let (from, to) = if better { (less, more) } else { (more, less) };
        let proposed =
            |world: &World, rule: usize| takes_effect(&Look::new(terms, world), framework, rule).is_only(Truths::YES);
        let what = if sanctions { Proposed::Sanction } else { Proposed::Reward };
        let of_kind = |it: &usize| framework.rules[*it].what() == what;
        let (with, without) = if sanctions { (to, from) } else { (from, to) };
        let rule = (0..framework.rules.len())
            .filter(of_kind)
            .find(|it| proposed(with, *it) && !proposed(without, *it))
            .unwrap_or(0);
        let name = &framework.rules[rule].label.name;
        let a = reasoning::sample(terms, from, about, "A");
        let b = reasoning::sample(terms, to, about, "B");
        let words = match (&a, &b) {
            (Some(a), Some(b)) if sanctions => {
                format!("`{name}` is proposed when {}, and not when {}", b.words, a.words)
            }
            (Some(a), Some(b)) => format!("`{name}` is proposed when {}, and not when {}", a.words, b.words),
            _ => format!("`{name}` is proposed in one of two cases that differ in this alone, and not in the other"),
        };
        let example = a.zip(b).map(|(a, b)| {
            let period = a.period.clone();
            let (one, other) = if sanctions { ("B", "A") } else { ("A", "B") };
            let lines = [format!("{name} proposed for {one}{period}"), format!("no {name} for {other}{period}")];
            Sample { facts: [a.facts, b.facts].concat(), ..a }.example(&format!("{name} breaks a promise"), &lines)
        });
        self.refuted(words, (framework.rules[rule].when.span, "the rule".to_owned()), example)
    }
}

fn told(sample: Option<&Sample>) -> String {
    sample.filter(|it| !it.words.is_empty()).map(|it| format!(", for instance when {}", it.words)).unwrap_or_default()
}
