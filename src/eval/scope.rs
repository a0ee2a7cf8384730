//! What an expression is evaluated for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::civil::Date;

use crate::calendar::{Anchor, Calendar, Period};
use crate::eval::Facts;
use crate::eval::listen::Listener;
use crate::eval::pool::{PoolKey, Shares};
use crate::eval::population::{Ranking, RankingKey};
use crate::ids::RoleId;
use crate::policy::model::{Policy, StageState};
use crate::policy::order::Exemption;
use crate::value::{RecordRef, Value};

/// A record, a period and a day, with the rules and facts around them.
#[derive(Clone)]
pub struct Scope<'a> {
    pub(super) policy: &'a Policy,
    /// The calendar of those who have none of their own, or of everybody.
    pub(super) calendar: &'a Calendar,
    /// Whether a record goes by a calendar of its own, if it has one.
    pub(super) own_calendars: bool,
    pub(super) facts: &'a dyn Facts,
    pub(super) subject: RecordRef,
    pub(super) period: Option<Period>,
    pub(super) on: Date,
    pub(super) reading: Reading,
    pub(super) context: Option<&'a CaseContext>,
    pub(super) listener: Option<&'a dyn Listener>,
    /// Periods (by their first days) after which a ladder is taken to begin afresh, or not, though it is not known.
    pub(super) afresh: Rc<BTreeMap<Date, bool>>,
    /// Who is let off by the framework at hand.
    pub(super) exempt: &'a [Exemption],
    /// While it is asked whom an order lets off, what they need not fill is read like anything else.
    pub(super) without_orders: bool,
    /// The stretch of time in which a spell was looked for, both ends included.
    pub(super) within: Option<(Date, Date)>,
    /// How many periods lie between the one first asked for and this one.
    pub(super) back: u32,
    /// Values of earlier periods, found once: a definition may name its own earlier period more than once.
    pub(super) earlier: Rc<RefCell<BTreeMap<Earlier, Value>>>,
    /// Values asked of this period, found once: definitions may rest on each other in many ways.
    pub(super) asked: Rc<RefCell<BTreeMap<Asked, Value>>>,
    /// Money shared out among those to whom it is proposed, once for all who ask.
    pub(super) pools: Rc<RefCell<BTreeMap<PoolKey, Rc<Shares>>>>,
    /// Rankings of whole populations, made once for all who ask.
    pub(super) rankings: Rc<RefCell<BTreeMap<RankingKey, Rc<Ranking>>>>,
    /// The workflow in whose case it is asked.
    pub(super) flow: Option<&'a str>,
    /// Whose holder of which role is being looked for, one for the sake of the other.
    pub(super) seeking: Rc<RefCell<Vec<(RoleId, RecordRef)>>>,
}

/// What was asked of an earlier period: the definition or scale (by its place), the record and the period's first day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Earlier {
    Definition(u32, RecordRef, Date),
    Band(u32, RecordRef, Date),
}

/// What was asked of a record in the period at hand, with that period's ends, the day, and the day on which facts are read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    pub(super) what: Earlier,
    pub(super) last: Option<Date>,
    pub(super) on: Date,
    pub(super) day: Date,
}

/// On which day dated facts are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Reading {
    /// On the day asked: what a workflow and its steps do.
    #[default]
    OnDay,
    /// On the last day of the period, where there is one: what is judged for a period does.
    PeriodEnd,
}

/// What only a case knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseContext {
    /// The title of the workflow.
    pub workflow: String,
    /// The title of the stage.
    pub stage: String,
    /// The title of what was chosen in it.
    pub choice: Option<String>,
    /// What opened the stage.
    pub opening: Option<Anchor>,
    /// When it is due.
    pub due: Option<Date>,
    /// The day at hand, from which days overdue are counted.
    pub today: Option<Date>,
    /// Who is written to.
    pub recipient: Option<RecordRef>,
    /// Who holds the stage.
    pub holder: Option<RecordRef>,
    /// The number of the case.
    pub case_id: Option<i64>,
    /// The reason that whoever acted gave.
    pub reason: Option<String>,
    /// The days of every stage, in the order of the workflow.
    pub stages: Vec<StageDays>,
    /// One of several, of whom something is asked: a member of a committee.
    pub one: Option<RecordRef>,
    /// What was proposed, where the case is about that.
    pub proposal: Option<ProposedFacts>,
}

/// What a case knows of what was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFacts {
    /// The rule's name.
    pub rule: String,
    /// What is paid.
    pub amount: Option<crate::value::Known>,
    /// The reason that it gives.
    pub because: Option<String>,
    /// The day on which it was proposed.
    pub on: Date,
}

/// The days in the life of a stage, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageDays {
    /// When it opened.
    pub opened: Option<Date>,
    /// When it is due.
    pub due: Option<Date>,
    /// When it was done.
    pub done: Option<Date>,
    /// When it ended: done, lapsed or left out.
    pub ended: Option<Date>,
    /// When it sent something.
    pub sent: Option<Date>,
    /// When that was received.
    pub received: Option<Date>,
    /// How it ended, if it has.
    pub state: Option<StageState>,
}

impl<'a> Scope<'a> {
    /// A scope; dated facts are read as they stood on `on`.
    #[must_use]
    pub fn new(
        policy: &'a Policy,
        calendar: &'a Calendar,
        facts: &'a dyn Facts,
        subject: RecordRef,
        period: Option<Period>,
        on: Date,
    ) -> Self {
        let (reading, earlier, rankings) = (Reading::OnDay, Rc::default(), Rc::default());
        let (context, listener, back, pools, asked) = (None, None, 0, Rc::default(), Rc::default());
        Self {
            policy,
            calendar,
            own_calendars: true,
            facts,
            subject,
            period,
            on,
            reading,
            context,
            listener,
            afresh: Rc::default(),
            exempt: &[],
            without_orders: false,
            within: None,
            back,
            earlier,
            asked,
            pools,
            rankings,
            flow: None,
            seeking: Rc::default(),
        }
    }

    /// The same in a case of a workflow.
    #[must_use]
    pub fn in_case_of(self, flow: &'a str) -> Self {
        Self { flow: Some(flow), ..self }
    }

    /// The same scope inside a case.
    #[must_use]
    pub fn with_context<'b>(&self, context: &'b CaseContext) -> Scope<'b>
    where
        'a: 'b,
    {
        Scope { context: Some(context), earlier: Rc::default(), ..self.clone() }
    }

    /// The same scope with another way of reading dated facts.
    #[must_use]
    pub fn reading(&self, reading: Reading) -> Self {
        Self { reading, earlier: Rc::default(), ..self.clone() }
    }

    /// The same rules and rankings for a record, a period and a day, so many periods back from where somebody began to ask; nothing
    /// that was found out for others is kept.
    pub(crate) fn placed(
        &self,
        subject: RecordRef,
        (period, on, reading): (Option<Period>, Date, Reading),
        back: u32,
    ) -> Self {
        let (earlier, asked) = (Rc::default(), Rc::default());
        Self { subject, period, on, reading, back, earlier, asked, ..self.clone() }
    }

    /// The same scope for another record.
    #[must_use]
    pub fn about(&self, subject: RecordRef) -> Self {
        Self { subject, ..self.clone() }
    }

    /// The same scope on another day, whose facts it reads.
    #[must_use]
    pub fn on(&self, on: Date) -> Self {
        Self { on, reading: Reading::OnDay, ..self.clone() }
    }

    /// The day on which dated facts are read.
    #[must_use]
    pub fn day(&self) -> Date {
        match (self.reading, self.period) {
            (Reading::PeriodEnd, Some(period)) => period.last,
            _ => self.on,
        }
    }
}
