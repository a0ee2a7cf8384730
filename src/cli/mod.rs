//! The command line: one enum of verbs, one match, one file for each verb. It lays out what the library gives as values.
//!
//! Results go to stdout, everything else to stderr. Exit codes: 0 nothing needs a person, 1 findings, 2 usage, 3 environment.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

mod act;
mod act_csv;
mod backup;
mod bar;
mod case;
mod cases;
mod check;
mod delegate;
mod demo;
mod deploy;
mod explain;
mod fmt;
mod forecast;
mod forecast_acts;
mod forecast_words;
mod import;
mod init;
mod journal;
mod judge;
mod judgements;
mod junit;
mod listing;
mod migrate;
mod open;
mod outbox;
mod outcomes;
mod output;
mod plan;
mod report;
mod restore;
mod run;
mod sample;
mod serve;
mod simulate;
mod simulate_files;
mod simulate_results;
mod simulate_vary;
mod simulate_years;
mod status;
mod test;
mod tried;
mod written_files;

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Nothing needs a person.
    Clean,
    /// Something was found that a person should look at.
    Findings,
}

/// Why a verb could not do its work: words for people, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
    code: u8,
    /// Whether it is the store's file that is in the way, which the message does not name yet.
    of_store: bool,
}

impl Failure {
    /// The caller asked for something that can't be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, code: 2, of_store: false }
    }

    /// The world does not allow it.
    pub(crate) fn environment(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, code: 3, of_store: false }
    }

    /// The world does not allow it, at the store's file.
    pub(crate) fn store(message: impl Into<String>) -> Self {
        Self { of_store: true, ..Self::environment(message) }
    }

    /// What it says and the way out, on one line.
    pub(crate) fn told(&self) -> String {
        let help = self.help.as_ref().map_or_else(String::new, |it| format!("; {it}"));
        format!("{}{help}", self.message)
    }

    /// What it says, with the store's file where that is in the way.
    fn words(&self, global: &Global) -> String {
        match open::project(global) {
            Ok(project) if self.of_store => format!("{}: {}", project.store.display(), self.message),
            _ => self.message.clone(),
        }
    }

    /// The way out.
    pub(crate) fn help(mut self, words: impl Into<String>) -> Self {
        self.help = Some(words.into());
        self
    }
}

/// What verbs give.
pub(crate) type Outcome = Result<Done, Failure>;

#[derive(Debug, Parser)]
#[command(name = "merit", version, about = "Rules, deadlines and reminders of the public service, as text that runs")]
#[command(arg_required_else_help = true, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

/// What every verb takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// The project's folder [default: the folder with merit.toml, here or above]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// How results are printed
    #[arg(long = "format", global = true, value_enum, default_value_t = Printed::Human, value_name = "FORMAT")]
    pub(crate) printed: Printed,
    /// The same for the verbs that give no CSV
    #[arg(skip)]
    pub(crate) format: Format,
    /// Say less on stderr
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more on stderr (twice: everything)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// How results are printed, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Printed {
    /// For people.
    Human,
    /// For programs; stable, see docs/cli.md.
    Json,
    /// For spreadsheets: the registers of `merit report` only.
    Csv,
}

/// How results are printed by the verbs that give no CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a new project: merit.toml and a first policy
    Init(init::Arguments),
    /// Try Merit on made-up records in a new folder
    Demo(demo::Arguments),
    /// Look for mistakes in policy files
    Check(check::Arguments),
    /// Run the `example` blocks of the policy
    Test(test::Arguments),
    /// Bring policy files into the one form that everybody writes
    Fmt(fmt::Arguments),
    /// Take records in from CSV files
    Import(import::Arguments),
    /// Put the working policy in force
    Deploy(deploy::Arguments),
    /// Tell what deploying the working policy, or moving open cases to it, would do
    Plan(plan::Arguments),
    /// Tell what a framework would do to everybody, as it is in force and as it might be
    Simulate(simulate::Arguments),
    /// Tell what the years ahead would bring if people went on as they did
    Forecast(forecast::Arguments),
    /// Let open cases go on under another version of the policy
    Migrate(migrate::Arguments),
    /// Open cases, remind, escalate and send whatever has come due
    Run(run::Arguments),
    /// Keep running and sending as things come due, until told to stop
    Serve(serve::Arguments),
    /// What is overdue: at which stage, with whom, for how long
    Status(status::Arguments),
    /// List cases
    Cases(cases::Arguments),
    /// Show one case: its history and why its dates are what they are
    Case(case::Arguments),
    /// Do something in a case, as the person with whom a stage lies
    Act(act::Arguments),
    /// Let somebody else act for some days on what is one's own
    Delegate(delegate::Arguments),
    /// Let a framework judge a period, or judge it anew
    Judge(judge::Arguments),
    /// List what was proposed for whom, and where it stands
    Outcomes(outcomes::Arguments),
    /// Registers and returns: overdue, missed, in force, appeals, ranking, …
    Report(report::Arguments),
    /// List what goes out; release, drop or retry notices
    Outbox(outbox::Arguments),
    /// Copy the whole store into one file, while others work with it
    Backup(backup::Arguments),
    /// Let a backup take the store's place; what it still had to send is held
    Restore(restore::Arguments),
    /// Explain an outcome, the dates of a case, or the code of a finding
    Explain(explain::Arguments),
    /// The journal of all cases
    #[command(subcommand)]
    Journal(journal::Verb),
    /// Write made-up records for a policy
    Sample(sample::Arguments),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let mut arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            return if error.print().is_ok() { ExitCode::from(code) } else { ExitCode::from(3) };
        }
    };
    let log = match &arguments.verb {
        Verb::Serve(it) => Some(it.log),
        _ => None,
    };
    arguments.global.format = if arguments.global.printed == Printed::Json { Format::Json } else { Format::Human };
    output::start_tracing(&arguments.global, log);
    match dispatch(&arguments) {
        Ok(Done::Clean) => ExitCode::SUCCESS,
        Ok(Done::Findings) => ExitCode::from(1),
        Err(failure) => {
            output::failure(&failure.words(&arguments.global), failure.help.as_deref());
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(arguments: &Arguments) -> Outcome {
    let global = &arguments.global;
    if global.printed == Printed::Csv && !matches!(arguments.verb, Verb::Report(_)) {
        return Err(Failure::usage("only `merit report` gives CSV").help("say `--format json`, or leave it out"));
    }
    match &arguments.verb {
        Verb::Init(it) => init::run(global, it),
        Verb::Demo(it) => demo::run(global, it),
        Verb::Check(it) => check::run(global, it),
        Verb::Test(it) => test::run(global, it),
        Verb::Fmt(it) => fmt::run(global, it),
        Verb::Import(it) => import::run(global, it),
        Verb::Deploy(it) => deploy::run(global, it),
        Verb::Plan(it) => plan::run(global, it),
        Verb::Simulate(it) => simulate::run(global, it),
        Verb::Forecast(it) => forecast::run(global, it),
        Verb::Migrate(it) => migrate::run(global, it),
        Verb::Run(it) => run::run(global, it),
        Verb::Serve(it) => serve::run(global, it),
        Verb::Status(it) => status::run(global, it),
        Verb::Cases(it) => cases::run(global, it),
        Verb::Case(it) => case::run(global, it),
        Verb::Act(it) => act::run(global, it),
        Verb::Delegate(it) => delegate::run(global, it),
        Verb::Judge(it) => judge::run(global, it),
        Verb::Outcomes(it) => outcomes::run(global, it),
        Verb::Report(it) => report::run(global, it),
        Verb::Outbox(it) => outbox::run(global, it),
        Verb::Backup(it) => backup::run(global, it),
        Verb::Restore(it) => restore::run(global, it),
        Verb::Explain(it) => explain::run(global, it),
        Verb::Journal(it) => journal::run(global, it),
        Verb::Sample(it) => sample::run(global, it),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut <Arguments as clap::CommandFactory>::command(), "merit", &mut script);
            output::text(&String::from_utf8_lossy(&script))
        }
    }
}
