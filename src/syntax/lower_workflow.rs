//! Workflows and their stages.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_calendar::roll;
use super::lower_expression::{expr, expr_in, field_name, operand, operand_in, sum, value};
use super::lower_words as words;
use super::tree::{Due, LapseThen, Number, StageLine, StageLineKind, Timing, WorkflowLine, WorkflowLineKind};

pub(super) fn line(mut cursor: Cursor<'_>) -> WorkflowLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::cite => WorkflowLineKind::Cite(words::text(&it.one(Rule::text))),
        Rule::by_calendar => WorkflowLineKind::Calendar(words::name(&it.one(Rule::name))),
        Rule::for_each => WorkflowLineKind::ForEach {
            record: words::name(&it.one(Rule::name)),
            each: words::name_in(&mut it, Rule::each_part),
            condition: expr_in(&mut it, Rule::where_part),
            even_if_they_leave: it.has(Rule::even_if_they_leave),
        },
        Rule::suspend => WorkflowLineKind::Suspend(expr(it.one(Rule::expr))),
        Rule::cancel => WorkflowLineKind::Cancel { when: expr(it.one(Rule::expr)), marked: words::marked(&mut it) },
        Rule::case_closes => WorkflowLineKind::Closes(operand(it.one(Rule::operand))),
        other => unreachable!("the grammar promises a line of a workflow, not {other:?}"),
    };
    WorkflowLine { kind, span }
}

pub(super) fn stage_line(mut cursor: Cursor<'_>) -> StageLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::cite => StageLineKind::Cite(words::text(&it.one(Rule::text))),
        Rule::opens => StageLineKind::Opens {
            when: it.maybe(Rule::operand).map(operand),
            after: it.maybe(Rule::after_stages).map_or_else(Vec::new, |mut it| words::names(it.one(Rule::names))),
        },
        Rule::due => StageLineKind::Due(due(it)),
        Rule::closes => StageLineKind::Closes(operand(it.one(Rule::operand))),
        Rule::by => StageLineKind::By {
            who: words::names(it.one(Rule::names)),
            but_not: it.maybe(Rule::but_not).map_or_else(Vec::new, words::names),
        },
        Rule::fills => StageLineKind::Fills(it.all(Rule::field_name).into_iter().map(field_name).collect()),
        Rule::done_when => StageLineKind::DoneWhen(expr(it.one(Rule::expr))),
        Rule::done_on => StageLineKind::DoneOn(value(it.one(Rule::value))),
        Rule::only_if => StageLineKind::OnlyIf(expr(it.one(Rule::expr))),
        _ => step(it),
    };
    StageLine { kind, span }
}

/// Reminders, the ladder, and what ends a stage.
fn step(mut it: Cursor<'_>) -> StageLineKind {
    match it.rule() {
        Rule::remind => StageLineKind::Remind {
            who: words::names(it.one(Rule::names)),
            timing: timing(it.one(Rule::timing).first()),
            message: words::name(&it.one(Rule::with_message).one(Rule::name)),
            named: words::name_in(&mut it, Rule::named),
        },
        Rule::escalate => StageLineKind::Escalate {
            to: words::names(it.one(Rule::names)),
            timing: timing(it.one(Rule::timing).first()),
            message: words::name_in(&mut it, Rule::with_message),
            default_by: words::name_in(&mut it, Rule::record_default),
            named: words::name_in(&mut it, Rule::named),
        },
        Rule::extend => StageLineKind::Extend {
            times: times(it.one(Rule::times)),
            at_most: sum(it.one(Rule::sum)),
            by: words::name(&it.one(Rule::name)),
        },
        Rule::lapses_at_due => StageLineKind::LapsesAtDue { marked: words::marked(&mut it) },
        Rule::on_lapse => StageLineKind::OnLapse { then: lapse_then(&it), marked: words::marked(&mut it) },
        other => unreachable!("the grammar promises a line of a stage, not {other:?}"),
    }
}

fn due(mut it: Cursor<'_>) -> Due {
    Due {
        date: sum(it.one(Rule::sum)),
        clock: it.maybe(Rule::at_clock).map(|mut it| words::clock(&it.one(Rule::clock))),
        when: expr_in(&mut it, Rule::when_part),
        otherwise: it.has(Rule::otherwise),
        late_comers: operand_in(&mut it, Rule::late_comers),
        roll: it.maybe(Rule::due_roll).map(|mut it| roll(it.one(Rule::roll))),
        from: operand_in(&mut it, Rule::from_part),
        until: operand_in(&mut it, Rule::until_part),
    }
}

fn timing(mut it: Cursor<'_>) -> Timing {
    match it.rule() {
        Rule::on_due => Timing::OnDue,
        Rule::at_opening => Timing::AtOpening,
        Rule::every_overdue => Timing::EveryOverdue {
            every: words::length(it.one(Rule::length)),
            at_most: it.maybe(Rule::times).map(times),
        },
        _ => {
            let length = words::length(it.one(Rule::length));
            if it.has(Rule::timing_before) {
                Timing::Before(length)
            } else if it.has(Rule::timing_overdue) {
                Timing::Overdue(length)
            } else {
                Timing::AfterOpening(length)
            }
        }
    }
}

/// `once`, `twice`, `3 times`
fn times(mut cursor: Cursor<'_>) -> Number {
    if let Some(number) = cursor.maybe(Rule::number) {
        return words::number(&number);
    }
    let count = if cursor.has(Rule::kw_once) { "1" } else { "2" };
    Number { text: count.to_owned(), span: cursor.span() }
}

fn lapse_then(cursor: &Cursor<'_>) -> LapseThen {
    if cursor.has(Rule::kw_continue) {
        LapseThen::Continue
    } else if cursor.has(Rule::kw_finish) {
        LapseThen::Finish
    } else {
        LapseThen::Cancel
    }
}
