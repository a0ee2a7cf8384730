//! `merit test`: runs the `example` blocks of a policy.

use std::path::PathBuf;

use crate::casework::examples::{self, Verdict};
use crate::cli::{Done, Failure, Format, Global, Outcome, check, junit, open, output};
use crate::policy::compile_with;
use crate::policy::model::Policy;
use crate::source::Sources;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files or folders [default: the project's policies]
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Only examples whose title holds these words
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
    /// Also write the outcome as JUnit XML, which build servers read
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let (sources, compilation) = if arguments.paths.is_empty() {
        open::working_policy(&open::project(global)?)?
    } else {
        let sources = open::named_sources(&arguments.paths)?;
        let compilation = compile_with(&sources, None);
        (sources, compilation)
    };
    let Some(policy) = &compilation.policy else {
        check::show(global, &sources, &compilation.diagnostics)?;
        return Err(Failure { code: 1, ..Failure::usage("the policy has mistakes; no example was run") });
    };
    let wanted = |title: &str| arguments.only.as_ref().is_none_or(|words| title.contains(words.as_str()));
    let chosen: Vec<_> = policy.examples.iter().filter(|it| wanted(&it.title.text)).collect();
    if let Some(words) = arguments.only.as_ref().filter(|_| chosen.is_empty()) {
        let titles: Vec<&str> = policy.examples.iter().map(|it| it.title.text.as_str()).take(8).collect();
        let known = if titles.is_empty() {
            "the policy has none".to_owned()
        } else {
            format!("such as: {}", titles.join("; "))
        };
        return Err(Failure::usage(format!("no example has `{words}` in its title")).help(known));
    }
    let verdicts: Vec<Verdict> = chosen.iter().map(|it| examples::run(policy, it)).collect();
    let told = |failure: &examples::Failure| lines(policy, &sources, failure);
    if let Some(file) = &arguments.junit {
        let xml = junit::report(&sources, &verdicts, told);
        std::fs::write(file, xml)
            .map_err(|error| Failure::environment(format!("{} can't be written: {error}", file.display())))?;
    }
    let failed = verdicts.iter().filter(|it| !it.failures.is_empty()).count();
    match global.format {
        Format::Json => output::json(&json(policy, &sources, &verdicts))?,
        Format::Human => {
            let mut words = String::new();
            for verdict in &verdicts {
                let word = if verdict.failures.is_empty() { "ok    " } else { "FAILED" };
                words += &format!("{word}  {}\n", verdict.title);
                for line in verdict.failures.iter().flat_map(told) {
                    words += &format!("        {line}\n");
                }
            }
            words += &format!("{} passed, {failed} failed\n", verdicts.len() - failed);
            output::text(&words)?
        }
    };
    Ok(if failed == 0 { Done::Clean } else { Done::Findings })
}

/// How deep the reasons of a failure are told.
const DEPTH: usize = 5;

/// What was expected, what came, and why.
fn lines(policy: &Policy, sources: &Sources, failure: &examples::Failure) -> Vec<String> {
    let file = sources.file(failure.span.file);
    let at = file.position(failure.span.start);
    let mut lines =
        vec![format!("{}:{}: expected {}", file.name, at.line, failure.expected), format!("came: {}", failure.came)];
    lines.extend(failure.because.iter().map(|it| format!("  {it}")));
    let why = failure.why.iter().flat_map(|it| it.told(policy, sources).lines(DEPTH));
    lines.extend(why.map(|it| format!("  {it}")));
    lines
}

fn json(policy: &Policy, sources: &Sources, verdicts: &[Verdict]) -> serde_json::Value {
    let failure = |it: &examples::Failure| {
        let file = sources.file(it.span.file);
        serde_json::json!({
            "file": file.name, "line": file.position(it.span.start).line, "expected": it.expected, "came": it.came,
            "because": it.because, "why": it.why.as_ref().map(|it| it.told(policy, sources)),
        })
    };
    let verdict = |it: &Verdict| {
        serde_json::json!({
            "title": it.title, "passed": it.failures.is_empty(),
            "failures": it.failures.iter().map(failure).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({ "examples": verdicts.iter().map(verdict).collect::<Vec<_>>() })
}
