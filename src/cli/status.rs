//! `merit status`: what is overdue, at which stage, with whom, for how long, by unit.

use jiff::civil::Date;

use crate::cli::{Done, Failure, Format, Global, Outcome, open, output, restore};
use crate::report::{Reader, StatusReport, status};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// As of the end of this day [default: the last day that was run]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Only this unit
    #[arg(long)]
    unit: Option<String>,
    /// Only what lies with this person (their key)
    #[arg(long, value_name = "KEY")]
    holder: Option<String>,
    /// How many lines are listed one by one
    #[arg(long, default_value_t = 20)]
    top: usize,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let policy = &policies.latest().policy;
    let last = store.state()?.as_of;
    let on = match &arguments.as_of {
        Some(words) => not_before(last, open::day(words)?)?,
        None => last.unwrap_or_else(|| open::today(policy)),
    };
    let mut report = status(&store, policy, Reader::Keeper, on)?;
    narrow(&mut report, arguments);
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Human => output::text(&words(&report, arguments.top))?,
    };
    let waits = report.set_aside + report.undeliverable + report.held;
    Ok(if report.overdue.is_empty() && waits == 0 { Done::Clean } else { Done::Findings })
}

/// What was open on an earlier day is not what is open now.
pub(super) fn not_before(last: Option<Date>, asked: Date) -> Result<Date, Failure> {
    match last.filter(|last| asked < *last) {
        None => Ok(asked),
        Some(last) => Err(Failure::usage(format!(
            "the store has run up to {last}; what was overdue on {asked} can't be told from what is open now"
        ))
        .help("name that day or a later one, or leave `--as-of` out; `merit case ID` tells what was when")),
    }
}

/// Prints what is overdue, as the demo does.
pub(super) fn show(project: &crate::config::Project, top: usize) -> Outcome {
    let store = open::reading_store(project)?;
    let policies = open::deployed(project, &store)?;
    let policy = &policies.latest().policy;
    let on = store.state()?.as_of.unwrap_or_else(|| open::today(policy));
    let report = status(&store, policy, Reader::Keeper, on)?;
    output::text(&words(&report, top))
}

fn narrow(report: &mut StatusReport, arguments: &Arguments) {
    if let Some(unit) = &arguments.unit {
        report.overdue.retain(|it| it.unit.as_deref() == Some(unit));
        report.by_unit.retain(|it| it.unit.as_deref() == Some(unit));
    }
    if let Some(holder) = &arguments.holder {
        report.overdue.retain(|it| it.holder.as_deref() == Some(holder));
        report.by_unit.clear();
    }
}

fn words(report: &StatusReport, top: usize) -> String {
    let mut words = format!(
        "As of {}: {}, {} overdue.\n",
        report.as_of,
        output::count(report.open_cases, "open case", "open cases"),
        output::count(report.overdue.len() as u64, "stage", "stages"),
    );
    if report.set_aside > 0 {
        words += &format!(
            "{} set aside: `merit cases --set-aside` lists them.\n",
            output::count(report.set_aside, "case is", "cases are")
        );
    }
    if report.undeliverable > 0 {
        let notices = output::count(report.undeliverable, "notice reached", "notices reached");
        words += &format!("{notices} nobody: `merit outbox --state undeliverable` lists them.\n");
    }
    if report.held > 0 {
        words += &format!("{}\n", restore::held(report.held));
    }
    if report.overdue.is_empty() {
        return words;
    }
    if !report.by_unit.is_empty() {
        words += "\nBy unit\n";
        words += &output::table(
            ["unit", "stage", "overdue", "longest (working days)", "with how many people"],
            report.by_unit.iter().take(top).map(|it| {
                let unit = it.unit.clone().unwrap_or_else(|| "(none known)".to_owned());
                [unit, it.stage.clone(), it.overdue.to_string(), it.longest.to_string(), it.holders.to_string()]
            }),
        );
        words += &more(report.by_unit.len(), top);
    }
    words += "\nLongest overdue\n";
    words += &output::table(
        ["case", "subject", "stage", "due", "working days late", "with", "as", "unit"],
        report.overdue.iter().take(top).map(|it| {
            [
                it.case.to_string(),
                format!("{} {}", it.subject, it.subject_name),
                it.stage.clone(),
                it.due.clone(),
                it.working_days_overdue.to_string(),
                it.holder.as_ref().map_or_else(
                    || "nobody".to_owned(),
                    |key| format!("{key} {}", it.holder_name.as_deref().unwrap_or("")),
                ),
                it.capacity.clone(),
                it.unit.clone().unwrap_or_default(),
            ]
        }),
    );
    words + &more(report.overdue.len(), top)
}

fn more(all: usize, top: usize) -> String {
    if all > top { format!("… and {} more (--top {all} shows all)\n", all - top) } else { String::new() }
}
