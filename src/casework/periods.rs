//! Which periods of a workflow are looked at: those from a day on, and of those that had ended the ones that open only then.

use std::sync::Arc;

use jiff::civil::Date;

use crate::calendar::{Period, day_in_words};
use crate::casework::desk::{Desk, Opens};
use crate::ids::WorkflowId;
use crate::policy::model::Policy;
use crate::policy::opening::MayOpen;
use crate::workflow::{Case, CaseStatus, How};

/// The periods in which cases of a workflow may open between two days; one without a name for a workflow without periods.
#[must_use]
pub fn periods(policy: &Policy, flow: WorkflowId, since: Date, today: Date) -> Vec<Option<Period>> {
    let workflow = policy.workflow(flow);
    let Some(kind) = workflow.each else { return vec![None] };
    let calendar = policy.calendar_of(workflow);
    let Ok(first) = calendar.period_from(kind, since) else { return Vec::new() };
    let mut periods: Vec<Option<Period>> = Vec::new();
    // Of what rests on facts the period that has just ended is looked at, and none before it.
    let mut before = calendar.shift(first, -1).ok();
    while let Some(period) = before {
        let may_open = policy.may_open(workflow, &period, since);
        if may_open == MayOpen::No || may_open == MayOpen::OnAFact && !periods.is_empty() {
            break;
        }
        periods.insert(0, Some(period));
        before = calendar.shift(period, -1).ok();
    }
    let running = std::iter::successors(Some(first), |it| calendar.next(*it).ok());
    periods.extend(running.take_while(|it| it.first <= today).map(Some));
    periods
}

/// Whether a case opened before anybody looked: its period had ended, and it opens on a day before that.
#[must_use]
pub(super) fn is_past(period: Option<Period>, since: Date, opens: Date) -> bool {
    period.is_some_and(|it| it.last < since) && opens < since
}

/// Whether all was over before the store was adopted: such a case is history and not opened.
#[must_use]
pub fn is_history(case: &Case, adopted: Option<Date>) -> bool {
    let completed = case.status == CaseStatus::Ended(How::Completed);
    let ended = case.ended.zip(adopted).is_some_and(|(day, adopted)| day < adopted);
    case.period.is_empty() && completed && ended
}

/// Why an example has no case of a period that had ended: it opened before the first day that is spoken of.
pub(super) fn opened_before(desk: &Desk<'_>, stage: &str, of: &str, first: Date) -> Option<String> {
    let policy = desk.policy();
    (0..policy.workflows.len()).map(WorkflowId::at).find_map(|flow| {
        let workflow = policy.workflow(flow);
        workflow.stages.iter().find(|it| it.label.name == stage)?;
        let calendar = policy.calendar_of(workflow);
        let period = calendar.shift(calendar.period_from(workflow.each?, first).ok()?, -1).ok()?;
        if policy.may_open(workflow, &period, period.last) == MayOpen::No {
            return None;
        }
        let Opens::On { day, .. } = desk.opens(flow, &Arc::from(of), Some(period), first) else { return None };
        let (label, opened) = (calendar.label(&period), day_in_words(day));
        is_past(Some(period), first, day).then(|| {
            let begun = format!("the case of {label} opened on {opened}, before the example's first day");
            format!("{begun}; say `adopted {opened}`, or begin with that day")
        })
    })
}
