//! A case at the desk of another policy version, under which it is to go on.

use jiff::civil::Date;

use crate::casework::desk::Desk;
use crate::ids::WorkflowId;
use crate::policy::model::{Policy, Workflow};
use crate::workflow::{self, Advanced, Case, Look, MoveOrder, Outlook, Refusal, plan_move};

impl Desk<'_> {
    /// What becomes of a case that was looked at until now, by the policy `from`, when it moves to the policy of this one.
    ///
    /// # Errors
    /// When it can't be moved; the refusal says why, and what to do.
    pub fn takes_over(
        &self,
        from: &Policy,
        case: &Case,
        look: &Look,
        order: &MoveOrder<'_>,
    ) -> Result<(WorkflowId, Advanced), Refusal> {
        let flow = self.workflow_for(case, order.to)?;
        let left = from.workflow_named(&case.workflow);
        let refuse = || Refusal::new(format!("policy version {} has no workflow `{}`", case.policy, case.workflow));
        let left = from.workflow(left.ok_or_else(refuse)?);
        let workflow = self.policy().workflow(flow);
        let outlook = self.outlook(workflow, case, look.grace_after_adoption);
        let stood_still = outlook.suspensions(case, case.opened.unwrap_or(look.today), look.today);
        let it = plan_move(case, (from, left), (self.policy(), workflow), &stood_still, order)?;
        Ok((flow, workflow::go_on((self.policy(), workflow), case, &outlook, look, &it)?))
    }

    /// The workflow of this policy in which a case of another version can go on.
    fn workflow_for(&self, case: &Case, to: i64) -> Result<WorkflowId, Refusal> {
        let (policy, name) = (self.policy(), &case.workflow);
        let stays = |why: String| Refusal::new(why).but("it can only go on under its own version");
        let flow = policy.workflow_named(name);
        let flow = flow.ok_or_else(|| stays(format!("policy version {to} has no workflow `{name}`")))?;
        let workflow = policy.workflow(flow);
        if let Some(why) = workflow.why_not_run() {
            return Err(stays(format!("by version {to}, {why}")));
        }
        let kind = &policy.record(workflow.subject).label.name;
        if *kind != case.subject_type {
            let why =
                format!("`{name}` of version {to} runs for `{kind}`, and this case is about a `{}`", case.subject_type);
            return Err(stays(why));
        }
        if !is_period_of(policy, workflow, &case.period) {
            return Err(stays(format!("the case's period is none of those for which `{name}` of version {to} runs")));
        }
        match &case.proposal {
            None if workflow.proposal.is_none() => Ok(flow),
            None => {
                Err(stays(format!("`{name}` of version {to} hears what was proposed, and in this case nothing was")))
            }
            Some(_) if workflow.proposal.is_none() => {
                Err(stays(format!("`{name}` of version {to} does not hear what was proposed")))
            }
            Some(note) => {
                let day = case.period.parse().unwrap_or(note.on);
                let framework = policy.frameworks.iter().find(|it| it.label.name == note.framework);
                match framework.and_then(|it| it.rule_on(&note.rule, day)) {
                    Some(_) => Ok(flow),
                    None => {
                        let why = format!(
                            "version {to} has no `{}` in `{}` that the case could be about",
                            note.rule, note.framework
                        );
                        Err(stays(why))
                    }
                }
            }
        }
    }
}

/// Whether a workflow runs for a period, named by its first day; or for none, where none is named.
fn is_period_of(policy: &Policy, workflow: &Workflow, first: &str) -> bool {
    match (workflow.each, first.parse::<Date>()) {
        (None, _) => first.is_empty(),
        (Some(kind), Ok(first)) => {
            policy.calendar_of(workflow).period_containing(kind, first).is_ok_and(|it| it.first == first)
        }
        (Some(_), Err(_)) => false,
    }
}
