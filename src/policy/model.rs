//! The checked policy as data. Nothing in it is invalid: whatever made it has reported every mistake.
//!
//! Things refer to each other by id (see [`crate::ids`]); a place in the text ([`Span`]) is kept for messages only.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Calendar, Direction, Length, PeriodKind};
use crate::ids::{ChoiceId, FieldId, RecordId, RoleId, StageId, WorkflowId};
use crate::policy::flow;
pub use crate::policy::goes_by::GoesBy;
pub use crate::policy::put_off::{Lasts, PutOff};
pub use crate::policy::reads::Turns;
pub use crate::policy::row_set::RowSet;
pub use crate::policy::scale::{Band, Bands, Cap, Scale};
pub use crate::policy::stage::{Done, DueLine, Extension, Fill, Party, Stage, Step, StepKind, Timing};
pub use crate::policy::table::{Axis, Cell, Column, Hit, Row, Slice, State, Stretch, Table};
pub use crate::policy::terms::{
    Aggregate, AggregateWord, ArithmeticOp, AsOn, CompareOp, Context, Expr, ExprKind, History, Members, MissingPeriods,
    ProposalPart, SpellWindow, StageState, Type, When,
};
use crate::source::Span;
use crate::value::{Number, TimeUnit, Value};

/// A whole policy, checked.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Every calendar; the first is the project's unless `merit.toml` names another.
    pub calendars: Vec<Calendar>,
    /// Which of them is the project's.
    pub main_calendar: usize,
    /// Record types.
    pub records: Vec<RecordType>,
    /// Lists of choices, those of scales among them.
    pub choices: Vec<ChoiceList>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Definitions.
    pub definitions: Vec<Definition>,
    /// Scales.
    pub scales: Vec<Scale>,
    /// Messages.
    pub messages: Vec<Message>,
    /// Frameworks of rewards and sanctions.
    pub frameworks: Vec<crate::policy::framework::Framework>,
    /// The sanctions, rewards and measures of which something asks whether they are in force.
    pub asked_in_force: std::collections::BTreeSet<String>,
    /// Those of which something asks whether they were imposed, or lifted, within some time.
    pub asked_imposed: std::collections::BTreeSet<String>,
    /// What the policy promises of itself, and what became of it.
    pub guarantees: Vec<crate::policy::guarantees::Guarantee>,
    /// Workflows.
    pub workflows: Vec<Workflow>,
    /// What a scenario assumes of how people act, for forecasts; of each thing the first that applies.
    pub assumptions: Vec<crate::policy::assumption::Assumption>,
    /// Committees.
    pub committees: Vec<crate::policy::committee::Committee>,
    /// Examples, still as written: they are run, not deployed.
    pub examples: Vec<crate::syntax::tree::Example>,
    /// SHA-256 over the text of all files, in hexadecimal: the policy's name for machines.
    pub hash: String,
}

/// A name with the title that people read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The word used in the text.
    pub name: String,
    /// The title; the name with blanks for underscores where none is written.
    pub title: String,
    /// Where it is declared.
    pub span: Span,
}

/// A record type.
#[derive(Debug, Clone)]
pub struct RecordType {
    /// Name and title.
    pub label: Label,
    /// Whether it stands alone or belongs to another.
    pub shape: Shape,
    /// Fields, in the order written. An entity's first `key` field is its id.
    pub fields: Vec<Field>,
    /// Whether each is a spell, with a first and maybe a last day.
    pub spell: Option<Spell>,
    /// Children that are not there are unknown, not none.
    pub may_be_missing: bool,
    /// When somebody of this type can't act for now.
    pub absent_when: Option<Expr>,
    /// When somebody of this type can't act any more.
    pub gone_when: Option<Expr>,
    /// By which calendar its records go: the first line that applies; by that of the workflow or the project where none does.
    pub goes_by: Vec<GoesBy>,
}

/// How records of a type are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It has a key of its own (this field).
    Entity {
        /// The key field.
        key: FieldId,
    },
    /// One for each record of another type and each period.
    Panel {
        /// The other type.
        of: RecordId,
        /// The period.
        each: PeriodKind,
    },
    /// Any number for each record of another type.
    Child {
        /// The other type.
        of: RecordId,
    },
}

/// A stretch of days: a posting, an absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spell {
    /// The field that holds its first day.
    pub first: FieldId,
    /// The field that holds its last day; while there is none, it goes on.
    pub last: FieldId,
    /// Whether several of one record may run on the same day.
    pub may_overlap: bool,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name and title.
    pub label: Label,
    /// The type.
    pub kind: FieldKind,
    /// What an empty one means.
    pub blank: Blank,
    /// Whether values are kept with the day from which they hold.
    pub dated: bool,
    /// Whether it is hidden from the subject.
    pub sealed: bool,
    /// A hint for those who fill it.
    pub hint: Option<String>,
}

/// What a field without an entry means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blank {
    /// Nobody has said.
    Unknown,
    /// There is none.
    NotApplicable,
    /// It has not happened.
    NotHappened,
}

/// The type of a field. Bounds are included in what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Any text.
    Text,
    /// A number with so many decimals; 0 is a whole number. Percent fields hold 5 for 5 % as entered and mean 0.05.
    Number {
        /// The least.
        from: Option<Number>,
        /// The greatest.
        to: Option<Number>,
        /// Digits behind the point.
        decimals: u8,
        /// Whether it is a percentage.
        percent: bool,
    },
    /// Money.
    Money {
        /// The currency's code.
        currency: Arc<str>,
        /// Per year, month, …
        per: Option<TimeUnit>,
        /// Digits behind the point.
        decimals: u8,
    },
    /// A day.
    Date,
    /// A day on which something happens.
    Event,
    /// A moment.
    Timestamp,
    /// A length of time.
    Duration(TimeUnit),
    /// Yes or no.
    YesNo,
    /// One of a list.
    Choice(ChoiceId),
    /// A record of another type.
    Reference(RecordId),
    /// An e-mail address.
    Email,
    /// A postal address.
    Post,
    /// A telephone number.
    Phone,
}

impl FieldKind {
    /// Whether it holds words.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self, FieldKind::Text | FieldKind::Email | FieldKind::Phone | FieldKind::Post)
    }

    /// How many decimals a number of it has as it is held, a per cent as parts of one.
    #[must_use]
    pub fn decimals_held(&self) -> u32 {
        match self {
            FieldKind::Number { decimals, percent, .. } => u32::from(*decimals) + if *percent { 2 } else { 0 },
            FieldKind::Money { decimals, .. } => u32::from(*decimals),
            _ => 0,
        }
    }
}

/// A list of choices.
#[derive(Debug, Clone)]
pub struct ChoiceList {
    /// The choices: names as written (language codes without quotes) and titles.
    pub choices: Vec<Label>,
    /// Whether they are ordered: for a field `U8 < U7` ascending as written; a scale's bands are best first.
    pub order: Order,
    /// The number that each counts as where one reckons with it; empty where they count as none.
    pub counts: Vec<Number>,
}

/// The order of a list of choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// None: only equality can be asked.
    None,
    /// Each is less than the next.
    Ascending,
    /// Each is better (greater) than the next: a scale.
    BestFirst,
}

/// A role: who stands in it for a record.
#[derive(Debug, Clone)]
pub struct Role {
    /// Name and title.
    pub label: Label,
    /// Of which record type.
    pub of: RecordId,
    /// Tried in order; somebody absent, gone, unfit or already tried is passed over.
    pub tries: Vec<RoleTry>,
    /// Where each of these stands.
    pub lines: Vec<Span>,
    /// Who is found must satisfy these; the scope's subject is the candidate.
    pub qualifies: Vec<Expr>,
    /// Who may act for some time though they can't otherwise, and no longer.
    pub still: Vec<StillActs>,
    /// Whether whoever holds it may hand it on for some days.
    pub delegates: bool,
    /// Never these.
    pub never: Vec<Expr>,
}

/// Somebody who is gone or absent, and may finish what is theirs. The scope's subject is the candidate.
#[derive(Debug, Clone)]
pub struct StillActs {
    /// Until which day, that one included.
    pub until: DateRule,
    /// Of whom this holds.
    pub when: Expr,
}

/// One way of finding the holder of a role.
#[derive(Debug, Clone)]
pub enum RoleTry {
    /// The record that this expression names.
    Is(Expr),
    /// This role, asked of whoever was found so far and passed over (`otherwise supervisor of supervisor`);
    /// nobody if nobody was found.
    OfPassedOver(RoleId),
    /// Another role of the same subject.
    Role(RoleId),
}

/// A parameter with its values in the order of their days.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name and title.
    pub label: Label,
    /// The type.
    pub ty: Type,
    /// Its values.
    pub values: Vec<Dated<Value>>,
}

/// Something that holds for a time.
#[derive(Debug, Clone)]
pub struct Dated<T> {
    /// What.
    pub value: T,
    /// The first day, or from ever.
    pub from: Option<Date>,
    /// The last day, or for ever.
    pub until: Option<Date>,
}

/// A definition: a value for each record, or each record and period.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Name and title.
    pub label: Label,
    /// Of which record type.
    pub of: RecordId,
    /// For each of which period.
    pub each: Option<PeriodKind>,
    /// The value.
    pub value: Expr,
}

/// A stretch of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// The lower end.
    pub low: Option<Bound>,
    /// The upper end.
    pub high: Option<Bound>,
}

/// An end of a stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The value at the end.
    pub at: Value,
    /// Whether it belongs to the stretch.
    pub included: bool,
}

/// A way by which messages go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// By e-mail.
    #[default]
    Email,
    /// As a letter on paper.
    Letter,
    /// As a short text to a telephone.
    Phone,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 3] = [Way::Email, Way::Letter, Way::Phone];

    /// As it is written, and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Way::Email => "email",
            Way::Letter => "letter",
            Way::Phone => "phone",
        }
    }

    /// What tells effects of this way from others, as the store keeps it.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Way::Email => "notice",
            other => other.word(),
        }
    }

    /// The way of an effect of this kind.
    #[must_use]
    pub fn of_kind(kind: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.kind() == kind).unwrap_or_default()
    }

    /// The kind of field that holds an address for it.
    #[must_use]
    pub fn is_addressed_by(self, kind: &FieldKind) -> bool {
        match self {
            Way::Email => *kind == FieldKind::Email,
            Way::Letter => *kind == FieldKind::Post,
            Way::Phone => *kind == FieldKind::Phone,
        }
    }
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Name and title.
    pub label: Label,
    /// Whether it goes at once, at any hour of any day.
    pub urgent: bool,
    /// By which ways it goes, side by side; at least one.
    pub ways: Vec<Way>,
    /// Wordings: the first is the one without a language.
    pub wordings: Vec<Wording>,
    /// The workflow-independent subject type that its placeholders speak of.
    pub about: RecordId,
}

/// A message in one language.
#[derive(Debug, Clone)]
pub struct Wording {
    /// `None` is the project's own language.
    pub language: Option<String>,
    /// The subject line.
    pub subject: Vec<Piece>,
    /// The body.
    pub body: Vec<Piece>,
}

/// A piece of a message.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// A value, and what is printed when it is missing.
    Value {
        /// The value.
        value: Expr,
        /// Printed when the value is unknown, not applicable or has not happened.
        otherwise: Option<String>,
    },
}

/// A workflow.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// Name and title.
    pub label: Label,
    /// The text that it rests on.
    pub cite: Option<String>,
    /// Its calendar, an index into [`Policy::calendars`].
    pub calendar: usize,
    /// Whether it names that calendar itself: then it counts for everybody, whatever their own.
    pub names_calendar: bool,
    /// The record type that it runs for.
    pub subject: RecordId,
    /// Once in each of which period; without one, once for each record as it appears.
    pub each: Option<PeriodKind>,
    /// Whom it covers.
    pub condition: Option<Expr>,
    /// Whether a case goes on when the condition no longer holds.
    pub even_if_they_leave: bool,
    /// When the clock stands still.
    pub suspend: Option<Expr>,
    /// What cancels a case.
    pub cancels: Vec<Cancel>,
    /// Who may end a case, and how.
    pub powers: Vec<crate::policy::acts::Power>,
    /// When a case ends whatever its stages.
    pub closes: Option<DateRule>,
    /// What it runs for the proposals of, if it does.
    pub proposal: Option<flow::Proposal>,
    /// No author wrote it: what a framework proposes and no workflow hears follows by itself, as a case that ends at once.
    pub follows_by_itself: bool,
    /// How a case may end, if it says so.
    pub ends: Vec<Label>,
    /// Who is let off in which period.
    pub exempt: Vec<crate::policy::order::Exemption>,
    /// How long its cases are kept.
    pub retention: Vec<flow::Retention>,
    /// Its stages and decisions, in the order of the text; one that stands inside another behind it.
    pub stages: Vec<Stage>,
    /// What in it is checked, but can't be run yet: while there is anything, none of it runs.
    pub checked_only: Vec<flow::CheckedOnly>,
    /// The days on which something may change in its cases though no fact does.
    pub turns: Turns,
}

/// What cancels a case.
#[derive(Debug, Clone)]
pub struct Cancel {
    /// When.
    pub when: Expr,
    /// How it is marked.
    pub mark: Option<String>,
}

/// A date as a rule gives it.
#[derive(Debug, Clone)]
pub enum DateRule {
    /// A point, without an allowance.
    At(Point),
    /// An allowance from a point: `1 month after opening`.
    Offset {
        /// How long.
        length: Length,
        /// Before or after.
        direction: Direction,
        /// From where.
        anchor: Box<DateRule>,
    },
    /// A run that counts its first day: `1 year beginning on …`.
    Beginning {
        /// How long.
        length: Length,
        /// From where.
        on: Box<DateRule>,
    },
    /// An allowance, or a run, whose end spells put off: `1 year after joined, not counting each leave over 15 days`.
    PutOff {
        /// What is put off.
        run: Box<DateRule>,
        /// By which spells.
        by: Box<PutOff>,
    },
    /// The earliest of several.
    Earliest(Vec<DateRule>),
    /// The latest of several.
    Latest(Vec<DateRule>),
}

/// A point in time that a date rule starts from.
#[derive(Debug, Clone)]
pub enum Point {
    /// A written date.
    Date(Date),
    /// The first such day in the case's period, or after its end.
    DayMonth {
        /// The month.
        month: i8,
        /// The day.
        day: i8,
        /// The first after the end of the period.
        after_the_year: bool,
    },
    /// The edge before the first day of a period: the case's own, or the one of this kind in it or around it.
    PeriodStart(PeriodKind),
    /// The edge behind its last day.
    PeriodEnd(PeriodKind),
    /// The start or end of the period of this kind that holds a date.
    EdgeOf {
        /// Start, else end.
        start: bool,
        /// The kind of period (months among them).
        kind: PeriodKind,
        /// The date.
        of: Box<DateRule>,
    },
    /// What opened the stage at hand: an event or an edge.
    Opening,
    /// The due date of the stage at hand.
    Due,
    /// A moment of another stage.
    Stage(StageId, StageMoment),
    /// An event or date that an expression gives: `last_review`, `complaint.received`.
    Event(Expr),
}

/// A moment in the life of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageMoment {
    /// It opened.
    Opened,
    /// It is due.
    Due,
    /// It was done.
    Done,
    /// It ended: done, lapsed or left out.
    Ended,
    /// What it sends was sent.
    Sent,
    /// What it sends was received.
    Received,
}

impl Policy {
    /// The project's calendar.
    #[must_use]
    pub fn main(&self) -> &Calendar {
        &self.calendars[self.main_calendar]
    }

    /// Takes over the calendars of another version of the policy, by name: they are facts of the world and never pinned. Periods are
    /// the policy's own.
    pub fn take_calendars_from(&mut self, newer: &Policy) {
        for calendar in &mut self.calendars {
            if let Some(other) = newer.calendars.iter().find(|it| it.name() == calendar.name()) {
                *calendar = other.clone().with_periods(&calendar.rules().periods);
            }
        }
    }

    /// Every table, each of its versions on its own.
    pub fn tables(&self) -> impl Iterator<Item = (&Definition, &Table)> {
        self.definitions.iter().flat_map(|it| {
            let versions = match &it.value.kind {
                ExprKind::Versions(versions) => versions.iter().map(|it| &it.value).collect(),
                _ => vec![&it.value],
            };
            let tables = versions.into_iter().filter_map(|it| match &it.kind {
                ExprKind::Table(table) => Some(&**table),
                _ => None,
            });
            tables.map(move |table| (it, table))
        })
    }

    /// Whether records of another policy can be read as records of this one, field by field and choice by choice.
    #[must_use]
    pub fn keeps_the_records_of(&self, other: &Policy) -> bool {
        let field = |a: &Field, b: &Field| {
            (&a.label.name, &a.kind, a.blank, a.dated) == (&b.label.name, &b.kind, b.blank, b.dated)
        };
        let record = |a: &RecordType, b: &RecordType| {
            let alike = (&a.label.name, a.shape, a.spell) == (&b.label.name, b.shape, b.spell);
            alike && a.fields.len() == b.fields.len() && a.fields.iter().zip(&b.fields).all(|it| field(it.0, it.1))
        };
        // Lists of choices that stand in no field come with scales, and may differ.
        let of_fields = |it: &Policy| -> Vec<ChoiceId> {
            let fields = it.records.iter().flat_map(|it| &it.fields);
            fields.filter_map(|it| if let FieldKind::Choice(list) = it.kind { Some(list) } else { None }).collect()
        };
        let names = |it: &Policy, list: ChoiceId| -> Vec<String> {
            it.choices[list.index()].choices.iter().map(|it| it.name.clone()).collect()
        };
        self.records.len() == other.records.len()
            && self.records.iter().zip(&other.records).all(|it| record(it.0, it.1))
            && of_fields(self).into_iter().zip(of_fields(other)).all(|(a, b)| names(self, a) == names(other, b))
    }

    /// A record type by its name.
    #[must_use]
    pub fn record_named(&self, name: &str) -> Option<RecordId> {
        self.records.iter().position(|it| it.label.name == name).map(RecordId::at)
    }

    /// A record type.
    #[must_use]
    pub fn record(&self, id: RecordId) -> &RecordType {
        &self.records[id.index()]
    }

    /// A field of a record type.
    #[must_use]
    pub fn field(&self, record: RecordId, field: FieldId) -> &Field {
        &self.record(record).fields[field.index()]
    }

    /// The field by which records of a type name the one above them, which makes a tree of them.
    #[must_use]
    pub fn parent_of(&self, record: RecordId) -> Option<FieldId> {
        let kind = self.record(record);
        let id = kind.field_named("parent").filter(|_| matches!(kind.shape, Shape::Entity { .. }))?;
        let field = &kind.fields[id.index()];
        (field.kind == FieldKind::Reference(record) && field.blank == Blank::NotApplicable).then_some(id)
    }

    /// A workflow.
    #[must_use]
    pub fn workflow(&self, id: WorkflowId) -> &Workflow {
        &self.workflows[id.index()]
    }

    /// A workflow by its name.
    #[must_use]
    pub fn workflow_named(&self, name: &str) -> Option<WorkflowId> {
        self.workflows.iter().position(|it| it.label.name == name).map(WorkflowId::at)
    }

    /// The calendar of a workflow.
    #[must_use]
    pub fn calendar_of(&self, workflow: &Workflow) -> &Calendar {
        &self.calendars[workflow.calendar]
    }
}

impl RecordType {
    /// A field by its name.
    #[must_use]
    pub fn field_named(&self, name: &str) -> Option<FieldId> {
        self.fields.iter().position(|it| it.label.name == name).map(FieldId::at)
    }
}

impl Workflow {
    /// A stage.
    #[must_use]
    pub fn stage(&self, id: StageId) -> &Stage {
        &self.stages[id.index()]
    }
}
