//! Frameworks, their rules, and what examples expect of them.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_aggregate::{not_counting, picked_value};
use super::lower_expression::{expr, expr_in, operand, sum};
use super::lower_words as words;
use super::tree::{
    ArithmeticOp, Combination, Degree, Expectation, Expr, ExprKind, FrameworkLine, FrameworkLineKind, JudgedWhen,
    Lasting, OutcomeLine, OutcomeLineKind, OutcomeState, Pool, PoolSharing, Proposed,
};

pub(super) fn line(mut cursor: Cursor<'_>) -> FrameworkLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::cite => FrameworkLineKind::Cite(words::text(&it.one(Rule::text))),
        Rule::by_calendar => FrameworkLineKind::Calendar(words::name(&it.one(Rule::name))),
        Rule::for_each => FrameworkLineKind::ForEach {
            record: words::name(&it.one(Rule::name)),
            each: words::name_in(&mut it, Rule::each_part),
            condition: expr_in(&mut it, Rule::where_part),
        },
        Rule::judged => FrameworkLineKind::Judged(judged(it)),
        Rule::severity => FrameworkLineKind::Severity(it.all(Rule::degree).into_iter().map(degree).collect()),
        Rule::sanctions => FrameworkLineKind::Sanctions {
            combination: combination(it.one(Rule::combination)),
            meanwhile_the_lesser: it.has(Rule::meanwhile),
        },
        Rule::rewards => FrameworkLineKind::Rewards {
            combination: combination(it.one(Rule::combination)),
            unless_a_sanction: it.has(Rule::unless_a_sanction),
        },
        Rule::gives_way => FrameworkLineKind::GivesWay(words::names(it.one(Rule::names))),
        Rule::exception => {
            let rule = it.maybe(Rule::excepted_rule).map(|mut it| (proposed(&it), words::name(&it.one(Rule::name))));
            let (what, rule) = match rule {
                Some((what, rule)) => (Some(what), rule),
                None => (None, words::name(&it.one(Rule::name))),
            };
            let when = expr(it.one(Rule::expr));
            FrameworkLineKind::Except { what, rule, when, named: words::name_in(&mut it, Rule::named) }
        }
        other => unreachable!("the grammar promises a line of a framework, not {other:?}"),
    };
    FrameworkLine { kind, span }
}

fn judged(mut it: Cursor<'_>) -> JudgedWhen {
    if let Some(mut done) = it.maybe(Rule::judged_when_done) {
        let first = words::name(&done.one(Rule::name));
        return match words::name_in(&mut done, Rule::stage_of_it) {
            Some(stage) => JudgedWhen::Done { workflow: Some(first), stage },
            None => JudgedWhen::Done { workflow: None, stage: first },
        };
    }
    match it.maybe(Rule::judged_when_appears) {
        Some(mut record) => JudgedWhen::Appears(words::name(&record.one(Rule::name))),
        None if it.has(Rule::kw_on_request) => JudgedWhen::OnRequest,
        None => JudgedWhen::On(operand(it.one(Rule::operand))),
    }
}

/// Which of the three a line speaks of.
pub(super) fn proposed(it: &Cursor<'_>) -> Proposed {
    match (it.has(Rule::kw_sanction), it.has(Rule::kw_reward)) {
        (true, _) => Proposed::Sanction,
        (false, true) => Proposed::Reward,
        (false, false) => Proposed::Measure,
    }
}

fn degree(mut it: Cursor<'_>) -> Degree {
    Degree { administrative: it.has(Rule::administrative), name: words::name(&it.one(Rule::name)) }
}

fn combination(mut cursor: Cursor<'_>) -> Combination {
    match cursor.first().rule() {
        Rule::kw_the_most_severe_that_applies => Combination::MostSevere,
        Rule::kw_the_first_that_applies => Combination::First,
        _ => Combination::All,
    }
}

pub(super) fn outcome_line(mut cursor: Cursor<'_>) -> OutcomeLine {
    let mut it = cursor.first();
    let span = it.span();
    let kind = match it.rule() {
        Rule::cite => OutcomeLineKind::Cite(words::text(&it.one(Rule::text))),
        Rule::rule_when => OutcomeLineKind::When(expr(it.one(Rule::expr))),
        Rule::rule_unless => {
            OutcomeLineKind::Unless { when: expr(it.one(Rule::expr)), named: words::name_in(&mut it, Rule::named) }
        }
        Rule::automatic => OutcomeLineKind::Automatic,
        Rule::through => OutcomeLineKind::Through(words::name(&it.one(Rule::name))),
        Rule::lasts => OutcomeLineKind::Lasts(Box::new(lasting(it))),
        Rule::outcome_lifted => OutcomeLineKind::MayBeLifted(it.all(Rule::name).iter().map(words::name).collect()),
        Rule::outcome_expunge => OutcomeLineKind::Expunge(words::length(it.one(Rule::length))),
        Rule::amount => OutcomeLineKind::Amount(expr(it.one(Rule::expr))),
        Rule::within_pool => OutcomeLineKind::Within(Box::new(pool(it))),
        Rule::because => OutcomeLineKind::Because(words::text(&it.one(Rule::text))),
        Rule::notify => OutcomeLineKind::Notify {
            who: words::names(it.one(Rule::names)),
            message: words::name(&it.one(Rule::with_message).one(Rule::name)),
        },
        other => unreachable!("the grammar promises a line of a rule, not {other:?}"),
    };
    OutcomeLine { kind, span }
}

/// `lasts 12 months, not counting each leave over 15 days, alarm 1 month before with warning_ends`
pub(super) fn lasting(mut it: Cursor<'_>) -> Lasting {
    Lasting {
        length: words::length(it.one(Rule::length)),
        not_counting: not_counting(&mut it),
        alarm: it.maybe(Rule::alarm).map(|mut it| words::length(it.one(Rule::length))),
        message: words::name_in(&mut it, Rule::with_message),
    }
}

fn pool(mut it: Cursor<'_>) -> Pool {
    let mut written = it.one(Rule::budget);
    let span = written.span();
    let part = written.maybe(Rule::percent).map(|mut it| words::number(&it.one(Rule::number)));
    let whole = sum(written.one(Rule::sum));
    let budget = match part {
        Some(part) => {
            let left = Box::new(Expr { span: part.span, kind: ExprKind::Percent(part) });
            Expr { kind: ExprKind::Arithmetic { op: ArithmeticOp::Multiply, left, right: Box::new(whole) }, span }
        }
        None => whole,
    };
    let for_each = it.maybe(Rule::pool_of).map(|mut it| picked_value(it.one(Rule::picked_value)));
    let sharing = match it.maybe(Rule::by_order) {
        None => PoolSharing::ProRata,
        Some(mut order) => {
            let by = picked_value(order.one(Rule::picked_value));
            match (order.has(Rule::kw_the_last_one_cut), order.has(Rule::kw_the_last_one_skipped)) {
                (true, _) => PoolSharing::Cut(by),
                (_, true) => PoolSharing::Skipped(by),
                _ => PoolSharing::Stop(by),
            }
        }
    };
    Pool { budget, for_each, sharing }
}

/// `written_warning proposed for Akello in 2025/26`, `… undetermined …, for want of status`, `no bonus for Akello in 2025/26`
pub(super) fn expected(mut it: Cursor<'_>) -> Expectation {
    let state = match it.rule() {
        Rule::no_outcome => OutcomeState::No,
        _ if it.has(Rule::kw_imposed) => OutcomeState::Imposed,
        _ if it.has(Rule::kw_stayed) => OutcomeState::Stayed,
        _ if it.has(Rule::kw_proposed) => OutcomeState::Proposed,
        _ if it.has(Rule::kw_not_covered) => OutcomeState::NotCovered,
        _ => OutcomeState::Undetermined,
    };
    Expectation::Outcome {
        rule: words::name(&it.one(Rule::name)),
        state,
        of: words::name(&it.one(Rule::name)),
        period: words::period_or_year(&mut it),
        amount: it.maybe(Rule::with_amount).map(|mut it| sum(it.one(Rule::sum))),
        want: it.maybe(Rule::want).map_or_else(Vec::new, |mut it| words::names(it.one(Rule::names))),
    }
}
