//! What frameworks proposed, and where it stands: judgements, and an outcome for each rule that applies or may apply to somebody.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, params};

use crate::store::StoreError;
use crate::store::sqlite::{SqliteStore, disk};

/// Where something stands that was proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The rule: what was proposed, or the lesser sanction that it became.
    pub rule: String,
    /// `proposed`, `stayed`, `in force`, `dismissed`.
    pub state: String,
    /// The day on which it took effect.
    pub since: Option<Date>,
    /// The day on which it was ended before its time.
    pub ended: Option<Date>,
}

/// A judgement: a framework on a period, once for everybody or for some.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Its number.
    pub id: i64,
    /// The framework's name.
    pub framework: String,
    /// The first day of the period.
    pub period: String,
    /// Which of several on that period.
    pub nth: i64,
    /// The policy version by which it was judged.
    pub policy: i64,
    /// The day of the judgement.
    pub as_of: Date,
    /// The last one judged, in the order of the keys.
    pub after: String,
    /// Whether all have been.
    pub done: bool,
    /// Whether somebody asked for it; else it is that of the framework's own day.
    pub asked: bool,
    /// The one whom it is about; nothing where it is about all.
    pub whom: Option<String>,
}

/// What a judgement came to by one rule for somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRow {
    /// The judgement.
    pub judgement: i64,
    /// The framework's name; written with the judgement.
    pub framework: String,
    /// The first day of the period; written with the judgement.
    pub period: String,
    /// The record type of whom it concerns.
    pub subject_type: String,
    /// Their key.
    pub subject: String,
    /// The rule that proposed it, or may.
    pub proposed: String,
    /// `sanction`, `reward` or `measure`.
    pub kind: String,
    /// The rule: what was proposed, or the lesser sanction that it became.
    pub rule: String,
    /// `undetermined`, `proposed`, `stayed`, `in force`, `dismissed`, `ended`.
    pub state: String,
    /// What is paid, as people write it.
    pub amount: Option<String>,
    /// The facts for want of which it is not decided.
    pub missing: Option<String>,
    /// The day on which it took effect.
    pub since: Option<Date>,
    /// The day on which it was ended before its time.
    pub ended: Option<Date>,
    /// The case in which it is heard, or stands as it follows by itself.
    pub case: Option<i64>,
}

/// Which outcomes are asked for; nothing leaves nothing out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutcomeFilter {
    /// Of this framework.
    pub framework: Option<String>,
    /// Of the period with this first day.
    pub period: Option<String>,
    /// Of records of this type.
    pub subject_type: Option<String>,
    /// Of this one.
    pub subject: Option<String>,
    /// In this state.
    pub state: Option<String>,
    /// Of this case.
    pub case: Option<i64>,
}

const JUDGEMENT: &str = "id, framework, period, nth, policy, as_of, after, done, asked, whom";
const OUTCOME: &str =
    "o.judgement, j.framework, j.period, o.subject_type, o.subject, o.proposed, o.kind, o.rule, o.state, o.amount,
    o.missing, o.since, o.ended, o.case_id";

fn day(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Date>> {
    Ok(row.get::<_, Option<String>>(at)?.and_then(|it| it.parse().ok()))
}

fn judgement_of(row: &Row<'_>) -> rusqlite::Result<Judgement> {
    Ok(Judgement {
        id: row.get(0)?,
        framework: row.get(1)?,
        period: row.get(2)?,
        nth: row.get(3)?,
        policy: row.get(4)?,
        as_of: day(row, 5)?.unwrap_or(Date::MIN),
        after: row.get(6)?,
        done: row.get(7)?,
        asked: row.get(8)?,
        whom: row.get(9)?,
    })
}

fn outcome_of(row: &Row<'_>) -> rusqlite::Result<OutcomeRow> {
    Ok(OutcomeRow {
        judgement: row.get(0)?,
        framework: row.get(1)?,
        period: row.get(2)?,
        subject_type: row.get(3)?,
        subject: row.get(4)?,
        proposed: row.get(5)?,
        kind: row.get(6)?,
        rule: row.get(7)?,
        state: row.get(8)?,
        amount: row.get(9)?,
        missing: row.get(10)?,
        since: day(row, 11)?,
        ended: day(row, 12)?,
        case: row.get(13)?,
    })
}

impl SqliteStore {
    pub(super) fn write_judgement(&self, it: &Judgement, rev: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "insert into judgements values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 on conflict (id) do update set after = excluded.after, done = excluded.done, rev = excluded.rev",
            )
            .map_err(disk)?
            .execute(params![
                it.id,
                it.framework,
                it.period,
                it.nth,
                it.policy,
                it.as_of.to_string(),
                it.after,
                it.done,
                rev,
                it.asked,
                it.whom
            ])
            .map_err(disk)?;
        Ok(())
    }

    /// What was open for want of facts is decided by a later judgement: its row stays, in the state of then.
    pub(super) fn write_outcome(&self, it: &OutcomeRow, rev: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("insert into outcomes values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)")
            .map_err(disk)?
            .execute(params![
                it.judgement,
                it.subject_type,
                it.subject,
                it.proposed,
                it.kind,
                it.rule,
                it.state,
                it.amount,
                it.missing,
                it.since.map(|it| it.to_string()),
                it.ended.map(|it| it.to_string()),
                it.case,
                rev
            ])
            .map_err(disk)?;
        // What takes effect at once is a fact that rules may read, too.
        if let Some(case) = it.case.filter(|_| it.since.is_some()) {
            self.whom_it_concerns(case, rev)?;
        }
        Ok(())
    }

    /// Where what a case is about stands now. What takes effect is a fact that rules may read: whoever it concerns is looked at again.
    pub(super) fn write_standing(&self, case: i64, it: &Standing, rev: i64) -> Result<(), StoreError> {
        let changed = self
            .connection
            .prepare_cached(
                "update outcomes set rule = ?2, state = ?3, since = ?4, rev = ?5, ended = ?6
                 where case_id = ?1 and (rule, state) is not (?2, ?3)",
            )
            .map_err(disk)?
            .execute(params![
                case,
                it.rule,
                it.state,
                it.since.map(|it| it.to_string()),
                rev,
                it.ended.map(|it| it.to_string())
            ])
            .map_err(disk)?;
        if changed > 0 && it.since.is_some() {
            self.whom_it_concerns(case, rev)?;
        }
        Ok(())
    }

    pub(super) fn whom_it_concerns(&self, case: i64, rev: i64) -> Result<(), StoreError> {
        for sql in [
            "insert into dirty select 'case', cast(other.id as text), ?2 from cases own join cases other
             on (other.subject_type, other.subject) = (own.subject_type, own.subject)
             where own.id = ?1 and other.id <> ?1 and other.status = 'open' and true
             on conflict (what, id) do update set rev = excluded.rev",
            "insert into dirty select 'subject:' || subject_type, subject, ?2 from cases where id = ?1 and true
             on conflict (what, id) do update set rev = excluded.rev",
        ] {
            self.connection.prepare_cached(sql).and_then(|mut it| it.execute(params![case, rev])).map_err(disk)?;
        }
        self.call_whom_it_concerns(case, rev)
    }

    pub(super) fn judgement_of(&self, framework: &str, period: &str) -> Result<Option<Judgement>, StoreError> {
        let sql = format!(
            "select {JUDGEMENT} from judgements where framework = ?1 and period = ?2 order by nth desc limit 1"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        statement.query_row([framework, period], judgement_of).optional().map_err(disk)
    }

    pub(super) fn judged_on_its_day(&self, framework: &str, period: &str) -> Result<bool, StoreError> {
        let sql = "select exists (select 1 from judgements where framework = ?1 and period = ?2 and asked = 0
                   and whom is null)";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        statement.query_row([framework, period], |row| row.get(0)).map_err(disk)
    }

    pub(super) fn judgements_open(&self) -> Result<Vec<Judgement>, StoreError> {
        let sql = format!("select {JUDGEMENT} from judgements where done = 0 order by id");
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([], judgement_of).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn judgement_number(&self) -> Result<i64, StoreError> {
        let sql = "select coalesce(max(id), 0) + 1 from judgements";
        self.connection.prepare_cached(sql).and_then(|mut it| it.query_row([], |row| row.get(0))).map_err(disk)
    }

    pub(super) fn listed_outcomes(&self, filter: &OutcomeFilter) -> Result<Vec<OutcomeRow>, StoreError> {
        // Of one person the index on them is taken: others need not be looked at.
        let about = match (&filter.subject_type, &filter.subject) {
            (Some(_), Some(_)) => "(o.subject_type, o.subject) = (?3, ?4)",
            _ => "(?3 is null or o.subject_type = ?3) and (?4 is null or o.subject = ?4)",
        };
        let sql = format!(
            "select {OUTCOME} from outcomes o join judgements j on j.id = o.judgement
             where {about} and (?1 is null or j.framework = ?1) and (?2 is null or j.period = ?2)
             and (?5 is null or o.state = ?5) and (?6 is null or o.case_id = ?6)
             and (o.state <> 'undetermined' or (
               not exists (select 1 from judgements later where later.framework = j.framework
                 and later.period = j.period and later.id > j.id and later.whom is null)
               and not exists (select 1 from judgements later where later.framework = j.framework
                 and later.period = j.period and later.id > j.id and later.whom = o.subject)))
             order by j.period, j.framework, o.subject, o.judgement, o.proposed"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement
            .query_map(
                params![
                    filter.framework,
                    filter.period,
                    filter.subject_type,
                    filter.subject,
                    filter.state,
                    filter.case
                ],
                outcome_of,
            )
            .map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    /// The greatest number of a case of somebody in a workflow and period; nought where there is none.
    pub(super) fn greatest_nth(
        &self,
        workflow: &str,
        subject_type: &str,
        subject: &str,
        period: &str,
    ) -> Result<i64, StoreError> {
        let sql = "select coalesce(max(nth), 0) from cases where workflow = ?1 and subject_type = ?2 and subject = ?3 and period = ?4";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        statement.query_row([workflow, subject_type, subject, period], |row| row.get(0)).map_err(disk)
    }

    /// What stages of a case sent, and when the way out accepted it: stage, round, `type:key` of the recipient, moment.
    pub(super) fn accepted_of(&self, case: i64) -> Result<Vec<(String, i64, String, i64)>, StoreError> {
        let sql = "select e.stage, e.round, e.recipient, a.ended from effects e join deliveries d on d.effect = e.key
                   join attempts a on a.delivery = d.id and a.result = 'accepted'
                   where e.case_id = ?1 and e.step = 'sent' order by a.ended, e.key";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let rows = statement
            .query_map([case], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Option<i64>>(3)?.unwrap_or(0)))
            })
            .map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    /// When something was imposed on somebody, and when it was ended before its time.
    pub(super) fn imposed_on(
        &self,
        subject_type: &str,
        subject: &str,
        rule: &str,
    ) -> Result<Vec<(Date, Option<Date>)>, StoreError> {
        let sql = "select since, ended from outcomes where subject_type = ?1 and subject = ?2 and rule = ?3
                   and state in ('in force', 'ended') and kind <> 'measure' order by since";
        let mut statement = self.connection.prepare_cached(sql).map_err(disk)?;
        let rows =
            statement.query_map([subject_type, subject, rule], |row| Ok((day(row, 0)?, day(row, 1)?))).map_err(disk)?;
        let days: Vec<_> = rows.collect::<Result<_, _>>().map_err(disk)?;
        Ok(days.into_iter().filter_map(|(since, ended)| Some((since?, ended))).collect())
    }
}
