//! What is asked of other periods, and of several.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_words as words;
use super::tree::{Expr, ExprKind, History, MissingPeriods, WhichPeriod};
use crate::codes_policy as codes;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// `2 years ago`, `in 2023/24`, `of the year around`
pub(super) fn in_period(what: Expr, mut cursor: Cursor<'_>) -> ExprKind {
    let which = match cursor.rule() {
        Rule::ago => {
            let count = words::number(&cursor.one(Rule::number));
            WhichPeriod::Ago { count, kind: words::name(&cursor.one(Rule::name)) }
        }
        Rule::in_period => match words::period_or_year(&mut cursor) {
            Some(label) => WhichPeriod::Named(label),
            None => unreachable!("the grammar promises a period"),
        },
        _ => WhichPeriod::Around(words::name(&cursor.one(Rule::name))),
    };
    ExprKind::InPeriod { what: Box::new(what), which }
}

/// `in 2 of the last 3 years, skipping missing`
pub(super) fn history(mut cursor: Cursor<'_>) -> History {
    let span = cursor.span();
    let (mut breaks, mut missing, mut afresh) = (false, MissingPeriods::Awaited, false);
    for mut word in cursor.all(Rule::history_word) {
        let word = word.first();
        match word.rule() {
            Rule::which_breaks_the_run => breaks = true,
            Rule::skipping_missing => missing = MissingPeriods::Skipped,
            Rule::counting_missing => missing = MissingPeriods::Counted(word.has(Rule::yes)),
            _ => afresh = true,
        }
    }
    let loose = cursor.maybe(Rule::of_the_last);
    let consecutive = loose.is_none();
    let strict = || cursor.maybe(Rule::any_run).unwrap_or_else(|| cursor.one(Rule::run));
    let mut periods = loose.unwrap_or_else(strict);
    let count = words::number(&periods.one(Rule::number));
    let last = periods.maybe(Rule::number).map(|it| words::number(&it));
    let kind = words::name(&periods.one(Rule::name));
    History { count, last, consecutive, kind, breaks, missing, afresh, span }
}

/// `not … in 2 consecutive years`, where no brackets say what is denied.
pub(super) fn refuse_two_readings(cursor: &Cursor<'_>, denied: &Expr) {
    let ExprKind::History { condition, history } = &denied.kind else { return };
    if history.span.end != denied.span.end {
        return;
    }
    let shown = |it: Span| cursor.place().source.get(it.start as usize..it.end as usize).unwrap_or("");
    let (condition, periods) = (shown(condition.span), shown(history.span));
    let help = format!(
        "write `(not {condition}) {periods}` if it fails in each of them, `not ({condition} {periods})` if it does not hold so often"
    );
    let words = "`not` before a history can be read in two ways";
    cursor.report(Diagnostic::new(codes::NOT_BEFORE_HISTORY, cursor.span(), words).help(help));
}
