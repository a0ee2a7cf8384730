//! The part of the syntax tree inside a statement: expressions, dates and lengths of time. Everything here is found in
//! [`super::tree`] too.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

use super::tree::{Happened, Name, Population, Range, Text};
use crate::source::Span;

/// An expression with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

/// What an expression is. Names are not looked up yet: `U4` may be a choice, a field, a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `70`, `1,200.50`
    Number(Number),
    /// `5%`
    Percent(Number),
    /// `UGX 3,000,000`
    Money { currency: Name, amount: Number },
    /// `"…"`
    Text(Text),
    /// `yes`, `no`
    YesNo(bool),
    /// `unknown` as a value, in examples.
    Unknown,
    /// `31 July 2026`
    Date(Date),
    /// `31 July`, `31 July after the year`
    DayMonth { day: DayMonth, after_the_year: bool },
    /// `2025/26`
    Period(PeriodLiteral),
    /// `30 days`
    Length(Length),
    /// A word to be looked up.
    Name(Name),
    /// `officer.unit.head`
    Dot(Box<Expr>, Name),
    /// `supervisor of officer`, `supervisor of supervisor`
    Of { role: Name, of: Box<Expr> },
    /// `previous score`
    Previous(Name),
    /// `score 2 years ago`, `score in 2023/24`, `score of the year around`
    InPeriod { what: Box<Expr>, which: WhichPeriod },
    /// `score < pass_mark in 2 consecutive years, then afresh`
    History { condition: Box<Expr>, history: Box<History> },
    /// `status is active throughout year`, `status is on_leave at any time in year`
    OverDays { condition: Box<Expr>, every: bool, kind: Name },
    /// `grade at start of year`, `grade on 1 April 2026`
    AsOn { what: Box<Expr>, day: AsOn },
    /// `salary for 3 months`
    For { pay: Box<Expr>, length: Length },
    /// `salary for the days of interdictions within this year`
    ForDays { pay: Box<Expr>, days: Box<Aggregate> },
    /// `share of points { audit out of 10, website out of 5 }`
    Share(Vec<(Expr, Expr)>),
    /// `count of incidents where kind is absence`, `sum of mark of the quarters in this year`, `any incident where …`
    Aggregate(Box<Aggregate>),
    /// `in the top 5% of unit by score, …`, `rank of officer in unit by score, …`
    Population(Box<Population>),
    /// `written_warning in force`
    Happened(Box<Happened>),
    /// `not …`
    Not(Box<Expr>),
    /// `a and b and c`
    And(Vec<Expr>),
    /// `a or b or c`
    Or(Vec<Expr>),
    /// `a + b`
    Arithmetic { op: ArithmeticOp, left: Box<Expr>, right: Box<Expr> },
    /// `-a`
    Negative(Box<Expr>),
    /// `a < b`, `a is at least b`
    Compare { op: CompareOp, left: Box<Expr>, right: Box<Expr> },
    /// `a is known`
    IsKnown(Box<Expr>),
    /// `a is unknown`
    IsUnknown(Box<Expr>),
    /// `answer late`: what is asked of a stage.
    StageIs { stage: Name, state: StageState },
    /// `a is one of x, y` and `a is not one of x, y`
    IsOneOf { value: Box<Expr>, choices: Vec<Expr>, negated: bool },
    /// `a is 60 to below 80`
    IsIn { value: Box<Expr>, range: Range, negated: bool },
    /// `if a then b else c`
    If { condition: Box<Expr>, then: Box<Expr>, otherwise: Box<Expr> },
    /// `least of a, b`
    Extreme { pick: Extreme, of: Vec<Expr> },
    /// `average of quality, speed and manners`
    Mean(Vec<Expr>),
    /// `weighted { 70% a, 30% b }`
    Weighted(Vec<(Number, Expr)>),
    /// `…, rounded half up to 1 decimal`
    Tailed { value: Box<Expr>, tail: Tail },
    /// `days from a to b`, `working days from a to b`
    Between { unit: Unit, from: Box<Expr>, to: Box<Expr> },
    /// `today`
    Today,
    /// `opening`, `due` (of the stage at hand)
    Opening,
    /// `due`
    DueDate,
    /// `start of financial_year`, `end of financial_year`, `end of month of …`
    Edge { start: bool, what: EdgeOf },
    /// `1 month after opening`
    Offset { length: Length, before: bool, anchor: Box<Expr>, not_counting: Option<Box<NotCounting>> },
    /// `1 year beginning on …`
    Beginning { length: Length, on: Box<Expr>, not_counting: Option<Box<NotCounting>> },
    /// `31 July at 18:00`
    AtClock { date: Box<Expr>, clock: Clock },
}

/// `, not counting each leave over 15 days where kind is sick`: spells that put the end of a run off.
#[derive(Debug, Clone, PartialEq)]
pub struct NotCounting {
    /// The record of the spells.
    pub spells: Name,
    /// Beyond what length of its own one counts.
    pub over: Option<Length>,
    /// Which of them count.
    pub filter: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// Whose start or end.
#[derive(Debug, Clone, PartialEq)]
pub enum EdgeOf {
    /// A period: that of the case.
    Period(Name),
    /// `month of <date>`, `financial_year of <date>`
    PeriodOf(Name, Box<Expr>),
}

/// The day on which a dated field is read.
#[derive(Debug, Clone, PartialEq)]
pub enum AsOn {
    /// `at start of year`
    Start(Name),
    /// `at end of year`
    End(Name),
    /// `on 1 April 2026`, `on 1 April`
    Day(Box<Expr>),
}

/// Another period than the one at hand.
#[derive(Debug, Clone, PartialEq)]
pub enum WhichPeriod {
    /// `2 years ago`
    Ago { count: Number, kind: Name },
    /// `in 2023/24`
    Named(PeriodLiteral),
    /// `of the year around`
    Around(Name),
}

/// Something asked of several records or periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub word: AggregateWord,
    /// What is added up, or what every one satisfies.
    pub value: Option<Expr>,
    pub members: Members,
    /// `under way at start of year`, `within this year`
    pub window: Option<SpellWindow>,
    /// `where …`
    pub filter: Option<Expr>,
    /// `weighted by days`
    pub weight: Option<Expr>,
    /// `of those known`
    pub those_known: bool,
    /// `, at least 60% of the weight`
    pub enough: Option<Number>,
}

/// What is made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateWord {
    Count,
    Sum,
    Average,
    Least,
    Greatest,
    Every,
    Any,
    No,
    /// `days of postings`
    Days,
}

/// Which spells.
#[derive(Debug, Clone, PartialEq)]
pub enum SpellWindow {
    /// `under way`, `under way on 1 April`
    UnderWay(Option<AsOn>),
    /// `within this year`, `within 12 months before due`: after the one, until the other.
    Within { after: Box<Expr>, until: Box<Expr> },
}

/// Of which records or periods.
#[derive(Debug, Clone, PartialEq)]
pub enum Members {
    /// `incidents`
    Children(Name),
    /// `officers whose reports_to is this officer`, `officers whose unit is within this unit`
    Referring { records: Name, field: Name, within: bool, this: Name },
    /// `the last 5 years`
    Last { count: Number, kind: Name },
    /// `the half_years in this year`
    Periods { inner: Name, this: Name },
}

/// In how many of which periods.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// `in 2 consecutive years`, `in 2 of the last 3 years`, `in any 2 consecutive of the last 3 years`
    pub count: Number,
    /// Of so many; without it as many as `count`.
    pub last: Option<Number>,
    /// One after the other.
    pub consecutive: bool,
    pub kind: Name,
    /// `, which breaks the run`
    pub breaks: bool,
    pub missing: MissingPeriods,
    /// `, then afresh`
    pub afresh: bool,
    pub span: Span,
}

/// What becomes of periods of which a fact is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPeriods {
    /// They are unknown.
    Awaited,
    /// `, skipping missing`
    Skipped,
    /// `, counting missing as yes`
    Counted(bool),
}

/// `+ - * /`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOp {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// `< <= > >= is is not`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    Less,
    AtMost,
    More,
    AtLeast,
    Is,
    IsNot,
}

/// `least of`, `greatest of`, `earliest of` / `earlier of`, `latest of` / `later of`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extreme {
    Least,
    Greatest,
    Earliest,
    Latest,
}

/// What may follow a whole expression behind a comma.
#[derive(Debug, Clone, PartialEq)]
pub enum Tail {
    /// `, at least 0`
    AtLeast(Box<Expr>),
    /// `, at most UGX 3,000,000`
    AtMost(Box<Expr>),
    /// `, rounded half up to 1 decimal`, `, rounded down to UGX 1`, `, rounded up to whole`
    Rounded { mode: Rounding, to: RoundTo },
    /// `, if unknown treat as 0`
    IfUnknown(Box<Expr>),
}

/// What can be asked of a stage; none of it holds before it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    /// `on time`: it was done, and not late.
    OnTime,
    /// `late`: it was done late.
    Late,
    /// `lapsed`: it ended with nothing done.
    Lapsed,
    /// `left out`: it did not take place.
    LeftOut,
}

/// How to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    HalfUp,
    HalfEven,
    Up,
    Down,
}

/// What to round to.
#[derive(Debug, Clone, PartialEq)]
pub enum RoundTo {
    /// `to 1 decimal`; `to whole numbers` is 0.
    Decimals(Number),
    /// `to UGX 100`, `to 0.5`: a multiple.
    Multiple(Box<Expr>),
}

/// A number as written, thousands separators taken out: `1200.50`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub text: String,
    pub span: Span,
}

/// `30 days`, `5 working days`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Length {
    pub count: Number,
    pub unit: Unit,
    pub span: Span,
}

/// Units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Hours,
    Days,
    WorkingDays,
    Weeks,
    Months,
    Years,
}

/// `31 July 2026`: the day is not yet checked to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    pub day: u8,
    pub month: u8,
    pub year: i16,
    pub span: Span,
}

/// `31 July`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayMonth {
    pub day: u8,
    pub month: u8,
    pub span: Span,
}

/// `18:00`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    pub hour: u8,
    pub minute: u8,
    pub span: Span,
}

/// `2025/26`, or `2025` with a name before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodLiteral {
    pub label: String,
    pub span: Span,
}
