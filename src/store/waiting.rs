//! What waits in a store, for a program that works beside others: whether somebody else wrote, when something comes due next, and
//! how much there is to do.

use rusqlite::OptionalExtension;

use crate::store::StoreError;
use crate::store::sqlite::{SqliteStore, disk};

/// How much waits at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depths {
    /// Open cases in which something has come due.
    pub due_cases: u64,
    /// Open cases whose facts have changed.
    pub dirty_cases: u64,
    /// Subjects that may need a case since their facts changed.
    pub dirty_subjects: u64,
    /// Notices by what becomes of them: those that are still to leave and those that are mails.
    pub outbox: Vec<(&'static str, u64)>,
}

impl SqliteStore {
    /// A number that changes whenever another connection has written to the file since it was asked last. It costs a look at
    /// shared memory, no reading of the file.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn writes_of_others(&self) -> Result<i64, StoreError> {
        self.number("pragma data_version", &[]).map(Option::unwrap_or_default)
    }

    /// The number of the newest policy, if there is one.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn newest_version(&self) -> Result<Option<i64>, StoreError> {
        self.number("select max(version) from policies", &[])
    }

    /// The moment of the last commit, by the machine's clock then.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn last_commit(&self) -> Result<Option<i64>, StoreError> {
        self.number("select at from commits order by rev desc limit 1", &[])
    }

    /// Whether somebody beside the engine committed anything after this one.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn others_committed_after(&self, rev: i64) -> Result<bool, StoreError> {
        let sql = "select 1 from commits where rev > ?1 and kind not in ('run', 'mature') limit 1";
        self.number(sql, &[&rev]).map(|it| it.is_some())
    }

    /// Whether facts changed of which nothing has been made yet.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn is_dirty(&self) -> Result<bool, StoreError> {
        self.number("select 1 from dirty limit 1", &[]).map(|it| it.is_some())
    }

    /// The next moment at which anything can happen in an open case.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn next_wake(&self) -> Result<Option<i64>, StoreError> {
        self.number("select min(wake_at) from cases where wake_at is not null", &[])
    }

    /// The next moment at which a mail is to be tried, or a notice may leave.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn next_departure(&self) -> Result<Option<i64>, StoreError> {
        let mail = self.number("select min(next_try) from deliveries where state = 'open'", &[])?;
        let notice =
            self.number("select min(coalesce(waits_until, not_before)) from effects where state = 'due'", &[])?;
        Ok(mail.into_iter().chain(notice).min())
    }

    /// How much waits at a moment.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn depths(&self, now: i64) -> Result<Depths, StoreError> {
        let count = |sql: &str, with: &[&dyn rusqlite::ToSql]| {
            self.number(sql, with).map(|it| u64::try_from(it.unwrap_or(0)).unwrap_or(0))
        };
        let dirty = "select count(*) from dirty where what ";
        let mails = |state: &str| count("select count(*) from deliveries where state = ?1", &[&state]);
        let waits = |state: &str| count(&format!("select count(*) from effects where state = '{state}'"), &[]);
        Ok(Depths {
            due_cases: count("select count(*) from cases where wake_at <= ?1", &[&now])?,
            dirty_cases: count(&format!("{dirty} = 'case'"), &[])?,
            dirty_subjects: count(&format!("{dirty} <> 'case'"), &[])?,
            outbox: vec![
                ("due", waits("due")?),
                ("held", waits("held")? + mails("held")?),
                ("open", mails("open")?),
                ("sent", mails("sent")?),
                ("ambiguous", mails("ambiguous")?),
                ("dead", mails("dead")?),
            ],
        })
    }

    fn number(&self, sql: &str, with: &[&dyn rusqlite::ToSql]) -> Result<Option<i64>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let found: Option<Option<i64>> = statement.query_row(with, |row| row.get(0)).optional().map_err(disk)?;
        Ok(found.flatten())
    }
}
