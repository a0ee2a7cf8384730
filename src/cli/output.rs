//! What goes to stdout and stderr.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::cli::{Done, Failure, Global, Outcome};
pub(crate) use crate::value::grouped;

/// Prints a result as it is. A reader that went away is no failure.
pub(crate) fn text(words: &str) -> Outcome {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(words.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(Done::Clean),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Done::Clean),
        Err(error) => Err(Failure::environment(format!("the result can't be written: {error}"))),
    }
}

/// Prints a result for programs.
pub(crate) fn json(value: &impl Serialize) -> Outcome {
    let words = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::environment(format!("the result can't be written as JSON: {error}")))?;
    text(&(words + "\n"))
}

/// Says something beside the result.
pub(crate) fn note(global: &Global, words: &str) {
    if !global.quiet {
        let mut stderr = anstream::stderr().lock();
        let _gone = writeln!(stderr, "{words}");
    }
}

/// Asks something, and waits on the same line.
pub(crate) fn ask(words: &str) {
    let mut stderr = anstream::stderr().lock();
    let _gone = write!(stderr, "{words} [y/N] ").and_then(|()| stderr.flush());
}

/// Says why a verb could not do its work.
pub(crate) fn failure(message: &str, help: Option<&str>) {
    let mut stderr = anstream::stderr().lock();
    let _gone = writeln!(stderr, "\u{1b}[1;31merror\u{1b}[0m: {message}");
    if let Some(help) = help {
        let _gone = writeln!(stderr, "  help: {help}");
    }
}

/// Whether findings are printed in colour.
pub(crate) fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// A table for people.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    wide_table(head, rows)
}

/// The same with as many columns as there happen to be.
pub(crate) fn wide_table<H: Into<comfy_table::Row>, R: Into<comfy_table::Row>>(
    head: H,
    rows: impl IntoIterator<Item = R>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    format!("{table}\n")
}

/// `1 case`, `2 cases`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(&number.to_string()), if number == 1 { one } else { many })
}

/// How the log of a program that stays is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Log {
    /// For people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// Says on stderr what the program does. One that stays (`log`) says more, and when.
pub(crate) fn start_tracing(global: &Global, log: Option<Log>) {
    let level = match (global.quiet, global.verbose, log) {
        (true, _, _) => "error",
        (false, 0, None) => "warn",
        (false, 0, Some(_)) | (false, 1, None) => "merit=info",
        (false, _, _) => "merit=debug",
    };
    let filter = EnvFilter::try_from_env("MERIT_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let writer = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match log {
        None => writer.without_time().try_init(),
        Some(Log::Text) => writer.with_ansi(std::io::stderr().is_terminal()).try_init(),
        Some(Log::Json) => writer.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("tracing had been started before");
    }
}
