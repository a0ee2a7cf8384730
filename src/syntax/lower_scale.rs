//! The lines of a scale.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{expr, range, sum};
use super::lower_words as words;
use super::tree::{Band, Cap};

/// A line of a scale.
pub(super) enum ScaleLine {
    Band(Box<Band>),
    Cap(Box<Cap>),
}

pub(super) fn line(mut cursor: Cursor<'_>) -> ScaleLine {
    let it = cursor.first();
    match it.rule() {
        Rule::cap => ScaleLine::Cap(Box::new(cap(it))),
        _ => ScaleLine::Band(Box::new(band(it))),
    }
}

fn band(mut it: Cursor<'_>) -> Band {
    let span = it.span();
    Band {
        name: words::name(&it.one(Rule::name)),
        title: words::title(&mut it),
        range: range(it.one(Rule::range)),
        counts_as: it.maybe(Rule::counts_as).map(|mut it| sum(it.one(Rule::sum))),
        span,
    }
}

fn cap(mut it: Cursor<'_>) -> Cap {
    let span = it.span();
    Cap {
        at_most: it.has(Rule::kw_at_most),
        band: words::name(&it.one(Rule::name)),
        when: expr(it.one(Rule::expr)),
        because: words::because(&mut it),
        span,
    }
}
