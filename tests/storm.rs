//! Many cases at one moment: all come due at once and drain in bounded batches, and the malformed among them stop nobody.
//!
//! Small here. At full size, with as many cases as one says (release, as it takes long otherwise):
//! `MERIT_STORM=1000000 cargo test --release --test storm -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use merit::engine::RunReport;
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Steps, Store};
use rusqlite::{Connection, params};

#[path = "../benches/engine/office.rs"]
mod office;

use office::{Plan, STORM};

/// Cases to one commit.
const BATCH: u32 = 1_000;
/// Notices that a report lists one by one.
const LISTED: usize = 10_000;

fn people() -> usize {
    std::env::var("MERIT_STORM").map_or(20_000, |it| it.parse().unwrap())
}

/// A copy of a store in which everybody's case is open and the same reminder is due to all on one day.
fn office(name: &str) -> PathBuf {
    static BASE: OnceLock<PathBuf> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("storm-{}", people()));
        std::fs::create_dir_all(&folder).unwrap();
        office::prepared(&folder, &Plan { people: people(), days: vec![100] })
    });
    office::copy(base, name)
}

fn drain(store: &Path, batch: u32) -> RunReport {
    office::run(&mut SqliteStore::open(store, Access::Write).unwrap(), STORM, batch)
}

fn count(connection: &Connection, sql: &str) -> usize {
    let number: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    usize::try_from(number).unwrap()
}

#[test]
fn what_is_due_at_one_moment_drains_in_bounded_batches() {
    let path = office("drained.db");
    let connection = Connection::open(&path).unwrap();
    let before = count(&connection, "select max(rev) from commits");
    let report = drain(&path, BATCH);
    // A hundred were to be reminded of something else on an earlier day, too late to be of use by now.
    assert_eq!((report.reminders, report.skipped), (people() as u64, 100));
    assert_eq!(report.effects, people() as u64 * 3 / 2);
    assert!(report.notices.len() <= LISTED, "a report stays small however much is due");
    assert_eq!(report.notices.len() as u64 + report.more_notices, report.effects);
    let commits = count(&connection, &format!("select count(*) from commits where rev > {before}"));
    assert_eq!(commits, people().div_ceil(BATCH as usize) + 1, "one for each batch, and one that names the day");
    let largest = "select max(n) from (select count(distinct case_id) as n from journal where rev > 20 group by rev)";
    assert_eq!(count(&connection, &largest.replace("20", &before.to_string())), BATCH as usize);
    let again = drain(&path, BATCH);
    assert_eq!((again.reminders, again.effects), (0, 0));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn finding_what_is_due_costs_the_same_however_many_cases_are_open() {
    let cost = |people: usize| -> Steps {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let plan = Plan { people, days: vec![100] };
        let path = office::prepared(folder.path(), &plan);
        let mut store = SqliteStore::open(&path, Access::Write).unwrap();
        let steps = store.count_steps().unwrap();
        let report = office::run(&mut store, plan.day(0), BATCH);
        assert_eq!((report.reminders, report.effects), (100, 150));
        steps.take()
    };
    let (few, many) = (cost(people() / 100), cost(people() / 4));
    println!("{few:?} {many:?}");
    assert_eq!((few.statements, few.scanned), (many.statements, 0), "no table is walked");
    assert_eq!(many.scanned, 0, "no table is walked");
    // Between keys that lie close together SQLite steps, and else it seeks: that makes a few in a hundred.
    assert!(few.steps.abs_diff(many.steps) * 20 < few.steps, "{few:?} {many:?}");
}

#[test]
fn what_two_threads_decide_and_write_is_what_one_does_alone() {
    let people = 1_500;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let base = office::prepared(folder.path(), &Plan { people, days: vec![100] });
    for batch in [1, 100] {
        let store = SqliteStore::open(&office::copy(&base, "beside.db"), Access::Write).unwrap();
        // A private copy has no other connection.
        let alone = store.twin().unwrap();
        let [together, alone] = [store, alone].map(|mut store| {
            let steps = store.count_steps().unwrap();
            let report = office::run(&mut store, STORM, batch);
            assert_eq!(report.reminders, people as u64);
            let all = Filter::default();
            let statements = steps.take().statements;
            // Each hash covers everything that was journalled before it, and the commit in which it stands.
            (statements, format!("{report:?}"), store.cases(&all).unwrap(), store.effects(&all).unwrap())
        });
        assert!(together.0 < alone.0, "another connection reads: {} and {} statements", together.0, alone.0);
        assert_eq!(together.1, alone.1);
        assert!(together.2 == alone.2, "the same cases, in batches of {batch}");
        assert!(together.3 == alone.3, "the same notices, in batches of {batch}");
    }
}

#[test]
fn who_acts_need_not_wait_for_the_end_of_a_long_run() {
    let path = office("acted.db");
    let people = i64::try_from(people()).unwrap();
    let acts = 5;
    std::thread::scope(|scope| {
        let run = scope.spawn(|| drain(&path, 100));
        // The last of the cases, which the run has not come to.
        (0..acts).for_each(|it| office::fill(&path, people - it));
        run.join().unwrap();
    });
    let connection = Connection::open(&path).unwrap();
    let between = "select count(*) from commits where kind = 'act' and rev < (select max(rev) from commits where kind = 'run') - 20";
    assert_eq!(count(&connection, between), usize::try_from(acts).unwrap(), "long before the run was done");
    std::fs::remove_file(path).unwrap();
}

/// The files as a killed program leaves them: the log stands beside the store, and nobody has taken it over.
#[test]
fn a_store_that_was_left_in_the_middle_is_open_again_at_once() {
    let path = office("left.db");
    let again = path.with_file_name("again.db");
    let mut store = SqliteStore::open(&path, Access::Write).unwrap();
    office::run(&mut store, STORM, BATCH);
    for end in ["", "-wal"] {
        std::fs::copy(path.with_file_name(format!("left.db{end}")), path.with_file_name(format!("again.db{end}")))
            .unwrap();
    }
    drop(store);
    assert!(std::fs::metadata(path.with_file_name("again.db-wal")).unwrap().len() > 0);
    let began = std::time::Instant::now();
    let report = drain(&again, BATCH);
    let took = began.elapsed();
    println!("open again with {} open cases after {took:.0?}", people());
    assert_eq!((report.reminders, report.effects), (0, 0), "all of it was done");
    // A debug build beside other tests is no measure.
    assert!(took.as_secs() < if cfg!(debug_assertions) { 20 } else { 2 }, "{took:?}");
    [path, again].iter().for_each(|it| std::fs::remove_file(it).unwrap());
}

/// What may have become of a case or its facts, by whose hand ever, and what is said of it.
const POISONS: [(&str, &str, &str); 9] = [
    ("update cases set state = '{\"workflow\":' where id = ?1", "its state can't be read", "half a state"),
    ("update cases set state = 'nothing' where id = ?1", "its state can't be read", "no JSON"),
    ("update cases set workflow = 'forgotten' where id = ?1", "has no workflow `forgotten`", "another workflow"),
    (
        "delete from r_person where id = (select subject from cases where id = ?1)",
        "there is no person",
        "a subject that is gone",
    ),
    (
        "update r_person set licensed = '9999-12-01' where id = (select subject from cases where id = ?1)",
        "the date lies beyond what the calendar can count",
        "a date beyond the end of days",
    ),
    (
        "update cases set state = cast(x'7bff7d' as text) where id = ?1",
        "its state can't be read",
        "a state that is no text",
    ),
    (
        "update cases set state = replace(state, '2026', '2025') where id = ?1",
        "not as Merit wrote it",
        "a digit turned",
    ),
    ("update cases set policy = 77 where id = ?1", "policy version 77 is missing", "an unknown version"),
    ("update cases set wake_at = wake_at - 1 where id = ?1", "not as Merit wrote it", "another moment to wake"),
];

#[test]
fn the_malformed_are_set_aside_with_their_reasons_and_stop_nobody() {
    let path = office("poisoned.db");
    let poisoned: BTreeMap<i64, usize> =
        (0..people() as i64 / 100).map(|it| (it * 97 + 5, usize::try_from(it).unwrap() % POISONS.len())).collect();
    {
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch("pragma foreign_keys = off; begin").unwrap();
        for (case, kind) in &poisoned {
            assert_eq!(connection.execute(POISONS[*kind].0, params![case]).unwrap(), 1, "{}", POISONS[*kind].2);
        }
        connection.execute_batch("commit").unwrap();
    }
    let report = drain(&path, BATCH);
    let store = SqliteStore::open(&path, Access::ReadOnly).unwrap();
    let aside = store.cases(&Filter { set_aside: true, ..Filter::default() }).unwrap();
    for row in &aside {
        let kind = poisoned.get(&row.id).unwrap_or_else(|| panic!("case {} is set aside: {:?}", row.id, row.set_aside));
        let (_, words, what) = POISONS[*kind];
        let reason = row.set_aside.as_deref().unwrap();
        assert!(reason.contains(words), "{what}: {reason}");
    }
    assert_eq!(aside.len(), poisoned.len());
    assert_eq!(report.set_aside, poisoned.len() as u64);
    assert_eq!(report.reminders, (people() - poisoned.len()) as u64, "the others proceed");
    drop(store);
    std::fs::remove_file(path).unwrap();
}
