//! Hashes: the chain of each case's journal, and the seal over every commit.

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

use crate::store::StoreError;
use crate::store::sqlite::disk;

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|it| char::from(DIGITS[usize::from(it)]));
    bytes.iter().flat_map(digits).collect()
}

/// SHA-256 over parts, each with its length before it.
pub(crate) fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// What the hash of an entry covers.
pub(super) struct Sealed<'a> {
    pub(super) case_id: i64,
    pub(super) seq: i64,
    pub(super) rev: i64,
    pub(super) at: i64,
    pub(super) actor: &'a str,
    pub(super) kind: &'a str,
    pub(super) payload_hash: &'a str,
    pub(super) before: &'a str,
}

impl Sealed<'_> {
    pub(super) fn hash(&self) -> String {
        let numbers = [self.case_id, self.seq, self.rev, self.at].map(i64::to_be_bytes);
        let texts = [self.actor, self.kind, self.payload_hash, self.before].map(str::as_bytes);
        let parts: Vec<&[u8]> = numbers.iter().map(|it| it.as_slice()).chain(texts).collect();
        sha256(&parts)
    }
}

/// The seal of a commit as it stands in the store: over the seal before it, the hashes of its journal entries, its changes, and what
/// it says of itself.
pub(super) fn seal_of(connection: &Connection, rev: i64, before: &str) -> Result<String, StoreError> {
    let mut journal =
        connection.prepare_cached("select hash from journal where rev = ?1 order by case_id, seq").map_err(disk)?;
    let hashes = journal.query_map([rev], |row| row.get(0)).map_err(disk)?;
    let hashes: Vec<String> = hashes.collect::<Result<_, _>>().map_err(disk)?;
    let said: String = connection
        .prepare_cached(
            "select at || '|' || coalesce(as_of, '') || '|' || actor || '|' || kind from commits where rev = ?1",
        )
        .map_err(disk)?
        .query_row([rev], |row| row.get(0))
        .map_err(disk)?;
    seal_over(connection, rev, before, hashes.iter().map(String::as_str), &said)
}

/// The same where the hashes of the entries, ordered by case and number, and what the commit says are at hand.
pub(super) fn seal_over<'h>(
    connection: &Connection,
    rev: i64,
    before: &str,
    hashes: impl Iterator<Item = &'h str>,
    said: &str,
) -> Result<String, StoreError> {
    let mut hash = Sha256::new();
    hash.update(before.as_bytes());
    hashes.for_each(|it| hash.update(it.as_bytes()));
    let mut changes = connection
        .prepare_cached("select type, id, period, field, old, new from changes where rev = ?1 order by n")
        .map_err(disk)?;
    let mut rows = changes.query([rev]).map_err(disk)?;
    while let Some(row) = rows.next().map_err(disk)? {
        for column in 0..6 {
            seal_value(&mut hash, row.get_ref(column).map_err(disk)?);
        }
    }
    hash.update(said.as_bytes());
    Ok(hex(&hash.finalize()))
}

/// A value with its kind and length before it, so that no two rows are sealed alike.
fn seal_value(hash: &mut Sha256, value: ValueRef<'_>) {
    let (kind, bytes): (u8, &[u8]) = match &value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(number) => (1, &number.to_be_bytes()),
        ValueRef::Real(number) => (2, &number.to_be_bytes()),
        ValueRef::Text(bytes) => (3, bytes),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
