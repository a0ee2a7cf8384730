//! Lines of scenarios that say how people act.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{expr_in, operand_in, sum};
use super::lower_record::bounds;
use super::lower_words as words;
use super::tree::{Assume, Assumed, AssumedShare, Change, ChangeKind, ShareOf};
use crate::source::Span;

pub(super) fn line(mut cursor: Cursor<'_>, span: Span) -> Change {
    cursor.one(Rule::kw_assume);
    let mut it = cursor.first();
    let change = it.rule() == Rule::assume_change;
    let percent = it.maybe(Rule::percent).map(|mut it| words::number(&it.one(Rule::number)));
    let first = words::name(&it.one(Rule::name));
    let what = match percent.filter(|_| change) {
        Some(percent) => {
            let each = words::name(&it.one(Rule::each_part).one(Rule::name));
            (Some((percent, each)), it.one(Rule::assume_of), words::name(&it.one(Rule::name)))
        }
        None => {
            let part = words::name(&it.one(Rule::name));
            (None, it.one(Rule::assume_of), part)
        }
    };
    let (change, mut of, second) = what;
    let what = match change {
        Some((percent, each)) => {
            Assumed::Change { percent, record: first, each, field: second, value: sum(it.one(Rule::sum)) }
        }
        None => {
            let shares = it.all(Rule::assume_share).into_iter().map(share).collect();
            Assumed::Shares { whole: first, part: second, shares }
        }
    };
    let assume = Assume {
        what,
        condition: expr_in(&mut of, Rule::where_part),
        from: operand_in(&mut of, Rule::from_part),
        until: operand_in(&mut of, Rule::until_part),
        span,
    };
    Change { kind: ChangeKind::Assume(Box::new(assume)), span }
}

fn share(mut cursor: Cursor<'_>) -> AssumedShare {
    let span = cursor.span();
    let percent = words::number(&cursor.one(Rule::percent).one(Rule::number));
    if let (Some(from), Some(to)) = bounds(&mut cursor) {
        return AssumedShare { percent, what: ShareOf::Range(from, to), span };
    }
    let mut it = cursor.first();
    let what = match it.rule() {
        Rule::kw_on_time => ShareOf::OnTime,
        Rule::kw_late => ShareOf::Late,
        Rule::kw_never => ShareOf::Never,
        Rule::kw_unknown => ShareOf::Unknown,
        Rule::assume_within => {
            ShareOf::Within { length: words::length(it.one(Rule::length)), before: it.has(Rule::kw_before) }
        }
        _ => ShareOf::Value(sum(it)),
    };
    AssumedShare { percent, what, span }
}
