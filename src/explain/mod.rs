//! Why an outcome is what it is: a tree of everything that was asked for it, told in the author's words and with the values found.
//!
//! There is no second evaluator: the one there is is listened to ([`crate::eval::Trace`]). Start reading at [`ask`]; what it gives is
//! told by [`Asked::told`].

mod rule;
mod tell;

use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use crate::calendar::{Calendar, Period, PeriodKind};
use crate::eval::framework::{Verdict, judge};
use crate::eval::{self, Facts, Question, Scope, Trace};
use crate::ids::{DefinitionId, RecordId, ScaleId};
use crate::policy::model::{Expr, ExprKind, Policy, Shape, Type, When};
use crate::source::{FileId, Sources, Span};
use crate::value::{RecordRef, Value};

/// Why an outcome is what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The name of what was asked for.
    pub name: String,
    /// The record.
    pub subject: String,
    /// The period's label, if it has one.
    pub period: Option<String>,
    /// What it is, with what came: the root of all reasons.
    pub reason: Reason,
}

/// A thing that was asked, what came, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What was asked, in words or as the author wrote it.
    pub what: String,
    /// What came.
    pub answer: String,
    /// What else is to be said: the row or band that applied, the dates between which a parameter holds, the text a rule rests on.
    pub notes: Vec<String>,
    /// The file and line where it is written.
    pub place: Option<String>,
    /// What had to be asked for it.
    pub because: Vec<Reason>,
}

/// Why a question can't be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it.
    pub words: String,
    /// The way out.
    pub help: String,
}

/// What can be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Definition(DefinitionId),
    Band(ScaleId),
    /// A rule of a framework, both by their places.
    Rule(usize, usize),
}

/// An outcome, asked and answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    name: String,
    subject: RecordRef,
    period: Option<Period>,
    questions: Vec<Question>,
    came: Came,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Came {
    Value(Value),
    /// The framework and the rule by their places, and what became of every rule.
    Verdicts(usize, usize, Vec<Verdict>),
}

/// Asks for an outcome by its name (a definition, a table, a scale, a rule of a framework), and keeps everything that is asked for it.
/// `on` is the day of the facts where no period is.
///
/// # Errors
/// When there is no such outcome, period or record.
pub fn ask(
    policy: &Policy,
    facts: &dyn Facts,
    name: &str,
    key: &str,
    period: Option<&str>,
    on: Date,
) -> Result<Asked, Refusal> {
    let outcome = outcome_named(policy, name)?;
    let (record, each, calendar, named) = about(policy, outcome);
    let period = period_named(calendar, each, period, name)?;
    let subject = RecordRef { record, key: Arc::from(key) };
    let on = period.map_or(on, |it| it.last);
    there(policy, facts, &subject, on)?;
    let trace = Trace::new();
    let scope = Scope::new(policy, calendar, facts, subject.clone(), period, on);
    let scope = scope.by_one_calendar(named);
    let scope = scope.with_listener(&trace);
    let came = match outcome {
        Outcome::Definition(id) => Came::Value(eval::value(&scope, &definition(policy, id))),
        Outcome::Band(id) => Came::Value(eval::value(&scope, &band(policy, id))),
        Outcome::Rule(framework, at) => {
            let rules = &policy.frameworks[framework];
            let at = period.and_then(|it| rules.rule_on(name, it.first)).unwrap_or(at);
            Came::Verdicts(framework, at, judge(&scope, rules))
        }
    };
    Ok(Asked { name: name.to_owned(), subject, period, questions: trace.questions(), came })
}

/// The names of everything that can be explained.
#[must_use]
pub fn names(policy: &Policy) -> Vec<String> {
    let definitions = policy.definitions.iter().map(|it| &it.label);
    let scales = policy.scales.iter().map(|it| &it.label);
    let rules = policy.frameworks.iter().flat_map(|it| &it.rules).map(|it| &it.label);
    let mut names: Vec<String> = definitions.chain(scales).chain(rules).map(|it| it.name.clone()).collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|it| seen.insert(it.clone()));
    names
}

fn outcome_named(policy: &Policy, name: &str) -> Result<Outcome, Refusal> {
    let definition = policy.definitions.iter().position(|it| it.label.name == name);
    let scale = || policy.scales.iter().position(|it| it.label.name == name);
    let rule = || {
        let rules = policy.frameworks.iter().enumerate();
        rules.into_iter().find_map(|(at, it)| Some(Outcome::Rule(at, it.rule_named(name)?)))
    };
    let found = definition.map(|at| Outcome::Definition(DefinitionId::at(at)));
    let found = found.or_else(|| scale().map(|at| Outcome::Band(ScaleId::at(at)))).or_else(rule);
    found.ok_or_else(|| {
        let names = names(policy);
        let near = names.iter().min_by_key(|it| strsim::damerau_levenshtein(it, name));
        let near = near.filter(|it| strsim::damerau_levenshtein(it, name) <= 1 + name.chars().count() / 3);
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "the policy has no definition, table, scale or framework".to_owned(),
            None => format!("there are: {}", names.join(", ")),
        };
        Refusal { words: format!("no definition, table, scale or rule is called `{name}`"), help }
    })
}

/// The record type and the period of an outcome, the calendar that it is reckoned in, and whether that counts for everybody.
fn about(policy: &Policy, outcome: Outcome) -> (RecordId, Option<PeriodKind>, &Calendar, bool) {
    match outcome {
        Outcome::Definition(id) => {
            let definition = &policy.definitions[id.index()];
            (definition.of, definition.each, policy.main(), false)
        }
        Outcome::Band(id) => {
            let scale = &policy.scales[id.index()];
            (scale.subject, scale.each, policy.main(), false)
        }
        Outcome::Rule(framework, _) => {
            let framework = &policy.frameworks[framework];
            let calendar = &policy.calendars[framework.calendar];
            (framework.subject, Some(framework.each), calendar, framework.names_calendar)
        }
    }
}

fn period_named(
    calendar: &Calendar,
    each: Option<PeriodKind>,
    label: Option<&str>,
    name: &str,
) -> Result<Option<Period>, Refusal> {
    match (each, label) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refusal {
            words: format!("`{name}` has no periods"),
            help: "leave the period out; a day can be named instead".to_owned(),
        }),
        (Some(kind), None) => Err(Refusal {
            words: format!("`{name}` has a value for each {}, and none is named", calendar.kind_name(kind)),
            help: "name the period as the policy writes it, such as 2026 or 2025/26".to_owned(),
        }),
        (Some(kind), Some(label)) => match calendar.period_from_label(kind, label) {
            Ok(period) => Ok(Some(period)),
            Err(problem) => Err(Refusal {
                words: problem.to_string(),
                help: format!("name the {} as the policy writes it, such as 2026 or 2025/26", calendar.kind_name(kind)),
            }),
        },
    }
}

/// Whether a record of its own is known at all.
fn there(policy: &Policy, facts: &dyn Facts, subject: &RecordRef, on: Date) -> Result<(), Refusal> {
    let kind = policy.record(subject.record);
    let Shape::Entity { key } = kind.shape else { return Ok(()) };
    match facts.field(subject, key, on) {
        Value::Known(_) => Ok(()),
        Value::Unknown(_) | Value::NotApplicable | Value::NotHappened => Err(Refusal {
            words: format!("there is no {} `{}`", kind.label.name, subject.key),
            help: "keys are written as in the records".to_owned(),
        }),
    }
}

fn nowhere() -> Span {
    Span::new(FileId(0), 0, 0)
}

fn of_subject(record: RecordId) -> Box<Expr> {
    Box::new(Expr { kind: ExprKind::Subject, ty: Type::Record(record), span: nowhere() })
}

/// A definition, asked of whoever is spoken of.
pub(crate) fn definition(policy: &Policy, id: DefinitionId) -> Expr {
    let definition = &policy.definitions[id.index()];
    let kind = ExprKind::Definition { id, of: of_subject(definition.of), when: When::Now };
    Expr { kind, ty: definition.value.ty.clone(), span: definition.label.span }
}

fn band(policy: &Policy, id: ScaleId) -> Expr {
    let scale = &policy.scales[id.index()];
    let kind = ExprKind::Band { id, of: of_subject(scale.subject), when: When::Now };
    Expr { kind, ty: Type::Choice(scale.choices), span: scale.label.span }
}

impl Asked {
    /// What came of it, and why, in the words of the policy's text.
    #[must_use]
    pub fn told(&self, policy: &Policy, sources: &Sources) -> Explanation {
        let calendar = match self.came {
            Came::Value(_) => policy.main(),
            Came::Verdicts(framework, ..) => &policy.calendars[policy.frameworks[framework].calendar],
        };
        let teller = tell::Teller::new(policy, calendar, sources);
        let (questions, subject, period) = (&self.questions, &self.subject, self.period);
        let reason = match &self.came {
            Came::Value(value) => {
                let reason = questions.first().and_then(|it| teller.reason(it, None)).unwrap_or_default();
                Reason { answer: teller.whole_value(value), ..reason }
            }
            Came::Verdicts(framework, at, verdicts) => {
                let framework = &policy.frameworks[*framework];
                rule::Told { teller: &teller, framework, verdicts, questions, subject, period }.rule(*at)
            }
        };
        let period = period.map(|it| calendar.label(&it));
        Explanation { name: self.name.clone(), subject: subject.key.to_string(), period, reason }
    }
}

impl Explanation {
    /// As lines for people: what was asked and what came, each reason farther right than what it is a reason for.
    #[must_use]
    pub fn lines(&self, depth: usize) -> Vec<String> {
        let mut lines = Vec::new();
        self.reason.write(0, depth, &mut lines);
        lines
    }
}

impl Reason {
    fn write(&self, level: usize, depth: usize, lines: &mut Vec<String>) {
        let indent = "  ".repeat(level);
        lines.push(format!("{indent}{}: {}", self.what, self.answer));
        lines.extend(self.notes.iter().map(|it| format!("{indent}  ({it})")));
        if level < depth {
            self.because.iter().for_each(|it| it.write(level + 1, depth, lines));
        } else if !self.because.is_empty() {
            lines.push(format!("{indent}  …"));
        }
    }
}
