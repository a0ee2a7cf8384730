//! Somebody ends before its time what a case brought into force.

use jiff::civil::Date;

use crate::calendar::day_in_words;
use crate::policy::framework::OutcomeRule;
use crate::policy::model::{Policy, Workflow};
use crate::workflow::act::{Act, Refusal};
use crate::workflow::advance::Machine;
use crate::workflow::case::{Case, CaseStatus};
use crate::workflow::event::{Event, How};

impl Machine<'_> {
    pub(super) fn lift(&mut self, act: &Act) -> Result<(), Refusal> {
        let rule = self.case.proposal.as_ref().and_then(|_| rule_of(self.policy, &self.case));
        let Some(rule) = rule else {
            return Err(Refusal::new("the case is about nothing that could be in force"));
        };
        let name = &rule.label.name;
        let Some(since) = took_effect(self.flow, &self.case) else {
            return Err(Refusal::new(format!("`{name}` is not in force")));
        };
        if let Some(lifted) = self.case.lifted {
            return Err(Refusal::new(format!("`{name}` was lifted on {}", day_in_words(lifted))));
        }
        if let Some(over) = self.outlook.over_since(&self.case, since).filter(|it| *it <= self.look.today) {
            return Err(Refusal::new(format!("`{name}` is in force no more since {}", day_in_words(over))));
        }
        if rule.lifted_by.is_empty() {
            let refusal = Refusal::new(format!("`{name}` may not be lifted"));
            return Err(refusal.but(format!("the policy would say `may be lifted by` in `{name}`")));
        }
        let Some(by) = self.one_of(act, &rule.lifted_by) else {
            let why = format!("`{name}` may not be lifted by {}", act.by.1);
            return Err(Refusal::new(why).but(format!("it may be by {}", self.names_of(&rule.lifted_by))));
        };
        let hand = self.hand(act, by)?;
        self.happen(Event::Lifted { hand });
        Ok(())
    }
}

/// The rule that a case is about, by the version of it that judged its period.
#[must_use]
pub fn rule_of<'p>(policy: &'p Policy, case: &Case) -> Option<&'p OutcomeRule> {
    let note = case.proposal.as_ref()?;
    let framework = policy.frameworks.iter().find(|it| it.label.name == note.framework)?;
    let day = case.period.parse().unwrap_or(note.on);
    Some(&framework.rules[framework.rule_on(&note.rule, day)?])
}

/// The day on which what a case is about took effect, if it did: because it ended so, or follows by itself.
#[must_use]
pub fn took_effect(flow: &Workflow, case: &Case) -> Option<Date> {
    let so = flow.follows_by_itself || case.mark.as_deref() == flow.takes_effect();
    if case.status == CaseStatus::Ended(How::Completed) && so { case.ended } else { None }
}
