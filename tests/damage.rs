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
