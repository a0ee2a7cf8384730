//! What does not leave yet, or not any more: notices for which it is no hour or no day, and reminders of what has been done meanwhile.

use rusqlite::params;

use crate::store::StoreError;
use crate::store::outbox::{IMMEDIATE, commit_outbox};
use crate::store::sqlite::{SqliteStore, disk};

/// A reminder is of no more use when its stage has ended or has other dates, when its recipient has done their part of it, or when the
/// case is over. Where that can't be told it leaves.
pub(super) const OF_NO_USE: &str = "case when json_valid(facts) then json_extract(facts, '$.reminds') end and (
  exists (select 1 from cases c where c.id = effects.case_id and c.status <> 'open')
  or exists (select 1 from deadlines d where d.case_id = effects.case_id and d.stage = effects.stage and d.round = effects.round
    and d.state not in ('running', 'suspended'))
  or (select count(*) > 0 and count(t.until) = count(*) from tasks t where t.case_id = effects.case_id and t.stage = effects.stage
    and t.round = effects.round and t.holder_type || ':' || t.holder = effects.recipient))";

impl SqliteStore {
    pub(super) fn effect_waits(&mut self, effect: &str, until: i64) -> Result<(), StoreError> {
        self.moves("update effects set waits_until = ?2 where key = ?1 and state = 'due'", params![effect, until])?;
        Ok(())
    }

    pub(super) fn delivery_waits(&mut self, delivery: i64, until: i64) -> Result<(), StoreError> {
        self.moves("update deliveries set next_try = ?2 where id = ?1 and state = 'open'", params![delivery, until])?;
        Ok(())
    }

    pub(super) fn withdraw_reminder(&mut self, effect: &str) -> Result<bool, StoreError> {
        let sql = format!("update effects set state = 'withdrawn' where key = ?1 and state = 'due' and {OF_NO_USE}");
        self.moves(&sql, params![effect])
    }

    /// Whether a change that concerns no commit of its own changed anything; nothing is written where it does not.
    fn moves(&mut self, sql: &str, with: &[&dyn rusqlite::ToSql]) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction_with_behavior(IMMEDIATE).map_err(disk)?;
        let changed = transaction.prepare_cached(sql).and_then(|mut it| it.execute(with)).map_err(disk)?;
        if changed > 0 {
            commit_outbox(transaction, "wait")?;
        }
        Ok(changed > 0)
    }
}
