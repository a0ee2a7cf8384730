//! `merit explain`: the code of a finding, the dates of a case, or an outcome and why it is what it is.

use crate::cli::{Done, Failure, Format, Global, Outcome, case, open, output};
use crate::explain;
use crate::report::{Reader, case_report};
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A code such as M0101; the number of a case or the key of its subject; or, with --of, the name of a definition, table, scale,
    /// sanction, reward or measure
    #[arg(value_name = "CODE|CASE|KEY|OUTCOME")]
    what: String,
    /// Only this stage of the case
    #[arg(value_name = "STAGE")]
    #[arg(conflicts_with = "of")]
    stage: Option<String>,
    /// The key of the record whose outcome it is
    #[arg(long, value_name = "KEY")]
    of: Option<String>,
    /// The period, as the policy writes it: 2026, 2025/26
    #[arg(long = "in", value_name = "PERIOD", requires = "of")]
    period: Option<String>,
    /// For an outcome without periods: on the facts of this day [default: today]
    #[arg(long, value_name = "DATE", requires = "of")]
    on: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    if let Some(key) = &arguments.of {
        return outcome(global, arguments, key);
    }
    match crate::codes::entry(&arguments.what) {
        Some(entry) => code(global, entry),
        None if looks_like_a_code(&arguments.what) => {
            Err(Failure::usage(format!("there is no code `{}`", arguments.what))
                .help("codes stand in brackets before each finding of `merit check`, such as M0101; docs/diagnostics.md lists them"))
        }
        None => dates(global, arguments),
    }
}

/// `M0101`: an M and four digits.
fn looks_like_a_code(words: &str) -> bool {
    let digits = words.strip_prefix(['M', 'm']);
    digits.is_some_and(|it| it.len() == 4 && it.bytes().all(|digit| digit.is_ascii_digit()))
}

fn code(global: &Global, entry: &crate::codes::Entry) -> Outcome {
    if global.format == Format::Json {
        return output::json(&serde_json::json!({
            "code": entry.code.0, "severity": entry.severity, "title": entry.title, "explanation": entry.explanation,
            "wrong": entry.wrong, "right": entry.right,
        }));
    }
    let indent = |text: &str| text.trim_matches('\n').lines().map(|line| format!("    {line}\n")).collect::<String>();
    output::text(&format!(
        "{}: {}\n\n{}\n\nWrong:\n{}\nRight:\n{}",
        entry.code.0,
        entry.title,
        entry.explanation,
        indent(entry.wrong),
        indent(entry.right)
    ))
}

/// How deep reasons are told to people; programs get all of them.
const DEPTH: usize = 12;

/// `rating --of P-7 --in 2026`: what it is by the deployed policy and the records, and why.
fn outcome(global: &Global, arguments: &Arguments, key: &str) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let (sources, policy) = open::deployed_text(&project, &store)?;
    let day = match &arguments.on {
        Some(words) => open::day(words)?,
        None => open::today(&policy),
    };
    let reader = store.reader(&policy);
    let asked = explain::ask(&policy, &*reader, &arguments.what, key, arguments.period.as_deref(), day);
    if let Some(fault) = reader.fault() {
        return Err(fault.into());
    }
    let asked = asked.map_err(|refusal| Failure::usage(refusal.words).help(refusal.help))?;
    let told = asked.told(&policy, &sources);
    match global.format {
        Format::Json => output::json(&told),
        Format::Human => output::text(&(told.lines(DEPTH).join("\n") + "\n")),
    }
}

fn dates(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    if explain::names(&policies.latest().policy).contains(&arguments.what) {
        return Err(Failure::usage(format!("of whom is `{}` to be explained?", arguments.what)).help(format!(
            "name the record, and the period if there is one: `merit explain {} --of KEY --in 2026`",
            arguments.what
        )));
    }
    let mut words = String::new();
    let mut found = Vec::new();
    for row in case::find(&store, &arguments.what)? {
        let policy = policies.version(row.policy).unwrap_or(&policies.latest().policy);
        let report = case_report(&store, policy, Reader::Keeper, &row)?;
        let wanted = |it: &crate::report::DeadlineReport| arguments.stage.as_ref().is_none_or(|name| *name == it.stage);
        let deadlines: Vec<_> = report.deadlines.into_iter().filter(wanted).collect();
        words += &format!("Case {}: {} of {}\n", report.case, report.title, report.subject);
        words.extend(report.suspensions.iter().map(|it| format!("  the clock stood still {it}\n")));
        words.extend(deadlines.iter().map(case::stage));
        found.extend(deadlines);
    }
    if found.is_empty() {
        let stage = arguments.stage.as_deref().unwrap_or_default();
        return Err(Failure::usage(format!("no stage `{stage}` has begun in that case"))
            .help("`merit case ID` lists the stages that have"));
    }
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "deadlines": found }))?,
        Format::Human => output::text(&words)?,
    };
    Ok(Done::Clean)
}
