//! Hashes: the chain of each case's journal, and the seal over every commit.

use std::fmt;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::store::StoreError;
use crate::store::sqlite::{SqliteStore, disk};

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Cases.
    pub cases: u64,
    /// Entries of their journals.
    pub entries: u64,
    /// Commits.
    pub commits: u64,
    /// The seal of the last commit.
    pub seal: String,
    /// Each time that a backup took the store's place.
    pub restores: Vec<RestoreNote>,
}

/// That a backup took the store's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreNote {
    /// When (seconds UTC).
    pub at: i64,
    /// Who did it, as the journal keeps it.
    pub actor: String,
    /// The seal of the backup: the journal goes on from there.
    pub from: String,
}

/// Where the journal does not verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, in words.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

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

impl SqliteStore {
    /// Proves that no entry of the journal was changed, removed, inserted or cut off, and that a seal noted elsewhere is in the chain.
    ///
    /// # Errors
    /// When the store can't be read. What does not verify is no error but an answer.
    pub fn verify_journal(&self, noted: Option<&str>) -> Result<Result<Verified, Broken>, StoreError> {
        let entries = match self.verify_entries()? {
            Ok(counts) => counts,
            Err(broken) => return Ok(Err(broken)),
        };
        let mut commits =
            self.connection.prepare("select rev, seal, kind, at, actor from commits order by rev").map_err(disk)?;
        let mut rows = commits.query([]).map_err(disk)?;
        let (mut seal, mut count, mut seen) = (String::new(), 0, noted.is_none_or(str::is_empty));
        let mut restores = Vec::new();
        while let Some(row) = rows.next().map_err(disk)? {
            let (rev, stored): (i64, String) = (row.get(0).map_err(disk)?, row.get(1).map_err(disk)?);
            count += 1;
            if rev != count {
                return Ok(Err(Broken { what: format!("commit {count} is missing") }));
            }
            let again = seal_of(&self.connection, rev, &seal)?;
            if again != stored {
                return Ok(Err(Broken { what: format!("the seal of commit {rev} does not fit what it holds") }));
            }
            if row.get_ref(2).map_err(disk)? == ValueRef::Text(b"restore") {
                let (at, actor) = (row.get(3).map_err(disk)?, row.get(4).map_err(disk)?);
                restores.push(RestoreNote { at, actor, from: seal });
            }
            seen |= noted == Some(stored.as_str());
            seal = stored;
        }
        if !seen {
            let what = "the seal noted elsewhere is not in the chain: entries were cut off or written anew".to_owned();
            return Ok(Err(Broken { what }));
        }
        Ok(Ok(Verified {
            cases: entries.0,
            entries: entries.1,
            commits: u64::try_from(count).unwrap_or(0),
            seal,
            restores,
        }))
    }

    fn verify_entries(&self) -> Result<Result<(u64, u64), Broken>, StoreError> {
        let mut statement = self
            .connection
            .prepare("select case_id, seq, rev, at, actor, kind, payload, payload_hash, hash from journal order by case_id, seq")
            .map_err(disk)?;
        let mut rows = statement.query([]).map_err(disk)?;
        let (mut cases, mut entries, mut current, mut before, mut seq) = (0, 0, i64::MIN, String::new(), 0);
        while let Some(row) = rows.next().map_err(disk)? {
            let entry = crate::store::cases::entry_of(row).map_err(disk)?;
            if entry.case_id != current {
                (current, seq) = (entry.case_id, 0);
                before.clear();
                cases += 1;
            }
            seq += 1;
            entries += 1;
            let place = format!("entry {} of case {}", entry.seq, entry.case_id);
            if entry.seq != seq {
                return Ok(Err(Broken { what: format!("entry {seq} of case {current} is missing") }));
            }
            if sha256(&[entry.payload.as_bytes()]) != entry.payload_hash {
                return Ok(Err(Broken { what: format!("{place} was changed") }));
            }
            let sealed = Sealed {
                case_id: entry.case_id,
                seq: entry.seq,
                rev: entry.rev,
                at: entry.at,
                actor: &entry.actor,
                kind: &entry.kind,
                payload_hash: &entry.payload_hash,
                before: &before,
            };
            if sealed.hash() != entry.hash {
                return Ok(Err(Broken { what: format!("{place} does not fit the entry before it") }));
            }
            before = entry.hash;
        }
        let missing: Option<i64> = self
            .connection
            .query_row(
                "select c.id from cases c left join (select case_id, max(seq) as last from journal group by case_id) j
                 on j.case_id = c.id where coalesce(j.last, 0) <> c.last_seq limit 1",
                [],
                |row| row.get(0),
            )
            .map(Some)
            .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(None) } else { Err(disk(error)) })?;
        if let Some(case) = missing {
            return Ok(Err(Broken { what: format!("the journal of case {case} ends before its last entry") }));
        }
        Ok(Ok((cases, entries)))
    }
}
