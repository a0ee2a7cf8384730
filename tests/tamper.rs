//! Whoever changes a store behind Merit's back is found, and the first entry that was changed is named.
//!
//! `MERIT_TAMPERS` says how often chance changes something (400 times), `MERIT_SEED` where chance begins.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::path::{Path, PathBuf};

use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Broken, Store, Verified};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

/// What the chain, the seals and the sums of rows cover.
const COVERED: [(&str, &[&str]); 5] = [
    ("journal", &["case_id", "seq", "rev", "at", "actor", "kind", "payload", "payload_hash", "hash"]),
    ("commits", &["rev", "at", "as_of", "actor", "kind", "seal"]),
    ("changes", &["rev", "n", "type", "id", "period", "field", "old", "new"]),
    (
        "cases",
        &[
            "workflow",
            "subject_type",
            "subject",
            "period",
            "nth",
            "policy",
            "status",
            "state",
            "wake_at",
            "last_seq",
            "last_hash",
            "set_aside",
            "sum",
        ],
    ),
    (
        "effects",
        &[
            "stage",
            "round",
            "step",
            "nth",
            "recipient",
            "kind",
            "day",
            "not_before",
            "facts",
            "message",
            "language",
            "sum",
        ],
    ),
];

/// Stores with proceedings, imports, acts and a second version of the policy, at this version's schema.
struct Stores {
    folder: tempfile::TempDir,
    of: Vec<PathBuf>,
}

impl Stores {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let of = ["0.1", "0.1-language", "0.1-engine"].map(|fixture| {
            let path = folder.path().join(format!("{fixture}.db"));
            std::fs::copy(Path::new("tests/fixtures").join(fixture).join("merit.db"), &path).unwrap();
            SqliteStore::open(&path, Access::Write).unwrap();
            verified(&path).unwrap();
            path
        });
        Self { folder, of: of.into() }
    }

    /// A copy of one of them that may be changed.
    fn copy(&self, of: usize) -> PathBuf {
        let path = self.folder.path().join("copy.db");
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(format!("copy.db{end}")));
        }
        std::fs::copy(&self.of[of % self.of.len()], &path).unwrap();
        path
    }
}

fn verified(path: &Path) -> Result<Verified, Broken> {
    SqliteStore::open(path, Access::ReadOnly).unwrap().verify_journal(None).unwrap()
}

fn behind_its_back(path: &Path) -> Connection {
    let store = Connection::open(path).unwrap();
    store.execute_batch("pragma foreign_keys = off; pragma synchronous = off").unwrap();
    store
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.0.next_u64() % most as u64).unwrap()
    }

    /// Another value of the same kind: a little off, emptied, or that of another row.
    fn another(&mut self, value: &Value, elsewhere: Value) -> Value {
        match (value, self.below(3)) {
            (_, 0) => elsewhere,
            (Value::Integer(it), 1) => Value::Integer(it + 1),
            (Value::Integer(it), _) => Value::Integer(it - 1 - i64::try_from(self.below(1_000)).unwrap()),
            (Value::Text(it), how) if !it.is_empty() => {
                let mut letters: Vec<char> = it.chars().collect();
                let at = self.below(letters.len());
                match how {
                    1 => letters[at] = if letters[at] == '7' { '8' } else { '7' },
                    _ => drop(letters.remove(at)),
                }
                Value::Text(letters.into_iter().collect())
            }
            _ => Value::Text("x".to_owned()),
        }
    }
}

/// What was changed: the row's two numbers before and after.
#[derive(Debug)]
struct Change {
    table: &'static str,
    column: &'static str,
    before: (i64, i64),
    after: (i64, i64),
}

/// Changes one value of a table at random; nothing, where the table's own rules or chance leave it as it is.
fn tamper(store: &Connection, (table, column): (&'static str, &'static str), chance: &mut Chance) -> Option<Change> {
    let numbers = match table {
        "journal" => "case_id, seq",
        "changes" => "rev, n",
        "commits" => "rev, 0",
        "effects" => "case_id, rowid",
        _ => "id, 0",
    };
    let count: i64 = store.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap();
    let mut some = || -> ((i64, i64), Value) {
        let at = chance.below(usize::try_from(count).unwrap());
        let sql = format!("select {numbers}, {column} from {table} limit 1 offset {at}");
        store.query_row(&sql, [], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap()
    };
    let ((before, value), (_, elsewhere)) = (some(), some());
    let new = chance.another(&value, elsewhere);
    if new == value {
        return None;
    }
    let (one, other) = numbers.split_once(", ").unwrap();
    let sql = format!("update {table} set {column} = ?3 where {one} = ?1 and {other} = ?2");
    // A number that is taken, or a text where a number belongs, is refused by the table itself.
    store.execute(&sql, params![before.0, before.1, new]).ok()?;
    let number = |name: &str, old: i64| match &new {
        Value::Integer(it) if name == column => *it,
        _ => old,
    };
    Some(Change { table, column, before, after: (number(one, before.0), number(other, before.1)) })
}

/// Whether what is named is the first of what was changed.
fn is_named(broken: &Broken, changes: &[Change]) -> bool {
    let first = changes.iter().flat_map(|it| [it.before, it.after]).min().unwrap();
    let moved = changes.iter().any(|it| it.before != it.after);
    match changes[0].table {
        // Where an entry was put elsewhere, what is named may be the gap that it leaves or opens there.
        "journal" if moved => broken.case == Some(first.0) && broken.entry.is_some_and(|it| it <= first.1.max(1)),
        "journal" => (broken.case, broken.entry) == (Some(first.0), Some(first.1)),
        "cases" | "effects" => broken.case == Some(first.0),
        _ if moved => broken.commit.is_some() || broken.entry.is_some(),
        _ => broken.commit == Some(first.0),
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|it| it.parse().unwrap_or_else(|_| panic!("{name} is no number: {it}")))
}

#[test]
fn whatever_is_changed_at_random_is_found_and_the_first_is_named() {
    let stores = Stores::new();
    let seed = number("MERIT_SEED").unwrap_or(20_260_701);
    let times = number("MERIT_TAMPERS").unwrap_or(400);
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
    let all: Vec<_> = COVERED.iter().flat_map(|(table, columns)| columns.iter().map(|it| (*table, *it))).collect();
    let mut done = 0;
    while done < times {
        let path = stores.copy(usize::try_from(done).unwrap());
        let store = behind_its_back(&path);
        let (table, column) = all[usize::try_from(done).unwrap() % all.len()];
        let others: Vec<_> = all.iter().filter(|it| it.0 == table).collect();
        let more: Vec<_> = (0..chance.below(3)).map(|_| *others[chance.below(others.len())]).collect();
        let place = std::iter::once((table, column)).chain(more);
        let changes: Vec<Change> = place.filter_map(|it| tamper(&store, it, &mut chance)).collect();
        drop(store);
        // Two changes of one row may undo each other.
        let touched =
            |it: &Change| changes.iter().filter(|other| [other.before, other.after].contains(&it.before)).count();
        if changes.first().is_none_or(|it| it.column != column) || changes.iter().any(|it| touched(it) > 1) {
            continue;
        }
        let broken = verified(&path).expect_err(&format!("seed {seed}: {changes:?} was not found"));
        assert!(is_named(&broken, &changes), "seed {seed}: {changes:?} gave: {broken:?}");
        done += 1;
    }
    println!("tampering: seed {seed}, {done} times, {} columns", all.len());
}

#[test]
fn the_list_of_what_is_covered_leaves_nothing_out() {
    let stores = Stores::new();
    let store = behind_its_back(&stores.copy(0));
    for (table, covered) in &COVERED {
        let mut columns = store.prepare(&format!("select name from pragma_table_info('{table}')")).unwrap();
        let columns: Vec<String> = columns.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let left: Vec<_> = columns.iter().filter(|it| !covered.contains(&it.as_str())).collect();
        let but: &[&str] = match *table {
            "commits" => &["import"],
            "cases" => &["id"],
            // What becomes of a notice, and until when it waits for its recipient, changes; its key and its case are how it is found.
            "effects" => &["key", "case_id", "state", "delivery", "rev", "waits_until"],
            _ => &[],
        };
        assert_eq!(left, but, "{table}");
    }
}

#[test]
fn a_text_that_is_none_is_named_and_stops_no_proof() {
    let stores = Stores::new();
    for (sql, case, commit) in [
        ("update journal set payload = cast(x'7bff7d' as text) where case_id = 2 and seq = 1", Some(2), None),
        ("update cases set state = cast(x'7bff7d' as text) where id = 2", Some(2), None),
        ("update commits set actor = cast(x'ff' as text) where rev = 3", None, Some(3)),
        ("update commits set seal = cast(x'ff' as text) where rev = 3", None, Some(3)),
    ] {
        let path = stores.copy(0);
        behind_its_back(&path).execute(sql, []).unwrap();
        let broken = verified(&path).unwrap_err();
        assert_eq!((broken.case, broken.commit), (case, commit), "{sql}: {broken}");
    }
}

#[test]
fn what_was_put_in_under_a_commit_that_never_was_is_found() {
    let stores = Stores::new();
    let path = stores.copy(0);
    let store = behind_its_back(&path);
    let (case, hash): (i64, String) = store
        .query_row("select id, last_hash from cases order by id limit 1", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let forger = Forger { store: &store };
    let (seq, payload) = forger.last(case);
    forger.write(case, seq + 1, 900, &payload, &hash, true);
    drop(store);
    let broken = verified(&path).unwrap_err();
    assert_eq!((broken.case, broken.entry), (Some(case), Some(seq + 1)), "{broken}");
}

/// Somebody who knows how the hashes are made.
struct Forger<'s> {
    store: &'s Connection,
}

impl Forger<'_> {
    fn last(&self, case: i64) -> (i64, String) {
        let sql = "select seq, payload from journal where case_id = ?1 order by seq desc limit 1";
        self.store.query_row(sql, [case], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    }

    fn sha256(parts: &[&[u8]]) -> String {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|it| format!("{it:02x}")).collect()
    }

    /// Writes an entry with hashes that fit; its hash.
    fn write(&self, case: i64, seq: i64, rev: i64, payload: &str, before: &str, new: bool) -> String {
        let payload_hash = Self::sha256(&[payload.as_bytes()]);
        let (at, actor, kind): (i64, String, String) = self
            .store
            .query_row(
                "select at, actor, kind from journal where case_id = ?1 and seq <= ?2 order by seq desc limit 1",
                [case, seq],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        let numbers = [case, seq, rev, at].map(i64::to_be_bytes);
        let texts = [&actor, &kind, &payload_hash, before].map(|it| it.as_bytes().to_vec());
        let parts: Vec<&[u8]> = numbers.iter().map(|it| it.as_slice()).chain(texts.iter().map(Vec::as_slice)).collect();
        let hash = Self::sha256(&parts);
        let sql = if new {
            "insert into journal values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
        } else {
            "update journal set rev = ?3, at = ?4, actor = ?5, kind = ?6, payload = ?7, payload_hash = ?8, hash = ?9
             where case_id = ?1 and seq = ?2"
        };
        self.store.execute(sql, params![case, seq, rev, at, actor, kind, payload, payload_hash, hash]).unwrap();
        self.store
            .execute(
                "update cases set last_seq = max(last_seq, ?2), last_hash = ?3 where id = ?1",
                params![case, seq, hash],
            )
            .unwrap();
        self.sum(case);
        hash
    }

    /// Gives a case's row the sum that fits.
    fn sum(&self, case: i64) {
        let sql = "select workflow, subject_type, subject, period, status, state, id, nth, policy, last_seq, wake_at is not null,
                   coalesce(wake_at, 0), last_hash, set_aside is not null, coalesce(set_aside, '') from cases where id = ?1";
        let mut sum = Sha256::new();
        self.store
            .query_row(sql, [case], |row| {
                for at in 0..15 {
                    match row.get(at)? {
                        Value::Text(text) => {
                            sum.update((text.len() as u64).to_be_bytes());
                            sum.update(text);
                        }
                        Value::Integer(number) => sum.update(number.to_be_bytes()),
                        other => panic!("{other:?}"),
                    }
                }
                Ok(())
            })
            .unwrap();
        let sum = i64::from_be_bytes(sum.finalize()[..8].try_into().unwrap());
        self.store.execute("update cases set sum = ?2 where id = ?1", [case, sum]).unwrap();
    }

    /// Changes an entry and writes the whole chain of the case behind it anew.
    fn rewrite(&self, case: i64, from: i64, change: impl Fn(&str) -> String) -> i64 {
        let mut entries =
            self.store.prepare("select seq, rev, payload, hash from journal where case_id = ?1 order by seq").unwrap();
        let entries: Vec<(i64, i64, String, String)> = entries
            .query_map([case], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let (mut before, mut first) = (String::new(), 0);
        for (seq, rev, payload, hash) in entries {
            if seq < from {
                before = hash;
                continue;
            }
            if seq == from {
                first = rev;
            }
            let payload = if seq == from { change(&payload) } else { payload };
            before = self.write(case, seq, rev, &payload, &before, false);
        }
        first
    }
}

#[test]
fn a_chain_written_anew_does_not_fit_the_seals_and_seals_written_anew_not_the_one_noted() {
    let stores = Stores::new();
    let path = stores.copy(0);
    let seal = SqliteStore::open(&path, Access::ReadOnly).unwrap().state().unwrap().seal;
    let store = behind_its_back(&path);
    let forger = Forger { store: &store };
    // Everything within the case fits again; the seal of the commit does not.
    let rev = forger.rewrite(1, 1, |payload| payload.replacen('{', "{ ", 1));
    drop(store);
    let broken = verified(&path).unwrap_err();
    assert_eq!(broken.commit, Some(rev), "{broken}");
    // Whoever can write the file can write every seal anew: cut off what lies behind an earlier commit, for one.
    let store = behind_its_back(&path);
    store.execute_batch("delete from journal; delete from cases; delete from changes; delete from commits").unwrap();
    drop(store);
    assert!(verified(&path).is_ok(), "an empty store fits itself");
    let noted = SqliteStore::open(&path, Access::ReadOnly).unwrap().verify_journal(Some(&seal)).unwrap();
    assert!(noted.unwrap_err().to_string().contains("noted elsewhere"));
}
