//! A store that takes the place of another: the copy of a backup, proved, in which nothing leaves by itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::store::backup::{Draft, Proved, in_one_file, sync_folder, unwritten};
use crate::store::sqlite::{Access, SqliteStore, beside, disk};
use crate::store::verify::Broken;
use crate::store::{Actor, StoreError};

/// What SQLite keeps beside a store that is open, or that was left by a program that stopped.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A restored store that is not in its place yet.
#[derive(Debug)]
pub struct Restored {
    draft: Draft,
    /// What the backup holds.
    pub proved: Proved,
    /// How many effects are held: those that were still to be sent when the backup was made.
    pub held: u64,
    /// The seal of the commit that keeps who restored it, and when.
    pub seal: String,
}

impl Restored {
    /// Copies a backup to beside where it will be, proves the copy, and holds whatever is still to be sent in it. The backup itself
    /// is only read.
    ///
    /// # Errors
    /// When the file is no store, or one of a newer version, or when the disk does not allow it. A damaged backup is no error but
    /// an answer.
    pub fn prepare(file: &Path, target: &Path, actor: &Actor, at: i64) -> Result<Result<Self, Broken>, StoreError> {
        let backup = SqliteStore::open_as_it_is(file, Access::ReadOnly)?;
        match Self::copied(&backup, target, actor, at) {
            Err(StoreError::Damaged(what) | StoreError::Foreign(_, what)) => Ok(Err(Broken::told(what))),
            other => other,
        }
    }

    fn copied(backup: &SqliteStore, target: &Path, actor: &Actor, at: i64) -> Result<Result<Self, Broken>, StoreError> {
        let draft = Draft::for_those_of(backup, target, target)?;
        let store = SqliteStore::open(&draft.path, Access::Write)?;
        let proved = match store.prove()? {
            Ok(proved) => proved,
            Err(broken) => return Ok(Err(broken)),
        };
        store.begin_immediate()?;
        let held = store.hold_what_waits(at)?;
        store.connection.execute("update store set restored = ?1", [at]).map_err(disk)?;
        store.seal_commit(store.read_state()?.rev + 1, at, None, &actor.to_string(), "restore", None)?;
        store.end(())?;
        let seal = store.read_state()?.seal;
        in_one_file(&store.connection)?;
        Ok(Ok(Self { draft, proved, held, seal }))
    }

    /// Puts it in its place, at once or not at all.
    ///
    /// # Errors
    /// When the disk does not allow it.
    pub fn put(self, target: &Path) -> Result<(), StoreError> {
        self.draft.put(target)
    }
}

/// The store that stands where another is to be: nobody else works with it while this lives.
#[derive(Debug)]
pub struct Replaced {
    /// Where a copy of it is kept; nothing, if none was there.
    pub kept: Option<PathBuf>,
    _alone: Option<SqliteStore>,
}

impl Replaced {
    /// Keeps what stands at `target` under a name beside it that says when. A store that can be opened is copied as a whole; of a
    /// damaged one, every file as it is.
    ///
    /// # Errors
    /// When somebody works with the store, or the disk does not allow it.
    pub fn keep(target: &Path, when: &str) -> Result<Self, StoreError> {
        let kept = free_name(target, when);
        if !target.exists() {
            return Self::keep_files(target, &kept);
        }
        match alone(target) {
            Ok(store) => {
                Draft::of(&store, &kept)?.put(&kept)?;
                Ok(Self { kept: Some(kept), _alone: Some(store) })
            }
            Err(it @ (StoreError::Locked | StoreError::Unwritable(_) | StoreError::Full)) => Err(it),
            Err(_) => Self::keep_files(target, &kept),
        }
    }

    /// Keeps the files that are there. What SQLite would take for the log of the new store goes away.
    fn keep_files(target: &Path, kept: &Path) -> Result<Self, StoreError> {
        let mut found = false;
        for ending in [""].iter().chain(&BESIDE) {
            let (from, to) = (beside(target, ending), beside(kept, ending));
            if from.exists() {
                let copied = fs::copy(&from, &to).and_then(|_| fs::File::open(&to)?.sync_all());
                copied.map_err(|error| unwritten(&to, &error))?;
                found = true;
            }
        }
        sync_folder(kept).map_err(|error| unwritten(kept, &error))?;
        for ending in BESIDE {
            let left = beside(target, ending);
            if left.exists() {
                fs::remove_file(&left).map_err(|error| unwritten(&left, &error))?;
            }
        }
        Ok(Self { kept: found.then(|| kept.to_owned()), _alone: None })
    }
}

/// Opens a store so that nobody else can, with everything in its one file.
fn alone(path: &Path) -> Result<SqliteStore, StoreError> {
    let store = SqliteStore::open_as_it_is(path, Access::Write)?;
    store.connection.pragma_update(None, "locking_mode", "exclusive").map_err(disk)?;
    in_one_file(&store.connection)?;
    // The lock is taken by this, and kept until the store is closed.
    store.connection.execute_batch("begin exclusive; commit").map_err(disk)?;
    Ok(store)
}

fn free_name(target: &Path, when: &str) -> PathBuf {
    let name = |nth: u32| {
        let nth = if nth == 1 { String::new() } else { format!("-{nth}") };
        beside(target, &format!(".replaced-{when}{nth}"))
    };
    let mut nth = 1;
    while name(nth).exists() {
        nth += 1;
    }
    name(nth)
}
