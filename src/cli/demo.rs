//! `merit demo`: a made-up service in a new folder, run day by day over its first months.

use std::path::{Path, PathBuf};

use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::cli::{Failure, Format, Global, Outcome, import, init, open, output, run, sample, status};
use crate::config::Project;
use crate::engine::AsOf;
use crate::store::Store;
use crate::store::sqlite::SqliteStore;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder
    #[arg(value_name = "DIR", default_value = "merit-demo")]
    folder: PathBuf,
    /// How many made-up people
    #[arg(long, value_name = "ROWS")]
    size: Option<u64>,
}

/// People and their appraisals, and beside them the years before, of which rewards and sanctions are reckoned.
const PLAN: &str =
    concat!(include_str!("../../examples/uganda/sample.toml"), include_str!("../../examples/uganda/rewards.toml"));

/// The files of the example, as they stand in the repository.
const FILES: [(&str, &str); 10] = [
    ("sample.toml", PLAN),
    ("rules/calendar.merit", include_str!("../../rules/uganda/calendar.merit")),
    ("rules/records.merit", include_str!("../../rules/uganda/records.merit")),
    ("workflows/staff_appraisal.merit", include_str!("../../workflows/uganda/staff_appraisal.merit")),
    ("workflows/messages.merit", include_str!("../../workflows/uganda/messages.merit")),
    ("workflows/examples.merit", include_str!("../../workflows/uganda/examples.merit")),
    ("rules/rewards.merit", include_str!("../../rules/department/rewards.merit")),
    ("rules/scenarios.merit", include_str!("../../rules/department/scenarios.merit")),
    ("workflows/rewards.merit", include_str!("../../workflows/department/rewards.merit")),
    ("workflows/rewards_examples.merit", include_str!("../../workflows/department/rewards_examples.merit")),
];
const SETTINGS: &str = include_str!("../../examples/uganda/merit.toml");

const ADOPTED: Date = date(2026, 7, 1);
/// From when on people are what they are: from the first year of which anything is kept.
const KNOWN_FROM: Date = date(2023, 7, 1);
const LAST: Date = date(2026, 9, 30);

pub(super) fn run(global: &Global, arguments: &Arguments) -> Outcome {
    let folder = &arguments.folder;
    if global.format == Format::Json {
        return Err(Failure::usage("the demo is told to people only, not as JSON")
            .help("run it without --format; then `merit status --format json` in its folder"));
    }
    if folder.join("merit.toml").exists() {
        return Err(Failure::usage(format!("{} holds a project already; nothing was written", folder.display()))
            .help("give another folder: `merit demo DIR`"));
    }
    let settings = SETTINGS.replace("../../rules/uganda", "rules").replace("../../workflows/uganda", "workflows");
    init::write(&folder.join("merit.toml"), &settings)?;
    for (name, text) in FILES {
        init::write(&folder.join(name), text)?;
    }
    let project = Project::load(folder).map_err(|error| Failure::usage(error.to_string()).help(error.help()))?;
    let (_, compilation) = open::working_policy(&project)?;
    let policy = compilation.policy.ok_or_else(|| Failure::usage("the example's policy has mistakes"))?;
    say(&format!("A made-up service in {}.\n", folder.display()))?;
    let plan = sample::read_plan("sample.toml", FILES[0].1)?;
    for (file, rows) in sample::write(&policy, &plan, arguments.size, &folder.join("records"))? {
        let name = file.file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
        say(&format!("  {name}: {} (made up)\n", output::count(rows, "row", "rows")))?;
    }
    deploy(&project, &policy)?;
    for report in import::folder(&project, &folder.join("records"), KNOWN_FROM)? {
        say(&format!("  imported {}: {} taken, {} rejected\n", report.file, report.good, report.rejected))?;
    }
    day_by_day(global, &project)?;
    say("\nWhat is overdue now\n")?;
    status::show(&project, 5)?;
    farewell(&project, folder)
}

fn say(words: &str) -> Result<(), Failure> {
    output::text(words).map(|_| ())
}

fn deploy(project: &Project, policy: &crate::policy::model::Policy) -> Result<(), Failure> {
    let mut store = SqliteStore::open_or_create(&project.store)?;
    store.set(Some(ADOPTED), None)?;
    let (sources, _) = open::working_policy(project)?;
    let files: Vec<(String, String)> = sources.iter().map(|(_, file)| (file.name.clone(), file.text.clone())).collect();
    let version = store.deploy(&files, policy, "the demo", open::now())?;
    say(&format!("  policy version {version} deployed, adopted {ADOPTED}\n"))
}

/// Runs every day from adoption on, and prints the days on which something went out.
fn day_by_day(global: &Global, project: &Project) -> Result<(), Failure> {
    say(&format!("\nDay by day from {ADOPTED} to {LAST}\n"))?;
    let _lock = SqliteStore::lock_engine(&project.store)?;
    let mut store = open::store(project)?;
    let (mut day, mut total, mut kept) = (ADOPTED, [0u64; 4], None);
    while day <= LAST {
        let (report, _) = run::once(project, &mut store, Some(AsOf::Day(day)), true, &mut kept)?;
        let numbers = [report.cases_opened, report.reminders, report.escalations, report.stages_done];
        for (sum, number) in total.iter_mut().zip(numbers) {
            *sum += number;
        }
        let loud = report.cases_opened + report.escalations > 0 || report.reminders > 20;
        if loud {
            let parts = [
                (report.cases_opened, "case opened", "cases opened"),
                (report.reminders, "reminder", "reminders"),
                (report.escalations, "escalation", "escalations"),
                (report.defaults, "default recorded", "defaults recorded"),
                (report.undeliverable, "notice without an address", "notices without an address"),
                (report.set_aside, "case set aside", "cases set aside"),
            ];
            let parts: Vec<String> = parts
                .into_iter()
                .filter(|it| it.0 > 0)
                .map(|(number, one, many)| output::count(number, one, many))
                .collect();
            say(&format!("  {day}  {}\n", parts.join(", ")))?;
        } else if global.verbose > 0 {
            say(&format!("  {day}  {} reminders, {} stages done\n", report.reminders, report.stages_done))?;
        }
        day = day.checked_add(1.day()).map_err(|error| Failure::environment(error.to_string()))?;
    }
    let [opened, reminders, escalations, done] = total;
    say(&format!(
        "  in all: {}, {}, {}, {}\n",
        output::count(opened, "case opened", "cases opened"),
        output::count(done, "stage done", "stages done"),
        output::count(reminders, "reminder", "reminders"),
        output::count(escalations, "escalation", "escalations"),
    ))
}

fn farewell(project: &Project, folder: &Path) -> Outcome {
    let outbox = folder.join("outbox");
    let mails = std::fs::read_dir(&outbox).map_or(0, |it| it.flatten().count() as u64);
    let store = open::reading_store(project)?;
    let late = crate::store::Store::overdue(&store, LAST)?;
    let someone = late.first().map_or_else(|| "U000001".to_owned(), |it| it.subject.clone());
    output::text(&format!(
        "\n{} in {}, the database in {}.\n\nTry next\n  cd {}\n  merit status\n  merit case {someone}\n  merit outbox --top 10\n  \
         edit workflows/staff_appraisal.merit, then: merit check, merit test, merit deploy, merit run --as-of 2026-10-30\n  \
         merit simulate --scenario higher_mark --by grade --html report.html\n",
        output::count(mails, "mail", "mails"),
        outbox.display(),
        project.store.display(),
        folder.display(),
    ))
}
