//! What is asked of several records or periods.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{as_on, negation, value};
use super::lower_words as words;
use super::tree::{
    Aggregate, AggregateWord, EdgeOf, Expr, ExprKind, Length, Members, Name, NotCounting, Range, SpellWindow,
};
use crate::source::Span;

/// `count of incidents where kind is absence`
pub(super) fn aggregate(mut cursor: Cursor<'_>) -> ExprKind {
    let mut it = cursor.first();
    let known = cursor.maybe(Rule::those_known);
    let those_known = known.is_some();
    let enough = known
        .and_then(|mut it| it.maybe(Rule::enough))
        .map(|mut it| words::number(&it.one(Rule::percent).one(Rule::number)));
    let (word, mut value, mut it) = match it.rule() {
        Rule::counted => (AggregateWord::Count, it.maybe(Rule::picked_value).map(picked_value), it),
        Rule::picked => {
            let word = pick_word(it.one(Rule::pick_word));
            (word, Some(picked_value(it.one(Rule::picked_value))), it)
        }
        Rule::days_of => (AggregateWord::Days, None, it),
        _ => {
            let word = quantifier(it.one(Rule::quantifier));
            (word, condition_in(&mut it, Rule::satisfies), it)
        }
    };
    let mut gathered = match it.maybe(Rule::inside) {
        Some(mut inside) => {
            let members = match inside.maybe(Rule::number) {
                Some(count) => {
                    let (count, kind) = (words::number(&count), words::name(&inside.one(Rule::name)));
                    Members::Last { count, kind }
                }
                None => {
                    let [inner, this] = two_names(inside);
                    Members::Periods { inner, this }
                }
            };
            Gathered { members, window: None, filter: None }
        }
        None => gathered(it.one(Rule::gathered)),
    };
    // Periods are counted in which something holds.
    if word == AggregateWord::Count {
        gathered.filter = value.take().or(gathered.filter);
    }
    let Gathered { members, window, filter } = gathered;
    let weight = it.maybe(Rule::weighted_by).map(|mut it| picked_value(it.one(Rule::picked_value)));
    ExprKind::Aggregate(Box::new(Aggregate { word, value, members, window, filter, weight, those_known, enough }))
}

/// `for the days of interdictions within this year`
pub(super) fn for_days(mut cursor: Cursor<'_>) -> Aggregate {
    let Gathered { members, window, filter } = gathered(cursor.one(Rule::gathered));
    let word = AggregateWord::Days;
    Aggregate { word, value: None, members, window, filter, weight: None, those_known: false, enough: None }
}

/// Those of whom something is made.
struct Gathered {
    members: Members,
    window: Option<SpellWindow>,
    filter: Option<Expr>,
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

fn gathered(mut cursor: Cursor<'_>) -> Gathered {
    let records = words::name(&cursor.one(Rule::name));
    let members = match cursor.maybe(Rule::whose) {
        Some(whose) => {
            let (within, [field, this]) = whose_this(whose);
            Members::Referring { records, field, within, this }
        }
        None => Members::Children(records),
    };
    let window = cursor.maybe(Rule::spell_window).map(spell_window);
    Gathered { members, window, filter: condition_in(&mut cursor, Rule::where_one) }
}

/// `, not counting each leave over 15 days where kind is sick`
pub(super) fn not_counting(run: &mut Cursor<'_>) -> Option<NotCounting> {
    let mut cursor = run.maybe(Rule::not_counting)?;
    let span = cursor.span();
    let spells = words::name(&cursor.one(Rule::name));
    let over = cursor.maybe(Rule::length).map(words::length);
    Some(NotCounting { spells, over, filter: condition_in(&mut cursor, Rule::where_one), span })
}

fn spell_window(mut cursor: Cursor<'_>) -> SpellWindow {
    match cursor.maybe(Rule::window) {
        Some(within) => {
            let (after, until) = stretch(within);
            SpellWindow::Within { after, until }
        }
        None => SpellWindow::UnderWay(cursor.maybe(Rule::as_on).map(as_on)),
    }
}

/// `happened within 12 months before today`: the year that ends on that day, or the one that follows it; `happened within this quarter`:
/// between the edges of the period at hand.
pub(super) fn window(left: Box<Expr>, cursor: Cursor<'_>) -> ExprKind {
    let span = cursor.span();
    let (after, until) = stretch(cursor);
    let range = Range { low: Some(after), low_open: true, high: Some(until), high_open: false, span };
    ExprKind::IsIn { value: left, range, negated: false }
}

/// The day, or edge, after which it begins, and the one with which it ends.
fn stretch(mut cursor: Cursor<'_>) -> (Box<Expr>, Box<Expr>) {
    let span = cursor.span();
    if cursor.has(Rule::kw_within_this) {
        let period = words::name(&cursor.one(Rule::name));
        let edge = |start| {
            let kind = ExprKind::Edge { start, what: EdgeOf::Period(period.clone()) };
            Box::new(Expr { kind, span })
        };
        return (edge(true), edge(false));
    }
    let before = cursor.has(Rule::kw_before);
    let length = words::length(cursor.one(Rule::length));
    let anchor = Box::new(value(cursor.one(Rule::value)));
    let far = Box::new(far_end(length, before, anchor.clone(), span));
    if before { (far, anchor) } else { (anchor, far) }
}

fn far_end(length: Length, before: bool, anchor: Box<Expr>, span: Span) -> Expr {
    Expr { kind: ExprKind::Offset { length, before, anchor, not_counting: None }, span }
}
