//! A copy of a store on which something can be tried: nobody else sees it, and it is gone with the program.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::store::StoreError;
use crate::store::backup::{PAUSE, TRIES};
use crate::store::sqlite::{Access, SqliteStore, disk};

impl SqliteStore {
    /// A private copy of the store at a path, as it stands in one moment, brought to the schema of this version. Nothing is written to the
    /// store itself, and others may write to it meanwhile.
    ///
    /// # Errors
    /// When there is none, or it can't be read.
    pub fn try_out(path: &Path) -> Result<Self, StoreError> {
        let store = match Self::open_as_it_is(path, Access::ReadOnly) {
            // Left by a program that stopped half-way: SQLite itself must put it in order before anybody can read it.
            Err(StoreError::Unwritable(_)) => Self::open_as_it_is(path, Access::Write)?,
            opened => opened?,
        };
        store.twin()
    }

    /// Another private copy of the same.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn twin(&self) -> Result<Self, StoreError> {
        // A file without a name is SQLite's own: in memory while it is small, else where temporary files are, and never found again.
        let mut copy = Connection::open("").map_err(disk)?;
        let backup = Backup::new(&self.connection, &mut copy).map_err(disk)?;
        let mut tries = 0;
        while backup.step(-1).map_err(disk)? != StepResult::Done {
            tries += 1;
            if tries == TRIES {
                return Err(StoreError::Locked);
            }
            std::thread::sleep(PAUSE);
        }
        drop(backup);
        Self::of_copy(copy, &self.path)
    }
}
