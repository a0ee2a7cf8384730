//! Cases, their deadlines, tasks and journal; and the commit that writes them at once.

use std::sync::Arc;

use jiff::civil::Date;
use rusqlite::types::Value as Cell;
use rusqlite::{OptionalExtension, Row, params};

use crate::store::seal::{Sealed, seal_of, seal_over, sha256};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{
    CaseChange, CaseRow, Counts, DeadlineRow, Expected, Filter, JournalEntry, OpenDeadline, Opening, StoreError,
    TaskRow, Work,
};
use crate::store::{points, sums};

pub(super) const CASE: &str = "id, workflow, subject_type, subject, period, nth, policy, status, state, wake_at, last_seq, last_hash, set_aside, sum";

impl CaseRow {
    /// The same row, whose state is yet to be written.
    #[must_use]
    pub fn without_state(&self) -> Self {
        Self {
            id: self.id,
            workflow: self.workflow.clone(),
            subject_type: self.subject_type.clone(),
            subject: self.subject.clone(),
            period: self.period.clone(),
            nth: self.nth,
            policy: self.policy,
            status: self.status.clone(),
            state: String::new(),
            wake_at: self.wake_at,
            last_seq: self.last_seq,
            last_hash: self.last_hash.clone(),
            set_aside: self.set_aside.clone(),
            whole: self.whole,
        }
    }
}

pub(super) fn case_of(row: &Row<'_>) -> rusqlite::Result<CaseRow> {
    let mut case = CaseRow {
        id: row.get(0)?,
        workflow: sums::text(row, 1)?,
        subject_type: sums::text(row, 2)?,
        subject: sums::text(row, 3)?,
        period: sums::text(row, 4)?,
        nth: sums::number(row, 5)?,
        policy: sums::number(row, 6)?,
        status: sums::text(row, 7)?,
        state: sums::text(row, 8)?,
        wake_at: row.get_ref(9)?.as_i64().ok(),
        last_seq: sums::number(row, 10)?,
        last_hash: sums::text(row, 11)?,
        set_aside: sums::text_if_any(row, 12)?,
        whole: false,
    };
    case.whole = sums::of_case(&case, case.last_seq, &case.last_hash) == sums::number(row, 13)?;
    Ok(case)
}

pub(super) fn entry_of(row: &Row<'_>) -> rusqlite::Result<JournalEntry> {
    Ok(JournalEntry {
        case_id: row.get(0)?,
        seq: row.get(1)?,
        rev: row.get(2)?,
        at: row.get(3)?,
        actor: row.get(4)?,
        kind: row.get(5)?,
        payload: row.get(6)?,
        payload_hash: row.get(7)?,
        hash: row.get(8)?,
    })
}

/// A new entry of a case's journal, as the seal of its commit covers it.
pub(super) struct Hashed {
    case_id: i64,
    seq: i64,
    hash: String,
}

impl SqliteStore {
    pub(super) fn begin_immediate(&self) -> Result<(), StoreError> {
        self.connection.prepare_cached("begin immediate").and_then(|mut it| it.execute([])).map_err(disk)?;
        Ok(())
    }

    pub(super) fn abandon(&self) -> Result<(), StoreError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        self.connection.execute_batch("rollback").map_err(disk)
    }

    /// Commits; whatever goes wrong leaves nothing behind.
    pub(super) fn end<T>(&self, value: T) -> Result<T, StoreError> {
        points::pass_of_commit("committing");
        match self.connection.prepare_cached("commit").and_then(|mut it| it.execute([])) {
            Ok(_) => {
                points::pass_of_commit("committed");
                Ok(value)
            }
            Err(error) => {
                self.abandon()?;
                Err(disk(error))
            }
        }
    }

    /// Numbers and seals what this transaction wrote, in which no case's journal grew.
    pub(super) fn seal_commit(
        &self,
        rev: i64,
        at: i64,
        as_of: Option<Date>,
        actor: &str,
        kind: &str,
        import: Option<i64>,
    ) -> Result<(), StoreError> {
        self.seal_entries(rev, at, as_of, (actor, kind), import, Vec::new())
    }

    /// The same where journals grew by these entries.
    fn seal_entries(
        &self,
        rev: i64,
        at: i64,
        as_of: Option<Date>,
        (actor, kind): (&str, &str),
        import: Option<i64>,
        mut entries: Vec<Hashed>,
    ) -> Result<(), StoreError> {
        points::writes(kind);
        points::pass_of_commit("written");
        let before: String = self
            .connection
            .prepare_cached("select seal from commits where rev = ?1")
            .map_err(disk)?
            .query_row([rev - 1], |row| row.get(0))
            .optional()
            .map_err(disk)?
            .unwrap_or_default();
        let as_of = as_of.map(|it| it.to_string());
        let said = format!("{at}|{}|{actor}|{kind}", as_of.as_deref().unwrap_or_default());
        entries.sort_unstable_by_key(|it| (it.case_id, it.seq));
        let hashes = entries.iter().map(|it| it.hash.as_str());
        let seal = seal_over(&self.connection, rev, &before, hashes, &said)?;
        self.connection
            .prepare_cached("insert into commits values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .map_err(disk)?
            .execute(params![rev, at, as_of, actor, kind, import, seal])
            .map_err(disk)?;
        debug_assert_eq!(seal, seal_of(&self.connection, rev, &before)?, "sealed is what stands in the store");
        Ok(())
    }

    pub(super) fn commit_work(&mut self, work: &Work) -> Result<i64, StoreError> {
        if self.connection.is_autocommit() {
            self.begin_immediate()?;
        }
        match self.write_work(work) {
            Ok(rev) => self.end(rev),
            Err(error) => {
                self.abandon()?;
                Err(error)
            }
        }
    }

    fn write_work(&self, work: &Work) -> Result<i64, StoreError> {
        let rev = self.read_state()?.rev + 1;
        let mut entries = Vec::with_capacity(work.cases.len());
        for change in &work.cases {
            self.write_case(change, rev, &mut entries)?;
        }
        for (id, day) in &work.keeping {
            self.write_keeping(*id, *day)?;
        }
        if !work.expunged.is_empty() {
            self.overwrite(true)?;
            for it in &work.expunged {
                self.expunge(it, rev, &mut entries)?;
            }
            self.overwrite(false)?;
        }
        for id in &work.clean_cases {
            self.clean("case", &id.to_string(), rev)?;
        }
        for (record, key) in &work.clean_subjects {
            self.clean(&format!("subject:{record}"), key, rev)?;
        }
        for it in &work.openings {
            self.connection
                .prepare_cached("insert or replace into openings values (?1, ?2, ?3, ?4, ?5)")
                .map_err(disk)?
                .execute(params![it.workflow, it.period, it.policy, it.after, it.done])
                .map_err(disk)?;
        }
        for it in &work.seen_expected {
            self.connection
                .prepare_cached(
                    "delete from expected_openings where day = ?1 and workflow = ?2 and subject = ?3 and period = ?4",
                )
                .map_err(disk)?
                .execute(params![it.day.to_string(), it.workflow, it.subject, it.period])
                .map_err(disk)?;
        }
        for it in &work.expected {
            self.connection
                .prepare_cached("insert or ignore into expected_openings values (?1, ?2, ?3, ?4)")
                .map_err(disk)?
                .execute(params![it.day.to_string(), it.workflow, it.subject, it.period])
                .map_err(disk)?;
        }
        for it in &work.judgements {
            self.write_judgement(it, rev)?;
        }
        for it in &work.outcomes {
            self.write_outcome(it, rev)?;
        }
        for change in &work.cases {
            if let Some(standing) = &change.standing {
                self.write_standing(change.row.id, standing, rev)?;
            }
        }
        for it in work.cases.iter().flat_map(|it| &it.calls) {
            self.write_called(it, rev)?;
        }
        for it in &work.clean_called {
            self.clean_called(it, rev)?;
        }
        for it in &work.outbox {
            self.change_effect(it, work.at)?;
        }
        if let Some(hold) = work.hold {
            self.connection.execute("update store set hold = ?1", [hold]).map_err(disk)?;
        }
        if let Some(day) = work.judged {
            self.connection.execute("update store set judged = ?1", [day.to_string()]).map_err(disk)?;
        }
        if let Some(day) = work.as_of {
            self.connection.execute("update store set as_of = ?1", [day.to_string()]).map_err(disk)?;
        }
        self.seal_entries(rev, work.at, work.today, (&work.actor.to_string(), &work.kind), None, entries)?;
        Ok(rev)
    }

    fn clean(&self, what: &str, id: &str, rev: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("delete from dirty where what = ?1 and id = ?2 and rev < ?3")
            .map_err(disk)?
            .execute(params![what, id, rev])
            .map_err(disk)?;
        Ok(())
    }

    pub(super) fn write_case(&self, change: &CaseChange, rev: i64, hashed: &mut Vec<Hashed>) -> Result<(), StoreError> {
        let row = &change.row;
        if !row.whole {
            return self.leave_damaged(row, change.entries.len());
        }
        let added = i64::try_from(change.entries.len()).unwrap_or(i64::MAX);
        let mut entries = Vec::with_capacity(change.entries.len());
        let mut before = row.last_hash.clone();
        for (entry, seq) in change.entries.iter().zip(row.last_seq + 1..) {
            let actor = entry.actor.to_string();
            let payload_hash = sha256(&[entry.payload.as_bytes()]);
            let sealed = Sealed {
                case_id: row.id,
                seq,
                rev,
                at: entry.at,
                actor: &actor,
                kind: &entry.kind,
                payload_hash: &payload_hash,
                before: &before,
            };
            let hash = sealed.hash();
            before.clone_from(&hash);
            entries.push((seq, entry, actor, payload_hash, hash));
        }
        let (last_seq, last_hash) = (row.last_seq + added, before);
        let sum = sums::of_case(row, last_seq, &last_hash);
        if row.last_seq == 0 {
            self.connection
                .prepare_cached(
                    "insert into cases values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                )
                .map_err(disk)?
                .execute(params![
                    row.id,
                    row.workflow,
                    row.subject_type,
                    row.subject,
                    row.period,
                    row.nth,
                    row.policy,
                    row.status,
                    row.state,
                    row.wake_at,
                    last_seq,
                    last_hash,
                    row.set_aside,
                    sum
                ])
                .map_err(disk)?;
        } else {
            let updated = self
                .connection
                .prepare_cached(
                    "update cases set status = ?2, state = ?3, wake_at = ?4, last_seq = ?5, last_hash = ?6, set_aside = ?7, sum = ?9,
                     policy = ?10 where id = ?1 and last_seq = ?8",
                )
                .map_err(disk)?
                .execute(params![
                    row.id,
                    row.status,
                    row.state,
                    row.wake_at,
                    last_seq,
                    last_hash,
                    row.set_aside,
                    row.last_seq,
                    sum,
                    row.policy
                ])
                .map_err(disk)?;
            if updated != 1 {
                return Err(StoreError::Stale(row.id));
            }
        }
        for (seq, entry, actor, payload_hash, hash) in &entries {
            self.connection
                .prepare_cached("insert into journal values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
                .map_err(disk)?
                .execute(params![row.id, seq, rev, entry.at, actor, entry.kind, entry.payload, payload_hash, hash])
                .map_err(disk)?;
        }
        if change.keeping.is_some() {
            self.write_keeping(row.id, change.keeping)?;
        }
        hashed.extend(entries.into_iter().map(|(seq, .., hash)| Hashed { case_id: row.id, seq, hash }));
        self.write_stages(change)?;
        for it in &change.effects {
            self.connection
                .prepare_cached(
                    "insert into effects values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, null, ?15, ?16, null)",
                )
                .map_err(disk)?
                .execute(params![
                    it.key, row.id, it.stage, it.round, it.step, it.nth, it.recipient, it.kind, it.day, it.not_before, it.facts,
                    it.message, it.language, it.state, rev, sums::of_effect(row.id, it)
                ])
                .map_err(disk)?;
        }
        Ok(())
    }

    /// A case whose row is not as it was written stays as it is, so that it can be seen what became of it; it only wakes no more.
    fn leave_damaged(&self, row: &CaseRow, entries: usize) -> Result<(), StoreError> {
        if entries > 0 {
            return Err(StoreError::Damaged(format!("case {} was changed by somebody else than Merit", row.id)));
        }
        self.connection
            .prepare_cached("update cases set wake_at = null, set_aside = ?2 where id = ?1")
            .map_err(disk)?
            .execute(params![row.id, row.set_aside])
            .map_err(disk)?;
        Ok(())
    }

    fn write_stages(&self, change: &CaseChange) -> Result<(), StoreError> {
        let id = change.row.id;
        self.rename_stages(id, &change.renamed)?;
        for it in &change.deadlines {
            self.connection
                .prepare_cached("insert or replace into deadlines values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
                .map_err(disk)?
                .execute(params![id, it.stage, it.round, it.opens, it.due, it.closes, it.derivation, it.state])
                .map_err(disk)?;
            self.connection
                .prepare_cached("delete from tasks where case_id = ?1 and stage = ?2 and round = ?3")
                .map_err(disk)?
                .execute(params![id, it.stage, it.round])
                .map_err(disk)?;
        }
        for it in &change.tasks {
            let (holder_type, holder) = it.holder.clone().unzip();
            self.connection
                .prepare_cached("insert or replace into tasks values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
                .map_err(disk)?
                .execute(params![
                    id,
                    it.stage,
                    it.round,
                    it.nth,
                    holder_type,
                    holder,
                    it.capacity,
                    it.why,
                    it.since,
                    it.until
                ])
                .map_err(disk)?;
        }
        Ok(())
    }

    /// Gives rows of stages other names; by way of a name that no stage has, for two may change theirs.
    fn rename_stages(&self, id: i64, renamed: &[(String, String)]) -> Result<(), StoreError> {
        let between = |name: &String| format!("\u{1}{name}");
        let there = renamed.iter().map(|(old, new)| (old.clone(), between(new)));
        let names: Vec<_> = there.chain(renamed.iter().map(|(_, new)| (between(new), new.clone()))).collect();
        for (from, to) in names {
            for table in ["deadlines", "tasks"] {
                let sql = format!("update {table} set stage = ?3 where case_id = ?1 and stage = ?2");
                let mut update = self.connection.prepare_cached(&sql).map_err(disk)?;
                update.execute(params![id, from, to]).map_err(disk)?;
            }
        }
        Ok(())
    }

    // ---- reading

    pub(super) fn touched_since(&self, rev: i64) -> Result<Vec<i64>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("select distinct case_id from journal where rev > ?1 order by case_id")
            .map_err(disk)?;
        let rows = statement.query_map([rev], |row| row.get(0)).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    /// The stored deadline of a stage, in its last round.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn deadline(&self, case_id: i64, stage: &str) -> Result<Option<DeadlineRow>, StoreError> {
        self.connection
            .prepare_cached(
                "select stage, round, opens, due, closes, derivation, state from deadlines where case_id = ?1 and stage = ?2
                 order by round desc limit 1",
            )
            .map_err(disk)?
            .query_row(params![case_id, stage], |row| {
                Ok(DeadlineRow {
                    stage: row.get(0)?,
                    round: row.get(1)?,
                    opens: row.get(2)?,
                    due: row.get(3)?,
                    closes: row.get(4)?,
                    derivation: row.get(5)?,
                    state: row.get(6)?,
                })
            })
            .optional()
            .map_err(disk)
    }

    /// The stored tasks of a stage.
    ///
    /// # Errors
    /// When the store can't be read.
    pub fn tasks(&self, case_id: i64, stage: &str) -> Result<Vec<TaskRow>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "select stage, round, nth, holder_type, holder, capacity, why, since, until from tasks
                 where case_id = ?1 and stage = ?2 order by round, nth",
            )
            .map_err(disk)?;
        let rows = statement.query_map(params![case_id, stage], |row| {
            let holder: (Option<String>, Option<String>) = (row.get(3)?, row.get(4)?);
            Ok(TaskRow {
                stage: row.get(0)?,
                round: row.get(1)?,
                nth: row.get(2)?,
                holder: holder.0.zip(holder.1),
                capacity: row.get(5)?,
                why: row.get(6)?,
                since: row.get(7)?,
                until: row.get(8)?,
            })
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn case_rows(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<CaseRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let rows = statement.query_map(parameters, case_of).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn cases_due(&self, until: i64, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "select {CASE} from cases where wake_at is not null and wake_at <= ?1 order by wake_at, id limit ?2"
        );
        self.case_rows(&sql, params![until, limit])
    }

    pub(super) fn cases_dirty(&self, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "select {CASE} from cases where id in (select cast(id as integer) from dirty where what = 'case' order by id limit ?1)"
        );
        self.case_rows(&sql, [limit])
    }

    pub(super) fn subjects_dirty(&self, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "select substr(what, 9), id from dirty where what > 'subject:' and what < 'subject;' limit ?1",
            )
            .map_err(disk)?;
        let rows = statement.query_map([limit], |row| Ok((row.get(0)?, row.get(1)?))).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn expected_until(&self, until: Date, limit: u32) -> Result<Vec<Expected>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "select day, workflow, subject, period from expected_openings where day <= ?1 order by day limit ?2",
            )
            .map_err(disk)?;
        let rows = statement.query_map(params![until.to_string(), limit], |row| {
            let day: String = row.get(0)?;
            Ok(Expected {
                day: day.parse().unwrap_or(Date::MIN),
                workflow: row.get(1)?,
                subject: row.get(2)?,
                period: row.get(3)?,
            })
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn opening_of(&self, workflow: &str, period: &str) -> Result<Option<Opening>, StoreError> {
        self.connection
            .prepare_cached(
                "select workflow, period, policy, after, done from openings where workflow = ?1 and period = ?2",
            )
            .map_err(disk)?
            .query_row([workflow, period], |row| {
                Ok(Opening {
                    workflow: row.get(0)?,
                    period: row.get(1)?,
                    policy: row.get(2)?,
                    after: row.get(3)?,
                    done: row.get(4)?,
                })
            })
            .optional()
            .map_err(disk)
    }

    pub(super) fn with_case(&self, workflow: &str, period: &str, keys: &[Arc<str>]) -> Result<Vec<String>, StoreError> {
        let array = std::rc::Rc::new(keys.iter().map(|it| Cell::Text(it.to_string())).collect::<Vec<_>>());
        let mut statement = self
            .connection
            .prepare_cached(
                "select k.value from rarray(?1) k where exists
                 (select 1 from cases c where c.workflow = ?2 and c.subject = k.value and c.period = ?3
                  and c.subject_type = (select subject_type from cases where workflow = ?2 limit 1))",
            )
            .map_err(disk)?;
        let rows = statement.query_map(params![array, workflow, period], |row| row.get(0)).map_err(disk)?;
        let mut there: Vec<String> = rows.collect::<Result<_, _>>().map_err(disk)?;
        there.extend(self.had_case(workflow, period, keys)?);
        Ok(there)
    }

    pub(super) fn one_case(&self, id: i64) -> Result<Option<CaseRow>, StoreError> {
        Ok(self.case_rows(&format!("select {CASE} from cases where id = ?1"), [id])?.into_iter().next())
    }

    pub(super) fn listed_cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError> {
        let sql = format!(
            "select {CASE} from cases where (?1 is null or workflow = ?1) and (?2 is null or subject = ?2)
             and (case when ?3 is null then status <> 'expunged' or ?4 is not null else status = ?3 end) and (?4 is null or id = ?4) and (not ?5 or set_aside is not null)
             and id > ?7 order by id limit ?6"
        );
        let limit = filter.limit.and_then(|it| i64::try_from(it).ok()).unwrap_or(-1);
        self.case_rows(
            &sql,
            params![filter.workflow, filter.subject, filter.status, filter.case, filter.set_aside, limit, filter.after],
        )
    }

    pub(super) fn journal_of(&self, case_id: i64) -> Result<Vec<JournalEntry>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "select case_id, seq, rev, at, actor, kind, payload, payload_hash, hash from journal where case_id = ?1
                 and payload_hash <> '' order by seq",
            )
            .map_err(disk)?;
        let rows = statement.query_map([case_id], entry_of).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn overdue_on(&self, on: Date) -> Result<Vec<OpenDeadline>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "select c.id, c.workflow, c.subject_type, c.subject, d.stage, d.due, t.holder_type, t.holder, coalesce(t.capacity, '')
                 from deadlines d join cases c on c.id = d.case_id
                 left join tasks t on t.case_id = d.case_id and t.stage = d.stage and t.round = d.round and t.until is null
                 where d.state = 'running' and d.due < ?1 order by d.due, c.id, t.nth",
            )
            .map_err(disk)?;
        let rows = statement.query_map([on.to_string()], |row| {
            let holder: (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
            Ok(OpenDeadline {
                case_id: row.get(0)?,
                workflow: row.get(1)?,
                subject_type: row.get(2)?,
                subject: row.get(3)?,
                stage: row.get(4)?,
                due: row.get(5)?,
                holder: holder.0.zip(holder.1),
                capacity: row.get(8)?,
            })
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn count_all(&self) -> Result<Counts, StoreError> {
        let count = |sql: &str| -> Result<u64, StoreError> {
            let number: i64 = self.connection.query_row(sql, [], |row| row.get(0)).map_err(disk)?;
            Ok(u64::try_from(number).unwrap_or(0))
        };
        Ok(Counts {
            open: count("select count(*) from cases where status = 'open'")?,
            set_aside: count("select count(*) from cases where status = 'open' and set_aside is not null")?,
            undeliverable: count("select count(*) from effects where state = 'undeliverable'")?,
            held: self.count_held()?,
        })
    }
}
