//! A table of a checked policy: what it asks, what its rows take, and the space of all answers cut into pieces.
//!
//! Every answer lies on an axis of numbers: a number or amount as it is, a date as days since 1970, a choice by its rank (the better
//! or greater is the higher), yes as 1. Between two neighbouring ends of cells all answers are alike, so that each axis falls into few
//! pieces; the checker and the evaluator look at pieces only.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{day_number, day_of_number};
use crate::policy::model::{Label, Order, Policy};
use crate::policy::row_set::RowSet;
use crate::policy::terms::{Expr, Type};
use crate::source::Span;
pub use crate::syntax::tree::Hit;
use crate::value::{Known, Number};

/// A table: a value for each record, or each record and period.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name and title.
    pub label: Label,
    /// How its rows apply.
    pub hit: Hit,
    /// What it asks.
    pub columns: Vec<Column>,
    /// Its rows, in the order written.
    pub rows: Vec<Row>,
    /// For each column its pieces, each with the rows that take it.
    pub pieces: Vec<Vec<Slice>>,
}

/// A question of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// What is asked.
    pub asked: Expr,
    /// As written.
    pub text: String,
    /// What can be answered.
    pub axis: Axis,
    /// Whether a cell says `unknown`, so that not knowing is an answer like others.
    pub takes_unknown: bool,
}

/// What can be answered.
#[derive(Debug, Clone, Default)]
pub struct Axis {
    /// The least.
    pub low: Option<Number>,
    /// The greatest.
    pub high: Option<Number>,
    /// All answers are multiples of this, if anything is said.
    pub step: Option<Number>,
    /// Whether it is a day that may not have happened.
    pub may_not_happen: bool,
    /// Whether numbers are written as percentages, as far as a field says.
    pub percent: Option<bool>,
    /// The texts that cells speak of; the place behind them stands for any other.
    pub texts: Vec<Arc<str>>,
}

/// A row.
#[derive(Debug, Clone)]
pub struct Row {
    /// What it takes, for each column; nothing for `otherwise`.
    pub cells: Vec<Cell>,
    /// Whether it stands for what no other row takes.
    pub otherwise: bool,
    /// What it gives.
    pub outcome: Expr,
    /// The first day on which it holds.
    pub from: Option<Date>,
    /// The last.
    pub until: Option<Date>,
    /// Where it stands.
    pub span: Span,
}

/// What a row takes in a column.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Whatever is answered.
    pub any: bool,
    /// `not …`
    pub negated: bool,
    /// `unknown` stands in it.
    pub unknown: bool,
    /// The stretches that it lists.
    pub stretches: Vec<Stretch>,
    /// Where it stands.
    pub span: Span,
}

/// A stretch of an axis; each end with whether it belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The lower end.
    pub low: Option<(Number, bool)>,
    /// The upper end.
    pub high: Option<(Number, bool)>,
}

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A place on the axis.
    At(Number),
    /// The day has not happened.
    NotHappened,
    /// It is not known, in a column that takes this for an answer.
    Unknown,
}

/// Answers that no row tells apart.
#[derive(Debug, Clone)]
pub struct Slice {
    /// One of them.
    pub sample: State,
    /// The rows that take them; `otherwise` is not among them.
    pub rows: RowSet,
}

impl Stretch {
    fn holds(&self, at: Number) -> bool {
        let above = self.low.is_none_or(|(low, included)| at > low || (included && at == low));
        let below = self.high.is_none_or(|(high, included)| at < high || (included && at == high));
        above && below
    }
}

impl Cell {
    /// Whether the row takes an answer in this column.
    #[must_use]
    pub fn takes(&self, state: State) -> bool {
        match state {
            _ if self.any => true,
            State::At(at) => self.stretches.iter().any(|it| it.holds(at)) != self.negated,
            State::NotHappened => self.negated,
            State::Unknown => self.unknown && !self.negated,
        }
    }
}

impl Row {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| until >= day)
    }
}

impl Column {
    /// The place of a known answer on the axis.
    #[must_use]
    pub fn place(&self, policy: &Policy, known: &Known) -> Option<Number> {
        place(policy, &self.asked.ty, &self.axis.texts, known)
    }

    /// A place on the axis as it is written in a policy.
    #[must_use]
    pub fn words(&self, policy: &Policy, state: State) -> String {
        match state {
            State::At(at) => words(policy, &self.asked.ty, &self.axis, at),
            State::NotHappened => "not yet happened".to_owned(),
            State::Unknown => "unknown".to_owned(),
        }
    }
}

/// The place of a known value of a type on its axis; `texts` are those that are told apart.
pub(super) fn place(policy: &Policy, ty: &Type, texts: &[Arc<str>], known: &Known) -> Option<Number> {
    let whole = |it: usize| i64::try_from(it).ok().map(Number::from);
    match (known, ty) {
        (Known::Number(number), Type::Number) => Some(*number),
        (Known::Money { amount, currency }, Type::Money { currency: own, .. }) => (currency == own).then_some(*amount),
        (Known::Date(day), Type::Date) => Some(Number::from(day_number(*day))),
        (Known::Moment(at), Type::Timestamp) => Some(Number::from(*at)),
        (Known::Duration { count, unit }, Type::Duration(own)) => (unit == own).then(|| Number::from(*count)),
        (Known::YesNo(yes), Type::YesNo) => Some(Number::from(i64::from(*yes))),
        (Known::Choice(list, at), Type::Choice(own)) if list == own => {
            let list = &policy.choices[list.index()];
            let at = *at as usize;
            whole(if list.order == Order::BestFirst { list.choices.len().checked_sub(at + 1)? } else { at })
        }
        (Known::Text(text), Type::Text) => whole(texts.iter().position(|it| it == text).unwrap_or(texts.len())),
        _ => None,
    }
}

/// A place on the axis of a type as it is written in a policy.
pub(super) fn words(policy: &Policy, ty: &Type, axis: &Axis, at: Number) -> String {
    let index = at.to_scaled(0).and_then(|it| usize::try_from(it).ok());
    match ty {
        Type::Number if axis.percent == Some(true) => {
            let hundredfold = at.multiply(Number::from(100)).unwrap_or(at);
            format!("{hundredfold}%")
        }
        Type::Money { currency, .. } => format!("{currency} {at}"),
        Type::Date => day_words(at),
        Type::Duration(unit) => format!("{at} {}", unit_words(*unit)),
        Type::YesNo => if at == Number::ONE { "yes" } else { "no" }.to_owned(),
        Type::Choice(list) => {
            let list = &policy.choices[list.index()];
            let last = list.choices.len().saturating_sub(1);
            let index = index.map(|it| if list.order == Order::BestFirst { last.saturating_sub(it) } else { it });
            index.and_then(|it| list.choices.get(it)).map_or_else(String::new, |it| it.name.clone())
        }
        Type::Text => match index.and_then(|it| axis.texts.get(it)) {
            Some(text) => format!("\"{text}\""),
            None => "\"another\"".to_owned(),
        },
        Type::Number | Type::Timestamp | Type::Record(_) => at.to_string(),
    }
}

fn day_at(at: Number) -> Option<Date> {
    day_of_number(i64::try_from(at.to_scaled(0)?).ok()?)
}

fn day_words(at: Number) -> String {
    day_at(at).map_or_else(|| at.to_string(), crate::calendar::day_in_words)
}

fn unit_words(unit: crate::value::TimeUnit) -> &'static str {
    use crate::value::TimeUnit;
    match unit {
        TimeUnit::Hours => "hours",
        TimeUnit::Days => "days",
        TimeUnit::WorkingDays => "working days",
        TimeUnit::Weeks => "weeks",
        TimeUnit::Months => "months",
        TimeUnit::Years => "years",
    }
}

impl Table {
    /// Cuts each column into pieces.
    pub(super) fn cut(&mut self) {
        self.pieces = (0..self.columns.len()).map(|at| self.cut_column(at)).collect();
    }

    fn cut_column(&self, at: usize) -> Vec<Slice> {
        let column = &self.columns[at];
        let cells = self.rows.iter().filter(|it| !it.otherwise).map(|it| &it.cells[at]);
        let ends = cells.flat_map(|it| &it.stretches).flat_map(|it| it.low.iter().chain(&it.high)).map(|it| it.0);
        let mut samples: Vec<State> = column.axis.samples(ends.collect()).into_iter().map(State::At).collect();
        samples.extend(column.axis.may_not_happen.then_some(State::NotHappened));
        samples.extend(column.takes_unknown.then_some(State::Unknown));
        let takes = |state: State| {
            RowSet::of(self.rows.len(), |row| !self.rows[row].otherwise && self.rows[row].cells[at].takes(state))
        };
        samples.into_iter().map(|sample| Slice { sample, rows: takes(sample) }).collect()
    }
}

impl Axis {
    /// One answer from each piece between the ends of stretches, and each such end itself; only answers that can be.
    fn samples(&self, mut ends: Vec<Number>) -> Vec<Number> {
        ends.extend(self.low.iter().chain(&self.high));
        ends.sort();
        ends.dedup();
        let mut samples = Vec::new();
        let mut below = None;
        for end in ends {
            samples.extend(self.between(below, Some(end)));
            samples.push(end);
            below = Some(end);
        }
        samples.extend(self.between(below, None));
        let inside = |it: &Number| self.low.is_none_or(|low| *it >= low) && self.high.is_none_or(|high| *it <= high);
        samples.retain(|it| inside(it) && self.is_on_grid(*it));
        samples
    }

    fn is_on_grid(&self, at: Number) -> bool {
        self.step.is_none_or(|step| at.divide(step).is_ok_and(|it| it.is_whole()))
    }

    /// An answer strictly between two others: the plainest at hand.
    fn between(&self, low: Option<Number>, high: Option<Number>) -> Option<Number> {
        let step = self.step.unwrap_or(Number::ONE);
        let down = |at: Number| at.round(crate::value::Rounding::Down, step).unwrap_or(at);
        let inside = |it: &Number| low.is_none_or(|low| *it > low) && high.is_none_or(|high| *it < high);
        let near = match (low, high) {
            (Some(low), _) => [down(low), down(low).add(step).ok()?, down(low).subtract(step).ok()?],
            (None, Some(high)) => [down(high), down(high).subtract(step).ok()?, down(high).subtract(step).ok()?],
            (None, None) => [Number::ZERO; 3],
        };
        let half = || low?.add(high?).and_then(|it| it.divide(Number::from(2))).ok().filter(|_| self.step.is_none());
        near.into_iter().find(inside).or_else(half)
    }
}
