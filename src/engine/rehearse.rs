//! What would follow: the engine's own work on a copy of the store, from now until some days on. Nothing leaves.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::engine::migrate::{MigrateReport, MigrateRequest, migrate};
use crate::engine::run::{AsOf, RunSettings, Until, run};
use crate::engine::{EngineError, Outcome, Outgoing, Policies, Sender};
use crate::policy::model::Policy;
use crate::store::Store;

/// A policy that would be deployed.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its files.
    pub files: &'a [(String, String)],
    /// What they say.
    pub policy: &'a Policy,
}

/// What would be done: a deployment, a migration, both or nothing, and then a run on each day.
#[derive(Debug, Clone, Copy)]
pub struct Rehearsal<'a> {
    /// What would be deployed.
    pub deploy: Option<Candidate<'a>>,
    /// What would be moved.
    pub migrate: Option<&'a MigrateRequest>,
    /// The first moment.
    pub settings: &'a RunSettings,
    /// How many days more.
    pub days: u32,
}

/// What it came to, beside what stands in the copy.
#[derive(Debug)]
pub struct Rehearsed {
    /// The first day.
    pub from: Date,
    /// What the migration came to, if there was one.
    pub moved: Option<MigrateReport>,
}

/// Nobody is written to.
struct Nobody;

impl Sender for Nobody {
    fn send(&mut self, _mail: &Outgoing<'_>) -> Outcome {
        Outcome::Never("nothing leaves from a plan".to_owned())
    }

    fn next_try(&self, _key: &str, _tries: i64, _now: i64) -> Option<i64> {
        None
    }

    fn message_id(&self, key: &str) -> String {
        key.to_owned()
    }

    fn repeats_safely(&self) -> bool {
        false
    }
}

/// Lets it all happen in a store, which is a copy.
///
/// # Errors
/// As the same would in earnest.
pub fn rehearse(store: &mut dyn Store, what: &Rehearsal<'_>) -> Result<Rehearsed, EngineError> {
    let settings = what.settings;
    if let Some(it) = what.deploy {
        store.deploy(it.files, it.policy, "", settings.now)?;
    }
    let moved = what.migrate.map(|it| migrate(store, settings, &mut Nobody, it)).transpose()?;
    run(store, settings, &mut Nobody)?;
    let policies = Policies::load(store, settings.calendar.as_deref())?;
    let from = Until::of(settings.as_of, policies.latest().policy.main())?.today;
    let mut day = from;
    for _ in 0..what.days {
        day = day.checked_add(1.day()).map_err(|_| EngineError::Day("a day beyond the calendar's end".to_owned()))?;
        run(store, &RunSettings { as_of: AsOf::Day(day), ..settings.clone() }, &mut Nobody)?;
    }
    Ok(Rehearsed { from, moved })
}
