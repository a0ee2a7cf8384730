//! Cases that are kept no longer: their text is destroyed, and what is left proves that it was there, and why it is gone.
//!
//! Of the journal the hashes stay: each is under the seal of its commit, and the entry that tells of the destruction goes on from the
//! last. Of the case its number, its workflow and that entry stay. What it was about is known by nothing but a digest, so that the engine
//! does not open it anew.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::params;
use rusqlite::types::Value;

use crate::store::cases::{CASE, Hashed};
use crate::store::seal::sha256;
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{CaseChange, CaseRow, JournalEntry, StoreError};

/// What an entry is called of which nothing but the hash is left.
pub(super) const DESTROYED: &str = "expunged";

/// A case that is destroyed.
#[derive(Debug, Clone)]
pub struct Expunged {
    /// The case as it stands.
    pub before: CaseRow,
    /// What is left of it, with the entry that says so.
    pub change: CaseChange,
}

/// Whether nothing of an entry is left but its hash, and nothing was put in its place.
pub(super) fn is_destroyed(entry: &JournalEntry) -> bool {
    let empty = entry.payload.is_empty() && entry.payload_hash.is_empty() && entry.actor.is_empty();
    empty && entry.at == 0 && entry.kind == DESTROYED
}

/// What is known of the occasion of a case that is destroyed: a digest, which the store's own name salts.
fn mark_of(store: &str, workflow: &str, subject: &str, period: &str) -> String {
    sha256(&[store, workflow, subject, period].map(str::as_bytes))
}

impl SqliteStore {
    /// When an ended case is looked at next, so that it is not kept for longer than it may.
    pub(super) fn write_keeping(&self, case: i64, day: Option<Date>) -> Result<(), StoreError> {
        let sql = match day {
            Some(_) => "insert or replace into keeping values (?1, ?2)",
            None => "delete from keeping where case_id = ?1 and ?2 is null",
        };
        self.connection
            .prepare_cached(sql)
            .and_then(|mut it| it.execute(params![case, day.map(|it| it.to_string())]))
            .map_err(disk)?;
        Ok(())
    }

    /// Ended cases that are to be looked at by a day, the first of them first.
    pub(super) fn kept_until(&self, day: Date, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "select {CASE} from cases where id in (select case_id from keeping where day <= ?1 order by day, case_id limit ?2)"
        );
        self.case_rows(&sql, params![day.to_string(), limit])
    }

    /// Whether something of a case is still to leave.
    pub(super) fn leaves_yet(&self, case: i64) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached(
                "select exists (select 1 from effects e left join deliveries d on d.id = e.delivery where e.case_id = ?1
                 and ((d.id is null and e.state in ('due', 'held')) or d.state in ('open', 'held')))",
            )
            .and_then(|mut it| it.query_row([case], |row| row.get(0)))
            .map_err(disk)
    }

    /// Destroys the text of a case, and writes what is left.
    pub(super) fn expunge(&self, it: &Expunged, rev: i64, hashed: &mut Vec<Hashed>) -> Result<(), StoreError> {
        let row = &it.before;
        for sql in [
            // A digest stays for the notices of other cases that it carried; without this one it can't be tried again.
            "update deliveries set effect = (select m.effect from digest_members m join effects o on o.key = m.effect
               where m.delivery = deliveries.id and o.case_id <> ?1 order by m.n limit 1)
             where id in (select e.delivery from effects e where e.case_id = ?1) and exists (select 1 from digest_members m
               join effects o on o.key = m.effect where m.delivery = deliveries.id and o.case_id <> ?1)",
            "delete from digest_members where effect in (select key from effects where case_id = ?1)",
            "delete from digests where delivery in (select e.delivery from effects e where e.case_id = ?1)
             and not exists (select 1 from digest_members m where m.delivery = digests.delivery)",
            "delete from attempts where delivery in
             (select d.id from effects e join deliveries d on d.id = e.delivery and d.effect = e.key where e.case_id = ?1)",
            "delete from deliveries where id in (select delivery from effects where case_id = ?1)
             and effect in (select key from effects where case_id = ?1)",
            "delete from effects where case_id = ?1",
            "delete from deadlines where case_id = ?1",
            "delete from tasks where case_id = ?1",
            "delete from refusals where case_id = ?1",
            "update judgements set whom = '', after = '' where whom is not null
             and id = (select judgement from outcomes where case_id = ?1)",
            "delete from outcomes where case_id = ?1",
            "delete from keeping where case_id = ?1",
            "delete from dirty where what = 'case' and id = cast(?1 as text)",
            "update journal set at = 0, actor = '', kind = 'expunged', payload = '', payload_hash = '' where case_id = ?1",
            "update cases set subject = '', period = '', nth = id where id = ?1",
        ] {
            self.connection.prepare_cached(sql).and_then(|mut it| it.execute([row.id])).map_err(disk)?;
        }
        let mark = mark_of(&self.read_state()?.id, &row.workflow, &row.subject, &row.period);
        self.connection
            .prepare_cached("insert or ignore into expunged values (?1)")
            .and_then(|mut it| it.execute([mark]))
            .map_err(disk)?;
        self.write_case(&it.change, rev, hashed)
    }

    /// Which of these had a case in a workflow and period that is destroyed.
    pub(super) fn had_case(&self, workflow: &str, period: &str, keys: &[Arc<str>]) -> Result<Vec<String>, StoreError> {
        let any: bool = self
            .connection
            .prepare_cached("select exists (select 1 from expunged)")
            .and_then(|mut it| it.query_row([], |row| row.get(0)))
            .map_err(disk)?;
        if !any {
            return Ok(Vec::new());
        }
        let store = self.read_state()?.id;
        let marks: HashMap<String, &Arc<str>> =
            keys.iter().map(|key| (mark_of(&store, workflow, key, period), key)).collect();
        let asked = Rc::new(marks.keys().map(|it| Value::Text(it.clone())).collect::<Vec<_>>());
        let sql = "select mark from expunged where mark in (select value from rarray(?1))";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let found = statement.query_map([asked], |row| row.get::<_, String>(0)).map_err(disk)?;
        let found: Vec<String> = found.collect::<Result<_, _>>().map_err(disk)?;
        Ok(found.iter().filter_map(|mark| marks.get(mark)).map(|key| key.to_string()).collect())
    }

    /// Whether what is deleted is overwritten, too.
    pub(super) fn overwrite(&self, on: bool) -> Result<(), StoreError> {
        self.connection.pragma_update(None, "secure_delete", on).map_err(disk)
    }

    /// Takes what was destroyed out of the file beside the store in which commits are written first. Somebody who reads just now may
    /// keep it there until the next time.
    pub(super) fn forget(&self) -> Result<(), StoreError> {
        self.connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).map_err(disk)
    }
}
