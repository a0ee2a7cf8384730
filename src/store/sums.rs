//! A sum over each row on which the engine acts, so that damage which the file itself does not show is found before anything follows
//! from it. It keeps nobody from writing both: against that stand the journal's chain and a seal noted elsewhere.

use rusqlite::{Connection, Row, params};
use sha2::{Digest, Sha256};

use crate::store::cases::{CASE, case_of};
use crate::store::outbox::{EFFECT, effect_of};
use crate::store::sqlite::disk;
use crate::store::{CaseRow, NewEffect, StoreError};
use crate::workflow::{Case, Event};

/// How many rows are read before they are written anew.
const BATCH: i64 = 1_000;

/// A sum under way: every part with its kind and length, so that no two rows come to the same.
#[derive(Default)]
struct Sum(Sha256);

impl Sum {
    fn text(mut self, text: &str) -> Self {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
        self
    }

    fn number(mut self, number: i64) -> Self {
        self.0.update(number.to_be_bytes());
        self
    }

    fn end(self) -> i64 {
        let hash = self.0.finalize();
        hash.iter().take(8).fold(0, |sum: i64, byte| sum << 8 | i64::from(*byte))
    }
}

/// The sum of a case's row, with the end of its journal as it will stand.
pub(super) fn of_case(row: &CaseRow, last_seq: i64, last_hash: &str) -> i64 {
    let what = [&row.workflow, &row.subject_type, &row.subject, &row.period, &row.status, &row.state];
    let numbers = [row.id, row.nth, row.policy, last_seq, i64::from(row.wake_at.is_some()), row.wake_at.unwrap_or(0)];
    let sum = what.into_iter().fold(Sum::default(), |sum, text| sum.text(text));
    let sum = numbers.into_iter().fold(sum, Sum::number).text(last_hash);
    sum.number(i64::from(row.set_aside.is_some())).text(row.set_aside.as_deref().unwrap_or_default()).end()
}

/// The sum of what an effect is; what becomes of it is not part of it.
pub(super) fn of_effect(case: i64, effect: &NewEffect) -> i64 {
    let NewEffect {
        key,
        stage,
        round,
        step,
        nth,
        recipient,
        kind,
        day,
        not_before,
        facts,
        message,
        language,
        state: _,
    } = effect;
    let what = [key, stage, step, recipient, kind, day, facts, message, language];
    let sum = what.into_iter().fold(Sum::default(), |sum, text| sum.text(text));
    [case, *round, *nth, *not_before].into_iter().fold(sum, Sum::number).end()
}

/// A text, whatever its bytes: where they are none, the sum does not fit.
pub(super) fn text(row: &Row<'_>, at: usize) -> rusqlite::Result<String> {
    row.get_ref(at).map(|it| String::from_utf8_lossy(it.as_bytes().unwrap_or_default()).into_owned())
}

/// A number, or nought where there is none.
pub(super) fn number(row: &Row<'_>, at: usize) -> rusqlite::Result<i64> {
    row.get_ref(at).map(|it| it.as_i64().unwrap_or(0))
}

/// The same where there may be none.
pub(super) fn text_if_any(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<String>> {
    if row.get_ref(at)?.as_bytes_or_null().is_ok_and(|it| it.is_none()) { Ok(None) } else { text(row, at).map(Some) }
}

/// Gives every row its sum, and folds every case anew: an earlier version may have told less of it. Only where the store is brought to
/// this version's schema.
pub(super) fn fill(connection: &Connection) -> Result<(), StoreError> {
    let mut after = i64::MIN;
    loop {
        let sql = format!("select {CASE} from cases where id > ?1 order by id limit {BATCH}");
        let mut statement = connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([after], case_of).map_err(disk)?;
        let rows: Vec<CaseRow> = rows.collect::<Result<_, _>>().map_err(disk)?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for mut row in rows {
            if let Some(case) = told(connection, &row)? {
                row.state = case;
            }
            connection
                .prepare_cached("update cases set state = ?2, sum = ?3 where id = ?1")
                .map_err(disk)?
                .execute(params![row.id, row.state, of_case(&row, row.last_seq, &row.last_hash)])
                .map_err(disk)?;
        }
    }
    let mut after = String::new();
    loop {
        let sql = format!("select {EFFECT} from effects e where e.key > ?1 order by e.key limit {BATCH}");
        let mut statement = connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([&after], effect_of).map_err(disk)?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>().map_err(disk)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after.clone_from(&last.effect.key);
        for row in rows {
            connection
                .prepare_cached("update effects set sum = ?2 where key = ?1")
                .map_err(disk)?
                .execute(params![row.effect.key, of_effect(row.case_id, &row.effect)])
                .map_err(disk)?;
        }
    }
}

/// The state of a case as its journal tells; nothing where that can't be read, or tells of another end.
fn told(connection: &Connection, row: &CaseRow) -> Result<Option<String>, StoreError> {
    let sql = "select payload from journal where case_id = ?1 order by seq";
    let mut statement = connection.prepare_cached(sql).map_err(disk)?;
    let payloads = statement.query_map([row.id], |row| text(row, 0)).map_err(disk)?;
    let payloads: Vec<String> = payloads.collect::<Result<_, _>>().map_err(disk)?;
    let events: Result<Vec<Event>, _> = payloads.iter().map(|it| serde_json::from_str(it)).collect();
    let case = events.ok().map(|events| Case::replay(&events)).filter(|case| case.status.word() == row.status);
    Ok(case.and_then(|case| serde_json::to_string(&case).ok()))
}
