//! `merit outcomes`: what frameworks proposed for whom, and where it stands.

use crate::cli::{Done, Format, Global, Outcome, open, output};
use crate::report::{OutcomeLine, Reader, outcome_list};
use crate::store::OutcomeFilter;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only of this framework
    #[arg(long)]
    framework: Option<String>,
    /// Only of this period, as the policy writes it: 2026, 2025/26 (with --framework)
    #[arg(long = "in", value_name = "PERIOD", requires = "framework")]
    period: Option<String>,
    /// Only for one: the key of the record
    #[arg(long, value_name = "KEY")]
    of: Option<String>,
    /// Only those that stand so
    #[arg(long)]
    state: Option<State>,
    /// At most so many
    #[arg(long, default_value_t = 50)]
    top: usize,
}

/// Where an outcome stands.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum State {
    Undetermined,
    Proposed,
    Stayed,
    InForce,
    Dismissed,
    Ended,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Undetermined => "undetermined",
            State::Proposed => "proposed",
            State::Stayed => "stayed",
            State::InForce => "in force",
            State::Dismissed => "dismissed",
            State::Ended => "ended",
        }
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let store = open::reading_store(&project)?;
    let policies = open::deployed(&project, &store)?;
    let policy = &policies.latest().policy;
    let framework = arguments.framework.as_deref().map(|name| open::framework(policy, name)).transpose()?;
    let first = match framework.zip(arguments.period.as_deref()) {
        Some((framework, label)) => Some(open::period(policy, framework, label)?.first.to_string()),
        None => None,
    };
    let filter = OutcomeFilter {
        framework: arguments.framework.clone(),
        period: first,
        subject: arguments.of.clone(),
        state: arguments.state.map(|it| it.word().to_owned()),
        ..OutcomeFilter::default()
    };
    let lines = outcome_list(&store, &policies, Reader::Keeper, &filter)?;
    match global.format {
        Format::Json => output::json(&serde_json::json!({ "outcomes": lines }))?,
        Format::Human => output::text(&words(&lines, arguments.top))?,
    };
    Ok(Done::Clean)
}

fn words(lines: &[OutcomeLine], top: usize) -> String {
    if lines.is_empty() {
        return "No outcome matches.\n".to_owned();
    }
    let row = |it: &OutcomeLine| {
        let instead = if it.rule == it.proposed { String::new() } else { format!(" (for {})", it.proposed) };
        let since = match &it.ended {
            Some(day) => format!(" on {day}"),
            None => it.since.as_ref().map_or_else(String::new, |day| format!(" since {day}")),
        };
        let until = it.until.as_ref().map_or_else(String::new, |day| format!(" until {day}"));
        let missing = it.missing.as_ref().map_or_else(String::new, |facts| format!(", for want of {facts}"));
        let case = it.case.map_or_else(String::new, |it| it.to_string());
        [
            format!("{} {}", it.subject, it.subject_name),
            it.period.clone(),
            format!("{}{instead}", it.rule),
            it.amount.clone().unwrap_or_default(),
            format!("{}{since}{until}{missing}", it.state),
            case,
        ]
    };
    let shown = lines.iter().take(top).map(row);
    let mut words = output::table(["for", "period", "rule", "amount", "stands", "case"], shown);
    if lines.len() > top {
        words += "… and more (--top N shows more)\n";
    }
    words
}
