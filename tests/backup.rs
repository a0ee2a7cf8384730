//! A store that is copied, lost and taken back: nothing is missing, and nothing goes out twice.

#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

mod folders;
#[expect(dead_code, reason = "what needs a policy at hand")]
mod invariants;
mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use invariants::Outside;
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Filter, Store};
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

/// The store of a city with two complaints of long ago, and one of a day that is far ahead: what is dated before the restore may have
/// been sent before, what is dated behind it can't have been.
fn long_ago() -> Project {
    let project = Project::of("complaints");
    let complaints = "id,about,received,answered,settled,handler\nC1,street light,2020-04-05,,,S\nC2,bins,2020-04-06,2020-04-12,,S\n";
    fs::write(project.path("records/complaint.csv"), complaints).unwrap();
    project.merit(0, &["deploy", "--adopt", "2020-04-01"]);
    project.merit(0, &["import", "records", "--from", "2020-04-01"]);
    project
}

/// Three notices that are due and have not left: a reminder, and two when the answer was overdue.
fn three_due() -> Project {
    let project = long_ago();
    for day in ["2020-04-16", "2020-04-21"] {
        project.merit(0, &["run", "--as-of", day, "--no-send"]);
    }
    project
}

fn mails(project: &Project, folder: &str) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(project.path(folder)) else { return BTreeSet::new() };
    entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
}

fn keys(project: &Project, state: &str) -> Vec<String> {
    let outbox = project.json(if state == "held" { 1 } else { 0 }, &["outbox", "--state", state]);
    outbox["effects"].as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_the_lost_store_may_have_sent_waits_and_what_comes_later_goes_out() {
    let project = long_ago();
    project.merit(0, &["run", "--as-of", "2020-04-16", "--no-send"]);
    let noted = project.json(0, &["backup", "backup.db"])["seal"].as_str().unwrap().to_owned();
    for day in ["2020-04-16", "2020-04-21"] {
        project.merit(0, &["run", "--as-of", day]);
    }
    let lost = seal(&project.path("merit.db"));
    assert_eq!(mails(&project, "outbox").len(), 3, "a reminder, and two when it was overdue");
    fs::rename(project.path("outbox"), project.path("arrived")).unwrap();

    let there = project.merit(2, &["restore", "backup.db"]);
    assert!(there.contains("there is a store") && there.contains("--force"), "{there}");
    let report = project.json(1, &["restore", "backup.db", "--force"]);
    assert_eq!((&report["held"], &report["restored_seal"]), (&1.into(), &noted.as_str().into()));
    assert_eq!(seal(Path::new(report["kept"].as_str().unwrap())), lost, "the old store is kept");

    let run = project.merit(1, &["run", "--as-of", "2020-04-21"]);
    assert!(
        run.contains("0 mails sent") && run.contains("3 notices are held") && run.contains("outbox release"),
        "{run}"
    );
    assert_eq!(mails(&project, "outbox").len(), 0);
    let status = project.merit(1, &["status"]);
    assert!(status.contains("3 notices are held"), "{status}");
    let listed = project.merit(1, &["outbox"]);
    assert!(listed.contains("held: it may have left before the store was restored"), "{listed}");

    fs::write(project.path("complaint.csv"), "id,received,handler\nC9,2101-04-03,S\n").unwrap();
    project.merit(0, &["import", "complaint.csv"]);
    let later = project.json(1, &["run", "--as-of", "2101-04-25"]);
    let states = |of: &str| -> BTreeSet<(String, String)> {
        let notices = later["notices"].as_array().unwrap().iter().filter(|it| it["subject"] == of);
        notices.map(|it| (it["date"].as_str().unwrap().to_owned(), it["state"].as_str().unwrap().to_owned())).collect()
    };
    assert!(!states("C9").is_empty() && states("C9").iter().all(|(_, state)| state == "due"), "{later}");
    assert_eq!(states("C1"), BTreeSet::from([("2020-04-27".to_owned(), "held".to_owned())]), "a rung of long ago");
    assert_eq!((&later["sent"]["sent"], &later["sent"]["held"]), (&states("C9").len().into(), &4.into()));
    assert!(mails(&project, "outbox").is_disjoint(&mails(&project, "arrived")), "nothing leaves twice");

    let held = keys(&project, "held");
    let because = ["--because", "it is in the server's log"];
    project.merit(0, &[&["outbox", "drop", &held[0][..8], &held[1]], &because[..]].concat());
    project.merit(0, &["outbox", "release", "--all"]);
    assert_eq!(project.json(0, &["run", "--as-of", "2101-04-25"])["sent"]["sent"], 2);
    assert_eq!(project.json(0, &["run", "--as-of", "2101-04-25"])["sent"]["sent"], 0);
    assert_eq!(
        mails(&project, "outbox").intersection(&mails(&project, "arrived")).count(),
        1,
        "the one that was let go"
    );
    let case = project.merit(0, &["case", "C1"]);
    assert!(case.contains("is dropped, because it is in the server's log") && case.contains("is let go"), "{case}");
    let verified = project.json(0, &["journal", "verify", "--seal", &noted]);
    assert_eq!(verified["restores"][0]["from"], noted.as_str());
    assert!(verified["restores"][0]["actor"].as_str().unwrap().starts_with("person "), "{verified}");
    project.merit(1, &["journal", "verify", "--seal", &lost]);
}

#[test]
fn a_mail_that_was_being_tried_is_held_with_what_became_of_it() {
    let project = long_ago();
    let settings = "policies = [\"policy\"]\nquiet_hours = false\n[mail]\nto = \"smtp\"\nhost = \"127.0.0.1\"\nport = 1\nsecurity = \"plain\"\nfrom = \"desk@city.example\"\n";
    fs::write(project.path("merit.toml"), settings).unwrap();
    for day in ["2020-04-16", "2020-04-21"] {
        project.merit(0, &["run", "--as-of", day]);
    }
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.execute("update attempts set ended = null, result = null, detail = null where delivery = 2", []).unwrap();
    drop(store);
    project.merit(0, &["backup", "backup.db"]);
    assert_eq!(project.json(1, &["restore", "backup.db", "--force"])["held"], 3);
    let outbox = project.json(1, &["outbox", "--state", "held"]);
    let details: Vec<&str> =
        outbox["effects"].as_array().unwrap().iter().map(|it| it["detail"].as_str().unwrap()).collect();
    assert_eq!(
        details.iter().filter(|it| it.ends_with("; the backup was made during this attempt")).count(),
        1,
        "{details:?}"
    );
    assert_eq!(details.iter().filter(|it| it.contains("can't be reached")).count(), 2, "{details:?}");
    let sent = &project.json(1, &["run", "--as-of", "2020-04-21"])["sent"];
    assert_eq!(
        (&sent["sent"], &sent["later"], &sent["ambiguous"], &sent["held"]),
        (&0.into(), &0.into(), &0.into(), &3.into())
    );
    project.merit(0, &["outbox", "release", "--all"]);
    assert_eq!(project.json(0, &["run", "--as-of", "2020-04-21"])["sent"]["later"], 3, "each is tried again");
    project.merit(0, &["journal", "verify"]);
}

#[test]
fn after_a_release_everything_goes_out_once() {
    let project = three_due();
    project.merit(0, &["backup", "backup.db"]);
    fs::remove_file(project.path("merit.db")).unwrap();
    // A log of the lost store must not become one of the new.
    fs::write(project.path("merit.db-wal"), "left behind").unwrap();
    assert_eq!(project.json(1, &["restore", "backup.db"])["held"], 3);
    for _ in 0..2 {
        assert_eq!(project.json(1, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 0);
    }
    let one = &keys(&project, "held")[0];
    assert_eq!(project.json(0, &["outbox", "release", one])["effects"][0], one.as_str());
    assert_eq!(project.json(1, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 1);
    project.merit(0, &["outbox", "release", "--all"]);
    assert_eq!(project.json(0, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 2);
    assert_eq!(project.json(0, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 0);
    assert_eq!(mails(&project, "outbox").len(), 3);
    let store = SqliteStore::open(&project.path("merit.db"), Access::ReadOnly).unwrap();
    invariants::each_case_is_in_one_state(&store).unwrap();
    invariants::the_chain_verifies(&store).unwrap();
    invariants::replay_gives_what_is_stored(&store).unwrap();
    let ids: Vec<String> =
        store.effects(&Filter::default()).unwrap().iter().map(|it| message_id(&it.effect.key)).collect();
    let outside = Outside { mails: &ids, message_id: &message_id };
    invariants::there_is_one_effect_for_one_key(&store, &outside).unwrap();
    invariants::no_effect_is_before_its_cause(&store, &outside).unwrap();
}

fn message_id(key: &str) -> String {
    merit::deliver::message_id(key, "city.example")
}

#[test]
fn a_backup_that_is_no_good_takes_no_place() {
    let project = long_ago();
    project.merit(0, &["run", "--as-of", "2020-04-16"]);
    project.merit(0, &["backup", "good.db"]);
    let before = seal(&project.path("merit.db"));
    let good = fs::read(project.path("good.db")).unwrap();
    let mut flipped = good.clone();
    for byte in flipped.iter_mut().skip(4096 * 9).step_by(97) {
        *byte ^= 0x55;
    }
    fs::write(project.path("flipped.db"), flipped).unwrap();
    fs::write(project.path("cut.db"), &good[..good.len() / 2]).unwrap();
    fs::write(project.path("other.db"), "this is no database, but it is long enough to be taken for one; ".repeat(40))
        .unwrap();
    for (file, change) in [
        ("newer.db", "pragma user_version = 99"),
        ("forged.db", "update journal set payload = replace(payload, '2020', '2021') where case_id = 1 and seq = 1"),
    ] {
        fs::write(project.path(file), &good).unwrap();
        rusqlite::Connection::open(project.path(file)).unwrap().execute_batch(change).unwrap();
    }
    for (file, told) in [
        ("flipped.db", "damaged"),
        ("cut.db", "it was cut off"),
        ("other.db", "it is no database"),
        ("newer.db", "newer version"),
        ("forged.db", "entry 1 of case 1 was changed"),
    ] {
        let err = project.merit(3, &["restore", file, "--force"]);
        assert!(err.contains(told) && err.contains(file), "{file}: {err}");
        assert!(!err.contains(".part"), "{file}: {err}");
    }
    for (file, told) in [("nothing.db", "there is no file nothing.db"), ("merit.db", "is the store itself")] {
        let err = project.merit(2, &["restore", file, "--force"]);
        assert!(err.contains(told), "{file}: {err}");
    }
    assert_eq!(seal(&project.path("merit.db")), before);
    assert_eq!(replaced(&project).len(), 0);
    assert_eq!(left_behind(&project), Vec::<String>::new());
}

fn replaced(project: &Project) -> Vec<String> {
    let names = fs::read_dir(project.folder.path()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    names.filter(|it| it.starts_with("merit.db.replaced-")).collect()
}

#[test]
fn a_damaged_store_is_kept_and_replaced() {
    let project = long_ago();
    project.merit(0, &["run", "--as-of", "2020-04-16"]);
    project.merit(0, &["backup", "backup.db"]);
    fs::write(project.path("merit.db"), "what the disk made of it").unwrap();
    fs::write(project.path("merit.db-wal"), "and of its log").unwrap();
    project.merit(0, &["restore", "backup.db", "--force"]);
    let kept = project.path(&replaced(&project).into_iter().min().unwrap());
    assert_eq!(fs::read_to_string(&kept).unwrap(), "what the disk made of it");
    assert_eq!(fs::read_to_string(kept.display().to_string() + "-wal").unwrap(), "and of its log");
    project.merit(0, &["journal", "verify"]);
}

#[test]
fn a_store_at_work_is_not_replaced() {
    let project = long_ago();
    project.merit(0, &["backup", "backup.db"]);
    let lock =
        fs::OpenOptions::new().create(true).truncate(false).write(true).open(project.path("merit.db-lock")).unwrap();
    lock.lock().unwrap();
    let err = project.merit(3, &["restore", "backup.db", "--force"]);
    assert!(err.contains("another Merit engine"), "{err}");
    drop(lock);
    let reader = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    reader.execute_batch("begin; select count(*) from cases").unwrap();
    let err = project.merit(3, &["restore", "backup.db", "--force"]);
    assert!(err.contains("another program"), "{err}");
    drop(reader);
    project.merit(0, &["restore", "backup.db", "--force"]);
}

#[test]
fn a_backup_of_an_earlier_version_is_taken_back() {
    let project = Project::of("complaints");
    let earlier = fs::read("tests/fixtures/0.1/merit.db").unwrap();
    fs::write(project.path("earlier.db"), &earlier).unwrap();
    let report = project.json(1, &["restore", "earlier.db"]);
    assert!(report["held"].as_u64() > Some(0), "{report}");
    assert_eq!(fs::read(project.path("earlier.db")).unwrap(), earlier, "a backup is only read");
    project
        .merit(0, &["journal", "verify", "--seal", fs::read_to_string("tests/fixtures/0.1/seal.txt").unwrap().trim()]);
}

#[cfg(all(unix, debug_assertions))]
#[test]
fn a_restore_that_is_killed_leaves_one_store_or_the_other() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let project = long_ago();
    project.merit(0, &["run", "--as-of", "2020-04-16", "--no-send"]);
    let noted = project.json(0, &["backup", "backup.db"])["seal"].clone();
    project.merit(0, &["run", "--as-of", "2020-04-21"]);
    let old = seal(&project.path("merit.db"));
    for (at, is_old) in [("before-keeping", true), ("before-restoring", true), ("after-restoring", false)] {
        let mut restore = Command::new(env!("CARGO_BIN_EXE_merit"))
            .args(["restore", "backup.db", "--force"])
            .current_dir(project.folder.path())
            .env("MERIT_STOP_AT", format!("{at}:1"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(restore.stderr.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("stopped at"), "{line}");
        restore.kill().unwrap();
        restore.wait().unwrap();
        let verified = project.json(0, &["journal", "verify"]);
        assert_eq!(verified["seal"] == old.as_str(), is_old, "{at}");
        assert_eq!(verified["restores"].as_array().unwrap().len(), usize::from(!is_old), "{at}");
    }
    assert_eq!(project.json(1, &["restore", "backup.db", "--force"])["restored_seal"], noted);
    assert_eq!(project.json(1, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 0);
    project.merit(0, &["journal", "verify"]);
}

#[cfg(unix)]
#[test]
fn a_restore_that_is_killed_at_any_time_leaves_a_whole_store() {
    let project = three_due();
    project.merit(0, &["backup", "backup.db"]);
    let before = seal(&project.path("merit.db"));
    let restore = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_merit"));
        command.args(["restore", "backup.db", "--force", "--quiet"]).current_dir(project.folder.path());
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let began = std::time::Instant::now();
    restore().wait().unwrap();
    let took = began.elapsed();
    for part in 1..=10 {
        let mut killed = restore();
        std::thread::sleep(took * part / 10);
        killed.kill().unwrap();
        killed.wait().unwrap();
        let verified = project.json(0, &["journal", "verify", "--seal", &before]);
        assert_eq!(verified["restores"].as_array().unwrap().len(), 1, "never one upon the other: {verified}");
        assert_eq!(keys(&project, "held").len(), 3);
    }
    for kept in replaced(&project) {
        // A kept store is whole as well.
        assert!(kept.contains(".part") || !seal(&project.path(&kept)).is_empty());
    }
}

#[test]
fn acts_on_the_outbox_say_what_would_be_possible() {
    let project = three_due();
    let due = keys(&project, "due");
    project.merit(0, &["outbox", "drop", &due[0], "--because", "Dana knows"]);
    let dropped = project.json(0, &["outbox", "--state", "dropped"]);
    assert_eq!(
        (&dropped["effects"][0]["key"], &dropped["effects"][0]["detail"]),
        (&due[0].as_str().into(), &"Dana knows".into())
    );
    assert_eq!(project.json(0, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 2);
    for (words, told, help) in [
        (&["release", &due[1]][..], "is sent, and can't be released", "nothing can be done any more"),
        (&["retry", &due[0]], "is dropped, and can't be retried", "nothing can be done any more"),
        (&["release", "--all"], "no notice is held", "merit outbox"),
        (&["retry", "--dead"], "no notice is dead", "merit outbox"),
        (&["release", "abc"], "too short", "6 signs"),
        (&["drop", "abcdef0", "--because", "x"], "no effect whose key begins", "merit outbox"),
    ] {
        let err = project.merit(2, &[&["outbox"], words].concat());
        assert!(err.contains(told) && err.contains(help), "{words:?}: {err}");
    }
    let err = project.merit(2, &["outbox", "drop", &due[1]]);
    assert!(err.contains("--because"), "{err}");
    let store = rusqlite::Connection::open(project.path("merit.db")).unwrap();
    store.execute("update deliveries set state = 'ambiguous' where effect = ?1", [&due[1]]).unwrap();
    drop(store);
    let err = project.merit(2, &["outbox", "release", &due[1]]);
    assert!(err.contains("one that is ambiguous can be retried or dropped"), "{err}");
    project.merit(0, &["--format", "json", "outbox", "retry", &due[1][..10]]);
    assert_eq!(project.json(0, &["run", "--as-of", "2020-04-21"])["sent"]["sent"], 1);
    project.merit(0, &["journal", "verify"]);
}
