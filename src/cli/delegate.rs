//! `merit delegate`: somebody hands on what is theirs for some days.

use jiff::civil::Date;

use crate::calendar::Moment;
use crate::cli::act::failure;
use crate::cli::run::refuse_the_future;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::engine::{self, AsOf, DelegateRequest};
use crate::store::{Delegation, Store};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Who hands on what is theirs (`okot`, or `officer:okot`)
    #[arg(long, value_name = "PERSON", required = true)]
    from: Option<String>,
    /// To whom
    #[arg(long, value_name = "PERSON", required = true)]
    to: Option<String>,
    /// Only what is theirs in this role
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Only in cases of this workflow
    #[arg(long, value_name = "WORKFLOW")]
    workflow: Option<String>,
    /// From which day [default: today]
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// Until which day, that one included
    #[arg(long, value_name = "DATE", required = true)]
    until: Option<Date>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
    /// On this day (2026-07-31), or at a moment [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// List what is handed on now or later
    List {
        /// Also what is over
        #[arg(long)]
        all: bool,
    },
    /// End one before its time: from today on everything lies again with who gave it
    End {
        /// Its number
        number: i64,
        /// On this day (2026-07-31), or at a moment [default: now]
        #[arg(long, value_name = "DATE")]
        as_of: Option<String>,
    },
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let as_of = match &arguments.act {
        Some(Act::List { all }) => return list(global, *all),
        Some(Act::End { as_of, .. }) => as_of,
        None => &arguments.as_of,
    };
    let now = open::now();
    let as_of = as_of.as_deref().map(open::as_of).transpose()?.unwrap_or(AsOf::Moment(Moment(now)));
    let mut store = open::store(&project)?;
    refuse_the_future(&project, &store, as_of, now)?;
    let settings = open::settings(&project, as_of, now);
    let given = match &arguments.act {
        Some(Act::End { number, .. }) => engine::end_delegation(&mut store, &settings, *number),
        _ => {
            let policies = open::deployed(&project, &store)?;
            let today = match as_of {
                AsOf::Day(day) => day,
                AsOf::Moment(moment) => policies.latest().policy.main().day_of(moment),
            };
            let missing = || Failure::usage("who delegates, to whom and until when must be said");
            let named = |it: &Option<String>| it.as_deref().map(person).ok_or_else(missing);
            let request = DelegateRequest {
                from: named(&arguments.from)?,
                to: named(&arguments.to)?,
                role: arguments.role.clone(),
                workflow: arguments.workflow.clone(),
                since: arguments.since.unwrap_or(today),
                until: arguments.until.ok_or_else(missing)?,
                because: arguments.because.clone(),
            };
            engine::delegate(&mut store, &settings, &request)
        }
    };
    let given = given.map_err(failure)?;
    show(global, std::slice::from_ref(&given))
}

fn person(words: &str) -> (String, String) {
    let (kind, key) = words.split_once(':').unwrap_or(("", words));
    (kind.to_owned(), key.to_owned())
}

fn list(global: &Global, all: bool) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let from = if all { None } else { store.state()?.as_of };
    show(global, &store.delegations(from)?)
}

fn show(global: &Global, all: &[Delegation]) -> Outcome {
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "delegations": all }))?,
        Format::Human if all.is_empty() => output::text("Nobody delegates anything.\n")?,
        Format::Human => output::text(&all.iter().map(line).collect::<String>())?,
    };
    Ok(Done::Clean)
}

fn line(it: &Delegation) -> String {
    let role = it.role.as_ref().map_or_else(String::new, |it| format!(" as {it}"));
    let workflow = it.workflow.as_ref().map_or_else(String::new, |it| format!(" in {it}"));
    let because = it.because.as_ref().map_or_else(String::new, |it| format!(", because \"{it}\""));
    let days = if it.until < it.since {
        format!("never: it was ended before {}", it.since)
    } else {
        format!("from {} until {}", it.since, it.until)
    };
    format!("{}: {} delegates to {}{role}{workflow} {days}{because}\n", it.id, it.from.1, it.to.1)
}
