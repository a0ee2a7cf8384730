//! Proves a store against itself: the chain of each case's journal, the seal over every commit, and that the cases stand as their
//! journals tell.

use std::fmt;

use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, Rows};
use serde::Serialize;

use crate::policy::hash_of;
use crate::source::Sources;
use crate::store::cases::{CASE, case_of, entry_of};
use crate::store::expunged::is_destroyed;
use crate::store::outbox::{EFFECT, effect_of};
use crate::store::seal::{Sealed, seal_of, sha256};
use crate::store::sqlite::{SqliteStore, disk};
use crate::store::sums::{number, text};
use crate::store::{CaseRow, StoreError};
use crate::workflow::{Case, Event};

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

/// Where something does not verify.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// What is wrong, in words.
    #[serde(rename = "broken")]
    pub what: String,
    /// The case in whose journal it is.
    pub case: Option<i64>,
    /// The number of the first entry of that journal that is not as it was.
    pub entry: Option<i64>,
    /// The commit whose seal does not fit what it holds.
    pub commit: Option<i64>,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

impl Broken {
    /// What is wrong, where no place can be named.
    #[must_use]
    pub fn told(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    fn entry(case: i64, entry: i64, what: &str) -> Self {
        let what = format!("entry {entry} of case {case} {what}");
        Self { what, case: Some(case), entry: Some(entry), commit: None }
    }

    fn case(case: i64, what: impl Into<String>) -> Self {
        Self { what: what.into(), case: Some(case), ..Self::default() }
    }

    fn commit(rev: i64, what: String) -> Self {
        Self { what, commit: Some(rev), ..Self::default() }
    }
}

/// What is found wrong, or nothing; and what can't be read at all.
type Found<T> = Result<Result<T, Broken>, StoreError>;

/// Goes on with what was found right.
macro_rules! right {
    ($found:expr) => {
        match $found? {
            Ok(it) => it,
            Err(broken) => return Ok(Err(broken)),
        }
    };
}

/// The cases in order, walked beside their journals.
struct Heads<'r> {
    rows: Rows<'r>,
}

impl Heads<'_> {
    fn next(&mut self) -> Result<Option<CaseRow>, StoreError> {
        self.rows.next().and_then(|row| row.map(case_of).transpose()).map_err(disk)
    }
}

/// A value that is none of its kind, such as a text whose bytes are no text, is somebody's doing or damage; the rest is the disk's.
fn unreadable<T>(error: rusqlite::Error, broken: impl FnOnce() -> Broken) -> Found<T> {
    if error.sqlite_error_code().is_none() { Ok(Err(broken())) } else { Err(disk(error)) }
}

/// The journal of one case, as far as it was walked.
#[derive(Default)]
struct Walk {
    seq: i64,
    hash: String,
    /// How many entries from the first on are destroyed.
    destroyed: i64,
    /// The case as its entries tell; nothing once one of them is no event of this version.
    case: Option<Case>,
}

impl SqliteStore {
    /// Proves that no entry of the journal was changed, removed, inserted or cut off, that every case stands as its journal tells, and
    /// that a seal noted elsewhere is in the chain. What is named is the first entry that is not as it was, by case and number.
    ///
    /// # Errors
    /// When the store can't be read. What does not verify is no error but an answer.
    pub fn verify_journal(&self, noted: Option<&str>) -> Result<Result<Verified, Broken>, StoreError> {
        let last: i64 = self
            .connection
            .query_row("select coalesce(max(rev), 0) from commits", [], |row| row.get(0))
            .map_err(disk)?;
        let (cases, entries) = right!(self.verify_entries(last));
        right!(self.verify_what_leaves());
        right!(self.verify_policies());
        let verified = Verified { cases, entries, commits: 0, seal: String::new(), restores: Vec::new() };
        self.verify_commits(last, noted, verified)
    }

    fn verify_commits(&self, last: i64, noted: Option<&str>, mut verified: Verified) -> Found<Verified> {
        let mut commits =
            self.connection.prepare("select rev, seal, kind, at, actor from commits order by rev").map_err(disk)?;
        let mut rows = commits.query([]).map_err(disk)?;
        let (mut seal, mut count, mut seen) = (String::new(), 0, noted.is_none_or(str::is_empty));
        while let Some(row) = rows.next().map_err(disk)? {
            let rev: i64 = row.get(0).map_err(disk)?;
            count += 1;
            if rev != count {
                return Ok(Err(Broken::commit(count, format!("commit {count} is missing"))));
            }
            let unfit = || Broken::commit(rev, format!("the seal of commit {rev} does not fit what it holds"));
            let again = match seal_of(&self.connection, rev, &seal) {
                // A text whose bytes are no text.
                Err(StoreError::Damaged(what)) if !what.contains("malformed") => return Ok(Err(unfit())),
                other => other?,
            };
            // The parts of what a commit says of itself are told apart by a bar, so a kind has none.
            let fits = row.get_ref(1).map_err(disk)? == ValueRef::Text(again.as_bytes());
            let kind = row.get_ref(2).map_err(disk)?;
            if !fits || kind.as_bytes().is_ok_and(|it| it.contains(&b'|')) {
                return Ok(Err(unfit()));
            }
            if kind == ValueRef::Text(b"restore") {
                let (at, actor) = (row.get(3).map_err(disk)?, row.get(4).map_err(disk)?);
                verified.restores.push(RestoreNote { at, actor, from: seal });
            }
            seen |= noted == Some(again.as_str());
            seal = again;
        }
        if let Some(rev) = self.misplaced_changes(last)? {
            let what = format!("the changes of records under commit {rev} are not those that it sealed");
            return Ok(Err(Broken::commit(rev, what)));
        }
        if !seen {
            let what = "the seal noted elsewhere is not in the chain: entries were cut off or written anew";
            return Ok(Err(Broken::told(what)));
        }
        verified.commits = u64::try_from(count).unwrap_or(0);
        verified.seal = seal;
        Ok(Ok(verified))
    }

    /// A commit that is not there, or whose changes of records are not counted from one on: the seal covers their order.
    fn misplaced_changes(&self, last: i64) -> Result<Option<i64>, StoreError> {
        let sql = "select rev from changes group by rev
                   having rev not between 1 and ?1 or min(n) <> 1 or max(n) <> count(*) order by rev limit 1";
        self.connection.query_row(sql, [last], |row| row.get(0)).optional().map_err(disk)
    }

    fn verify_entries(&self, last: i64) -> Found<(u64, u64)> {
        let sql = format!("select {CASE} from cases order by id");
        let mut statement = self.connection.prepare(&sql).map_err(disk)?;
        let mut heads = Heads { rows: statement.query([]).map_err(disk)? };
        let sql =
            "select case_id, seq, rev, at, actor, kind, payload, payload_hash, hash from journal order by case_id, seq";
        let mut statement = self.connection.prepare(sql).map_err(disk)?;
        let mut rows = statement.query([]).map_err(disk)?;
        let (mut cases, mut entries) = (0, 0);
        let mut head = heads.next()?;
        let mut walk = Walk::default();
        while let Some(row) = rows.next().map_err(disk)? {
            let (case, seq): (i64, i64) = (row.get(0).map_err(disk)?, row.get(1).map_err(disk)?);
            while let Some(done) = head.take_if(|it| it.id < case) {
                cases += u64::from(walk.seq > 0);
                if let Some(broken) = unlike(&done, &walk) {
                    return Ok(Err(broken));
                }
                walk = Walk::default();
                head = heads.next()?;
            }
            if head.as_ref().is_none_or(|it| it.id != case) {
                return Ok(Err(Broken::entry(case, seq, "belongs to a case that is not there")));
            }
            right!(walk.on(row, (case, seq), last));
            entries += 1;
        }
        while let Some(done) = head.take() {
            cases += u64::from(walk.seq > 0);
            if let Some(broken) = unlike(&done, &walk) {
                return Ok(Err(broken));
            }
            walk = Walk::default();
            head = heads.next()?;
        }
        Ok(Ok((cases, entries)))
    }

    /// What is to leave, or has left, is what was decided.
    fn verify_what_leaves(&self) -> Found<()> {
        let sql = format!("select {EFFECT} from effects e order by e.case_id, e.key");
        let mut statement = self.connection.prepare(&sql).map_err(disk)?;
        let mut rows = statement.query([]).map_err(disk)?;
        while let Some(row) = rows.next().map_err(disk)? {
            let it = effect_of(row).map_err(disk)?;
            if !it.whole {
                let what = format!("the notice {} of case {} was changed", it.effect.key, it.case_id);
                return Ok(Err(Broken::case(it.case_id, what)));
            }
        }
        Ok(Ok(()))
    }

    /// The text of each version is the one that was deployed.
    fn verify_policies(&self) -> Found<()> {
        let mut statement = self.connection.prepare("select version, text, hash from policies").map_err(disk)?;
        let mut rows = statement.query([]).map_err(disk)?;
        while let Some(row) = rows.next().map_err(disk)? {
            let (version, text, hash) = (number(row, 0), text(row, 1), text(row, 2));
            let mut sources = Sources::new();
            for (name, text) in serde_json::from_str::<Vec<(String, String)>>(&text.map_err(disk)?).unwrap_or_default()
            {
                sources.add(name, text);
            }
            if hash_of(&sources) != hash.map_err(disk)? {
                let what = format!("the text of policy version {} was changed", version.map_err(disk)?);
                return Ok(Err(Broken::told(what)));
            }
        }
        Ok(Ok(()))
    }

    /// Proves that the file is whole: every page and index, and every reference.
    ///
    /// # Errors
    /// When it can't be read. What does not hold is no error but an answer.
    pub fn verify_file(&self) -> Result<Result<(), Broken>, StoreError> {
        let found: String =
            self.connection.query_row("pragma integrity_check(1)", [], |row| row.get(0)).map_err(disk)?;
        if found != "ok" {
            return Ok(Err(Broken::told(format!("the file is damaged: {found}"))));
        }
        let torn: i64 = self
            .connection
            .query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get(0))
            .map_err(disk)?;
        if torn > 0 {
            return Ok(Err(Broken::told(format!("the file is damaged: {torn} references lead nowhere"))));
        }
        Ok(Ok(()))
    }
}

impl Walk {
    /// Takes the next entry of the case, if it is the one that follows.
    fn on(&mut self, row: &Row<'_>, (case, seq): (i64, i64), last: i64) -> Found<()> {
        let next = self.seq + 1;
        if seq != next {
            return Ok(Err(Broken::entry(case, next, "is missing")));
        }
        let broken = |what: &str| Ok(Err(Broken::entry(case, seq, what)));
        let entry = match entry_of(row) {
            Ok(entry) => entry,
            Err(error) => return unreadable(error, || Broken::entry(case, seq, "can't be read")),
        };
        // Its hash is under the seal of its commit; what the last entry says of it is asked at the end.
        if is_destroyed(&entry) && self.destroyed == seq - 1 && (1..=last).contains(&entry.rev) {
            (self.seq, self.hash, self.destroyed) = (seq, entry.hash, seq);
            return Ok(Ok(()));
        }
        if sha256(&[entry.payload.as_bytes()]) != entry.payload_hash {
            return broken("was changed");
        }
        let sealed = Sealed {
            case_id: case,
            seq,
            rev: entry.rev,
            at: entry.at,
            actor: &entry.actor,
            kind: &entry.kind,
            payload_hash: &entry.payload_hash,
            before: &self.hash,
        };
        if sealed.hash() != entry.hash {
            return broken("does not fit the entry before it");
        }
        if !(1..=last).contains(&entry.rev) {
            return broken(&format!("stands under commit {}, which is not there", entry.rev));
        }
        let told = if seq == 1 { Some(Case::default()) } else { self.case.take() };
        let event = serde_json::from_str::<Event>(&entry.payload).ok();
        let says = if let Some(Event::Expunged { entries, .. }) = &event { *entries } else { 0 };
        if says != std::mem::take(&mut self.destroyed) {
            return Ok(Err(Broken::entry(
                case,
                seq.min(says.max(0) + 1),
                "was emptied, and not because its time was over",
            )));
        }
        let told = if says > 0 { Some(Case::default()) } else { told };
        self.case = told.zip(event).map(|(case, event)| case.after(&event));
        (self.seq, self.hash) = (seq, entry.hash);
        Ok(Ok(()))
    }
}

/// How a case's row and its journal differ.
fn unlike(head: &CaseRow, walk: &Walk) -> Option<Broken> {
    let id = head.id;
    if walk.seq < head.last_seq {
        let what = format!("the journal of case {id} ends before its last entry");
        return Some(Broken { what, case: Some(id), entry: Some(walk.seq + 1), commit: None });
    }
    if walk.seq > head.last_seq {
        return Some(Broken::entry(id, head.last_seq + 1, "was added"));
    }
    if walk.hash != head.last_hash {
        return Some(Broken::case(id, format!("case {id} does not fit the last entry of its journal")));
    }
    if !head.whole {
        return Some(Broken::case(id, format!("what is kept of case {id} was changed")));
    }
    if walk.destroyed > 0 {
        return Some(Broken::entry(id, walk.destroyed, "was emptied, and nothing tells why"));
    }
    let told = walk.case.as_ref()?;
    let kept = serde_json::from_str::<Case>(&head.state).ok();
    let same = kept.as_ref() == Some(told) && told.status.word() == head.status;
    (!same).then(|| Broken::case(id, format!("case {id} does not stand as its journal tells")))
}
