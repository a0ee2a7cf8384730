//! `merit fmt`: brings policy files into their canonical form.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::cli::{Done, Failure, Format, Global, Outcome, check, open, output};
use crate::config;
use crate::diagnostic::Diagnostics;
use crate::source::Sources;
use crate::syntax;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files or folders [default: the project's policies]; `-` reads from stdin and writes to stdout
    #[arg(value_name = "FILE|DIR|-")]
    paths: Vec<PathBuf>,
    /// Write nothing, list the files that would change
    #[arg(long)]
    check: bool,
    /// Write nothing, show what would change
    #[arg(long)]
    diff: bool,
}

/// A file and its canonical form; none if it can't be read.
struct Formatted<'s> {
    name: &'s str,
    text: &'s str,
    form: Option<String>,
}

impl Formatted<'_> {
    fn changed(&self) -> bool {
        self.form.as_ref().is_some_and(|it| it != self.text)
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let from_stdin = arguments.paths == [PathBuf::from("-")];
    let (paths, sources) = if from_stdin { (Vec::new(), stdin()?) } else { files(global, &arguments.paths)? };
    let mut found = Diagnostics::new();
    let formatted: Vec<Formatted<'_>> = sources
        .iter()
        .map(|(id, file)| {
            let form = syntax::format(id, &file.text, &mut found);
            Formatted { name: &file.name, text: &file.text, form }
        })
        .collect();
    let only_look = arguments.check || arguments.diff;
    for (path, file) in paths.iter().zip(&formatted) {
        if let Some(form) = file.form.as_ref().filter(|_| file.changed() && !only_look) {
            replace(path, form)?;
        }
    }
    match global.format {
        Format::Json => print_json(&formatted, &found, &sources)?,
        Format::Human if from_stdin && !only_look => {
            output::text(formatted.first().and_then(|it| it.form.as_deref()).unwrap_or(""))?
        }
        Format::Human if arguments.diff => output::text(&formatted.iter().map(difference).collect::<String>())?,
        Format::Human => {
            let changed = formatted.iter().filter(|it| it.changed());
            output::text(&changed.map(|it| format!("{}\n", it.name)).collect::<String>())?
        }
    };
    if global.format == Format::Human && from_stdin && !found.is_empty() {
        // What is printed may become the text of an editor, so that findings must not stand in it.
        output::note(global, found.render(&sources, output::colour()).trim_end());
    } else if global.format == Format::Human && !found.is_empty() && !from_stdin {
        check::show(global, &sources, &found)?;
    }
    if global.format == Format::Human && !from_stdin {
        say(global, only_look, &formatted);
    }
    let needs_somebody = !found.no_errors() || (only_look && formatted.iter().any(Formatted::changed));
    Ok(if needs_somebody { Done::Findings } else { Done::Clean })
}

fn say(global: &Global, only_look: bool, formatted: &[Formatted<'_>]) {
    let number = |count: usize| output::count(count as u64, "file", "files");
    let changed = formatted.iter().filter(|it| it.changed()).count();
    let left = formatted.iter().filter(|it| it.form.is_none()).count();
    let mut words = match (changed, only_look) {
        (0, _) => format!("{} in canonical form", number(formatted.len() - left)),
        (_, true) => format!("{} would change", number(changed)),
        (_, false) => format!("{} changed", number(changed)),
    };
    if left == formatted.len() {
        words.clear();
    }
    if left > 0 {
        words += if words.is_empty() { "" } else { "; " };
        words += &format!("{} with mistakes left alone", number(left));
    }
    output::note(global, &words);
}

fn print_json(formatted: &[Formatted<'_>], found: &Diagnostics, sources: &Sources) -> Outcome {
    let files: Vec<_> =
        formatted.iter().map(|it| serde_json::json!({ "file": it.name, "changed": it.changed() })).collect();
    let diagnostics = &found.to_json(sources)["diagnostics"];
    output::json(&serde_json::json!({ "files": files, "diagnostics": diagnostics }))
}

fn difference(file: &Formatted<'_>) -> String {
    let Some(form) = file.form.as_ref().filter(|_| file.changed()) else { return String::new() };
    let (old, new) = (format!("{} (as it is)", file.name), format!("{} (formatted)", file.name));
    TextDiff::from_lines(file.text, form).unified_diff().header(&old, &new).to_string()
}

fn stdin() -> Result<Sources, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::environment(format!("stdin can't be read: {error}")))?;
    Ok(Sources::single("-", text))
}

fn files(global: &Global, paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Sources), Failure> {
    let named = if paths.is_empty() { open::project(global)?.policies } else { paths.to_vec() };
    let failed = |error: config::ConfigError| Failure::usage(error.to_string()).help(error.help());
    let files = config::policy_files(&named).map_err(failed)?;
    let sources = config::gather_sources(&files).map_err(failed)?;
    Ok((files, sources))
}

/// Writes a file whole or not at all: beside it first, then in its place, with its permissions.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::environment(format!("{} can't be written: {error}", path.display()));
    // What a link leads to is changed, not the link.
    let place = fs::canonicalize(path).map_err(failed)?;
    let mut name = place.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{}.unfinished", std::process::id()));
    let beside = place.with_file_name(name);
    let permissions = fs::metadata(&place).map_err(failed)?.permissions();
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, permissions))
        .and_then(|()| fs::File::open(&beside)?.sync_all())
        .and_then(|()| fs::rename(&beside, &place));
    written.map_err(|error| {
        // The file itself is as it was; what stands beside it is of no use.
        let _gone = fs::remove_file(&beside);
        failed(error)
    })
}
