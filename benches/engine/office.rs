//! The store on which Merit is measured: a year's case for each of many people, opened by the engine itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::engine::{self, ActRequest, AsOf, Outcome, Outgoing, Patience, RunReport, RunSettings, Sender};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::sqlite::{Access, SCHEMA, SqliteStore};
use merit::store::{ImportNote, RecordChange, Store};
use merit::value::{Known, RecordRef};
use merit::workflow::{Act, Deed};

/// Half of the people have somebody above them, so that a reminder makes one notice or two.
pub(crate) const POLICY: &str = r#"
calendar office "Office" {
  time zone "Africa/Kampala"
  working Monday to Sunday
  period year / years every 12 months from 1 January, written 2026
  substitute none
  roll forward
  month end back
  notices at 08:00
}
record person "Person" {
  id       key text
  name     text
  email    address email
  boss     optional person
  licensed event
}
record licence of person each year { renewed event }
workflow renewal "Renewal of the licence" {
  for each person each year
  stage renew "Apply for renewal" {
    opens start of year
    due   60 days after licensed
    by    person
    fills licence.renewed
    remind person, boss 14 days before due with ends_soon
    remind person, boss 40 days after opening with ends_soon
  }
}
message ends_soon {
  by email
  subject "The licence of {person.id} ends on {due}"
  body """
    Dear {recipient.name or "colleague"},
    the licence of {person.name or "somebody"} ends on {due}. Please apply for its renewal before that day.
    """
}
"#;

pub(crate) const OPENING: Date = date(2026, 1, 1);
/// On this day a reminder is due to everybody, at one moment.
pub(crate) const STORM: Date = date(2026, 2, 10);
/// The first day on which a reminder is due to a part of the people.
const FIRST: Date = date(2026, 1, 6);
/// The others are reminded long after.
const REST: Date = date(2026, 6, 1);

pub(crate) fn policy() -> Policy {
    compile(&sources())
        .policy
        .unwrap_or_else(|| panic!("{}", compile(&sources()).diagnostics.render(&sources(), false)))
}

fn sources() -> Sources {
    Sources::single("office.merit", POLICY)
}

/// On which days how many people are reminded: as many days for each number as there are rounds.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) people: usize,
    /// How many people each day brings, from the first day on.
    pub(crate) days: Vec<usize>,
}

impl Plan {
    pub(crate) fn day(&self, place: usize) -> Date {
        FIRST.checked_add(i64::try_from(place).unwrap().days()).unwrap()
    }

    /// The day on which a person is reminded. The people of one day lie spread over all of them.
    fn day_of(&self, person: usize) -> Date {
        let mut left = (person as u64).wrapping_mul(2_654_435_761) as usize % self.people;
        for (place, count) in self.days.iter().enumerate() {
            if left < *count {
                return self.day(place);
            }
            left -= count;
        }
        REST
    }
}

/// Nobody is written to: sending is not what is measured.
pub(crate) struct Nobody;

impl Sender for Nobody {
    fn send(&mut self, _mail: &Outgoing<'_>) -> Outcome {
        Outcome::Never(String::new())
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

pub(crate) fn settings(day: Date) -> RunSettings {
    RunSettings {
        as_of: AsOf::Day(day),
        now: 0,
        patience: Patience::default(),
        calendar: None,
        language: "en".to_owned(),
        ways: merit::engine::Ways::default(),
    }
}

pub(crate) fn run(store: &mut SqliteStore, day: Date, batch: u32) -> RunReport {
    engine::run_in_batches(store, &settings(day), &mut Nobody, batch).unwrap()
}

/// Somebody opens the store, fills their stage on the day of the storm, and is done.
pub(crate) fn fill(path: &Path, case: i64) {
    let mut store = SqliteStore::open(path, Access::Write).unwrap();
    let case = store.case(case).unwrap().unwrap();
    let act = Act {
        by: (case.subject_type, case.subject),
        stage: None,
        what: Deed::Fill(vec!["renewed".to_owned()]),
        because: None,
        key: None,
    };
    let request = ActRequest { case: case.id, act, values: vec![("renewed".to_owned(), STORM.to_string())] };
    engine::act(&mut store, &settings(STORM), &mut Nobody, &request).unwrap();
}

/// A store in which every case is open; made once for each plan and kept.
pub(crate) fn prepared(folder: &Path, plan: &Plan) -> PathBuf {
    let days: Vec<String> = plan.days.iter().map(ToString::to_string).collect();
    let said = format!("{}\n{}\nschema {SCHEMA}\n{}", plan.people, days.join(" "), POLICY);
    let (file, note) = (folder.join("office.db"), folder.join("office.txt"));
    if std::fs::read_to_string(&note).is_ok_and(|it| it == said) && SqliteStore::open(&file, Access::ReadOnly).is_ok() {
        return file;
    }
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("office.db{end}")));
    }
    eprintln!("opening {} cases, once …", plan.people);
    let mut store = SqliteStore::open_or_create(&file).unwrap();
    let policy = policy();
    store.set(Some(OPENING), None).unwrap();
    store.deploy(&[("office.merit".to_owned(), POLICY.to_owned())], &policy, "first", 0).unwrap();
    import(&mut store, &policy, plan);
    let report = run(&mut store, OPENING, 1_000);
    assert_eq!(report.cases_opened, plan.people as u64);
    drop(store);
    std::fs::write(note, said).unwrap();
    file
}

fn import(store: &mut SqliteStore, policy: &Policy, plan: &Plan) {
    let record = policy.record_named("person").unwrap();
    let field = |name: &str| policy.record(record).field_named(name).unwrap();
    let [name, email, boss, licensed] = ["name", "email", "boss", "licensed"].map(field);
    let text = |words: String| Some(Known::Text(Arc::from(words.as_str())));
    let change = |person: usize| {
        let mut fields = vec![
            (name, text(format!("Person {person}"))),
            (email, text(format!("p{person}@example.org"))),
            (licensed, Some(Known::Date(plan.day_of(person).checked_sub(46.days()).unwrap()))),
        ];
        if person.is_multiple_of(2) {
            let key = key_of(person + 1);
            fields.push((boss, Some(Known::Record(RecordRef { record, key }))));
        }
        RecordChange { record, key: key_of(person), part: String::new(), fields, from: OPENING }
    };
    let all: Vec<usize> = (0..plan.people).collect();
    for part in all.chunks(100_000) {
        let note = ImportNote {
            source: "people".to_owned(),
            sha256: String::new(),
            mapping: String::new(),
            good: 0,
            rejected: 0,
        };
        let changes = part.iter().map(|it| change(*it)).collect();
        store.import(policy, &[(note, changes)], 0, &mut |_| ()).unwrap();
    }
}

fn key_of(person: usize) -> Arc<str> {
    Arc::from(format!("P{person:07}").as_str())
}

/// A fresh copy of a store that nobody uses.
pub(crate) fn copy(of: &Path, name: &str) -> PathBuf {
    let to = of.with_file_name(name);
    for end in ["-wal", "-shm", "-lock"] {
        let _ = std::fs::remove_file(of.with_file_name(format!("{name}{end}")));
    }
    std::fs::copy(of, &to).unwrap();
    to
}
