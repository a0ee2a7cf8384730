//! Transcripts: what happens in cases, told day by day, in the words of `tests/workflow/*.txt`.
//!
//! Each transcript begins with a policy; then come commands, and behind `----` what they tell. `UPDATE_EXPECT=1` writes that anew.
//! Every transcript runs three times with the same result: straight through; rebuilding every case from its journal after every
//! line, so that each is a test of recovery too; and looking at a case only when it asked to be woken or a fact has changed, as
//! the engine does.
//!
//! | command | does |
//! |---|---|
//! | `policy a, b` and what follows | the policy: the files in folders, or `tests/workflow/a.merit`, and the text below |
//! | a line of an `example` | states facts; `on 3 May 2026 …` is the day from which they hold, whatever day it is |
//! | `calendar A`, `calendar A instead of B` | changes a line of the calendar, as if a new version were deployed |
//! | `order adjust …`, `order exempt …` | an order, as if a new version with it were deployed: the cases stay under theirs |
//! | `today DATE` | sets the clock without a look |
//! | `open W of X in P` | watches for this case from now on, and opens it as soon as it is to open |
//! | `advance day by day to DATE`, `advance at once to DATE` | looks every day, or once: what lies between was downtime |
//! | `show case`, `show case of X`, `explain STAGE`, `letter MESSAGE` | the case; why its dates are so; what was last written |
//! | `show outcomes` | what frameworks have proposed, and where it stands |
#![expect(clippy::unwrap_used, reason = "a transcript that can't be read has failed")]

#[path = "workflow/words.rs"]
mod words;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use merit::calendar::Period;
use merit::casework::{Bench, Opens, examples};
use merit::diagnostic::Diagnostics;
use merit::ids::WorkflowId;
use merit::policy::compile;
use merit::policy::latest_orders::compile_with_orders_of;
use merit::policy::model::Policy;
use merit::source::Sources;
use merit::syntax;
use merit::syntax::tree::{ActWords, ExampleLineKind, Item};
use merit::workflow::{Case, Event};

use words::{Teller, explain, show};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Straight,
    Replayed,
    Woken,
}

/// How lines tell of which case they are.
#[derive(Debug, Clone, Copy)]
enum NamedBy {
    Nothing,
    Subject,
    Workflow,
}

impl NamedBy {
    /// What tells the cases of a transcript apart.
    fn of(blocks: &[Block]) -> Self {
        let lines = blocks.iter().flat_map(|it| &it.input).filter_map(|it| it.strip_prefix("open "));
        let opened: Vec<(&str, &str)> = lines.filter_map(|it| it.split_once(" of ")).collect();
        match opened.as_slice() {
            [] | [_] => NamedBy::Nothing,
            [first, rest @ ..] if rest.iter().all(|it| it.0 == first.0) => NamedBy::Subject,
            _ => NamedBy::Workflow,
        }
    }
}

/// A case that is watched, and when it asked to be looked at again.
struct Watched {
    flow: WorkflowId,
    key: Arc<str>,
    period: Option<Period>,
    at: Option<usize>,
    looked: Option<Date>,
    wake_at: Option<i64>,
    changed: bool,
    stuck: Option<String>,
}

struct Play {
    way: Way,
    files: Vec<(String, String)>,
    /// Orders of later versions.
    orders: String,
    policy: &'static Policy,
    bench: Bench<'static>,
    watched: Vec<Watched>,
    /// Days on which a fact that was stated for them begins to hold.
    matures: Vec<Date>,
    today: Option<Date>,
    /// The first day that is spoken of: frameworks judge from it on.
    first: Option<Date>,
    named_by: NamedBy,
}

impl Play {
    fn new(way: Way, files: Vec<(String, String)>, named_by: NamedBy) -> Self {
        let policy = compiled(&files);
        let bench = Bench::new(policy);
        let (orders, watched, matures) = (String::new(), Vec::new(), Vec::new());
        Self { way, files, orders, policy, bench, watched, matures, today: None, first: None, named_by }
    }

    /// Carries out a command and says what it tells.
    fn command(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let told = match words.as_slice() {
            ["today", day] => {
                self.today = Some(day.parse().unwrap());
                String::new()
            }
            ["calendar", ..] => self.change_calendar(line.strip_prefix("calendar ").unwrap()),
            ["order", ..] => self.order(line.strip_prefix("order ").unwrap()),
            ["open", flow, "of", key] => self.watch(flow, key, None),
            ["open", flow, "of", key, "in", period] => self.watch(flow, key, Some(period)),
            ["advance", "day", "by", "day", "to", day] => self.day_by_day(day.parse().unwrap()),
            ["advance", "at", "once", "to", day] => self.look(day.parse().unwrap()),
            ["show", "case"] => self.show(None),
            ["show", "case", "of", key] => self.show(Some(key)),
            ["explain", stage] => self.explain(stage),
            ["show", "outcomes"] => self.outcomes(),
            ["letter", message] => self.letter(message),
            _ => self.state(line),
        };
        if self.way == Way::Replayed {
            self.rebuild();
        }
        told
    }

    /// Every case anew from its journal, as a store would give it.
    fn rebuild(&mut self) {
        for running in &mut self.bench.cases {
            let kept: Vec<String> = running.events.iter().map(|it| serde_json::to_string(it).unwrap()).collect();
            running.events = kept.iter().map(|it| serde_json::from_str::<Event>(it).unwrap()).collect();
            let replayed = Case::replay(&running.events);
            assert_eq!(replayed, running.case, "I8: replay gives the case");
            running.case = serde_json::from_str(&serde_json::to_string(&replayed).unwrap()).unwrap();
        }
    }

    // ---- facts

    fn state(&mut self, line: &str) -> String {
        let sources = Sources::single("line", format!("example \"line\" {{ {line} }}"));
        let mut found = Diagnostics::new();
        let files = syntax::parse(&sources, &mut found);
        assert!(found.is_empty(), "{}", found.render(&sources, false));
        let Some(Item::Example(example)) = files[0].items.first() else { panic!("no example in `{line}`") };
        let mut told = String::new();
        for line in &example.lines {
            let before: Vec<usize> = self.bench.cases.iter().map(|it| it.events.len()).collect();
            if let Err(words) = self.bench.take(&line.kind) {
                writeln!(told, "refused: {words}").unwrap();
            }
            told += &self.since(&before);
            match &line.kind {
                ExampleLineKind::Change { on, .. } => self.matures.push(day(on)),
                ExampleLineKind::Acts { on, what: ActWords::Delegates { until, .. }, .. } => {
                    self.matures.extend([day(on), day(until).tomorrow().unwrap()]);
                }
                _ => {}
            }
        }
        self.everything_changed();
        told
    }

    /// What an act made of the cases that are watched.
    fn since(&self, before: &[usize]) -> String {
        let mut told = String::new();
        for watched in &self.watched {
            let Some(at) = watched.at else { continue };
            let name = self.name_of(watched);
            let teller = Teller { policy: self.policy, bench: &self.bench, at, name: &name };
            let new = &self.bench.cases[at].events[before.get(at).copied().unwrap_or(0)..];
            new.iter().for_each(|it| told += &teller.line(it));
        }
        told
    }

    fn name_of(&self, watched: &Watched) -> String {
        match self.named_by {
            NamedBy::Nothing => String::new(),
            NamedBy::Subject => format!("{}: ", watched.key),
            NamedBy::Workflow => format!("{}: ", self.policy.workflow(watched.flow).label.name),
        }
    }

    fn everything_changed(&mut self) {
        self.watched.iter_mut().for_each(|it| it.changed = true);
    }

    /// Every calendar gets a further line, or one instead of another; nothing else changes.
    fn change_calendar(&mut self, line: &str) -> String {
        for (_, text) in &mut self.files {
            if let Some((new, old)) = line.split_once(" instead of ") {
                *text = text.replace(old, new);
                continue;
            }
            let lines = text.lines().map(|it| match it.starts_with("calendar ") {
                true => format!("{it}\n  {line}\n"),
                false => format!("{it}\n"),
            });
            *text = lines.collect();
        }
        self.policy = compiled(&self.files);
        self.bench.turn_to(self.policy);
        self.everything_changed();
        String::new()
    }

    /// A later version orders this; the cases go on under the version that they have.
    fn order(&mut self, line: &str) -> String {
        self.orders += &format!("{line}\n");
        let older = Sources::of(self.files.clone());
        let mut latest = older.clone();
        latest.add("orders.merit", self.orders.clone());
        let (compilation, left) = compile_with_orders_of(&latest, &older, None);
        let told = left.iter().map(|it| format!("does not reach it: {}: {}\n", it.order, it.why)).collect();
        self.policy = Box::leak(Box::new(compilation.policy.unwrap()));
        self.bench.turn_to(self.policy);
        self.everything_changed();
        told
    }

    // ---- cases

    fn watch(&mut self, flow: &str, key: &str, period: Option<&str>) -> String {
        let flow = self.policy.workflow_named(flow).unwrap();
        let workflow = self.policy.workflow(flow);
        let calendar = self.policy.calendar_of(workflow);
        let period = period.map(|it| calendar.period_from_label(workflow.each.unwrap(), it).unwrap());
        let watched = Watched {
            flow,
            key: Arc::from(key),
            period,
            at: None,
            looked: None,
            wake_at: None,
            changed: false,
            stuck: None,
        };
        self.watched.push(watched);
        let day = self.today.or(period.map(|it| it.first)).expect("a day to open it on: write `today DATE` above");
        let told = self.look(day);
        if told.is_empty() { self.not_yet(day) } else { told }
    }

    fn not_yet(&mut self, day: Date) -> String {
        let watched = self.watched.last().unwrap();
        match self.bench.open(watched.flow, &watched.key, watched.period, day) {
            Err(Opens::Later(day)) => format!("opens on {day}\n"),
            _ => "not yet\n".to_owned(),
        }
    }

    fn day_by_day(&mut self, until: Date) -> String {
        let mut told = String::new();
        while self.today.unwrap() < until {
            told += &self.look(self.today.unwrap().tomorrow().unwrap());
            if self.way == Way::Replayed {
                self.rebuild();
            }
        }
        told
    }

    /// One look at every case that is watched, at the end of a day.
    fn look(&mut self, today: Date) -> String {
        assert!(self.today.is_none_or(|it| it <= today), "{today} lies behind us");
        let mut told = String::new();
        self.bench.judge(*self.first.get_or_insert(today), today);
        for place in 0..self.watched.len() {
            let name = self.name_of(&self.watched[place]);
            told += &self.look_at(place, today, &name);
        }
        self.today = Some(today);
        told
    }

    fn look_at(&mut self, place: usize, today: Date, name: &str) -> String {
        let watched = &mut self.watched[place];
        let Ok(at) = self.bench.open(watched.flow, &watched.key, watched.period, today) else { return String::new() };
        let fresh = watched.at.replace(at).is_none();
        let calendar = self.policy.calendar_of(self.policy.workflow(watched.flow));
        let due = watched.wake_at.is_some_and(|it| it <= calendar.end_of_day(today).0);
        let matured = self.matures.iter().any(|it| Some(*it) > watched.looked && *it <= today);
        let asleep = self.way == Way::Woken && !(fresh || due || matured || watched.changed);
        let over = !self.bench.cases[at].case.is_open() && !due && !watched.changed;
        if asleep || over {
            return String::new();
        }
        let advanced = self.bench.look(at, today);
        (watched.wake_at, watched.looked, watched.changed) = (advanced.wake_at, Some(today), false);
        let stuck = advanced.stuck.map(|it| it.0);
        let teller = Teller { policy: self.policy, bench: &self.bench, at, name };
        let mut told = String::new();
        let opened =
            self.bench.cases[at].events.first().filter(|_| fresh && self.bench.cases[at].case.proposal.is_some());
        for event in opened.into_iter().chain(&advanced.events) {
            told += &teller.line(event);
        }
        if stuck != watched.stuck {
            let words = stuck.as_ref().map_or_else(|| "taken up again".to_owned(), |why| format!("set aside: {why}"));
            writeln!(told, "{today}  {name}{words}").unwrap();
        }
        watched.stuck = stuck;
        told
    }

    fn opened(&self, key: Option<&str>) -> impl Iterator<Item = usize> {
        self.watched.iter().filter(move |it| key.is_none_or(|key| *it.key == *key)).filter_map(|it| it.at)
    }

    fn show(&self, key: Option<&str>) -> String {
        self.opened(key).map(|at| show(self.policy, &self.bench.cases[at])).collect()
    }

    fn explain(&self, stage: &str) -> String {
        self.opened(None).filter_map(|at| self.bench.cases[at].case.stage(stage)).map(explain).collect()
    }

    /// What frameworks have proposed, and where it stands.
    fn outcomes(&self) -> String {
        let mut told = String::new();
        for outcome in &self.bench.outcomes {
            let case = outcome.case.map(|at| &self.bench.cases[at]);
            let note = case.and_then(|it| it.case.proposal.as_ref()).unwrap_or(&outcome.proposal.note);
            let stands = match &outcome.proposal.missing {
                none if none.is_empty() => {
                    let standing = self.bench.standing(&note.rule, &outcome.of, outcome.first).unwrap();
                    standing.word().to_owned()
                }
                missing => {
                    let facts: Vec<String> = missing.iter().map(ToString::to_string).collect();
                    format!("undetermined, for want of {}", facts.join(", "))
                }
            };
            let before = note.before.as_ref().map_or_else(String::new, |it| format!(" instead of {it}"));
            let amount = note.amount.clone().map(|it| format!(", {}", merit::eval::render(&it.into(), self.policy)));
            let amount = amount.unwrap_or_default();
            writeln!(told, "{}{before} for {}: {stands}{amount}", note.rule, outcome.of.key).unwrap();
        }
        told
    }

    fn letter(&self, message: &str) -> String {
        let at = self.opened(None).last().unwrap();
        Teller { policy: self.policy, bench: &self.bench, at, name: "" }.letter(message)
    }
}

fn day(written: &merit::syntax::tree::Date) -> Date {
    Date::new(written.year, i8::try_from(written.month).unwrap(), i8::try_from(written.day).unwrap()).unwrap()
}

/// A policy lives as long as the test: transcripts are few and small.
fn compiled(files: &[(String, String)]) -> &'static Policy {
    let mut sources = Sources::new();
    for (name, text) in files {
        sources.add(name.clone(), text.clone());
    }
    let compilation = compile(&sources);
    let findings = compilation.diagnostics.render(&sources, false);
    Box::leak(Box::new(compilation.policy.unwrap_or_else(|| panic!("{findings}"))))
}

// ---- files

/// Commands, and what they are expected to tell.
struct Block {
    input: Vec<String>,
    expected: String,
}

fn blocks(text: &str) -> (Vec<String>, Vec<Block>) {
    let mut lines = text.lines().peekable();
    let mut heading = Vec::new();
    while lines.peek().is_some_and(|it| it.starts_with('#') || it.is_empty()) {
        heading.push(lines.next().unwrap().to_owned());
    }
    let mut blocks = Vec::new();
    while lines.peek().is_some() {
        let input: Vec<String> = lines.by_ref().take_while(|it| *it != "----").map(str::to_owned).collect();
        let expected: Vec<&str> = lines.by_ref().take_while(|it| !it.is_empty()).collect();
        blocks.push(Block { input, expected: expected.iter().map(|it| format!("{it}\n")).collect() });
    }
    (heading, blocks)
}

fn written(heading: &[String], blocks: &[Block]) -> String {
    let told: Vec<String> = blocks
        .iter()
        .map(|block| {
            format!("{}----\n{}", block.input.iter().map(|it| format!("{it}\n")).collect::<String>(), block.expected)
        })
        .collect();
    format!("{}{}", heading.iter().map(|it| format!("{it}\n")).collect::<String>(), told.join("\n"))
}

fn policy_files(name: &str, input: &[String]) -> Vec<(String, String)> {
    let first = input.first().and_then(|it| it.strip_prefix("policy")).expect("a transcript begins with `policy`");
    let mut files = Vec::new();
    for named in first.split(',').map(str::trim).filter(|it| !it.is_empty()) {
        let file = PathBuf::from(format!("tests/workflow/{named}.merit"));
        let mut paths: Vec<PathBuf> = match file.exists() {
            true => vec![file],
            false => std::fs::read_dir(named).unwrap().map(|it| it.unwrap().path()).collect(),
        };
        paths.sort();
        files.extend(paths.iter().map(|it| (it.display().to_string(), std::fs::read_to_string(it).unwrap())));
    }
    files.push((format!("{name}.merit"), input[1..].join("\n") + "\n"));
    files
}

/// Plays a transcript and gives it with what it told.
fn play(name: &str, text: &str, way: Way) -> String {
    let (heading, mut blocks) = blocks(text);
    assert!(heading.first().is_some_and(|it| it.starts_with("# ") && it.ends_with('.')), "{name}: say what it shows");
    let files = policy_files(name, &blocks[0].input);
    let mut play = Play::new(way, files, NamedBy::of(&blocks));
    for example in &play.policy.examples {
        let verdict = examples::run(play.policy, example);
        assert!(verdict.failures.is_empty(), "{name}: {verdict:#?}");
    }
    for block in &mut blocks[1..] {
        let lines = block.input.iter().filter(|it| !it.is_empty() && !it.starts_with('#'));
        block.expected = lines.map(|it| play.command(it)).collect();
    }
    written(&heading, &blocks)
}

fn transcripts() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new("tests/workflow")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    paths.retain(|it| it.extension().is_some_and(|it| it == "txt"));
    paths.sort();
    paths
}

#[test]
fn every_transcript_tells_the_same_straight_through_rebuilt_from_journals_and_woken() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let only = std::env::var("TRANSCRIPT").ok();
    let mut wrong = String::new();
    for path in transcripts() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|it| *it != name) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let straight = play(&name, &text, Way::Straight);
        if update {
            std::fs::write(&path, &straight).unwrap();
        } else if straight != text {
            writeln!(wrong, "{name} tells otherwise than written:\n{}", difference(&text, &straight)).unwrap();
        }
        for way in [Way::Replayed, Way::Woken] {
            let other = play(&name, &text, way);
            if other != straight {
                writeln!(wrong, "{name} tells otherwise when {way:?}:\n{}", difference(&straight, &other)).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The lines that one text has and the other has not.
fn difference(expected: &str, came: &str) -> String {
    let without = |of: &str, other: &str, sign: char| {
        let there: Vec<&str> = other.lines().collect();
        of.lines().filter(|it| !there.contains(it)).map(|it| format!("{sign} {it}\n")).collect::<String>()
    };
    format!("{}{}", without(expected, came, '-'), without(came, expected, '+'))
}

#[test]
fn what_an_example_states_of_a_child_must_fit_it() {
    let (_, blocks) = blocks(&std::fs::read_to_string("tests/workflow/children.txt").unwrap());
    let mut play = Play::new(Way::Straight, policy_files("children", &blocks[0].input), NamedBy::Nothing);
    assert_eq!(
        play.command("incident of Akello 2026 { kind fraud }"),
        "refused: `incident` is not kept for each period: leave the period out\n"
    );
    assert_eq!(play.command("incident of Akello { place \"Gulu\" }"), "refused: `incident` has no field `place`\n");
}
