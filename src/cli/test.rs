//! `merit test`: runs the `example` blocks of a policy.

use std::path::PathBuf;

use crate::casework::examples::{self, Verdict};
use crate::cli::{Done, Failure, Format, Global, Outcome, check, open, output};
use crate::policy::compile_with;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files or folders [default: the project's policies]
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Only examples whose title holds these words
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
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
    let failed = verdicts.iter().filter(|it| !it.failures.is_empty()).count();
    match global.format {
        Format::Json => output::json(&serde_json::json!({
            "examples": verdicts.iter().map(|it| serde_json::json!({
                "title": it.title, "passed": it.failures.is_empty(), "failures": it.failures.iter().map(|failure| {
                    let file = sources.file(failure.span.file);
                    let at = file.position(failure.span.start);
                    serde_json::json!({ "file": file.name, "line": at.line, "expected": failure.expected, "came": failure.came })
                }).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
        }))?,
        Format::Human => {
            let mut words = String::new();
            for verdict in &verdicts {
                words +=
                    &format!("{}  {}\n", if verdict.failures.is_empty() { "ok    " } else { "FAILED" }, verdict.title);
                for failure in &verdict.failures {
                    let file = sources.file(failure.span.file);
                    let at = file.position(failure.span.start);
                    words += &format!(
                        "        {}:{}: expected {}\n        came: {}\n",
                        file.name, at.line, failure.expected, failure.came
                    );
                }
            }
            words += &format!("{} passed, {failed} failed\n", verdicts.len() - failed);
            output::text(&words)?
        }
    };
    Ok(if failed == 0 { Done::Clean } else { Done::Findings })
}
