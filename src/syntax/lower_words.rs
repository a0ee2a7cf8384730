//! Names, texts, numbers, days and lengths of time.

use super::cursor::Cursor;
use super::grammar::Rule;
use super::tree::{Clock, Date, DayMonth, Length, Name, Number, PeriodLiteral, Text, Unit};
use crate::codes_syntax as codes;
use crate::diagnostic::Diagnostic;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn name(cursor: &Cursor<'_>) -> Name {
    Name { text: cursor.text().trim_matches('`').to_owned(), span: cursor.span() }
}

/// All names of a list.
pub(super) fn names(mut cursor: Cursor<'_>) -> Vec<Name> {
    cursor.all(Rule::name).iter().map(name).collect()
}

/// The name behind a keyword, where there is one: `of officer`.
pub(super) fn name_in(cursor: &mut Cursor<'_>, part: Rule) -> Option<Name> {
    cursor.maybe(part).map(|mut it| name(&it.one(Rule::name)))
}

pub(super) fn text(cursor: &Cursor<'_>) -> Text {
    let text = cursor.text();
    Text { text: text.get(1..text.len() - 1).unwrap_or("").to_owned(), span: cursor.span() }
}

/// The title behind a name.
pub(super) fn title(cursor: &mut Cursor<'_>) -> Option<Text> {
    cursor.maybe(Rule::text).map(|it| text(&it))
}

/// `, marked "…"`
pub(super) fn marked(cursor: &mut Cursor<'_>) -> Option<Text> {
    cursor.maybe(Rule::marked).map(|mut it| text(&it.one(Rule::text)))
}

/// `because "…"`
pub(super) fn because(cursor: &mut Cursor<'_>) -> Option<Text> {
    cursor.maybe(Rule::because).map(|mut it| text(&it.one(Rule::text)))
}

pub(super) fn number(cursor: &Cursor<'_>) -> Number {
    Number { text: cursor.text().replace(',', ""), span: cursor.span() }
}

/// A count that must fit a small type; one that does not is reported and taken as the largest.
pub(super) fn small<T: std::str::FromStr>(cursor: &Cursor<'_>, largest: T) -> T {
    cursor.text().parse().unwrap_or_else(|_| {
        let message = format!("`{}` is too large here", cursor.text());
        cursor.report(
            Diagnostic::new(codes::NUMBER_OUT_OF_RANGE, cursor.span(), message).help("write a smaller whole number"),
        );
        largest
    })
}

pub(super) fn month(cursor: &Cursor<'_>) -> u8 {
    position(&MONTHS, cursor.text()) + 1
}

/// 0 is Monday.
pub(super) fn weekday(cursor: &Cursor<'_>) -> u8 {
    position(&WEEKDAYS, cursor.text())
}

fn position(words: &[&str], word: &str) -> u8 {
    let at = words.iter().position(|it| *it == word);
    at.and_then(|it| u8::try_from(it).ok()).unwrap_or_else(|| unreachable!("the grammar promises a month or weekday"))
}

pub(super) fn day_month(mut cursor: Cursor<'_>) -> DayMonth {
    let day = small(&cursor.one(Rule::day), u8::MAX);
    DayMonth { day, month: month(&cursor.one(Rule::month)), span: cursor.span() }
}

pub(super) fn date(mut cursor: Cursor<'_>) -> Date {
    let day = small(&cursor.one(Rule::day), u8::MAX);
    let month = month(&cursor.one(Rule::month));
    Date { day, month, year: small(&cursor.one(Rule::year), i16::MAX), span: cursor.span() }
}

pub(super) fn period(cursor: &Cursor<'_>) -> PeriodLiteral {
    PeriodLiteral { label: cursor.text().to_owned(), span: cursor.span() }
}

/// A period, or a year with a name before it.
pub(super) fn period_or_year(cursor: &mut Cursor<'_>) -> Option<PeriodLiteral> {
    cursor.maybe(Rule::period).or_else(|| cursor.maybe(Rule::year)).map(|it| period(&it))
}

pub(super) fn clock(cursor: &Cursor<'_>) -> Clock {
    let parts = cursor.text().split_once(':');
    let (hour, minute) = parts.unwrap_or_else(|| unreachable!("the grammar promises hour and minute"));
    let (hour, minute) = (hour.parse().unwrap_or(u8::MAX), minute.parse().unwrap_or(u8::MAX));
    if hour > 23 || minute > 59 {
        let message = format!("`{}` is no time of day", cursor.text());
        let help = "write a time from `00:00` to `23:59`";
        cursor.report(Diagnostic::new(codes::NUMBER_OUT_OF_RANGE, cursor.span(), message).help(help));
    }
    Clock { hour, minute, span: cursor.span() }
}

pub(super) fn unit(mut cursor: Cursor<'_>) -> Unit {
    match cursor.first().rule() {
        Rule::unit_working_days => Unit::WorkingDays,
        Rule::unit_hours => Unit::Hours,
        Rule::unit_days => Unit::Days,
        Rule::unit_weeks => Unit::Weeks,
        Rule::unit_months => Unit::Months,
        Rule::unit_years => Unit::Years,
        other => unreachable!("the grammar promises a unit, not {other:?}"),
    }
}

pub(super) fn length(mut cursor: Cursor<'_>) -> Length {
    let count = number(&cursor.one(Rule::number));
    Length { count, unit: unit(cursor.one(Rule::unit)), span: cursor.span() }
}
