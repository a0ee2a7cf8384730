//! `merit run`: whatever has come due.

use crate::calendar::Moment;
use crate::cli::{Done, Failure, Format, Global, Outcome, open, output, restore};
use crate::config::Project;
use crate::engine::{self, AsOf, Departure, Hours, MailSender, Policies, RunReport, SendReport, Sender};
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Up to the end of this day (2026-07-31), or a moment [default: now]
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Hold every effect back: nothing is sent until it is released
    #[arg(long)]
    rehearse: bool,
    /// Decide only; send nothing now
    #[arg(long)]
    no_send: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let project = open::project(global)?;
    let asked = arguments.as_of.as_deref().map(open::as_of).transpose()?;
    let _lock = SqliteStore::lock_engine(&project.store)?;
    let mut store = open::store(&project)?;
    if arguments.rehearse {
        store.set(None, Some(true))?;
    }
    let (report, sent) = once(&project, &mut store, asked, !arguments.no_send, &mut None)?;
    match global.format {
        Format::Json => output::json(&with_sent(&report, sent.as_ref())?)?,
        Format::Human => output::text(&words(&report, sent.as_ref()))?,
    };
    Ok(if needs_a_person(&report, sent.as_ref()) { Done::Findings } else { Done::Clean })
}

/// One run and the sending behind it; `kept` are the policies that a run before used, and those of this one are left there.
pub(super) fn once(
    project: &Project,
    store: &mut SqliteStore,
    asked: Option<AsOf>,
    send: bool,
    kept: &mut Option<Policies>,
) -> Result<(RunReport, Option<SendReport>), Failure> {
    let now = open::now();
    let as_of = asked.unwrap_or(AsOf::Moment(Moment(now)));
    let mut sender = MailSender::new(project)?;
    refuse_the_future(project, store, as_of, now)?;
    let settings = open::settings(project, as_of, now);
    let (report, policies) = engine::run_again(store, &settings, &mut sender, kept.take())?;
    let policy = &kept.insert(policies).latest().policy;
    if !send {
        return Ok((report, None));
    }
    // Where nobody is written to in earnest, it is as late as one says.
    let (from, until) = match as_of {
        _ if !project.mail_goes_to_a_folder() => (now, now),
        AsOf::Moment(moment) => (moment.0, moment.0),
        AsOf::Day(day) => (policy.main().start_of_day(day).0, policy.main().end_of_day(day).0),
    };
    let hours = Hours::of(policy, project.notice_hours);
    let look = Departure { hours: &hours, from, until, now };
    let sent = engine::send_within(store, &mut sender as &mut dyn Sender, &look)?;
    Ok((report, Some(sent)))
}

/// A day later than today runs only where nobody is written to in earnest.
pub(super) fn refuse_the_future(project: &Project, store: &SqliteStore, as_of: AsOf, now: i64) -> Result<(), Failure> {
    if project.mail_goes_to_a_folder() || store.state()?.hold {
        return Ok(());
    }
    let policies = open::deployed(project, store)?;
    let calendar = policies.latest().policy.main();
    let today = calendar.day_of(Moment(now));
    let asked = match as_of {
        AsOf::Day(day) => day,
        AsOf::Moment(moment) => calendar.day_of(moment),
    };
    if asked > today {
        return Err(Failure::usage(format!("{asked} is later than today ({today}), and mail would leave in earnest"))
            .help("add --rehearse to hold every effect back, or send mail to a folder (`[mail] to = \"folder\"` in merit.toml)"));
    }
    Ok(())
}

fn with_sent(report: &RunReport, sent: Option<&SendReport>) -> Result<serde_json::Value, Failure> {
    let failed = |error: serde_json::Error| Failure::environment(error.to_string());
    let mut value = serde_json::to_value(report).map_err(failed)?;
    value["sent"] = serde_json::to_value(sent).map_err(failed)?;
    Ok(value)
}

fn needs_a_person(report: &RunReport, sent: Option<&SendReport>) -> bool {
    let failed = sent.is_some_and(|it| it.dead + it.ambiguous + it.held > 0);
    report.set_aside > 0 || report.undeliverable > 0 || failed
}

/// What a run did, for people.
pub(super) fn words(report: &RunReport, sent: Option<&SendReport>) -> String {
    let mut words = format!("Run as of {}.\n", report.as_of);
    let lines = [
        (report.judged, "judged", "judged"),
        (report.proposed, "sanction, reward or measure proposed", "sanctions, rewards or measures proposed"),
        (
            report.undetermined,
            "rule undetermined for want of facts (`merit outcomes --state undetermined`)",
            "rules undetermined for want of facts (`merit outcomes --state undetermined`)",
        ),
        (report.cases_opened, "case opened", "cases opened"),
        (report.stages_done, "stage done", "stages done"),
        (report.completed, "case completed", "cases completed"),
        (report.reminders, "reminder", "reminders"),
        (report.escalations, "escalation", "escalations"),
        (report.defaults, "default recorded", "defaults recorded"),
        (report.lapsed, "lapse", "lapses"),
        (report.cancelled, "case cancelled or left", "cases cancelled or left"),
        (report.dates_moved, "stage with moved dates", "stages with moved dates"),
        (report.reopened, "stage opened again by order", "stages opened again by order"),
        (
            report.skipped,
            "step skipped (found too late, or dated before adoption or opening)",
            "steps skipped (found too late, or dated before adoption or opening)",
        ),
        (
            report.held,
            "default or lapse waits: nobody is blamed for downtime",
            "defaults or lapses wait: nobody is blamed for downtime",
        ),
        (
            report.expunged,
            "case destroyed: its time to be kept was over",
            "cases destroyed: their time to be kept was over",
        ),
        (report.merged, "notice merged into a stronger one", "notices merged into stronger ones"),
        (report.undeliverable, "notice undeliverable: no address", "notices undeliverable: no address"),
        (report.set_aside, "case set aside", "cases set aside"),
    ];
    let mut any = false;
    for (number, one, many) in lines.into_iter().filter(|it| it.0 > 0) {
        any = true;
        words += &format!("  {}\n", output::count(number, one, many));
    }
    if !any {
        words += "  nothing had come due\n";
    }
    words += &notices(report);
    for aside in report.aside.iter().take(10) {
        words +=
            &format!("  set aside: {} of {} (case {}): {}\n", aside.workflow, aside.subject, aside.case, aside.reason);
    }
    if let Some(sent) = sent {
        words += &sending(sent);
    }
    words
}

/// Notices by day and message; one by one when they are few.
fn notices(report: &RunReport) -> String {
    if report.notices.len() <= 20 && report.more_notices == 0 {
        let line = |it: &engine::NoticeLine| {
            let state = match it.state.as_str() {
                "due" => "",
                "held" => " (held)",
                _ => " (no address)",
            };
            format!(
                "  {}  {} to {}{state}  (case {}: {} of {}, {})\n",
                it.date, it.message, it.recipient, it.case, it.stage, it.subject, it.step
            )
        };
        return report.notices.iter().map(line).collect();
    }
    report
        .by_message
        .iter()
        .map(|((day, message), number)| {
            format!("  {day}  {message}: {}\n", output::count(*number, "notice", "notices"))
        })
        .collect()
}

fn sending(sent: &SendReport) -> String {
    let mut parts = vec![output::count(sent.sent, "mail sent", "mails sent")];
    if sent.digests > 0 {
        parts.push(format!(
            "{} with {} notices",
            output::count(sent.digests, "of them a digest", "of them digests"),
            sent.in_digests
        ));
    }
    if sent.later > 0 {
        parts.push(output::count(sent.later, "to be tried again", "to be tried again"));
    }
    if sent.dead > 0 {
        parts.push(output::count(sent.dead, "given up", "given up"));
    }
    if sent.ambiguous > 0 {
        parts.push(output::count(sent.ambiguous, "ambiguous", "ambiguous"));
    }
    let mut words = format!("  {}\n", parts.join(", "));
    if sent.held > 0 {
        words += &format!("{}\n", restore::held(sent.held));
    }
    words
}
