//! When notices leave: on working days of whoever they go to, at hours at which one writes to people; what is urgent at any time.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use jiff::civil::{Date, Time, date, time};
use merit::calendar::{Calendar, Moment};
use merit::casework::Letter;
use merit::config::NoticeHours;
use merit::engine::{self, ActRequest, AsOf, Departure, Hours, Outcome, Outgoing, Patience, RunSettings, Sender, Ways};
use merit::policy::compile;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::store::sqlite::{Access, SqliteStore};
use merit::store::{EffectRow, Filter, ImportNote, RecordChange, Store};
use merit::value::Known;
use merit::workflow::{Act, Deed};

/// The work goes on on Saturday and Sunday, by the market's calendar; the people are those of the office. It rests on Saturday and Sunday and on 5 October, the market on Monday; the office's zone puts its clocks back on 25 October.
const POLICY: &str = r#"
calendar office {
  time zone "Europe/Berlin"; working Monday to Friday; roll as is; month end back; notices at 08:00
  holiday "Harvest" 5 October
}
calendar market { time zone "Asia/Kathmandu"; working Tuesday to Sunday; roll as is; month end back; notices at 09:30 }
record person {
  id key text; email optional address email; boss optional person; asked event; said event; sells optional yes/no
  by calendar market when sells is yes
  by calendar office
}
workflow answers {
  for each person where asked is known
  by calendar market
  stage answer {
    opens asked; due 20 days after asked; by person; fills said
    remind person 1 day after opening with soon
    escalate to boss 1 day after opening with told
  }
}
message soon { by email; subject "Soon {person.id}"; body "{due}" }
message told { by email; urgent; subject "At once {person.id}"; body "{due}" }
"#;

fn policy() -> Policy {
    policy_of(POLICY)
}

fn policy_of(text: &str) -> Policy {
    let sources = Sources::single("p.merit", text);
    let compilation = compile(&sources);
    compilation.policy.unwrap_or_else(|| panic!("{}", compilation.diagnostics.render(&sources, false)))
}

fn calendar(name: &str) -> Calendar {
    policy().calendars.iter().find(|it| it.name() == name).unwrap().clone()
}

fn at(calendar: &Calendar, day: Date, clock: Time) -> i64 {
    calendar.at(day, clock).0.0
}

/// Notes what leaves, and when.
#[derive(Default)]
struct Post {
    left: Vec<(String, i64)>,
    refuses: bool,
}

impl Sender for Post {
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome {
        if self.refuses {
            return Outcome::Later("not now".to_owned());
        }
        self.left.push((mail.letter.subject.clone(), mail.at));
        Outcome::Accepted(String::new())
    }

    fn next_try(&self, _key: &str, _tries: i64, now: i64) -> Option<i64> {
        Some(now + 60)
    }

    fn message_id(&self, key: &str) -> String {
        key.to_owned()
    }

    fn repeats_safely(&self) -> bool {
        true
    }
}

struct Office {
    folder: tempfile::TempDir,
    store: SqliteStore,
    post: Post,
    hours: Hours,
}

impl Office {
    /// An office with Ada, who was asked on a day, and her boss.
    fn with(asked: Date) -> Self {
        Self::under(POLICY, asked)
    }

    fn under(text: &str, asked: Date) -> Self {
        let policy = policy_of(text);
        let folder = tempfile::tempdir().unwrap();
        let mut store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        store.set(Some(date(2026, 9, 1)), None).unwrap();
        store.deploy(&[("p.merit".to_owned(), text.to_owned())], &policy, "", 0).unwrap();
        let hours = Hours::of(&policy, NoticeHours::Until(Some(time(20, 0, 0, 0))));
        let mut office = Self { folder, store, post: Post::default(), hours };
        let text = |it: &str| Some(Known::Text(it.into()));
        let known = |sells| Some(Known::YesNo(sells));
        office.enter("boss", &[("email", text("boss@example.org")), ("sells", known(false))]);
        office.enter(
            "ada",
            &[("email", text("ada@example.org")), ("sells", known(false)), ("asked", Some(Known::Date(asked)))],
        );
        office.refer("ada", "boss");
        office
    }

    fn enter(&mut self, who: &str, fields: &[(&str, Option<Known>)]) {
        let policy = policy();
        let record = policy.record_named("person").unwrap();
        let named = |name: &str| policy.record(record).field_named(name).unwrap();
        let fields = fields.iter().map(|(name, value)| (named(name), value.clone())).collect();
        let from = date(2026, 9, 1);
        let change = RecordChange { record, key: who.into(), part: String::new(), fields, from };
        let (source, sha256, mapping) = (String::new(), String::new(), String::new());
        let note = ImportNote { source, sha256, mapping, good: 0, rejected: 0 };
        self.store.import(&policy, &[(note, vec![change])], 0, &mut |_| ()).unwrap();
    }

    fn refer(&mut self, who: &str, boss: &str) {
        let record = policy().record_named("person").unwrap();
        let boss = Known::Record(merit::value::RecordRef { record, key: boss.into() });
        self.enter(who, &[("boss", Some(boss))]);
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

    /// A run at a moment, and what it sends then.
    fn run(&mut self, now: i64) {
        self.decide(now);
        self.send(now);
    }

    fn decide(&mut self, now: i64) {
        engine::run(&mut self.store, &Self::settings(now), &mut self.post).unwrap();
    }

    fn send(&mut self, now: i64) {
        engine::send_within(&mut self.store, &mut self.post, &Departure::now(&self.hours, now)).unwrap();
    }

    fn left(&self) -> Vec<&str> {
        self.post.left.iter().map(|it| it.0.as_str()).collect()
    }

    fn effect(&self, message: &str) -> EffectRow {
        let all = self.store.effects(&Filter::default()).unwrap();
        all.into_iter().find(|it| it.effect.message == message).unwrap()
    }
}

const NOON: Time = time(12, 0, 0, 0);

#[test]
fn an_hour_of_a_working_day_is_found_over_weekends_holidays_and_changes_of_the_clock() {
    let office = calendar("office");
    let until = Some(time(20, 0, 0, 0));
    let from = |day, clock| office.notices_from(Moment(at(&office, day, clock)), until).0;
    let (friday, tuesday) = (date(2026, 10, 2), date(2026, 10, 6));
    assert_eq!(from(friday, NOON), at(&office, friday, NOON), "one writes to people just now");
    assert_eq!(from(friday, time(7, 59, 59, 0)), at(&office, friday, time(8, 0, 0, 0)), "it is too early");
    assert_eq!(from(friday, time(8, 0, 0, 0)), at(&office, friday, time(8, 0, 0, 0)));
    assert_eq!(from(friday, time(19, 59, 59, 0)), at(&office, friday, time(19, 59, 59, 0)));
    // A weekend, and a holiday behind it.
    let next = at(&office, tuesday, time(8, 0, 0, 0));
    for (day, clock) in [(friday, time(20, 0, 0, 0)), (date(2026, 10, 3), NOON), (date(2026, 10, 5), NOON)] {
        assert_eq!(from(day, clock), next, "{day} {clock}");
    }
    // The night of 25 October has an hour more.
    let monday = from(date(2026, 10, 24), time(8, 0, 0, 0));
    assert_eq!(monday, at(&office, date(2026, 10, 26), time(8, 0, 0, 0)));
    assert_eq!(monday - at(&office, date(2026, 10, 24), time(8, 0, 0, 0)), 49 * 3600);
    // Without an hour, and with one that lies before the hour of notices, the whole rest of the day counts.
    let late = Moment(at(&office, friday, time(23, 59, 59, 0)));
    assert_eq!((office.notices_from(late, None), office.notices_from(late, Some(time(7, 0, 0, 0)))), (late, late));
}

#[test]
fn at_the_end_of_days_nothing_is_put_off() {
    let office = calendar("office");
    for end in [i64::MAX, i64::MIN] {
        assert!(office.notices_from(Moment(end), Some(NOON)).0 >= end.min(0));
    }
}

#[test]
fn a_notice_waits_for_a_working_day_and_what_is_urgent_does_not() {
    let calendar = calendar("office");
    let saturday = at(&calendar, date(2026, 10, 3), time(8, 0, 0, 0));
    let mut office = Office::with(date(2026, 10, 2));
    office.run(saturday);
    assert_eq!(office.left(), ["At once ada"]);
    let tuesday = at(&calendar, date(2026, 10, 6), time(8, 0, 0, 0));
    let waiting = office.effect("soon");
    assert_eq!((waiting.effect.state.as_str(), waiting.leaves()), ("due", tuesday), "Monday is a holiday");
    office.run(tuesday - 1);
    assert_eq!(office.left().len(), 1);
    office.run(tuesday);
    assert_eq!(office.left(), ["At once ada", "Soon ada"]);
}

#[test]
fn it_is_the_recipients_calendar_that_counts() {
    let mut office = Office::with(date(2026, 10, 2));
    office.enter("ada", &[("sells", Some(Known::YesNo(true)))]);
    let market = calendar("market");
    let saturday = at(&market, date(2026, 10, 3), time(13, 0, 0, 0));
    office.run(saturday);
    assert_eq!(office.left().len(), 2, "the market works on Saturday, and it is noon there");
}

#[test]
fn whoever_was_down_at_the_hour_writes_to_nobody_by_night() {
    let calendar = calendar("office");
    let friday = date(2026, 10, 9);
    let mut office = Office::with(date(2026, 10, 8));
    office.run(at(&calendar, friday, time(22, 0, 0, 0)));
    assert_eq!(office.left(), ["At once ada"], "its hour was in the morning, and now it is night");
    let monday = at(&calendar, date(2026, 10, 12), time(8, 0, 0, 0));
    assert_eq!(office.effect("soon").waits_until, Some(monday));
    // The waiting is kept by the store, not by the program.
    office.store = SqliteStore::open(&office.folder.path().join("merit.db"), Access::Write).unwrap();
    office.send(monday - 1);
    assert_eq!(office.left().len(), 1);
    office.send(monday);
    office.send(monday + 1);
    assert_eq!(office.left(), ["At once ada", "Soon ada"]);
}

#[test]
fn a_mail_that_was_refused_is_not_tried_again_by_night() {
    let calendar = calendar("office");
    let evening = at(&calendar, date(2026, 10, 9), time(19, 59, 30, 0));
    let mut office = Office::with(date(2026, 10, 8));
    office.post.refuses = true;
    office.run(evening);
    office.post.refuses = false;
    office.send(evening + 60);
    assert_eq!(office.left(), ["At once ada"], "what is urgent is tried again by night, too");
    office.send(at(&calendar, date(2026, 10, 10), NOON));
    assert_eq!(office.left().len(), 1);
    office.send(at(&calendar, date(2026, 10, 12), time(8, 0, 0, 0)));
    assert_eq!(office.left().len(), 2);
}

#[test]
fn a_reminder_of_what_was_done_before_it_left_does_not_leave() {
    let calendar = calendar("office");
    let mut office = Office::with(date(2026, 10, 2));
    office.run(at(&calendar, date(2026, 10, 3), NOON));
    office.enter("ada", &[("said", Some(Known::Date(date(2026, 10, 4))))]);
    office.run(at(&calendar, date(2026, 10, 6), NOON));
    assert_eq!(office.left(), ["At once ada"]);
    assert_eq!(office.effect("soon").effect.state, "withdrawn");
}

#[test]
fn an_announced_holiday_is_seen_when_the_notice_would_leave() {
    let calendar = calendar("office");
    let mut office = Office::with(date(2026, 10, 2));
    office.run(at(&calendar, date(2026, 10, 3), NOON));
    let text = POLICY.replace("\"Harvest\" 5 October", "\"Harvest\" 5 October\n  holiday \"Mourning\" 6 October");
    let sources = Sources::single("p.merit", text.clone());
    let later = compile(&sources).policy.unwrap();
    office.store.deploy(&[("p.merit".to_owned(), text)], &later, "", 0).unwrap();
    office.hours = Hours::of(&later, NoticeHours::Until(None));
    office.run(at(&calendar, date(2026, 10, 6), NOON));
    assert_eq!(office.left().len(), 1);
    office.run(at(&calendar, date(2026, 10, 7), NOON));
    assert_eq!(office.left().len(), 2);
}

#[test]
fn as_of_a_day_notices_leave_if_it_is_a_working_day() {
    let calendar = calendar("office");
    let mut office = Office::with(date(2026, 10, 8));
    let day = |day| (calendar.start_of_day(day).0, calendar.end_of_day(day).0);
    let look = |office: &mut Office, (from, until)| {
        office.decide(until);
        let hours = office.hours.clone();
        let look = Departure { hours: &hours, from, until, now: 0 };
        engine::send_within(&mut office.store, &mut office.post, &look).unwrap();
        office.left().len()
    };
    assert_eq!(look(&mut office, day(date(2026, 10, 9))), 2, "at some hour of Friday");
    let mut office = Office::with(date(2026, 10, 9));
    assert_eq!(look(&mut office, day(date(2026, 10, 10))), 1);
    assert_eq!(look(&mut office, day(date(2026, 10, 11))), 1);
    assert_eq!(look(&mut office, day(date(2026, 10, 12))), 2);
}

#[test]
fn a_letter_of_an_earlier_version_leaves_as_it_did() {
    let old: Letter =
        serde_json::from_str(r#"{"name":null,"address":"a@b.c","subject":"s","text":"t","workflow":"w"}"#).unwrap();
    let hours = Hours::of(&policy(), NoticeHours::Until(None));
    assert_eq!((hours.leaves(&old, 7), old.urgent, old.reminds), (7, false, false));
    assert_eq!(Hours::of(&policy(), NoticeHours::Any).leaves(&Letter { calendar: "office".to_owned(), ..old }, 7), 7);
}

#[test]
fn what_counts_from_a_sending_counts_from_the_day_on_which_it_left() {
    let text = POLICY.replace(
        "by calendar market\n  stage",
        "by calendar office\n  stage notice { by boss; due 5 days after opening; sends told to person }\n  stage",
    );
    let text = text.replace("opens asked; due 20 days after asked", "due 14 days after notice.sent");
    let text = text.replace("message told { by email; urgent", "message told { by email");
    let calendar = calendar("office");
    let mut office = Office::under(&text, date(2026, 10, 1));
    office.run(at(&calendar, date(2026, 10, 1), NOON));
    let saturday = at(&calendar, date(2026, 10, 3), NOON);
    office.run(saturday);
    let by = (String::new(), "boss".to_owned());
    let act = Act { by, stage: None, what: Deed::Send, because: None, key: None };
    let request = ActRequest { case: 1, act, values: Vec::new() };
    engine::act(&mut office.store, &Office::settings(saturday), &mut Post::default(), &request).unwrap();
    let due = |office: &Office| office.store.cases(&Filter::default()).unwrap()[0].state.clone();
    office.run(saturday);
    assert!(office.left().is_empty());
    assert!(due(&office).contains("2026-10-17"), "until it leaves it counts from the act: {}", due(&office));
    office.run(at(&calendar, date(2026, 10, 6), NOON));
    assert!(office.left().contains(&"At once ada"));
    office.run(at(&calendar, date(2026, 10, 6), time(12, 1, 0, 0)));
    assert!(due(&office).contains("2026-10-20"), "it left on Tuesday: {}", due(&office));
}
