//! What stages sent and the way out has accepted: a fact that the case learns where the policy counts from it.

use crate::calendar::Moment;
use crate::ids::{StageId, WorkflowId};
use crate::policy::model::Policy;
use crate::store::{Store, StoreError};
use crate::workflow::{Case, Event, StageCase};
use jiff::civil::Date;

/// What of a case's post was accepted and is not known to the case yet.
pub(super) fn accepted(
    store: &dyn Store,
    (policy, flow): (&Policy, WorkflowId),
    number: i64,
    case: &Case,
    today: Date,
) -> Result<Vec<Event>, StoreError> {
    let workflow = policy.workflow(flow);
    let waits = |it: &StageCase| it.post.iter().any(|it| it.accepted.is_none() && it.received.is_none());
    if !case.stages().any(|it| waits(it.1)) {
        return Ok(Vec::new());
    }
    let asking = (0..workflow.stages.len()).map(StageId::at).filter(|it| workflow.asks_when_it_left(*it));
    let asking: Vec<&str> = asking.map(|it| workflow.stage(it).label.name.as_str()).collect();
    let asks = |name: &str| asking.contains(&name);
    if !case.stages().any(|(name, it)| asks(name) && waits(it)) {
        return Ok(Vec::new());
    }
    let calendar = policy.calendar_of(workflow);
    let mut events: Vec<Event> = Vec::new();
    for (sent_in, round, recipient, at) in store.accepted(number)? {
        let stage = case.stage_called_now(&sent_in).to_owned();
        let Some(state) = case.stage(&stage).filter(|_| asks(&stage)) else { continue };
        let Some(to) = recipient.split_once(':').map(|(kind, key)| (kind.to_owned(), key.to_owned())) else { continue };
        let posted = state.post.iter().find(|it| i64::from(it.round) == round && it.to == to && it.accepted.is_none());
        let Some(posted) = posted else { continue };
        // A machine's clock may stand elsewhere than the day as of which the engine runs.
        let on = calendar.day_of(Moment(at)).min(today).max(posted.sent);
        let event = Event::Accepted { stage, round: posted.round, to, on };
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(events)
}
