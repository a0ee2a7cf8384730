//! How long an ended case is kept: as its workflow says, or as the sanction does that it was about. What is open or in force is kept.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::casework::desk::Desk;
use crate::casework::judging::{Standing, standing};
use crate::eval::{self, Answer, DateOptions, Scope};
use crate::ids::WorkflowId;
use crate::policy::framework::{OutcomeRule, Proposed};
use crate::policy::model::DateRule;
use crate::workflow::{Case, rule_of};

/// After so many days a case is looked at again of which it is not known how long it is kept.
pub const ASKED_AGAIN: i64 = 31;

/// How long a case is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// For good.
    Always,
    /// On this day it is asked again.
    Until(Date),
    /// No longer, by what the policy says.
    NoLonger(String),
}

/// When one line of the policy lets a case go, and which; nothing while that can't be told.
type Goes = (Option<Date>, String);

impl Desk<'_> {
    /// How long a case is kept, asked on a day.
    #[must_use]
    pub fn kept(&self, flow: WorkflowId, case: &Case, today: Date) -> Kept {
        if case.is_open() {
            return Kept::Always;
        }
        let policy = self.policy();
        let outlook = self.outlook(policy.workflow(flow), case, 0);
        let scope = outlook.scope(today);
        let stands = case.proposal.as_ref().map(|_| standing(policy, flow, case));
        let rule = rule_of(policy, case);
        if policy.workflow(flow).retention.is_empty() && rule.is_none_or(|it| it.expunge.is_none()) {
            return Kept::Always;
        }
        let (since, ended) = (stands.and_then(Standing::since), stands.and_then(Standing::ended));
        let mut goes: Vec<Goes> = Vec::new();
        if let (Some(since), Some(rule)) = (since, rule) {
            if rule.what() == Proposed::Sanction && ended.is_none() {
                match over_since(&scope, rule, since) {
                    // What never ends by itself is kept while it is in force.
                    None if rule.lasts.is_none() => return Kept::Always,
                    Some(over) if over <= today => {}
                    over => return Kept::Until(later(over, today)),
                }
            }
            if rule.expunge.is_some() {
                let words = format!("`expunge` of {} `{}`", rule.what().word(), rule.label.name);
                goes.push((eval::expunged_on(&scope, Some(rule), since, ended), words));
            }
        }
        goes.extend(self.as_the_workflow_says(flow, case, today));
        let gone = goes.iter().find(|it| it.0.is_some_and(|day| day <= today));
        match gone {
            Some((_, words)) => Kept::NoLonger(words.clone()),
            None if goes.is_empty() => Kept::Always,
            None => Kept::Until(goes.iter().map(|it| later(it.0, today)).min().unwrap_or(today)),
        }
    }

    /// When the lines of a workflow let its cases go: `expunge` on its day, yet not before `keep` is over; else `keep` with the day after.
    fn as_the_workflow_says(&self, flow: WorkflowId, case: &Case, today: Date) -> Option<Goes> {
        let workflow = self.policy().workflow(flow);
        let name = &workflow.label.name;
        let day = |expunge: bool| {
            let line = workflow.retention.iter().find(|it| it.expunge == expunge)?;
            Some(self.day_of(flow, case, &line.date, today))
        };
        let behind = |day: Date| day.tomorrow().ok();
        match (day(true), day(false)) {
            (None, None) => None,
            (None, Some(keep)) => Some((keep.and_then(behind), format!("`keep` of workflow `{name}`"))),
            (Some(expunge), None) => Some((expunge, format!("`expunge` of workflow `{name}`"))),
            (Some(expunge), Some(keep)) => {
                let both = expunge.zip(keep.and_then(behind)).map(|(one, other)| one.max(other));
                Some((both, format!("`expunge` of workflow `{name}`")))
            }
        }
    }

    fn day_of(&self, flow: WorkflowId, case: &Case, rule: &DateRule, today: Date) -> Option<Date> {
        let outlook = self.outlook(self.policy().workflow(flow), case, 0);
        let context = outlook.context_of(case, "", today);
        match eval::date_rule(&outlook.scope(today).with_context(&context), rule, &DateOptions::closing()) {
            Ok(Answer::Known(day)) => Some(day.date),
            Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
        }
    }
}

/// The first day on which something is in force no more; nothing while that can't be told.
fn over_since(scope: &Scope<'_>, rule: &OutcomeRule, since: Date) -> Option<Date> {
    match eval::last_day_in_force(scope, &rule.lasts.as_ref()?.lasts, since) {
        Ok(Answer::Known(last)) => last.date.tomorrow().ok(),
        Ok(Answer::NotYet | Answer::Unknown(_)) | Err(_) => None,
    }
}

/// The day on which it is asked again.
fn later(day: Option<Date>, today: Date) -> Date {
    let again = today.checked_add(ASKED_AGAIN.days()).unwrap_or(today);
    day.filter(|it| *it > today).unwrap_or(again)
}
