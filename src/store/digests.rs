//! Digests: one mail that carries several notices to one person. Until its first attempt is written down it is loose, and may be taken
//! apart into the notices that it was made of; from then on it is fixed.

use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::store::leaving::OF_NO_USE;
use crate::store::outbox::{EFFECT, IMMEDIATE, LEAVES, commit_outbox, effect_of};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::{EffectRow, StoreError};

/// What is known of a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// SHA-256 of the keys of the notices that it carries, in their order.
    pub key: String,
    /// The day on which it was made, where its recipient is (ISO).
    pub day: String,
    /// Whether it was tried, or may have been: it stays as it is.
    pub fixed: bool,
}

/// A digest to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewDigest<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its day.
    pub day: &'a str,
    /// The keys of the effects that it carries, in their order.
    pub effects: &'a [&'a str],
    /// By which channel it goes.
    pub channel: &'a str,
    /// Where it goes.
    pub address: &'a str,
    /// Stable, from its key.
    pub message_id: &'a str,
    /// When it was made (seconds UTC).
    pub at: i64,
}

/// What is about to leave, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The effect's key.
    pub key: String,
    /// `type:key` of who is written to, and at which address; nothing of one that always leaves by itself.
    pub together: Option<(String, String)>,
    /// The moment from which it may leave (seconds UTC).
    pub leaves: i64,
}

/// What people are sent by a stage has a day of receipt in law, and what is urgent waits for nothing: each leaves by itself.
const BRIEFLY: &str = "key, recipient,
  case when kind = 'notice' and step <> 'sent' and json_valid(facts) and coalesce(json_extract(facts, '$.urgent'), 0) = 0
    then json_extract(facts, '$.address') end";

impl SqliteStore {
    pub(super) fn leaving_briefly(&self, until: i64, limit: u32) -> Result<Vec<Leaving>, StoreError> {
        let sql = format!(
            "select {BRIEFLY}, {LEAVES} from effects where state = 'due' and {LEAVES} <= ?1 order by {LEAVES} limit ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map(params![until, limit], |row| {
            let (key, recipient, address): (_, _, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Leaving { key, together: address.map(|it| (recipient, it)), leaves: row.get(3)? })
        });
        rows.map_err(disk)?.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn due_among(&self, keys: &[String]) -> Result<Vec<EffectRow>, StoreError> {
        let asked = Rc::new(keys.iter().map(|it| Value::Text(it.clone())).collect::<Vec<_>>());
        let sql = format!(
            "select {EFFECT} from effects e where e.key in (select value from rarray(?1)) and e.state = 'due'
             order by e.day, e.case_id, e.stage, e.key"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([asked], effect_of).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn make_digest(&mut self, it: &NewDigest<'_>) -> Result<Option<i64>, StoreError> {
        let Some(first) = it.effects.first() else { return Ok(None) };
        let transaction = self.connection.transaction_with_behavior(IMMEDIATE).map_err(disk)?;
        let write = |sql: &str, with: &[&dyn rusqlite::ToSql]| {
            transaction.prepare_cached(sql).and_then(|mut it| it.execute(with)).map_err(disk)
        };
        let id: i64 = transaction
            .query_row("select coalesce(max(id), 0) + 1 from deliveries", [], |row| row.get(0))
            .map_err(disk)?;
        write(
            "insert into deliveries (id, effect, channel, address, message_id, state, next_try) values (?1, ?2, ?3, ?4, ?5, 'open', ?6)",
            params![id, first, it.channel, it.address, it.message_id, it.at],
        )?;
        write("insert into digests (delivery, key, day) values (?1, ?2, ?3)", params![id, it.key, it.day])?;
        for (n, effect) in (1i64..).zip(it.effects) {
            let sending = "update effects set state = 'sending', delivery = ?2 where key = ?1 and state = 'due'";
            if write(sending, params![effect, id])? == 0 {
                return Ok(None);
            }
            write("insert into digest_members values (?1, ?2, ?3)", params![id, n, effect])?;
        }
        commit_outbox(transaction, "mail")?;
        Ok(Some(id))
    }

    pub(super) fn members_of(&self, delivery: i64) -> Result<Vec<EffectRow>, StoreError> {
        let sql = format!(
            "select {EFFECT} from digest_members m join effects e on e.key = m.effect where m.delivery = ?1 order by m.n"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(disk)?;
        let rows = statement.query_map([delivery], effect_of).map_err(disk)?;
        rows.collect::<Result<_, _>>().map_err(disk)
    }

    pub(super) fn take_loose_apart(&mut self, one: Option<i64>) -> Result<u64, StoreError> {
        let transaction = self.connection.transaction_with_behavior(IMMEDIATE).map_err(disk)?;
        let loose: Vec<i64> = {
            let sql = "select delivery from digests where fixed = 0 and (?1 is null or delivery = ?1)";
            let mut statement = transaction.prepare_cached(sql).map_err(disk)?;
            let rows = statement.query_map([one], |row| row.get(0)).map_err(disk)?;
            rows.collect::<Result<_, _>>().map_err(disk)?
        };
        if loose.is_empty() {
            return Ok(0);
        }
        for delivery in &loose {
            take_apart(&transaction, *delivery)?;
        }
        commit_outbox(transaction, "apart")?;
        Ok(loose.len() as u64)
    }
}

/// Makes notices of a digest again; each is due as it was.
pub(super) fn take_apart(connection: &Connection, delivery: i64) -> Result<(), StoreError> {
    for sql in [
        "update effects set state = 'due', delivery = null where state = 'sending'
         and key in (select effect from digest_members where delivery = ?1)",
        "delete from digest_members where delivery = ?1",
        "delete from digests where delivery = ?1",
        "delete from deliveries where id = ?1",
    ] {
        connection.prepare_cached(sql).and_then(|mut it| it.execute([delivery])).map_err(disk)?;
    }
    Ok(())
}

/// The loose digest that carries an effect, if one does.
pub(super) fn loose_with(connection: &Connection, effect: &str) -> Result<Option<i64>, StoreError> {
    let sql = "select min(m.delivery) from digest_members m join digests g on g.delivery = m.delivery where m.effect = ?1 and g.fixed = 0";
    connection.prepare_cached(sql).and_then(|mut it| it.query_row([effect], |row| row.get(0))).map_err(disk)
}

/// Whether a mail is a loose digest of which a reminder is of no more use.
pub(super) fn is_outdated(connection: &Connection, delivery: i64) -> Result<bool, StoreError> {
    let sql = format!(
        "select exists (select 1 from effects where key in (select m.effect from digest_members m
         join digests g on g.delivery = m.delivery where g.delivery = ?1 and g.fixed = 0) and {OF_NO_USE})"
    );
    connection.prepare_cached(&sql).and_then(|mut it| it.query_row([delivery], |row| row.get(0))).map_err(disk)
}
