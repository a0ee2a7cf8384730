//! The engine under a clock that jumps, in zones whose clocks are put forward and back: no step follows early, twice or never.
//!
//! What should happen is reckoned here a second time, as plainly as can be: days are numbers, a zone is two offsets and the two moments
//! of a year at which they change. `MERIT_TIMES` says how many clocks are tried in each zone (1), `MERIT_SEED` where chance begins.

#![expect(clippy::unwrap_used, reason = "a test whose store fails has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use merit::calendar::Moment;
use merit::engine::{self, AsOf, EngineError, Outcome, Outgoing, Patience, Policies, RunSettings, Sender, Watch};
use merit::policy::compile;
use merit::source::Sources;
use merit::store::sqlite::SqliteStore;
use merit::store::{Filter, ImportNote, RecordChange, Store};
use merit::value::{Known, RecordRef};
use merit::workflow::Event;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

#[expect(dead_code, reason = "the laws of runs that are killed or judge are asked elsewhere")]
mod invariants;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

// ---- the plain reckoning

/// The number of a civil day, counted from 1 January 1970.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let years: i64 = (1970..year).map(|it| 365 + i64::from(leap(it))).sum();
    let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: i64 = lengths.iter().take(usize::try_from(month - 1).unwrap()).sum();
    years + months + day - 1
}

/// Year, month and day of a number.
fn civil(number: i64) -> (i64, i64, i64) {
    // Never a year too late to begin with.
    let year = (1970 + number / 367..).take_while(|it| day_number(*it, 1, 1) <= number).last().unwrap();
    let month = (1..=12).take_while(|it| day_number(year, *it, 1) <= number).last().unwrap();
    (year, month, number - day_number(year, month, 1) + 1)
}

/// A year later: 29 February becomes 28.
fn year_after(number: i64) -> i64 {
    let (year, month, day) = civil(number);
    if (month, day) == (2, 29) { day_number(year + 1, 2, 28) } else { day_number(year + 1, month, day) }
}

/// The n-th Sunday of a month, from a day on.
fn sunday(year: i64, month: i64, from: i64) -> i64 {
    let first = day_number(year, month, from);
    // 4 January 1970 was a Sunday.
    first + (3 - first).rem_euclid(7)
}

fn last_sunday(year: i64, month: i64) -> i64 {
    sunday(year, month, 25)
}

/// Where clocks are put forward (`begins`) and back (`ends`), as moments of a year.
#[derive(Debug, Clone, Copy)]
struct Zone {
    name: &'static str,
    standard: i64,
    summer: i64,
    begins: fn(i64) -> i64,
    ends: fn(i64) -> i64,
}

fn never(_: i64) -> i64 {
    i64::MAX
}

const LONDON: Zone = Zone {
    name: "Europe/London",
    standard: 0,
    summer: HOUR,
    begins: |year| last_sunday(year, 3) * DAY + HOUR,
    ends: |year| last_sunday(year, 10) * DAY + HOUR,
};
const NEW_YORK: Zone = Zone {
    name: "America/New_York",
    standard: -5 * HOUR,
    summer: -4 * HOUR,
    begins: |year| sunday(year, 3, 8) * DAY + 7 * HOUR,
    ends: |year| sunday(year, 11, 1) * DAY + 6 * HOUR,
};
/// Here midnight itself is skipped, and comes twice.
const SANTIAGO: Zone = Zone {
    name: "America/Santiago",
    standard: -4 * HOUR,
    summer: -3 * HOUR,
    begins: |year| sunday(year, 9, 2) * DAY + 4 * HOUR,
    ends: |year| sunday(year, 4, 2) * DAY + 3 * HOUR,
};
/// Half an hour.
const LORD_HOWE: Zone = Zone {
    name: "Australia/Lord_Howe",
    standard: 10 * HOUR + HOUR / 2,
    summer: 11 * HOUR,
    begins: |year| sunday(year, 10, 1) * DAY - 17 * HOUR / 2,
    ends: |year| sunday(year, 4, 1) * DAY - 9 * HOUR,
};
const TOKYO: Zone = Zone { name: "Asia/Tokyo", standard: 9 * HOUR, summer: 9 * HOUR, begins: never, ends: never };

impl Zone {
    fn offset(&self, at: i64) -> i64 {
        let year = civil((at + self.standard).div_euclid(DAY)).0;
        let (begins, ends) = ((self.begins)(year), (self.ends)(year));
        let summer = if begins < ends { (begins..ends).contains(&at) } else { at >= begins || at < ends };
        if summer { self.summer } else { self.standard }
    }

    fn day_of(&self, at: i64) -> i64 {
        (at + self.offset(at)).div_euclid(DAY)
    }

    /// The moments at which the clock shows so many seconds of a day: none, one or two.
    fn moments(&self, day: i64, seconds: i64) -> BTreeSet<i64> {
        let local = day * DAY + seconds;
        let both = [self.standard, self.summer].map(|it| (local - it, it));
        both.iter().filter(|(at, offset)| self.offset(*at) == *offset).map(|it| it.0).collect()
    }

    /// A skipped clock time is the moment at which clocks are put forward.
    fn skipped(&self, day: i64) -> i64 {
        let year = civil(day).0;
        (self.begins)(year)
    }

    /// Of a clock time that comes twice, the later counts.
    fn at(&self, day: i64, seconds: i64) -> i64 {
        self.moments(day, seconds).last().copied().unwrap_or_else(|| self.skipped(day))
    }

    fn start_of_day(&self, day: i64) -> i64 {
        self.moments(day, 0).first().copied().unwrap_or_else(|| self.skipped(day))
    }
}

// ---- the office

fn policy_text(zone: Zone, clock: &str) -> String {
    format!(
        r#"
calendar office "Office" {{
  time zone "{}"
  working Monday to Sunday
  substitute none
  roll forward
  month end back
  notices at {clock}
}}
record person "Person" {{
  id       key text
  email    address email
  boss     optional person
  licensed event
  renewed  event
}}
role boss_of "Boss" of person {{ is person.boss }}
workflow renewal "Renewal" {{
  for each person where licensed is known
  stage renew "Renew" {{
    opens licensed
    due   1 year after licensed
    closes 400 days after licensed
    by    person
    fills renewed
    remind person 7 days before due with soon
    remind person on due with soon
    escalate to boss_of 2 working days overdue with soon
    on lapse continue, marked "not renewed"
  }}
}}
message soon {{
  by email
  subject "Due {{due}}"
  body """
    Please renew.
    """
}}
"#,
        zone.name
    )
}

fn date(number: i64) -> Date {
    let (year, month, day) = civil(number);
    Date::new(i16::try_from(year).unwrap(), i8::try_from(month).unwrap(), i8::try_from(day).unwrap()).unwrap()
}

/// Notes what leaves, and when.
#[derive(Default)]
struct Notebook {
    sent: Vec<(String, i64, i64)>,
}

impl Sender for Notebook {
    fn send(&mut self, mail: &Outgoing<'_>) -> Outcome {
        self.sent.push((mail.key.to_owned(), mail.date, mail.at));
        Outcome::Accepted(String::new())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        key.to_owned()
    }

    fn repeats_safely(&self) -> bool {
        true
    }
}

struct GoesOn;

impl Watch for GoesOn {
    fn goes_on(&mut self) -> bool {
        true
    }

    fn committed(&mut self, _due: &[i64]) {}
}

struct Office {
    store: SqliteStore,
    _folder: tempfile::TempDir,
    /// The policy's zone, and from which number of runs on.
    zones: Vec<(usize, Zone)>,
    /// At what time notices leave, in seconds of the day.
    clock: i64,
    licensed: BTreeMap<String, i64>,
    /// The moment of each run that took place.
    runs: Vec<i64>,
    /// The day of the last one.
    last: i64,
    policies: Option<Policies>,
    post: Notebook,
}

/// What happens to somebody, in the order of its days.
const STEPS: [&str; 4] = ["remind-1", "remind-2", "escalate-1", "lapse"];

impl Office {
    fn open(zone: Zone, clock: i64, licensed: BTreeMap<String, i64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open_or_create(&folder.path().join("merit.db")).unwrap();
        let mut office = Self {
            store,
            _folder: folder,
            zones: Vec::new(),
            clock,
            licensed,
            runs: Vec::new(),
            last: i64::MIN,
            policies: None,
            post: Notebook::default(),
        };
        office.store.set(Some(date(day_number(2027, 1, 1))), None).unwrap();
        office.deploy(zone);
        office.enter();
        office
    }

    fn deploy(&mut self, zone: Zone) {
        let text = policy_text(zone, &format!("{:02}:{:02}", self.clock / HOUR, self.clock % HOUR / 60));
        let compilation = compile(&Sources::single("office.merit", text.clone()));
        let policy = compilation.policy.unwrap_or_else(|| {
            panic!("{}", compilation.diagnostics.render(&Sources::single("office.merit", text.clone()), false))
        });
        self.store.deploy(&[("office.merit".to_owned(), text)], &policy, "", 0).unwrap();
        self.zones.push((self.runs.len(), zone));
        self.policies = None;
    }

    fn enter(&mut self) {
        let policy = Policies::load(&self.store, None).unwrap();
        let policy = &policy.latest().policy;
        let record = policy.record_named("person").unwrap();
        let field = |name: &str| policy.record(record).field_named(name).unwrap();
        let change = |key: &str, licensed: Option<i64>| {
            let mut fields =
                vec![(field("email"), Some(Known::Text(Arc::from(format!("{key}@example.org").as_str()))))];
            if let Some(licensed) = licensed {
                let boss = RecordRef { record, key: Arc::from("BOSS") };
                fields.push((field("boss"), Some(Known::Record(boss))));
                fields.push((field("licensed"), Some(Known::Date(date(licensed)))));
            }
            RecordChange {
                record,
                key: Arc::from(key),
                part: String::new(),
                fields,
                from: date(day_number(2027, 1, 1)),
            }
        };
        let people = self.licensed.iter().map(|(key, day)| change(key, Some(*day)));
        let changes = std::iter::once(change("BOSS", None)).chain(people).collect();
        let (source, sha256, mapping) = (String::new(), String::new(), String::new());
        let note = ImportNote { source, sha256, mapping, good: 0, rejected: 0 };
        self.store.import(policy, &[(note, changes)], 0, &mut |_| ()).unwrap();
    }

    fn zone(&self) -> Zone {
        self.zones.last().unwrap().1
    }

    /// A run at a moment of the machine's clock, and what it sends. A day that lies behind is refused, and nothing happens.
    fn run(&mut self, now: i64) {
        let settings = RunSettings {
            as_of: AsOf::Moment(Moment(now)),
            now,
            patience: Patience::default(),
            calendar: None,
            language: "en".to_owned(),
            ways: merit::engine::Ways::default(),
        };
        let day = self.zone().day_of(now);
        let kept = self.policies.take();
        match engine::run_watched(&mut self.store, &settings, &mut self.post, &mut GoesOn, kept) {
            Ok(watched) => {
                assert!(day >= self.last, "a run on {} went behind {}", date(day), date(self.last));
                self.last = day;
                self.policies = Some(watched.policies);
                self.runs.push(now);
                engine::send(&mut self.store, &mut self.post, now, now).unwrap();
            }
            Err(EngineError::BackInTime { .. }) => assert!(day < self.last, "{} was refused", date(day)),
            Err(error) => panic!("{error}"),
        }
    }

    /// When a step of somebody should be found: the first run whose clock shows its moment, in the zone that held then.
    fn due_at_run(&self, key: &str, step: &str) -> Option<usize> {
        let licensed = self.licensed[key];
        let due = year_after(licensed);
        let moment = |zone: &Zone| match step {
            "remind-1" => zone.at(due - 7, self.clock),
            "remind-2" => zone.at(due, self.clock),
            "escalate-1" => zone.at(due + 2, self.clock),
            _ => zone.start_of_day(licensed + 401),
        };
        let ends = self.zones.iter().skip(1).map(|it| it.0).chain([self.runs.len()]);
        self.zones.iter().zip(ends).find_map(|((from, zone), to)| {
            let moment = moment(zone);
            (*from..to).find(|run| self.runs[*run] >= moment)
        })
    }

    fn is_as_reckoned(&self, told: &str) {
        let mut found: BTreeMap<(String, String), Vec<(i64, bool)>> = BTreeMap::new();
        for row in self.store.cases(&Filter::default()).unwrap() {
            for entry in self.store.journal(row.id).unwrap() {
                let step = match serde_json::from_str(&entry.payload).unwrap() {
                    Event::StepTaken { mark, .. } | Event::StepSkipped { mark, .. } => (mark.step, true),
                    Event::Held { step, .. } => (step.map_or_else(|| "lapse".to_owned(), |it| it.0), false),
                    Event::StageLapsed { .. } => ("lapse".to_owned(), true),
                    _ => continue,
                };
                found.entry((row.subject.clone(), step.0)).or_default().push((entry.rev, step.1));
            }
        }
        let clocks = self.clocks_of_commits();
        for key in self.licensed.keys() {
            for step in STEPS {
                let what = format!("{told}: {step} of {key}, licensed {}", date(self.licensed[key]));
                let found = found.remove(&(key.clone(), step.to_owned())).unwrap_or_default();
                let Some(run) = self.due_at_run(key, step) else {
                    assert!(found.is_empty(), "{what}: early");
                    continue;
                };
                let first = found.first().unwrap_or_else(|| panic!("{what}: never, due at {}", Moment(self.runs[run])));
                assert_eq!(
                    clocks[&first.0],
                    self.runs[run],
                    "{what}: found at another run than that of {}",
                    Moment(self.runs[run])
                );
                let (followed, held) =
                    (found.iter().filter(|it| it.1).count(), found.iter().filter(|it| !it.1).count());
                assert!(followed <= 1 && held <= 1, "{what}: {followed} times, held {held} times");
            }
        }
        assert!(found.is_empty(), "{told}: {found:?}");
        let mut keys = BTreeSet::new();
        for (key, not_before, at) in &self.post.sent {
            assert!(not_before <= at, "{told}: a notice left at {}, before {}", Moment(*at), Moment(*not_before));
            assert!(keys.insert(key), "{told}: a notice left twice");
        }
        invariants::each_case_is_in_one_state(&self.store).unwrap();
        invariants::replay_gives_what_is_stored(&self.store).unwrap();
        // A date that was reckoned in another zone keeps its moment.
        if self.zones.len() == 1 {
            let policies = Policies::load(&self.store, None).unwrap();
            invariants::dates_follow_from_their_derivations(&self.store, &policies.latest().policy, None).unwrap();
        }
    }

    /// Nobody's step is open once everything lies behind.
    fn everything_followed(&self, told: &str) {
        for row in self.store.cases(&Filter::default()).unwrap() {
            assert_ne!(row.status, "open", "{told}: {} is still open", row.subject);
        }
        assert_eq!(self.store.cases(&Filter::default()).unwrap().len(), self.licensed.len(), "{told}");
    }

    fn clocks_of_commits(&self) -> BTreeMap<i64, i64> {
        let store = rusqlite::Connection::open(self._folder.path().join("merit.db")).unwrap();
        let mut commits = store.prepare("select rev, at from commits").unwrap();
        let rows = commits.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }
}

// ---- chance

struct Chance(ChaCha8Rng);

impl Chance {
    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + i64::try_from(self.0.next_u64() % u64::try_from(most - least + 1).unwrap()).unwrap()
    }

    fn one_in(&mut self, times: i64) -> bool {
        self.between(1, times) == 1
    }
}

/// The days on which something may go wrong.
fn special_days(zone: Zone) -> Vec<i64> {
    let mut days =
        vec![day_number(2028, 2, 29), day_number(2028, 12, 31), day_number(2029, 1, 1), day_number(2029, 2, 28)];
    for moment in [(zone.begins)(2028), (zone.ends)(2028)] {
        if moment != i64::MAX {
            let day = zone.day_of(moment);
            days.extend([day - 1, day, day + 1]);
        }
    }
    days
}

/// People for whom something falls on each of these days, some who were licensed on one, and some others.
fn people(days: &[i64], chance: &mut Chance) -> BTreeMap<String, i64> {
    let mut licensed: Vec<i64> = vec![day_number(2028, 2, 29)];
    for day in days {
        licensed.extend([day - 366, day - 365, day - 359, day - 358, day - 368, day - 367, day - 401]);
    }
    licensed.extend((0..10).map(|_| chance.between(day_number(2027, 2, 1), day_number(2028, 1, 31))));
    let first = day_number(2027, 1, 10);
    licensed.into_iter().filter(|it| *it >= first).enumerate().map(|(at, day)| (format!("P{at:03}"), day)).collect()
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |it| it.parse().unwrap_or_else(|_| panic!("{name} is no number: {it}")))
}

/// A clock that goes on by minutes around the special days and by up to two days elsewhere, and is put forward and back at times.
fn live(office: &mut Office, days: &[i64], until: i64, chance: &mut Chance, mut now: i64) -> i64 {
    let end = until * DAY;
    while now < end {
        office.run(now);
        let near = days.iter().any(|it| (now - it * DAY - DAY / 2).abs() < 3 * DAY / 2);
        now += match chance.between(1, 100) {
            1..=3 => HOUR,
            4..=6 => -HOUR,
            7 => -DAY,
            _ if near && chance.one_in(2) => 60 * chance.between(5, 120),
            _ if near => HOUR * chance.between(1, 6),
            _ => 60 * chance.between(60, 48 * 60),
        };
    }
    now
}

fn campaign(zone: Zone, clock: i64) {
    let (times, seed) = (number("MERIT_TIMES", 1), number("MERIT_SEED", 20_260_701));
    for seed in seed..seed + times {
        let told = format!("{}, seed {seed}", zone.name);
        let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
        let days = special_days(zone);
        let mut office = Office::open(zone, clock, people(&days, &mut chance));
        let begin = day_number(2028, 1, 2) * DAY + DAY / 2;
        let now = live(&mut office, &days, day_number(2028, 10, 1), &mut chance, begin);
        office.is_as_reckoned(&told);
        // Either the days go on to the end, or the clock is put forward by more than a year, and back again.
        if chance.one_in(2) {
            live(&mut office, &days, day_number(2029, 6, 1), &mut chance, now);
        } else {
            office.run(now + 400 * DAY);
            office.is_as_reckoned(&told);
            let sent = office.post.sent.len();
            office.run(now + HOUR);
            office.run(now + 30 * DAY);
            assert_eq!(office.post.sent.len(), sent, "{told}: nothing more while the clock lies behind");
            live(&mut office, &[], day_number(2030, 6, 1), &mut chance, now + 401 * DAY);
        }
        office.is_as_reckoned(&told);
        office.everything_followed(&told);
        println!(
            "{told}: {} people, {} runs, {} notices",
            office.licensed.len(),
            office.runs.len(),
            office.post.sent.len()
        );
    }
}

#[test]
fn where_an_hour_of_the_night_is_skipped_and_comes_twice() {
    campaign(LONDON, HOUR + HOUR / 2);
    campaign(NEW_YORK, 2 * HOUR + HOUR / 4);
}

#[test]
fn where_midnight_is_skipped_and_comes_twice() {
    campaign(SANTIAGO, HOUR / 2);
    campaign(SANTIAGO, 23 * HOUR + HOUR / 2);
}

#[test]
fn where_it_is_half_an_hour() {
    campaign(LORD_HOWE, 2 * HOUR + HOUR / 4);
}

#[test]
fn when_the_office_goes_by_another_zone_from_one_day_to_the_next() {
    for (from, to) in [(LONDON, TOKYO), (TOKYO, NEW_YORK)] {
        let seed = number("MERIT_SEED", 20_260_701);
        let told = format!("{} to {}, seed {seed}", from.name, to.name);
        let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
        let change = day_number(2028, 3, 10);
        let days = [change - 1, change, change + 1];
        let mut office = Office::open(from, 8 * HOUR, people(&days, &mut chance));
        let begin = day_number(2028, 1, 2) * DAY + DAY / 2;
        let now = live(&mut office, &days, change, &mut chance, begin);
        office.deploy(to);
        live(&mut office, &days, day_number(2028, 8, 1), &mut chance, now);
        office.is_as_reckoned(&told);
    }
}

#[test]
fn the_plain_reckoning_knows_some_days_by_heart() {
    assert_eq!(civil(day_number(2028, 2, 29) + 1), (2028, 3, 1));
    assert_eq!(civil(year_after(day_number(2028, 2, 29))), (2029, 2, 28));
    assert_eq!(civil(LONDON.day_of((LONDON.begins)(2026))), (2026, 3, 29));
    assert_eq!(civil(NEW_YORK.day_of((NEW_YORK.ends)(2026))), (2026, 11, 1));
    assert_eq!(LONDON.at(last_sunday(2026, 3), HOUR + 60), (LONDON.begins)(2026));
    assert_eq!(LONDON.moments(last_sunday(2026, 10), HOUR + 60).len(), 2);
}
