//! `merit cases`: a list of cases.

use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::report::{CaseLine, Reader, case_list};
use crate::store::Filter;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// Only of this subject (its key)
    #[arg(long, value_name = "KEY")]
    subject: Option<String>,
    /// Only those that stand so
    #[arg(long)]
    status: Option<Status>,
    /// Only those set aside
    #[arg(long)]
    set_aside: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    top: usize,
}

/// How a case stands.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Status {
    Open,
    Completed,
    Cancelled,
    Left,
    Lapsed,
    /// Destroyed, for their time to be kept was over
    Expunged,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Completed => "completed",
            Status::Cancelled => "cancelled",
            Status::Left => "left",
            Status::Lapsed => "lapsed",
            Status::Expunged => "expunged",
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let limit = if global.format == Format::Json { None } else { Some(arguments.top + 1) };
    let filter = Filter {
        workflow: arguments.workflow.clone(),
        subject: arguments.subject.clone(),
        status: arguments.status.map(|it| it.word().to_owned()),
        set_aside: arguments.set_aside,
        limit,
        ..Filter::default()
    };
    let policies = open::deployed(&project, &store)?;
    if let Some(name) = arguments.workflow.as_ref().filter(|it| policies.latest().policy.workflow_named(it).is_none()) {
        let known: Vec<&str> = policies.latest().policy.workflows.iter().map(|it| it.label.name.as_str()).collect();
        return Err(
            Failure::usage(format!("there is no workflow `{name}`")).help(format!("known: {}", known.join(", ")))
        );
    }
    let lines = case_list(&store, &policies, Reader::Keeper, &filter)?;
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "cases": lines }))?,
        Format::Human => output::text(&words(&lines, arguments.top))?,
    };
    Ok(if arguments.set_aside && !lines.is_empty() { Done::Findings } else { Done::Clean })
}

fn words(lines: &[CaseLine], top: usize) -> String {
    if lines.is_empty() {
        return "No case matches.\n".to_owned();
    }
    let row = |it: &CaseLine| {
        let status = if it.set_aside.is_some() { "set aside" } else { &it.status };
        let subject = format!("{} {}", it.subject, it.subject_name);
        let period = it.period.clone().unwrap_or_default();
        [it.case.to_string(), it.workflow.clone(), subject, period, it.policy.to_string(), status.to_owned()]
    };
    let shown = || lines.iter().take(top);
    let mut words = output::table(["case", "workflow", "subject", "period", "policy", "status"], shown().map(row));
    if lines.len() > top {
        words += "… and more (--top N shows more)\n";
    }
    for (case, why) in shown().filter_map(|it| Some((it.case, it.set_aside.as_ref()?))) {
        words += &format!("case {case} is set aside: {why}\n");
    }
    words
}
