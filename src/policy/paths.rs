//! The ways through a workflow: how each of its stages may end, and what comes next.

use crate::ids::StageId;
use crate::policy::flow::Then;
use crate::policy::model::{Stage, Workflow};

/// How a stage may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// What it asks for is there.
    Done,
    /// Somebody chose this.
    Chosen(usize),
    /// Its time ran out.
    Lapsed,
    /// It does not take place.
    LeftOut,
}

/// Where the case goes from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// To a stage.
    Stage(StageId),
    /// Back to an earlier one.
    Back(StageId),
    /// It finishes, in the way that is named.
    Finish(Option<String>),
    /// It is cancelled.
    Cancel,
}

/// A way through a workflow, as far as it has gone.
pub(super) type Way = Vec<(StageId, Ending)>;

/// A way in words, to the end that is named.
pub(super) fn told(workflow: &Workflow, way: &Way, end: &str) -> String {
    let step = |(id, ending): &(StageId, Ending)| {
        let stage = workflow.stage(*id);
        let name = &stage.label.name;
        match ending {
            Ending::Done => format!("`{name}`"),
            Ending::Chosen(choice) => format!("`{name}` with `{}`", stage.choices[*choice].name),
            Ending::Lapsed => format!("`{name}` lapsed"),
            Ending::LeftOut => format!("`{name}` left out"),
        }
    };
    way.iter().map(step).chain([format!("`{end}`")]).collect::<Vec<_>>().join(", ")
}

/// The stage itself, or the one around all in which it stands.
pub(super) fn outermost(workflow: &Workflow, id: StageId) -> StageId {
    let mut own = id;
    while let Some(outer) = workflow.stage(own).inside {
        own = outer;
    }
    own
}

/// Every ending of a stage, with what comes next.
pub(super) fn endings(workflow: &Workflow, id: StageId) -> Vec<(Ending, Next)> {
    let stage = workflow.stage(id);
    let mut endings = Vec::new();
    if stage.choices.is_empty() {
        endings.push((Ending::Done, behind(workflow, id)));
    }
    for choice in 0..stage.choices.len() {
        let leads = stage.on_choice.iter().find(|it| it.choice == choice);
        let next = leads.map_or_else(|| behind(workflow, id), |it| follow(workflow, id, &it.then));
        endings.push((Ending::Chosen(choice), next));
    }
    if may_lapse(stage) {
        endings.push((Ending::Lapsed, follow(workflow, id, &stage.on_lapse)));
    }
    if stage.only_if.is_some() {
        endings.push((Ending::LeftOut, behind(workflow, id)));
    }
    endings
}

/// Whether the time of a stage can run out.
pub(super) fn may_lapse(stage: &Stage) -> bool {
    stage.lapses_at_due || stage.closes.is_some()
}

fn follow(workflow: &Workflow, id: StageId, then: &Then) -> Next {
    match then {
        Then::Continue | Then::LeaveOut(_) => behind(workflow, id),
        Then::Finish(end) => Next::Finish(end.clone()),
        Then::Cancel => Next::Cancel,
        Then::GoBack { to, .. } => Next::Back(*to),
        Then::Inside(inner) => Next::Stage(*inner),
    }
}

/// What comes when nothing else is said: the stage behind it in the text; behind one inside another, what is behind that.
fn behind(workflow: &Workflow, id: StageId) -> Next {
    let later = (outermost(workflow, id).index() + 1..workflow.stages.len()).map(StageId::at);
    later.into_iter().find(|it| workflow.stage(*it).inside.is_none()).map_or(Next::Finish(None), Next::Stage)
}

/// Whether the stages of a workflow follow each other as they are written: none opens by itself, before the one above it has ended.
pub(super) fn is_a_line(workflow: &Workflow) -> bool {
    let outer: Vec<StageId> =
        (0..workflow.stages.len()).map(StageId::at).filter(|it| workflow.stage(*it).inside.is_none()).collect();
    outer.windows(2).all(|pair| {
        let stage = workflow.stage(pair[1]);
        let waits = stage.enough.is_none() && stage.after.contains(&pair[0]);
        (stage.opens.is_none() && stage.after.is_empty()) || waits
    })
}

/// The stages that a case can come to.
pub(super) fn reached(workflow: &Workflow) -> Vec<bool> {
    let mut reached = vec![false; workflow.stages.len()];
    let opens_itself = |it: &StageId| {
        let stage = workflow.stage(*it);
        it.index() == 0 || stage.opens.is_some() || !stage.after.is_empty()
    };
    let mut open: Vec<StageId> = (0..workflow.stages.len()).map(StageId::at).filter(opens_itself).collect();
    while let Some(id) = open.pop() {
        if std::mem::replace(&mut reached[id.index()], true) {
            continue;
        }
        for (_, next) in endings(workflow, id) {
            if let Next::Stage(next) | Next::Back(next) = next {
                open.push(next);
            }
        }
    }
    reached
}
