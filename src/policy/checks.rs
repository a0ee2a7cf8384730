//! What the language forbids beyond names and types: a table of contents, and one sentence for each.

use crate::codes_framework::RANKED_IN_WORKFLOW;
use crate::codes_policy as codes;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::StageId;
use crate::policy::calendar_checks::calendars_say_what_is_needed;
use crate::policy::model::{DateRule, Dated, Interval, Point, Policy, Scale, Stage, Timing, Workflow};
use crate::policy::table_checks;
use crate::syntax::tree::Item;
use crate::value::{Known, Number, Value};

/// Everything the language forbids, beyond names and types.
pub(super) fn check_all(policy: &Policy, items: &[&Item], found: &mut Diagnostics) {
    calendars_say_what_is_needed(policy, items, found);
    for parameter in &policy.parameters {
        values_leave_no_hole(&parameter.label, &parameter.values, found);
    }
    for scale in &policy.scales {
        bands_leave_no_gap_and_do_not_overlap(policy, scale, found);
    }
    for (definition, table) in policy.tables() {
        table_checks::rows_decide(policy, definition, table, found);
    }
    for (at, workflow) in policy.workflows.iter().enumerate() {
        rests_on_no_rank(policy, crate::ids::WorkflowId::at(at), workflow, found);
        stages_do_not_wait_for_each_other(workflow, found);
        for stage in &workflow.stages {
            steps_come_in_order(stage, found);
            steps_have_a_due_date(stage, found);
            somebody_acts(stage, found);
            late_comers_have_a_date(workflow, stage, found);
        }
    }
}

fn values_leave_no_hole(label: &crate::policy::model::Label, values: &[Dated<Value>], found: &mut Diagnostics) {
    for pair in values.windows(2) {
        let (Some(until), Some(from)) = (pair[0].until, pair[1].from) else { continue };
        let next = until.tomorrow().ok();
        if next < Some(from) {
            let words = format!("`{}` has no value after {until} and before {from}", label.name);
            found.push(
                Diagnostic::new(codes::HOLE, label.span, words).help("let each value hold until the next begins"),
            );
        } else if until >= from {
            let words = format!("`{}` has two values on {from}", label.name);
            found.push(Diagnostic::new(codes::OVERLAP, label.span, words).help("end one value before the next begins"));
        }
    }
}

/// A case is looked at when its own facts change; a rank changes with those of anybody.
fn rests_on_no_rank(policy: &Policy, id: crate::ids::WorkflowId, workflow: &Workflow, found: &mut Diagnostics) {
    if policy.reads(id).ranks {
        let words = format!("workflow `{}` rests on a rank or share of a whole population", workflow.label.name);
        let help = "let a framework judge it: it looks at everybody at one moment";
        found.push(Diagnostic::new(RANKED_IN_WORKFLOW, workflow.label.span, words).help(help));
    }
}

/// Neighbouring bands meet: on the decimals of what they band, no value lies between them or in both.
fn bands_leave_no_gap_and_do_not_overlap(policy: &Policy, scale: &Scale, found: &mut Diagnostics) {
    let labels = &policy.choices[scale.choices.index()].choices;
    let step = smallest_step(&scale.of);
    let mut order: Vec<(usize, Ends)> =
        scale.bands.iter().enumerate().map(|(at, it)| (at, Ends::of(it, step))).collect();
    for (at, ends) in &order {
        if matches!((ends.low, ends.high), (Some(low), Some(high)) if low > high) {
            let words = format!("no value lies in band `{}`", labels[*at].name);
            found.push(Diagnostic::new(codes::EMPTY_BAND, labels[*at].span, words).help("write the lower end first"));
            return;
        }
    }
    order.sort_by_key(|it| (it.1.low.is_some(), it.1.low));
    for pair in order.windows(2) {
        let ((below, a), (above, b)) = (&pair[0], &pair[1]);
        let (Some(high), Some(low)) = (a.high, b.low) else {
            both_hold(labels, *below, *above, b.low.or(a.high), found);
            continue;
        };
        if low <= high {
            both_hold(labels, *below, *above, Some(low), found);
        } else if high.add(step).is_ok_and(|next| next < low) {
            let sample = high.add(step).map_or_else(|_| String::new(), |it| it.to_string());
            let words = format!(
                "no band holds {sample}: `{}` ends at {high}, and `{}` begins at {low}",
                labels[*below].name, labels[*above].name
            );
            let gap =
                Diagnostic::new(codes::GAP, labels[*above].span, words).label(labels[*below].span, "the band below");
            found.push(gap.help("let the band below reach `to below` where the next begins"));
        }
    }
}

fn both_hold(
    labels: &[crate::policy::model::Label],
    a: usize,
    b: usize,
    sample: Option<Number>,
    found: &mut Diagnostics,
) {
    let sample = sample.map_or_else(|| "some value".to_owned(), |it| it.to_string());
    let words = format!("{sample} lies in two bands: `{}` and `{}`", labels[a].name, labels[b].name);
    let overlap = Diagnostic::new(codes::BANDS_OVERLAP, labels[b].span, words).label(labels[a].span, "the other band");
    found.push(overlap.help("let one of them end `to below` where the other begins"));
}

/// The first and last value of a band, both inside it.
struct Ends {
    low: Option<Number>,
    high: Option<Number>,
}

impl Ends {
    fn of(interval: &Interval, step: Number) -> Self {
        let end = |bound: &crate::policy::model::Bound, inwards: Number| match &bound.at {
            Value::Known(Known::Number(at) | Known::Money { amount: at, .. }) if bound.included => Some(*at),
            Value::Known(Known::Number(at) | Known::Money { amount: at, .. }) => at.add(inwards).ok(),
            _ => None,
        };
        let down = step.negate().unwrap_or(step);
        Self {
            low: interval.low.as_ref().and_then(|it| end(it, step)),
            high: interval.high.as_ref().and_then(|it| end(it, down)),
        }
    }
}

/// The smallest difference that two values of an expression can have: that of its rounding, else very little.
fn smallest_step(expr: &crate::policy::model::Expr) -> Number {
    match &expr.kind {
        crate::policy::model::ExprKind::Round { to, .. } => *to,
        _ => Number::from_scaled(1, 9).unwrap_or(Number::ONE),
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
    if stage.by.is_empty() {
        let words = format!("nobody acts in stage `{}`", stage.label.name);
        found.push(
            Diagnostic::new(codes::NOBODY_ACTS, stage.label.span, words)
                .help("add a line `by …` with a role or the subject"),
        );
    }
}

/// A fixed due date can lie before the day on which somebody comes in; the policy says what holds for them.
fn late_comers_have_a_date(workflow: &Workflow, stage: &Stage, found: &mut Diagnostics) {
    let waits = !stage.after.is_empty() || workflow.condition.is_some();
    if let Some(line) = stage.due.iter().find(|it| waits && it.late_comers.is_none() && is_fixed(&it.date)) {
        let words = format!("stage `{}` can open after this due date, for those who come late", stage.label.name);
        let span = line.when.as_ref().map_or(stage.label.span, |it| it.span);
        let help = "say what holds for them: `due …, for late comers 1 month after opening`";
        found.push(Diagnostic::new(codes::LATE_COMERS, span, words).help(help));
    }
}

/// Whether a date is the same for everybody in the period.
fn is_fixed(rule: &DateRule) -> bool {
    match rule {
        DateRule::At(point) => {
            matches!(point, Point::Date(_) | Point::DayMonth { .. } | Point::PeriodStart(_) | Point::PeriodEnd(_))
        }
        DateRule::Offset { anchor, .. } => is_fixed(anchor),
        DateRule::Beginning { on, .. } => is_fixed(on),
        DateRule::Earliest(of) => of.iter().any(is_fixed),
        DateRule::Latest(of) => of.iter().all(is_fixed),
    }
}
