//! Workflows and their stages.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_aggregate::whose_this;
use super::lower_calendar::roll;
use super::lower_expression::{expr, expr_in, field_name, operand, operand_in, sum, value};
use super::lower_record::choice;
use super::lower_rule::local;
use super::lower_words as words;
use super::tree::{
    After, CallOff, CaseVerb, Due, Expr, Number, OneEach, Proposed, StageLine, StageLineKind, Then, Timing,
    WorkflowLine, WorkflowLineKind,
};

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
        Rule::call_off => WorkflowLineKind::CallOff(CallOff {
            verb: case_verb(&it),
            until: words::name_in(&mut it, Rule::until_stage),
            by: it.all(Rule::name).iter().map(words::name).collect(),
            marked: words::marked(&mut it),
        }),
        Rule::case_closes => WorkflowLineKind::Closes(operand(it.one(Rule::operand))),
        Rule::proposed => proposed(&mut it),
        Rule::ends => WorkflowLineKind::Ends(it.all(Rule::choice).into_iter().map(choice).collect()),
        Rule::keep => WorkflowLineKind::Retain { expunge: false, date: operand(it.one(Rule::operand)) },
        Rule::expunge => WorkflowLineKind::Retain { expunge: true, date: operand(it.one(Rule::operand)) },
        other => unreachable!("the grammar promises a line of a workflow, not {other:?}"),
    };
    WorkflowLine { kind, span }
}

/// What becomes of a case by somebody's act, as the grammar has it in either form.
pub(super) fn case_verb(it: &Cursor<'_>) -> CaseVerb {
    let has = |one: Rule, other: Rule| it.has(one) || it.has(other);
    if has(Rule::kw_may_be_withdrawn, Rule::kw_withdraws) {
        CaseVerb::Withdraw
    } else if it.has(Rule::kw_lifts) {
        CaseVerb::Lift
    } else if has(Rule::kw_may_be_exempted, Rule::kw_exempts) {
        CaseVerb::Exempt
    } else if has(Rule::kw_may_be_suspended, Rule::kw_suspends) {
        CaseVerb::Suspend
    } else if it.has(Rule::kw_resumes) {
        CaseVerb::Resume
    } else if it.has(Rule::kw_may_be_corrected) {
        CaseVerb::Correct
    } else {
        CaseVerb::Cancel
    }
}

/// `for each proposed sanction of conduct`
pub(super) fn proposed(it: &mut Cursor<'_>) -> WorkflowLineKind {
    let what = if it.has(Rule::kw_sanction) {
        Proposed::Sanction
    } else if it.has(Rule::kw_reward) {
        Proposed::Reward
    } else {
        Proposed::Measure
    };
    WorkflowLineKind::ForEachProposed { what, of: words::name_in(it, Rule::of_part) }
}

/// `for each reviewer in nominations, at least 3 of them`
pub(super) fn one_each(mut it: Cursor<'_>) -> OneEach {
    OneEach {
        name: words::name(&it.one(Rule::name)),
        records: words::name(&it.one(Rule::name)),
        whose: it.maybe(Rule::whose).map(whose_this),
        condition: expr_in(&mut it, Rule::where_part),
        at_least: it.maybe(Rule::of_them).map(|mut it| words::number(&it.one(Rule::number))),
    }
}

pub(super) fn stage_line(mut cursor: Cursor<'_>) -> StageLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::cite => StageLineKind::Cite(words::text(&it.one(Rule::text))),
        Rule::opens => StageLineKind::Opens {
            when: it.maybe(Rule::operand).map(operand),
            after: it.maybe(Rule::after_stages).map(after).unwrap_or_default(),
        },
        Rule::due => StageLineKind::Due(due(it)),
        Rule::closes => StageLineKind::Closes(operand(it.one(Rule::operand))),
        Rule::by => StageLineKind::By {
            who: words::names(it.one(Rule::names)),
            but_not: it.maybe(Rule::but_not).map_or_else(Vec::new, words::names),
        },
        Rule::fills => StageLineKind::Fills(fields(&mut it)),
        Rule::done_when => StageLineKind::DoneWhen(expr(it.one(Rule::expr))),
        Rule::done_on => StageLineKind::DoneOn(value(it.one(Rule::value))),
        Rule::only_if => StageLineKind::OnlyIf(expr(it.one(Rule::expr))),
        Rule::sends => {
            StageLineKind::Sends { message: words::name(&it.one(Rule::name)), to: words::names(it.one(Rule::names)) }
        }
        Rule::choose => StageLineKind::Choose(it.all(Rule::choice).into_iter().map(choice).collect()),
        Rule::stays => StageLineKind::Stays(true),
        Rule::does_not_stay => StageLineKind::Stays(false),
        Rule::confirms => StageLineKind::Confirms {
            fields: fields(&mut it),
            on: it.maybe(Rule::confirms_on).map_or_else(Vec::new, |mut it| names_of(&mut it)),
        },
        Rule::needs => StageLineKind::Needs { fields: fields(&mut it), when: expr(it.one(Rule::expr)) },
        Rule::deemed => StageLineKind::Deemed(words::length(it.one(Rule::length))),
        Rule::lasts => StageLineKind::Lasts(Box::new(super::lower_framework::lasting(it))),
        _ => step(it),
    };
    StageLine { kind, span }
}

fn after(mut it: Cursor<'_>) -> After {
    let Some(mut enough) = it.maybe(Rule::so_many_of) else {
        return After { stages: words::names(it.one(Rule::names)), ..After::default() };
    };
    let one = Number { text: "1".to_owned(), span: enough.span() };
    After {
        stages: it.all(Rule::name).iter().map(words::name).collect(),
        enough: Some(enough.maybe(Rule::number).map_or(one, |it| words::number(&it))),
        leaving_out: it.has(Rule::kw_leaving_out_the_rest),
    }
}

fn names_of(it: &mut Cursor<'_>) -> Vec<super::tree::Name> {
    it.all(Rule::name).iter().map(words::name).collect()
}

fn fields(it: &mut Cursor<'_>) -> Vec<Expr> {
    it.all(Rule::field_name).into_iter().map(field_name).collect()
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
        Rule::on_lapse => {
            StageLineKind::OnLapse { then: then(it.one(Rule::consequence)), marked: words::marked(&mut it) }
        }
        Rule::on_choice => StageLineKind::On {
            choice: words::name(&it.one(Rule::name)),
            lessens: it.has(Rule::kw_lessen_the_sanction),
            then: it.maybe(Rule::consequence).map_or(Then::Continue, then),
            marked: words::marked(&mut it),
        },
        other => unreachable!("the grammar promises a line of a stage, not {other:?}"),
    }
}

fn due(mut it: Cursor<'_>) -> Due {
    Due {
        date: sum(it.one(Rule::sum)),
        or_else: it.maybe(Rule::or_else).map(|mut it| sum(it.one(Rule::sum))),
        clock: it.maybe(Rule::at_clock).map(|mut it| words::clock(&it.one(Rule::clock))),
        when: expr_in(&mut it, Rule::when_part),
        otherwise: it.has(Rule::otherwise),
        late_comers: operand_in(&mut it, Rule::late_comers),
        roll: it.maybe(Rule::due_roll).map(|mut it| roll(it.one(Rule::roll))),
        from: operand_in(&mut it, Rule::from_part),
        until: operand_in(&mut it, Rule::until_part),
        local: local(&mut it),
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
pub(super) fn times(mut cursor: Cursor<'_>) -> Number {
    if let Some(number) = cursor.maybe(Rule::number) {
        return words::number(&number);
    }
    let count = if cursor.has(Rule::kw_once) { "1" } else { "2" };
    Number { text: count.to_owned(), span: cursor.span() }
}

fn then(mut cursor: Cursor<'_>) -> Then {
    let mut it = cursor.first();
    match it.rule() {
        Rule::kw_continue => Then::Continue,
        Rule::kw_cancel => Then::Cancel,
        Rule::finish => Then::Finish(it.maybe(Rule::name).map(|it| words::name(&it))),
        Rule::leave_out => Then::LeaveOut(words::names(it.one(Rule::names))),
        _ => Then::GoBack { to: words::name(&it.one(Rule::name)), at_most: times(it.one(Rule::times)) },
    }
}
