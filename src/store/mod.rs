//! What is kept, and how it is read and written: units of work, without SQL or driver types.
//!
//! A store decides nothing. [`Store`] is what the engine, imports and reports are written against; [`sqlite`] is the one
//! implementation so far. A unit of work is `begin`, any reads, then `commit` or `roll_back`; nothing is visible before.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{FieldId, RecordId};
use crate::policy::model::Policy;
use crate::table::Records;
use crate::value::Known;
use crate::workflow::{Entered, NoticeAct};

mod backup;
mod called;
mod cases;
mod columns;
mod delegations;
mod described;
mod digests;
mod dirty;
mod expunged;
mod import;
mod leaving;
mod listed;
mod outbox;
mod outcomes;
pub(crate) mod points;
mod reader;
mod records;
mod refusals;
mod registers;
mod restore;
mod seal;
mod snapshot;
pub mod sqlite;
mod steps;
mod sums;
mod trial;
mod units;
mod verify;
mod waiting;

pub use backup::{Draft, Proved};
pub use called::Called;
pub use delegations::Delegation;
pub use digests::{Digest, Leaving, NewDigest};
pub use expunged::Expunged;
pub use listed::{Counts, Filter, OpenDeadline};
pub use outbox::{AttemptEnd, DeliveryRow};
pub use outcomes::{Judgement, OutcomeFilter, OutcomeRow, Standing};
pub use reader::{Fetched, RecordReader};
pub use refusals::RefusedAct;
pub use registers::{Held, View, ViewRow};
pub use restore::{Replaced, Restored};
pub(crate) use seal::sha256;
pub use snapshot::Snapshots;
pub use steps::{StepCount, Steps, Transactions};
pub use verify::{Broken, RestoreNote, Verified};
pub use waiting::Depths;

/// The one row that a store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreState {
    /// The store's own random name; it salts every effect key.
    pub id: String,
    /// The number of the schema.
    pub schema: u32,
    /// From which day on the store is used in earnest; periods that ended before it are not opened.
    pub adopted: Option<Date>,
    /// The last day up to which the engine has run.
    pub as_of: Option<Date>,
    /// The last day up to which frameworks have judged.
    pub judged: Option<Date>,
    /// Whether all effects wait: a rehearsal.
    pub hold: bool,
    /// When it was restored the last time (seconds UTC): what was to leave before may have left from the store as it was then.
    pub restored: Option<i64>,
    /// The number of the last commit.
    pub rev: i64,
    /// The seal of the last commit.
    pub seal: String,
}

/// A deployed policy: its files as text, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its number, from 1.
    pub version: i64,
    /// The edition of the language.
    pub edition: i64,
    /// Each file's name and text.
    pub files: Vec<(String, String)>,
    /// The policy's hash.
    pub hash: String,
    /// The commit that deployed it.
    pub rev: i64,
    /// Why, in the words of whoever deployed it.
    pub note: String,
}

/// Who does something: nothing is done by a bare name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Merit itself.
    #[default]
    System,
    /// A person, as the records know them, or by a label.
    Person(String),
    /// An import, by its source.
    Import(String),
}

impl std::fmt::Display for Actor {
    /// As the journal keeps it.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Actor::System => formatter.write_str("system"),
            Actor::Person(who) => write!(formatter, "person {who}"),
            Actor::Import(source) => write!(formatter, "import {source}"),
        }
    }
}

/// Where a case stands, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// Its number.
    pub id: i64,
    /// The workflow's name.
    pub workflow: String,
    /// The name of the subject's record type.
    pub subject_type: String,
    /// The subject's key.
    pub subject: String,
    /// The first day of its period as text, or nothing.
    pub period: String,
    /// Which one of several for the same subject and period, from 1.
    pub nth: i64,
    /// The policy version under which it runs: that which it opened under, until somebody moves it.
    pub policy: i64,
    /// `open`, `completed`, `cancelled`, `left`, `lapsed`.
    pub status: String,
    /// The case itself, folded from its journal, as JSON.
    pub state: String,
    /// The next moment at which anything can happen in it (seconds UTC).
    pub wake_at: Option<i64>,
    /// The number of its last journal entry.
    pub last_seq: i64,
    /// The hash of its last journal entry.
    pub last_hash: String,
    /// Why it was set aside, if it was.
    pub set_aside: Option<String>,
    /// Whether the row is as the engine wrote it; one that was damaged or changed by others is set aside as it is.
    pub whole: bool,
}

/// An entry to be written into a case's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The logical moment at which it happened (seconds UTC).
    pub at: i64,
    /// Who did it.
    pub actor: Actor,
    /// The kind of event, such as `stage_opened`.
    pub kind: String,
    /// The event as JSON.
    pub payload: String,
}

/// An entry as it stands in the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// The case.
    pub case_id: i64,
    /// Its number in the case, from 1 without gaps.
    pub seq: i64,
    /// The commit.
    pub rev: i64,
    /// The logical moment (seconds UTC).
    pub at: i64,
    /// Who did it, as text.
    pub actor: String,
    /// The kind of event.
    pub kind: String,
    /// The event as JSON.
    pub payload: String,
    /// SHA-256 of the payload.
    pub payload_hash: String,
    /// SHA-256 over everything but the payload, and the hash of the case's entry before.
    pub hash: String,
}

/// A deadline as it stands: a cache of the case, open to any SQL tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRow {
    /// The stage's name.
    pub stage: String,
    /// Which round of it, from 1.
    pub round: i64,
    /// The day it opened.
    pub opens: Option<String>,
    /// The day it is due.
    pub due: Option<String>,
    /// The day after which nobody may write.
    pub closes: Option<String>,
    /// How the dates came about, as JSON.
    pub derivation: String,
    /// `running`, `suspended`, `met`, `lapsed`, `cancelled`, `superseded`.
    pub state: String,
}

/// With whom a stage lies, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// The stage's name.
    pub stage: String,
    /// Which round of it.
    pub round: i64,
    /// Counts the holders of the stage.
    pub nth: i64,
    /// The record type and key of who holds it; nothing when nobody was found.
    pub holder: Option<(String, String)>,
    /// As what: the role's name, or the subject's type.
    pub capacity: String,
    /// How they were found, in words.
    pub why: String,
    /// From which day.
    pub since: String,
    /// Until which day.
    pub until: Option<String>,
}

/// Something to be done once, outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEffect {
    /// SHA-256 of store, natural key of the case, stage, round, step, occurrence, recipient and kind. No policy version.
    pub key: String,
    /// The stage's name.
    pub stage: String,
    /// Which round of it.
    pub round: i64,
    /// The step's name.
    pub step: String,
    /// Which occurrence of the step, from 1.
    pub nth: i64,
    /// `type:key` of who is written to.
    pub recipient: String,
    /// `notice`
    pub kind: String,
    /// The logical day on which it goes out (ISO).
    pub day: String,
    /// The hour, as the moment from which it may leave (seconds UTC).
    pub not_before: i64,
    /// The rendered subject and text, the recipient's name and address, as JSON.
    pub facts: String,
    /// The message's name.
    pub message: String,
    /// The language.
    pub language: String,
    /// `due`, `held`, `merged`, `undeliverable`, `withdrawn`.
    pub state: String,
}

/// An effect as it stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectRow {
    /// The case.
    pub case_id: i64,
    /// What was decided.
    pub effect: NewEffect,
    /// The mail that carries it, once there is one.
    pub delivery: Option<i64>,
    /// The digest that this mail is, if it carries others, too.
    pub digest: Option<Digest>,
    /// By which channel it goes, once there is one.
    pub channel: Option<String>,
    /// The commit.
    pub rev: i64,
    /// How often sending was tried.
    pub attempts: i64,
    /// What became of the last try, in words.
    pub detail: Option<String>,
    /// Whether what is to be sent is as the engine wrote it; nothing that was damaged or changed by others leaves.
    pub whole: bool,
    /// The moment for which it waits beyond its own (seconds UTC), if it does: hours or days on which nothing leaves.
    pub waits_until: Option<i64>,
}

impl EffectRow {
    /// The moment from which it may leave (seconds UTC).
    #[must_use]
    pub fn leaves(&self) -> i64 {
        self.waits_until.unwrap_or(self.effect.not_before)
    }
}

/// What one case becomes in a commit.
#[derive(Debug, Clone)]
pub struct CaseChange {
    /// The case's row as it will be. `last_seq` and `last_hash` are those *before* the new entries; the store advances them.
    /// A new case has `last_seq` 0 and a number from [`Store::next_case`] on.
    pub row: CaseRow,
    /// New journal entries.
    pub entries: Vec<NewEntry>,
    /// Stages whose rows bear another name from now on: old name, new name.
    pub renamed: Vec<(String, String)>,
    /// Its deadlines, to be inserted or replaced.
    pub deadlines: Vec<DeadlineRow>,
    /// Its tasks, to be inserted or replaced.
    pub tasks: Vec<TaskRow>,
    /// New effects. A key that is already there is a bug and fails the commit.
    pub effects: Vec<NewEffect>,
    /// Where what it is about stands, if it is about something that was proposed.
    pub standing: Option<Standing>,
    /// Whom its events call before a framework.
    pub calls: Vec<Called>,
    /// On which day it is looked at, if it ended, so that it is not kept for longer than it may.
    pub keeping: Option<Date>,
    /// What counts from now on, and is written into the records in the same commit.
    pub confirmed: Vec<Entered>,
}

impl CaseChange {
    /// A case with new entries, and nothing else.
    #[must_use]
    pub fn with(row: CaseRow, entries: Vec<NewEntry>) -> Self {
        Self {
            row,
            entries,
            renamed: Vec::new(),
            deadlines: Vec::new(),
            tasks: Vec::new(),
            effects: Vec::new(),
            standing: None,
            calls: Vec::new(),
            keeping: None,
            confirmed: Vec::new(),
        }
    }
}

/// What a commit of the engine writes, at once.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// What kind of commit: `run`, `release`, ….
    pub kind: String,
    /// Who does it.
    pub actor: Actor,
    /// The machine's clock (seconds UTC), handed in.
    pub at: i64,
    /// The day up to which the engine has run, to be kept if this commit ends the run.
    pub as_of: Option<Date>,
    /// The day that this commit counts as.
    pub today: Option<Date>,
    /// Cases.
    pub cases: Vec<CaseChange>,
    /// Cases that have been looked at and need no further look.
    pub clean_cases: Vec<i64>,
    /// Subjects (record type name, key) that have been looked at.
    pub clean_subjects: Vec<(String, String)>,
    /// Progress of the openings: workflow, period, policy version, last subject looked at, whether all have been.
    pub openings: Vec<Opening>,
    /// Cases that will open later: a look on that day.
    pub expected: Vec<Expected>,
    /// Expected openings that have been looked at.
    pub seen_expected: Vec<Expected>,
    /// What somebody does with effects that are there.
    pub outbox: Vec<OutboxChange>,
    /// Whether all effects wait from now on, if that changes.
    pub hold: Option<bool>,
    /// The day up to which frameworks have judged, to be kept if this commit ends the run.
    pub judged: Option<Date>,
    /// How far judgements have come.
    pub judgements: Vec<Judgement>,
    /// What they came to.
    pub outcomes: Vec<OutcomeRow>,
    /// When ended cases are looked at next; without a day no more.
    pub keeping: Vec<(i64, Option<Date>)>,
    /// Cases that are destroyed.
    pub expunged: Vec<Expunged>,
    /// Who was called before a framework, and has been judged.
    pub clean_called: Vec<Called>,
}

/// What becomes of an effect by somebody's act. One in whose state the act can't be is a bug and fails the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxChange {
    /// The effect's key.
    pub key: String,
    /// The act.
    pub act: NoticeAct,
}

/// How far the subjects of a workflow have been walked for a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The workflow's name.
    pub workflow: String,
    /// The first day of the period as text, or nothing.
    pub period: String,
    /// The policy version.
    pub policy: i64,
    /// The last subject looked at.
    pub after: String,
    /// Whether all have been looked at.
    pub done: bool,
}

/// A case that will open on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The day.
    pub day: Date,
    /// The workflow's name.
    pub workflow: String,
    /// The subject's key.
    pub subject: String,
    /// The first day of the period as text, or nothing.
    pub period: String,
}

/// A change of one record, as an import or an act makes it.
#[derive(Debug, Clone)]
pub struct RecordChange {
    /// The record type.
    pub record: RecordId,
    /// The key: of the entity, or of the record that a panel or child belongs to.
    pub key: Arc<str>,
    /// A panel's period (its first day), or a child's own number as text; nothing for an entity.
    pub part: String,
    /// New values; `None` empties the field. Fields that are not named stay as they are.
    pub fields: Vec<(FieldId, Option<Known>)>,
    /// The day from which values of dated fields hold.
    pub from: Date,
}

/// How an import is written down.
#[derive(Debug, Clone)]
pub struct ImportNote {
    /// The file's name.
    pub source: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The mapping, as text.
    pub mapping: String,
    /// Rows taken.
    pub good: i64,
    /// Rows rejected.
    pub rejected: i64,
}

/// What happened to the records of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// New records.
    pub created: u64,
    /// Records with at least one changed field.
    pub changed: u64,
    /// Records that were as the file says.
    pub same: u64,
}

/// Why the store could not do something: the world, not the author and not the person asking.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not there.
    #[error("there is no store at {0}")]
    NoStore(String),
    /// Another kind of file, or a damaged one.
    #[error("{0} is not a Merit store, or is damaged: {1}")]
    Foreign(String, String),
    /// Written by a newer version.
    #[error("{path} was written by a newer version of Merit (schema {found}; this version knows {known})")]
    Newer {
        /// The file.
        path: String,
        /// What was found.
        found: u32,
        /// What this version knows.
        known: u32,
    },
    /// This program carries a SQLite that can damage a store.
    #[error("this program was built with SQLite {0}, which can damage a store; 3.51.3 or later is needed")]
    OldSqlite(String),
    /// Somebody else holds it.
    #[error("another Merit engine is at work on {0}")]
    Busy(String),
    /// A case is not as it was when it was looked at; nothing of this was written.
    #[error("case {0} was changed meanwhile by somebody else")]
    Stale(i64),
    /// Somebody else writes just now.
    #[error("another program writes to the store")]
    Locked,
    /// There is no more room.
    #[error("the disk is full; nothing of this was kept")]
    Full,
    /// The file or its folder may not be written.
    #[error("the store can't be written: {0}")]
    Unwritable(String),
    /// The disk does not do what it is asked, for another reason.
    #[error("{0}")]
    Disk(String),
    /// A file beside the store can't be written.
    #[error("{0}")]
    File(String),
    /// The store holds something that it should not.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The store and the request do not fit.
    #[error("{0}")]
    Refused(String),
}

/// What the engine, imports and reports need of a store.
pub trait Store {
    /// What the store says of itself.
    fn state(&self) -> Result<StoreState, StoreError>;
    /// Sets the day of adoption, or whether effects wait.
    fn set(&mut self, adopted: Option<Date>, hold: Option<bool>) -> Result<(), StoreError>;

    /// Begins a unit of work: nobody else writes until it ends.
    fn begin(&mut self) -> Result<(), StoreError>;
    /// Begins to read: what is read until [`Store::roll_back`] is what was committed when the first of it is read.
    fn begin_to_read(&mut self) -> Result<(), StoreError>;
    /// Another connection to the same store, to read while this one writes; none where the store is this connection's own.
    fn beside(&self) -> Result<Option<Box<dyn Store + Send>>, StoreError>;
    /// Ends a unit of work without a trace.
    fn roll_back(&mut self) -> Result<(), StoreError>;
    /// Writes everything at once and ends the unit of work; gives the number of the commit.
    fn commit(&mut self, work: &Work) -> Result<i64, StoreError>;

    /// Deploys a policy: keeps its text, makes or widens the tables of its records, keeps its calendars' days, marks what must be
    /// looked at again. A unit of work by itself.
    fn deploy(&mut self, files: &[(String, String)], policy: &Policy, note: &str, at: i64) -> Result<i64, StoreError>;
    /// The last deployed version.
    fn latest_policy(&self) -> Result<Option<PolicyVersion>, StoreError>;
    /// A version by its number.
    fn policy(&self, version: i64) -> Result<PolicyVersion, StoreError>;
    /// The versions under which cases are open.
    fn versions_in_use(&self) -> Result<Vec<i64>, StoreError>;

    /// Writes changed records of one or more files, all or nothing. A unit of work by itself. `written` is told now and then how
    /// many records are written.
    fn import(
        &mut self,
        policy: &Policy,
        files: &[(ImportNote, Vec<RecordChange>)],
        at: i64,
        written: &mut dyn FnMut(u64),
    ) -> Result<Vec<Applied>, StoreError>;
    /// Takes over into the plain columns the dated values that begin after one day and until another.
    fn mature(&mut self, policy: &Policy, after: Option<Date>, until: Date, at: i64) -> Result<u64, StoreError>;
    /// Every delegation, or those that hold on a day or later.
    fn delegations(&self, from: Option<Date>) -> Result<Vec<Delegation>, StoreError>;
    /// Writes a new delegation and marks whom it concerns; its number. A unit of work by itself.
    fn delegate(&mut self, given: &Delegation, today: Date, at: i64) -> Result<i64, StoreError>;
    /// Lets a delegation end with a day. A unit of work by itself.
    fn end_delegation(&mut self, ended: &Delegation, last: Date, today: Date, at: i64) -> Result<i64, StoreError>;
    /// Writes changed records within the unit of work that has begun; the commit that ends it seals them.
    fn write(&mut self, policy: &Policy, changes: &[RecordChange], at: i64) -> Result<Applied, StoreError>;
    /// All records that a policy declares as columns, with what is kept for periods that have begun by a day, and what was imposed of which
    /// it asks.
    fn everybody(&self, policy: &Policy, until: Date) -> Result<Records, StoreError>;
    /// Facts of records.
    fn reader<'a>(&'a self, policy: &'a Policy) -> Box<dyn RecordReader + 'a> {
        self.reader_with(policy, Fetched::default())
    }
    /// The same with what another reader of the same policy has read.
    fn reader_with<'a>(&'a self, policy: &'a Policy, fetched: Fetched) -> Box<dyn RecordReader + 'a>;
    /// A number that changes whenever another connection has written to the store since it was asked last.
    fn writes_of_others(&self) -> Result<i64, StoreError>;
    /// Keys of records of a type behind a key, in order.
    fn keys_after(
        &self,
        policy: &Policy,
        record: RecordId,
        after: &str,
        limit: u32,
    ) -> Result<Vec<Arc<str>>, StoreError>;
    /// Which of these keys exist.
    fn existing(&self, policy: &Policy, record: RecordId, keys: &[Arc<str>]) -> Result<Vec<Arc<str>>, StoreError>;

    /// Open cases in which something can happen until a moment, earliest first.
    fn due_cases(&self, until: i64, limit: u32) -> Result<Vec<CaseRow>, StoreError>;
    /// Open cases whose facts have changed.
    fn dirty_cases(&self, limit: u32) -> Result<Vec<CaseRow>, StoreError>;
    /// Subjects (type name, key) whose facts have changed so that they may need a case.
    fn dirty_subjects(&self, limit: u32) -> Result<Vec<(String, String)>, StoreError>;
    /// Openings expected until a day.
    fn expected(&self, until: Date, limit: u32) -> Result<Vec<Expected>, StoreError>;
    /// How far the openings have come.
    fn opening(&self, workflow: &str, period: &str) -> Result<Option<Opening>, StoreError>;
    /// Which of these subjects have a case in a workflow and period.
    fn subjects_with_case(&self, workflow: &str, period: &str, keys: &[Arc<str>]) -> Result<Vec<String>, StoreError>;
    /// The first number that no case has; the engine holds its lock while it counts on from there.
    fn next_case(&self) -> Result<i64, StoreError>;
    /// A case by its number.
    fn case(&self, id: i64) -> Result<Option<CaseRow>, StoreError>;
    /// The journal of a case, in order.
    fn journal(&self, case_id: i64) -> Result<Vec<JournalEntry>, StoreError>;

    /// Whether a framework has judged a period on its own day: everybody, and not because somebody asked.
    fn has_judged(&self, framework: &str, period: &str) -> Result<bool, StoreError>;
    /// The last judgement of a framework on a period.
    fn judgement(&self, framework: &str, period: &str) -> Result<Option<Judgement>, StoreError>;
    /// Ended cases that are to be looked at by a day, so that they are not kept for longer than they may.
    fn kept_until(&self, day: Date, limit: u32) -> Result<Vec<CaseRow>, StoreError>;
    /// Whether something of a case is still to leave.
    fn leaves_yet(&self, case: i64) -> Result<bool, StoreError>;
    /// Takes what was destroyed out of the files beside the store.
    fn forget(&self) -> Result<(), StoreError>;
    /// Who is called before a framework, by framework, person and period.
    fn called(&self, limit: u32) -> Result<Vec<Called>, StoreError>;
    /// From which day on each framework is in force; one that is not listed was so before that was kept.
    fn frameworks_since(&self) -> Result<BTreeMap<String, Date>, StoreError>;
    /// Judgements that are not done.
    fn open_judgements(&self) -> Result<Vec<Judgement>, StoreError>;
    /// The first number that no judgement has.
    fn next_judgement(&self) -> Result<i64, StoreError>;
    /// What judgements came to, by period, framework and subject.
    fn outcomes(&self, filter: &OutcomeFilter) -> Result<Vec<OutcomeRow>, StoreError>;
    /// The greatest number of a case of somebody in a workflow and period; nought where there is none.
    fn last_nth(&self, workflow: &str, subject_type: &str, subject: &str, period: &str) -> Result<i64, StoreError>;
    /// What stages of a case sent, and when it was accepted on its way: stage, round, `type:key` of the recipient, moment (seconds UTC).
    fn accepted(&self, case: i64) -> Result<Vec<(String, i64, String, i64)>, StoreError>;
    /// Keeps what somebody wanted to do in a case and was refused.
    fn keep_refusal(&mut self, case_id: i64, refused: &RefusedAct) -> Result<(), StoreError>;
    /// What was refused in a case, in order.
    fn refusals(&self, case_id: i64) -> Result<Vec<RefusedAct>, StoreError>;

    /// A register, as other tools read it, too.
    fn view(&self, view: View) -> Result<Vec<ViewRow>, StoreError>;
    /// Running stages whose due date lies before a day, one row for each holder.
    fn overdue(&self, on: Date) -> Result<Vec<OpenDeadline>, StoreError>;
    /// How many there are.
    fn counts(&self) -> Result<Counts, StoreError>;
    /// Cases, by number.
    fn cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError>;
    /// The numbers of cases in which something happened since a commit.
    fn cases_since(&self, rev: i64) -> Result<Vec<i64>, StoreError>;
    /// Effects, by day and key; the state of a sent one is that of its mail.
    fn effects(&self, filter: &Filter) -> Result<Vec<EffectRow>, StoreError>;
    /// How many effects wait until somebody releases them.
    fn held(&self) -> Result<u64, StoreError>;
    /// Effects that are due to leave at a moment and have no mail yet.
    fn effects_to_send(&self, until: i64, limit: u32) -> Result<Vec<EffectRow>, StoreError>;
    /// Lets an effect that is due to leave wait until a moment.
    fn let_wait(&mut self, effect: &str, until: i64) -> Result<(), StoreError>;
    /// Lets a mail that is to be tried wait until a moment.
    fn let_mail_wait(&mut self, delivery: i64, until: i64) -> Result<(), StoreError>;
    /// Takes back a reminder that is due to leave if what it reminds of is no longer to be done; whether it did.
    fn withdraw_if_done(&mut self, effect: &str) -> Result<bool, StoreError>;
    /// The same in short, those to one person to be told from others.
    fn leaving(&self, until: i64, limit: u32) -> Result<Vec<Leaving>, StoreError>;
    /// Those of these effects that are still due to leave, in the order of a digest.
    fn due_among(&self, keys: &[String]) -> Result<Vec<EffectRow>, StoreError>;
    /// Makes one mail for several effects; its number, or nothing if one of them is no longer to leave.
    fn new_digest(&mut self, digest: &NewDigest<'_>) -> Result<Option<i64>, StoreError>;
    /// What a digest carries, in its order.
    fn carried(&self, delivery: i64) -> Result<Vec<EffectRow>, StoreError>;
    /// Takes digests apart that were never tried, this one or all: what they carry is due to leave as before. How many.
    fn take_apart(&mut self, one: Option<i64>) -> Result<u64, StoreError>;
    /// Makes a mail for an effect; its number, or nothing if the effect is no longer to leave: somebody dropped it meanwhile.
    fn new_delivery(
        &mut self,
        effect: &str,
        channel: &str,
        address: &str,
        message_id: &str,
        at: i64,
    ) -> Result<Option<i64>, StoreError>;
    /// Mails to be tried at a moment.
    fn open_deliveries(&self, until: i64, limit: u32) -> Result<Vec<(DeliveryRow, EffectRow)>, StoreError>;
    /// Writes down that an attempt begins, before the first byte leaves; its number, or nothing if the mail is no longer open:
    /// somebody dropped it meanwhile, or it was a digest with a reminder of what is done, and is taken apart.
    fn begin_attempt(&mut self, delivery: i64, at: i64) -> Result<Option<i64>, StoreError>;
    /// Attempts that began and were never ended: mail and attempt.
    fn broken_attempts(&self) -> Result<Vec<(i64, i64, String)>, StoreError>;
    /// Writes down how an attempt ended and what becomes of the mail. One that was dropped meanwhile stays so, unless it left.
    fn end_attempt(&mut self, end: &AttemptEnd<'_>) -> Result<(), StoreError>;
}
