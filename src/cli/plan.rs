//! `merit plan`: what deploying the working policy, or moving open cases to a version, would do. Nothing is written.

use crate::calendar::Moment;
use crate::cli::deploy::Text;
use crate::cli::judgements::{self, Judgement};
use crate::cli::migrate::{Which, staying};
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output};
use crate::engine::{AsOf, Candidate, Rehearsal, rehearse};
use crate::report::{CasePlan, NoticePlan, PlanReport, Reader, Side, plan_report};
use crate::store::Store;
use crate::store::sqlite::SqliteStore;
use serde::Serialize;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Also move open cases to the version; the options that follow say which
    #[arg(long)]
    migrate: bool,
    #[command(flatten)]
    which: Which,
    /// Deploy the text of this earlier version again, instead of the working policy
    #[arg(long, value_name = "VERSION", conflicts_with = "to")]
    again: Option<i64>,
    /// How many days on
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(u32).range(0..=400))]
    days: u32,
    /// From the end of this day (2026-07-31), or a moment [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Show so many cases
    #[arg(long, default_value_t = 30)]
    top: usize,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let now = open::now();
    let as_of = arguments.as_of.as_deref().map(open::as_of).transpose()?.unwrap_or(AsOf::Moment(Moment(now)));
    let mut changed = SqliteStore::try_out(&project.store)?;
    let mut as_it_is = changed.twin()?;
    let since = changed.state()?.rev;
    let text = match arguments.which.to {
        Some(_) => None,
        None => match Text::of(global, &project, arguments.again.map(|it| (it, &changed)))? {
            Some(text) => Some(text),
            None => {
                return Err(Failure { code: 1, ..Failure::usage("the policy has mistakes; there is nothing to plan") });
            }
        },
    };
    let moves = arguments.migrate || arguments.which != Which::default();
    let request = moves.then(|| arguments.which.request("whoever migrates", "planned"));
    let deploy = text.as_ref().map(|it| Candidate { files: &it.files, policy: &it.policy });
    let settings = open::settings(&project, as_of, now);
    let bare = Rehearsal { deploy: None, migrate: None, settings: &settings, days: arguments.days };
    rehearse(&mut as_it_is, &bare)?;
    let rehearsed = rehearse(&mut changed, &Rehearsal { deploy, migrate: request.as_ref(), ..bare })?;
    let sides = Side { as_it_is: &as_it_is, changed: &changed, since };
    let when = (rehearsed.from.to_string(), arguments.days);
    let report = plan_report(Reader::Keeper, &sides, rehearsed.moved, when)?;
    let judgements = match &text {
        Some(text) => {
            let on = match as_of {
                AsOf::Day(day) => Some(day),
                AsOf::Moment(moment) => arguments.as_of.is_some().then(|| text.policy.main().day_of(moment)),
            };
            judgements::judgements(&project, &open::reading_store(&project)?, &text.policy, on)?
        }
        None => Vec::new(),
    };
    match global.format {
        Format::Json => output::json(&Told { report: &report, judgements: &judgements })?,
        Format::Human => output::text(&(words(&report, arguments.top, &judgements::told(&judgements))))?,
    };
    Ok(if report.stay.is_empty() { Done::Clean } else { Done::Findings })
}

/// What is written as JSON.
#[derive(Debug, Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a PlanReport,
    judgements: &'a [Judgement],
}

fn words(report: &PlanReport, top: usize, judgements: &str) -> String {
    let mut words = if report.new {
        format!("Policy version {} would be in force for new cases.\n", report.version)
    } else {
        format!("Policy version {} stays in force for new cases.\n", report.version)
    };
    words += &match report.moves_to {
        None => "Open cases would keep theirs.\n".to_owned(),
        Some(to) => format!("Open cases would move to version {to}.\n"),
    };
    words += &format!("From {} and {} on, against the store as it is:\n", report.as_of, days(report.days));
    let sums = &report.sums;
    let lines = [
        (sums.moved, "case moves", "cases move"),
        (sums.keep, "open case keeps its version", "open cases keep their version"),
        (sums.stay, "case can't be moved", "cases can't be moved"),
        (sums.dates, "date is another", "dates are others"),
        (sums.stages, "stage stands otherwise", "stages stand otherwise"),
        (sums.holders, "stage lies with somebody else", "stages lie with somebody else"),
        (sums.ends, "case ends otherwise", "cases end otherwise"),
        (sums.opens, "case opens that would not", "cases open that would not"),
        (sums.opens_not, "case does not open", "cases do not open"),
        (sums.set_aside, "case is set aside", "cases are set aside"),
        (sums.outcomes, "outcome is another", "outcomes are others"),
        (sums.messages_more, "message more", "messages more"),
        (sums.messages_fewer, "message fewer", "messages fewer"),
    ];
    let mut any = false;
    for (number, one, many) in lines.into_iter().filter(|it| it.0 > 0) {
        any = true;
        words += &format!("  {}\n", output::count(number, one, many));
    }
    if !any {
        words += "  nothing is otherwise\n";
    }
    let others: Vec<&CasePlan> = report.cases.iter().filter(|it| it.is_otherwise()).collect();
    for it in others.iter().take(top) {
        words += &case_words(it);
    }
    if others.len() > top {
        words += "… and more cases (--top N shows more)\n";
    }
    for it in report.outcomes.iter().take(top) {
        let (was, becomes) = (or_none(it.was.as_deref()), or_none(it.becomes.as_deref()));
        words += &format!("{} of {} in {}: {was} → {becomes}\n", it.rule, it.subject, it.period);
    }
    words += &staying(&report.stay);
    let others = report.messages.iter().filter(|it| it.was != it.becomes);
    let rows: Vec<[String; 4]> =
        others.map(|it| [it.day.clone(), it.message.clone(), it.was.to_string(), it.becomes.to_string()]).collect();
    if !rows.is_empty() {
        words += &output::table(["day", "message", "as it is", "then"], rows);
    }
    words + judgements + "Nothing was written.\n"
}

fn days(days: u32) -> String {
    output::count(u64::from(days), "day", "days")
}

fn case_words(it: &CasePlan) -> String {
    let number = it.case.map_or_else(|| "a case".to_owned(), |number| format!("case {number}"));
    let period = if it.period.is_empty() { String::new() } else { format!(", {}", it.period) };
    let opening = it.opening.map_or_else(String::new, |it| format!(" {it}"));
    let mut words = format!("{number} ({} of {}{period}){opening}\n", it.workflow, it.subject);
    for date in &it.dates {
        let (was, becomes) = (or_none(date.was.as_deref()), or_none(date.becomes.as_deref()));
        words += &format!("  `{}` {}: {was} → {becomes}, because {}\n", date.stage, date.what, date.why);
    }
    for stage in &it.stages {
        words += &format!("  `{}`: {} → {}\n", stage.stage, stage.was, stage.becomes);
    }
    for holder in &it.holders {
        let names = |it: &[String]| or_none((!it.is_empty()).then(|| it.join(", ")).as_deref());
        words += &format!("  `{}` lies with {} → {}\n", holder.stage, names(&holder.was), names(&holder.becomes));
    }
    if let Some((was, becomes)) = &it.ends {
        words += &format!("  {was} → {becomes}\n");
    }
    if let Some(why) = &it.set_aside {
        words += &format!("  set aside: {why}\n");
    }
    for step in &it.skipped {
        words += &format!("  skipped, for it lies before the move: {step}\n");
    }
    let notice = |sign: &str, it: &NoticePlan| format!("  {sign} {} {} to {}\n", it.day, it.message, it.to);
    words += &it.more.iter().map(|it| notice("+", it)).collect::<String>();
    words += &it.fewer.iter().map(|it| notice("-", it)).collect::<String>();
    words
}

fn or_none(words: Option<&str>) -> String {
    words.map_or_else(|| "none".to_owned(), str::to_owned)
}
