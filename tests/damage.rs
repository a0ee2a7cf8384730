//! Stores that were damaged or changed behind Merit's back: nothing follows from what is not as it was written, and the others go on.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

use std::path::Path;

use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Store};
use rusqlite::Connection;

mod folders;
#[path = "program/mod.rs"]
mod program;

use program::{Project, complaints};

/// The city with its cases open, and something of it changed.
fn changed(sql: &str) -> Project {
    let project = complaints();
    project.merit(0, &["run", "--as-of", "2026-04-15"]);
    let store = Connection::open(project.path("merit.db")).unwrap();
    store.execute_batch("pragma foreign_keys = off").unwrap();
    assert!(store.execute(sql, []).unwrap() > 0, "{sql}");
    project
}

/// (subject, why) of each case that is set aside.
fn aside(store: &Path) -> Vec<(String, String)> {
    let store = SqliteStore::open(store, Access::ReadOnly).unwrap();
    let rows = store.cases(&Filter { set_aside: true, ..Filter::default() }).unwrap();
    rows.into_iter().map(|it| (it.subject, it.set_aside.unwrap())).collect()
}

#[test]
fn a_case_that_is_not_as_it_was_written_is_set_aside_and_the_others_go_on() {
    for (sql, why) in [
        (
            "update cases set state = replace(state, '2026-04-05', '2025-04-05') where subject = 'C1'",
            "not as Merit wrote it",
        ),
        ("update cases set wake_at = wake_at - 86400 where subject = 'C1'", "not as Merit wrote it"),
        ("update cases set period = 'x' where subject = 'C1'", "not as Merit wrote it"),
        ("update cases set state = cast(x'7bff7d' as text) where subject = 'C1'", "its state can't be read"),
        ("update cases set policy = 77 where subject = 'C1'", "policy version 77 is missing"),
    ] {
        let project = changed(sql);
        let kept = |column: &str| -> Vec<u8> {
            let store = Connection::open(project.path("merit.db")).unwrap();
            let sql = format!("select cast({column} as blob) from cases where subject = 'C1'");
            store.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        let before = ["state", "period", "sum"].map(kept);
        let report = project.json(1, &["run", "--as-of", "2026-04-21"]);
        assert!(report["notices"].as_array().unwrap().iter().all(|it| it["subject"] != "C1"), "{sql}: {report}");
        let found = aside(&project.path("merit.db"));
        assert!(matches!(&found[..], [(subject, words)] if subject == "C1" && words.contains(why)), "{sql}: {found:?}");
        assert_eq!(["state", "period", "sum"].map(kept), before, "{sql}: it can be seen what became of it");
        project.merit(1, &["journal", "verify"]);
        // Another day changes nothing, and the other case still goes on.
        let report = project.json(0, &["run", "--as-of", "2026-05-12"]);
        let notices = report["notices"].as_array().unwrap();
        assert!(
            notices.iter().any(|it| it["subject"] == "C2") && notices.iter().all(|it| it["subject"] != "C1"),
            "{report}"
        );
        assert_eq!(aside(&project.path("merit.db")), found);
        let id = project.json(0, &["cases", "--subject", "C1"])["cases"][0]["case"].to_string();
        let told = project.merit(2, &["act", &id, "fill", "answered=2026-04-20", "--as", "S", "--as-of", "2026-05-12"]);
        assert!(told.contains("is set aside"), "{told}");
    }
}

#[test]
fn a_notice_that_is_not_as_it_was_written_does_not_leave() {
    let project = complaints();
    project.merit(0, &["run", "--as-of", "2026-04-20", "--no-send"]);
    let store = Connection::open(project.path("merit.db")).unwrap();
    let waiting: i64 =
        store.query_row("select count(*) from effects where state = 'due'", [], |row| row.get(0)).unwrap();
    assert!(waiting > 0);
    store.execute("update effects set facts = replace(facts, 'sami@', 'anna@')", []).unwrap();
    drop(store);
    project.merit(1, &["run", "--as-of", "2026-04-20"]);
    let outbox = project.json(1, &["outbox"]);
    let dead = outbox["effects"].as_array().unwrap().iter().filter(|it| it["status"] == "dead").count();
    assert_eq!(i64::try_from(dead).unwrap(), waiting, "{outbox}");
    assert!(outbox.to_string().contains("not as Merit wrote it"), "{outbox}");
}

#[test]
fn a_policy_whose_text_was_changed_decides_nothing() {
    let project = changed("update policies set text = replace(text, 'due   10 working days', 'due   11 working days')");
    let told = project.merit(3, &["run", "--as-of", "2026-04-21"]);
    assert!(told.contains("is not the text that was deployed") && told.contains("help"), "{told}");
    let told = project.merit(1, &["journal", "verify"]);
    assert!(told.contains("the text of policy version 1 was changed"), "{told}");
}

/// A store and its log, as a program that was killed leaves them.
struct Files {
    project: Project,
    store: Vec<u8>,
    log: Vec<u8>,
    seal: String,
}

impl Files {
    fn new() -> Self {
        let project = complaints();
        let rows: String = (0..30).map(|it| format!("X{it},street light {it},2026-04-0{},S\n", 1 + it % 9)).collect();
        std::fs::write(project.path("complaint.csv"), format!("id,about,received,handler\n{rows}")).unwrap();
        project.merit(0, &["run", "--as-of", "2026-04-10"]);
        // While it is open here, the program leaves its log standing.
        let open = Connection::open(project.path("merit.db")).unwrap();
        open.query_row("select count(*) from commits", [], |row| row.get::<_, i64>(0)).unwrap();
        project.merit(0, &["import", "complaint.csv", "--from", "2026-04-01"]);
        project.merit(0, &["run", "--as-of", "2026-04-15"]);
        let read = |end: &str| std::fs::read(project.path(&format!("merit.db{end}"))).unwrap();
        let (store, log) = (read(""), read("-wal"));
        let seal = project.json(0, &["journal", "verify"])["seal"].as_str().unwrap().to_owned();
        drop(open);
        Self { project, store, log, seal }
    }

    fn put(&self, store: &[u8], log: &[u8]) {
        let _ = std::fs::remove_file(self.project.path("merit.db-shm"));
        let _ = std::fs::remove_dir_all(self.project.path("outbox"));
        std::fs::write(self.project.path("merit.db"), store).unwrap();
        std::fs::write(self.project.path("merit.db-wal"), log).unwrap();
    }

    fn call(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = program::merit(self.project.folder.path(), words);
        let told = format!("{}{}", program::text(&output.stdout), program::text(&output.stderr));
        assert!(!told.contains("panicked"), "{words:?}: {told}");
        (output.status.code(), told)
    }

    /// The rows of some tables as text; nothing where they can't be read.
    fn rows(&self, tables: &[&str]) -> Option<std::collections::BTreeSet<String>> {
        let store = Connection::open(self.project.path("merit.db")).ok()?;
        let mut found = std::collections::BTreeSet::new();
        for table in tables {
            let mut statement = store.prepare(&format!("select * from {table}")).ok()?;
            let width = statement.column_count();
            let mut rows = statement.query([]).ok()?;
            while let Some(row) = rows.next().ok()? {
                let cells = (0..width).map(|at| format!("{:?}", row.get_ref(at).unwrap()));
                found.insert(format!("{table}: {}", cells.collect::<Vec<_>>().join("|")));
            }
        }
        Some(found)
    }
}

/// What is decided, whatever becomes of it: the parts of notices that a policy determines.
const DECIDED: &str = "(select key, case_id, stage, round, step, recipient, day, not_before, facts from effects)";
/// What is believed as it stands, see docs/store.md.
const BELIEVED: [&str; 10] = [
    "r_clerk",
    "r_complaint",
    "dated_values",
    "deadlines",
    "tasks",
    "dirty",
    "openings",
    "record_types",
    "fields",
    "(select id, schema, adopted, as_of, hold from store)",
];

#[test]
fn a_file_in_which_something_was_flipped_or_cut_decides_nothing_that_a_good_one_would_not() {
    use rand_chacha::rand_core::{Rng, SeedableRng};
    let number = |name: &str, usual| std::env::var(name).map_or(usual, |it| it.parse::<u64>().unwrap());
    let (times, seed) = (number("MERIT_FLIPS", 60), number("MERIT_SEED", 20_260_701));
    let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut below = |most: usize| usize::try_from(chance.next_u64() % most as u64).unwrap();
    let files = Files::new();
    let run = ["run", "--as-of", "2026-04-21"];
    files.put(&files.store, &files.log);
    let before = files.rows(&BELIEVED).unwrap();
    assert!(matches!(files.call(&run).0, Some(0 | 1)));
    let good = files.rows(&[DECIDED]).unwrap();
    let mut tally = std::collections::BTreeMap::<&str, u64>::new();
    for nth in 0..times {
        let (mut store, mut log) = (files.store.clone(), files.log.clone());
        let file = if nth % 3 == 2 { &mut log } else { &mut store };
        let at = below(file.len());
        let cut = nth % 10 == 9;
        if cut {
            file.truncate(at)
        } else {
            file[at] ^= 1 << below(8)
        }
        let place = format!(
            "seed {seed}: {} at {at} of the {}",
            if cut { "cut" } else { "flip" },
            if nth % 3 == 2 { "log" } else { "store" }
        );
        files.put(&store, &log);
        let (verified, words) = files.call(&["journal", "verify", "--seal", &files.seal]);
        assert!(matches!(verified, Some(0 | 1 | 3)), "{place}: {words}");
        files.put(&store, &log);
        let believed = files.rows(&BELIEVED).is_none_or(|it| it != before);
        files.put(&store, &log);
        let (ran, told) = files.call(&run);
        let became = match ran {
            Some(3) => {
                assert!(told.contains("help: "), "{place}: {told}");
                "refused"
            }
            Some(0 | 1) => {
                let decided = files.rows(&[DECIDED]);
                let more = decided.is_some_and(|it| !it.is_subset(&good));
                assert!(
                    !more || believed || verified != Some(0),
                    "{place}: something else was decided, and nobody notices: {told}"
                );
                match (verified, believed) {
                    (Some(0), true) => "believed",
                    (Some(0), false) => "harmless",
                    _ => "named by `journal verify`",
                }
            }
            other => panic!("{place}: ended with {other:?}: {told}"),
        };
        *tally.entry(became).or_default() += 1;
    }
    println!("damage: seed {seed}, {times} times: {tally:?}");
}

/// Four officers of the ministry, and the plans that their supervisor is to agree on until the end of August.
fn officers() -> Project {
    let project = Project::of("service");
    std::fs::create_dir(project.path("records")).unwrap();
    std::fs::write(project.path("records/department.csv"), "id,head,commission,permanent\nd,h,,\n").unwrap();
    let row = |id: &str, boss: &str| format!("{id},{id}@ministry.example,d,{boss},active\n");
    let rows: String = ["a", "b", "c", "e"].map(|it| row(it, "h")).concat();
    let head = "id,email,department,boss,status\n";
    std::fs::write(project.path("records/officer.csv"), format!("{head}{}{rows}", row("h", ""))).unwrap();
    project.merit(0, &["deploy", "--adopt", "2026-07-01"]);
    project.merit(0, &["import", "records", "--from", "2026-07-01"]);
    project.merit(0, &["run", "--as-of", "2026-07-02"]);
    project
}

#[test]
fn records_of_one_that_cannot_be_read_stop_nobody_who_is_looked_at_with_them() {
    let project = officers();
    for (status, from) in [("on_leave", "2026-07-06"), ("active", "2026-07-09")] {
        std::fs::write(project.path("officer.csv"), format!("id,status\nb,{status}\nc,{status}\n")).unwrap();
        project.merit(0, &["import", "officer.csv", "--from", from]);
    }
    project.merit(0, &["run", "--as-of", "2026-07-10"]);
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    let changed = store
        .execute("update dated_values set since = 'some day' where id = 'b' and since = '2026-07-06'", [])
        .unwrap();
    assert_eq!(changed, 1);
    drop(store);
    let told = project.merit(1, &["run", "--as-of", "2026-08-18"]);
    let aside = aside(&project.path("merit.db"));
    assert_eq!(aside.len(), 1, "{told} {aside:?}");
    assert_eq!(aside[0].0, "b");
    assert!(aside[0].1.contains("`some day` is no day in dated_values"), "{aside:?}");
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    let sql = "select count(distinct case_id) from effects where step = 'remind-1' and stage = 'plan'";
    let reminded: i64 = store.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(reminded, 3, "{told}");
}
