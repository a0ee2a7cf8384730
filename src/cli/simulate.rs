//! `merit simulate`: what a framework would do to everybody in the store, as it is in force and as it might be. Nothing is written to the
//! store.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::civil::Date;

use crate::calendar::{Period, day_in_words};
use crate::cli::bar::Bar;
use crate::cli::tried::{Candidate, scenarios, tried, working_sources};
use crate::cli::{
    Done, Failure, Format, Global, Outcome, open, output, simulate_files as files, simulate_results as results,
    simulate_vary as vary, simulate_years as years,
};
use crate::config::Project;
use crate::engine::EngineError;
use crate::exchange::{PopulationFile, population};
use crate::plan::Working;
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::simulate::{
    Change, Cost, Fault, Grouping, Hearing, Progress, Question, Ratio, Results, RuleTold, Setting, SettingTold, Side,
    Simulation, Tried, side_by_side, simulate, simulate_everybody, simulate_in_turn,
};
use crate::source::Sources;
use crate::store::sqlite::SqliteStore;
use crate::store::{Snapshots, Store};
use crate::table::Records;
use crate::value::Number;

/// Of so many people nobody asks unasked what is missing: a place among others is reckoned of all of them, one by one.
const MANY: usize = 20_000;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Against a scenario of the working policy; more than once for several
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
    /// Against the policy in another folder; more than once for several
    #[arg(long, value_name = "DIR")]
    against: Vec<PathBuf>,
    /// Set a parameter to one value after another and tell how outcomes and cost answer: NAME from 50 to 70 step 1
    #[arg(long, num_args = 7, value_names = ["NAME", "from", "A", "to", "B", "step", "C"])]
    vary: Vec<String>,
    /// The framework [default: the only one]
    #[arg(long, value_name = "NAME")]
    framework: Option<String>,
    /// The period, as the policy writes it: 2026, 2025/26 [default: the last that has ended]
    #[arg(long = "in", value_name = "PERIOD")]
    period: Option<String>,
    /// Judge every period from that one to this, one after the other: what is proposed in one counts as imposed in the next
    #[arg(long, value_name = "PERIOD", requires = "period", conflicts_with_all = ["vary", "timings"])]
    to: Option<String>,
    /// As on this day (2026-07-31) [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Tell outcomes apart by this field of those who are judged, or by several together (grade,gender); more than once for more tables
    #[arg(long, value_name = "FIELDS")]
    by: Vec<String>,
    /// A file of records to be judged in the place of the store's: CSV, Parquet or Arrow, RECORD=FILE; one for each record type
    #[arg(long, value_name = "FILE")]
    data: Vec<String>,
    /// Go on where a row of these files is wrong, and count such rows; what is wrong is left out
    #[arg(long, requires = "data")]
    skip_bad: bool,
    /// Groups of fewer people are not told
    #[arg(long, value_name = "N", default_value_t = 10)]
    at_least: usize,
    /// Ask what is missing of so many people of whom something is undetermined [default: 1,000 where there are at most 20,000
    /// people, else none: it is asked one by one]
    #[arg(long, value_name = "N")]
    missing: Option<usize>,
    /// List the first so many people whose outcome is another
    #[arg(long, value_name = "N", default_value_t = 0)]
    people: usize,
    /// Write the figures as one page for people, too: for a browser, or for paper
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the figures as CSV files into this folder, too: rules, moves, groups, and everybody whose outcome is another
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Write a row for each person judged into this file, too: .csv, or .parquet and .arrow where the program was built with them
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    /// Read the store's tables, and keep no columns beside the store for the next time
    #[arg(long)]
    no_snapshot: bool,
    /// Tell on stderr how long each part took; with a number, work it out so many times over and tell of those, too
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "0")]
    timings: Option<usize>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let began = Instant::now();
    files::refuse(&project, arguments.html.as_deref(), arguments.csv.as_deref())?;
    let mut wanted = wanted(&project, arguments)?;
    let store = if arguments.data.is_empty() { Some(open::reading_store(&project)?) } else { store_if_any(&project)? };
    let in_force = match &store {
        Some(store) => in_force(&project, store)?,
        None => tried(&project, &working_sources(&project)?, None, "the working policy")?,
    };
    let candidates = match arguments.vary.as_slice() {
        [] => candidates(&project, arguments)?,
        words => at_values(&project, arguments, &in_force, words)?,
    };
    candidates.iter().for_each(|it| assumes(global, it));
    let framework = framework(&in_force, arguments.framework.as_deref())?;
    let on = match (&arguments.as_of, &store) {
        (Some(words), _) => open::day(words)?,
        (None, Some(store)) if arguments.data.is_empty() => {
            store.state()?.as_of.unwrap_or_else(|| open::today(&in_force))
        }
        (None, _) => open::today(&in_force),
    };
    let period = match &arguments.period {
        Some(label) => open::period(&in_force, framework, label)?,
        None => last_ended(&in_force, framework, on)?,
    };
    let compiled = began.elapsed();
    let snapshots = if arguments.no_snapshot { Snapshots::Never } else { Snapshots::default() };
    let read = |policy: &Policy, others: &[&Policy]| match &store {
        Some(store) if arguments.data.is_empty() => Ok(store.columns(policy, others, on, snapshots)?),
        _ => of_files(global, policy, arguments),
    };
    let ask = |people: usize| Question {
        framework: framework.label.name.clone(),
        period,
        on,
        by: arguments.by.iter().map(|it| it.split(',').map(|it| it.trim().to_owned()).collect()).collect(),
        least: arguments.at_least,
        ask_missing: arguments.missing.unwrap_or(if people > MANY { 0 } else { 1_000 }),
        people: match (&arguments.csv, global.format) {
            (Some(_), _) => usize::MAX,
            (None, Format::Human) if arguments.vary.is_empty() => arguments.people,
            (None, _) => 0,
        },
        working: Working::default(),
        progress: Progress::default(),
    };
    if let Some(last) = &arguments.to {
        let mut all = vec![Tried { name: "in force", policy: &in_force, records: read(&in_force, &[])? }];
        for Candidate { name, policy, .. } in &candidates {
            all.push(Tried { name, policy, records: read(policy, &[])? });
        }
        let judgements = years::judgements(&in_force, framework, &all[0].records, (period, last), on)?;
        let people = all[0].records.rows(framework.subject).len();
        return in_turn(global, arguments, (&mut all, &candidates), (&ask(people), &judgements, people), wanted);
    }
    let alike = |it: &&Policy| in_force.keeps_the_records_of(it);
    let others: Vec<&Policy> = candidates.iter().map(|it| &it.policy).filter(alike).collect();
    let records = read(&in_force, &others)?;
    let mut own: Vec<Option<Records>> = Vec::new();
    for Candidate { policy, .. } in &candidates {
        own.push(if alike(&policy) { None } else { Some(read(policy, &[])?) });
    }
    let loaded = began.elapsed();
    let mut settings = vec![Setting { name: "in force", policy: &in_force, records: &records }];
    for (Candidate { name, policy, .. }, own) in candidates.iter().zip(&own) {
        settings.push(Setting { name, policy, records: own.as_ref().unwrap_or(&records) });
    }
    let people = records.rows(framework.subject).len();
    let question = ask(people);
    let (bar, progress) = telling(global, people * settings.len());
    let asked = Question { progress, ..question.clone() };
    let mut simulation = match &mut wanted {
        Some(wanted) => simulate_everybody(&settings, &asked, |it| wanted.take(it))?,
        None => simulate(&settings, &asked)?,
    };
    bar.end();
    let evaluated = began.elapsed();
    let writing = wanted.as_ref().map(results::Wanted::took);
    // It takes as long as the rest, and who looks at a terminal does not need it.
    if global.format == Format::Json || arguments.html.is_some() || arguments.csv.is_some() {
        simulation.data = records.hash(&in_force);
    }
    for (told, candidate) in simulation.settings[1..].iter_mut().zip(&candidates) {
        told.title.clone_from(&candidate.title);
    }
    simulation.varied = vary::told(&in_force, &arguments.vary);
    let hashed = began.elapsed();
    files::write(global, std::slice::from_ref(&simulation), arguments.html.as_deref(), arguments.csv.as_deref())?;
    wanted.map_or(Ok(()), |it| it.put(global))?;
    if let Some(again) = arguments.timings {
        let parts = [
            ("policies", compiled),
            ("records", loaded - compiled),
            ("evaluation", evaluated - loaded - writing.unwrap_or_default()),
            ("hash of the records", hashed - evaluated),
        ];
        let parts = parts.into_iter().chain(writing.map(|it| ("results", it)));
        parts.for_each(|(what, took)| output::note(global, &timing(what, took)));
        over_again(global, again, || simulate(&settings, &question).map(drop));
    }
    match global.format {
        Format::Json => output::json(&simulation)?,
        Format::Human if !arguments.vary.is_empty() => output::text(&(head(&simulation) + &vary::curve(&simulation)))?,
        Format::Human => output::text(&words(&simulation, arguments.people))?,
    };
    let findings = simulation.settings.iter().any(|it| it.undetermined > 0);
    Ok(if findings { Done::Findings } else { Done::Clean })
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Failure::usage(fault.to_string())
    }
}

/// The file of results that is asked for, if any.
fn wanted(project: &Project, arguments: &Arguments) -> Result<Option<results::Wanted>, Failure> {
    let Some(file) = &arguments.results else { return Ok(None) };
    let read = arguments.data.iter().map(|it| Path::new(it.split_once('=').map_or(it.as_str(), |it| it.1).trim()));
    let others: Vec<&Path> = read.chain(arguments.html.as_deref()).collect();
    results::Wanted::of(project, file, &others).map(Some)
}

/// A bar, and how it is told of so many who are judged.
fn telling(global: &Global, all: usize) -> (Bar, Progress) {
    let bar = Bar::of(global, all as u64);
    let told = bar.clone();
    (bar, Progress::to(move |more| told.more(more as u64)))
}

/// Several periods, one after the other.
fn in_turn(
    global: &Global,
    arguments: &Arguments,
    (all, candidates): (&mut [Tried<'_>], &[Candidate]),
    (question, judgements, people): (&Question, &[(Period, Date)], usize),
    mut wanted: Option<results::Wanted>,
) -> Outcome {
    // What the policy in force would impose is no part of what the records are.
    let data = all[0].records.hash(all[0].policy);
    let (bar, progress) = telling(global, people * all.len() * judgements.len());
    let mut hear = wanted.as_mut().map(|wanted| |it: &Results<'_>| wanted.take(it));
    let hear = hear.as_mut().map(|it| it as Hearing<'_, Failure>);
    let told = simulate_in_turn(all, &Question { progress, ..question.clone() }, judgements, hear);
    bar.end();
    let mut periods = told?;
    for told in &mut periods {
        told.data.clone_from(&data);
        for (setting, candidate) in told.settings[1..].iter_mut().zip(candidates) {
            setting.title.clone_from(&candidate.title);
        }
    }
    files::write(global, &periods, arguments.html.as_deref(), arguments.csv.as_deref())?;
    wanted.map_or(Ok(()), |it| it.put(global))?;
    match global.format {
        Format::Json => output::json(&years::Told { periods: &periods })?,
        Format::Human => {
            let each: Vec<String> = periods.iter().map(|it| words(it, arguments.people)).collect();
            output::text(&(each.join("\n") + &years::together(&periods)))?
        }
    };
    let findings = periods.iter().flat_map(|it| &it.settings).any(|it| it.undetermined > 0);
    Ok(if findings { Done::Findings } else { Done::Clean })
}

/// What people would do is nothing that is judged here.
fn assumes(global: &Global, candidate: &Candidate) {
    if !candidate.policy.assumptions.is_empty() {
        let name = &candidate.name;
        let words = "assumes how people would act, which changes nothing of what is on record and is judged here";
        output::note(global, &format!("`{name}` {words}; `merit forecast --scenario {name}` goes by it."));
    }
}

/// How long the same takes so many times over.
fn over_again<E>(global: &Global, times: usize, mut work: impl FnMut() -> Result<(), E>) {
    let mut took: Vec<Duration> = Vec::with_capacity(times);
    while took.len() < times {
        let began = Instant::now();
        if work().is_err() {
            // The first time would have told of it.
            return;
        }
        took.push(began.elapsed());
    }
    took.sort_unstable();
    if let (Some(least), Some(greatest)) = (took.first(), took.last()) {
        let [median, least, greatest] = [took[times / 2], *least, *greatest].map(|it| it.as_secs_f64() * 1_000.0);
        let words = format!("evaluation again: median {median:.1} ms ({least:.1} to {greatest:.1}), {times} times");
        output::note(global, &words);
    }
}

fn timing(what: &str, took: Duration) -> String {
    format!("{what}: {:.1} ms", took.as_secs_f64() * 1_000.0)
}

/// The policy in force, which was checked before it was deployed.
fn in_force(project: &Project, store: &SqliteStore) -> Result<Policy, Failure> {
    let version = store.latest_policy()?.ok_or(EngineError::NothingDeployed)?;
    tried(project, &Sources::of(version.files), None, "the policy in force")
}

/// The store, where something is deployed in one.
fn store_if_any(project: &Project) -> Result<Option<SqliteStore>, Failure> {
    if !project.store.exists() {
        return Ok(None);
    }
    let store = open::reading_store(project)?;
    Ok(if store.latest_policy()?.is_some() { Some(store) } else { None })
}

/// One policy with a parameter at many values: the one that is named, or the one in force.
fn at_values(
    project: &Project,
    arguments: &Arguments,
    in_force: &Policy,
    words: &[String],
) -> Result<Vec<Candidate>, Failure> {
    let named = arguments.scenario.len() + arguments.against.len();
    if named > 1 {
        return Err(Failure::usage("`--vary` changes one policy at a time; name one scenario or folder at most"));
    }
    let base = if named == 0 { in_force.clone() } else { candidates(project, arguments)?.swap_remove(0).policy };
    let varied = vary::varied(&base, words)?.into_iter();
    Ok(varied.map(|it| Candidate { title: it.name.clone(), name: it.name, policy: it.policy }).collect())
}

/// The policies that are compared with the one in force; without any, the working policy.
fn candidates(project: &Project, arguments: &Arguments) -> Result<Vec<Candidate>, Failure> {
    let mut found = Vec::new();
    let nothing_named = arguments.scenario.is_empty() && arguments.against.is_empty();
    if nothing_named {
        let name = "working policy".to_owned();
        let policy = tried(project, &working_sources(project)?, None, "the working policy")?;
        found.push(Candidate { title: name.clone(), name, policy });
    }
    found.extend(scenarios(project, &arguments.scenario)?);
    for folder in &arguments.against {
        let sources = open::named_sources(std::slice::from_ref(folder))?;
        let name = folder.display().to_string();
        let policy = tried(project, &sources, None, &name)?;
        found.push(Candidate { title: name.clone(), name, policy });
    }
    Ok(found)
}

fn framework<'p>(policy: &'p Policy, name: Option<&str>) -> Result<&'p Framework, Failure> {
    match (name, policy.frameworks.as_slice()) {
        (Some(name), _) => open::framework(policy, name),
        (None, [only]) => Ok(only),
        (None, []) => Err(Failure::usage("the policy in force has no framework; there is nothing to simulate")),
        (None, several) => {
            let known: Vec<&str> = several.iter().map(|it| it.label.name.as_str()).collect();
            Err(Failure::usage("the policy in force has several frameworks")
                .help(format!("name one with `--framework`: {}", known.join(", "))))
        }
    }
}

/// The last period that has ended by a day.
pub(super) fn last_ended(policy: &Policy, framework: &Framework, on: Date) -> Result<Period, Failure> {
    let calendar = &policy.calendars[framework.calendar];
    let now = calendar.period_containing(framework.each, on);
    let ended = now.and_then(|it| if it.last <= on { Ok(it) } else { calendar.previous(it) });
    ended.map_err(|problem| Failure::usage(problem.to_string()).help("name a period with `--in`"))
}

/// Every record of the files that are named.
fn of_files(global: &Global, policy: &Policy, arguments: &Arguments) -> Result<Records, Failure> {
    let files = arguments.data.iter().map(|it| population_file(policy, it)).collect::<Result<Vec<_>, _>>()?;
    let found = population(policy, &files, arguments.skip_bad)?;
    if found.left_out > 0 {
        let rows = output::count(found.left_out as u64, "row is", "rows are");
        output::note(global, &format!("{rows} wrong:\n{}", found.bad.join("\n")));
    }
    Ok(found.records)
}

/// `officer=officers.parquet`, or a file that bears the name of its record type.
fn population_file(policy: &Policy, words: &str) -> Result<PopulationFile, Failure> {
    let (name, path) = match words.split_once('=') {
        Some((name, path)) => (name.trim().to_owned(), PathBuf::from(path.trim())),
        None => {
            let path = PathBuf::from(words);
            (path.file_stem().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default(), path)
        }
    };
    let record = policy.record_named(&name).ok_or_else(|| {
        let known: Vec<&str> = policy.records.iter().map(|it| it.label.name.as_str()).collect();
        Failure::usage(format!("there is no record `{name}`"))
            .help(format!("write `--data RECORD=FILE`; known: {}", known.join(", ")))
    })?;
    Ok(PopulationFile { record, path })
}

// ---- words

/// What is judged, for when and as on which day.
fn head(told: &Simulation) -> String {
    let day = told.on.parse().map_or_else(|_| told.on.clone(), day_in_words);
    let count = output::count(told.people as u64, "record", "records");
    format!("{}, {}, judged as on {day}: {count} of `{}`\n", told.framework, told.period, told.subject)
}

fn words(told: &Simulation, people: usize) -> String {
    let mut words = head(told);
    for setting in &told.settings {
        words += &format!("  {} (policy {})\n", setting.name, &setting.policy[..12.min(setting.policy.len())]);
    }
    if told.changes.is_empty() {
        words += &rules_of_one(&told.settings[0]);
    }
    for (change, after) in told.changes.iter().zip(&told.settings[1..]) {
        words += &format!("\nFrom {} to {}\n", change.from, change.to);
        words += &rules(&told.settings[0], after);
        words += &changes(change);
    }
    for setting in &told.settings {
        words += &undetermined(setting);
    }
    for grouping in &told.groupings {
        words += &groups(told, grouping);
    }
    if people > 0 {
        for change in told.changes.iter().filter(|it| it.changed > 0) {
            words += &listed(change, people);
        }
    }
    words
}

fn number(count: usize) -> String {
    output::grouped(&count.to_string())
}

fn money(cost: &Cost) -> String {
    let currency = cost.currency.as_ref().map_or_else(String::new, |it| format!("{it} "));
    let mut words = format!("{currency}{}", output::grouped(&cost.known.to_string()));
    if cost.could_add != Number::ZERO {
        words += &format!(" (the undetermined could add {})", output::grouped(&cost.could_add.to_string()));
    }
    if cost.not_known > 0 {
        words += &format!(" (and {} of an amount that is not known)", number(cost.not_known));
    }
    words
}

pub(super) fn rules_of_one(setting: &SettingTold) -> String {
    let row = |it: &RuleTold| {
        let cost = it.cost.as_ref().map_or_else(String::new, money);
        [it.title.clone(), it.kind.clone(), number(it.proposed), number(it.undetermined), cost]
    };
    output::table(["rule", "kind", "proposed", "undetermined", "cost"], setting.rules.iter().map(row))
}

pub(super) fn rules(before: &SettingTold, after: &SettingTold) -> String {
    let told = |side: &Option<Side>| {
        side.as_ref()
            .map_or_else(|| ["–".to_owned(), "–".to_owned()], |it| [number(it.proposed), number(it.undetermined)])
    };
    let rows = side_by_side(before, after).into_iter().map(|it| {
        let difference = it.difference();
        let sign = if difference > 0 { "+" } else { "" };
        let difference = format!("{sign}{}", output::grouped(&difference.to_string()));
        let ([proposed, open], [proposed_after, open_after]) = (told(&it.before), told(&it.after));
        let title = format!("{} ({})", it.title, it.kind);
        [title, proposed, open, proposed_after, open_after, difference]
    });
    let head = ["rule", "proposed", "undetermined", "then proposed", "undetermined", "difference"];
    let mut words = output::table(head, rows);
    for (what, setting) in [("Cost", before), ("Then", after)] {
        for cost in &setting.cost {
            words += &format!("{what}: {}\n", money(cost));
        }
    }
    words
}

pub(super) fn changes(change: &Change) -> String {
    if change.changed == 0 {
        return "Nothing is otherwise for anybody.\n".to_owned();
    }
    let mut words = format!("Otherwise for {}:\n", output::count(change.changed as u64, "person", "people"));
    let lines = [
        (change.more_severe, "a more severe sanction"),
        (change.less_severe, "a less severe sanction, or none any more"),
        (change.more_money, "more money"),
        (change.less_money, "less money"),
        (change.newly_undetermined, "undetermined now"),
        (change.newly_decided, "decided now"),
    ];
    for (count, what) in lines.iter().filter(|it| it.0 > 0) {
        words += &format!("  {} {what}\n", number(*count));
    }
    for (what, moves) in [("sanction", &change.sanctions), ("reward", &change.rewards)] {
        let moved: Vec<[String; 3]> = moves
            .iter()
            .filter(|it| it.from != it.to)
            .map(|it| [it.from.clone(), it.to.clone(), number(it.people)])
            .collect();
        if !moved.is_empty() {
            words += &output::table([what, "then", "people"], moved);
        }
    }
    words
}

fn undetermined(setting: &SettingTold) -> String {
    if setting.undetermined == 0 {
        return String::new();
    }
    if setting.missing_asked == 0 {
        let people = output::count(setting.undetermined as u64, "person", "people");
        return format!(
            "{}: undetermined for {people} (`--missing N` asks of so many what is missing)\n",
            setting.name
        );
    }
    let of = if setting.missing_asked < setting.undetermined {
        format!(" (asked of {})", number(setting.missing_asked))
    } else {
        String::new()
    };
    let facts: Vec<String> =
        setting.missing.iter().take(8).map(|it| format!("{} of {}", it.what, number(it.people))).collect();
    let more = if setting.missing.len() > 8 { ", …" } else { "" };
    format!(
        "{}: undetermined for {}; missing{of}: {}{more}\n",
        setting.name,
        output::count(setting.undetermined as u64, "person", "people"),
        facts.join(", ")
    )
}

fn ratio_words(it: Ratio) -> String {
    if it.ratio >= 1.0 && it.low == it.high {
        return "1.00 (the highest)".to_owned();
    }
    format!("{:.2} ({:.2}–{:.2})", it.ratio, it.low, it.high)
}

fn groups(told: &Simulation, grouping: &Grouping) -> String {
    let mut words = format!("\nBy {}\n", grouping.by.join(", "));
    let rate = |some: usize, of: usize| format!("{:.1} %", some as f64 * 100.0 / of.max(1) as f64);
    for (place, setting) in told.settings.iter().enumerate() {
        let rows = grouping.groups.iter().map(|it| {
            let share = &it.shares[place];
            let ratio = |it: &Option<Ratio>| it.map_or_else(|| "–".to_owned(), ratio_words);
            [
                it.values.join(", "),
                number(it.people),
                rate(share.sanctioned, it.people),
                ratio(&share.sanction_ratio),
                rate(share.rewarded, it.people),
                ratio(&share.reward_ratio),
                share.cost.iter().map(money).collect::<Vec<_>>().join("; "),
            ]
        });
        let head = [setting.name.as_str(), "people", "sanctioned", "of the most", "rewarded", "of the most", "cost"];
        words += &output::table(head, rows);
    }
    if grouping.too_small > 0 {
        let groups = output::count(grouping.too_small as u64, "group", "groups");
        let people = output::count(grouping.people_in_small as u64, "person", "people");
        words += &format!("{groups} with {people} in all too small to be told\n");
    }
    words += "`of the most`: the rate against that of the group with the highest, and where it lies with a confidence of 95 %. A figure \
              to look at, and no finding.\n";
    words
}

fn listed(change: &Change, most: usize) -> String {
    let told = |it: &[String]| if it.is_empty() { "nothing".to_owned() } else { it.join("; ") };
    let rows = change.people.iter().take(most).map(|it| [it.key.clone(), told(&it.before), told(&it.after)]);
    let mut words = format!("\nFrom {} to {}\n", change.from, change.to);
    words += &output::table(["who", "before", "then"], rows);
    if change.changed > most {
        words += &format!("… and {} more (`--people N` shows more)\n", number(change.changed - most));
    }
    words
}
