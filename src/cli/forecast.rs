//! `merit forecast`: what the years ahead would bring if people went on as they did. Nothing is written to the store.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Serialize;

use crate::cli::bar::Bar;
use crate::cli::tried::scenarios;
use crate::cli::written_files::{put, refuse_file};
use crate::cli::{
    Done, Failure, Format, Global, Outcome, forecast_acts as acts, forecast_words as words, open, output,
};
use crate::config::Project;
use crate::exchange::Rows;
use crate::forecast::{Figure, People, Run, Start, Terms, figures, follow, run_all};
use crate::ids::{StageId, WorkflowId};
use crate::policy::assumption::{Assumed, Assumption};
use crate::policy::model::Policy;
use crate::store::sqlite::SqliteStore;
use crate::store::{Filter, Snapshots, Store};
use crate::table::AsFacts;
use crate::workflow::Case;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A scenario of the working policy, beside the policy in force; more than once for several
    #[arg(long, value_name = "NAME")]
    scenario: Vec<String>,
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
    /// Acts that are written down, in the place of what people would do by chance: a row each as `merit act --csv` takes them, with
    /// the `day` of each; nothing is drawn
    #[arg(long, value_name = "FILE", conflicts_with_all = ["runs", "seed", "by"])]
    acts: Option<PathBuf>,
    /// With these acts: write every entry of every case into this file, as CSV, too
    #[arg(long, value_name = "FILE", requires = "acts", conflicts_with = "scenario")]
    entries: Option<PathBuf>,
    /// Write the figures as CSV into this file, too; one of that name is replaced
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// What is told.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) first: String,
    pub(super) years: u32,
    pub(super) runs: u32,
    pub(super) seed: u64,
    pub(super) by: Vec<String>,
    /// The file of acts that were taken, where one was.
    pub(super) acts: Option<String>,
    pub(super) program: &'static str,
    pub(super) settings: Vec<SettingTold>,
}

/// What is told of a policy: the one in force first, then each scenario.
#[derive(Debug, Serialize)]
pub(super) struct SettingTold {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) policy: String,
    pub(super) data: String,
    pub(super) acts: u64,
    pub(super) refused: Vec<Count>,
    pub(super) left_out: Vec<Count>,
    pub(super) unknown: Vec<String>,
    pub(super) assumed: Vec<String>,
    pub(super) figures: Vec<Figure>,
}

/// Why something came to nothing, and how often.
#[derive(Debug, Serialize)]
pub(super) struct Count {
    pub(super) why: String,
    pub(super) count: u64,
}

/// A case of the store: its workflow, its state, and when it wakes.
type Kept = (String, Case, Option<i64>);

/// Cases of a policy: their workflow, their state, and when they wake.
type Cases = Vec<(WorkflowId, Case, Option<i64>)>;

/// What all policies begin with.
struct Beginning<'a> {
    arguments: &'a Arguments,
    project: &'a Project,
    store: &'a SqliteStore,
    version: i64,
    cases: Vec<Kept>,
    adopted: Option<Date>,
    /// The last day that was run.
    last: Date,
    first: Date,
    /// Acts that are written down.
    recorded: Option<Rows>,
    bar: Bar,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    if let Some(file) = &arguments.csv {
        refuse_file(&project, file, "table")?;
    }
    if let Some(file) = &arguments.entries {
        refuse_file(&project, file, "table")?;
    }
    let recorded = arguments.acts.as_deref().map(acts::rows).transpose()?;
    let runs = if recorded.is_some() { 1 } else { arguments.runs };
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let (in_force, version) = (&*policies.latest().policy, policies.latest().version);
    let candidates = scenarios(&project, &arguments.scenario)?;
    let policies: Vec<&Policy> = std::iter::once(in_force).chain(candidates.iter().map(|it| &it.policy)).collect();
    for policy in &policies {
        arguments.by.iter().try_for_each(|it| knows_field(policy, it))?;
    }
    let state = store.state()?;
    let last = state.as_of.or_else(|| state.adopted.and_then(|it| it.yesterday().ok()));
    let last = last.unwrap_or_else(|| open::today(in_force));
    let first = last.tomorrow().map_err(|error| Failure::usage(error.to_string()))?;
    let (cases, unreadable) = cases(&store)?;
    let days = u64::from(arguments.years * runs) * 366 * policies.len() as u64;
    let (adopted, bar) = (state.adopted, Bar::of(global, days));
    let (project, store) = (&project, &store);
    let begin = Beginning { arguments, project, store, version, cases, adopted, last, first, recorded, bar };
    let mut settings = vec![begin.foretell("in force", "in force", in_force)?];
    for it in &candidates {
        settings.push(begin.foretell(&it.name, &it.title, &it.policy)?);
    }
    begin.bar.end();
    if unreadable > 0 {
        let why = "unreadable in the store".to_owned();
        settings.iter_mut().for_each(|it| it.left_out.push(Count { why: why.clone(), count: unreadable }));
    }
    let told = Told {
        first: first.to_string(),
        years: arguments.years,
        runs,
        seed: arguments.seed,
        by: arguments.by.clone(),
        acts: arguments.acts.as_ref().map(|it| it.display().to_string()),
        program: env!("CARGO_PKG_VERSION"),
        settings,
    };
    if let Some(path) = &arguments.csv {
        put(path, &words::csv(&told)?)?;
        output::note(global, &format!("The table is in {}.", path.display()));
    }
    match global.format {
        Format::Json => output::json(&told),
        Format::Human => output::text(&words::words(&policies, &told)),
    }?;
    Ok(if unreadable > 0 { Done::Findings } else { Done::Clean })
}

impl Beginning<'_> {
    /// The figures of a policy.
    fn foretell(&self, name: &str, title: &str, policy: &Policy) -> Result<SettingTold, Failure> {
        if self.recorded.is_some() && !policy.assumptions.is_empty() {
            return Err(Failure::usage(format!("`{name}` assumes how people act, and so do the acts of `--acts`"))
                .help("leave one of them out"));
        }
        // What is on record for a period to come counts when it has come.
        let records = self.store.columns(policy, &[], Date::MAX, Snapshots::default())?;
        let (cases, left_out) = self.cases_of(policy);
        let facts = AsFacts::new(policy, &records);
        let of = cases.iter().map(|it| (it.0, &it.1));
        let people = People::of_history(policy, &facts, of, &self.arguments.by, self.first);
        let terms = Terms {
            version: self.version,
            adopted: self.adopted,
            last: Some(self.last),
            patience: open::patience(self.project).look(0, self.last),
            language: self.project.language.clone(),
            hands: 0,
            keeps_all: false,
        };
        let judged = judged(self.store, policy, self.last)?;
        let start = Start { policy, records: &records, terms, cases, judged, first: self.first };
        let (Arguments { years, runs, seed, .. }, bar) = (self.arguments, &self.bar);
        let tells = || bar.more(1);
        let runs: Vec<Run> = match self.arguments.acts.as_deref().zip(self.recorded.as_ref()) {
            Some((path, rows)) => {
                let acts = acts::recorded(policy, path, rows)?;
                let (run, entries) = follow(&start, *years, &acts, &tells);
                if let Some(file) = &self.arguments.entries {
                    put(file, &acts::csv(&entries)?)?;
                }
                vec![run]
            }
            None => run_all(&start, &people, *years, (*seed, *runs), &tells),
        };
        let tallies: Vec<_> = runs.iter().map(|it| it.tally.clone()).collect();
        let mut refused: BTreeMap<String, u64> = BTreeMap::new();
        let all = runs.iter().flat_map(|it| &it.refused);
        all.for_each(|(why, count)| *refused.entry(why.clone()).or_default() += count);
        Ok(SettingTold {
            name: name.to_owned(),
            title: title.to_owned(),
            policy: policy.hash.clone(),
            data: records.hash(policy),
            acts: runs.iter().map(|it| it.acts).sum(),
            refused: counts(refused),
            left_out,
            unknown: if self.recorded.is_some() { Vec::new() } else { unknown(policy, &people) },
            assumed: assumed(policy),
            figures: figures(&tallies),
        })
    }

    /// The cases of workflows that a policy has, and what is said of the others.
    fn cases_of(&self, policy: &Policy) -> (Cases, Vec<Count>) {
        let (mut ours, mut others) = (Vec::new(), BTreeMap::new());
        for (workflow, case, wake_at) in &self.cases {
            match policy.workflow_named(workflow) {
                Some(flow) => ours.push((flow, case.clone(), *wake_at)),
                None => *others.entry(format!("there is no workflow `{workflow}`")).or_default() += 1,
            }
        }
        (ours, counts(others))
    }
}

fn counts(all: BTreeMap<String, u64>) -> Vec<Count> {
    all.into_iter().map(|(why, count)| Count { why, count }).collect()
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

/// Every case that the store has, and how many can't be read.
fn cases(store: &SqliteStore) -> Result<(Vec<Kept>, u64), Failure> {
    let (mut all, mut unreadable) = (Vec::new(), 0);
    for row in store.cases(&Filter::default())? {
        match serde_json::from_str::<Case>(&row.state) {
            Ok(case) => all.push((row.workflow, case, row.wake_at)),
            Err(error) => {
                tracing::debug!(case = row.id, %error, "a state can't be read");
                unreadable += 1;
            }
        }
    }
    Ok((all, unreadable))
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

/// The stages and fields of which something is assumed.
fn assumed(policy: &Policy) -> Vec<String> {
    let field =
        |record, field| format!("{}.{}", policy.record(record).label.name, policy.field(record, field).label.name);
    let name = |it: &Assumption| match &it.what {
        Assumed::Done { flow, stage, .. } | Assumed::Chosen { flow, stage, .. } => {
            let workflow = policy.workflow(*flow);
            format!("{}.{}", workflow.label.name, workflow.stage(*stage).label.name)
        }
        Assumed::Written { record, field: at, .. } | Assumed::Changes { record, field: at, .. } => field(*record, *at),
    };
    let mut all: Vec<String> = policy.assumptions.iter().map(name).collect();
    all.sort();
    all.dedup();
    all
}
