//! The value of a table. The laws that hold here:
//!
//! * A missing fact leaves a table undetermined only if it could change what comes out: all answers that it could have are gone
//!   through, piece by piece, and only the facts that make a difference are named.
//! * In a column in which a cell says `unknown`, not knowing is an answer like others, which `otherwise` never takes.
//! * What does not apply is taken by `any` alone; if the rows it leaves open differ, the table does not apply.
//! * Several rows that give the same are no contradiction.

use std::cmp::Ordering;

use jiff::civil::Date;

use crate::eval::expression::value;
use crate::eval::operation::{arithmetic, order_of};
use crate::eval::scope::Scope;
use crate::policy::model::{ArithmeticOp, Hit, Row, RowSet, State, Table, Type};
use crate::value::{Known, Missing, Number, Value};

/// How many cases of missing facts are gone through; beyond, all of them are said to be missing.
const MOST_STEPS: u32 = 20_000;

/// What a table gives for the subject, the period and the day at hand.
pub(super) fn of_table(scope: &Scope<'_>, table: &Table) -> Value {
    let day: Date = scope.period.map_or(scope.on, |it| it.first);
    let mut rows = RowSet::of(table.rows.len(), |at| !table.rows[at].otherwise && table.rows[at].holds_on(day));
    let mut asked = Asked::new(scope, table, day);
    for (at, column) in table.columns.iter().enumerate() {
        let answer = value(scope, &column.asked);
        let state = match answer {
            Value::Known(known) => match column.place(scope.policy, &known) {
                Some(place) => State::At(place),
                None => return Value::because(format!("`{}` has a value that no cell can take", column.text)),
            },
            Value::NotHappened => State::NotHappened,
            Value::Unknown(facts) if column.takes_unknown => {
                asked.taken_unknown.extend(facts);
                State::Unknown
            }
            Value::Unknown(facts) => {
                asked.unknown.push((at, facts));
                continue;
            }
            Value::NotApplicable => {
                asked.unfit.push(at);
                continue;
            }
        };
        asked.unknown_taken |= state == State::Unknown;
        rows = RowSet::of(table.rows.len(), |row| rows.has(row) && table.rows[row].cells[at].takes(state));
    }
    asked.settle(&rows)
}

/// What all cases of an open question come to.
#[derive(Clone, PartialEq)]
enum Outcome {
    Same(Value),
    Differs,
}

struct Asked<'s, 'a> {
    scope: &'s Scope<'a>,
    table: &'s Table,
    day: Date,
    /// Columns whose answer is missing, each with the facts.
    unknown: Vec<(usize, Vec<Missing>)>,
    /// Columns that do not apply.
    unfit: Vec<usize>,
    /// Whether a column answers that it is unknown.
    unknown_taken: bool,
    taken_unknown: Vec<Missing>,
    outcomes: Vec<Option<Value>>,
    steps: u32,
}

impl<'s, 'a> Asked<'s, 'a> {
    fn new(scope: &'s Scope<'a>, table: &'s Table, day: Date) -> Self {
        Self {
            scope,
            table,
            day,
            unknown: Vec::new(),
            unfit: Vec::new(),
            unknown_taken: false,
            taken_unknown: Vec::new(),
            outcomes: vec![None; table.rows.len()],
            steps: MOST_STEPS,
        }
    }

    fn settle(&mut self, rows: &RowSet) -> Value {
        let open: Vec<usize> = self.unknown.iter().map(|it| it.0).collect();
        if let Outcome::Same(value) = self.cases(rows, &open) {
            if open.is_empty() && self.unfit.is_empty() {
                self.say_which_applied(rows);
            }
            return value;
        }
        let unknown = std::mem::take(&mut self.unknown);
        let mut missing = Vec::new();
        for (column, facts) in &unknown {
            let others: Vec<usize> = open.iter().copied().filter(|it| it != column).collect();
            self.steps = MOST_STEPS;
            if self.makes_a_difference(rows, &others, *column) {
                missing.extend(facts.iter().cloned());
            }
        }
        Value::Unknown(Missing::merged(missing))
    }

    /// What comes out whatever the columns answer.
    fn cases(&mut self, rows: &RowSet, open: &[usize]) -> Outcome {
        let Some((column, rest)) = self.first_that_matters(rows, open) else {
            return Outcome::Same(self.fitting(rows));
        };
        let mut came: Option<Value> = None;
        for case in self.split(rows, column) {
            if self.is_spent() {
                return Outcome::Differs;
            }
            match (self.cases(&case, &rest), &came) {
                (Outcome::Differs, _) => return Outcome::Differs,
                (Outcome::Same(value), Some(other)) if value != *other => return Outcome::Differs,
                (Outcome::Same(value), _) => came = Some(value),
            }
        }
        came.map_or(Outcome::Differs, Outcome::Same)
    }

    /// Whether, the other columns being answered in some way, this one can change what comes out.
    fn makes_a_difference(&mut self, rows: &RowSet, others: &[usize], column: usize) -> bool {
        if self.is_spent() {
            return true;
        }
        match self.first_that_matters(rows, others) {
            None => self.cases(rows, &[column]) == Outcome::Differs,
            Some((other, rest)) => {
                self.split(rows, other).iter().any(|case| self.makes_a_difference(case, &rest, column))
            }
        }
    }

    /// What comes out where some columns do not apply: what it is whatever they would answer, else nothing.
    fn fitting(&mut self, rows: &RowSet) -> Value {
        let unfit = self.unfit.clone();
        self.fitting_among(rows, &unfit).unwrap_or(Value::NotApplicable)
    }

    fn fitting_among(&mut self, rows: &RowSet, unfit: &[usize]) -> Option<Value> {
        let Some((column, rest)) = self.first_that_matters(rows, unfit) else { return Some(self.of_rows(rows)) };
        let mut came: Option<Value> = None;
        for case in self.split(rows, column) {
            let value = if self.is_spent() { None } else { self.fitting_among(&case, &rest) }?;
            if came.as_ref().is_some_and(|other| *other != value) {
                return None;
            }
            came = Some(value);
        }
        came
    }

    fn is_spent(&mut self) -> bool {
        self.steps = self.steps.saturating_sub(1);
        self.steps == 0
    }

    /// The first column in which some row does not take every answer, and the others.
    fn first_that_matters(&self, rows: &RowSet, open: &[usize]) -> Option<(usize, Vec<usize>)> {
        let matters = |at: &usize| !rows.iter().all(|row| self.table.rows[row].cells[*at].any);
        let column = open.iter().copied().find(matters)?;
        Some((column, open.iter().copied().filter(|it| *it != column).collect()))
    }

    /// The rows that remain in each case that a column tells apart.
    fn split(&self, rows: &RowSet, column: usize) -> Vec<RowSet> {
        let mut cases: Vec<RowSet> = Vec::new();
        for piece in self.table.pieces[column].iter().filter(|it| it.sample != State::Unknown) {
            let case = rows.both(&piece.rows);
            if !cases.contains(&case) {
                cases.push(case);
            }
        }
        cases
    }

    // ---- rows

    fn say_which_applied(&self, rows: &RowSet) {
        let most = if self.table.hit == Hit::First { 1 } else { usize::MAX };
        let otherwise = |it: &&Row| it.otherwise && it.holds_on(self.day);
        let applied = rows.iter().take(most).map(|at| &self.table.rows[at]);
        let none = rows.iter().next().is_none() && !self.unknown_taken;
        let otherwise = self.table.rows.iter().find(otherwise).filter(|_| none);
        applied.chain(otherwise).for_each(|it| self.scope.applied(it.span));
    }

    fn outcome(&mut self, row: usize) -> Value {
        let (scope, table) = (self.scope, self.table);
        self.outcomes[row].get_or_insert_with(|| value(scope, &table.rows[row].outcome)).clone()
    }

    /// What these rows give, all of which apply.
    fn of_rows(&mut self, rows: &RowSet) -> Value {
        let Some(first) = rows.iter().next() else { return self.of_no_row() };
        if self.table.hit == Hit::First {
            return self.outcome(first);
        }
        let values: Vec<Value> = rows.iter().map(|row| self.outcome(row)).collect();
        let missing = values.iter().filter_map(|it| if let Value::Unknown(facts) = it { Some(facts) } else { None });
        let missing: Vec<Missing> = missing.flatten().cloned().collect();
        if values.iter().any(|it| matches!(it, Value::Unknown(_))) {
            return Value::Unknown(Missing::merged(missing));
        }
        match self.table.hit {
            Hit::AddedUp => self.sum(values),
            Hit::Highest => self.best(values, Ordering::Greater),
            Hit::Lowest => self.best(values, Ordering::Less),
            Hit::ExactlyOne | Hit::First => match values.split_first() {
                Some((value, others)) if others.iter().all(|it| it == value) => value.clone(),
                _ => Value::because(format!("rows of {} that both apply and differ", self.table.label.title)),
            },
        }
    }

    fn of_no_row(&mut self) -> Value {
        if self.unknown_taken {
            return Value::Unknown(Missing::merged(self.taken_unknown.iter().cloned()));
        }
        let otherwise = self.table.rows.iter().position(|it| it.otherwise && it.holds_on(self.day));
        match otherwise {
            Some(row) => self.outcome(row),
            None if self.table.hit == Hit::AddedUp => self.nought(),
            None => Value::because(format!("no row of {} applies", self.table.label.title)),
        }
    }

    fn nought(&self) -> Value {
        match self.table.rows.first().map(|it| &it.outcome.ty) {
            Some(Type::Money { currency, .. }) => {
                Known::Money { amount: Number::ZERO, currency: currency.clone() }.into()
            }
            Some(Type::Duration(unit)) => Known::Duration { count: 0, unit: *unit }.into(),
            _ => Known::Number(Number::ZERO).into(),
        }
    }

    /// What does not apply adds nothing.
    fn sum(&self, values: Vec<Value>) -> Value {
        let values = values.into_iter().filter(|it| it.known().is_some());
        values.reduce(|sum, it| arithmetic(ArithmeticOp::Add, sum, it)).unwrap_or(Value::NotApplicable)
    }

    fn best(&self, values: Vec<Value>, wanted: Ordering) -> Value {
        let mut best: Option<Known> = None;
        for value in values {
            let Value::Known(known) = value else { continue };
            let better = best.as_ref().is_none_or(|it| order_of(self.scope.policy, &known, it) == Some(wanted));
            if better {
                best = Some(known);
            }
        }
        best.map_or(Value::NotApplicable, Value::Known)
    }
}
