//! What a run of an example touches: heard while the evaluator works.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::eval::{Listener, ReadFact, Scope};
use crate::ids::{DefinitionId, ParameterId, ScaleId};
use crate::policy::model::{Expr, ExprKind, Policy};
use crate::source::Span;
use crate::value::{Known, Value};

/// What was heard of conditions, lines and things with names.
#[derive(Debug, Clone, Default)]
pub struct Touched {
    /// Every expression that was asked, with whether it was ever yes and ever no.
    pub answers: BTreeMap<Span, Answers>,
    /// Lines that applied: rows of tables, bands, ways of roles, due dates.
    pub lines: BTreeSet<Span>,
    parameters: BTreeSet<ParameterId>,
    definitions: BTreeSet<DefinitionId>,
    scales: BTreeSet<ScaleId>,
}

/// What came of an expression, over all times it was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    /// It was a known yes.
    pub yes: bool,
    /// It was a known no.
    pub no: bool,
}

impl Touched {
    /// Takes in what another run touched.
    pub fn add(&mut self, other: &Touched) {
        for (span, answers) in &other.answers {
            let own = self.answers.entry(*span).or_default();
            own.yes |= answers.yes;
            own.no |= answers.no;
        }
        self.lines.extend(&other.lines);
        self.parameters.extend(&other.parameters);
        self.definitions.extend(&other.definitions);
        self.scales.extend(&other.scales);
    }

    /// Every place that was touched.
    #[must_use]
    pub fn places(&self, policy: &Policy) -> BTreeSet<Span> {
        let parameters = self.parameters.iter().map(|it| policy.parameters[it.index()].label.span);
        let definitions = self.definitions.iter().map(|it| policy.definitions[it.index()].label.span);
        let scales = self.scales.iter().map(|it| policy.scales[it.index()].label.span);
        let named = parameters.chain(definitions).chain(scales);
        self.answers.keys().copied().chain(self.lines.iter().copied()).chain(named).collect()
    }
}

/// Hears what is touched.
#[derive(Debug, Default)]
pub(super) struct Hearing(RefCell<Touched>, Cell<u32>);

/// After so many questions everything was heard that a policy can ask.
const MOST_QUESTIONS: u32 = 200_000;

impl Hearing {
    pub(super) fn heard(self) -> Touched {
        self.0.into_inner()
    }
}

impl Listener for Hearing {
    fn has_heard_enough(&self) -> bool {
        self.1.get() > MOST_QUESTIONS
    }

    fn asked(&self, _: &Scope<'_>, expr: &Expr) {
        self.1.set(self.1.get().saturating_add(1));
        let touched = &mut *self.0.borrow_mut();
        match &expr.kind {
            ExprKind::Parameter(id) => drop(touched.parameters.insert(*id)),
            ExprKind::Definition { id, .. } => drop(touched.definitions.insert(*id)),
            ExprKind::Band { id, .. } => drop(touched.scales.insert(*id)),
            _ => {}
        }
    }

    fn answered(&self, expr: &Expr, value: &Value) {
        let touched = &mut *self.0.borrow_mut();
        let answers = touched.answers.entry(expr.span).or_default();
        if let Value::Known(Known::YesNo(yes)) = value {
            answers.yes |= yes;
            answers.no |= !yes;
        }
    }

    fn read(&self, _: &ReadFact) {}

    fn applied(&self, line: Span) {
        self.0.borrow_mut().lines.insert(line);
    }
}
