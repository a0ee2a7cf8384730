//! Somebody who listens while outcomes are found: for explanations, and for what an example touches. Nobody listens by default, and
//! then it costs nothing.

use crate::eval::reads::ReadFact;
use crate::eval::scope::Scope;
use crate::policy::model::Expr;
use crate::source::Span;
use crate::value::Value;

/// Is told what the one evaluator does, as it does it. Whoever listens changes nothing.
///
/// What is asked between [`Listener::asked`] and its [`Listener::answered`] is a part of that question.
pub trait Listener {
    /// An expression is asked of the record, period and day of a scope.
    fn asked(&self, scope: &Scope<'_>, expr: &Expr);

    /// What was asked last, and is not answered yet, has this value; a condition is yes or no.
    fn answered(&self, expr: &Expr, value: &Value);

    /// A fact was read.
    fn read(&self, fact: &ReadFact);

    /// A line that is no expression applied: a row of a table, a way of finding the holder of a role, a due date.
    fn applied(&self, line: Span);

    /// Whether what was asked already need not be told again: somebody who has heard so much takes in no more.
    fn has_heard_enough(&self) -> bool {
        false
    }

    /// Something that is worth telling of what was asked last, in words.
    fn noted(&self, words: &str) {
        let _ = words;
    }
}

impl<'a> Scope<'a> {
    /// The same scope with somebody who listens.
    #[must_use]
    pub fn with_listener<'b>(&self, listener: &'b dyn Listener) -> Scope<'b>
    where
        'a: 'b,
    {
        Scope { listener: Some(listener), earlier: std::rc::Rc::default(), ..self.clone() }
    }

    /// The same scope with whoever listens, if anybody does.
    #[must_use]
    pub fn heard_by(self, listener: Option<&'a dyn Listener>) -> Self {
        Self { listener, ..self }
    }

    /// Says which line applied.
    pub fn applied(&self, line: Span) {
        if let Some(listener) = self.listener {
            listener.applied(line);
        }
    }

    /// The record that is asked.
    #[must_use]
    pub fn subject(&self) -> &crate::value::RecordRef {
        &self.subject
    }

    /// The period that is asked.
    #[must_use]
    pub fn period(&self) -> Option<crate::calendar::Period> {
        self.period
    }
}
