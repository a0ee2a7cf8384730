//! What is forbidden in workflows beyond a line of stages, and in committees.

use std::collections::BTreeSet;

use crate::codes_flow as codes;
use crate::codes_policy::NEVER_OPENS;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::StageId;
use crate::policy::committee::Committee;
use crate::policy::flow::{Proposed, Then};
use crate::policy::framework::OutcomeKind;
use crate::policy::model::{
    DateRule, DueLine, Expr, ExprKind, FieldKind, Fill, Party, Point, Policy, Stage, StageMoment, Timing, Workflow,
};
use crate::policy::paths::{self, Next};
use crate::source::Span;

/// Everything that a workflow must be beyond its stages one by one.
pub(super) fn workflow_holds_together(policy: &Policy, workflow: &Workflow, found: &mut Diagnostics) {
    every_stage_is_reached(workflow, found);
    every_end_is_reached(workflow, found);
    cases_finish_in_a_named_way(workflow, found);
    proposals_end_in_a_named_way(workflow, found);
    let waited = waited_for(workflow);
    for (at, stage) in workflow.stages.iter().enumerate() {
        let id = StageId::at(at);
        a_lapse_can_come(stage, found);
        a_case_goes_back_where_it_came_from(workflow, (id, &waited[at]), found);
        leaves_out_others(workflow, id, found);
        turns_come(workflow, (id, &waited[at]), found);
        no_step_comes_after_a_lapse(stage, found);
        receipts_may_never_come(workflow, stage, found);
        what_is_received_is_sent(workflow, stage, found);
        a_decision_has_choices(stage, found);
        what_is_confirmed_was_filled(policy, workflow, id, found);
        it_is_clear_what_confirms(stage, found);
        nobody_decides_their_own_case(stage, found);
        the_committee_is_that_of_the_subject(policy, workflow, stage, found);
        a_new_committee_has_time(policy, stage, found);
    }
}

/// What goes through a workflow is heard in one that runs for proposals, and can end in `imposed`.
pub(super) fn sanctions_go_through_proceedings(policy: &Policy, found: &mut Diagnostics) {
    for rule in policy.frameworks.iter().flat_map(|it| &it.rules) {
        let OutcomeKind::Sanction { through: Some(name), .. } = &rule.kind else { continue };
        let Some(id) = policy.workflow_named(name) else { continue };
        let workflow = policy.workflow(id);
        let sanction = &rule.label.name;
        if !workflow.proposal.as_ref().is_some_and(|it| it.what == Proposed::Sanction) {
            let words =
                format!("workflow `{name}`, which hears sanction `{sanction}`, does not run for proposed sanctions");
            let finding = Diagnostic::new(codes::NOT_FOR_PROPOSALS, rule.label.span, words);
            let help = format!("write `workflow {name} for each proposed sanction {{ ends imposed, dismissed; … }}`");
            found.push(finding.label(workflow.label.span, "this workflow").help(help));
        } else if !workflow.ends.is_empty() && !workflow.has_end("imposed") {
            let words =
                format!("sanction `{sanction}` can never be imposed: workflow `{name}` does not end in `imposed`");
            let finding = Diagnostic::new(codes::NEVER_IMPOSED, rule.label.span, words);
            found
                .push(finding.label(workflow.label.span, "this workflow").help("add a line `ends imposed, dismissed`"));
        }
    }
}

/// Only a stage that has waited for another comes anew with it.
fn a_case_goes_back_where_it_came_from(
    workflow: &Workflow,
    (id, waited): (StageId, &BTreeSet<StageId>),
    found: &mut Diagnostics,
) {
    let stage = workflow.stage(id);
    let lapse = std::iter::once((&stage.on_lapse, stage.label.span));
    for (then, span) in stage.on_choice.iter().map(|it| (&it.then, it.span)).chain(lapse) {
        let Then::GoBack { to, .. } = then else { continue };
        if *to == id || !waited.contains(to) {
            let (name, target) = (&stage.label.name, &workflow.stage(*to).label.name);
            let words = format!("`{name}` can't send the case back to `{target}`: it has not waited for it");
            let help = format!("let it go back to a stage before it, or let it wait: `opens …, after {target}`");
            found.push(Diagnostic::new(codes::BACK_ELSEWHERE, span, words).help(help));
        }
    }
}

/// For each stage those that have surely ended when it opens, or inside which it stands, and itself.
fn waited_for(workflow: &Workflow) -> Vec<BTreeSet<StageId>> {
    let all = || (0..workflow.stages.len()).map(StageId::at);
    let mut waited: Vec<BTreeSet<StageId>> = all().map(|it| BTreeSet::from([it])).collect();
    loop {
        let before = waited.clone();
        for id in all() {
            let mut named = workflow.before(id).into_iter().map(|it| before[it.index()].clone());
            let more: BTreeSet<StageId> = match workflow.stage(id).enough {
                None => named.flatten().collect(),
                // Of those of which some suffice only what stands before each is sure.
                Some(_) => named.next().map(|first| named.fold(first, |sure, it| &sure & &it)).unwrap_or_default(),
            };
            let around = workflow.stage(id).inside.map(|it| before[it.index()].clone()).unwrap_or_default();
            waited[id.index()].extend(more.into_iter().chain(around));
        }
        if waited == before {
            return waited;
        }
    }
}

/// Where one is open at a time, what stands inside one does not wait for another: that waits its turn until the first is over.
fn turns_come(workflow: &Workflow, (id, waited): (StageId, &BTreeSet<StageId>), found: &mut Diagnostics) {
    let stage = workflow.stage(id);
    let outer = paths::outermost(workflow, id);
    let block = workflow.stage(outer).together.filter(|_| workflow.stage(outer).one_at_a_time);
    if stage.inside.is_none() || block.is_none() {
        return;
    }
    let other = |it: &&StageId| {
        let outermost = paths::outermost(workflow, **it);
        outermost != outer && workflow.stage(outermost).together == block
    };
    if let Some(other) = waited.iter().find(other) {
        let (name, other) = (&stage.label.name, &workflow.stage(*other).label.name);
        let outer = &workflow.stage(outer).label.name;
        let words = format!("stage `{name}` waits for `{other}`, which waits its turn until `{outer}` is over");
        let help = "let it wait for nothing beside it, or take `one at a time` out";
        found.push(Diagnostic::new(NEVER_OPENS, stage.label.span, words).help(help));
    }
}

/// A stage leaves out others, and none of proceedings.
fn leaves_out_others(workflow: &Workflow, id: StageId, found: &mut Diagnostics) {
    let stage = workflow.stage(id);
    let lapse = std::iter::once((&stage.on_lapse, stage.label.span));
    let ends = stage.on_choice.iter().map(|it| (&it.then, it.span)).chain(lapse);
    let by_end =
        ends.filter_map(|(then, span)| if let Then::LeaveOut(which) = then { Some((which, span)) } else { None });
    let at_opening = stage.leaving_out.then_some((&stage.after, stage.label.span));
    for (which, span) in by_end.chain(at_opening) {
        let around: Vec<StageId> = std::iter::successors(Some(id), |it| workflow.stage(*it).inside).collect();
        let (words, help) = if let Some(own) = which.iter().find(|it| around.contains(it)) {
            let words = format!("`{}` can't leave out `{}`", stage.label.name, workflow.stage(*own).label.name);
            (words, "name stages that stand beside it, or behind it")
        } else if workflow.proposal.is_some() {
            let words = "proceedings leave out no stage for what another came to".to_owned();
            (words, "go on (`continue`), or let the case end (`finish …`)")
        } else {
            continue;
        };
        found.push(Diagnostic::new(codes::LEAVES_OUT, span, words).help(help));
    }
}

fn every_stage_is_reached(workflow: &Workflow, found: &mut Diagnostics) {
    let reached = paths::reached(workflow);
    if let Some((_, stage)) = reached.iter().zip(&workflow.stages).find(|(reached, _)| !**reached) {
        let words = format!("no case ever comes to `{}`", stage.label.name);
        let help = "let a choice or a lapse above it continue, or take it out";
        found.push(Diagnostic::new(codes::NOT_REACHED, stage.label.span, words).help(help));
    }
}

/// Every way in which the cases of a workflow finish, by the stages that lead to it.
fn finishes(workflow: &Workflow) -> impl Iterator<Item = (StageId, Option<String>)> + '_ {
    let stages = (0..workflow.stages.len()).map(StageId::at);
    stages.flat_map(|id| {
        paths::endings(workflow, id)
            .into_iter()
            .filter_map(move |(_, next)| if let Next::Finish(end) = next { Some((id, end)) } else { None })
    })
}

fn every_end_is_reached(workflow: &Workflow, found: &mut Diagnostics) {
    for end in &workflow.ends {
        if !finishes(workflow).any(|(_, it)| it.as_ref() == Some(&end.name)) {
            let words = format!("no case of `{}` ever ends in `{}`", workflow.label.name, end.name);
            let help = format!("say where: `on … finish {}`, or take it out of the ends", end.name);
            found.push(Diagnostic::new(codes::END_NOT_REACHED, end.span, words).help(help));
        }
    }
}

fn cases_finish_in_a_named_way(workflow: &Workflow, found: &mut Diagnostics) {
    if workflow.ends.is_empty() {
        return;
    }
    if let Some((id, _)) = finishes(workflow).find(|(_, end)| end.is_none()) {
        let stage = workflow.stage(id);
        let words =
            format!("behind `{}` the case may finish in none of the ways that the workflow names", stage.label.name);
        let help = format!("say how: `on … finish {}`", workflow.ends[0].name);
        found.push(Diagnostic::new(codes::FINISHES_UNNAMED, stage.label.span, words).help(help));
    }
}

fn proposals_end_in_a_named_way(workflow: &Workflow, found: &mut Diagnostics) {
    if workflow.proposal.is_some() && workflow.ends.is_empty() {
        let words = format!("workflow `{}` does not say how what is proposed may end", workflow.label.name);
        let help = "add a line such as `ends imposed, dismissed`";
        found.push(Diagnostic::new(codes::NO_ENDS, workflow.label.span, words).help(help));
    }
}

fn a_lapse_can_come(stage: &Stage, found: &mut Diagnostics) {
    let says = stage.on_lapse != Then::Continue || (stage.lapse_mark.is_some() && !stage.lapses_at_due);
    if says && !paths::may_lapse(stage) {
        let words = format!("stage `{}` says what follows its lapse, and never lapses", stage.label.name);
        let help = "add `lapses at due`, or `closes` and a day after which nobody may write";
        found.push(Diagnostic::new(codes::NEVER_LAPSES, stage.label.span, words).help(help));
    }
}

fn no_step_comes_after_a_lapse(stage: &Stage, found: &mut Diagnostics) {
    let overdue = |it: &Timing| matches!(it, Timing::Overdue(_) | Timing::EveryOverdue { .. });
    if let Some(step) = stage.steps.iter().find(|it| stage.lapses_at_due && overdue(&it.timing)) {
        let words = format!("this step never comes: stage `{}` lapses when it is due", stage.label.name);
        found.push(Diagnostic::new(codes::AFTER_LAPSE, step.span, words).help("take one of the two out"));
    }
}

// ---- receipts

fn moments(rule: &DateRule, all: &mut Vec<(StageId, StageMoment)>) {
    match rule {
        DateRule::At(Point::Stage(stage, moment)) => all.push((*stage, *moment)),
        DateRule::At(Point::EdgeOf { of, .. }) => moments(of, all),
        DateRule::At(Point::Event(expr)) => moments_in(expr, all),
        DateRule::At(_) => {}
        DateRule::Offset { anchor: of, .. } | DateRule::Beginning { on: of, .. } | DateRule::PutOff { run: of, .. } => {
            moments(of, all)
        }
        DateRule::Earliest(of) | DateRule::Latest(of) => of.iter().for_each(|it| moments(it, all)),
    }
}

fn moments_in(expr: &Expr, all: &mut Vec<(StageId, StageMoment)>) {
    if let ExprKind::DateOf(rule) = &expr.kind {
        moments(rule, all);
    }
    expr.kind.parts().into_iter().for_each(|it| moments_in(it, all));
}

impl Workflow {
    /// Whether something counts from the day on which what a stage sends left: a receipt that is taken to follow upon it, or a date.
    #[must_use]
    pub fn asks_when_it_left(&self, id: StageId) -> bool {
        let mut all: Vec<_> = self.stages.iter().flat_map(moments_of).collect();
        self.closes.iter().for_each(|it| moments(it, &mut all));
        self.stage(id).deemed_received.is_some() || all.contains(&(id, StageMoment::Sent))
    }
}

/// The moments of other stages from which a stage counts.
fn moments_of(stage: &Stage) -> Vec<(StageId, StageMoment)> {
    let mut all = Vec::new();
    let due = stage.due.iter().flat_map(|it| std::iter::once(&it.date).chain(&it.or_else).chain(&it.late_comers));
    due.chain(&stage.opens).chain(&stage.closes).for_each(|it| moments(it, &mut all));
    let conditions = stage.only_if.iter().chain(stage.due.iter().filter_map(|it| it.when.as_ref()));
    conditions.for_each(|it| moments_in(it, &mut all));
    all
}

/// Whether a receipt that a date waits for may never come, though the stage does not say when it is taken to have come.
fn may_never_come(workflow: &Workflow, rule: &DateRule) -> Option<StageId> {
    let mut all = Vec::new();
    moments(rule, &mut all);
    let waits = |(stage, moment): &(StageId, StageMoment)| {
        *moment == StageMoment::Received && workflow.stage(*stage).deemed_received.is_none()
    };
    all.into_iter().find(waits).map(|it| it.0)
}

fn receipts_may_never_come(workflow: &Workflow, stage: &Stage, found: &mut Diagnostics) {
    let lines = stage.due.iter().filter(|it| it.or_else.is_none()).map(|it| &it.date);
    let mut rules = lines.chain(&stage.opens).chain(&stage.closes);
    if let Some(sender) = rules.find_map(|it| may_never_come(workflow, it)) {
        let sender = &workflow.stage(sender).label;
        let words = format!(
            "stage `{}` counts from the receipt of what `{}` sends, which may never come",
            stage.label.name, sender.name
        );
        let deemed = "let it be `deemed received 3 working days after it was accepted`";
        // Only a due date has an `or`.
        let in_due = stage.due.iter().any(|it| it.or_else.is_none() && may_never_come(workflow, &it.date).is_some());
        let help = if in_due {
            let sent = &sender.name;
            format!("write `or` and a time from its sending, such as `or 21 days after {sent}.sent`; or {deemed}")
        } else {
            format!("in stage `{}`, {deemed}", sender.name)
        };
        let finding = Diagnostic::new(codes::RECEIPT_MAY_FAIL, stage.label.span, words);
        found.push(finding.label(sender.span, "what is sent here").help(help));
    }
}

fn what_is_received_is_sent(workflow: &Workflow, stage: &Stage, found: &mut Diagnostics) {
    let sends = |id: StageId| !workflow.stage(id).sends.is_empty() || workflow.stage(id).decision.is_some();
    let never = |(id, moment): &(StageId, StageMoment)| {
        matches!(moment, StageMoment::Sent | StageMoment::Received) && !sends(*id)
    };
    if let Some((id, _)) = moments_of(stage).into_iter().find(never) {
        let sender = &workflow.stage(id).label;
        let words = format!("stage `{}` sends nothing that could be received", sender.name);
        let finding = Diagnostic::new(codes::NOTHING_SENT, stage.label.span, words);
        found.push(finding.label(sender.span, "this stage").help("let it send something: `sends … to …`"));
    }
}

// ---- decisions and committees

fn a_decision_has_choices(stage: &Stage, found: &mut Diagnostics) {
    if stage.decision.is_some() && stage.choices.is_empty() {
        let words = format!("nothing can be chosen in decision `{}`", stage.label.name);
        found.push(
            Diagnostic::new(codes::NO_CHOICE, stage.label.span, words)
                .help("add a line such as `choose confirm, lift`"),
        );
    }
}

fn what_is_confirmed_was_filled(policy: &Policy, workflow: &Workflow, id: StageId, found: &mut Diagnostics) {
    let stage = workflow.stage(id);
    let Some(confirms) = stage.confirms_of() else { return };
    let fills = |fill: &Fill| {
        let before = workflow.stages.iter().take(id.index() + 1);
        before
            .into_iter()
            .any(|it| it.fills.iter().chain(it.needs.iter().flat_map(|it| &it.fields)).any(|it| it == fill))
    };
    for fill in confirms.fields.iter().filter(|it| !fills(it)) {
        let field = &policy.field(fill.record, fill.field).label.name;
        let words =
            format!("no stage before `{}` fills `{field}`, so that there is nothing to confirm", stage.label.name);
        let help = format!("let an earlier stage say `fills {field}`, or take the field out here");
        found.push(Diagnostic::new(codes::CONFIRMS_NOTHING, confirms.span, words).help(help));
    }
}

/// A choice that ends the case may grant or refuse: the text says which.
fn it_is_clear_what_confirms(stage: &Stage, found: &mut Diagnostics) {
    let Some(confirms) = stage.confirms_of() else { return };
    if confirms.on.is_some() {
        return;
    }
    if let Some(ends) = stage.on_choice.iter().find(|it| matches!(it.then, Then::Finish(_))) {
        let choice = &stage.choices[ends.choice].name;
        let words = format!("it is not said whether `{choice}`, by which the case ends, confirms what was entered");
        let names: Vec<&str> = stage.choices.iter().map(|it| it.name.as_str()).collect();
        let help = format!("name the choices that confirm it, of {}: `confirms … on …`", names.join(", "));
        let finding = Diagnostic::new(codes::WHAT_CONFIRMS, confirms.span, words);
        found.push(finding.label(ends.span, "here it ends").help(help));
    }
}

fn nobody_decides_their_own_case(stage: &Stage, found: &mut Diagnostics) {
    if stage.decision.is_some() && stage.by.contains(&Party::Subject) {
        let words = format!("decision `{}` lies with the one whom the case is about", stage.label.name);
        let help = "let a committee decide, or somebody who stands in a role";
        found.push(Diagnostic::new(codes::OWN_CASE, stage.label.span, words).help(help));
    }
}

/// A committee decides about records of its own, or about those that refer to one record of its own.
fn the_committee_is_that_of_the_subject(policy: &Policy, workflow: &Workflow, stage: &Stage, found: &mut Diagnostics) {
    let Some(at) = stage.decision.as_ref().and_then(|it| it.committee) else { return };
    let Some(committee) = policy.committees.get(at) else { return };
    let named = !committee.for_each_case || committee.members.is_some();
    let Some(of) = committee.of.filter(|it| *it != workflow.subject && named) else { return };
    let refers = |it: &&crate::policy::model::Field| it.kind == FieldKind::Reference(of);
    let subject = policy.record(workflow.subject);
    let references = subject.fields.iter().filter(refers).count();
    if references != 1 {
        let (own, of) = (&subject.label.name, &policy.record(of).label.name);
        let words = if references == 0 {
            format!("`{}` is a committee of `{of}`, and a `{own}` belongs to none", committee.label.name)
        } else {
            format!("`{}` is a committee of `{of}`, and a `{own}` refers to several", committee.label.name)
        };
        let finding = Diagnostic::new(codes::OTHER_COMMITTEE, stage.label.span, words);
        let help = format!("declare the committee `of {own}`, or without a record");
        found.push(finding.label(committee.label.span, "this committee").help(help));
    }
}

/// Where a committee that is late is replaced, the new one has time of its own: the decision is due some time after it opens.
fn a_new_committee_has_time(policy: &Policy, stage: &Stage, found: &mut Diagnostics) {
    let Some(at) = stage.decision.as_ref().and_then(|it| it.committee) else { return };
    let Some(committee) = policy.committees.get(at).filter(|it| it.for_each_case && it.if_late.is_some()) else {
        return;
    };
    let in_time = |line: &DueLine| counts_from_opening(line.late_comers.as_ref().unwrap_or(&line.date));
    if stage.due.iter().all(in_time) && !stage.due.is_empty() {
        return;
    }
    let name = &committee.label.name;
    let words = match stage.due.is_empty() {
        true => format!("`{}` is never due, so that `{name}` is never late", stage.label.name),
        false => format!("where `{name}` is late, the one that takes its place has no time for `{}`", stage.label.name),
    };
    let finding =
        Diagnostic::new(codes::NO_TIME_ANEW, stage.label.span, words).label(committee.label.span, "this committee");
    found.push(finding.help("let it be due some time after it opens: `due 30 days after opening`"));
}

fn counts_from_opening(rule: &DateRule) -> bool {
    match rule {
        DateRule::At(point) => matches!(point, Point::Opening),
        DateRule::Offset { anchor, .. } => counts_from_opening(anchor),
        DateRule::Beginning { on, .. } => counts_from_opening(on),
        DateRule::PutOff { run, .. } => counts_from_opening(run),
        DateRule::Earliest(of) => of.iter().all(counts_from_opening),
        DateRule::Latest(of) => of.iter().any(counts_from_opening),
    }
}

/// A committee has seats, can reach its quorum, and knows what carries a motion.
pub(super) fn committee_can_decide(committee: &Committee, found: &mut Diagnostics) {
    let name = &committee.label.name;
    let finding = |code, span: Span, words: String| Diagnostic::new(code, span, words);
    let span = committee.label.span;
    if committee.size(true) == 0 {
        let words = format!("nobody votes in committee `{name}`");
        found.push(finding(codes::NOBODY_VOTES, span, words).help("add a line such as `seats chair, 2 member`"));
        return;
    }
    match &committee.quorum {
        None if !committee.for_each_case => {
            let words = format!("committee `{name}` does not say how many must be there to decide");
            found.push(finding(codes::NO_QUORUM, span, words).help("add a line such as `quorum 4 of those who vote`"));
        }
        None => {}
        Some(quorum) => {
            let size = committee.size(quorum.of_voters);
            if quorum.count > size {
                let who = if quorum.of_voters { "vote" } else { "sit" };
                let words =
                    format!("a quorum of {} is never reached: {size} {who} in committee `{name}`", quorum.count);
                found.push(finding(codes::QUORUM, quorum.span, words).help("ask for fewer, or add seats"));
            }
            if let Some(seat) =
                quorum.among.iter().map(|it| &committee.seats[*it]).find(|it| quorum.of_voters && !it.votes)
            {
                let words = format!("`{}` is not among those who vote", seat.label.name);
                let finding =
                    finding(codes::QUORUM, quorum.span, words).label(seat.label.span, "this seat has no vote");
                found.push(finding.help("leave it out of the quorum, or give the seat a vote"));
            }
        }
    }
    match &committee.majority {
        None if committee.size(true) > 1 => {
            let words = format!("committee `{name}` does not say what carries a motion");
            let help = "add lines such as `majority more than half of the votes cast` and `on a tie the motion falls`";
            found.push(finding(codes::NO_MAJORITY, span, words).help(help));
        }
        None => {}
        Some(majority) => {
            if let Some(seat) = majority.on_a_tie.map(|it| &committee.seats[it]).filter(|it| !it.votes || it.count > 1)
            {
                let words = format!("`{}` can't decide on a tie: it is no single seat with a vote", seat.label.name);
                found.push(
                    finding(codes::TIE, seat.label.span, words).help("name the seat that decides, such as the chair"),
                );
            }
        }
    }
    if committee.if_late.is_some() && !committee.for_each_case {
        let words = format!("committee `{name}` stands: there is no new one that takes its place");
        let help = "take the line `if late …` out, or form the committee `for each case { … }`";
        found.push(finding(codes::STANDS_ANYWAY, span, words).help(help));
    }
    let size = committee.size(false);
    if let Some(rule) = committee.at_least.iter().find(|it| it.count > size) {
        let words = format!("{} members can't be found among {size} seats", rule.count);
        found.push(finding(codes::QUORUM, rule.condition.span, words).help("ask for fewer, or add seats"));
    }
}
