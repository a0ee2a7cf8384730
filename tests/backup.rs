//! A store that is copied, lost and taken back: nothing is missing, and nothing goes out twice.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;
mod program;

use std::fs;
use std::path::Path;

use merit::store::Store;
use merit::store::sqlite::{Access, SqliteStore};
use program::{Project, complaints};

/// What stands beside a project's files and is not one of them: drafts and logs that were left behind.
fn left_behind(project: &Project) -> Vec<String> {
    let names = fs::read_dir(project.folder.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|it| it.contains(".part") || it.contains("backup") && it.contains('-')).collect()
}

fn seal(file: &Path) -> String {
    SqliteStore::open(file, Access::ReadOnly).unwrap().state().unwrap().seal
}

#[test]
fn a_backup_is_one_proved_file_and_says_what_it_holds() {
    let project = complaints();
    project.merit(0, &["run", "--as-of", "2026-04-16"]);
    let report = project.json(0, &["backup", "backup.db"]);
    assert_eq!((&report["cases"], &report["records"]), (&2.into(), &5.into()));
    assert_eq!(report["seal"], seal(&project.path("merit.db")));
    assert_eq!(
        (report["seal"].as_str(), report["as_of"].as_str()),
        (Some(&*seal(&project.path("backup.db"))), Some("2026-04-16"))
    );
    assert_eq!(left_behind(&project), Vec::<String>::new());

    let there = project.merit(2, &["backup", "backup.db"]);
    assert!(there.contains("is there already") && there.contains("--force"), "{there}");
    project.merit(0, &["run", "--as-of", "2026-04-21"]);
    let words = project.merit(0, &["backup", "backup.db", "--force"]);
    assert!(words.contains("2 cases, 5 records") && words.contains("run up to 2026-04-21"), "{words}");
    assert_eq!(seal(&project.path("backup.db")), seal(&project.path("merit.db")));
}

#[test]
fn a_backup_that_cannot_be_good_is_not_made() {
    let project = complaints();
    for (words, told) in
        [(&["backup", "merit.db", "--force"][..], "is the store itself"), (&["backup", "records"], "is a folder")]
    {
        let err = project.merit(2, words);
        assert!(err.contains(told), "{words:?}: {err}");
    }
    let err = project.merit(3, &["backup", "nowhere/backup.db"]);
    assert!(err.contains("nowhere/backup.db") && err.contains("can't be written"), "{err}");
    project.merit(0, &["run", "--as-of", "2026-04-16"]);
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.execute("update journal set actor = 'person X' where case_id = 1 and seq = 1", []).unwrap();
    drop(store);
    let err = project.merit(3, &["backup", "backup.db"]);
    assert!(err.contains("entry 1 of case 1"), "{err}");
    assert!(!project.path("backup.db").exists());
    assert_eq!(left_behind(&project), Vec::<String>::new());
}

#[test]
fn a_backup_of_a_store_at_work_is_whole() {
    let project = complaints();
    let folder = project.folder.path().to_owned();
    let at_work = std::thread::spawn(move || {
        for day in 10..=28 {
            let day = format!("2026-04-{day}");
            let run = program::merit(&folder, &["run", "--as-of", &day]);
            assert!(run.status.code() <= Some(1), "{}", program::text(&run.stderr));
        }
    });
    let mut commits = Vec::new();
    while commits.len() < 3 || !at_work.is_finished() {
        let report = project.json(0, &["backup", "backup.db", "--force"]);
        let store = SqliteStore::open(&project.path("backup.db"), Access::ReadOnly).unwrap();
        let verified = store.verify_journal(report["seal"].as_str()).unwrap().unwrap();
        commits.push(verified.commits);
    }
    at_work.join().unwrap();
    assert!(commits.is_sorted(), "{commits:?}");
}
