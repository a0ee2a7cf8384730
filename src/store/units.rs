//! The store's units of work, in SQLite: each delegates to the file that knows its tables.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::types::Value as Cell;
use rusqlite::{OptionalExtension, Row, params};

use crate::ids::RecordId;
use crate::planted::{self, Bug};
use crate::policy::model::Policy;
use crate::source::Sources;
use crate::store::described::{compiled, describe};
use crate::store::points::pass;
use crate::store::reader::Reader;
use crate::store::records::{key_columns, table};
use crate::store::sqlite::{Access, EDITION, SqliteStore, disk};
use crate::store::{
    Applied, AttemptEnd, Called, CaseRow, Counts, Delegation, DeliveryRow, EffectRow, Expected, Fetched, Filter,
    ImportNote, JournalEntry, Judgement, Leaving, NewDigest, OpenDeadline, Opening, OutcomeFilter, OutcomeRow,
    PolicyVersion, RecordChange, RecordReader, RefusedAct, Snapshots, Store, StoreError, StoreState, View, ViewRow,
    Work,
};
use crate::table::Records;

fn version_of(row: &Row<'_>) -> rusqlite::Result<PolicyVersion> {
    let text: String = row.get(2)?;
    let files = serde_json::from_str(&text).unwrap_or_default();
    Ok(PolicyVersion {
        version: row.get(0)?,
        edition: row.get(1)?,
        files,
        hash: row.get(3)?,
        rev: row.get(4)?,
        note: row.get(5)?,
    })
}

impl SqliteStore {
    fn deploy_now(&self, files: &[(String, String)], policy: &Policy, note: &str, at: i64) -> Result<i64, StoreError> {
        let rev = self.read_state()?.rev + 1;
        let version: i64 = self
            .connection
            .query_row("select coalesce(max(version), 0) + 1 from policies", [], |row| row.get(0))
            .map_err(disk)?;
        self.shape_records(policy, rev)?;
        let (others, before) = (self.has_other_calendars(policy)?, self.latest_policy()?);
        let text = serde_json::to_string(files).unwrap_or_default();
        self.connection
            .execute(
                "insert into policies values (?1, ?2, ?3, ?4, ?5, ?6)",
                params![version, EDITION, text, policy.hash, rev, note],
            )
            .map_err(disk)?;
        let (state, today) = (self.read_state()?, policy.main().day_of(crate::calendar::Moment(at)));
        describe(&self.connection, policy, version, state.as_of.or(state.adopted).unwrap_or(today))?;
        if (self.keep_calendar_days(policy, at, rev)? || others) && !planted::is(Bug::LateHolidayIgnored) {
            self.mark_all_cases(None, rev)?;
        }
        if let Some(before) = before {
            self.mark_reordered(&Sources::of(before.files), &Sources::of(files.to_vec()), policy, rev)?;
        }
        self.seal_commit(rev, at, None, "system", "deploy", None)?;
        Ok(version)
    }

    /// Whether a calendar is made otherwise than in the version before: in another zone, say, every moment that an open case waits for
    /// is another.
    fn has_other_calendars(&self, policy: &Policy) -> Result<bool, StoreError> {
        let Some(before) = self.latest_policy()?.and_then(|it| compiled(it.files)) else { return Ok(false) };
        let known = |name: &str| before.calendars.iter().find(|it| it.name() == name).map(|it| it.rules());
        Ok(policy.calendars.iter().any(|it| known(it.name()).is_some_and(|rules| rules != it.rules())))
    }

    /// Keeps which days are worked, for SQL; whether any day is another than it was.
    fn keep_calendar_days(&self, policy: &Policy, at: i64, rev: i64) -> Result<bool, StoreError> {
        let mut changed = false;
        let seen = self.read_state()?.as_of;
        for calendar in &policy.calendars {
            // A machine's clock may have fallen back behind the days that the cases live in.
            let day = calendar.day_of(crate::calendar::Moment(at));
            let today = seen.map_or(day, |it| it.max(day));
            let (Ok(mut day), Ok(last)) = (Date::new(today.year() - 2, 1, 1), Date::new(today.year() + 4, 12, 31))
            else {
                continue;
            };
            let first = day;
            let known: Option<i64> = self
                .connection
                .query_row("select count(*) from calendar_days where calendar = ?1", [calendar.name()], |row| {
                    row.get(0)
                })
                .optional()
                .map_err(disk)?;
            let mut upsert = self
                .connection
                .prepare_cached(
                    "insert into calendar_days values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (calendar, day) do update
                     set working = excluded.working, nth = excluded.nth, why = excluded.why, rev = excluded.rev
                     where working <> excluded.working or why is not excluded.why or nth <> excluded.nth",
                )
                .map_err(disk)?;
            while day <= last {
                let status = calendar.day(day);
                let nth = calendar.working_days_between(first, day);
                let rows = upsert
                    .execute(params![calendar.name(), day.to_string(), status.working, nth, status.why, rev])
                    .map_err(disk)?;
                changed |= rows > 0 && known.unwrap_or(0) > 0;
                day = day
                    .checked_add(1.day())
                    .map_err(|_| StoreError::Refused("a calendar beyond its end".to_owned()))?;
            }
        }
        Ok(changed)
    }
}

impl Store for SqliteStore {
    fn state(&self) -> Result<StoreState, StoreError> {
        self.read_state()
    }

    fn set(&mut self, adopted: Option<Date>, hold: Option<bool>) -> Result<(), StoreError> {
        pass("setting");
        self.connection
            .execute(
                "update store set adopted = coalesce(?1, adopted), hold = coalesce(?2, hold)",
                params![adopted.map(|it| it.to_string()), hold],
            )
            .map_err(disk)?;
        pass("set");
        Ok(())
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.begin_immediate()
    }

    fn begin_to_read(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("begin").map_err(disk)
    }

    fn beside(&self) -> Result<Option<Box<dyn Store + Send>>, StoreError> {
        let Some(path) = self.connection.path().filter(|it| !it.is_empty()) else { return Ok(None) };
        let store = Self::open_as_it_is(Path::new(path), Access::ReadOnly)?;
        Ok(Some(Box::new(store)))
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.abandon()
    }

    fn commit(&mut self, work: &Work) -> Result<i64, StoreError> {
        self.commit_work(work)
    }

    fn deploy(&mut self, files: &[(String, String)], policy: &Policy, note: &str, at: i64) -> Result<i64, StoreError> {
        if let Some(latest) = self.latest_policy()?.filter(|it| it.hash == policy.hash) {
            return Ok(latest.version);
        }
        self.begin_immediate()?;
        match self.deploy_now(files, policy, note, at) {
            Ok(version) => self.end(version),
            Err(error) => {
                self.abandon()?;
                Err(error)
            }
        }
    }

    fn latest_policy(&self) -> Result<Option<PolicyVersion>, StoreError> {
        self.connection
            .prepare_cached(
                "select version, edition, text, hash, rev, note from policies order by version desc limit 1",
            )
            .map_err(disk)?
            .query_row([], version_of)
            .optional()
            .map_err(disk)
    }

    fn policy(&self, version: i64) -> Result<PolicyVersion, StoreError> {
        self.connection
            .prepare_cached("select version, edition, text, hash, rev, note from policies where version = ?1")
            .map_err(disk)?
            .query_row([version], version_of)
            .optional()
            .map_err(disk)?
            .ok_or_else(|| StoreError::Damaged(format!("policy version {version} is missing")))
    }

    fn versions_in_use(&self) -> Result<Vec<i64>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "select version from policies p where exists (select 1 from cases c where c.policy = p.version and c.status = 'open')",
            )
            .map_err(disk)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    fn import(
        &mut self,
        policy: &Policy,
        files: &[(ImportNote, Vec<RecordChange>)],
        at: i64,
        written: &mut dyn FnMut(u64),
    ) -> Result<Vec<Applied>, StoreError> {
        self.import_changes(policy, files, at, written)
    }

    fn mature(&mut self, policy: &Policy, after: Option<Date>, until: Date, at: i64) -> Result<u64, StoreError> {
        self.mature_values(policy, after, until, at)
    }

    fn delegations(&self, from: Option<Date>) -> Result<Vec<Delegation>, StoreError> {
        self.listed_delegations(from)
    }

    fn delegate(&mut self, given: &Delegation, today: Date, at: i64) -> Result<i64, StoreError> {
        self.give_delegation(given, today, at)
    }

    fn end_delegation(&mut self, ended: &Delegation, last: Date, today: Date, at: i64) -> Result<i64, StoreError> {
        self.end_delegation_with(ended, last, today, at)
    }

    fn write(&mut self, policy: &Policy, changes: &[RecordChange], at: i64) -> Result<Applied, StoreError> {
        self.write_within(policy, changes, at)
    }

    fn everybody(&self, policy: &Policy, until: Date) -> Result<Records, StoreError> {
        self.columns(policy, &[], until, Snapshots::Never)
    }

    fn reader_with<'a>(&'a self, policy: &'a Policy, fetched: Fetched) -> Box<dyn RecordReader + 'a> {
        Box::new(Reader::new(self, policy, fetched))
    }

    fn writes_of_others(&self) -> Result<i64, StoreError> {
        SqliteStore::writes_of_others(self)
    }

    fn keys_after(
        &self,
        policy: &Policy,
        record: RecordId,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        let (key, part) = key_columns(policy, record);
        let whole = part.map_or_else(|| key.clone(), |part| format!("{key} || '/' || {part}"));
        let sql = format!("select {whole} from {} where {whole} > ?1 order by {whole} limit ?2", table(policy, record));
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map(params![after, limit], |row| row.get::<_, String>(0)).map_err(disk)?;
        rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect()
    }

    fn existing(&self, policy: &Policy, record: RecordId, keys: &[Arc<str>]) -> Result<Vec<Arc<str>>, StoreError> {
        let (key, _) = key_columns(policy, record);
        let sql = format!("select {key} from {} where {key} in (select value from rarray(?1))", table(policy, record));
        let array = std::rc::Rc::new(keys.iter().map(|it| Cell::Text(it.to_string())).collect::<Vec<_>>());
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([array], |row| row.get::<_, String>(0)).map_err(disk)?;
        rows.map(|it| it.map(|key| Arc::from(key.as_str())).map_err(disk)).collect()
    }

    fn due_cases(&self, until: i64, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        self.cases_due(until, limit)
    }

    fn dirty_cases(&self, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        self.cases_dirty(limit)
    }

    fn dirty_subjects(&self, limit: u32) -> Result<Vec<(String, String)>, StoreError> {
        self.subjects_dirty(limit)
    }

    fn expected(&self, until: Date, limit: u32) -> Result<Vec<Expected>, StoreError> {
        self.expected_until(until, limit)
    }

    fn opening(&self, workflow: &str, period: &str) -> Result<Option<Opening>, StoreError> {
        self.opening_of(workflow, period)
    }

    fn subjects_with_case(&self, workflow: &str, period: &str, keys: &[Arc<str>]) -> Result<Vec<String>, StoreError> {
        self.with_case(workflow, period, keys)
    }

    fn next_case(&self) -> Result<i64, StoreError> {
        self.connection.query_row("select coalesce(max(id), 0) + 1 from cases", [], |row| row.get(0)).map_err(disk)
    }

    fn case(&self, id: i64) -> Result<Option<CaseRow>, StoreError> {
        self.one_case(id)
    }

    fn journal(&self, case_id: i64) -> Result<Vec<JournalEntry>, StoreError> {
        self.journal_of(case_id)
    }

    fn has_judged(&self, framework: &str, period: &str) -> Result<bool, StoreError> {
        self.judged_on_its_day(framework, period)
    }

    fn judgement(&self, framework: &str, period: &str) -> Result<Option<Judgement>, StoreError> {
        self.judgement_of(framework, period)
    }

    fn kept_until(&self, day: Date, limit: u32) -> Result<Vec<CaseRow>, StoreError> {
        SqliteStore::kept_until(self, day, limit)
    }

    fn leaves_yet(&self, case: i64) -> Result<bool, StoreError> {
        SqliteStore::leaves_yet(self, case)
    }

    fn forget(&self) -> Result<(), StoreError> {
        SqliteStore::forget(self)
    }

    fn called(&self, limit: u32) -> Result<Vec<Called>, StoreError> {
        self.listed_called(limit)
    }

    fn frameworks_since(&self) -> Result<BTreeMap<String, Date>, StoreError> {
        self.since_when()
    }

    fn open_judgements(&self) -> Result<Vec<Judgement>, StoreError> {
        self.judgements_open()
    }

    fn next_judgement(&self) -> Result<i64, StoreError> {
        self.judgement_number()
    }

    fn outcomes(&self, filter: &OutcomeFilter) -> Result<Vec<OutcomeRow>, StoreError> {
        self.listed_outcomes(filter)
    }

    fn last_nth(&self, workflow: &str, subject_type: &str, subject: &str, period: &str) -> Result<i64, StoreError> {
        self.greatest_nth(workflow, subject_type, subject, period)
    }

    fn accepted(&self, case: i64) -> Result<Vec<(String, i64, String, i64)>, StoreError> {
        self.accepted_of(case)
    }

    fn keep_refusal(&mut self, case_id: i64, refused: &RefusedAct) -> Result<(), StoreError> {
        SqliteStore::keep_refusal(self, case_id, refused)
    }

    fn refusals(&self, case_id: i64) -> Result<Vec<RefusedAct>, StoreError> {
        self.refused_in(case_id)
    }

    fn view(&self, view: View) -> Result<Vec<ViewRow>, StoreError> {
        self.rows_of_view(view)
    }

    fn overdue(&self, on: Date) -> Result<Vec<OpenDeadline>, StoreError> {
        self.overdue_on(on)
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        self.count_all()
    }

    fn cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError> {
        self.listed_cases(filter)
    }

    fn cases_since(&self, rev: i64) -> Result<Vec<i64>, StoreError> {
        self.touched_since(rev)
    }

    fn effects(&self, filter: &Filter) -> Result<Vec<EffectRow>, StoreError> {
        self.listed_effects(filter)
    }

    fn held(&self) -> Result<u64, StoreError> {
        self.count_held()
    }

    fn effects_to_send(&self, until: i64, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        self.effects_waiting(until, limit)
    }

    fn leaving(&self, until: i64, limit: u32) -> Result<Vec<Leaving>, StoreError> {
        self.leaving_briefly(until, limit)
    }

    fn due_among(&self, keys: &[String]) -> Result<Vec<EffectRow>, StoreError> {
        SqliteStore::due_among(self, keys)
    }

    fn new_digest(&mut self, digest: &NewDigest<'_>) -> Result<Option<i64>, StoreError> {
        self.make_digest(digest)
    }

    fn carried(&self, delivery: i64) -> Result<Vec<EffectRow>, StoreError> {
        self.members_of(delivery)
    }

    fn take_apart(&mut self, one: Option<i64>) -> Result<u64, StoreError> {
        self.take_loose_apart(one)
    }

    fn let_wait(&mut self, effect: &str, until: i64) -> Result<(), StoreError> {
        self.effect_waits(effect, until)
    }

    fn let_mail_wait(&mut self, delivery: i64, until: i64) -> Result<(), StoreError> {
        self.delivery_waits(delivery, until)
    }

    fn withdraw_if_done(&mut self, effect: &str) -> Result<bool, StoreError> {
        self.withdraw_reminder(effect)
    }

    fn new_delivery(
        &mut self,
        effect: &str,
        channel: &str,
        address: &str,
        message_id: &str,
        at: i64,
    ) -> Result<Option<i64>, StoreError> {
        self.make_delivery(effect, channel, address, message_id, at)
    }

    fn open_deliveries(&self, until: i64, limit: u32) -> Result<Vec<(DeliveryRow, EffectRow)>, StoreError> {
        self.deliveries_open(until, limit)
    }

    fn begin_attempt(&mut self, delivery: i64, at: i64) -> Result<Option<i64>, StoreError> {
        self.attempt_begins(delivery, at)
    }

    fn broken_attempts(&self) -> Result<Vec<(i64, i64, String)>, StoreError> {
        self.attempts_broken()
    }

    fn end_attempt(&mut self, end: &AttemptEnd<'_>) -> Result<(), StoreError> {
        self.attempt_ends(end)
    }
}
