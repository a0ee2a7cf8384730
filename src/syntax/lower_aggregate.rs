//! What is asked of several records or periods.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{negation, value};
use super::lower_words as words;
use super::tree::{Aggregate, AggregateWord, EdgeOf, Expr, ExprKind, Length, Members, Name, Range};
use crate::source::Span;

/// `count of incidents where kind is absence`
pub(super) fn aggregate(mut cursor: Cursor<'_>) -> ExprKind {
    let mut it = cursor.first();
    let known = cursor.maybe(Rule::those_known);
    let those_known = known.is_some();
    let enough = known
        .and_then(|mut it| it.maybe(Rule::enough))
        .map(|mut it| words::number(&it.one(Rule::percent).one(Rule::number)));
    let (word, value, mut it) = match it.rule() {
        Rule::counted => (AggregateWord::Count, None, it),
        Rule::picked => {
            let word = pick_word(it.one(Rule::pick_word));
            (word, Some(picked_value(it.one(Rule::picked_value))), it)
        }
        _ => {
            let word = quantifier(it.one(Rule::quantifier));
            (word, condition_in(&mut it, Rule::satisfies), it)
        }
    };
    let (members, filter) = match it.maybe(Rule::inside) {
        Some(mut inside) => match inside.maybe(Rule::number) {
            Some(count) => {
                let (count, kind) = (words::number(&count), words::name(&inside.one(Rule::name)));
                (Members::Last { count, kind }, None)
            }
            None => {
                let [inner, this] = two_names(inside);
                (Members::Periods { inner, this }, None)
            }
        },
        None => gathered(it.one(Rule::gathered)),
    };
    let weight = it.maybe(Rule::weighted_by).map(|mut it| picked_value(it.one(Rule::picked_value)));
    ExprKind::Aggregate(Box::new(Aggregate { word, value, members, filter, weight, those_known, enough }))
}

pub(super) fn condition_in(cursor: &mut Cursor<'_>, part: Rule) -> Option<Expr> {
    cursor.maybe(part).map(|mut it| match it.maybe(Rule::brackets) {
        Some(mut whole) => super::lower_expression::expr(whole.one(Rule::expr)),
        None => negation(it.one(Rule::negation)),
    })
}

fn pick_word(mut cursor: Cursor<'_>) -> AggregateWord {
    match cursor.first().rule() {
        Rule::kw_sum_of => AggregateWord::Sum,
        Rule::kw_average_of => AggregateWord::Average,
        Rule::least_of => AggregateWord::Least,
        _ => AggregateWord::Greatest,
    }
}

fn quantifier(mut cursor: Cursor<'_>) -> AggregateWord {
    match cursor.first().rule() {
        Rule::kw_any => AggregateWord::Any,
        Rule::kw_every => AggregateWord::Every,
        _ => AggregateWord::No,
    }
}

pub(super) fn picked_value(mut cursor: Cursor<'_>) -> Expr {
    if let Some(mut it) = cursor.maybe(Rule::brackets) {
        return super::lower_expression::expr(it.one(Rule::expr));
    }
    super::lower_expression::field_name(cursor)
}

/// `whose unit is this unit`, `whose unit is within this unit`
pub(super) fn whose_this(mut cursor: Cursor<'_>) -> (bool, [Name; 2]) {
    let field = words::name(&cursor.one(Rule::name));
    let within = cursor.has(Rule::kw_is_within_this);
    (within, [field, words::name(&cursor.one(Rule::name))])
}

fn two_names(mut cursor: Cursor<'_>) -> [Name; 2] {
    [(); 2].map(|()| words::name(&cursor.one(Rule::name)))
}

fn gathered(mut cursor: Cursor<'_>) -> (Members, Option<Expr>) {
    let records = words::name(&cursor.one(Rule::name));
    let members = match cursor.maybe(Rule::whose) {
        Some(whose) => {
            let (within, [field, this]) = whose_this(whose);
            Members::Referring { records, field, within, this }
        }
        None => Members::Children(records),
    };
    (members, condition_in(&mut cursor, Rule::where_one))
}

/// `happened within 12 months before today`: the year that ends on that day, or the one that follows it; `happened within this quarter`:
/// between the edges of the period at hand.
pub(super) fn window(left: Box<Expr>, mut cursor: Cursor<'_>) -> ExprKind {
    let span = cursor.span();
    if cursor.has(Rule::kw_within_this) {
        let period = words::name(&cursor.one(Rule::name));
        let edge = |start| {
            let kind = ExprKind::Edge { start, what: EdgeOf::Period(period.clone()) };
            Some(Box::new(Expr { kind, span }))
        };
        let range = Range { low: edge(true), low_open: true, high: edge(false), high_open: false, span };
        return ExprKind::IsIn { value: left, range, negated: false };
    }
    let before = cursor.has(Rule::kw_before);
    let length = words::length(cursor.one(Rule::length));
    let anchor = Box::new(value(cursor.one(Rule::value)));
    let far = Box::new(far_end(length, before, anchor.clone(), span));
    let (low, high) = if before { (far, anchor) } else { (anchor, far) };
    let range = Range { low: Some(low), low_open: true, high: Some(high), high_open: false, span };
    ExprKind::IsIn { value: left, range, negated: false }
}

fn far_end(length: Length, before: bool, anchor: Box<Expr>, span: Span) -> Expr {
    Expr { kind: ExprKind::Offset { length, before, anchor }, span }
}
