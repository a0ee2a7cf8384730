//! What the language forbids beyond names and types: a table of contents, and one sentence for each.

use crate::codes::Code;
use crate::codes_flow as flow_codes;
use crate::codes_framework::RANKED_IN_WORKFLOW;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::StageId;
use crate::policy::calendar_checks::calendars_say_what_is_needed;
use crate::policy::dated_checks::versions_follow_each_other;
use crate::policy::holiday_checks::holidays_are_in_order;
use crate::policy::late_comers::late_comers_have_a_date;
use crate::policy::model::{Policy, Stage, Timing, Workflow};
use crate::policy::scale_checks::bands_hold_every_value;
use crate::policy::stages::placed;
use crate::policy::{due_process, flow_checks, nobody, table_checks, time_checks};
use crate::source::Span;
use crate::syntax::tree::Item;

/// Whether a finding is about something that is not there, so that it goes without saying where a word there was not understood.
pub(super) fn says_what_lacks(code: Code) -> bool {
    let lacks = [
        codes::NEVER_DONE,
        codes::NOBODY_ACTS,
        flow_codes::NOTHING_SENT,
        flow_codes::SANCTIONED_UNHEARD,
        flow_codes::FINISHES_UNNAMED,
    ];
    lacks.contains(&code)
}

/// The names of the workflows and stages in which a line could not be read.
pub(super) fn half_read(items: &[&Item], found: &Diagnostics) -> Vec<Span> {
    let holds = |whole: Span| {
        found.iter().any(|it| {
            let at = it.span;
            at.file == whole.file && whole.start <= at.start && at.end <= whole.end
        })
    };
    let flows = items.iter().filter_map(|it| if let Item::Workflow(flow) = it { Some(flow) } else { None });
    let flows = flows.filter(|it| holds(it.span));
    let stages = |flow| placed(flow).into_iter().map(|it| it.stage).filter(|it| holds(it.span)).map(|it| it.name.span);
    flows.flat_map(|flow| stages(flow).chain([flow.name.span])).collect()
}

/// Everything the language forbids, beyond names and types.
pub(super) fn check_all(policy: &Policy, items: &[&Item], found: &mut Diagnostics) {
    calendars_say_what_is_needed(policy, items, found);
    holidays_are_in_order(policy, items, found);
    versions_follow_each_other(policy, found);
    for scale in &policy.scales {
        bands_hold_every_value(policy, scale, found);
    }
    for (definition, table) in policy.tables() {
        table_checks::rows_decide(policy, definition, table, found);
    }
    for (at, workflow) in policy.workflows.iter().enumerate() {
        rests_on_no_rank(policy, crate::ids::WorkflowId::at(at), workflow, found);
        stages_do_not_wait_for_each_other(workflow, found);
        flow_checks::workflow_holds_together(policy, workflow, found);
        time_checks::dates_follow_each_other(policy, workflow, found);
        for stage in &workflow.stages {
            steps_come_in_order(stage, found);
            steps_have_a_due_date(stage, found);
            somebody_acts(stage, found);
        }
        late_comers_have_a_date(policy, workflow, found);
    }
    policy.committees.iter().for_each(|it| flow_checks::committee_can_decide(it, found));
    flow_checks::sanctions_go_through_proceedings(policy, found);
    due_process::nobody_is_sanctioned_unheard(policy, found);
    nobody::somebody_can_be_found(policy, found);
}

/// A case is looked at when its own facts change; a rank changes with those of anybody.
fn rests_on_no_rank(policy: &Policy, id: crate::ids::WorkflowId, workflow: &Workflow, found: &mut Diagnostics) {
    if policy.reads(id).ranks {
        let words = format!("workflow `{}` rests on a rank or share of a whole population", workflow.label.name);
        let help = "let a framework judge it: it looks at everybody at one moment";
        found.push(Diagnostic::new(RANKED_IN_WORKFLOW, workflow.label.span, words).help(help));
    }
}

/// Stages that wait for each other never open.
fn stages_do_not_wait_for_each_other(workflow: &Workflow, found: &mut Diagnostics) {
    for (at, stage) in workflow.stages.iter().enumerate() {
        let start = StageId::at(at);
        let mut seen = vec![false; workflow.stages.len()];
        let mut open: Vec<StageId> = stage.after.clone();
        while let Some(next) = open.pop() {
            if next == start {
                let words = format!("stage `{}` waits for itself, so that it never opens", stage.label.name);
                found.push(
                    Diagnostic::new(codes::NEVER_OPENS, stage.label.span, words)
                        .help("take one `after` out of the circle"),
                );
                break;
            }
            if !std::mem::replace(&mut seen[next.index()], true) {
                open.extend(&workflow.stage(next).after);
            }
        }
    }
}

/// Days of a length, roughly; only lengths of one unit are compared.
fn comparable(a: crate::calendar::Length, b: crate::calendar::Length) -> bool {
    a.unit == b.unit
}

/// The rungs of a ladder stand in the order in which they come due.
fn steps_come_in_order(stage: &Stage, found: &mut Diagnostics) {
    let overdue = |timing: &Timing| match timing {
        Timing::Overdue(length) => Some(*length),
        _ => None,
    };
    let rungs: Vec<_> = stage.steps.iter().filter_map(|it| Some((overdue(&it.timing)?, it))).collect();
    for pair in rungs.windows(2) {
        let ((first, above), (second, below)) = (&pair[0], &pair[1]);
        if comparable(*first, *second) && second.count < first.count {
            let late =
                Diagnostic::new(codes::LADDER_OUT_OF_ORDER, below.span, "this step comes due before the one above it")
                    .label(above.span, "this one waits longer");
            found.push(late.help("put the steps in the order in which they come due"));
        }
    }
}

fn steps_have_a_due_date(stage: &Stage, found: &mut Diagnostics) {
    let needs = |timing: &Timing| !matches!(timing, Timing::AtOpening | Timing::AfterOpening(_));
    if let Some(step) = stage.steps.iter().find(|it| stage.due.is_empty() && needs(&it.timing)) {
        let words = format!("this step counts from the due date, and stage `{}` has none", stage.label.name);
        found.push(Diagnostic::new(codes::NOTHING_DUE, step.span, words).help("add a line `due …`"));
    }
}

fn somebody_acts(stage: &Stage, found: &mut Diagnostics) {
    if stage.by.is_empty() && stage.decision.is_none() {
        let words = format!("nobody acts in stage `{}`", stage.label.name);
        found.push(
            Diagnostic::new(codes::NOBODY_ACTS, stage.label.span, words)
                .help("add a line `by …` with a role or the subject"),
        );
    }
}
