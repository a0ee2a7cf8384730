//! The real program on a disk that fails: full, broken, writing half or not keeping what it was given, at every write and sync in turn.
//!
//! A small library (`tests/faults/disk.c`) is loaded around the program, so this is for Linux and a C compiler, which SQLite's build
//! needs anyway. `MERIT_DISK` says at how many places each kind of fault is tried in each step (5); 0 stands for all of them.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test whose program does not start has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "faults/mod.rs"]
mod faults;
mod folders;
#[path = "crash/picture.rs"]
mod picture;

use faults::{Stands, World, told};

/// The library, built once; nothing where that can't be.
fn library(folder: &Path) -> Option<PathBuf> {
    let made = folder.join("disk.so");
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let arguments = ["-shared", "-fPIC", "-O1", "-o"];
    let built = Command::new(compiler).args(arguments).arg(&made).args(["tests/faults/disk.c", "-ldl"]).status();
    let built = built.is_ok_and(|it| it.success());
    built.then_some(made)
}

/// A step of the story and the file on which the disk fails.
struct Step {
    words: &'static [&'static str],
    file: &'static str,
}

const STORY: [Step; 7] = [
    Step { words: &["deploy", "--adopt", "2026-04-01"], file: "merit.db" },
    Step { words: &["import", "records", "--from", "2026-04-01"], file: "merit.db" },
    Step { words: &["run", "--as-of", "2026-04-15"], file: "merit.db" },
    Step {
        words: &["act", "2", "fill", "settled=2026-04-16", "--as", "S", "--key", "k1", "--as-of", "2026-04-16"],
        file: "merit.db",
    },
    Step { words: &["run", "--as-of", "2026-04-21"], file: "merit.db" },
    Step { words: &["backup", "saved.db", "--force"], file: "saved.db" },
    Step { words: &["restore", "saved.db", "--force"], file: "merit.db" },
];

/// A call with the library around it.
fn with(world: &World, library: &Path, step: &Step, fault: &str) -> Output {
    let mut command = world.merit(step.words);
    command.env("LD_PRELOAD", library).env("MERIT_DISK_FILE", step.file).env("MERIT_DISK_FAULT", fault);
    command.env("MERIT_DISK_COUNT", world.path("count")).output().unwrap()
}

/// How many writes and syncs there were.
fn counted(world: &World) -> Option<(u64, u64)> {
    let text = fs::read_to_string(world.path("count")).ok()?;
    let (writes, syncs) = text.trim().split_once(' ')?;
    Some((writes.parse().ok()?, syncs.parse().ok()?))
}

/// So many places of all, the first and the last among them.
fn places(all: u64, some: u64) -> BTreeSet<u64> {
    if some == 0 || some >= all {
        return (1..=all).collect();
    }
    (0..some).map(|it| 1 + it * (all - 1) / (some - 1).max(1)).collect()
}

#[test]
fn a_disk_that_fails_loses_nothing_and_repeats_nothing() {
    let built = tempfile::tempdir().unwrap();
    let Some(library) = library(built.path()) else {
        println!("disk faults were left out: no library can be built here");
        return;
    };
    let some = std::env::var("MERIT_DISK").map_or(5, |it| it.parse().unwrap());
    let mut before = World::of("complaints");
    let (mut tried, mut refused) = (0, 0);
    for step in &STORY {
        let after = before.twin();
        let output = with(&after, &library, step, "none:0");
        assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}: {}", step.words, told(&output));
        let Some((writes, syncs)) = counted(&after).filter(|it| it.0 > 0) else {
            println!("disk faults were left out: the library can't be loaded around the program");
            return;
        };
        let expected = [after.stands()];
        for (kind, all) in [("full", writes), ("eio", writes), ("short", writes), ("sync", syncs)] {
            for nth in places(all, some) {
                let world = before.twin();
                let fault = format!("{kind}:{nth}");
                let output = with(&world, &library, step, &fault);
                tried += 1;
                refused += u64::from(output.status.code() == Some(3));
                let place = format!("{:?} with {fault}", step.words);
                is_mended(&world, step, &output, &expected, &place);
            }
        }
        before = after;
    }
    println!("disk: {tried} faults, {refused} of them refused");
    assert!(refused * 3 > tried, "faults are noticed");
}

/// The program said what is wrong and what to do; what was committed is there, and the same call again ends as it would have.
fn is_mended(world: &World, step: &Step, output: &Output, expected: &[Stands], place: &str) {
    let words = told(output);
    assert!(!words.contains("panicked"), "{place}: {words}");
    match output.status.code() {
        // What failed could be done without, such as taking over the log into the file.
        Some(0 | 1) => {}
        Some(3) => assert!(words.contains("help: ") && words.contains(".db"), "{place}: no way out: {words}"),
        other => panic!("{place}: ended with {other:?}: {words}"),
    }
    assert_eq!(world.leftovers(), Vec::<String>::new(), "{place}");
    world.goes_on(step.words, expected, place);
}
