//! Stores that earlier versions wrote: today's program opens them, proves their journals, and goes on with their cases.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;

use folders::copy;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn merit(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_merit")).args(words).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.code().is_some_and(|it| it <= 1), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir("tests/fixtures").unwrap().map(|it| it.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|it| it.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// A copy that may be changed; the fixture itself never is.
fn copied(fixture: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(fixture, folder.path());
    folder
}

#[test]
fn a_store_of_an_earlier_version_goes_on_where_it_stood() {
    for fixture in fixtures() {
        let folder = copied(&fixture);
        let seal = fs::read_to_string(fixture.join("seal.txt")).unwrap();
        let verify = ["journal", "verify", "--seal", seal.trim()];
        let before = merit(folder.path(), &verify);
        assert_eq!(before.status.code(), Some(0), "{}: {}", fixture.display(), text(&before));
        assert!(text(&before).contains(seal.trim()), "{}: nothing lies behind the seal yet", fixture.display());

        let written = fs::read_to_string(fixture.join("expected.txt")).unwrap();
        let session = session(folder.path(), &written);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(fixture.join("expected.txt"), &session).unwrap();
        } else {
            assert_eq!(session, written, "{}: UPDATE_EXPECT=1 writes it anew", fixture.display());
        }
        let after = merit(folder.path(), &verify);
        assert_eq!(after.status.code(), Some(0), "{}: the noted seal is still in the chain", fixture.display());
        assert!(!text(&after).contains(seal.trim()), "{}: and the chain has grown", fixture.display());
    }
}

/// The commands of a transcript, each with what it prints.
fn session(folder: &Path, written: &str) -> String {
    let run = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().skip(2).collect();
        format!("{line}\n{}", text(&merit(folder, &words)))
    };
    written.lines().filter(|it| it.starts_with("$ merit ")).map(run).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_fixture_of_proceedings_holds_what_people_did_and_what_came_of_it() {
    let folder = copied(Path::new("tests/fixtures/0.1-engine"));
    let store = rusqlite::Connection::open(folder.path().join("merit.db")).unwrap();
    let words = |sql: &str| -> BTreeSet<String> {
        let mut statement = store.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let kinds = words("select kind from journal");
    for kind in ["sent", "accepted", "received", "filled", "chosen", "case_ended"] {
        assert!(kinds.contains(kind), "{kind} is not among {kinds:?}");
    }
    assert_eq!(words("select state from outcomes"), ["in force", "proposed"].map(str::to_owned).into());
    assert_eq!(words("select actor from refusals").len(), 1);
}

#[test]
fn the_fixture_of_boards_holds_what_several_do_what_stands_still_and_what_is_held_back() {
    let folder = copied(Path::new("tests/fixtures/0.1-boards"));
    let store = rusqlite::Connection::open(folder.path().join("merit.db")).unwrap();
    let holds = |what: &str| {
        let sql = format!("select count(*) > 0 from {what}");
        assert!(store.query_row(&sql, [], |row| row.get::<_, bool>(0)).unwrap(), "{what}");
    };
    holds("cases where status = 'open' and json_array_length(state, '$.stages.ruling.votes') = 1");
    holds("cases where status = 'open' and json_array_length(state, '$.recused') = 1");
    holds("cases where status = 'open' and json_extract(state, '$.stages.collect.completed') is not null");
    holds("deadlines where state = 'suspended'");
    holds("cases where set_aside like '%appeal_ruling%'");
    holds("outcomes where state = 'stayed'");
    holds("outcomes where state = 'in force'");
    holds("effects where state = 'held'");
}

#[test]
fn a_fixture_holds_cases_and_notices_of_every_kind() {
    for fixture in fixtures().into_iter().filter(|it| it.join("joined").is_dir()) {
        let folder = copied(&fixture);
        let store = rusqlite::Connection::open(folder.path().join("merit.db")).unwrap();
        let words = |sql: &str| -> BTreeSet<String> {
            let mut statement = store.prepare(sql).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.collect::<Result<_, _>>().unwrap()
        };
        let all = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(words("select status from cases"), all(&["open", "completed", "cancelled"]));
        assert_eq!(words("select cast(policy as text) from cases where status = 'open'"), all(&["1", "2"]));
        let aside = words("select subject from cases where set_aside is not null and status = 'open'");
        assert_eq!(aside, all(&["EVE"]));
        let states = words("select state from deadlines");
        assert!(all(&["running", "suspended", "met", "cancelled"]).is_subset(&states), "{states:?}");
        let overdue = words(
            "select c.subject from deadlines d join cases c on c.id = d.case_id
             where d.state = 'running' and d.due < (select as_of from store)",
        );
        assert!(overdue.contains("ADA"), "{overdue:?}");
        let notices =
            words("select coalesce(d.state, e.state) from effects e left join deliveries d on d.id = e.delivery");
        assert!(all(&["sent", "due", "undeliverable"]).is_subset(&notices), "{notices:?}");
    }
}
