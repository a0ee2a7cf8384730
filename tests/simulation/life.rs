//! One life: a year at the ministry from one seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use merit::calendar::Moment;
use merit::engine::{
    ActError, ActRequest, AsOf, DelegateRequest, EngineError, Point, RunReport, delegate, end_delegation,
};
use merit::store::{Filter, OutcomeFilter, Store};
use merit::workflow::{Case, CaseStatus, Look, StageStatus};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::acts::{Doer, Wish};
use crate::books::{Books, Doing, subject, withdrawn, wrong_hour};
use crate::invariants::{self, Outside};
use crate::ministry::{Ministry, When};
use crate::post::{Manner, Post, message_id};
use crate::roster::{Dated, Given, Officer, Roster, Status, holidays, next};

const ADOPTED: Date = date(2026, 1, 1);
pub(crate) const LAST: Date = date(2026, 12, 31);

/// What a life is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) seed: u64,
    /// How many people.
    pub(crate) size: usize,
    /// Until when it goes.
    pub(crate) last: Date,
    pub(crate) manner: Manner,
    /// Whether it is killed, restarted and led astray by its clock.
    pub(crate) disturbed: bool,
}

/// What a life came to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) cases: u64,
    pub(crate) runs: u64,
    pub(crate) done: u64,
    pub(crate) refused: u64,
    pub(crate) repeated: u64,
    pub(crate) mails: u64,
    pub(crate) tries: u64,
    /// How many of these were of digests.
    pub(crate) digests: u64,
    pub(crate) restarts: u64,
    pub(crate) jumps: u64,
    pub(crate) orders: u64,
    pub(crate) looks: u64,
    pub(crate) kills: BTreeMap<&'static str, u64>,
    pub(crate) kinds: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Tally) {
        self.cases += other.cases;
        self.runs += other.runs;
        self.done += other.done;
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.mails += other.mails;
        self.tries += other.tries;
        self.digests += other.digests;
        self.restarts += other.restarts;
        self.jumps += other.jumps;
        self.orders += other.orders;
        self.looks += other.looks;
        for (name, count) in other.kills {
            *self.kills.entry(name).or_default() += count;
        }
        for (name, count) in other.kinds {
            *self.kinds.entry(name).or_default() += count;
        }
    }
}

/// Chance, apart for each kind of happening, so that one kind of disturbance does not change what else happens.
struct Chance {
    world: ChaCha8Rng,
    people: ChaCha8Rng,
    trouble: ChaCha8Rng,
}

pub(crate) struct Life {
    kind: Kind,
    ministry: Ministry,
    roster: Roster,
    books: Books,
    chance: Chance,
    acts: u64,
    /// What was done, to be done once more with the same key.
    before: Vec<ActRequest>,
    /// Texts still to be deployed, and holidays still to be announced.
    mourning: u32,
    tally: Tally,
    wrong: Vec<String>,
}

const POINTS: [Point; 13] = [
    Point::Reading,
    Point::BeforeImport,
    Point::AfterImport,
    Point::Maturing,
    Point::Deciding,
    Point::BeforeCommit,
    Point::AfterCommit,
    Point::BeforeDelivery,
    Point::AfterDelivery,
    Point::BeforeAttempt,
    Point::BeforeSend,
    Point::AfterSend,
    Point::AfterResult,
];

fn roster(random: &mut ChaCha8Rng, size: usize) -> Roster {
    let chiefs = 3;
    let officer = |random: &mut ChaCha8Rng, at: usize| {
        let boss = match at {
            0 => None,
            1..6 => Some(0),
            _ => Some(random.random_range(0..6)),
        };
        let score = random.random_bool(0.85).then(|| random.random_range(0..100));
        let excused = random.random_bool(0.7).then(|| random.random_bool(0.2));
        Officer {
            key: format!("o{at:02}"),
            boss,
            clerk: random.random_bool(0.95).then_some(size - 1),
            court: random.random_bool(0.95).then_some(size - 2),
            email: random.random_bool(0.9),
            status: Dated::since(ADOPTED, Status::Active),
            watch: Dated::since(ADOPTED, random.random_bool(0.25)),
            asked: None,
            score: score.filter(|_| at >= chiefs),
            excused,
        }
    };
    let officers = (0..size).map(|at| officer(random, at)).collect();
    let board = [1, 2, 3, 4, size - 1];
    let versions = BTreeMap::from([(1, (10, 3))]);
    Roster {
        officers,
        given: Vec::new(),
        board,
        holidays: holidays(),
        announced: BTreeMap::new(),
        orders: BTreeMap::new(),
        versions,
    }
}

impl Life {
    pub(crate) fn begin(kind: Kind) -> Self {
        let chance = |of: u64| ChaCha8Rng::seed_from_u64(kind.seed * 16 + of);
        let mut chance = Chance { world: chance(1), people: chance(2), trouble: chance(3) };
        let roster = roster(&mut chance.world, kind.size);
        let ministry = Ministry::found(ADOPTED, Post::new(kind.manner, kind.seed));
        let (books, before, wrong) = (Books::default(), Vec::new(), Vec::new());
        let mut life = Self {
            kind,
            ministry,
            roster,
            books,
            chance,
            acts: 0,
            before,
            mourning: 0,
            tally: Tally::default(),
            wrong,
        };
        life.enter_all();
        life
    }

    fn enter_all(&mut self) {
        let key = |it: Option<usize>| it.map_or_else(String::new, |it| self.roster.officers[it].key.clone());
        let mut people = "id,name,email,status,post,ministry,boss,clerk,court\n".to_owned();
        let mut reviews = "officer,period,score,excused\n".to_owned();
        for it in &self.roster.officers {
            let email = if it.email { format!("{}@ministry.example", it.key) } else { String::new() };
            let post = if it.watch.on(ADOPTED) == Some(true) { "watch" } else { "desk" };
            let (boss, clerk, court) = (key(it.boss), key(it.clerk), key(it.court));
            writeln!(people, "{},{},{email},active,{post},m,{boss},{clerk},{court}", it.key, it.key).unwrap();
            let score = it.score.map_or_else(String::new, |it| it.to_string());
            let excused = it.excused.map_or("", |it| if it { "yes" } else { "no" });
            writeln!(reviews, "{},2025,{score},{excused}", it.key).unwrap();
        }
        let mut board = "ministry,n,person,seat,started\n".to_owned();
        for (at, (who, seat)) in self.roster.board.iter().zip(crate::roster::SEATS).enumerate() {
            writeln!(board, "m,{},{},{seat},2025-01-01", at + 1, self.roster.officers[*who].key).unwrap();
        }
        self.ministry.enter("ministry", "id\nm\n", ADOPTED, 0);
        self.ministry.enter("officer", &people, ADOPTED, 0);
        self.ministry.enter("sitting", &board, ADOPTED, 0);
        self.ministry.enter("review", &reviews, ADOPTED, 0);
    }

    /// Lives to the end, and tells what was wrong, if anything was.
    pub(crate) fn live(mut self) -> Result<(Tally, String), String> {
        let mut day = ADOPTED;
        let by_day = self.kind.seed.is_multiple_of(2);
        while day <= self.kind.last {
            self.happen(day);
            for when in self.times(day, by_day) {
                self.visit(when);
                if !self.wrong.is_empty() {
                    let told = self.wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n  ");
                    return Err(format!("on {day}, as of {when:?}:\n  {told}"));
                }
            }
            let gap = match self.chance.world.random_range(0..100) {
                0..70 => 1,
                70..96 => self.chance.world.random_range(2..4),
                _ => self.chance.world.random_range(5..22),
            };
            day = day.checked_add(i64::from(gap).days()).unwrap();
        }
        self.tally.cases = self.books.cases.len() as u64;
        self.tally.mails = self.ministry.post.left();
        self.tally.tries = self.ministry.post.tries;
        self.tally.digests = self.ministry.post.digests;
        self.tally.restarts = self.ministry.restarts;
        self.tally.kills = std::mem::take(&mut self.ministry.kills);
        self.tally.kinds = std::mem::take(&mut self.books.kinds);
        let picture = self.picture();
        Ok((self.tally, picture))
    }

    /// When the engine is at work on a day: once, until its end; or some times, as the clock goes.
    fn times(&mut self, day: Date, by_day: bool) -> Vec<When> {
        let main = self.ministry.policy.main();
        let noon = main.start_of_day(day).0 + 12 * 3600;
        if by_day {
            return vec![When { as_of: AsOf::Day(day), now: noon, day }];
        }
        let mut moments: Vec<i64> =
            (0..self.chance.world.random_range(1..3)).map(|_| self.chance.world.random_range(0..86_000)).collect();
        moments.sort_unstable();
        let begin = main.start_of_day(day).0;
        let mut times = Vec::new();
        for at in moments {
            let mut now = begin + at;
            let lot = self.chance.trouble.random_range(0..100);
            if self.kind.disturbed && lot < 6 {
                self.tally.jumps += 1;
                now += match lot {
                    0 | 1 => 3_600,
                    2 | 3 => -3_600,
                    4 => -86_400,
                    _ => 86_400 * self.chance.trouble.random_range(1..4),
                };
            }
            times.push(When { as_of: AsOf::Moment(Moment(now)), now, day: main.day_of(Moment(now)) });
        }
        times
    }

    // ---- what happens in the world

    fn happen(&mut self, day: Date) {
        for _ in 0..self.kind.size.div_ceil(15) {
            self.change(day);
        }
        match self.chance.world.random_range(0..1000) {
            0..12 => self.mourn(day),
            12..17 => self.change_the_rules(day),
            47..55 => self.order(day),
            17..47 => self.hand_on(day),
            55..60 => self.take_back(day),
            _ => {}
        }
    }

    /// Somebody's record is another.
    fn change(&mut self, day: Date) {
        let who = self.chance.world.random_range(0..self.kind.size);
        let random = &mut self.chance.world;
        let noted = day.checked_sub(i64::from(random.random_range(0..8)).days()).unwrap().max(ADOPTED);
        let is_chief = who < 6 || who + 2 >= self.kind.size;
        let key = self.roster.officers[who].key.clone();
        match random.random_range(0..100) {
            0..9 => {
                // Leave, entered late or ahead; its end is entered with it, or later.
                let from = if random.random_bool(0.5) { noted } else { next(day) };
                let until = from.checked_add(i64::from(random.random_range(1..if is_chief { 12 } else { 40 })).days());
                let until = until.unwrap();
                if self.roster.officers[who].status.on(day) == Some(Status::Gone) {
                    return;
                }
                self.set_status(who, from, Status::OnLeave, day);
                self.set_status(who, until, Status::Active, day);
            }
            9 if !is_chief => self.set_status(who, day, Status::Gone, day),
            10..13 => {
                let watch = random.random_bool(0.5);
                // Before the first day that is run nobody has been anything else.
                let noted = noted.max(next(ADOPTED));
                self.roster.officers[who].watch.set(noted, watch);
                let post = if watch { "watch" } else { "desk" };
                self.enter("officer", &format!("id,post\n{key},{post}\n"), noted, day);
            }
            13..16 if who > 5 => {
                let boss = random.random_range(0..self.kind.size);
                if boss != who {
                    self.roster.officers[who].boss = Some(boss);
                    let boss = self.roster.officers[boss].key.clone();
                    self.enter("officer", &format!("id,boss\n{key},{boss}\n"), day, day);
                }
            }
            16..18 => {
                let email = !self.roster.officers[who].email;
                self.roster.officers[who].email = email;
                let email = if email { format!("{key}@ministry.example") } else { String::new() };
                self.enter("officer", &format!("id,email\n{key},{email}\n"), day, day);
            }
            18..26 if self.roster.officers[who].asked.is_none() => {
                self.roster.officers[who].asked = Some(noted);
                self.enter("officer", &format!("id,asked\n{key},{noted}\n"), day, day);
            }
            26..29 if day < date(2026, 3, 1) => {
                let excused = random.random_bool(0.5);
                self.roster.officers[who].excused = Some(excused);
                let word = if excused { "yes" } else { "no" };
                self.enter("review", &format!("officer,period,excused\n{key},2025,{word}\n"), day, day);
            }
            _ => {}
        }
    }

    fn set_status(&mut self, who: usize, from: Date, status: Status, day: Date) {
        self.roster.officers[who].status.set(from, status);
        let row = format!("id,status\n{},{}\n", self.roster.officers[who].key, status.word());
        self.enter("officer", &row, from, day);
    }

    fn enter(&mut self, name: &str, rows: &str, from: Date, day: Date) {
        let now = self.ministry.policy.main().start_of_day(day).0;
        self.trouble();
        self.ministry.enter(name, rows, from, now);
    }

    /// A holiday is announced, for one of the next days, or late for one of the last.
    fn mourn(&mut self, day: Date) {
        let off = self.chance.world.random_range(-3..15i64);
        let on = day.checked_add(off.days()).unwrap();
        if on < ADOPTED || !self.roster.holidays.insert(on) {
            return;
        }
        self.roster.announced.insert(on, day);
        self.mourning += 1;
        let line = format!("  holiday    \"Day of mourning {}\" on {}\n  substitute", self.mourning, words(on));
        let text = self.ministry.text.replacen("  substitute", &line, 1);
        self.deploy(text, day);
    }

    fn deploy(&mut self, text: String, day: Date) {
        let (days, times) = if text.contains("at most 2 times with plan_overdue") { (12, 2) } else { (10, 3) };
        let now = self.noon(day).now;
        self.ministry.deploy(text, now);
        self.roster.versions.insert(self.ministry.version, (days, times));
    }

    /// An order names another day by which the plans of this quarter are due.
    fn order(&mut self, day: Date) {
        let quarter = (day.month() - 1) / 3;
        let first = date(day.year(), quarter * 3 + 1, 1);
        let due = day.checked_add(self.chance.world.random_range(2..40i64).days()).unwrap();
        if day < ADOPTED || self.roster.orders.entry(first).or_default().insert(day, due).is_some() {
            return;
        }
        self.tally.orders += 1;
        let (period, due, of) = (format!("{}-Q{}", day.year(), quarter + 1), words(due), words(day));
        let order = format!("adjust quarterly.write in {period} {{ due {due}; by order \"Circular\" of {of} }}\n");
        self.deploy(format!("{}{order}", self.ministry.text), day);
    }

    /// Another version of the policy, which new cases go by.
    fn change_the_rules(&mut self, day: Date) {
        let turned = |text: String, (one, other): (&str, &str)| {
            if text.contains(one) { text.replace(one, other) } else { text.replace(other, one) }
        };
        let text = turned(self.ministry.text.clone(), ("due   10 working", "due   12 working"));
        let new = turned(text, ("at most 3 times with plan_overdue", "at most 2 times with plan_overdue"));
        self.deploy(new, day);
    }

    fn hand_on(&mut self, day: Date) {
        let random = &mut self.chance.world;
        let (from, to) = (random.random_range(0..6), random.random_range(0..self.kind.size));
        let since = day.checked_add(i64::from(random.random_range(0..4)).days()).unwrap();
        let until = since.checked_add(i64::from(random.random_range(0..20)).days()).unwrap();
        let key = |it: usize| (String::new(), self.roster.officers[it].key.clone());
        let request = DelegateRequest {
            from: key(from),
            to: key(to),
            role: None,
            workflow: None,
            since,
            until,
            because: Some("a journey".to_owned()),
        };
        let beside = self.roster.given.iter().any(|it| it.from == from && it.until >= since && it.since <= until);
        // Who is away and delegates is found with the next change that concerns the case.
        if from == to || beside || !self.roster.is_there(from, day) || !self.roster.is_there(from, since) {
            return;
        }
        let when = self.noon(day);
        let done = self.ministry.with_store(|store| delegate(store, &when.settings(), &request));
        match done {
            Ok(_) => self.roster.given.push(Given { from, to, since, until }),
            Err(error) => self.wrong.push(format!("{request:?} was refused: {error}")),
        }
    }

    fn take_back(&mut self, day: Date) {
        let Some(place) = self.roster.given.iter().position(|it| it.until >= day) else { return };
        let (id, when) = (i64::try_from(place).unwrap() + 1, self.noon(day));
        match self.ministry.with_store(|store| end_delegation(store, &when.settings(), id)) {
            Ok(ended) => self.roster.given[place].until = ended.until,
            Err(error) => self.wrong.push(format!("delegation {id} could not be ended: {error}")),
        }
    }

    fn noon(&self, day: Date) -> When {
        let now = self.ministry.policy.main().start_of_day(day).0 + 12 * 3600;
        When { as_of: AsOf::Day(day), now, day }
    }

    /// Something goes wrong with the next thing that is done.
    fn trouble(&mut self) {
        if !self.kind.disturbed {
            return;
        }
        match self.chance.trouble.random_range(0..100) {
            0..4 => self.ministry.restart(),
            4..16 => {
                let point = POINTS[self.chance.trouble.random_range(0..POINTS.len())];
                self.ministry.kill_at(point, self.chance.trouble.random_range(1..4));
            }
            _ => {}
        }
    }

    // ---- one visit

    fn visit(&mut self, when: When) {
        self.trouble();
        let Some(report) = self.run(when) else { return };
        let until = when.until(&self.ministry.policy);
        self.reads(when, Doing::Run);
        if self.chance.people.random_range(0..6) == 0 {
            self.check_all(when, report.judged > 0);
        }
        for _ in 0..self.kind.size.div_ceil(6) {
            self.somebody_acts(when);
        }
        self.trouble();
        self.ministry.send(until, when.now);
        self.wrong.append(&mut self.ministry.post.wrong);
    }

    /// A run, unless the clock stands before a day that the store has seen.
    fn run(&mut self, when: When) -> Option<RunReport> {
        let (before, kills) = (self.state(), self.ministry.kills.clone());
        self.tally.runs += 1;
        match self.ministry.run(when) {
            Ok(report) => {
                if self.chance.people.random_range(0..8) == 0 {
                    let first = self.state();
                    let again = self.ministry.run(when).unwrap();
                    if again.effects > 0 || self.state() != first {
                        self.wrong.push(format!("a second run did something: {again:?}"));
                    }
                }
                Some(report)
            }
            Err(EngineError::BackInTime { .. }) => {
                if self.state() != before && self.ministry.kills == kills {
                    self.wrong.push("a run that was refused wrote something".to_owned());
                }
                None
            }
            Err(error) => {
                self.wrong.push(format!("the run failed: {error}"));
                None
            }
        }
    }

    fn state(&self) -> (i64, String) {
        let state = self.ministry.store().state().unwrap();
        (state.rev, state.seal)
    }

    fn reads(&mut self, when: When, doing: Doing) {
        let wrong = self.books.take(&self.ministry, &self.roster, when.day, doing);
        self.wrong.extend(wrong);
    }

    fn somebody_acts(&mut self, when: When) {
        self.acts += 1;
        // With what may be killed everything has a key, so that it can be done again.
        let key = Some(format!("act {}", self.acts));
        let again = self.chance.people.random_bool(0.06) && !self.before.is_empty();
        let wish = if again {
            let place = self.chance.people.random_range(0..self.before.len());
            Some(Wish { request: self.before[place].clone(), rightful: false })
        } else {
            let (random, day) = (&mut self.chance.people, when.day);
            Doer { random, roster: &self.roster, books: &self.books, day }.wish(key)
        };
        let Some(Wish { request, rightful }) = wish else { return };
        self.trouble();
        match self.ministry.act(when, &request) {
            Ok(report) if report.repeated => self.tally.repeated += 1,
            Ok(_) => {
                self.tally.done += 1;
                if again {
                    self.wrong.push(format!("{request:?} was done twice"));
                }
                self.before.push(request);
            }
            Err(ActError::Refused(why)) => {
                self.tally.refused += 1;
                if rightful {
                    self.wrong.push(format!("{request:?} was refused: {why}"));
                }
            }
            Err(ActError::SetAside(..)) => self.tally.refused += 1,
            Err(error) => self.wrong.push(format!("{request:?}: {error}")),
        }
        self.reads(when, Doing::Act);
    }

    // ---- what must hold

    /// Everything, behind a run.
    fn check_all(&mut self, when: When, _judged: bool) {
        self.tally.looks += 1;
        let wrong = self.books.look(&self.roster, when.day);
        self.wrong.extend(wrong);
        let told = self.invariants(when).err();
        self.wrong.extend(told);
        self.check_outcomes();
        self.check_effects();
        self.check_set_aside(when.day);
        self.check_marks();
    }

    fn invariants(&self, when: When) -> Result<(), String> {
        let (store, policy) = (self.ministry.store(), Arc::clone(&self.ministry.policy));
        let look = Look {
            until: when.until(&policy),
            today: when.day,
            stale_after: 3,
            grace_after_adoption: 10,
            grace_after_downtime: 5,
        };
        let mails = self.ministry.post.mails();
        let outside = Outside { mails: &mails, message_id: &message_id };
        invariants::each_case_is_in_one_state(store)?;
        let orphaned = invariants::nothing_is_orphaned(store, self.ministry.policies(), &look, "en");
        // What was decided just now leaves afterwards.
        orphaned.or_else(|it| if it.contains("an effect waits") { Ok(()) } else { Err(it) })?;
        invariants::there_is_one_effect_for_one_key(store, &outside)?;
        invariants::no_effect_is_before_its_cause(store, &outside)?;
        invariants::nobody_is_sanctioned_unheard(store, &policy)?;
        invariants::the_chain_verifies(store)?;
        invariants::replay_gives_what_is_stored(store)?;
        invariants::dates_follow_from_their_derivations(store, &policy, Some(when.day))
    }

    /// What was proposed stands as its case does: stayed while an appeal is heard; and nobody is charged on an unknown fact.
    fn check_outcomes(&mut self) {
        let outcomes = self.ministry.store().outcomes(&OutcomeFilter::default()).unwrap();
        for outcome in outcomes {
            let what = format!("{} of {}", outcome.rule, outcome.subject);
            let Some(case) = outcome.case.and_then(|it| self.books.cases.get(&it)) else { continue };
            let appeal = case.stages.get("appeal_ruling").is_some_and(|it| it.status == StageStatus::Running);
            if appeal && outcome.state != "stayed" {
                self.wrong.push(format!("{what} is {} while an appeal is heard", outcome.state));
            }
            let ended = matches!(case.status, CaseStatus::Ended(_));
            if outcome.state == "in force" && !ended {
                self.wrong.push(format!("{what} is in force before its case has ended"));
            }
            let officer = &self.roster.officers[subject(&self.roster, case)];
            let due = match outcome.proposed.as_str() {
                "warning" => officer.score.is_some_and(|it| (30..50).contains(&it)),
                "demotion" => officer.score.is_some_and(|it| it < 30),
                "caution" => officer.score.is_some_and(|it| it < 60),
                _ => officer.score.is_some_and(|it| it >= 90),
            };
            let heard = ["warning", "demotion"].contains(&outcome.proposed.as_str());
            if !due || (heard && officer.excused != Some(false)) {
                self.wrong.push(format!("{what} was proposed of {:?}, excused {:?}", officer.score, officer.excused));
            }
        }
    }

    fn check_effects(&mut self) {
        for effect in self.ministry.store().effects(&Filter::default()).unwrap() {
            let case = &self.books.cases[&effect.case_id];
            let day: Date = effect.effect.day.parse().unwrap();
            if case.ended.is_some_and(|it| day > it) {
                self.wrong.push(format!("case {} ended on {:?}, and wrote on {day}", effect.case_id, case.ended));
            }
            let of = subject(&self.roster, case);
            let to = effect.effect.recipient.split_once(':').and_then(|it| self.roster.place(it.1)).unwrap_or(of);
            // Where somebody changed posts since, it is not plain any more.
            if [of, to].iter().all(|it| self.roster.officers[*it].watch.0.len() == 1) {
                self.wrong.extend(wrong_hour(&self.roster, (of, to), day, effect.effect.not_before));
            }
        }
    }

    /// A mark stands in the records exactly where it was filed.
    fn check_marks(&mut self) {
        let sql = "select of_id || ' ' || period from r_work where mark is not null";
        let store = rusqlite::Connection::open(self.ministry.path()).unwrap();
        let mut marked = store.prepare(sql).unwrap();
        let marked = marked.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap).collect();
        let cases = self.books.cases.values().filter(|it| it.workflow == "quarterly");
        let is_filed = |it: &&Case| it.stages.get("file").is_some_and(|it| it.choice.as_deref() == Some("file"));
        let filed: BTreeSet<String> =
            cases.filter(is_filed).map(|it| format!("{} {}", it.subject, it.period)).collect();
        let marked: BTreeSet<String> = marked;
        for other in marked.symmetric_difference(&filed) {
            self.wrong.push(format!("{other}: filed, or marked in the records, and not both"));
        }
    }

    /// Nothing is set aside where somebody can act.
    fn check_set_aside(&mut self, day: Date) {
        let aside = Filter { set_aside: true, status: Some("open".to_owned()), ..Filter::default() };
        for row in self.ministry.store().cases(&aside).unwrap() {
            let case = &self.books.cases[&row.id];
            let of = subject(&self.roster, case);
            let officer = &self.roster.officers[of];
            let there = |who: Option<usize>| who.is_some_and(|it| it != of && self.roster.is_there(it, day));
            let boss = self.roster.manager(of, day);
            let all = there(officer.clerk)
                && there(officer.court)
                && boss.is_some_and(|it| self.roster.manager(it, day).is_some_and(|it| it != of))
                && !self.roster.is_gone(of, day);
            let away = withdrawn(&self.roster, case);
            let sit = self.roster.sitting(of, day, &away).iter().filter(|it| it.1).count();
            let quorate = case.workflow != "leave" || sit >= self.roster.quorum(of, day, &away);
            if all && quorate {
                let why = row.set_aside.unwrap_or_default();
                self.wrong.push(format!("case {} ({} of {}) is set aside: {why}", row.id, case.workflow, case.subject));
            }
        }
    }

    /// All that the store holds, without what depends on how often it was interrupted.
    fn picture(&self) -> String {
        let store = self.ministry.store();
        let mut lines = BTreeSet::new();
        for row in store.cases(&Filter::default()).unwrap() {
            let case = format!("{} {} {} {}", row.workflow, row.subject, row.period, row.nth);
            for entry in store.journal(row.id).unwrap() {
                lines.insert(format!("{case} {:03} {} {} {}", entry.seq, entry.at, entry.actor, entry.payload));
            }
            for effect in store.effects(&Filter { case: Some(row.id), ..Filter::default() }).unwrap() {
                let it = effect.effect;
                let step = format!("{} {} {} {}", it.stage, it.round, it.step, it.nth);
                lines.insert(format!("{case} {step} {} {} {} {}", it.recipient, it.day, it.message, it.state));
            }
        }
        lines.into_iter().collect::<Vec<_>>().join("\n")
    }
}

fn words(day: Date) -> String {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = months[usize::try_from(day.month()).unwrap() - 1];
    format!("{} {month} {}", day.day(), day.year())
}
