//! What a case is about that runs for a proposal: the sanction, and the lesser one that it may become.

use crate::policy::framework::{Framework, OutcomeRule};
use crate::workflow::act::Refusal;
use crate::workflow::advance::Machine;

impl Machine<'_> {
    /// The lesser sanction that a choice names.
    pub(super) fn lesser(
        &self,
        stage: &str,
        choice: &str,
        lessens: bool,
        instead: Option<&str>,
    ) -> Result<Option<String>, Refusal> {
        match (lessens, instead) {
            (false, None) => Ok(None),
            (false, Some(instead)) => {
                let why = format!("`{choice}` of `{stage}` does not lessen the sanction to `{instead}`");
                Err(Refusal::new(why).but(format!("choose `{choice}` alone")))
            }
            (true, instead) => {
                let lesser = self.lesser_sanctions();
                let refusal = match instead {
                    Some(instead) if lesser.iter().any(|it| it == instead) => return Ok(Some(instead.to_owned())),
                    Some(instead) => Refusal::new(format!("`{instead}` is no lesser sanction than the one proposed")),
                    None => Refusal::new(format!("`{choice}` needs the lesser sanction that is imposed instead")),
                };
                Err(match lesser.as_slice() {
                    [] => Refusal::new("there is no lesser sanction than the one proposed"),
                    _ => refusal.but(format!("choose `{choice}` to {}", lesser.join(" or "))),
                })
            }
        }
    }

    /// The sanctions that are less severe than the one at hand, by the rules of the case's own period.
    fn lesser_sanctions(&self) -> Vec<String> {
        let Some(proposal) = &self.case.proposal else { return Vec::new() };
        let named = |it: &&Framework| it.label.name == proposal.framework;
        let Some(framework) = self.policy.frameworks.iter().find(named) else { return Vec::new() };
        let day = self.case.period.parse().unwrap_or(proposal.on);
        let at_hand = framework.rule_on(&proposal.rule, day).and_then(|at| framework.rules[at].severity());
        let less = |it: &&OutcomeRule| it.holds_on(day) && it.severity().is_some_and(|own| Some(own) < at_hand);
        let mut lesser: Vec<&OutcomeRule> = framework.rules.iter().filter(less).collect();
        lesser.sort_by_key(|it| it.severity());
        lesser.into_iter().map(|it| it.label.name.clone()).collect()
    }
}
