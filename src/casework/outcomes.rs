//! What an example expects of a framework: a rule proposed, decided no, or undetermined for want of facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::casework::bench::Bench;
use crate::casework::examples::same;
use crate::casework::judging::Standing;
use crate::eval::framework::{Verdict, Why, judge, rule_named};
use crate::eval::{self, Facts, Listener, Scope};
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::syntax::tree::{Expr, ExprKind, Name, OutcomeState, PeriodLiteral};
use crate::value::{Missing, RecordRef};

/// What is asked.
pub(super) struct Asked<'a> {
    pub(super) rule: &'a Name,
    pub(super) state: OutcomeState,
    pub(super) of: &'a Name,
    pub(super) period: Option<&'a PeriodLiteral>,
    /// What is paid.
    pub(super) amount: Option<&'a Expr>,
    pub(super) want: &'a [Name],
}

/// Whether it came so; else what was expected and what came.
pub(super) fn expect(
    policy: &Policy,
    facts: &dyn Facts,
    listener: Option<&dyn Listener>,
    asked: &Asked<'_>,
) -> Result<(), (String, String)> {
    let (name, of) = (&asked.rule.text, &asked.of.text);
    let label = asked.period.map_or("", |it| it.label.as_str());
    let wanted = BTreeSet::from_iter(asked.want.iter().map(|it| it.text.clone()));
    let for_want = |facts: &BTreeSet<String>| {
        let names: Vec<&str> = facts.iter().map(String::as_str).collect();
        if names.is_empty() { String::new() } else { format!(", for want of {}", names.join(", ")) }
    };
    let expected = match asked.state {
        OutcomeState::Proposed => {
            format!("{name} proposed for {of} in {label}{}", asked.amount.map_or_else(String::new, with))
        }
        OutcomeState::NotCovered => format!("{name} not covered for {of} in {label}"),
        OutcomeState::Imposed => format!("{name} imposed for {of} in {label}"),
        OutcomeState::Stayed => format!("{name} stayed for {of} in {label}"),
        OutcomeState::No => format!("no {name} for {of} in {label}"),
        OutcomeState::Undetermined => format!("{name} undetermined for {of} in {label}{}", for_want(&wanted)),
    };
    let Some((framework, _)) = rule_named(policy, name) else {
        return Err((expected, "no framework has a rule of that name".to_owned()));
    };
    let calendar = &policy.calendars[framework.calendar];
    let period = match calendar.period_from_label(framework.each, label) {
        Ok(period) => period,
        Err(problem) => return Err((expected, problem.to_string())),
    };
    let at = framework.rule_on(name, period.first).unwrap_or_default();
    let subject = RecordRef { record: framework.subject, key: Arc::from(of.as_str()) };
    let scope = Scope::new(policy, calendar, facts, subject, Some(period), period.last)
        .by_one_calendar(framework.names_calendar)
        .heard_by(listener);
    let mut verdicts = judge(&scope, framework);
    let proposed = framework.rules.iter().zip(&verdicts).filter(|it| matches!(it.1, Verdict::Proposed(_)));
    proposed.for_each(|(rule, _)| scope.applied(rule.label.span));
    let verdict = verdicts.swap_remove(at);
    let holds = match (&verdict, asked.state) {
        (Verdict::Proposed(paid), OutcomeState::Proposed) => {
            asked.amount.is_none_or(|it| paid.as_ref().is_some_and(|paid| same(policy, paid, it)))
        }
        (Verdict::No(_), OutcomeState::No) | (Verdict::NotCovered, OutcomeState::NotCovered) => true,
        (Verdict::Undetermined(missing), OutcomeState::Undetermined) => wanted.is_empty() || wanted == fields(missing),
        _ => false,
    };
    if holds { Ok(()) } else { Err((expected, told(policy, framework, &verdict, for_want))) }
}

/// Whether something that was proposed stands so; else what was expected and where it stands.
pub(super) fn expect_standing(
    policy: &Policy,
    bench: &Bench<'_>,
    rule: &Name,
    state: OutcomeState,
    (of, period): (&Name, Option<&PeriodLiteral>),
) -> Result<(), (String, String)> {
    let label = period.map_or("", |it| it.label.as_str());
    let word = if state == OutcomeState::Imposed { "imposed" } else { "stayed" };
    let expected = format!("{} {word} for {} in {label}", rule.text, of.text);
    let Some((framework, _)) = rule_named(policy, &rule.text) else {
        return Err((expected, "no framework has a rule of that name".to_owned()));
    };
    let period = match policy.calendars[framework.calendar].period_from_label(framework.each, label) {
        Ok(period) => period,
        Err(problem) => return Err((expected, problem.to_string())),
    };
    let subject = RecordRef { record: framework.subject, key: Arc::from(of.text.as_str()) };
    match (bench.standing(&rule.text, &subject, period.first), state) {
        (Some(Standing::InForce(_)), OutcomeState::Imposed) | (Some(Standing::Stayed), OutcomeState::Stayed) => Ok(()),
        (Some(Standing::InForce(on) | Standing::Dismissed(on)), _) => {
            let word = bench.standing(&rule.text, &subject, period.first).map_or("", Standing::word);
            Err((expected, format!("{word} since {on}")))
        }
        (Some(other), _) => Err((expected, other.word().to_owned())),
        (None, _) => Err((expected, "it has not been proposed by then".to_owned())),
    }
}

/// An amount as it is written.
fn with(amount: &Expr) -> String {
    match &amount.kind {
        ExprKind::Money { currency, amount } => format!(" with {} {}", currency.text, amount.text),
        ExprKind::Number(number) => format!(" with {}", number.text),
        _ => " with another amount".to_owned(),
    }
}

/// The names of the fields: `status` of `status of Akello`.
fn fields(missing: &[Missing]) -> BTreeSet<String> {
    missing.iter().map(Missing::what).collect()
}

fn told(
    policy: &Policy,
    framework: &Framework,
    verdict: &Verdict,
    for_want: impl Fn(&BTreeSet<String>) -> String,
) -> String {
    let name = |at: usize| &framework.rules[at].label.name;
    match verdict {
        Verdict::Proposed(None) => "proposed".to_owned(),
        Verdict::Proposed(Some(amount)) => format!("proposed, {}", eval::render(amount, policy)),
        Verdict::No(Why::Condition) => "no: its condition does not hold".to_owned(),
        Verdict::No(Why::Exception) => "no: an exception holds it back".to_owned(),
        Verdict::No(Why::Behind(other)) => format!("no: {} counts instead", name(*other)),
        Verdict::No(Why::Sanction(other)) => format!("no: a sanction applies ({})", name(*other)),
        Verdict::No(Why::Elsewhere { framework, rule }) => {
            let other = &policy.frameworks[*framework];
            format!("no: a sanction of {} applies ({})", other.label.name, other.rules[*rule].label.name)
        }
        Verdict::No(Why::Spent) => "no: the money is spent".to_owned(),
        Verdict::NotCovered => "not covered".to_owned(),
        Verdict::Undetermined(missing) => format!("undetermined{}", for_want(&fields(missing))),
    }
}
