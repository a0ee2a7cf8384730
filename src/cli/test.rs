//! `merit test`: runs the `example` blocks of a policy.

use std::path::PathBuf;

use crate::casework::examples::{self, Verdict};
use crate::cli::{Done, Failure, Format, Global, Outcome, check, junit, open, output};
use crate::examine::{self, Coverage, Mutation, Survivor, Untouched};
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
    /// Also tell what of the policy no example touches
    #[arg(long)]
    coverage: bool,
    /// With --coverage: something untouched is a finding
    #[arg(long, requires = "coverage")]
    strict: bool,
    /// Also change the policy in many small ways, and tell which changes no example notices
    #[arg(long)]
    mutate: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let mut calendar = None;
    let (sources, compilation) = if arguments.paths.is_empty() {
        let project = open::project(global)?;
        calendar.clone_from(&project.calendar);
        open::working_policy(&project)?
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
    let coverage = arguments.coverage.then(|| examine::coverage(policy, &sources));
    if arguments.mutate && failed > 0 {
        output::note(global, "nothing was changed: every example must hold first");
    }
    let mutation = (arguments.mutate && failed == 0).then(|| examine::mutate(policy, &sources, calendar.as_deref()));
    match global.format {
        Format::Json => {
            let mut report = json(policy, &sources, &verdicts);
            for (key, part) in
                [("coverage", serde_json::to_value(&coverage)), ("mutation", serde_json::to_value(&mutation))]
            {
                if let Ok(part) = part
                    && !part.is_null()
                {
                    report[key] = part;
                }
            }
            output::json(&report)?
        }
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
            words += &coverage.as_ref().map_or_else(String::new, coverage_words);
            words += &mutation.as_ref().map_or_else(String::new, mutation_words);
            output::text(&words)?
        }
    };
    let untouched = arguments.strict && coverage.is_some_and(|it| !it.untouched.is_empty());
    let survived = mutation.is_some_and(|it| !it.survivors.is_empty());
    Ok(if failed == 0 && !untouched && !survived { Done::Clean } else { Done::Findings })
}

fn coverage_words(coverage: &Coverage) -> String {
    let told = |it: &Untouched| {
        let reason = it.reason.as_ref().map_or_else(String::new, |it| format!(" (excused: {it})"));
        format!("  {}:{}: {} {}: {}{reason}\n", it.file, it.line, it.kind, it.name, it.what)
    };
    let missed = coverage.untouched.len() + coverage.excused.len();
    let mut words = format!("\nTouched: {} of {} places\n", coverage.places - missed, coverage.places);
    words.extend(coverage.untouched.iter().chain(&coverage.excused).map(told));
    words
}

fn mutation_words(mutation: &Mutation) -> String {
    let told = |it: &Survivor| {
        let reason = it.reason.as_ref().map_or_else(String::new, |it| format!(" (excused: {it})"));
        let change = if it.now.is_empty() {
            format!("without `{}`", it.was)
        } else if it.was.is_empty() {
            format!("with `{}`", it.now)
        } else {
            format!("`{}` for `{}`", it.now, it.was)
        };
        let examples = output::count(it.examples as u64, "example touches", "examples touch");
        format!("  {}:{}: {change}; {examples} it{reason}\n", it.file, it.line)
    };
    let mut words = format!("\nNoticed: {} of {} small changes\n", mutation.noticed, mutation.tried);
    words.extend(mutation.survivors.iter().chain(&mutation.excused).map(told));
    words
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
