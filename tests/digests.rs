//! Several notices to one person that leave in one go are one mail: the same on every try, shown for each, and whole or not at all.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Time, date, time};
use merit::calendar::{Calendar, Moment};
use merit::config::NoticeHours;
use merit::engine::{
    self, ActRequest, AsOf, Departure, EngineError, Hours, OutboxAct, Outcome, Outgoing, Patience, RunReport,
    RunSettings, SendReport, Sender, Ways, Which,
};
use merit::exchange::{ImportFile, Mapping, apply_all, plan_all};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{Actor, EffectRow, Filter, Restored, Store};
use merit::workflow::{Act, Deed, NoticeAct};

#[path = "digests/program.rs"]
mod calls;
mod folders;
#[expect(dead_code, reason = "another test uses more of it")]
mod invariants;
#[expect(dead_code, reason = "another test uses more of it")]
mod program;

/// The boss is in Berlin and reads French; whoever is asked is reminded beside the boss.
pub(crate) const POLICY: &str = r#"
calendar office { time zone "Europe/Berlin"; working Monday to Friday; roll as is; month end back; notices at 08:00 }
record person {
  id key text; name text; email optional address email; language optional one of en, fr; boss optional person
  asked event; said event; alarmed event; told event
}
workflow answers {
  for each person where asked is known
  stage answer { opens asked; due 20 days after asked; by person; fills said; remind boss 1 day after opening with soon }
}
workflow alarms {
  for each person where alarmed is known
  stage alarm { opens alarmed; due 20 days after alarmed; by person; fills said; escalate to boss 1 day after opening with fire }
}
workflow tells {
  for each person where told is known
  stage tell { opens told; due 20 days after told; by person; sends word to boss }
}
message soon { by email; subject "Soon: {person.id}"; body """
  {person.name or "Somebody"} is to answer until {due}.

  -- the office
  """ }
message fire { by email; urgent; subject "Fire: {person.id}"; body "At once" }
message word { by email; subject "Word of {person.id}"; body "It is decided" }
"#;

const STAFF: [&str; 5] = ["ada", "ben", "cia", "dan", "eve"];
const ASKED: Date = date(2026, 10, 5);
const DUE: Date = date(2026, 10, 6);

fn policy() -> Policy {
    let sources = Sources::single("p.merit", POLICY);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

fn at(day: Date, clock: Time) -> i64 {
    let berlin: Calendar = policy().calendars[0].clone();
    berlin.at(day, clock).0.0
}

fn nine(day: Date) -> i64 {
    at(day, time(9, 0, 0, 0))
}

fn message_id(key: &str) -> String {
    merit::deliver::message_id(key, "office.example")
}

/// A mail as it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mail {
    id: String,
    subject: String,
    text: String,
    date: i64,
    day: String,
    language: String,
    to: String,
    carries: Option<usize>,
}

/// Hands mails over as it is told, and notes each try.
#[derive(Default)]
struct Post {
    from: Option<usize>,
    answers: Vec<Outcome>,
    tried: Vec<Mail>,
}

impl Sender for Post {
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome {
        self.tried.push(Mail {
            id: mail.message_id.to_owned(),
            subject: mail.letter.subject.clone(),
            text: mail.letter.text.clone(),
            date: mail.date,
            day: mail.day.to_owned(),
            language: mail.language.to_owned(),
            to: mail.letter.address.clone().unwrap_or_default(),
            carries: mail.carries,
        });
        if self.answers.is_empty() { Outcome::Accepted("taken".to_owned()) } else { self.answers.remove(0) }
    }

    fn next_try(&self, _key: &str, _tries: i64, now: i64) -> Option<i64> {
        Some(now + 60)
    }

    fn digests_from(&self) -> Option<usize> {
        self.from
    }

    fn message_id(&self, key: &str) -> String {
        message_id(key)
    }

    fn repeats_safely(&self) -> bool {
        false
    }
}

struct Office {
    folder: tempfile::TempDir,
    store: SqliteStore,
    post: Post,
    hours: Hours,
}

impl Office {
    /// An office in which these are asked, and everybody's boss gets digests of four and more.
    fn asking(who: &[&str]) -> Self {
        Self::with(who.iter().map(|it| (*it, "asked")))
    }

    fn with<'a>(what: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let (folder, policy) = (tempfile::tempdir().unwrap(), policy());
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(date(2026, 9, 1)), None).unwrap();
        store.deploy(&[("p.merit".to_owned(), POLICY.to_owned())], &policy, "", 0).unwrap();
        let hours = Hours::of(&policy, NoticeHours::Until(Some(time(20, 0, 0, 0))));
        let mut office = Self { folder, store, post: Post { from: Some(4), ..Post::default() }, hours };
        office.enter("id,name,email,language\nboss,Bo,boss@office.example,fr\n");
        for who in STAFF {
            office.enter(&format!("id,name,email,boss\n{who},{who},{who}@office.example,boss\n"));
        }
        for (who, field) in what {
            office.enter(&format!("id,{field}\n{who},{ASKED}\n"));
        }
        office
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn enter(&mut self, rows: &str) {
        let (path, policy) = (self.path("person.csv"), policy());
        std::fs::write(&path, rows).unwrap();
        let files = [ImportFile { path, mapping: Mapping::default(), from: date(2026, 9, 1) }];
        let plans = plan_all(&policy, &self.store, &files).unwrap();
        let reports = apply_all(plans, &policy, &mut self.store, 0, &mut |_| ()).unwrap();
        assert!(reports.iter().all(|it| it.rejected == 0), "{rows}: {:?}", reports[0].findings);
    }

    fn says(&mut self, who: &str) {
        self.enter(&format!("id,said\n{who},{DUE}\n"));
    }

    fn settings(now: i64) -> RunSettings {
        RunSettings {
            as_of: AsOf::Moment(Moment(now)),
            now,
            patience: Patience { stale_after: 30, ..Patience::default() },
            calendar: None,
            language: "en".to_owned(),
            ways: Ways::default(),
        }
    }

    fn decide(&mut self, now: i64) -> RunReport {
        engine::run(&mut self.store, &Self::settings(now), &mut self.post).unwrap()
    }

    fn send(&mut self, now: i64) -> SendReport {
        let look = Departure::now(&self.hours, now);
        engine::send_within(&mut self.store, &mut self.post, &look).unwrap()
    }

    /// A run at a moment, and what it sends then.
    fn run(&mut self, now: i64) -> SendReport {
        self.decide(now);
        self.send(now)
    }

    /// Sends until a point is passed, and ends there as a program that is killed.
    #[cfg(debug_assertions)]
    fn send_killed_at(&mut self, point: engine::Point, nth: u32, now: i64) {
        engine::kill_at(Some((point, nth)));
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.send(now)));
        engine::kill_at(None);
        assert!(killed.is_err(), "{point:?} was not passed {nth} times");
        self.store = SqliteStore::open(&self.path("merit.db"), Access::Write).unwrap();
    }

    fn tried(&mut self) -> Vec<Mail> {
        std::mem::take(&mut self.post.tried)
    }

    fn to_boss(&self) -> Vec<EffectRow> {
        self.store.effects(&Filter { subject: Some("boss".to_owned()), ..Filter::default() }).unwrap()
    }

    /// Whom each notice to the boss is about, and its state.
    fn states(&self) -> BTreeMap<String, String> {
        let about = |it: &EffectRow| self.store.case(it.case_id).unwrap().unwrap().subject;
        self.to_boss().iter().map(|it| (about(it), it.effect.state.clone())).collect()
    }

    fn key(&self, who: &str) -> String {
        let about = |it: &EffectRow| self.store.case(it.case_id).unwrap().unwrap().subject == who;
        self.to_boss().into_iter().find(about).unwrap().effect.key
    }

    fn digest(&self) -> String {
        self.to_boss().iter().find_map(|it| it.digest.clone()).unwrap().key
    }

    fn acts(&mut self, act: NoticeAct, keys: &[String]) -> Result<usize, String> {
        let which = Which::Keys(keys.to_vec());
        self.acts_on(act, which)
    }

    fn acts_on(&mut self, act: NoticeAct, which: Which) -> Result<usize, String> {
        let (because, actor) = ("why not".to_owned(), Actor::Person("tester".to_owned()));
        let act = OutboxAct { act, which, actor, because, at: nine(DUE), on: DUE };
        match engine::act_on_outbox(&mut self.store, &act) {
            Ok(acted) => Ok(acted.keys.len()),
            Err(EngineError::Outbox(refusal)) => Err(refusal.to_string()),
            Err(error) => panic!("{error}"),
        }
    }

    /// I4, I5 and I7, with every mail that was taken by the other side.
    fn invariants_hold(&self, left: &[Mail]) {
        let mails: Vec<String> = left.iter().map(|it| it.id.clone()).collect();
        let outside = invariants::Outside { mails: &mails, message_id: &message_id };
        invariants::there_is_one_effect_for_one_key(&self.store, &outside).unwrap();
        invariants::no_effect_is_before_its_cause(&self.store, &outside).unwrap();
        invariants::the_chain_verifies(&self.store).unwrap();
    }
}

fn all(state: &str) -> BTreeMap<String, String> {
    STAFF.iter().map(|it| ((*it).to_owned(), state.to_owned())).collect()
}

#[test]
fn several_to_one_person_are_one_mail_that_holds_each_of_them_whole() {
    let mut office = Office::asking(&STAFF);
    let report = office.run(nine(DUE));
    let mails = office.tried();
    let [mail] = mails.as_slice() else { panic!("{mails:?}") };
    assert_eq!((report.sent, report.digests, report.in_digests), (1, 1, 5));
    assert_eq!((mail.subject.as_str(), mail.language.as_str()), ("5 affaires du 6 octobre 2026", "fr"));
    assert_eq!((mail.to.as_str(), mail.carries, mail.day.as_str()), ("boss@office.example", Some(5), "2026-10-06"));
    assert!(mail.text.starts_with("Ce message réunit 5 avis."), "{}", mail.text);
    assert!(
        mail.text.contains("1. Soon: ada\n2. Soon: ben\n3. Soon: cia\n4. Soon: dan\n5. Soon: eve\n"),
        "{}",
        mail.text
    );
    for (n, who) in (1..).zip(STAFF) {
        let whole = format!("\n{n}. Soon: {who}\n\n{who} is to answer until 25 October 2026.\n\n-- the office\n");
        assert!(mail.text.contains(&whole), "{whole}\n{}", mail.text);
    }
    assert_eq!(mail.date, at(DUE, time(8, 0, 0, 0)));
    assert_eq!(mail.id, message_id(&office.digest()));
    assert_eq!(office.states(), all("sent"));
    let rows = office.to_boss();
    assert!(
        rows.iter().all(|it| it.attempts == 1 && it.digest == rows[0].digest && it.detail.as_deref() == Some("taken"))
    );
    office.invariants_hold(&mails);
    assert_eq!((office.run(nine(DUE) + 9), office.tried().len()), (SendReport::default(), 0));
}

#[test]
fn fewer_leave_by_themselves_and_so_does_everything_where_digests_are_off() {
    let mut office = Office::asking(&STAFF[..3]);
    office.run(nine(DUE));
    let mails = office.tried();
    assert_eq!(mails.iter().map(|it| it.carries).collect::<Vec<_>>(), [None; 3]);
    assert!(office.to_boss().iter().all(|it| it.digest.is_none()));
    let mut office = Office::asking(&STAFF);
    office.post.from = None;
    office.run(nine(DUE));
    assert_eq!(office.tried().len(), 5);
}

#[test]
fn what_is_urgent_and_what_stages_send_leaves_by_itself() {
    let what = ["asked", "alarmed", "told"].into_iter().flat_map(|field| STAFF.map(|who| (who, field)));
    let mut office = Office::with(what);
    office.decide(at(ASKED, time(12, 0, 0, 0)));
    for row in office.store.cases(&Filter { workflow: Some("tells".to_owned()), ..Filter::default() }).unwrap() {
        let by = (String::new(), row.subject.clone());
        let act = Act { by, stage: None, what: Deed::Send, because: None, key: None };
        let request = ActRequest { case: row.id, act, values: Vec::new() };
        engine::act(&mut office.store, &Office::settings(nine(DUE)), &mut Post::default(), &request).unwrap();
    }
    office.run(nine(DUE));
    let mails = office.tried();
    let subjects = |word: &str| mails.iter().filter(|it| it.subject.starts_with(word)).count();
    assert_eq!((mails.len(), subjects("5 affaires"), subjects("Fire: "), subjects("Word of ")), (11, 1, 5, 5));
    office.invariants_hold(&mails);
}

#[test]
fn another_address_and_another_person_is_another_mail() {
    let mut office = Office::asking(&STAFF);
    office.enter("id,name,email\ncy,Cy,boss@office.example\n");
    office.enter("id,boss\nada,cy\n");
    office.run(nine(DUE));
    let mails = office.tried();
    let of = |it: &Mail| (it.carries, it.subject.clone());
    let mut found: Vec<_> = mails.iter().map(of).collect();
    found.sort();
    assert_eq!(found, [(None, "Soon: ada".to_owned()), (Some(4), "4 affaires du 6 octobre 2026".to_owned())]);
}

#[test]
fn it_is_the_same_mail_on_every_try_and_what_comes_later_does_not_join_it() {
    let mut office = Office::asking(&STAFF[..4]);
    office.post.answers = vec![Outcome::Later("451 later".to_owned()), Outcome::Later("451 later".to_owned())];
    assert_eq!(office.run(nine(DUE)).later, 1);
    // One is done, a name is corrected, another notice falls due: none of it concerns the mail any more.
    office.says("ada");
    office.enter("id,name\nben,Benjamin\n");
    office.enter(&format!("id,asked\neve,{ASKED}\n"));
    office.store = SqliteStore::open(&office.path("merit.db"), Access::Write).unwrap();
    office.run(nine(DUE) + 60);
    office.run(nine(DUE) + 120);
    let mails = office.tried();
    let digests: Vec<&Mail> = mails.iter().filter(|it| it.carries.is_some()).collect();
    assert_eq!(digests.len(), 3);
    assert!(digests.iter().all(|it| *it == digests[0]), "{digests:#?}");
    assert!(mails.iter().any(|it| it.subject == "Soon: eve" && it.carries.is_none()));
    assert_eq!(office.states(), all("sent"));
    let taken: Vec<Mail> =
        mails.iter().filter(|it| it.carries.is_none()).chain(digests.into_iter().take(1)).cloned().collect();
    office.invariants_hold(&taken);
}

#[test]
fn what_became_of_the_mail_is_told_of_each_notice_and_one_that_is_tried_again_is_all_of_it() {
    for (answer, state) in
        [(Outcome::Never("550 no".to_owned()), "dead"), (Outcome::Ambiguous("it broke".to_owned()), "ambiguous")]
    {
        let mut office = Office::asking(&STAFF);
        office.post.answers = vec![answer];
        office.run(nine(DUE));
        assert_eq!(office.states(), all(state));
        office.says("ada");
        assert_eq!(office.run(nine(DUE) + 1), SendReport::default(), "nothing of it is repeated by itself");
        let again = if state == "dead" { Which::All("dead") } else { Which::Keys(vec![office.key("cia")]) };
        assert_eq!(office.acts_on(NoticeAct::Retry, again), Ok(5));
        assert_eq!(office.states(), all("open"));
        let journal = office.store.journal(office.to_boss()[0].case_id).unwrap();
        assert!(journal.iter().any(|it| it.kind == "notice_retried"), "each case tells of it");
        office.send(nine(DUE) + 2);
        let mails = office.tried();
        assert!(mails.len() == 2 && mails[0] == mails[1], "{mails:#?}");
        assert_eq!(office.states(), all("sent"));
        office.invariants_hold(&mails[1..]);
    }
}

#[test]
fn of_a_mail_that_was_tried_all_is_dropped_or_nothing() {
    let mut office = Office::asking(&STAFF);
    office.post.answers = vec![Outcome::Later("451 later".to_owned())];
    office.run(nine(DUE));
    let (one, digest) = (office.key("ben"), office.digest());
    let refused = office.acts(NoticeAct::Drop, std::slice::from_ref(&one)).unwrap_err();
    assert!(refused.contains("is in one mail with 4 others, which was tried already"), "{refused}");
    assert_eq!(office.states(), all("open"));
    assert_eq!(office.acts(NoticeAct::Drop, &[digest[..9].to_owned()]), Ok(5));
    assert_eq!(office.states(), all("dropped"));
    assert!(office.to_boss().iter().all(|it| it.detail.as_deref() == Some("why not")));
    office.run(nine(DUE) + 600);
    assert_eq!(office.tried().len(), 1, "it is not tried any more");
    office.invariants_hold(&[]);
    // All of them by their own keys are all of them, too.
    let mut office = Office::asking(&STAFF);
    office.post.answers = vec![Outcome::Never("550 no".to_owned())];
    office.run(nine(DUE));
    let keys: Vec<String> = STAFF.iter().map(|it| office.key(it)).collect();
    assert_eq!(office.acts(NoticeAct::Drop, &keys), Ok(5));
    assert_eq!(office.states(), all("dropped"));
}

#[cfg(debug_assertions)]
#[test]
fn until_it_is_tried_what_is_done_or_dropped_is_taken_out() {
    use engine::Point;
    let made = || {
        let mut office = Office::asking(&STAFF);
        office.decide(nine(DUE));
        office.send_killed_at(Point::AfterDelivery, 1, nine(DUE));
        assert_eq!(office.states(), all("open"));
        office
    };
    // Done.
    let mut office = made();
    office.says("cia");
    office.run(nine(DUE) + 1);
    let mails = office.tried();
    assert_eq!((mails.len(), mails[0].carries), (1, Some(4)));
    assert!(!mails[0].text.contains("cia"), "{}", mails[0].text);
    assert_eq!(office.states()["cia"], "withdrawn");
    office.invariants_hold(&mails);
    // Dropped.
    let mut office = made();
    let one = office.key("dan");
    assert_eq!(office.acts(NoticeAct::Drop, &[one]), Ok(1));
    let expected: BTreeSet<_> = office.states().into_iter().filter(|it| it.1 == "dropped").collect();
    assert_eq!(expected, [("dan".to_owned(), "dropped".to_owned())].into());
    office.run(nine(DUE) + 1);
    let mails = office.tried();
    assert_eq!((mails.len(), mails[0].carries), (1, Some(4)));
    assert!(!mails[0].text.contains("dan"), "{}", mails[0].text);
    office.invariants_hold(&mails);
    // Two dropped: the three that are left are no digest any more.
    let mut office = made();
    let two = [office.key("dan"), office.key("eve")];
    assert_eq!(office.acts(NoticeAct::Drop, &two), Ok(2));
    office.run(nine(DUE) + 1);
    let mails = office.tried();
    assert_eq!(mails.iter().map(|it| it.carries).collect::<Vec<_>>(), [None; 3]);
    office.invariants_hold(&mails);
    // The next day it is another mail, with what has come besides.
    let mut office = made();
    office.run(nine(date(2026, 10, 7)));
    let mails = office.tried();
    assert_eq!(mails.iter().map(|it| it.subject.as_str()).collect::<Vec<_>>(), ["5 affaires du 7 octobre 2026"]);
}

#[cfg(debug_assertions)]
#[test]
fn a_reminder_that_is_done_while_others_leave_is_not_in_the_mail() {
    // Made and about to be tried: here somebody does what one of them reminds of.
    let mut office = Office::asking(&STAFF);
    office.decide(nine(DUE));
    office.send_killed_at(engine::Point::AfterDelivery, 1, nine(DUE));
    office.says("ben");
    office.decide(nine(DUE) + 1);
    let open = office.store.open_deliveries(nine(DUE) + 1, 9).unwrap();
    let (delivery, effect) = open[0].clone();
    let look = Departure::now(&office.hours, nine(DUE) + 1);
    assert!(engine::Attempt::begin(&mut office.store, delivery, effect, &look).unwrap().is_none());
    assert_eq!(office.states(), all("due"), "it is taken apart");
    office.send(nine(DUE) + 1);
    let mails = office.tried();
    assert_eq!((mails.len(), mails[0].carries), (1, Some(4)));
    assert_eq!(office.states()["ben"], "withdrawn");
}

#[cfg(debug_assertions)]
#[test]
fn an_attempt_that_broke_off_is_ambiguous_for_each() {
    let mut office = Office::asking(&STAFF);
    office.decide(nine(DUE));
    office.send_killed_at(engine::Point::AfterSend, 1, nine(DUE));
    let left = office.tried();
    assert_eq!(office.send(nine(DUE) + 1).ambiguous, 1, "mails are counted, not notices");
    assert_eq!(office.states(), all("ambiguous"));
    assert_eq!(office.acts(NoticeAct::Retry, &[office.key("eve")]), Ok(5));
    office.send(nine(DUE) + 2);
    assert_eq!(office.tried(), left, "the same mail");
    office.invariants_hold(&left);
}

#[test]
fn by_night_it_waits_and_what_comes_until_the_morning_is_in_it() {
    let mut office = Office::asking(&STAFF[..3]);
    office.run(at(DUE, time(22, 0, 0, 0)));
    assert_eq!(office.tried().len(), 0);
    for who in &STAFF[3..] {
        office.enter(&format!("id,asked\n{who},2026-10-06\n"));
    }
    office.post.answers = vec![Outcome::Later("451 later".to_owned())];
    let next = date(2026, 10, 7);
    office.run(nine(next));
    // The pause ends by night: it waits for the next morning, as it is.
    office.store.let_mail_wait(1, at(next, time(21, 0, 0, 0))).unwrap();
    office.run(at(next, time(21, 0, 0, 0)));
    assert_eq!(office.tried().len(), 1);
    office.run(nine(date(2026, 10, 8)));
    let mails = office.tried();
    assert_eq!(mails.iter().map(|it| it.subject.as_str()).collect::<Vec<_>>(), ["5 affaires du 7 octobre 2026"]);
}

#[cfg(debug_assertions)]
#[test]
fn a_store_that_was_restored_holds_it_and_lets_it_go_as_the_same_mail() {
    let mut office = Office::asking(&STAFF);
    office.decide(nine(DUE));
    office.send_killed_at(engine::Point::AfterDelivery, 1, nine(DUE));
    let backup = office.path("backup.db");
    let draft = merit::store::Draft::of(&office.store, &backup).unwrap();
    draft.put(&backup).unwrap();
    // The store that is lost went on: made and sent before anybody took it apart.
    let (delivery, effect) = office.store.open_deliveries(nine(DUE), 9).unwrap()[0].clone();
    let look = Departure::now(&office.hours, nine(DUE));
    let attempt = engine::Attempt::begin(&mut office.store, delivery, effect, &look).unwrap().unwrap();
    attempt.make(&mut office.post);
    let left = office.tried();

    let (restored, actor) = (office.path("restored.db"), Actor::Person("tester".to_owned()));
    let it = Restored::prepare(&backup, &restored, &actor, nine(DUE) + 5).unwrap().unwrap();
    assert_eq!(it.held, 5, "notices are counted");
    it.put(&restored).unwrap();
    office.store = SqliteStore::open(&restored, Access::Write).unwrap();
    assert_eq!(office.states(), all("held"));
    office.says("ada");
    office.run(nine(DUE) + 6);
    assert_eq!(office.tried(), []);
    assert!(office.acts(NoticeAct::Drop, &[office.key("ada")]).is_err(), "it may have left with the others");
    assert_eq!(office.acts(NoticeAct::Release, &[office.key("ben")]), Ok(5));
    office.run(nine(DUE) + 7);
    assert_eq!(office.tried(), left, "whoever got it already sees that it is the same");
    assert_eq!(office.states(), all("sent"));
    office.invariants_hold(&left);
}

#[test]
fn what_is_not_as_it_was_written_is_left_out_or_stops_the_mail() {
    let damage = |office: &Office, who: &str| {
        let store = rusqlite::Connection::open(office.path("merit.db")).unwrap();
        let sql = "update effects set facts = replace(facts, 'Soon', 'Late') where key = ?1";
        assert_eq!(store.execute(sql, [office.key(who)]).unwrap(), 1);
    };
    let mut office = Office::asking(&STAFF);
    office.decide(nine(DUE));
    damage(&office, "ada");
    let report = office.send(nine(DUE));
    assert_eq!((report.sent, report.in_digests, report.dead), (1, 4, 1));
    assert!(office.tried().iter().all(|it| !it.text.contains("ada")));

    let mut office = Office::asking(&STAFF);
    office.post.answers = vec![Outcome::Later("451 later".to_owned())];
    office.run(nine(DUE));
    damage(&office, "ada");
    assert_eq!(office.run(nine(DUE) + 60).dead, 1);
    assert_eq!((office.tried().len(), office.states()), (1, all("dead")));
    let detail = office.to_boss()[0].detail.clone().unwrap();
    assert!(detail.contains("is not as Merit wrote it"), "{detail}");

    // Somebody wrote into the list of its notices.
    let mut office = Office::asking(&STAFF);
    office.post.answers = vec![Outcome::Later("451 later".to_owned())];
    office.run(nine(DUE));
    let store = rusqlite::Connection::open(office.path("merit.db")).unwrap();
    store.execute("update digest_members set n = 9 where n = 1", []).unwrap();
    assert_eq!((office.run(nine(DUE) + 60).dead, office.tried().len()), (1, 1));
}

#[test]
fn a_case_that_is_kept_no_longer_takes_its_notice_out_and_the_others_stay() {
    for (answer, state) in
        [(Outcome::Accepted("taken".to_owned()), "sent"), (Outcome::Never("550 no".to_owned()), "dead")]
    {
        let mut office = Office::asking(&STAFF);
        let text = POLICY.replace("asked is known\n", "asked is known; keep 1 month after answer\n");
        let later = compile(&Sources::single("p.merit", text.clone())).policy.unwrap();
        office.store.deploy(&[("p.merit".to_owned(), text)], &later, "", 0).unwrap();
        office.post.answers = vec![answer];
        office.run(nine(DUE));
        let digest = office.digest();
        // Ada's notice is the first, by which the mail is known.
        for (who, left, done) in [("ada", 4, date(2026, 10, 7)), ("cia", 3, date(2026, 12, 1))] {
            office.says(who);
            let days = [done, done.saturating_add(33.days())];
            assert_eq!(days.map(|day| office.decide(nine(day)).expunged).iter().sum::<u64>(), 1, "{who}");
            let rows = office.to_boss();
            let carried = rows.iter().filter(|it| it.digest.as_ref().is_some_and(|it| it.key == digest));
            assert_eq!(carried.filter(|it| it.effect.state == state && it.attempts == 1).count(), left);
            assert_eq!(office.store.verify_file().unwrap(), Ok(()));
        }
        if state == "dead" {
            let tried = office.tried().len();
            assert_eq!(office.acts_on(NoticeAct::Retry, Which::Keys(vec![digest])), Ok(3));
            assert_eq!((office.send(nine(date(2027, 1, 4))).dead, office.tried().len()), (1, 0), "{tried}");
            assert!(office.to_boss()[0].detail.as_ref().unwrap().contains("is gone"));
        }
        for who in ["ben", "dan", "eve"] {
            office.says(who);
        }
        office.decide(nine(date(2027, 1, 5)));
        office.decide(nine(date(2027, 3, 1)));
        let store = rusqlite::Connection::open(office.path("merit.db")).unwrap();
        for table in ["digests", "digest_members"] {
            let rows: i64 = store.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 0, "{table}");
        }
    }
}

#[test]
fn from_a_hundred_and_more_it_is_still_one_mail_and_from_two_hundred_on_several() {
    let mut office = Office::asking(&[]);
    let rows: String = (0..250).map(|n| format!("p{n},P,p{n}@office.example,boss,{ASKED}\n")).collect();
    office.enter(&format!("id,name,email,boss,asked\n{rows}"));
    let report = office.run(nine(DUE));
    assert_eq!((report.sent, report.digests, report.in_digests), (2, 2, 250));
    let carried: BTreeSet<_> = office.tried().iter().map(|it| it.carries).collect();
    assert_eq!(carried, [Some(200), Some(50)].into());
}

#[test]
fn while_others_are_still_decided_nobody_gets_half_of_them() {
    let mut office = Office::asking(&STAFF);
    office.decide(nine(DUE));
    let look = Departure::now(&office.hours, nine(DUE));
    let mut going = engine::Going::default();
    going.decided = Some(at(ASKED, Time::MAX));
    let post = Post { from: Some(4), ..Post::default() };
    let made = engine::make_mails(&mut office.store, &post, &look, &mut going, 9).unwrap();
    assert!(!made);
    going.decided = Some(nine(DUE));
    assert!(engine::make_mails(&mut office.store, &post, &look, &mut going, 9).unwrap());
    assert_eq!(office.states(), all("open"));
}
