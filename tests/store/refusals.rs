//! The program on a store that can't be used: it says which file, why, and what to do; and afterwards the store is as it was.

use crate::folders::copy;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NOBODY: u32 = 65_534;

struct Project {
    folder: tempfile::TempDir,
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

impl Project {
    /// A project with open cases, and the seal of its store.
    fn new() -> (Self, String) {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        copy(Path::new("tests/projects/complaints"), project.folder.path());
        project.good(&["deploy", "--adopt", "2026-04-01"]);
        project.good(&["import", "records", "--from", "2026-04-01"]);
        project.good(&["run", "--as-of", "2026-04-15"]);
        let seal = project.seal();
        (project, seal)
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("merit.db")
    }

    fn merit(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_merit"));
        command.args(words).current_dir(self.folder.path()).env("NO_COLOR", "1");
        command
    }

    fn good(&self, words: &[&str]) -> String {
        let output = self.merit(words).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", text(&output));
        text(&output)
    }

    fn seal(&self) -> String {
        let printed = self.good(&["journal", "verify", "--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&printed).unwrap()["seal"].as_str().unwrap().to_owned()
    }

    /// The store opens and verifies, holds everything up to the noted seal, and goes on.
    fn is_whole(&self, seal: &str) {
        self.good(&["journal", "verify", "--seal", seal]);
        self.good(&["run", "--as-of", "2026-04-21"]);
    }
}

/// The program refused as it should: the world is in the way, it names the file and the reason, and says what to do.
fn refused(output: &Output, file: &str, reason: &str) {
    let told = text(output);
    assert_eq!(output.status.code(), Some(3), "{reason}: {told}");
    assert!(told.contains(file) && told.contains(reason), "`{file}` and `{reason}` are expected in: {told}");
    assert!(told.contains("help"), "no way out: {told}");
    assert!(!told.contains("panicked"), "{told}");
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let (project, seal) = Project::new();
    let path = project.store();
    let good = fs::read(&path).unwrap();
    let other = |statements: &str| {
        let file = project.folder.path().join("other.db");
        fs::write(&file, &good).unwrap();
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch(statements).unwrap();
        other.close().unwrap();
        fs::read(&file).unwrap()
    };
    let foreign = {
        let file = project.folder.path().join("foreign.db");
        let foreign = rusqlite::Connection::open(&file).unwrap();
        foreign
            .execute_batch("create table appointments (day text); insert into appointments values ('today')")
            .unwrap();
        foreign.close().unwrap();
        fs::read(&file).unwrap()
    };
    let mut scribbled = good.clone();
    scribbled[100..8_000].fill(0x5a);
    for (bytes, reason) in [
        (good[..good.len() / 2].to_vec(), "cut off"),
        (good[..60].to_vec(), "too short"),
        (Vec::new(), "too short"),
        (b"this is a letter, not a database; ".repeat(99), "no database"),
        (foreign, "another program"),
        (scribbled, "damaged"),
        (other("pragma user_version = 99"), "newer version of Merit"),
        (other("delete from store"), "damaged"),
    ] {
        fs::write(&path, &bytes).unwrap();
        for words in [&["status"][..], &["run", "--as-of", "2026-04-21"], &["import", "records"]] {
            refused(&project.merit(words).output().unwrap(), "merit.db", reason);
            assert!(fs::read(&path).unwrap() == bytes, "{words:?} on a file that is {reason} has written");
        }
    }
    fs::write(&path, &good).unwrap();
    project.is_whole(&seal);
}

/// Whom the world allows nothing: somebody else, where the tests themselves may do everything.
fn as_nobody(project: &Project, words: &[&str]) -> Output {
    let mut command = project.merit(words);
    if fs::metadata(project.folder.path()).unwrap().uid() == 0 {
        let program = project.folder.path().join("program");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_merit"), &program).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        command = Command::new(program);
        command.args(words).current_dir(project.folder.path()).env("NO_COLOR", "1").uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap()
}

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_store_that_may_not_be_written_is_refused_and_can_still_be_read() {
    let (project, seal) = Project::new();
    let lock = project.folder.path().join("merit.db-lock");
    permit(&lock, 0o666);
    permit(&project.store(), 0o444);
    permit(project.folder.path(), 0o777);
    refused(&as_nobody(&project, &["run", "--as-of", "2026-04-21"]), "merit.db", "can't be written");
    refused(&as_nobody(&project, &["import", "records"]), "merit.db", "can't be written");
    permit(&lock, 0o444);
    permit(project.folder.path(), 0o555);
    refused(&as_nobody(&project, &["run", "--as-of", "2026-04-21"]), "merit.db-lock", "can't be written");
    let read = as_nobody(&project, &["journal", "verify"]);
    assert_eq!(read.status.code(), Some(0), "an auditor reads a copy that nobody may write: {}", text(&read));
    permit(project.folder.path(), 0o755);
    permit(&project.store(), 0o644);
    permit(&lock, 0o644);
    project.is_whole(&seal);
}

/// A shell that runs the program where no file may grow beyond so many blocks of 512 bytes.
fn with_room_for(project: &Project, blocks: u64, words: &[&str]) -> Output {
    let script = format!("ulimit -f {blocks} && trap '' XFSZ && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_merit")]).args(words);
    command.current_dir(project.folder.path()).env("NO_COLOR", "1").output().unwrap()
}

/// A table of complaints that takes far more room than there is.
fn many_complaints(project: &Project, count: u32) {
    let path = project.folder.path().join("complaint.csv");
    let rows: String = (0..count).map(|it| format!("X{it},{},2026-04-05,S\n", "street light ".repeat(20))).collect();
    fs::write(path, format!("id,about,received,handler\n{rows}")).unwrap();
}

#[test]
fn a_disk_without_room_loses_nothing() {
    let (project, seal) = Project::new();
    many_complaints(&project, 1_000);
    let room = fs::metadata(project.store()).unwrap().len() / 512 + 100;
    refused(&with_room_for(&project, room, &["import", "complaint.csv"]), "merit.db", "nothing of this was kept");
    project.good(&["journal", "verify", "--seal", &seal]);
    assert!(!project.good(&["cases"]).contains("X1"));
    project.good(&["import", "complaint.csv"]);
    let imported = project.seal();
    assert_ne!(imported, seal);
    refused(&with_room_for(&project, room, &["run", "--as-of", "2026-04-16"]), "merit.db", "nothing of this was kept");
    project.good(&["journal", "verify", "--seal", &imported]);
    project.is_whole(&imported);
}

/// A real disk that is full, where the machine lets a test mount one.
#[test]
fn a_full_disk_is_told_as_such() {
    let (project, seal) = Project::new();
    many_complaints(&project, 5_000);
    let script = "mount -t tmpfs -o size=1536k none disk && cp merit.db disk/ && \
        sed 's,merit.db,disk/merit.db,' -i merit.toml && (\"$0\" import complaint.csv; echo \"ended with $?\"; \
        \"$0\" journal verify && cmp disk/merit.db merit.db && echo whole)";
    fs::create_dir(project.folder.path().join("disk")).unwrap();
    let mut unshare = Command::new("unshare");
    unshare.args(["-Urm", "sh", "-c", script, env!("CARGO_BIN_EXE_merit")]).current_dir(project.folder.path());
    let told = unshare.env("NO_COLOR", "1").output().map(|it| text(&it)).unwrap_or_default();
    if told.contains("ended with") {
        assert!(told.contains("the disk is full; nothing of this was kept") && told.contains("ended with 3"), "{told}");
        assert!(told.contains("make room") && told.contains("whole"), "{told}");
    } else {
        println!("this machine lets no test mount a disk: {told}");
        project.is_whole(&seal);
    }
}
