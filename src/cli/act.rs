//! `merit act`: what a person does in a case.

use crate::calendar::{Moment, length_of};
use crate::cli::case::find;
use crate::cli::run::refuse_the_future;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::engine::{self, ActError, ActReport, ActRequest, AsOf, MailSender};
use crate::policy::acts::Off;
use crate::report::event_words;
use crate::store::CaseRow;
use crate::workflow::{Act, Case, Deed};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The number of the case, or the key of its subject
    #[arg(value_name = "ID|KEY", required_unless_present = "csv")]
    case: Option<String>,
    /// Many acts, a row each: columns `case` (or `subject`, `workflow`, `period`), `act`, `as`, and as needed `choice`, `to`, `length`,
    /// `stage`, `because`, `key`, `on`; every other column is a field to fill. Rows that are refused go into FILE.rejected.csv
    #[arg(long, value_name = "FILE", conflicts_with = "case")]
    csv: Option<std::path::PathBuf>,
    /// Of a file: on this day (2026-07-31), or at a moment [default: now]
    #[arg(long, value_name = "DATE", requires = "csv")]
    as_of: Option<String>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Choose how a stage goes on
    Choose {
        /// One of the choices that the stage offers
        choice: String,
        /// The lesser sanction, where that choice lessens the one proposed
        #[arg(long, value_name = "SANCTION")]
        to: Option<String>,
        #[command(flatten)]
        who: Who,
    },
    /// Write the fields of a stage
    Fill {
        /// A field and its value, such as `targets=6` (`targets=` empties it); days as 2026-07-31
        #[arg(required = true, value_name = "FIELD=VALUE", value_parser = field_and_value)]
        values: Vec<(String, String)>,
        #[command(flatten)]
        who: Who,
    },
    /// Give a stage more time, as whom the policy names for it
    Extend {
        /// How much: `10 days`, `5 working days`
        #[arg(required = true, num_args = 1.., value_name = "LENGTH")]
        length: Vec<String>,
        #[command(flatten)]
        who: Who,
    },
    /// End a case that is asked for no more, as whom the policy names for it
    Withdraw {
        #[command(flatten)]
        who: Who,
    },
    /// End a case that is not to go on, as whom the policy names for it
    Cancel {
        #[command(flatten)]
        who: Who,
    },
    /// Say that what a stage fills stands as it is: needed where the case went back to the stage
    Complete {
        #[command(flatten)]
        who: Who,
    },
    /// Let the one concerned off, as whom the policy names for it: the case ends
    Exempt {
        #[command(flatten)]
        who: Who,
    },
    /// End what a case (by its number) brought into force before its time, as whom the policy names for it
    Lift {
        #[command(flatten)]
        who: Who,
    },
    /// Stop the clock of a case, as whom the policy names for it
    Suspend {
        #[command(flatten)]
        who: Who,
    },
    /// Let the clock run again that somebody has stopped
    Resume {
        #[command(flatten)]
        who: Who,
    },
    /// Write anew what was filled in a stage that has ended, as whom the policy names for it
    Correct {
        /// The fields and their new values, such as `mark=62`
        #[arg(value_name = "FIELD=VALUE", value_parser = field_and_value, required = true)]
        values: Vec<(String, String)>,
        #[command(flatten)]
        who: Who,
    },
    /// Withdraw from a case on which one's committee decides
    Recuse {
        #[command(flatten)]
        who: Who,
    },
    /// Close the vote of a committee: it is counted
    Close {
        #[command(flatten)]
        who: Who,
    },
    /// What a stage sends is sent: a notice, a ruling
    Send {
        #[command(flatten)]
        who: Who,
    },
    /// What was sent was received: by whom it went to, or entered by whoever sent it
    Receive {
        /// The day on which it was received (2026-03-04) [default: the day of the act]
        #[arg(long, value_name = "DATE")]
        on: Option<String>,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Debug, clap::Args)]
struct Who {
    /// Who acts: the key of the person with whom the stage lies, or whom the policy names for this (`okot`, or `officer:okot`)
    #[arg(long = "as", value_name = "PERSON")]
    actor: String,
    /// In which stage, where several could be meant
    #[arg(long = "in", value_name = "STAGE")]
    stage: Option<String>,
    /// Why, in their words; it is kept
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
    /// By which the caller knows this act: the same key again does nothing
    #[arg(long, value_name = "KEY", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    key: Option<String>,
    /// On this day (2026-07-31), or at a moment [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    if let Some(path) = &arguments.csv {
        return crate::cli::act_csv::run(global, path, arguments.as_of.as_deref());
    }
    let (Some(subject), Some(what)) = (&arguments.case, &arguments.what) else {
        let help = "such as `choose`, `fill` or `complete`: `merit act --help` lists them";
        return Err(Failure::usage("what is done in the case must be said").help(help));
    };
    let project = open::project(global)?;
    let (who, deed, values) = match what {
        What::Choose { choice, to, who } => {
            (who, Deed::Choose { choice: choice.clone(), instead: to.clone() }, Vec::new())
        }
        What::Fill { values, who } => (who, Deed::Fill(values.iter().map(|it| it.0.clone()).collect()), values.clone()),
        What::Complete { who } => (who, Deed::Complete, Vec::new()),
        What::Withdraw { who } => (who, Deed::CallOff(Off::Withdrawn), Vec::new()),
        What::Cancel { who } => (who, Deed::CallOff(Off::Cancelled), Vec::new()),
        What::Exempt { who } => (who, Deed::CallOff(Off::Exempted), Vec::new()),
        What::Lift { who } => (who, Deed::Lift, Vec::new()),
        What::Suspend { who } => (who, Deed::Suspend, Vec::new()),
        What::Resume { who } => (who, Deed::Resume, Vec::new()),
        What::Correct { values, who } => {
            (who, Deed::Correct(values.iter().map(|it| it.0.clone()).collect()), values.clone())
        }
        What::Extend { length, who } => {
            let length = length_of(&length.join(" ")).map_err(Failure::usage)?;
            (who, Deed::Extend(length), Vec::new())
        }
        What::Recuse { who } => (who, Deed::Recuse, Vec::new()),
        What::Close { who } => (who, Deed::EndVote, Vec::new()),
        What::Send { who } => (who, Deed::Send, Vec::new()),
        What::Receive { on, who } => {
            let day = on.as_deref().map(open::day).transpose()?;
            (who, Deed::Receive(day), Vec::new())
        }
    };
    let asked = who.as_of.as_deref().map(open::as_of).transpose()?;
    let mut store = open::store(&project)?;
    let case = the_open_one(&store, subject, who.key.as_deref())?;
    let now = open::now();
    let as_of = asked.unwrap_or(AsOf::Moment(Moment(now)));
    refuse_the_future(&project, &store, as_of, now)?;
    let settings = open::settings(&project, as_of, now);
    let (kind, key) = who.actor.split_once(':').unwrap_or(("", &who.actor));
    let act = Act {
        by: (kind.to_owned(), key.to_owned()),
        stage: who.stage.clone(),
        what: deed,
        because: who.because.clone(),
        key: who.key.clone(),
    };
    let mut sender = MailSender::new(&project)?;
    let request = ActRequest { case, act, values };
    let report = engine::act(&mut store, &settings, &mut sender, &request).map_err(failure)?;
    match global.format {
        Format::Json => output::json(&with_events(&report)?)?,
        Format::Human => output::text(&words(&report))?,
    };
    Ok(if report.set_aside.is_some() { Done::Findings } else { Done::Clean })
}

fn field_and_value(words: &str) -> Result<(String, String), String> {
    let (field, value) = words.split_once('=').ok_or("a field and its value are expected, such as `targets=6`")?;
    Ok((field.trim().to_owned(), value.trim().to_owned()))
}

/// The case of a number; of a subject's cases the one that is open.
pub(super) fn the_open_one(store: &dyn crate::store::Store, words: &str, key: Option<&str>) -> Result<i64, Failure> {
    let found = find(store, words)?;
    // What was done before was done in its case, open or not.
    let known = |it: &&CaseRow| {
        let case: Option<Case> = serde_json::from_str(&it.state).ok();
        key.zip(case).is_some_and(|(key, case)| case.acts.contains_key(key))
    };
    if let Some(row) = found.iter().find(known) {
        return Ok(row.id);
    }
    let open: Vec<i64> = found.iter().filter(|it| it.status == "open").map(|it| it.id).collect();
    match (found.as_slice(), open.as_slice()) {
        ([only], _) => Ok(only.id),
        (_, [only]) => Ok(*only),
        (_, []) => Err(Failure::usage(format!("no case of `{words}` is open"))),
        (_, several) => {
            let list: Vec<String> = found
                .iter()
                .filter(|it| several.contains(&it.id))
                .map(|it| format!("{} ({} {})", it.id, it.workflow, it.period).replace(" )", ")"))
                .collect();
            Err(Failure::usage(format!("`{words}` has several open cases"))
                .help(format!("name one by its number: {}", list.join(", "))))
        }
    }
}

pub(super) fn failure(error: ActError) -> Failure {
    match error {
        ActError::Refused(refusal) => {
            let failure = Failure::usage(format!("refused: {}", refusal.why));
            match refusal.possible {
                Some(possible) => failure.help(possible),
                None => failure,
            }
        }
        ActError::NoCase(_) => Failure::usage(error.to_string()).help("`merit cases` lists them"),
        ActError::SetAside(..) => Failure::usage(error.to_string())
            .help("nothing can be done in it until that is mended; `merit case` shows it"),
        ActError::Engine(error) => error.into(),
    }
}

fn with_events(report: &ActReport) -> Result<serde_json::Value, Failure> {
    let mut value = serde_json::to_value(report).map_err(|error| Failure::environment(error.to_string()))?;
    let line = |it: &crate::workflow::Event| serde_json::json!({ "day": it.day().to_string(), "kind": it.kind(), "what": event_words(it) });
    value["events"] = report.events.iter().map(line).collect();
    Ok(value)
}

fn words(report: &ActReport) -> String {
    if report.repeated {
        return format!("Case {}: this was done before, by its key; nothing was done now.\n", report.case);
    }
    let mark = report.mark.as_ref().map_or_else(String::new, |it| format!(", marked \"{it}\""));
    let mut words =
        format!("Case {}: {} of {}, {}{mark}\n", report.case, report.workflow, report.subject, report.status);
    for event in &report.events {
        words += &format!("  {}  {}\n", event.day(), event_words(event));
    }
    if let Some(reason) = &report.set_aside {
        words += &format!("  set aside: {reason}\n");
    }
    for it in &report.notices {
        words += &format!("  {}  {} to {}, with the next run\n", it.date, it.message, it.recipient);
    }
    words
}
