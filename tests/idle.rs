//! What a run costs when nothing has come due, counted in steps of SQLite's machine: the same however many cases are open.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::engine::{self, AsOf, Outcome, Outgoing, Patience, RunReport, RunSettings, SendReport, Sender};
use merit::policy::compile;
use merit::policy::model::{FieldKind, Policy};
use merit::source::Sources;
use merit::store::sqlite::SqliteStore;
use merit::store::{Filter, ImportNote, RecordChange, StepCount, Steps, Store};
use merit::value::{Known, Number};

const POLICY: &str = r#"
calendar office "Office" {
  time zone "Africa/Kampala"
  working Monday to Friday
  period year / years every 12 months from 1 January, written 2026
  substitute none
  roll forward
  month end back
  notices at 08:00
}
record person { id key text; email optional address email; licensed event; renewed event; status one of active, gone }
record review of person each year { agreed event }
workflow renewal {
  for each person where licensed is known
  cancel when status is gone
  stage renew { opens licensed; due 2 years after licensed; by person; fills renewed; remind person 14 days before due with renewal_due }
}
workflow yearly {
  for each person each year where status is not gone
  stage goals { opens start of year; due 10 months after opening; by person; fills agreed; remind person on due with renewal_due }
}
message renewal_due { by email; subject "Due {due}"; body "Due {due}" }
"#;

/// The best tenth of all is commended a day after the year before.
const RANKED: &str = r#"
calendar office {
  time zone "Africa/Kampala"; working Monday to Friday; substitute none; roll forward; month end back
  period year / years every 12 months from 1 January, written 2026
}
record person { id key text; licensed event; status one of active, gone; mark optional number }
framework praise {
  for each person each year; judged 5 January after the year; rewards all that apply
  reward commended {
    when in the top 10% of all by mark, places rounded up, ties all in, unknown left out, groups of at least 1
  }
}
"#;

const ADOPTED: Date = date(2026, 1, 1);
/// Two workflows: each person has two open cases.
const FEW: usize = 500;
const MANY: usize = 10_000;

struct Nobody;

impl Sender for Nobody {
    fn send(&mut self, _mail: &Outgoing<'_>) -> Outcome {
        Outcome::Accepted(String::new())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        format!("<{key}@test>")
    }

    fn repeats_safely(&self) -> bool {
        false
    }
}

struct Office {
    store: SqliteStore,
    policy: Policy,
    count: StepCount,
    _folder: tempfile::TempDir,
}

impl Office {
    /// A store in which every person has a licence and a year before them; all their cases are open, and nothing is due for months.
    fn with_people(people: usize) -> Self {
        let mut office = Self::under(POLICY, people);
        let report = office.run(date(2026, 1, 5)).0;
        assert_eq!(report.cases_opened, 2 * people as u64);
        office
    }

    /// A store in which a policy is in force and there are so many people.
    fn under(text: &str, people: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        let mut sources = Sources::new();
        sources.add("office.merit", text);
        let compilation = compile(&sources);
        let policy =
            compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)));
        store.set(Some(ADOPTED), None).unwrap();
        store.deploy(&[("office.merit".to_owned(), text.to_owned())], &policy, "first", 0).unwrap();
        let count = store.count_steps().unwrap();
        let mut office = Self { store, policy, count, _folder: folder };
        office.import((0..people).map(|it| (it, date(2026, 1, 5))));
        office
    }

    fn import(&mut self, licences: impl Iterator<Item = (usize, Date)>) {
        let record = self.policy.record_named("person").unwrap();
        let kind = self.policy.record(record);
        let [licensed, status] = ["licensed", "status"].map(|it| kind.field_named(it).unwrap());
        let mark = kind.field_named("mark");
        let FieldKind::Choice(list) = kind.fields[status.index()].kind else { panic!("a choice") };
        let changes: Vec<RecordChange> = licences
            .map(|(number, day)| {
                let mut fields = vec![(licensed, Some(Known::Date(day))), (status, Some(Known::Choice(list, 0)))];
                let marked = |it| (it, Some(Known::Number(Number::from(i64::try_from(number).unwrap()))));
                fields.extend(mark.map(marked));
                let key = Arc::from(format!("P{number:07}").as_str());
                RecordChange { record, key, part: String::new(), fields, from: ADOPTED }
            })
            .collect();
        let note = ImportNote {
            source: "people".to_owned(),
            sha256: String::new(),
            mapping: String::new(),
            good: 0,
            rejected: 0,
        };
        self.store.import(&self.policy, &[(note, changes)], 0, &mut |_| ()).unwrap();
    }

    /// A run and the sending behind it, and what they cost.
    fn run(&mut self, day: Date) -> (RunReport, SendReport, Steps) {
        let settings = RunSettings {
            as_of: AsOf::Day(day),
            now: 0,
            patience: Patience::default(),
            calendar: None,
            language: "en".to_owned(),
            ways: merit::engine::Ways::default(),
        };
        _ = self.count.take();
        let report = engine::run(&mut self.store, &settings, &mut Nobody).unwrap();
        let until = self.store.last_moment().unwrap().unwrap_or(i64::MAX);
        let sent = engine::send(&mut self.store, &mut Nobody, until, i64::MAX).unwrap();
        (report, sent, self.count.take())
    }

    /// What a run costs that finds nothing to do.
    fn idle(&mut self, day: Date) -> Steps {
        let (report, sent, steps) = self.run(day);
        assert_eq!(sent, SendReport::default());
        let nothing = RunReport { as_of: day.to_string(), ..RunReport::default() };
        assert_eq!(serde_json::to_value(&report).unwrap(), serde_json::to_value(&nothing).unwrap());
        steps
    }
}

#[test]
fn a_run_without_work_costs_the_same_however_many_cases_are_open() {
    let (mut few, mut many) = (Office::with_people(FEW), Office::with_people(MANY));
    for (what, day) in [
        ("the same day again", date(2026, 1, 5)),
        ("the next day", date(2026, 1, 6)),
        ("the next day again", date(2026, 1, 6)),
        ("weeks later", date(2026, 3, 2)),
    ] {
        let (less, more) = (few.idle(day), many.idle(day));
        println!("{what}: {less:?}");
        assert_eq!(less, more, "{what}: {} and {} open cases", 2 * FEW, 2 * MANY);
        assert_eq!(more.scanned, 0, "{what}: no table is walked");
        assert!(more.steps > 0, "{what}: steps are counted");
    }
}

#[test]
fn one_changed_fact_costs_the_same_however_many_cases_are_open() {
    let (mut few, mut many) = (Office::with_people(FEW / 10), Office::with_people(FEW));
    let cost = |office: &mut Office| {
        _ = office.count.take();
        office.import(std::iter::once((7, date(2026, 1, 2))));
        let import = office.count.take();
        let (report, _, run) = office.run(date(2026, 1, 6));
        assert_eq!(report.dates_moved, 1);
        (import, run)
    };
    let (less, more) = (cost(&mut few), cost(&mut many));
    println!("import and run: {less:?}");
    assert_eq!(less, more);
}

#[test]
fn a_walk_over_all_cases_would_be_noticed() {
    let (mut few, mut many) = (Office::with_people(20), Office::with_people(40));
    let cost = |office: &mut Office| {
        _ = office.count.take();
        office.store.cases(&Filter::default()).unwrap();
        office.count.take()
    };
    let (less, more) = (cost(&mut few), cost(&mut many));
    assert_eq!((less.statements, more.statements), (1, 1));
    assert!(more.steps > less.steps, "each case costs steps: {less:?}, {more:?}");
    _ = few.count.take();
    few.store.verify_journal(None).unwrap().unwrap();
    assert!(few.count.take().scanned > 0, "a walk through a whole table is counted");
    assert_eq!(few.idle(date(2026, 1, 6)).scanned, 0);
}

#[test]
fn whoever_is_compared_with_all_is_put_in_order_once_however_many_commits_a_judgement_takes() {
    // 2,000 are judged in one commit: these take three, and each person is read once to be judged, and at most once to be put in order.
    let people = 4_200;
    let mut office = Office::under(RANKED, people);
    office.run(date(2026, 1, 6));
    let (report, _, steps) = office.run(date(2027, 1, 5));
    assert_eq!((report.judged, report.proposed), (people as u64, people.div_ceil(10) as u64));
    println!("{steps:?}");
    assert!(steps.statements < 2 * people as u64, "{steps:?}");
}
