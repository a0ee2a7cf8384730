//! `merit check`: looks for mistakes in policy files.

use std::path::PathBuf;

use crate::cli::{Done, Format, Global, Outcome, open, output};
use crate::diagnostic::Diagnostics;
use crate::policy::compile_with;
use crate::policy::guarantees::{Guarantee, Standing};
use crate::source::Sources;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files or folders [default: the project's policies]
    #[arg(value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let (sources, compilation) = if arguments.paths.is_empty() {
        open::working_policy(&open::project(global)?)?
    } else {
        let sources = open::named_sources(&arguments.paths)?;
        let compilation = compile_with(&sources, None);
        (sources, compilation)
    };
    let done = if global.format == Format::Json {
        let mut found = compilation.diagnostics.to_json(&sources);
        found["guarantees"] = compilation.guarantees.iter().map(told).collect();
        output::json(&found)?;
        if compilation.diagnostics.is_empty() { Done::Clean } else { Done::Findings }
    } else {
        show(global, &sources, &compilation.diagnostics)?
    };
    if global.format == Format::Human && compilation.diagnostics.no_errors() && !compilation.guarantees.is_empty() {
        let count = |standing| compilation.guarantees.iter().filter(|it| it.standing == standing).count();
        let (proved, open) = (count(Standing::Proved), count(Standing::NotDecided));
        output::note(global, &format!("guarantees: {proved} proved, {open} not decided"));
    }
    if compilation.diagnostics.is_empty() && global.format == Format::Human {
        let files = output::count(sources.iter().count() as u64, "file", "files");
        output::note(global, &format!("{files} checked, nothing found"));
    }
    Ok(done)
}

fn told(it: &Guarantee) -> serde_json::Value {
    serde_json::json!({ "title": it.title, "standing": it.standing })
}

/// Prints the findings of a compilation.
pub(super) fn show(global: &Global, sources: &Sources, diagnostics: &Diagnostics) -> Outcome {
    match global.format {
        Format::Json => output::json(&diagnostics.to_json(sources))?,
        Format::Human => output::text(&diagnostics.render(sources, output::colour()))?,
    };
    if global.format == Format::Human && !diagnostics.is_empty() {
        let errors = diagnostics.iter().filter(|it| it.severity == crate::diagnostic::Severity::Error).count() as u64;
        let warnings = diagnostics.len() as u64 - errors;
        let (errors, warnings) =
            (output::count(errors, "error", "errors"), output::count(warnings, "warning", "warnings"));
        output::note(global, &format!("{errors}, {warnings}; `merit explain CODE` tells more about each code"));
    }
    Ok(if diagnostics.is_empty() { Done::Clean } else { Done::Findings })
}
