//! What SQLite does for a store, counted in steps of its machine instead of seconds: the same on every computer.
//!
//! For tests and measurements; a store that nobody counts pays nothing for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
