//! `merit migrate`: open cases go on under another version of the policy.

use crate::calendar::Moment;
use crate::cli::run::refuse_the_future;
use crate::cli::{Done, Format, Global, Outcome, open, output};
use crate::engine::{self, AsOf, Chosen, MailSender, MigrateReport, MigrateRequest, Stays};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Who moves the cases
    #[arg(long, value_name = "WHO")]
    by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// On this day (2026-07-31), or at a moment [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
}

/// Which open cases, and where they go.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(super) struct Which {
    /// To this version of the policy [default: the one in force]
    #[arg(long, value_name = "VERSION")]
    pub(super) to: Option<i64>,
    /// Only cases of this workflow
    #[arg(long, value_name = "WORKFLOW")]
    pub(super) workflow: Option<String>,
    /// Only cases in which this stage is open
    #[arg(long, value_name = "STAGE")]
    pub(super) at: Option<String>,
    /// Only cases of this subject (its key); may be given again
    #[arg(long = "key", value_name = "KEY")]
    pub(super) keys: Vec<String>,
    /// Only this case; may be given again
    #[arg(long = "case", value_name = "ID")]
    pub(super) cases: Vec<i64>,
    /// What a stage is called in that version, such as `--stage look=review`; may be given again
    #[arg(long = "stage", value_name = "OLD=NEW", value_parser = old_and_new)]
    pub(super) stages: Vec<(String, String)>,
}

fn old_and_new(words: &str) -> Result<(String, String), String> {
    match words.split_once('=') {
        Some((old, new)) if !old.trim().is_empty() && !new.trim().is_empty() => {
            Ok((old.trim().to_owned(), new.trim().to_owned()))
        }
        _ => Err("write it as OLD=NEW: the stage's name, and what the other version calls it".to_owned()),
    }
}

impl Which {
    pub(super) fn request(&self, by: &str, because: &str) -> MigrateRequest {
        MigrateRequest {
            to: self.to,
            which: Chosen {
                workflow: self.workflow.clone(),
                stage: self.at.clone(),
                subjects: self.keys.clone(),
                cases: self.cases.clone(),
            },
            stages: self.stages.clone(),
            by: by.trim().to_owned(),
            because: because.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let now = open::now();
    let as_of = arguments.as_of.as_deref().map(open::as_of).transpose()?.unwrap_or(AsOf::Moment(Moment(now)));
    let mut store = open::store(&project)?;
    refuse_the_future(&project, &store, as_of, now)?;
    let request = arguments.which.request(&arguments.by, &arguments.because);
    let mut sender = MailSender::new(&project)?;
    let settings = open::settings(&project, as_of, now);
    let report = engine::migrate(&mut store, &settings, &mut sender, &request)?;
    match global.format {
        Format::Json => output::json(&report)?,
        Format::Human => output::text(&words(&report))?,
    };
    Ok(if report.stay.is_empty() { Done::Clean } else { Done::Findings })
}

fn words(report: &MigrateReport) -> String {
    let mut words = match report.moved {
        0 => format!("No case moved to policy version {}.\n", report.to),
        moved => format!("{} moved to policy version {}.\n", output::count(moved, "case", "cases"), report.to),
    };
    if report.already > 0 {
        words += &format!("  {} by it already\n", output::count(report.already, "case goes", "cases go"));
    }
    let what = [
        (report.run.dates_moved, "stage with moved dates", "stages with moved dates"),
        (report.run.notices.len() as u64 + report.run.more_notices, "notice goes out", "notices go out"),
    ];
    for (number, one, many) in what.into_iter().filter(|it| it.0 > 0) {
        words += &format!("  {}\n", output::count(number, one, many));
    }
    words + &staying(&report.stay)
}

/// Cases that can't be moved, for people.
pub(super) fn staying(stay: &[Stays]) -> String {
    if stay.is_empty() {
        return String::new();
    }
    let mut words = format!("{} be moved:\n", output::count(stay.len() as u64, "case can't", "cases can't"));
    for it in stay {
        words += &format!("  case {} ({} of {}): {}\n", it.case, it.workflow, it.subject, it.why);
        if !it.help.is_empty() {
            words += &format!("    {}\n", it.help);
        }
    }
    words
}
