//! `merit forecast`: what the years ahead would bring if people went on as they did. Nothing is written to the store.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::forecast::{Figure, Measure, People, Run, Start, Terms, figures, run_years};
use crate::ids::{StageId, WorkflowId};
use crate::policy::model::Policy;
use crate::store::sqlite::SqliteStore;
use crate::store::{Filter, Snapshots, Store};
use crate::table::AsFacts;
use crate::workflow::Case;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// How many years
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    years: u32,
    /// How many runs
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    runs: u32,
    /// The seed: the same seed gives the same figures
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// People go on as others of their group did: a field of those whom a case is about, or several together (grade,terms)
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    by: Vec<String>,
    /// Write the figures as CSV into this file, too; one of that name is replaced
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// What is told.
#[derive(Debug, Serialize)]
struct Told {
    first: String,
    years: u32,
    runs: u32,
    seed: u64,
    by: Vec<String>,
    program: &'static str,
    policy: String,
    data: String,
    acts: u64,
    refused: Vec<Refusals>,
    unknown: Vec<String>,
    figures: Vec<Figure>,
}

/// What was refused, and how often.
#[derive(Debug, Serialize)]
struct Refusals {
    why: String,
    count: u64,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let (policy, version) = (&*policies.latest().policy, policies.latest().version);
    for name in &arguments.by {
        knows_field(policy, name)?;
    }
    let state = store.state()?;
    let adopted = state.adopted;
    let last = state.as_of.or_else(|| adopted.and_then(|it| it.yesterday().ok()));
    let last = last.unwrap_or_else(|| open::today(policy));
    let first = last.tomorrow().map_err(|error| Failure::usage(error.to_string()))?;
    let records = store.columns(policy, &[], last, Snapshots::default())?;
    let cases = cases(&store, policy)?;
    let facts = AsFacts::new(policy, &records);
    let of = cases.iter().map(|it| (it.0, &it.1));
    let people = People::of_history(policy, &facts, of, &arguments.by, first);
    let terms = Terms {
        version,
        adopted,
        last: Some(last),
        patience: open::patience(&project).look(0, last),
        language: project.language.clone(),
        hands: 0,
        keeps_all: false,
    };
    let judged = judged(&store, policy, last)?;
    let start = Start { policy, records: &records, terms, cases, judged, first };
    let runs: Vec<Run> =
        (0..arguments.runs).map(|it| run_years(&start, &people, arguments.years, (arguments.seed, it))).collect();
    let tallies: Vec<_> = runs.iter().map(|it| it.tally.clone()).collect();
    let mut refused: BTreeMap<String, u64> = BTreeMap::new();
    runs.iter().flat_map(|it| &it.refused).for_each(|(why, count)| *refused.entry(why.clone()).or_default() += count);
    let told = Told {
        first: first.to_string(),
        years: arguments.years,
        runs: arguments.runs,
        seed: arguments.seed,
        by: arguments.by.clone(),
        program: env!("CARGO_PKG_VERSION"),
        policy: policy.hash.clone(),
        data: records.hash(policy),
        acts: runs.iter().map(|it| it.acts).sum(),
        refused: refused.into_iter().map(|(why, count)| Refusals { why, count }).collect(),
        unknown: unknown(policy, &people),
        figures: figures(&tallies),
    };
    if let Some(path) = &arguments.csv {
        write_csv(path, &told.figures)?;
    }
    match global.format {
        Format::Json => output::json(&told),
        Format::Human => output::text(&words(policy, &told)),
    }
    .map(|_| Done::Clean)
}

fn knows_field(policy: &Policy, name: &str) -> Result<(), Failure> {
    let of = |it: &crate::policy::model::Workflow| policy.record(it.subject);
    let mut known: Vec<&str> =
        policy.workflows.iter().flat_map(|it| &of(it).fields).map(|it| it.label.name.as_str()).collect();
    known.sort_unstable();
    known.dedup();
    if known.contains(&name) {
        return Ok(());
    }
    let failure = Failure::usage(format!("nobody whom a case is about has a field `{name}`"));
    let owned: Vec<String> = known.iter().map(|it| (*it).to_owned()).collect();
    Err(match crate::policy::nearest(name, &owned) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help(format!("known: {}", known.join(", "))),
    })
}

/// Every case that the store has, as the policy in force knows it.
fn cases(store: &SqliteStore, policy: &Policy) -> Result<Vec<(WorkflowId, Case, Option<i64>)>, Failure> {
    let mut all = Vec::new();
    for row in store.cases(&Filter::default())? {
        let case: Option<Case> = serde_json::from_str(&row.state).ok();
        let Some((flow, case)) = policy.workflow_named(&row.workflow).zip(case) else { continue };
        all.push((flow, case, row.wake_at));
    }
    Ok(all)
}

/// Which frameworks have judged which periods, around the last day that was run.
fn judged(store: &SqliteStore, policy: &Policy, last: Date) -> Result<Vec<(usize, Date)>, Failure> {
    let mut all = Vec::new();
    for (at, framework) in policy.frameworks.iter().enumerate() {
        let calendar = &policy.calendars[framework.calendar];
        let mut next = calendar.period_containing(framework.each, last).ok();
        for _ in 0..4 {
            let Some(period) = next else { break };
            if store.has_judged(&framework.label.name, &period.first.to_string())? {
                all.push((at, period.first));
            }
            next = calendar.shift(period, -1).ok();
        }
    }
    Ok(all)
}

/// Stages that wait for somebody and of which nobody knows how they end.
fn unknown(policy: &Policy, people: &People) -> Vec<String> {
    let mut all = Vec::new();
    for flow in (0..policy.workflows.len()).map(WorkflowId::at) {
        let workflow = policy.workflow(flow);
        for (place, stage) in workflow.stages.iter().enumerate() {
            if !stage.by.is_empty() && !people.knows(flow, StageId::at(place)) {
                all.push(format!("{}.{}", workflow.label.name, stage.label.name));
            }
        }
    }
    all
}

fn write_csv(path: &std::path::Path, figures: &[Figure]) -> Result<(), Failure> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let failed = |error: String| Failure::environment(format!("{} can't be written: {error}", path.display()));
    csv.write_record(["year", "measure", "of", "least", "low", "median", "high", "greatest"])
        .map_err(|it| failed(it.to_string()))?;
    for it in figures {
        let numbers = [it.least, it.low, it.median, it.high, it.greatest].map(|it| it.to_string());
        let row = [it.year.clone(), it.measure.word().to_owned(), it.of.join(".")].into_iter().chain(numbers);
        csv.write_record(row).map_err(|it| failed(it.to_string()))?;
    }
    let bytes = csv.into_inner().map_err(|it| failed(it.to_string()))?;
    std::fs::write(path, bytes).map_err(|it| failed(it.to_string()))
}

// ---- words

fn words(policy: &Policy, told: &Told) -> String {
    let years = output::count(u64::from(told.years), "year", "years");
    let runs = output::count(u64::from(told.runs), "run", "runs");
    let day = told.first.parse().map_or_else(|_| told.first.clone(), crate::calendar::day_in_words);
    let mut words = format!("{years} from {day} on, in {runs} (seed {}): people go on as they did\n", told.seed);
    if !told.unknown.is_empty() {
        words += &format!("Nothing is known of how these end, and nobody does them: {}\n", told.unknown.join(", "));
    }
    for it in &told.refused {
        words += &format!("Refused {} times: {}\n", output::grouped(&it.count.to_string()), it.why);
    }
    let mut by_thing: BTreeMap<(&str, &Measure), Vec<&Figure>> = BTreeMap::new();
    let group = |it: &&Figure| it.of.first().map_or("", String::as_str).to_owned();
    let mut groups: Vec<String> = told.figures.iter().map(|it| group(&it)).collect();
    groups.sort();
    groups.dedup();
    for name in groups {
        by_thing.clear();
        let title = policy
            .workflow_named(&name)
            .map(|it| &policy.workflow(it).label)
            .or_else(|| policy.frameworks.iter().map(|it| &it.label).find(|it| it.name == name));
        words += &format!("\n{}\n", title.map_or(name.as_str(), |it| it.title.as_str()));
        let rows = told.figures.iter().filter(|it| group(it) == name).map(|it| {
            let of = it.of.get(1..).unwrap_or_default().join(".");
            let number = |number: &crate::value::Number| shown(it.measure, number);
            let range = format!("{} to {}", number(&it.low), number(&it.high));
            let whole = format!("{} to {}", number(&it.least), number(&it.greatest));
            [it.year.clone(), it.measure.title().to_owned(), of, number(&it.median), range, whole]
        });
        words += &output::table(["year from", "what", "of", "median", "8 in 10 runs", "all runs"], rows);
    }
    words
}

/// A number as people read it: shares in per cent, everything else in groups of three digits.
fn shown(measure: Measure, number: &crate::value::Number) -> String {
    use crate::value::{Number, Rounding};
    if measure != Measure::InTimePerMille {
        return output::grouped(&number.to_string());
    }
    let rounded = number.round(Rounding::HalfUp, Number::from(1)).and_then(|it| it.divide(Number::from(10)));
    rounded.map_or_else(|_| number.to_string(), |it| format!("{it} %"))
}
