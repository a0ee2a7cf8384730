//! `merit backup`: all of the store in one proved file, while others work with it.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::{Failure, Format, Global, Outcome, open, output};
use crate::store::{Draft, Proved};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file to write
    file: PathBuf,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

/// What a backup holds, for programs.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    bytes: u64,
    cases: u64,
    records: u64,
    entries: u64,
    commits: u64,
    seal: String,
    as_of: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let file = &arguments.file;
    let store = open::reading_store(&project)?;
    refuse_target(file, &project.store, arguments.force)?;
    let draft = Draft::of(&store, file)?;
    let proved = draft.prove()?.map_err(|broken| {
        Failure::environment(format!("no backup was made, for the store does not verify: {broken}"))
            .help("keep the store as it is and look for the last backup that was made; `merit restore` takes it back")
    })?;
    // Somebody may have written it meanwhile.
    refuse_target(file, &project.store, arguments.force)?;
    draft.put(file)?;
    match global.format {
        Format::Json => output::json(&Report::of(file, &proved)),
        Format::Human => output::text(&words(file, &proved)),
    }
}

fn refuse_target(file: &Path, store: &Path, force: bool) -> Result<(), Failure> {
    let shown = file.display();
    if file.is_dir() {
        return Err(Failure::usage(format!("{shown} is a folder")).help("name the file that the backup is to be"));
    }
    let same =
        |one: &Path, other: &Path| one.canonicalize().ok().is_some_and(|it| Some(it) == other.canonicalize().ok());
    if same(file, store) {
        return Err(Failure::usage(format!("{shown} is the store itself")).help("name another file"));
    }
    if file.exists() && !force {
        return Err(Failure::usage(format!("{shown} is there already; nothing was written"))
            .help("name another file, or replace this one with --force"));
    }
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    if Path::new(&log).exists() {
        return Err(
            Failure::usage(format!("a program works with {shown}; nothing was written")).help("name another file")
        );
    }
    Ok(())
}

/// Whether two names lead to the same file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|it| other.canonicalize().is_ok_and(|other| it == other))
}

impl Report {
    fn of(file: &Path, proved: &Proved) -> Self {
        Self {
            file: file.display().to_string(),
            bytes: proved.bytes,
            cases: proved.cases,
            records: proved.records,
            entries: proved.entries,
            commits: proved.commits,
            seal: proved.seal.clone(),
            as_of: proved.as_of.map(|it| it.to_string()),
        }
    }
}

/// What a proved store holds, in words.
pub(super) fn holdings(proved: &Proved) -> String {
    format!(
        "{}, {}, {}",
        output::count(proved.cases, "case", "cases"),
        output::count(proved.records, "record", "records"),
        output::count(proved.entries, "journal entry", "journal entries"),
    )
}

fn words(file: &Path, proved: &Proved) -> String {
    let until = proved.as_of.map_or_else(String::new, |day| format!(", run up to {day}"));
    format!(
        "The store is backed up in {}: {}{until}.\nThe copy is whole and its journal verifies.\nSeal: {}\nNote it elsewhere: `merit journal verify --seal` proves later that it is still in the chain.\n",
        file.display(),
        holdings(proved),
        proved.seal,
    )
}
