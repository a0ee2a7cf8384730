//! `merit deploy`: puts the working policy in force.

use std::io::IsTerminal;

use serde::Serialize;

use crate::cli::judgements::{self, Judgement};
use crate::cli::{Done, Failure, Format, Global, Outcome, check, open, output};
use crate::config::Project;
use crate::policy::compile_with;
use crate::policy::latest_orders::compile_with_orders_of;
use crate::policy::model::Policy;
use crate::source::Sources;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The day from which the store is used in earnest; asked for at the first deployment
    #[arg(long, value_name = "DATE")]
    adopt: Option<String>,
    /// Put the text of this earlier version in force again, as a new version, instead of the working policy
    #[arg(long, value_name = "VERSION")]
    again: Option<i64>,
    /// Do not ask; say what would be otherwise, and put it in force
    #[arg(long)]
    yes: bool,
    /// Why, for the record
    #[arg(long, default_value = "")]
    note: String,
}

/// What a deployment did.
#[derive(Debug, Serialize)]
struct Report {
    version: i64,
    hash: String,
    new: bool,
    adopted: Option<String>,
    open_cases_keep: Vec<i64>,
    /// What of the policy is checked, but not carried out yet, in words.
    not_run: Vec<String>,
    /// Orders that do not reach the open cases of an older version.
    out_of_reach: Vec<OutOfReach>,
    /// What frameworks come to otherwise.
    judgements: Vec<Judgement>,
}

/// An order that does not reach the open cases of an older version, and why.
#[derive(Debug, Serialize)]
struct OutOfReach {
    version: i64,
    order: String,
    why: String,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let earlier = arguments.again.map(|it| Ok::<_, Failure>((it, open::store(&project)?))).transpose()?;
    let earlier = earlier.as_ref().map(|(version, store)| (*version, store));
    let Some(Text { files, policy }) = Text::of(global, &project, earlier)? else {
        return Err(Failure { code: 1, ..Failure::usage("the policy has mistakes; nothing was deployed") });
    };
    let mut store = SqliteStore::open_or_create(&project.store)?;
    let state = store.state()?;
    let adopt = adoption(arguments, state.adopted, &policy, &store)?;
    let before = store.latest_policy()?.map(|it| it.version);
    let judgements = judgements::judgements(&project, &store, &policy, None)?;
    let is_same = store.latest_policy()?.is_none_or(|it| it.hash == policy.hash);
    if !is_same && global.format == Format::Human {
        output::text(&summary(&store, before, &judgements)?)?;
        if !arguments.yes && std::io::stdin().is_terminal() {
            output::ask("Put it in force?");
            if !judgements::agreed(std::io::stdin().lock())? {
                output::text("Nothing was deployed.\n")?;
                return Ok(Done::Findings);
            }
        }
    }
    // First the day: a policy in force without one would hold what was before adoption against people.
    if adopt.is_some() {
        store.set(adopt, None)?;
    }
    let version = store.deploy(&files, &policy, &arguments.note, open::now())?;
    let open_cases_keep: Vec<i64> = store.versions_in_use()?.into_iter().filter(|it| *it != version).collect();
    let mut out_of_reach = Vec::new();
    for version in &open_cases_keep {
        let older = Sources::of(store.policy(*version)?.files);
        let left = compile_with_orders_of(&Sources::of(files.clone()), &older, project.calendar.as_deref()).1;
        out_of_reach.extend(left.into_iter().map(|it| OutOfReach { version: *version, order: it.order, why: it.why }));
    }
    let report = Report {
        version,
        hash: policy.hash.clone(),
        new: before != Some(version),
        adopted: store.state()?.adopted.map(|it| it.to_string()),
        not_run: policy.not_carried_out(),
        open_cases_keep,
        out_of_reach,
        judgements,
    };
    match global.format {
        Format::Json => output::json(&report),
        Format::Human => output::text(&words(&report)),
    }?;
    Ok(Done::Clean)
}

/// What would be otherwise, before it is.
fn summary(store: &SqliteStore, before: Option<i64>, judgements: &[Judgement]) -> Result<String, Failure> {
    let next = before.unwrap_or(0) + 1;
    let open = output::count(store.counts()?.open, "open case keeps its version", "open cases keep theirs");
    let mut words = format!("Version {next} would be in force for new cases; {open}.\n");
    words += &judgements::told(judgements);
    Ok(words + "`merit plan` tells what the next days would bring, case by case.\n")
}

/// A policy that may be put in force.
pub(super) struct Text {
    pub(super) files: Vec<(String, String)>,
    pub(super) policy: Policy,
}

impl Text {
    /// The working policy, or that of an earlier version; nothing where it has mistakes, which are shown.
    pub(super) fn of(
        global: &Global,
        project: &Project,
        again: Option<(i64, &SqliteStore)>,
    ) -> Result<Option<Self>, Failure> {
        let (sources, compilation) = match again {
            None => open::working_policy(project)?,
            Some((version, store)) => {
                let latest = store.latest_policy()?.map_or(0, |it| it.version);
                if !(1..=latest).contains(&version) {
                    let failure = Failure::usage(format!("there is no policy version {version}"));
                    return Err(failure.help(format!("the versions are 1 to {latest}")));
                }
                let sources = Sources::of(store.policy(version)?.files);
                let compilation = compile_with(&sources, project.calendar.as_deref());
                (sources, compilation)
            }
        };
        let Some(policy) = compilation.policy else {
            check::show(global, &sources, &compilation.diagnostics)?;
            return Ok(None);
        };
        let files = sources.iter().map(|(_, file)| (file.name.clone(), file.text.clone())).collect();
        Ok(Some(Self { files, policy }))
    }
}

/// The day of adoption: given once, and never moved under cases that rest on it.
fn adoption(
    arguments: &Arguments,
    known: Option<jiff::civil::Date>,
    policy: &crate::policy::model::Policy,
    store: &SqliteStore,
) -> Result<Option<jiff::civil::Date>, Failure> {
    let asked = arguments.adopt.as_deref().map(open::day).transpose()?;
    match (known, asked) {
        (Some(known), Some(asked)) if known != asked && store.next_case()? > 1 => {
            Err(Failure::usage(format!("the store was adopted on {known}, and cases rest on that day")))
        }
        (Some(_), asked) => Ok(asked),
        (None, Some(asked)) => Ok(Some(asked)),
        (None, None) => Ok(Some(open::today(policy))),
    }
}

fn words(report: &Report) -> String {
    let mut words = if report.new {
        format!("Policy version {} is in force.\n", report.version)
    } else {
        format!("Nothing changed: policy version {} stays in force.\n", report.version)
    };
    if let Some(adopted) = &report.adopted {
        words += &format!(
            "The store is used in earnest from {adopted}: nothing dated before is sent or held against anyone.\n"
        );
    }
    for line in &report.not_run {
        words += &format!("{}{}: none of its cases opens.\n", line[..1].to_uppercase(), &line[1..]);
    }
    if !report.open_cases_keep.is_empty() {
        let versions: Vec<String> = report.open_cases_keep.iter().map(ToString::to_string).collect();
        words += &format!("Open cases keep the version they were opened under ({}).\n", versions.join(", "));
    }
    for it in &report.out_of_reach {
        words += &format!("`{}` does not reach the open cases of version {}: {}.\n", it.order, it.version, it.why);
    }
    if !report.out_of_reach.is_empty() {
        words += "`merit migrate` moves them to this version, where it does; `merit plan --migrate` tells beforehand what that changes.\n";
    }
    words
}
