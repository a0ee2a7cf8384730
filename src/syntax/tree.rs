//! The syntax tree: what an author wrote, item by item, with the place of everything. It says nothing of meaning.
//!
//! Names are not looked up and types not known here; a tree is never "wrong", only unparsed.

#![expect(missing_docs, reason = "fields carry the name of what the author wrote; each type shows its sentence")]

pub use super::act_tree::*;
pub use super::assume_tree::*;
pub use super::committee_tree::*;
pub use super::expression::{
    Aggregate, AggregateWord, ArithmeticOp, AsOn, Clock, CompareOp, Date, DayMonth, EdgeOf, Expr, ExprKind, Extreme,
    History, Length, Members, MissingPeriods, NotCounting, Number, PeriodLiteral, RoundTo, Rounding, SpellWindow,
    StageState, Tail, Unit, WhichPeriod,
};
pub use super::extend_tree::*;
pub use super::framework_tree::*;
pub use super::guarantee_tree::*;
pub use super::ladder_tree::*;
pub use super::order_tree::*;
pub use super::population_tree::*;
pub use super::scale::{Band, Cap, Scale};
pub use super::scenario_tree::*;
pub use super::table::{Cell, CellItem, Column, Hit, Table, TableRow};
pub use super::workflow_tree::*;
use crate::source::{FileId, Span};

/// One policy file as written.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    /// Which file.
    pub file: FileId,
    /// The items, in the order written; items that could not be parsed are missing here and reported.
    pub items: Vec<Item>,
    /// Every comment, with its `#`, in order.
    pub comments: Vec<Span>,
    /// Where blank lines stand (the byte at which each begins), for the formatter.
    pub blank_lines: Vec<u32>,
}

/// A word chosen by an author, without backquotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A text in quotes: what stands between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text without its quotes.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A top-level item.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Calendar(Calendar),
    Record(Record),
    Role(Role),
    Parameter(Parameter),
    Define(Box<Define>),
    Scale(Box<Scale>),
    Table(Box<Table>),
    Message(Message),
    Framework(Framework),
    Workflow(Workflow),
    Committee(Committee),
    Guarantee(Guarantee),
    Scenario(Scenario),
    Extend(Extend),
    Adjust(Adjust),
    Exempt(Exempt),
    /// A line of a scenario, where that is laid over the policy; nothing is written so.
    Assume(Assume),
    Example(Example),
}

// ---- calendars

/// `calendar uganda "…" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    pub name: Name,
    pub title: Option<Text>,
    pub lines: Vec<CalendarLine>,
    pub span: Span,
}

/// A line of a calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarLine {
    pub kind: CalendarLineKind,
    pub span: Span,
}

/// What a line of a calendar says.
#[derive(Debug, Clone, PartialEq)]
pub enum CalendarLineKind {
    /// `time zone "Africa/Kampala"`
    TimeZone(Text),
    /// `working Monday to Friday` or `working Sunday, Tuesday to Thursday`: 0 is Monday; ends included.
    Working(Vec<(u8, u8)>),
    /// `period financial_year / financial_years every 12 months from 1 July, written 2025/26`
    Period { name: Name, plural: Name, begins: PeriodBegins },
    /// `holiday "New Year's Day" 1 January from 2016 until 2020, never substituted`
    Holiday { title: Text, day: HolidayDay, from: Option<Expr>, until: Option<Expr>, never_substituted: bool },
    /// `substitute none` or `substitute next free working day when on Saturday or Sunday, one for two on one weekend, and for a holiday on a holiday`
    Substitute(Option<SubstituteRule>),
    /// `roll forward | back | as is`
    Roll(Roll),
    /// `month end back | forward | refuse`
    MonthEnd(MonthEnd),
    /// `notices at 08:00`
    NoticesAt(Clock),
}

/// When the periods of a kind begin.
#[derive(Debug, Clone, PartialEq)]
pub enum PeriodBegins {
    /// `every 12 months from 1 July, written 2025/26`
    Every { months: Number, from: DayMonth, written: Option<Text> },
    /// `starting on 5 January 2026, 4 May 2026, until 31 August 2026`
    On { starts: Vec<Date>, until: Option<Date> },
}

/// `next free working day …`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubstituteRule {
    /// The weekdays on which a holiday gives a substitute day; 0 is Monday.
    pub when_on: Vec<u8>,
    /// `one for two on one weekend`
    pub one_for_two: bool,
    /// `and for a holiday on a holiday`
    pub for_clashes: bool,
}

/// The day of a holiday.
#[derive(Debug, Clone, PartialEq)]
pub enum HolidayDay {
    /// `1 January`
    Fixed(DayMonth),
    /// `easter`, `2 days before easter`, `1 day after easter`: days after Easter Sunday.
    Easter(i32),
    /// `first Friday of August`, `last Monday of May`: `nth` 1 to 4, or -1 for the last; 0 is Monday.
    Weekday { nth: i8, weekday: u8, month: u8 },
    /// `on 10 April 2024, 31 March 2025, expected 20 March 2026`
    Listed(Vec<ListedDay>),
}

/// One day of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedDay {
    pub date: Date,
    pub expected: bool,
}

/// Where a due date on a day off goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roll {
    Forward,
    Back,
    AsIs,
}

/// Where a day goes that its month does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MonthEnd {
    Back,
    Forward,
    Refuse,
}

// ---- records

/// `record officer "Public officer" { … }`, `record appraisal of officer each financial_year { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub name: Name,
    pub title: Option<Text>,
    /// `of officer`
    pub of: Option<Name>,
    /// `each financial_year`
    pub each: Option<Name>,
    /// `from started until ended`: a spell, with the fields that hold its first and its last day.
    pub spell: Option<[Name; 2]>,
    /// `may be missing`: children that are not there are unknown, not none.
    pub may_be_missing: bool,
    /// `may overlap`: of spells
    pub may_overlap: Option<Span>,
    pub fields: Vec<Field>,
    /// `absent when …`
    pub absent_when: Option<Expr>,
    /// `gone when …`
    pub gone_when: Option<Expr>,
    pub goes_by: Vec<GoesBy>,
    pub span: Span,
}

/// `by calendar shifts when post is shift`: the first line that applies says by which calendar a record goes.
#[derive(Debug, Clone, PartialEq)]
pub struct GoesBy {
    pub calendar: Name,
    pub when: Option<Expr>,
    pub span: Span,
}

/// `grade "Grade" dated one of U8 < U7`
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: Name,
    pub title: Option<Text>,
    pub key: bool,
    pub optional: bool,
    pub dated: bool,
    pub sealed: bool,
    pub kind: FieldKind,
    /// `hint "…"`
    pub hint: Option<Text>,
    pub span: Span,
}

/// The type of a field as written.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKind {
    /// `text`
    Text,
    /// `number from 0 to 100 with 1 decimal`
    Number { from: Option<Expr>, to: Option<Expr>, decimals: Option<Number> },
    /// `whole number from 0 to 10`
    Whole { from: Option<Expr>, to: Option<Expr> },
    /// `percent with 1 decimal`
    Percent { from: Option<Expr>, to: Option<Expr>, decimals: Option<Number> },
    /// `money UGX per year with 2 decimals`
    Money { currency: Name, per: Option<Unit>, decimals: Option<Number> },
    /// `date`
    Date,
    /// `event`
    Event,
    /// `timestamp`
    Timestamp,
    /// `duration in days`
    Duration(Unit),
    /// `yes/no`
    YesNo,
    /// `one of a, "b" …` or ordered `one of U8 < U7`
    Choice { choices: Vec<Choice>, ordered: bool },
    /// `address email`
    Address(Name),
    /// A name of another record type.
    Reference(Name),
}

/// One choice of a list; language codes stand in quotes.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    pub name: Name,
    pub title: Option<Text>,
}

// ---- roles, parameters, definitions, scales

/// `role supervisor "…" of officer { is officer.reports_to; otherwise supervisor of supervisor }`
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub name: Name,
    pub title: Option<Text>,
    pub of: Name,
    /// `may be changed locally`
    pub local: Option<Local>,
    pub lines: Vec<RoleLine>,
    pub span: Span,
}

/// A line of a role; they are tried in order.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleLine {
    /// `is officer.reports_to`, or a later try: `otherwise supervisor of supervisor`
    Try { otherwise: bool, who: Expr, span: Span },
    /// `qualifies when member.grade is at least U3`
    Qualifies(Expr),
    /// `may still act until 1 month after retired, when status is retired`
    Still { until: Expr, when: Expr },
    /// `may delegate`
    Delegates,
    /// `not officer`
    Not(Expr),
}

/// `parameter pass_mark "Pass mark" 50 from 1 July 2011, 60 from 1 July 2026`
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: Name,
    pub title: Option<Text>,
    pub values: Vec<DatedValue>,
    /// `may be changed locally`
    pub local: Option<Local>,
    pub span: Span,
}

/// A value with the days between which it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedValue {
    pub value: Expr,
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    pub span: Span,
}

/// `define score "Overall score" of officer each financial_year = …`
#[derive(Debug, Clone, PartialEq)]
pub struct Define {
    pub name: Name,
    pub title: Option<Text>,
    pub of: Name,
    pub each: Option<Name>,
    pub from: Option<Expr>,
    pub until: Option<Expr>,
    /// `may be changed locally`
    pub local: Option<Local>,
    pub value: Expr,
    pub span: Span,
}

/// A stretch of values; an end left out is open to infinity.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    pub low: Option<Box<Expr>>,
    /// `above 60` leaves 60 out.
    pub low_open: bool,
    pub high: Option<Box<Expr>>,
    /// `to below 60` leaves 60 out.
    pub high_open: bool,
    pub span: Span,
}

// ---- messages

/// `message plan_overdue "…" { by email; subject "…"; body """…"""; in "sw" { … } }`
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub name: Name,
    pub title: Option<Text>,
    /// `may be changed locally`
    pub local: Option<Local>,
    pub channels: Vec<Name>,
    /// `urgent`
    pub urgent: Option<Span>,
    /// The wording without a language, which is that of the project.
    pub wording: Option<Wording>,
    /// `in "sw" { … }`
    pub languages: Vec<(Text, Wording)>,
    pub span: Span,
}

/// Subject and body in one language.
#[derive(Debug, Clone, PartialEq)]
pub struct Wording {
    pub subject: Option<Template>,
    pub body: Option<Template>,
    pub span: Span,
}

/// A text with placeholders, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub parts: Vec<TemplatePart>,
    pub span: Span,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// Text as it is. In a body of several lines the common indentation is already gone.
    Text(String),
    /// `{officer.name or "colleague"}`
    Placeholder { value: Expr, otherwise: Option<Text>, span: Span },
}

// ---- examples

/// `example "…" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub title: Text,
    pub lines: Vec<ExampleLine>,
    pub span: Span,
}

/// A line of an example.
#[derive(Debug, Clone, PartialEq)]
pub struct ExampleLine {
    pub kind: ExampleLineKind,
    pub span: Span,
}

/// What a line of an example says.
#[derive(Debug, Clone, PartialEq)]
pub enum ExampleLineKind {
    /// `adopted 1 July 2025`
    Adopted(Date),
    /// `written_warning imposed for Ada on 3 March 2025`, `… ended for Ada on …`, `support completed for Ada on …`
    Imposed { rule: Name, of: Name, on: Date, what: OutcomeAct },
    /// `officer Akello { terms permanent; grade U4 }`
    Facts { record: Name, name: Name, values: Vec<FactValue> },
    /// `appraisal of Akello 2024/25 { targets 48 }` or `incident of Akello { … }`
    Of { record: Name, of: Name, period: Option<PeriodLiteral>, values: Vec<FactValue> },
    /// `on 31 July 2026 expect nothing`; a line without a day goes on with the day before it.
    Expect { on: Option<Date>, expectation: Expectation },
    /// `on 10 August 2026 Okot fills plan_agreed 10 August 2026, targets 80`, also `for Akello`: in whose case.
    Fills { on: Date, who: Name, stage_or_record: Option<Name>, of: Option<Name>, values: Vec<FactValue> },
    /// `on 5 August 2026 Ben chooses send_back for Ada, because "no targets"`, `Max chooses reduce to caution`
    Chooses {
        on: Date,
        who: Name,
        choice: Name,
        instead: Option<Name>,
        stage: Option<Name>,
        of: Option<Name>,
        because: Option<Text>,
    },
    /// `on 20 July 2026 Mary extends plan by 10 days for Okot, because "illness"`
    Acts { on: Date, who: Name, what: ActWords, of: Option<Name>, because: Option<Text> },
    /// `on 5 August 2026 officer Okot { status on_leave }`: a record changes on a day.
    Change { on: Date, record: Name, name: Name, period: Option<PeriodLiteral>, values: Vec<FactValue> },
}

/// `terms permanent`
#[derive(Debug, Clone, PartialEq)]
pub struct FactValue {
    pub field: Name,
    /// A name may be a choice or another record of the example.
    pub value: Expr,
    /// `from 1 May 2026`, for a dated field.
    pub from: Option<Expr>,
}

/// What an example expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// `nothing`: no notice since the last line.
    Nothing,
    /// `plan_overdue to Okot, Akello`
    Notice { message: Name, to: Vec<Name> },
    /// `no plan_overdue` or `no plan_overdue to Okot`
    NoNotice { message: Name, to: Vec<Name> },
    /// `plan open with Okot, Akello`, also `for Okot`: a stage is open, and with whom.
    StageOpen { stage: Name, of: Option<Name>, with: Vec<Name> },
    /// `plan not open for Okot`: it has not opened yet, or has ended.
    StageNotOpen { stage: Name, of: Option<Name> },
    /// `plan due 31 July 2026 for Okot`
    StageDue { stage: Name, of: Option<Name>, date: Date },
    /// `plan done`, `plan late`, `plan lapsed`, `plan suspended`
    StageState { stage: Name, of: Option<Name>, state: Name },
    /// `staff_appraisal cancelled for Okot`, `… ended`, `… open`
    CaseState { workflow: Name, of: Name, state: Name },
    /// `score of Akello in 2024/25 is 45.6`, `rating of Akello in 2024/25 is unknown`
    Value { name: Name, of: Name, period: Option<PeriodLiteral>, value: Expr, because: Option<Text> },
    /// `default by Akello`
    Default { by: Name },
    /// `bonus proposed for Akello in 2025/26 with UGX 1,200,000`
    Outcome {
        rule: Name,
        state: OutcomeState,
        of: Name,
        period: Option<PeriodLiteral>,
        amount: Option<Expr>,
        want: Vec<Name>,
    },
}

/// What an example expects of a sanction or reward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeState {
    /// `proposed`
    Proposed,
    /// `no …`: decided, and it does not follow.
    No,
    /// `undetermined`
    Undetermined,
    /// `not covered`
    NotCovered,
    /// `imposed`: what was proposed is in force.
    Imposed,
    /// `stayed`: an appeal is not decided yet.
    Stayed,
}
