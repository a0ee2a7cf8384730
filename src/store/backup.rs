//! A copy of a store in one file: taken while others work with the store, and proved before anybody relies on it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::store::StoreError;
use crate::store::points::pass;
use crate::store::records::quoted;
use crate::store::sqlite::{Access, SqliteStore, beside, disk};
use crate::store::verify::Broken;

/// How often a copy is begun again because the store is locked, and how long is waited in between.
pub(super) const TRIES: u32 = 100;
pub(super) const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// What a whole store holds, as it was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// The length of the file in bytes.
    pub bytes: u64,
    /// Cases.
    pub cases: u64,
    /// Records of every type.
    pub records: u64,
    /// Entries of the journals of all cases.
    pub entries: u64,
    /// Commits.
    pub commits: u64,
    /// The seal of the last commit.
    pub seal: String,
    /// The last day up to which the engine has run.
    pub as_of: Option<Date>,
}

/// A copy that is not in its place yet. It is removed again unless it is put there.
#[derive(Debug)]
pub struct Draft {
    pub(super) path: PathBuf,
}

impl Draft {
    /// Copies a store, as it stands in one moment, to a new file beside `target`; others may write to the store meanwhile.
    ///
    /// # Errors
    /// When the store can't be read or the file not be written.
    pub fn of(store: &SqliteStore, target: &Path) -> Result<Self, StoreError> {
        Self::for_those_of(store, target, &store.path)
    }

    /// The same, for those to read and to write who may do so with the file `like`, if that is there.
    pub(super) fn for_those_of(store: &SqliteStore, target: &Path, like: &Path) -> Result<Self, StoreError> {
        let draft = Self { path: beside(target, &format!(".{}.part", std::process::id())) };
        draft.copy(store, like)?;
        Ok(draft)
    }

    fn copy(&self, store: &SqliteStore, like: &Path) -> Result<(), StoreError> {
        // Made before SQLite would make it, so that nobody reads a copy who may not read the store.
        let made = OpenOptions::new().create(true).truncate(true).write(true).open(&self.path);
        let made = made.map_err(|error| unwritten(&self.path, &error))?;
        if let Ok(like) = fs::metadata(like) {
            made.set_permissions(like.permissions()).map_err(|error| unwritten(&self.path, &error))?;
        }
        drop(made);
        let at_copy = |error: rusqlite::Error| match disk(error) {
            it @ (StoreError::Damaged(_) | StoreError::Locked) => it,
            other => unwritten(&self.path, &other),
        };
        pass("copying");
        let mut copy = Connection::open(&self.path).map_err(at_copy)?;
        let backup = Backup::new(&store.connection, &mut copy).map_err(at_copy)?;
        let mut tries = 0;
        // All pages in one step: what others commit meanwhile belongs to the next backup, and does not begin this one anew.
        while backup.step(-1).map_err(at_copy)? != StepResult::Done {
            tries += 1;
            if tries == TRIES {
                return Err(StoreError::Locked);
            }
            std::thread::sleep(PAUSE);
        }
        drop(backup);
        // One file that needs no other beside it, and that can be read where nobody may write.
        in_one_file(&copy)?;
        copy.close().map_err(|(_, error)| at_copy(error))?;
        pass("copied");
        Ok(())
    }

    /// Proves the copy: see [`SqliteStore::prove`].
    ///
    /// # Errors
    /// When it can't be read.
    pub fn prove(&self) -> Result<Result<Proved, Broken>, StoreError> {
        SqliteStore::open(&self.path, Access::ReadOnly)?.prove()
    }

    /// Puts the copy in its place, once it is safely on the disk. What stood there is replaced, at once or not at all.
    ///
    /// # Errors
    /// When the disk does not allow it.
    pub fn put(self, target: &Path) -> Result<(), StoreError> {
        let synced = File::open(&self.path).and_then(|it| it.sync_all());
        pass("putting");
        let put = synced.and_then(|()| fs::rename(&self.path, target));
        pass("put");
        put.and_then(|()| sync_folder(target)).map_err(|error| unwritten(target, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            // Mostly there is nothing there; what can't be removed does no harm.
            let _ = fs::remove_file(beside(&self.path, ending));
        }
    }
}

/// Ends the use of a log beside the file.
pub(super) fn in_one_file(connection: &Connection) -> Result<(), StoreError> {
    let mode = connection.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get::<_, String>(0));
    if mode.map_err(disk)? == "delete" { Ok(()) } else { Err(StoreError::Locked) }
}

/// What stands in a folder is safe only when the folder is.
pub(super) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only Unix opens folders.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

pub(super) fn unwritten(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    StoreError::File(format!("{} can't be written: {error}", path.display()))
}

impl SqliteStore {
    /// Proves that the store is whole: every page and index, every reference, and the chain of the journal.
    ///
    /// # Errors
    /// When the store can't be read. What does not hold is no error but an answer.
    pub fn prove(&self) -> Result<Result<Proved, Broken>, StoreError> {
        if let Err(broken) = self.verify_file()? {
            return Ok(Err(broken));
        }
        let verified = match self.verify_journal(None)? {
            Ok(verified) => verified,
            Err(broken) => return Ok(Err(broken)),
        };
        let bytes = fs::metadata(&self.path).map_or(0, |it| it.len());
        let (cases, records, as_of) = (verified.cases, self.count_records()?, self.read_state()?.as_of);
        let (entries, commits, seal) = (verified.entries, verified.commits, verified.seal);
        Ok(Ok(Proved { bytes, cases, records, entries, commits, seal, as_of }))
    }

    fn count_records(&self) -> Result<u64, StoreError> {
        let mut types = self.connection.prepare("select name from record_types").map_err(disk)?;
        let names = types.query_map([], |row| row.get::<_, String>(0)).map_err(disk)?;
        let mut all = 0;
        for name in names {
            let sql = format!("select count(*) from {}", quoted(&format!("r_{}", name.map_err(disk)?)));
            all += self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map_err(disk)?;
        }
        Ok(u64::try_from(all).unwrap_or(0))
    }
}
