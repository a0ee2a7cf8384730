//! `merit restore`: a backup takes the place of the store, and nothing leaves it by itself that may have left already.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::{Done, Failure, Format, Global, Outcome, backup, open, output};
use crate::engine::{Point, point};
use crate::store::sqlite::SqliteStore;
use crate::store::{Proved, Replaced, Restored, StoreError};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file that `merit backup` wrote
    file: PathBuf,
    /// Take the place of the store that is there; it is kept beside under a name that says when
    #[arg(long)]
    force: bool,
}

/// What was restored, for programs.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    cases: u64,
    records: u64,
    entries: u64,
    as_of: Option<String>,
    /// The last seal of the backup.
    restored_seal: String,
    /// The seal of the commit that keeps the restore.
    seal: String,
    held: u64,
    kept: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    // Behind a link, the store itself is replaced.
    let target = &project.store.canonicalize().unwrap_or_else(|_| project.store.clone());
    let file = &arguments.file;
    if !file.is_file() {
        return Err(Failure::usage(format!("there is no file {}", file.display())));
    }
    if backup::is_same(file, target) {
        return Err(Failure::usage(format!("{} is the store itself; nothing was changed", file.display())));
    }
    if target.exists() && !arguments.force {
        return Err(Failure::usage(format!("there is a store at {}; nothing was changed", target.display()))
            .help("--force lets the backup take its place, and keeps it beside under a name that says when"));
    }
    let _lock = SqliteStore::lock_engine(target)?;
    let now = jiff::Timestamp::now();
    let restored = Restored::prepare(file, target, &open::actor(), now.as_second())
        .map_err(|error| unfit(error, file))?
        .map_err(|broken| refused(&format!("{} does not verify: {broken}", file.display())))?;
    point(Point::BeforeKeeping);
    let replaced = Replaced::keep(target, &now.strftime("%Y-%m-%dT%H-%M-%SZ").to_string())?;
    point(Point::BeforeRestoring);
    let (proved, held, seal) = (restored.proved.clone(), restored.held, restored.seal.clone());
    restored.put(target)?;
    point(Point::AfterRestoring);
    let kept = replaced.kept.as_ref().map(|it| it.display().to_string());
    let report = Report::of(file, &proved, held, seal, kept);
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Human => output::text(&words(&report, &proved))?,
    };
    Ok(if held > 0 { Done::Findings } else { Done::Clean })
}

fn refused(words: &str) -> Failure {
    Failure::environment(format!("{words}; nothing was changed")).help("take another backup")
}

/// What is wrong with the backup is not said of the store.
fn unfit(error: StoreError, file: &Path) -> Failure {
    match error {
        StoreError::Foreign(..) => refused(&error.to_string()),
        StoreError::Damaged(what) => refused(&format!("{} is damaged: {what}", file.display())),
        other => other.into(),
    }
}

impl Report {
    fn of(file: &Path, proved: &Proved, held: u64, seal: String, kept: Option<String>) -> Self {
        Self {
            file: file.display().to_string(),
            cases: proved.cases,
            records: proved.records,
            entries: proved.entries,
            as_of: proved.as_of.map(|it| it.to_string()),
            restored_seal: proved.seal.clone(),
            seal,
            held,
            kept,
        }
    }
}

fn words(report: &Report, proved: &Proved) -> String {
    let until = report.as_of.as_ref().map_or_else(String::new, |day| format!(", run up to {day}"));
    let mut words = format!("The store is restored from {}: {}{until}.\n", report.file, backup::holdings(proved));
    if let Some(kept) = &report.kept {
        words += &format!("What was here before is kept in {kept}.\n");
    }
    words += &format!("The journal goes on from the seal {}\n", report.restored_seal);
    if report.held > 0 {
        words += &format!("{}\n", held(report.held));
    }
    words
        + "What the store decides anew for a moment before now is held as well; what comes due from now on goes out as usual.\n"
}

/// What is to be said of effects that are held.
pub(super) fn held(number: u64) -> String {
    format!(
        "{}: since the backup was made, the store as it was may have sent {}.\n`merit outbox --state held` lists, `merit outbox release` lets go, `merit outbox drop` gives up.",
        output::count(number, "notice is held", "notices are held"),
        if number == 1 { "it" } else { "them" },
    )
}
