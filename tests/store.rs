//! What every store promises, asked of each store there is; and what a store in a file does when the world is against it.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::path::PathBuf;
use std::sync::Arc;

use jiff::civil::{Date, date};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::sqlite::{Access, SqliteStore, refuse_old_sqlite};
use merit::store::{
    Actor, AttemptEnd, CaseChange, CaseRow, Expected, Filter, ImportNote, NewEffect, NewEntry, Opening, OutboxChange,
    RecordChange, Store, StoreError, Work,
};
use merit::value::{Known, Value};
use merit::workflow::NoticeAct;

#[cfg(unix)]
mod folders;
#[path = "store/refusals.rs"]
mod refusals;

const TEXT: &str = r#"
calendar office "Office" {
  time zone "UTC"
  working Monday to Friday
  substitute none
  roll forward
  month end back
}
record paper { id key text; title text; state dated one of drafted, kept; filed event }
workflow filing {
  for each paper where state is kept
  stage file { opens filed; due 5 days after filed; by paper; fills title }
}
"#;

/// A place where one store lies; every handle that it gives is of the same store.
trait Place {
    fn handle(&self) -> Box<dyn Store>;
}

struct InAFile(tempfile::TempDir);

impl InAFile {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("merit.db")
    }
}

impl Place for InAFile {
    fn handle(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::open_or_create(&self.path()).unwrap())
    }
}

type Promise = fn(&dyn Place);

/// Every promise, each on a fresh store.
fn every_promise<P: Place>(fresh: impl Fn() -> P) {
    let promises: [(&str, Promise); 9] = [
        ("a new store says what it is", a_new_store_says_what_it_is),
        ("a unit of work is all or nothing", a_unit_of_work_is_all_or_nothing),
        ("nothing is seen before the commit", nothing_is_seen_before_the_commit),
        ("a subject has one case for each workflow and period", a_subject_has_one_case),
        ("an effect is there once", an_effect_is_there_once),
        ("what is dropped meanwhile is not sent", what_is_dropped_meanwhile_is_not_sent),
        ("a stale write is refused", a_stale_write_is_refused),
        ("an import is all or nothing", an_import_is_all_or_nothing),
        ("a version that is there is not deployed again", a_version_is_deployed_once),
    ];
    for (promise, holds) in promises {
        println!("{promise}");
        holds(&fresh());
    }
}

#[test]
fn the_store_in_sqlite_keeps_every_promise() {
    every_promise(InAFile::new);
}

fn policy() -> Policy {
    let mut sources = Sources::new();
    sources.add("policy.merit", TEXT);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

fn deploy(store: &mut dyn Store) -> i64 {
    store.deploy(&[("policy.merit".to_owned(), TEXT.to_owned())], &policy(), "first", 0).unwrap()
}

fn case(id: i64, subject: &str) -> CaseChange {
    let row = CaseRow {
        id,
        workflow: "filing".to_owned(),
        subject_type: "paper".to_owned(),
        subject: subject.to_owned(),
        period: String::new(),
        nth: 1,
        policy: 1,
        status: "open".to_owned(),
        state: "{}".to_owned(),
        wake_at: Some(100),
        last_seq: 0,
        last_hash: String::new(),
        set_aside: None,
        whole: true,
    };
    let entry = |kind: &str| NewEntry { at: 1, actor: Actor::System, kind: kind.to_owned(), payload: "{}".to_owned() };
    let entries = vec![entry("case_opened"), entry("stage_opened")];
    CaseChange::with(row, entries)
}

fn effect(key: &str) -> NewEffect {
    NewEffect {
        key: key.to_owned(),
        stage: "file".to_owned(),
        round: 1,
        step: "remind-1".to_owned(),
        nth: 1,
        recipient: "paper:A".to_owned(),
        kind: "notice".to_owned(),
        day: "2026-01-05".to_owned(),
        not_before: 10,
        facts: "{}".to_owned(),
        message: "told".to_owned(),
        language: "en".to_owned(),
        state: "due".to_owned(),
    }
}

fn work(cases: Vec<CaseChange>) -> Work {
    Work { kind: "run".to_owned(), cases, ..Work::default() }
}

fn paper(key: &str, title: &str, from: Date) -> RecordChange {
    let policy = policy();
    let record = policy.record_named("paper").unwrap();
    let field = policy.record(record).field_named("title").unwrap();
    let fields = vec![(field, Some(Known::Text(Arc::from(title))))];
    RecordChange { record, key: Arc::from(key), part: String::new(), fields, from }
}

fn note() -> ImportNote {
    let (source, sha256, mapping) = ("papers.csv".to_owned(), String::new(), String::new());
    ImportNote { source, sha256, mapping, good: 1, rejected: 0 }
}

fn open_cases(store: &dyn Store) -> Vec<String> {
    store.cases(&Filter::default()).unwrap().into_iter().map(|it| it.subject).collect()
}

fn a_new_store_says_what_it_is(place: &dyn Place) {
    let mut store = place.handle();
    let state = store.state().unwrap();
    assert_eq!((state.rev, state.adopted, state.as_of, state.hold), (0, None, None, false));
    assert_eq!(store.latest_policy().unwrap(), None);
    store.set(Some(date(2026, 7, 1)), Some(true)).unwrap();
    store.set(None, None).unwrap();
    let again = place.handle().state().unwrap();
    assert_eq!((again.id, again.adopted, again.hold), (state.id, Some(date(2026, 7, 1)), true));
}

fn a_unit_of_work_is_all_or_nothing(place: &dyn Place) {
    let mut store = place.handle();
    deploy(&mut *store);
    let before = store.state().unwrap();
    store.begin().unwrap();
    store.roll_back().unwrap();
    assert_eq!(store.state().unwrap(), before, "rolled back without a trace");
    let (twice, opening) = (
        case(2, "A"),
        Opening { workflow: "filing".to_owned(), period: String::new(), policy: 1, after: "A".to_owned(), done: true },
    );
    let expected = Expected {
        day: date(2026, 2, 1),
        workflow: "filing".to_owned(),
        subject: "B".to_owned(),
        period: String::new(),
    };
    let mut whole = work(vec![case(1, "A"), twice]);
    (whole.openings, whole.expected, whole.as_of) = (vec![opening], vec![expected], Some(date(2026, 1, 5)));
    store.begin().unwrap();
    assert!(store.commit(&whole).is_err(), "the second case breaks the first");
    assert_eq!(store.state().unwrap(), before, "and nothing of it is left");
    assert_eq!((open_cases(&*store), store.opening("filing", "").unwrap()), (Vec::new(), None));
    assert!(store.expected(date(2027, 1, 1), 9).unwrap().is_empty());
    whole.cases.pop();
    store.begin().unwrap();
    assert_eq!(store.commit(&whole).unwrap(), before.rev + 1, "the store goes on behind it");
    assert_eq!(store.state().unwrap().as_of, Some(date(2026, 1, 5)));
    assert_eq!((open_cases(&*store), store.expected(date(2027, 1, 1), 9).unwrap().len()), (vec!["A".to_owned()], 1));
    assert_eq!(store.journal(1).unwrap().len(), 2);
}

fn nothing_is_seen_before_the_commit(place: &dyn Place) {
    let (mut writer, reader) = (place.handle(), place.handle());
    deploy(&mut *writer);
    writer.begin().unwrap();
    let seal = reader.state().unwrap().seal;
    assert!(open_cases(&*reader).is_empty());
    writer.commit(&work(vec![case(1, "A")])).unwrap();
    assert_eq!(open_cases(&*reader), ["A"]);
    assert_ne!(reader.state().unwrap().seal, seal, "every commit has a seal of its own");
}

fn a_subject_has_one_case(place: &dyn Place) {
    let mut store = place.handle();
    deploy(&mut *store);
    store.commit(&work(vec![case(1, "A")])).unwrap();
    assert!(store.commit(&work(vec![case(2, "A")])).is_err());
    let keys = ["A", "B"].map(Arc::from);
    assert_eq!(store.subjects_with_case("filing", "", &keys).unwrap(), ["A"]);
    assert_eq!((store.next_case().unwrap(), store.versions_in_use().unwrap()), (2, vec![1]));
}

fn an_effect_is_there_once(place: &dyn Place) {
    let mut store = place.handle();
    deploy(&mut *store);
    let first = CaseChange { effects: vec![effect("k1"), effect("k2")], ..case(1, "A") };
    store.commit(&work(vec![first])).unwrap();
    let again = CaseChange { effects: vec![effect("k3"), effect("k1")], ..case(2, "B") };
    assert!(store.commit(&work(vec![again])).is_err(), "a key that is there fails the whole commit");
    let keys: Vec<_> = store.effects(&Filter::default()).unwrap().into_iter().map(|it| it.effect.key).collect();
    assert_eq!((keys, open_cases(&*store)), (vec!["k1".to_owned(), "k2".to_owned()], vec!["A".to_owned()]));
    let mail = store.new_delivery("k1", "email", "a@example.org", "<k1@test>", 10).unwrap().unwrap();
    assert!(
        store.new_delivery("k1", "email", "a@example.org", "<k1@test>", 10).is_err(),
        "one mail for one Message-ID"
    );
    assert_eq!(store.effects_to_send(10, 9).unwrap().len(), 1, "what has a mail is not sent again");
    let attempt = store.begin_attempt(mail, 10).unwrap().unwrap();
    assert_eq!(
        place.handle().broken_attempts().unwrap(),
        [(mail, attempt, "email".to_owned())],
        "an attempt is known before it is made"
    );
}

/// Another hand drops a notice before it is a mail, before its attempt, and during it.
fn what_is_dropped_meanwhile_is_not_sent(place: &dyn Place) {
    let (mut one, mut other) = (place.handle(), place.handle());
    deploy(&mut *one);
    let keys = ["k1", "k2", "k3", "k4"];
    one.commit(&work(vec![CaseChange { effects: keys.map(effect).to_vec(), ..case(1, "A") }])).unwrap();
    let mut drop_it = |key: &str| {
        let outbox = vec![OutboxChange { key: key.to_owned(), act: NoticeAct::Drop }];
        other.commit(&Work { outbox, ..work(Vec::new()) }).unwrap();
    };
    let mut mail = |key: &str| one.new_delivery(key, "email", "a@example.org", &format!("<{key}@test>"), 10).unwrap();
    let (second, third, fourth) = (mail("k2").unwrap(), mail("k3").unwrap(), mail("k4").unwrap());
    drop_it("k1");
    assert_eq!(mail("k1"), None, "it is no mail any more");
    drop_it("k2");
    assert_eq!(one.begin_attempt(second, 10).unwrap(), None, "it is not tried any more");
    for (key, delivery, state, then) in [("k3", third, "open", "dropped"), ("k4", fourth, "sent", "sent")] {
        let attempt = one.begin_attempt(delivery, 10).unwrap().unwrap();
        drop_it(key);
        let next_try = (state == "open").then_some(20);
        let (at, result, detail) = (11, "refused", "");
        one.end_attempt(&AttemptEnd { delivery, attempt, at, result, detail, state, next_try }).unwrap();
        let found = one.effects(&Filter { key: Some(key.to_owned()), ..Filter::default() }).unwrap();
        assert_eq!(found[0].effect.state, then, "{key}: what left has left, and nothing else leaves");
    }
    assert!(one.open_deliveries(100, 9).unwrap().is_empty());
}

fn a_stale_write_is_refused(place: &dyn Place) {
    let (mut one, mut other) = (place.handle(), place.handle());
    deploy(&mut *one);
    one.commit(&work(vec![case(1, "A")])).unwrap();
    let seen = one.case(1).unwrap().unwrap();
    let change =
        |status: &str| CaseChange { row: CaseRow { status: status.to_owned(), ..seen.clone() }, ..case(1, "A") };
    other.commit(&work(vec![change("completed")])).unwrap();
    let refused = one.commit(&work(vec![change("cancelled")]));
    assert!(matches!(refused, Err(StoreError::Stale(1))), "{refused:?}");
    assert_eq!(one.case(1).unwrap().unwrap().status, "completed");
    assert_eq!(one.journal(1).unwrap().len(), 4, "the first two entries, and those of the one who came first");
}

fn an_import_is_all_or_nothing(place: &dyn Place) {
    let mut store = place.handle();
    deploy(&mut *store);
    let (policy, from) = (policy(), date(1970, 1, 1));
    let mut unfit = paper("B", "a title", from);
    unfit.fields =
        vec![(policy.record(unfit.record).field_named("state").unwrap(), Some(Known::Choice(state(&policy), 9)))];
    let before = store.state().unwrap();
    assert!(store.import(&policy, &[(note(), vec![paper("A", "one", from), unfit])], 0, &mut |_| ()).is_err());
    let keys = ["A", "B"].map(Arc::from);
    let record = policy.record_named("paper").unwrap();
    assert!(store.existing(&policy, record, &keys).unwrap().is_empty());
    assert_eq!(store.state().unwrap(), before);
    let applied = store.import(&policy, &[(note(), vec![paper("A", "one", from)])], 0, &mut |_| ()).unwrap();
    assert_eq!((applied[0].created, applied[0].changed, applied[0].same), (1, 0, 0));
    let applied = store
        .import(&policy, &[(note(), vec![paper("A", "one", from), paper("A", "two", from)])], 0, &mut |_| ())
        .unwrap();
    assert_eq!((applied[0].created, applied[0].changed, applied[0].same), (0, 1, 1));
    let other = place.handle();
    let of = merit::value::RecordRef { record, key: Arc::from("A") };
    let title = other.reader(&policy).field(&of, policy.record(record).field_named("title").unwrap(), from);
    assert_eq!(title, Value::Known(Known::Text(Arc::from("two"))), "another reader sees what was written");
}

fn state(policy: &Policy) -> merit::ids::ChoiceId {
    let record = policy.record(policy.record_named("paper").unwrap());
    match record.fields[record.field_named("state").unwrap().index()].kind {
        merit::policy::model::FieldKind::Choice(list) => list,
        _ => panic!("a choice"),
    }
}

fn a_version_is_deployed_once(place: &dyn Place) {
    let mut store = place.handle();
    assert_eq!((deploy(&mut *store), deploy(&mut *store)), (1, 1));
    let version = place.handle().policy(1).unwrap();
    assert_eq!((version.files[0].1.as_str(), version.note.as_str(), version.rev), (TEXT, "first", 1));
    assert!(store.policy(2).is_err());
}

#[test]
fn a_sqlite_that_can_damage_a_store_is_refused() {
    assert!(refuse_old_sqlite(rusqlite::version_number()).is_ok(), "the one built in");
    for (number, taken) in
        [(3_051_003, true), (3_052_000, true), (4_000_000, true), (3_051_002, false), (3_007_017, false)]
    {
        let answer = refuse_old_sqlite(number);
        assert_eq!(answer.is_ok(), taken, "{number}");
        if let Err(error) = answer {
            assert!(error.to_string().contains("3.51.3 or later is needed"), "{error}");
        }
    }
    assert!(refuse_old_sqlite(3_007_017).unwrap_err().to_string().contains("SQLite 3.7.17"));
}

#[test]
fn a_store_that_is_read_is_not_written() {
    let place = InAFile::new();
    deploy(&mut *place.handle());
    let mut reader = SqliteStore::open(&place.path(), Access::ReadOnly).unwrap();
    assert!(matches!(reader.set(None, Some(true)), Err(StoreError::Unwritable(_))));
    assert!(!reader.state().unwrap().hold);
}
