//! Deployed policies, compiled once each.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::EngineError;
use crate::policy::compile_deployed;
use crate::policy::latest_orders::compile_with_orders_of;
use crate::policy::model::Policy;
use crate::source::Sources;
use crate::store::{PolicyVersion, Store};

/// A deployed policy, ready to be used.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its number.
    pub version: i64,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// The versions in use. Calendars and orders about a period are facts of the world and always those of the latest version.
#[derive(Debug, Clone)]
pub struct Policies {
    latest: Deployed,
    by_version: BTreeMap<i64, Arc<Policy>>,
}

impl Policies {
    /// Compiles the latest version and every version with open cases.
    ///
    /// # Errors
    /// When nothing is deployed, or a version in use can't be read by this program.
    pub fn load(store: &dyn Store, calendar: Option<&str>) -> Result<Self, EngineError> {
        Self::load_again(None, store, calendar)
    }

    /// The same with what was compiled before, which is taken over as long as nothing else has been deployed: the text of a version
    /// never changes, and its calendars and orders are those of the latest.
    ///
    /// # Errors
    /// As for [`Policies::load`].
    pub fn load_again(kept: Option<Self>, store: &dyn Store, calendar: Option<&str>) -> Result<Self, EngineError> {
        let newest = store.latest_policy()?.ok_or(EngineError::NothingDeployed)?;
        let (latest, by_version) = match kept.filter(|it| it.latest.version == newest.version) {
            Some(kept) => (kept.latest, kept.by_version),
            None => {
                let latest = Deployed { version: newest.version, policy: Arc::new(compile(&newest, calendar)?) };
                let by_version = BTreeMap::from([(latest.version, Arc::clone(&latest.policy))]);
                (latest, by_version)
            }
        };
        let mut policies = Self { latest, by_version };
        for version in store.versions_in_use()? {
            policies.any_version(store, version, calendar)?;
        }
        Ok(policies)
    }

    /// Any version that was deployed, also one under which no case is open any more, or to which one moved since this work began.
    pub(super) fn any_version(
        &mut self,
        store: &dyn Store,
        version: i64,
        calendar: Option<&str>,
    ) -> Result<Arc<Policy>, EngineError> {
        if let Some(known) = self.by_version.get(&version) {
            return Ok(Arc::clone(known));
        }
        let latest = sources_of(&store.policy(self.latest.version)?)?;
        let mut policy = compile_under(Some(&latest), &store.policy(version)?, calendar)?;
        policy.take_calendars_from(&self.latest.policy);
        let policy = Arc::new(policy);
        self.by_version.insert(version, Arc::clone(&policy));
        Ok(policy)
    }

    /// The latest version.
    #[must_use]
    pub fn latest(&self) -> &Deployed {
        &self.latest
    }

    /// Whether an order of the latest version opens again what has lapsed in a workflow's period.
    pub(super) fn may_reopen(&self, workflow: &str, period: &str) -> bool {
        let policy = &self.latest.policy;
        let flow = policy.workflow_named(workflow).map(|it| policy.workflow(it));
        let mut orders = flow.iter().flat_map(|it| &it.stages).flat_map(|it| &it.adjusted);
        orders.any(|it| it.reopens && it.period.first.to_string() == period)
    }

    /// A version in use.
    ///
    /// # Errors
    /// When no such version was loaded: a case was opened under it after the run began.
    pub fn version(&self, version: i64) -> Result<&Arc<Policy>, EngineError> {
        let missing = || EngineError::Unreadable { version, why: "it was deployed after this run began".to_owned() };
        self.by_version.get(&version).ok_or_else(missing)
    }
}

fn compile(version: &PolicyVersion, calendar: Option<&str>) -> Result<Policy, EngineError> {
    compile_under(None, version, calendar)
}

/// A version under the orders of a later one.
fn compile_under(
    latest: Option<&Sources>,
    version: &PolicyVersion,
    calendar: Option<&str>,
) -> Result<Policy, EngineError> {
    let sources = sources_of(version)?;
    let mut compilation = match latest {
        None => compile_deployed(&sources, calendar),
        Some(latest) => compile_with_orders_of(latest, &sources, calendar).0,
    };
    let policy = compilation.policy.take().map(|it| Policy { hash: version.hash.clone(), ..it });
    let why = || compilation.diagnostics.iter().next().map_or_else(String::new, |it| it.message.clone());
    policy.ok_or_else(|| EngineError::Unreadable { version: version.version, why: why() })
}

fn sources_of(version: &PolicyVersion) -> Result<Sources, EngineError> {
    let sources = Sources::of(version.files.clone());
    if crate::policy::hash_of(&sources) == version.hash {
        Ok(sources)
    } else {
        Err(EngineError::Altered(version.version))
    }
}
