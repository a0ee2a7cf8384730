//! What a changed fact concerns is found from the fact: after any series of changes, a look at everything finds nothing more.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::casework::{Desk, Opens};
use merit::engine::{self, AsOf, Outcome, Outgoing, Patience, RunSettings, Sender};
use merit::ids::{RecordId, WorkflowId};
use merit::policy::compile;
use merit::policy::model::{FieldKind, Policy};
use merit::source::Sources;
use merit::store::sqlite::SqliteStore;
use merit::store::{Filter, ImportNote, RecordChange, Store};
use merit::value::{Known, Number, RecordRef};
use merit::workflow::Case;
use proptest::prelude::*;

const ADOPTED: Date = date(2026, 1, 1);
const POLICY: &str = include_str!("dirty/policy.merit");

struct Nobody;

impl Sender for Nobody {
    fn send(&mut self, _mail: &Outgoing<'_>) -> Outcome {
        Outcome::Accepted(String::new())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        key.to_owned()
    }

    fn repeats_safely(&self) -> bool {
        false
    }
}

/// One field of one record becomes something, from a day.
#[derive(Debug, Clone)]
struct Set {
    field: &'static str,
    who: usize,
    to: usize,
    from: i64,
}

/// What happens to a store.
#[derive(Debug, Clone)]
enum Happening {
    /// One import.
    Import(Vec<Set>),
    /// A run so many days later; then nothing may have been missed.
    Run(i64),
    /// Another version of the policy.
    Deploy(usize),
}

/// What may change: record type and field, and what it may become. `~` empties it.
const FIELDS: [(&str, &[&str]); 24] = [
    ("person.boss", &["P0", "P1", "P2", "P3", "P4", "~"]),
    ("person.mentor", &["P0", "P1", "P2", "P3", "~"]),
    ("person.team", &["U0", "U1", "U2", "~"]),
    ("person.status", &["active", "on_leave", "gone"]),
    ("person.rank", &["low", "high"]),
    ("person.points", &["0", "40", "70", "~"]),
    ("person.joined", &["2025-12-01", "2026-01-20", "2026-03-15", "~"]),
    ("unit.head", &["P0", "P1", "P2", "P3", "P4", "~"]),
    ("unit.parent", &["U0", "U1", "U2", "~"]),
    ("unit.frozen", &["yes", "no"]),
    ("unit.asked", &["2026-01-10", "2026-02-10", "2026-04-01", "~"]),
    ("review.agreed", &["2026-01-12", "2026-02-20", "~"]),
    ("review.mark", &["30", "55", "80", "~"]),
    ("review.signed_by", &["P0", "P1", "P2", "~"]),
    ("incident.reported", &["2026-01-05", "2026-02-05", "~"]),
    ("incident.about", &["P0", "P1", "P2", "~"]),
    ("incident.closed", &["2026-02-01", "2026-03-01", "~"]),
    ("absence.began", &["2026-01-05", "2026-01-20", "2026-02-10", "~"]),
    ("absence.back", &["2026-01-25", "2026-02-20", "2026-03-20", "~"]),
    ("absence.counted", &["yes", "no", "~"]),
    ("permit.granted", &["2026-01-03", "2026-02-03", "2026-06-01", "~"]),
    ("permit.owner", &["P0", "P1", "P2", "P3", "P4", "~"]),
    ("permit.renewed", &["2026-03-01", "2026-04-01", "~"]),
    ("permit.fee", &["10", "60", "~"]),
];

/// The second version asks others, and has lost a workflow; the third is as the first but for its words.
fn version(which: usize) -> String {
    match which {
        0 => POLICY.to_owned(),
        1 => {
            let (kept, lost) = POLICY.split_once("workflow permits").unwrap();
            let lost = lost.split_once("\n}\n").unwrap().1;
            format!("{kept}{lost}").replace("is person.boss", "is person.mentor")
        }
        _ => POLICY.replace("Office", "The office"),
    }
}

fn policy_of(text: &str) -> Policy {
    let mut sources = Sources::new();
    sources.add("policy.merit", text);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

struct Office {
    store: SqliteStore,
    policy: Arc<Policy>,
    /// Every version deployed, by its number.
    versions: BTreeMap<i64, Arc<Policy>>,
    today: Date,
    /// The machine's clock when records are entered.
    clock: i64,
}

impl Office {
    fn new() -> Self {
        let mut store = SqliteStore::in_memory().unwrap();
        store.set(Some(ADOPTED), None).unwrap();
        let policy = Arc::new(policy_of(POLICY));
        let mut office = Self { policy, store, versions: BTreeMap::new(), today: ADOPTED, clock: 0 };
        office.deploy(0);
        office
    }

    fn deploy(&mut self, which: usize) {
        let text = version(which);
        self.policy = Arc::new(policy_of(&text));
        let number = self.store.deploy(&[("policy.merit".to_owned(), text)], &self.policy, "", 0).unwrap();
        self.versions.insert(number, Arc::clone(&self.policy));
    }

    fn import(&mut self, sets: &[Set]) {
        let changes: Vec<RecordChange> = sets.iter().map(|it| self.change(it)).collect();
        let note = ImportNote {
            source: "changes".to_owned(),
            sha256: String::new(),
            mapping: String::new(),
            good: 0,
            rejected: 0,
        };
        self.store.import(&self.policy, &[(note, changes)], self.clock, &mut |_| ()).unwrap();
    }

    fn change(&self, set: &Set) -> RecordChange {
        let (name, field) = set.field.split_once('.').unwrap();
        let record = self.policy.record_named(name).unwrap();
        let id = self.policy.record(record).field_named(field).unwrap();
        let may_be = FIELDS.iter().find(|it| it.0 == set.field).unwrap().1;
        let value = self.value(&self.policy.field(record, id).kind, may_be[set.to % may_be.len()]);
        let (key, part) = match name {
            "unit" => (format!("U{}", set.who % 3), String::new()),
            "permit" => (format!("L{}", set.who % 4), String::new()),
            "review" => (format!("P{}", set.who), "2026-01-01".to_owned()),
            "incident" | "absence" => (format!("P{}", set.who % 2), (set.who % 3).to_string()),
            _ => (format!("P{}", set.who), String::new()),
        };
        let from = self.today.checked_add(set.from.days()).unwrap();
        RecordChange { record, key: Arc::from(key.as_str()), part, fields: vec![(id, value)], from }
    }

    fn value(&self, kind: &FieldKind, written: &str) -> Option<Known> {
        if written == "~" {
            return None;
        }
        Some(match kind {
            FieldKind::Reference(record) => Known::Record(RecordRef { record: *record, key: Arc::from(written) }),
            FieldKind::Choice(list) => {
                let choices = &self.policy.choices[list.index()].choices;
                let at = choices.iter().position(|it| it.name == written).unwrap();
                Known::Choice(*list, u32::try_from(at).unwrap())
            }
            FieldKind::YesNo => Known::YesNo(written == "yes"),
            FieldKind::Number { .. } => Known::Number(written.parse::<Number>().unwrap()),
            _ => Known::Date(written.parse().unwrap()),
        })
    }

    fn run(&mut self, days: i64) {
        self.today = self.today.checked_add(days.days()).unwrap();
        let settings = RunSettings {
            as_of: AsOf::Day(self.today),
            now: 0,
            patience: Patience::default(),
            calendar: None,
            language: "en".to_owned(),
            ways: merit::engine::Ways::default(),
        };
        engine::run(&mut self.store, &settings, &mut Nobody).unwrap();
    }

    /// Everything that a look at all cases and all subjects finds, although the run found nothing more to do.
    fn missed(&self) -> Vec<String> {
        let mut missed = self.missed_in_cases();
        missed.extend(self.missed_openings());
        missed
    }

    fn missed_in_cases(&self) -> Vec<String> {
        let look = Patience::default().look(self.policy.main().end_of_day(self.today).0, self.today);
        let mut missed = Vec::new();
        for row in self.store.cases(&Filter { status: Some("open".to_owned()), ..Filter::default() }).unwrap() {
            let policy = &self.versions[&row.policy];
            let reader = self.store.reader(policy);
            let case: Case = serde_json::from_str(&row.state).unwrap();
            let found =
                Desk::new(policy, &*reader, "en").look(policy.workflow_named(&row.workflow).unwrap(), &case, &look);
            let stuck = found.stuck.map(|it| it.0);
            let wake_at = found.wake_at;
            if !found.events.is_empty() || found.case != case || stuck != row.set_aside || wake_at != row.wake_at {
                let said = (&row.workflow, &row.subject, row.policy, row.wake_at, &row.set_aside);
                missed.push(format!("{said:?} becomes {:?}, {wake_at:?}, {stuck:?}", found.events));
            }
        }
        missed
    }

    fn missed_openings(&self) -> Vec<String> {
        let reader = self.store.reader(&self.policy);
        let desk = Desk::new(&self.policy, &*reader, "en");
        let expected = self.store.expected(date(2100, 1, 1), 100_000).unwrap();
        let expected: BTreeSet<_> = expected.into_iter().map(|it| (it.day, it.workflow, it.subject)).collect();
        let mut missed = Vec::new();
        for flow in (0..self.policy.workflows.len()).map(WorkflowId::at) {
            let workflow = self.policy.workflow(flow);
            let name = &workflow.label.name;
            let period = workflow.each.map(|it| self.policy.main().period_containing(it, ADOPTED).unwrap());
            let first = period.map(|it| it.first.to_string()).unwrap_or_default();
            for key in self.subjects(workflow.subject) {
                if !self.store.subjects_with_case(name, &first, std::slice::from_ref(&key)).unwrap().is_empty() {
                    continue;
                }
                match desk.opens(flow, &key, period, self.today) {
                    Opens::NotYet => {}
                    Opens::Later(day) if expected.contains(&(day, name.clone(), key.to_string())) => {}
                    opens => missed.push(format!("a case of {name} for {key}: {opens:?}")),
                }
            }
        }
        missed
    }

    fn subjects(&self, record: RecordId) -> Vec<Arc<str>> {
        self.store.keys_after(&self.policy, record, "", 10_000).unwrap()
    }
}

fn set() -> impl Strategy<Value = Set> {
    (0..FIELDS.len(), 0_usize..5, 0_usize..6, -45_i64..45).prop_map(|(field, who, to, from)| Set {
        field: FIELDS[field].0,
        who,
        to,
        from,
    })
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => prop::collection::vec(set(), 1..3).prop_map(Happening::Import),
        4 => (1_i64..25).prop_map(Happening::Run),
        1 => (0_usize..3).prop_map(Happening::Deploy),
    ]
}

/// What a field becomes at first, so that every workflow has open cases for a change to reach.
fn usual(field: &str, who: usize) -> usize {
    match field {
        "person.boss" => (who + 1) % 6,
        "person.mentor" => 4,
        "unit.head" => (who + 2) % 5,
        "person.points" => 2,
        "person.rank" | "unit.frozen" => 1,
        "review.agreed" | "incident.closed" | "permit.renewed" => who % 2 + 1,
        "review.mark" | "review.signed_by" => 3,
        _ => 0,
    }
}

fn beginning() -> impl Strategy<Value = Vec<Set>> {
    let set = |field: usize, who: usize| {
        let usual = usual(FIELDS[field].0, who);
        let to = prop_oneof![6 => Just(usual), 1 => 0_usize..6];
        to.prop_map(move |to| Set { field: FIELDS[field].0, who, to, from: -30 })
    };
    let places = (0..FIELDS.len()).flat_map(|field| (0..5).map(move |who| (field, who)));
    places.map(|(field, who)| set(field, who)).collect::<Vec<_>>()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32,
        max_shrink_iters: 100,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_260_101),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_look_at_everything_finds_nothing_that_a_run_has_missed(
        beginning in beginning(),
        happenings in prop::collection::vec(happening(), 10..25),
    ) {
        let mut office = Office::new();
        office.import(&beginning);
        office.run(10);
        prop_assert_eq!(office.missed(), Vec::<String>::new());
        for (nth, happening) in happenings.iter().enumerate() {
            match happening {
                Happening::Import(sets) => office.import(sets),
                Happening::Deploy(which) => office.deploy(*which),
                Happening::Run(days) => office.run(*days),
            }
            if !matches!(happening, Happening::Run(_)) {
                office.run(0);
            }
            prop_assert_eq!(office.missed(), Vec::<String>::new(), "after {:?}", &happenings[..=nth]);
        }
    }
}

/// A field of a record becomes something, so many days from today.
fn becomes(field: &'static str, who: usize, value: &str, from: i64) -> Set {
    let may_be = FIELDS.iter().find(|it| it.0 == field).unwrap().1;
    Set { field, who, to: may_be.iter().position(|it| *it == value).unwrap(), from }
}

impl Office {
    /// How many entries the case of a subject has; none where there is no case.
    fn entries(&self, workflow: &str, subject: &str) -> i64 {
        let filter =
            Filter { workflow: Some(workflow.to_owned()), subject: Some(subject.to_owned()), ..Filter::default() };
        self.store.cases(&filter).unwrap().first().map_or(0, |it| it.last_seq)
    }
}

/// At first these facts, for so many days; then those, for so many more: something happens in the case of the subject.
fn reaches(first: &[Set], days: i64, then: &[Set], more: i64, (workflow, subject): (&str, &str)) {
    let mut office = Office::new();
    let everybody: Vec<Set> = (0..5).map(|who| becomes("person.status", who, "active", -30)).collect();
    office.import(&everybody);
    office.import(first);
    office.run(days);
    let before = office.entries(workflow, subject);
    if !then.is_empty() {
        office.import(then);
    }
    office.run(more);
    assert!(office.entries(workflow, subject) > before, "nothing happened in {workflow} of {subject}");
    assert_eq!(office.missed(), Vec::<String>::new());
}

#[test]
fn somebody_who_was_the_boss_then_still_counts_for_those_days() {
    let first = [
        becomes("unit.frozen", 0, "no", -30),
        becomes("person.team", 0, "U0", -30),
        becomes("person.boss", 0, "P1", -30),
    ];
    let first = [&first[..], &[becomes("person.boss", 0, "P2", 10)]].concat();
    reaches(&first, 15, &[becomes("person.status", 1, "on_leave", -10)], 0, ("yearly", "P0"));
}

#[test]
fn an_absence_far_up_the_line_reaches_those_below() {
    let first = [
        becomes("unit.frozen", 0, "no", -30),
        becomes("person.team", 0, "U0", -30),
        becomes("person.boss", 0, "P1", -30),
        becomes("person.boss", 1, "P2", -30),
        becomes("person.boss", 2, "P3", -30),
        becomes("person.boss", 3, "P4", -30),
        becomes("person.joined", 0, "2025-12-01", -30),
        becomes("person.joined", 1, "2025-12-01", -30),
        becomes("person.status", 1, "on_leave", -1),
        becomes("person.status", 2, "on_leave", -1),
    ];
    reaches(&first, 10, &[becomes("person.status", 3, "on_leave", 0)], 0, ("yearly", "P0"));
}

/// An incident of P1 about P0, which is reported to P0's mentor on the fifth day.
fn incident() -> Vec<Set> {
    vec![
        becomes("incident.reported", 1, "2026-01-05", -30),
        becomes("incident.about", 1, "P0", -30),
        becomes("person.points", 0, "70", -30),
    ]
}

#[test]
fn a_notice_that_reached_nobody_goes_out_when_there_is_somebody() {
    reaches(&incident(), 11, &[becomes("person.mentor", 0, "P2", 0)], 0, ("incidents", "P1/1"));
}

#[test]
fn somebody_barred_from_a_role_may_act_when_the_bar_falls() {
    let barred = [becomes("person.mentor", 0, "P1", -30), becomes("person.boss", 0, "P1", -30)];
    let first = [incident(), barred.to_vec()].concat();
    reaches(&first, 11, &[becomes("person.boss", 0, "P3", 0)], 0, ("incidents", "P1/1"));
}

#[test]
fn somebody_who_no_longer_qualifies_is_passed_over() {
    reaches(&incident(), 5, &[becomes("person.points", 0, "40", 0)], 0, ("incidents", "P1/1"));
}

#[test]
fn a_parameter_that_turns_opens_cases() {
    let first = [becomes("permit.granted", 0, "2026-01-03", -30), becomes("permit.fee", 0, "10", -30)];
    reaches(&first, 10, &[], 80, ("permits", "L0"));
}

#[test]
fn a_stated_day_that_comes_frees_a_case_that_was_set_aside() {
    let first = [becomes("incident.reported", 1, "2026-01-05", -30), becomes("incident.closed", 1, "2026-02-01", -30)];
    reaches(&first, 20, &[], 11, ("incidents", "P1/1"));
}

#[test]
fn a_record_that_holds_later_than_the_last_run_is_looked_at_when_its_day_comes() {
    let mut office = Office::new();
    office.run(10);
    office.clock = office.policy.main().end_of_day(date(2026, 12, 31)).0;
    office.import(&[
        becomes("person.points", 2, "70", -30),
        becomes("unit.head", 1, "P2", 20),
        becomes("unit.asked", 1, "2026-01-10", 20),
    ]);
    office.run(10);
    assert_eq!(office.entries("units", "U1"), 0, "the day has not come");
    office.run(10);
    assert!(office.entries("units", "U1") > 0, "the day has come");
    assert_eq!(office.missed(), Vec::<String>::new());
}

#[test]
fn every_workflow_of_the_policy_has_cases_to_reach() {
    let mut office = Office::new();
    let sets =
        FIELDS.iter().flat_map(|(field, _)| (0..5).map(|who| Set { field, who, to: usual(field, who), from: -30 }));
    office.import(&sets.collect::<Vec<_>>());
    office.run(15);
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for row in office.store.cases(&Filter { status: Some("open".to_owned()), ..Filter::default() }).unwrap() {
        *open.entry(row.workflow).or_default() += 1;
    }
    let workflows: Vec<&str> = open.keys().map(String::as_str).collect();
    assert_eq!(workflows, ["incidents", "permits", "units", "yearly"], "{open:?}");
}
