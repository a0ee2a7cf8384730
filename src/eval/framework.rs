//! What a framework proposes for one record in one period: decided, not covered, or undetermined with the facts that are missing.
//!
//! Nobody is sanctioned and nothing is paid on an unknown fact. A fact is missing only if it could change what is proposed.

use crate::eval::expression::{rules_of, truth, value};
use crate::eval::gives_way::give_way;
use crate::eval::scope::{Reading, Scope};
use crate::eval::{ladder, pool};
use crate::planted::{self, Bug};
use crate::policy::framework::{Combination, Framework, OutcomeRule, Proposed};
use crate::policy::model::Policy;
use crate::value::{Missing, Truth, Value};

/// What becomes of a rule for one record and period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is proposed, with what is paid.
    Proposed(Option<Value>),
    /// It does not follow, and why.
    No(Why),
    /// The framework, or the rule, says nothing of this case.
    NotCovered,
    /// It rests on facts that are missing.
    Undetermined(Vec<Missing>),
}

/// Why a rule does not follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its condition does not hold.
    Condition,
    /// An exception holds it back.
    Exception,
    /// Another rule of the framework counts instead (by its place).
    Behind(usize),
    /// A sanction applies (by its place), and takes rewards away.
    Sanction(usize),
    /// The money is spent.
    Spent,
    /// A sanction applies of a framework that this one gives way to (both by their places).
    Elsewhere {
        /// The framework.
        framework: usize,
        /// The sanction.
        rule: usize,
    },
}

/// What every rule of a framework comes to, in the order of its rules. `scope` is the record, the period, and a day to judge it on.
///
/// Dated facts are read on the period's last day; parameters hold as on its first.
#[must_use]
pub fn judge(scope: &Scope<'_>, framework: &Framework) -> Vec<Verdict> {
    let scope = scope.reading(Reading::PeriodEnd);
    let mut verdicts = alone(&scope, framework);
    for (at, rule) in framework.rules.iter().enumerate() {
        if let Some(pool) = &rule.pool
            && matches!(verdicts[at], Verdict::Proposed(_) | Verdict::Undetermined(_))
            && let Some(verdict) = pool::share(&scope, framework, at, pool)
        {
            verdicts[at] = verdict;
        }
    }
    verdicts
}

/// What every rule comes to before money is shared out.
pub(super) fn alone(scope: &Scope<'_>, framework: &Framework) -> Vec<Verdict> {
    let mut verdicts = apart(scope, framework);
    give_way(scope, framework, &mut verdicts);
    verdicts
}

/// Whether each rule applies by itself, before it is asked which of them count.
pub(super) fn each_by_itself(scope: &Scope<'_>, framework: &Framework) -> Vec<Truth> {
    own(&judging(scope, framework), framework).into_iter().map(|it| it.applies).collect()
}

/// The scope in which a framework judges.
fn judging<'a>(scope: &Scope<'a>, framework: &'a Framework) -> Scope<'a> {
    match framework.exempt.is_empty() {
        true => scope.clone(),
        // What was reckoned for others counts periods that are none of theirs.
        false => Scope {
            exempt: &framework.exempt,
            earlier: std::rc::Rc::default(),
            asked: Default::default(),
            ..scope.clone()
        },
    }
}

fn own(scope: &Scope<'_>, framework: &Framework) -> Vec<Own> {
    let covered = match scope.is_let_off(&framework.exempt) {
        true => Truth::No,
        false => framework.condition.as_ref().map_or(Truth::Yes, |it| truth(scope, it)),
    };
    framework.rules.iter().map(|it| Own::of(scope, it, &covered)).collect()
}

/// What every rule comes to if there were no other framework.
fn apart(scope: &Scope<'_>, framework: &Framework) -> Vec<Verdict> {
    let scope = &judging(scope, framework);
    let own = own(scope, framework);
    let sanctions: Vec<usize> = ranked(framework, Proposed::Sanction);
    let rewards: Vec<usize> = ranked(framework, Proposed::Reward);
    let measures: Vec<usize> = ranked(framework, Proposed::Measure);
    let mut verdicts: Vec<Option<Verdict>> = vec![None; framework.rules.len()];
    combine(&own, &sanctions, framework.sanctions, framework.meanwhile_the_lesser, &mut verdicts);
    combine(&own, &rewards, framework.rewards, false, &mut verdicts);
    combine(&own, &measures, framework.combination(Proposed::Measure), false, &mut verdicts);
    if framework.unless_a_sanction {
        withhold(&own, &sanctions, &rewards, &mut verdicts);
    }
    let paid =
        |(verdict, rule): (Option<Verdict>, &OutcomeRule)| pay(scope, rule, verdict.unwrap_or(Verdict::NotCovered));
    verdicts.into_iter().zip(&framework.rules).map(paid).collect()
}

/// The place of a rule among a policy's frameworks; of several versions the first.
#[must_use]
pub fn rule_named<'p>(policy: &'p Policy, name: &str) -> Option<(&'p Framework, usize)> {
    policy.frameworks.iter().find_map(|it| Some((it, it.rule_named(name)?)))
}

/// What a rule says by itself.
struct Own {
    applies: Truth,
    /// Its condition holds, and an exception holds it back.
    excepted: bool,
}

impl Own {
    fn of(scope: &Scope<'_>, rule: &OutcomeRule, covered: &Truth) -> Self {
        if !rule.holds_on(rules_of(scope)) || *covered == Truth::No || *covered == Truth::NotApplicable {
            return Self { applies: Truth::NotApplicable, excepted: false };
        }
        let when = ladder::step(scope, &rule.when);
        // An exception that can't be asked does not hold.
        let held = Truth::any(rule.unless.iter().map(|it| match truth(scope, it) {
            Truth::NotApplicable => Truth::No,
            Truth::Unknown(_) if planted::is(Bug::UnknownIsNo) => Truth::No,
            other => other,
        }));
        let excepted = when == Truth::Yes && held == Truth::Yes;
        Self { applies: Truth::all([covered.clone(), when, held.negate()]), excepted }
    }

    fn verdict(&self) -> Verdict {
        match &self.applies {
            Truth::Yes => Verdict::Proposed(None),
            Truth::No if self.excepted => Verdict::No(Why::Exception),
            Truth::No => Verdict::No(Why::Condition),
            Truth::Unknown(missing) => Verdict::Undetermined(missing.clone()),
            Truth::NotApplicable => Verdict::NotCovered,
        }
    }
}

/// Sanctions from the most severe down where that counts; everything else as written.
pub(crate) fn ranked(framework: &Framework, what: Proposed) -> Vec<usize> {
    let of_kind = |at: &usize| framework.rules[*at].what() == what;
    let mut rules: Vec<usize> = (0..framework.rules.len()).filter(of_kind).collect();
    if framework.sanctions == Combination::MostSevere {
        rules.sort_by_key(|at| std::cmp::Reverse(framework.rules[*at].severity()));
    }
    rules
}

fn combine(
    own: &[Own],
    rules: &[usize],
    combination: Combination,
    meanwhile_the_lesser: bool,
    verdicts: &mut [Option<Verdict>],
) {
    let (mut first, mut open): (Option<usize>, Vec<Missing>) = (None, Vec::new());
    for &at in rules {
        let verdict = match (own[at].verdict(), first) {
            (verdict, _) if combination == Combination::All => verdict,
            (Verdict::Proposed(_) | Verdict::Undetermined(_), Some(first)) => Verdict::No(Why::Behind(first)),
            (Verdict::Proposed(_), None) if !open.is_empty() && !meanwhile_the_lesser => {
                Verdict::Undetermined(open.clone())
            }
            (Verdict::Undetermined(missing), None) => {
                Verdict::Undetermined(Missing::merged(missing.into_iter().chain(open.clone())))
            }
            (verdict, _) => verdict,
        };
        if first.is_none() {
            match &own[at].applies {
                Truth::Yes => first = Some(at),
                Truth::Unknown(missing) => open = Missing::merged(open.into_iter().chain(missing.clone())),
                Truth::No | Truth::NotApplicable => {}
            }
        }
        verdicts[at] = Some(verdict);
    }
}

/// A sanction that applies takes rewards away; while that is not known, so is the reward.
fn withhold(own: &[Own], sanctions: &[usize], rewards: &[usize], verdicts: &mut [Option<Verdict>]) {
    let applies = sanctions.iter().find(|at| own[**at].applies == Truth::Yes);
    let open: Vec<Missing> = sanctions
        .iter()
        .filter_map(|at| if let Truth::Unknown(missing) = &own[*at].applies { Some(missing.clone()) } else { None })
        .flatten()
        .collect();
    for at in rewards {
        let changed = match (&verdicts[*at], applies) {
            (Some(Verdict::Proposed(_) | Verdict::Undetermined(_)), Some(sanction)) => {
                Verdict::No(Why::Sanction(*sanction))
            }
            (Some(Verdict::Proposed(_)), None) if !open.is_empty() => {
                Verdict::Undetermined(Missing::merged(open.clone()))
            }
            (Some(Verdict::Undetermined(missing)), None) => {
                Verdict::Undetermined(Missing::merged(missing.iter().cloned().chain(open.clone())))
            }
            _ => continue,
        };
        verdicts[*at] = Some(changed);
    }
}

/// What is proposed with an amount is proposed with its value, or waits for it.
fn pay(scope: &Scope<'_>, rule: &OutcomeRule, verdict: Verdict) -> Verdict {
    let (Verdict::Proposed(_), Some(amount)) = (&verdict, &rule.amount) else { return verdict };
    match value(scope, amount) {
        Value::Unknown(missing) => Verdict::Undetermined(missing),
        Value::NotApplicable | Value::NotHappened => Verdict::NotCovered,
        known => Verdict::Proposed(Some(known)),
    }
}
