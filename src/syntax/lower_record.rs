//! Records and their fields.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::lower_expression::{expr, sum};
use super::lower_words as words;
use super::tree::{Choice, Expr, Field, FieldKind, GoesBy, Name, Number};

/// What a line of a record says.
pub(super) enum RecordLine {
    AbsentWhen(Expr),
    GoneWhen(Expr),
    GoesBy(GoesBy),
    MayBeMissing,
    MayOverlap,
    Field(Box<Field>),
}

pub(super) fn line(mut cursor: Cursor<'_>) -> RecordLine {
    let mut it = cursor.first();
    match it.rule() {
        Rule::absent_when => RecordLine::AbsentWhen(expr(it.one(Rule::expr))),
        Rule::gone_when => RecordLine::GoneWhen(expr(it.one(Rule::expr))),
        Rule::goes_by => RecordLine::GoesBy(goes_by(it)),
        Rule::may_be_missing => RecordLine::MayBeMissing,
        Rule::may_overlap => RecordLine::MayOverlap,
        _ => RecordLine::Field(Box::new(field(it))),
    }
}

fn goes_by(mut it: Cursor<'_>) -> GoesBy {
    let (span, calendar) = (it.span(), words::name(&it.one(Rule::name)));
    GoesBy { calendar, when: it.maybe(Rule::when_part).map(|mut it| expr(it.one(Rule::expr))), span }
}

/// `from started until ended`
pub(super) fn spell(mut it: Cursor<'_>) -> [Name; 2] {
    [(); 2].map(|()| words::name(&it.one(Rule::name)))
}

fn field(mut it: Cursor<'_>) -> Field {
    let span = it.span();
    let name = words::name(&it.one(Rule::name));
    let title = words::title(&mut it);
    let modifiers: Vec<Rule> = it.all(Rule::modifier).into_iter().map(|mut it| it.first().rule()).collect();
    Field {
        name,
        title,
        key: modifiers.contains(&Rule::kw_key),
        optional: modifiers.contains(&Rule::kw_optional),
        dated: modifiers.contains(&Rule::kw_dated),
        sealed: modifiers.contains(&Rule::kw_sealed),
        kind: kind(it.one(Rule::field_type).first()),
        hint: it.maybe(Rule::hint).map(|mut it| words::text(&it.one(Rule::text))),
        span,
    }
}

/// The type of a field, or of what a table gives.
pub(super) fn kind(mut it: Cursor<'_>) -> FieldKind {
    match it.rule() {
        Rule::type_whole => {
            let (from, to) = bounds(&mut it);
            FieldKind::Whole { from, to }
        }
        Rule::type_number => {
            let (from, to) = bounds(&mut it);
            FieldKind::Number { from, to, decimals: decimals(&mut it) }
        }
        Rule::type_percent => {
            let (from, to) = bounds(&mut it);
            FieldKind::Percent { from, to, decimals: decimals(&mut it) }
        }
        Rule::type_money => FieldKind::Money {
            currency: words::name(&it.one(Rule::currency)),
            per: it.maybe(Rule::per_unit).map(|mut it| words::unit(it.one(Rule::unit))),
            decimals: decimals(&mut it),
        },
        Rule::type_duration => FieldKind::Duration(words::unit(it.one(Rule::unit))),
        Rule::type_yes_no => FieldKind::YesNo,
        Rule::type_choice | Rule::outcome_choice => choices(it),
        Rule::type_address => FieldKind::Address(words::name(&it.one(Rule::name))),
        Rule::type_text => FieldKind::Text,
        Rule::type_date => FieldKind::Date,
        Rule::type_event => FieldKind::Event,
        Rule::type_timestamp => FieldKind::Timestamp,
        _ => FieldKind::Reference(words::name(&it)),
    }
}

pub(super) fn bounds(cursor: &mut Cursor<'_>) -> (Option<Expr>, Option<Expr>) {
    match cursor.maybe(Rule::bounds) {
        Some(mut it) => (Some(sum(it.one(Rule::sum))), Some(sum(it.one(Rule::sum)))),
        None => (None, None),
    }
}

fn decimals(cursor: &mut Cursor<'_>) -> Option<Number> {
    cursor.maybe(Rule::with_decimals).map(|mut it| words::number(&it.one(Rule::number)))
}

fn choices(mut it: Cursor<'_>) -> FieldKind {
    let first = choice(it.one(Rule::choice));
    let ordered = it.maybe(Rule::ordered_choices);
    let is_ordered = ordered.is_some();
    let mut rest = ordered.unwrap_or(it);
    let choices = std::iter::once(first).chain(rest.all(Rule::choice).into_iter().map(choice)).collect();
    FieldKind::Choice { choices, ordered: is_ordered }
}

/// A name with its title, or a language code in quotes.
pub(super) fn choice(mut cursor: Cursor<'_>) -> Choice {
    match cursor.maybe(Rule::name) {
        Some(name) => Choice { name: words::name(&name), title: words::title(&mut cursor) },
        None => {
            let code = words::text(&cursor.one(Rule::text));
            Choice { name: Name { text: code.text, span: code.span }, title: None }
        }
    }
}
