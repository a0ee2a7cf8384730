//! Who hands on what is theirs, to whom, between which days. Whom it concerns is looked at again.

use jiff::civil::Date;
use rusqlite::{Row, params};

use crate::store::StoreError;
use crate::store::sqlite::{SqliteStore, disk};

/// Somebody hands on what is theirs between two days, both included.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Delegation {
    /// Its number; 0 for one that is not written yet.
    pub id: i64,
    /// Who: record type and key.
    pub from: (String, String),
    /// To whom.
    pub to: (String, String),
    /// Only in this role.
    pub role: Option<String>,
    /// Only in cases of this workflow.
    pub workflow: Option<String>,
    /// From which day.
    pub since: Date,
    /// Until which day, that one included. One that was ended early ends sooner, and one that never began before it began.
    pub until: Date,
    /// Why, in their words.
    pub because: Option<String>,
}

const COLUMNS: &str = "id, from_type, from_id, to_type, to_id, role, workflow, since, until, because";

impl SqliteStore {
    /// Every delegation, or those that hold on a day or later, in the order in which they were given.
    pub(super) fn listed_delegations(&self, from: Option<Date>) -> Result<Vec<Delegation>, StoreError> {
        let from = from.map(|it| it.to_string()).unwrap_or_default();
        let sql = format!("select {COLUMNS} from delegations where until >= ?1 order by id");
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([from], delegation).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    /// Writes a new delegation; its number.
    pub(super) fn give_delegation(&mut self, given: &Delegation, today: Date, at: i64) -> Result<i64, StoreError> {
        self.begin_immediate()?;
        let rev = self.read_state()?.rev + 1;
        let written = self.give_within(given, rev);
        self.finish_delegation(written, &given.from, (rev, today, at), "delegate")
    }

    fn give_within(&self, given: &Delegation, rev: i64) -> Result<Delegation, StoreError> {
        let sql = "insert into delegations values (null, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let (since, until) = (given.since.to_string(), given.until.to_string());
        let values = params![
            given.from.0,
            given.from.1,
            given.to.0,
            given.to.1,
            given.role,
            given.workflow,
            since,
            until,
            given.because,
            rev
        ];
        self.connection.prepare_cached(sql).map_err(disk)?.execute(values).map_err(disk)?;
        let id = self.connection.last_insert_rowid();
        let said = [
            ("to", Some(format!("{}:{}", given.to.0, given.to.1))),
            ("role", given.role.clone()),
            ("workflow", given.workflow.clone()),
            ("since", Some(since)),
            ("until", Some(until)),
            ("because", given.because.clone()),
        ];
        let told = said.iter().filter_map(|(field, new)| Some((*field, None, new.as_deref()?)));
        self.note_delegation(id, rev, told)?;
        Ok(Delegation { id, ..given.clone() })
    }

    /// Lets a delegation end with a day.
    pub(super) fn end_delegation_with(
        &mut self,
        ended: &Delegation,
        last: Date,
        today: Date,
        at: i64,
    ) -> Result<i64, StoreError> {
        self.begin_immediate()?;
        let rev = self.read_state()?.rev + 1;
        let write = || {
            let sql = "update delegations set until = ?2, rev = ?3 where id = ?1";
            let values = params![ended.id, last.to_string(), rev];
            self.connection.prepare_cached(sql).map_err(disk)?.execute(values).map_err(disk)?;
            let (old, new) = (ended.until.to_string(), last.to_string());
            self.note_delegation(ended.id, rev, [("until", Some(old.as_str()), new.as_str())].into_iter())?;
            Ok(ended.clone())
        };
        let written = write();
        self.finish_delegation(written, &ended.from, (rev, today, at), "end delegation")
    }

    fn finish_delegation(
        &mut self,
        written: Result<Delegation, StoreError>,
        by: &(String, String),
        (rev, today, at): (i64, Date, i64),
        kind: &str,
    ) -> Result<i64, StoreError> {
        let actor = format!("person {}:{}", by.0, by.1);
        let sealed = written.and_then(|it| {
            self.mark_concerned(&it, rev)?;
            self.seal_commit(rev, at, Some(today), &actor, kind, None)?;
            Ok(it.id)
        });
        match sealed {
            Ok(id) => self.end(id),
            Err(error) => {
                self.abandon()?;
                Err(error)
            }
        }
    }

    /// Puts it among the changes, which the seal covers.
    fn note_delegation<'n>(
        &self,
        id: i64,
        rev: i64,
        said: impl Iterator<Item = (&'n str, Option<&'n str>, &'n str)>,
    ) -> Result<(), StoreError> {
        let sql = "insert into changes values (?1, ?2, 'delegation', ?3, '', ?4, ?5, ?6)";
        for ((field, old, new), n) in said.zip(1..) {
            let values = params![rev, n, id.to_string(), field, old, new];
            self.connection.prepare_cached(sql).map_err(disk)?.execute(values).map_err(disk)?;
        }
        Ok(())
    }

    /// Marks the open cases in which something lies with either, also if they have signed it, or was found not to lie with who hands on; and those
    /// that can't proceed, perhaps for want of somebody to write to.
    fn mark_concerned(&self, given: &Delegation, rev: i64) -> Result<(), StoreError> {
        let sql = "insert into dirty select distinct 'case', cast(t.case_id as text), ?5 from tasks open
             join tasks t on (t.case_id, t.stage, t.round) = (open.case_id, open.stage, open.round)
             join cases c on c.id = t.case_id
             where open.until is null and c.status = 'open'
             and ((t.holder_type, t.holder) in ((?1, ?2), (?3, ?4)) or instr(t.why, ?2) > 0)
             union select 'case', cast(id as text), ?5 from cases where status = 'open' and set_aside is not null
             on conflict (what, id) do update set rev = excluded.rev";
        let values = params![given.from.0, given.from.1, given.to.0, given.to.1, rev];
        self.connection.prepare_cached(sql).map_err(disk)?.execute(values).map_err(disk)?;
        Ok(())
    }

    /// Marks whom delegations concern that begin, or are over, between two days.
    pub(super) fn turn_delegations(&self, after: &str, until: Date, rev: i64) -> Result<usize, StoreError> {
        let turning = self.turning_delegations(after, until)?;
        for it in &turning {
            self.mark_concerned(it, rev)?;
        }
        Ok(turning.len())
    }

    pub(super) fn turning_delegations(&self, after: &str, until: Date) -> Result<Vec<Delegation>, StoreError> {
        let sql = format!(
            "select {COLUMNS} from delegations where since > ?1 and since <= ?2
             union select {COLUMNS} from delegations where until >= ?1 and until < ?2 order by 1"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([after, &until.to_string()], delegation).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    /// Marks whom delegations concern that are not over: whether the other may act, facts of theirs say, to which no reference leads.
    pub(super) fn mark_delegated(&self, rev: i64) -> Result<(), StoreError> {
        let seen = self.read_state()?.as_of;
        self.listed_delegations(seen)?.iter().try_for_each(|it| self.mark_concerned(it, rev))
    }
}

fn delegation(row: &Row<'_>) -> rusqlite::Result<Delegation> {
    let day = |at: usize| -> rusqlite::Result<Date> {
        let words: String = row.get(at)?;
        words.parse().map_err(|_| rusqlite::Error::InvalidColumnType(at, words, rusqlite::types::Type::Text))
    };
    Ok(Delegation {
        id: row.get(0)?,
        from: (row.get(1)?, row.get(2)?),
        to: (row.get(3)?, row.get(4)?),
        role: row.get(5)?,
        workflow: row.get(6)?,
        since: day(7)?,
        until: day(8)?,
        because: row.get(9)?,
    })
}
