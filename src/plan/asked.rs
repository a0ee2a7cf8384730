//! What the evaluator that goes row by row is asked.

use jiff::civil::Date;

use crate::calendar::day_number;
use crate::eval::framework::{Verdict, judge};
use crate::eval::{self, Scope};
use crate::plan::node::state;
use crate::plan::{At, Planner};
use crate::policy::framework::Framework;
use crate::policy::model::{Expr, Type};
use crate::value::{Known, Truth, Value};

impl Planner<'_> {
    /// What becomes of the rules of a framework for some rows, as the evaluator that goes row by row says it.
    #[must_use]
    pub fn judged_row_by_row(
        &self,
        ground: usize,
        framework: &Framework,
        at: At,
        rows: &[u32],
        one_more: impl Fn(),
    ) -> Vec<Vec<Verdict>> {
        let base = self.grounds[ground].scope();
        let judged = |row: &u32| {
            one_more();
            judge(&at_row(self, &base, at, *row as usize), framework)
        };
        rows.iter().map(judged).collect()
    }

    /// What an expression is for some rows, as the evaluator that goes row by row says it.
    #[must_use]
    pub fn values_row_by_row(&self, ground: usize, expr: &Expr, at: At, rows: &[u32]) -> Vec<Value> {
        let base = self.grounds[ground].scope();
        rows.iter().map(|row| eval::value(&at_row(self, &base, at, *row as usize), expr)).collect()
    }

    /// What the evaluator that goes row by row says of some rows.
    pub(super) fn plain(&self, asked: u32, at: At, rows: &[u32]) -> Vec<(i64, u8)> {
        let (ground, expr) = self.asked[asked as usize];
        let base = self.grounds[ground].scope();
        rows.iter().map(|row| told(&at_row(self, &base, at, *row as usize), expr)).collect()
    }
}

pub(super) fn at_row<'s>(plan: &Planner<'_>, base: &Scope<'s>, at: At, row: usize) -> Scope<'s> {
    base.placed(plan.records.record(at.space, row), (at.period, at.on, at.reading), at.back)
}

/// What the evaluator says, as units and a state.
pub(super) fn told(scope: &Scope<'_>, expr: &Expr) -> (i64, u8) {
    if expr.ty == Type::YesNo {
        return match eval::truth(scope, expr) {
            Truth::Yes => (0, state::KNOWN),
            Truth::No => (0, state::NO),
            Truth::Unknown(_) => (0, state::UNKNOWN),
            Truth::NotApplicable => (0, state::UNFIT),
        };
    }
    match eval::value(scope, expr) {
        Value::Known(Known::Date(day)) => (day_number(day.max(Date::MIN)), state::KNOWN),
        Value::Known(Known::Choice(_, place)) => (place.into(), state::KNOWN),
        Value::Known(Known::Number(number)) => (number.units_of(1).unwrap_or(0), state::KNOWN),
        Value::Known(_) => (0, state::KNOWN),
        Value::Unknown(_) => (0, state::UNKNOWN),
        Value::NotApplicable => (0, state::UNFIT),
        Value::NotHappened => (0, state::NO),
    }
}
