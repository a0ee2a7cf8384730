//! Which stages call whoever they are about before a framework, once they are done.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::policy::framework::{Framework, Judged};
use crate::policy::model::Policy;
use crate::workflow::{Case, Event};

/// A stage that calls whoever it is about before a framework.
struct Call {
    workflow: String,
    stage: String,
    framework: String,
    /// What was done before that day was so before the framework was in force, or the store in use.
    since: Date,
}

/// Which stages call people before a framework, by the policy in force.
pub struct Calls(Vec<Call>);

impl Calls {
    /// Those of a policy. `known` says since when frameworks are in force, where that is later than the adoption.
    #[must_use]
    pub fn of(policy: &Policy, known: &BTreeMap<String, Date>, adopted: Option<Date>) -> Self {
        let stages = policy.frameworks.iter().filter_map(|it| match &it.judged {
            Judged::Done { workflow, stage } => Some((it, workflow, stage)),
            Judged::On(_) | Judged::Appears(_) | Judged::OnRequest => None,
        });
        let adopted = adopted.unwrap_or(Date::MIN);
        let call = |(framework, workflow, stage): (&Framework, &String, &String)| {
            let framework = framework.label.name.clone();
            let since = known.get(&framework).map_or(adopted, |it| adopted.max(*it));
            Call { workflow: workflow.clone(), stage: stage.clone(), framework, since }
        };
        Self(stages.map(call).collect())
    }

    /// Before which frameworks the events of a case call whoever it is about, and on which day that came about.
    #[must_use]
    pub fn by(&self, case: &Case, events: &[Event]) -> Vec<(String, Date)> {
        let ours = self.0.iter().filter(|it| it.workflow == case.workflow);
        let done = |call: &Call| {
            events.iter().rev().find_map(|event| match event {
                Event::StageDone { stage, on, .. } | Event::Chosen { stage, on, .. } if *stage == call.stage => {
                    Some(*on)
                }
                _ => None,
            })
        };
        ours.filter_map(|call| Some((call.framework.clone(), done(call).filter(|it| *it >= call.since)?))).collect()
    }
}
