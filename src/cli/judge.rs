//! `merit judge`: a framework judges a period because somebody asks for it, or judges it anew.

use crate::calendar::Moment;
use crate::cli::run::{refuse_the_future, words};
use crate::cli::{Done, Format, Global, Outcome, open, output};
use crate::engine::{self, AsOf, JudgeRequest, MailSender};
use crate::store::sqlite::SqliteStore;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The framework's name
    #[arg(value_name = "FRAMEWORK")]
    framework: String,
    /// The period, as the policy writes it: 2026, 2025/26
    #[arg(long = "in", value_name = "PERIOD")]
    period: String,
    /// Only for one: the key of the record
    #[arg(long, value_name = "KEY")]
    of: Option<String>,
    /// On this day (2026-07-31), or at a moment [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let asked = arguments.as_of.as_deref().map(open::as_of).transpose()?;
    let _lock = SqliteStore::lock_engine(&project.store)?;
    let mut store = open::store(&project)?;
    let now = open::now();
    let as_of = asked.unwrap_or(AsOf::Moment(Moment(now)));
    refuse_the_future(&project, &store, as_of, now)?;
    let settings = open::settings(&project, as_of, now);
    let mut sender = MailSender::new(&project)?;
    let request = JudgeRequest {
        framework: arguments.framework.clone(),
        period: arguments.period.clone(),
        of: arguments.of.clone(),
    };
    let report = engine::judge_on_request(&mut store, &settings, &mut sender, &request)?;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Human => output::text(&words(&report, None))?,
    };
    Ok(if report.set_aside + report.undetermined > 0 { Done::Findings } else { Done::Clean })
}
