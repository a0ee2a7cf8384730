//! What several verbs need: the project, its sources, its store, the clock of the machine.

use std::path::{Path, PathBuf};

use jiff::civil::Date;

use crate::calendar::{Moment, Period};
use crate::cli::{Failure, Global};
use crate::config::NoticeHours;
use crate::config::Project;
use crate::engine::{AsOf, EngineError, NoWayOut, Patience, RunSettings, Ways};
use crate::policy::framework::Framework;
use crate::policy::model::Policy;
use crate::policy::{Compilation, compile_with};
use crate::source::Sources;
use crate::store::sqlite::{Access, SqliteStore};
use crate::store::{Actor, Store, StoreError};

const LEFT_ALONE: &str = "nothing was changed; take the last backup, or name another file under `store` in merit.toml";

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let words = error.to_string();
        match error {
            StoreError::Refused(_) => Failure::usage(words),
            StoreError::NoStore(_) => {
                Failure::environment(words).help("`merit deploy` makes it and puts the working policy in force")
            }
            StoreError::Busy(_) => Failure::environment(words).help("wait until it has ended, then try again"),
            StoreError::Stale(_) => Failure::environment(words).help("do the same again; nothing was changed"),
            StoreError::Locked => Failure::store(words).help("try again when it has ended; nothing was changed"),
            StoreError::Newer { .. } => Failure::environment(words).help("use the newer version of Merit"),
            StoreError::OldSqlite(_) => Failure::environment(words).help("use a program built with its own SQLite"),
            StoreError::Foreign(..) => Failure::environment(words).help(LEFT_ALONE),
            StoreError::Damaged(_) => Failure::store(words).help(LEFT_ALONE),
            StoreError::File(_) => Failure::environment(words).help("name another place, or make room there"),
            StoreError::Full => {
                Failure::store(words).help("make room, then do the same again: what was committed before stays")
            }
            StoreError::Unwritable(_) => Failure::store(words)
                .help("let the account that runs Merit write the file and its folder, then do the same again"),
            StoreError::Disk(_) => Failure::store(words).help(
                "look at the disk, its room and its quota, then do the same again: what was committed before stays",
            ),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => error.into(),
            EngineError::BackInTime { .. } | EngineError::Day(_) | EngineError::NothingDeployed => {
                Failure::usage(error.to_string())
            }
            EngineError::Move(refusal) => {
                let failure = Failure::usage(refusal.why);
                match refusal.possible {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            }
            EngineError::Outbox(refusal) => Failure::usage(refusal.to_string()).help(refusal.help()),
            EngineError::Altered(_) => Failure::store(error.to_string())
                .help("nothing is decided by it; `merit restore` takes back the last backup that was made"),
            EngineError::Unreadable { .. } => Failure::environment(error.to_string()),
        }
    }
}

impl From<NoWayOut> for Failure {
    fn from(error: NoWayOut) -> Self {
        match error {
            NoWayOut::Settings(_) | NoWayOut::Server(_) | NoWayOut::Webhook(_) => {
                Failure::usage(error.to_string()).help("docs/mail.md explains the `[mail]` settings")
            }
            NoWayOut::Machine(_) => Failure::environment(error.to_string()),
        }
    }
}

/// The project of this call.
pub(crate) fn project(global: &Global) -> Result<Project, Failure> {
    let found = match &global.project {
        Some(folder) => Project::load(folder),
        None => Project::find(Path::new(".")),
    };
    found.map_err(|error| Failure::usage(error.to_string()).help(error.help()))
}

/// The working policy; an error when it has mistakes.
pub(crate) fn working_policy(project: &Project) -> Result<(Sources, Compilation), Failure> {
    let sources = project.sources().map_err(|error| Failure::environment(error.to_string()).help(error.help()))?;
    let compilation = compile_with(&sources, project.calendar.as_deref());
    Ok((sources, compilation))
}

/// The store, to write.
pub(crate) fn store(project: &Project) -> Result<SqliteStore, Failure> {
    Ok(SqliteStore::open(&project.store, Access::Write)?)
}

/// The store, only to read.
pub(crate) fn reading_store(project: &Project) -> Result<SqliteStore, Failure> {
    Ok(SqliteStore::open(&project.store, Access::ReadOnly)?)
}

/// The deployed policy as it now is.
pub(crate) fn deployed(project: &Project, store: &SqliteStore) -> Result<crate::engine::Policies, Failure> {
    Ok(crate::engine::Policies::load(store, project.calendar.as_deref())?)
}

/// The policy in force with its text.
pub(crate) fn deployed_text(project: &Project, store: &dyn Store) -> Result<(Sources, Policy), Failure> {
    let version = store.latest_policy()?.ok_or(EngineError::NothingDeployed)?;
    let (version, sources) = (version.version, Sources::of(version.files));
    let unreadable = || EngineError::Unreadable { version, why: "it does not compile".to_owned() };
    let policy = compile_with(&sources, project.calendar.as_deref()).policy.ok_or_else(unreadable)?;
    Ok((sources, policy))
}

/// What the project tells the engine, as of a moment.
pub(crate) fn settings(project: &Project, as_of: AsOf, now: i64) -> RunSettings {
    let (calendar, language) = (project.calendar.clone(), project.language.clone());
    let ways = Ways { at_any_hour: project.notice_hours == NoticeHours::Any, letters: project.letters.is_some() };
    RunSettings { as_of, now, patience: patience(project), calendar, language, ways }
}

/// How patient the project wants the engine to be.
pub(crate) fn patience(project: &Project) -> Patience {
    Patience {
        stale_after: project.stale_after_working_days,
        grace_after_adoption: project.grace_after_adoption_working_days,
        grace_after_downtime: project.grace_after_downtime_working_days,
    }
}

/// The machine's clock (seconds UTC): read here, at the edge, and nowhere else.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Who calls: the user of the operating system, as it names them to the program.
pub(crate) fn actor() -> Actor {
    let name =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|it| std::env::var(it).ok().filter(|it| !it.is_empty()));
    Actor::Person(name.unwrap_or_else(|| "without a name".to_owned()))
}

/// Today in the policy's calendar.
pub(crate) fn today(policy: &Policy) -> Date {
    policy.main().day_of(Moment(now()))
}

/// A day (`2026-07-31`) or a moment (`2026-07-31T18:00:00Z`) as a person writes it.
pub(crate) fn as_of(words: &str) -> Result<AsOf, Failure> {
    if let Ok(day) = words.parse::<Date>()
        && !words.contains('T')
    {
        return Ok(AsOf::Day(day));
    }
    match words.parse::<jiff::Timestamp>() {
        Ok(moment) => Ok(AsOf::Moment(Moment(moment.as_second()))),
        Err(_) => Err(Failure::usage(format!("`{words}` is neither a day nor a moment"))
            .help("write a day as 2026-07-31, or a moment as 2026-07-31T18:00:00Z")),
    }
}

/// A framework of the policy by its name.
pub(crate) fn framework<'p>(policy: &'p Policy, name: &str) -> Result<&'p Framework, Failure> {
    policy.frameworks.iter().find(|it| it.label.name == name).ok_or_else(|| {
        let known: Vec<&str> = policy.frameworks.iter().map(|it| it.label.name.as_str()).collect();
        let help =
            if known.is_empty() { "the policy has none".to_owned() } else { format!("known: {}", known.join(", ")) };
        Failure::usage(format!("there is no framework `{name}`")).help(help)
    })
}

/// A period of a framework, as the policy writes it.
pub(crate) fn period(policy: &Policy, framework: &Framework, label: &str) -> Result<Period, Failure> {
    let calendar = &policy.calendars[framework.calendar];
    calendar.period_from_label(framework.each, label).map_err(|problem| Failure::usage(problem.to_string()))
}

/// A day as a person writes it.
pub(crate) fn day(words: &str) -> Result<Date, Failure> {
    words.parse().map_err(|_| Failure::usage(format!("`{words}` is not a day")).help("write it as 2026-07-31"))
}

/// Files and folders of policies named on the command line, as sources.
pub(crate) fn named_sources(paths: &[PathBuf]) -> Result<Sources, Failure> {
    crate::config::gather_sources(paths).map_err(|error| Failure::usage(error.to_string()).help(error.help()))
}
