//! What the evaluator did, kept as a tree: every question with its answer, the facts it read and the lines that applied.

use std::cell::RefCell;

use jiff::civil::Date;

use crate::calendar::Period;
use crate::eval::listen::Listener;
use crate::eval::reads::ReadFact;
use crate::eval::scope::Scope;
use crate::ids::{DefinitionId, ParameterId, ScaleId};
use crate::policy::ladder::LadderAsked;
use crate::policy::model::{Expr, ExprKind};
use crate::source::Span;
use crate::value::{RecordRef, Value};

/// How many questions are kept; what is asked beyond is left out, and only its answer tells.
const MOST_QUESTIONS: usize = 20_000;

/// A question that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What was asked.
    pub what: What,
    /// Where it stands.
    pub span: Span,
    /// Of which record it was asked.
    pub subject: RecordRef,
    /// In which period.
    pub period: Option<Period>,
    /// On the facts of which day.
    pub day: Date,
    /// What came; a condition is yes or no.
    pub value: Value,
    /// The fact that it read, if it read one.
    pub fact: Option<ReadFact>,
    /// The lines that applied: rows of a table, ways of a role.
    pub applied: Vec<Span>,
    /// What else is to be told of it, in words.
    pub notes: Vec<String>,
    /// What had to be asked for it, in order.
    pub parts: Vec<Question>,
    /// The expression, by its place in memory: only to tell it from its parts.
    expr: usize,
}

/// What kind of question it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A value as written, the subject, or the day itself.
    Given,
    /// A fact of a record.
    Fact,
    /// A parameter.
    Parameter(ParameterId),
    /// A definition or table.
    Definition(DefinitionId),
    /// The band of a scale.
    Band(ScaleId),
    /// The rows of a table.
    Rows,
    /// A condition made of conditions: all, or any.
    Conditions,
    /// A condition that holds where another does not.
    Not,
    /// A condition made of values.
    Comparison,
    /// Whether a step of a ladder comes next.
    NextStep,
    /// Whether the next step of a ladder is not above one.
    NotAbove,
    /// A condition counted over several periods.
    History,
    /// Something made of several records or periods.
    Aggregate,
    /// One of two ways.
    Choice,
    /// A value that was rounded, limited, or replaced where it is not known.
    Adjusted,
    /// Anything else that is computed.
    Computed,
}

impl What {
    fn of(kind: &ExprKind) -> Self {
        match kind {
            ExprKind::Literal(_)
            | ExprKind::Subject
            | ExprKind::Owner { .. }
            | ExprKind::Today
            | ExprKind::StageIs { .. }
            | ExprKind::Context(_) => What::Given,
            ExprKind::Field { .. } | ExprKind::Panel { .. } => What::Fact,
            ExprKind::Parameter(id) => What::Parameter(*id),
            ExprKind::Definition { id, .. } => What::Definition(*id),
            ExprKind::Band { id, .. } => What::Band(*id),
            ExprKind::Table(_) => What::Rows,
            ExprKind::And(_) | ExprKind::Or(_) | ExprKind::OrNo(_) => What::Conditions,
            ExprKind::Not(_) => What::Not,
            ExprKind::OnLadder(on) => match on.asked {
                LadderAsked::Next { .. } => What::NextStep,
                LadderAsked::NotAbove(_) => What::NotAbove,
                LadderAsked::Completed(_) => What::Aggregate,
            },
            ExprKind::Compare { .. } | ExprKind::IsKnown(_) | ExprKind::OneOf { .. } | ExprKind::InRange { .. } => {
                What::Comparison
            }
            ExprKind::History(_) | ExprKind::OverDays { .. } => What::History,
            ExprKind::Aggregate(_) | ExprKind::Population(_) | ExprKind::Happened(_) => What::Aggregate,
            ExprKind::If { .. } => What::Choice,
            ExprKind::Limit { .. } | ExprKind::Round { .. } | ExprKind::IfUnknown { .. } => What::Adjusted,
            ExprKind::Holder { .. }
            | ExprKind::Arithmetic { .. }
            | ExprKind::Negative(_)
            | ExprKind::Extreme { .. }
            | ExprKind::Weighted(_)
            | ExprKind::Share(_)
            | ExprKind::AsOn { .. }
            | ExprKind::Between { .. }
            | ExprKind::SpellDays { .. }
            | ExprKind::PayForDays { .. }
            | ExprKind::Versions(_)
            | ExprKind::Counts(_)
            | ExprKind::DateOf(_) => What::Computed,
        }
    }
}

/// Keeps what it hears.
#[derive(Debug, Default)]
pub struct Trace {
    kept: RefCell<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Asked and not answered yet, the outermost first.
    open: Vec<Question>,
    /// Answered, and part of no other.
    done: Vec<Question>,
    asked: usize,
    /// Questions that are not kept, and not answered yet.
    beyond: usize,
}

impl Trace {
    /// Nothing heard yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that was asked, in order.
    #[must_use]
    pub fn questions(self) -> Vec<Question> {
        self.kept.into_inner().done
    }
}

impl Listener for Trace {
    fn has_heard_enough(&self) -> bool {
        self.kept.borrow().asked > MOST_QUESTIONS
    }

    fn asked(&self, scope: &Scope<'_>, expr: &Expr) {
        let kept = &mut *self.kept.borrow_mut();
        kept.asked += 1;
        if kept.asked > MOST_QUESTIONS {
            kept.beyond += 1;
            return;
        }
        kept.open.push(Question {
            what: What::of(&expr.kind),
            span: expr.span,
            subject: scope.subject.clone(),
            period: scope.period,
            day: scope.day(),
            value: Value::Unknown(Vec::new()),
            fact: None,
            applied: Vec::new(),
            notes: Vec::new(),
            parts: Vec::new(),
            expr: std::ptr::from_ref(expr).addr(),
        });
    }

    fn answered(&self, _: &Expr, value: &Value) {
        let kept = &mut *self.kept.borrow_mut();
        if kept.beyond > 0 {
            kept.beyond -= 1;
            return;
        }
        let Some(mut question) = kept.open.pop() else { return };
        question.value = value.clone();
        // A condition is asked as a value and as a truth: one question.
        if let [only] = question.parts.as_slice()
            && (only.expr, only.period, &only.subject) == (question.expr, question.period, &question.subject)
        {
            let Some(only) = question.parts.pop() else { return };
            question.parts = only.parts;
            question.fact = question.fact.or(only.fact);
            question.applied.extend(only.applied);
        }
        match kept.open.last_mut() {
            Some(around) => around.parts.push(question),
            None => kept.done.push(question),
        }
    }

    fn read(&self, fact: &ReadFact) {
        let kept = &mut *self.kept.borrow_mut();
        if let Some(question) = kept.open.last_mut().filter(|_| kept.beyond == 0) {
            question.fact = Some(fact.clone());
        }
    }

    fn noted(&self, words: &str) {
        let kept = &mut *self.kept.borrow_mut();
        if let Some(question) = kept.open.last_mut().filter(|_| kept.beyond == 0) {
            question.notes.push(words.to_owned());
        }
    }

    fn applied(&self, line: Span) {
        let kept = &mut *self.kept.borrow_mut();
        if let Some(question) = kept.open.last_mut().filter(|_| kept.beyond == 0) {
            question.applied.push(line);
        }
    }
}
