//! What people do in cases beyond filling and choosing, as they call the program: done, refused, repeated, and kept.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;
#[expect(dead_code, reason = "other tests look at mails and made-up projects")]
mod program;

use merit::store::sqlite::{Access, SqliteStore};
use program::Project;

#[expect(dead_code, reason = "what leaves the house is looked at elsewhere")]
mod invariants;

/// Nan's plan lies with Nan, as of 7 January 2026.
fn ward() -> Project {
    let project = Project::of("plans");
    project.merit(0, &["deploy", "--adopt", "2026-01-01"]);
    project.merit(0, &["import", "records/nurse.csv", "--from", "2026-01-01"]);
    project.merit(0, &["run", "--as-of", "2026-01-04"]);
    project
}

fn act(project: &Project, code: i32, line: &str) -> String {
    let words: Vec<String> = line.split(' ').map(|it| it.replace('_', " ")).collect();
    let words: Vec<&str> = std::iter::once("act").chain(words.iter().map(String::as_str)).collect();
    project.merit(code, &words)
}

fn holds(project: &Project) {
    let store = SqliteStore::open(&project.path("merit.db"), Access::ReadOnly).unwrap();
    invariants::each_case_is_in_one_state(&store).unwrap();
    invariants::the_chain_verifies(&store).unwrap();
    invariants::replay_gives_what_is_stored(&store).unwrap();
}

fn count(project: &Project, what: &str) -> i64 {
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.query_row(&format!("select count(*) from {what}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_case_is_ended_by_whom_the_policy_names_with_a_reason() {
    let project = ward();
    for (line, why, possible) in [
        ("nan withdraw --as max --because no --as-of 2026-01-05", "may not be withdrawn by max", "nurse (nan)"),
        ("nan withdraw --as nan --as-of 2026-01-05", "a reason is needed", "because"),
        ("nan cancel --as nan --because no --as-of 2026-01-05", "may not be cancelled by nan", "matron (mat)"),
    ] {
        let printed = act(&project, 2, line);
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let withdraw = "nan withdraw --as nan --because she_goes --key gone --as-of 2026-01-05";
    assert!(act(&project, 0, withdraw).contains("cancelled, marked \"withdrawn\""));
    assert!(act(&project, 0, withdraw).contains("this was done before"));
    let told = project.merit(0, &["case", "nan"]);
    assert!(told.contains("nan withdraws the case, because \"she goes\""), "{told}");
    assert!(
        act(&project, 0, "ola cancel --as mat --because closed --as-of 2026-01-05").contains("marked \"not needed\"")
    );
    project.merit(0, &["run", "--as-of", "2026-02-10"]);
    assert_eq!(count(&project, "effects where case_id in (select id from cases where subject in ('nan', 'ola'))"), 0);
    holds(&project);
}

#[test]
fn more_time_is_granted_by_whom_the_policy_names_and_told_in_the_derivation() {
    let project = ward();
    for (line, why, possible) in [
        ("mat extend 5 days --as max --because ill --as-of 2026-01-05", "only by matron", "nobody is"),
        ("nan extend 5 days --as max --because ill --as-of 2026-01-05", "only by matron", "that is mat"),
        ("nan extend 11 days --as mat --because ill --as-of 2026-01-05", "11 days are more", "10 days at most"),
        ("nan extend 1 month --as mat --because ill --as-of 2026-01-05", "can't be held against", "in days"),
        ("nan extend 5 days --as mat --as-of 2026-01-05", "a reason is needed", "because"),
        ("nan extend five days --as mat --because ill --as-of 2026-01-05", "`five days` is no length", "10 days"),
        ("nan extend 5 days --as mat --in look --because ill --as-of 2026-01-05", "`look` has not opened", "`write`"),
    ] {
        let printed = act(&project, 2, line);
        assert!(printed.contains(why) && printed.contains(possible), "{printed}");
    }
    let extend = "nan extend 1 week --as mat --key one --as-of 2026-01-05 --because ill\nin_bed";
    let done = act(&project, 0, extend);
    assert!(done.contains("mat extends `write` by 1 week to 2026-02-06, because \"ill in bed\""), "{done}");
    assert!(act(&project, 0, extend).contains("this was done before"));
    let again = act(&project, 2, "nan extend 1 day --as mat --because ill --as-of 2026-01-06");
    assert!(again.contains("once at most, and has been") && again.contains("6 February 2026"), "{again}");
    let told = project.merit(0, &["explain", "nan", "write"]);
    assert!(told.contains("extended by 1 week (granted by mat on 5 January 2026: ill in bed)"), "{told}");
    assert_eq!(count(&project, "deadlines where state = 'superseded' and round = 1"), 1);
    assert_eq!(count(&project, "tasks where stage = 'write' and holder = 'nan'"), 1);
    holds(&project);
}
