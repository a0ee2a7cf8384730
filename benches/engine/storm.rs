//! Everything due at one moment, drained by a process of its own, while somebody acts on cases.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use merit::store::sqlite::{Access, SqliteStore};

use crate::office::{self, STORM};

/// Lets a process drain the store and prints what it says.
pub(crate) fn measure(store: &Path, people: usize, batch: u32) {
    println!("## {people} due at one moment, batches of {batch}\n");
    let mut command = Command::new(std::env::current_exe().unwrap());
    let status = command.arg("storm").arg(store).arg(batch.to_string()).status().unwrap();
    assert!(status.success());
    println!();
}

pub(crate) fn run(path: &Path, batch: u32) {
    let mut store = SqliteStore::open(path, Access::Write).unwrap();
    let before = STORM.yesterday().unwrap();
    office::run(&mut store, before, batch);
    let times = store.time_transactions().unwrap();
    let done = AtomicBool::new(false);
    let (report, took, acts) = std::thread::scope(|scope| {
        let acting = scope.spawn(|| act(path.to_owned(), &done));
        let began = Instant::now();
        let report = office::run(&mut store, STORM, batch);
        let took = began.elapsed();
        done.store(true, Ordering::Relaxed);
        (report, took, acting.join().unwrap())
    });
    let mut transactions = times.take();
    transactions.sort();
    let longest = transactions.last().unwrap();
    println!("- drained in {took:.1?}: {} steps, {} effects", report.reminders, report.effects);
    println!(
        "- {} transactions, median {:.1?}, longest {longest:.1?}",
        transactions.len(),
        transactions[transactions.len() / 2]
    );
    println!(
        "- {} acts meanwhile, answered in {:.1?} (median), {:.1?} (longest)",
        acts.len(),
        acts[acts.len() / 2],
        acts.last().unwrap()
    );
    println!("- most memory: {} MB", most_memory());
}

/// Acts again and again until the store is drained, each time as a program that has just opened it; how long each act took, in order.
fn act(path: PathBuf, done: &AtomicBool) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut number: i64 = 0;
    while !done.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(200));
        number += 1;
        let began = Instant::now();
        office::fill(&path, number * 7);
        took.push(began.elapsed());
    }
    took.sort();
    took
}

fn most_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = text.lines().find_map(|it| it.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    peak.unwrap_or(0) / 1_024
}
