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
use merit::workflow::{Case, Look};
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
const FIELDS: [(&str, &[&str]); 21] = [
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
}

impl Office {
    fn new() -> Self {
        let mut store = SqliteStore::in_memory().unwrap();
        store.set(Some(ADOPTED), None).unwrap();
        let policy = Arc::new(policy_of(POLICY));
        let mut office = Self { policy, store, versions: BTreeMap::new(), today: ADOPTED };
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
        self.store.import(&self.policy, &[(note, changes)], 0, &mut |_| {}).unwrap();
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
            "incident" => (format!("P{}", set.who % 2), (set.who % 3).to_string()),
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
        let patience = Patience::default();
        let look = Look {
            until: self.policy.main().end_of_day(self.today).0,
            today: self.today,
            stale_after: patience.stale_after,
            grace_after_adoption: patience.grace_after_adoption,
            grace_after_downtime: patience.grace_after_downtime,
        };
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
