//! The notices of one look: of several to one person only the strongest goes out.

use std::collections::BTreeMap;

use crate::planted::{self, Bug};
use crate::policy::model::{Timing, Workflow};
use crate::workflow::case::Case;
use crate::workflow::event::{Event, HolderNote, Notice, NoticeState, StepMark};

/// Of the notices that one look sends to one person, only the strongest goes out: an escalation before an overdue notice before
/// a reminder, and the later of two that are equally strong.
pub(super) fn merge_notices(flow: &Workflow, case: &Case, events: &mut [Event]) {
    let mut strongest: BTreeMap<(String, String), ((u8, usize), usize)> = BTreeMap::new();
    for (place, event) in events.iter().enumerate() {
        let strength = strength(flow, case, event);
        for notice in notices_of(event) {
            let entry = strongest.entry(notice.to.clone()).or_insert(((strength, place), place));
            if (strength, place) > entry.0 {
                *entry = ((strength, place), place);
            }
        }
    }
    for (place, event) in events.iter_mut().enumerate() {
        if planted::is(Bug::MergingDropsDefault)
            && notices_of(event).iter().any(|it| strongest.get(&it.to).is_some_and(|(_, best)| *best != place))
            && let Event::StepTaken { default, .. } = event
        {
            *default = None;
        }
        for notice in notices_of_mut(event) {
            if strongest.get(&notice.to).is_some_and(|(_, best)| *best != place) {
                notice.state = NoticeState::Merged;
            }
        }
    }
}

fn strength(flow: &Workflow, case: &Case, event: &Event) -> u8 {
    match event {
        Event::StepTaken { rung: true, .. } => 3,
        Event::StepTaken { mark, .. } if is_overdue_step(flow, case, mark) => 2,
        _ => 1,
    }
}

fn is_overdue_step(flow: &Workflow, case: &Case, mark: &StepMark) -> bool {
    let stage = flow.stages.iter().find(|it| it.label.name == mark.stage);
    let state = case.stage(&mark.stage);
    let called = |step: &str| state.map_or(step == mark.step, |it| it.called(step) == mark.step);
    let step = stage.and_then(|it| it.steps.iter().find(|step| called(&step.name)));
    step.is_some_and(|it| matches!(it.timing, Timing::Overdue(_) | Timing::EveryOverdue { .. }))
}

/// The notices in an event.
#[must_use]
pub fn notices_of(event: &Event) -> &[Notice] {
    match event {
        Event::StepTaken { notices, .. }
        | Event::Held { notices, .. }
        | Event::Sent { notices, .. }
        | Event::Alarmed { notices, .. } => notices,
        _ => &[],
    }
}

fn notices_of_mut(event: &mut Event) -> &mut [Notice] {
    match event {
        Event::StepTaken { notices, .. } | Event::Held { notices, .. } => notices,
        _ => &mut [],
    }
}

/// One more notice to somebody, unless they get one already.
pub(super) fn push_notice(notices: &mut Vec<Notice>, note: &HolderNote, message: &str) {
    let Some(to) = &note.who else { return };
    if notices.iter().any(|it| it.to == *to) {
        return;
    }
    let (capacity, message) = (note.capacity.clone(), message.to_owned());
    notices.push(Notice { to: to.clone(), capacity, message, state: NoticeState::Due });
}
