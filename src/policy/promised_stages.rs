//! A promise about what comes before a sanction is in force: every way through its workflow to `imposed` is walked, and one that goes
//! past a stage that was promised is shown.

use std::collections::BTreeMap;

use crate::ids::StageId;
use crate::policy::framework::{OutcomeKind, OutcomeRule};
use crate::policy::model::{Policy, Stage, Workflow};
use crate::policy::paths::{self, Ending, Next, Way};
use crate::source::Span;
use crate::syntax::tree::Name;

/// Why a promise is not kept, or not known to be.
pub(super) enum Lacks {
    /// It is broken: in these words, with the place of what breaks it.
    Broken(String, Span),
    /// Nobody knows.
    NotDecided(String),
}

/// Whether a sanction is in force only after some stages of the workflow that it goes through.
pub(super) fn in_force_only_after(policy: &Policy, rule: &OutcomeRule, stages: &[Name]) -> Result<(), Lacks> {
    let sanction = &rule.label.name;
    let through = match &rule.kind {
        OutcomeKind::Sanction { through, .. } => through.as_ref(),
        OutcomeKind::Reward | OutcomeKind::Measure => None,
    };
    let workflow = through.and_then(|name| policy.workflows.iter().find(|it| it.label.name == *name));
    let Some(workflow) = workflow else {
        let words = format!("`{sanction}` goes through no workflow: it is in force as soon as it follows");
        return Err(Lacks::Broken(words, rule.label.span));
    };
    for name in stages {
        let place = workflow.stages.iter().position(|it| it.label.name == name.text).map(StageId::at);
        let Some(stage) = place else {
            let words =
                format!("`{sanction}` goes through `{}`, which has no stage `{}`", workflow.label.name, name.text);
            return Err(Lacks::Broken(words, workflow.label.span));
        };
        if let Some(way) = around(workflow, stage) {
            let way = paths::told(workflow, &way, "imposed");
            let words = format!("`{sanction}` could be in force without `{}`: {way}", name.text);
            let left_out = workflow.stage(stage).only_if.as_ref().map(|it| it.span);
            return Err(Lacks::Broken(words, left_out.unwrap_or(workflow.stage(stage).label.span)));
        }
    }
    if !paths::is_a_line(workflow) {
        let words = format!("the stages of `{}` do not follow each other as they are written", workflow.label.name);
        return Err(Lacks::NotDecided(words));
    }
    Ok(())
}

/// Whether a stage that ended so took place. Time that ran out is enough where somebody was to answer; it sends nothing and decides nothing.
fn took_place(stage: &Stage, ending: Ending) -> bool {
    match ending {
        Ending::Done | Ending::Chosen(_) => true,
        Ending::Lapsed => stage.sends.is_empty() && stage.decision.is_none(),
        Ending::LeftOut => false,
    }
}

/// Where a way stands, and whether it has gone past the stage in question while that is still open beside it.
type At = (StageId, bool);

/// How each place was come to: from where, and by which ending; no ending for the stage in question, still open.
type Came = BTreeMap<At, Option<(At, Option<Ending>)>>;

/// A way to `imposed` on which a stage does not take place, if there is one. What a way has gone through before does not matter for
/// what lies ahead of it, so that each place is looked at once.
fn around(workflow: &Workflow, wanted: StageId) -> Option<Way> {
    let block = |it: StageId| workflow.stage(paths::outermost(workflow, it)).together;
    let beside = |it: StageId| block(it).is_some() && block(it) == block(wanted);
    let start = (StageId(0), false);
    let mut came: Came = BTreeMap::from([(start, None)]);
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for (ending, next) in paths::endings(workflow, at.0) {
            let taken = at.0 == wanted && took_place(workflow.stage(wanted), ending);
            let (to, back) = match next {
                Next::Finish(Some(end)) if end == "imposed" && !taken => return Some(way(&came, at, ending)),
                Next::Finish(_) | Next::Cancel => continue,
                Next::Stage(to) => (to, false),
                Next::Back(to) => (to, true),
            };
            // What stands beside it may be over before it is; but no way leads on from there without it.
            let past = (taken || at.1) && beside(to);
            if !past && (taken || (at.1 && !back)) {
                continue;
            }
            let to = (to, past);
            came.entry(to).or_insert_with(|| {
                open.push(to);
                Some((at, (!taken).then_some(ending)))
            });
        }
    }
    None
}

fn way(came: &Came, last: At, ending: Ending) -> Way {
    let mut way = vec![(last.0, ending)];
    let mut at = last;
    while let Some((before, ending)) = came.get(&at).copied().flatten() {
        way.extend(ending.map(|it| (before.0, it)));
        at = before;
    }
    way.reverse();
    way
}
