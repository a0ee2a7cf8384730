//! What SQLite does for a store, counted in steps of its machine instead of seconds: the same on every computer.
//!
//! For tests and measurements; a store that nobody counts pays nothing for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::StatementStatus;
use rusqlite::trace::{StmtRef, TraceEvent, TraceEventCodes};

use crate::store::StoreError;
use crate::store::sqlite::{SqliteStore, disk};

/// What was done since the last time somebody asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// Statements run, `begin` and `commit` among them.
    pub statements: u64,
    /// Steps of SQLite's virtual machine.
    pub steps: u64,
    /// Rows passed in walks over a whole table.
    pub scanned: u64,
}

/// The count of one store.
#[derive(Debug, Clone, Default)]
pub struct StepCount(Arc<Mutex<Counting>>);

/// The counters of a statement: SQLite keeps them for as long as the statement is prepared.
type Counters = (i32, i32);

#[derive(Debug, Default)]
struct Counting {
    done: Steps,
    /// Where the counters of statements now running stood when they began.
    began: HashMap<String, Counters>,
}

impl StepCount {
    /// What was done since the last time this was asked.
    #[must_use]
    pub fn take(&self) -> Steps {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).done)
    }

    fn note(&self, event: &TraceEvent<'_>) {
        let mut counting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            TraceEvent::Stmt(statement, _) => {
                counting.began.insert(statement.sql().into_owned(), counters(statement));
            }
            TraceEvent::Profile(statement, _) => {
                let (steps, scanned) = counters(statement);
                let before = counting.began.remove(&*statement.sql()).unwrap_or_default();
                counting.done.statements += 1;
                counting.done.steps += u64::try_from(steps - before.0).unwrap_or(0);
                counting.done.scanned += u64::try_from(scanned - before.1).unwrap_or(0);
            }
            _ => {}
        }
    }
}

fn counters(statement: &StmtRef<'_>) -> Counters {
    (statement.get_status(StatementStatus::VmStep), statement.get_status(StatementStatus::FullscanStep))
}

impl SqliteStore {
    /// Begins to count what SQLite does for this store.
    ///
    /// # Errors
    /// When SQLite refuses to be watched.
    pub fn count_steps(&mut self) -> Result<StepCount, StoreError> {
        let count = StepCount::default();
        let noting = count.clone();
        let events = TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE;
        self.connection.trace_v2(events, Some(move |event: TraceEvent<'_>| noting.note(&event))).map_err(disk)?;
        Ok(count)
    }
}

/// How long the transactions of one store took, from their beginning to the end of their commit.
#[derive(Debug, Clone, Default)]
pub struct Transactions(Arc<Mutex<Timing>>);

#[derive(Debug, Default)]
struct Timing {
    began: Option<Instant>,
    took: Vec<Duration>,
}

impl Transactions {
    /// Each that was committed since the last time this was asked, in order.
    #[must_use]
    pub fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).took)
    }

    fn note(&self, event: &TraceEvent<'_>) {
        let mut timing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            // The lock is there once it has run.
            TraceEvent::Profile(statement, _) if statement.sql() == "begin immediate" => {
                timing.began = Some(Instant::now());
            }
            TraceEvent::Profile(statement, _) if statement.sql() == "commit" => {
                let began = timing.began.take();
                timing.took.extend(began.map(|it| it.elapsed()));
            }
            _ => {}
        }
    }
}

impl SqliteStore {
    /// Begins to time transactions, by the machine's own clock.
    ///
    /// # Errors
    /// When SQLite refuses to be watched.
    pub fn time_transactions(&mut self) -> Result<Transactions, StoreError> {
        let times = Transactions::default();
        let noting = times.clone();
        let watch = move |event: TraceEvent<'_>| noting.note(&event);
        self.connection.trace_v2(TraceEventCodes::SQLITE_TRACE_PROFILE, Some(watch)).map_err(disk)?;
        Ok(times)
    }

    /// How many rows were written, changed or taken away through this store since it was opened.
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        self.connection.total_changes()
    }

    /// After how many pages of the log they are taken over into the file itself.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn take_over_after(&mut self, pages: u32) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "wal_autocheckpoint", pages).map_err(disk)
    }

    /// How SQLite is set for this store: the names of its pragmas and their values.
    ///
    /// # Errors
    /// When SQLite does not say.
    pub fn pragmas(&self) -> Result<Vec<(&'static str, String)>, StoreError> {
        let names = [
            "journal_mode",
            "synchronous",
            "foreign_keys",
            "wal_autocheckpoint",
            "cache_size",
            "temp_store",
            "mmap_size",
            "page_size",
        ];
        let value = |name: &&'static str| {
            self.connection.pragma_query_value(None, name, |row| {
                Ok(match row.get_ref(0)? {
                    rusqlite::types::ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
                    other => other.as_i64().map(|it| it.to_string()).unwrap_or_default(),
                })
            })
        };
        names.iter().map(|name| value(name).map(|it| (*name, it)).map_err(disk)).collect()
    }
}
