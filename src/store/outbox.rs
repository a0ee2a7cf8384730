//! The outbox: effects, the mails that carry them, and each try.

use rusqlite::{Row, Transaction, TransactionBehavior, params};

use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{Digest, EffectRow, Filter, NewEffect, OutboxChange, StoreError};
use crate::store::{digests, points, sums};
use crate::workflow::NoticeAct;

/// One mail on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number.
    pub id: i64,
    /// The effect that it carries; of a digest the first.
    pub effect: String,
    /// `email`
    pub channel: String,
    /// Where it goes.
    pub address: String,
    /// Stable, from the key of the effect or the digest.
    pub message_id: String,
    /// `open`, `sent`, `ambiguous`, `dead`, `undeliverable`.
    pub state: String,
    /// When to try next (seconds UTC).
    pub next_try: Option<i64>,
    /// How often it was tried.
    pub tries: i64,
    /// Of a mail that carries several.
    pub digest: Option<Digest>,
}

/// How an attempt to send ended.
#[derive(Debug, Clone, Copy)]
pub struct AttemptEnd<'a> {
    /// The mail.
    pub delivery: i64,
    /// The attempt.
    pub attempt: i64,
    /// When (seconds UTC).
    pub at: i64,
    /// `accepted`, `refused`, `ambiguous`.
    pub result: &'a str,
    /// What the other side said.
    pub detail: &'a str,
    /// What becomes of the mail: `open`, `sent`, `ambiguous`, `dead`.
    pub state: &'a str,
    /// When to try again.
    pub next_try: Option<i64>,
}

/// Others write beside: whoever reads in order to write takes the lock first.
pub(super) const IMMEDIATE: TransactionBehavior = TransactionBehavior::Immediate;

pub(super) const EFFECT: &str = "e.key, e.case_id, e.stage, e.round, e.step, e.nth, e.recipient, e.kind, e.day, e.not_before, e.facts, e.message, e.language, e.state, e.delivery, e.rev, e.sum, e.waits_until";

/// The moment from which an effect may leave: the index on what is due is made of it.
pub(super) const LEAVES: &str = "coalesce(waits_until, not_before)";

pub(super) fn effect_of(row: &Row<'_>) -> rusqlite::Result<EffectRow> {
    let case_id = sums::number(row, 1)?;
    let effect = NewEffect {
        key: sums::text(row, 0)?,
        stage: sums::text(row, 2)?,
        round: sums::number(row, 3)?,
        step: sums::text(row, 4)?,
        nth: sums::number(row, 5)?,
        recipient: sums::text(row, 6)?,
        kind: sums::text(row, 7)?,
        day: sums::text(row, 8)?,
        not_before: sums::number(row, 9)?,
        facts: sums::text(row, 10)?,
        message: sums::text(row, 11)?,
        language: sums::text(row, 12)?,
        state: sums::text(row, 13)?,
    };
    let whole = sums::of_effect(case_id, &effect) == sums::number(row, 16)?;
    let (delivery, rev, waits_until) = (row.get(14)?, sums::number(row, 15)?, row.get(17)?);
    let (digest, channel, detail) = (None, None, None);
    Ok(EffectRow { case_id, effect, delivery, digest, channel, rev, attempts: 0, detail, whole, waits_until })
}

/// The columns `key`, `day` and `fixed` of a digest, if there is one.
fn digest_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Digest>> {
    let Some(key) = row.get(at)? else { return Ok(None) };
    Ok(Some(Digest { key, day: row.get(at + 1)?, fixed: row.get(at + 2)? }))
}

/// Commits what concerns a mail; such a commit has no number and no seal.
pub(super) fn commit_outbox(transaction: Transaction<'_>, kind: &str) -> Result<(), StoreError> {
    points::writes(kind);
    points::pass_of_commit("committing");
    transaction.commit().map_err(disk)?;
    points::pass_of_commit("committed");
    Ok(())
}

impl SqliteStore {
    pub(super) fn effects_waiting(&self, until: i64, limit: u32) -> Result<Vec<EffectRow>, StoreError> {
        let sql = format!(
            "select {EFFECT} from effects e where e.state = 'due' and {LEAVES} <= ?1 order by {LEAVES} limit ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map(params![until, limit], effect_of).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn make_delivery(
        &mut self,
        effect: &str,
        channel: &str,
        address: &str,
        message_id: &str,
        at: i64,
    ) -> Result<Option<i64>, StoreError> {
        let transaction = self.connection.transaction_with_behavior(IMMEDIATE).map_err(disk)?;
        let id: i64 = transaction
            .query_row("select coalesce(max(id), 0) + 1 from deliveries", [], |row| row.get(0))
            .map_err(disk)?;
        transaction
            .prepare_cached("insert into deliveries (id, effect, channel, address, message_id, state, next_try) values (?1, ?2, ?3, ?4, ?5, 'open', ?6)")
            .map_err(disk)?
            .execute(params![id, effect, channel, address, message_id, at])
            .map_err(disk)?;
        let changed = transaction
            .prepare_cached("update effects set state = 'sending', delivery = ?2 where key = ?1 and state = 'due'")
            .map_err(disk)?
            .execute(params![effect, id])
            .map_err(disk)?;
        if changed == 0 {
            return Ok(None);
        }
        commit_outbox(transaction, "mail")?;
        Ok(Some(id))
    }

    pub(super) fn deliveries_open(&self, until: i64, limit: u32) -> Result<Vec<(DeliveryRow, EffectRow)>, StoreError> {
        let sql = format!(
            "select {EFFECT}, d.id, d.effect, d.channel, d.address, d.message_id, d.state, d.next_try, d.tries, g.key, g.day, g.fixed
             from deliveries d join effects e on e.key = d.effect left join digests g on g.delivery = d.id
             where d.state = 'open' and d.next_try <= ?1 order by d.next_try, d.id limit ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map(params![until, limit], |row| {
            let delivery = DeliveryRow {
                id: row.get(18)?,
                effect: row.get(19)?,
                channel: row.get(20)?,
                address: row.get(21)?,
                message_id: row.get(22)?,
                state: row.get(23)?,
                next_try: row.get(24)?,
                tries: row.get(25)?,
                digest: digest_of(row, 26)?,
            };
            Ok((delivery, effect_of(row)?))
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn attempt_begins(&mut self, delivery: i64, at: i64) -> Result<Option<i64>, StoreError> {
        let transaction = self.connection.transaction_with_behavior(IMMEDIATE).map_err(disk)?;
        let write = |sql: &str| transaction.prepare_cached(sql).and_then(|mut it| it.execute([delivery])).map_err(disk);
        if write("update deliveries set tries = tries + 1 where id = ?1 and state = 'open'")? == 0 {
            return Ok(None);
        }
        if digests::is_outdated(&transaction, delivery)? {
            digests::take_apart(&transaction, delivery)?;
            commit_outbox(transaction, "apart")?;
            return Ok(None);
        }
        write("update digests set fixed = 1 where delivery = ?1 and fixed = 0")?;
        let attempt: i64 = transaction
            .prepare_cached("select tries from deliveries where id = ?1")
            .map_err(disk)?
            .query_row([delivery], |row| row.get(0))
            .map_err(disk)?;
        transaction
            .prepare_cached("insert into attempts (delivery, n, began) values (?1, ?2, ?3)")
            .map_err(disk)?
            .execute(params![delivery, attempt, at])
            .map_err(disk)?;
        commit_outbox(transaction, "try")?;
        Ok(Some(attempt))
    }

    pub(super) fn attempts_broken(&self) -> Result<Vec<(i64, i64, String)>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("select a.delivery, a.n, d.channel from attempts a join deliveries d on d.id = a.delivery where a.ended is null").map_err(disk)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn attempt_ends(&mut self, end: &AttemptEnd<'_>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(IMMEDIATE).map_err(disk)?;
        transaction
            .prepare_cached("update attempts set ended = ?3, result = ?4, detail = ?5 where delivery = ?1 and n = ?2")
            .map_err(disk)?
            .execute(params![end.delivery, end.attempt, end.at, end.result, end.detail])
            .map_err(disk)?;
        transaction
            .prepare_cached(
                "update deliveries set state = ?2, next_try = ?3 where id = ?1 and (state <> 'dropped' or ?2 = 'sent')",
            )
            .map_err(disk)?
            .execute(params![end.delivery, end.state, end.next_try])
            .map_err(disk)?;
        if end.result == "accepted" {
            // What a stage sent counts from its acceptance, where the policy says so.
            transaction
                .prepare_cached(
                    "insert into dirty select 'case', cast(e.case_id as text), e.rev from effects e
                     join deliveries d on d.effect = e.key where d.id = ?1 and e.step = 'sent' and true
                     on conflict (what, id) do update set rev = excluded.rev",
                )
                .map_err(disk)?
                .execute([end.delivery])
                .map_err(disk)?;
        }
        commit_outbox(transaction, "result")
    }

    pub(super) fn change_effect(&self, change: &OutboxChange, at: i64) -> Result<(), StoreError> {
        let write = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
            self.connection.prepare_cached(sql).and_then(|mut it| it.execute(parameters)).map_err(disk)
        };
        let key: &dyn rusqlite::ToSql = &change.key;
        let changed = match change.act {
            NoticeAct::Release => {
                let mail = "update deliveries set state = 'open', next_try = ?2
                            where id = (select delivery from effects where key = ?1) and state = 'held'";
                write(mail, &[key, &at])?
                    + write("update effects set state = 'due' where key = ?1 and state = 'held'", &[key])?
            }
            NoticeAct::Retry => write(
                "update deliveries set state = 'open', next_try = ?2
                 where id = (select delivery from effects where key = ?1) and state in ('dead', 'ambiguous')",
                &[key, &at],
            )?,
            NoticeAct::Drop => {
                if let Some(loose) = digests::loose_with(&self.connection, &change.key)? {
                    digests::take_apart(&self.connection, loose)?;
                }
                // An attempt that broke off must not open the mail again.
                let broken = "update attempts set ended = ?2, result = 'ambiguous', detail = 'the program stopped during this attempt'
                              where ended is null and delivery = (select delivery from effects where key = ?1)";
                write(broken, &[key, &at])?;
                write(
                    "update deliveries set state = 'dropped', next_try = null
                     where id = (select delivery from effects where key = ?1) and state <> 'sent'",
                    &[key],
                )?;
                write("update effects set state = 'dropped' where key = ?1 and state <> 'merged'", &[key])?
            }
        };
        if changed == 1 {
            Ok(())
        } else {
            Err(StoreError::Damaged(format!("the effect {} can't be changed", change.key)))
        }
    }

    /// How many effects wait until somebody releases them.
    pub(super) fn count_held(&self) -> Result<u64, StoreError> {
        let sql = "select (select count(*) from effects where state = 'held')
                   + (select count(*) from deliveries d left join digest_members m on m.delivery = d.id where d.state = 'held')";
        let held: i64 =
            self.connection.prepare_cached(sql).and_then(|mut it| it.query_row([], |row| row.get(0))).map_err(disk)?;
        Ok(u64::try_from(held).unwrap_or(0))
    }

    /// Holds whatever is still to be sent, for it may have left already.
    pub(super) fn hold_what_waits(&self, at: i64) -> Result<u64, StoreError> {
        self.connection
            .execute(
                "update attempts set ended = ?1, result = 'ambiguous', detail = 'the backup was made during this attempt'
                 where ended is null",
                [at],
            )
            .map_err(disk)?;
        // A digest that was loose may have been tried by the lost store: if it leaves, then as the same mail.
        let held = "update effects set state = 'held' where state = 'due'; update deliveries set state = 'held' where state = 'open';
                    update digests set fixed = 1 where fixed = 0;";
        self.connection.execute_batch(held).map_err(disk)?;
        self.count_held()
    }

    pub(super) fn listed_effects(&self, filter: &Filter) -> Result<Vec<EffectRow>, StoreError> {
        let sql = format!(
            "select {EFFECT}, d.state, coalesce(d.tries, 0), case coalesce(d.state, e.state)
               when 'held' then 'it may have left before the store was restored on '
                 || coalesce((select date(restored, 'unixepoch') from store), '') || coalesce('; ' || a.detail, '')
               when 'withdrawn' then 'what it reminds of was done, or given up, before it left'
               when 'dropped' then
                 (select json_extract(j.payload, '$.because') from journal j where j.case_id = e.case_id
                  and j.kind = 'notice_dropped' and json_extract(j.payload, '$.key') = e.key order by j.seq desc limit 1)
               else a.detail end, d.channel, g.key, g.day, g.fixed
             from effects e left join deliveries d on d.id = e.delivery left join digests g on g.delivery = d.id
             left join attempts a on a.delivery = d.id and a.n = d.tries
             where (?1 is null or e.case_id = ?1) and (?2 is null or substr(e.recipient, instr(e.recipient, ':') + 1) = ?2)
             and (?3 is null or coalesce(d.state, e.state) = ?3)
             and (?5 is null or substr(e.key, 1, length(?5)) = ?5) and (?6 is null or substr(g.key, 1, length(?6)) = ?6)
             order by e.day, e.case_id, e.recipient, e.key limit ?4"
        );
        let limit = filter.limit.and_then(|it| i64::try_from(it).ok()).unwrap_or(-1);
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let with = params![filter.case, filter.subject, filter.status, limit, filter.key, filter.digest];
        let rows = statement.query_map(with, |row| {
            let mut effect = effect_of(row)?;
            if let Some(state) = row.get(18)? {
                effect.effect.state = state;
            }
            effect.attempts = row.get(19)?;
            effect.detail = row.get(20)?;
            effect.channel = row.get(21)?;
            effect.digest = digest_of(row, 22)?;
            Ok(effect)
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }
}
