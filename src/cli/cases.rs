//! `merit cases`: a list of cases.

use serde::Serialize;

use crate::cli::{Done, Format, Global, Outcome, open, output};
use crate::store::{CaseRow, Filter, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// Only of this subject (its key)
    #[arg(long, value_name = "KEY")]
    subject: Option<String>,
    /// Only those open, completed, cancelled, left or lapsed
    #[arg(long)]
    status: Option<String>,
    /// Only those set aside
    #[arg(long)]
    set_aside: bool,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    top: usize,
}

/// A case in the list.
#[derive(Debug, Serialize)]
struct Line<'a> {
    case: i64,
    workflow: &'a str,
    subject_type: &'a str,
    subject: &'a str,
    period: &'a str,
    policy: i64,
    status: &'a str,
    set_aside: Option<&'a str>,
}

impl<'a> From<&'a CaseRow> for Line<'a> {
    fn from(row: &'a CaseRow) -> Self {
        Self {
            case: row.id,
            workflow: &row.workflow,
            subject_type: &row.subject_type,
            subject: &row.subject,
            period: &row.period,
            policy: row.policy,
            status: &row.status,
            set_aside: row.set_aside.as_deref(),
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
        status: arguments.status.clone(),
        set_aside: arguments.set_aside,
        limit,
        ..Filter::default()
    };
    let rows = store.cases(&filter)?;
    let lines: Vec<Line<'_>> = rows.iter().map(Line::from).collect();
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "cases": lines }))?,
        Format::Human => output::text(&words(&lines, arguments.top))?,
    };
    Ok(if arguments.set_aside && !rows.is_empty() { Done::Findings } else { Done::Clean })
}

fn words(lines: &[Line<'_>], top: usize) -> String {
    if lines.is_empty() {
        return "No case matches.\n".to_owned();
    }
    let row = |it: &Line<'_>| {
        let status = it.set_aside.map_or_else(|| it.status.to_owned(), |why| format!("set aside: {why}"));
        let policy = it.policy.to_string();
        [it.case.to_string(), it.workflow.to_owned(), it.subject.to_owned(), it.period.to_owned(), policy, status]
    };
    let mut words = output::table(["case", "workflow", "subject", "period from", "policy", "status"], lines.iter().take(top).map(row));
    if lines.len() > top {
        words += "… and more (--top N shows more)\n";
    }
    words
}
