//! Outcomes for everybody at once: expressions and frameworks as a plan of nodes over columns.
//!
//! It gives, row for row, what [`crate::eval`] gives; which facts are missing for what is unknown, that evaluator is asked when
//! somebody wants to know. What has no kernel here it is asked as well, row by row, so that a plan exists for every policy. Start
//! reading at [`Planner`].
//!
//! * Equal nodes are one node, also of two policies that are compared.
//! * Numbers are whole numbers with one denominator for all rows. How far they reach is known from the columns before anything
//!   is reckoned, so that each node is kept in as few bytes as it needs: what could overflow is left to the evaluator that goes row by row, whose numbers have twice as many.
//! * A quotient stays a pair of numbers until it is rounded or compared.
//! * Nodes are worked out batch by batch. Ranks, and what is asked of other records than the one at hand, stand whole before what rests on
//!   them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Calendar, Period};
use crate::eval::{Reading, Scope};
use crate::ids::RecordId;
use crate::policy::framework::Framework;
use crate::policy::model::{Expr, Policy};
use crate::table::{AsFacts, Column, Records, Referring};
use crate::value::{Number, RecordRef};

mod asked;
mod batch;
mod concerned;
mod fold;
mod held;
mod kernel;
mod lane;
mod lower;
mod lower_aggregate;
mod lower_judge;
mod lower_number;
mod lower_record;
mod node;
mod number;
mod place;
mod room;
mod run;
mod standing;
mod truth;

pub use concerned::concerned;
pub use lane::{Units, View};
pub use lower_judge::{Amount, Judging, RuleNodes};
pub use node::NodeId;
pub use number::Quotient;
pub(crate) use number::least_common;
pub use run::Working;

use held::HeldKey;
use lane::Lane;
use node::{Nodes, state};
use place::Ranking;

/// A policy, and the calendar and framework by which it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its records as facts.
    pub facts: AsFacts<'a>,
    /// The calendar by which it counts.
    pub calendar: &'a Calendar,
    /// Whether that calendar counts for everybody, whatever their own.
    pub one_calendar: bool,
}

/// Where an expression is asked: of which records, for which period and day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct At {
    space: RecordId,
    period: Option<Period>,
    on: Date,
    reading: Reading,
    back: u32,
}

/// What has no kernel: it is left to the evaluator that goes row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoKernel;

/// What an expression has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lowered {
    /// A truth.
    Truth(NodeId),
    /// Whole numbers: days, moments, lengths, places of choices, rows of records.
    Units(NodeId),
    /// A number or money.
    Number(Quotient),
}

/// Makes a plan, expression by expression, and works it out.
#[derive(Debug)]
pub struct Planner<'a> {
    records: &'a Records,
    grounds: Vec<Ground<'a>>,
    nodes: Nodes,
    columns: Vec<ColumnAt<'a>>,
    held: HashMap<HeldKey, u32>,
    /// Expressions that are asked row by row, with their ground.
    asked: Vec<(usize, &'a Expr)>,
    referring: Vec<Arc<Referring>>,
    rankings: Vec<Ranking>,
    /// What was worked out and is kept.
    kept: HashMap<NodeId, Arc<Lane>>,
    /// Definitions and scales that were lowered, or have no kernel.
    lowered: HashMap<(usize, lower::Called, At), Result<Lowered, NoKernel>>,
}

#[derive(Debug)]
enum ColumnAt<'a> {
    Lent(&'a Column),
    Made(Column),
}

impl<'a> Planner<'a> {
    /// A plan without a node, over some records.
    #[must_use]
    pub fn new(records: &'a Records) -> Self {
        Self {
            records,
            grounds: Vec::new(),
            nodes: Nodes::default(),
            columns: Vec::new(),
            held: HashMap::new(),
            asked: Vec::new(),
            referring: Vec::new(),
            rankings: Vec::new(),
            kept: HashMap::new(),
            lowered: HashMap::new(),
        }
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// How many of them are asked row by row.
    #[must_use]
    pub fn plain_nodes(&self) -> usize {
        let is_plain = |id: &NodeId| matches!(self.nodes.get(*id).op, node::Op::Plain { .. });
        (0..self.nodes.len()).filter_map(|it| NodeId::try_from(it).ok()).filter(is_plain).count()
    }

    /// Takes in a policy by which something is asked; its records must be those of the plan.
    pub fn ground(&mut self, policy: &'a Policy, framework: &Framework) -> usize {
        self.grounds.push(Ground {
            policy,
            facts: AsFacts::new(policy, self.records),
            calendar: &policy.calendars[framework.calendar],
            one_calendar: framework.names_calendar,
        });
        self.grounds.len() - 1
    }

    /// An expression of a ground's policy. A truth, a day and a choice always become something.
    ///
    /// # Errors
    /// When it is a number, a text or a record and there is no kernel for it.
    pub fn expression(&mut self, ground: usize, at: At, expr: &'a Expr) -> Result<Lowered, NoKernel> {
        self.lower(ground, at, expr)
    }

    fn column(&self, at: u32) -> &Column {
        match &self.columns[at as usize] {
            ColumnAt::Lent(column) => column,
            ColumnAt::Made(column) => column,
        }
    }
}

/// What a row came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Yes or no.
    Truth(bool),
    /// Days, moments, lengths, places of choices, rows of records.
    Units(i64),
    /// A number or an amount.
    Number(Number),
    /// Not known.
    Unknown,
    /// It does not apply.
    NotApplicable,
    /// It has not happened.
    NotHappened,
}

impl Lowered {
    /// The nodes that tell it, in the order in which [`Lowered::told`] takes their views.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeId> {
        match self {
            Lowered::Truth(node) | Lowered::Units(node) => vec![*node],
            Lowered::Number(of) => std::iter::once(of.above).chain(of.below).collect(),
        }
    }

    /// The one denominator of all rows, of a number that has one.
    #[must_use]
    pub fn denominator(&self) -> Option<i64> {
        match self {
            Lowered::Number(Quotient { below: None, denominator, .. }) => Some(*denominator),
            _ => None,
        }
    }

    /// What a row of a batch came to.
    #[must_use]
    pub fn told(&self, views: &[View<'_>], row: usize) -> Told {
        let state = views[0].state[row];
        match (self, state) {
            (_, state::UNKNOWN) => Told::Unknown,
            (_, state::UNFIT) => Told::NotApplicable,
            (Lowered::Truth(_), state) => Told::Truth(state == state::KNOWN),
            (_, state::NO) => Told::NotHappened,
            (Lowered::Units(_), _) => Told::Units(views[0].unit(row)),
            (Lowered::Number(of), _) => of.number(views, row).map_or(Told::Unknown, Told::Number),
        }
    }
}

impl View<'_> {
    /// Known; of a truth, yes; of a verdict, proposed.
    pub const YES: u8 = state::KNOWN;
    /// Not known; of a verdict, undetermined.
    pub const UNKNOWN: u8 = state::UNKNOWN;
    /// It does not apply; of a verdict, not covered.
    pub const UNFIT: u8 = state::UNFIT;
    /// It has not happened; of a truth, no; of a verdict, it does not follow.
    pub const NO: u8 = state::NO;
}

impl Quotient {
    /// The number of a row of which it is known.
    #[must_use]
    pub fn number(&self, views: &[View<'_>], row: usize) -> Option<Number> {
        let below = if self.below.is_some() { views.get(1)?.unit(row) } else { 1 };
        Number::fraction(views[0].unit(row).into(), i128::from(below) * i128::from(self.denominator)).ok()
    }
}

impl At {
    /// Asking the records of a type for a period, on a day.
    #[must_use]
    pub fn new(space: RecordId, period: Option<Period>, on: Date, reading: Reading) -> Self {
        Self { space, period, on, reading, back: 0 }
    }

    /// Judging the records of a framework for a period, on a day.
    #[must_use]
    pub fn judging(framework: &Framework, period: Period, on: Date) -> Self {
        Self { space: framework.subject, period: Some(period), on, reading: Reading::PeriodEnd, back: 0 }
    }

    /// The day on which dated facts are read.
    fn day(&self) -> Date {
        match (self.reading, self.period) {
            (Reading::PeriodEnd, Some(period)) => period.last,
            _ => self.on,
        }
    }

    /// The day whose rules hold.
    fn rules(&self) -> Date {
        self.period.map_or(self.on, |it| it.first)
    }

    fn about(self, space: RecordId) -> Self {
        Self { space, ..self }
    }
}

impl<'a> Ground<'a> {
    /// The scope in which the evaluator that goes row by row answers the same.
    fn scope<'s>(&'s self) -> Scope<'s>
    where
        'a: 's,
    {
        let nobody = RecordRef { record: RecordId::at(0), key: Arc::from("") };
        Scope::new(self.policy, self.calendar, &self.facts, nobody, None, Date::MIN).by_one_calendar(self.one_calendar)
    }
}
