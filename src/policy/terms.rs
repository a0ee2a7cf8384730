//! Typed expressions of a checked policy.

use std::sync::Arc;

use crate::calendar::{Period, PeriodKind};
use crate::ids::{ChoiceId, DefinitionId, FieldId, ParameterId, RecordId, RoleId, ScaleId, StageId};
use crate::policy::happened::Happened;
use crate::policy::ladder::{LadderAsked, OnLadder};
use crate::policy::model::{DateRule, Dated};
use crate::policy::population::Population;
use crate::policy::table::Table;
use crate::source::Span;
pub use crate::syntax::tree::StageState;
use crate::value::{Number, Rounding, TimeUnit, Value};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Yes or no.
    YesNo,
    /// A number.
    Number,
    /// Money, maybe per time.
    Money {
        /// The currency's code.
        currency: Arc<str>,
        /// Per year, month, …
        per: Option<TimeUnit>,
    },
    /// A day.
    Date,
    /// A moment.
    Timestamp,
    /// A length of time.
    Duration(TimeUnit),
    /// A text.
    Text,
    /// One of a list.
    Choice(ChoiceId),
    /// A record.
    Record(RecordId),
}

/// A typed expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A value.
    Literal(Value),
    /// The record that everything is about.
    Subject,
    /// The record that a child belongs to.
    Owner {
        /// The child.
        of: Box<Expr>,
    },
    /// A field of an entity or child.
    Field {
        /// Of which record.
        of: Box<Expr>,
        /// Its type.
        record: RecordId,
        /// The field.
        field: FieldId,
    },
    /// A field of a panel.
    Panel {
        /// The record that the panel belongs to.
        of: Box<Expr>,
        /// The panel's type.
        record: RecordId,
        /// The field.
        field: FieldId,
        /// In which period.
        when: When,
    },
    /// A parameter, as it holds on the first day of the period, or on the day asked.
    Parameter(ParameterId),
    /// A definition.
    Definition {
        /// Which.
        id: DefinitionId,
        /// Of which record.
        of: Box<Expr>,
        /// In which period.
        when: When,
    },
    /// The band of a scale.
    Band {
        /// Which.
        id: ScaleId,
        /// Of which record.
        of: Box<Expr>,
        /// In which period.
        when: When,
    },
    /// Who holds a role.
    Holder {
        /// Which.
        role: RoleId,
        /// Of which record.
        of: Box<Expr>,
    },
    /// Something that only the case at hand knows.
    Context(Context),
    /// A condition asked of several periods.
    History(Box<History>),
    /// Something made of several records or periods.
    Aggregate(Box<Aggregate>),
    /// Whether something is in force, or was imposed.
    Happened(Box<Happened>),
    /// Where somebody stands on a ladder of sanctions.
    OnLadder(Box<OnLadder>),
    /// A place among others.
    Population(Box<Population>),
    /// A condition that does not hold where it can't be asked.
    OrNo(Box<Expr>),
    /// Not.
    Not(Box<Expr>),
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// `+ - * /`
    Arithmetic {
        /// Which.
        op: ArithmeticOp,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// Minus.
    Negative(Box<Expr>),
    /// A comparison.
    Compare {
        /// Which.
        op: CompareOp,
        /// Left of it.
        left: Box<Expr>,
        /// Right of it.
        right: Box<Expr>,
    },
    /// Whether it is known (an event: has happened; an optional field: there is one).
    IsKnown(Box<Expr>),
    /// Whether it equals one of these.
    OneOf {
        /// The value.
        value: Box<Expr>,
        /// These.
        choices: Vec<Expr>,
    },
    /// Whether it lies in a stretch.
    InRange {
        /// The value.
        value: Box<Expr>,
        /// The lower end and whether it belongs to the stretch.
        low: Option<(Box<Expr>, bool)>,
        /// The upper end.
        high: Option<(Box<Expr>, bool)>,
    },
    /// `if … then … else …`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// When it holds.
        then: Box<Expr>,
        /// When it does not.
        otherwise: Box<Expr>,
    },
    /// The least or greatest, earliest or latest; what does not apply is left out.
    Extreme {
        /// The greatest (latest), else the least (earliest).
        greatest: bool,
        /// Of these.
        of: Vec<Expr>,
    },
    /// A weighted sum; what does not apply gives its weight to the others.
    Weighted(Vec<(Number, Expr)>),
    /// The points reached as a share of those that could be: each at most what it is out of; what does not apply is left out.
    Share(Vec<(Expr, Expr)>),
    /// A condition asked of every day of the period.
    OverDays {
        /// About a day.
        condition: Box<Expr>,
        /// Whether it must hold on every day, else on any.
        every: bool,
    },
    /// Something as it was on another day.
    AsOn {
        /// What.
        value: Box<Expr>,
        /// On which day.
        day: AsOn,
    },
    /// At least, at most.
    Limit {
        /// The value.
        value: Box<Expr>,
        /// The limit.
        limit: Box<Expr>,
        /// `at most`, else `at least`.
        at_most: bool,
    },
    /// Rounded to a multiple (0.1 for one decimal).
    Round {
        /// The value.
        value: Box<Expr>,
        /// How.
        mode: Rounding,
        /// To a multiple of this.
        to: Number,
    },
    /// The value, or another when it is unknown.
    IfUnknown {
        /// The value.
        value: Box<Expr>,
        /// The other.
        default: Box<Expr>,
    },
    /// How many days of the spell at hand count: of those looked for, else all until the day that is read.
    SpellDays {
        /// Whether they are looked for in a stretch of time.
        within: bool,
    },
    /// Pay for the days of spells, each day at what is paid on it.
    PayForDays {
        /// What is paid, per year or month.
        pay: Box<Expr>,
        /// For which days.
        days: Box<Aggregate>,
    },
    /// How many days (working days, months, …) lie between two dates; the first is left out, the last counts.
    Between {
        /// The unit.
        unit: TimeUnit,
        /// From.
        from: Box<Expr>,
        /// To.
        to: Box<Expr>,
    },
    /// A date that a rule gives.
    DateOf(Box<DateRule>),
    /// The value of a table.
    Table(Box<Table>),
    /// What holds on the first day of the period, or on the day asked, of several versions.
    Versions(Vec<Dated<Expr>>),
    /// The number that a band counts as.
    Counts(Box<Expr>),
    /// The day on which it is asked.
    Today,
    /// Whether a stage of the case is in a state.
    StageIs {
        /// Which stage.
        stage: StageId,
        /// Which state.
        state: StageState,
    },
}

/// The day on which something is read.
#[derive(Debug, Clone)]
pub enum AsOn {
    /// The first day of the period.
    Start,
    /// The last day of the period.
    End,
    /// A day.
    Day(Box<Expr>),
}

/// In which period something is asked, seen from the period at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In this one.
    Now,
    /// So many earlier.
    Ago(u32),
    /// In this one, wherever one stands.
    In(Period),
    /// In the longer one around.
    Around(PeriodKind),
}

/// In how many periods a condition holds: this one and those before it.
#[derive(Debug, Clone)]
pub struct History {
    /// Whose periods: the subject's own.
    pub subject: Expr,
    /// The condition, for each period by that period's rules and facts.
    pub condition: Expr,
    /// In so many.
    pub count: u32,
    /// Of the last so many that apply.
    pub last: u32,
    /// One after the other.
    pub consecutive: bool,
    /// A period that does not apply takes its place and does not count, instead of being left out.
    pub breaks: bool,
    /// What becomes of a period of which a fact is missing.
    pub missing: MissingPeriods,
    /// No period serves twice.
    pub afresh: bool,
}

/// Something made of several records or periods.
#[derive(Debug, Clone)]
pub struct Aggregate {
    /// Whose they are: the subject's.
    pub subject: Expr,
    /// What is made of them.
    pub word: AggregateWord,
    /// Which they are.
    pub members: Members,
    /// Which spells: about the subject.
    pub window: Option<SpellWindow>,
    /// Which of them count; about a member.
    pub filter: Option<Expr>,
    /// What is added up or picked, or what they satisfy; about a member.
    pub value: Option<Expr>,
    /// How much each weighs in an average; about a member.
    pub weight: Option<Expr>,
    /// Those of which something is missing are left out.
    pub those_known: bool,
    /// The share of the weight that must be known.
    pub enough: Option<Number>,
}

/// What is made of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AggregateWord {
    /// How many there are.
    Count,
    /// Their sum.
    Sum,
    /// Their average.
    Average,
    /// The least.
    Least,
    /// The greatest.
    Greatest,
    /// Whether every one satisfies it.
    Every,
    /// Whether any does.
    Any,
    /// Whether none does.
    No,
    /// On how many days any of the spells runs.
    Days,
}

/// Which spells.
#[derive(Debug, Clone)]
pub enum SpellWindow {
    /// Those that run on the day that is read, or on another.
    UnderWay(Option<AsOn>),
    /// Those that have a day after the one and until the other.
    Within {
        /// The day before the first.
        after: Box<Expr>,
        /// The last day.
        until: Box<Expr>,
    },
}

/// Of which records or periods something is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Members {
    /// The subject's children of a type.
    Children(RecordId),
    /// The records of a type of which a field names the subject.
    Referring(RecordId, FieldId),
    /// The records of a type of which a field names the subject, or one that stands below it by this field of its own: a tree.
    Within {
        /// The type.
        record: RecordId,
        /// The field that names a record of the tree.
        field: FieldId,
        /// The field by which each record of the tree names the one above.
        parent: FieldId,
    },
    /// The shorter periods inside the one at hand.
    Periods(PeriodKind),
    /// The period at hand and those before it, so many in all; one to which the value does not apply is left out, and an earlier one
    /// steps in.
    Last(u32),
}

/// What becomes of a period of which a fact is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingPeriods {
    /// It is unknown.
    Awaited,
    /// It is left out, and an earlier one steps in.
    Skipped,
    /// The condition is taken to hold in it, or not.
    Counted(bool),
}

/// What only a case knows: for messages and conditions of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// The label of the case's period, `2025/26`.
    Period,
    /// The title of the workflow.
    Workflow,
    /// The title of the stage.
    Stage,
    /// The due date.
    Due,
    /// The opening.
    Opening,
    /// Days since the due date.
    DaysOverdue,
    /// Working days since the due date.
    WorkingDaysOverdue,
    /// Who is written to; its type is that of people who can be written to.
    Recipient,
    /// Who holds the stage.
    Holder,
    /// The number of the case.
    CaseId,
    /// The reason that whoever acted gave.
    Reason,
    /// The title of what was chosen in the stage.
    Choice,
    /// The proposal that the case is about.
    Proposed(ProposalPart),
    /// One of several: a member of a committee, somebody for whom a stage opens.
    One,
}

/// What is asked of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalPart {
    /// Which rule proposed it.
    Rule,
    /// What is paid or taken.
    Amount,
    /// The reason that the rule gives.
    Because,
    /// The day on which it was proposed.
    Day,
}

/// `+ - * /`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOp {
    /// Plus.
    Add,
    /// Minus.
    Subtract,
    /// Times.
    Multiply,
    /// By.
    Divide,
}

/// Comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `is`
    Is,
    /// `is not`
    IsNot,
}

impl ExprKind {
    /// The expressions that it is made of.
    #[must_use]
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            ExprKind::Literal(_)
            | ExprKind::Subject
            | ExprKind::Parameter(_)
            | ExprKind::Context(_)
            // What it is made of is about others than the subject.
            | ExprKind::Aggregate(_)
            | ExprKind::Population(_)
            | ExprKind::Happened(_)
            | ExprKind::DateOf(_)
            | ExprKind::StageIs { .. }
            | ExprKind::SpellDays { .. }
            | ExprKind::Today => Vec::new(),
            ExprKind::PayForDays { pay, .. } => vec![pay],
            ExprKind::Owner { of }
            | ExprKind::Field { of, .. }
            | ExprKind::Panel { of, .. }
            | ExprKind::Definition { of, .. }
            | ExprKind::Band { of, .. }
            | ExprKind::Holder { of, .. } => vec![of],
            ExprKind::History(history) => vec![&history.condition],
            ExprKind::OnLadder(on) => match &on.asked {
                LadderAsked::Next { parts, .. } => parts.iter().collect(),
                LadderAsked::NotAbove(_) | LadderAsked::Completed(_) => Vec::new(),
            },
            ExprKind::Not(inner)
            | ExprKind::OrNo(inner)
            | ExprKind::Negative(inner)
            | ExprKind::IsKnown(inner)
            | ExprKind::Counts(inner) => vec![inner],
            ExprKind::Share(parts) => parts.iter().flat_map(|(got, most)| [got, most]).collect(),
            ExprKind::OverDays { condition, .. } => vec![condition],
            ExprKind::AsOn { value, day: AsOn::Day(day) } => vec![value, day],
            ExprKind::AsOn { value, day: AsOn::Start | AsOn::End } => vec![value],
            ExprKind::Versions(versions) => versions.iter().map(|it| &it.value).collect(),
            ExprKind::And(parts) | ExprKind::Or(parts) | ExprKind::Extreme { of: parts, .. } => parts.iter().collect(),
            ExprKind::Arithmetic { left, right, .. } | ExprKind::Compare { left, right, .. } => vec![left, right],
            ExprKind::OneOf { value, choices } => std::iter::once(&**value).chain(choices).collect(),
            ExprKind::InRange { value, low, high } => {
                let ends = low.iter().chain(high).map(|(end, _)| &**end);
                std::iter::once(&**value).chain(ends).collect()
            }
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
            ExprKind::Weighted(parts) => parts.iter().map(|(_, part)| part).collect(),
            ExprKind::Limit { value, limit, .. } => vec![value, limit],
            ExprKind::Round { value, .. } => vec![value],
            ExprKind::IfUnknown { value, default } => vec![value, default],
            ExprKind::Between { from, to, .. } => vec![from, to],
            ExprKind::Table(table) => {
                table.columns.iter().map(|it| &it.asked).chain(table.rows.iter().map(|it| &it.outcome)).collect()
            }
        }
    }
}
