//! What was to be done in a period and was done late or never: by the stages of the cases, and by those who have no case at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::calendar::{Moment, Period, days_between};
use crate::casework::{Desk, Opens, periods};
use crate::eval::{self, Scope};
use crate::ids::WorkflowId;
use crate::report::Reader;
use crate::report::registers::listing::counted;
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::{StoreError, View};
use crate::value::{RecordRef, Truth};

/// So many subjects are asked together.
const BATCH: u32 = 2_000;

/// Which of them are meant; nothing leaves nothing out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Part<'a> {
    /// Of this period, as people write it.
    pub period: Option<&'a str>,
    /// Of this stage.
    pub stage: Option<&'a str>,
}

/// Who was to have something done in a period, and has it late, never, or not yet though it is overdue.
///
/// # Errors
/// When the store can't be read.
pub fn missed(asked: &Asked<'_>, part: Part<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let mut all = stages(asked, part)?;
    if part.stage.is_none() {
        all.extend(without_a_case(asked, part)?);
    }
    let people = People::ahead(asked, all.iter().map(|it| (it.subject_type.as_str(), it.subject.as_str())));
    let mut listing = Listing::under(&[
        ("case", "case"),
        ("workflow", "workflow"),
        ("period", "period"),
        ("subject", "subject"),
        ("subject_name", ""),
        ("group", "group"),
        ("group_name", ""),
        ("stage", "stage"),
        ("due", "due"),
        ("ended", "done or lapsed"),
        ("result", "result"),
        ("days_late", "days late"),
        ("why", "why"),
    ]);
    let mut tally = Tally::default();
    for duty in &all {
        let group = people.group(&duty.subject_type, &duty.subject);
        tally.add(duty, asked.by.is_some().then_some(&group));
        if duty.result.is_missed() {
            let name = people.name(&duty.subject_type, &duty.subject);
            listing.rows.push(duty.cells(name, group));
        }
    }
    people.done()?;
    let as_of = asked.on.to_string();
    let who: BTreeSet<&str> = all.iter().filter(|it| it.result.is_missed()).map(|it| it.subject.as_str()).collect();
    let headline = match listing.rows.len() {
        0 => format!("Nothing was missed in a period until {as_of}."),
        rows => format!(
            "Late or never done until {as_of}: {rows}, for {}.",
            counted(who.len(), "one concerned", "of those concerned")
        ),
    };
    Ok(Register {
        register: "missed",
        as_of,
        headline,
        summary: Some(tally.listing(asked.by.is_some())),
        rows: listing,
    })
}

/// How a duty came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Came {
    /// Done by its day.
    InTime,
    /// Done behind it.
    Late,
    /// Not done, and it can't be any more.
    Never,
    /// Its day has passed.
    Overdue,
    /// The period is over, and something before it is overdue.
    NotBegun,
    /// There should be a case, and is none.
    NoCase,
    /// Its day has not come.
    Open,
}

impl Came {
    /// By the word of the view; nothing where nobody had to do it.
    pub(super) fn told(word: &str) -> Option<Self> {
        Some(match word {
            "in time" => Came::InTime,
            "late" => Came::Late,
            "never" => Came::Never,
            "overdue" => Came::Overdue,
            "not begun" => Came::NotBegun,
            "open" | "to come" => Came::Open,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Came::InTime => "in time",
            Came::Late => "late",
            Came::Never => "never",
            Came::Overdue => "overdue",
            Came::NotBegun => "not begun",
            Came::NoCase => "no case",
            Came::Open => "open",
        }
    }

    fn is_missed(self) -> bool {
        !matches!(self, Came::InTime | Came::Open)
    }
}

/// Something that was to be done for somebody.
struct Duty {
    case: Option<i64>,
    workflow: String,
    period: String,
    subject_type: String,
    subject: String,
    stage: String,
    due: Option<String>,
    ended: Option<String>,
    result: Came,
    days_late: Option<i64>,
    why: String,
}

impl Duty {
    fn cells(&self, name: Cell, [group, group_name]: [Cell; 2]) -> Vec<Cell> {
        vec![
            self.case.map_or(Cell::Nothing, Cell::Number),
            Cell::text(&self.workflow),
            Cell::text(&self.period),
            Cell::text(&self.subject),
            name,
            group,
            group_name,
            Cell::text(&self.stage),
            Cell::maybe(self.due.as_deref()),
            Cell::maybe(self.ended.as_deref()),
            Cell::text(self.result.word()),
            self.days_late.map_or(Cell::Nothing, Cell::Number),
            Cell::text(&self.why),
        ]
    }
}

/// What cases say.
fn stages(asked: &Asked<'_>, part: Part<'_>) -> Result<Vec<Duty>, StoreError> {
    let mut rows = asked.store.view(View::Stages)?;
    rows.retain(|it| {
        it.number("hears") == 0
            && !it.text("period").is_empty()
            && asked.of.is_none_or(|of| of == it.text("workflow"))
            && part.period.is_none_or(|period| period == it.text("period"))
            && part.stage.is_none_or(|stage| stage == it.text("stage"))
    });
    let duty = |row: &crate::store::ViewRow| {
        let result = Came::told(row.text("result"))?;
        let (due, ended) = (row.maybe("due"), row.maybe("ended"));
        let day = |text: Option<&str>| text.and_then(|it| it.parse().ok());
        let until = if result == Came::Overdue { Some(asked.on) } else { day(ended) };
        let late = matches!(result, Came::Overdue | Came::Late);
        Some(Duty {
            case: Some(row.number("case_id")),
            workflow: row.text("workflow").to_owned(),
            period: row.text("period").to_owned(),
            subject_type: row.text("subject_type").to_owned(),
            subject: row.text("subject").to_owned(),
            stage: row.text("stage").to_owned(),
            due: due.map(str::to_owned),
            ended: ended.map(str::to_owned),
            result,
            days_late: day(due).zip(until).filter(|_| late).map(|(due, until)| days_between(due, until)),
            why: String::new(),
        })
    };
    Ok(rows.iter().filter_map(duty).collect())
}

/// Whom a workflow covers in a period without a case of theirs, or of whom it can't be told.
fn without_a_case(asked: &Asked<'_>, part: Part<'_>) -> Result<Vec<Duty>, StoreError> {
    let policy = asked.policy;
    let since = asked.store.state()?.adopted.unwrap_or_else(|| policy.main().day_of(Moment(0)));
    let mut found = Vec::new();
    for flow in (0..policy.workflows.len()).map(WorkflowId::at) {
        let workflow = policy.workflow(flow);
        let meant = asked.of.is_none_or(|of| of == workflow.label.name);
        if !meant || !workflow.runs() || workflow.proposal.is_some() {
            continue;
        }
        for period in periods(policy, flow, since, asked.on).into_iter().flatten() {
            let label = policy.calendar_of(workflow).label(&period);
            if part.period.is_none_or(|it| it == label) {
                gather(asked, flow, (period, &label), &mut found)?;
            }
        }
    }
    Ok(found)
}

fn gather(
    asked: &Asked<'_>,
    flow: WorkflowId,
    (period, label): (Period, &str),
    found: &mut Vec<Duty>,
) -> Result<(), StoreError> {
    let (policy, workflow) = (asked.policy, asked.policy.workflow(flow));
    let since = asked.store.state()?.adopted.unwrap_or(asked.on);
    let first = period.first.to_string();
    let mut after = String::new();
    loop {
        let keys = asked.store.keys_after(policy, workflow.subject, &after, BATCH)?;
        let there: BTreeSet<String> =
            asked.store.subjects_with_case(&workflow.label.name, &first, &keys)?.into_iter().collect();
        let facts = asked.store.reader(policy);
        facts.prefetch(workflow.subject, &keys, Some(period.first));
        let desk = Desk::new(policy, &*facts, "");
        for key in keys.iter().filter(|it| !there.contains(&***it)) {
            let why = match desk.opens_since(flow, key, Some(period), since, asked.on) {
                Opens::On { .. } => Some("it opens with the next run".to_owned()),
                Opens::Later(_) => None,
                Opens::NotYet => not_known(&desk, flow, key, period, asked.on.min(period.last)),
            };
            found.extend(why.map(|why| Duty {
                case: None,
                workflow: workflow.label.name.clone(),
                period: label.to_owned(),
                subject_type: policy.record(workflow.subject).label.name.clone(),
                subject: key.to_string(),
                stage: String::new(),
                due: None,
                ended: None,
                result: Came::NoCase,
                days_late: None,
                why,
            }));
        }
        if let Some(fault) = facts.fault() {
            return Err(fault);
        }
        match keys.last() {
            Some(last) if keys.len() == BATCH as usize => after = last.to_string(),
            _ => return Ok(()),
        }
    }
}

/// The facts for want of which it can't be told whether a workflow covers somebody.
fn not_known(
    desk: &Desk<'_>,
    flow: WorkflowId,
    key: &Arc<str>,
    period: Period,
    on: jiff::civil::Date,
) -> Option<String> {
    let workflow = desk.policy().workflow(flow);
    let condition = workflow.condition.as_ref()?;
    let subject = RecordRef { record: workflow.subject, key: Arc::clone(key) };
    let calendar = desk.policy().calendar_of(workflow);
    let scope = Scope::new(desk.policy(), calendar, desk.facts(), subject, Some(period), on)
        .by_one_calendar(workflow.names_calendar);
    match eval::truth(&scope, condition) {
        Truth::Unknown(missing) => {
            let facts: Vec<String> = missing.iter().map(ToString::to_string).collect();
            Some(format!("not known whether it is for them, for want of {}", facts.join(", ")))
        }
        Truth::Yes | Truth::No | Truth::NotApplicable => None,
    }
}

/// Duties counted by what they are summed up by.
#[derive(Default)]
struct Tally {
    groups: BTreeMap<Vec<String>, BTreeMap<Came, usize>>,
}

const COUNTED: [(&str, &str, Option<Came>); 8] = [
    ("to_do", "to do", None),
    ("in_time", "in time", Some(Came::InTime)),
    ("late", "late", Some(Came::Late)),
    ("never", "never", Some(Came::Never)),
    ("overdue", "overdue", Some(Came::Overdue)),
    ("not_begun", "not begun", Some(Came::NotBegun)),
    ("no_case", "no case", Some(Came::NoCase)),
    ("open", "not due yet", Some(Came::Open)),
];

impl Tally {
    fn add(&mut self, duty: &Duty, group: Option<&[Cell; 2]>) {
        let mut key: Vec<String> = group.into_iter().flatten().map(Cell::plain).collect();
        key.extend([&duty.workflow, &duty.period, &duty.stage].map(Clone::clone));
        *self.groups.entry(key).or_default().entry(duty.result).or_default() += 1;
    }

    fn listing(&self, grouped: bool) -> Listing {
        let group: &[(&str, &str)] = if grouped { &[("group", "group"), ("group_name", "")] } else { &[] };
        let named = [("workflow", "workflow"), ("period", "period"), ("stage", "stage")];
        let counted = COUNTED.map(|(name, head, _)| (name, head));
        let columns: Vec<_> = group.iter().copied().chain(named).chain(counted).collect();
        let mut listing = Listing::under(&columns);
        for (key, counts) in &self.groups {
            let count = |came: Option<Came>| match came {
                Some(came) => counts.get(&came).copied().unwrap_or(0),
                None => counts.values().sum(),
            };
            let names = key.iter().map(|it| Cell::text(it));
            listing.rows.push(names.chain(COUNTED.iter().map(|it| Cell::count(count(it.2)))).collect());
        }
        listing.add_up(&counted.map(|it| it.0));
        listing
    }
}
