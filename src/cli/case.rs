//! `merit case ID`: one case, its history, and why its dates are what they are.

use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::report::{CaseReport, DeadlineReport, Reader, case_report};
use crate::store::{CaseRow, Filter, Store};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The number of the case, or the key of its subject
    #[arg(value_name = "ID|KEY")]
    case: String,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let mut reports = Vec::new();
    for row in find(&store, &arguments.case)? {
        let policy = policies.version(row.policy).unwrap_or(&policies.latest().policy);
        reports.push(case_report(&store, policy, Reader::Keeper, &row)?);
    }
    match (global.format, reports.as_slice()) {
        (Format::Json, [one]) => output::json(one)?,
        (Format::Json, many) => output::json(&serde_json::json!({ "cases": many }))?,
        (Format::Human, many) => output::text(&many.iter().map(words).collect::<Vec<_>>().join("\n"))?,
    };
    let aside = reports.iter().any(|it| it.set_aside.is_some());
    Ok(if aside { Done::Findings } else { Done::Clean })
}

/// The case of a number, or the cases of a subject.
pub(super) fn find(store: &dyn Store, words: &str) -> Result<Vec<CaseRow>, Failure> {
    let by_number = words.parse().ok().map(|id| store.case(id)).transpose()?.flatten();
    if let Some(row) = by_number {
        return Ok(vec![row]);
    }
    let rows = store.cases(&Filter { subject: Some(words.to_owned()), ..Filter::default() })?;
    if rows.is_empty() {
        return Err(Failure::usage(format!("there is no case `{words}`, and no subject of that key has one"))
            .help("`merit cases` lists them"));
    }
    Ok(rows)
}

fn words(report: &CaseReport) -> String {
    let period = report.period.as_ref().map_or_else(String::new, |it| format!(" in {it}"));
    let mut words =
        format!("Case {}: {} ({}) of {}{period}\n", report.case, report.title, report.workflow, report.subject);
    let newer = report.newest_policy.filter(|it| *it != report.policy);
    let newer = newer.map_or_else(String::new, |it| format!(" (version {it} is in force for new cases)"));
    words += &format!("  policy version {}{newer}; {}", report.policy, report.status);
    words += &report.mark.as_ref().map_or_else(String::new, |it| format!(", marked \"{it}\""));
    words.push('\n');
    if let Some(reason) = &report.set_aside {
        words += &format!("  set aside: {reason}\n");
    }
    for suspension in &report.suspensions {
        words += &format!("  the clock stood still {suspension}\n");
    }
    for it in &report.unconfirmed {
        words +=
            &format!("  {} is {}, still to be confirmed (entered by {} on {})\n", it.field, it.value, it.by, it.on);
    }
    words += "\nStages\n";
    for deadline in &report.deadlines {
        words += &stage(deadline);
    }
    words += "\nHistory\n";
    for line in &report.history {
        words += &format!("  {:>4}  {}  {}\n", line.seq, line.day, line.what);
    }
    if !report.refusals.is_empty() {
        words += "\nRefused\n";
    }
    for it in &report.refusals {
        let possible = it.possible.as_ref().map_or_else(String::new, |it| format!("; {it}"));
        words += &format!("  {}  {}: {} ({}{possible})\n", it.day, it.who, it.what, it.why);
    }
    words
}

/// A stage with the derivation of its dates.
pub(super) fn stage(report: &DeadlineReport) -> String {
    let opens = report.opens.as_ref().map_or_else(String::new, |it| format!(", opened {it}"));
    let due = report.due.as_ref().map_or_else(String::new, |it| format!(", due {it}"));
    let expected = if report.expected { " (rests on a day that is only expected)" } else { "" };
    let mut words = format!("  {}: {}{opens}{due}{expected}\n", report.stage, report.state);
    for holder in &report.holders {
        words += &format!("      with {holder}\n");
    }
    for line in &report.why_due {
        words += &format!("      due: {line}\n");
    }
    for line in &report.why_closes {
        words += &format!("      closes: {line}\n");
    }
    for fact in &report.waiting_for {
        words += &format!("      waits for {fact}\n");
    }
    words
}
