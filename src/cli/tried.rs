//! Policies that are tried out and not put in force: the working policy, its scenarios, those of other folders.

use crate::cli::{Failure, output};
use crate::config::Project;
use crate::policy::model::Policy;
use crate::policy::{compile_to_try, scenario_title};
use crate::source::Sources;

/// A policy that is compared with the one in force.
pub(super) struct Candidate {
    pub(super) name: String,
    /// What people call it.
    pub(super) title: String,
    pub(super) policy: Policy,
}

pub(super) fn working_sources(project: &Project) -> Result<Sources, Failure> {
    project.sources().map_err(|error| Failure::environment(error.to_string()).help(error.help()))
}

/// A policy, or a scenario of it, with its mistakes told.
pub(super) fn tried(
    project: &Project,
    sources: &Sources,
    scenario: Option<&str>,
    name: &str,
) -> Result<Policy, Failure> {
    let compilation = compile_to_try(sources, project.calendar.as_deref(), scenario)
        .ok_or_else(|| no_scenario(sources, scenario.unwrap_or_default()))?;
    if let Some(policy) = compilation.policy {
        return Ok(policy);
    }
    output::text(&compilation.diagnostics.render(sources, output::colour()))?;
    Err(Failure { code: 1, ..Failure::usage(format!("{name} has mistakes and can't be tried")) })
}

/// Scenarios of the working policy, by their names.
pub(super) fn scenarios(project: &Project, names: &[String]) -> Result<Vec<Candidate>, Failure> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let sources = working_sources(project)?;
    let scenario = |name: &String| {
        let policy = tried(project, &sources, Some(name), &format!("scenario `{name}`"))?;
        let title = scenario_title(&sources, name).unwrap_or_else(|| name.clone());
        Ok(Candidate { name: name.clone(), title, policy })
    };
    names.iter().map(scenario).collect()
}

fn no_scenario(sources: &Sources, name: &str) -> Failure {
    let known = crate::policy::scenario_names(sources);
    let help = match crate::policy::nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "the working policy has none; a scenario is written `scenario name { … }`".to_owned()
        }
        None => format!("known: {}", known.join(", ")),
    };
    Failure::usage(format!("the working policy has no scenario `{name}`")).help(help)
}
