//! What is overdue: by stage and holder, with its age.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::days_between;
use crate::casework::Desk;
use crate::report::Reader;
use crate::report::registers::listing::counted;
use crate::report::registers::people::People;
use crate::report::registers::{Asked, Cell, Listing, Made, Register};
use crate::store::{View, ViewRow};

/// Stages that are overdue at the end of a day, the longest first; a row for each person with whom one lies.
///
/// # Errors
/// When the store can't be read.
pub fn overdue(asked: &Asked<'_>) -> Made {
    let Reader::Keeper = asked.reader;
    let mut rows = asked.store.view(View::Open)?;
    let today = asked.on.to_string();
    rows.retain(|it| it.text("due") < today.as_str() && asked.of.is_none_or(|of| of == it.text("workflow")));
    let subjects = rows.iter().map(|it| (it.text("subject_type"), it.text("subject")));
    let people = People::ahead(asked, subjects.chain(rows.iter().filter_map(holder)));
    let desk = Desk::new(asked.policy, &*people.facts, "");
    let mut found: Vec<Late<'_>> = rows.iter().map(|it| Late::new(asked, &desk, &people, it)).collect();
    people.done()?;
    found.sort_by(|a, b| b.days.cmp(&a.days).then_with(|| a.key().cmp(&b.key())));
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
        ("days_overdue", "days"),
        ("working_days_overdue", "working days"),
        ("holder", "with"),
        ("holder_name", ""),
        ("capacity", "as"),
    ]);
    listing.rows = found.iter().map(Late::cells).collect();
    let summary = if asked.by.is_some() { by_group(&found) } else { by_holder(&found) };
    let headline = headline(&found, &today);
    Ok(Register { register: "overdue", as_of: today, headline, summary: Some(summary), rows: listing })
}

fn holder(row: &ViewRow) -> Option<(&str, &str)> {
    row.maybe("holder_type").zip(row.maybe("holder"))
}

/// A stage that is overdue, with one of those with whom it lies.
struct Late<'r> {
    row: &'r ViewRow,
    days: i64,
    working_days: i64,
    subject_name: Cell,
    holder_name: Cell,
    group: [Cell; 2],
}

impl<'r> Late<'r> {
    fn new(asked: &Asked<'_>, desk: &Desk<'_>, people: &People<'_>, row: &'r ViewRow) -> Self {
        let subject = (row.text("subject_type"), row.text("subject"));
        let due = row.text("due").parse().unwrap_or(asked.on);
        let working_days = match asked.policy.workflow_named(row.text("workflow")) {
            Some(flow) => desk.working_days_overdue(flow, subject.1, due, asked.on),
            None => asked.policy.main().working_days_overdue(due, asked.on),
        };
        Self {
            row,
            days: days_between(due, asked.on),
            working_days,
            subject_name: people.name(subject.0, subject.1),
            holder_name: people.name_of(holder(row)),
            group: people.group(subject.0, subject.1),
        }
    }

    fn key(&self) -> (i64, &str, &str) {
        (self.row.number("case_id"), self.row.text("stage"), self.row.text("holder"))
    }

    fn cells(&self) -> Vec<Cell> {
        let held = |column: &str| Cell::from(self.row.held(column));
        let [group, group_name] = self.group.clone();
        vec![
            held("case_id"),
            held("workflow"),
            held("period"),
            held("subject"),
            self.subject_name.clone(),
            group,
            group_name,
            held("stage"),
            held("due"),
            Cell::Number(self.days),
            Cell::Number(self.working_days),
            held("holder"),
            self.holder_name.clone(),
            held("capacity"),
        ]
    }
}

fn headline(found: &[Late<'_>], today: &str) -> String {
    let mut all = Together::default();
    found.iter().for_each(|it| all.add(it));
    match (all.stages.len(), all.holders.len()) {
        (0, _) => format!("Nothing is overdue at the end of {today}."),
        (stages, people) => format!(
            "Overdue at the end of {today}: {} with {}.",
            counted(stages, "stage", "stages"),
            counted(people, "person", "people")
        ),
    }
}

/// Several of them together: a stage counts once, with however many people it lies.
#[derive(Default)]
struct Together<'r> {
    stages: BTreeSet<(i64, &'r str)>,
    holders: BTreeSet<&'r str>,
    days: i64,
    working_days: i64,
    names: Vec<Cell>,
}

impl<'r> Together<'r> {
    fn add(&mut self, late: &Late<'r>) {
        self.stages.insert((late.row.number("case_id"), late.row.text("stage")));
        self.holders.extend(late.row.maybe("holder"));
        self.days = self.days.max(late.days);
        self.working_days = self.working_days.max(late.working_days);
    }

    fn cells(&self) -> [Cell; 4] {
        [
            Cell::count(self.stages.len()),
            Cell::count(self.holders.len()),
            Cell::Number(self.days),
            Cell::Number(self.working_days),
        ]
    }
}

const COUNTED: [(&str, &str); 4] = [
    ("stages", "stages"),
    ("people", "people"),
    ("longest_days", "longest (days)"),
    ("longest_working_days", "longest (working days)"),
];

fn by_holder(found: &[Late<'_>]) -> Listing {
    let named = [("workflow", "workflow"), ("stage", "stage"), ("holder", "with"), ("holder_name", "")];
    together(&named, found, |it| {
        vec![
            Cell::text(it.row.text("workflow")),
            Cell::text(it.row.text("stage")),
            Cell::from(it.row.held("holder")),
            it.holder_name.clone(),
        ]
    })
}

fn by_group(found: &[Late<'_>]) -> Listing {
    let named = [("group", "group"), ("group_name", ""), ("workflow", "workflow"), ("stage", "stage")];
    together(&named, found, |it| {
        let [group, name] = it.group.clone();
        vec![group, name, Cell::text(it.row.text("workflow")), Cell::text(it.row.text("stage"))]
    })
}

/// The most first.
fn together<'r>(
    named: &[(&'static str, &'static str)],
    found: &[Late<'r>],
    of: impl Fn(&Late<'r>) -> Vec<Cell>,
) -> Listing {
    let mut groups: BTreeMap<Vec<String>, Together<'r>> = BTreeMap::new();
    let mut all = Together::default();
    for late in found {
        let names = of(late);
        let group = groups.entry(names.iter().map(Cell::plain).collect()).or_default();
        group.add(late);
        group.names = names;
        all.add(late);
    }
    let mut groups: Vec<Together<'_>> = groups.into_values().collect();
    groups.sort_by_key(|it| {
        (std::cmp::Reverse((it.stages.len(), it.days)), it.names.iter().map(Cell::plain).collect::<Vec<_>>())
    });
    let mut listing = Listing::under(&named.iter().copied().chain(COUNTED).collect::<Vec<_>>());
    listing.rows = groups.iter().map(|it| it.names.iter().cloned().chain(it.cells()).collect()).collect();
    listing.add_up(&[]);
    for ((column, _), cell) in COUNTED.iter().zip(all.cells()) {
        listing.total_is(column, cell);
    }
    listing
}
