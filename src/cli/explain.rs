//! `merit explain`: the code of a finding, or the dates of a case.

use crate::cli::{Done, Failure, Format, Global, Outcome, case, open, output};
use crate::report::{Reader, case_report};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A code such as M0101, the number of a case, or the key of its subject
    #[arg(value_name = "CODE|CASE|KEY")]
    what: String,
    /// Only this stage of the case
    #[arg(value_name = "STAGE")]
    stage: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
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

fn dates(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
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
