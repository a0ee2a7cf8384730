//! Roles, parameters and definitions.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{expr, operand, operand_in, value};
use super::lower_record::bounds;
use super::lower_words as words;
use super::tree::{DatedValue, Define, Local, Parameter, RoleLine};

pub(super) fn role_line(mut cursor: Cursor<'_>) -> RoleLine {
    let mut it = cursor.first();
    let span = it.span();
    match it.rule() {
        Rule::role_qualifies => RoleLine::Qualifies(expr(it.one(Rule::expr))),
        Rule::role_still => RoleLine::Still {
            until: operand(it.one(Rule::operand)),
            when: expr(it.one(Rule::when_part).one(Rule::expr)),
        },
        Rule::role_delegate => RoleLine::Delegates,
        Rule::role_not => RoleLine::Not(value(it.one(Rule::value))),
        rule => RoleLine::Try { otherwise: rule == Rule::role_otherwise, who: value(it.one(Rule::value)), span },
    }
}

pub(super) fn parameter(mut it: Cursor<'_>) -> Parameter {
    let span = it.span();
    Parameter {
        name: words::name(&it.one(Rule::name)),
        title: words::title(&mut it),
        values: dated_values(&mut it),
        local: local(&mut it),
        span,
    }
}

/// Every `50 from 1 July 2011`.
pub(super) fn dated_values(it: &mut Cursor<'_>) -> Vec<DatedValue> {
    it.all(Rule::dated_value).into_iter().map(dated_value).collect()
}

fn dated_value(mut it: Cursor<'_>) -> DatedValue {
    let span = it.span();
    DatedValue {
        value: operand(it.one(Rule::operand)),
        from: operand_in(&mut it, Rule::from_part),
        until: operand_in(&mut it, Rule::until_part),
        span,
    }
}

pub(super) fn define(mut it: Cursor<'_>) -> Define {
    let span = it.span();
    Define {
        name: words::name(&it.one(Rule::name)),
        title: words::title(&mut it),
        of: words::name(&it.one(Rule::of_part).one(Rule::name)),
        each: words::name_in(&mut it, Rule::each_part),
        from: operand_in(&mut it, Rule::from_part),
        until: operand_in(&mut it, Rule::until_part),
        local: local(&mut it),
        value: expr(it.one(Rule::expr)),
        span,
    }
}

/// `may be changed locally from 40 to 70`
pub(super) fn local(it: &mut Cursor<'_>) -> Option<Local> {
    let mut mark = it.maybe(Rule::local_within).or_else(|| it.maybe(Rule::local))?;
    let (from, to) = bounds(&mut mark);
    Some(Local { from, to, span: mark.span() })
}
